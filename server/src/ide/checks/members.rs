//! Whether what names say of members is certain: no code out of sight may make members of such names.
//!
//! Part of `checks`; the database finds members that no map literal and no assignment of the file gives. Invariants: a name that stands in a
//! string may be a key; where keys are worked out, where a host gives values, or where other files import this one, nothing is certain.
//! Modules take part as if their text stood here, once all of them are known.

use super::dictionaries::{self, Dictionary};
use super::{Check, Weight, extra, is_imported, is_other_word, modules, nearest};
use crate::db::{self, File, FileFacts, LiveDb, NameFinding, NameProblem};
use crate::document::DocumentView;
use crate::guide::types as guide;
use crate::modules::Places;
use crate::settings::Checks;
use minilive_jit::engine::modules::ModuleAnswer;
use minilive_mir::ir::Const;
use minilive_mir::names::{Place, Sym, Symbol};
use minilive_runtime::intrinsics;
use minilive_syntax::{SyntaxKind, SyntaxNode, TextSize};
use rowan::{GreenNodeData, NodeOrToken};
use rustc_hash::FxHashSet;
use smol_str::SmolStr;
use std::sync::Arc;

/// Of a program of more files nothing is certain, so that what an edit costs does not grow with their number.
const MOST_FILES: usize = 32;

/// A name that stands in more places is looked for in all strings at once, and so are more names.
const FEW: usize = 8;

/// Answers for one document, looking only when somebody asks.
pub struct Told<'a> {
    db: &'a LiveDb,
    document: &'a DocumentView,
    settings: &'a Checks,
    places: &'a Places,
    findings: &'a [NameFinding],
    /// Once asked for; none if nothing is certain.
    sight: Option<Option<Sight>>,
    asked: usize,
    /// All words of strings in the program, once many names were asked for.
    words: Option<FxHashSet<SmolStr>>,
}

/// A program all of whose maps are made where it can be seen.
struct Sight {
    /// The maps of which more is not known.
    open: Vec<Dictionary>,
    /// The modules behind the file.
    modules: Vec<(File, Arc<FileFacts>)>,
}

impl Sight {
    /// Whether a module gives something a member of that name, or is a map that has one.
    fn is_given(&self, name: &str) -> bool {
        self.modules.iter().any(|(_, facts)| facts.has_member(name) || facts.is_global(name))
    }
}

/// The files of a program, the one in question first.
struct Program<'a>(&'a [Arc<FileFacts>]);

impl Program<'_> {
    /// What it gives members of a name, in each of its files.
    fn given<'s>(&'s self, name: &'s str) -> impl Iterator<Item = (&'s FileFacts, u32, &'s Sym)> {
        self.0.iter().enumerate().flat_map(move |(number, facts)| {
            let assigned = facts.members(name).map(|(unit, _, value)| (unit, value));
            // The variables of a module are its members.
            let variables = facts.globals(name).filter(move |_| number > 0);
            assigned.chain(facts.keys(name)).chain(variables).map(|(unit, value)| (&**facts, unit, value))
        })
    }

    /// The arguments that members of a name take at most, if all of them are functions that stand where they are given.
    fn most_arguments(&self, name: &str) -> Option<u32> {
        let most = self.given(name).try_fold(None, |most: Option<u32>, (facts, unit, value)| {
            Some(most.max(facts.most_parameters(std::iter::once((unit, value)))?))
        })?;
        most.max(guide::most_arguments_of_language(name)?)
    }

    /// Whether the members of a name are all plain values.
    fn is_never_function(&self, name: &str) -> bool {
        let mut values = self.given(name).peekable();
        values.peek().is_some()
            && values.all(|(.., value)| db::is_plain(value))
            && !guide::may_be_function_of_language(name)
    }
}

