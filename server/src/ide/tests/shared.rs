//! Variables at the top of files, which several files name.

use super::Fixture;
use super::families::at;
use super::names::{check_definition, check_references, check_rename};
use crate::ide::completion::completions;
use crate::ide::{definition, hover, prepare_rename, references, rename};
use crate::settings::Checks;
use expect_test::expect;

/// A program of several files with the cursor in one of them, which comes first.
fn asked_in(files: &str, file: &str, text: &str, number: usize) -> String {
    let parts: Vec<_> = files.split("//- ").skip(1).collect();
    let (asked, others): (Vec<_>, Vec<_>) = parts.into_iter().partition(|it| it.starts_with(file));
    let asked = asked[0].split_once('\n').expect("it has a text");
    let others: String = others.iter().map(|it| format!("//- {it}")).collect();
    format!("//- {}\n{}{others}", asked.0, at(asked.1, text, number))
}

/// What renaming gives from each of some places: all the same.
fn renamed(files: &str, places: &[(&str, &str, usize)], new: &str) -> String {
    let mut all: Option<String> = None;
    for &(file, text, number) in places {
        let it = Fixture::new(&asked_in(files, file, text, number));
        let answer = match rename(&it.db, &it.document, &it.live(), it.offset, new) {
            Err(reason) => format!("refused: {reason}\n"),
            Ok(renamed) => {
                let place = |found: &crate::ide::names::Found, what: &str| {
                    let before = &found.file.text(&it.db)[..usize::from(found.range.start())];
                    let line = before.matches('\n').count() + 1;
                    let column = before.rsplit('\n').next().unwrap_or_default().len() + 1;
                    format!("{}:{line}:{column}{what}\n", it.name(found.file))
                };
                let edits = renamed.edits.iter().map(|it| place(it, ""));
                let mut lines: Vec<_> = edits.chain(renamed.possible.iter().map(|it| place(it, " possible"))).collect();
                lines.sort();
                lines.concat()
            }
        };
        match &all {
            Some(first) => assert_eq!(answer, *first, "from {file}, {text} {number}"),
            None => all = Some(answer),
        }
    }
    all.unwrap_or_default()
}

