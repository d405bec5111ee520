//! Formatting changes white space and nothing else: over all specs, generated programs, and both with their white space spoiled.

use minilive::ide::FormatOptions;
use minilive::ide::format::{edits, edits_within};
use minilive::line_index::LineIndex;
use minilive_mir::lower::lower_file;
use minilive_syntax::{SyntaxKind, TextRange, lexer, parse};
use minilive_tests::files::{below, root};
use minilive_tests::random::Random;
use minilive_tests::{generate, spec};
use std::fs;

const STYLES: [FormatOptions; 2] = [FormatOptions { width: 2, tabs: false }, FormatOptions { width: 4, tabs: true }];

fn formatted(text: &str, options: FormatOptions) -> String {
    let mut out = text.to_owned();
    let mut found = edits(&parse(text).syntax(), options);
    assert!(found.windows(2).all(|pair| pair[0].range.end() <= pair[1].range.start()), "edits in order");
    found.reverse();
    for edit in found {
        out.replace_range(std::ops::Range::<usize>::from(edit.range), &edit.text);
    }
    out
}

/// Tokens without white space; a minus is one, however it is spaced.
fn tokens(text: &str) -> Vec<(SyntaxKind, String)> {
    let mut at = 0;
    let mut found = Vec::new();
    for token in lexer::lex(text) {
        let end = at + token.len as usize;
        let kind = if token.kind == SyntaxKind::StrongMinus { SyntaxKind::Minus } else { token.kind };
        if !matches!(kind, SyntaxKind::Whitespace | SyntaxKind::Newline) {
            found.push((kind, text[at..end].trim_end().to_owned()));
        }
        at = end;
    }
    found
}

/// What runs: the code of all units.
fn code(text: &str) -> Vec<String> {
    let (program, diagnostics) = lower_file(&parse(text), "format.ms");
    assert!(diagnostics.is_empty(), "{diagnostics:?} in\n{text}");
    program.units.iter().map(|unit| format!("{:?} {:?}", unit.key, unit.fingerprint)).collect()
}

#[track_caller]
fn check(text: &str) {
    if !parse(text).errors.is_empty() || !lower_file(&parse(text), "format.ms").1.is_empty() {
        return;
    }
    for options in STYLES {
        let once = formatted(text, options);
        assert_eq!(tokens(&once), tokens(text), "other tokens:\n{text}\n--- became\n{once}");
        assert!(parse(&once).errors.is_empty(), "errors:\n{text}\n--- became\n{once}\n{:?}", parse(&once).errors);
        assert_eq!(code(&once), code(text), "other code:\n{text}\n--- became\n{once}");
        assert_eq!(formatted(&once, options), once, "twice is not once:\n{text}\n--- became\n{once}");
        for line in once.lines() {
            assert!(line.trim_end() == line || line.contains('"'), "blanks at the end of {line:?}");
        }
    }
}

/// Other white space where that means nothing: more blanks between tokens, other indents, blanks before line ends.
fn spoiled(text: &str, random: &mut Random) -> String {
    let (mut out, mut at) = (String::new(), 0);
    for token in lexer::lex(text) {
        let piece = &text[at..at + token.len as usize];
        at += piece.len();
        match token.kind {
            SyntaxKind::Whitespace if !piece.contains('\u{feff}') => out += &" ".repeat(1 + random.below(5)),
            SyntaxKind::Newline => {
                out += &" ".repeat(random.below(3));
                out += piece;
                out += &piece.repeat(random.below(2));
            }
            _ => out += piece,
        }
    }
    out
}

/// A range is formatted: tokens stay, so do lines outside of it, and doing it again changes nothing.
fn check_range(text: &str, random: &mut Random) {
    if !parse(text).errors.is_empty() {
        return;
    }
    let lines = |text: &str| text.split_inclusive('\n').map(str::to_owned).collect::<Vec<_>>();
    let before = lines(text);
    for options in STYLES {
        let (first, count) = (random.below(before.len()), 1 + random.below(4));
        let count = count.min(before.len() - first);
        let last = first + count - 1;
        let once = range_formatted(text, options, [first, last]);
        assert_eq!(tokens(&once), tokens(text), "other tokens:\n{text}\n--- became\n{once}");
        let after = lines(&once);
        assert_eq!(after[..first], before[..first], "lines before {first} of\n{text}");
        let behind = before.len() - last - 1;
        assert_eq!(after[after.len() - behind..], before[last + 1..], "lines behind {last} of\n{text}");
        let again = range_formatted(&once, options, [first, after.len() - behind - 1]);
        assert_eq!(again, once, "twice is not once: lines {first} to {last} of\n{text}");
    }
}

/// Two lines and what lies between them, formatted as an editor asks for it.
fn range_formatted(text: &str, options: FormatOptions, [first, last]: [usize; 2]) -> String {
    let index = LineIndex::new(text);
    let range = TextRange::new(index.line_start(first as u32), index.line_range(last as u32, text).end());
    let mut out = text.to_owned();
    for edit in edits_within(&parse(text).syntax(), options, (text, &index), range).into_iter().rev() {
        out.replace_range(std::ops::Range::<usize>::from(edit.range), &edit.text);
    }
    out
}

#[test]
fn a_selection_of_whole_lines_does_not_touch_the_line_at_whose_start_it_ends() {
    let text = "x=1\ny=2\nz=3\n";
    let index = LineIndex::new(text);
    let touched = |end: u32| {
        let range = TextRange::new(index.line_start(1), index.line_start(end));
        edits_within(&parse(text).syntax(), STYLES[0], (text, &index), range).len()
    };
    assert_eq!((touched(1), touched(2), touched(3)), (2, 2, 4), "two blanks a line");
}

