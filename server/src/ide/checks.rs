//! Warnings about names: unknown ones, unused ones, and calls that must fail.
//!
//! Reads the facts of the file for what is wrong and the names of single units for where. `diagnostics` shows the results, code
//! actions offer the fixes. Invariants: nothing is said where code is *open*, that is, where names come from places the text does
//! not show; the cost of an edit that changes no facts is that of looking up what was found.

mod allow;
mod broken;
mod correlated;
mod deep;
mod dictionaries;
mod extra;
mod foreign;
mod frozen;
mod hosts;
mod imports;
mod leaving;
mod literals;
mod members;
mod modules;
mod quiet;
mod referred;
mod steps;
mod types;
mod uncalled;
mod unsure;

pub(super) use allow::Allowed;
pub(super) use imports::is_seen_whole;
pub(super) use modules::{Behind, program};

use super::infer::{Binding, binding};
use crate::db::{self, File, FileFacts, LiveDb, NameFinding, NameProblem};
use crate::document::DocumentView;
use crate::modules::Places;
use crate::settings::Checks;
use minilive_mir::checks::{ABOUT_VARIABLE, BEHIND_EXIT, EXITS, Finding, NEVER_GOES_ON};
use minilive_mir::names::{Access, NameUse, Place, Sym, Symbol, TYPE_MAPS};
use minilive_runtime::intrinsics;
use minilive_syntax::ast::{AssignStmt, AstNode, Expr, MapEntry, NameExpr};
use minilive_syntax::{SyntaxKind, SyntaxNode, TextRange, TextSize};
use rowan::GreenNode;
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

/// What is done about a warning by one click.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fix {
    /// What the click says.
    pub title: String,
    /// The text that goes.
    pub range: TextRange,
    /// The text that comes.
    pub insert: String,
}

/// How a warning is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Weight {
    /// The program hardly does what is meant.
    Warning,
    /// Something to know; the program may well mean it.
    Advice,
    /// Something is not needed: it is drawn faintly.
    Unused,
}

/// One warning.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Check {
    /// The text it is about.
    pub range: TextRange,
    /// Stable identity.
    pub code: &'static str,
    /// How it is shown.
    pub weight: Weight,
    /// The sentence.
    pub message: String,
    /// What can be done about it.
    pub fix: Option<Fix>,
}

/// All codes of warnings, in alphabetical order.
pub const CODES: [&str; 23] = [
    "called-instead",
    "duplicate-key",
    "fixed-comparison",
    "frozen-value",
    "loop-variable",
    "missing-member",
    "missing-return",
    "no-result",
    "not-a-function",
    "not-assignable",
    "not-indexable",
    "possibly-unassigned",
    "shadowed-intrinsic",
    "too-many-arguments",
    "unassigned-variable",
    "unknown-name",
    "unreachable-code",
    "unused-import",
    "unused-local",
    "unused-parameter",
    "useless-comparison",
    "useless-reference",
    "wrong-argument",
];

/// Codes of which a part is said without a setting, and all where one gives them a level.
pub const PARTLY_QUIET: [&str; 3] = ["possibly-unassigned", "shadowed-intrinsic", "unused-parameter"];

/// So many warnings about names are told of a file.
const MOST_TOLD: usize = 2000;

/// Of so many unknown names it is found out what may have been meant.
const MOST_COMPARED: usize = 100;

