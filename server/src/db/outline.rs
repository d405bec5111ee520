//! What is known of files that nobody has open: a glance over each, instead of its tree.
//!
//! `world` makes an [`Outline`] when it reads a file from disk; searches through the whole workspace read it, and the tree is made again
//! only when somebody looks into the file. Invariants: an outline says what the tree would say; trees of files that are not open, and what
//! hangs on them, are forgotten after a few others.
#![allow(missing_docs, reason = "salsa's macros make methods without docs; what is written here has them")]

use super::{Db, File};
use crate::modules::{ConstantImport, IMPORT, constant_imports};
use minilive_syntax::ast::{AstNode, Expr, Stmt, Suffix};
use minilive_syntax::{Parse, TextRange};
use rustc_hash::FxHashSet;
use smol_str::SmolStr;
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
}

impl Outline {
    /// The outline of a text with that tree.
    pub fn of(text: &str, parse: &Parse) -> Outline {
        let imports = if may_import(text) { constant_imports(&parse.syntax()) } else { Vec::new() };
        Outline { symbols: symbols(parse), imports: imports.into() }
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

/// A symbol of a file for those who look through many files: a global, or a function that is a member of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSymbol {
    /// Its name.
    pub name: SmolStr,
    /// The map whose member it is.
    pub container: Option<SmolStr>,
    /// Where its name stands.
    pub range: TextRange,
    /// It is a function.
    pub is_function: bool,
}

/// The symbols at the top level of a file. From its tree alone, since a search goes through files that nobody has opened.
#[salsa::tracked(no_eq, returns(clone))]
pub fn file_symbols(db: &dyn Db, file: File) -> Arc<[FileSymbol]> {
    match file.tree(db) {
        Tree::Kept(parse) => symbols(&parse),
        Tree::Outlined(outline) => outline.symbols.clone(),
    }
}

fn symbols(parse: &Parse) -> Arc<[FileSymbol]> {
    let (mut found, mut seen) = (Vec::new(), FxHashSet::default());
    for statement in parse.root().statements() {
        let Stmt::Assign(assign) = statement else { continue };
        let is_function = matches!(assign.value(), Some(Expr::Function(_)));
        let Some(symbol) = assign.target().and_then(|target| symbol(&target, is_function)) else { continue };
        if seen.insert((symbol.container.clone(), symbol.name.clone())) {
            found.push(symbol);
        }
    }
    found.into()
}

fn symbol(target: &Expr, is_function: bool) -> Option<FileSymbol> {
    match target {
        Expr::Name(name) => {
            let token = name.name_token()?;
            Some(FileSymbol { name: token.text().into(), container: None, range: token.text_range(), is_function })
        }
        Expr::Postfix(chain) if is_function => {
            let Suffix::Member(member) = chain.suffixes().last()? else { return None };
            let token = member.name_token()?;
            let dot = member.range().start() - chain.range().start();
            let owner = chain.syntax().text().to_string();
            let container = owner.get(..usize::from(dot)).map(|owner| owner.trim().into());
            Some(FileSymbol { name: token.text().into(), container, range: token.text_range(), is_function })
        }
        _ => None,
    }
}
