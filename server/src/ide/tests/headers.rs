//! Titles of cards of what holds functions: they name what the cursor is on, and what it may be stands below.

use super::Fixture;
use crate::ide::hover;

#[track_caller]
fn card(source: &str) -> String {
    let it = Fixture::new(source);
    hover(&it.db, &it.document, &it.live(), it.offset).map(|card| card.plain()).unwrap_or_default()
}

const DOUBLE: &str = "// Twice.\ndouble = function(x)\n  return x * 2\nend function\nm = {}\n";

#[test]
fn a_member_goes_by_its_own_name() {
    let of = |rest: &str| card(&format!("{DOUBLE}{rest}"));
    let double = "likely double = function(x)\nTwice.\nlikely: double(x) -> number";
    assert_eq!(of("m.on = @double\nm.o$0n 3\n"), format!("(member) m.on: function(x)\n{double}"));
    assert_eq!(of("t = {\"a\": @double}\nt.a$0 3\n"), format!("(member) t.a: function(x)\n{double}"));
    assert!(
        of("make = function\n  return function(y)\n  end function\nend function\nm.f = make\nm.f$0 3\n")
            .starts_with("(member) m.f: function(y)\nlikely function(y) of line 7")
    );
    // What is defined there is shown as it is defined.
    assert!(of("m.go = function(y)\nend function\nm.g$0o 3\n").starts_with("m.go = function(y)\n"));
    assert!(of("t = {\"go\": function(y)\nend function}\nt.g$0o 3\n").starts_with("go = function(y)"));
    assert!(of("m.double = @double\nm.dou$0ble 3\n").starts_with("double = function(x)\n"));
}

#[test]
fn one_of_several_is_no_title() {
    let shapes = "A = {}\n// Draws.\nA.draw = function\nend function\nB = {}\nB.draw = function(n)\nend function\n";
    assert_eq!(
        card(&format!("{shapes}for s in [new A, new B]\n  s.dr$0aw\nend for\n")),
        "(member) draw: function\nmay be A.draw = function(): Draws.\nmay be B.draw = function(n)"
    );
    let twice = "A = {}\nA.f = function\nend function\nA.f$ = function(n)\nend function\nA.f# 1\n";
    assert_eq!(
        card(&twice.replace('$', "").replace('#', "$0")),
        "(member) A.f: function\nmay be A.f = function()\nmay be A.f = function(n)"
    );
    assert!(card(&twice.replace('$', "$0").replace('#', "")).starts_with("A.f = function(n)"));
}

#[test]
fn functions_of_other_files_are_told_by_their_file() {
    let lib = "//- lib.ms\n// Half.\nhalf = function(x)\n  return x / 2\nend function\n";
    let main = |line: &str| card(&format!("//- main.ms\nimport \"lib\"\n{line}\n{lib}"));
    let half = "likely half = function(x) of lib.ms\nHalf.\nlikely: half(x) -> number";
    assert_eq!(main("h = @lib.half\nprint h$0(1)"), format!("(global) h: function(x)\n{half}"));
    assert_eq!(main("m = {}\nm.h = @lib.half\nprint m.h$0(1)"), format!("(member) m.h: function(x)\n{half}"));
    assert_eq!(
        main("f = function(g)\n  return g$0(1)\nend function\nf @lib.half"),
        format!("(parameter) g: function(x)\n{half}")
    );
    assert!(main("print lib.ha$0lf(1)").starts_with("half = function(x)\nHalf."));
}
