//! Strings: immutable UTF-8, short ones in their cell, long ones as views on growable shared buffers.
//!
//! `s = s + x` in a loop writes behind the bytes that `s` already has, as long as `s` ends where its buffer ends, so it is
//! linear. Operators and intrinsics use [`StringRef`]; compiled code reads the lengths by the offsets below.
//!
//! Invariants (besides those of `value.rs` and `heap.rs`):
//! 1. `data..data+len` is valid UTF-8 that nobody writes any more; it stands in the string's own cell, in the buffer the
//!    string refers to, or in permanent memory.
//! 2. `chars` is the number of code points; the text is ASCII exactly if it equals `len`.
//! 3. Bytes of a buffer below `used` are initialised; only the bytes above are written, by the string that extends it.
//! 4. `hash` is 0 (not computed yet) or the hash of the bytes; permanent strings have it from the start.
//! 5. Texts of no or one byte are always the same object, the permanent one. Compiled code relies on it.
//! 6. The fields `buffer` and `index` exist exactly if the length is above [`SHORT_MAX`].
#![expect(unsafe_code, reason = "layout of heap objects")]

mod bytes;

pub use bytes::text_hash;

use crate::fault::Eval;
use crate::heap::classes::MAX_CELL;
use crate::heap::mark::Marker;
use crate::heap::permanent::PermanentArena;
use crate::heap::{Header, SPARE_LARGE, flags, kind};
use crate::limits::LimitKind;
use crate::realm::Realm;
use crate::shared::Name;
use crate::value::{TAG_STRING, Value};
use bytes::{head, same_bytes, tail};
use std::mem::offset_of;
use std::ptr::NonNull;

/// A string object. Short strings have their bytes behind it, long ones continue as [`LongString`].
#[derive(Debug)]
#[repr(C)]
pub struct StringObject {
    pub(crate) header: Header,
    pub(crate) len: u32,
    pub(crate) hash: u32,
    pub(crate) chars: u32,
    /// Name id + 1 of the interned string of the same text, if this is another one and it was found out; else 0.
    known: u32,
    pub(crate) data: *const u8,
}

/// A string of more than [`SHORT_MAX`] bytes.
#[repr(C)]
struct LongString {
    string: StringObject,
    /// Whose bytes the string views; null if permanent.
    buffer: *mut BufferObject,
    /// Byte offsets of every 64th code point. Null if the text is ASCII, and, unless it is permanent, before the first need.
    /// Strings that begin at the same byte of the same buffer may share one, which reaches as far as any of them needed it.
    index: *mut BufferObject,
}

/// Bytes that several strings may view; no value refers to it directly.
#[derive(Debug)]
#[repr(C)]
pub struct BufferObject {
    header: Header,
    capacity: u32,
    used: u32,
}

/// Offset of the byte length (u32).
pub const STRING_LEN: usize = offset_of!(StringObject, len);
/// Offset of the cached hash (u32).
pub const STRING_HASH: usize = offset_of!(StringObject, hash);
/// Offset of the number of code points (u32).
pub const STRING_CHARS: usize = offset_of!(StringObject, chars);
/// Offset of the number that tells which name the text is (u32), one more than its id: 0 if that is not known, or if the string is the name's own.
pub const STRING_KNOWN: usize = offset_of!(StringObject, known);
/// Offset of the address of the bytes.
pub const STRING_DATA: usize = offset_of!(StringObject, data);
/// Strings up to this many bytes are kept in their own cell.
pub const SHORT_MAX: usize = 64;
/// The most bytes a string may have.
pub const MAX_STRING: usize = i32::MAX as usize;

/// Bytes of a short string's object, behind which its text stands.
pub const SHORT_BYTES: usize = size_of::<StringObject>();
const BUFFER_BYTES: usize = size_of::<BufferObject>();
/// Code points between two entries of an index.
const INDEX_STEP: usize = 64;

