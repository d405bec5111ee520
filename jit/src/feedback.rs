//! What the interpreter saw, where: one 16-byte cell per bytecode word.
//!
//! `interp` writes the cells while it runs, `ssa` reads a [`Snapshot`] of them to speculate, `exits` marks what a failed guard learned.
//! A cell has no tag: the instruction at its word says which view of it is meant (`Arith`, `Call`, `Property`, `Index`, `Global`).
//! Invariant: a cell holds ids and shapes, never heap pointers, so it outlives realms. The test to read first is `a_cell_is_16_bytes`.

mod merge;
mod snapshot;
pub mod targets;
pub mod ways;

pub use snapshot::Snapshot;
use std::cell::Cell;
use std::mem::offset_of;
use targets::Targets;
use ways::{Noted, Step, Way, WaysTable};

/// A set of value kinds that an operand, a result or a variable was seen to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Kinds(pub u8);

impl Kinds {
    /// Nothing was seen.
    pub const NONE: Kinds = Kinds(0);
    /// A number that an `i32` holds exactly; minus zero is not one.
    pub const INT: Kinds = Kinds(1);
    /// Any other number that is not NaN.
    pub const FLOAT: Kinds = Kinds(2);
    /// A NaN.
    pub const NAN: Kinds = Kinds(4);
    /// A string.
    pub const STRING: Kinds = Kinds(8);
    /// A list.
    pub const LIST: Kinds = Kinds(16);
    /// A map.
    pub const MAP: Kinds = Kinds(32);
    /// A function.
    pub const FUNCTION: Kinds = Kinds(64);
    /// Null, an error value, a handle, or an absent variable.
    pub const OTHER: Kinds = Kinds(128);
    /// All numbers.
    pub const NUMBER: Kinds = Kinds(1 | 2 | 4);

    /// Both sets together.
    pub const fn union(self, other: Kinds) -> Kinds {
        Kinds(self.0 | other.0)
    }

    /// Whether every kind of `self` is in `other`; true for the empty set.
    pub const fn within(self, other: Kinds) -> bool {
        self.0 & !other.0 == 0
    }

    /// Whether the two sets share a kind.
    pub const fn meets(self, other: Kinds) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether nothing was seen.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether only numbers were seen, and at least one.
    pub const fn only_numbers(self) -> bool {
        !self.is_empty() && self.within(Kinds::NUMBER)
    }

    /// Whether only small integers were seen, and at least one.
    pub const fn only_ints(self) -> bool {
        self.0 == Kinds::INT.0
    }

    /// The kind of a double.
    pub fn of_number(n: f64) -> Kinds {
        let int = n as i32;
        if f64::from(int).to_bits() == n.to_bits() {
            Kinds::INT
        } else if n.is_nan() {
            Kinds::NAN
        } else {
            Kinds::FLOAT
        }
    }
}

/// How many different targets, shapes or keys a site has met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Variety {
    /// Not yet executed with anything cacheable.
    #[default]
    None,
    /// Always the same.
    Mono,
    /// Up to four, kept in the code's side table.
    Poly,
    /// More than that; generic from now on.
    Mega,
}

impl Variety {
    fn from_bits(bits: u64) -> Variety {
        match bits & 3 {
            0 => Variety::None,
            1 => Variety::Mono,
            2 => Variety::Poly,
            _ => Variety::Mega,
        }
    }
}

/// What a call site called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    /// A function of the program, by its code.
    Code(u32),
    /// An intrinsic, by its index in the runtime's table.
    Intrinsic(u32),
}

/// Feedback of an operator: kinds of operands and result of the first executions, of all slow ones, and after each re-arming.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Arith {
    /// Left (or only) operand.
    pub a: Kinds,
    /// Right operand.
    pub b: Kinds,
    /// Result.
    pub result: Kinds,
    /// How many executions were looked at.
    pub samples: u32,
}

