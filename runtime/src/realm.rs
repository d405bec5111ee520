//! A realm: everything that one evaluation owns. Made fresh for each, dropped as a whole.
//!
//! The engine makes it, enters it on the thread that runs the program, and passes it to every operator and intrinsic. Its
//! [`Head`] is what compiled code sees as its context. Code, shapes and names are not in here: they are [`Shared`].
//!
//! Invariants:
//! 1. A realm is used by one thread at a time; it may move between threads only while nobody has entered it.
//! 2. Values stay alive while they are on the VM stack, in globals, type maps or temporary roots, or in native frames below
//!    [`Realm::enter`]. A `Vec<Value>` is none of these: whoever keeps fresh values in one across an allocation pushes them
//!    to the temporary roots.
//! 3. `head` comes first and does not move: realms are boxed.

use crate::fault::{Eval, Fault};
use crate::function::FunctionRef;
use crate::globals::Cells;
use crate::heap::{Bump, Bumps, Heap, HeapConfig, HeapStats, native, vm_stack::VmStack};
use crate::host::Host;
use crate::limits::{LimitKind, Limits};
use crate::machine::FunctionNames;
use crate::map::{KeyCache, MapRef, SlotCache};
use crate::observe::Observations;
use crate::rng::Rng;
use crate::shape::{REALM_COMPUTED, REALM_SHAPES, ShapeId};
use crate::shared::Shared;
use crate::value::{NUMBER_END, Value};
use std::cell::Cell;
use std::mem::offset_of;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// What compiled code reads and writes, at fixed offsets.
#[derive(Debug)]
#[repr(C)]
pub struct Head {
    /// Work left in this slice; at zero or below the slow path runs.
    pub budget: i64,
    /// The lowest stack pointer that a call may have.
    pub native_limit: usize,
    /// The cells of global variables.
    pub cells: *mut Value,
    /// First free slot of the VM stack. What is below is scanned by collections.
    pub stack_top: *mut Value,
    /// End of the VM stack.
    pub stack_limit: *mut Value,
    /// Start of the VM stack.
    pub stack_base: *mut Value,
    /// Nested calls, where they are counted.
    pub depth: u32,
    /// The most nested calls.
    pub max_depth: u32,
    /// How many cells there are.
    pub cell_count: u32,
    /// Not 0 if a store to a global must take the slow path (`globals` is frozen or observed).
    pub globals_guarded: u32,
    /// Set from outside to end the run.
    pub cancel: *const AtomicBool,
    /// What [`Realm::request_poll`] took out of `budget`; the slow path adds it back before it counts.
    pub budget_held: i64,
    /// Frame pointer of the compiled code that last called a helper.
    pub native_frame: usize,
    /// What that code was at, as the engine numbers it; [`NO_SITE`] if that frame is not to be looked at.
    pub native_site: u64,
    /// Answer of a helper whose caller keeps all registers across the call: 0 to go on, else to unwind.
    pub native_status: u64,
    /// One allocation region a size class (see [`crate::heap::classes`]).
    pub bump: Bumps,
    /// A key whose bits are below this is a number under which a list gives its own element. Below it are all numbers, or none
    /// once the type map `list` may have number keys, which come first.
    pub element_keys_end: u64,
    /// [`NUMBER_END`]: compiled code that compares with it again and again reads it once.
    pub number_end: u64,
    /// Not 0 while the collector marks: a store over a reference inside an object must take the slow path, which hands the old
    /// one over ([`crate::heap`], invariant 7).
    pub marking: u8,
    /// The table of [`crate::map::lookup`]; null before the first lookup.
    pub lookups: *const u8,
    /// The table of keys there.
    pub keys: *const u8,
    /// The text that was found last in a table whose key is another object, or absent; see [`crate::map::recall`].
    pub asked: Cell<Value>,
    /// That key: the same text.
    pub asked_key: Cell<Value>,
    /// Which type maps may have other methods than they were made with, a bit each ([`TypeMap::bit`]), and [`STRING_KEYS`].
    pub changed_types: u8,
    /// How often a watched function of a global was replaced ([`crate::globals`]).
    pub redefined: u32,
    /// The value of the entry whose key a loop over a map was given last.
    pub entry_value: u64,
    /// The name `__isa` as a string.
    pub isa_text: u64,
    /// The map of globals.
    pub globals: u64,
    /// The maps of the types' methods, in the order of [`TypeMap::ALL`].
    pub type_maps: [u64; 6],
    /// A helper that compiled code calls without giving a register up, and what it takes.
    pub kept: [u64; KEPT_WORDS],
    /// Stands for the function that a value is not: at [`crate::function::FUNCTION_CODE`], the number of no code.
    pub no_function: [u64; 2],
}

