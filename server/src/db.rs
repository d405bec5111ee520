//! The salsa database: what is derived from the open texts and from finished recordings, and stays valid over edits.
//!
//! `world` is its only writer; `ide` and `evaluate` read it through snapshots. salsa is imported here and nowhere else.
//! Invariants: a snapshot lives inside one job and never waits for anything; readers reach queries only below [`catch`],
//! the one place where a cancelled revision is noticed. The tests to read first are those of `db/tests.rs`.

mod align;
mod by_name;
mod cut;
mod findings;
mod ids;
mod importers;
mod input;
mod kept;
mod lacking;
mod layout;
mod loading;
mod modules;
mod names;
mod outline;
mod pieces;
mod plain;
mod queries;
mod skeleton;
mod summary;
mod symbols;
#[cfg(test)]
mod tests;
mod told;
mod types;
mod units;
mod wanted;

pub use findings::referred::{ReferredCall, calls_by_reference};
pub use findings::{NameFinding, NameProblem, gets_globals_out_of_sight, is_plain, makes_its_maps, name_findings};
pub use importers::{
    all_importers, direct_importers, importers_by_name, importers_out_of_sight, imports_of_outside,
    may_import_out_of_sight, module_name, places_in_programs, program_folders, sets_search_path,
};
use input::FileSet;
pub use input::{File, FilesByPath, Recordings};
pub use lacking::lacking_members;
pub use layout::{Code, CodeEntry, Layout, LayoutUnit, MarkerItem, MarkerOptions, MarkerUse, Places};
pub use modules::{
    Known, KnownFiles, Located, ModuleCode, Paths, likely_module, locate, module_code, module_imports, module_print,
    module_trouble, unknown_lookups,
};
pub use names::{Binding, FactsUnit, FileFacts, binding, file_facts};
use outline::Tree;
pub use outline::{Outline, file_symbols, may_import};
pub use pieces::{FileUnits, PlacedUnit};
pub use plain::only_defines;
pub use queries::{file_layout, marker_code, marker_items};
pub use summary::{Outward, has_effects, may_read, outward};
pub use symbols::{FileSymbol, FileSymbolKind};
pub use told::{units_with_checks, units_with_diagnostics, units_with_findings};
pub use types::{Around, GivenMembers, Surroundings, surroundings, unit_types, unit_types_alone};
pub use units::{
    UnitText, function_mir, shared_units, unit_checks, unit_diagnostics, unit_facts, unit_names, unit_places, units,
};
pub use wanted::Wanted;

use crate::recording::Recorded;
use minilive_mir::ir::UnitKey;
use minilive_syntax::Parse;
use salsa::{Database as _, Setter as _};
use std::panic::{AssertUnwindSafe, UnwindSafe};
use std::path::PathBuf;
use std::sync::Arc;

/// What queries see of the database.
#[salsa::db]
pub trait Db: salsa::Database {
    /// Notes that something is made, of a unit or of something else: a test's log tells what an edit makes anew.
    fn makes(&self, what: &str, of: Option<UnitKey>);
}

/// Queries recurse on the stack; threads that run them get more than the usual 2 MB.
pub const STACK: usize = 16 << 20;

/// Files that are not open hardly ever change: what depends on them alone is not looked at after each edit.
const CLOSED: salsa::Durability = salsa::Durability::MEDIUM;

/// The database. A clone is a snapshot: a write waits until all of them are gone.
#[salsa::db]
#[derive(Clone)]
pub struct LiveDb {
    storage: salsa::Storage<Self>,
    log: Option<Log>,
    /// How often something was written.
    moment: u64,
}

/// Is told what is executed and made.
type Log = Arc<dyn Fn(String) + Send + Sync>;

/// Is told of all that queries do.
type Callback = Box<dyn Fn(salsa::Event) + Send + Sync>;

#[salsa::db]
impl salsa::Database for LiveDb {}
#[salsa::db]
impl Db for LiveDb {
    fn makes(&self, what: &str, of: Option<UnitKey>) {
        if let Some(log) = &self.log {
            log(of.map_or_else(|| what.to_owned(), |unit| format!("{what}({unit:?})")));
        }
    }
}

impl std::fmt::Debug for LiveDb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LiveDb")
    }
}

/// Why a reader ended without a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// A write came: the text or a recording is newer now.
    Overtaken,
    /// The reader itself was cancelled through its [`CancelToken`].
    Cancelled,
    /// A query that another thread was computing ended there without a result: its reader was cancelled, or it panicked.
    Panicked,
}

/// Cancels the reader that holds one snapshot.
#[derive(Debug, Clone)]
pub struct CancelToken(salsa::CancellationToken);

impl CancelToken {
    /// The reader's next query ends with [`Stopped::Cancelled`].
    pub fn cancel(&self) {
        self.0.cancel();
    }
}

/// Runs a reader; the one door through which cancellation is noticed.
pub fn catch<T>(reader: impl FnOnce() -> T + UnwindSafe) -> Result<T, Stopped> {
    salsa::Cancelled::catch(reader).map_err(|cancelled| match cancelled {
        salsa::Cancelled::Local => Stopped::Cancelled,
        salsa::Cancelled::PropagatedPanic => Stopped::Panicked,
        _ => Stopped::Overtaken,
    })
}

impl Default for LiveDb {
    fn default() -> LiveDb {
        LiveDb::new(None)
    }
}

