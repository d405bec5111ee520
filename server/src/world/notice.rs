//! What the world tells the client without being asked, as plain data in byte offsets.
//!
//! `lsp` turns each notice into a message, or drops it where the client has no use for it.

use crate::document::DocumentView;
use crate::evaluate::RunId;
use crate::ide;
use crate::recording::EvaluationId;
use std::path::PathBuf;
use std::sync::Arc;

/// Which part of a run's output a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputKind {
    /// A heading.
    Start,
    /// What the program wrote.
    Out,
    /// A run-time error or the like.
    Error,
    /// A closing line.
    End,
}

/// What can be asked again because its content has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refresh {
    /// Inlay hints.
    Hints,
    /// Code lenses.
    Lenses,
    /// Pulled diagnostics.
    Diagnostics,
}

/// One thing to tell.
#[derive(Debug, Clone)]
pub enum Notice {
    /// The diagnostics of a document.
    Diagnostics {
        /// Which document, at which version.
        document: Arc<DocumentView>,
        /// All of them.
        diagnostics: Arc<[ide::Diagnostic]>,
    },
    /// A document was closed: what was shown of it goes.
    Closed {
        /// Which.
        uri: Arc<str>,
    },
    /// A run that a person asked for wrote something.
    Output {
        /// Of which document.
        uri: Arc<str>,
        /// Which run.
        run: RunId,
        /// What of it.
        evaluation: EvaluationId,
        /// Which part.
        kind: OutputKind,
        /// The text.
        text: String,
    },
    /// What the server does as a whole.
    Status(ide::Status),
    /// Tiers and values of a document.
    Live {
        /// Which document, at which version.
        document: Arc<DocumentView>,
        /// Its functions and their tiers.
        tiers: Vec<ide::FunctionTier>,
        /// Its hints.
        hints: Vec<ide::InlayHint>,
    },
    /// Something should be asked again.
    Refresh(Refresh),
    /// The files that the settings name now; changes on disk should be told.
    Profiles(Vec<PathBuf>),
    /// A sentence for the log, or for the person if `show`.
    Message {
        /// Whether to show it to the person.
        show: bool,
        /// The sentence.
        text: String,
    },
}

/// Takes notices; it must not wait.
pub type NoticeSink = Arc<dyn Fn(Notice) + Send + Sync>;
