//! What an edit runs again: the lists of executed queries that prove where invalidation stops.
//!
//! Each test edits one place of [`PROGRAM`] the way `world` does (text and reparsed tree as one input), reads everything the
//! server reads, and compares the queries that salsa says it executed, and what units say they made. Start here to see what depends on what.

mod lacking;
mod random;

use super::{
    File, LiveDb, UnitText, file_facts, file_layout, file_symbols, function_mir, marker_items, module_code,
    module_imports, name_findings, surroundings, unit_checks, unit_diagnostics, unit_names, unit_types, units, uses_of,
};
use crate::recording::{Dependencies, End, EvaluationId, Outcome, Recorded};
use minilive_mir::ir::UnitKey;
use minilive_mir::program::Fingerprint;
use minilive_syntax::{Parse, TextEdit, TextRange, TextSize, parse, reparse};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const PROGRAM: &str = "x = 1
f = function(a)
  b = a + x
  h = function(d)
    return d * b
  end function
  return h
end function
//@ example two: g(2)
g = function(c)
  return c * 2 // twice
end function
for i in range(1, 3)
  print f(i)
end for
//> g(7)
print g(x)
";

/// A database with one file, of which everything has been read once.
struct Bench {
    db: LiveDb,
    file: File,
    text: String,
    parse: Arc<Parse>,
    log: Arc<Mutex<Vec<String>>>,
}

impl Bench {
    fn new(text: &str) -> Bench {
        let log = Arc::<Mutex<Vec<String>>>::default();
        let sink = log.clone();
        let db = LiveDb::new(Some(Arc::new(move |query| sink.lock().expect("no test panics in a query").push(query))));
        let parse = Arc::new(parse(text));
        let file = db.add_file("test.ms".into(), text.into(), parse.clone());
        let bench = Bench { db, file, text: text.into(), parse, log };
        bench.read_everything();
        bench
    }

    /// What diagnostics, plans and hints ask of the database.
    fn read_everything(&self) {
        for placed in units(&self.db, self.file).iter() {
            unit_diagnostics(&self.db, placed.unit);
        }
        file_layout(&self.db, self.file);
        marker_items(&self.db, self.file);
        for placed in units(&self.db, self.file).iter() {
            unit_names(&self.db, placed.unit);
        }
        file_facts(&self.db, self.file);
        let around = surroundings(&self.db, self.file);
        for (placed, its) in units(&self.db, self.file).iter().zip(&around.units) {
            unit_types(&self.db, placed.unit, its, &around.members);
        }
    }

    /// Replaces the only `from` in the text by `to`, reads everything, and tells which queries ran, sorted.
    fn edit(&mut self, from: &str, to: &str) -> Vec<String> {
        assert_eq!(self.text.matches(from).count(), 1, "{from:?} must stand once in the text");
        let at = TextSize::new(self.text.find(from).expect("counted above") as u32);
        self.replace(TextRange::at(at, TextSize::of(from)), to);
        self.executed()
    }

    fn replace(&mut self, range: TextRange, to: &str) {
        let edit = TextEdit { range, insert: to.into() };
        let mut text = self.text.clone();
        text.replace_range(std::ops::Range::<usize>::from(range), to);
        self.parse = Arc::new(reparse(&self.parse, &self.text, &edit, &text));
        assert_eq!(*self.parse, parse(&text), "the law of reparse");
        self.text = text;
        self.db.set_text(self.file, self.text.as_str().into(), self.parse.clone());
    }

    fn executed(&self) -> Vec<String> {
        self.executed_by(Bench::read_everything)
    }

    /// Which queries a reader runs, sorted.
    fn executed_by(&self, read: fn(&Bench)) -> Vec<String> {
        self.log.lock().expect("no test panics in a query").clear();
        read(self);
        let names = self.names();
        let ran = std::mem::take(&mut *self.log.lock().expect("no test panics in a query"));
        let mut ran: Vec<_> = ran.iter().map(|query| named(query, &names)).collect();
        ran.sort();
        ran
    }

    /// Units by key: a function by its own name, a statement by its first line in quotes.
    fn names(&self) -> BTreeMap<String, String> {
        let name = |placed: super::PlacedUnit<'_>| match placed.name.is_empty() {
            true => format!("'{}'", placed.unit.green.to_string().lines().next().unwrap_or_default()),
            false => placed.name.to_string(),
        };
        units(&self.db, self.file).iter().map(|it| (format!("{:?}", it.unit.key), name(it))).collect()
    }

    fn unit(&self, name: &str) -> &UnitText {
        units(&self.db, self.file).iter().find(|it| it.name == name).expect("there is such a function").unit
    }

    fn fingerprints(&self) -> Vec<(UnitKey, Fingerprint)> {
        let print = |unit: &UnitText| (unit.key, function_mir(&self.db, unit).fingerprint);
        units(&self.db, self.file).iter().map(|it| print(it.unit)).collect()
    }
}