/// The warnings of a document in source order.
pub fn checks(db: &LiveDb, document: &DocumentView, settings: &Checks, places: &Places) -> Vec<Check> {
    let file = document.file;
    let broken = broken::Broken::of(db, document);
    let mut found = Vec::new();
    let behind = Behind::new(db, file, places);
    tree_checks(db, document, (settings, &behind), &mut found);
    let findings = db::name_findings(db, file);
    // A text that no program would be, as one with more names than a statement can have.
    let findings = if broken.is_some() && findings.len() > MOST_TOLD { Default::default() } else { findings };
    let imported = findings.iter().any(|it| matches!(it.problem, NameProblem::Unknown | NameProblem::TooEarly { .. }))
        && is_imported(db, file);
    let mut members = members::Told::new(db, document, (settings, places), &findings);
    let opened_by_host = imports_for_host(db, file, settings);
    let quiet = quiet::Quiet::new(db, document, settings);
    let (mut unknown, mut uses) = (0, Uses::default());
    for finding in findings.iter() {
        if found.len() >= MOST_TOLD {
            break;
        }
        // Where so many names are unknown, a host gives them: none is compared with all known ones.
        unknown += usize::from(matches!(finding.problem, NameProblem::Unknown));
        let compares = unknown <= MOST_COMPARED;
        let hidden = match finding.problem {
            NameProblem::UnusedParameter | NameProblem::ShadowedIntrinsic | NameProblem::ShadowedInside { .. } => {
                !quiet.is_told(finding)
            }
            // The host's own function of that name may take more, and so may one that another file puts in its place.
            NameProblem::TooMany { .. } => {
                settings.host.names.contains_key(finding.name.as_str()) && intrinsics::find(&finding.name).is_some()
                    || is_replaced(db, file, &behind, &finding.name)
            }
            NameProblem::NotAFunction { .. } | NameProblem::UselessReference => {
                is_replaced(db, file, &behind, &finding.name)
            }
            // So may its function do more without any, or be none.
            NameProblem::CalledInstead { .. } | NameProblem::StoredInstead { .. } | NameProblem::HeldInstead { .. } => {
                settings.knows(&finding.name) && intrinsics::find(&finding.name).is_some()
            }
            NameProblem::NoMember { .. } => !members.is_nowhere(&finding.name),
            NameProblem::NoMethod { .. } | NameProblem::TooManyForMember { .. } => !members.is_own(&finding.name),
            // The variable of an `import` has the last name of its path.
            NameProblem::UnusedImport => {
                let imports = db::module_imports(db, file);
                let mut of_name = imports.iter().filter(|it| it.name.rsplit('/').next() == Some(&finding.name));
                of_name.any(|it| behind.has_effects(&it.name)) || imports::is_for_others(db, file, places, finding)
            }
            NameProblem::Unknown | NameProblem::TooEarly { .. } => {
                imported
                    || opened_by_host
                    || settings.gives(&finding.name, |module| behind.imports(module))
                    || behind.gives_global(&finding.name)
                    || behind.may_give_more()
                        && (behind.may_give(&finding.name)
                            || !(compares && is_slip(db, file, finding, (settings, &behind))))
            }
            _ => false,
        };
        if !hidden && broken.as_ref().is_none_or(|it| it.leaves(finding)) {
            place(db, file, (finding, &members, (settings, &behind), compares), &mut uses, &mut found);
        }
    }
    referred::add(db, file, (settings, &behind, &mut members), &mut found);
    members.across(&mut found);
    literals::add(db, document, &mut members, &mut found);
    types::add(db, document, (settings, &behind), places, &mut found);
    steps::tell(&document.text, &mut found);
    frozen::add(db, file, places, &mut found);
    modules::add(db, document, places, &mut found);
    hosts::add(db, document, (settings, places), &mut found);
    deep::add(db, document, (settings, places), &mut found);
    let add_unsure = if settings.levels.contains_key(unsure::CODE) { unsure::add } else { unsure::add_certain };
    add_unsure(db, document, (settings, places), &mut found);
    if let Some(broken) = &broken {
        broken.retain(db, document, &mut found);
    }
    allow::add(db, document, &mut found);
    if !found.is_empty() {
        let allowed = Allowed::of(document, db);
        found.retain(|it| {
            !settings.allows(it.code) && !allowed.allows(it.code, document.index.line_of(it.range.start()))
        });
    }
    found.sort_by_key(|it| (it.range.start(), it.range.end()));
    found
}

/// Whether another file of the program gives a global of this one another value, or may do so.
fn is_replaced(db: &LiveDb, file: File, behind: &Behind<'_>, name: &str) -> bool {
    let by_importer = |it: &File| {
        let outward = db::outward(db, *it);
        outward.gives_global(name) || outward.gives_member(name)
    };
    behind.gives_global(name)
        || behind.may_give_more() && behind.may_give(name)
        || db::all_importers(db, file).iter().any(by_importer)
}

