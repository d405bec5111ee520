//! Variables off their fast paths: free names, environments, `self`, `locals`, globals (LANGUAGE 5).
//!
//! `step` comes here when a name is no assigned global. Order of lookup: variables of this call, the captured map, globals,
//! intrinsics. Invariant: intrinsics are found last, at every read, so that any variable may shadow them.

use super::Run;
use super::frame::{CodeRef, Window};
use super::values::kinds_of;
use crate::engine::unit::NameEntry;
use crate::feedback::{FeedbackCell, Place, Target};
use minilive_mir::ir::UnitKind;
use minilive_runtime::fault::{Eval, FatalError};
use minilive_runtime::realm::Realm;
use minilive_runtime::shared::Name;
use minilive_runtime::value::Value;

/// The function that a value is, as feedback notes it.
pub(super) fn target_of(value: Value) -> Option<Target> {
    let function = value.as_function()?;
    Some(match function.intrinsic() {
        Some(index) => Target::Intrinsic(index),
        None => Target::Code(function.code()),
    })
}

/// Notes where a free name was found.
#[cold]
#[inline(never)]
pub(super) fn sample_global(cell: &FeedbackCell, place: Place, value: Value) {
    cell.see_global(place, kinds_of(value), target_of(value));
}

impl Run<'_> {
    /// Reads a free name. An error if nothing has it.
    #[inline(never)]
    pub(super) fn load_free(
        &mut self,
        realm: &mut Realm,
        window: Window,
        entry: NameEntry,
        cell: &FeedbackCell,
    ) -> Eval<Value> {
        let (value, place) = self.find_free(realm, (window.env(), window.outer()), entry)?;
        if let Some(place) = place {
            cell.see_global(place, kinds_of(value), target_of(value));
        }
        Ok(value)
    }

    /// The value of a free name and the place where it was found, given the environment object (or absent) and the captured map.
    pub(crate) fn find_free(
        &self,
        realm: &mut Realm,
        scopes: (Value, Value),
        entry: NameEntry,
    ) -> Eval<(Value, Option<Place>)> {
        match find(realm, scopes, entry) {
            Some((value, place)) => Ok((value, Some(place))),
            None if entry.name == self.well_known.this || entry.name == self.well_known.parent => {
                Ok((Value::NULL, None))
            }
            None => Err(FatalError::UndefinedIdentifier(realm.shared.name_text(entry.name).to_owned()).into()),
        }
    }

    /// A read of a local that is absent.
    #[cold]
    #[inline(never)]
    pub(super) fn load_unassigned(
        &mut self,
        realm: &mut Realm,
        window: Window,
        (entry, deferred): (NameEntry, bool),
        cell: &FeedbackCell,
    ) -> Eval<Value> {
        if deferred {
            let injected = window.env().as_map().and_then(|map| map.get_by_name(realm, entry.name));
            return injected
                .ok_or_else(|| FatalError::UndefinedLocal(realm.shared.name_text(entry.name).to_owned()).into());
        }
        self.load_free(realm, window, entry, cell)
    }

    /// Reads a slot of the environment object.
    #[inline(never)]
    pub(super) fn load_env(
        &mut self,
        realm: &mut Realm,
        (code, window): (CodeRef, Window),
        (slot, deferred): (u16, bool),
        cell: &FeedbackCell,
    ) -> Eval<Value> {
        let map = window.env().as_map().expect("units with environment slots have an environment");
        let value = map.slot(usize::from(slot));
        if !value.is_absent() {
            return Ok(value);
        }
        let entry = env_entry(code, slot);
        self.load_unassigned(realm, window, (entry, deferred), cell)
    }

    /// `self` or `super`: the frame's, else a variable of that name, else null.
    #[inline(never)]
    pub(super) fn load_receiver(&mut self, realm: &mut Realm, window: Window, parent: bool) -> Value {
        let name = if parent { self.well_known.parent } else { self.well_known.this };
        let own = window.env().as_map().and_then(|map| map.get_by_name(realm, name));
        let outer = || window.outer().as_map().and_then(|map| map.get_by_name(realm, name));
        own.or_else(outer).or_else(|| realm.globals().get_by_name(realm, name)).unwrap_or(Value::NULL)
    }

    /// `locals`
    #[inline(never)]
    pub(super) fn load_locals(&mut self, realm: &mut Realm, code: CodeRef, window: Window) -> Value {
        match window.env() {
            _ if matches!(code.unit.kind, UnitKind::Statement | UnitKind::Expression) && code.env_shape.is_none() => {
                realm.globals().value()
            }
            env if env.is_absent() => {
                // No name of the text is reachable through it: lowering gives every unit that mentions `locals` an environment.
                let map = realm.new_map().value();
                window.set_env(map);
                map
            }
            env => env,
        }
    }

    /// Assigns a global variable.
    #[inline(never)]
    pub(super) fn store_global(&mut self, realm: &mut Realm, entry: NameEntry, value: Value) -> Eval<()> {
        if realm.head.globals_guarded == 0 {
            realm.set_cell(entry.cell, value);
            return Ok(());
        }
        let globals = realm.globals();
        globals.set_by_name(realm, entry.name, value)
    }

    /// Assigns a variable of the innermost interpreted call by name, as `import` does.
    pub(super) fn inject(&mut self, realm: &mut Realm, name: Name, value: Value) -> Eval<()> {
        let Some(frame) = self.frames.last().copied() else {
            return realm.globals().set_by_name(realm, name, value);
        };
        let unit = &frame.code.unit;
        if matches!(unit.kind, UnitKind::Statement | UnitKind::Expression) && unit.env.is_none() {
            return realm.globals().set_by_name(realm, name, value);
        }
        let known = unit.locals.iter().find(|local| frame.code.names[local.name.0 as usize].name == name);
        let param = unit.params.iter().rposition(|param| frame.code.names[param.name.0 as usize].name == name);
        if unit.env.is_none()
            && let Some(reg) = known.map(|local| local.reg.0).or(param.map(|index| index as u32))
        {
            frame.window.set(reg as u16, value);
            return Ok(());
        }
        let map = match frame.window.env().as_map() {
            Some(map) => map,
            None => {
                let map = realm.new_map();
                frame.window.set_env(map.value());
                map
            }
        };
        map.put_by_name(realm, name, value);
        Ok(())
    }
}