/// A reference to a string that is alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct StringRef(pub(crate) NonNull<StringObject>);

/// Number of code points in UTF-8.
fn count_chars(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}

impl StringRef {
    /// The string as a value.
    #[inline(always)]
    pub fn value(self) -> Value {
        Value::from_object(TAG_STRING, self.0)
    }

    #[inline(always)]
    fn object(&self) -> &StringObject {
        // SAFETY: value invariant 2: the object is alive while this reference is used.
        unsafe { self.0.as_ref() }
    }

    /// Length in bytes.
    #[inline(always)]
    pub fn byte_len(self) -> usize {
        self.object().len as usize
    }

    /// Length in code points.
    #[inline(always)]
    pub fn len(self) -> usize {
        self.object().chars as usize
    }

    /// Whether it is `""`.
    #[inline(always)]
    pub fn is_empty(self) -> bool {
        self.object().len == 0
    }

    /// Whether all characters are ASCII.
    #[inline(always)]
    pub fn is_ascii(self) -> bool {
        self.object().len == self.object().chars
    }

    /// The bytes. See [`Value::keep_alive`] if the value may be forgotten while the slice is used across allocations.
    #[inline(always)]
    pub fn as_bytes(&self) -> &[u8] {
        let object = self.object();
        // SAFETY: invariant 1.
        unsafe { std::slice::from_raw_parts(object.data, object.len as usize) }
    }

    /// The text. See [`StringRef::as_bytes`].
    #[inline(always)]
    pub fn as_str(&self) -> &str {
        // SAFETY: invariant 1.
        unsafe { std::str::from_utf8_unchecked(self.as_bytes()) }
    }

    /// The name whose permanent string this is, if it is one.
    #[inline(always)]
    pub fn name(self) -> Option<Name> {
        self.object().header.shape.checked_sub(1).map(Name)
    }

    /// The name that the text is, as far as that is known.
    #[inline(always)]
    pub(crate) fn known_name(self) -> Option<Name> {
        let object = self.object();
        (object.header.shape | object.known).checked_sub(1).map(Name)
    }

    /// Notes which name the text is.
    #[inline]
    pub(crate) fn learn_name(self, name: Name) {
        let header = &self.object().header;
        if header.shape == 0 && header.flags & flags::PERMANENT == 0 {
            // SAFETY: value invariant 2; only permanent strings are seen by other threads.
            unsafe { (&raw mut (*self.0.as_ptr()).known).write(name.0 + 1) };
        }
    }

    /// The hash of the text.
    #[inline]
    pub fn hash(self) -> u32 {
        match self.object().hash {
            0 => self.compute_hash(),
            known => known,
        }
    }

    #[inline(never)]
    fn compute_hash(self) -> u32 {
        let hash = text_hash(self.as_bytes());
        // SAFETY: value invariant 2; by invariant 4 permanent strings never come here, so no other thread sees the write.
        unsafe { (&raw mut (*self.0.as_ptr()).hash).write(hash) };
        hash
    }

    /// Whether two strings whose hashes are equal have the same text, which is so nearly always.
    #[inline]
    pub(crate) fn same_hashed_text(self, other: StringRef) -> bool {
        self.0 == other.0 || same_bytes(self.as_bytes(), other.as_bytes())
    }

    /// Whether two strings have the same text.
    #[inline]
    pub fn same_text(self, other: StringRef) -> bool {
        if self.0 == other.0 {
            return true;
        }
        let (a, b) = (self.object(), other.object());
        if a.len != b.len || (a.hash != b.hash && a.hash != 0 && b.hash != 0) {
            return false;
        }
        // Two different interned strings have different texts.
        if a.header.shape != 0 && b.header.shape != 0 {
            return false;
        }
        same_bytes(self.as_bytes(), other.as_bytes())
    }

