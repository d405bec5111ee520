//! Completion and signatures.

use super::Fixture;
use crate::ide::completion::{ItemKind, completions, documentation};
use crate::ide::signatures;
use expect_test::{Expect, expect};

/// The first labels that are no keywords, with kind and detail.
#[track_caller]
fn check(source: &str, expected: &Expect) {
    let it = Fixture::new(source);
    let found = completions(&it.db, &it.document, &it.live(), it.offset, false);
    let mut out = String::new();
    for item in found.items.iter().take(8) {
        out += &format!("{} {:?} {}", item.label, item.kind, item.detail.clone().unwrap_or_default());
        out.truncate(out.trim_end().len());
        out += "\n";
    }
    expected.assert_eq(&out);
}

fn labels(source: &str) -> Vec<String> {
    let it = Fixture::new(source);
    let found = completions(&it.db, &it.document, &it.live(), it.offset, false);
    found.items.into_iter().map(|item| item.label).collect()
}

const ANIMALS: &str = "Animal = {\"legs\": 4}\nAnimal.speak = function(times=1)\n  return self.sound * times\nend function\nDog = new Animal\nDog.init = function\n  self.sound = \"woof\"\nend function\nrex = new Dog\n";

#[test]
fn elements_are_what_is_added_to_their_list() {
    let start = "Entity = {\"hp\": 1}\nEntity.init = function\n  return self\nend function\nPlayer = new Entity\nPlayer.score = 0\nWorld = {\"all\": []}\nWorld.add = function(e)\n  self.all.push e\nend function\nWorld.add (new Player).init\ngrid = []\nfor y in range(1)\n  row = []\n  row.push new Entity\n  grid.push row\nend for\nslots = [null]\nslots[0] = new Player\nparts = []\ninsert parts, 0, \"a\"\nbyName = {}\nbyName[\"a\" + 1] = new Player\nages = {\"ann\": 3}\n";
    let first = |line: &str| {
        let it = Fixture::new(&format!("{start}{line}\n"));
        let found = completions(&it.db, &it.document, &it.live(), it.offset, false);
        found.items.first().map(|item| item.label.clone()).unwrap_or_default()
    };
    for (line, expected) in [
        ("World.all[0].$0", "score"),
        ("for e in World.all\n  e.$0\nend for", "score"),
        ("(new Player).init.$0", "score"),
        ("grid[0][0].$0", "hp"),
        ("for row in grid\n  for it in row\n    it.$0\n  end for\nend for", "hp"),
        ("slots[0].$0", "score"),
        ("parts[0].$0", "code"),
        ("byName[\"a1\" + \"\"].$0", "score"),
        ("byName[\"x\"].$0", "score"),
        (
            "Room = {\"items\": null}\nRoom.make = function\n  r = new Room\n  r.items = [{\"lit\": 1}]\n  return r\nend function\nRoom.show = function\n  for it in self.items\n    it.$0\n  end for\nend function\nRoom.make.show",
            "lit",
        ),
        ("for kv in ages\n  kv.$0\nend for", "key"),
        ("for kv in ages\n  kv.key.$0\nend for", "code"),
        ("for kv in byName\n  kv.value.$0\nend for", "score"),
    ] {
        assert_eq!(first(line), expected, "{line}");
    }
}

#[test]
fn members_are_completed_with_blanks_around_the_dot() {
    let labels = |source: &str| {
        let it = Fixture::new(source);
        let found = completions(&it.db, &it.document, &it.live(), it.offset, false);
        found.items.into_iter().map(|item| item.label).take(2).collect::<Vec<_>>()
    };
    let start = "first = 1\nh = {\"size\": 1, \"colour\": 2}\n";
    for line in ["h . $0", "h. $0", "h .$0", "print h . $0\nprint 1", "x = 1 + h . co$0", "h . $0  // what"] {
        assert!(
            labels(&format!("{start}{line}\n")).contains(&"colour".to_owned()),
            "{line}: {:?}",
            labels(&format!("{start}{line}\n"))
        );
        let inside = format!("{start}f = function(x)\n  {line}\nend function\n");
        assert!(labels(&inside).contains(&"colour".to_owned()), "{inside}: {:?}", labels(&inside));
    }
}

