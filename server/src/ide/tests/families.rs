//! Members that are one thing for a program, whoever has them; and names that go through imports.

use super::Fixture;
use super::names::{check_definition, check_references, check_rename};
use crate::ide::completion::completions;
use crate::ide::infer::COUNTED;
use crate::ide::{TypeItem, highlights, incoming_calls, rename, subtypes, supertypes, type_definition, type_items};
use expect_test::expect;

const INSTANCES: &str = "A = {}\nA.add = function(x)\n  self.items.push x\nend function\np = new A\np.items = []\nq = new A\nq.items = []\np.add 1\nq.add 2\nprint p.items + q.items\n";

/// The program with the cursor behind one of the places at which a text stands in it.
pub fn at(source: &str, text: &str, number: usize) -> String {
    let (place, _) = source.match_indices(text).nth(number).expect("it stands there");
    format!("{}$0{}", &source[..place + text.len()], &source[place + text.len()..])
}

#[test]
fn what_a_method_reads_is_renamed_in_all_instances() {
    let all = expect![[r#"
        A = {}
        A.add = function(x)
          self.things.push x
        end function
        p = new A
        p.things = []
        q = new A
        q.things = []
        p.add 1
        q.add 2
        print p.things + q.things
    "#]];
    for number in 0..5 {
        check_rename(&at(INSTANCES, "items", number), "things", &all);
    }
}

#[test]
fn all_of_a_family_are_references_of_each() {
    let all = expect![[r#"
        |   self.items.push x
        |        ^^^^^
        | p.items = []
        |   ^^^^^
        | q.items = []
        |   ^^^^^
        | print p.items + q.items
        |         ^^^^^
        |                   ^^^^^
    "#]];
    for number in 0..5 {
        check_references(&at(INSTANCES, "items", number), &all);
    }
}

#[test]
fn records_of_a_list_are_renamed_together() {
    const RECORDS: &str = "ps = [{\"name\": \"a\", \"age\": 1}, {\"name\": \"b\", \"age\": 2}]\nfor p in ps\n  print p.name + p[\"age\"]\nend for\nother = {\"name\": 1}\n";
    let all = expect![[r#"
        ps = [{"title": "a", "age": 1}, {"title": "b", "age": 2}]
        for p in ps
          print p.title + p["age"]
        end for
        other = {"name": 1}
    "#]];
    (0..3).for_each(|number| check_rename(&at(RECORDS, "name", number), "title", &all));
}

#[test]
fn methods_that_one_call_may_mean_are_renamed_together() {
    const UNION: &str = "A = {}\nA.go = function\nend function\nB = {}\nB.go = function\nend function\nC = {}\nC.go = 1\nfor o in [A, B]\n  o.go\nend for\nprint C.go\n";
    let all = expect![[r#"
        A = {}
        A.run = function
        end function
        B = {}
        B.run = function
        end function
        C = {}
        C.go = 1
        for o in [A, B]
          o.run
        end for
        print C.go
    "#]];
    for number in [0, 1, 3] {
        check_rename(&at(UNION, ".go", number), "run", &all);
    }
}

#[test]
fn a_global_that_a_module_reads_is_renamed_there_as_well() {
    const FILES: &str = "//- main.ms\nimport \"lib\"\nscore = 3\nlib.show\nprint score\n//- lib.ms\nshow = function\n  print score\n  print globals.score\nend function\n";
    let all = expect![[r#"
        //- lib.ms
        show = function
          print points
          print globals.points
        end function
        //- main.ms
        import "lib"
        points = 3
        lib.show
        print points
    "#]];
    check_rename(&at(FILES, "score", 0), "points", &all);
    let from_lib = FILES.replace("//- main.ms\n", "").replace("//- lib.ms\n", "");
    let (main, lib) = from_lib.split_at(from_lib.find("show = ").expect("it stands there"));
    let turned = format!("//- lib.ms\n{}//- main.ms\n{main}", at(lib, "score", 0));
    check_definition(
        &turned,
        &expect![[r#"
            //- main.ms
            | score = 3
            | ^^^^^
        "#]],
    );
    check_rename(&turned, "points", &all);
    check_rename(
        &format!("{}//- other.ms\nimport \"lib\"\nscore = 5\n", at(FILES, "score", 0)),
        "points",
        &expect![[r#"
            //- lib.ms
            show = function
              print points
              print globals.points
            end function
            //- main.ms
            import "lib"
            points = 3
            lib.show
            print points
            //- other.ms
            import "lib"
            points = 5
        "#]],
    );
}

#[test]
fn names_that_would_hide_built_in_functions_are_refused() {
    let refused = |source: &str, new: &str, reason: &str| {
        let it = Fixture::new(source);
        let answer = rename(&it.db, &it.document, &it.live(), it.offset, new);
        assert_eq!(answer.expect_err("it must be refused"), reason, "{source}");
    };
    refused(
        "//- main.ms\nimport \"lib\"\nn$0 = 3\nprint n\nlib.f\n//- lib.ms\nf = function\n  print len(\"abc\")\nend function\n",
        "len",
        "`len` on line 2 of lib.ms would then mean something else",
    );
    refused("P = {\"x$0\": 1, \"y\": 2}\nprint P.x + P.len\n", "len", "`len` on line 2 would then mean something else");
    refused(
        "A = {\"x\": 1}\nB = new A\nB.y = 2\nprint A.x$0 + B.y\n",
        "y",
        "`y` on line 3 would then mean something else",
    );
}

#[test]
fn super_calls_what_is_overridden() {
    let source = "A = {}\nA.die = function\nend function\nB = new A\nB.die = function\n  super.die\nend function\nb = new B\nb.die\n";
    let names = |number| {
        let it = Fixture::new(&at(source, "die", number));
        let calls = incoming_calls(&it.db, &it.document, &it.places, it.offset);
        calls.into_iter().map(|call| (call.item.name, call.ranges.len())).collect::<Vec<_>>()
    };
    assert_eq!(names(1), [("main.ms".to_owned(), 1)], "B.die");
    assert_eq!(names(0), [("B.die".to_owned(), 1)], "A.die");
}

#[test]
fn types_are_defined_where_they_have_their_names() {
    let it = Fixture::new("Animal = {}\nrex = new Animal\nprint rex$0\n");
    let found = type_definition(&it.db, &it.document, &it.places, it.offset);
    let drawn = it.draw(found.iter().map(|at| (at.range, String::new())));
    expect![[r#"
        | Animal = {}
        | ^^^^^^
    "#]]
    .assert_eq(&drawn);
    let source = "Animal = {}\nDog = new Animal\nDog.speak = function\n  print super\n  return self\nend function\n";
    check_definition(
        &at(source, "self", 0),
        &expect![[r#"
            | Dog = new Animal
            | ^^^
        "#]],
    );
    check_definition(
        &at(source, "super", 0),
        &expect![[r#"
            | Animal = {}
            | ^^^^^^
        "#]],
    );
}

#[test]
fn self_has_what_its_makers_give_it() {
    let source = "Ship = {\"x\": 0}\nShip.make = function\n  s = new Ship\n  s.shots = []\n  return s\nend function\nShip.fire = function\n  self.$0\nend function\n";
    let it = Fixture::new(source);
    let found = completions(&it.db, &it.document, &it.live(), it.offset, false);
    let names: Vec<_> = found.items.iter().take(4).map(|item| &*item.label).collect();
    assert_eq!(names, ["fire", "make", "x", "shots"]);
}

#[test]
fn a_member_with_thousands_of_uses_is_found_in_one_go() {
    // Each statement gives the member a value and reads it; who looked through all of them for each took minutes.
    let plain: String = (0..4000).map(|it| format!("p.x = p.x + {it}\n")).collect();
    let made: String = (0..2000).map(|it| format!("r = f(r, {it})\nprint r.x\n")).collect();
    let heirs: String = (0..1000).map(|it| format!("q{it} = new P\nq{it}.x = {it}\nprint q{it}.x\n")).collect();
    let tested: String = "  if p isa A then print p.x\n".repeat(500);
    for (source, count) in [
        (format!("p = {{\"x$0\": 1}}\n{plain}"), 8001),
        (
            format!(
                "f = function(a, b)\n  return {{\"x$0\": b, \"before\": a}}\nend function\nr = {{\"x\": 1}}\n{made}"
            ),
            2002,
        ),
        (format!("P = {{\"x$0\": 1}}\n{heirs}"), 2001),
        (format!("A = {{\"x$0\": 1}}\nf = function(p)\n{tested}end function\n"), 501),
    ] {
        let test = Fixture::new(&source);
        assert_eq!(highlights(&test.db, &test.document, &test.places, test.offset).len(), count);
        let edits = rename(&test.db, &test.document, &test.live(), test.offset, "zz").expect("it may be renamed");
        assert_eq!(edits.edits.len(), count);
    }
}

#[test]
fn types_stand_above_and_below_each_other() {
    let names = |it: &Fixture, found: Vec<TypeItem>| -> Vec<String> {
        found.into_iter().map(|item| format!("{}:{}", it.name(item.file), item.name)).collect()
    };
    let base = "Animal = {}\nAnimal.speak = function\n  return self\nend function\nDog = new Animal\nCat = {\"__isa\": Animal}\nOwl = {}\nOwl.__isa = Animal\nrex = new Dog\nprint [new Dog]\n";
    let it = Fixture::new(&at(base, "Animal", 0));
    let found = type_items(&it.db, &it.document, &it.places, it.offset);
    assert_eq!(names(&it, found.clone()), ["main.ms:Animal"]);
    let text = &it.document.text;
    assert_eq!((&text[found[0].name_range], &text[found[0].range], found[0].is_class), ("Animal", "Animal = {}", true));
    let from = |text: &str, number: usize| {
        // An item is sent back by where its name begins.
        let it = Fixture::new(&at(base, text, number));
        let start = it.offset - minilive_syntax::TextSize::of(text);
        let up = names(&it, supertypes(&it.db, &it.document, &it.places, start));
        (up, names(&it, subtypes(&it.db, &it.document, &it.places, start)))
    };
    let main = |names: &[&str]| -> Vec<String> { names.iter().map(|it| format!("main.ms:{it}")).collect() };
    assert_eq!(from("Animal", 0), (vec![], main(&["Dog", "Cat", "Owl"])));
    assert_eq!(from("Dog", 0), (main(&["Animal"]), main(&["rex", "new Dog"])));
    assert_eq!(from("Cat", 0), (main(&["Animal"]), vec![]));
    assert_eq!(from("Owl", 0), (main(&["Animal"]), vec![]));
    assert_eq!(from("rex", 0), (main(&["Dog"]), vec![]));
    assert_eq!(from("new Dog", 1), (main(&["Dog"]), vec![]));
    // Beside classes, what is made of one is not told; a class has a name like one, maps made of it, or functions.
    let more = format!(
        "{base}Puppy = new Dog\nhound = new Dog\nbeagle = new hound\nfido = new Dog\nfido.bark = function\nend function\n"
    );
    let it = Fixture::new(&at(&more, "Dog", 0));
    let start = it.offset - minilive_syntax::TextSize::of("Dog");
    let found = subtypes(&it.db, &it.document, &it.places, start);
    assert_eq!(names(&it, found), main(&["Puppy", "hound", "fido"]));
    // A place at which no map is made.
    assert_eq!(from("Animal", 1), (vec![], vec![]));
    // `self` and members lead to items as well.
    for (source, expected) in [
        (at(base, "self", 0), vec!["main.ms:Animal"]),
        ("m = {\"sub\": {}}\nprint m.sub$0\n".to_owned(), vec!["main.ms:{}"]),
        ("x$0 = 1\n".to_owned(), vec![]),
    ] {
        let it = Fixture::new(&source);
        assert_eq!(names(&it, type_items(&it.db, &it.document, &it.places, it.offset)), expected, "{source}");
    }
    // Over files, from both sides.
    let files = "//- zoo.ms\nAnim$0al = {}\n//- main.ms\nimport \"zoo\"\nDog = new zoo.Animal\n";
    let it = Fixture::new(files);
    let found = subtypes(&it.db, &it.document, &it.places, 0.into());
    assert_eq!(names(&it, found), ["main.ms:Dog"]);
    let it = Fixture::new("//- main.ms\nimport \"zoo\"\nD$0og = new zoo.Animal\n//- zoo.ms\nAnimal = {}\n");
    let found = supertypes(&it.db, &it.document, &it.places, 13.into());
    assert_eq!(names(&it, found), ["zoo.ms:Animal"]);
}

/// What a rename costs, by how many places it changes: from its first place and from its last.
#[test]
fn a_rename_of_twice_the_places_is_no_more_than_twice_the_work() {
    type Code = fn(usize) -> String;
    let one: Code = |k| format!("e.hp = e.hp + {k}\n");
    let methods: Code = |k| format!("E.m{k} = function\n  self.hp = self.hp + {k}\nend function\n");
    let instances: Code = |k| format!("n{k} = new E\nn{k}.hp = {k}\n");
    let shapes: [(&str, Code, &str, usize); 3] = [
        ("e = {}\ne.hp = 0\n", one, "print e.hp\n", 500),
        ("E = {}\nE.hp = 0\n", methods, "", 500),
        ("E = {}\nE.hp = 0\nE.hit = function\n  self.hp = self.hp - 1\nend function\n", instances, "", 1000),
    ];
    for (head, code, tail, count) in shapes {
        let cost = |count: usize, is_last: bool| {
            let text = format!("{head}{}{tail}", (0..count).map(code).collect::<String>());
            let number = if is_last { text.matches("hp").count() - 1 } else { 0 };
            let it = Fixture::new(&at(&text, "hp", number));
            COUNTED.set(0);
            let renamed = rename(&it.db, &it.document, &it.live(), it.offset, "health").expect("it is renamed");
            assert_eq!(renamed.edits.len(), text.matches("hp").count(), "{head}");
            (renamed.edits.len() as u64, COUNTED.get())
        };
        for is_last in [false, true] {
            let ((sites, few), (twice, many)) = (cost(count, is_last), cost(2 * count, is_last));
            assert!(
                sites >= 1000 && twice * 10 > sites * 19 && few > sites,
                "{sites} and {twice} places, {few} pieces"
            );
            assert!(many * 10 <= few * 22, "{few} pieces of work became {many} for {}", code(1));
        }
    }
}
