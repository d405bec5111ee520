//! What modules of the workspace have. Of those that the document does not import yet, choosing one adds its `import`.
//!
//! Part of completion; which they are and where the line goes is what the fix of an unknown name says. Invariant: the line never touches the
//! word that is replaced, or is part of what replaces it.

use super::super::Live;
use super::super::actions::{Edit, Unimported, importable, importable_symbols, imported_modules};
use super::super::infer::{Binding, Infer, Kind, Known, Object, binding};
use super::items::{Collect, Data, Item, ItemKind, fits, is_name, rank};
use crate::db::{self, File, FileSymbol, FileSymbolKind};
use crate::document::DocumentView;
use minilive_mir::names::{Sym, Symbol};
use minilive_syntax::TextRange;

/// So many of their members are offered as long as no module is named.
const MOST_UNIMPORTED: usize = 20;

/// Their names, once a letter is typed.
pub fn names(collect: &Collect<'_>, document: &DocumentView, live: &Live, replace: TextRange) -> Vec<Item> {
    if collect.typed.is_empty() {
        return Vec::new();
    }
    let found = importable(collect.db, document, live, |name| fits(name, collect.typed));
    let found = found.into_iter().filter(|(name, ..)| !is_hidden(collect, name));
    let item = |(name, _, import): (String, _, Edit)| {
        let detail = Some(format!("import \"{name}\""));
        let item = Item { detail, ..collect.item(&name, ItemKind::Module, rank::MODULE, Data::Nothing) };
        if import.range.start() == replace.start() {
            return Item { insert: Some(format!("{}{name}", import.insert)), ..item };
        }
        Item { also: Some(import), ..item }
    };
    found.map(item).collect()
}

/// What they have under names that begin with what is typed, the first few of them, and whether there are more. Their trees are not looked at.
pub fn unimported(
    collect: &Collect<'_>,
    document: &DocumentView,
    live: &Live,
    (replace, known): (TextRange, &[Item]),
) -> (Vec<Item>, bool) {
    if collect.typed.is_empty() {
        return (Vec::new(), false);
    }
    let found = importable_symbols(collect.db, document, live, MOST_UNIMPORTED + 1, |name| begins(collect, name));
    let is_more = found.len() > MOST_UNIMPORTED;
    let is_new = |it: &Unimported| known.iter().all(|item| item.label != it.symbol.name);
    let new = found.into_iter().take(MOST_UNIMPORTED).filter(|it| is_new(it) && !is_hidden(collect, &it.module));
    let item = |it: Unimported| {
        let written = format!("{}.{}", it.module, it.symbol.name);
        let detail = Some(format!("{written}, import \"{}\"", it.module));
        let item = Item { detail, ..member_of_module(collect, it.file, &it.symbol, rank::UNIMPORTED) };
        if it.import.range.start() == replace.start() {
            return Item { insert: Some(format!("{}{written}", it.import.insert)), ..item };
        }
        Item { insert: Some(written), also: Some(it.import), ..item }
    };
    (new.map(item).collect(), is_more)
}

/// Whether a name begins with what is typed, in whatever case.
fn begins(collect: &Collect<'_>, name: &str) -> bool {
    let mut letters = name.chars();
    let mut typed = collect.typed.chars();
    typed.all(|it| letters.next().is_some_and(|of| of == it || of.to_lowercase().eq(it.to_lowercase())))
}

/// What the modules have that are imported already, under names that begin with what is typed: the first few, and whether there are more.
/// Only modules count whose names mean them at the cursor.
pub fn imported(
    collect: &Collect<'_>,
    infer: &mut Infer<'_>,
    document: &DocumentView,
    (live, known): (&Live, &[Item]),
) -> (Vec<Item>, bool) {
    let mut found: Vec<Item> = Vec::new();
    if collect.typed.is_empty() {
        return (found, false);
    }
    let mut modules = imported_modules(collect.db, document, live);
    modules.sort_by(|(a, _), (b, _)| a.cmp(b));
    modules.dedup();
    for (module, file) in modules {
        let name: Sym = Symbol::Name(module.as_str().into()).into();
        if infer.value(collect.unit, &name).kinds != [Kind::Map(Object::Module(file))] {
            continue;
        }
        let facts = infer.facts(file);
        for symbol in db::file_symbols(collect.db, file).iter() {
            let written = format!("{module}.{}", symbol.name);
            let is_its = symbol.container.is_none() && facts.is_module_variable(&symbol.name);
            let is_new = || known.iter().chain(&found).all(|it| it.label != symbol.name);
            if is_its && begins(collect, &symbol.name) && is_new() {
                let item = member_of_module(collect, file, symbol, rank::IMPORTED);
                found.push(Item { detail: Some(written.clone()), insert: Some(written), ..item });
            }
        }
    }
    found.sort_by(|a, b| a.label.cmp(&b.label));
    let is_more = found.len() > MOST_UNIMPORTED;
    found.truncate(MOST_UNIMPORTED);
    (found, is_more)
}

/// A variable of a module. Which unit a function is nobody knows yet; it is found by its name.
fn member_of_module(collect: &Collect<'_>, file: File, symbol: &FileSymbol, rank: u32) -> Item {
    let (kind, data) = match symbol.kind {
        FileSymbolKind::Function => {
            let path = file.path(collect.db).to_owned();
            (ItemKind::Function, Data::Elsewhere(path, 0, symbol.name.to_string()))
        }
        _ => (ItemKind::Variable, Data::Nothing),
    };
    collect.item(&symbol.name, kind, rank, data)
}

/// Whether the name of a module means a variable of the function in which something is offered.
fn is_hidden(collect: &Collect<'_>, module: &str) -> bool {
    let facts = db::file_facts(collect.db, collect.file);
    matches!(binding(&facts, collect.unit.unit, module), Binding::Variable(_))
}

/// The members of one whose name stands before the dot; none if that name means something.
pub fn members(
    collect: &Collect<'_>,
    infer: &mut Infer<'_>,
    document: &DocumentView,
    live: &Live,
    owner: &Sym,
) -> Option<Vec<Item>> {
    let Symbol::Name(name) = &**owner else { return None };
    let is_unknown = binding(&infer.facts(collect.file), collect.unit.unit, name) == Binding::Unknown;
    if !is_unknown
        || !infer.given_from_around(collect.unit, name).kinds.is_empty()
        || live.checks.host.name(name).is_some()
    {
        return None;
    }
    let (_, file, import) = importable(collect.db, document, live, |it| it == name.as_str()).into_iter().next()?;
    let known = Known::new(vec![Kind::Map(Object::Module(file))], false);
    let found = infer.members(&known).into_iter().filter(|it| is_name(&it.name) && fits(&it.name, collect.typed));
    // Where the line would go to the very word, the members are no use without it.
    let line = (import.range.end() < collect.offset).then_some(import);
    Some(found.collect::<Vec<_>>().iter().map(|it| Item { also: line.clone(), ..collect.member(infer, it) }).collect())
}