/// `lower_unit(UnitKey(7))` with the unit's name; other arguments are left out, their ids mean nothing.
fn named(query: &str, names: &BTreeMap<String, String>) -> String {
    let (query, id) = query.split_once('(').unwrap_or((query, ""));
    let id = id.strip_suffix(')').unwrap_or(id);
    match names.get(id) {
        Some(name) => format!("{query}({name})"),
        None => query.to_owned(),
    }
}

/// The queries that look at the text of every file after every edit; each costs one pass over statements or units.
const ALWAYS: [&str; 4] = ["comments", "facts_of", "file_units", "marker_items"];

/// Looking at a statement whose tree is a new object: the edited one, and neighbours that were parsed again with it.
const LOOK: [&str; 3] = ["code_entry", "shape", "statement_comments"];

/// Checks what an edit ran beside [`ALWAYS`] and a look at few statements.
#[track_caller]
fn check(ran: &[String], expected: &[&str]) {
    for look in LOOK {
        let looked = ran.iter().filter(|query| *query == look).count();
        assert!(looked <= 6, "looked at {looked} statements or units: {ran:?}");
    }
    let beside = ran.iter().map(String::as_str).filter(|query| !ALWAYS.contains(query) && !LOOK.contains(query));
    assert_eq!(beside.collect::<Vec<_>>(), expected);
}

#[test]
fn reading_twice_runs_nothing() {
    let bench = Bench::new(PROGRAM);
    assert_eq!(bench.executed(), [""; 0]);
}

#[test]
fn white_space_lowers_its_unit_again_and_stops_at_its_mir() {
    let mut bench = Bench::new(PROGRAM);
    let ran = bench.edit("return c * 2", "return   c*2");
    // The statement around the function sees the same skeleton; nothing behind `function_mir` runs: no `unit_types`.
    let expected =
        ["collected(g)", "cut('g = function(c)')", "cut(g)", "lower_unit(g)", "unit_names(g)", "unit_places(g)"];
    // The statement's own text has grown, so its places are looked at again.
    let again = ["unit_places('g = function(c)')", "unit_names('g = function(c)')"];
    let ran: Vec<_> = ran.into_iter().filter(|query| !again.contains(&&**query)).collect();
    check(&ran, &expected);
}

#[test]
fn what_says_the_same_is_the_same_object() {
    let mut bench = Bench::new(PROGRAM);
    let code = function_mir(&bench.db, bench.unit("g")).unit.clone();
    let (facts, other) = (file_facts(&bench.db, bench.file), units(&bench.db, bench.file).at(0).unit.clone());
    bench.edit("return c * 2", "return   c*2");
    assert!(Arc::ptr_eq(&code, &function_mir(&bench.db, bench.unit("g")).unit));
    assert!(Arc::ptr_eq(&facts, &file_facts(&bench.db, bench.file)));
    assert!(Arc::ptr_eq(&other, units(&bench.db, bench.file).at(0).unit));
    bench.edit("return   c*2", "return c*y");
    assert!(!Arc::ptr_eq(&code, &function_mir(&bench.db, bench.unit("g")).unit));
    assert!(!Arc::ptr_eq(&facts, &file_facts(&bench.db, bench.file)));
}

/// An edit among many statements cuts what it touches, and all else stays the memory that it was, however often it moves.
#[test]
fn an_edit_among_many_statements_makes_a_piece_of_its_own() {
    let text: String = (0..500).map(|k| format!("f{k} = function(a)\n  return a + {k}\nend function\n")).collect();
    let mut bench = Bench::new(&text);
    bench.read_everything();
    let before = units(&bench.db, bench.file).clone();
    for (from, to) in [
        ("return a + 250\n", "return a * 250\n"),
        ("return a * 250\n", "b = a\n  return a * 250 + b\n"),
        ("f250 = ", "print 1\nf250 = "),
        ("f100 = ", "\n// moved\nf100 = "),
        ("print 1\n", ""),
    ] {
        let ran = bench.edit(from, to);
        let made = |what: &str| ran.iter().filter(|it| it.starts_with(what)).count();
        assert_eq!(made("every_statement"), 0, "{ran:?}");
        assert!(made("code_entry") <= 6 && made("shape") <= 3, "{ran:?}");
        let now = units(&bench.db, bench.file);
        assert!(before.same_start(now) > 190 && before.same_end(now, before.same_start(now)) > 490, "{to:?}");
        assert!(now.pieces.len() <= 7, "{} pieces", now.pieces.len());
        assert_eq!(said(&bench), said(&Bench::new(&bench.text)), "after {to:?}");
    }
    // A number among equal statements that changes behind the edit lets all be looked at.
    bench.edit("f300 = ", "print 1\nf300 = ");
    let ran = bench.edit("f200 = ", "print 1\nf200 = ");
    assert!(ran.iter().any(|it| it == "every_statement"), "{ran:?}");
    assert_eq!(said(&bench), said(&Bench::new(&bench.text)));
}