    /// The character at an index below [`StringRef::len`], as a string.
    #[inline]
    pub fn char_at(self, realm: &mut Realm, index: usize) -> StringRef {
        debug_assert!(index < self.len());
        if self.is_ascii() {
            let byte = self.as_bytes()[index];
            return realm.shared.ascii(byte).as_string().expect("single characters are strings");
        }
        let start = self.byte_offset(realm, index);
        let found = self.as_str()[start..].chars().next().expect("the index is in range");
        realm.char_string(found)
    }

    /// The byte offset of the code point with an index up to [`StringRef::len`].
    #[inline]
    pub fn byte_offset(self, realm: &mut Realm, index: usize) -> usize {
        if self.is_ascii() { index } else { self.wide_offset(realm, index) }
    }

    /// As [`StringRef::byte_offset`], for a text that is not ASCII.
    fn wide_offset(self, realm: &mut Realm, index: usize) -> usize {
        if index >= self.len() {
            return self.byte_len();
        }
        let (mut from, mut rest) = (0, index);
        if self.byte_len() > SHORT_MAX && index >= INDEX_STEP {
            from = self.indexed(realm, index / INDEX_STEP);
            rest = index % INDEX_STEP;
        }
        let mut at = from;
        let bytes = self.as_bytes();
        while rest > 0 {
            at += utf8_width(bytes[at]);
            rest -= 1;
        }
        at
    }

    /// How many code points stand between two byte offsets on their borders.
    pub fn chars_between(self, start: usize, end: usize) -> usize {
        if self.is_ascii() { end - start } else { count_chars(&self.as_str()[start..end]) }
    }

    /// The code points `from..to` (both at most [`StringRef::len`]) as a string.
    #[inline]
    pub fn slice(self, realm: &mut Realm, from: usize, to: usize) -> StringRef {
        if from >= to {
            return realm.shared.empty_string().as_string().expect("the empty string is a string");
        }
        let start = self.byte_offset(realm, from);
        let end = if to == self.len() { self.byte_len() } else { self.byte_offset(realm, to) };
        self.part(realm, start, end, Some(to - from))
    }

    /// The bytes `start..end`, which are on code point borders, as a string.
    #[inline]
    pub fn byte_slice(self, realm: &mut Realm, start: usize, end: usize) -> StringRef {
        self.part(realm, start, end, None)
    }

    /// Bytes as a string, with the number of code points if that is known.
    #[inline]
    fn part(self, realm: &mut Realm, start: usize, end: usize, chars: Option<usize>) -> StringRef {
        if start == 0 && end == self.byte_len() {
            return self;
        }
        let buffer = self.buffer();
        // A view on less than a quarter would keep the rest alive for nothing, and a view on a view ever more of it.
        // SAFETY: invariant 6: the buffer of a string that is alive.
        let whole = unsafe { buffer.as_ref() }.map_or(usize::MAX, |buffer| buffer.capacity as usize);
        if end - start > SHORT_MAX && end - start >= whole / 4 {
            let chars = chars.unwrap_or_else(|| self.chars_between(start, end));
            // SAFETY: invariant 1: the range is inside the bytes.
            let data = unsafe { self.object().data.add(start) };
            return realm.new_view(data, end - start, chars, buffer, std::ptr::null_mut());
        }
        let sliced = match end - start {
            len @ 2..=SHORT_MAX if self.is_ascii() => {
                realm.new_short(len, len, |data| copy_to(&self.as_bytes()[start..end], data))
            }
            _ => realm.new_string(&self.as_str()[start..end]),
        };
        self.value().keep_alive();
        sliced
    }

    fn buffer(self) -> *mut BufferObject {
        if self.byte_len() <= SHORT_MAX {
            return std::ptr::null_mut();
        }
        // SAFETY: invariant 6.
        unsafe { (*self.0.cast::<LongString>().as_ptr()).buffer }
    }

