//! Byte buffers: the class `RawData` (LANGUAGE 8.7).
//!
//! The table calls the methods. Invariants: the bytes count against the memory limit; offsets are checked before anything is
//! read or written; a resized object gets a new buffer, so a shared handle never changes its size.

use super::{HANDLE, fill_members, once, outside_text, own, put, text_arg};
use crate::intrinsics::{Answer, Early, IntrinsicCall};
use crate::ops;
use crate::realm::{Realm, Singleton};
use crate::value::{Unpacked, Value};

/// The bytes of a buffer.
struct Bytes(Vec<u8>);

/// `RawData`
pub(crate) fn class(call: &mut IntrinsicCall) -> Answer {
    Ok(class_map(call.realm))
}

fn class_map(realm: &mut Realm) -> Value {
    let class = once(realm, Singleton::RawData, |realm, map| {
        put(realm, map, HANDLE, Value::NULL);
        put(realm, map, "littleEndian", Value::ONE);
        fill_members(realm, map, "RawData");
    });
    class.value()
}

/// An object with these bytes.
pub(crate) fn object(realm: &mut Realm, bytes: Vec<u8>) -> Answer {
    let class = class_map(realm);
    let map = realm.new_map();
    put(realm, map, "__isa", class);
    let handle = new_buffer(realm, bytes);
    put(realm, map, HANDLE, handle);
    put(realm, map, "littleEndian", Value::ONE);
    Ok(map.value())
}

fn new_buffer(realm: &mut Realm, bytes: Vec<u8>) -> Value {
    let size = bytes.len();
    realm.new_handle(Box::new(Bytes(bytes)), size).value()
}

/// The bytes of an object; `None` if it has no buffer.
fn with_bytes<R>(realm: &mut Realm, object: Value, action: impl FnOnce(&mut Vec<u8>) -> R) -> Option<R> {
    let Unpacked::Handle(handle) = own(realm, object, HANDLE).unpack() else {
        return None;
    };
    handle.with(realm, |bytes: &mut Bytes| action(&mut bytes.0))
}

/// A copy of an object's bytes, for whoever writes them to a file.
pub(crate) fn bytes_of(realm: &mut Realm, object: Value) -> Option<Vec<u8>> {
    with_bytes(realm, object, |bytes| bytes.clone())
}

/// `len`
pub(crate) fn len(call: &mut IntrinsicCall) -> Answer {
    let object = call.arg(0);
    let len = with_bytes(call.realm, object, |bytes| bytes.len());
    Ok(Value::number(len.unwrap_or(0) as f64))
}

/// `resize`: keeps what fits, new bytes are 0.
pub(crate) fn resize(call: &mut IntrinsicCall) -> Answer {
    let size = usize::try_from(call.index(1)).unwrap_or(0);
    let Some(map) = call.arg(0).as_map() else {
        return Err(super::file_error(call, "RawData has no buffer"));
    };
    map.check_mutable(call.realm)?;
    call.realm.reserve(size as u64)?;
    call.realm.charge(1 + size as u64 / 16)?;
    let mut bytes = vec![0; size];
    with_bytes(call.realm, map.value(), |old| {
        let kept = old.len().min(size);
        bytes[..kept].copy_from_slice(&old[..kept]);
    });
    let buffer = new_buffer(call.realm, bytes);
    let name = call.realm.shared.intern(HANDLE);
    map.set_by_name(call.realm, name, buffer)?;
    Ok(Value::NULL)
}

/// Where in the receiver's buffer an access of `width` bytes starts.
fn place(call: &mut IntrinsicCall, width: usize) -> Result<usize, Early> {
    let object = call.arg(0);
    let Some(len) = with_bytes(call.realm, object, |bytes| bytes.len()) else {
        return Err(super::file_error(call, "RawData has no buffer"));
    };
    let offset = i64::from(call.index(1));
    let offset = if offset < 0 { offset + len as i64 } else { offset };
    match usize::try_from(offset) {
        Ok(offset) if offset + width <= len => Ok(offset),
        _ => Err(super::file_error(call, "index out of bounds")),
    }
}

fn is_little_endian(call: &IntrinsicCall) -> bool {
    let flag = own(call.realm, call.arg(0), "littleEndian");
    flag.is_null() || flag.as_number().unwrap_or(0.0) != 0.0
}

/// Reads N bytes, the lowest first.
fn get<const N: usize>(call: &mut IntrinsicCall) -> Result<[u8; N], Early> {
    let at = place(call, N)?;
    let object = call.arg(0);
    let mut read = [0; N];
    with_bytes(call.realm, object, |bytes| read.copy_from_slice(&bytes[at..at + N]));
    if !is_little_endian(call) {
        read.reverse();
    }
    Ok(read)
}