/// Feedback of a call: `Call`, `AutoCall`, and the second word of member and method instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Call {
    /// Whether there was one target.
    pub variety: Variety,
    /// The last target, if any.
    pub target: Option<Target>,
    /// Whether an [`super::bytecode`] read site also met values that are no functions (so that no call happened).
    pub not_function: bool,
}

/// Where a property was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Holder {
    /// In the receiver itself.
    #[default]
    Own,
    /// In the receiver's `__isa` map.
    Parent,
    /// In the type map of the receiver's kind (of maps: after neither the receiver nor its chain had it).
    TypeMap,
    /// The member did not exist yet: the store added it and led to shape `holder_shape`.
    Added,
}

/// A property access that always met the same shapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Property {
    /// How many different receivers there were; the rest is meaningful if `Mono`.
    pub variety: Variety,
    /// Where it was found.
    pub holder: Holder,
    /// Kind of the receiver (one bit of [`Kinds`]); if it is `Mega`, of all receivers.
    pub receiver: Kinds,
    /// Shape of the receiver if it is a map.
    pub shape: u32,
    /// Slot in the holder.
    pub slot: u8,
    /// Slot of `__isa` in the receiver, for `Parent`.
    pub isa_slot: u8,
    /// Shape of the holder, or the shape after an `Added` store.
    pub holder_shape: u32,
    /// The number of the site's list of [`ways`], 0 if it has none.
    pub ways: u32,
    /// Kinds of the values read or written.
    pub value: Kinds,
}

/// Feedback of an index access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Index {
    /// Kinds of containers.
    pub container: Kinds,
    /// Kinds of keys.
    pub key: Kinds,
    /// Kinds of values read or written.
    pub value: Kinds,
    /// An index was negative or out of range.
    pub out_of_range: bool,
    /// A list was computed (`range`, `[x] * n`).
    pub computed: bool,
    /// A list was computed until then.
    pub settled: bool,
    /// A list with the all-numbers flag unset, or a store that clears it.
    pub mixed: bool,
    /// How many executions were looked at.
    pub samples: u32,
}

/// Feedback of a read of a free name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Global {
    /// Where the name was found last.
    pub place: Place,
    /// Kinds of its values.
    pub value: Kinds,
    /// The code or intrinsic, if it was a function; `None` after two different ones.
    pub target: Option<Target>,
    /// More than one target, or targets and other values.
    pub unstable: bool,
}

/// Where a free name was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Place {
    /// Not yet read.
    #[default]
    Unknown,
    /// In a global cell.
    Global,
    /// Among the intrinsics, after no variable had the name.
    Intrinsic,
    /// In the map that the function captured, of this shape and slot.
    Outer {
        /// The map's shape.
        shape: u32,
        /// The slot.
        slot: u8,
    },
    /// Elsewhere, or in different places.
    Mixed,
}

/// After so many samples an operator is only looked at again when it leaves its fast path.
pub const SAMPLES: u32 = 32;

/// As [`SAMPLES`], for free names.
const GLOBAL_SAMPLES: u8 = 8;

/// One cell. All views live in two words; see the module text for who reads which view.
#[derive(Debug, Default)]
#[repr(C)]
pub struct FeedbackCell {
    /// The low half of the first word.
    bits: Cell<u32>,
    /// The high half of the first word: samples, a code or a shape. Fast paths compare it alone.
    id: Cell<u32>,
    hi: Cell<u64>,
}

const ARMED_SHIFT: u32 = 32;

/// What compiled code compares in a half of a call's cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnlyTarget {
    /// Offset in the cell.
    pub offset: usize,
    /// The bits that count.
    pub mask: u32,
    /// What they are.
    pub expected: u32,
}