impl LiveDb {
    /// An empty database. `log` is told the name of each query that is executed, and what units make.
    pub fn new(log: Option<Log>) -> LiveDb {
        let callback = log.clone().map(|log| -> Callback {
            Box::new(move |event| {
                if let salsa::EventKind::WillExecute { database_key } = event.kind {
                    log(format!("{database_key:?}"));
                }
            })
        });
        LiveDb::observed(log, callback)
    }

    fn observed(log: Option<Log>, callback: Option<Callback>) -> LiveDb {
        let db = LiveDb { storage: salsa::Storage::new(callback), log, moment: 0 };
        // From now on there is one of each; they are found through the database.
        let _ = modules::ModuleFiles::new(&db, Arc::default());
        let files = Arc::<Vec<File>>::default;
        let _ = FileSet::new(&db, files(), Arc::default(), files(), files(), Arc::default(), Arc::default());
        db
    }

    /// Makes an open document known, without recordings.
    pub fn add_file(&self, path: String, text: Arc<str>, parse: Arc<Parse>) -> File {
        let recordings = Recordings::new(self, Arc::default());
        let file = File::new(self, path, text, Tree::Kept(parse), recordings, Arc::default());
        file.kept(self).open();
        file
    }

    /// Makes a file known that is not open.
    pub fn add_closed(&self, path: String, text: Arc<str>, outline: Arc<Outline>) -> File {
        let recordings = Recordings::new(self, Arc::default());
        let file = File::builder(path, text, Tree::Outlined(outline), recordings, Arc::default());
        file.durability(CLOSED).new(self)
    }

    /// Sets a document's text together with its tree, in one revision if nobody reads in between.
    pub fn set_text(&mut self, file: File, text: Arc<str>, parse: Arc<Parse>) {
        self.moment += 1;
        file.set_text(self).to(text);
        file.set_tree(self).to(Tree::Kept(parse));
        file.kept(self).open();
    }

    /// Sets the text of a file that is not open, or not any more.
    pub fn set_closed(&mut self, file: File, text: Arc<str>, outline: Arc<Outline>) {
        self.moment += 1;
        file.set_text(self).with_durability(CLOSED).to(text);
        file.set_tree(self).with_durability(CLOSED).to(Tree::Outlined(outline));
        file.kept(self).close();
    }

    /// A file's finished recordings.
    pub fn recordings(&self, file: File) -> Arc<Vec<Recorded>> {
        file.recordings(self).list(self)
    }

    /// Sets a file's finished recordings.
    pub fn set_recordings(&mut self, file: File, recorded: Arc<Vec<Recorded>>) {
        self.moment += 1;
        let recordings = file.recordings(self);
        recordings.set_list(self).to(recorded);
    }

    /// The files of the workspace.
    pub fn files(&self) -> Arc<Vec<File>> {
        FileSet::get(self).files(self)
    }

    /// Sets them, and where the open ones are.
    pub fn set_files(&mut self, files: Arc<Vec<File>>, open: Arc<FilesByPath>) {
        self.moment += 1;
        let is_open = |file: &File| matches!(file.tree(self), Tree::Kept(_));
        let (opened, closed): (Vec<_>, Vec<_>) = files.iter().copied().partition(is_open);
        let set = FileSet::get(self);
        set.set_files(self).with_durability(CLOSED).to(files);
        set.set_open(self).with_durability(CLOSED).to(open);
        if *set.opened(self) != opened {
            set.set_opened(self).with_durability(CLOSED).to(Arc::new(opened));
        }
        if *set.closed(self) != closed {
            set.set_closed(self).with_durability(CLOSED).to(Arc::new(closed));
        }
    }

    /// Sets the folders of the workspace.
    pub fn set_roots(&mut self, roots: Vec<PathBuf>) {
        self.moment += 1;
        FileSet::get(self).set_roots(self).with_durability(CLOSED).to(Arc::new(roots));
    }

    /// Where the files on disk are.
    pub fn on_disk(&self) -> Arc<FilesByPath> {
        FileSet::get(self).on_disk(self)
    }

    /// Sets where the files on disk are.
    pub fn set_on_disk(&mut self, on_disk: Arc<FilesByPath>) {
        self.moment += 1;
        FileSet::get(self).set_on_disk(self).with_durability(CLOSED).to(on_disk);
    }

    /// The number of the last write: snapshots of one number say the same.
    pub fn moment(&self) -> u64 {
        self.moment
    }

    /// Notes that something is different that readers look at beside the database.
    pub fn touch(&mut self) {
        self.moment += 1;
    }

    /// Lets go what the last few files are kept for, as each write does. Ends readers, as one does, but nothing is different.
    pub fn trim(&mut self) {
        self.trigger_lru_eviction();
    }

    /// What cancels the reader of this snapshot.
    pub fn cancel_token(&self) -> CancelToken {
        CancelToken(self.cancellation_token())
    }

    /// Ends the reader if nobody wants its answer any more; [`LiveDb::while_wanted`] does it in loops.
    pub fn poll(&self) {
        self.unwind_if_revision_cancelled();
    }

    /// Runs a reader of this snapshot below the door.
    pub fn read<T>(&self, reader: impl FnOnce(&LiveDb) -> T) -> Result<T, Stopped> {
        let reader = AssertUnwindSafe(|| reader(self));
        catch(move || {
            let AssertUnwindSafe(reader) = { reader };
            reader()
        })
    }
}
