//! What an edit runs again: the lists of executed queries that prove where invalidation stops.
//!
//! Each test edits one place of [`PROGRAM`] the way `world` does (text and reparsed tree as one input), reads everything the
//! server reads, and compares the queries that salsa says it executed, and what units say they made. Start here to see what depends on what.

use super::{
    File, LiveDb, UnitText, file_facts, file_layout, file_symbols, function_mir, marker_items, module_code,
    module_imports, name_findings, surroundings, unit_checks, unit_diagnostics, unit_names, unit_types, units,
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
        for placed in units(&self.db, self.file) {
            unit_diagnostics(&self.db, &placed.unit);
        }
        file_layout(&self.db, self.file);
        marker_items(&self.db, self.file);
        for placed in units(&self.db, self.file) {
            unit_names(&self.db, &placed.unit);
        }
        file_facts(&self.db, self.file);
        let around = surroundings(&self.db, self.file);
        for (placed, its) in units(&self.db, self.file).iter().zip(&around.units) {
            unit_types(&self.db, &placed.unit, its, &around.members);
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
        let name = |placed: &super::PlacedUnit| match placed.name.is_empty() {
            true => format!("'{}'", placed.unit.green.to_string().lines().next().unwrap_or_default()),
            false => placed.name.to_string(),
        };
        units(&self.db, self.file).iter().map(|it| (format!("{:?}", it.unit.key), name(it))).collect()
    }

    fn unit(&self, name: &str) -> &UnitText {
        &units(&self.db, self.file).iter().find(|it| it.name == name).expect("there is such a function").unit
    }

    fn fingerprints(&self) -> Vec<(UnitKey, Fingerprint)> {
        let print = |unit: &UnitText| (unit.key, function_mir(&self.db, unit).fingerprint);
        units(&self.db, self.file).iter().map(|it| print(&it.unit)).collect()
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
const ALWAYS: [&str; 5] = ["comments", "facts_of", "file_layout", "file_units", "marker_items"];

/// Looking at a statement whose tree is a new object: the edited one, and neighbours that were parsed again with it.
const LOOK: [&str; 2] = ["shape", "statement_comments"];

/// Checks what an edit ran beside [`ALWAYS`] and a look at few statements.
#[track_caller]
fn check(ran: &[String], expected: &[&str]) {
    for look in LOOK {
        let looked = ran.iter().filter(|query| *query == look).count();
        assert!(looked <= 3, "looked at {looked} statements: {ran:?}");
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
    let (facts, other) = (file_facts(&bench.db, bench.file), units(&bench.db, bench.file)[0].unit.clone());
    bench.edit("return c * 2", "return   c*2");
    assert!(Arc::ptr_eq(&code, &function_mir(&bench.db, bench.unit("g")).unit));
    assert!(Arc::ptr_eq(&facts, &file_facts(&bench.db, bench.file)));
    assert!(Arc::ptr_eq(&other, &units(&bench.db, bench.file)[0].unit));
    bench.edit("return   c*2", "return c*y");
    assert!(!Arc::ptr_eq(&code, &function_mir(&bench.db, bench.unit("g")).unit));
    assert!(!Arc::ptr_eq(&facts, &file_facts(&bench.db, bench.file)));
}

/// What is kept must never be seen: after any edits everything is what a database without a past says.
#[test]
fn a_database_with_a_past_says_what_one_without_says() {
    let mut bench = Bench::new(PROGRAM);
    let edits = [
        ("x = 1\n", "print 1\nx = 1\nprint 1\n"),
        ("print 1\nx", "print 1\nprint 1\nprint 1\nx"),
        ("f = function(a)", "@@@\nf = function(a)"),
        ("@@@\n", "y = [function\nend function]\n"),
        ("print f(i)", "print [function\nend function, f(i)]"),
        ("y = [function\nend function]\n", ""),
        ("print 1\nprint 1\nprint 1\nx", "x"),
        ("return d * b", "return d * \"b\""),
        ("for i in range(1, 3)", "for i in range(1, 3)\n  x = \"a\""),
        ("end for\n", "end for // }\n"),
        ("g = function(c)\n", "g = function(c, e)\n  //> c\n"),
    ];
    for (from, to) in edits {
        bench.edit(from, to);
        let fresh = Bench::new(&bench.text);
        assert_eq!(said(&bench), said(&fresh), "after {to:?}");
        assert_eq!(*surroundings(&bench.db, bench.file), *surroundings(&fresh.db, fresh.file), "after {to:?}");
    }
}

/// The same for edits that nobody thought of.
#[test]
fn edits_at_random_leave_nothing_behind() {
    const PIECES: [&str; 12] = [
        "x = 1\n",
        "print x\n",
        "f = function(a)\n",
        "end function\n",
        "return a + x\n",
        "if x then\n",
        "end if\n",
        "// c\n",
        "//> x\n",
        "import \"lib\"\n",
        "m.k = [function\nend function]\n",
        "\"",
    ];
    let mut state = 7u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % below
    };
    let mut bench = Bench::new(PROGRAM);
    for number in 0..150 {
        let lines: Vec<_> = bench.text.split_inclusive('\n').map(str::len).collect();
        let at = |line: usize| lines[..line].iter().sum::<usize>();
        let line = random(lines.len() + 1);
        // Whole lines come, go and move, so that statements equal to others do, too.
        let gone = if line < lines.len() && random(3) == 0 { lines[line] } else { 0 };
        let piece =
            if random(4) == 0 && line > 0 { &bench.text[at(line - 1)..at(line)] } else { PIECES[random(PIECES.len())] };
        let (range, piece) = (TextRange::at((at(line) as u32).into(), (gone as u32).into()), piece.to_owned());
        bench.replace(range, &piece);
        // Sometimes nobody looks in between.
        if random(3) > 0 {
            bench.read_everything();
            assert_eq!(said(&bench), said(&Bench::new(&bench.text)), "after edit {number} in\n{}", bench.text);
        }
    }
}

/// All that units say, in words.
fn said(bench: &Bench) -> Vec<String> {
    let (db, file) = (&bench.db, bench.file);
    let around = surroundings(db, file);
    let facts = file_facts(db, file);
    let of = |(index, it): (usize, &super::PlacedUnit)| {
        let (unit, its) = (&it.unit, &around.units[index]);
        let says = &facts.units[index].facts;
        let mut reads: Vec<_> = says.reads.iter().collect();
        reads.sort();
        format!(
            "{:?} {:?} {} {} {:?} {:?} {:?} {:?} {:?} {:?} {reads:?} {:?}",
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
            unit_types(db, unit, its, &around.members),
        )
    };
    let units = units(db, file).iter().enumerate().map(of);
    let markers = marker_items(db, file);
    let imports = module_imports(db, file);
    let found = name_findings(db, file);
    let units = units.chain(found.iter().map(|it| format!("{it:?}")));
    let facts = units.chain(by_name(&facts.globals)).chain(by_name(&facts.members)).chain(by_name(&facts.calls));
    facts.chain(markers.iter().map(|it| format!("{it:?}"))).chain(imports.iter().map(|it| format!("{it:?}"))).collect()
}

/// All entries in words, in alphabetical order of names.
fn by_name<T: super::by_name::OfUnit + std::fmt::Debug>(entries: &super::by_name::ByName<T>) -> Vec<String> {
    let mut all: Vec<_> = entries.iter().map(|(name, entries)| format!("{name}: {entries:?}")).collect();
    all.sort();
    all
}

/// Edits of expressions in units that stay, which is where facts, types and findings are taken over from before.
#[test]
fn names_that_come_and_go_at_random_leave_nothing_behind() {
    const LINES: [&str; 26] = [
        "x = 1",
        "x = \"a\"",
        "y = x[0]",
        "z = y + x",
        "f = function(a, b)",
        "  v = g(a)",
        "  w = v",
        "  h = function",
        "    outer.w = v",
        "    return w",
        "  end function",
        "  for i in range(1, x)",
        "    m.k = v * 2",
        "  end for",
        "  return w",
        "end function",
        "g = function(c)",
        "  d = f(c, 1)",
        "  globals.y = d",
        "  return d.k + q(d)",
        "end function",
        "m = {}",
        "import \"lib\"",
        "print f(1, g(2)) + y",
        "for j in split(z)",
        "end for",
    ];
    const WORDS: [&str; 17] = [
        "x", "y", "v", "w", "d", "lib", "1", "\"t\"", "f(1)", "@g", "locals.v", "outer.v", "x[0]", "m.k", "abs", "q",
        "locals",
    ];
    let mut state = 11u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % below
    };
    let mut lines: Vec<String> = LINES.iter().map(|&line| line.to_owned()).collect();
    let mut bench = Bench::new(&(lines.join("\n") + "\n"));
    let (mut kept, mut anew) = (0, 0);
    for number in 0..400 {
        let line = random(lines.len());
        let start: usize = lines[..line].iter().map(|it| it.len() + 1).sum();
        let old = lines[line].clone();
        let word = WORDS[random(WORDS.len())];
        lines[line] = match random(4) {
            0 => LINES[line].to_owned(),
            1 if old.contains(" = ") && !old.contains("function") => {
                format!("{} = {word}", old.split(" = ").next().unwrap_or(""))
            }
            2 if old.contains(" = ") && !old.contains("function") => {
                format!("{word}_ = {}", old.split(" = ").nth(1).unwrap_or(""))
            }
            _ if old.ends_with(')') || old.contains("function") || old.contains("for") || old.contains("import") => {
                continue;
            }
            _ => format!("{old} + {word}"),
        };
        if lines[line].len() > 60 {
            lines[line] = LINES[line].to_owned();
        }
        let range = TextRange::at((start as u32).into(), (old.len() as u32).into());
        let new = lines[line].clone();
        bench.replace(range, &new);
        if random(4) > 0 {
            bench.log.lock().expect("no test panics in a query").clear();
            let now = said(&bench);
            let ran = std::mem::take(&mut *bench.log.lock().expect("no test panics in a query"));
            let fresh = Bench::new(&bench.text);
            assert_eq!(now, said(&fresh), "after edit {number} to {new:?} in\n{}", bench.text);
            assert_eq!(
                *surroundings(&bench.db, bench.file),
                *surroundings(&fresh.db, fresh.file),
                "edit {number} in\n{}",
                bench.text
            );
            anew += usize::from(ran.iter().any(|it| it == "all_types"));
            kept += usize::from(
                ran.iter().any(|it| it.starts_with("surroundings")) && !ran.contains(&"all_types".to_owned()),
            );
        }
    }
    assert!(kept > 50 && anew > 3, "both ways were taken: {kept} times from before, {anew} times anew");
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
    assert_eq!(ran("a + 8\n", "a + 8 + zoo\n"), ["collected(f8)", "unit_types('f8 = function(a)')", "unit_types(f8)"]);
    assert_eq!(ran("a + 9\n", "a + 9\n  c = 1\n"), ["collected(f9)", "unit_types(f9)"]);
    // What a function gives is seen by the statement that defines it.
    assert_eq!(
        ran("  b = a + 60\n", "  b = \"a\"\n"),
        ["collected(f60)", "unit_types('f60 = function(a)')", "unit_types(f60)"]
    );
    // A parameter may concern any call, and a new function any name.
    assert_eq!(
        ran("f70 = function(a)", "f70 = function(a, e)"),
        ["collected('f70 = function(a, e)')", "collected(f70)", "unit_types(f70)", "all_findings"]
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
    // Another unit stands among those that were, so what is known of all of them is put together anew.
    expected.extend(["all_facts", "all_types", "surroundings"].map(str::to_owned));
    expected.sort();
    check(&ran, &expected.iter().map(String::as_str).collect::<Vec<_>>());
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
        for placed in units(db, file) {
            function_mir(db, &placed.unit);
            seen += 1;
            if seen == 10 {
                token.cancel();
            }
        }
    });
    assert_eq!((ended, seen), (Err(super::Stopped::Cancelled), 10));
    bench.log.lock().expect("no test panics in a query").clear();
    all.iter().for_each(|placed| drop(function_mir(&bench.db, &placed.unit).clone()));
    let made = bench.log.lock().expect("no test panics in a query").iter().filter(|it| it.starts_with("lower")).count();
    assert_eq!(made, all.len() - 10);
}