#[test]
fn members_come_from_literals_new_and_self() {
    check(
        &format!("{ANIMALS}rex.$0\n"),
        &expect![[r#"
        init Method ()
        sound Field string
        legs Field number
        speak Method (times=1)
        hasIndex Method (index)
        indexes Method ()
        indexOf Method (value, after)
        len Method ()
    "#]],
    );
    check(
        &format!("{ANIMALS}print rex.s$0\n"),
        &expect![[r#"
        sound Field string
        legs Field number
        speak Method (times=1)
        hasIndex Method (index)
        indexes Method ()
        push Method (value)
        shuffle Method ()
        sum Method ()
    "#]],
    );
    check(
        &format!("{ANIMALS}Dog.wag = function\n  self.$0\nend function\n"),
        &expect![[r#"
        init Method ()
        sound Field string
        wag Method ()
        legs Field number
        speak Method (times=1)
        hasIndex Method (index)
        indexes Method ()
        indexOf Method (value, after)
    "#]],
    );
    check(
        &format!("{ANIMALS}x = rex[\"$0\nprint 1\n"),
        &expect![[r#"
        init Method ()
        sound Field string
        legs Field number
        speak Method (times=1)
    "#]],
    );
    check(
        &format!("{ANIMALS}x = rex[\"le$0\"]\n"),
        &expect![[r#"
        legs Field number
    "#]],
    );
}

#[test]
fn values_have_the_methods_of_their_type() {
    check(
        "s = \"a\"\ns.u$0\n",
        &expect![[r#"
        upper Method ()
        values Method ()
    "#]],
    );
    check(
        "l = [1, 2]\nprint l.p$0\n",
        &expect![[r#"
        pop Method ()
        pull Method ()
        push Method (value)
        replace Method (oldval, newval, maxCount)
    "#]],
    );
    check(
        "print \"a b\".split[0].up$0\n",
        &expect![[r#"
        upper Method ()
    "#]],
    );
    check(
        "f = file.open(\"x\")\nf.re$0\n",
        &expect![[r#"
        read Method (byteCount=-1)
        readLine Method ()
        write Method (data="")
        writeLine Method (data="")
        remove Method (index)
        replace Method (oldval, newval, maxCount)
    "#]],
    );
}

#[test]
fn names_are_ranked_by_nearness() {
    check(
        "count = 1\ncounter = function(c1)\n  c2 = 2\n  g = function(c3)\n    c$0\n  end function\nend function\n",
        &expect![[r#"
            c3 Parameter
            c1 Variable
            c2 Variable
            count Variable
            counter Function
            acos Function (x=0)
            ceil Function (x=0)
            char Function (codePoint=65)
        "#]],
    );
}

#[test]
fn half_typed_code_completes() {
    assert!(labels("foo = {\"bar\": 1}\nfoo.$0").contains(&"bar".to_owned()));
    assert!(labels("foo = [1]\ni = 0\nx = foo[$0").contains(&"i".to_owned()));
    assert!(labels("f = function(abc)\n  if a$0").contains(&"abc".to_owned()));
    assert!(labels("$0").contains(&"print".to_owned()));
    assert!(labels("foo = {\"bar\": {\"baz\": 1}}\nwhile foo.bar.$0\nend while\n").contains(&"baz".to_owned()));
}

#[test]
fn the_fitting_end_comes_first() {
    let first = |source: &str| labels(source)[0].clone();
    assert_eq!(first("while 1\n  x = 1\nend $0\n"), "while");
    assert_eq!(
        first("f = function\n  if 1 then\n    y = 2\n  else if 2 then\n    z = 3\n  end if\nend $0\n"),
        "function"
    );
    assert_eq!(first("for i in x\n  if 1 then print 2\nend $0\n"), "for");
    assert_eq!(labels("if 1 then\nend $0\n"), ["if", "for", "function", "while"]);
}

#[test]
fn modules_are_completed_by_their_files_and_members() {
    let files = "//- main.ms\nimport \"$0\"\n//- lib.ms\nx = 1\n//- other.ms\ny = 1\n";
    assert_eq!(labels(files), ["lib", "other"]);
    let files = "//- main.ms\nimport \"lib\"\nlib.$0\n//- lib.ms\ntwice = function(n)\n  return n * 2\nend function\nlimit = 7\n";
    check(
        files,
        &expect![[r#"
        limit Field number
        twice Method (n)
        hasIndex Method (index)
        indexes Method ()
        indexOf Method (value, after)
        len Method ()
        pop Method ()
        pull Method ()
    "#]],
    );
}

#[test]
fn nothing_is_offered_where_no_name_belongs() {
    for source in
        ["// he$0", "x = 12$0\n", "x = \"he$0\"\n", "for i$0 in x\nend for\n", "f = function(a$0)\nend function\n"]
    {
        assert_eq!(labels(source), [""; 0], "{source}");
    }
}

#[test]
fn what_an_item_is_comes_when_asked_for() {
    let it = Fixture::new(
        "// Doubles a number.\ndouble = function(n, by=2)\n  return n * by\nend function\nx = dou$0\ns = spl\n",
    );
    let found = completions(&it.db, &it.document, &it.live(), it.offset, false);
    let tell = |label: &str| {
        let item = found.items.iter().find(|item| item.label == label).expect("it is offered");
        documentation(&it.db, &it.document, &it.places, &item.data).expect("there is something to tell")
    };
    assert_eq!(tell("double"), ("double = function(n, by=2)".to_owned(), vec!["Doubles a number.".to_owned()]));
    let it = Fixture::new("x = spli$0\n");
    let found = completions(&it.db, &it.document, &it.live(), it.offset, false);
    let (title, paragraphs) = documentation(&it.db, &it.document, &it.places, &found.items[0].data).expect("a card");
    assert_eq!(title, "(intrinsic) split(self, delimiter=\" \", maxCount=-1)");
    assert_eq!(paragraphs.len(), 2);
}

#[test]
fn a_half_typed_member_has_its_documentation() {
    let it = Fixture::new(&format!(
        "{ANIMALS}// Wags the tail.\nDog.wag = function(times=3)\n  return times\nend function\nDog.wait = 1\nrex.wa$0\n"
    ));
    let found = completions(&it.db, &it.document, &it.live(), it.offset, false);
    let labels: Vec<_> = found.items.iter().map(|item| &*item.label).collect();
    assert_eq!(labels[..2], ["wag", "wait"], "{labels:?}");
    let told =
        documentation(&it.db, &it.document, &it.places, &found.items[0].data).expect("there is something to tell");
    assert_eq!(told, ("Dog.wag = function(times=3)".to_owned(), vec!["Wags the tail.".to_owned()]));
    assert_eq!(&it.document.text[found.replace], "wa");
}

#[test]
fn members_have_the_comment_above_them_in_whichever_file() {
    let tell = |source: &str, label: &str| {
        let it = Fixture::new(source);
        let found = completions(&it.db, &it.document, &it.live(), it.offset, false);
        let item = found.items.iter().find(|item| item.label == label).expect("it is offered");
        documentation(&it.db, &it.document, &it.places, &item.data)
    };
    let card = |title: &str, text: &str| Some((title.to_owned(), vec![text.to_owned()]));
    let hero = "// Not about a key.\nHero = {\"hp\": 1}\n// Coins.\nHero.gold = 0\n";
    assert_eq!(tell(&format!("{hero}Hero.g$0\n"), "gold"), card("gold", "Coins."));
    assert_eq!(tell(&format!("{hero}Hero.$0\n"), "hp"), None);
    assert_eq!(tell("m = {\n  // Across.\n  \"width\": 3,\n}\nm.$0\n", "width"), card("width", "Across."));
    let lib = "//- lib.ms\n// Two of it.\ntwice = function(n)\n  return n * 2\nend function\n// How many.\ncount = 3\n";
    let main = format!("//- main.ms\nimport \"lib\"\nlib.$0\n{lib}");
    assert_eq!(tell(&main, "twice"), card("twice = function(n)", "Two of it."));
    assert_eq!(tell(&main, "count"), card("count", "How many."));
}

#[test]
fn words_are_offered_where_they_can_stand() {
    let words = |source: &str| -> Vec<String> {
        let it = Fixture::new(source);
        let found = completions(&it.db, &it.document, &it.live(), it.offset, false).items;
        found.into_iter().filter(|it| it.kind == ItemKind::Keyword).map(|it| it.label).collect()
    };
    let has = |source: &str, word: &str| words(source).iter().any(|it| it == word);
    for (source, word) in [("$0\n", "while"), ("x = $0\n", "not"), ("x = 1 $0\n", "and"), ("if x $0\n", "then")] {
        assert!(has(source, word), "{source:?}: {word}");
    }
    for (source, word) in [("$0\n", "and"), ("x = $0\n", "while"), ("x = $0\n", "and"), ("x = 1 + $0\n", "end")] {
        assert!(!has(source, word), "{source:?}: {word}");
    }
    assert_eq!(labels("for i $0\n"), ["in"]);
    for nothing in ["for $0\n", "x = 1e$0\n", "x = \"\"\"$0\n", "x = \"a$0"] {
        assert!(labels(nothing).is_empty(), "{nothing:?}");
    }
}

#[test]
fn blocks_are_offered_to_clients_that_can_fill_them_in() {
    let it = Fixture::new("whi$0\n");
    let found = completions(&it.db, &it.document, &it.live(), it.offset, true);
    let block = found.items.iter().find(|item| item.insert.is_some()).expect("a block");
    assert_eq!(block.insert.as_deref(), Some("while ${1:condition}\n\t$0\nend while"));
    let it = Fixture::new("x = whi$0\n");
    let found = completions(&it.db, &it.document, &it.live(), it.offset, true);
    assert!(found.items.iter().all(|item| item.insert.is_none()), "a block is no expression");
}

#[test]
fn sums_of_maps_have_the_members_of_both() {
    let start = "a = {\"left\": 1, \"same\": 1}\nb = {\"right\": 2, \"same\": {\"deep\": 3}}\nn = 1\n";
    let offered = |line: &str| {
        let mut all = labels(&format!("{start}{line}\n"));
        all.retain(|it| ["left", "right", "same", "deep"].contains(&it.as_str()));
        all
    };
    assert_eq!(offered("c = a + b\nc.$0"), ["left", "right", "same"]);
    assert_eq!(offered("(b + a).$0"), ["left", "right", "same"]);
    assert_eq!(offered("(a + b).same.$0"), ["deep"]);
    // Nothing else is added to a map.
    assert_eq!(offered("c = a + n\nc.$0"), ["left", "same"]);
    assert_eq!(offered("c = n + a\nc.$0"), [""; 0]);
}

#[track_caller]
fn check_signature(source: &str, expected: Option<(&str, u32)>) {
    let it = Fixture::new(source);
    let found = signatures(&it.db, &it.document, &it.live(), it.offset);
    let found = found.as_ref().map(|it| (it.signatures[0].label.as_str(), it.active));
    assert_eq!(found, expected, "{source}");
}

#[test]
fn signatures_with_and_without_parentheses() {
    let f = "f = function(a, b=2)\n  return a\nend function\n";
    check_signature(&format!("{f}x = f($0"), Some(("f(a, b=2)", 0)));
    check_signature(&format!("{f}x = f(1, $0)\n"), Some(("f(a, b=2)", 1)));
    check_signature(&format!("{f}x = f([1, 2], {{3: 4}}, $0)\n"), Some(("f(a, b=2)", 2)));
    check_signature(&format!("{f}x = (f(1, (2 + $0)))\n"), Some(("f(a, b=2)", 1)));
    check_signature(&format!("{f}f $0\n"), Some(("f(a, b=2)", 0)));
    check_signature(&format!("{f}f 1, $0\n"), Some(("f(a, b=2)", 1)));
    check_signature(&format!("{f}f 1, abs(2$0)\n"), Some(("abs(x=0)", 0)));
    check_signature(&format!("{f}x = f$0(1)\n"), None);
    check_signature(&format!("{f}x = f(1) $0\n"), None);
    check_signature("print \"a,b\".split(\",\", $0)\n", Some(("split(delimiter=\" \", maxCount=-1)", 1)));
    check_signature("m = {}\nm.go = function(where)\nend function\nm.go $0\n", Some(("go(where)", 0)));
    check_signature("x = y($0)\n", None);
    check_signature("x = 1 // f($0\n", None);
    check_signature("x = len(1,\n  $0\n", Some(("len(self)", 1)));
}
