//! Modules of the workspace that the document does not import yet: choosing one adds its `import`.
//!
//! Part of completion; which they are and where the line goes is what the fix of an unknown name says. Invariant: the line never touches the
//! word that is replaced, or is part of what replaces it.

use super::super::Live;
use super::super::actions::{Edit, Unimported, importable, importable_symbols};
use super::super::infer::{Binding, Infer, Kind, Known, Object, binding};
use super::items::{Collect, Data, Item, ItemKind, fits, is_name, rank};
use crate::db::{self, FileSymbolKind};
use crate::document::DocumentView;
use minilive_mir::names::{Sym, Symbol};
use minilive_syntax::TextRange;

/// So many of their members are offered before they are imported.
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
    let begins = |name: &str| {
        let mut letters = name.chars();
        collect
            .typed
            .chars()
            .all(|it| letters.next().is_some_and(|of| of == it || of.to_lowercase().eq(it.to_lowercase())))
    };
    if collect.typed.is_empty() {
        return (Vec::new(), false);
    }
    let found = importable_symbols(collect.db, document, live, MOST_UNIMPORTED + 1, begins);
    let is_more = found.len() > MOST_UNIMPORTED;
    let is_new = |it: &Unimported| known.iter().all(|item| item.label != it.symbol.name);
    let new = found.into_iter().take(MOST_UNIMPORTED).filter(|it| is_new(it) && !is_hidden(collect, &it.module));
    let item = |it: Unimported| {
        let written = format!("{}.{}", it.module, it.symbol.name);
        let (kind, data) = match it.symbol.kind {
            FileSymbolKind::Function => {
                let path = it.file.path(collect.db).to_owned();
                // Which unit it is nobody knows yet; it is found by its name.
                (ItemKind::Function, Data::Elsewhere(path, 0, it.symbol.name.to_string()))
            }
            _ => (ItemKind::Variable, Data::Nothing),
        };
        let detail = Some(format!("{written}, import \"{}\"", it.module));
        let item = Item { detail, ..collect.item(&it.symbol.name, kind, rank::UNIMPORTED, data) };
        if it.import.range.start() == replace.start() {
            return Item { insert: Some(format!("{}{written}", it.import.insert)), ..item };
        }
        Item { insert: Some(written), also: Some(it.import), ..item }
    };
    (new.map(item).collect(), is_more)
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
    let known = Known { kinds: vec![Kind::Map(Object::Module(file))], open: false };
    let found = infer.members(&known).into_iter().filter(|it| is_name(&it.name) && fits(&it.name, collect.typed));
    // Where the line would go to the very word, the members are no use without it.
    let line = (import.range.end() < collect.offset).then_some(import);
    Some(found.collect::<Vec<_>>().iter().map(|it| Item { also: line.clone(), ..collect.member(infer, it) }).collect())
}
