//! Call hierarchy, type definitions, implementations, and what a renamed file means for others.

use super::Fixture;
use crate::ide;
use expect_test::{Expect, expect};

const PROGRAM: &str = "//- main.ms
import \"lib\"
area = function(w, h)
  return w * h
end function
total = function
  return area(1, 2) + lib.twice(area)
end function
print tot$0al
//- lib.ms
twice = function(n)
  return n * 2
end function
";

fn calls(source: &str, outgoing: bool) -> Vec<(String, usize)> {
    let it = Fixture::new(source);
    let found = if outgoing { ide::outgoing_calls } else { ide::incoming_calls };
    let found = found(&it.db, &it.document, &it.places, it.offset);
    found.into_iter().map(|call| (call.item.name, call.ranges.len())).collect()
}

fn named(list: &[(&str, usize)]) -> Vec<(String, usize)> {
    list.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

#[test]
fn functions_know_who_calls_them_and_whom_they_call() {
    assert_eq!(calls(PROGRAM, true), named(&[("area", 2), ("twice", 1)]));
    assert_eq!(calls(PROGRAM, false), named(&[("main.ms", 1)]));
    let area = PROGRAM.replace("tot$0al", "total").replace("area = f", "ar$0ea = f");
    assert_eq!(calls(&area, false), named(&[("total", 2)]));
    assert_eq!(calls(&area, true), []);
    let twice = PROGRAM.replace("tot$0al", "total").replace("lib.twice", "lib.tw$0ice");
    assert_eq!(calls(&twice, false), named(&[("total", 1)]));
    let it = Fixture::new(&area);
    let items = ide::call_items(&it.db, &it.document, &it.places, it.offset);
    assert_eq!(
        it.draw(items.iter().map(|at| (at.name_range, at.name.clone()))),
        "| area = function(w, h)\n| ^^^^ area\n"
    );
}

#[test]
fn nothing_is_called_where_there_is_no_function() {
    assert_eq!(calls("x = 1\nprint x$0\n", true), []);
    assert_eq!(calls("$0\n", false), []);
    let it = Fixture::new("x = 1\nprint x$0\n");
    assert!(ide::call_items(&it.db, &it.document, &it.places, it.offset).is_empty());
}

const SHAPES: &str = "Shape = {\"sides\": 0}
Shape.area = function
  return 0
end function
Square = new Shape
Square.sides = 4
Square.area = function
  return 1
end function
";

fn places(source: &str, implementation: bool, expected: &Expect) {
    let it = Fixture::new(source);
    let find = if implementation { ide::implementation } else { ide::type_definition };
    let found = find(&it.db, &it.document, &it.places, it.offset);
    expected.assert_eq(&it.draw(found.iter().map(|at| (at.range, String::new()))));
}

#[test]
fn the_type_of_a_value_is_where_its_map_is_made() {
    places(
        &format!("{SHAPES}s = new Square\nprint s$0.sides\n"),
        false,
        &expect![[r#"
        | Square = new Shape
        | ^^^^^^
    "#]],
    );
    places(
        &format!("{SHAPES}print Shape$0.sides\n"),
        false,
        &expect![[r#"
        | Shape = {"sides": 0}
        | ^^^^^
    "#]],
    );
    places("x = 1\nprint x$0\n", false, &expect![[""]]);
}

#[test]
fn implementations_are_the_maps_behind_and_their_own_members() {
    places(
        &SHAPES.replacen("Shape = {", "Sha$0pe = {", 1),
        true,
        &expect![[r#"
            | Square = new Shape
            | ^^^^^^
        "#]],
    );
    // Instances are none, as long as there are classes.
    places(
        &format!("{}s = new Square\n", SHAPES.replacen("Shape = {", "Sha$0pe = {", 1)),
        true,
        &expect![[r#"
            | Square = new Shape
            | ^^^^^^
        "#]],
    );
    places(
        &SHAPES.replacen("Shape.area", "Shape.ar$0ea", 1),
        true,
        &expect![[r#"
        | Square.area = function
        |        ^^^^
    "#]],
    );
    places("x = 1\nprint x$0\n", true, &expect![[""]]);
}

#[test]
fn a_renamed_module_is_renamed_in_its_importers() {
    let rename = |source: &str, new: &str| {
        let it = Fixture::new(source);
        let found = ide::rename_files(&it.db, &[("/w/lib.ms".into(), new.into())]);
        let problems = found.problems.join("\n");
        let found: Vec<_> = found.edits.into_iter().map(|(at, name)| (at.file, at.range, name)).collect();
        it.draw_all(&found) + &problems
    };
    let source = "//- main.ms\nimport \"lib\"\nprint lib.x\nf = function(lib)\n  return lib\nend function\n//- lib.ms\nx = 1\n//- other.ms\nprint 1\n";
    expect![[r#"
        //- main.ms
        | import "lib"
        |         ^^^ util
        | print lib.x
        |       ^^^ util
    "#]]
    .assert_eq(&rename(source, "/w/util.ms"));
    let left = |why: &str| format!("The import of `lib` on line 1 of main.ms cannot follow its file: {why}");
    assert_eq!(rename(source, "/elsewhere/util.ms"), left("no import looks in that folder"));
    assert_eq!(rename(source, "/w/lib/util.ms"), rename(source, "/w/util.ms"), "it is found there as well");
    for name in ["no name", "my-lib", "true"] {
        // All uses keep the name that they have.
        let import = format!("//- main.ms\n| import \"lib\"\n| ^^^^^^^^^^^^ lib = import(\"{name}\")\n");
        assert_eq!(rename(source, &format!("/w/{name}.ms")), import);
        let in_parentheses = source.replacen("import \"lib\"", "import(\"lib\")", 1);
        let import = format!("//- main.ms\n| import(\"lib\")\n| ^^^^^^^^^^^^^ lib = import(\"{name}\")\n");
        assert_eq!(rename(&in_parentheses, &format!("/w/{name}.ms")), import);
        // Where the import is part of something nothing is done by half.
        let why = left(&format!("`{name}` is no name that code could use; write `x = import(\"{name}\")` and use `x`"));
        let in_value = source.replacen("import \"lib\"", "m = import(\"lib\")", 1);
        assert_eq!(rename(&in_value, &format!("/w/{name}.ms")), why);
    }
    assert_eq!(rename(source, "/w/print.ms"), left("`print` means something else in that file"));
    let by_path = source.replacen("import \"lib\"\nprint lib.x", "lib = import(\"lib\")\nm = import(\"sub/a\")", 1);
    let by_path = by_path + "//- sub/a.ms\nprint 2\n";
    let moved = |old: &str, new: &str| {
        let it = Fixture::new(&by_path);
        let found = ide::rename_files(&it.db, &[(old.into(), new.into())]);
        let found = found.edits.into_iter();
        found.map(|(at, name)| format!("{} {name}", usize::from(at.range.start()))).collect::<Vec<_>>()
    };
    assert_eq!(moved("/w/sub/a.ms", "/w/sub/b.ms"), ["32 sub/b"]);
    assert_eq!(moved("/w/sub/a.ms", "/w/b.ms"), ["32 b"]);
    assert_eq!(moved("/w/sub", "/w/far/sub"), ["32 far/sub/a"]);
    assert_eq!(moved("/w/sub/a.ms", "/w/lib.ms"), [""; 0], "that variable is there already");
    assert_eq!(moved("/w/lib.ms", "/w/sub/lib.ms"), ["14 sub/lib"]);
    let taken = source.replace("print lib.x", "util = 1\nprint lib.x");
    assert_eq!(rename(&taken, "/w/util.ms"), left("`util` means something else in that file"));
}
