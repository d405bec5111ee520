//! The map `file`: folders, names, whole files (LANGUAGE 8.7).
//!
//! Called through the table. Invariant: a failure is the error value that names the path, and nothing was changed unless the
//! function says so.

use super::{fill_members, handles, once, outside_text, put, raw, text_arg};
use crate::intrinsics::{Answer, IntrinsicCall};
use crate::realm::Singleton;
use crate::text;
use crate::value::Value;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// `file`
pub(crate) fn module(call: &mut IntrinsicCall) -> Answer {
    Ok(once(call.realm, Singleton::File, |realm, map| fill_members(realm, map, "file")).value())
}

/// Ends early with `File error: WHAT: PATH` if an operation failed.
fn check<T>(call: &mut IntrinsicCall, done: io::Result<T>, what: &str) -> Result<T, crate::intrinsics::Early> {
    done.map_err(|_| super::file_error(call, what))
}

fn current_folder() -> String {
    std::env::current_dir().map_or_else(|_| ".".to_owned(), |folder| folder.to_string_lossy().into_owned())
}

/// `file.curdir`
pub(crate) fn curdir(call: &mut IntrinsicCall) -> Answer {
    outside_text(call.realm, &current_folder())
}

/// `file.setdir`
pub(crate) fn setdir(call: &mut IntrinsicCall) -> Answer {
    let path = text_arg(call, 0)?;
    let done = std::env::set_current_dir(&path);
    check(call, done, &format!("setdir: could not change directory to: {path}"))?;
    Ok(Value::NULL)
}

/// `file.children`, sorted.
pub(crate) fn children(call: &mut IntrinsicCall) -> Answer {
    let mut path = text_arg(call, 0)?;
    if path.is_empty() {
        path = current_folder();
    }
    let entries = std::fs::read_dir(&path).and_then(|entries| entries.collect::<io::Result<Vec<_>>>());
    let entries = check(call, entries, &format!("children: cannot read directory: {path}"))?;
    let mut names: Vec<String> = entries.iter().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort_unstable();
    let list = call.realm.new_list(&[]);
    for name in names {
        call.realm.charge(1)?;
        let name = call.realm.string_value(&name);
        list.push(call.realm, name)?;
    }
    Ok(list.value())
}

/// `file.name`
pub(crate) fn name(call: &mut IntrinsicCall) -> Answer {
    let path = text_arg(call, 0)?;
    outside_text(call.realm, base_name(&path))
}

/// `file.parent`
pub(crate) fn parent(call: &mut IntrinsicCall) -> Answer {
    let path = text_arg(call, 0)?;
    outside_text(call.realm, folder_name(&path))
}

/// `file.child`
pub(crate) fn child(call: &mut IntrinsicCall) -> Answer {
    let (folder, name) = (text_arg(call, 0)?, text_arg(call, 1)?);
    let joined = match folder.as_str() {
        "" => name,
        folder if folder.ends_with(['/', '\\']) => format!("{folder}{name}"),
        folder => format!("{folder}{}{name}", std::path::MAIN_SEPARATOR),
    };
    outside_text(call.realm, &joined)
}

/// The last part of a path, as the C library's `basename` finds it.
fn base_name(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    match (path, trimmed) {
        ("", _) => ".",
        (_, "") => "/",
        (_, path) => path.rsplit('/').next().unwrap_or(path),
    }
}

/// All but the last part of a path, as the C library's `dirname` finds it.
fn folder_name(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() {
        return if path.is_empty() { "." } else { "/" };
    }
    match trimmed.rfind('/') {
        None => ".",
        Some(slash) => match trimmed[..slash].trim_end_matches('/') {
            "" => "/",
            folder => folder,
        },
    }
}

/// `file.exists`
pub(crate) fn exists(call: &mut IntrinsicCall) -> Answer {
    let path = text_arg(call, 0)?;
    Ok(Value::boolean(Path::new(&path).exists()))
}

/// `file.info`; null if there is nothing.
pub(crate) fn info(call: &mut IntrinsicCall) -> Answer {
    let mut path = text_arg(call, 0)?;
    if path.is_empty() {
        path = current_folder();
    }
    let Ok(facts) = std::fs::metadata(&path) else {
        return Ok(Value::NULL);
    };
    let whole = std::fs::canonicalize(&path).unwrap_or_else(|_| PathBuf::from(&path));
    let changed = facts.modified().unwrap_or(UNIX_EPOCH);
    let date = super::dates::text(call.realm, seconds_since_epoch(changed));
    let whole = outside_text(call.realm, &whole.to_string_lossy())?;
    let map = call.realm.new_map();
    put(call.realm, map, "path", whole);
    put(call.realm, map, "isDirectory", Value::boolean(facts.is_dir()));
    put(call.realm, map, "size", Value::number(facts.len() as f64));
    let date = call.realm.string_value(&date);
    put(call.realm, map, "date", date);
    Ok(map.value())
}

fn seconds_since_epoch(time: SystemTime) -> f64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => after.as_secs_f64(),
        Err(before) => -before.duration().as_secs_f64(),
    }
}

/// `file.makedir`
pub(crate) fn makedir(call: &mut IntrinsicCall) -> Answer {
    let path = text_arg(call, 0)?;
    let done = std::fs::create_dir(&path);
    check(call, done, &format!("makedir: could not create directory: {path}"))?;
    Ok(Value::NULL)
}

/// `file.move`
pub(crate) fn rename(call: &mut IntrinsicCall) -> Answer {
    let (old, new) = (text_arg(call, 0)?, text_arg(call, 1)?);
    let done = std::fs::rename(&old, &new);
    check(call, done, &format!("move: could not move {old} to {new}"))?;
    Ok(Value::NULL)
}