impl FeedbackCell {
    /// Offset of what counts samples; of the shape, at sites of members.
    pub const SAMPLES_AT: usize = offset_of!(FeedbackCell, id);
    /// Offset of the other half of the first word.
    pub const BITS_AT: usize = offset_of!(FeedbackCell, bits);
    /// Offset of the byte that says in which slot of a receiver `__isa` is.
    pub const ISA_SLOT_AT: usize = offset_of!(FeedbackCell, hi);
    /// Offset of the shape of the map that holds a member.
    pub const HOLDER_SHAPE_AT: usize = offset_of!(FeedbackCell, hi) + 4;
    /// Of the half at [`FeedbackCell::BITS_AT`], what tells of a call's targets: …
    pub const TARGETS_MASK: i32 = CALL_MASK as i32;
    /// … always the same function …
    pub const ONE_TARGET: i32 = CALL_MONO as i32;
    /// … or several, …
    pub const TARGETS: i32 = CALL_MEGA as i32;
    /// … or always the same intrinsic.
    pub const ONE_INTRINSIC: i32 = (CALL_MONO | CALL_INTRINSIC) as i32;
    /// Of the low four bits there, at a site of members: the map of the receiver's type holds it, and there was one receiver. One more if
    /// there were several.
    pub const ONE_OF_TYPE: i32 = Variety::Mono as i32 | (Holder::TypeMap as i32) << 2;
    /// Offset of the byte with the kinds of receivers, at a site of members.
    pub const RECEIVER_AT: usize = FeedbackCell::BITS_AT + 1;
    /// Of the half at [`FeedbackCell::BITS_AT`], at a site of members: several shapes were met and no more ways are noted.
    pub const SETTLED_AND_SEVERAL: i32 = (SETTLED | Variety::Poly as u32) as i32;
    /// Of the byte there, at a call: what was read is not always a function.
    pub const NOT_FUNCTION: u8 = CALL_NOT_FUNCTION as u8;
    /// Offset of the byte that counts the samples of a free name.
    pub const GLOBAL_SAMPLES_AT: usize = offset_of!(FeedbackCell, bits) + 2;
    /// There are so many of these at most.
    pub const GLOBAL_SAMPLES_END: i8 = GLOBAL_SAMPLES as i8;

    #[inline(always)]
    fn lo(&self) -> u64 {
        u64::from(self.bits.get()) | u64::from(self.id.get()) << 32
    }

    #[inline(always)]
    fn set_lo(&self, word: u64) {
        self.bits.set(word as u32);
        self.id.set((word >> 32) as u32);
    }

    /// The raw words, for snapshots.
    pub fn words(&self) -> (u64, u64) {
        (self.lo(), self.hi.get())
    }

    /// Sets the raw words.
    pub fn set_words(&self, words: (u64, u64)) {
        self.set_lo(words.0);
        self.hi.set(words.1);
    }

    /// Whether fast paths have nothing more to tell. One load and one compare: it stands on every arithmetic fast path.
    #[inline(always)]
    pub fn is_sampled(&self) -> bool {
        self.id.get() >= SAMPLES
    }

    /// Whether an operator's operands had all these kinds before.
    #[inline]
    pub fn knows(&self, a: Kinds, b: Kinds) -> bool {
        let seen = self.bits.get();
        a.within(Kinds(seen as u8)) && b.within(Kinds((seen >> 8) as u8))
    }

    /// Asks for new samples (after an exit told that the old ones mislead).
    pub fn rearm(&self) {
        self.set_lo(self.lo() & u64::from(u32::MAX));
    }

    /// As [`FeedbackCell::rearm`], for free names.
    pub fn rearm_global(&self) {
        self.set_lo(self.lo() & !(0xFF << 16));
    }

    fn count_sample(&self) {
        let lo = self.lo();
        if (lo >> ARMED_SHIFT) as u32 != u32::MAX {
            self.set_lo(lo + (1 << ARMED_SHIFT));
        }
    }

    /// Adds one sample of an operator.
    pub fn see_arith(&self, a: Kinds, b: Kinds, result: Kinds) {
        let bits = u64::from(a.0) | u64::from(b.0) << 8 | u64::from(result.0) << 16;
        self.set_lo(self.lo() | bits);
        self.count_sample();
    }

    /// The operator view.
    pub fn arith(&self) -> Arith {
        arith(self.lo())
    }