/// Bit of [`Head::changed_types`]: the type map `string` may have number keys, which come before characters.
pub const STRING_KEYS: u8 = 1 << 7;

/// The place of a native frame that is on its way out.
pub const NO_SITE: u64 = u64::MAX;

/// Offset of [`Head::budget`].
pub const HEAD_BUDGET: usize = offset_of!(Head, budget);
/// Offset of [`Head::native_limit`].
pub const HEAD_NATIVE_LIMIT: usize = offset_of!(Head, native_limit);
/// Offset of [`Head::cells`].
pub const HEAD_CELLS: usize = offset_of!(Head, cells);
/// Offset of [`Head::stack_top`].
pub const HEAD_STACK_TOP: usize = offset_of!(Head, stack_top);
/// Offset of [`Head::stack_limit`].
pub const HEAD_STACK_LIMIT: usize = offset_of!(Head, stack_limit);
/// Offset of [`Head::stack_base`].
pub const HEAD_STACK_BASE: usize = offset_of!(Head, stack_base);
/// Offset of [`Head::depth`].
pub const HEAD_DEPTH: usize = offset_of!(Head, depth);
/// Offset of [`Head::max_depth`].
pub const HEAD_MAX_DEPTH: usize = offset_of!(Head, max_depth);
/// Offset of [`Head::globals_guarded`].
pub const HEAD_GLOBALS_GUARDED: usize = offset_of!(Head, globals_guarded);
/// Offset of [`Head::number_end`].
pub const HEAD_NUMBER_END: usize = offset_of!(Head, number_end);
/// Offset of [`Head::element_keys_end`].
pub const HEAD_ELEMENT_KEYS_END: usize = offset_of!(Head, element_keys_end);
/// Offset of [`Head::native_status`].
pub const HEAD_NATIVE_STATUS: usize = offset_of!(Head, native_status);
/// Offset of [`Head::asked`].
pub const HEAD_ASKED: usize = offset_of!(Head, asked);
/// Offset of [`Head::asked_key`].
pub const HEAD_ASKED_KEY: usize = offset_of!(Head, asked_key);
/// Offset of [`Head::isa_text`].
pub const HEAD_ISA_TEXT: usize = offset_of!(Head, isa_text);
/// Offset of [`Head::globals`].
pub const HEAD_GLOBALS: usize = offset_of!(Head, globals);
/// Offset of [`Head::entry_value`].
pub const HEAD_ENTRY_VALUE: usize = offset_of!(Head, entry_value);
/// Offset of [`Head::type_maps`].
pub const HEAD_TYPE_MAPS: usize = offset_of!(Head, type_maps);
/// How many words [`Head::kept`] has.
pub const KEPT_WORDS: usize = 5;
/// Offset of [`Head::kept`].
pub const HEAD_KEPT: usize = offset_of!(Head, kept);
/// Offset of [`Head::no_function`].
pub const HEAD_NO_FUNCTION: usize = offset_of!(Head, no_function);
/// Offset of [`Head::native_frame`].
pub const HEAD_NATIVE_FRAME: usize = offset_of!(Head, native_frame);
/// Offset of [`Head::native_site`].
pub const HEAD_NATIVE_SITE: usize = offset_of!(Head, native_site);
/// Offset of [`Head::bump`]; class c has `next` at `+16c` and `end` at `+16c+8`.
pub const HEAD_BUMP: usize = offset_of!(Head, bump);
/// Offset of [`Head::marking`].
pub const HEAD_MARKING: usize = offset_of!(Head, marking);
/// Offset of [`Head::changed_types`].
pub const HEAD_CHANGED_TYPES: usize = offset_of!(Head, changed_types);
/// Offset of [`Head::redefined`].
pub const HEAD_REDEFINED: usize = offset_of!(Head, redefined);
/// Offset of [`Head::lookups`].
pub const HEAD_LOOKUPS: usize = offset_of!(Head, lookups);
/// Offset of [`Head::keys`].
pub const HEAD_KEYS: usize = offset_of!(Head, keys);

