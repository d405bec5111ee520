//! What mutations start from: the project's specs, goldens and recorded sessions, and a dictionary for each kind of text.
//!
//! Made once per fuzzer. Invariant: equal files give an equal corpus in an equal order, so that inputs can be made again.

use super::Target;
use super::mutate::mutate;
use crate::files::{below, root};
use crate::random::Random;
use crate::{generate, spec};
use minilive_mir::print::print_units;
use std::path::PathBuf;

/// Texts of one kind with their dictionary.
pub(super) struct Corpus {
    /// Programs, for the LSP target's documents, or MIR.
    pub(super) texts: Vec<Vec<u8>>,
    /// Recorded sessions: messages in order.
    pub(super) sessions: Vec<Vec<serde_json::Value>>,
    pub(super) dictionary: &'static [&'static str],
}

impl Corpus {
    /// The corpus of a target.
    pub(super) fn of(target: Target) -> Corpus {
        let (texts, dictionary) = match target {
            Target::Mir => (mir(), MIR_WORDS),
            Target::Lsp => (harmless(programs()), WORDS),
            Target::Parser | Target::Reparse => (programs(), WORDS),
        };
        let sessions = if target == Target::Lsp { sessions() } else { Vec::new() };
        Corpus { texts, sessions, dictionary }
    }

    /// One of the texts.
    pub(super) fn any(&self, random: &mut Random) -> &[u8] {
        &self.texts[random.below(self.texts.len())]
    }

    /// One of the texts after some mutations.
    pub(super) fn mutated(&self, random: &mut Random) -> Vec<u8> {
        let (text, other) = (self.any(random), self.any(random));
        mutate(random, text, other, self.dictionary)
    }
}

fn read(path: PathBuf) -> String {
    std::fs::read_to_string(path).expect("the project's own texts are UTF-8")
}

/// Specs, goldens and some generated programs.
fn programs() -> Vec<Vec<u8>> {
    let cases = below(&root().join("tests/spec"), "md").into_iter().flat_map(|path| {
        let text = read(path.clone());
        spec::read(&path, &text).expect("specs are well formed")
    });
    let mut found: Vec<Vec<u8>> = cases.map(|case| case.program.into_bytes()).collect();
    for folder in ["tests/parser", "tests/mir"] {
        found.extend(below(&root().join(folder), "ms").into_iter().map(|path| read(path).into_bytes()));
    }
    found.extend((1..=20).map(|seed| generate::program(seed).into_bytes()));
    found
}

/// Those that want nothing of the machine they run on.
fn harmless(programs: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let wants = ["file", "exec", "import", "env", "wait"];
    let asks = |program: &[u8]| {
        let text = String::from_utf8_lossy(program);
        wants.iter().any(|word| text.contains(word))
    };
    programs.into_iter().filter(|program| !asks(program)).collect()
}

/// The goldens, and what the programs lower to.
fn mir() -> Vec<Vec<u8>> {
    let mut found: Vec<Vec<u8>> =
        below(&root().join("tests/mir"), "mir").into_iter().map(|path| read(path).into_bytes()).collect();
    for program in programs() {
        let text = String::from_utf8_lossy(&program);
        let (program, _) = minilive_mir::lower::lower_file(&minilive_syntax::parse(&text), "corpus.ms");
        let units = program.units.iter().filter_map(|unit| Some((unit.key, unit.mir.as_deref()?)));
        found.push(print_units(units).into_bytes());
    }
    found.retain(|text| text.len() < 40_000);
    found
}

/// One message a line.
fn sessions() -> Vec<Vec<serde_json::Value>> {
    let message = |line: &str| serde_json::from_str(line).expect("recorded sessions are JSON, one message a line");
    let paths = below(&root().join("tests/sessions"), "jsonl");
    let found: Vec<Vec<_>> = paths.into_iter().map(|path| read(path).lines().map(message).collect()).collect();
    assert!(!found.is_empty(), "tests/sessions holds recorded sessions");
    found
}