/// `file.copy`: content, rights and date; into a folder under the same name.
pub(crate) fn copy(call: &mut IntrinsicCall) -> Answer {
    let (old, new) = (text_arg(call, 0)?, text_arg(call, 1)?);
    let mut target = PathBuf::from(&new);
    if target.is_dir() {
        target.push(base_name(&old));
    }
    let done = copy_file(Path::new(&old), &target);
    check(call, done, &format!("copy: could not copy {old} to {new}"))?;
    Ok(Value::NULL)
}

fn copy_file(old: &Path, new: &Path) -> io::Result<()> {
    std::fs::copy(old, new)?;
    let changed = std::fs::metadata(old)?.modified()?;
    std::fs::File::options().append(true).open(new)?.set_modified(changed)
}

/// `file.delete`: a file or an empty folder.
pub(crate) fn delete(call: &mut IntrinsicCall) -> Answer {
    let path = text_arg(call, 0)?;
    let is_folder = std::fs::symlink_metadata(&path).is_ok_and(|facts| facts.is_dir());
    let done = if is_folder { std::fs::remove_dir(&path) } else { std::fs::remove_file(&path) };
    check(call, done, &format!("delete: could not delete: {path}"))?;
    Ok(Value::NULL)
}

/// Reads a whole file, after asking whether there is memory for it.
fn read(call: &mut IntrinsicCall, path: &str, what: &str) -> Result<Vec<u8>, crate::intrinsics::Early> {
    /// Bytes read at once.
    const PIECE: u64 = 1 << 20;
    let opened = std::fs::File::open(path);
    let failed = format!("{what}: cannot open: {path}");
    let mut file = check(call, opened, &failed)?;
    let mut content = Vec::new();
    loop {
        // Some files say nothing of their size or have no end, so memory is asked for piece by piece.
        call.realm.reserve((content.len() as u64 + PIECE) * 3)?;
        let read = Read::by_ref(&mut file).take(PIECE).read_to_end(&mut content);
        let read = check(call, read, &failed)?;
        call.realm.charge(1 + read as u64 / 16)?;
        if (read as u64) < PIECE {
            return Ok(content);
        }
    }
}

/// `file.readLines`
pub(crate) fn read_lines(call: &mut IntrinsicCall) -> Answer {
    let path = text_arg(call, 0)?;
    let bytes = read(call, &path, "readLines")?;
    let content = String::from_utf8_lossy(&bytes);
    let list = call.realm.new_list(&[]);
    let mut rest = content.as_ref();
    while !rest.is_empty() {
        let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let line = outside_text(call.realm, &rest[..end])?;
        list.push(call.realm, line)?;
        let ending = if rest[end..].starts_with("\r\n") { 2 } else { 1 };
        rest = rest.get(end + ending..).unwrap_or("");
        call.realm.charge(1)?;
    }
    Ok(list.value())
}

/// `file.writeLines`: each element on a line; what is no string is an empty line.
pub(crate) fn write_lines(call: &mut IntrinsicCall) -> Answer {
    let path = text_arg(call, 0)?;
    let mut content = String::new();
    let mut count = 0u32;
    let lines = call.arg(1);
    let elements: &mut dyn Iterator<Item = Value> = match lines.as_list() {
        Some(list) => &mut list.iter(),
        None => &mut std::iter::once(lines),
    };
    for line in elements {
        let text = line.as_string();
        call.realm.charge(1 + text.map_or(0, |text| text.byte_len() as u64 / 16))?;
        content.push_str(text.as_ref().map_or("", |text| text.as_str()));
        content.push('\n');
        count += 1;
        if content.len() > crate::string::MAX_STRING {
            return Ok(crate::ops::string_too_large(call.realm)?);
        }
    }
    let done = std::fs::write(&path, content);
    check(call, done, &format!("writeLines: cannot open: {path}"))?;
    Ok(Value::number(f64::from(count)))
}

/// `file.loadRaw`
pub(crate) fn load_raw(call: &mut IntrinsicCall) -> Answer {
    let path = text_arg(call, 0)?;
    let bytes = read(call, &path, "loadRaw")?;
    raw::object(call.realm, bytes)
}

/// `file.saveRaw`
pub(crate) fn save_raw(call: &mut IntrinsicCall) -> Answer {
    let path = text_arg(call, 0)?;
    let Some(bytes) = raw::bytes_of(call.realm, call.arg(1)) else {
        return Err(super::file_error(call, "saveRaw: data is not a RawData object"));
    };
    if bytes.is_empty() {
        return Err(super::file_error(call, "saveRaw: RawData has no buffer"));
    }
    let opened = std::fs::File::create(&path);
    let mut file = check(call, opened, &format!("saveRaw: cannot open for writing: {path}"))?;
    let written = file.write_all(&bytes);
    check(call, written, "saveRaw: write error")?;
    Ok(Value::NULL)
}

/// `file.open`
pub(crate) fn open(call: &mut IntrinsicCall) -> Answer {
    let path = text_arg(call, 0)?;
    let mode = text::plain(call.realm, call.arg(1))?;
    let opened = handles::open_file(&path, &mode);
    let file = check(call, opened, &format!("open: could not open: {path}"))?;
    Ok(handles::object(call.realm, file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cut_as_the_c_library_does_it() {
        let rows = [
            ("/a/b", "b", "/a"),
            ("/a/b/", "b", "/a"),
            ("a", "a", "."),
            ("a/", "a", "."),
            ("/a", "a", "/"),
            ("/", "/", "/"),
            ("//", "/", "/"),
            ("", ".", "."),
            ("a//b", "b", "a"),
            ("/a/b.txt", "b.txt", "/a"),
        ];
        for (path, base, folder) in rows {
            assert_eq!((base_name(path), folder_name(path)), (base, folder), "{path:?}");
        }
    }
}