    fn index(self) -> *mut BufferObject {
        if self.byte_len() <= SHORT_MAX {
            return std::ptr::null_mut();
        }
        // SAFETY: invariant 6.
        unsafe { (*self.0.cast::<LongString>().as_ptr()).index }
    }

    /// The byte offset of code point `entry * INDEX_STEP` of a long string that is not ASCII, through its index.
    fn indexed(self, realm: &mut Realm, entry: usize) -> usize {
        let long = self.0.cast::<LongString>().as_ptr();
        // SAFETY: invariant 6; the index holds one offset for every INDEX_STEP code points up to where it was needed. Permanent strings,
        // which nobody may write to, have a whole one from the start.
        unsafe {
            if (*long).index.is_null() {
                (*long).index = self.build_index(realm);
            }
            let index = (*long).index;
            if entry >= (*index).used as usize / 4 {
                self.extend_index(index, entry);
            }
            buffer_data(index).cast::<u32>().add(entry).read() as usize
        }
    }

    /// Makes an index, which this string has from a shorter one that it continues, reach an entry.
    fn extend_index(self, index: *mut BufferObject, entry: usize) {
        let bytes = self.as_bytes();
        // SAFETY: invariants 3 and 6: an index is made with an entry and with room for all that its buffer will ever need.
        unsafe {
            assert!((entry + 1) * 4 <= (*index).capacity as usize, "an index has room for its whole buffer");
            let offsets = buffer_data(index).cast::<u32>();
            let from = (*index).used as usize / 4;
            let mut at = offsets.add(from - 1).read() as usize;
            for next in from..=entry {
                for _ in 0..INDEX_STEP {
                    at += utf8_width(bytes[at]);
                }
                offsets.add(next).write(at as u32);
            }
            (*index).used = (entry as u32 + 1) * 4;
        }
    }

    #[cfg(test)]
    fn has_index(self) -> bool {
        // SAFETY: invariant 6, which only long strings meet.
        self.byte_len() > SHORT_MAX && unsafe { !(*self.0.cast::<LongString>().as_ptr()).index.is_null() }
    }

    fn build_index(self, realm: &mut Realm) -> *mut BufferObject {
        let offsets = index_of(self.as_str());
        // SAFETY: invariant 6: the buffer of a string that is alive.
        let whole = unsafe { self.buffer().as_ref() }.map_or(0, |buffer| buffer.capacity as usize);
        let index = realm.new_buffer(offsets.len().max(whole / INDEX_STEP + 1) * 4);
        fill_index(index, &offsets);
        self.value().keep_alive();
        index
    }
}

/// The byte offsets of every [`INDEX_STEP`]th code point.
fn index_of(text: &str) -> Vec<u32> {
    text.char_indices().step_by(INDEX_STEP).map(|(at, _)| at as u32).collect()
}

/// Writes an index into a fresh buffer that was made with room for it.
fn fill_index(index: *mut BufferObject, offsets: &[u32]) {
    // SAFETY: invariant 3: the buffer was made with room for all offsets.
    unsafe {
        buffer_data(index).cast::<u32>().copy_from_nonoverlapping(offsets.as_ptr(), offsets.len());
        (*index).used = offsets.len() as u32 * 4;
    }
}

fn utf8_width(first: u8) -> usize {
    match first {
        0..=0x7F => 1,
        0x80..=0xDF => 2,
        0xE0..=0xEF => 3,
        _ => 4,
    }
}

fn buffer_data(buffer: *mut BufferObject) -> *mut u8 {
    buffer.cast::<u8>().wrapping_add(BUFFER_BYTES)
}