    /// Adds one sample of an index access; `flags` are [`INDEX_OUT_OF_RANGE`] and its neighbours.
    pub fn see_index(&self, container: Kinds, key: Kinds, value: Kinds, flags: u8) {
        let bits = u64::from(container.0) | u64::from(key.0) << 8 | u64::from(value.0) << 16 | u64::from(flags) << 24;
        self.set_lo(self.lo() | bits);
        self.count_sample();
    }

    /// The index view.
    pub fn index(&self) -> Index {
        index(self.lo())
    }

    /// Notes that a call site called `target`.
    #[inline]
    pub fn see_call(&self, target: Target) {
        let code = encode_target(target);
        let same = self.bits.get() & CALL_MASK as u32 == (code | CALL_MONO) as u32;
        if same && self.id.get() == (code >> 32) as u32 {
            return;
        }
        self.see_other_call(code);
    }

    #[cold]
    fn see_other_call(&self, code: u64) {
        let lo = self.lo();
        let variety = if lo & 3 == 0 { CALL_MONO } else { CALL_MEGA };
        if variety == CALL_MEGA {
            let known = [lo, code].into_iter().filter(|it| it & CALL_INTRINSIC == 0);
            let targets = known.fold(Targets::from_word(self.hi.get()), |it, word| it.with((word >> 32) as u32));
            self.hi.set(targets.word());
        }
        self.set_lo(lo & !CALL_MASK | code | variety);
    }

    /// Where the two halves of a call's word stand, which of their bits tell of its target, and what these are as long as it
    /// called this one alone. They are 0 before it called any.
    pub fn only_target(target: Target) -> [OnlyTarget; 2] {
        let (mask, expected) = (CALL_MASK, encode_target(target) | CALL_MONO);
        let half = |offset, shift: u32| OnlyTarget {
            offset,
            mask: (mask >> shift) as u32,
            expected: (expected >> shift) as u32,
        };
        [half(offset_of!(FeedbackCell, bits), 0), half(offset_of!(FeedbackCell, id), 32)]
    }

    /// Notes that a read site met a value that is no function.
    #[inline]
    pub fn see_no_call(&self) {
        self.set_lo(self.lo() | CALL_NOT_FUNCTION);
    }

    /// The call view.
    pub fn call(&self) -> Call {
        call(self.lo())
    }

    /// Notes a property access. A second, different one makes the cell megamorphic.
    #[inline]
    pub fn see_property(&self, seen: Property) {
        let bits = self.bits.get();
        if bits & 3 == Variety::Poly as u32 && kinds_at(u64::from(bits), 8).meets(seen.receiver) {
            let value = kinds_at(u64::from(bits), 16).union(seen.value);
            let ways = self.ways();
            return self.set_property(Property { variety: Variety::Poly, value, ways, ..seen });
        }
        self.see_new_property(seen);
    }

    /// Notes a member that a map with a table has itself. The site's last way stays, but it is not the only one.
    pub fn see_table(&self, value: Kinds) {
        let old = self.property();
        let value = old.value.union(value);
        let next = match old.variety {
            Variety::None => {
                let last = Property { receiver: Kinds::MAP, shape: FORGOTTEN, ways: old.ways, ..Property::default() };
                Property { variety: Variety::Poly, value, ..last }
            }
            Variety::Mono | Variety::Poly if old.receiver == Kinds::MAP => {
                Property { variety: Variety::Poly, value, ..old }
            }
            _ => Property { variety: Variety::Mega, receiver: old.receiver.union(Kinds::MAP), value, ..old },
        };
        if next != old {
            self.set_property(next);
        }
    }