/// The name entry of an environment slot.
fn env_entry(code: CodeRef, slot: u16) -> NameEntry {
    let env = code.unit.env.as_ref().expect("units with environment slots have an environment");
    code.names[env[usize::from(slot)].0 as usize]
}

/// A name found in the captured map last time is probably there again.
#[inline(always)]
pub(super) fn cached_outer(window: Window, cell: &FeedbackCell) -> Option<Value> {
    let map = window.scope().as_map()?;
    let slot = cell.outer_slot(map.shape().0)?;
    Some(map.slot(slot)).filter(|value| !value.is_absent())
}

fn find(realm: &mut Realm, (env, outer): (Value, Value), entry: NameEntry) -> Option<(Value, Place)> {
    if let Some(value) = env.as_map().and_then(|map| map.get_by_name(realm, entry.name)) {
        return Some((value, Place::Mixed));
    }
    if let Some(map) = outer.as_map().filter(|map| !map.is_globals())
        && let Some(value) = map.get_by_name(realm, entry.name)
    {
        let slot = map.slot_of(realm, entry.name).and_then(|slot| u8::try_from(slot).ok());
        let place = slot.map_or(Place::Mixed, |slot| Place::Outer { shape: map.shape().0, slot });
        return Some((value, place));
    }
    let value = realm.cell(entry.cell);
    if !value.is_absent() {
        return Some((value, Place::Global));
    }
    (!entry.intrinsic.is_absent()).then_some((entry.intrinsic, Place::Intrinsic))
}
