//! Hovers of names, members, keys, modules and words.

use super::Fixture;
use crate::ide::hover;
use expect_test::{Expect, expect};

#[track_caller]
fn check(source: &str, expected: &Expect) {
    let it = Fixture::new(source);
    let card = hover(&it.db, &it.document, &it.live(), it.offset);
    let text = card.map_or_else(
        || "nothing".to_owned(),
        |it| std::iter::once(it.title).chain(it.sections).collect::<Vec<_>>().join("\n"),
    );
    expected.assert_eq(&text);
}

const CREATURE: &str = "// How far to walk.\nreach = 3\n// A living thing.\nCreature = {\"hp\": 10}\n// Takes damage.\n// Never below zero.\nCreature.hit = function(amount, kind=\"blunt\")\n  self.hp -= amount\nend function\nHero = new Creature\n// Coins.\nHero.gold = 0\nHero.heal = function\n  \"Heals a bit.\"\n  self.hp += 1\nend function\nh = new Hero\nxs = [1]\n";

#[track_caller]
fn with_creature(line: &str, expected: &Expect) {
    check(&format!("{CREATURE}{line}\n"), expected);
}

#[test]
fn a_module_is_told_wherever_its_variable_stands() {
    let card = |source: &str| {
        let it = Fixture::new(source);
        hover(&it.db, &it.document, &it.live(), it.offset).map(|card| card.plain())
    };
    let util =
        "//- util.ms\n// What everybody needs.\n\nlimit = 3\ntwice = function(n)\n  return n * 2\nend function\n";
    let expected = Some("(module) util\nWhat everybody needs.\ngives limit, twice".to_owned());
    assert_eq!(card(&format!("//- main.ms\nimport \"util\"\nprint ut$0il.limit\n{util}")), expected);
    assert_eq!(
        card(&format!("//- main.ms\nf = function\n  import \"util\"\n  return ut$0il.twice(2)\nend function\n{util}")),
        expected
    );
    assert_eq!(
        card(&format!("//- main.ms\nutil = 3\nprint ut$0il\n{util}")).as_deref(),
        Some("(global) util\ntype: number")
    );
}