    fn see_new_property(&self, seen: Property) {
        let old = self.property();
        let seen = Property { ways: old.ways, ..seen };
        let value = old.value.union(seen.value);
        let next = match old.variety {
            Variety::None => Property { variety: Variety::Mono, value, ..seen },
            _ if Property { variety: old.variety, value, ..seen } == Property { value, ..old } => {
                Property { value, ..old }
            }
            Variety::Poly if !old.receiver.meets(seen.receiver) => {
                Property { variety: Variety::Mega, value, receiver: old.receiver.union(seen.receiver), ..old }
            }
            Variety::Mono if !old.receiver.meets(seen.receiver) || old.holder != seen.holder => {
                Property { variety: Variety::Mega, value, receiver: old.receiver.union(seen.receiver), ..old }
            }
            Variety::Mono | Variety::Poly => Property { variety: Variety::Poly, value, ..seen },
            Variety::Mega => Property { value, receiver: old.receiver.union(seen.receiver), ..old },
        };
        self.set_property(next);
    }

    fn set_property(&self, next: Property) {
        let noted = self.bits.get() & (SETTLED | UNCHANGED);
        let (lo, hi) = next.encode();
        self.set_words((lo | u64::from(noted), hi));
    }

    /// The number of a property site's list of ways.
    fn ways(&self) -> u32 {
        (self.hi.get() >> 8) as u32 & (MOST_LISTS - 1)
    }

    /// Notes a way to the member in the site's list, unless nothing more is noted there; `way` says which one, if it is one.
    #[inline]
    pub fn see_way(&self, table: &WaysTable, way: impl FnOnce() -> Option<Way>) {
        if self.bits.get() & SETTLED == 0 {
            self.add_way(table, way());
        }
    }

    #[inline(never)]
    fn add_way(&self, table: &WaysTable, way: Option<Way>) {
        let (number, noted) = table.add(self.ways(), way);
        if number >= MOST_LISTS {
            return;
        }
        self.set_ways(number);
        let bits = self.bits.get();
        // What was known already seven times in a row is looked at no more, until a guard says that it misleads.
        let next = match noted {
            Noted::New => bits & !UNCHANGED,
            Noted::Known if bits & UNCHANGED != UNCHANGED => bits + UNCHANGED_ONCE,
            Noted::Known | Noted::Nothing => bits | SETTLED,
        };
        self.bits.set(next);
    }

    /// Whether a property site notes no more ways.
    pub fn is_settled(&self) -> bool {
        self.bits.get() & SETTLED != 0
    }

    /// Asks for more ways, after a guard of the known ones failed.
    pub fn rearm_ways(&self) {
        self.bits.set(self.bits.get() & !(SETTLED | UNCHANGED));
        // The last way is looked up anew, too, so that it is noted.
        self.id.set(FORGOTTEN);
    }

    /// Gives a property site another list.
    pub fn set_ways(&self, number: u32) {
        let rest = self.hi.get() & !(u64::from(MOST_LISTS - 1) << 8);
        self.hi.set(rest | u64::from(number) << 8);
    }

    /// The slot of an own property, if the last receiver had this shape. Two loads and compares on a fast path.
    #[inline(always)]
    pub fn own_slot(&self, shape: u32) -> Option<usize> {
        let bits = self.bits.get();
        // Variety mono or poly, holder own.
        let own = matches!(bits & 0xF, 1 | 2);
        (self.id.get() == shape && own).then_some((bits >> 24) as usize)
    }

    /// Whether a property site is generic already; then the kinds of the receiver and of the value are noted, which need not tell
    /// whole numbers from others there.
    #[inline]
    pub fn is_megamorphic_for(&self, receiver: Kinds, value: Kinds) -> bool {
        let bits = self.bits.get();
        let is_mega = bits & 3 == Variety::Mega as u32;
        if is_mega {
            self.bits.set(bits | u32::from(receiver.0) << 8 | u32::from(value.0) << 16);
        }
        is_mega
    }

    /// Makes a property site generic for good, which met a receiver of this kind.
    pub fn set_megamorphic(&self, receiver: Kinds) {
        self.set_lo(self.lo() | 3 | u64::from(receiver.0) << 8);
    }

    /// The property view.
    pub fn property(&self) -> Property {
        Property::decode(self.words())
    }