/// The types whose members can be looked up in a map that programs may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TypeMap {
    /// `number`
    Number,
    /// `string`
    String,
    /// `list`
    List,
    /// `map`
    Map,
    /// `funcRef`
    Function,
    /// `error`
    Error,
}

impl TypeMap {
    /// All of them.
    pub const ALL: [TypeMap; 6] =
        [TypeMap::Number, TypeMap::String, TypeMap::List, TypeMap::Map, TypeMap::Function, TypeMap::Error];

    /// The type whose map the intrinsic of this name gives.
    pub fn named(intrinsic: &str) -> Option<TypeMap> {
        Some(match intrinsic {
            "number" => TypeMap::Number,
            "string" => TypeMap::String,
            "list" => TypeMap::List,
            "map" => TypeMap::Map,
            "funcRef" => TypeMap::Function,
            "error" => TypeMap::Error,
            _ => return None,
        })
    }

    /// Its bit in [`Head::changed_types`].
    #[inline]
    pub const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// All type maps at once, as values.
#[derive(Debug, Clone, Copy)]
pub struct TypeMaps {
    /// `number`
    pub number: Value,
    /// `string`
    pub string: Value,
    /// `list`
    pub list: Value,
    /// `map`
    pub map: Value,
    /// `funcRef`
    pub function: Value,
    /// `error`
    pub error: Value,
}

/// Objects that exist once a realm, made at the first need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Singleton {
    /// The map `intrinsics`.
    Intrinsics,
    /// The map `version`.
    Version,
    /// The map `gc`.
    Gc,
    /// The list `_in`.
    HistoryIn,
    /// The list `_out`.
    HistoryOut,
    /// The prototype of errors that the system makes.
    ErrorPrototype,
    /// The map `file`.
    File,
    /// The map `key` and other host maps.
    Key,
    /// The list `shellArgs`.
    ShellArgs,
    /// The prototype of file handles.
    FileHandle,
    /// The prototype of raw data.
    RawData,
    /// The map `env`.
    Environment,
}

const SINGLETONS: usize = 16;

/// Values that live as long as the realm.
#[derive(Debug)]
pub(crate) struct Roots {
    globals: Value,
    type_maps: [Value; 6],
    singletons: [Value; SINGLETONS],
}

impl Roots {
    pub(crate) fn each(&self, visit: &mut dyn FnMut(Value)) {
        let all = [self.globals].into_iter().chain(self.type_maps).chain(self.singletons);
        all.for_each(visit);
    }
}

/// How to make a realm.
pub struct RealmConfig {
    /// The heap.
    pub heap: HeapConfig,
    /// Slots of the VM stack; reserved, not committed.
    pub stack_slots: usize,
    /// Limits. The memory limit replaces the heap's own.
    pub limits: Limits,
    /// The way out.
    pub host: Box<dyn Host>,
    /// Set from outside to end the run.
    pub cancel: Arc<AtomicBool>,
}

impl RealmConfig {
    /// No limits, a small stack: for tests and small tools.
    pub fn new(host: Box<dyn Host>) -> RealmConfig {
        RealmConfig {
            heap: HeapConfig::default(),
            stack_slots: 1 << 20,
            limits: Limits::NONE,
            host,
            cancel: Arc::default(),
        }
    }
}

