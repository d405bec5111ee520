//! What a renamed or moved file means for those that import it.
//!
//! An `import` names a module by its file and makes a variable of that name, so both are renamed. Invariant: a variable is renamed only if the
//! module is found under its new name: not every folder is looked in, and what is no name of the language, or what the file has already,
//! can be no variable: the import then says of which name its variable is. An import that cannot follow its module stays, and is told.

use super::infer::Infer;
use super::names::{Target, named_at, uses};
use super::navigation::Location;
use crate::db::{self, File, LiveDb};
use crate::line_index::LineIndex;
use crate::modules::{ConstantImport, IMPORT, Places};
use minilive_mir::names::Place;
use minilive_syntax::ast::{AssignStmt, AstNode, Expr, Stmt};
use minilive_syntax::lexer::lex;
use minilive_syntax::{SyntaxKind, SyntaxNode, TextRange, TextSize};
use rustc_hash::FxHashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What renamed files do to others.
#[derive(Debug, Default)]
pub struct MovedFiles {
    /// The places where modules are named that get other names, each once, with what goes there.
    pub edits: Vec<(Location, String)>,
    /// What becomes of imports that cannot follow, in sentences.
    pub problems: Vec<String>,
}

/// The places in all files where modules are named that get other names. A folder stands for all that is in it.
pub fn rename_files(db: &LiveDb, pairs: &[(PathBuf, PathBuf)]) -> MovedFiles {
    let (mut found, mut seen) = (MovedFiles::default(), FxHashSet::default());
    for (old, new) in pairs.iter().flat_map(|(old, new)| programs_of(db, old, new)) {
        rename_file(db, &old, &new, &mut found);
    }
    found.edits.retain(|(location, _)| seen.insert(*location));
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
fn rename_file(db: &LiveDb, old: &Path, new: &Path, found: &mut MovedFiles) {
    if old == new || !is_program(new) {
        return;
    }
    for &file in db.files().iter() {
        if file.text(db).contains(IMPORT) {
            db.poll();
            in_importer(db, file, (old, new), found);
        }
    }
}

fn in_importer(db: &LiveDb, file: File, (old, new): (&Path, &Path), found: &mut MovedFiles) {
    let imports = db::module_imports(db, file);
    if !imports.iter().any(|it| is_called(old, &it.name)) {
        return;
    }
    let places = Places { script: crate::modules::script_folder(file.path(db)), ..Places::default() };
    let places = db::places_in_programs(db, file, &Arc::new(places));
    let after = name_of(&places, new);
    let leads_there = |name: &str| places.lookup(name).iter().any(|path| path == old);
    let mut infer = Infer::new(db, &places);
    for import in imports.iter().filter(|it| is_called(old, &it.name)) {
        if after.as_ref() == Some(&import.name) || !leads_there(&import.name) {
            continue;
        }
        let moved = match &after {
            Some(after) => renamed(&mut infer, db, file, import, after),
            None => Moved::left("no import looks in that folder"),
        };
        found.edits.extend(moved.edits.into_iter().map(|(range, text)| (Location { file, range }, text)));
        if let Some(problem) = moved.problem {
            let line = LineIndex::new(&file.text(db)).line_of(import.range.start()) + 1;
            let (name, of) = (&import.name, crate::modules::base_name(file.path(db)));
            let problem = format!("The import of `{name}` on line {line} of {of} cannot follow its file: {problem}");
            if !found.problems.contains(&problem) {
                found.problems.push(problem);
            }
        }
    }
}

/// Whether an import of this name could lead to a file, wherever it looks.
fn is_called(file: &Path, name: &str) -> bool {
    Path::new(&format!("{name}.ms")).file_name() == file.file_name()
}

/// The name by which an import finds a file.
fn name_of(places: &Places, file: &Path) -> Option<String> {
    // What lies in the folder of modules is found by its name alone.
    let own = places.script.iter().flat_map(|script| [script.join("lib"), script.clone()]);
    let below =
        own.chain(places.also.iter().cloned()).find_map(|it| Some(file.strip_prefix(it).ok()?.with_extension("")))?;
    let parts: Option<Vec<_>> = below.components().map(|it| it.as_os_str().to_str()).collect();
    let name = parts?.join("/");
    places.lookup(&name).iter().any(|path| path == file).then_some(name)
}

/// What becomes of one import: what goes where, or why it stays as it is.
struct Moved {
    edits: Vec<(TextRange, String)>,
    problem: Option<String>,
}

impl Moved {
    fn left(why: impl Into<String>) -> Moved {
        Moved { edits: Vec::new(), problem: Some(why.into()) }
    }

    fn all(ranges: Vec<TextRange>, after: &str) -> Moved {
        Moved { edits: ranges.into_iter().map(|it| (it, after.to_owned())).collect(), problem: None }
    }
}

/// The new name goes into the string, and wherever the variable stands that the import makes.
fn renamed(infer: &mut Infer<'_>, db: &LiveDb, file: File, import: &ConstantImport, after: &str) -> Moved {
    let one = TextSize::of('"');
    let string = TextRange::new(import.range.start() + one, import.range.end() - one);
    let facts = db::file_facts(db, file);
    // In `x = import("a/b")` no other variable is wanted.
    let assigned = assigned_to(db, file, import.range);
    let mut ranges = vec![string];
    if is_name(&import.name) {
        let named = named_at(infer, db, file, string.start());
        let named = named.filter(|it| it.of.quoted && matches!(it.of.place, Place::Bare | Place::Globals));
        let Some(target) = named.map(|it| it.target).filter(|it| matches!(it, Target::Variable(_) | Target::Global))
        else {
            return Moved::left("it makes no variable of its own");
        };
        let uses = uses(infer, db, file, &import.name, &target);
        ranges = uses.iter().filter(|it| it.certain).map(|it| it.range).collect();
    }
    if !is_name(after) {
        // What is no name can be no variable; the string can follow all the same.
        let is_used = ranges != [string] || assigned.is_none() && facts.is_read(&import.name);
        if !is_used || assigned.as_deref() == Some(&*import.name) {
            return Moved::all(vec![string], after);
        }
        let problem = format!("`{after}` is no name that code could use; write `x = import(\"{after}\")` and use `x`");
        let statement = import_statement(db, file, import.range);
        let kept = statement.map(|it| (it, format!("{} = import(\"{after}\")", import.name)));
        return kept.map_or_else(|| Moved::left(problem), |edit| Moved { edits: vec![edit], problem: None });
    }
    let has = |unit: &db::FactsUnit| unit.facts.variables.contains(after);
    // A built-in function that is used would be hidden.
    let taken = facts.is_global(after) || facts.is_read(after) || facts.units.iter().any(|it| has(it));
    if taken && assigned.as_deref() != Some(after) {
        return Moved::left(format!("`{after}` means something else in that file"));
    }
    Moved::all(ranges, after)
}

/// A statement that is nothing but an import: it can say of which name its variable is.
fn import_statement(db: &LiveDb, file: File, import: TextRange) -> Option<TextRange> {
    let root = SyntaxNode::new_root(file.parse(db).green.clone());
    let statement = root.covering_element(import).ancestors().find_map(Stmt::cast)?;
    let whole = statement.range();
    let words = statement.syntax().descendants_with_tokens().filter_map(|it| it.into_token());
    let words: Vec<_> = words.filter(|it| !it.kind().is_trivia()).collect();
    let inner = match &*words {
        [word, open, inner, close] if open.kind() == SyntaxKind::LParen && close.kind() == SyntaxKind::RParen => {
            (word.text() == "import").then_some(inner)
        }
        [word, inner] => (word.text() == "import").then_some(inner),
        _ => None,
    };
    inner.filter(|it| it.text_range() == import).map(|_| whole)
}

fn is_name(name: &str) -> bool {
    let is_constant = matches!(name, "true" | "false" | "null");
    !is_constant && matches!(&*lex(name), [token] if token.kind == SyntaxKind::Ident)
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
