//! What other files may do with the variables of a file: modules that it imports see its globals, and who imports it sees its members.
//!
//! Asked by the actions that take a variable away, give one another value, or make a new one. Invariant: what nobody can know of is taken for
//! the worst: an import by a name that is worked out may lead to any file, and a module that is not found may name anything.

use super::super::live::Live;
use crate::db::{self, File, LiveDb};
use crate::ide::checks::{is_imported, program};
use crate::ide::importers::Importers;
use crate::ide::meetings::Meetings;
use crate::ide::shared::names_beyond;
use minilive_mir::names::Access;
use std::cell::OnceCell;

/// The other files that see names of a file.
pub(super) struct Others<'a> {
    db: &'a LiveDb,
    file: File,
    live: &'a Live,
    /// Whether some may import it, once asked for.
    import: OnceCell<bool>,
    /// Those that it imports, and those that they do; none if some are not known. Once asked for.
    behind: OnceCell<Option<Vec<File>>>,
}

impl<'a> Others<'a> {
    /// Nothing has been looked at yet.
    pub fn of(db: &'a LiveDb, file: File, live: &'a Live) -> Others<'a> {
        Others { db, file, live, import: OnceCell::new(), behind: OnceCell::new() }
    }

    /// Whether another file may import this one, so that its top level may be a module.
    pub fn may_import(&self) -> bool {
        *self.import.get_or_init(|| {
            let importers = Importers::of(self.db, &self.live.places);
            let meetings = || Meetings::of(self.db, &importers, self.live.is_unread_around);
            is_imported(self.db, self.file) || meetings().may_be_imported(self.file)
        })
    }

    /// Whether another file may read a global of this one or give it a value.
    pub fn may_name(&self, name: &str) -> bool {
        self.may_import() || self.is_named_behind(name, |_| true)
    }

    /// Whether another file may give a global of this one a value.
    pub fn may_write(&self, name: &str) -> bool {
        self.may_import() || self.is_named_behind(name, Access::writes)
    }

    /// Whether another file that is known asks for a name, so that a new variable should not have it.
    pub fn look_for(&self, name: &str) -> bool {
        let quoted = format!("\"{name}\"");
        let in_text = |file: &File| file.text(self.db).contains(&quoted);
        let behind = self.behind().unwrap_or_default();
        behind.iter().any(|it| in_text(it) || names_beyond(self.db, *it, name, |_| true))
            || db::direct_importers(self.db, self.file).iter().any(in_text)
    }

    fn is_named_behind(&self, name: &str, how: impl Fn(Access) -> bool) -> bool {
        let Some(behind) = self.behind() else { return true };
        behind.iter().any(|&it| {
            let is_hidden = db::outward(self.db, it).opens_globals || !it.parse(self.db).errors.is_empty();
            is_hidden || names_beyond(self.db, it, name, &how)
        })
    }

    fn behind(&self) -> Option<&[File]> {
        let files = || program(self.db, self.file, &self.live.places, usize::MAX);
        let behind = self.behind.get_or_init(|| files().map(|it| it.into_iter().skip(1).collect()));
        behind.as_deref()
    }
}
