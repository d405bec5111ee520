//! Lists: elements in one array, or a rule that computes them.
//!
//! Operators, intrinsics and interpreter use [`ListRef`]; compiled code reads the fields by the offsets below, after testing
//! flags. A short list's array stands in its own cell, a longer one's apart (`list/array.rs`).
//!
//! Invariants (besides those of `value.rs` and `heap.rs`):
//! 1. `elements..elements+stored` are initialised, `stored <= capacity`; the array stands behind the object (inline), or `elements`
//!    stands `gap` values behind the start of an [`Array`] of `gap + capacity` values, and then the object's finalise bit is set if
//!    that is outside the heap. The gap is what was taken from the front; a list with SHIFTED keeps it in the last value of the gap,
//!    for all others it is 0. The capacity is kept in `header.shape`.
//! 2. ALL_NUMBERS is set only if every element is a number, and never together with COMPUTED.
//! 3. COMPUTED: `capacity` and `stored` are 0, `elements` points at two values in the cell: the first element, and the step (a
//!    number) or absent (the same value again and again). `stored` is `len` for all other lists, so that one comparison with it tells
//!    compiled code that an element is inside and stands in memory.
//! 4. RULED only with OBSERVED and never with COMPUTED, so that the next mutation finds it; UNTOLD only with COMPUTED.
//! 5. A method that lets a list grow may start a collection, and then everything it was given is on the native stack or protected.
#![expect(unsafe_code, reason = "layout of heap objects")]

mod array;

use crate::fault::{Eval, FatalError};
use crate::handle::set_finalise;
use crate::heap::classes::{CLASS_SIZES, class_of};
use crate::heap::mark::Marker;
use crate::heap::permanent::PermanentArena;
use crate::heap::{HEADER_SHAPE, Header, flags, kind};
use crate::limits::LimitKind;
use crate::realm::Realm;
use crate::value::{TAG_LIST, Value};
use array::Array;
use std::mem::offset_of;
use std::ops::Range;
use std::ptr::NonNull;

/// A list object.
#[derive(Debug)]
#[repr(C)]
pub struct ListObject {
    header: Header,
    len: u32,
    stored: u32,
    elements: *mut Value,
}

/// Offset of the number of elements (u32).
pub const LIST_LEN: usize = offset_of!(ListObject, len);
/// Offset of the number of elements that stand in memory (u32): all of them, or 0 if the list is computed.
pub const LIST_STORED: usize = offset_of!(ListObject, stored);
/// Offset of the capacity (u32); 0 for computed lists.
pub const LIST_CAPACITY: usize = HEADER_SHAPE;
/// Offset of the address of the first element.
pub const LIST_ELEMENTS: usize = offset_of!(ListObject, elements);
/// Bytes of the object; inline elements start here.
pub const LIST_BYTES: usize = size_of::<ListObject>();
/// The most elements that stand in the cell.
pub const LIST_INLINE_MAX: usize = 13;
/// Elements that an empty list has room for in its cell.
pub const LIST_INLINE_DEFAULT: usize = 3;
/// The most elements of a list.
pub const MAX_LIST: usize = i32::MAX as usize;

/// A reference to a list that is alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct ListRef(pub(crate) NonNull<ListObject>);

/// The rule of a computed list: element i is `base + step * i`, or always `base`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// The first element.
    pub base: Value,
    /// The step; `None` repeats the first element.
    pub step: Option<f64>,
}

impl Rule {
    /// An element.
    #[inline]
    pub fn element(self, index: usize) -> Value {
        match (self.step, self.base.as_number()) {
            (Some(step), Some(base)) => Value::number(base + step * index as f64),
            _ => self.base,
        }
    }
}

/// A number without its fraction, as the bits of a signed number; `None` or a number beyond every length if there is none.
#[inline(always)]
#[cfg(target_arch = "x86_64")]
fn whole_part(number: f64) -> Option<usize> {
    use std::arch::x86_64::{_mm_cvttsd_si64, _mm_set_sd};
    // SAFETY: every processor of this architecture has these instructions. What has no whole part gives the lowest number.
    Some(unsafe { _mm_cvttsd_si64(_mm_set_sd(number)) } as usize)
}