/// Everything one evaluation owns.
#[repr(C)]
pub struct Realm {
    /// What compiled code sees.
    pub head: Head,
    /// What outlives the realm.
    pub shared: Arc<Shared>,
    pub(crate) heap: Heap,
    pub(crate) stack: VmStack,
    pub(crate) cells: Cells,
    pub(crate) roots: Roots,
    pub(crate) temp_roots: Vec<Value>,
    pub(crate) observations: Observations,
    type_epochs: [u64; 6],
    pub(crate) slot_cache: SlotCache,
    pub(crate) key_cache: KeyCache,
    /// The shape of a map with nothing but `__isa`, once there was one.
    pub(crate) instance_shape: Option<ShapeId>,
    /// The shape of what loops over maps give, once there was one.
    pub(crate) pair_shape: Option<ShapeId>,
    /// How many shapes the maps of this realm may still bring.
    pub(crate) fresh_shapes: u32,
    /// How many they may still bring by removing keys.
    pub(crate) fresh_removals: u32,
    /// How many names keys may still become that are worked out.
    pub(crate) fresh_names: u32,
    /// Why [`Value::EXC`] is on its way up.
    pub pending: Option<Box<Fault>>,
    /// The limits of this run.
    pub limits: Limits,
    written: u64,
    fuel_beyond: u64,
    deadline: Option<Instant>,
    cancel: Arc<AtomicBool>,
    host: Box<dyn Host>,
    rng: Rng,
    function_names: Option<Arc<dyn FunctionNames>>,
    /// Memory for texts under construction, kept for the next one.
    pub(crate) scratch: String,
}

impl Realm {
    /// A fresh realm.
    pub fn new(shared: Arc<Shared>, mut config: RealmConfig) -> Box<Realm> {
        config.heap.limit = config.heap.limit.min(config.limits.memory);
        let stack = VmStack::new(config.stack_slots);
        let rng = Rng::new(config.host.seed());
        let mut realm = Box::new(Realm {
            head: new_head(&stack, &config),
            shared,
            heap: Heap::new(config.heap),
            stack,
            cells: Cells::default(),
            roots: Roots { globals: Value::NULL, type_maps: [Value::NULL; 6], singletons: [Value::NULL; SINGLETONS] },
            temp_roots: Vec::new(),
            observations: Observations::default(),
            type_epochs: [0; 6],
            slot_cache: SlotCache::default(),
            key_cache: KeyCache::default(),
            instance_shape: None,
            pair_shape: None,
            fresh_shapes: REALM_SHAPES,
            fresh_removals: REALM_COMPUTED,
            fresh_names: REALM_COMPUTED,
            pending: None,
            limits: config.limits,
            written: 0,
            fuel_beyond: u64::MAX,
            deadline: None,
            cancel: config.cancel,
            host: config.host,
            rng,
            function_names: None,
            scratch: String::new(),
        });
        realm.head.keys = realm.key_cache.address();
        realm.roots.globals = realm.new_globals_map().value();
        realm.head.isa_text = realm.shared.name_value(crate::names::ISA).bits();
        realm.head.globals = realm.roots.globals.bits();
        for index in 0..TypeMap::ALL.len() {
            let map = realm.new_map_with_capacity(0);
            realm.roots.type_maps[index] = map.value();
            realm.head.type_maps[index] = map.value().bits();
        }
        crate::intrinsics::fill_type_maps(&mut realm);
        for kind in TypeMap::ALL {
            realm.type_map(kind).set_observed(&mut realm, true);
        }
        realm
    }

    /// Runs `action` with this frame as the end of the native stack that collections scan. Nothing is collected outside.
    ///
    /// Values that `action` captured stand above this frame, where nobody looks: pass them through roots.
    #[inline(never)]
    pub fn enter<R>(&mut self, action: impl FnOnce(&mut Realm) -> R) -> R {
        let anchor = std::hint::black_box(0usize);
        let outer = self.heap.native_base;
        if outer == 0 {
            self.heap.native_base = native::base_here(&anchor);
        }
        let mut entered = Entered { realm: self, outer };
        let result = run_below(&mut entered, action);
        drop(entered);
        std::hint::black_box(&anchor);
        result
    }

