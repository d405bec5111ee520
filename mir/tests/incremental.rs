//! What an edit does not touch stays the same: keys, fingerprints and whole units.

use minilive_mir::ir::{UnitKey, UnitKind};
use minilive_mir::lower::{Lowered, lower_file, lower_unit};
use minilive_mir::program::Fingerprint;
use minilive_mir::units::{FileMode, UnitSyntax, is_statement, line_ends_between, statement_shape, units};
use std::collections::BTreeMap;

fn list(text: &str) -> Vec<UnitSyntax> {
    units(&minilive_syntax::parse(text).green, FileMode::Program)
}

/// Keys and fingerprints of all units.
fn prints(text: &str) -> BTreeMap<UnitKey, Fingerprint> {
    let (program, _) = lower_file(&minilive_syntax::parse(text), "test.ms");
    program.units.iter().map(|unit| (unit.key, unit.fingerprint)).collect()
}

fn key_of(text: &str, name: &str) -> UnitKey {
    let list = list(text);
    list.iter().find(|unit| unit.name == name).expect("there is such a function").key
}

/// The keys whose fingerprints differ, and those that come or go.
fn changes(before: &str, after: &str) -> (Vec<UnitKey>, usize) {
    let (before, after) = (prints(before), prints(after));
    let changed = before.iter().filter(|(key, print)| after.get(key).is_some_and(|it| it != *print));
    let changed = changed.map(|(key, _)| *key).collect();
    let gone = before.keys().filter(|key| !after.contains_key(key)).count();
    let new = after.keys().filter(|key| !before.contains_key(key)).count();
    (changed, gone + new)
}

const PROGRAM: &str = "x = 1
f = function(a)
  g = function
    return a
  end function
  return g
end function
for i in range(1, 3)
  print f(i)
end for
print f(x)
";

#[test]
fn white_space_and_comments_change_nothing() {
    let spaced = "// a comment
x   =   1 // one

f = function( a )

  g = function   // inner
      return a
  end function


  return   g
end function
for i in range( 1,3 )

  print f( i ) // more
end for

print   f( x )
";
    assert_eq!(prints(PROGRAM), prints(spaced));
}

#[test]
fn a_body_edit_changes_its_unit_only() {
    let edited = PROGRAM.replace("return a", "return a + 1");
    assert_eq!(changes(PROGRAM, &edited), (vec![key_of(PROGRAM, "g")], 0));
    let edited = PROGRAM.replace("return g", "return [g]");
    assert_eq!(changes(PROGRAM, &edited), (vec![key_of(PROGRAM, "f")], 0));
}

#[test]
fn a_new_line_elsewhere_changes_no_key() {
    let edited = format!("y = 5\n{PROGRAM}");
    assert_eq!(changes(PROGRAM, &edited), (vec![], 1));
    let edited = PROGRAM.replace("for i", "y = 5\nz = 6\nfor i");
    assert_eq!(changes(PROGRAM, &edited), (vec![], 2));
    let edited = PROGRAM.replace("x = 1\n", "");
    assert_eq!(changes(PROGRAM, &edited), (vec![], 1));
}

#[test]
fn an_edited_statement_is_a_new_one() {
    let edited = PROGRAM.replace("print f(i)", "print f(i + 1)");
    assert_eq!(changes(PROGRAM, &edited), (vec![], 2));
}

#[test]
fn equal_statements_are_told_apart_by_order() {
    let text = "print 1\nprint 2\nprint 1\n";
    let list = list(text);
    assert_ne!(list[0].key, list[2].key);
    assert_eq!(changes(text, "print 1\nprint 2\nprint 3\nprint 1\n"), (vec![], 1));
}

#[test]
fn functions_are_named_by_what_they_are_assigned_to() {
    let text = "f = function
end function
m.f = (function
  x[ 0 ] = function
  end function
end function)
m[\"k\"] = function
end function
x[i+1] = function
end function
print function
end function
x += function
end function
locals.h = function
end function
";
    let list = list(text);
    let functions = list.iter().filter(|unit| unit.kind == UnitKind::Function);
    let names: Vec<_> = functions.map(|unit| unit.name.as_str()).collect();
    assert_eq!(names, ["f", "m.f", "x[0]", "m[\"k\"]", "x[i+1]", "@f6", "@f7", "locals.h"]);
}

#[test]
fn numbered_names_are_no_part_of_keys_or_fingerprints() {
    let text = "print function\n  return 1\nend function\n";
    let edited = format!("f = function\nend function\n{text}");
    let (before, after) = (prints(text), prints(&edited));
    assert!(before.iter().all(|(key, print)| after.get(key) == Some(print)));
}

#[test]
fn places_are_relative_to_the_unit() {
    let lowered = |text: &str| -> Vec<Lowered> {
        list(text).iter().map(|unit| lower_unit(&unit.green, unit.kind, unit.key)).collect()
    };
    let before = lowered(PROGRAM);
    let after = lowered(&format!("// moved\n\n\n{PROGRAM}"));
    assert_eq!(before, after);
}

/// The units of a program by statement, each looked at alone.
fn by_statement(text: &str) -> Vec<UnitSyntax> {
    let (mut all, mut functions, mut line) = (Vec::<UnitSyntax>::new(), 0, 1);
    let (mut start, mut equal) = (rowan::TextSize::new(0), BTreeMap::<u64, u32>::new());
    for child in minilive_syntax::parse(text).green.children() {
        match child {
            rowan::NodeOrToken::Node(node) if is_statement(node) => {
                let shape = statement_shape(node);
                let before = equal.entry(shape.content()).or_default();
                let first = all.len() as u32;
                all.extend(shape.units(node, *before, functions).into_iter().map(|unit| UnitSyntax {
                    start: unit.start + start,
                    base_line: unit.base_line + line,
                    parent: unit.parent.map(|parent| parent + first),
                    ..unit
                }));
                *before += 1;
                functions += shape.function_count();
                line += shape.line_ends();
            }
            between => line += line_ends_between(between),
        }
        start += child.text_len();
    }
    all
}

#[test]
fn statements_by_themselves_give_the_units_of_the_file() {
    let nameless = "x = [function\nend function]\ny = [function\n\nend function]\n";
    for text in [PROGRAM, &PROGRAM.repeat(3), nameless, "x = 1\nfoo[] = 1\n)\n\nx = 1\n", ""] {
        assert_eq!(by_statement(text), list(text));
    }
}

#[test]
fn lines_are_those_of_the_file() {
    let text =
        "x = \"two\nlines\"\n\nf = function\n  y = 1\n\n  g = function\n  end function\nend function\r\nz = 1\r\n";
    let lines: Vec<_> = list(text).iter().map(|unit| (unit.name.to_string(), unit.base_line)).collect();
    let expected = [("", 1), ("", 4), ("f", 4), ("g", 7), ("", 10)];
    assert_eq!(lines, expected.map(|(name, line)| (name.to_owned(), line)));
}