#[inline(always)]
#[cfg(not(target_arch = "x86_64"))]
fn whole_part(number: f64) -> Option<usize> {
    (!number.is_nan()).then_some(number as i64 as usize)
}

impl ListRef {
    /// The list as a value.
    #[inline(always)]
    pub fn value(self) -> Value {
        Value::from_object(TAG_LIST, self.0)
    }

    #[inline(always)]
    fn object(&self) -> &ListObject {
        // SAFETY: value invariant 2; the reference ends before anything is written.
        unsafe { self.0.as_ref() }
    }

    #[inline(always)]
    fn edit(&mut self) -> &mut ListObject {
        // SAFETY: value invariant 2; a realm is used by one thread and no reference into the object is kept.
        unsafe { self.0.as_mut() }
    }

    /// Number of elements.
    #[inline(always)]
    pub fn len(self) -> usize {
        self.object().len as usize
    }

    fn capacity(self) -> usize {
        self.object().header.shape as usize
    }

    fn set_capacity(mut self, capacity: usize) {
        self.edit().header.shape = capacity as u32;
    }

    /// Sets the length; a rule goes on to store nothing.
    #[inline(always)]
    fn set_len(mut self, len: usize) {
        debug_assert!(len <= MAX_LIST && (self.is_computed() || len <= self.capacity()));
        let stored = if self.is_computed() { 0 } else { len as u32 };
        let object = self.edit();
        (object.len, object.stored) = (len as u32, stored);
    }

    /// Number of elements that stand in memory: all of them, or none if it is a rule.
    pub fn stored(self) -> usize {
        self.object().stored as usize
    }

    /// Whether it is `[]`.
    #[inline(always)]
    pub fn is_empty(self) -> bool {
        self.object().len == 0
    }

    #[inline(always)]
    fn has(self, flag: u8) -> bool {
        self.object().header.flags & flag != 0
    }

    /// Whether it may not be changed.
    #[inline]
    pub fn is_frozen(self) -> bool {
        self.has(flags::FROZEN)
    }

    /// Whether it is a rule.
    #[inline]
    pub fn is_computed(self) -> bool {
        self.has(flags::COMPUTED)
    }

    /// Whether all elements are known to be numbers, stored one by one.
    #[inline]
    pub fn all_numbers(self) -> bool {
        self.has(flags::ALL_NUMBERS)
    }

    /// Whether a program would say that it is a rule.
    pub fn counts_as_computed(self) -> bool {
        self.has(flags::COMPUTED | flags::RULED) && !self.has(flags::UNTOLD)
    }

    /// The rule, if it is one.
    #[inline]
    pub fn rule(self) -> Option<Rule> {
        if !self.is_computed() {
            return None;
        }
        // SAFETY: invariant 3.
        let (base, step) = unsafe { (self.object().elements.read(), self.object().elements.add(1).read()) };
        Some(Rule { base, step: step.as_number() })
    }

    /// An element, or `None` beyond the end.
    #[inline(always)]
    pub fn get(self, index: usize) -> Option<Value> {
        let object = self.object();
        if index >= object.len as usize {
            return None;
        }
        if object.header.flags & flags::COMPUTED != 0 {
            return self.rule().map(|rule| rule.element(index));
        }
        // SAFETY: invariant 1.
        Some(unsafe { object.elements.add(index).read() })
    }

    /// An element by a number as index, cut to a whole number; `None` if it is negative, not a number, or beyond the end.
    /// The bits of a value that is no number are not a number here.
    #[inline(always)]
    pub fn at(self, index: f64) -> Option<Value> {
        self.inside(index).and_then(|index| self.get(index))
    }

    /// The same of a list whose elements stand in memory; `None` for a rule.
    #[inline(always)]
    pub fn stored_at(self, index: f64) -> Option<Value> {
        let object = self.object();
        let index = whole_part(index).filter(|&index| index < object.stored as usize)?;
        // SAFETY: invariant 1.
        Some(unsafe { object.elements.add(index).read() })
    }