#[test]
fn a_function_in_a_map_literal_is_called_by_its_key() {
    check(
        "m = {\"go\": function(n, k=2)\n  return n\nend function}\nm.g$0o 1\n",
        &expect![[r#"
            go = function(n, k=2)
            likely: `function(n, k: number = 2)`"#]],
    );
}

#[test]
fn maps_of_one_name_show_what_they_have_in_common() {
    let card = |source: &str| {
        let it = Fixture::new(source);
        hover(&it.db, &it.document, &it.live(), it.offset).map(|card| card.plain()).unwrap_or_default()
    };
    assert_eq!(
        card("gr$0id = []\nfor y in range(1)\n  row = [0] * 2\n  grid.push row\nend for\n"),
        "(global) grid\ntype: list; likely list of lists of number"
    );
    assert_eq!(card("wo$0rds = \"a b\".split\n"), "(global) words\ntype: list; likely list of string");
    let list = "all = [{\"name\": 1, \"size\": 2}, {\"size\": 3, \"name\": 4, \"x\": 5}]\n";
    assert_eq!(card(&format!("{list}for i$0t in all\nend for\n")), "(global) it\nlikely: map with name, size");
    assert_eq!(
        card("b = null\nif rnd then b = {\"at\": 1}\nprint b$0\n"),
        "(global) b\ntype: map or null; likely null or map b with at"
    );
    assert_eq!(
        card("A = {\"x\": 1}\nB = {\"x\": 1}\nfor i$0t in [A, B]\nend for\n"),
        "(global) it\ntype: map; likely map A or map B"
    );
    assert_eq!(
        card("call = function(b$0y)\n  return by(1)\nend function\ncall @abs\n"),
        "(parameter) by\nlikely: function(x=0)"
    );
}

#[test]
fn variables_and_functions_show_the_comment_above_or_the_docstring() {
    with_creature(
        "print re$0ach",
        &expect![[r#"
        (global) reach
        How far to walk.
        type: number"#]],
    );
    with_creature(
        "h.hi$0t 3",
        &expect![[r#"
            Creature.hit = function(amount, kind="blunt")
            Takes damage.
            Never below zero.
            likely: `Creature.hit(amount: number, kind: string = "blunt")`"#]],
    );
    with_creature(
        "h.he$0al",
        &expect![[r#"
        Hero.heal = function()
        Heals a bit."#]],
    );
}

#[test]
fn members_are_those_of_their_owner() {
    with_creature(
        "print h.h$0p",
        &expect![[r#"
        (member) Hero.hp
        likely: number"#]],
    );
    with_creature(
        "print h.go$0ld",
        &expect![[r#"
        (member) Hero.gold
        Coins.
        likely: number"#]],
    );
    with_creature(
        "print h[\"go$0ld\"]",
        &expect![[r#"
        (member) Hero.gold
        Coins.
        likely: number"#]],
    );
    with_creature(
        "m = {\"a\": {\"b\": \"x\"}}\nprint m.a.$0b",
        &expect![[r#"
        (member) b
        likely: string"#]],
    );
    with_creature("print h.zz$0z", &expect!["nothing"]);
    with_creature("print foo.go$0ld", &expect!["nothing"]);
    with_creature(
        "print globals.re$0ach",
        &expect![[r#"
        (global) reach
        How far to walk.
        likely: number"#]],
    );
}

#[test]
fn methods_of_types_and_of_host_maps_are_explained() {
    with_creature(
        "xs.so$0rt",
        &expect![[r#"
        (intrinsic) sort(self, byKey, ascending=1)
        Sorts a list in place, by its elements or by a key of each; returns it.
        ```miniscript
        print [3, 1, 2].sort
        ```
        prints `[1, 2, 3]`"#]],
    );
    with_creature(
        "print \"a\".up$0per",
        &expect![[r#"
        (intrinsic) upper(self)
        The string with all letters in upper case.
        ```miniscript
        print "hello".upper
        ```
        prints `HELLO`"#]],
    );
    with_creature(
        "print file.na$0me(\"/a/b\")",
        &expect![[r#"
        (intrinsic) file.name(path="")
        The last part of a path.
        ```miniscript
        print file.name("/a/b.txt")
        ```
        prints `b.txt`"#]],
    );
}

#[test]
fn parameters_show_their_default_only_if_they_have_one() {
    check("f = function(a, b=2)\n  return a$0 + b\nend function\n", &expect!["(parameter) a"]);
    check(
        "f = function(a, b=2)\n  return a + b$0\nend function\n",
        &expect![[r#"
        (parameter) b = 2
        likely: number"#]],
    );
}

#[test]
fn words_of_the_language_are_explained() {
    check(
        "wh$0ile true\nend while\n",
        &expect![[r#"
        (keyword) while
        Repeats the statements up to `end while` as long as the condition holds; it is tested before each round."#]],
    );
    check(
        "while true\n  if 1 then\n    print 1\n  end if\ne$0nd while\n",
        &expect![[r#"
        (keyword) end
        Ends what begins on line 1:

        ```miniscript
        while true
        ```"#]],
    );
    check(
        "f = function(a)\n  return a\nend func$0tion\n",
        &expect![[r#"
        (keyword) function
        Ends what begins on line 1:

        ```miniscript
        f = function(a)
        ```"#]],
    );
    check(
        "print tr$0ue\n",
        &expect![[r#"
        (keyword) true
        The number 1. Comparisons that hold give it."#]],
    );
    with_creature(
        "Creature.look = function\n  return se$0lf.hp\nend function",
        &expect![[r#"
        (keyword) self
        The map on which a method was called.
        likely: map `Creature` with hp, hit, look"#]],
    );
}

#[test]
fn self_of_a_derived_class_is_that_class() {
    check(
        "Ship = {}\nShip.make = function\n  s = new Ship\n  s.shots = []\n  return s\nend function\nFighter = new Ship\nFighter.go = function\n  return se$0lf.shots\nend function\n",
        &expect![[r#"
        (keyword) self
        The map on which a method was called.
        likely: map `Fighter` with go, make"#]],
    );
    let made = "Ship = {}\nShip.make = function\n  s = new Ship\n  s.shots = []\n  return s\nend function\nFighter = new Ship\nFighter.go = function\n  return self.sh$0ots\nend function\nFighter.make = function\n  f = super.make\n  f.__isa = Fighter\n  return f\nend function\n";
    check(
        made,
        &expect![[r#"
            (member) s.shots
            likely: list"#]],
    );
}

#[test]
fn classes_go_by_their_own_names() {
    let shapes = "//- shapes.ms\nShape = {\"x\": 0}\nCircle = new Shape\nCircle.area = function\nend function\n";
    check(
        &format!("//- main.ms\nimport \"shapes\"\nprint shapes.Cir$0cle\n{shapes}"),
        &expect![[r#"
            (member) Circle
            likely: map `Circle`"#]],
    );
}

#[test]
fn functions_that_are_taken_from_a_map_are_all_told() {
    check(
        "handlers = {}\nhandlers.a = function(e, f)\n  return e\nend function\nhandlers.b = function(e)\n  return e\nend function\nrun = function(name)\n  h = @handlers[name]\n  return h$0(3, 4)\nend function\n",
        &expect![[r#"
            (local) h: function
            may be `handlers.a = function(e, f)`
            may be `handlers.b = function(e)`"#]],
    );
}

#[test]
fn what_other_files_give_is_told_here() {
    let util = "//- main.ms\nimport \"util\"\n";
    let rest = "//- util.ms\n// Helpers for text.\n// A bar.\nbar = function(n)\n  return \"#\" * n\nend function\n// The title.\ntitle = \"score\"\n";
    check(
        &format!("{util}print util.ba$0r(3)\n{rest}"),
        &expect![[r#"
            bar = function(n)
            Helpers for text.
            A bar.
            likely: `bar(n: number) -> string`"#]],
    );
    check(
        &format!("{util}print util.tit$0le\n{rest}"),
        &expect![[r#"
        (member) title
        The title.
        likely: string"#]],
    );
    check(
        &format!("//- main.ms\nimport \"ut$0il\"\n{rest}"),
        &expect![[r#"
            (module) util
            gives bar, title"#]],
    );
}

#[test]
fn nothing_is_told_of_what_is_no_name() {
    check("print \"re$0ach\"\n", &expect!["nothing"]);
    check("// rea$0ch\n", &expect!["nothing"]);
    check("print 1$02\n", &expect!["nothing"]);
    check("print unkno$0wn\n", &expect!["nothing"]);
}

#[test]
fn a_name_is_what_scope_says_and_not_another_of_that_name() {
    let card = |source: &str| {
        let it = Fixture::new(source);
        hover(&it.db, &it.document, &it.live(), it.offset).map(|card| card.plain()).unwrap_or_default()
    };
    let f = "f = function(a)\n  return a\nend function\n";
    assert_eq!(
        card(&format!("{f}g = function(f)\n  return $0f + 1\nend function\ng 3\n")),
        "(parameter) f\nlikely: number"
    );
    assert_eq!(card(&format!("{f}g = function\n  f = 5\n  return $0f\nend function\n")), "(local) f\nlikely: number");
    assert_eq!(
        card(&format!("{f}g = function\n  return $0f(1)\nend function\n")),
        "f = function(a)\nlikely: f(a: number) -> number"
    );
    assert_eq!(card(&format!("{f}$0f = function(b)\nend function\n")), "f = function(b)");
    assert_eq!(
        card(&format!("f 1\n{f}f = function(b)\nend function\n$0f 1\n")),
        "f = function(b)\nlikely: f(b: number)"
    );
    let two = "one = function\n  help = function(a)\n  end function\n  help 1\nend function\ntwo = function\n  help = function(a, b)\n  end function\n  he$0lp 1, 2\nend function\n";
    assert_eq!(card(two), "help = function(a, b)\nlikely: help(a: number, b: number)");
    let inner =
        "make = function(start)\n  n = 0\n  return function\n    return $0n + start\n  end function\nend function\n";
    assert_eq!(card(inner), "(local) n\ntype: number");
    assert_eq!(card(&inner.replace("$0n + start", "n + $0start")), "(parameter) start");
}

#[test]
fn members_of_errors_and_of_whole_types_are_told() {
    check(
        "e = err(\"no\")\nprint e.mes$0sage\n",
        &expect![[r#"
        (member) error.message
        likely: string"#]],
    );
    check(
        "// The second.\nlist.second = function(k=1)\n  return self[k]\nend function\nprint [1].sec$0ond\n",
        &expect![[r#"
            list.second = function(k=1)
            The second.
            likely: `list.second(k: number = 1)`"#]],
    );
    check(
        "f = function(x)\n  if x isa string then print $0x\nend function\n",
        &expect![[r#"
        (parameter) x
        likely: string"#]],
    );
}

/// Classes that make themselves by the method of the class behind them, each instance then put behind its own class.
#[test]
fn what_is_put_behind_another_by_hand_is_found_out_at_once() {
    let mut source = "Panel = {}\nPanel.left = 0\nPanel.right = function\n  return self.le$0ft\nend function\nPanel.make = function(parent)\n  p = new Panel\n  p.parent = parent\n  return p\nend function\n".to_owned();
    for number in 0..24 {
        let behind = if number > 0 { format!("S{}", number - 1) } else { "Panel".to_owned() };
        source += &format!(
            "S{number} = new {behind}\nS{number}.make = function(parent)\n  p = super.make(parent)\n  p.__isa = self\n  return p\nend function\n"
        );
    }
    source += "x = S3.make(null)\n";
    let it = Fixture::new(&source);
    let card = hover(&it.db, &it.document, &it.live(), it.offset).expect("a card");
    assert!(card.sections.concat().contains("number"), "{card:?}");
}

#[test]
fn lines_drawn_between_parts_of_a_file_are_no_documentation() {
    let card = |source: &str| {
        let it = Fixture::new(source);
        hover(&it.db, &it.document, &it.live(), it.offset).expect("a card").sections.concat()
    };
    let function = "tw$0ice = function(x)\n  return 2 * x\nend function\n";
    assert!(!card(&format!("//---------\n{function}")).contains("--"));
    let told = card(&format!("// ======\n// Twice as much.\n//*******\n{function}"));
    assert!(told.contains("Twice as much.") && !told.contains("==") && !told.contains("**"), "{told}");
}

const GIVEN: &str = "//- main.ms\n// How many points there are.\nscore = 3\n// Says hello.\ngreet = function(name, twice=false)\nend function\nhero = {\"hp\": 10}\nimport \"lib\"\n//- other.ms\nimport \"lib\"\nscore = \"none\"\nonly = lib.x + 1\n";

#[track_caller]
fn in_module(line: &str, expected: &Expect) {
    check(&format!("//- lib.ms\nx = 1\n{line}\n{GIVEN}"), expected);
}

#[test]
fn a_module_is_told_what_the_programs_give_that_import_it() {
    in_module(
        "print sc$0ore",
        &expect![[r#"
        (global) score
        How many points there are.
        likely: number or string
        given by programs that import this file: `main.ms`, `other.ms`"#]],
    );
    in_module(
        "print globals.sc$0ore",
        &expect![[r#"
        (global) score
        How many points there are.
        likely: number or string
        given by programs that import this file: `main.ms`, `other.ms`"#]],
    );
    in_module(
        "gre$0et \"x\"",
        &expect![[r#"
            greet = function(name, twice=false)
            Says hello.
            likely: `greet(name: string, twice: number = false)`
            given by programs that import this file: `main.ms`"#]],
    );
    in_module(
        "print he$0ro",
        &expect![[r#"
        (global) hero
        likely: map `hero` with hp
        given by programs that import this file: `main.ms`"#]],
    );
    in_module(
        "print hero.h$0p",
        &expect![[r#"
        (member) hero.hp
        likely: number"#]],
    );
    in_module(
        "print onl$0y",
        &expect![[r#"
        (global) only
        likely: number
        given by programs that import this file: `other.ms`"#]],
    );
    in_module("print nobo$0dy", &expect!["nothing"]);
    // Its own comes first.
    in_module(
        "score = {}\nprint scor$0e",
        &expect![[r#"
        (global) score
        type: map; likely map `score`"#]],
    );
}

#[test]
fn functions_show_the_types_of_their_parameters_and_of_what_they_give() {
    let add = "// Adds.\nadd = function(a, b=2, c=null, d = [])\n  return a + b\nend function\nx = add(1)\n";
    check(
        &format!("{add}x = ad$0d(2)\n"),
        &expect![[r#"
            add = function(a, b=2, c=null, d=[])
            Adds.
            likely: `add(a: number, b: number = 2, c=null, d: list = []) -> number`"#]],
    );
    check(
        "find = function(xs, at)\n  if at < xs.len then return xs[at]\nend function\nprint fi$0nd([\"a\"], 1)\n",
        &expect![[r#"
            find = function(xs, at)
            likely: `find(xs: list of string, at: number) -> string or null`"#]],
    );
    check("go = function\n  print 1\nend function\ng$0o\n", &expect!["go = function()"]);
    check(
        "//- main.ms\nimport \"lib\"\nprint lib.du$0b(1.5)\n//- lib.ms\ndub = function(n)\n  return n * 2\nend function\n",
        &expect![[r#"
            dub = function(n)
            likely: `dub(n: number) -> number`"#]],
    );
}

/// What a module's functions are given stands in the programs that import it.
#[test]
fn parameters_of_a_module_are_what_importers_give() {
    let lib =
        "f = function(o)\n  print o.wide\nend function\nT = {}\nT.set = function(p)\n  print p.wide\nend function\n";
    let main = "//- main.ms\nimport \"lib\"\nlib.f {\"wide\": 1}\nx = new lib.T\nx.set {\"wide\": 2}\n";
    let card = |lib: &str| {
        let it = Fixture::new(&format!("//- lib.ms\n{lib}{main}"));
        hover(&it.db, &it.document, &it.live(), it.offset).map(|card| card.plain()).unwrap_or_default()
    };
    assert_eq!(card(&lib.replacen("print o.", "print o$0.", 1)), "(parameter) o\nlikely: map with wide");
    assert_eq!(card(&lib.replacen("o.wide", "o.wi$0de", 1)), "(member) wide\nlikely: number");
    assert_eq!(card(&lib.replacen("p.wide", "p.wi$0de", 1)), "(member) wide\nlikely: number");
    super::names::check_definition(
        &format!("//- lib.ms\n{}{main}", lib.replacen("o.wide", "o.wi$0de", 1)),
        &expect![[r#"
            //- main.ms
            | lib.f {"wide": 1}
            |         ^^^^
        "#]],
    );
}

/// What is named as a key of a map of variables, and what only such code gives a value.
#[test]
fn variables_are_told_where_they_are_keys() {
    let card = |line: &str| {
        let text = "init = function(p)\n  // How it is done.\n  globals.conf = {\"a\": 1}\n  q = \"x\"\n  Q\nend function\nscore = 3\nL\n";
        let text = match line.strip_prefix("Q ") {
            Some(line) => text.replacen("Q", line, 1).replacen("\nL\n", "\n", 1),
            None => text.replacen("  Q\n", "", 1).replacen('L', line, 1),
        };
        let it = Fixture::new(&text);
        hover(&it.db, &it.document, &it.live(), it.offset).map(|card| card.plain()).unwrap_or_default()
    };
    let conf = "(global) conf\nHow it is done.\nlikely: map conf with a";
    for line in
        ["print co$0nf", "print globals.co$0nf", "print globals[\"co$0nf\"]", "print globals.hasIndex(\"co$0nf\")"]
    {
        assert_eq!(card(line), conf, "{line}");
    }
    assert_eq!(card("print globals[\"sc$0ore\"]"), "(global) score\nlikely: number");
    assert_eq!(card("Q print locals[\"$0q\"]"), "(local) q\nlikely: string");
    assert!(card("print globals.has$0Index(\"score\")").starts_with("(intrinsic) hasIndex(self, index)"));
    assert!(card("Q print locals.le$0n").starts_with("(intrinsic) len(self)"));
    assert_eq!(card("print globals.mis$0sing"), "");
}

/// The card of a hover that has one.
#[track_caller]
fn card(source: &str) -> String {
    let it = Fixture::new(source);
    hover(&it.db, &it.document, &it.live(), it.offset).expect("there is a card").plain()
}

#[test]
fn what_an_importer_may_change_is_no_more_than_likely() {
    let lib = "//- lib.ms\nv = 1\ngo = function\n  print v$0\nend function\n//- main.ms\nimport \"lib\"\n";
    assert_eq!(card(&format!("{lib}lib.go\n")), "(global) v\ntype: number");
    let told = card(&format!("{lib}lib.v = \"s\"\nlib.go\n"));
    assert!(told.starts_with("(global) v\nlikely: number"), "{told}");
}

#[test]
fn a_module_gives_what_is_its_own() {
    let told = card(
        "//- main.ms\nimport \"li$0b\"\n//- lib.ms\nglobals.shared = 2\nx = 1\ngo = function\n  globals.conf = \"s\"\nend function\n",
    );
    assert_eq!(told, "(module) lib\ngives go, x");
}

#[test]
fn what_is_some_function_is_no_map() {
    let it = Fixture::new("f = function(x)\n  if x isa funcRef then\n    y = @x$0\n  end if\nend function\nf 1\n");
    let card = hover(&it.db, &it.document, &it.live(), it.offset).expect("a card").plain();
    assert!(!card.contains("likely: map"), "{card}");
}

#[test]
fn what_plus_makes_of_two_maps_is_one_map_with_the_members_of_both() {
    let program =
        |line: &str| format!("m = {{\"a\": 1, \"c\": 2}}\nn = m + {{\"b\": \"x\", \"c\": \"y\"}}\nn.d = 3\n{line}\n");
    check(
        &program("print n$0"),
        &expect![[r#"
            (global) n
            type: map; likely map with d, b, c, a"#]],
    );
    // The second one's members take the place of the first one's; and the map that was there has no more than before.
    check(
        &program("print n.c$0"),
        &expect![[r#"
        (member) c
        likely: string"#]],
    );
    check(
        &program("print m$0"),
        &expect![[r#"
        (global) m
        type: map; likely map `m` with a, c"#]],
    );
    check(
        &program("for e in n\n  print e.value$0\nend for"),
        &expect![[r#"
        (member) value
        likely: number or string"#]],
    );
    check(
        "f = function(options)\n  all = {\"size\": 1} + options\n  return al$0l\nend function\nf {\"color\": 1}\n",
        &expect![[r#"
            (local) all
            likely: map with color, size"#]],
    );
    check(
        "a = {\"a\": 1}\nb = {\"b\": 1}\nc = a + b + {\"c\": 1, \"a\": \"\"}\nprint c$0\n",
        &expect![[r#"
            (global) c
            type: map; likely map with c, a, b"#]],
    );
    check(
        "a = {\"a\": 1}\nb = {\"b\": 1}\nc = a + b + {\"c\": 1, \"a\": \"\"}\nprint c.a$0\n",
        &expect![[r#"
        (member) a
        likely: string"#]],
    );
    // What is added once more comes last; what is made of more maps than a few is not followed.
    check(
        "a = {\"a\": 1}\nb = {\"a\": \"\"}\nc = a + b + a\nprint c.a$0\n",
        &expect![[r#"
            (member) a.a
            likely: number"#]],
    );
    check(
        "a = {\"a\": 1}\nb = {\"b\": 1}\nc = a + b + {\"c\": 1} + {\"d\": 1} + {\"e\": 1}\nprint c$0\n",
        &expect![[r#"
        (global) c
        type: map"#]],
    );
}

#[test]
fn types_stay_exact_behind_many_assignments() {
    for (first, next, last) in [
        ("x = 1\n", "x = x + 1\n", "type: number"),
        ("x = {}\n", "x = {\"a\": 1}\n", "type: map; likely map `x` with a"),
        ("x = {\"b\": 1}\n", "x = [1]\n", "type: list; likely list of number"),
        ("x = []\n", "x = x + [1]\n", "type: list; likely list of number"),
    ] {
        for count in [1, 15, 30, 50] {
            let it = Fixture::new(&format!("{first}{}print x$0\n", next.repeat(count)));
            let card = hover(&it.db, &it.document, &it.live(), it.offset).expect("a card");
            assert_eq!(card.sections, [last], "{next} {count}");
        }
    }
}

#[test]
fn the_title_of_a_file_is_no_comment_of_its_first_statement() {
    let about = |text: &str| {
        let module = text.replacen("$0", "", 1);
        let own = card(text).lines().any(|it| it.contains("Vector"));
        let module = card(&format!("//- main.ms\nimport \"li$0b\"\n//- lib.ms\n{module}"));
        (own, module.lines().any(|it| it.contains("Vector")))
    };
    let (file, statement) = ((false, true), (true, false));
    // Other definitions have sentences.
    let rest = "Vec.len = function\nend function\n// Between two.\ndist = function(a, b)\nend function\n";
    assert_eq!(about(&format!("// Vector module\nV$0ec = {{}}\n{rest}")), file);
    assert_eq!(about(&format!("// A module\n//\n// Vector and more\nV$0ec = {{}}\n{rest}")), file);
    let more = rest.replace("two.\n", "two.\n//\n// a: the first\n");
    assert_eq!(about(&format!("// Vector module\nV$0ec = {{}}\n{more}")), file);
    assert_eq!(about(&format!("// Vectors.\n// a vector: more\nV$0ec = {{}}\n{rest}")), statement);
    assert_eq!(about(&format!("// Vector module.\nV$0ec = {{}}\n{rest}")), statement);
    assert_eq!(about(&format!("// Vector module\n\nV$0ec = {{}}\n{rest}")), file);
    // No definition has a comment.
    let f = |name: &str| format!("{name} = function(s)\n  return s\nend function\n");
    let many = ["list.b", "list.c", "d"].map(f).concat();
    assert_eq!(about(&format!("// Vectors: many\nlist.a$0 = function(s)\nend function\n{many}")), file);
    assert_eq!(about(&format!("// Vectors: many\nwidth$0 = 8\n{many}")), file);
    // It is like those of the others, or there are none.
    assert_eq!(about(&format!("// Vector of b\na$0 = function(s)\nend function\n// another\n{many}")), statement);
    assert_eq!(about(&format!("// Vector of b\na$0 = function(s)\nend function\n{}", f("b"))), statement);
}

#[test]
fn what_holds_a_function_is_named_itself() {
    let double = "// Twice.\ndouble = function(x)\n  return x * 2\nend function\n";
    assert!(card(&format!("{double}print do$0uble(1)\n")).starts_with("double = function(x)\nTwice."));
    let map = "map1 = function(seq, f)\n  return f$0(seq)\nend function\n";
    assert!(
        card(&format!("{double}{map}map1 1, @double\n"))
            .starts_with("(parameter) f: function(x)\nlikely double = function(x)\nTwice.")
    );
    let half = "half = function(y)\n  return y / 2\nend function\n";
    assert_eq!(
        card(&format!("{double}{half}{map}map1 1, @double\nmap1 1, @half\n")),
        "(parameter) f: function\nmay be double = function(x): Twice.\nmay be half = function(y)"
    );
    let compose = "twice = function(f)\n  return function(x)\n    return f(f(x))\n  end function\nend function\n";
    assert!(
        card(&format!("{double}{compose}qu$0ad = twice(@double)\n"))
            .starts_with("(global) quad: function(x)\nlikely function(x) of line 6")
    );
    assert!(card(&format!("{double}alias = @double\nprint al$0ias(1)\n")).starts_with("(global) alias: function(x)\n"));
    // What has the same name as what it holds.
    let own = "go = function(double)\n  return doub$0le(1)\nend function\n";
    assert!(card(&format!("{double}{own}go @double\n")).starts_with("(parameter) double: function(x)\n"));
}

#[test]
fn what_is_not_known_is_no_part_that_is_left_out() {
    let call = "f = function(g, v)\n  return g(v)\nend function\nup = function(s)\n  return s.upper\nend function\n";
    assert_eq!(card(&format!("{call}x$0 = f(@up, \"q\")\ny = f(@abs, 1)\n")), "(global) x\nlikely: number or unknown");
    assert_eq!(
        card(
            "Stack = {\"items\": []}\nStack.pe$0ek = function\n  if not self.items then return null\n  return self.items[-1]\nend function\n"
        ),
        "Stack.peek = function()\nlikely: Stack.peek() -> null or unknown"
    );
    assert_eq!(
        card("list.la$0st = function\n  if self.len == 0 then return null\n  return self[-1]\nend function\n"),
        "list.last = function()\nlikely: list.last() -> null or unknown"
    );
    assert_eq!(
        card("A = {\"n\": 1}\npick = function(a)\n  if a then return A\n  return a\nend function\nx$0 = pick(0)\n"),
        "(global) x\nlikely: map A with n or number"
    );
    // What a parameter or member may be besides is no more than that nobody knows all who use it.
    assert_eq!(card("f = function(n)\n  print n$0\nend function\nf 2\n"), "(parameter) n\nlikely: number");
    assert_eq!(
        card("x = 0\nadd = function(n)\n  globals.x += n\nend function\nprint x$0\n"),
        "(global) x\nlikely: number"
    );
}

#[test]
fn what_a_method_puts_behind_what_its_parent_makes_is_its_class() {
    let code = "A = {\"n\": 1}\nA.make = function\n  a = new A\n  a.size = 2\n  return a\nend function\nB = new A\nB.rate = 3\nB.make = function\n  r = super.make\n  r.__isa = B\n  return r\nend function\na = A.make\nb = B.make\n";
    let line = |line: &str| card(&format!("{code}{line}\n"));
    assert!(line("print b$0").starts_with("(global) b\n"), "{}", line("print b$0"));
    assert!(line("print b$0").contains("map B with size"), "{}", line("print b$0"));
    assert!(line("print B.ma$0ke").ends_with("likely: B.make() -> map B"), "{}", line("print B.ma$0ke"));
    assert_eq!(card(&code.replace("return r", "return r$0")), "(local) r\nlikely: map B with size, rate, make, n");
    assert_eq!(line("print a$0"), "(global) a\nlikely: map A with size, n, make");
    assert_eq!(card(&code.replace("r.__isa", "r.__is$0a")), "(member) a.__isa\nlikely: map B");
    let list = "l$0 = [a, b, a, A.make, new A]\n";
    assert_eq!(line(list), "(global) l\ntype: list; likely list of map A or map B");
    assert_eq!(line("print b.ra$0te"), "(member) B.rate\nlikely: number");
}
