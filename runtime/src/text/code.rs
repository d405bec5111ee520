//! CODE(v, n) of LANGUAGE 4.2: values as a program would write them, to a depth, with short names of globals.
//!
//! Used by `text.rs`. Invariant: the native stack grows with the depth alone, which callers keep small.

use super::{Growing, Names, error_message, push_function, push_number, push_quoted};
use crate::fault::Eval;
use crate::list::ListRef;
use crate::map::MapRef;
use crate::names;
use crate::realm::{Realm, TypeMap};
use crate::shared::Name;
use crate::value::{Unpacked, Value};
use rustc_hash::FxHashMap;

/// How many values are written between two looks at the budget.
const CHUNK: usize = 1 << 12;

/// Writes values into one text.
pub(super) struct CodeWriter<'a> {
    realm: &'a mut Realm,
    out: &'a mut String,
    names: Names,
    /// Lists and maps that global variables hold, with the first such variable; made at the first need.
    held: Option<FxHashMap<Value, Value>>,
    written: usize,
    growing: Growing,
}

impl<'a> CodeWriter<'a> {
    pub(super) fn new(realm: &'a mut Realm, out: &'a mut String, names: Names) -> CodeWriter<'a> {
        CodeWriter { realm, out, names, held: None, written: 0, growing: Growing::new() }
    }

    /// Writes one value to a depth.
    pub(super) fn push(&mut self, value: Value, depth: u32) -> Eval<()> {
        self.poll(value.as_string().map_or(0, |text| text.byte_len()))?;
        match value.unpack() {
            Unpacked::Null | Unpacked::Internal => self.out.push_str("null"),
            Unpacked::Number(number) => push_number(self.out, number),
            Unpacked::String(text) => push_quoted(self.out, text.as_str()),
            Unpacked::List(list) => self.push_list(list, depth)?,
            Unpacked::Map(map) => self.push_map(map, depth)?,
            Unpacked::Function(function) => push_function(self.realm, self.out, function),
            Unpacked::Error(error) => {
                self.out.push_str("error: ");
                self.out.push_str(&error_message(error));
            }
            Unpacked::Handle(_) => self.out.push_str("<value>"),
        }
        Ok(())
    }

    /// Counts a value that will take about so many bytes more than the shortest.
    fn poll(&mut self, bytes: usize) -> Eval<()> {
        self.written += 1;
        if self.written.is_multiple_of(CHUNK) {
            self.realm.charge(CHUNK as u64)?;
        }
        self.growing.up_to(self.realm, self.out.len() + bytes)
    }

    fn push_list(&mut self, list: ListRef, depth: u32) -> Eval<()> {
        if depth == 0 {
            self.out.push_str("[...]");
            return Ok(());
        }
        if self.push_short_name(list.value(), depth) {
            return Ok(());
        }
        self.out.push('[');
        let mut index = 0;
        while let Some(element) = list.get(index) {
            if index > 0 {
                self.out.push_str(", ");
            }
            self.push(element, depth - 1)?;
            index += 1;
        }
        self.out.push(']');
        Ok(())
    }

    fn push_map(&mut self, map: MapRef, depth: u32) -> Eval<()> {
        if depth == 0 {
            self.out.push_str("{...}");
            return Ok(());
        }
        if self.push_short_name(map.value(), depth) {
            return Ok(());
        }
        let isa = self.realm.shared.name_value(names::ISA);
        self.out.push('{');
        let mut position = 0;
        let mut first = true;
        while let Some(step) = map.iter_from(self.realm, position) {
            if !std::mem::take(&mut first) {
                self.out.push_str(", ");
            }
            let inner = if is_text(step.key, isa) { 1 } else { depth - 1 };
            self.push(step.key, inner)?;
            self.out.push_str(": ");
            self.push(step.value, inner)?;
            position = step.next;
        }
        self.out.push('}');
        Ok(())
    }

    /// Writes the name of a global that holds this very object, if there is one and the place is nested.
    fn push_short_name(&mut self, object: Value, depth: u32) -> bool {
        if self.names == Names::None || !(1..=2).contains(&depth) {
            return false;
        }
        let realm = &mut *self.realm;
        let held = self.held.get_or_insert_with(|| held_by_globals(realm));
        let name = held.get(&object).copied().or_else(|| type_map_name(self.realm, object));
        match name.and_then(|name| name.as_string().map(|text| self.out.push_str(text.as_str()))) {
            Some(()) => true,
            None => false,
        }
    }
}

fn is_text(key: Value, text: Value) -> bool {
    key == text || key.as_string().zip(text.as_string()).is_some_and(|(a, b)| a.same_text(b))
}

/// Lists and maps in global variables, each with the name of the first variable in slot order.
fn held_by_globals(realm: &mut Realm) -> FxHashMap<Value, Value> {
    let mut held = FxHashMap::default();
    let globals = realm.globals();
    let mut position = 0;
    while let Some(step) = globals.iter_from(realm, position) {
        if (step.value.is_list() || step.value.is_map()) && step.key.is_string() {
            held.entry(step.value).or_insert(step.key);
        }
        position = step.next;
    }
    held
}

/// The name of a type map, in the order in which they are searched.
fn type_map_name(realm: &Realm, object: Value) -> Option<Value> {
    const SEARCHED: [(TypeMap, Name); 6] = [
        (TypeMap::List, names::LIST),
        (TypeMap::String, names::STRING),
        (TypeMap::Map, names::MAP),
        (TypeMap::Number, names::NUMBER),
        (TypeMap::Function, names::FUNC_REF),
        (TypeMap::Error, names::ERROR),
    ];
    let found = SEARCHED.into_iter().find(|(kind, _)| realm.type_map(*kind).value() == object);
    found.map(|(_, name)| realm.shared.name_value(name))
}
