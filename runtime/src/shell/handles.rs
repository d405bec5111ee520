//! Open files: the class `FileHandle` (LANGUAGE 8.7).
//!
//! `file.open` makes the objects; the table calls the methods. Invariants: one position for reading and writing; what is
//! written is in the file when the method returns; a file that nobody refers to any more is closed by the collector.

use super::{HANDLE, fill_members, once, outside_text, own, put, text_arg};
use crate::intrinsics::{Answer, Early, IntrinsicCall};
use crate::ops;
use crate::realm::{Realm, Singleton};
use crate::string::MAX_STRING;
use crate::value::{Unpacked, Value};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};

/// An open file.
pub(crate) struct OpenFile {
    /// Keeps what it read ahead; seeking drops that.
    file: BufReader<File>,
    /// A read met the end.
    at_end: bool,
}

impl OpenFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        // Seeking drops what was read ahead, so that the bytes go where the program is.
        let at = self.file.stream_position()?;
        self.file.seek(SeekFrom::Start(at))?;
        self.file.get_mut().write_all(bytes)
    }

    /// Reads up to `most` bytes, and no further than behind a line end if `line`; how many there were.
    fn read(&mut self, into: &mut Vec<u8>, most: u64, line: bool) -> io::Result<u64> {
        let mut piece = self.file.by_ref().take(most);
        let read = if line { piece.read_until(b'\n', into)? } else { piece.read_to_end(into)? } as u64;
        self.at_end |= read < most && !(line && into.last() == Some(&b'\n'));
        Ok(read)
    }
}

/// Opens a file. Unknown modes mean reading and writing, as `r+` does.
pub(crate) fn open_file(path: &str, mode: &str) -> io::Result<OpenFile> {
    let mut options = File::options();
    match mode {
        "r" => options.read(true),
        "w" => options.write(true).create(true).truncate(true),
        "a" => options.append(true).create(true),
        _ => options.read(true).write(true).create(true).truncate(false),
    };
    Ok(OpenFile { file: BufReader::new(options.open(path)?), at_end: false })
}

/// `FileHandle`
pub(crate) fn class(call: &mut IntrinsicCall) -> Answer {
    Ok(class_map(call.realm))
}

fn class_map(realm: &mut Realm) -> Value {
    once(realm, Singleton::FileHandle, |realm, map| fill_members(realm, map, "FileHandle")).value()
}

/// The object of an open file.
pub(crate) fn object(realm: &mut Realm, file: OpenFile) -> Value {
    /// The read-ahead buffer of an open file.
    const BUFFER: usize = 8 << 10;
    let class = class_map(realm);
    let map = realm.new_map();
    put(realm, map, "__isa", class);
    let handle = realm.new_handle(Box::new(Some(file)), BUFFER).value();
    put(realm, map, HANDLE, handle);
    map.value()
}

/// Runs `action` on the file of the receiver; `None` if it is not open.
fn with_file<R>(realm: &mut Realm, receiver: Value, action: impl FnOnce(&mut OpenFile) -> R) -> Option<R> {
    let Unpacked::Handle(handle) = own(realm, receiver, HANDLE).unpack() else {
        return None;
    };
    handle.with(realm, |file: &mut Option<OpenFile>| file.as_mut().map(action)).flatten()
}

/// As [`with_file`], for methods that need an open file.
fn need_file<R>(call: &mut IntrinsicCall, action: impl FnOnce(&mut OpenFile) -> R) -> Result<R, Early> {
    let receiver = call.arg(0);
    with_file(call.realm, receiver, action).ok_or_else(|| super::file_error(call, "file is not open"))
}

/// `close`
pub(crate) fn close(call: &mut IntrinsicCall) -> Answer {
    let receiver = call.arg(0);
    if let Unpacked::Handle(handle) = own(call.realm, receiver, HANDLE).unpack() {
        handle.with(call.realm, Option::<OpenFile>::take);
    }
    if let Some(map) = receiver.as_map() {
        let name = call.realm.shared.intern(HANDLE);
        map.set_by_name(call.realm, name, Value::NULL)?;
    }
    Ok(Value::NULL)
}