impl Realm {
    /// A string with a copy of the text (at most [`MAX_STRING`] bytes; see [`Realm::reserve`] for what a program sizes).
    pub fn new_string(&mut self, text: &str) -> StringRef {
        if text.len() <= 1 {
            let value = text.bytes().next().map_or(self.shared.empty_string(), |byte| self.shared.ascii(byte));
            return value.as_string().expect("single characters are strings");
        }
        let chars = count_chars(text);
        if text.len() <= SHORT_MAX {
            return self.new_short(text.len(), chars, |data| copy_to(text.as_bytes(), data));
        }
        let buffer = self.new_buffer(text.len());
        copy_to(text.as_bytes(), buffer_data(buffer));
        // SAFETY: invariant 3: these bytes were just written.
        unsafe { (*buffer).used = text.len() as u32 };
        self.new_view(buffer_data(buffer), text.len(), chars, buffer, std::ptr::null_mut())
    }

    /// A string as a value; short for `new_string(text).value()`.
    pub fn string_value(&mut self, text: &str) -> Value {
        self.new_string(text).value()
    }

    /// The string of one character.
    pub fn char_string(&mut self, character: char) -> StringRef {
        self.new_string(character.encode_utf8(&mut [0; 4]))
    }

    /// `a + b`. Appends in place if `a` ends where its buffer ends; linear in `b` then.
    pub fn concat(&mut self, a: StringRef, b: StringRef) -> Eval<StringRef> {
        if b.is_empty() {
            return Ok(a);
        }
        if a.is_empty() {
            return Ok(b);
        }
        let len = a.byte_len() + b.byte_len();
        let chars = a.len() + b.len();
        if len <= SHORT_MAX {
            let joined = self.new_short(len, chars, |data| {
                copy_to(a.as_bytes(), data);
                copy_to(b.as_bytes(), data.wrapping_add(a.byte_len()));
            });
            a.value().keep_alive();
            b.value().keep_alive();
            return Ok(joined);
        }
        let joined = match self.extend(a, b, len) {
            Some(buffer) => self.new_view(a.object().data, len, chars, buffer, a.index()),
            None => self.concat_copying(a, b, len, chars)?,
        };
        a.value().keep_alive();
        b.value().keep_alive();
        Ok(joined)
    }

    /// A text that is not empty, with ASCII characters before or behind it; both together are short.
    pub(crate) fn with_ascii(&mut self, text: StringRef, ascii: &[u8], before: bool) -> StringRef {
        let (len, chars) = (text.byte_len() + ascii.len(), text.len() + ascii.len());
        debug_assert!(len <= SHORT_MAX, "{len} bytes are no short string");
        let joined = self.new_short(len, chars, |data| {
            let (first, second) = if before { (ascii, text.as_bytes()) } else { (text.as_bytes(), ascii) };
            copy_to(first, data);
            copy_to(second, data.wrapping_add(first.len()));
        });
        text.value().keep_alive();
        joined
    }

    /// Writes `b` behind `a` into the buffer of `a`, if that is where `a` ends and there is room.
    fn extend(&mut self, a: StringRef, b: StringRef, _len: usize) -> Option<*mut BufferObject> {
        let buffer = NonNull::new(a.buffer())?.as_ptr();
        // SAFETY: invariant 3: bytes above `used` are free, and `b` stands below.
        unsafe {
            let end = buffer_data(buffer).wrapping_add((*buffer).used as usize);
            let fits = (*buffer).capacity as usize - (*buffer).used as usize >= b.byte_len();
            if a.object().data.wrapping_add(a.byte_len()) != end.cast_const() || !fits {
                return None;
            }
            copy_to(b.as_bytes(), end);
            (*buffer).used += b.byte_len() as u32;
        }
        Some(buffer)
    }

    fn concat_copying(&mut self, a: StringRef, b: StringRef, len: usize, chars: usize) -> Eval<StringRef> {
        if len > MAX_STRING {
            return Err(LimitKind::Memory.into());
        }
        // Room to grow: a string that was appended to once will be again.
        let capacity = (len * 2).clamp(256, MAX_STRING);
        if capacity > MAX_CELL {
            self.reserve(capacity as u64)?;
        }
        let buffer = self.new_buffer(capacity);
        let data = buffer_data(buffer);
        copy_to(a.as_bytes(), data);
        copy_to(b.as_bytes(), data.wrapping_add(a.byte_len()));
        // SAFETY: invariant 3: these bytes were just written.
        unsafe { (*buffer).used = len as u32 };
        Ok(self.new_view(data, len, chars, buffer, std::ptr::null_mut()))
    }

