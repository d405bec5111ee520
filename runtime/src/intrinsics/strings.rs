//! Intrinsics on strings and conversion (LANGUAGE 8.3).
//!
//! Called through the table. Invariant: positions that programs see count code points; byte offsets stay inside.

use super::call::{Answer, IntrinsicCall};
use super::case;
use super::find::Search;
use crate::fault::Eval;
use crate::list::ListRef;
use crate::ops;
use crate::realm::Realm;
use crate::string::{MAX_STRING, StringRef};
use crate::text::{self, Growing, Names, parse_number, trailing_for_val};
use crate::value::{Unpacked, Value};

/// Bytes of text work that count as one step.
const BYTES_PER_STEP: usize = 16;

/// Counts work on so many bytes of text.
pub(super) fn charge_bytes(realm: &mut Realm, bytes: usize) -> Eval<()> {
    realm.charge(1 + (bytes / BYTES_PER_STEP) as u64)
}

pub(super) fn str(call: &mut IntrinsicCall) -> Answer {
    let value = call.arg(0);
    match value.unpack() {
        Unpacked::Error(_) | Unpacked::String(_) => Ok(value),
        Unpacked::Null => Ok(call.realm.shared.empty_string()),
        _ => Ok(text::value_string(call.realm, value)?.value()),
    }
}

pub(super) fn val(call: &mut IntrinsicCall) -> Answer {
    let value = call.arg(0);
    Ok(match value.unpack() {
        Unpacked::Number(_) | Unpacked::Error(_) => value,
        Unpacked::String(text) => {
            charge_bytes(call.realm, text.byte_len())?;
            Value::number(parse_number(text.as_str(), trailing_for_val).unwrap_or(0.0))
        }
        _ => Value::NULL,
    })
}

pub(super) fn upper(call: &mut IntrinsicCall) -> Answer {
    map_characters(call, case::upper, str::make_ascii_uppercase)
}

pub(super) fn lower(call: &mut IntrinsicCall) -> Answer {
    map_characters(call, case::lower, str::make_ascii_lowercase)
}

/// Maps all characters: one by one, or all at once if they are ASCII.
fn map_characters(call: &mut IntrinsicCall, map: fn(char) -> char, map_ascii: fn(&mut str)) -> Answer {
    let Some(text) = call.arg(0).as_string() else {
        return Ok(call.arg(0));
    };
    charge_bytes(call.realm, text.byte_len())?;
    // A letter's other case may take more bytes, up to three for one.
    call.realm.reserve_text(text.byte_len() * 3)?;
    let mut mapped = call.realm.take_scratch();
    if text.is_ascii() {
        mapped.push_str(text.as_str());
        map_ascii(&mut mapped);
    } else {
        mapped.extend(text.as_str().chars().map(map));
    }
    Ok(call.realm.string_from_scratch(mapped).value())
}

pub(super) fn char(call: &mut IntrinsicCall) -> Answer {
    let code = ops::number_to_index(call.number(0)?);
    // What is no code point becomes the replacement character: strings are always valid.
    let character = u32::try_from(code).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER);
    Ok(call.realm.char_string(character).value())
}

pub(super) fn code(call: &mut IntrinsicCall) -> Answer {
    call.pass_error(0)?;
    let Some(text) = call.arg(0).as_string() else {
        return Err(call.type_error("string", call.arg(0)));
    };
    let first = text.as_str().chars().next().map_or(0, u32::from);
    Ok(Value::number(f64::from(first)))
}

pub(super) fn join(call: &mut IntrinsicCall) -> Answer {
    call.pass_error(0)?;
    let Some(list) = call.arg(0).as_list() else {
        return Err(call.type_error("list", call.arg(0)));
    };
    let delimiter = match call.arg(1) {
        delimiter if delimiter.is_null() => " ".to_owned(),
        delimiter => text::plain(call.realm, delimiter)?,
    };
    let mut joined = call.realm.take_scratch();
    let mut growing = Growing::new();
    for (index, element) in list.iter().enumerate() {
        let before = joined.len();
        let next = element.as_string().map_or(0, |text| text.byte_len());
        growing.up_to(call.realm, before + delimiter.len() + next)?;
        if index > 0 {
            joined.push_str(&delimiter);
        }
        text::push_text(call.realm, &mut joined, element, Names::None)?;
        charge_bytes(call.realm, joined.len() - before)?;
        if joined.len() > MAX_STRING {
            return Ok(ops::string_too_large(call.realm)?);
        }
    }
    Ok(call.realm.string_from_scratch(joined).value())
}

