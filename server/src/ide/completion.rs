//! Completion: what may stand at the cursor, in code that is half-typed.
//!
//! Looks at the tokens before the cursor for what is wanted (a member, a key, a module, an `end` word, any name), takes names from the
//! facts of the file, members from inference and from what was seen in runs. Invariants: nothing is offered inside comments, numbers and plain strings or where
//! a new name is being made up; the list is ranked by how well a name fits what is typed and how near it is defined, and says when it is cut.

mod callback;
mod context;
mod items;
mod modules;
mod seen;
mod used;
mod written;

use items::closeness;
pub use items::{Data, Item, ItemKind, documentation, fits};

use super::Live;
use super::infer::Infer;
use crate::db::LiveDb;
use crate::document::DocumentView;
use context::Wanted;
use items::WordPlace;
use minilive_syntax::{TextRange, TextSize};

/// More items than this are cut; the client asks again as the person types on.
pub const MOST_ITEMS: usize = 400;

/// What may stand at a place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Completions {
    /// The candidates, best first.
    pub items: Vec<Item>,
    /// There are more.
    pub incomplete: bool,
    /// What a chosen item replaces.
    pub replace: TextRange,
}

/// Completes at an offset.
pub fn completions(db: &LiveDb, document: &DocumentView, live: &Live, offset: TextSize, snippets: bool) -> Completions {
    let Some(context) = context::at(db, document, offset) else { return Completions::default() };
    let (places, host) = (&*live.places, &*live.checks.host);
    let mut infer = Infer::with_importers(db, places);
    let offset = context.replace.start();
    let collect = items::Collect { db, host, file: document.file, unit: context.unit, typed: &context.typed, offset };
    let mut is_cut = false;
    let mut items = match &context.wanted {
        Wanted::Member(owner) => modules::members(&collect, &mut infer, document, live, owner)
            .unwrap_or_else(|| collect.members(&mut infer, owner, false)),
        Wanted::Key(owner) => collect.members(&mut infer, owner, true),
        Wanted::Module => collect.modules(places),
        Wanted::EndWord(word) => collect.end_words(*word),
        Wanted::In => collect.in_word(),
        // A variable that holds the name of a module is hardly meant before it is begun.
        Wanted::Name { .. } if context.behind_import && context.typed.is_empty() => collect.quoted_modules(places),
        Wanted::Name { uncalled } => {
            let place = match (context.starts_statement, context.follows_operand) {
                (true, _) => WordPlace::Statement,
                (_, Some(behind)) => WordPlace::Behind(behind),
                _ => WordPlace::Operand,
            };
            let mut all = if place.takes_names() { collect.names(&mut infer, *uncalled) } else { Vec::new() };
            if context.behind_import {
                all.extend(collect.quoted_modules(places));
            }
            if context.wants_class {
                collect.classes_first(&mut infer, context.assigned.as_deref(), &mut all);
            }
            let keywords = collect.keywords(place, snippets).into_iter();
            all.extend(keywords.filter(|it| match &*it.label {
                "break" | "continue" => context.in_loop,
                "else" => context.in_if,
                _ => true,
            }));
            if place.takes_names() && !*uncalled && !context.behind_import {
                all.extend(modules::names(&collect, document, live, context.replace));
                let (imported, more) = modules::imported(&collect, &mut infer, document, (live, &all));
                all.extend(imported);
                is_cut = more;
                let (unimported, more) = modules::unimported(&collect, document, live, (context.replace, &all));
                all.extend(unimported);
                is_cut |= more;
            }
            let due = context.due_end.as_ref();
            all.extend(due.and_then(|it| collect.whole_end(it, &document.text, context.replace)));
            if snippets && context.begins_value {
                all.push(collect.function_snippet());
            }
            all
        }
    };
    items.retain(|item| fits(&item.label, &context.typed));
    items.sort_by_cached_key(|item| {
        let close = closeness(&item.label, &context.typed);
        (items::rank::tier(item.rank), close, item.rank, item.label.to_lowercase(), item.label.clone())
    });
    let incomplete = is_cut || items.len() > MOST_ITEMS;
    items.truncate(MOST_ITEMS);
    items::add_parameters(db, document.file, &mut items);
    if context.wanted == (Wanted::Name { uncalled: false }) {
        callback::refer(&mut infer, db, document, context.replace, &mut items);
    }
    Completions { items, incomplete, replace: context.replace }
}
