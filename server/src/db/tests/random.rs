//! Whatever was edited before, a database says what one says that has seen nothing but the text.
//!
//! Part of `tests`: edits that somebody thought of, and random ones of lines, of names, and of whole statements and functions.

use super::*;

/// Numbers at random, below what is asked for.
pub(super) fn numbers(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed;
    move |below| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % below
    }
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

/// What a statement stores is seen by those behind it as far as they look back, whichever of hundreds it is.
#[test]
fn what_one_of_many_statements_stores_is_seen_where_it_was() {
    let lines: String = (1..200).map(|k| format!("if g == {k} then g = {k}.5\nh{k} = g\n")).collect();
    let mut bench = Bench::new(&format!("g = 0.5\n{lines}"));
    let edits = [
        ("g = 0.5", "g = null"),
        ("g = 3.5", "g = \"a\""),
        ("g = 70.5", "g = []"),
        ("g = 136.5", "g = {}"),
        ("g = 199.5", "g = null"),
        ("g = \"a\"", "g = null"),
        ("if g == 100 then g = 100.5", "g = 100.5"),
        ("g = 140.5", "g = h3"),
    ];
    for (from, to) in edits {
        bench.edit(from, to);
        let fresh = Bench::new(&bench.text);
        assert_eq!(*surroundings(&bench.db, bench.file), *surroundings(&fresh.db, fresh.file), "after {to:?}");
        assert_eq!(said(&bench), said(&fresh), "after {to:?}");
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
    let mut random = numbers(7);
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

/// Edits of expressions in units that stay, which is where facts, types and findings are taken over from before.
#[test]
fn names_that_come_and_go_at_random_leave_nothing_behind() {
    const LINES: [&str; 28] = [
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
        "string.upper = @g",
        "n = x.upper.split(z)",
    ];
    const WORDS: [&str; 20] = [
        "x",
        "y",
        "v",
        "w",
        "d",
        "lib",
        "1",
        "\"t\"",
        "f(1)",
        "@g",
        "locals.v",
        "outer.v",
        "x[0]",
        "m.k",
        "abs",
        "q",
        "locals",
        "x.upper",
        "len(x)",
        "[x].join(y)",
    ];
    let mut random = numbers(11);
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

/// A statement: its first line, and what is inside of it.
#[derive(Clone)]
struct Piece {
    line: &'static str,
    inside: Option<Vec<Piece>>,
}

impl Piece {
    const HEADS: [&str; 10] = [
        "f = function(a)",
        "f = function(a, b)",
        "g = function(v)",
        "h = function",
        "h = function(a)",
        "h = function(a, x)",
        "m.k = function(c)",
        "x = function",
        "for i in range(1, x)",
        "if x then",
    ];

    fn random(random: &mut impl FnMut(usize) -> usize, depth: usize, is_open: bool) -> Piece {
        const LINES: [&str; 25] = [
            "x = 1",
            "x = \"a\"",
            "y = x",
            "print x",
            "print x",
            "print f(1, 2) + y",
            "z = g(x) - v",
            "m = {}",
            "m.k = g(x)",
            "w = m.k(1)",
            "q h(1) + f(2)",
            "outer.v = x",
            "globals.z = f",
            "v = @h",
            "return v",
            "return x + 1",
            "abs = 1",
            "q h(1)",
            "y = [x, f]",
            "print @g",
            "import \"lib\"",
            "import \"x\"",
            "lib.go f",
            "w = locals",
            "print outer.x",
        ];
        if depth < 3 && random(3) == 0 {
            let inside = (0..random(4)).map(|_| Piece::random(random, depth + 1, is_open)).collect();
            return Piece { line: Piece::HEADS[random(Piece::HEADS.len())], inside: Some(inside) };
        }
        // The last few make a whole file open.
        let known = if is_open { LINES.len() } else { LINES.len() - 5 };
        Piece { line: LINES[random(known)], inside: None }
    }

    fn write(&self, depth: usize, text: &mut String) {
        let indent = "  ".repeat(depth);
        *text += &format!("{indent}{}\n", self.line);
        if let Some(inside) = &self.inside {
            inside.iter().for_each(|it| it.write(depth + 1, text));
            let word = self.line.split_whitespace().next().unwrap_or_default();
            let end = if matches!(word, "for" | "if") { word } else { "function" };
            *text += &format!("{indent}end {end}\n");
        }
    }
}

/// A list of statements somewhere in a program.
fn some_list<'p>(all: &'p mut Vec<Piece>, random: &mut impl FnMut(usize) -> usize) -> &'p mut Vec<Piece> {
    let lists = all.iter().filter(|it| it.inside.is_some()).count();
    if lists == 0 || random(2) > 0 {
        return all;
    }
    let chosen = random(lists);
    match all.iter_mut().filter_map(|it| it.inside.as_mut()).nth(chosen) {
        Some(list) => some_list(list, random),
        None => unreachable!("there are so many lists"),
    }
}

/// Puts a statement in, takes one out, doubles or moves one, puts one around others or takes it from around them.
fn edit_pieces(all: &mut Vec<Piece>, random: &mut impl FnMut(usize) -> usize, is_open: bool) {
    let (kind, mut new) = (random(10), Piece::random(random, 0, is_open));
    let list = some_list(all, random);
    let at = random(list.len() + 1);
    let piece = list.get(at).cloned();
    match (kind, piece) {
        (0, Some(piece)) => list.insert(random(list.len()), piece),
        (1, Some(_)) => list[at] = new,
        (2, Some(piece)) => {
            list.remove(at);
            let list = some_list(all, random);
            list.insert(random(list.len() + 1), piece);
        }
        (3, Some(_)) => drop(list.remove(at)),
        (4 | 5, Some(Piece { inside: Some(inside), .. })) => {
            list[at] = Piece { line: Piece::HEADS[random(Piece::HEADS.len())], inside: Some(inside) };
        }
        (6, Some(Piece { inside: Some(inside), .. })) => drop(list.splice(at..=at, inside)),
        (7, Some(_)) if new.inside.is_some() => {
            new.inside = Some(list.drain(at..).take(3).collect());
            list.push(new);
        }
        _ => list.insert(at, new),
    }
}

/// The edit that makes one text of another.
pub(super) fn difference(before: &str, now: &str) -> (TextRange, String) {
    let same = |(a, b): &(char, char)| a == b;
    let start: usize = before.chars().zip(now.chars()).take_while(same).map(|(it, _)| it.len_utf8()).sum();
    let rest = before[start..].chars().rev().zip(now[start..].chars().rev());
    let end: usize = rest.take_while(same).map(|(it, _)| it.len_utf8()).sum();
    let range = TextRange::new((start as u32).into(), ((before.len() - end) as u32).into());
    (range, now[start..now.len() - end].to_owned())
}

/// Whole statements and functions, nested ones too, that come, go, move and change in any order, several between two looks.
#[test]
fn statements_and_functions_at_random_leave_nothing_behind() {
    let (mut kept, mut anew) = (0, 0);
    for seed in 1..=6 {
        let mut random = numbers(seed);
        let mut pieces: Vec<_> = (0..25).map(|_| Piece::random(&mut random, 0, false)).collect();
        let written = |pieces: &[Piece]| {
            let mut text = String::new();
            pieces.iter().for_each(|it| it.write(0, &mut text));
            text
        };
        let mut bench = Bench::new(&written(&pieces));
        read_the_rest(&bench);
        for number in 0..250 {
            for _ in 0..=random(5).saturating_sub(2) {
                edit_pieces(&mut pieces, &mut random, seed % 2 == 0 || number % 50 > 45);
                pieces.truncate(60);
                let (range, to) = difference(&bench.text, &written(&pieces));
                bench.replace(range, &to);
            }
            bench.log.lock().expect("no test panics in a query").clear();
            if random(4) == 0 {
                // Not everybody looks at each state.
                file_facts(&bench.db, bench.file);
                continue;
            }
            let now = said(&bench);
            let ran = std::mem::take(&mut *bench.log.lock().expect("no test panics in a query"));
            let fresh = Bench::new(&bench.text);
            assert_eq!(now, said(&fresh), "edit {number} of {seed} in\n{}", bench.text);
            let found = |bench: &Bench| indexed(&file_facts(&bench.db, bench.file));
            assert_eq!(found(&bench), found(&fresh), "edit {number} of {seed} in\n{}", bench.text);
            let (ours, anothers) = (surroundings(&bench.db, bench.file), surroundings(&fresh.db, fresh.file));
            assert_eq!(*ours, *anothers, "edit {number} of {seed} in\n{}", bench.text);
            for (all, some) in [("all_findings", "findings_of"), ("all_types", "around"), ("all_facts", "file_facts")] {
                anew += usize::from(ran.iter().any(|it| it == all));
                kept += usize::from(ran.iter().any(|it| it == some));
            }
        }
    }
    assert!(kept > 1500 && anew > 30, "both ways were taken: {kept} times from before, {anew} times anew");
}

/// What the indexes of a file's facts find.
fn indexed(facts: &crate::db::FileFacts) -> String {
    let mut referring: Vec<_> = facts.referring().collect();
    referring.sort_unstable();
    let units = (facts.open_units().collect::<Vec<_>>(), facts.decisions().collect::<Vec<_>>());
    let mut through: Vec<_> = facts.units.iter().flat_map(|it| &it.facts.read_through).collect();
    through.sort_unstable();
    through.dedup();
    let through: Vec<_> = through.into_iter().map(|name| facts.readers_through(name).collect::<Vec<_>>()).collect();
    format!("{referring:?} {units:?} {through:?} {}", facts.gives_function())
}
