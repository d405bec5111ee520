//! Members that an imported module certainly lacks, and what modules do to the program that imports them.
//!
//! Part of `checks`. Invariants: a module is followed only if its variable holds nothing else and is nowhere used but to name a member, if
//! the module's names all stand in its text, and if every file behind the import is known; so nobody else can give it members.

use super::super::hosts::Imported;
use super::super::infer::{Binding, binding};
use super::{Check, Weight, change_to, extra, nearest};
use crate::db::{self, File, FileFacts, LiveDb, Located, Outward};
use crate::document::DocumentView;
use crate::modules::Places;
use minilive_jit::engine::modules::ModuleAnswer;
use minilive_mir::ir::UnitKind;
use minilive_mir::names::{Access, NameUse, Place, Symbol};
use minilive_runtime::intrinsics;
use minilive_syntax::ast::{AstNode, Expr, PostfixExpr, Suffix};
use minilive_syntax::{SyntaxKind, SyntaxNode, TextRange};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::OnceCell;
use std::sync::Arc;

/// What imports more files than this is not looked at as a whole by those who ask whether it only defines.
const MOST_PLAIN: usize = 128;

/// Adds the warnings of a document.
pub fn add(db: &LiveDb, document: &DocumentView, places: &Places, found: &mut Vec<Check>) {
    let imports = db::module_imports(db, document.file);
    if imports.is_empty() {
        return;
    }
    let facts = db::file_facts(db, document.file);
    let Some(files) = program(db, document.file, places, usize::MAX) else { return };
    let files = files.into_iter().map(|file| db::outward(db, file)).collect();
    let mut names: Vec<_> = imports.iter().map(|it| it.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let look = Look { db, file: document.file, facts, files };
    for name in names.into_iter().filter(|name| look.is_only_module(name)) {
        if let Located::At(module) = db::locate(db, &places.lookup(name)) {
            look.members(name, module, found);
        }
    }
}

/// All files that take part in a program, itself first; none if some are not known, or if there are more than `most`.
pub fn program(db: &LiveDb, file: File, places: &Places, most: usize) -> Option<Vec<File>> {
    let (mut files, mut next) = (vec![file], 0);
    let mut seen = FxHashSet::from_iter([file]);
    while let Some(&file) = files.get(next) {
        next += 1;
        for import in &*db::module_imports(db, file) {
            match db::locate(db, &places.lookup(&import.name)) {
                Located::At(module) if !seen.insert(module) => {}
                Located::At(module) if files.len() < most => files.push(module),
                _ => return None,
            }
        }
    }
    files.iter().all(|&it| !db::may_import_out_of_sight(db, it)).then_some(files)
}

/// What the modules behind a file do to the program, looked at when somebody asks.
pub struct Behind<'a> {
    db: &'a LiveDb,
    file: File,
    places: &'a Places,
    /// Once asked for; none if some modules are not known.
    files: OnceCell<Option<Vec<Arc<Outward>>>>,
    imported: OnceCell<Imported>,
}