/// Pieces of programs.
pub(super) const WORDS: &[&str] = &[
    "x",
    "y.z",
    "f(1)",
    "a[0]",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    ";",
    "\t",
    "1",
    "2.5",
    "\"s\"",
    "\"",
    "\"\"",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    ".",
    "@",
    "+",
    "-",
    " -",
    "- ",
    "*",
    "/",
    "%",
    "^",
    "==",
    "!=",
    "<",
    ">=",
    "=",
    " = ",
    "+=",
    "^=",
    "and ",
    " or ",
    "not ",
    " isa ",
    "new ",
    "while ",
    "for i in ",
    "if ",
    " then",
    " then\n",
    "else",
    "else if ",
    "\nelse\n",
    "break",
    "continue\n",
    "function",
    "function(a)\n",
    "return ",
    "end ",
    "\nend if\n",
    "end while\n",
    "\nend for",
    "\nend function\n",
    "end",
    "self",
    "super",
    "locals",
    "outer",
    "globals",
    "null",
    "true",
    "// c",
    "//> x",
    "//@ example: f(1)\n",
    "//? ",
    "//= 3",
    "// minilive: off\n",
    "// \"",
    "\u{FEFF}",
    "é",
    "𝄞",
    "\u{A0}",
    "\u{2028}",
    "\0",
    "'",
    "#",
    "\\",
    "print ",
    "print 1\n",
    "range(1, 9)",
    "[1:2]",
    "[:]",
    "a.b.c",
    "x = x + 1\n",
    "locals.x = ",
    "m[\"k\"]",
];

/// Pieces of MIR.
const MIR_WORDS: &[&str] = &[
    "unit 0000000000000001\n",
    "unit ffffffffffffffff\n",
    "statement\n",
    "function\n",
    "module\n",
    "expression\n",
    "  names x, y\n",
    "  consts null, 1, \"s\"\n",
    "  children 0000000000000002\n",
    "  params x = null\n",
    "  self r0\n",
    "  super r1\n",
    "  locals x r0\n",
    "  env [x, y]\n",
    "  note \"n\"\n",
    "  regs 3\n",
    "  regs 4294967295\n",
    "b0:\n",
    "b1: loop\n",
    "b2:\n",
    "b0",
    "b1",
    "b99",
    "r0",
    "r1",
    "r2",
    "r65535",
    "r4294967295",
    "$0",
    "$1",
    "$9",
    "f0",
    "f7",
    "r0..=r2",
    "r4294967294..=r4294967295",
    "()",
    "[]",
    "{}",
    ",",
    ":",
    "=",
    ".",
    "!",
    ";",
    "\n",
    " ",
    "\"",
    "\\u{41}",
    "\\",
    "..=",
    " : number",
    " : any",
    " : list",
    " !assign r0",
    " !probe r1",
    " this r0",
    ".deferred",
    "  r0 = const 1\n",
    "  r0 = const null\n",
    "  r0 = move r1\n",
    "  r1 = load_local r0 x\n",
    "  r1 = load_env $0\n",
    "  store_env $0 = r0\n",
    "  r0 = load_free x\n",
    "  store_global x = r0\n",
    "  r0 = load_self\n",
    "  r0 = auto_call r0\n",
    "  r0 = add r0, r1\n",
    "  r0 = and r0, r1\n",
    "  r0 = get_member r0.x\n",
    "  r0 = get_index r0[r1]\n",
    "  set_index r0[r1] = r2\n",
    "  r0 = slice r0[r1:r2]\n",
    "  r0 = call r0()\n",
    "  r0 = call r0(r1..=r2)\n",
    "  r0 = call_method r0.x(r1)\n",
    "  r0 = make_list [r0..=r1]\n",
    "  append_list r0 [r1]\n",
    "  r0 = make_map {r0..=r1}\n",
    "  r0 = make_function f0\n",
    "  r0, r1 = iter_init r2\n",
    "  check_uncaught r0\n",
    "  unsupported \"s\"\n",
    "  jump b1\n",
    "  branch r0 then b1 else b2\n",
    "  r0 = and_test r1 rhs b1 done b2\n",
    "  r2 = iter_next r0, r1 body b1 done b2\n",
    "  return r0\n",
    "  end\n",
    "nan(1)",
    "nan(7ff8000000000000)",
    "inf",
    "-inf",
    "-0",
    "1e400",
    "[",
    "{1: ",
    "[1, [2, {\"k\": null}]]",
];