    /// The slot of a captured variable, if it was last found in a map of this shape.
    #[inline(always)]
    pub fn outer_slot(&self, shape: u32) -> Option<usize> {
        let hi = self.hi.get();
        let outer = self.bits.get() & PLACE_MASK == PLACE_OUTER;
        (outer && (hi >> 32) as u32 == shape).then_some(usize::from(hi as u8))
    }

    /// The shape of the last map that a map literal made; that of no map before.
    #[inline]
    pub fn literal_shape(&self) -> u32 {
        self.id.get()
    }

    /// Notes the shape of what a map literal made.
    pub fn see_literal(&self, shape: u32) {
        self.id.set(shape);
    }

    /// Whether the fast path of a free name has nothing more to tell.
    #[inline(always)]
    pub fn is_global_sampled(&self) -> bool {
        (self.bits.get() >> 16) as u8 >= GLOBAL_SAMPLES
    }

    /// Notes a read of a free name.
    pub fn see_global(&self, place: Place, value: Kinds, target: Option<Target>) {
        let old = self.global();
        let first = old.place == Place::Unknown;
        let next = Global {
            place: if first || old.place == place { place } else { Place::Mixed },
            value: old.value.union(value),
            target: if first || old.target == target { target } else { None },
            unstable: old.unstable || (!first && old.target != target),
        };
        let samples = ((self.lo() >> 16) as u8).saturating_add(1);
        let (lo, hi) = next.encode();
        self.set_words((lo | u64::from(samples) << 16, hi));
    }

    /// The free-name view.
    pub fn global(&self) -> Global {
        Global::decode(self.words())
    }
}

/// An index was negative or not below the length.
pub const INDEX_OUT_OF_RANGE: u8 = 1;
/// The list was computed.
pub const INDEX_COMPUTED: u8 = 2;
/// The list was computed until it was read or written there.
pub const INDEX_SETTLED: u8 = 8;
/// The list does not have the all-numbers flag, or the store clears it.
pub const INDEX_MIXED: u8 = 4;

fn kinds_at(word: u64, shift: u32) -> Kinds {
    Kinds((word >> shift) as u8)
}

fn arith(lo: u64) -> Arith {
    Arith { a: kinds_at(lo, 0), b: kinds_at(lo, 8), result: kinds_at(lo, 16), samples: (lo >> ARMED_SHIFT) as u32 }
}

fn index(lo: u64) -> Index {
    let flags = (lo >> 24) as u8;
    Index {
        container: kinds_at(lo, 0),
        key: kinds_at(lo, 8),
        value: kinds_at(lo, 16),
        out_of_range: flags & INDEX_OUT_OF_RANGE != 0,
        computed: flags & INDEX_COMPUTED != 0,
        settled: flags & INDEX_SETTLED != 0,
        mixed: flags & INDEX_MIXED != 0,
        samples: (lo >> ARMED_SHIFT) as u32,
    }
}

const CALL_MONO: u64 = 1;
const CALL_MEGA: u64 = 3;
const CALL_NOT_FUNCTION: u64 = 4;
const CALL_INTRINSIC: u64 = 8;
const CALL_MASK: u64 = 0xFFFF_FFFF_0000_000B;

fn encode_target(target: Target) -> u64 {
    match target {
        Target::Code(id) => u64::from(id) << 32,
        Target::Intrinsic(id) => u64::from(id) << 32 | CALL_INTRINSIC,
    }
}

fn decode_target(word: u64) -> Target {
    let id = (word >> 32) as u32;
    if word & CALL_INTRINSIC != 0 { Target::Intrinsic(id) } else { Target::Code(id) }
}

fn call(lo: u64) -> Call {
    let variety = Variety::from_bits(lo);
    let target = (variety != Variety::None).then(|| decode_target(lo));
    Call { variety, target, not_function: lo & CALL_NOT_FUNCTION != 0 }
}

