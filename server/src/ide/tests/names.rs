//! Definition, references, highlights and rename.

use super::Fixture;
use crate::ide::{HighlightKind, definition, highlights, prepare_rename, references, rename};
use expect_test::{Expect, expect};

pub fn check_definition(source: &str, expected: &Expect) {
    let it = Fixture::new(source);
    let found = definition(&it.db, &it.document, &it.live(), it.offset);
    let found: Vec<_> = found.iter().map(|at| (at.file, at.range, String::new())).collect();
    expected.assert_eq(&it.draw_all(&found));
}

pub fn check_references(source: &str, expected: &Expect) {
    let it = Fixture::new(source);
    let found = references(&it.db, &it.document, &it.places, it.offset, true);
    let found: Vec<_> = found.iter().map(|at| (at.file, at.range, String::new())).collect();
    expected.assert_eq(&it.draw_all(&found));
}

fn check_highlights(source: &str, expected: &Expect) {
    let it = Fixture::new(source);
    let found = highlights(&it.db, &it.document, &it.places, it.offset);
    let word = |kind: HighlightKind| format!("{kind:?}").to_lowercase();
    expected.assert_eq(&it.draw(found.iter().map(|at| (at.range, word(at.kind)))));
}

#[test]
fn words_of_a_construct_are_highlighted_together() {
    let branches = &expect![[r#"
        | if a then
        | ^^ word
        |      ^^^^ word
        | else if c then
        | ^^^^ word
        |      ^^ word
        |           ^^^^ word
        | else
        | ^^^^ word
        | end if
        | ^^^ word
        |     ^^ word
    "#]];
    check_highlights("i$0f a then\n  if b then x\nelse if c then\n  y\nelse\n  z\nend if\n", branches);
    check_highlights("if a then\n  if b then x\nelse if c then\n  y\nel$0se\n  z\nend if\n", branches);
    let rounds = &expect![[r#"
        | while a
        | ^^^^^ word
        |   if b then break
        |             ^^^^^ word
        |   continue
        |   ^^^^^^^^ word
        | end while
        | ^^^ word
        |     ^^^^^ word
    "#]];
    check_highlights(
        "whil$0e a\n  if b then break\n  for i in c\n    continue\n  end for\n  continue\nend while\n",
        rounds,
    );
    check_highlights(
        "while a\n  if b then bre$0ak\n  for i in c\n    continue\n  end for\n  continue\nend while\n",
        rounds,
    );
    let each = &expect![[r#"
        |   for j in b
        |   ^^^ word
        |         ^^ word
        |     break
        |     ^^^^^ word
        |   end for
        |   ^^^ word
        |       ^^^ word
    "#]];
    check_highlights("for i in a\n  for j i$0n b\n    break\n  end for\nend for\n", each);
    check_highlights("for i in a\n  fo$0r j in b\n    break\n  end for\nend for\n", each);
    check_highlights(
        "f = function\n  g = function\n    return 1\n  end function\n  if g then retu$0rn 2\n  return 3\nend function\n",
        &expect![[r#"
            | f = function
            |     ^^^^^^^^ word
            |   if g then return 2
            |             ^^^^^^ word
            |   return 3
            |   ^^^^^^ word
            | end function
            | ^^^ word
            |     ^^^^^^^^ word
        "#]],
    );
    check_highlights("return$0 1\n", &expect![[""]]);
}

/// The text after a rename, or the reason why not.
pub fn check_rename(source: &str, new: &str, expected: &Expect) {
    let it = Fixture::new(source);
    let answer = match rename(&it.db, &it.document, &it.live(), it.offset, new) {
        Err(reason) => format!("refused: {reason}\n"),
        Ok(renamed) => {
            let mut out = String::new();
            let mut files: Vec<_> = renamed.edits.iter().map(|edit| edit.file).collect();
            files.dedup();
            for file in files {
                let mut text = file.text(&it.db).to_string();
                let mut edits: Vec<_> = renamed.edits.iter().filter(|edit| edit.file == file).collect();
                edits.sort_by_key(|edit| std::cmp::Reverse(edit.range.start()));
                for edit in edits {
                    text.replace_range(std::ops::Range::<usize>::from(edit.range), new);
                }
                if it.files.len() > 1 {
                    out += &format!("//- {}\n", it.name(file));
                }
                out += &text;
            }
            for place in &renamed.possible {
                let line = it.document.index.line_of(place.range.start()) + 1;
                out += &format!("possible: {}:{line}\n", it.name(place.file));
            }
            out
        }
    };
    expected.assert_eq(&answer);
}

#[test]
fn a_local_is_defined_by_its_first_assignment() {
    check_definition(
        "x = 0\nf = function\n  x = 1\n  x = 2\n  return $0x\nend function\n",
        &expect![[r#"
            |   x = 1
            |   ^
        "#]],
    );
}

#[test]
fn outer_reaches_one_level_and_no_further() {
    check_definition(
        "a = 0\nf = function\n  a = 1\n  g = function\n    return $0a\n  end function\nend function\n",
        &expect![[r#"
            |   a = 1
            |   ^
        "#]],
    );
    check_definition(
        "a = 0\nf = function\n  a = 1\n  g = function\n    h = function\n      return $0a\n    end function\n  end function\nend function\n",
        &expect![[r#"
            | a = 0
            | ^
        "#]],
    );
    check_definition(
        "a = 0\nf = function\n  a = 1\n  g = function\n    return outer.$0a + globals.a\n  end function\nend function\n",
        &expect![[r#"
            |   a = 1
            |   ^
        "#]],
    );
}

#[test]
fn a_global_may_be_assigned_behind_its_use_or_through_globals() {
    check_definition(
        "f = function\n  return $0n\nend function\nn = 3\n",
        &expect![[r#"
            | n = 3
            | ^
        "#]],
    );
    check_definition(
        "f = function\n  globals.n = 1\nend function\nprint $0n\n",
        &expect![[r#"
            |   globals.n = 1
            |           ^
        "#]],
    );
}

#[test]
fn members_are_found_through_literals_new_self_and_isa() {
    let animal = "Animal = {\"legs\": 4}\nAnimal.speak = function\n  return self.sound\nend function\nDog = new Animal\nDog.init = function\n  self.sound = \"woof\"\nend function\nrex = new Dog\n";
    check_definition(
        &format!("{animal}print rex.sp$0eak\n"),
        &expect![[r#"
            | Animal.speak = function
            |        ^^^^^
        "#]],
    );
    check_definition(
        &format!("{animal}print rex.sou$0nd\n"),
        &expect![[r#"
            |   self.sound = "woof"
            |        ^^^^^
        "#]],
    );
    check_definition(
        &format!("{animal}print rex[\"le$0gs\"]\n"),
        &expect![[r#"
            | Animal = {"legs": 4}
            |            ^^^^
        "#]],
    );
    check_definition(
        "a = {\"x\": 1}\nb = {\"__isa\": a}\nprint b.$0x\n",
        &expect![[r#"
            | a = {"x": 1}
            |       ^
        "#]],
    );
}

#[test]
fn a_member_of_something_unknown_may_be_any_of_that_name() {
    check_definition(
        "a = {\"x\": 1}\nb = {\"x\": 2}\nf = function(c)\n  return c.$0x\nend function\n",
        &expect![[r#"
            | a = {"x": 1}
            |       ^
            | b = {"x": 2}
            |       ^
        "#]],
    );
}

#[test]
fn parameters_are_what_callers_give() {
    check_definition(
        "a = {\"x\": 1}\nf = function(c)\n  return c.$0x\nend function\nprint f(a)\n",
        &expect![[r#"
            | a = {"x": 1}
            |       ^
        "#]],
    );
}

#[test]
fn imports_lead_to_their_files() {
    let files = "//- main.ms\nimport \"lib\"\nprint lib.twi$0ce(2)\n//- lib.ms\ntwice = function(n)\n  return n * 2\nend function\n";
    check_definition(
        files,
        &expect![[r#"
            //- lib.ms
            | twice = function(n)
            | ^^^^^
        "#]],
    );
    check_definition(
        "//- main.ms\nimport \"li$0b\"\n//- lib.ms\nx = 1\n",
        &expect![[r#"
            //- lib.ms
            | x = 1
            | ^
        "#]],
    );
    check_references(
        files,
        &expect![[r#"
            //- main.ms
            | print lib.twice(2)
            |           ^^^^^
            //- lib.ms
            | twice = function(n)
            | ^^^^^
        "#]],
    );
    check_references(
        "//- lib.ms\ntwi$0ce = function(n)\n  return n * 2\nend function\n//- main.ms\nimport \"lib\"\nprint lib.twice(2)\ntwice = 3\n",
        &expect![[r#"
            //- lib.ms
            | twice = function(n)
            | ^^^^^
            //- main.ms
            | print lib.twice(2)
            |           ^^^^^
        "#]],
    );
}

#[test]
fn references_are_those_of_the_same_thing_alone() {
    check_references(
        "x = 1\nf = function(x)\n  return x + globals.x\nend function\ng = function\n  return $0x\nend function\nm = {\"x\": x}\n",
        &expect![[r#"
            | x = 1
            | ^
            |   return x + globals.x
            |                      ^
            |   return x
            |          ^
            | m = {"x": x}
            |           ^
        "#]],
    );
    check_references(
        "f = function(a$0)\n  g = function\n    outer.a += a\n  end function\n  return locals.a\nend function\na = 2\n",
        &expect![[r#"
            | f = function(a)
            |              ^
            |     outer.a += a
            |           ^
            |                ^
            |   return locals.a
            |                 ^
        "#]],
    );
}

#[test]
fn highlights_tell_reading_from_writing() {
    check_highlights(
        "f = function\n  for i$0 in [1]\n    i += 1\n    print i\n  end for\nend function\n",
        &expect![[r#"
            |   for i in [1]
            |       ^ write
            |     i += 1
            |     ^ write
            |     print i
            |           ^ read
        "#]],
    );
}

#[test]
fn renaming_a_local_touches_its_function_and_closures() {
    check_rename(
        "n = 5\nf = function(n$0)\n  g = function\n    return n + globals.n\n  end function\n  return locals[\"n\"]\nend function\n",
        "count",
        &expect![[r#"
            n = 5
            f = function(count)
              g = function
                return count + globals.n
              end function
              return locals["count"]
            end function
        "#]],
    );
}

#[test]
fn renaming_a_member_touches_its_family_alone() {
    check_rename(
        "A = {}\nA.go$0 = function\n  return 1\nend function\nB = new A\nB.go = function\n  return super.go\nend function\nC = {\"go\": 3}\nb = new B\nprint b.go + C.go\nf = function(it)\n  return it.go\nend function\n",
        "run",
        &expect![[r#"
            A = {}
            A.run = function
              return 1
            end function
            B = new A
            B.run = function
              return super.run
            end function
            C = {"go": 3}
            b = new B
            print b.run + C.go
            f = function(it)
              return it.go
            end function
            possible: main.ms:13
        "#]],
    );
}

#[test]
fn renaming_a_module_variable_follows_imports() {
    check_rename(
        "//- lib.ms\nspeed$0 = 3\nf = function\n  return speed\nend function\n//- main.ms\nimport \"lib\"\nprint lib.speed + speed\n",
        "pace",
        &expect![[r#"
            //- lib.ms
            pace = 3
            f = function
              return pace
            end function
            //- main.ms
            import "lib"
            print lib.pace + speed
        "#]],
    );
}

#[track_caller]
fn refused(source: &str, new: &str, reason: &str) {
    let it = Fixture::new(source);
    let answer = rename(&it.db, &it.document, &it.live(), it.offset, new);
    assert_eq!(answer.expect_err("it must be refused"), reason, "{source}");
}

#[test]
fn a_rename_that_would_change_a_meaning_is_refused_with_a_reason() {
    refused("x$0 = 1\n", "while", "`while` is a word of the language");
    refused("x$0 = 1\n", "true", "`true` is a word of the language");
    refused("x$0 = 1\n", "2x", "`2x` is not a name: letters, digits and `_`, not starting with a digit");
    refused("x$0 = 1\n", "a b", "`a b` is not a name: letters, digits and `_`, not starting with a digit");
    refused("x$0 = 1\n", "x", "it is called `x` already");
    refused("pri$0nt 1\n", "say", "`print` is a built-in function");
    refused("if not globals.has$0Index(\"x\") then x = 1\n", "y", "`hasIndex` is a built-in function");
    refused("f = function\n  locals.rem$0ove \"x\"\nend function\n", "y", "`remove` is a built-in function");
    let as_map = "the code that starts on line 1 uses `locals` as a map, in which names are keys";
    refused("f = function(s)\n  z$0 = 1\n  return locals.hasIndex(s)\nend function\n", "y", as_map);
    refused(
        "x$0 = 1\nf = function\n  x = 5\n  locals.remove \"x\"\n  return x\nend function\n",
        "y",
        "`x` on line 5 is the variable of the function on line 2 if that has a value by then, else the global of the code that starts on line 1; give it a value before, or write what is meant",
    );
    refused("x = y$0\n", "z", "nothing in this file defines `y`");
    refused("x = 1 + $0 2\n", "z", "there is no name here");
    refused("x$0 = 1\ny = 2\n", "y", "there is a global variable `y`");
    refused("x$0 = 1\nprint x\n", "print", "`print` on line 2 would then mean something else");
    refused("x$0 = 1\nf = function(a)\n  return x\nend function\n", "a", "on line 3, `a` is a local variable");
    refused("f = function(x$0)\n  y = x\nend function\n", "y", "there is a variable `y` in the same function");
    refused(
        "y = 1\nf = function(x$0)\n  return x + y\nend function\n",
        "y",
        "`y` on line 3 would then mean something else",
    );
    refused(
        "f = function(x$0)\n  return function(z)\n    return x + z\n  end function\nend function\n",
        "z",
        "the function on line 2 has a variable `z` of its own",
    );
    let either = |line: u32, function: u32, other: &str| {
        format!(
            "`c` on line {line} is the variable of the function on line {function} if that has a value by then, else {other}; give it a value before, or write what is meant"
        )
    };
    let reason = either(4, 2, "the global of the code that starts on line 1");
    refused("c = 1\nf = function(a)\n  if a then c$0 = 2\n  return c\nend function\n", "d", &reason);
    refused("c$0 = 1\nf = function(a)\n  if a then c = 2\n  return c\nend function\n", "d", &reason);
    refused(
        "f = function\n  c$0 = 1\n  return function(b)\n    if b then c = 2\n    return c\n  end function\nend function\n",
        "d",
        &either(5, 3, "the variable of the function on line 1"),
    );
    refused(
        "f = function(x$0)\n  return locals\nend function\n",
        "y",
        "the code that starts on line 1 uses `locals` as a map, in which names are keys",
    );
    refused(
        "x$0 = 1\nfor k in globals\nend for\n",
        "y",
        "the code that starts on line 2 uses `globals` as a map, in which names are keys",
    );
    refused(
        "f = function(m)\n  return m.x$0\nend function\n",
        "y",
        "it is not known which map the member `x` belongs to",
    );
    refused("m = {\"x\": 1, \"y\": 2}\nprint m.x$0\n", "y", "there is a member `y` already");
    refused("m = {\"__is$0a\": 1}\n", "y", "`__isa` is a name of the language");
    refused("import \"li$0b\"\n", "y", "`lib` is the name of a module's file");
}

#[test]
fn what_would_be_renamed_is_told_first() {
    let it = Fixture::new("speed = 1\nprint spe$0ed\n");
    let (range, name) = prepare_rename(&it.db, &it.document, &it.live(), it.offset).expect("it can be renamed");
    assert_eq!((&it.document.text[range], name.as_str()), ("speed", "speed"));
    assert_eq!(u32::from(range.start()), 16);
}

const FAMILY: &str = "//- main.ms\nimport \"base\"\nElf = new base.Hero\nElf.strike = function\n  return 3\nend function\nh = new base.Hero\nh.str1ike\n//- base.ms\nCreature = {}\nCreature.str2ike = function\n  return 1\nend function\nHero = new Creature\nHero.strike = function\n  return super.str3ike + 1\nend function\n";

/// The family with the cursor at the place of that number.
fn family(place: char) -> String {
    let marked = FAMILY.replace(&format!("str{place}ike"), "str$0ike");
    ["str1ike", "str2ike", "str3ike"].iter().fold(marked, |text, it| text.replace(it, "strike"))
}

#[test]
fn an_overriding_member_is_defined_where_it_overrides() {
    check_definition(
        &family('1'),
        &expect![[r#"
            //- base.ms
            | Hero.strike = function
            |      ^^^^^^
        "#]],
    );
}

#[test]
fn what_a_super_leads_to_is_what_is_overridden() {
    let main = family('3').replacen("//- main.ms\nimport \"base\"", "//- other.ms\nimport \"base\"", 1);
    // The document is the first file.
    let (other, base) = main.split_once("//- base.ms").expect("two files");
    check_definition(
        &format!("//- base.ms{base}{other}"),
        &expect![[r#"
        //- base.ms
        | Creature.strike = function
        |          ^^^^^^
    "#]],
    );
}

#[test]
fn heirs_are_found_in_all_files() {
    let (other, base) = FAMILY.split_once("//- base.ms").expect("two files");
    let source = format!("//- base.ms{base}{other}").replace("str1ike", "strike").replace("str3ike", "strike");
    let it = Fixture::new(&source.replace("str2ike", "str$0ike"));
    let found = crate::ide::implementation(&it.db, &it.document, &it.places, it.offset);
    let found: Vec<_> = found.iter().map(|at| (at.file, at.range, String::new())).collect();
    expect![[r#"
        //- base.ms
        | Hero.strike = function
        |      ^^^^^^
        //- main.ms
        | Elf.strike = function
        |     ^^^^^^
    "#]]
    .assert_eq(&it.draw_all(&found));
}

#[test]
fn a_class_of_a_module_has_heirs_where_it_is_used() {
    let it = Fixture::new(&family('0').replacen("base.Hero", "base.He$0ro", 1));
    let found = crate::ide::implementation(&it.db, &it.document, &it.places, it.offset);
    let found: Vec<_> = found.iter().map(|at| (at.file, at.range, String::new())).collect();
    expect![[r#"
        //- main.ms
        | Elf = new base.Hero
        | ^^^
    "#]]
    .assert_eq(&it.draw_all(&found));
}

#[test]
fn a_variable_of_a_module_is_renamed_from_where_it_is_used() {
    check_rename(
        "//- main.ms\nimport \"lib\"\nprint lib.twi$0ce(2)\n//- lib.ms\ntwice = function(n)\n  return n * 2\nend function\nprint twice(1)\n",
        "double",
        &expect![[r#"
            //- lib.ms
            double = function(n)
              return n * 2
            end function
            print double(1)
            //- main.ms
            import "lib"
            print lib.double(2)
        "#]],
    );
    check_rename(
        "//- main.ms\nimport \"lib\"\nprint lib.twi$0ce(2)\n//- lib.ms\nn = 1\ntwice = function\n  return n * 2\nend function\n",
        "n",
        &expect![[r#"
            refused: there is a global variable `n` in lib.ms
        "#]],
    );
}

#[test]
fn keys_that_methods_ask_for_are_renamed_with_their_member() {
    check_rename(
        "m = {\"f$0oo\": 1}\nif m.hasIndex(\"foo\") then m.remove \"foo\"\nprint m.foo\nprint \"foo\"\n",
        "bar",
        &expect![[r#"
            m = {"bar": 1}
            if m.hasIndex("bar") then m.remove "bar"
            print m.bar
            print "foo"
            possible: main.ms:4
        "#]],
    );
}

#[test]
fn what_is_found_by_going_on_and_on_is_renamed_whole() {
    check_rename(
        "f = function(x)\n  while x\n    y = x.ne$0xt\n    x = y\n  end while\nend function\nf {\"next\": {\"next\": null}}\n",
        "to",
        &expect![[r#"
            f = function(x)
              while x
                y = x.to
                x = y
              end while
            end function
            f {"to": {"to": null}}
        "#]],
    );
}

#[test]
fn importers_in_other_folders_are_renamed_as_programs_of_their_own() {
    check_rename(
        "//- main.ms\nutil = import(\"sub/util\")\nprint util.g$0o\n//- sub/other.ms\nimport \"util\"\nprint util.go\n//- sub/util.ms\ngo = 1\n",
        "run",
        &expect![[r#"
            //- main.ms
            util = import("sub/util")
            print util.run
            //- sub/other.ms
            import "util"
            print util.run
            //- sub/util.ms
            run = 1
        "#]],
    );
}

#[test]
fn methods_of_a_type_are_defined_where_the_program_gives_them() {
    check_definition(
        "//- main.ms\nimport \"more\"\nprint [1].sec$0ond\n//- more.ms\nlist.second = function\n  return self[1]\nend function\n",
        &expect![[r#"
            //- more.ms
            | list.second = function
            |      ^^^^^^
        "#]],
    );
    check_definition(
        "A = {}\nA.go = function\nend function\nf = function(x)\n  if x isa A then x.g$0o\nend function\n",
        &expect![[r#"
            | A.go = function
            |   ^^
        "#]],
    );
}

#[test]
fn methods_that_the_program_gives_to_all_values_of_a_type_are_renamed() {
    let second = "list.sec$0ond = function\n  return self[1]\nend function\n";
    check_rename(
        &format!(
            "{second}print [1, 2].second\nx = [3, 4]\nprint x.second\nm = {{\"second\": 1}}\nprint m.second\nf = function(l)\n  return l.second\nend function\n"
        ),
        "other",
        &expect![[r#"
            list.other = function
              return self[1]
            end function
            print [1, 2].other
            x = [3, 4]
            print x.other
            m = {"second": 1}
            print m.second
            f = function(l)
              return l.second
            end function
            possible: main.ms:10
        "#]],
    );
    let second = second.replacen("$0", "", 1);
    check_rename(
        &format!(
            "{second}string.second = function\n  return self[1]\nend function\nprint \"ab\".second\nprint [1, 2].sec$0ond\nfor v in [[1, 2], \"ab\"]\n  print v.second\nend for\n"
        ),
        "other",
        &expect![[r#"
            list.other = function
              return self[1]
            end function
            string.second = function
              return self[1]
            end function
            print "ab".second
            print [1, 2].other
            for v in [[1, 2], "ab"]
              print v.second
            end for
            possible: main.ms:10
        "#]],
    );
    // Of maps, and of a program of several files; another program has its own.
    check_rename(
        "//- main.ms\nimport \"lib\"\nm = {\"a\": 1}\nprint m.co$0unt\nn = {\"count\": 1}\nprint n.count\n//- lib.ms\nmap.count = function\n  return self.len\nend function\n//- own.ms\nmap.count = function\nend function\nk = {}\nprint k.count\n",
        "size",
        &expect![[r#"
            //- main.ms
            import "lib"
            m = {"a": 1}
            print m.size
            n = {"count": 1}
            print n.count
            //- lib.ms
            map.size = function
              return self.len
            end function
        "#]],
    );
    refused(&format!("{second}print [1].sec$0ond\n"), "len", "there is a member `len` already");
    refused("print [1].le$0n\n", "size", "`len` is a built-in function");
    refused(
        "list.le$0n = function\n  return 0\nend function\nprint [1].len\n",
        "size",
        "`len` belongs to a map of the language",
    );
}