    /// The map of globals.
    #[inline]
    pub fn globals_map(&self) -> MapRef {
        self.globals()
    }

    /// The map of globals.
    #[inline]
    pub fn globals(&self) -> MapRef {
        self.roots.globals.as_map().expect("made with the realm")
    }

    /// The map of a type's members.
    #[inline]
    pub fn type_map(&self, kind: TypeMap) -> MapRef {
        self.roots.type_maps[kind as usize].as_map().expect("made with the realm")
    }

    /// All type maps.
    #[inline]
    pub fn type_maps(&self) -> TypeMaps {
        let [number, string, list, map, function, error] = self.roots.type_maps;
        TypeMaps { number, string, list, map, function, error }
    }

    /// What outlives the realm.
    #[inline]
    pub fn shared(&self) -> &Shared {
        &self.shared
    }

    /// The internal parent of errors that the system makes: an error value that no program can reach by name.
    pub fn runtime_error_prototype(&mut self) -> Value {
        let known = self.singleton(Singleton::ErrorPrototype);
        if !known.is_null() {
            return known;
        }
        let message = self.intern("runtime error");
        let made = self.new_error(message, Value::NULL, Value::NULL, Value::NULL).value();
        self.set_singleton(Singleton::ErrorPrototype, made);
        made
    }

    /// Counts the changes of a type map; caches of its members compare it.
    #[inline]
    pub fn type_epoch(&self, kind: TypeMap) -> u64 {
        self.type_epochs[kind as usize]
    }

    pub(crate) fn is_type_map(&self, value: Value) -> bool {
        self.roots.type_maps.contains(&value)
    }

    /// A map got a table, in which numbers may be keys.
    pub(crate) fn note_table(&mut self, map: Value) {
        if self.roots.type_maps[TypeMap::List as usize] == map {
            self.head.element_keys_end = 0;
        }
        if self.roots.type_maps[TypeMap::String as usize] == map {
            self.head.changed_types |= STRING_KEYS;
        }
    }

    /// Looks again at type maps that changed: where the methods they were made with are still there, what relies on them may do so
    /// from now on, whatever else was added.
    pub fn recheck_types(&mut self) {
        for kind in TypeMap::ALL {
            if self.head.changed_types & kind.bit() != 0 && crate::intrinsics::has_its_methods(self, kind) {
                self.head.changed_types &= !kind.bit();
            }
        }
    }

    /// Whether a key reads an element of a list at once, if it is inside.
    #[inline(always)]
    pub fn is_element_key(&self, key: Value) -> bool {
        key.bits() < self.head.element_keys_end
    }

    pub(crate) fn note_type_map_change(&mut self, value: Value) {
        if let Some(index) = self.roots.type_maps.iter().position(|map| *map == value) {
            self.type_epochs[index] += 1;
            self.head.changed_types |= 1 << index;
        }
    }

    /// An object that exists once a realm, or null before it was set.
    pub fn singleton(&self, which: Singleton) -> Value {
        self.roots.singletons[which as usize]
    }

    /// Keeps an object that exists once a realm.
    pub fn set_singleton(&mut self, which: Singleton, value: Value) {
        self.roots.singletons[which as usize] = value;
    }

    /// The host.
    pub fn host(&mut self) -> &mut dyn Host {
        &mut *self.host
    }

    /// The random generator.
    pub fn rng(&mut self) -> &mut Rng {
        &mut self.rng
    }

    /// The permanent string with this text; for texts of the program and the runtime, not for data.
    pub fn intern(&mut self, text: &str) -> Value {
        self.shared.permanent_string(text)
    }

