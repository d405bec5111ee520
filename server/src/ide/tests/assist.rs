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
        speak Method (times=1)
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
    "#]],
    );
    check(
        "l = [1, 2]\nprint l.p$0\n",
        &expect![[r#"
        pop Method ()
        pull Method ()
        push Method (value)
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
            counter Function (c1)
            ceil Function (x=0)
            char Function (codePoint=65)
            code Function (self)
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
        documentation(&it.db, &it.document, &it.live(), &item.data).expect("there is something to tell")
    };
    assert_eq!(
        tell("double"),
        (
            "double = function(n, by=2)".to_owned(),
            vec!["Doubles a number.".to_owned(), "likely: `double(n, by: number = 2) -> number`".to_owned()]
        )
    );
    let it = Fixture::new("x = spli$0\n");
    let found = completions(&it.db, &it.document, &it.live(), it.offset, false);
    let (title, paragraphs) = documentation(&it.db, &it.document, &it.live(), &found.items[0].data).expect("a card");
    assert_eq!(title, "(intrinsic) split(self, delimiter=\" \", maxCount=-1)");
    assert_eq!(paragraphs.len(), 2);
}

#[test]
fn a_function_in_a_map_literal_goes_by_its_key() {
    let it = Fixture::new("rex = {\"walk\": function(n)\n  return n\nend function}\nrex.wal$0\n");
    let found = completions(&it.db, &it.document, &it.live(), it.offset, false);
    let told = documentation(&it.db, &it.document, &it.live(), &found.items[0].data).expect("a card");
    assert_eq!(told, ("walk = function(n)".to_owned(), Vec::new()));
}

/// The assignment at the cursor says nothing of what members there are; any other does.
#[test]
fn a_half_typed_member_is_not_offered_itself() {
    let first = |source: &str| labels(source).into_iter().take(2).collect::<Vec<_>>();
    let map = "m = {\"alpha\": 1}\n";
    assert_eq!(labels(&format!("{map}m[\"al$0\"] = 3\n")), ["alpha"]);
    assert_eq!(first(&format!("{map}m.al$0 = 3\n"))[0], "alpha");
    assert!(!labels(&format!("{map}m.al$0 = 3\n")).contains(&"al".to_owned()));
    assert!(!labels("f = function(p)\n  p.zeta = 1\n  p.zet$0 = 3\nend function\n").contains(&"zet".to_owned()));
    assert_eq!(first("m = {}\nm.al = 1\nm.alpha = 2\nm.al$0 = 3\n"), ["al", "alpha"]);
    assert_eq!(first("m = {}\nm.al = 3\nm.alpha = 2\nm.al$0 = 3\n"), ["al", "alpha"]);
    assert_eq!(first("m = {\"al\": 1, \"alpha\": 2}\nm.al$0 = 3\n"), ["al", "alpha"]);
    let lib = "//- main.ms\nimport \"lib\"\nlib.al$0 = 2\n//- lib.ms\nal = 1\nalpha = 2\n";
    assert_eq!(first(lib), ["al", "alpha"]);
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
        documentation(&it.db, &it.document, &it.live(), &found.items[0].data).expect("there is something to tell");
    assert_eq!(
        told,
        (
            "Dog.wag = function(times=3)".to_owned(),
            vec!["Wags the tail.".to_owned(), "likely: `Dog.wag(times: number = 3) -> number`".to_owned()]
        )
    );
    assert_eq!(&it.document.text[found.replace], "wa");
}

#[test]
fn members_have_the_comment_above_them_in_whichever_file() {
    let tell = |source: &str, label: &str| {
        let it = Fixture::new(source);
        let found = completions(&it.db, &it.document, &it.live(), it.offset, false);
        let item = found.items.iter().find(|item| item.label == label).expect("it is offered");
        documentation(&it.db, &it.document, &it.live(), &item.data)
    };
    let card = |title: &str, text: &str| Some((title.to_owned(), vec![text.to_owned()]));
    let hero = "// Not about a key.\nHero = {\"hp\": 1}\n// Coins.\nHero.gold = 0\n";
    assert_eq!(tell(&format!("{hero}Hero.g$0\n"), "gold"), card("gold", "Coins."));
    assert_eq!(tell(&format!("{hero}Hero.$0\n"), "hp"), None);
    assert_eq!(tell("m = {\n  // Across.\n  \"width\": 3,\n}\nm.$0\n", "width"), card("width", "Across."));
    let lib = "//- lib.ms\n// Two of it.\ntwice = function(n)\n  return n * 2\nend function\n// How many.\ncount = 3\n";
    let main = format!("//- main.ms\nimport \"lib\"\nlib.$0\n{lib}");
    assert_eq!(
        tell(&main, "twice"),
        Some((
            "twice = function(n)".to_owned(),
            vec!["Two of it.".to_owned(), "likely: `twice(n) -> number`".to_owned()]
        ))
    );
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
    check_signature(&format!("{f}x = f($0"), Some(("f(a, b: number = 2)", 0)));
    check_signature(&format!("{f}x = f(1, $0)\n"), Some(("f(a: number, b: number = 2) -> number", 1)));
    check_signature(
        &format!("{f}x = f([1, 2], {{3: 4}}, $0)\n"),
        Some(("f(a: list of number, b: number or map = 2) -> list of number", 2)),
    );
    check_signature(&format!("{f}x = (f(1, (2 + $0)))\n"), Some(("f(a: number, b: number = 2) -> number", 1)));
    check_signature(&format!("{f}f $0\n"), Some(("f(a, b: number = 2)", 0)));
    check_signature(&format!("{f}f 1, $0\n"), Some(("f(a: number, b: number = 2) -> number", 1)));
    check_signature(&format!("{f}f 1, abs(2$0)\n"), Some(("abs(x=0)", 0)));
    check_signature(&format!("{f}x = f$0(1)\n"), None);
    check_signature(&format!("{f}x = f(1) $0\n"), None);
    check_signature("print \"a,b\".split(\",\", $0)\n", Some(("split(delimiter=\" \", maxCount=-1)", 1)));
    check_signature("m = {}\nm.go = function(where)\nend function\nm.go $0\n", Some(("go(where)", 0)));
    check_signature("x = y($0)\n", None);
    check_signature("x = 1 // f($0\n", None);
    check_signature("x = len(1,\n  $0\n", Some(("len(self)", 1)));
    // A comma at the end of a line goes on in the next one.
    let second = Some(("f(a: number, b: number = 2) -> number", 1));
    for rest in [
        "f 1,\n  $0",
        "f 1,\n$0\n",
        "f 1, // one\n\n  $0\n",
        "x = function\n  f 1,\n    $0\nend function\n",
        "x = f(1,\n\n  $0)\n",
    ] {
        check_signature(&format!("{f}{rest}"), second);
    }
    check_signature(&format!("{f}f 1\n  $0"), None);
    check_signature(&format!("{f}f\n  $0"), None);
    check_signature(&format!("{f}m = {{\"walk\": @f}}\nm[\"walk\"] $0\n"), Some(("walk(a, b: number = 2)", 0)));
}

#[test]
fn signatures_have_what_the_comment_says_of_each_parameter() {
    let about = |comment: &str| {
        let it = Fixture::new(&format!("{comment}f = function(a, b_c=2, d)\n  return a\nend function\nx = f(1, $0)\n"));
        let found = signatures(&it.db, &it.document, &it.live(), it.offset).expect("a call");
        let signature = found.signatures[0].clone();
        let about: Vec<_> = signature.about.into_iter().map(Option::unwrap_or_default).collect();
        (about.join("|"), signature.documentation.join("|"))
    };
    let is = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(about("// Adds.\n// a: the first\n//   b_c : the rest\n"), is("the first|the rest", "Adds."));
    assert_eq!(
        about("// Adds.\n//\n// - a: the first\n// * `d`: last\n// Done.\n"),
        is("the first||last", "Adds.\n\nDone.")
    );
    assert_eq!(about("// @param a the first\n// @param b_c - more\n"), is("the first|more", ""));
    // Nothing is said of parameters there.
    assert_eq!(about("// a the first\n// e: other\n// ab: c\n"), is("", "a the first\ne: other\nab: c"));
    assert_eq!(about(""), is("", ""));
}

#[test]
fn a_function_as_a_value_is_a_snippet() {
    let offers = |source: &str| {
        let it = Fixture::new(source);
        let found = completions(&it.db, &it.document, &it.live(), it.offset, true).items;
        found.into_iter().find(|it| it.label.starts_with("function …")).and_then(|it| it.insert)
    };
    let value = Some("function($1)\n\t$0\nend function".to_owned());
    for source in ["x = func$0", "m.go = $0\n", "m = {\"go\": fun$0}\n", "f = function\n  return $0\nend function\n"] {
        assert_eq!(offers(source), value, "{source}");
    }
    assert_eq!(offers("x = 1 + func$0\n"), None);
    assert!(offers("func$0\n").is_some_and(|it| it.starts_with("${1:name} = ")));
}

#[test]
fn loops_are_left_only_inside_of_them() {
    let offers = |source: &str| labels(source).iter().any(|it| it == "break");
    for source in [
        "while x\n  $0\nend while\n",
        "for i in x\n  if i then $0\nend for\n",
        "for i in x\n  b$0",
        "while x\n  if y then\n    $0",
    ] {
        assert!(offers(source), "{source}");
    }
    for source in [
        "$0\n",
        "while x\nend while\n$0",
        "while x\n  f = function\n    $0\n  end function\nend while\n",
        "f = function\n  b$0\nend function\n",
        "while x\nend while;$0",
    ] {
        assert!(!offers(source), "{source}");
    }
}

/// The first labels of a completion, nothing of it being a snippet.
fn first(source: &str, count: usize) -> String {
    labels(source).into_iter().take(count).collect::<Vec<_>>().join(" ")
}

#[test]
fn what_begins_as_it_is_typed_comes_first() {
    let start = "pressure = 1\nshots = []\nupper_left = 2\n";
    for (line, expected) in [
        ("pr$0", "pressure print"),
        ("print sh$0", "shots shellArgs shuffle"),
        ("print le$0", "len upper_left lower"),
        ("f = function\n  ret$0\nend function", "return reset"),
        ("if 1 then\n  print 1\nel$0\nend if", "else"),
        ("f = function\n  x = 1\nen$0", "end function end env"),
        ("print hI$0", "hasIndex"),
    ] {
        let count = expected.split(' ').count();
        assert_eq!(first(&format!("{start}{line}\n"), count), expected, "{line}");
    }
    assert!(
        !labels(&format!("{start}print sh$0\n")).contains(&"hash".to_owned()),
        "its `sh` begins no word of the name"
    );
}

#[test]
fn behind_a_value_only_operators_go_on() {
    for (line, expected) in [
        ("if x $0", "and isa or then"),
        ("y = x $0", "and isa or"),
        ("while x.len $0", "and isa or"),
        ("print(x $0", "and isa or"),
        ("print x $0", "and isa or"),
        ("if x then y = x $0", "and else isa or"),
    ] {
        assert_eq!(first(&format!("x = [1]\n{line}\n"), 10), expected, "{line}");
    }
    // Here an argument may follow, which is being written in the second.
    assert!(first("go = 1\nprint $0\n", 1).contains("go"));
    assert_eq!(first("gone = 1\nprint go$0\n", 1), "gone");
}

#[test]
fn maps_come_first_where_one_is_made_of_them() {
    assert_eq!(first("count = 1\nFoo = {}\nx = new $0\n", 1), "Foo");
    assert_eq!(first("count = 1\nZoo = {}\nx = new $0\n", 1), "Zoo");
    assert_eq!(first("count = 1\nFoo = {}\nx = 1\nprint x isa $0\n", 3), "Foo error funcRef");
}

#[test]
fn conditions_tell_what_a_value_is() {
    let start = "Foo = {\"a\": 1}\nBar = {\"b\": 2}\nf = function(x, o)\n";
    for (body, expected) in [
        ("  if x isa Foo then\n    x.$0\n  end if", "a"),
        ("  if x isa Foo then x.$0", "a"),
        ("  if x isa Bar and x.$0", "b"),
        ("  if o and (x isa Bar and x.b) then\n    x.$0\n  end if", "b"),
        ("  if x isa Foo then\n    print 1\n  else if x isa Bar then\n    x.$0\n  end if", "b"),
        ("  if not x isa Foo then return\n  x.$0", "a"),
        ("  if x.of isa Bar then\n    x.of.$0\n  end if", "b"),
        ("  while x isa Bar\n    x.$0\n  end while", "b"),
        ("  if x isa Foo then print 1\n  if x isa error then\n    x.$0\n  end if", "err"),
        ("  if x isa string then\n    x.$0\n  end if", "code"),
        ("  for e in [new Foo, new Bar]\n    if e isa Bar then e.$0\n  end for", "b"),
    ] {
        assert_eq!(first(&format!("{start}{body}\nend function\n"), 1), expected, "{body}");
    }
    // In the other branch nothing is known.
    let other = "  if x isa Foo then\n    print 1\n  else\n    x.$0\n  end if\nend function\n";
    assert_eq!(first(&format!("{start}{other}"), 2), "a b");
}

#[test]
fn what_a_program_gives_to_a_type_all_its_values_have() {
    let start = "list.second = function(k=1)\n  return self[k]\nend function\nstring.shout = function\n  return self.upper\nend function\nmap.get = function(key)\n  return self[key]\nend function\n";
    for (line, expected) in [
        ("[1].$0", "second"),
        ("x = \"a b\".split\nx.$0", "second"),
        ("\"a\".$0", "shout"),
        ("m = {\"z\": 1}\nm.$0", "z get"),
        ("list.third = function\n  self.s$0\nend function", "second shuffle"),
    ] {
        assert_eq!(first(&format!("{start}{line}\n"), expected.split(' ').count()), expected, "{line}");
    }
    let module =
        "//- main.ms\nimport \"more\"\n[1].$0\n//- more.ms\nlist.second = function\n  return self[1]\nend function\n";
    assert_eq!(first(module, 1), "second");
}

#[test]
fn errors_have_their_fields() {
    check(
        "e = err(\"no\")\nprint e.$0\n",
        &expect![[r#"
        err Method (msg, inner)
        inner Field
        message Field string
        stack Field list of string
    "#]],
    );
}

#[test]
fn what_a_method_makes_of_self_is_of_the_map_it_was_called_on() {
    let start = "Entity = {\"x\": 0}\nEntity.make = function(x)\n  e = new self\n  e.born = x\n  return e\nend function\nShip = new Entity\nShip.hp = 3\nShip.build = function\n  s = super.make(1)\n  return s\nend function\nRock = new Entity\nRock.size = 1\n";
    for (line, expected) in [
        ("Ship.make(1).$0", "born build hp"),
        ("r = Rock.make(2)\nr.$0", "born size"),
        ("all = []\nall.push Rock.make(1)\nfor it in all\n  it.$0\nend for", "born size"),
        ("Entity.make(1).$0", "born make x"),
        ("Ship.build.$0", "born build hp"),
    ] {
        assert_eq!(first(&format!("{start}{line}\n"), expected.split(' ').count()), expected, "{line}");
    }
}

#[test]
fn keys_are_completed_where_a_method_asks_for_one() {
    let start = "m = {\"alpha\": 1, \"beta\": 2}\nrows = [{\"name\": 1}]\n";
    for (line, expected) in [
        ("print m.hasIndex(\"$0\")", "alpha beta"),
        ("m.remove \"b$0\"", "beta"),
        ("rows.sort \"$0\"", "name"),
        ("print m.len(\"$0\")", ""),
    ] {
        assert_eq!(first(&format!("{start}{line}\n"), 9), expected, "{line}");
    }
}

#[test]
fn a_module_is_offered_what_the_programs_give_that_import_it() {
    let given = "//- main.ms\nimport \"lib\"\nheroScore = 3\nheroGreets = function(name)\nend function\nhero = {\"hp\": 10}\n//- other.ms\nheroElse = 1\n";
    let offered = |line: &str| labels(&format!("//- lib.ms\nheroOwn = 1\n{line}\n{given}"));
    // What other files have comes last, with its `import`.
    assert_eq!(offered("print hero$0"), ["hero", "heroGreets", "heroOwn", "heroScore", "heroElse"]);
    assert!(offered("print hero.$0").contains(&"hp".to_owned()));
    let it = Fixture::new(&format!("//- lib.ms\nheroGreets $0\n{given}"));
    let signatures = signatures(&it.db, &it.document, &it.live(), it.offset).expect("a call");
    assert_eq!(signatures.signatures[0].label, "heroGreets(name)");
}
