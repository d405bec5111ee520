//! Lines from a terminal, with history and completion, or from a pipe.
//!
//! `repl.rs` reads through [`Editor`]; what stands before the cursor is understood by `repl/complete.rs`. Invariants: what is offered
//! exists: keywords, intrinsics, and what is in the session's variables now; history is kept in the user's state folder and its loss
//! never stops a session.

use super::Failure;
use super::complete::{Asked, asked};
use minilive_jit::engine::members::{Path, Root};
use minilive_jit::engine::session::Session;
use minilive_runtime::intrinsics::IntrinsicId;
use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::DefaultHistory;
use rustyline::validate::Validator;
use rustyline::{CompletionType, Config, Context, Helper};
use std::cell::RefCell;
use std::io::IsTerminal;
use std::path::PathBuf;

/// Words of the language that begin or join something.
pub const KEYWORDS: &[&str] = &[
    "and", "or", "not", "while", "for", "in", "if", "then", "else", "break", "continue", "function", "return", "end",
    "new", "isa", "self", "super", "locals", "outer", "globals", "true", "false", "null",
];

/// What was read.
pub enum Line {
    /// A line.
    Text(String),
    /// The interrupt key: what was entered so far is dropped.
    Interrupted,
    /// There is no more.
    End,
}

/// Tells what there is to complete.
pub trait Known {
    /// The names of all variables.
    fn variables(&self) -> Vec<String>;
    /// What can stand behind a dot after this.
    fn members(&self, path: &Path) -> Vec<String>;
}

impl Known for RefCell<&mut Session<'_>> {
    fn variables(&self) -> Vec<String> {
        self.try_borrow_mut().map(|mut session| session.global_names()).unwrap_or_default()
    }

    fn members(&self, path: &Path) -> Vec<String> {
        self.try_borrow_mut().map(|mut session| session.members_at(path)).unwrap_or_default()
    }
}

/// Reads lines.
pub struct Editor<'a> {
    inner: rustyline::Editor<Names<'a>, DefaultHistory>,
    history: Option<PathBuf>,
}

impl<'a> Editor<'a> {
    /// An editor on standard input.
    pub fn new(known: &'a dyn Known) -> Result<Editor<'a>, Failure> {
        let config = Config::builder()
            .completion_type(CompletionType::List)
            .auto_add_history(false)
            .max_history_size(10_000)?
            .build();
        let mut inner = rustyline::Editor::with_config(config)?;
        inner.set_helper(Some(Names(known)));
        // What a script pipes in is nothing that its user typed.
        let history = if std::io::stdin().is_terminal() { history_file() } else { None };
        if let Some(file) = &history {
            // The first session has none yet.
            let _ = inner.load_history(file);
        }
        Ok(Editor { inner, history })
    }

    /// The next line; `goes_on` if an input is open.
    pub fn read(&mut self, goes_on: bool) -> Result<Line, Failure> {
        match self.inner.readline(if goes_on { "... " } else { "> " }) {
            Ok(line) => Ok(Line::Text(line)),
            Err(ReadlineError::Interrupted) => Ok(Line::Interrupted),
            Err(ReadlineError::Eof) => Ok(Line::End),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps an input in the history.
    pub fn remember(&mut self, input: &str) {
        // A history that cannot be kept is no reason to stop.
        let _ = self.inner.add_history_entry(input);
        if let Some(file) = &self.history {
            let _ = self.inner.append_history(file);
        }
    }
}

/// Where inputs are kept from one session to the next.
fn history_file() -> Option<PathBuf> {
    let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from);
    let state = state.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".local/state")))?;
    let folder = state.join("minilive");
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder.join("history"))
}

/// The names that can be completed.
struct Names<'a>(&'a dyn Known);

impl Names<'_> {
    /// Names that begin like the word before the cursor, and where that word begins.
    fn matching(&self, line: &str, cursor: usize) -> (usize, Vec<String>) {
        let (asked, word) = asked(&line[..cursor]);
        let mut found: Vec<String> = match asked {
            Asked::Name => {
                let intrinsics = IntrinsicId::globals().map(|id| id.def().name.to_owned());
                let keywords = KEYWORDS.iter().map(|it| (*it).to_owned());
                self.0.variables().into_iter().chain(intrinsics).chain(keywords).collect()
            }
            Asked::Member(path) => self.members(&path),
            Asked::Nothing => Vec::new(),
        };
        found.retain(|name| name.starts_with(&line[word..cursor]));
        found.sort_unstable();
        found.dedup();
        (word, found)
    }

    fn members(&self, path: &Path) -> Vec<String> {
        let found = self.0.members(path);
        match &path.root {
            Root::Variable(owner) if found.is_empty() && path.steps.is_empty() => {
                let of_owner = IntrinsicId::all().map(IntrinsicId::def).filter(|def| def.member_of == Some(owner));
                of_owner.map(|def| def.name.to_owned()).collect()
            }
            _ => found,
        }
    }
}

impl Completer for Names<'_> {
    type Candidate = Pair;

    fn complete(&self, line: &str, cursor: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let (start, names) = self.matching(line, cursor);
        Ok((start, names.into_iter().map(|name| Pair { display: name.clone(), replacement: name }).collect()))
    }
}

impl Hinter for Names<'_> {
    type Hint = String;
}

impl Highlighter for Names<'_> {}

impl Validator for Names<'_> {}

impl Helper for Names<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    /// One variable, a list.
    struct Players;

    impl Known for Players {
        fn variables(&self) -> Vec<String> {
            vec!["players".into()]
        }

        fn members(&self, path: &Path) -> Vec<String> {
            let known = path.root == Root::Variable("players".into()) && path.steps.is_empty();
            if known { vec!["len".into(), "push".into()] } else { Vec::new() }
        }
    }

    fn offered(line: &str) -> Vec<String> {
        Names(&Players).matching(line, line.len()).1
    }

    #[test]
    fn names_are_completed_from_what_exists() {
        assert_eq!(offered("x = pla"), ["players"]);
        assert_eq!(offered("players.p"), ["push"]);
        assert_eq!(offered("print file.read"), ["readLines"]);
        assert_eq!(offered("contin"), ["continue"]);
        assert!(offered("ra").contains(&"range".to_owned()));
        assert!(offered("nothing.l").is_empty());
    }
}