pub(super) fn split(call: &mut IntrinsicCall) -> Answer {
    call.pass_error(0)?;
    let Some(text) = call.arg(0).as_string() else {
        return Err(call.type_error("string", call.arg(0)));
    };
    let Some(delimiter) = call.arg(1).as_string() else {
        return Ok(Value::NULL);
    };
    let most = usize::try_from(call.index(2)).ok().filter(|most| *most > 0).unwrap_or(usize::MAX);
    charge_bytes(call.realm, text.byte_len())?;
    let parts = call.realm.new_list(&[]);
    if delimiter.is_empty() {
        split_characters(call.realm, text, most, parts)?;
    } else {
        split_at(call.realm, text, delimiter, most, parts)?;
    }
    Ok(parts.value())
}

pub(super) fn split_characters(realm: &mut Realm, text: StringRef, most: usize, parts: ListRef) -> Eval<()> {
    let mut at = 0;
    while let Some(character) = text.as_str()[at..].chars().next() {
        realm.charge(1)?;
        let is_last = parts.len() + 1 == most;
        let end = if is_last { text.byte_len() } else { at + character.len_utf8() };
        let part = text.byte_slice(realm, at, end);
        parts.push(realm, part.value())?;
        at = end;
    }
    Ok(())
}

fn split_at(realm: &mut Realm, text: StringRef, delimiter: StringRef, most: usize, parts: ListRef) -> Eval<()> {
    let mut at = 0;
    let mut search = Search::new(delimiter.as_bytes());
    while parts.len() + 1 < most {
        let Some(found) = search.find(&text.as_bytes()[at..]) else {
            break;
        };
        realm.charge(1)?;
        let part = text.byte_slice(realm, at, at + found);
        parts.push(realm, part.value())?;
        at += found + delimiter.byte_len();
    }
    let rest = text.byte_slice(realm, at, text.byte_len());
    parts.push(realm, rest.value())
}

/// `insert` into a string: the text of a value before an index, -1 meaning the end.
pub(super) fn insert_text(call: &mut IntrinsicCall, text: StringRef) -> Answer {
    let inserted = text::value_string(call.realm, call.arg(2))?;
    let at = insertion_point(call.index(1), text.len());
    charge_bytes(call.realm, text.byte_len() + inserted.byte_len())?;
    let before = text.slice(call.realm, 0, at);
    let behind = text.slice(call.realm, at, text.len());
    if text.byte_len() + inserted.byte_len() > MAX_STRING {
        return Ok(ops::string_too_large(call.realm)?);
    }
    let first = call.realm.concat(before, inserted)?;
    Ok(call.realm.concat(first, behind)?.value())
}

/// Where `insert` puts something: negative indexes count from behind the end, all are clamped.
pub(super) fn insertion_point(index: i32, len: usize) -> usize {
    let index = i64::from(index);
    let at = if index < 0 { index + len as i64 + 1 } else { index };
    at.clamp(0, len as i64) as usize
}

/// `replace` in a string: the first `most` occurrences that do not overlap.
pub(super) fn replace_text(call: &mut IntrinsicCall, text: StringRef, most: usize) -> Answer {
    let (Some(old), Some(new)) = (call.arg(1).as_string(), call.arg(2).as_string()) else {
        return Ok(Value::NULL);
    };
    charge_bytes(call.realm, text.byte_len())?;
    let mut search = Search::new(old.as_bytes());
    let mut next = if old.is_empty() { None } else { search.find(text.as_bytes()) };
    if next.is_none() {
        return Ok(text.value());
    }
    let mut out = call.realm.take_scratch();
    let mut growing = Growing::new();
    let mut rest = text.as_str();
    for _ in 0..most {
        let Some(found) = next else { break };
        growing.up_to(call.realm, out.len() + found + new.byte_len())?;
        out.push_str(&rest[..found]);
        out.push_str(new.as_str());
        rest = &rest[found + old.byte_len()..];
        charge_bytes(call.realm, new.byte_len())?;
        if out.len() > MAX_STRING {
            break;
        }
        next = search.find(rest.as_bytes());
    }
    if out.len() + rest.len() > MAX_STRING {
        return Ok(ops::string_too_large(call.realm)?);
    }
    growing.up_to(call.realm, out.len() + rest.len())?;
    out.push_str(rest);
    Ok(call.realm.string_from_scratch(out).value())
}

/// `indexOf` in a string: the index of the first occurrence from a position on.
pub(super) fn find_text(call: &mut IntrinsicCall, text: StringRef, from: usize) -> Answer {
    let Some(wanted) = call.arg(1).as_string().filter(|wanted| !wanted.is_empty()) else {
        return Ok(Value::NULL);
    };
    charge_bytes(call.realm, text.byte_len())?;
    if from >= text.len() {
        return Ok(Value::NULL);
    }
    let start = text.byte_offset(call.realm, from);
    Ok(match Search::new(wanted.as_bytes()).find(&text.as_bytes()[start..]) {
        // Counted from where the search began, so that a text that is searched on and on is gone through once.
        Some(found) => Value::number((from + text.chars_between(start, start + found)) as f64),
        None => Value::NULL,
    })
}