/// All that units say, in words.
fn said(bench: &Bench) -> Vec<String> {
    let (db, file) = (&bench.db, bench.file);
    let types = surroundings(db, file);
    let facts = file_facts(db, file);
    let of = |(index, it): (usize, super::PlacedUnit<'_>)| {
        let (unit, its) = (it.unit, &types.units[index]);
        let says = &facts.units[index].facts;
        let around = (facts.parent(index as u32), facts.children(index as u32).collect::<Vec<_>>());
        let mut reads: Vec<_> = says.reads.iter().collect();
        reads.sort();
        format!(
            "{:?} {:?} {} {} {:?} {:?} {:?} {:?} {:?} {:?} {reads:?} {around:?} {:?}",
            unit.key,
            it.range(),
            it.base_line,
            it.name,
            it.parent,
            function_mir(db, unit).unit,
            super::unit_places(db, unit),
            unit_names(db, unit),
            unit_diagnostics(db, unit),
            unit_checks(db, unit),
            unit_types(db, unit, its, &types.members),
        )
    };
    let units = units(db, file).iter().enumerate().map(of);
    let markers = marker_items(db, file);
    let imports = module_imports(db, file);
    let found = name_findings(db, file);
    let units = units.chain(found.iter().map(|it| format!("{it:?}")));
    let of_names = units.chain(by_name(&facts));
    let told = [super::units_with_diagnostics(db, file), super::units_with_checks(db, file)];
    let told = told.iter().flat_map(|it| it.iter()).map(|it| format!("{it:?}"));
    let of_names = of_names.chain(told);
    let found = super::units_with_findings(db, file);
    let of_names = of_names.chain(found.iter().map(|it| format!("{it:?}")));
    let lacking = super::lacking_members(db, file);
    let of_names = of_names.chain(lacking.iter().map(|it| format!("{it:?}")));
    let of_markers = of_names.chain(markers.iter().map(|it| format!("{it:?}")));
    of_markers.chain(imports.iter().map(|it| format!("{it:?}"))).collect()
}

/// What is known by name, in alphabetical order of names.
fn by_name(facts: &super::FileFacts) -> Vec<String> {
    let globals = facts.global_names().map(|name| format!("{name} = {:?}", facts.globals(name).collect::<Vec<_>>()));
    let members = facts.member_names().map(|name| format!(".{name} = {:?}", facts.members(name).collect::<Vec<_>>()));
    let of_units = facts.units.iter().flat_map(|it| it.facts.reads.iter().chain(facts.global_names()));
    let of_units: std::collections::BTreeSet<_> = of_units.chain(facts.member_names()).collect();
    let named = of_units.into_iter().map(|name| {
        let (calls, readers) = (facts.calls(name).collect::<Vec<_>>(), facts.readers(name).collect::<Vec<_>>());
        format!("{name}: called in {calls:?}, read in {readers:?}")
    });
    let mut all: Vec<_> = globals.chain(members).chain(named).collect();
    all.sort();
    all
}

/// A name that is typed into one function is a matter of that function and of what sees it.
#[test]
fn another_name_is_looked_at_where_it_is_seen() {
    let text: String =
        (0..100).map(|k| format!("f{k} = function(a)\n  b = a + {k}\n  return b\nend function\n")).collect();
    let mut bench = Bench::new(&text);
    read_the_rest(&bench);
    let mut ran = |from: &str, to: &str| {
        let mut ran = bench.edit(from, to);
        ran.extend(bench.executed_by(read_the_rest));
        ran.retain(|it| it.starts_with("all_") || it.starts_with("unit_types") || it.starts_with("collected"));
        ran
    };
    assert_eq!(ran("a + 8\n", "a + 8 + zoo\n"), ["collected(f8)", "unit_types(f8)"]);
    assert_eq!(ran("a + 9\n", "a + 9\n  c = 1\n"), ["collected(f9)", "unit_types(f9)"]);
    // What a function gives is seen by the statement that defines it.
    assert_eq!(
        ran("  b = a + 60\n", "  b = \"a\"\n"),
        ["collected(f60)", "unit_types('f60 = function(a)')", "unit_types(f60)"]
    );
    // Parameters are a matter of those who call it.
    assert_eq!(
        ran("f70 = function(a)", "f70 = function(a, e)"),
        ["collected('f70 = function(a, e)')", "collected(f70)", "unit_types(f70)"]
    );
    // What reads through maps may be about any name.
    assert_eq!(
        ran("  b = a + 80\n", "  b = locals.a\n"),
        ["collected(f80)", "unit_types('f80 = function(a)')", "unit_types(f80)", "all_findings"]
    );
}

#[test]
fn a_plain_comment_lowers_nothing() {
    let mut bench = Bench::new(PROGRAM);
    let is_lowering = |query: &&String| ["lower_unit", "marker_code"].iter().any(|it| query.starts_with(it));
    let ran = bench.edit("// twice", "// two times that");
    assert_eq!(ran.iter().find(is_lowering), None);
    let ran = bench.edit("x = 1\n", "x = 1\n// a comment between statements\n");
    check(&ran, &[]);
    // The blank before a new comment is white space of the unit.
    let ran = bench.edit("b = a + x", "b = a + x // sum");
    assert_eq!(ran.iter().filter(is_lowering).collect::<Vec<_>>(), ["lower_unit(f)"]);
}

