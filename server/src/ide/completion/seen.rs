//! Members of values that were seen in runs: offered behind what the text shows, and called *seen*.
//!
//! Part of completion; the values come from [`Seen`]. Invariant: a name that is offered already is not offered again, so what follows from
//! the text keeps its place and its type.

use super::super::describe;
use super::super::infer::Infer;
use super::super::seen::{Seen, word};
use super::items::{Collect, Data, Item, ItemKind, fits, is_name, rank};
use minilive_jit::record::{Held, HeldMember};
use minilive_mir::ir::Ty;
use minilive_mir::names::Sym;
use minilive_runtime::intrinsics;

/// What is offered.
pub struct Offer<'a> {
    pub collect: &'a Collect<'a>,
    /// Keys in a string, not members behind a dot.
    pub keys: bool,
    /// Methods of the types that were seen, too.
    pub type_methods: bool,
}

impl Offer<'_> {
    /// The members of what was seen of a value, without those that are `known`.
    pub fn members(&self, infer: &mut Infer<'_>, owner: &Sym, known: &[Item]) -> Vec<Item> {
        let seen = Seen::of(self.collect.db, self.collect.file);
        let values = seen.values(infer, self.collect.unit, owner);
        let mut found: Vec<Item> = Vec::new();
        let is_new = |found: &[Item], name: &str| {
            fits(name, self.collect.typed) && !found.iter().chain(known).any(|it| it.label == name)
        };
        for member in values.iter().flat_map(|held| &held.members) {
            let wanted = (self.keys || is_name(&member.name)) && member.name != "__isa";
            if wanted && is_new(&found, &member.name) {
                found.push(self.member(&seen, member));
            }
        }
        if self.type_methods {
            for name in values.iter().filter_map(|held| type_map(held)).flat_map(intrinsics::type_methods) {
                if let Some(id) = intrinsics::find(name).filter(|_| is_new(&found, name)) {
                    let item = self.collect.intrinsic(id, true, rank::SEEN_TYPE);
                    found.push(Item { detail: item.detail.map(|it| it + " · seen"), ..item });
                }
            }
        }
        found
    }

    fn member(&self, seen: &Seen<'_>, member: &HeldMember) -> Item {
        let rank = rank::SEEN + member.distance;
        let item = |kind, detail, data| {
            let item = self.collect.item(&member.name, kind, rank, data);
            Item { detail: Some(detail), ..item }
        };
        if member.value.ty != Ty::Function {
            let detail = word(member.value.ty).map_or_else(|| "seen".to_owned(), |word| format!("seen: {word}"));
            return item(ItemKind::Field, detail, Data::Nothing);
        }
        match member.value.function.and_then(|key| seen.unit(key)) {
            Some(unit) => {
                let db = self.collect.db;
                let name = crate::db::units(db, unit.file).at(unit.unit).name.to_string();
                let detail = format!("{} · seen", describe::params_text(db, unit));
                item(ItemKind::Method, detail, Data::Function(unit.unit, name))
            }
            None => item(ItemKind::Method, "seen: function".to_owned(), Data::Nothing),
        }
    }
}

/// The type map of a seen value.
fn type_map(held: &Held) -> Option<&'static str> {
    match held.ty {
        Ty::Number => Some("number"),
        Ty::String => Some("string"),
        Ty::List => Some("list"),
        Ty::Map => Some("map"),
        Ty::Any | Ty::Null | Ty::Function => None,
    }
}