    /// The text `count` times.
    pub fn repeat(&mut self, text: StringRef, count: usize) -> Eval<StringRef> {
        let len = text.byte_len().saturating_mul(count);
        if len > MAX_STRING {
            return Err(LimitKind::Memory.into());
        }
        if len == 0 || count == 1 {
            // Nothing to copy, however often.
            return Ok(if len == 0 { self.new_string("") } else { text });
        }
        let chars = text.len() * count;
        let fill = |data: *mut u8| {
            for copy in 0..count {
                copy_to(text.as_bytes(), data.wrapping_add(copy * text.byte_len()));
            }
        };
        let repeated = if len <= SHORT_MAX {
            self.new_short(len, chars, fill)
        } else {
            self.reserve(len as u64)?;
            let buffer = self.new_buffer(len);
            fill(buffer_data(buffer));
            // SAFETY: invariant 3: these bytes were just written.
            unsafe { (*buffer).used = len as u32 };
            self.new_view(buffer_data(buffer), len, chars, buffer, std::ptr::null_mut())
        };
        text.value().keep_alive();
        Ok(repeated)
    }

    fn new_short(&mut self, len: usize, chars: usize, fill: impl FnOnce(*mut u8)) -> StringRef {
        debug_assert!(len > 1, "texts of up to one byte are permanent, each one object");
        let object = self.alloc(SHORT_BYTES + len).cast::<StringObject>();
        init_short(object, len, chars, fill);
        StringRef(object)
    }

    fn new_view(
        &mut self,
        data: *const u8,
        len: usize,
        chars: usize,
        buffer: *mut BufferObject,
        index: *mut BufferObject,
    ) -> StringRef {
        debug_assert!(len > SHORT_MAX);
        let object = self.alloc(size_of::<LongString>()).cast::<LongString>();
        let string = string_object(len, chars, data);
        // SAFETY: heap invariant 2: a fresh cell of this size. The buffers survived the allocation, since `data` or
        // `buffer` is in this frame, and so is `index`.
        unsafe { object.write(LongString { string, buffer, index }) };
        std::hint::black_box((buffer, data, index));
        StringRef(object.cast())
    }

    fn new_buffer(&mut self, capacity: usize) -> *mut BufferObject {
        let bytes = BUFFER_BYTES + capacity;
        let mut header = Header::new(kind::BUFFER, 0, 0);
        let object = if bytes <= MAX_CELL {
            self.alloc(bytes)
        } else {
            let (object, index) = self.alloc_large(bytes);
            header.shape = index;
            header.spare = SPARE_LARGE;
            object
        };
        let buffer = object.cast::<BufferObject>().as_ptr();
        // SAFETY: heap invariant 2: fresh memory of this size.
        unsafe { buffer.write(BufferObject { header, capacity: capacity as u32, used: 0 }) };
        buffer
    }
}

fn string_object(len: usize, chars: usize, data: *const u8) -> StringObject {
    let header = Header::new(kind::STRING, 0, 0);
    StringObject { header, len: len as u32, hash: 0, chars: chars as u32, known: 0, data }
}

fn init_short(object: NonNull<StringObject>, len: usize, chars: usize, fill: impl FnOnce(*mut u8)) {
    let data = object.cast::<u8>().as_ptr().wrapping_add(SHORT_BYTES);
    fill(data);
    // SAFETY: heap invariant 2: fresh memory with room for the object and the bytes behind it.
    unsafe { object.write(string_object(len, chars, data)) };
}