/// `isOpen`
pub(crate) fn is_open(call: &mut IntrinsicCall) -> Answer {
    let receiver = call.arg(0);
    Ok(Value::boolean(with_file(call.realm, receiver, |_| ()).is_some()))
}

fn write_text(call: &mut IntrinsicCall, end: &str) -> Answer {
    need_file(call, |_| ())?;
    let text = text_arg(call, 1)? + end;
    call.realm.charge(1 + text.len() as u64 / 16)?;
    let done = need_file(call, |file| file.write(text.as_bytes()))?;
    Ok(Value::number(if done.is_ok() { text.len() as f64 } else { 0.0 }))
}

/// `write`: how many bytes were written.
pub(crate) fn write(call: &mut IntrinsicCall) -> Answer {
    write_text(call, "")
}

/// `writeLine`
pub(crate) fn write_line(call: &mut IntrinsicCall) -> Answer {
    write_text(call, "\n")
}

/// Bytes that are read between two looks at the limits.
const PIECE: u64 = 1 << 16;

/// Reads up to `most` bytes, or to the end of the line.
fn read_bytes(call: &mut IntrinsicCall, most: u64, line: bool) -> Result<Vec<u8>, Early> {
    let mut bytes = Vec::new();
    while (bytes.len() as u64) < most {
        // Some files say nothing of their size or have no end, so memory is asked for piece by piece.
        call.realm.reserve((bytes.len() as u64 + PIECE) * 3)?;
        let piece = PIECE.min(most - bytes.len() as u64);
        // What cannot be read is as good as the end, as in C.
        let read = need_file(call, |file| file.read(&mut bytes, piece, line))?.unwrap_or(0);
        call.realm.charge(1 + read / 16)?;
        if read < piece || (line && bytes.last() == Some(&b'\n')) {
            break;
        }
    }
    Ok(bytes)
}

/// `read`: so many bytes, or the rest.
pub(crate) fn read(call: &mut IntrinsicCall) -> Answer {
    let count = u64::try_from(call.index(1)).unwrap_or(MAX_STRING as u64);
    need_file(call, |_| ())?;
    let bytes = read_bytes(call, count, false)?;
    outside_text(call.realm, &String::from_utf8_lossy(&bytes))
}

/// `readLine`; null at the end.
pub(crate) fn read_line(call: &mut IntrinsicCall) -> Answer {
    need_file(call, |_| ())?;
    let mut line = read_bytes(call, MAX_STRING as u64, true)?;
    if line.is_empty() {
        return Ok(Value::NULL);
    }
    for end in [b'\n', b'\r'] {
        if line.last() == Some(&end) {
            line.pop();
        }
    }
    outside_text(call.realm, &String::from_utf8_lossy(&line))
}

/// `position`
pub(crate) fn position(call: &mut IntrinsicCall) -> Answer {
    let at = need_file(call, |file| file.file.stream_position())?;
    Ok(Value::number(at.map_or(-1.0, |at| at as f64)))
}

/// `seek`
pub(crate) fn seek(call: &mut IntrinsicCall) -> Answer {
    let to = ops::to_index(call.arg(1));
    need_file(call, |file| {
        if let Ok(to) = u64::try_from(to) {
            file.at_end = false;
            // A place that the system cannot go to leaves the position where it is, as in C.
            let _ = file.file.seek(SeekFrom::Start(to));
        }
    })?;
    Ok(Value::NULL)
}

/// `atEnd`: 1 once a read met the end.
pub(crate) fn at_end(call: &mut IntrinsicCall) -> Answer {
    Ok(Value::boolean(need_file(call, |file| file.at_end)?))
}