// lo: variety 2 | holder 2 | settled 1 | unchanged 3 | receiver 8 | value 8 | slot 8 | shape 32
// hi: isa_slot 8 | ways 24 | holder_shape 32
/// The shape of no map, where the last way is looked up anew.
const FORGOTTEN: u32 = u32::MAX;
const NOTHING_BUT_FORGOTTEN: u64 = (FORGOTTEN as u64) << 32;
const SETTLED: u32 = 1 << 4;
const UNCHANGED: u32 = 7 << 5;
const UNCHANGED_ONCE: u32 = 1 << 5;
const MOST_LISTS: u32 = 1 << 24;
impl Property {
    /// The one way to a member that a site met, if it met one alone.
    pub fn way(self) -> Option<Way> {
        let is_forgotten = self.shape == FORGOTTEN;
        if self.variety != Variety::Mono || self.receiver != Kinds::MAP || is_forgotten {
            return None;
        }
        let (steps, added) = match self.holder {
            Holder::Own => (Box::default(), None),
            Holder::Parent => (Box::from([Step { isa_slot: self.isa_slot, shape: self.holder_shape }]), None),
            Holder::Added => (Box::default(), Some(self.holder_shape)),
            Holder::TypeMap => return None,
        };
        Some(Way { shape: self.shape, steps, slot: self.slot, added })
    }

    fn encode(self) -> (u64, u64) {
        let lo = self.variety as u64
            | (self.holder as u64) << 2
            | u64::from(self.receiver.0) << 8
            | u64::from(self.value.0) << 16
            | u64::from(self.slot) << 24
            | u64::from(self.shape) << 32;
        (lo, u64::from(self.isa_slot) | u64::from(self.ways) << 8 | u64::from(self.holder_shape) << 32)
    }

    fn decode((lo, hi): (u64, u64)) -> Property {
        Property {
            variety: Variety::from_bits(lo),
            holder: match lo >> 2 & 3 {
                0 => Holder::Own,
                1 => Holder::Parent,
                2 => Holder::TypeMap,
                _ => Holder::Added,
            },
            receiver: kinds_at(lo, 8),
            shape: (lo >> 32) as u32,
            slot: (lo >> 24) as u8,
            isa_slot: hi as u8,
            holder_shape: (hi >> 32) as u32,
            ways: (hi >> 8) as u32 & (MOST_LISTS - 1),
            value: kinds_at(lo, 16),
        }
    }
}

// lo: place 3 | unstable 1 | has target 1 | intrinsic 1 | - 2 | value 8 | samples 8 | - 8 | target 32
// hi: outer slot 8 | - 24 | outer shape 32
const PLACE_MASK: u32 = 7;
const PLACE_OUTER: u32 = 3;

impl Global {
    fn encode(self) -> (u64, u64) {
        let (place, hi) = match self.place {
            Place::Unknown => (0, 0),
            Place::Global => (1, 0),
            Place::Intrinsic => (2, 0),
            Place::Outer { shape, slot } => (u64::from(PLACE_OUTER), u64::from(slot) | u64::from(shape) << 32),
            Place::Mixed => (4, 0),
        };
        let target = match self.target {
            None => 0,
            Some(Target::Code(id)) => 1 << 4 | u64::from(id) << 32,
            Some(Target::Intrinsic(id)) => 1 << 4 | 1 << 5 | u64::from(id) << 32,
        };
        (place | u64::from(self.unstable) << 3 | u64::from(self.value.0) << 8 | target, hi)
    }

    fn decode((lo, hi): (u64, u64)) -> Global {
        let place = match lo & 7 {
            0 => Place::Unknown,
            1 => Place::Global,
            2 => Place::Intrinsic,
            3 => Place::Outer { shape: (hi >> 32) as u32, slot: hi as u8 },
            _ => Place::Mixed,
        };
        let id = (lo >> 32) as u32;
        let target = match lo >> 4 & 3 {
            1 => Some(Target::Code(id)),
            3 => Some(Target::Intrinsic(id)),
            _ => None,
        };
        Global { place, value: kinds_at(lo, 8), target, unstable: lo & 8 != 0 }
    }
}

#[cfg(test)]
mod tests;
