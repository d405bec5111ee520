//! What a renamed or moved file means for those that import it.
//!
//! An `import` names a module by its file and makes a variable of that name, so both are renamed. Invariant: a file is changed only if the
//! module is found under its new name: not every folder is looked in, and what is no name of the language, or what the file has already,
//! can be no variable.

use super::infer::Infer;
use super::names::{Target, named_at, uses};
use super::navigation::Location;
use crate::db::{self, File, LiveDb};
use crate::modules::{ConstantImport, IMPORT, Places};
use minilive_mir::names::Place;
use minilive_syntax::ast::{AssignStmt, AstNode, Expr};
use minilive_syntax::lexer::lex;
use minilive_syntax::{SyntaxKind, SyntaxNode, TextRange, TextSize};
use std::path::{Path, PathBuf};

/// The places in all files where modules are named that get other names, each with what goes there. A folder stands for all that is in it.
pub fn rename_files(db: &LiveDb, pairs: &[(PathBuf, PathBuf)]) -> Vec<(Location, String)> {
    let mut found: Vec<(Location, String)> = Vec::new();
    for (old, new) in pairs.iter().flat_map(|(old, new)| programs_of(db, old, new)) {
        for place in rename_file(db, &old, &new) {
            if !found.iter().any(|it| it.0 == place.0) {
                found.push(place);
            }
        }
    }
    found
}

/// What a moved file or folder does to programs: from where to where each goes.
fn programs_of(db: &LiveDb, old: &Path, new: &Path) -> Vec<(PathBuf, PathBuf)> {
    if is_program(old) {
        return vec![(old.to_path_buf(), new.to_path_buf())];
    }
    let files = db.files();
    let path_of = |file: &File| crate::modules::path_of(file.path(db)).unwrap_or_else(|| file.path(db).into());
    let paths = files.iter().map(path_of);
    let moved = paths.filter_map(|path| Some((path.clone(), new.join(path.strip_prefix(old).ok()?))));
    moved.collect()
}

fn is_program(path: &Path) -> bool {
    path.extension().is_some_and(|it| it == "ms")
}

/// The places where the module `old` is named.
fn rename_file(db: &LiveDb, old: &Path, new: &Path) -> Vec<(Location, String)> {
    let mut found = Vec::new();
    if old == new || !is_program(new) {
        return found;
    }
    for &file in db.files().iter() {
        if file.text(db).contains(IMPORT) {
            db.poll();
            in_importer(db, file, (old, new), &mut found);
        }
    }
    found
}

fn in_importer(db: &LiveDb, file: File, (old, new): (&Path, &Path), found: &mut Vec<(Location, String)>) {
    let script = crate::modules::script_folder(file.path(db));
    let places = Places { script, executable: None, roots: Vec::new() };
    let Some(after) = name_of(&places, new) else { return };
    let leads_there = |name: &str| places.lookup(name).iter().any(|path| path == old);
    let mut infer = Infer::new(db, &places);
    for import in db::module_imports(db, file).iter().filter(|it| it.name != after && leads_there(&it.name)) {
        for range in renamed(&mut infer, db, file, import, &after).unwrap_or_default() {
            let place = (Location { file, range }, after.clone());
            if !found.contains(&place) {
                found.push(place);
            }
        }
    }
}

/// The name by which an import finds a file.
fn name_of(places: &Places, file: &Path) -> Option<String> {
    let script = places.script.as_ref()?;
    // What lies in the folder of modules is found by its name alone.
    let below = [script.join("lib"), script.clone()].into_iter().find_map(|it| file.strip_prefix(it).ok())?;
    let below = below.with_extension("");
    let parts: Option<Vec<_>> = below.components().map(|it| it.as_os_str().to_str()).collect();
    let name = parts?.join("/");
    places.lookup(&name).iter().any(|path| path == file).then_some(name)
}

/// Where the new name goes for one import: into the string, and wherever the variable stands that the import makes.
fn renamed(
    infer: &mut Infer<'_>,
    db: &LiveDb,
    file: File,
    import: &ConstantImport,
    after: &str,
) -> Option<Vec<TextRange>> {
    let one = TextSize::of('"');
    let string = TextRange::new(import.range.start() + one, import.range.end() - one);
    let facts = db::file_facts(db, file);
    let taken = facts.is_global(after) || facts.units.iter().any(|it| it.facts.variables.contains(after));
    let assigned = assigned_to(db, file, import.range);
    let is_free = !taken || assigned.as_deref() == Some(after);
    let mut ranges = vec![string];
    if is_name(&import.name) {
        let named = named_at(infer, db, file, string.start())?;
        let is_variable = matches!(named.target, Target::Variable(_) | Target::Global);
        if !(named.of.quoted && matches!(named.of.place, Place::Bare | Place::Globals) && is_variable) {
            return None;
        }
        let uses = uses(infer, db, file, &import.name, &named.target);
        ranges = uses.iter().filter(|it| it.certain).map(|it| it.range).collect();
    }
    // What is no name can be no variable; in `x = import("a/b")` none is wanted.
    let goes = if is_name(after) { is_free } else { ranges == [string] && assigned.is_some() };
    goes.then_some(ranges)
}

fn is_name(name: &str) -> bool {
    matches!(&*lex(name), [token] if token.kind == SyntaxKind::Ident)
}

/// The variable to which the result of an import is assigned; another target has an empty name.
fn assigned_to(db: &LiveDb, file: File, import: TextRange) -> Option<String> {
    let root = SyntaxNode::new_root(file.parse(db).green.clone());
    let assign = root.covering_element(import).ancestors().find_map(AssignStmt::cast)?;
    match assign.target()? {
        Expr::Name(name) => Some(name.name_token()?.text().to_owned()),
        _ => Some(String::new()),
    }
}