impl<'a> Told<'a> {
    /// Nothing has been looked at yet.
    pub fn new(
        db: &'a LiveDb,
        document: &'a DocumentView,
        (settings, places): (&'a Checks, &'a Places),
        findings: &'a [NameFinding],
    ) -> Told<'a> {
        Told { db, document, settings, places, findings, sight: None, asked: 0, words: None }
    }

    /// Whether nobody gives a member of a name that the text gives to nothing: it may still be a key in a string.
    pub fn is_nowhere(&mut self, name: &str) -> bool {
        let (db, document) = (self.db, self.document);
        self.asked += 1;
        if self.asked > FEW && self.sight().is_some() {
            return !self.sight().is_some_and(|it| it.is_given(name)) && !self.words().contains(name);
        }
        let Some(sight) = self.sight() else { return false };
        let stands = |file: File| {
            let text = file.text(db);
            stands_in_string(db, file, &text, name) || is_put_together(db, file, name)
        };
        !sight.is_given(name) && !stands(document.file) && !sight.modules.iter().any(|(file, _)| stands(*file))
    }

    /// All words that stand in strings of the program by themselves, and all texts that are put together.
    fn words(&mut self) -> &FxHashSet<SmolStr> {
        let (db, document) = (self.db, self.document);
        let modules = self.sight.iter().flatten().flat_map(|it| &it.modules).map(|(file, _)| *file);
        self.words.get_or_insert_with(|| {
            let mut words = FxHashSet::default();
            for file in std::iter::once(document.file).chain(modules) {
                any_string(&file.parse(db).green, &mut |string| {
                    words.extend(string.split(|c: char| !is_part(c)).map(SmolStr::new));
                    false
                });
                for placed in db::units(db, file).iter() {
                    let code = &db::function_mir(db, placed.unit).unit;
                    let texts =
                        code.consts.iter().filter_map(|it| if let Const::Str(text) = it { Some(text) } else { None });
                    words.extend(texts.map(|it| SmolStr::new(&**it)));
                }
            }
            words
        })
    }

    /// Whether all members of a name that things have are given in the text of the file, under names that stand there: of all things but
    /// those that [`Told::may_have_more`] names.
    pub fn is_own(&mut self, name: &str) -> bool {
        self.sight().is_some_and(|it| !it.is_given(name))
    }

    /// The same of a program that is the file alone.
    pub fn is_seen_whole(&mut self) -> bool {
        self.sight().is_some_and(|it| it.modules.is_empty())
    }

    fn sight(&mut self) -> Option<&Sight> {
        if self.sight.is_none() {
            self.sight = Some(self.look());
        }
        self.sight.as_ref()?.as_ref()
    }

    /// Whether what stands before a dot is a map whose keys are worked out.
    pub fn may_have_more(&self, facts: &FileFacts, unit: u32, owner: &Symbol) -> bool {
        self.sight.iter().flatten().flat_map(|it| &it.open).any(|it| it.is(facts, unit, owner))
    }

    /// Whether a chain names a member that nothing has.
    pub fn has_missing(&self, facts: &FileFacts, chain: &Symbol) -> bool {
        match chain {
            Symbol::Member(of, name) => {
                let is_given = self.sight.iter().flatten().any(|it| it.is_given(name));
                !is_given && !facts.has_member(name) && !guide::is_made_by_language(name) || self.has_missing(facts, of)
            }
            Symbol::Element(of) | Symbol::Slice(of) | Symbol::Call(of, _) | Symbol::Ref(of) => {
                self.has_missing(facts, of)
            }
            _ => false,
        }
    }

    /// Calls of members that modules have: with more arguments than any function of that name takes, and of what is no function anywhere.
    pub fn across(&mut self, found: &mut Vec<Check>) {
        let (db, file) = (self.db, self.document.file);
        if db::module_imports(db, file).is_empty() {
            return;
        }
        let Some(files) = modules::program(db, file, self.places, MOST_FILES) else { return };
        let files: Vec<_> = files.into_iter().map(|it| db::file_facts(db, it)).collect();
        let (program, facts) = (Program(&files), &files[0]);
        let mut names: Vec<_> = files[1..]
            .iter()
            .flat_map(|it| it.member_names().chain(it.key_names()).chain(it.global_names()))
            .filter(|name| facts.calls(name).next().is_some())
            .collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let (most, is_plain) = (program.most_arguments(name), program.is_never_function(name));
            for (unit, call) in facts.calls(name) {
                let Some((callee, args)) = facts.unit(unit).facts.calls.get(call as usize) else { continue };
                let Symbol::Member(owner, _) = &**callee else { continue };
                let got = args.len() as u32;
                let too_many = most.filter(|&most| got > most && !is_plain);
                if too_many.is_none() && !is_plain {
                    continue;
                }
                let is_certain = self.sight().is_some()
                    && !self.may_have_more(facts, unit, owner)
                    && !self.has_missing(facts, owner);
                let Some(placed) = db::units(db, file).get(unit as usize).filter(|_| is_certain) else { continue };
                let Some(range) = db::unit_names(db, placed.unit).calls.get(call as usize) else { continue };
                let range = *range + placed.start;
                let told = match too_many {
                    Some(most) => extra::too_many(db, file, range, (name, most, got)),
                    None => {
                        let (code, weight) = ("not-a-function", Weight::Warning);
                        Check { range, code, weight, message: plain(name), fix: None }
                    }
                };
                if !found.iter().any(|it| it.code == told.code && it.range == range) {
                    found.push(told);
                }
            }
        }
    }

    fn look(&self) -> Option<Sight> {
        let file = self.document.file;
        let facts = db::file_facts(self.db, file);
        if !db::makes_its_maps(&facts) || self.has_host() || is_imported(self.db, file) {
            return None;
        }
        let files = modules::program(self.db, file, self.places, MOST_FILES)?;
        let modules: Vec<_> = files.into_iter().skip(1).map(|it| (it, db::file_facts(self.db, it))).collect();
        if !modules.iter().all(|(module, has)| self.is_plain_module(*module, has, &facts, &modules)) {
            return None;
        }
        let open = dictionaries::of(self.db, file, &facts)?;
        let is_here_alone = |it: &Dictionary| !modules.iter().any(|(_, facts)| it.is_named_in(facts));
        open.iter().all(is_here_alone).then_some(Sight { open, modules })
    }

    /// Whether a module compiles, makes its maps itself under names that stand in its text, and names nothing that is not the program's.
    fn is_plain_module(
        &self,
        module: File,
        has: &FileFacts,
        importer: &FileFacts,
        all: &[(File, Arc<FileFacts>)],
    ) -> bool {
        let is_known = |name: &str| importer.is_global(name) || all.iter().any(|(_, it)| it.is_global(name));
        let is_hosts = |it: &NameFinding| it.problem == NameProblem::Unknown && !is_known(&it.name);
        db::makes_its_maps(has)
            && matches!(db::module_code(self.db, module).reply, ModuleAnswer::Found(_))
            && !db::units_with_findings(self.db, module).iter().any(|(_, types)| types.may_open_maps())
            && !db::name_findings(self.db, module).iter().any(is_hosts)
    }

    /// Whether the program works with values of a host: with names that it gives, or unknown ones that are more than half-typed words.
    fn has_host(&self) -> bool {
        // Names that the command line has as well are not unknown.
        let facts = db::file_facts(self.db, self.document.file);
        let is_read = |name: &String| facts.is_read(name) && !facts.is_global(name);
        if self.settings.host.names.keys().any(is_read) {
            return true;
        }
        let unknown = self.findings.iter().filter(|it| it.problem == NameProblem::Unknown);
        unknown.into_iter().any(|it| self.settings.knows(&it.name) || self.is_worked_with(it))
    }

    fn is_worked_with(&self, unknown: &NameFinding) -> bool {
        let units = db::units(self.db, self.document.file);
        let Some(placed) = units.get(unknown.unit as usize) else { return true };
        let is_it = |symbol: &Sym| symbol.root_name() == Some(&unknown.name);
        let uses = &db::unit_names(self.db, placed.unit).uses;
        let facts = db::file_facts(self.db, self.document.file);
        let says = &facts.unit(unknown.unit).facts;
        let mut callees = says.calls.iter().map(|it| &it.0);
        // Built-in functions look at no members.
        let is_builtin = |callee: &Sym| matches!(&**callee, Symbol::Name(name) if intrinsics::find(name).is_some());
        let mut args = says.calls.iter().filter(|(callee, _)| !is_builtin(callee)).flat_map(|it| &it.1);
        if uses.iter().any(|it| matches!(&it.place, Place::Member(owner) if is_it(owner)))
            || says.news.iter().any(is_it)
            || callees.any(is_it)
        {
            return true;
        }
        let variables = says.assigned.iter().chain(&says.outer).chain(&says.globals).map(|(_, value)| value);
        let mut stored = variables.chain(says.members.iter().map(|(.., value)| value));
        (stored.any(is_it) || args.any(is_it)) && !is_half_typed(&facts, unknown)
    }
}