    #[inline(always)]
    fn inside(self, index: f64) -> Option<usize> {
        // A negative position is a very large one when its sign is not looked at.
        whole_part(index).filter(|&index| index < self.len())
    }

    /// Gives what is made of some elements that stand in memory; `None` if the list is a rule. What makes it gets no realm, so it can
    /// change no list.
    pub(crate) fn of_stored<R>(self, range: Range<usize>, make: impl FnOnce(&[Value]) -> R) -> Option<R> {
        let object = self.object();
        if self.is_computed() {
            return None;
        }
        // SAFETY: invariant 1, and nothing can write to the list while the elements are borrowed.
        let stored = unsafe { std::slice::from_raw_parts(object.elements, object.stored as usize) };
        stored.get(range).map(make)
    }

    /// All elements, read one by one as the list is at each step.
    pub fn iter(self) -> impl Iterator<Item = Value> {
        let mut index = 0;
        std::iter::from_fn(move || {
            let element = self.get(index)?;
            index += 1;
            Some(element)
        })
    }

    /// A copy of the elements. They stay alive as long as the list holds them.
    pub fn to_vec(self) -> Vec<Value> {
        self.iter().collect()
    }

    /// Makes the list ready for a mutation: an error if frozen, observers hear of it, a rule becomes elements.
    #[inline]
    fn prepare(self, realm: &mut Realm) -> Eval<()> {
        if self.has(flags::FROZEN | flags::OBSERVED | flags::COMPUTED) { self.prepare_slowly(realm) } else { Ok(()) }
    }

    #[cold]
    fn prepare_slowly(mut self, realm: &mut Realm) -> Eval<()> {
        if self.has(flags::RULED) && !self.is_frozen() {
            self.edit().header.flags &= !flags::RULED;
            // What a change costs does not depend on whether the elements were stored before.
            realm.charge(steps_to_store(self.len()))?;
        }
        self.check_mutable(realm)?;
        self.materialise(realm)
    }

    /// An error if frozen; else observers hear that the list changes now.
    pub fn check_mutable(self, realm: &mut Realm) -> Eval<()> {
        if self.is_frozen() {
            return Err(FatalError::FrozenList.into());
        }
        if self.has(flags::OBSERVED) {
            realm.before_mutation(self.value());
        }
        Ok(())
    }

    /// Turns a rule into stored elements, in place; does not change what the list is to a program.
    pub fn materialise(self, realm: &mut Realm) -> Eval<()> {
        let Some(rule) = self.rule() else { return Ok(()) };
        realm.reserve(self.len() as u64 * 8)?;
        realm.charge(steps_to_store(self.len()))?;
        self.store_elements(realm, rule);
        Ok(())
    }

    /// Stores the elements of a short rule that is read by index: it will be read again, and what stands in memory is found fastest.
    /// To a program it stays a rule. A collection may start.
    pub fn settle(mut self, realm: &mut Realm) {
        const LONGEST: usize = 4096;
        let Some(rule) = self.rule().filter(|_| self.len() <= LONGEST && !self.has(flags::PERMANENT)) else { return };
        let told = if self.has(flags::UNTOLD) { 0 } else { flags::RULED | flags::OBSERVED };
        self.store_elements(realm, rule);
        self.edit().header.flags |= told;
    }

    fn store_elements(mut self, realm: &mut Realm, rule: Rule) {
        let len = self.len();
        let array = Array::allocate(realm, len.max(1), &[rule.base]);
        for index in 0..len {
            // SAFETY: invariant 1: the array has room for `len` values.
            unsafe { array.values.add(index).write(rule.element(index)) };
        }
        let numbers = if rule.base.is_number() || len == 0 { flags::ALL_NUMBERS } else { 0 };
        self.take_array(array);
        let object = self.edit();
        object.header.flags = object.header.flags & !(flags::COMPUTED | flags::UNTOLD) | numbers;
        object.stored = object.len;
        realm.account(0, array.bytes_outside());
    }

