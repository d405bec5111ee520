//! The inputs of the database: what comes from outside and is derived from nothing.
//!
//! `world` sets them; queries read them. Invariants: `text` and `tree` of a file are set together and `tree` is what a
//! fresh parse of `text` would give; a recording enters when its run has ended, running state never does.
#![allow(missing_docs, reason = "salsa's macros make methods without docs; what is written here has them")]

use super::kept::Kept;
use super::outline::Tree;
use crate::recording::Recorded;
use rustc_hash::FxHashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One file. Inputs are never freed, so the world keeps the input of a closed file and uses it again.
#[salsa::input(debug)]
pub struct File {
    /// The client's name for it.
    #[returns(deref)]
    pub path: String,
    /// The text.
    #[returns(clone)]
    pub text: Arc<str>,
    /// The tree of the text, or what stands for it: [`File::parse`] gives the tree.
    #[returns(clone)]
    pub tree: Tree,
    /// What its runs saw. An input of its own, so that a new recording touches nothing that depends on the text.
    #[returns(copy)]
    pub recordings: Recordings,
    /// What queries keep from one edit to the next. It never changes, and no answer depends on what is in it.
    #[returns(ref)]
    pub(super) kept: Arc<Kept>,
}

/// The finished evaluations of one file, the newest of each.
#[salsa::input(debug)]
pub struct Recordings {
    /// In no particular order.
    #[returns(clone)]
    pub list: Arc<Vec<Recorded>>,
}

/// All files of the workspace: open documents, and files on disk that are in its folders.
#[salsa::input(singleton)]
pub struct FileSet {
    /// Each once, in no particular order.
    #[returns(clone)]
    pub files: Arc<Vec<File>>,
    /// Open documents by path, where they have one.
    #[returns(clone)]
    pub open: Arc<FilesByPath>,
    /// Those of the files that are open.
    #[returns(clone)]
    pub opened: Arc<Vec<File>>,
    /// Those that are not.
    #[returns(clone)]
    pub closed: Arc<Vec<File>>,
    /// The folders of the workspace.
    #[returns(clone)]
    pub roots: Arc<Vec<PathBuf>>,
    /// What is on disk by path, also where a document is open: so opening one leaves it alone.
    #[returns(clone)]
    pub on_disk: Arc<FilesByPath>,
}

/// Files of the workspace by path.
pub type FilesByPath = FxHashMap<Arc<Path>, File>;