impl<'a> Behind<'a> {
    /// Nothing has been looked at yet.
    pub fn new(db: &'a LiveDb, file: File, places: &'a Places) -> Behind<'a> {
        Behind { db, file, places, files: OnceCell::new(), imported: OnceCell::new() }
    }

    fn files(&self) -> Option<&[Arc<Outward>]> {
        let files = self.files.get_or_init(|| {
            if db::module_imports(self.db, self.file).is_empty() {
                return Some(Vec::new());
            }
            let files = program(self.db, self.file, self.places, usize::MAX)?;
            Some(files.into_iter().skip(1).map(|it| db::outward(self.db, it)).collect())
        });
        files.as_deref()
    }

    /// Whether a module of that name is imported, by the file or behind it: one of the host's gives the program names.
    pub fn imports(&self, module: &str) -> bool {
        self.imported.get_or_init(|| Imported::behind(self.db, self.file, self.places)).has(module)
    }

    /// Whether one of them gives the program a variable of that name.
    pub fn gives_global(&self, name: &str) -> bool {
        self.files().unwrap_or_default().iter().any(|it| it.gives_global(name))
    }

    /// Whether the program has code that gives a member of that name to something, which may be its map of globals.
    pub fn may_give(&self, name: &str) -> bool {
        let gives_itself = || db::outward(self.db, self.file).gives_member(name);
        self.files().unwrap_or_default().iter().any(|it| it.gives_member(name)) || gives_itself()
    }

    /// Whether they may give it names that stand in no text.
    pub fn may_give_more(&self) -> bool {
        self.files().is_none_or(|files| files.iter().any(|it| it.opens_globals))
    }

    /// Whether an `import` of that name may be there for what it does, not for its variable.
    pub fn has_effects(&self, name: &str) -> bool {
        let Located::At(module) = db::locate(self.db, &self.places.lookup(name)) else { return true };
        let files = program(self.db, module, self.places, usize::MAX);
        files.is_none_or(|files| files.into_iter().any(|it| db::has_effects(self.db, it)))
    }

    /// Whether an `import` of that name certainly does nothing but make its variable, with all that it imports itself.
    pub fn only_defines(&self, name: &str) -> bool {
        let mut seen = FxHashMap::from_iter([(self.file, false)]);
        self.only_makes(name, &mut seen)
    }

    /// The same. Of files that were seen it is said whether they are done: from one that is not, the way has led back to it.
    fn only_makes(&self, name: &str, seen: &mut FxHashMap<File, bool>) -> bool {
        let Located::At(module) = db::locate(self.db, &self.places.lookup(name)) else { return false };
        if let Some(is_done) = seen.get(&module) {
            return *is_done;
        }
        seen.insert(module, false);
        let imports = db::module_imports(self.db, module);
        let is_plain = seen.len() <= MOST_PLAIN
            && db::only_defines(self.db, module)
            && imports.iter().all(|it| self.only_makes(&it.name, seen));
        seen.insert(module, true);
        is_plain
    }
}

struct Look<'a> {
    db: &'a LiveDb,
    file: File,
    facts: Arc<FileFacts>,
    files: Vec<Arc<Outward>>,
}