#[test]
fn what_a_module_gives_the_program_is_one_thing_from_everywhere() {
    const FILES: &str = "//- main.ms\nimport \"lib\"\nprint shared\nprint globals.shared\n//- lib.ms\nglobals.shared = 42\n//- other.ms\nshared = 1\n";
    let places = [("main", "shared", 0), ("main", "shared", 1), ("lib", "shared", 0)];
    expect![[r#"
        lib.ms:1:9
        main.ms:2:7
        main.ms:3:15
    "#]]
    .assert_eq(&renamed(FILES, &places, "common"));
    for (file, text, number) in places {
        let asked = asked_in(FILES, file, text, number);
        let it = Fixture::new(&asked);
        assert_eq!(references(&it.db, &it.document, &it.places, it.offset, true).len(), 3, "{file}");
    }
    let outer = FILES.replace("globals.shared = 42", "outer.shared = 42");
    assert_eq!(renamed(&outer, &places, "common").lines().count(), 3);
}

#[test]
fn what_a_module_changes_is_renamed_in_the_program() {
    const FILES: &str = "//- main.ms\nimport \"world\"\nscore = 0\nworld.tick\nprint score\n//- world.ms\ntick = function\n  globals.score += 1\n  print score\nend function\n";
    let places = [("main", "score", 0), ("main", "score", 1), ("world", "score", 0), ("world", "score", 1)];
    expect![[r#"
        main.ms:2:1
        main.ms:4:7
        world.ms:2:11
        world.ms:3:9
    "#]]
    .assert_eq(&renamed(FILES, &places, "points"));
    check_definition(
        &asked_in(FILES, "world", "score", 0),
        &expect![[r#"
            //- main.ms
            | score = 0
            | ^^^^^
        "#]],
    );
}

#[test]
fn globals_are_found_two_imports_down_and_in_all_programs() {
    let files = "//- main.ms\nimport \"p\"\nscore = 3\n//- main2.ms\nimport \"q\"\nscore = 4\n//- p.ms\nimport \"q\"\n//- q.ms\nget = function\n  return score\nend function\n";
    let places = [("main.", "score", 0), ("main2", "score", 0), ("q", "score", 0)];
    expect![[r#"
        main.ms:2:1
        main2.ms:2:1
        q.ms:2:10
    "#]]
    .assert_eq(&renamed(files, &places, "points"));
    check_definition(
        &asked_in(files, "q", "score", 0),
        &expect![[r#"
            //- main.ms
            | score = 3
            | ^^^^^
            //- main2.ms
            | score = 4
            | ^^^^^
        "#]],
    );
}

#[test]
fn modules_that_one_use_may_mean_are_renamed_together() {
    let files = "//- main.ms\nimport \"lib\"\nimport \"lib2\"\nfor m in [lib, lib2]\n  print m.run\nend for\n//- lib.ms\nrun = function\n  return 1\nend function\n//- lib2.ms\nrun = function\n  return 2\nend function\n";
    let places = [("main", "run", 0), ("lib.", "run", 0), ("lib2", "run", 0)];
    expect![[r#"
        lib.ms:1:1
        lib2.ms:1:1
        main.ms:4:11
    "#]]
    .assert_eq(&renamed(files, &places, "go"));
    let mixed = files.replace("[lib, lib2]", "[lib, {\"run\": 1}]");
    assert_eq!(
        renamed(&mixed, &[("lib.", "run", 0)], "go"),
        "refused: `run` on line 4 of main.ms may also be a member of something else\n"
    );
}

#[test]
fn names_that_other_files_have_are_not_taken_from_them() {
    let files = "//- main.ms\nimport \"lib\"\nscore = 3\nprint lib.get\n//- lib.ms\nget = function\n  other2 = 1\n  return score + other2 + far\nend function\n";
    let from = |new: &str| renamed(files, &[("main", "score", 0), ("lib", "score", 0)], new);
    let refused = |new: &str| renamed(files, &[("main", "score", 0)], new);
    assert_eq!(refused("other2"), "refused: on line 3 of lib.ms, `other2` is a local variable\n");
    assert_eq!(refused("get"), "refused: there is a global variable `get` in lib.ms\n");
    assert_eq!(refused("far"), "refused: `far` on line 3 of lib.ms would then mean something else\n");
    assert_eq!(from("points"), "lib.ms:3:10\nmain.ms:2:1\n");
}

#[test]
fn names_of_the_host_that_modules_read_are_not_renamed() {
    let files =
        "//- main.ms\nimport \"lib\"\ntext = 1\nprint text\n//- lib.ms\nf = function\n  text.clear\nend function\n";
    for (file, reason) in [("main", "which `lib.ms` may mean"), ("lib", "which `lib.ms` may mean")] {
        let it = Fixture::new(&asked_in(files, file, "text", 0));
        let mut live = it.live();
        live.checks = std::sync::Arc::new(Checks { host_names: ["text".to_owned()].into(), ..Checks::default() });
        let refused = format!("`text` is also a name of the host, {reason}");
        assert_eq!(rename(&it.db, &it.document, &live, it.offset, "zz"), Err(refused.clone()));
        assert_eq!(prepare_rename(&it.db, &it.document, &live, it.offset), Err(refused));
    }
}

#[test]
fn what_a_module_gives_the_program_is_no_member_of_it() {
    let source = "//- main.ms\nimport \"lib\"\nlib.extra = 7\nlib.$0\n//- lib.ms\nval = 1\nglobals.shared = 2\nouter.other = 3\n";
    let it = Fixture::new(source);
    let found = completions(&it.db, &it.document, &it.live(), it.offset, false);
    let names: Vec<_> = found.items.iter().map(|item| &*item.label).take(2).collect();
    assert_eq!(names, ["extra", "val"]);
    assert!(!found.items.iter().any(|it| matches!(&*it.label, "shared" | "other")));
}

#[test]
fn members_that_a_program_gives_a_module_are_renamed() {
    let files = "//- main.ms\nimport \"lib\"\nlib.extra = 7\nprint lib.extra + lib.get\nlib.Shape.more = function\nend function\nq = new lib.Shape\nq.more\nT = lib.Shape\nT.size2 = 1\nprint q.size2\n//- lib.ms\nget = function\n  return extra\nend function\nShape = {\"size\": 1}\n";
    expect![[r#"
        lib.ms:2:10
        main.ms:2:5
        main.ms:3:11
    "#]]
    .assert_eq(&renamed(files, &[("main", "extra", 0), ("main", "extra", 1), ("lib", "extra", 0)], "added"));
    assert_eq!(renamed(files, &[("main", ".more", 0), ("main", "q.more", 0)], "most"), "main.ms:4:11\nmain.ms:7:3\n");
    assert_eq!(renamed(files, &[("main", "size2", 0), ("main", "size2", 1)], "width"), "main.ms:10:9\nmain.ms:9:3\n");
}

#[test]
fn names_in_strings_may_be_those_of_a_module() {
    let files = "//- main.ms\nimport \"lib\"\nk = \"f\"\nprint lib[k](4)\nprint lib.f(1)\n//- lib.ms\nf = function(n)\n  return n\nend function\n";
    expect![[r#"
        lib.ms:1:1
        main.ms:2:6 possible
        main.ms:4:11
    "#]]
    .assert_eq(&renamed(files, &[("lib", "f", 0)], "g"));
}

#[test]
fn uses_with_owners_that_are_only_likely_are_told() {
    let program = |rest: &str| {
        format!(
            "P = {{\"val\": 3}}\nstate = {{\"cur\": null}}\nput = function(m, k, v)\n  m[k] = v\nend function\n{rest}print state.cur.val\n"
        )
    };
    for (number, rest) in ["", "state.cur = 0\n", "Q = {\"val\": 1}\nstate.cur = Q\n"].into_iter().enumerate() {
        let text = program(rest);
        let it = Fixture::new(&at(&text, "\"val", 0));
        let found = rename(&it.db, &it.document, &it.live(), it.offset, "zz").expect("it can be renamed");
        let last = text.trim_end().len() as u32;
        assert!(found.possible.iter().any(|it| u32::from(it.range.end()) == last), "{number}");
    }
    check_rename(
        &at(
            "P = {\"val\": 3}\nitems = [null]\nfill = function(l, v)\n  l[0] = v\nend function\nfill items, P\nprint items[0].val\n",
            "val",
            0,
        ),
        "zz",
        &expect![[r#"
            P = {"zz": 3}
            items = [null]
            fill = function(l, v)
              l[0] = v
            end function
            fill items, P
            print items[0].val
            possible: main.ms:7
        "#]],
    );
    // What is certain of its owner is left out.
    check_rename(
        &at(
            "P = {\"val\": 3}\nQ = {\"val\": 4}\nl = [Q]\nprint Q.val + l[0].val\nstate = {\"cur\": Q}\nprint state.cur.val\n",
            "val",
            0,
        ),
        "zz",
        &expect![[r#"
            P = {"zz": 3}
            Q = {"val": 4}
            l = [Q]
            print Q.val + l[0].val
            state = {"cur": Q}
            print state.cur.val
        "#]],
    );
    let files = "//- world.ms\nWorld = {\"count\": 0}\nWorld.add = function(a)\n  a.world = self\n  self.count += 1\nend function\n//- main.ms\nimport \"world\"\nimport \"actor\"\nw = new world.World\nw.add actor.Actor\nactor.Actor.die\nprint w.count\n//- actor.ms\nActor = {\"world\": null}\nActor.die = function\n  self.world.count -= 1\nend function\n";
    let places = [("world", "count", 0), ("main", "count", 0), ("actor", "count", 0)];
    expect![[r#"
        actor.ms:3:14
        main.ms:6:9
        world.ms:1:11
        world.ms:4:8
    "#]]
    .assert_eq(&renamed(files, &places, "zz"));
    // Of what nobody in sight gives the function, its owner may be anything.
    let unknown = files.replace("w.add actor.Actor\n", "");
    expect![[r#"
        actor.ms:3:14 possible
        main.ms:5:9
        world.ms:1:11
        world.ms:4:8
    "#]]
    .assert_eq(&renamed(&unknown, &places[..2], "zz"));
}

#[test]
fn members_of_maps_with_computed_keys_are_told() {
    let text = "defaults = {\"size\": 1}\nmerge = function(a, b)\n  r = {}\n  for kv in a\n    r[kv.key] = kv.value\n  end for\n  return r\nend function\no2 = merge(defaults, {})\nprint o2.size\n";
    check_rename(
        &at(text, "size", 0),
        "dim",
        &expect![[r#"
            defaults = {"dim": 1}
            merge = function(a, b)
              r = {}
              for kv in a
                r[kv.key] = kv.value
              end for
              return r
            end function
            o2 = merge(defaults, {})
            print o2.size
            possible: main.ms:10
        "#]],
    );
}

#[test]
fn functions_that_are_called_through_a_map_get_what_they_are_given() {
    let text = "handlers = {}\nhandlers.onStart = function(e)\n  return \"start \" + e.who\nend function\nfire = function(name, who)\n  h = @handlers[name]\n  return h({\"who\": who})\nend function\nprint fire(\"onStart\", \"me\")\nprint handlers.onStart({\"who\": 1})\n";
    let all = expect![[r#"
        |   return "start " + e.who
        |                       ^^^
        |   return h({"who": who})
        |              ^^^
        | print handlers.onStart({"who": 1})
        |                          ^^^
    "#]];
    for place in ["e.who", "h({\"who", "onStart({\"who"] {
        check_references(&at(text, place, 0), &all);
    }
}

#[test]
fn members_of_a_global_are_known_in_the_modules_that_read_it() {
    let files = "//- main.ms\nimport \"lib\"\nconfig = {\"a\": 1}\nlib.go\n//- lib.ms\ngo = function\n  print config.a\nend function\n";
    expect![[r#"
        lib.ms:2:16
        main.ms:2:12
    "#]]
    .assert_eq(&renamed(files, &[("main", "\"a", 0), ("lib", "config.a", 0)], "b"));
}

/// A member that a module gives to a map of the program.
const CONFIG: &str = "config = {\"a\": 1}\nlib.go\nprint config.b + config.a\n";

#[test]
fn what_a_module_adds_to_a_map_of_the_program_is_known() {
    for given in ["globals.config.b = 3", "config.b = 3"] {
        let lib = format!("//- lib.ms\ngo = function\n  {given}\nend function\n");
        let files = |main: &str| format!("//- main.ms\nimport \"lib\"\n{main}{lib}");
        let main = CONFIG.replace("config.b", "config.b$0");
        let is_it = |out: &str, what: &str| assert!(out.contains("lib.ms") && out.contains(given), "{what}: {out}");
        let test = Fixture::new(&files(&main));
        let found = definition(&test.db, &test.document, &test.live(), test.offset);
        let places: Vec<_> = found.iter().map(|it| (it.file, it.range, String::new())).collect();
        is_it(&test.draw_all(&places), "definition");
        let found = references(&test.db, &test.document, &test.places, test.offset, true);
        assert_eq!(found.len(), 2, "references of {given}");
        let renamed = rename(&test.db, &test.document, &test.live(), test.offset, "zz").expect("it may be renamed");
        assert_eq!(renamed.edits.len(), 2, "{given}");
        let said = hover(&test.db, &test.document, &test.live(), test.offset).expect("there is something to say");
        assert!(said.markdown().contains("number"), "{}", said.markdown());
    }
    let test = Fixture::new(
        "//- main.ms\nimport \"lib\"\nconf = 3\nlib.go\nprint conf$0\n//- lib.ms\ngo = function\n  globals.conf = \"s\"\nend function\n",
    );
    let said = hover(&test.db, &test.document, &test.live(), test.offset).expect("there is something to say");
    assert!(said.markdown().contains("number or string"), "{}", said.markdown());
}

#[test]
fn what_a_modules_function_gives_its_argument_is_known_where_that_is_made() {
    const MAIN: &str = "//- main.ms\nimport \"tools\"\np = {}\ntools.init p\nprint p.hp\n";
    const TOOLS: &str = "//- tools.ms\ninit = function(o)\n  it = o\n  it.name = \"a\"\n  o.hp = 1\n  o.hit = function(n)\n  end function\nend function\n";
    let files = format!("{MAIN}{TOOLS}");
    // As within one file.
    let one = "init = function(o)\n  it = o\n  it.name = \"a\"\n  o.hp = 1\n  o.hit = function(n)\n  end function\nend function\np = {}\ninit p\nprint p.$0\n";
    for source in [one.to_owned(), files.replace("p.hp", "p.$0")] {
        let it = Fixture::new(&source);
        let found = completions(&it.db, &it.document, &it.live(), it.offset, false);
        let labels: Vec<_> = found.items.iter().take(3).map(|it| &*it.label).collect();
        assert_eq!(labels, ["hit", "hp", "name"], "{source}");
    }
    for (file, text) in [("main", "hp"), ("tools", "hp")] {
        let asked = asked_in(&files, file, text, 0);
        let it = Fixture::new(&asked);
        let card = hover(&it.db, &it.document, &it.live(), it.offset).map(|it| it.plain());
        assert_eq!(card.as_deref(), Some("(member) p.hp\nlikely: number"), "{file}");
        check_definition(
            &asked,
            &expect![[r#"
                //- tools.ms
                |   o.hp = 1
                |     ^^
            "#]],
        );
        assert_eq!(references(&it.db, &it.document, &it.places, it.offset, true).len(), 2, "{file}");
        assert_eq!(super::checks::codes(&files, &Checks::default()), [""; 0]);
    }
    expect![[r#"
        main.ms:4:9
        tools.ms:4:5
    "#]]
    .assert_eq(&renamed(&files, &[("main", "hp", 0), ("tools", "hp", 0)], "life"));
    // What others do not give it to has it not.
    let other = format!("{}{TOOLS}", MAIN.replace("print p.hp\n", "q = {\"x\": 1}\nprint q.$0\n"));
    let it = Fixture::new(&other);
    let found = completions(&it.db, &it.document, &it.live(), it.offset, false);
    assert!(found.items.iter().all(|it| it.label != "hp"), "{:?}", found.items);
}