    /// Stores an element; beyond the end nothing happens.
    #[inline]
    pub fn set(self, realm: &mut Realm, index: usize, value: Value) -> Eval<()> {
        self.prepare(realm)?;
        if index < self.len() {
            self.store(realm, index, value);
        }
        Ok(())
    }

    /// Replaces an element of a list that is ready for a mutation.
    #[inline(always)]
    fn store(self, realm: &mut Realm, index: usize, value: Value) {
        debug_assert!(!self.is_computed());
        // SAFETY: invariant 1; callers checked the index.
        realm.overwritten(unsafe { self.object().elements.add(index).read() });
        self.put(index, value);
    }

    /// Stores an element if the index is inside and nothing has to be done before; tells whether.
    #[inline(always)]
    pub fn try_set(self, realm: &mut Realm, index: f64, value: Value) -> bool {
        let plain = !self.has(flags::FROZEN | flags::OBSERVED | flags::COMPUTED);
        match self.inside(index).filter(|_| plain) {
            Some(index) => {
                self.store(realm, index, value);
                true
            }
            None => false,
        }
    }

    #[inline(always)]
    fn put(mut self, index: usize, value: Value) {
        debug_assert!(index < self.len());
        if !value.is_number() {
            self.edit().header.flags &= !flags::ALL_NUMBERS;
        }
        // SAFETY: invariant 1; callers checked the index.
        unsafe { self.object().elements.add(index).write(value) };
    }

    /// Appends an element.
    #[inline]
    pub fn push(self, realm: &mut Realm, value: Value) -> Eval<()> {
        self.prepare(realm)?;
        let len = self.len();
        if len == self.capacity() {
            self.grow(realm, len + 1)?;
        }
        self.set_len(len + 1);
        self.put(len, value);
        Ok(())
    }

    /// Appends elements.
    pub fn extend(self, realm: &mut Realm, values: &[Value]) -> Eval<()> {
        self.prepare(realm)?;
        if self.len() + values.len() > self.capacity() {
            realm.protecting(values, |realm| self.make_room(realm, values.len()))?;
        }
        for value in values {
            self.push(realm, *value)?;
        }
        Ok(())
    }

    /// Appends the elements of another list (or of itself, as it is now).
    pub fn extend_from(self, realm: &mut Realm, other: ListRef) -> Eval<()> {
        self.prepare(realm)?;
        let count = other.len();
        self.make_room(realm, count)?;
        for index in 0..count {
            let element = other.get(index).unwrap_or(Value::NULL);
            self.push(realm, element)?;
        }
        Ok(())
    }

    fn make_room(self, realm: &mut Realm, more: usize) -> Eval<()> {
        let needed = self.len() + more;
        if needed > self.capacity() { self.grow(realm, needed) } else { Ok(()) }
    }

    /// Removes and returns the last element. A rule just gets shorter.
    pub fn pop(self, realm: &mut Realm) -> Eval<Option<Value>> {
        let Some(last) = self.len().checked_sub(1) else {
            return Ok(None);
        };
        self.check_mutable(realm)?;
        let element = self.get(last);
        realm.overwritten(element.unwrap_or(Value::NULL));
        self.set_len(last);
        Ok(element)
    }

    /// Inserts an element before an index, which is at most the length.
    pub fn insert(mut self, realm: &mut Realm, index: usize, value: Value) -> Eval<()> {
        assert!(index <= self.len(), "callers clamp the index");
        realm.charge(moved(self.len() - index))?;
        self.prepare(realm)?;
        self.make_room(realm, 1)?;
        let object = self.edit();
        let count = object.len as usize - index;
        // SAFETY: invariant 1: there is room for one more.
        unsafe {
            let at = object.elements.add(index);
            at.copy_to(at.add(1), count);
            at.write(Value::NULL);
        }
        self.set_len(self.len() + 1);
        self.put(index, value);
        Ok(())
    }