#[test]
fn a_line_above_lowers_nothing() {
    let mut bench = Bench::new(PROGRAM);
    let ran = bench.edit("x = 1\n", "\n\nx = 1\n");
    check(&ran, &[]);
    let ran = bench.edit("f = function(a)", "\n  \nf = function(a)");
    check(&ran, &[]);
}

#[test]
fn a_statement_above_lowers_itself_alone() {
    let mut bench = Bench::new(PROGRAM);
    let ran = bench.edit("x = 1\n", "x = 1\ny = 2\n");
    let unit = "'y = 2'";
    let own = ["collected", "cut", "lower_unit", "unit_places", "unit_types"];
    let mut expected: Vec<_> = own.iter().map(|query| format!("{query}({unit})")).collect();
    // What is known of all the other units stays.
    expected.extend(["around", "file_facts", "surroundings"].map(str::to_owned));
    expected.sort();
    check(&ran, &expected.iter().map(String::as_str).collect::<Vec<_>>());
}

/// At how many units an edit has looked for their names, for what is around them, for findings and for types.
fn looked_at(bench: &mut Bench, from: &str, to: &str) -> [usize; 4] {
    let mut ran = bench.edit(from, to);
    ran.extend(bench.executed_by(read_the_rest));
    let anew: Vec<_> = ran.iter().filter(|it| it.starts_with("all_")).collect();
    assert_eq!(anew, [""; 0], "for {to:?} everything was looked at");
    let count = |what: &str| ran.iter().filter(|it| it.split('(').next() == Some(what)).count();
    ["collected", "around", "findings_of", "unit_types"].map(count)
}

/// One more statement or function, wherever it comes or goes, is a matter of itself and of those who name it.
#[test]
fn a_statement_or_function_more_leaves_all_others_what_they_were() {
    let function = |k: usize| format!("f{k} = function(a)\n  b = a + {k}\n  return b\nend function\n");
    let text: String = (0..100).map(function).collect();
    let mut bench = Bench::new(&format!("import \"lib\"\nimport \"util\"\nlib.go util\n{text}"));
    read_the_rest(&bench);
    let (statement, function) = ("x = f7\n", "g = function(c)\n  return c\nend function\n");
    let inner = "  h = function(d)\n    return d\n  end function\n";
    let edits = [
        // At the top of the file, where everything moves; in its middle; in a function.
        ("", statement, "import \"lib\"\n", [1, 1, 1, 1]),
        ("", function, "f50 = function(a)\n", [2, 2, 2, 2]),
        ("", inner, "  b = a + 60\n", [2, 2, 3, 2]),
        // They go again.
        (statement, "", "", [0, 0, 0, 0]),
        (function, "", "", [0, 0, 0, 0]),
        (inner, "", "", [1, 1, 2, 1]),
        // Whether a module is used concerns the statement that imports it.
        ("lib.go util\n", "", "", [0, 0, 2, 0]),
        ("", "import \"other\"\n", "f1 = function(a)\n", [1, 1, 1, 1]),
    ];
    let looked = edits.map(|(from, to, before, _)| {
        let (from, to) = (format!("{from}{before}"), format!("{to}{before}"));
        (to.clone(), looked_at(&mut bench, &from, &to))
    });
    assert_eq!(looked, edits.map(|(_, to, before, looked)| (format!("{to}{before}"), looked)));
}

/// So is what moves, and what an editor changes in several places at once.
#[test]
fn moving_a_function_and_editing_in_many_places_looks_at_what_has_changed() {
    let function = |k: usize| format!("f{k} = function(a)\n  b = a + {k}\n  return b\nend function\n");
    let mut bench = Bench::new(&(0..100).map(function).collect::<String>());
    read_the_rest(&bench);
    let moved = function(20);
    bench.replace(TextRange::new(0.into(), 0.into()), &format!("y = 1\n{moved}"));
    let at = bench.text.rfind(&moved).expect("it stands there twice") as u32;
    bench.replace(TextRange::at(at.into(), TextSize::of(&*moved)), "");
    assert_eq!(looked_at(&mut bench, "  b = a + 90\n", "  c = 1\n  b = a + 90\n"), [2, 4, 5, 2]);
}

#[test]
fn a_body_lowers_itself_alone() {
    let mut bench = Bench::new(PROGRAM);
    let before = (bench.unit("g").key, function_mir(&bench.db, bench.unit("g")).fingerprint);
    let ran = bench.edit("return c * 2", "return c * 3");
    let lowered: Vec<_> = ran.iter().filter(|query| query.starts_with("lower_unit")).collect();
    assert_eq!(lowered, ["lower_unit(g)"]);
    let after = (bench.unit("g").key, function_mir(&bench.db, bench.unit("g")).fingerprint);
    assert_eq!(after.0, before.0, "the function keeps its identity");
    assert_ne!(after.1, before.1, "other code means another fingerprint");
}