/// Whether an unknown name is most likely a known one, misspelt.
fn is_slip(db: &LiveDb, file: File, finding: &NameFinding, known: (&Checks, &Behind<'_>)) -> bool {
    matches!(finding.problem, NameProblem::TooEarly { .. })
        || did_you_mean(&db::file_facts(db, file), finding.unit, &finding.name, known).is_some()
}

/// Whether a module is imported whose name the host gives.
fn imports_for_host(db: &LiveDb, file: File, settings: &Checks) -> bool {
    let facts = db::file_facts(db, file);
    let names = |unit: u32| facts.unit(unit).facts.imported_by.iter().any(|name| settings.knows(name));
    facts.readers("import").any(names)
}

/// What the trees of the units tell.
fn tree_checks(
    db: &LiveDb,
    document: &DocumentView,
    (settings, behind): (&Checks, &Behind<'_>),
    found: &mut Vec<Check>,
) {
    let (file, units) = (document.file, db::units(db, document.file));
    let mut end: Option<Finding> = None;
    let uncalled = uncalled::Uncalled::new(db, document, (settings, behind));
    for &(unit, ()) in &*db::units_with_checks(db, file) {
        let placed = units.at(unit);
        for it in db::unit_checks(db, placed.unit) {
            let it = Finding { range: it.range + placed.start, ..it.clone() };
            // A variable of that name is nobody's business here.
            let is_own = it.code == "wrong-argument" && db::file_facts(db, file).is_global("import");
            if [EXITS, BEHIND_EXIT].contains(&it.code) && !ends_program(db, file, unit, settings) {
                continue;
            }
            if it.code == ABOUT_VARIABLE {
                let variable = first_name(&placed.unit.green, it.range - placed.start);
                if variable.is_some_and(|it| uncalled.holds(unit, &it)) {
                    found.push(of_tree(&Finding { code: "fixed-comparison", ..it }, &document.text));
                }
            } else if [NEVER_GOES_ON, EXITS].contains(&it.code) {
                end.get_or_insert(it);
            } else if it.code == BEHIND_EXIT {
                let it = Finding { code: "unreachable-code", ..it };
                // What is never reached because of something further down is told once.
                found.retain(|other| other.code != it.code || !it.range.contains_range(other.range));
                found.push(of_tree(&it, &document.text));
            } else if !is_own {
                let mut told = of_tree(&it, &document.text);
                if told.code == "useless-comparison"
                    && compares_function(&db::file_facts(db, file), unit, document, it.range)
                {
                    told.fix = None;
                }
                found.push(told);
            }
        }
    }
    let behind = minilive_mir::checks::behind_end(units.statement_kinds(), end.as_ref());
    found.extend(behind.map(|it| of_tree(&it, &document.text)));
}

/// The first name in a part of a unit.
fn first_name(unit: &GreenNode, range: TextRange) -> Option<String> {
    let root = SyntaxNode::new_root(unit.clone());
    let tokens = root.covering_element(range);
    let mut names = tokens.as_node()?.descendants().filter_map(NameExpr::cast).filter_map(|it| it.name_token());
    names.find(|it| range.contains_range(it.text_range())).map(|it| it.text().to_owned())
}

/// Whether `exit` is certainly the function of the language in a unit: neither the file nor anybody else may give the name another value.
fn ends_program(db: &LiveDb, file: File, unit: u32, settings: &Checks) -> bool {
    let facts = db::file_facts(db, file);
    let around = [Some(unit), facts.enclosing_function(unit)].into_iter().flatten();
    let is_open = around.map(|it| facts.unit(it).facts.open).any(|it| it.locals || it.import);
    matches!(binding(&facts, unit, "exit"), Binding::Intrinsic(_))
        && !is_open
        && !settings.knows("exit")
        && !db::gets_globals_out_of_sight(&facts)
        && !is_imported(db, file)
}

/// Whether what stands before an operator is the name of a function, whose place its result would take.
fn compares_function(facts: &FileFacts, unit: u32, document: &DocumentView, operator: TextRange) -> bool {
    let before = document.text[..usize::from(operator.start())].trim_end();
    let start = before.rfind(|it: char| it != '_' && !it.is_alphanumeric()).map_or(0, |at| at + 1);
    let name = before.get(start..).unwrap_or_default();
    let values = facts.globals(name).map(|(_, value)| value);
    let members = facts.members(name).map(|(.., value)| value).chain(facts.keys(name).map(|(_, value)| value));
    let around = std::iter::successors(Some(unit), |it| facts.parent(*it));
    let local = around.flat_map(|it| &facts.unit(it).facts.assigned).filter(|(it, _)| it == name);
    let values = values.chain(local.map(|(_, value)| value));
    let is_function = |it: &Sym| matches!(**it, Symbol::Function(_) | Symbol::Ref(_));
    intrinsics::find(name).is_some() || values.chain(members).any(is_function)
}

/// What a tree alone tells.
fn of_tree(it: &Finding, text: &str) -> Check {
    let range = it.range;
    let named = text.get(std::ops::Range::<usize>::from(range)).unwrap_or_default();
    let weight = match it.code {
        "unreachable-code" | "useless-reference" => Weight::Unused,
        "loop-variable" | "called-instead" | "useless-comparison" => Weight::Advice,
        _ => Weight::Warning,
    };
    let fix = match it.code {
        "useless-reference" => Some(Fix { title: "Remove `@`".to_owned(), range, insert: String::new() }),
        "useless-comparison" => Some(Fix { title: "Write `=`".to_owned(), range, insert: "=".to_owned() }),
        "called-instead" => Some(Fix {
            title: format!("Write `@{named}`"),
            range: TextRange::empty(range.start()),
            insert: "@".to_owned(),
        }),
        "fixed-comparison" => {
            let name = named.trim_matches('"');
            TYPE_MAPS.contains(&name).then(|| Fix { title: format!("Write `{name}`"), range, insert: name.to_owned() })
        }
        _ => None,
    };
    Check { range, code: it.code, weight, message: it.message.clone(), fix }
}

/// Whether another file of the workspace imports this one: its globals are this file's, too.
pub(super) fn is_imported(db: &LiveDb, file: File) -> bool {
    !db::direct_importers(db, file).is_empty()
}

/// Where a finding stands.
fn place(
    db: &LiveDb,
    file: File,
    (finding, told, (settings, behind), compares): (&NameFinding, &members::Told<'_>, (&Checks, &Behind<'_>), bool),
    known: &mut Uses,
    found: &mut Vec<Check>,
) {
    let Some(placed) = db::units(db, file).get(finding.unit as usize) else { return };
    let names = db::unit_names(db, placed.unit);
    let name = &finding.name;
    let named = known.of(finding.unit, &names.uses, name);
    let uses = |access: fn(Access) -> bool| {
        let fitting = named.iter().filter(move |it| it.place == Place::Bare && access(it.access));
        fitting.map(|it| (it.range + placed.start, it.quoted))
    };
    let check = |range, code, weight, message, fix| Check { range, code, weight, message, fix };
    match &finding.problem {
        NameProblem::Unknown => {
            let facts = db::file_facts(db, file);
            let meant = compares.then(|| did_you_mean(&facts, finding.unit, name, (settings, behind))).flatten();
            let host = crate::host_profile::built_in_that_gives(name, |module| behind.imports(module)).map(|host| {
                format!("; it is a name of `{host}`: put that into the setting `minilive.host.profiles` if it runs the program")
            });
            let meant = meant.filter(|_| host.is_none());
            let text = file.text(db);
            for (range, _) in uses(|access| access != Access::Write) {
                let around = Around::of(&text, range);
                let (question, fix) = match (&host, around.meant(name), &meant) {
                    (Some(host), ..) => (host.clone(), None),
                    (_, Some((says, fix)), _) => (format!("; {says}"), fix),
                    (.., Some(meant)) => (format!("; did you mean `{meant}`?"), Some(change_to(meant, range))),
                    _ => (String::new(), None),
                };
                let message = format!("nothing gives `{name}` a value{question}");
                found.push(check(range, "unknown-name", Weight::Warning, message, fix));
            }
        }
        NameProblem::TooMany { call, got, expected } => {
            let Some(range) = names.calls.get(*call as usize) else { return };
            found.push(extra::too_many(db, file, *range + placed.start, (name, *expected, *got)));
        }
        NameProblem::TooEarly { read, from_itself } => {
            if let Some((range, _)) = uses(|access| access != Access::Write).nth(*read as usize) {
                let message = if *from_itself {
                    format!("`{name}` has no value yet, so its first one cannot be made from it: give it one before")
                } else {
                    format!("`{name}` has no value here: it gets one only further down")
                };
                found.push(check(range, "unassigned-variable", Weight::Warning, message, None));
            }
        }
        NameProblem::NotAFunction { call } => {
            let Some(range) = names.calls.get(*call as usize) else { return };
            let message = format!("`{name}` is no function, so it cannot be called");
            found.push(check(*range + placed.start, "not-a-function", Weight::Warning, message, None));
        }
        NameProblem::NoMember { of } => {
            let facts = db::file_facts(db, file);
            let meant = members::did_you_mean(&facts, name);
            let foreign = foreign::of_member(None, name).filter(|_| meant.is_none());
            let question = match &foreign {
                Some(foreign) => format!("; {}", foreign.says),
                None => meant.as_ref().map_or_else(String::new, |meant| format!("; did you mean `{meant}`?")),
            };
            let meant = foreign.and_then(|it| it.write).map(str::to_owned).or(meant);
            // Behind one that is missing nothing is known, nor of a map whose keys are worked out.
            let is_known =
                |owner: &Symbol| !told.has_missing(&facts, owner) && !told.may_have_more(&facts, finding.unit, owner);
            let is_first = |it: &&&NameUse| match &it.place {
                Place::Member(owner) if !of.is_empty() => {
                    matches!(&**owner, Symbol::Name(it) if of.contains(it)) && is_known(owner)
                }
                Place::Member(owner) => is_known(owner),
                _ => false,
            };
            let is_read =
                |it: &&&NameUse| it.access != Access::Write && !it.quoted && matches!(it.place, Place::Member(_));
            for it in named.iter().filter(is_read).filter(is_first) {
                let range = it.range + placed.start;
                let fix = meant.as_ref().map(|meant| change_to(meant, range));
                let message = match &it.place {
                    Place::Member(owner) if !of.is_empty() => {
                        format!("`{owner}` is a map that nothing gives a member `{name}`{question}")
                    }
                    _ => format!("nothing in this program has a member `{name}`{question}"),
                };
                found.push(check(range, "missing-member", Weight::Warning, message, fix));
            }
        }
        NameProblem::NoMethod { call } | NameProblem::TooManyForMember { call, .. } => {
            let Some(range) = names.calls.get(*call as usize) else { return };
            let facts = db::file_facts(db, file);
            if let Some((callee, _)) = facts.unit(finding.unit).facts.calls.get(*call as usize)
                && let Symbol::Member(owner, _) = &**callee
                && told.may_have_more(&facts, finding.unit, owner)
            {
                return;
            }
            let range = *range + placed.start;
            found.push(match &finding.problem {
                NameProblem::TooManyForMember { got, expected, .. } => {
                    extra::too_many(db, file, range, (name, *expected, *got))
                }
                _ => check(range, "not-a-function", Weight::Warning, members::plain(name), None),
            });
        }
        NameProblem::UnusedLocal => {
            if let Some((range, _)) = uses(Access::writes).next() {
                let message = format!("the value of `{name}` is never used");
                found.push(check(range, "unused-local", Weight::Unused, message, None));
            }
        }
        NameProblem::UnusedParameter => {
            if let Some(it) = named.iter().find(|it| it.place == Place::Param) {
                let message = format!("the parameter `{name}` is never read");
                found.push(check(it.range + placed.start, "unused-parameter", Weight::Unused, message, None));
            }
        }
        NameProblem::ShadowedIntrinsic => {
            if let Some((range, _)) = uses(Access::writes).next() {
                let message = format!("this hides the built-in `{name}` from the whole file");
                found.push(check(range, "shadowed-intrinsic", Weight::Advice, message, None));
            }
        }
        NameProblem::ShadowedInside { is_param } => {
            let is_it = |it: &&&NameUse| match it.place {
                Place::Param => *is_param,
                _ => !is_param && it.access.writes() && matches!(it.place, Place::Bare | Place::Locals),
            };
            if let Some(it) = named.iter().find(is_it) {
                let message = format!("this hides the built-in `{name}` in this function");
                found.push(check(it.range + placed.start, "shadowed-intrinsic", Weight::Advice, message, None));
            }
        }
        NameProblem::CalledInstead { call } => {
            let Some(&callee) = names.calls.get(*call as usize) else { return };
            let behind =
                |range: &TextRange| range.start() >= callee.end() + placed.start && is_argument(db, file, *range);
            if let Some((range, _)) = uses(|access| access == Access::Read).find(|(range, _)| behind(range)) {
                let fix = refer_to(name, range);
                let message = format!("this calls `{name}` without arguments; `@{name}` passes the function itself");
                found.push(check(range, "called-instead", Weight::Advice, message, Some(fix)));
            }
        }
        NameProblem::StoredInstead { target } => {
            for (range, _) in
                uses(|access| access == Access::Read).filter(|(range, _)| is_stored(db, file, *range, target))
            {
                let message = format!(
                    "this calls `{name}` without arguments; `@{name}` stores the function itself, for which `{target}` is called with some"
                );
                found.push(check(range, "called-instead", Weight::Advice, message, Some(refer_to(name, range))));
            }
        }
        NameProblem::HeldInstead { holder } => {
            for (range, _) in
                uses(|access| access == Access::Read).filter(|(range, _)| is_held(db, file, *range, holder))
            {
                let message = format!(
                    "this calls `{name}` without arguments; `@{name}` stores the function itself, as what `{holder}` holds is called with some"
                );
                found.push(check(range, "called-instead", Weight::Advice, message, Some(refer_to(name, range))));
            }
        }
        NameProblem::UselessReference => {
            let root = SyntaxNode::new_root(file.parse(db).green.clone());
            // In a function, a name that is perhaps not assigned yet means something further out.
            let is_sure = |it: &&&NameUse| {
                let is_it = it.place == Place::Bare && it.access == Access::Read;
                let facts = db::file_facts(db, file);
                is_it && (it.definite || !facts.has_variable(finding.unit, name))
            };
            for it in named.iter().filter(is_sure) {
                let token = root.covering_element(it.range + placed.start);
                let around = token.ancestors().find(|it| it.kind() != SyntaxKind::NameExpr);
                let Some(around) = around.filter(|it| it.kind() == SyntaxKind::RefExpr) else { continue };
                let range = TextRange::new(around.text_range().start(), it.range.start() + placed.start);
                let message = format!("`@` keeps a function from being called, and `{name}` never holds one");
                let fix = Fix { title: "Remove `@`".to_owned(), range, insert: String::new() };
                found.push(check(range, "useless-reference", Weight::Unused, message, Some(fix)));
            }
        }
        NameProblem::UnusedImport => {
            if let Some((range, _)) = uses(Access::writes).find(|(_, quoted)| *quoted) {
                let message = format!("the module `{name}` is never used");
                found.push(check(range, "unused-import", Weight::Unused, message, None));
            }
        }
    }
}

/// Among so many uses of names those of one are sooner looked for than found in an index.
const FEW_USES: usize = 64;

/// The uses of names in the unit about which something was said last. Findings come unit by unit; once a long one has a second one, its uses are
/// put in order by name, or a unit with thousands of findings would be gone through as often.
#[derive(Default)]
struct Uses {
    unit: Option<u32>,
    by_name: Option<FxHashMap<SmolStr, Vec<usize>>>,
}

impl Uses {
    /// Those of a name, in their order.
    fn of<'u>(&mut self, unit: u32, uses: &'u [NameUse], name: &str) -> Vec<&'u NameUse> {
        let is_other = self.unit.replace(unit) != Some(unit);
        if is_other {
            self.by_name = None;
        }
        if is_other || uses.len() <= FEW_USES {
            return uses.iter().filter(|it| it.name == name).collect();
        }
        let by_name = self.by_name.get_or_insert_with(|| {
            let mut by_name: FxHashMap<SmolStr, Vec<usize>> = FxHashMap::default();
            for (number, it) in uses.iter().enumerate() {
                by_name.entry(it.name.clone()).or_default().push(number);
            }
            by_name
        });
        by_name.get(name).into_iter().flatten().map(|&number| &uses[number]).collect()
    }
}

