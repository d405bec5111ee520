//! Lines from a terminal, with history and completion, or from a pipe.
//!
//! `repl.rs` reads through [`Editor`]. Invariants: what is offered exists: keywords, intrinsics, and the variables of the session as
//! they were after the last input; history is kept in the user's state folder and its loss never stops a session.

use super::Failure;
use minilive_jit::engine::session::GlobalName;
use minilive_runtime::intrinsics::IntrinsicId;
use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::DefaultHistory;
use rustyline::validate::Validator;
use rustyline::{CompletionType, Config, Context, Helper};
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

/// Reads lines.
pub struct Editor {
    inner: rustyline::Editor<Names, DefaultHistory>,
    history: Option<PathBuf>,
}

impl Editor {
    /// An editor on standard input.
    pub fn new() -> Result<Editor, Failure> {
        let config = Config::builder()
            .completion_type(CompletionType::List)
            .auto_add_history(false)
            .max_history_size(10_000)?
            .build();
        let mut inner = rustyline::Editor::with_config(config)?;
        inner.set_helper(Some(Names::default()));
        let history = history_file();
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

    /// Takes over the variables of the session.
    pub fn know(&mut self, globals: Vec<GlobalName>) {
        if let Some(names) = self.inner.helper_mut() {
            names.globals = globals;
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
#[derive(Default)]
struct Names {
    globals: Vec<GlobalName>,
}

impl Names {
    /// Names that begin like the word before the cursor, and where that word begins.
    fn matching(&self, line: &str, cursor: usize) -> (usize, Vec<String>) {
        let is_name = |c: char| c == '_' || c.is_alphanumeric();
        let word = line[..cursor]
            .rfind(|c| !is_name(c))
            .map_or(0, |at| at + line[at..].chars().next().map_or(1, char::len_utf8));
        let start = &line[word..cursor];
        let mut found: Vec<String> = match line[..word].strip_suffix('.') {
            Some(owner) => {
                let owner = owner.rsplit(|c| !is_name(c)).next().unwrap_or_default();
                self.members(owner)
            }
            None => {
                let globals = self.globals.iter().map(|global| global.name.clone());
                let intrinsics = IntrinsicId::globals().map(|id| id.def().name.to_owned());
                globals.chain(intrinsics).chain(KEYWORDS.iter().map(|it| (*it).to_owned())).collect()
            }
        };
        found.retain(|name| name.starts_with(start));
        found.sort_unstable();
        found.dedup();
        (word, found)
    }

    fn members(&self, owner: &str) -> Vec<String> {
        match self.globals.iter().find(|global| global.name == owner) {
            Some(global) => global.members.clone(),
            None => {
                let of_owner = IntrinsicId::all().map(IntrinsicId::def).filter(|def| def.member_of == Some(owner));
                of_owner.map(|def| def.name.to_owned()).collect()
            }
        }
    }
}

impl Completer for Names {
    type Candidate = Pair;

    fn complete(&self, line: &str, cursor: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let (start, names) = self.matching(line, cursor);
        Ok((start, names.into_iter().map(|name| Pair { display: name.clone(), replacement: name }).collect()))
    }
}

impl Hinter for Names {
    type Hint = String;
}

impl Highlighter for Names {}

impl Validator for Names {}

impl Helper for Names {}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(line: &str) -> Vec<String> {
        let players = GlobalName {
            name: "players".into(),
            type_name: "list",
            members: vec!["len".into(), "push".into()],
            function: None,
        };
        Names { globals: vec![players] }.matching(line, line.len()).1
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
