//! What a renamed file means for those that import it.
//!
//! An `import` names a module by its file and makes a variable of that name, so both are renamed. Invariant: a file is changed only if the
//! new name is a name of the language, nothing in that file has it already, and the file is found under it: not every folder is looked in.

use super::infer::Infer;
use super::names::{Target, named_at, uses};
use super::navigation::Location;
use crate::db::{self, File, LiveDb};
use crate::modules::Places;
use minilive_mir::names::Place;
use minilive_syntax::lexer::lex;
use minilive_syntax::{SyntaxKind, TextSize};
use std::path::Path;

/// The places in all files where the module `old` is named, and the name that goes there.
pub fn rename_file(db: &LiveDb, old: &Path, new: &Path) -> Option<(Vec<Location>, String)> {
    let stem = |path: &Path| Some(path.file_stem()?.to_str()?.to_owned());
    let (before, after) = (stem(old)?, stem(new)?);
    let is_name = matches!(&*lex(&after), [token] if token.kind == SyntaxKind::Ident);
    if before == after || !is_name {
        return None;
    }
    let mut found = Vec::new();
    for &file in db.files().iter() {
        if file.text(db).contains("import") {
            db.poll();
            found.extend(in_importer(db, file, (old, &before), (new, &after)));
        }
    }
    Some((found, after))
}

fn in_importer(db: &LiveDb, file: File, (old, before): (&Path, &str), (new, after): (&Path, &str)) -> Vec<Location> {
    let folder = crate::modules::path_of(file.path(db)).or_else(|| Some(file.path(db).into()));
    let script = folder.and_then(|path| Some(path.parent()?.to_path_buf()));
    let places = Places { script, executable: None, roots: Vec::new() };
    let facts = db::file_facts(db, file);
    let taken = facts.is_global(after) || facts.units.iter().any(|it| it.facts.variables.contains(after));
    let imports = db::module_imports(db, file);
    let is_found = places.lookup(after).iter().any(|path| path == new);
    let leads_there = |name: &str| name == before && places.lookup(name).iter().any(|path| path == old);
    let mut infer = Infer::new(db, &places);
    let mut found = Vec::new();
    for import in imports.iter().filter(|it| !taken && is_found && leads_there(&it.name)) {
        let inside = import.range.start() + TextSize::of('"');
        let Some(named) = named_at(&mut infer, db, file, inside) else { continue };
        let is_variable = matches!(named.target, Target::Variable(_) | Target::Global);
        if !(named.of.quoted && named.of.place == Place::Bare && is_variable) {
            continue;
        }
        let uses = uses(&mut infer, db, file, before, &named.target);
        for it in uses.iter().filter(|it| it.certain) {
            let location = Location { file, range: it.range };
            if !found.contains(&location) {
                found.push(location);
            }
        }
    }
    found
}
