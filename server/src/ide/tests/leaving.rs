//! Ends of functions behind calls that may never come back.

use super::checks::codes;
use crate::settings::Checks;

fn is_told(source: &str) -> bool {
    codes(source, &Checks::default()).contains(&"missing-return")
}

/// A function that gives a value on one way and ends with a call on the other, with what else there is.
fn ends_with(call: &str, rest: &str) -> bool {
    is_told(&format!(
        "//- main.ms\n{rest}g = function(a)\n  if a == 1 then\n    return \"one\"\n  else\n    {call}\n  end if\nend function\nprint g(1)\n//- lib.ms\nquit = function\n  exit\nend function\nquiet = function\n  print 1\nend function\n"
    ))
}

#[test]
fn calls_that_may_not_come_back_need_no_return() {
    let die = "die = function(msg)\n  print msg\n  exit 1\nend function\n";
    assert!(!ends_with("die \"bad\"", die));
    assert!(!ends_with("die(\"bad\")", die));
    assert!(!ends_with("die", die));
    assert!(!ends_with("print 1\n    die \"bad\"", die));
    assert!(!ends_with("fail 1", &format!("{die}fail = function(n)\n  die n\nend function\n")));
    assert!(!ends_with("fail 1", &format!("fail = function(n)\n  die n\nend function\n{die}")));
    assert!(!ends_with("m.die 1", &format!("{die}m = {{}}\nm.die = @die\n")));
    assert!(!ends_with("m.die 1", &format!("m = {{}}\nm.{die}")));
    assert!(!ends_with("spin", "spin = function\n  while true\n  end while\nend function\n"));
    assert!(!ends_with("nobody.knows 1", ""));
    assert!(!ends_with("lib.quit", "import \"lib\"\n"));
    assert!(!ends_with("away.quit", "import \"away\"\n"));
    assert!(!ends_with("e", "e = @exit\n"));
    assert!(!ends_with("if a == 2 then die 1 else die 2", die));
    // Which comes back.
    assert!(ends_with("say 1", "say = function(msg)\n  print msg\nend function\n"));
    assert!(ends_with("print 1", die));
    assert!(ends_with("lib.quiet", "import \"lib\"\n"));
    assert!(ends_with("x = [1]\n    x.push 2", die));
    assert!(ends_with("if a == 2 then die 1", die));
}

#[test]
fn a_way_that_passes_all_such_calls_is_told() {
    let die = "die = function(msg)\n  print msg\n  exit 1\nend function\n";
    let with = |body: &str| is_told(&format!("{die}g = function(a)\n{body}end function\nprint g(1)\n"));
    assert!(with("  if a == 1 then return 1\n  if a == 2 then die 1\n"));
    assert!(with("  if a == 1 then\n    return 1\n  else if a == 2 then\n    die 1\n  end if\n"));
    assert!(with("  if a == 1 then return 1\n  while a\n    die 1\n  end while\n"));
    assert!(!with("  if a == 1 then return 1\n  die 1\n"));
    assert!(!with("  if a == 1 then return 1\n  exit\n"));
}