#[test]
fn a_nested_body_does_not_reach_the_function_around_it() {
    let mut bench = Bench::new(PROGRAM);
    let ran = bench.edit("return d * b", "return d * b + 1");
    let lowered: Vec<_> = ran.iter().filter(|query| query.starts_with("lower_unit")).collect();
    assert_eq!(lowered, ["lower_unit(h)"]);
}

#[test]
fn an_edit_that_names_nothing_new_keeps_the_facts_of_the_file() {
    let mut bench = Bench::new(PROGRAM);
    let looked = |ran: &[String]| ran.iter().filter(|it| it.starts_with("collected")).cloned().collect::<Vec<_>>();
    let ran = bench.edit("return c * 2", "return c * 3");
    assert_eq!(looked(&ran), ["collected(g)"], "names of the edited function alone");
    assert!(!ran.contains(&"file_facts".to_owned()), "another number is no other fact: {ran:?}");
    let ran = bench.edit("return c * 3", "return c + c * 3");
    assert_eq!(looked(&ran), ["collected(g)"]);
    assert!(ran.contains(&"file_facts".to_owned()), "what is returned is another symbol: {ran:?}");
    let ran = bench.edit("x = 1\n", "\n// a comment\nx = 1\n");
    assert_eq!(looked(&ran), [""; 0], "moving code looks at no names: {ran:?}");
}

#[test]
fn an_edit_types_the_edited_unit_and_those_that_read_what_is_different() {
    let typed = |ran: &[String]| ran.iter().filter(|query| query.starts_with("unit_types")).count();
    let mut bench = Bench::new(PROGRAM);
    let ran = bench.edit("return c * 2", "return c * 3");
    assert_eq!((typed(&ran), ran.contains(&"surroundings".to_owned())), (1, false), "{ran:?}");
    let ran = bench.edit("x = 1\n", "\n// a comment\nx = 1\n");
    assert_eq!(typed(&ran), 0, "{ran:?}");
    let ran = bench.edit("x = 1\n", "x = \"a\"\n");
    // All but `g` and its statement see something else.
    assert_eq!(typed(&ran), units(&bench.db, bench.file).len() - 2, "{ran:?}");
}

#[test]
fn a_marker_lowers_itself_alone() {
    let mut bench = Bench::new(PROGRAM);
    let ran = bench.edit("//> g(7)", "//> g(8)");
    check(&ran, &["marker_code"]);
    let ran = bench.edit("//@ example two: g(2)", "//@ example two: g(3)");
    check(&ran, &["marker_code"]);
    let ran = bench.edit("//@ example two: g(3)", "//@ example three: g(3)");
    check(&ran, &[]);
}

#[test]
fn a_recording_runs_nothing_that_depends_on_the_text() {
    let mut bench = Bench::new(PROGRAM);
    let outcome = Outcome {
        end: End::Finished(None),
        values: Vec::new(),
        functions: Vec::new(),
        executed: None,
        position_dependent: false,
        elapsed: Duration::ZERO,
        fuel: 0,
    };
    let dependencies = Dependencies {
        main: Arc::default(),
        functions: Arc::default(),
        positions: None,
        marker: None,
        imports: Arc::default(),
    };
    let recorded =
        Recorded { evaluation: EvaluationId::TopLevel, dependencies, profile: 0, outcome: Arc::new(outcome) };
    bench.db.set_recordings(bench.file, Arc::new(vec![recorded]));
    assert_eq!(bench.executed(), [""; 0]);
}

#[test]
fn uses_of_a_name_are_put_in_order_once_for_each_text() {
    let mut bench = Bench::new(PROGRAM);
    let look = |bench: &Bench| {
        for placed in units(&bench.db, bench.file).iter() {
            let uses = &unit_names(&bench.db, placed.unit).uses;
            for name in ["a", "b", "c", "d", "f", "x", "none"] {
                let all: Vec<_> = uses.iter().filter(|it| it.name == name).collect();
                assert_eq!(uses_of(&bench.db, placed.unit, name).collect::<Vec<_>>(), all);
            }
        }
    };
    let made = |ran: &[String]| ran.iter().filter(|it| it.starts_with("uses_by_name")).cloned().collect::<Vec<_>>();
    let all = units(&bench.db, bench.file).len();
    assert_eq!(made(&bench.executed_by(look)).len(), all);
    bench.edit("return d * b", "return d * b + d");
    assert_eq!(made(&bench.executed_by(look)), ["uses_by_name(h)"]);
    // The function around it has other places, and the same names in the same order.
    bench.edit("return c * 2", "return c * 2 + a + c");
    assert_eq!(made(&bench.executed_by(look)), ["uses_by_name(g)"]);
    assert_eq!(made(&bench.executed_by(look)), [""; 0]);
}

