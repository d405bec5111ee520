//! What a rename tells of besides its edits, and why it is refused: places that mean the same without being it for certain.
//!
//! `server/tests/renames.rs` runs programs before and after renames; here is what is said of each kind of place.

use super::Fixture;
use crate::ide::{Why, prepare_rename, rename};

/// The lines that are edited, those that are possible, and those that are told, as `main.ms:1`.
fn places(source: &str) -> Result<[Vec<String>; 3], String> {
    let it = Fixture::new(source);
    let prepared = prepare_rename(&it.db, &it.document, &it.live(), it.offset).map(|_| ());
    let renamed = rename(&it.db, &it.document, &it.live(), it.offset, "brandNew");
    assert_eq!(prepared.is_ok(), renamed.is_ok(), "both say the same: {source}");
    let renamed = renamed?;
    let line = |file: crate::db::File, at: minilive_syntax::TextSize| {
        let line = crate::line_index::LineIndex::new(&file.text(&it.db)).line_of(at) + 1;
        format!("{}:{line}", it.name(file))
    };
    let all = |found: &[crate::ide::Found]| {
        let mut lines: Vec<String> = found.iter().map(|it| line(it.file, it.range.start())).collect();
        lines.dedup();
        lines
    };
    let told = renamed.doubts.iter().map(|it| {
        let why = if it.why == Why::WorkedOut { "worked out" } else { "either" };
        format!("{} {why}", line(it.place.file, it.place.range.start()))
    });
    Ok([all(&renamed.edits), all(&renamed.possible), told.collect()])
}

#[track_caller]
fn check(source: &str, edits: &str, possible: &str, told: &str) {
    let found = places(source).unwrap_or_else(|reason| panic!("refused: {reason}\n{source}"));
    assert_eq!(found.map(|it| it.join(", ")), [edits, possible, told], "{source}");
}

#[track_caller]
fn refused(source: &str, reason: &str) {
    assert_eq!(places(source).expect_err("it must be refused"), reason, "{source}");
}

#[test]
fn texts_in_files_that_do_not_name_the_member_are_told() {
    check(
        "//- main.ms\nimport \"lib\"\np = {\"na$0me\": 1}\nprint lib.get(p)\n//- lib.ms\nget = function(m)\n  k = \"name\"\n  return m[k]\nend function\n//- other.ms\nprint \"name\"\n",
        "main.ms:2",
        "lib.ms:2",
        "lib.ms:3 worked out",
    );
    check(
        "m = {\"x$0\": 1, \"y\": 2}\nfor n in \"x y\".split\n  print m[n]\nend for\n",
        "main.ms:1",
        "main.ms:2",
        "main.ms:3 worked out",
    );
}

#[test]
fn keys_that_are_made_of_parts_are_told() {
    check(
        "m = {}\nm.xa$0 = 1\nfor i in [\"a\", \"b\"]\n  print m[\"x\" + i]\nend for\nl = [1]\nfor i in l\n  print l[i]\nend for\n",
        "main.ms:2",
        "",
        "main.ms:4 worked out",
    );
}

#[test]
fn maps_that_are_compared_keep_the_same_keys() {
    let same = "a = {\"x$0\": 1}\nb = {\"x\": 1}\nc = {\"x\": 1, \"y\": 2}\nprint a == b\nprint a == c\n";
    check(same, "main.ms:1, main.ms:2", "", "");
    check("l = [{\"x\": 1}]\nprint l.indexOf({\"x$0\": 1})\n", "main.ms:1, main.ms:2", "", "");
    check("p = {\"at\": {\"x$0\": 1}}\nq = {\"at\": {\"x\": 1}}\nprint p == q\n", "main.ms:1, main.ms:2", "", "");
    check("a = {\"x$0\": 1}\nb = {\"x\": 2}\nc = a + b\nprint c.len\n", "main.ms:1, main.ms:2", "", "");
}

