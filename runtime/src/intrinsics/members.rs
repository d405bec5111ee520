//! The rest of the table of intrinsics: members of the maps `error`, `gc`, `RawData`, `FileHandle`, `file` and `key`.
//!
//! Joined with the global entries in `table.rs`. Invariant: a host map has its members in the order of this list, and nothing
//! else reads them; what touches the world names its effect, so that the host's gate is asked.

use super::table::{IntrinsicDef, NONE, Param, SELF, def, null, num, text};
use super::values;
use crate::host::EffectClass::{Files, Input, Pure};
use crate::shell::{files, handles, keys, raw};

const PATH: &[Param] = &[text("path", "")];
const OLD_NEW: &[Param] = &[text("oldPath", ""), text("newPath", "")];
const OFFSET: &[Param] = &[null("self"), num("offset", 0.0)];
const OFFSET_VALUE: &[Param] = &[null("self"), num("offset", 0.0), num("value", 0.0)];

/// The members of host maps.
pub(super) const MEMBERS: &[IntrinsicDef] = &[
    def(
        "err",
        &[null("self"), null("msg"), null("inner")],
        Pure,
        values::err_method,
        "Makes an error value of the same kind as this one.",
    )
    .member("error"),
    def("collect", &[num("full", 0.0)], Pure, values::gc_collect, "Frees the memory of values that nothing can reach.")
        .member("gc"),
    def("stats", NONE, Pure, values::gc_stats, "Counts the objects in memory by kind.").member("gc"),
    def("len", SELF, Pure, raw::len, "How many bytes there are.").member("RawData"),
    def(
        "resize",
        &[null("self"), num("bytes", 32.0)],
        Pure,
        raw::resize,
        "Makes the buffer longer or shorter; new bytes are 0.",
    )
    .member("RawData"),
    def("byte", OFFSET, Pure, raw::byte, "Reads a byte from 0 to 255.").member("RawData"),
    def("setByte", OFFSET_VALUE, Pure, raw::set_byte, "Writes a byte from 0 to 255.").member("RawData"),
    def("sbyte", OFFSET, Pure, raw::sbyte, "Reads a byte from -128 to 127.").member("RawData"),
    def("setSbyte", OFFSET_VALUE, Pure, raw::set_byte, "Writes a byte from -128 to 127.").member("RawData"),
    def("ushort", OFFSET, Pure, raw::ushort, "Reads a number of two bytes without sign.").member("RawData"),
    def("setUshort", OFFSET_VALUE, Pure, raw::set_short, "Writes a number of two bytes without sign.")
        .member("RawData"),
    def("short", OFFSET, Pure, raw::short, "Reads a number of two bytes.").member("RawData"),
    def("setShort", OFFSET_VALUE, Pure, raw::set_short, "Writes a number of two bytes.").member("RawData"),
    def("uint", OFFSET, Pure, raw::uint, "Reads a number of four bytes without sign.").member("RawData"),
    def("setUint", OFFSET_VALUE, Pure, raw::set_int, "Writes a number of four bytes without sign.").member("RawData"),
    def("int", OFFSET, Pure, raw::int, "Reads a number of four bytes.").member("RawData"),
    def("setInt", OFFSET_VALUE, Pure, raw::set_int, "Writes a number of four bytes.").member("RawData"),
    def("float", OFFSET, Pure, raw::float, "Reads a fraction of four bytes.").member("RawData"),
    def("setFloat", OFFSET_VALUE, Pure, raw::set_float, "Writes a fraction of four bytes.").member("RawData"),
    def("double", OFFSET, Pure, raw::double, "Reads a fraction of eight bytes.").member("RawData"),
    def("setDouble", OFFSET_VALUE, Pure, raw::set_double, "Writes a fraction of eight bytes.").member("RawData"),
    def(
        "utf8",
        &[null("self"), num("offset", 0.0), num("bytes", -1.0)],
        Pure,
        raw::utf8,
        "Reads text up to a zero byte, a count of bytes, or the end.",
    )
    .member("RawData"),
    def(
        "setUtf8",
        &[null("self"), num("offset", 0.0), text("value", "")],
        Pure,
        raw::set_utf8,
        "Writes text; returns how many bytes found room.",
    )
    .member("RawData"),
    def("close", SELF, Files, handles::close, "Closes the file.").member("FileHandle"),
    def("isOpen", SELF, Files, handles::is_open, "1 as long as the file is open, else 0.").member("FileHandle"),
    def(
        "write",
        &[null("self"), text("data", "")],
        Files,
        handles::write,
        "Writes text; returns how many bytes were written.",
    )
    .member("FileHandle"),
    def(
        "writeLine",
        &[null("self"), text("data", "")],
        Files,
        handles::write_line,
        "Writes text and a line end; returns how many bytes were written.",
    )
    .member("FileHandle"),
    def(
        "read",
        &[null("self"), num("byteCount", -1.0)],
        Files,
        handles::read,
        "Reads a number of bytes, or the rest, as text.",
    )
    .member("FileHandle"),
    def("readLine", SELF, Files, handles::read_line, "Reads the next line without its end; null behind the last.")
        .member("FileHandle"),
    def("position", SELF, Files, handles::position, "Where the next byte is read or written.").member("FileHandle"),
    def("seek", &[null("self"), num("pos", 0.0)], Files, handles::seek, "Goes to a place in the file.")
        .member("FileHandle"),
    def("atEnd", SELF, Files, handles::at_end, "1 once a read has met the end of the file, else 0.")
        .member("FileHandle"),
    def("curdir", NONE, Files, files::curdir, "The current folder.").member("file"),
    def("setdir", PATH, Files, files::setdir, "Changes the current folder.").member("file"),
    def("children", PATH, Files, files::children, "The names in a folder, as a list.").member("file"),
    def("name", PATH, Pure, files::name, "The last part of a path.").member("file"),
    def("parent", PATH, Pure, files::parent, "A path without its last part.").member("file"),
    def(
        "child",
        &[text("parentPath", ""), text("childName", "")],
        Pure,
        files::child,
        "The path of a name in a folder.",
    )
    .member("file"),
    def("exists", PATH, Files, files::exists, "1 if there is a file or folder, else 0.").member("file"),
    def(
        "info",
        PATH,
        Files,
        files::info,
        "Path, kind, size and date of a file or folder, as a map; null if there is none.",
    )
    .member("file"),
    def("makedir", PATH, Files, files::makedir, "Makes a folder.").member("file"),
    def("move", OLD_NEW, Files, files::rename, "Gives a file or folder another path.").member("file"),
    def("copy", OLD_NEW, Files, files::copy, "Copies a file.").member("file"),
    def("delete", PATH, Files, files::delete, "Deletes a file or an empty folder.").member("file"),
    def("readLines", PATH, Files, files::read_lines, "The lines of a file, as a list.").member("file"),
    def(
        "writeLines",
        &[text("path", ""), null("lines")],
        Files,
        files::write_lines,
        "Writes a list of lines to a file; returns how many.",
    )
    .member("file"),
    def("loadRaw", PATH, Files, files::load_raw, "The bytes of a file, as a RawData object.").member("file"),
    def(
        "saveRaw",
        &[text("path", ""), null("data")],
        Files,
        files::save_raw,
        "Writes the bytes of a RawData object to a file.",
    )
    .member("file"),
    def(
        "open",
        &[text("path", ""), text("mode", "r+")],
        Files,
        files::open,
        "Opens a file for reading and writing; returns a FileHandle.",
    )
    .member("file"),
    def("available", NONE, Input, keys::available, "1 if a key press waits to be read, else 0.").member("key"),
    def("get", NONE, Input, keys::get, "Waits for a key press and returns it as a string of one character.")
        .member("key"),
];