#[test]
fn undoing_an_edit_gives_the_fingerprints_it_had() {
    let mut bench = Bench::new(PROGRAM);
    let before = bench.fingerprints();
    bench.edit("return c * 2", "return c * 3");
    assert_ne!(bench.fingerprints(), before);
    bench.edit("return c * 3", "return c * 2");
    assert_eq!(bench.fingerprints(), before);
}

/// Speed by shape: what an edit runs does not grow with the file.
#[test]
fn the_number_of_queries_does_not_grow_with_the_file() {
    let ran = |functions: usize| {
        let text: String =
            (0..functions).map(|k| format!("f{k} = function(a)\n  return a + {k}\nend function\n")).collect();
        let mut bench = Bench::new(&text);
        bench.edit("return a + 7\n", "return a - 7\n").len()
    };
    assert_eq!(ran(20), ran(400));
}

/// Ten times the code is at most twelve times the work, whichever way functions know of each other.
#[test]
fn work_grows_with_the_code_and_no_faster() {
    let alone = |k: usize| format!("f{k} = function(a)\n  return a + {k}\nend function\n");
    let chained =
        |k: usize| format!("f{k} = function(a)\n  b = f{}(a)\n  return b\nend function\n", k.saturating_sub(1));
    let nested = |k: usize| {
        format!("m{k} = {{}}\nm{k}.f = function(a)\n  g = function\n    return outer.a\n  end function\nend function\n")
    };
    let shapes: [&dyn Fn(usize) -> String; 3] = [&alone, &chained, &nested];
    for code in shapes {
        let made = |count: usize| {
            let bench = Bench::new(&(0..count).map(code).collect::<String>());
            read_the_rest(&bench);
            bench.log.lock().expect("no test panics in a query").len()
        };
        let (few, many) = (made(20), made(200));
        assert!(many <= 12 * few, "{few} pieces of work became {many} for {}", code(1));
    }
}

/// Who types in a statement at the top changes what that says, if anything: thousands that test the same global are not looked at again.
#[test]
fn a_statement_in_which_somebody_types_is_the_one_it_was() {
    let ran = |count: usize| {
        let line = |k: usize| format!("if g == {k} then g = {k}\nif g > {k} then print g\n");
        let mut bench = Bench::new(&format!("g = null\n{}", (0..count).map(line).collect::<String>()));
        read_the_rest(&bench);
        let mut made = |from: &str, to: &str| {
            let mut ran = bench.edit(from, to);
            ran.extend(bench.executed_by(read_the_rest));
            ran
        };
        let same = made("g = 7\n", "g = 70000\n");
        let anew = |it: &String| ["file_facts", "findings_of", "around", "all_facts"].contains(&it.as_str());
        assert!(!same.iter().any(anew), "{same:?}");
        let other = made("g = 70000\n", "g = h\n");
        assert!(other.iter().any(|it| it == "file_facts") && !other.iter().any(|it| it == "all_facts"), "{other:?}");
        same.len()
    };
    assert_eq!(ran(20), ran(400));
}

/// What is made by two threads is what one makes.
#[test]
fn a_long_unit_that_is_edited_says_what_it_would_say_alone() {
    let lines: String = (0..1500).map(|k| format!("  x{k} = g + {k}\n  if x{k} == 7 then break\n")).collect();
    for (head, end) in
        [("f = function(g)\n  while g\n", "  end while\nend function\n"), ("g = 1\nwhile g\n", "end while\n")]
    {
        let mut bench = Bench::new(&format!("{head}{lines}{end}"));
        said(&bench);
        for (from, to) in
            [("g + 700\n", "x699 + 700\n"), ("x699 + 700\n", "x9999 + 700\n"), ("x9999 + 700\n", "g + 700\n")]
        {
            bench.edit(from, to);
            let alone = Bench::new(&bench.text);
            assert_eq!(said(&bench), said(&alone), "{head} {to}");
        }
        let ran = bench.edit("g + 800\n", "g - 800\n");
        let made = |what: &str| ran.iter().filter(|it| it.starts_with(what)).count();
        assert_eq!((made("lower_unit"), made("collected"), made("unit_checks")), (1, 1, 1), "{ran:?}");
    }
}

/// A reader that is cancelled stops at the next unit, and what it has made by then is not made again.
#[test]
fn a_cancelled_reader_stops_at_the_next_unit() {
    let text: String = (0..50).map(|k| format!("f{k} = function(a)\n  return a + {k}\nend function\n")).collect();
    let bench = Bench::new("");
    let file = bench.db.add_file("other.ms".into(), text.as_str().into(), Arc::new(parse(&text)));
    let all = units(&bench.db, file);
    let snapshot = bench.db.clone();
    let token = snapshot.cancel_token();
    let mut seen = 0;
    let ended = snapshot.read(|db| {
        for placed in units(db, file).iter() {
            function_mir(db, placed.unit);
            seen += 1;
            if seen == 10 {
                token.cancel();
            }
        }
    });
    assert_eq!((ended, seen), (Err(super::Stopped::Cancelled), 10));
    bench.log.lock().expect("no test panics in a query").clear();
    all.iter().for_each(|placed| drop(function_mir(&bench.db, placed.unit).clone()));
    let made = bench.log.lock().expect("no test panics in a query").iter().filter(|it| it.starts_with("lower")).count();
    assert_eq!(made, all.len() - 10);
}