#[test]
fn methods_that_are_handed_on_run_for_other_maps() {
    check(
        "A = {\"n\": 1}\nA.who = function\n  return self.n$0\nend function\nf = @A.who\no = {\"n\": 2, \"w\": @f}\nprint o.w\n",
        "main.ms:1, main.ms:3, main.ms:6",
        "",
        "",
    );
    check(
        "A = {}\nA.make = function\n  r = new self\n  r.v$0 = 3\n  return r\nend function\nB = new A\nB.show = function\n  return self.v\nend function\nprint B.make.show\n",
        "main.ms:4, main.ms:9",
        "",
        "",
    );
}

#[test]
fn members_that_all_values_of_a_type_have_are_refused() {
    refused(
        "m = {\"messa$0ge\": 3}\nfor x in [err(\"no\"), m]\n  print x.message\nend for\n",
        "`message` on line 3 may also be what all values of a type have",
    );
    check("m = {\"le$0n\": 3}\nprint m.len\nprint [1].len\n", "main.ms:1, main.ms:2", "", "");
}

#[test]
fn maps_of_variables_are_followed() {
    let as_map = "the code that starts on line 4 uses `locals` as a map, in which names are keys";
    refused(
        "set = function(m)\n  m.add$0ed = 1\nend function\nf = function\n  added = 0\n  set locals\nend function\nf\n",
        as_map,
    );
    check(
        "//- main.ms\nimport \"lib\"\nx$0 = 1\nprint lib.g.x\n//- lib.ms\ng = globals\n",
        "main.ms:2, main.ms:3",
        "",
        "lib.ms:1 worked out",
    );
    check(
        "//- main.ms\nimport \"lib\"\nx$0 = 1\nprint lib.get(\"x\")\n//- lib.ms\nget = function(n)\n  return globals[n]\nend function\n",
        "main.ms:2",
        "main.ms:3",
        "lib.ms:2 worked out",
    );
}

#[test]
fn what_is_hidden_may_show_through() {
    refused(
        "f = function(a)\n  if a then len$0 = 3\n  return len(\"abc\")\nend function\n",
        "`len` on line 3 is the variable of the function on line 1 if that has a value by then, else what is built in under that name; give it a value before",
    );
    refused(
        "print len(\"abc\")\nlen$0 = function(x)\n  return 9\nend function\n",
        "`len` on line 1 may be what is built in under that name, which the variable hides",
    );
    refused(
        "len$0 = function(x)\n  return 9\nend function\nglobals.remove \"len\"\nprint len(\"abc\")\n",
        "`len` on line 4 may be what is built in under that name, which the variable hides",
    );
    check("len$0 = 3\nprint len\n", "main.ms:1, main.ms:2", "", "");
    refused("self$0 = 1\n", "there is no name here");
    refused("tru$0e = 1\n", "`true` is a word of the language");
}

#[test]
fn variables_of_modules_that_have_no_value_yet_are_those_of_the_program() {
    let module = "//- lib.ms\nf = function\n  return x\nend function\nprint f\nx = 2\n";
    let main = "//- main.ms\nx = 1\nimport \"lib\"\n";
    check(&format!("{}{module}", main.replace("x =", "x$0 =")), "main.ms:1", "lib.ms:2", "");
    check(&format!("{}{main}", module.replace("x = 2", "x$0 = 2")), "lib.ms:2, lib.ms:5", "", "lib.ms:2 either");
    refused(
        "//- lib.ms\nf = function(a)\n  if a then x$0 = 5\n  return x\nend function\n//- main.ms\nx = 1\nimport \"lib\"\n",
        "`x` on line 3 is the variable of the function on line 1 if that has a value by then, else the global of main.ms; give it a value before",
    );
}

#[test]
fn closures_that_run_before_the_variable_around_them_has_a_value_are_told() {
    check(
        "x = 1\nf = function\n  g = function\n    return x$0\n  end function\n  print g\n  x = 2\nend function\n",
        "main.ms:4, main.ms:7",
        "",
        "main.ms:4 either",
    );
}

#[test]
fn what_stands_in_front_of_a_module_is_renamed_with_it() {
    check("//- main.ms\nimport \"lib\"\nc = new lib\nprint c.v$0\n//- lib.ms\nv = 1\n", "lib.ms:1, main.ms:3", "", "");
}