#[test]
fn specs_keep_their_meaning() {
    let mut random = Random::new(3);
    let mut seen = 0;
    for path in below(&root().join("tests/spec"), "md") {
        let text = fs::read_to_string(&path).expect("specs are UTF-8");
        for case in spec::read(&path, &text).unwrap_or_else(|error| panic!("{error}")) {
            check(&case.program);
            let spoiled = spoiled(&case.program, &mut random);
            check(&spoiled);
            check_range(&spoiled, &mut random);
            seen += 1;
        }
    }
    assert!(seen > 200, "only {seen} specs");
}

#[test]
fn generated_programs_keep_their_meaning() {
    let mut random = Random::new(4);
    for seed in 0..150 {
        let program = generate::program(seed);
        check(&program);
        let spoiled = spoiled(&program, &mut random);
        check(&spoiled);
        check_range(&spoiled, &mut random);
    }
}

#[test]
fn a_comment_at_the_end_of_a_literal_belongs_to_what_is_in_it() {
    let text = "x = {\n  \"a\": 1,\n// last\n}\nf [\n  1, // one\n      // two\n]\n";
    let expected = "x = {\n  \"a\": 1,\n  // last\n}\nf [\n  1, // one\n  // two\n]\n";
    assert_eq!(formatted(text, FormatOptions { width: 2, tabs: false }), expected);
}

#[test]
fn comments_in_one_column_stay_in_one() {
    let options = FormatOptions { width: 2, tabs: false };
    for (text, expected) in [
        ("x=1      // a\nlong = 2 // b\n", "x = 1    // a\nlong = 2 // b\n"),
        ("x=1+2*3 // a\ny=2     // b\n", "x = 1 + 2 * 3 // a\ny = 2         // b\n"),
        ("x   =   1  // a\nyy  =  22  // b\n", "x = 1    // a\nyy = 22  // b\n"),
        ("if a then // a\ny=1       // b\nend if    // c\n", "if a then // a\n  y = 1   // b\nend if    // c\n"),
        // They stood in no column, or in that of another line.
        ("x=1   // a\nlong=2 // b\n", "x = 1   // a\nlong = 2 // b\n"),
        ("x=1  // a\n\ny = 2  // b\nz=3    // c\n", "x = 1  // a\n\ny = 2  // b\nz = 3  // c\n"),
    ] {
        assert_eq!(formatted(text, options), expected, "{text}");
        assert_eq!(formatted(expected, options), expected);
    }
    // A tab is spaces from the first time on, since a line in whose column it came to stand would make it so the second time.
    let tabs = "     x = 1         // c\nf = function\t// tab\n  end function\n";
    let once = formatted(tabs, options);
    assert!(!once.contains('\t'), "{once:?}");
    assert_eq!(formatted(&once, options), once);
}

#[test]
fn the_style() {
    let style = |text: &str| formatted(text, STYLES[0]);
    let cases = [
        ("x=1+2*3", "x = 1 + 2 * 3\n"),
        ("print   x ,y", "print x, y\n"),
        ("f (1)", "f (1)\n"),
        ("x = f (1)", "x = f(1)\n"),
        ("f -x", "f -x\n"),
        ("x = a -b", "x = a - b\n"),
        ("x = -a", "x = -a\n"),
        ("x=[ 1,2 , 3 ]", "x = [1, 2, 3]\n"),
        ("m={ \"a\" :1,\"b\":[ ]}", "m = {\"a\": 1, \"b\": []}\n"),
        ("print m [\"a\"]", "print m [\"a\"]\n"),
        ("y = x[ 1 : -1 ]", "y = x[1:-1]\n"),
        ("f = function( a , b = 2 )\nreturn a\nend  function", "f = function(a, b=2)\n  return a\nend function\n"),
        (
            "if x then\ny=1\nelse if z then\ny=2\nelse\ny=3\nend if",
            "if x then\n  y = 1\nelse if z then\n  y = 2\nelse\n  y = 3\nend if\n",
        ),
        ("while 1 ;break; end while", "while 1; break; end while\n"),
        ("x = [\n1,\n[2,\n3],\n]", "x = [\n  1,\n  [2,\n    3],\n]\n"),
        ("x = 1 +\n2", "x = 1 +\n  2\n"),
        ("if a and\nb then\nc\nelse\nd\nend if", "if a and\n  b then\n  c\nelse\n  d\nend if\n"),
        (
            "while 1\nif f([\n1]) then\nc\nend if\nend while",
            "while 1\n  if f([\n    1]) then\n    c\n  end if\nend while\n",
        ),
        ("f(function(a)\nprint a\nend function)", "f(function(a)\n  print a\nend function)\n"),
        ("\n\n\nx = 1\n\n\n\n\ny = 2  \n\n", "x = 1\n\n\ny = 2\n"),
        ("if 1 then\n// a\nx = 1\n// b\nend if\n// c", "if 1 then\n  // a\n  x = 1\n  // b\nend if\n// c\n"),
        ("x = 1    // aligned", "x = 1    // aligned\n"),
        ("x = 1// close", "x = 1 // close\n"),
        ("x=1\r\ny=2\r\n", "x = 1\r\ny = 2\r\n"),
        ("if a then b else c", "if a then b else c\n"),
        ("print @f , new  A", "print @f, new A\n"),
        ("", ""),
    ];
    for (text, expected) in cases {
        assert_eq!(style(text), expected, "{text}");
    }
    assert_eq!(
        formatted("if 1 then\nif 2 then\nx\nend if\nend if", STYLES[1]),
        "if 1 then\n\tif 2 then\n\t\tx\n\tend if\nend if\n"
    );
}