/// What is said of a call of such a member.
pub(super) fn plain(name: &str) -> String {
    format!("`{name}` is a plain value wherever this program has one, so it cannot be called")
}

/// Whether an unknown name may become a known one by more letters.
fn is_half_typed(facts: &FileFacts, unknown: &NameFinding) -> bool {
    let starts = |name: &str| name.starts_with(unknown.name.as_str());
    let around = [Some(unknown.unit), facts.enclosing_function(unknown.unit)];
    facts.global_names().any(|it| starts(it))
        || intrinsics::IntrinsicId::globals().any(|id| starts(id.def().name))
        || around.into_iter().flatten().any(|it| facts.unit(it).facts.variables.iter().any(|it| starts(it)))
}

/// Whether code puts a text together while it is compiled, such as `"na" + "me"`, that is the name.
fn is_put_together(db: &LiveDb, file: File, name: &str) -> bool {
    db::units(db, file).iter().any(|placed| {
        let code = &db::function_mir(db, placed.unit).unit;
        code.consts.iter().any(|it| matches!(it, Const::Str(text) if **text == *name))
    })
}

/// Whether a letter may be part of a name.
fn is_part(letter: char) -> bool {
    letter == '_' || letter.is_alphanumeric()
}

/// Whether a name stands in a string of a file by itself, so that it may be a key.
fn stands_in_string(db: &LiveDb, file: File, text: &str, name: &str) -> bool {
    let places = |text: &str| -> Vec<usize> {
        let is_whole = |at: &usize| !text[..*at].ends_with(is_part) && !text[at + name.len()..].starts_with(is_part);
        text.match_indices(name).map(|(at, _)| at).filter(is_whole).collect()
    };
    let found = places(text);
    if found.is_empty() {
        return false;
    }
    let green = &file.parse(db).green;
    if found.len() > FEW {
        // To find the token of each would cost their number times that of the tokens.
        return any_string(green, &mut |string| !places(string).is_empty());
    }
    let root = SyntaxNode::new_root(green.clone());
    found.into_iter().any(|at| {
        let tokens = root.token_at_offset(TextSize::new(at as u32));
        tokens.right_biased().is_some_and(|it| it.kind() == SyntaxKind::StringLit)
    })
}

/// Whether that is so of any string literal.
fn any_string(node: &GreenNodeData, is_so: &mut dyn FnMut(&str) -> bool) -> bool {
    node.children().any(|child| match child {
        NodeOrToken::Node(node) => any_string(node, is_so),
        NodeOrToken::Token(token) => token.kind() == SyntaxKind::StringLit.into() && is_so(token.text()),
    })
}

/// The member that is most like one that nothing has.
pub fn did_you_mean(facts: &FileFacts, name: &str) -> Option<String> {
    let given = facts.member_names().chain(facts.key_names()).map(|it| it.as_str()).filter(|it| *it != name);
    let methods = ["map", "list", "string"].into_iter().flat_map(|it| intrinsics::type_methods(it).iter());
    nearest(name, given.chain(methods.map(|it| &**it).filter(|it| !is_other_word(name, it))))
}
