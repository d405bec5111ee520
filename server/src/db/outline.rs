//! What is known of files that nobody has open: a glance over each, instead of its tree.
//!
//! `world` makes an [`Outline`] when it reads a file from disk; searches through the whole workspace read it, and the tree is made again
//! only when somebody looks into the file. Invariants: an outline says what the tree would say; trees of files that are not open, and what
//! hangs on them, are forgotten after a few others.
#![allow(missing_docs, reason = "salsa's macros make methods without docs; what is written here has them")]

use super::symbols::{FileSymbol, symbols};
use super::wanted::while_wanted;
use super::{Db, File};
use crate::modules::{ConstantImport, IMPORT, constant_imports, hides_imports, works_out_imports};
use minilive_syntax::Parse;
use std::sync::Arc;

/// The tree of a file, or what stands for it.
#[derive(Debug, Clone)]
pub enum Tree {
    /// Of an open document, which edits keep up to date.
    Kept(Arc<Parse>),
    /// Of a file that is not open.
    Outlined(Arc<Outline>),
}

/// A file at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outline {
    /// What [`file_symbols`] gives.
    pub symbols: Arc<[FileSymbol]>,
    /// Its `import`s.
    pub imports: Arc<[ConstantImport]>,
    /// It imports something by a name that is worked out.
    pub works_out_imports: bool,
    /// It may call a function that imports by another name.
    pub hides_imports: bool,
}

impl Outline {
    /// The outline of a text with that tree.
    pub fn of(text: &str, parse: &Parse) -> Outline {
        let root = may_import(text).then(|| parse.syntax());
        let imports = root.as_ref().map(constant_imports).unwrap_or_default();
        let works_out_imports = root.as_ref().is_some_and(works_out_imports);
        let hides_imports = root.as_ref().is_some_and(|root| hides_imports(text, root));
        Outline {
            symbols: symbols(parse.root().statements()).into(),
            imports: imports.into(),
            works_out_imports,
            hides_imports,
        }
    }
}

/// Most files import nothing, and a search through the text costs less than a walk over its statements.
pub fn may_import(text: &str) -> bool {
    text.contains(IMPORT)
}

impl File {
    /// The tree and the syntax errors of the text.
    pub fn parse(self, db: &dyn Db) -> Arc<Parse> {
        match self.tree(db) {
            Tree::Kept(parse) => parse,
            Tree::Outlined(_) => parsed(db, self),
        }
    }
}

/// The tree of a file that is not open. A query, so that several looks into the file in a row make it once.
#[salsa::tracked(no_eq, returns(clone), lru = 32)]
fn parsed(db: &dyn Db, file: File) -> Arc<Parse> {
    Arc::new(minilive_syntax::parse(&file.text(db)))
}

/// The symbols of a file. From its tree alone, since a search goes through files that nobody has opened.
#[salsa::tracked(no_eq, returns(clone))]
pub fn file_symbols(db: &dyn Db, file: File) -> Arc<[FileSymbol]> {
    match file.tree(db) {
        Tree::Kept(parse) => symbols(while_wanted(db, parse.root().statements())).into(),
        Tree::Outlined(outline) => outline.symbols.clone(),
    }
}