    /// Removes the element at an index, which is below the length.
    pub fn remove(mut self, realm: &mut Realm, index: usize) -> Eval<Value> {
        assert!(index < self.len(), "callers check the index");
        if index == 0 && !self.counts_as_computed() && !self.is_inline() {
            return self.remove_first(realm);
        }
        realm.charge(moved(self.len() - index))?;
        self.prepare(realm)?;
        let object = self.edit();
        let count = object.len as usize - index - 1;
        // SAFETY: invariant 1.
        let removed = unsafe {
            let at = object.elements.add(index);
            let removed = at.read();
            at.copy_from(at.add(1), count);
            removed
        };
        self.set_len(self.len() - 1);
        realm.overwritten(removed);
        realm.parts_moved(self.0.cast(), 1);
        Ok(removed)
    }

    /// Removes the first element of an array apart: a queue costs no more than a stack.
    fn remove_first(mut self, realm: &mut Realm) -> Eval<Value> {
        self.prepare(realm)?;
        let gap = self.gap() + 1;
        let object = self.edit();
        // SAFETY: invariant 1: the list is not empty, and the place of its first element becomes the last of the gap.
        let removed = unsafe {
            let removed = object.elements.read();
            object.elements.cast::<usize>().write(gap);
            removed
        };
        object.elements = object.elements.wrapping_add(1);
        object.header.flags |= flags::SHIFTED;
        self.set_capacity(self.capacity() - 1);
        self.set_len(self.len() - 1);
        realm.overwritten(removed);
        realm.parts_moved(self.0.cast(), 1);
        Ok(removed)
    }

    /// Swaps two elements.
    pub fn swap(self, realm: &mut Realm, a: usize, b: usize) -> Eval<()> {
        self.prepare(realm)?;
        if let (Some(left), Some(right)) = (self.get(a), self.get(b)) {
            realm.overwritten(left);
            realm.overwritten(right);
            self.put(a, right);
            self.put(b, left);
        }
        Ok(())
    }

    /// Replaces all elements, as sorting does.
    pub fn assign(mut self, realm: &mut Realm, values: &[Value]) -> Eval<()> {
        self.prepare(realm)?;
        realm.all_overwritten(self.iter());
        let object = self.edit();
        object.header.flags |= flags::ALL_NUMBERS;
        self.set_len(0);
        self.extend(realm, values)
    }

    /// Shortens the list.
    pub fn truncate(self, realm: &mut Realm, len: usize) -> Eval<()> {
        self.prepare(realm)?;
        realm.all_overwritten((len..self.len()).filter_map(|index| self.get(index)));
        self.set_len(self.len().min(len));
        Ok(())
    }

    /// Sets the frozen flag (of this list alone).
    pub fn freeze(mut self) {
        if !self.has(flags::PERMANENT) {
            self.edit().header.flags |= flags::FROZEN;
        }
    }

    pub(crate) fn set_observed(mut self, observed: bool) {
        let set = if observed || self.has(flags::RULED) { flags::OBSERVED } else { 0 };
        let object = self.edit();
        object.header.flags = object.header.flags & !flags::OBSERVED | set;
    }

    fn inline_elements(self) -> *mut Value {
        self.0.as_ptr().wrapping_add(1).cast()
    }

    fn is_inline(self) -> bool {
        std::ptr::eq(self.object().elements, self.inline_elements())
    }

    /// Values of the array before the first element.
    fn gap(self) -> usize {
        if !self.has(flags::SHIFTED) {
            return 0;
        }
        // SAFETY: invariant 1: the value before the first element is the list's own, and says how many there are.
        unsafe { self.object().elements.cast::<usize>().sub(1).read() }
    }

    /// The array, if it stands apart.
    fn array(self) -> Option<Array> {
        let (gap, object) = (self.gap(), self.object());
        if self.is_inline() || self.has(flags::PERMANENT) {
            return None;
        }
        // SAFETY: invariant 1: the array starts `gap` values before.
        let values = unsafe { NonNull::new_unchecked(object.elements.sub(gap)) };
        Some(Array { values, capacity: gap + self.capacity() })
    }