    /// Keeps a value alive until [`Realm::truncate_roots`]; returns the mark to go back to.
    pub fn push_root(&mut self, value: Value) -> usize {
        self.temp_roots.push(value);
        self.temp_roots.len() - 1
    }

    /// The mark to go back to with [`Realm::truncate_roots`].
    pub fn root_mark(&self) -> usize {
        self.temp_roots.len()
    }

    /// Lets go of what was pushed since the mark.
    pub fn truncate_roots(&mut self, mark: usize) {
        self.temp_roots.truncate(mark);
    }

    /// Runs `action` with values kept alive that stand outside of anything that collections scan.
    pub fn protecting<R>(&mut self, values: &[Value], action: impl FnOnce(&mut Realm) -> R) -> R {
        let mark = self.temp_roots.len();
        self.temp_roots.extend_from_slice(values);
        let result = action(self);
        self.temp_roots.truncate(mark);
        result
    }

    /// Makes the budget slow path run at the next check.
    pub fn request_poll(&mut self) {
        if self.head.budget > 0 {
            self.head.budget_held += self.head.budget;
            self.head.budget = 0;
        }
    }

    /// Tells how much may be used before the run ends: fuel beyond this slice of the budget, and until when.
    pub fn grant(&mut self, slice: i64, fuel_beyond: u64, deadline: Option<Instant>) {
        self.head.budget = slice;
        self.head.budget_held = 0;
        self.fuel_beyond = fuel_beyond;
        self.deadline = deadline;
    }

    /// Takes work of an intrinsic off the budget. Long loops call it at least every 64 Ki elements or bytes.
    #[inline]
    pub fn charge(&mut self, units: u64) -> Eval<()> {
        self.head.budget -= units.min(i64::MAX as u64 / 2) as i64;
        if self.head.budget > 0 { Ok(()) } else { self.check_stop() }
    }

    /// An error if the run was cancelled, has used up its fuel or time, or has too much memory.
    #[cold]
    pub fn check_stop(&mut self) -> Eval<()> {
        if self.cancel.load(Ordering::Relaxed) {
            return Err(Box::new(Fault::Cancelled));
        }
        let overdrawn = self.head.budget.saturating_add(self.head.budget_held).min(0).unsigned_abs();
        if overdrawn > self.fuel_beyond {
            return Err(LimitKind::Fuel.into());
        }
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(LimitKind::Time.into());
        }
        if self.heap.over_limit { Err(LimitKind::Memory.into()) } else { Ok(()) }
    }

    /// Writes output, within the limit.
    pub fn write(&mut self, text: &str, line_end: bool) -> Eval<()> {
        self.written += text.len() as u64 + u64::from(line_end);
        if self.written > self.limits.output {
            return Err(LimitKind::Output.into());
        }
        self.host.write(text, line_end);
        Ok(())
    }

    /// The text of a value as recordings show it.
    pub(crate) fn describe(&mut self, value: Value) -> String {
        crate::text::describe(self, value, crate::text::Bounds::default())
    }

    /// Who knows the names of user functions; the engine sets it right after making the realm.
    pub fn set_function_names(&mut self, names: Arc<dyn FunctionNames>) {
        self.function_names = Some(names);
    }

    /// The name of a user function as its text form shows it.
    pub fn function_name(&self, function: FunctionRef) -> String {
        let names = self.function_names.as_ref();
        names.map_or_else(String::new, |names| names.function_name(function.slot(), function.code()))
    }

    /// What the heap did so far.
    pub fn heap_stats(&self) -> HeapStats {
        self.heap.stats()
    }

    /// Calls `visit` with every word of the native stack up to where [`Realm::enter`] was called, and of registers that calls preserve.
    /// False, without a call, outside of it.
    pub fn each_native_word(&self, visit: &mut dyn FnMut(usize)) -> bool {
        native::scan_stack(self.heap.native_base, visit);
        self.heap.native_base != 0
    }

    /// Whether every allocation collects.
    pub fn is_stressed(&self) -> bool {
        self.heap.config.stress
    }
}

