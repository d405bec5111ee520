//! The editor features: each a pure function from a snapshot of the database (and the running state) to plain data.
//!
//! `world` runs them on reader threads, `lsp` and the command line turn the results into messages and text.
//! Invariants: places are byte offsets; no feature waits for a run, takes a lock or knows the protocol; what is shown of a
//! run is either derived from its recording and still fresh, or marked as stale.

mod actions;
mod calls;
pub mod checks;
mod code_hints;
pub mod completion;
mod describe;
mod diagnostics;
mod family;
mod folding;
pub mod format;
pub use crate::guide;
mod heirs;
mod hierarchy;
mod hosts;
mod hover;
mod importers;
mod infer;
mod inlay_hints;
mod keywords;
mod lenses;
mod linked;
mod live;
mod meetings;
mod names;
mod narrow;
mod navigation;
mod related;
mod rename;
mod rename_file;
mod seen;
mod selection;
mod semantic;
mod shared;
mod signature;
mod sweep;
mod symbols;
#[cfg(test)]
mod tests;
mod tiers;
mod tokens;
mod types;
mod values;
mod wholes;

pub use actions::{Action, ActionKind, Edit, actions, source_actions};
pub use calls::{Call, CallItem, call_items, incoming_calls, outgoing_calls};
pub use code_hints::{CodeHint, CodeHintKind, code_hints};
pub use diagnostics::{
    Diagnostic, Severity, diagnostics, first_error, import_diagnostics, levelled, silenced, text_errors,
};
pub use folding::{Fold, FoldKind, folds};
pub use format::{FormatEdit, FormatOptions, format, format_on_type};
pub use hierarchy::{TypeItem, subtypes, supertypes, type_items};
pub use hover::{Hover, hover};
pub use inlay_hints::{HintKind, InlayHint, inlay_hints};
pub use lenses::{Lens, LensAction, lenses};
pub use linked::linked;
pub use live::{AskedRun, EndedRun, EvaluationState, Live, Phase, StaleLine, Status, StatusState, Stop, TierState};
pub use names::Found;
pub use navigation::{
    Highlight, HighlightKind, Link, Location, WorkspaceSymbol, definition, highlights, implementation, links,
    references, type_definition, workspace_symbols,
};
pub use related::{Elsewhere, Related};
pub use rename::{Doubt, Renamed, Why, prepare_rename, rename};
pub use rename_file::{MovedFiles, rename_files};
pub use selection::selection;
pub use semantic::{MODIFIERS, SemanticToken, TokenKind, Tokens, semantic_tokens, semantic_tokens_within};
pub use signature::{Signature, Signatures, signatures};
pub use sweep::{Closed, Memory, Sweep, sweep};
pub use symbols::{Symbol, SymbolKind, symbols};
pub use tiers::{FunctionTier, function_tiers};
pub use values::{LineValue, ValueSource, line_values};