/// What stands around a name.
struct Around<'t> {
    range: TextRange,
    /// It is what `import` is to load.
    is_imported: bool,
    /// It stands behind `isa`.
    is_type: bool,
    /// What follows behind a dot, and where it ends.
    member: Option<(&'t str, TextSize)>,
}

impl<'t> Around<'t> {
    fn of(text: &'t str, range: TextRange) -> Around<'t> {
        let (before, behind) = (&text[..usize::from(range.start())], &text[usize::from(range.end())..]);
        let is_type = before.trim_end_matches([' ', '\t', '(']).ends_with("isa");
        let is_imported = before.trim_end_matches([' ', '\t', '(']).ends_with("import");
        let member = behind.strip_prefix('.').map(|it| {
            let end = it.find(|it: char| it != '_' && !it.is_alphanumeric()).unwrap_or(it.len());
            (&it[..end], range.end() + TextSize::new(1 + end as u32))
        });
        Around { range, is_imported, is_type, member }
    }

    /// What an unknown name may mean by what is around it and in other languages.
    fn meant(&self, name: &str) -> Option<(String, Option<Fix>)> {
        if let Some(says) = foreign::of_keyword(name) {
            return Some((says.to_owned(), None));
        }
        if let Some(write) = foreign::of_type(name).filter(|_| self.is_type) {
            return Some((format!("MiniScript calls it `{write}`"), Some(change_to(write, self.range))));
        }
        if self.is_imported {
            let quoted = format!("\"{name}\"");
            return Some((
                format!("`import` takes the name of a module in quotes: `{quoted}`"),
                Some(change_to(&quoted, self.range)),
            ));
        }
        let foreign::Meant { says, write } = foreign::of_name(name, self.member.map(|it| it.0))?;
        let end = self.member.filter(|_| foreign::takes_in_member(name)).map_or(self.range.end(), |it| it.1);
        Some((says, write.map(|write| change_to(write, TextRange::new(self.range.start(), end)))))
    }
}

fn change_to(meant: &str, range: TextRange) -> Fix {
    Fix { title: format!("Change to `{meant}`"), range, insert: meant.to_owned() }
}

fn refer_to(name: &str, range: TextRange) -> Fix {
    Fix { title: format!("Write `@{name}`"), range: TextRange::empty(range.start()), insert: "@".into() }
}

/// Whether a name by itself is what is assigned to something of another name, or stands under that name in a map literal.
fn is_stored(db: &LiveDb, file: File, name: TextRange, target: &str) -> bool {
    let root = SyntaxNode::new_root(file.parse(db).green.clone());
    let Some(around) = root.covering_element(name).ancestors().find(|it| it.kind() != SyntaxKind::NameExpr) else {
        return false;
    };
    let is_it = |it: Option<Expr>| it.is_some_and(|it| it.range() == name);
    let is_target = |it: Option<Expr>| {
        let last = it.and_then(|it| {
            it.syntax()
                .descendants_with_tokens()
                .filter_map(|it| it.into_token())
                .filter(|it| !it.kind().is_trivia())
                .filter(|it| it.kind() != SyntaxKind::RBracket)
                .last()
        });
        last.is_some_and(|it| it.text().trim_matches('"') == target)
    };
    let assigned = AssignStmt::cast(around.clone()).is_some_and(|it| is_it(it.value()) && is_target(it.target()));
    assigned || MapEntry::cast(around).is_some_and(|it| is_it(it.value()) && is_target(it.key()))
}

/// Whether a name is an entry of a literal that a variable is given.
fn is_held(db: &LiveDb, file: File, name: TextRange, holder: &str) -> bool {
    let root = SyntaxNode::new_root(file.parse(db).green.clone());
    let token = root.covering_element(name);
    let mut around = token.ancestors().skip_while(|it| it.kind() == SyntaxKind::NameExpr);
    let Some(mut literal) = around.next() else { return false };
    if let Some(entry) = MapEntry::cast(literal.clone()) {
        if entry.value().is_none_or(|it| it.range() != name) {
            return false;
        }
        literal = match around.next() {
            Some(it) => it,
            None => return false,
        };
    }
    let assignment = around.next().and_then(AssignStmt::cast);
    matches!(literal.kind(), SyntaxKind::MapExpr | SyntaxKind::ListExpr)
        && assignment.is_some_and(|it| {
            let last = it.target().and_then(|it| it.syntax().last_token());
            it.value().is_some_and(|it| it.range() == literal.text_range())
                && last.is_some_and(|it| it.text().trim_matches('"') == holder)
        })
}

/// Whether a name is an argument by itself.
fn is_argument(db: &LiveDb, file: File, name: TextRange) -> bool {
    let root = SyntaxNode::new_root(file.parse(db).green.clone());
    let token = root.covering_element(name);
    let node = token.ancestors().find(|it| it.kind() == SyntaxKind::NameExpr);
    node.and_then(|it| it.parent()).is_some_and(|it| it.kind() == SyntaxKind::ArgList)
}

/// The known name that is most like an unknown one.
fn did_you_mean(
    facts: &FileFacts,
    unit: u32,
    name: &str,
    (settings, behind): (&Checks, &Behind<'_>),
) -> Option<String> {
    let around = [Some(unit), facts.enclosing_function(unit)];
    let variables = around.into_iter().flatten().flat_map(|it| facts.unit(it).facts.variables.iter());
    let intrinsics = intrinsics::IntrinsicId::globals().map(|id| id.def().name).filter(|it| !is_other_word(name, it));
    let gives = |name: &&String| settings.host.gives(name, |module| behind.imports(module));
    let of_host = settings.host.names.keys().filter(gives).chain(&settings.host_names).map(String::as_str);
    nearest(name, variables.chain(facts.global_names()).map(|it| it.as_str()).chain(intrinsics).chain(of_host))
}

/// Of known names the one that is most like another, if any is much like it.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let most: usize = match name.chars().count() {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    };
    // Hardly anybody begins a word with another letter than is meant.
    let starts = |it: &str| {
        let (mut a, mut b) = (name.chars(), it.chars());
        let (first, other) = (a.next(), b.next());
        let is_same = |a: Option<char>, b: Option<char>| a.zip(b).is_some_and(|(a, b)| a.eq_ignore_ascii_case(&b));
        is_same(first, other) || is_same(first, b.next()) && is_same(a.next(), other)
    };
    let initial = |it: &str| it.chars().next().is_some_and(char::is_uppercase);
    let near = known.filter(|it| starts(it)).filter_map(|it| {
        // `Point` is a name of another kind than `print`.
        let most = if initial(name) == initial(it) { most } else { most.saturating_sub(1) };
        distance(name, it, most).map(|far| (far, it))
    });
    near.min().map(|(_, it)| it.to_owned())
}

/// Whether two short words differ in a letter: those are mostly both meant as they are, as `max` and `map`.
fn is_other_word(a: &str, b: &str) -> bool {
    let sorted = |it: &str| {
        let mut letters: Vec<_> = it.to_lowercase().chars().collect();
        letters.sort_unstable();
        letters
    };
    a.len() <= 3 && a.len() == b.len() && sorted(a) != sorted(b)
}

/// How many letters are added, dropped, changed or swapped with their neighbours; nothing if more than `most`.
fn distance(a: &str, b: &str, most: usize) -> Option<usize> {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > most {
        return None;
    }
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = rows[i - 1][j - 1] + usize::from(!a[i - 1].eq_ignore_ascii_case(&b[j - 1]));
            let mut best = change.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows.last().and_then(|row| row.last()).copied().filter(|&found| found <= most)
}