/// What warnings, imports, modules and searches ask of the database.
fn read_the_rest(bench: &Bench) {
    let (db, file) = (&bench.db, bench.file);
    for placed in units(db, file) {
        unit_checks(db, &placed.unit);
    }
    name_findings(db, file);
    file_symbols(db, file);
    module_imports(db, file);
    module_code(db, file);
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
        let whole = ["file_symbols", "module_code", "module_imports"];
        for query in whole {
            assert!(ran.contains(&query.to_owned()), "{query} has not run: {ran:?}");
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
    assert_eq!(ran("return c * 3", "return c * y"), ["name_findings", "unit_checks(g)"]);
    assert_eq!(ran("//> g(7)", "//> g(8)"), [""; 0], "a marker is no code");
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
    let green = |db: &LiveDb, file: File| Arc::downgrade(&units(db, file)[0].unit);
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
        include_str!("findings.rs"),
        include_str!("modules.rs"),
        include_str!("names.rs"),
        include_str!("outline.rs"),
        include_str!("queries.rs"),
        include_str!("types.rs"),
        include_str!("units.rs"),
    ];
    let mut found = 0;
    for source in sources {
        let queries = source.split("#[salsa::tracked(").skip(1).filter_map(|it| Some(it.split_once("fn ")?.1));
        let made = source.split(".makes(\"").skip(1);
        for query in queries.chain(made) {
            let name: String = query.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            assert!(include_str!("tests.rs").contains(&name), "no test here says when `{name}` runs");
            found += 1;
        }
    }
    assert!(found > 20, "only {found} queries were found");
}
