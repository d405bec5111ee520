//! Places that met several kinds: an arm for each kind of value, and one for maps with tables beside those of shapes.
//!
//! Invariant: as in the file above, both forms print the same.

use super::check;
use expect_test::expect;
use minilive_jit::passes::Pass;

#[test]
fn numbering_asks_for_a_kind_once() {
    check(
        Pass::Numbering,
        "f = function(x)\n  return x.len + x.len\nend function\n\
         for k in range(1, 500)\n  n = f([1, 2]) + f(\"text\")\nend for\nprint n\n",
        "12\n",
        &expect![[r#""#]],
    );
}

#[test]
fn numbering_leaves_what_is_looked_up_in_a_table() {
    check(
        Pass::Numbering,
        "f = function(o)\n  o.y = o.x\n  return o.x\nend function\n\
         for k in range(1, 500)\n  n = f({\"x\": k, \"y\": 0}) + f({1: 0, \"x\": 2, \"y\": 0})\nend for\nprint n\n",
        "502\n",
        &expect![[r#""#]],
    );
}