    /// Makes an array that has the elements the list's own.
    fn take_array(mut self, array: Array) {
        let object = self.edit();
        object.elements = array.values.as_ptr();
        object.header.flags &= !flags::SHIFTED;
        self.set_capacity(array.capacity);
        if array.is_outside() {
            set_finalise(self.0.cast());
        }
    }

    /// Moves the elements of an array apart to its start.
    fn close_gap(mut self, realm: &mut Realm) {
        let gap = self.gap();
        realm.parts_moved(self.0.cast(), gap);
        let object = self.edit();
        // SAFETY: invariant 1: the array starts `gap` values before.
        unsafe {
            let start = object.elements.sub(gap);
            start.copy_from(object.elements, object.len as usize);
            object.elements = start;
        }
        object.header.flags &= !flags::SHIFTED;
        self.set_capacity(self.capacity() + gap);
    }

    #[cold]
    fn grow(self, realm: &mut Realm, needed: usize) -> Eval<()> {
        if needed > MAX_LIST {
            return Err(LimitKind::Memory.into());
        }
        let gap = self.gap();
        if gap > 0 {
            self.close_gap(realm);
            // Closing small gaps again and again would move the elements for each few that are added.
            if gap >= needed / 4 && needed <= self.capacity() {
                return Ok(());
            }
        }
        let before = self.capacity();
        let capacity = needed.max(before * 2).clamp(8, MAX_LIST);
        if capacity > 4096 {
            realm.reserve((capacity * 8) as u64)?;
        }
        let (array, outside) = match self.array() {
            Some(array) => (array.grow(realm, self.len(), capacity), array.bytes_outside()),
            None => {
                let array = Array::allocate(realm, capacity, &[]);
                // SAFETY: invariant 1: both arrays hold `len` values.
                unsafe {
                    array.values.copy_from_nonoverlapping(NonNull::new_unchecked(self.object().elements), self.len())
                };
                (array, 0)
            }
        };
        self.take_array(array);
        realm.account(outside, array.bytes_outside());
        Ok(())
    }
}

/// The steps that a change of a rule takes beside its own, since its elements are stored.
fn steps_to_store(len: usize) -> u64 {
    1 + moved(len)
}

/// The steps that moving so many elements by one place counts as.
fn moved(count: usize) -> u64 {
    const ELEMENTS_PER_STEP: u64 = 16;
    count as u64 / ELEMENTS_PER_STEP
}

impl Realm {
    /// A new list of the given elements.
    pub fn new_list(&mut self, values: &[Value]) -> ListRef {
        if values.len() > LIST_INLINE_MAX {
            let list = self.new_long_list(values.len(), values);
            list.fill(values);
            return list;
        }
        let list = self.new_inline_list(values.len().max(LIST_INLINE_DEFAULT), values);
        list.fill(values);
        list
    }

    /// A new empty list with room for `capacity` elements, if memory allows.
    pub fn new_list_with_capacity(&mut self, capacity: usize) -> Eval<ListRef> {
        if capacity <= LIST_INLINE_MAX {
            return Ok(self.new_inline_list(capacity.max(LIST_INLINE_DEFAULT), &[]));
        }
        if capacity > MAX_LIST {
            return Err(LimitKind::Memory.into());
        }
        self.reserve(capacity as u64 * 8)?;
        Ok(self.new_long_list(capacity, &[]))
    }

    /// A computed list: `base`, `base + step`, `base + 2 * step`, …
    pub fn new_range(&mut self, base: f64, step: f64, count: usize) -> ListRef {
        self.new_rule(Value::number(base), Value::number(step), count)
    }

    /// The numbers from 0 up to `count`, that one left out: a rule, which the program is not told.
    pub fn new_count(&mut self, count: usize) -> ListRef {
        let mut list = self.new_range(0.0, 1.0, count);
        list.edit().header.flags |= flags::UNTOLD;
        list
    }

    /// A computed list: the same immutable value `count` times.
    pub fn new_repeated(&mut self, value: Value, count: usize) -> ListRef {
        self.new_rule(value, Value::ABSENT, count)
    }

