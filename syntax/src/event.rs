//! What the grammar says while it parses; `builder.rs` makes the tree from it.
//!
//! The grammar knows no tree type. A node may be wrapped after it is complete ([`Completed::precede`] in `parser.rs`): its
//! start event then names the start event of its parent, which stands later in the list.

use crate::kind::SyntaxKind;

/// One step of building the tree.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Event {
    /// A node starts. `parent` is the distance to a later start event that wraps this one, or 0.
    Start { kind: SyntaxKind, parent: u32, loose: bool },
    /// A node ends.
    Finish,
    /// The next word goes into the open node.
    Word,
    /// A start that was given up, or handled already.
    Nothing,
}
