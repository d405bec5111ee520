//! Which files of the workspace diagnostics are told of beside the open ones, and when something else may be said of one.
//!
//! `lsp` goes through them when a client asks about the whole workspace, and comes back after edits. Invariant: what is said of a file that is
//! not open depends on nothing but what [`Closed::depends_on`] is a hash of: its text and those of the modules behind it, what stands where
//! their `import`s look, whether somebody imports it, and whether all files are read. So an edit has the edited file looked at, and those that import it.

use super::{Diagnostic, Live, diagnostics};
use crate::db::{self, File, LiveDb};
use crate::document::DocumentView;
use crate::line_index::LineIndex;
use crate::modules::{Lookup, Places};
use crate::settings::Checks;
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use std::collections::hash_map::Entry;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file that is not open.
#[derive(Debug, Clone)]
pub struct Closed {
    /// The file.
    pub file: File,
    /// Not all files are read yet.
    is_unread_around: bool,
    /// As long as it is the same, the same is said of the file.
    pub depends_on: u64,
    places: Arc<Places>,
}

impl Closed {
    /// What is said of it, with its text.
    pub fn diagnostics(&self, db: &LiveDb, checks: &Arc<Checks>) -> (DocumentView, Arc<[Diagnostic]>) {
        let text = self.file.text(db);
        let index = Arc::new(LineIndex::new(&text));
        let document =
            DocumentView { uri: self.file.path(db).into(), version: 0, revision: 0, file: self.file, text, index };
        let (checks, places) = (checks.clone(), self.places.clone());
        let live = Live { checks, places, is_unread_around: self.is_unread_around, ..Live::default() };
        let found = diagnostics(db, &document, &live);
        (document, found)
    }
}

/// All files that are not open, at one moment.
#[derive(Debug, Default)]
pub struct Sweep {
    /// Those that settings do not exclude, a module right before those that import it: what is said of a file needs what is known of the
    /// modules behind it, of which little is kept.
    pub closed: Vec<Closed>,
    /// Where modules of theirs may be that nobody has looked for yet.
    pub unknown: Vec<Lookup>,
}

/// Hashes of texts, kept from one sweep to the next.
#[derive(Debug, Default)]
pub struct Memory(FxHashMap<File, (Arc<str>, u64)>);

impl Memory {
    fn hash(&mut self, file: File, text: Arc<str>) -> u64 {
        let known = self.0.get(&file).filter(|(before, _)| Arc::ptr_eq(before, &text));
        known.map(|(_, hash)| *hash).unwrap_or_else(|| {
            let hash = hash_of(&*text);
            self.0.insert(file, (text, hash));
            hash
        })
    }
}