/// Writes N bytes, given lowest first.
fn set<const N: usize>(call: &mut IntrinsicCall, mut written: [u8; N]) -> Answer {
    let at = place(call, N)?;
    let object = call.arg(0);
    if !is_little_endian(call) {
        written.reverse();
    }
    with_bytes(call.realm, object, |bytes| bytes[at..at + N].copy_from_slice(&written));
    Ok(Value::NULL)
}

/// The number to write, cut to a whole one.
fn whole(call: &IntrinsicCall) -> i64 {
    call.arg(2).as_number().map_or(0, |number| number as i64)
}

/// `byte`
pub(crate) fn byte(call: &mut IntrinsicCall) -> Answer {
    Ok(Value::number(f64::from(u8::from_le_bytes(get(call)?))))
}

/// `setByte`
pub(crate) fn set_byte(call: &mut IntrinsicCall) -> Answer {
    let value = whole(call) as u8;
    set(call, value.to_le_bytes())
}

/// `sbyte`
pub(crate) fn sbyte(call: &mut IntrinsicCall) -> Answer {
    Ok(Value::number(f64::from(i8::from_le_bytes(get(call)?))))
}

/// `ushort`
pub(crate) fn ushort(call: &mut IntrinsicCall) -> Answer {
    Ok(Value::number(f64::from(u16::from_le_bytes(get(call)?))))
}

/// `setShort` and `setUshort`: the same bits.
pub(crate) fn set_short(call: &mut IntrinsicCall) -> Answer {
    let value = whole(call) as u16;
    set(call, value.to_le_bytes())
}

/// `short`
pub(crate) fn short(call: &mut IntrinsicCall) -> Answer {
    Ok(Value::number(f64::from(i16::from_le_bytes(get(call)?))))
}

/// `uint`
pub(crate) fn uint(call: &mut IntrinsicCall) -> Answer {
    Ok(Value::number(f64::from(u32::from_le_bytes(get(call)?))))
}

/// `setInt` and `setUint`: the same bits.
pub(crate) fn set_int(call: &mut IntrinsicCall) -> Answer {
    let value = whole(call) as u32;
    set(call, value.to_le_bytes())
}

/// `int`
pub(crate) fn int(call: &mut IntrinsicCall) -> Answer {
    Ok(Value::number(f64::from(i32::from_le_bytes(get(call)?))))
}

/// `float`
pub(crate) fn float(call: &mut IntrinsicCall) -> Answer {
    Ok(Value::number(f64::from(f32::from_le_bytes(get(call)?))))
}

/// `setFloat`
pub(crate) fn set_float(call: &mut IntrinsicCall) -> Answer {
    let value = call.arg(2).as_number().unwrap_or(0.0) as f32;
    set(call, value.to_le_bytes())
}

/// `double`
pub(crate) fn double(call: &mut IntrinsicCall) -> Answer {
    Ok(Value::number(f64::from_le_bytes(get(call)?)))
}

/// `setDouble`
pub(crate) fn set_double(call: &mut IntrinsicCall) -> Answer {
    let value = call.arg(2).as_number().unwrap_or(0.0);
    set(call, value.to_le_bytes())
}

/// `utf8`: text up to a zero byte, the given count, or the end.
pub(crate) fn utf8(call: &mut IntrinsicCall) -> Answer {
    let at = place(call, 0)?;
    let most = usize::try_from(ops::to_index(call.arg(2))).unwrap_or(usize::MAX);
    let object = call.arg(0);
    let text = with_bytes(call.realm, object, |bytes| {
        let end = bytes.len().min(at.saturating_add(most));
        let found = bytes[at..end].split(|byte| *byte == 0).next().unwrap_or_default();
        String::from_utf8_lossy(found).into_owned()
    });
    let text = text.unwrap_or_default();
    call.realm.charge(1 + text.len() as u64 / 16)?;
    outside_text(call.realm, &text)
}

/// `setUtf8`: as many bytes as fit; says how many.
pub(crate) fn set_utf8(call: &mut IntrinsicCall) -> Answer {
    let at = place(call, 0)?;
    let text = text_arg(call, 2)?;
    let object = call.arg(0);
    let written = with_bytes(call.realm, object, |bytes| {
        let count = text.len().min(bytes.len() - at);
        bytes[at..at + count].copy_from_slice(&text.as_bytes()[..count]);
        count
    });
    Ok(Value::number(written.unwrap_or(0) as f64))
}