    fn new_rule(&mut self, base: Value, step: Value, count: usize) -> ListRef {
        let list = self.new_inline_list(2, &[base]);
        let mut edited = list;
        let object = edited.edit();
        object.len = count.min(MAX_LIST) as u32;
        object.header.shape = 0;
        object.header.flags = flags::COMPUTED;
        // SAFETY: invariant 3: the cell was made with room for two values.
        unsafe {
            object.elements.write(base);
            object.elements.add(1).write(step);
        }
        list
    }

    fn new_inline_list(&mut self, capacity: usize, values: &[Value]) -> ListRef {
        let bytes = CLASS_SIZES[class_of(LIST_BYTES + capacity * 8)];
        let object = self.alloc_protecting(bytes, values).cast::<ListObject>();
        let elements = object.as_ptr().wrapping_add(1).cast();
        let capacity = ((bytes - LIST_BYTES) / 8) as u32;
        let header = Header::new(kind::LIST, flags::ALL_NUMBERS, capacity);
        // SAFETY: heap invariant 2: a fresh cell of this size.
        unsafe { object.write(ListObject { header, len: 0, stored: 0, elements }) };
        ListRef(object)
    }

    fn new_long_list(&mut self, capacity: usize, values: &[Value]) -> ListRef {
        let array = Array::allocate(self, capacity, values);
        let object = self.alloc_protecting(LIST_BYTES, values).cast::<ListObject>();
        let header = Header::new(kind::LIST, flags::ALL_NUMBERS, array.capacity as u32);
        let elements = array.values.as_ptr();
        // SAFETY: heap invariant 2: a fresh cell of this size. The array lived through taking it, since it is in this frame.
        unsafe { object.write(ListObject { header, len: 0, stored: 0, elements }) };
        std::hint::black_box(array);
        ListRef(object).take_array(array);
        self.account(0, array.bytes_outside());
        ListRef(object)
    }
}

impl ListRef {
    /// Gives a fresh list, which has room for them, its elements.
    fn fill(mut self, values: &[Value]) {
        debug_assert!(values.len() <= self.capacity());
        let numbers = values.iter().all(|value| value.is_number());
        let object = self.edit();
        // SAFETY: invariant 1: there is room.
        unsafe { object.elements.copy_from_nonoverlapping(values.as_ptr(), values.len()) };
        if !numbers {
            object.header.flags &= !flags::ALL_NUMBERS;
        }
        self.set_len(values.len());
    }
}

/// A frozen list in permanent memory.
pub(crate) fn permanent(arena: &PermanentArena, values: &[Value]) -> Value {
    let object = arena.allocate(LIST_BYTES + values.len() * 8).cast::<ListObject>();
    let elements = object.as_ptr().wrapping_add(1).cast();
    let flags = flags::ALL_NUMBERS | flags::FROZEN | flags::PERMANENT;
    let header = Header::new(kind::LIST, flags, values.len() as u32);
    // SAFETY: heap/permanent invariant 1: fresh memory of this size.
    unsafe { object.write(ListObject { header, len: 0, stored: 0, elements }) };
    ListRef(object).fill(values);
    ListRef(object).value()
}

/// Marks what up to `most` elements from an index on refer to; says whether there are more.
pub(crate) fn trace(object: NonNull<ListObject>, marker: &mut Marker<'_>, from: usize, most: usize) -> bool {
    let list = ListRef(object);
    if from == 0
        && let Some(cell) = list.array().and_then(Array::cell)
    {
        marker.array(cell);
    }
    if let Some(rule) = list.rule() {
        marker.value(rule.base);
        return false;
    }
    if list.all_numbers() {
        return false;
    }
    let to = list.len().min(from.saturating_add(most));
    (from..to).filter_map(|index| list.get(index)).for_each(|element| marker.value(element));
    to < list.len()
}

/// Frees the array of a dead list; returns its bytes.
pub(crate) fn finalise(object: NonNull<ListObject>) -> u64 {
    let Some(array) = ListRef(object).array() else { return 0 };
    array.free();
    array.bytes_outside() as u64
}

#[cfg(test)]
mod tests;