fn new_head(stack: &VmStack, config: &RealmConfig) -> Head {
    Head {
        budget: 0,
        native_limit: 0,
        cells: std::ptr::null_mut(),
        stack_top: stack.base(),
        stack_limit: stack.limit(),
        stack_base: stack.base(),
        depth: 0,
        max_depth: config.limits.depth,
        cell_count: 0,
        globals_guarded: 0,
        cancel: Arc::as_ptr(&config.cancel),
        budget_held: 0,
        native_frame: 0,
        native_site: NO_SITE,
        native_status: 0,
        entry_value: Value::NULL.bits(),
        isa_text: Value::NULL.bits(),
        globals: Value::NULL.bits(),
        type_maps: [Value::NULL.bits(); 6],
        kept: [0; KEPT_WORDS],
        no_function: [0, u64::MAX],
        bump: [Bump::EMPTY; crate::heap::classes::CLASS_COUNT],
        element_keys_end: NUMBER_END,
        number_end: NUMBER_END,
        marking: 0,
        lookups: std::ptr::null(),
        keys: std::ptr::null(),
        asked: Cell::new(Value::ABSENT),
        asked_key: Cell::new(Value::ABSENT),
        changed_types: 0,
        redefined: 0,
    }
}

/// Undoes `enter`, also when the action panics.
struct Entered<'a> {
    realm: &'a mut Realm,
    outer: usize,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.realm.heap.native_base = self.outer;
    }
}

/// A frame of its own, below the anchor of `enter`.
#[inline(never)]
fn run_below<R>(entered: &mut Entered<'_>, action: impl FnOnce(&mut Realm) -> R) -> R {
    let result = action(entered.realm);
    std::hint::black_box(());
    result
}

impl Drop for Realm {
    fn drop(&mut self) {
        self.release_heap();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::tests::realm;

    #[test]
    fn the_head_is_what_compiled_code_expects() {
        assert_eq!(offset_of!(Realm, head), 0);
        let hot = [HEAD_BUDGET, HEAD_NATIVE_LIMIT, HEAD_CELLS, HEAD_STACK_TOP, HEAD_STACK_LIMIT, HEAD_STACK_BASE];
        assert_eq!(hot, [0, 8, 16, 24, 32, 40]);
        assert_eq!([HEAD_DEPTH, HEAD_MAX_DEPTH, HEAD_GLOBALS_GUARDED], [48, 52, 60]);
        assert_eq!([HEAD_NATIVE_FRAME, HEAD_NATIVE_STATUS, HEAD_BUMP], [80, 96, 104]);
        assert_eq!([offset_of!(Bump, next), offset_of!(Bump, end)], [0, 8]);
    }

    #[test]
    fn a_requested_poll_keeps_the_rest_of_the_slice() {
        let mut realm = realm(false);
        realm.head.budget = 1000;
        realm.request_poll();
        realm.request_poll();
        assert_eq!((realm.head.budget, realm.head.budget_held), (0, 1000));
        assert!(realm.charge(5).is_ok());
        assert_eq!(realm.head.budget + realm.head.budget_held, 995);
    }

    #[test]
    fn cancelling_stops_long_intrinsics() {
        let cancel = Arc::new(AtomicBool::new(false));
        let mut config = RealmConfig::new(Box::new(crate::host::CaptureHost::new()));
        config.cancel = cancel.clone();
        let mut realm = Realm::new(Arc::new(Shared::new()), config);
        assert!(realm.charge(1).is_ok());
        cancel.store(true, Ordering::Relaxed);
        assert_eq!(realm.charge(1), Err(Box::new(Fault::Cancelled)));
    }

    #[test]
    fn output_has_a_limit() {
        let mut config = RealmConfig::new(Box::new(crate::host::CaptureHost::new()));
        config.limits.output = 10;
        let mut realm = Realm::new(Arc::new(Shared::new()), config);
        assert!(realm.write("12345", true).is_ok());
        assert_eq!(realm.write("12345", false), Err(LimitKind::Output.into()));
    }
}