fn hash_of(value: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Looks which files there are beside the open ones. `places` are those of a program in no folder; `is_unread`: there may be more files.
pub fn sweep(
    db: &LiveDb,
    open: &FxHashSet<File>,
    (checks, places, is_unread): (&Checks, &Places, bool),
    memory: &mut Memory,
) -> Sweep {
    let files = db.files();
    let mut folders: FxHashMap<Places, Programs> = FxHashMap::default();
    let (mut sweep, mut known, mut importers) = (Sweep::default(), FxHashSet::default(), Importers::default());
    for &file in files.iter().filter(|file| !open.contains(file)) {
        let path = Path::new(file.path(db));
        // What is known because it lies beside an open document is nobody's work here.
        let is_ours = places.roots.iter().any(|root| path.starts_with(root));
        if !is_ours || is_excluded(path, &checks.exclude, &places.roots) {
            continue;
        }
        let script = Some(path.parent().unwrap_or(Path::new("")).to_path_buf());
        let own = Arc::new(Places { script, ..places.clone() });
        let own = db::places_in_programs(db, file, &own);
        let programs = folders.entry((*own).clone()).or_insert_with(|| Programs::of(own));
        // In whichever order modules are found: it follows from the texts.
        let (mut behind, mut own) = (0u64, 0);
        for (number, module) in programs.files(db, file, memory).into_iter().enumerate() {
            let Some(node) = programs.nodes.get(&module) else { continue };
            if number == 0 {
                own = node.hash;
                importers.add(file, &node.modules);
            }
            behind = behind.wrapping_add(hash_of(&node.hash));
            sweep.unknown.extend(node.unknown.iter().filter(|&it| known.insert(it.clone())).cloned());
        }
        let depends_on = hash_of(&(own, behind, !db::direct_importers(db, file).is_empty(), is_unread));
        let places = programs.places.clone();
        sweep.closed.push(Closed { file, is_unread_around: is_unread, depends_on, places });
    }
    let order = importers.order(sweep.closed.iter().map(|it| it.file));
    sweep.closed.sort_by_key(|it| order.get(&it.file).copied());
    sweep
}

/// Who imports which file, as far as both are looked at.
#[derive(Debug, Default)]
struct Importers {
    of: FxHashMap<File, Vec<File>>,
    /// Those that import something.
    importing: FxHashSet<File>,
}

impl Importers {
    fn add(&mut self, file: File, modules: &[File]) {
        for module in modules {
            self.of.entry(*module).or_default().push(file);
        }
        if !modules.is_empty() {
            self.importing.insert(file);
        }
    }

    /// The places of files in an order in which each comes soon behind a module that it imports: from those that import nothing, depth
    /// first. Those of circles that nothing leads into come last.
    fn order(&self, files: impl Iterator<Item = File> + Clone) -> FxHashMap<File, usize> {
        let mut order = FxHashMap::default();
        let roots = files.clone().filter(|it| !self.importing.contains(it));
        for root in roots.chain(files) {
            let mut next = vec![root];
            while let Some(file) = next.pop() {
                let place = order.len();
                if let Entry::Vacant(it) = order.entry(file) {
                    it.insert(place);
                    next.extend(self.of.get(&file).into_iter().flatten().rev());
                }
            }
        }
        order
    }
}

/// A file as part of programs that look for modules in the same folders.
struct Node {
    hash: u64,
    /// Its modules, as far as they are known.
    modules: Vec<File>,
    unknown: Vec<Lookup>,
}

/// The files of such programs.
struct Programs {
    places: Arc<Places>,
    nodes: FxHashMap<File, Node>,
}

impl Programs {
    fn of(places: Arc<Places>) -> Programs {
        Programs { places, nodes: FxHashMap::default() }
    }

    /// All files of a program, itself first.
    fn files(&mut self, db: &LiveDb, program: File, memory: &mut Memory) -> Vec<File> {
        let (mut files, mut seen, mut next) = (vec![program], FxHashSet::from_iter([program]), 0);
        while let Some(&file) = files.get(next) {
            next += 1;
            let places = &self.places;
            let node = self.nodes.entry(file).or_insert_with(|| node(db, file, places, memory));
            files.extend(node.modules.iter().filter(|&&module| seen.insert(module)));
        }
        files
    }
}

/// What counts of a file.
fn node(db: &LiveDb, file: File, places: &Places, memory: &mut Memory) -> Node {
    let (mut hasher, mut modules, mut unknown) = (FxHasher::default(), Vec::new(), Vec::new());
    (file.path(db), memory.hash(file, file.text(db))).hash(&mut hasher);
    for import in db::module_imports(db, file).iter() {
        let lookup = places.lookup(&import.name);
        let (what, module) = match db::locate(db, &lookup) {
            db::Located::Unknown => {
                // As long as nobody has looked, the files of the workspace say where it most likely is.
                let module = db::likely_module(db, &lookup);
                unknown.push(lookup);
                (0, module)
            }
            db::Located::Missing => (1, None),
            db::Located::Outside => (2, None),
            db::Located::NoText(line) => (3 + u64::from(line), None),
            db::Located::At(module) => (3, Some(module)),
        };
        (what, module.map(|it| it.path(db))).hash(&mut hasher);
        modules.extend(module);
    }
    Node { hash: hasher.finish(), modules, unknown }
}

/// Whether settings exclude a file. A pattern with a slash is about the path below a folder of the workspace, any other about each part of
/// that; what it says of a folder it says of all that is in it.
fn is_excluded(path: &Path, patterns: &[String], roots: &[PathBuf]) -> bool {
    let below = |root: &PathBuf| {
        let parts = path.strip_prefix(root).ok()?.components();
        Some(parts.map(|it| it.as_os_str().to_string_lossy().into_owned()).collect::<Vec<_>>())
    };
    let fits = |pattern: &String| {
        let wanted: Vec<_> = pattern.split('/').filter(|it| !matches!(*it, "" | ".")).collect();
        let is_path = pattern.trim_end_matches('/').contains('/');
        let fits = |parts: Vec<String>| match &*wanted {
            [] => false,
            [name] if !is_path => parts.iter().any(|part| fits_name(name, part)),
            wanted => fits_path(wanted, &parts),
        };
        roots.iter().filter_map(below).any(fits)
    };
    patterns.iter().any(fits)
}

/// Whether a path, or a folder that it is in, fits: `**` stands for any folders.
fn fits_path(wanted: &[&str], parts: &[String]) -> bool {
    match (wanted, parts) {
        ([], _) => true,
        (["**", rest @ ..], _) => (0..=parts.len()).any(|from| fits_path(rest, &parts[from..])),
        ([name, wanted @ ..], [part, parts @ ..]) => fits_name(name, part) && fits_path(wanted, parts),
        (_, []) => false,
    }
}

/// Whether a name fits: `*` stands for any characters, `?` for one.
fn fits_name(wanted: &str, name: &str) -> bool {
    match wanted.chars().next() {
        None => name.is_empty(),
        Some('*') => {
            let mut rests = name.char_indices().map(|(at, _)| at).chain([name.len()]);
            let wanted = wanted.trim_start_matches('*');
            wanted.is_empty() || rests.any(|at| fits_name(wanted, &name[at..]))
        }
        Some(first) => {
            let one = name.chars().next().filter(|&it| first == '?' || first == it);
            one.is_some_and(|it| fits_name(&wanted[first.len_utf8()..], &name[it.len_utf8()..]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_exclude_files_and_folders() {
        let excludes = |pattern: &str, path: &str| {
            is_excluded(&Path::new("/work").join(path), &[pattern.to_owned()], &["/work".into(), "/other".into()])
        };
        for (pattern, path) in [
            ("old", "old/a.ms"),
            ("old", "b/old/a.ms"),
            ("*_test.ms", "b/a_test.ms"),
            ("?.ms", "b/ä.ms"),
            ("b/old", "b/old/deep/a.ms"),
            ("b/old/", "b/old/a.ms"),
            ("/b", "b/a.ms"),
            ("b/*/a.ms", "b/c/a.ms"),
            ("**/c/*.ms", "b/c/a.ms"),
            ("**/c/*.ms", "c/a.ms"),
            ("**", "a.ms"),
        ] {
            assert!(excludes(pattern, path), "{pattern} is about {path}");
        }
        for (pattern, path) in [
            ("old", "older/a.ms"),
            ("/b", "c/b/a.ms"),
            ("b/*.ms", "b/c/a.ms"),
            ("?.ms", "ab.ms"),
            ("", "a.ms"),
            ("/", "a.ms"),
            ("work", "a.ms"),
        ] {
            assert!(!excludes(pattern, path), "{pattern} is not about {path}");
        }
        assert!(!is_excluded(Path::new("/else/a.ms"), &["**".to_owned()], &["/work".into()]));
    }
}