/// What warnings, imports, modules and searches ask of the database.
fn read_the_rest(bench: &Bench) {
    let (db, file) = (&bench.db, bench.file);
    for placed in units(db, file).iter() {
        unit_checks(db, placed.unit);
    }
    name_findings(db, file);
    file_symbols(db, file);
    module_imports(db, file);
    module_code(db, file);
    super::module_trouble(db, file);
    super::units_with_diagnostics(db, file);
    super::units_with_checks(db, file);
    super::units_with_findings(db, file);
}

#[test]
fn warnings_imports_and_modules_stop_where_they_should() {
    let text = format!("import \"lib\"\n{PROGRAM}");
    let mut bench = Bench::new(&text);
    read_the_rest(&bench);
    assert_eq!(bench.executed_by(read_the_rest), [""; 0], "reading twice runs nothing");
    let mut ran = |from: &str, to: &str| {
        bench.edit(from, to);
        let mut ran = bench.executed_by(read_the_rest);
        // These look at the whole file: for them another text is another question.
        let told = ["units_with_checks", "units_with_diagnostics", "units_with_findings"];
        let whole = [&["file_symbols", "module_code", "module_imports", "module_trouble"][..], &told].concat();
        for query in &whole {
            assert!(ran.contains(&(*query).to_owned()), "{query} has not run: {ran:?}");
        }
        // A neighbour that was parsed again with the edited statement is a new object.
        ran.retain(|it| !whole.contains(&it.as_str()));
        let looked = ran.iter().filter(|it| *it == "statement_imports").count();
        assert!(looked <= 3, "{ran:?}");
        ran.retain(|it| it != "statement_imports");
        ran
    };
    assert_eq!(ran("return c * 2", "return c * 3"), ["unit_checks(g)"], "another number is no other name");
    assert_eq!(ran("x = 1\n", "\n// a comment\nx = 1\n"), [""; 0], "moving code checks nothing");
    assert_eq!(ran("return c * 3", "return c * y"), ["findings_of", "findings_of", "name_findings", "unit_checks(g)"]);
    assert_eq!(ran("//> g(7)", "//> g(8)"), [""; 0], "a marker is no code");
}

/// Who imports whom is asked after each edit, of which hardly any changes an `import`.
#[test]
fn importers_are_looked_for_when_an_import_is_another_one() {
    let mut bench = Bench::new("import \"lib\"\nx = 1\n");
    let add = |db: &LiveDb, name: &str, text: &str| {
        let outline = Arc::new(super::Outline::of(text, &parse(text)));
        db.add_closed(format!("/w/{name}.ms"), text.into(), outline)
    };
    let (lib, other) = (add(&bench.db, "lib", "y = 1\n"), add(&bench.db, "other", "import \"lib\"\n"));
    bench.db.set_files(Arc::new(vec![bench.file, lib, other]), Arc::default());
    fn read(bench: &Bench) {
        for &file in bench.db.files().iter() {
            super::places_in_programs(&bench.db, file, &Arc::default());
            super::direct_importers(&bench.db, file);
        }
    }
    assert_eq!(super::direct_importers(&bench.db, lib).len(), 2);
    read(&bench);
    let ran = |bench: &mut Bench, from: &str, to: &str| {
        bench.edit(from, to);
        let mut ran = bench.executed_by(read);
        ran.retain(|it| !matches!(&**it, "module_imports" | "statement_imports" | "file_units" | "facts_of"));
        ran
    };
    assert_eq!(ran(&mut bench, "x = 1", "x = 2"), ["own_search_path"], "one look at the text");
    let far = ran(&mut bench, "\"lib\"", "\"other\"");
    let expected = ["all_importers", "direct_importers", "open_importing", "own_search_path", "program_folders"];
    assert!(expected.iter().all(|it| far.iter().any(|ran| ran == it)), "{far:?}");
    assert!(!far.iter().any(|it| it == "closed_importing"), "{far:?}");
    assert_eq!(super::direct_importers(&bench.db, lib).len(), 1);
    assert!(!super::sets_search_path(&bench.db, other));
    let set = ran(&mut bench, "x = 2", "env.MS_IMPORT_PATH = \"/o\"");
    assert!(set.iter().any(|it| it == "further_folders"), "{set:?}");
    assert!(super::sets_search_path(&bench.db, lib) && super::sets_search_path(&bench.db, other));
}

