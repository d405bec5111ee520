//! Imports that their file does not use: whether another file of the program may need them.
//!
//! Part of `checks`. At the top of a program `import` makes a global, which every module of the program reads by its bare name; at the top
//! of a module it makes a member, which those read that import the module. Invariant: an import is told of only if the texts of all
//! files in question are known, and none may read its name.

use super::super::importers::Importers;
use super::modules::is_handed_on;
use crate::db::{self, File, LiveDb, NameFinding};
use crate::modules::Places;
use minilive_mir::ir::UnitKind;
use minilive_mir::names::Symbol;

/// Whether other files may need the variable that an import makes.
pub fn is_for_others(db: &LiveDb, file: File, places: &Places, finding: &NameFinding) -> bool {
    let facts = db::file_facts(db, file);
    // What an import in a function makes is the function's.
    if facts.unit(finding.unit).kind != UnitKind::Statement {
        return false;
    }
    let may_read = |it: File| it != file && db::may_read(db, it, &finding.name);
    hands_on(db, file, &finding.name)
        || is_seen_through_self(db, file, &finding.name)
        || is_seen_whole(db, file)
        || Importers::of(db, places).programs(file).is_none_or(|files| files.into_iter().any(may_read))
}

/// Whether somebody may go through all that a module has: who imports it, or its own functions, which have it as `self`.
pub fn is_seen_whole(db: &LiveDb, file: File) -> bool {
    let (importers, text) = (db::direct_importers(db, file), file.text(db));
    let names_no_member = |(at, word): (usize, &str)| !text[at + word.len()..].starts_with('.');
    let is_handed_on = |name: &str| importers.iter().any(|&it| is_handed_on(db, it, name));
    !importers.is_empty()
        && (db::module_name(db, file).is_some_and(is_handed_on) || text.match_indices("self").any(names_no_member))
}

/// Whether functions of a module may find an import there, as a member of `self`.
fn is_seen_through_self(db: &LiveDb, file: File, name: &str) -> bool {
    !db::direct_importers(db, file).is_empty() && db::file_facts(db, file).member_readers(name).next().is_some()
}

/// Whether a module hands on the modules that it imports: a file that imports it reads one by that name, or it has nothing else.
fn hands_on(db: &LiveDb, file: File, name: &str) -> bool {
    let quoted = format!("[\"{name}\"]");
    let reads =
        |it: File| db::file_facts(db, it).member_readers(name).next().is_some() || it.text(db).contains(&*quoted);
    let importers = db::direct_importers(db, file);
    let has_more = || {
        let facts = db::file_facts(db, file);
        facts.global_names().any(|it| facts.globals(it).any(|(_, value)| !matches!(**value, Symbol::Import(_))))
    };
    !importers.is_empty() && (!has_more() || importers.iter().copied().any(reads))
}
