//! What can stand behind a dot, found by plain lookups: no function is called, so an unfinished line may be asked about at any time.
//!
//! An interactive [`Session`] answers completion with it; the command line makes the [`Path`] from what was typed. Invariant: what a
//! path leads to is what a program would read there, as long as no function has to run for it; where one would, nothing is known.

use super::session::Session;
use minilive_runtime::map::MapRef;
use minilive_runtime::names;
use minilive_runtime::ops;
use minilive_runtime::realm::{Realm, TypeMap};
use minilive_runtime::value::{Unpacked, Value};

/// Names listed of one value at most.
const MOST_MEMBERS: usize = 200;

/// Where a chain of members begins.
#[derive(Debug, Clone, PartialEq)]
pub enum Root {
    /// A variable.
    Variable(String),
    /// The map of globals.
    Globals,
    /// A value of this type that nobody has made yet.
    Of(TypeMap),
}

/// One step along a chain.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// `.name`
    Member(String),
    /// `["text"]`
    Key(String),
    /// `[number]`
    Index(f64),
}

/// A chain as it was typed, up to the dot whose members are asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// Where it begins.
    pub root: Root,
    /// How it goes on.
    pub steps: Vec<Step>,
}

/// Where a path leads.
enum Found {
    /// To a value that exists.
    Value(Value),
    /// To some value of this type.
    Some(TypeMap),
}

impl Session<'_> {
    /// What can stand behind a dot after this path.
    pub fn members_at(&mut self, path: &Path) -> Vec<String> {
        self.enter(|realm| match find(realm, path) {
            Some(Found::Value(value)) => members(realm, value),
            Some(Found::Some(kind)) => listed(realm, [realm.type_map(kind)]),
            None => Vec::new(),
        })
    }
}

fn find(realm: &mut Realm, path: &Path) -> Option<Found> {
    let mut at = match &path.root {
        Root::Globals => Found::Value(realm.globals().value()),
        Root::Of(kind) => Found::Some(*kind),
        Root::Variable(name) => {
            let key = realm.string_value(name);
            let of_type = || TypeMap::named(name).map(|kind| realm.type_map(kind).value());
            let value = realm.globals().get(realm, key).or_else(of_type)?;
            Found::Value(value)
        }
    };
    for step in &path.steps {
        let value = match at {
            Found::Value(value) => follow(realm, value, step)?,
            Found::Some(kind) => {
                let Step::Member(name) = step else { return None };
                let key = realm.string_value(name);
                realm.type_map(kind).get(realm, key)?
            }
        };
        at = Found::Value(value);
    }
    Some(at)
}

/// One step from a value. What a program could not read is no end of it here.
fn follow(realm: &mut Realm, value: Value, step: &Step) -> Option<Value> {
    match step {
        Step::Member(name) => {
            let name = realm.shared.intern(name);
            ops::member_get(realm, value, name).ok().map(|found| found.value)
        }
        Step::Key(text) => {
            let key = realm.string_value(text);
            ops::index_get(realm, value, key).ok()
        }
        Step::Index(number) => ops::index_get(realm, value, Value::number(*number)).ok(),
    }
}

/// The names that a value has behind a dot: its own, those of its prototypes, those of its type.
pub(super) fn members(realm: &Realm, value: Value) -> Vec<String> {
    let kind = match value.unpack() {
        Unpacked::Map(_) => TypeMap::Map,
        Unpacked::List(_) => TypeMap::List,
        Unpacked::String(_) => TypeMap::String,
        Unpacked::Number(_) => TypeMap::Number,
        Unpacked::Error(_) => {
            let fields = ["message", "inner", "stack", "__isa"].map(str::to_owned);
            return fields.into_iter().chain(listed(realm, [realm.type_map(TypeMap::Error)])).collect();
        }
        _ => return Vec::new(),
    };
    let parent = |map: &MapRef| map.get_by_name(realm, names::ISA)?.as_map();
    let chain = std::iter::successors(value.as_map(), parent).take(ops::MAX_CHAIN as usize);
    listed(realm, chain.chain([realm.type_map(kind)]))
}

fn listed(realm: &Realm, maps: impl IntoIterator<Item = MapRef>) -> Vec<String> {
    let entries = |map: MapRef| std::iter::successors(map.iter_from(realm, 0), move |it| map.iter_from(realm, it.next));
    let keys = maps.into_iter().flat_map(entries).filter_map(|entry| entry.key.as_string());
    keys.map(|name| name.as_str().to_owned()).take(MOST_MEMBERS).collect()
}