/// Of files that are not open it is found out once who of them imports by names that are worked out, and of few: their outlines say who may.
#[test]
fn an_edit_looks_for_no_worked_out_imports_in_other_files() {
    let mut bench = Bench::new("x = 1\n");
    let add = |name: &str, text: &str| {
        let outline = Arc::new(super::Outline::of(text, &parse(text)));
        bench.db.add_closed(format!("/w/{name}.ms"), text.into(), outline)
    };
    let (plain, slip) = (add("plain", "import \"lib\"\n"), add("slip", "import lib\n"));
    let (any, listed) =
        (add("any", "for m in [\"a\"]\n  import m\nend for\n"), add("listed", "ensureImport [\"a\", \"b\"]\n"));
    bench.db.set_files(Arc::new(vec![bench.file, plain, slip, any, listed]), Arc::default());
    let found = |bench: &Bench| super::importers_out_of_sight(&bench.db);
    bench.log.lock().expect("no test panics in a query").clear();
    assert_eq!(found(&bench), [any]);
    let looked = std::mem::take(&mut *bench.log.lock().expect("no test panics in a query"));
    assert!(looked.iter().any(|it| it.starts_with("closed_out_of_sight")), "{looked:?}");
    assert_eq!(
        looked.iter().filter(|it| it.starts_with("outward")).count(),
        3,
        "the open one, a slip, and what was found: {looked:?}"
    );
    bench.edit("x = 1", "import x");
    assert_eq!(found(&bench), [any], "nothing gives it a value");
    bench.edit("import x", "x = \"a\"\nimport x");
    assert_eq!(found(&bench), [any, bench.file]);
    let ran = std::mem::take(&mut *bench.log.lock().expect("no test panics in a query"));
    assert!(!ran.iter().any(|it| it.starts_with("closed_out_of_sight")), "{ran:?}");
}

/// A file that is not open says what an open one says, and keeps nothing that was made to say it.
#[test]
fn files_that_are_not_open_say_the_same_and_are_let_go() {
    let text = |k: usize| format!("import \"lib{k}\"\n{PROGRAM}m = {{}}\nm.f{k} = function\nend function\n");
    let mut bench = Bench::new(&text(0));
    let add = |db: &LiveDb, k: usize| {
        let outline = Arc::new(super::Outline::of(&text(k), &parse(&text(k))));
        db.add_closed(format!("{k}.ms"), text(k).into(), outline)
    };
    let closed: Vec<_> = (0..100).map(|k| add(&bench.db, k)).collect();
    let open = std::mem::replace(&mut bench.file, closed[0]);
    let said_closed = (said(&bench), file_symbols(&bench.db, bench.file), module_imports(&bench.db, bench.file));
    bench.file = open;
    assert_eq!(said_closed, (said(&bench), file_symbols(&bench.db, open), module_imports(&bench.db, open)));
    let green = |db: &LiveDb, file: File| Arc::downgrade(units(db, file).at(0).unit);
    let looked: Vec<_> = closed.iter().map(|&file| green(&bench.db, file)).collect();
    let alive = |looked: &[std::sync::Weak<UnitText>]| looked.iter().filter(|it| it.strong_count() > 0).count();
    assert_eq!(alive(&looked), 100);
    bench.edit("x = 1\n", "x = 2\n");
    assert!(alive(&looked) <= 64, "{} files are still held", alive(&looked));
    bench.log.lock().expect("no test panics in a query").clear();
    let (symbols, imports) = (file_symbols(&bench.db, closed[1]), module_imports(&bench.db, closed[1]));
    assert_eq!((&*symbols[0].name, &*imports[0].name), ("x", "lib1"));
    let ran = |bench: &Bench| std::mem::take(&mut *bench.log.lock().expect("no test panics in a query"));
    assert!(!ran(&bench).iter().any(|it| it.starts_with("parsed")), "a glance needs no tree");
    units(&bench.db, closed[1]);
    assert!(ran(&bench).iter().any(|it| it.starts_with("parsed")), "a look makes it again");
    // A document that is closed keeps nothing, either.
    let unit = green(&bench.db, open);
    bench.db.set_closed(open, bench.text.as_str().into(), Arc::new(super::Outline::of(&bench.text, &bench.parse)));
    for &file in &closed[..70] {
        units(&bench.db, file);
    }
    bench.db.set_closed(closed[99], text(1).into(), Arc::default());
    assert_eq!(unit.strong_count(), 0);
}

#[test]
fn each_query_is_named_in_these_tests() {
    let sources = [
        include_str!("cut.rs"),
        include_str!("findings.rs"),
        include_str!("importers.rs"),
        include_str!("modules.rs"),
        include_str!("names.rs"),
        include_str!("outline.rs"),
        include_str!("queries.rs"),
        include_str!("told.rs"),
        include_str!("types.rs"),
        include_str!("units.rs"),
    ];
    let mut found = 0;
    for source in sources {
        let queries = source.split("#[salsa::tracked(").skip(1).filter_map(|it| Some(it.split_once("fn ")?.1));
        let made = source.split(".makes(\"").skip(1);
        for query in queries.chain(made) {
            let name: String = query.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let tests = [include_str!("tests.rs"), include_str!("tests/random.rs")];
            assert!(tests.iter().any(|it| it.contains(&name)), "no test here says when `{name}` runs");
            found += 1;
        }
    }
    assert!(found > 20, "only {found} queries were found");
}