/// Copies text bytes to where a constructor made room for them. Most are few: two words that overlap.
#[inline(always)]
fn copy_to(bytes: &[u8], to: *mut u8) {
    #[inline(always)]
    fn ends<const N: usize>(bytes: &[u8], to: *mut u8) {
        let (first, last) = (head::<N>(bytes), tail::<N>(bytes));
        // SAFETY: as below; both ends are inside.
        unsafe {
            to.cast::<[u8; N]>().write_unaligned(first);
            to.add(bytes.len() - N).cast::<[u8; N]>().write_unaligned(last);
        }
    }
    match bytes.len() {
        8..=16 => ends::<8>(bytes, to),
        4..8 => ends::<4>(bytes, to),
        17..=32 => ends::<16>(bytes, to),
        33..=64 => ends::<32>(bytes, to),
        2..4 => ends::<2>(bytes, to),
        1 => ends::<1>(bytes, to),
        // SAFETY: invariant 3, or a fresh cell: callers made room for these bytes, and fresh room overlaps nothing.
        len => unsafe { to.copy_from_nonoverlapping(bytes.as_ptr(), len) },
    }
}

/// A string in permanent memory.
pub(crate) fn permanent(arena: &PermanentArena, text: &str, name: Option<Name>) -> Value {
    assert!(text.len() <= MAX_STRING, "a source text is smaller than that");
    let before = if text.len() <= SHORT_MAX { SHORT_BYTES } else { size_of::<LongString>() };
    let object = arena.allocate(before + text.len());
    let data = object.cast::<u8>().as_ptr().wrapping_add(before);
    copy_to(text.as_bytes(), data);
    let mut string = string_object(text.len(), count_chars(text), data);
    string.header.flags = flags::PERMANENT;
    string.header.shape = name.map_or(0, |name| name.0 + 1);
    string.hash = text_hash(text.as_bytes());
    let null = std::ptr::null_mut();
    // SAFETY: heap/permanent invariant 1: fresh memory of this size that nobody else sees yet.
    unsafe {
        if text.len() <= SHORT_MAX {
            object.cast().write(string);
        } else {
            let index = if text.is_ascii() { null } else { permanent_index(arena, text) };
            object.cast().write(LongString { string, buffer: null, index });
        }
    }
    StringRef(object.cast()).value()
}

/// The index of a permanent string.
fn permanent_index(arena: &PermanentArena, text: &str) -> *mut BufferObject {
    let offsets = index_of(text);
    let capacity = offsets.len() * 4;
    let index = arena.allocate(BUFFER_BYTES + capacity).cast::<BufferObject>().as_ptr();
    let header = Header::new(kind::BUFFER, flags::PERMANENT, 0);
    // SAFETY: heap/permanent invariant 1: fresh memory of this size that nobody else sees yet.
    unsafe { index.write(BufferObject { header, capacity: capacity as u32, used: 0 }) };
    fill_index(index, &offsets);
    index
}

/// The text of a permanent string, which lives as long as the arena.
pub(crate) fn permanent_text<'a>(value: Value) -> &'a str {
    let string = value.as_string().expect("names are strings");
    assert!(string.object().header.flags & flags::PERMANENT != 0, "only permanent texts outlive the reference");
    // SAFETY: invariant 1; callers bind the lifetime to the arena's owner.
    unsafe { std::str::from_utf8_unchecked(std::slice::from_raw_parts(string.object().data, string.byte_len())) }
}

/// Marks what a string refers to.
pub(crate) fn trace(object: NonNull<StringObject>, marker: &mut Marker<'_>) {
    if StringRef(object).byte_len() > SHORT_MAX {
        // SAFETY: invariant 6.
        let long = unsafe { object.cast::<LongString>().as_ref() };
        for buffer in [long.buffer, long.index].into_iter().filter_map(NonNull::new) {
            marker.object(buffer.cast());
        }
    }
}

#[cfg(test)]
mod tests;
