//! What the elements of lists are said to be.

use super::Fixture;
use crate::ide::hover;

/// What the card at the cursor says is likely, or the whole paragraph where a type is certain.
#[track_caller]
fn types(source: &str) -> String {
    let it = Fixture::new(source);
    let card = hover(&it.db, &it.document, &it.live(), it.offset).map(|card| card.plain()).unwrap_or_default();
    let line = card.lines().find(|it| it.starts_with("likely: ") || it.starts_with("type: "));
    let line = line.unwrap_or("nothing");
    line.rsplit_once("likely: ").or_else(|| line.rsplit_once("likely ")).map_or(line, |(_, it)| it).to_owned()
}

#[test]
fn elements_of_which_nothing_is_known_are_not_left_out() {
    let of = |body: &str| types(&format!("f = function(x)\n{body}\nend function\n"));
    assert_eq!(of("l = [x, 1]\nreturn l$0"), "list of number or unknown");
    assert_eq!(of("l = [x]\nl.push 1\nreturn l$0"), "list of number or unknown");
    assert_eq!(of("l = []\nl.push x\nl.push 1\nl.push \"\"\nreturn l$0"), "list of number or string or unknown");
    assert_eq!(of("l = [1] + [x]\nreturn l$0"), "list of number or unknown");
    assert_eq!(of("l = [1] + x\nreturn l$0"), "list of number or unknown");
    assert_eq!(of("l = [x, 1]\ny = l[0]\nreturn y$0"), "number or unknown");
    assert_eq!(of("l = [x, 1]\nfor y in l\nprint y$0\nend for"), "number or unknown");
    assert_eq!(of("l = [x, 1][1:]\nreturn l$0"), "list of number or unknown");
    assert_eq!(of("m = {\"a\": [x, 1]}\nreturn m.a$0"), "list of number or unknown");
    assert_eq!(
        of("l = []\nif x then l = [x, 1]\nif x then l = null\nreturn l$0"),
        "null or list or list of (number or unknown)"
    );
    // Of a list of nothing but that there is nothing to tell.
    assert_eq!(of("l = [x]\nreturn l$0"), "list");
    assert_eq!(of("l = [x]\ny = l[0]\nreturn y$0"), "nothing");
    assert_eq!(of("l = [1]\nl.push 2\nreturn l$0"), "list of number");
    // What is known of a parameter by its calls is known.
    assert_eq!(types("f = function(x)\nl = [x, 1]\nreturn l$0\nend function\nf \"\"\n"), "list of string or number");
}