impl Look<'_> {
    /// Whether a global holds the module of its name and nothing else.
    fn is_only_module(&self, name: &str) -> bool {
        let mut values = self.facts.globals(name).peekable();
        let is_module = |value: &Symbol| matches!(value, Symbol::Import(it) if it == name);
        values.peek().is_some()
            && values.all(|(_, value)| is_module(value))
            && !db::gets_globals_out_of_sight(&self.facts)
    }

    fn members(&self, name: &str, module: File, found: &mut Vec<Check>) {
        if !shows_its_names(self.db, module) {
            return;
        }
        let Some(uses) = self.uses(name) else { return };
        let has = db::file_facts(self.db, module);
        for (member, range) in uses.into_iter().filter(|(member, _)| self.lacks(&has, member)) {
            let own = has.global_names().filter(|it| has.is_module_variable(it));
            let meant = nearest(&member, own.map(|it| it.as_str()));
            let question = meant.as_ref().map_or_else(String::new, |meant| format!("; did you mean `{meant}`?"));
            let message = format!("the module `{name}` has no `{member}`{question}");
            let fix = meant.map(|meant| change_to(&meant, range));
            // That nothing in the program has it says less.
            found.retain(|it| it.code != "missing-member" || it.range != range);
            found.push(Check { range, code: "missing-member", weight: Weight::Warning, message, fix });
        }
        self.calls(name, &has, found);
    }

    /// Calls of a module's functions with more arguments than they take.
    fn calls(&self, name: &str, has: &FileFacts, found: &mut Vec<Check>) {
        let units = db::units(self.db, self.file);
        for unit in self.facts.readers(name).filter(|&unit| binding(&self.facts, unit, name) == Binding::Global) {
            let Some(placed) = units.get(unit as usize) else { continue };
            let places = &db::unit_names(self.db, placed.unit).calls;
            for ((callee, args), range) in self.facts.unit(unit).facts.calls.iter().zip(places) {
                let Symbol::Member(of, member) = &**callee else { continue };
                let is_module = matches!(&**of, Symbol::Name(it) if it == name);
                let (got, most) = (args.len() as u32, self.most_arguments(has, member));
                if let Some(expected) = most.filter(|&most| is_module && got > most) {
                    let told = extra::too_many(self.db, self.file, *range + placed.start, (member, expected, got));
                    if !found.iter().any(|it| it.code == told.code && it.range == told.range) {
                        found.push(told);
                    }
                }
            }
        }
    }

    /// The arguments that what a module gives under a name takes at most, if that is a function whatever happens.
    fn most_arguments(&self, module: &FileFacts, member: &str) -> Option<u32> {
        let most = module.most_parameters(module.module_variable(member))?;
        most.filter(|_| !self.is_given_elsewhere(member))
    }

    fn lacks(&self, module: &FileFacts, member: &str) -> bool {
        !module.is_module_variable(member)
            && member != "__isa"
            && !intrinsics::type_methods("map").contains(&member)
            && !self.is_given_elsewhere(member)
    }

    /// Whether code assigns a member of that name to something.
    fn is_given_elsewhere(&self, member: &str) -> bool {
        self.files.iter().any(|it| it.gives_member(member))
    }

    /// The members that are read of a module; none if it is used for anything else.
    fn uses(&self, name: &str) -> Option<Vec<(String, TextRange)>> {
        let root = SyntaxNode::new_root(self.file.parse(self.db).green.clone());
        let units = db::units(self.db, self.file);
        let mut found = Vec::new();
        for unit in self.facts.readers(name) {
            if binding(&self.facts, unit, name) != Binding::Global {
                continue;
            }
            let placed = units.get(unit as usize)?;
            let names = &db::unit_names(self.db, placed.unit).uses;
            let is_module = |it: &&NameUse| it.name == name && it.place == Place::Bare && it.access != Access::Write;
            if !names.iter().filter(is_module).all(|it| names_member(&root, it.range + placed.start)) {
                return None;
            }
            let is_member = |it: &&NameUse| matches!(&it.place, Place::Member(owner) if matches!(&**owner, Symbol::Name(it) if it == name));
            let read = names.iter().filter(is_member).filter(|it| it.access != Access::Write);
            found.extend(read.map(|it| (it.name.to_string(), it.range + placed.start)));
        }
        Some(found)
    }
}

/// Whether the variable of a module is used in a file for more than to name a member.
pub fn is_handed_on(db: &LiveDb, file: File, name: &str) -> bool {
    let facts = db::file_facts(db, file);
    let look = Look { db, file, facts, files: Vec::new() };
    look.facts.readers(name).next().is_some() && look.uses(name).is_none()
}

/// Whether a bare name stands there only for one of its members.
fn names_member(root: &SyntaxNode, name: TextRange) -> bool {
    let node = root.covering_element(name).ancestors().find(|it| it.kind() == SyntaxKind::NameExpr);
    let Some(chain) = node.and_then(|it| it.parent()).and_then(PostfixExpr::cast) else { return false };
    chain.base().is_some_and(|base| base.range() == name)
        && match chain.suffixes().next() {
            Some(Suffix::Member(_)) => true,
            Some(Suffix::Index(index)) => matches!(index.index(), Some(Expr::Literal(_))),
            _ => false,
        }
}

/// Whether the members of a module are the variables that its text assigns.
fn shows_its_names(db: &LiveDb, module: File) -> bool {
    let facts = db::file_facts(db, module);
    let mut at_top = facts.units.iter().filter(|it| it.kind == UnitKind::Statement);
    let text = module.text(db);
    // A function of the module has it as `self`.
    let is_member = |(at, word): (usize, &str)| text[at + word.len()..].starts_with('.');
    at_top.all(|it| it.facts.returns.is_empty())
        && !db::gets_globals_out_of_sight(&facts)
        && text.match_indices("self").all(is_member)
        && matches!(db::module_code(db, module).reply, ModuleAnswer::Found(_))
}
