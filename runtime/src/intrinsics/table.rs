//! The table of intrinsics: name, parameters, effect class, function and one sentence each.
//!
//! Read by [`super::invoke`], by name lookup, by `info`, and by the editor's hover and completion. Invariant: the order of the
//! global entries is the order of the map `intrinsics`; an entry's position is its id, so new entries go to the end of
//! their section only while nothing stores ids.

use super::call::{Answer, IntrinsicCall};
use super::{containers, control, members, numbers, order, search, strings, values};
use crate::host::EffectClass;
use crate::host::EffectClass::{Chance, Clock, Files, Input, Output, Process, Pure};
use crate::shell::{dates, files, handles, keys, process, raw};

/// The value of a missing argument.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Default {
    /// null
    Null,
    /// A number.
    Number(f64),
    /// A string.
    Text(&'static str),
}

/// One parameter: name and default.
pub type Param = (&'static str, Default);

/// The function of an intrinsic.
pub type IntrinsicFn = for<'a, 'b> fn(&'a mut IntrinsicCall<'b>) -> Answer;

/// One intrinsic.
#[derive(Debug, Clone, Copy)]
pub struct IntrinsicDef {
    /// Its name; members of host maps have that of their key.
    pub name: &'static str,
    /// The map or type whose member it is; `None` for names that a program can read everywhere.
    pub member_of: Option<&'static str>,
    /// Parameters in order.
    pub params: &'static [Param],
    /// What effect it has.
    pub class: EffectClass,
    /// Whether the host's gate is asked before the call. Not so for `import`, whose loader decides by the file.
    pub gated: bool,
    /// Whether a method call passes the receiver as first argument.
    pub takes_self: bool,
    /// What it does.
    pub func: IntrinsicFn,
    /// One sentence for hover and completion.
    pub doc: &'static str,
}

impl IntrinsicDef {
    /// The name that refusals and messages use: `file.write` for members, else the plain name.
    pub fn full_name(&self) -> String {
        match self.member_of {
            Some(owner) => format!("{owner}.{}", self.name),
            None => self.name.to_owned(),
        }
    }

    pub(super) const fn member(mut self, owner: &'static str) -> IntrinsicDef {
        self.member_of = Some(owner);
        self
    }

    const fn ungated(mut self) -> IntrinsicDef {
        self.gated = false;
        self
    }
}

pub(super) const fn def(
    name: &'static str,
    params: &'static [Param],
    class: EffectClass,
    func: IntrinsicFn,
    doc: &'static str,
) -> IntrinsicDef {
    IntrinsicDef { name, member_of: None, params, class, gated: true, takes_self: is_method(params), func, doc }
}

/// Whether the first parameter is called `self`.
const fn is_method(params: &[Param]) -> bool {
    matches!(params, [(name, _), ..] if matches!(name.as_bytes(), b"self"))
}

pub(super) const fn null(name: &'static str) -> Param {
    (name, Default::Null)
}

pub(super) const fn num(name: &'static str, value: f64) -> Param {
    (name, Default::Number(value))
}

pub(super) const fn text(name: &'static str, value: &'static str) -> Param {
    (name, Default::Text(value))
}

pub(super) const NONE: &[Param] = &[];
pub(super) const SELF: &[Param] = &[null("self")];
const X: &[Param] = &[num("x", 0.0)];
const RADIANS: &[Param] = &[num("radians", 0.0)];
const BITS: &[Param] = &[num("i", 0.0), num("j", 0.0)];

/// All intrinsics: those that programs read by name, then the members of host maps.
pub static TABLE: &[IntrinsicDef] = &join::<{ GLOBALS.len() + members::MEMBERS.len() }>(GLOBALS, members::MEMBERS);

const fn join<const N: usize>(first: &[IntrinsicDef], second: &[IntrinsicDef]) -> [IntrinsicDef; N] {
    let mut all = [first[0]; N];
    let mut at = 0;
    while at < N {
        all[at] = if at < first.len() { first[at] } else { second[at - first.len()] };
        at += 1;
    }
    all
}

/// Those that programs read by name.
const GLOBALS: &[IntrinsicDef] = &[
    def(
        "print",
        &[text("s", ""), text("delimiter", "\n")],
        Output,
        control::print,
        "Writes a value as text, then the delimiter: a line end unless another is given.",
    ),
    def(
        "input",
        &[null("prompt")],
        Input,
        control::input,
        "Shows a prompt and reads one line; null at the end of input.",
    ),
    def(
        "err",
        &[null("msg"), null("inner")],
        Pure,
        values::err,
        "Makes an error value with a message and, optionally, a value inside.",
    ),
    def(
        "info",
        &[null("ref")],
        Pure,
        values::info,
        "Tells facts about a value as a frozen map; give functions as `@f`.",
    ),
    def("val", &[num("self", 0.0)], Pure, strings::val, "Reads a string as a number; 0 if it is none."),
    def("str", &[text("x", "")], Pure, strings::str, "The text form of a value; the empty string for null."),
    def("upper", SELF, Pure, strings::upper, "The string with all letters in upper case."),
    def("lower", SELF, Pure, strings::lower, "The string with all letters in lower case."),
    def("char", &[num("codePoint", 65.0)], Pure, strings::char, "The one-character string of a code point."),
    def("code", SELF, Pure, strings::code, "The code point of a string's first character."),
    def("len", SELF, Pure, containers::len, "How many characters, elements or entries something has."),
    def(
        "remove",
        &[null("self"), null("index")],
        Pure,
        containers::remove,
        "Removes the element or key; 1 if there was one, else 0.",
    ),
    def("freeze", &[null("x")], Pure, values::freeze, "Forbids every later change to a list or map and all inside it."),
    def("isFrozen", &[null("x")], Pure, values::is_frozen, "1 if a list or map is frozen, else 0."),
    def(
        "frozenCopy",
        &[null("x")],
        Pure,
        values::frozen_copy,
        "A frozen deep copy; what is frozen already is not copied.",
    ),
    def("abs", X, Pure, numbers::abs, "The size of a number without its sign."),
    def("acos", X, Pure, numbers::acos, "The angle in radians with this cosine."),
    def("asin", X, Pure, numbers::asin, "The angle in radians with this sine."),
    def("atan", &[num("y", 0.0), num("x", 1.0)], Pure, numbers::atan, "The angle in radians of the direction (x, y)."),
    def("ceil", X, Pure, numbers::ceil, "The nearest whole number that is not smaller."),
    def("cos", RADIANS, Pure, numbers::cos, "The cosine of an angle in radians."),
    def("floor", X, Pure, numbers::floor, "The nearest whole number that is not larger."),
    def(
        "log",
        &[num("x", 0.0), num("base", 10.0)],
        Pure,
        numbers::log,
        "The logarithm to a base, 10 if none is given.",
    ),
    def("pi", NONE, Pure, numbers::pi, "The ratio of a circle's circumference to its diameter."),
    def(
        "round",
        &[num("x", 0.0), num("decimalPlaces", 0.0)],
        Pure,
        numbers::round,
        "Rounds to a number of decimal places, halves away from zero.",
    ),
    def(
        "rnd",
        &[null("seed")],
        Chance,
        numbers::rnd,
        "A random number from 0 up to but not 1; a seed starts the sequence anew.",
    ),
    def("sign", X, Pure, numbers::sign, "1, 0 or -1 by the sign of a number."),
    def("sin", RADIANS, Pure, numbers::sin, "The sine of an angle in radians."),
    def("sqrt", X, Pure, numbers::sqrt, "The square root."),
    def("tan", RADIANS, Pure, numbers::tan, "The tangent of an angle in radians."),
    def(
        "push",
        &[null("self"), null("value")],
        Pure,
        containers::push,
        "Appends to a list, or adds a key with value 1 to a map; returns the container.",
    ),
    def("pop", SELF, Pure, containers::pop, "Removes and returns a list's last element or a map's first key."),
    def("pull", SELF, Pure, containers::pull, "Removes and returns a list's first element or a map's first key."),
    def(
        "insert",
        &[null("self"), null("index"), null("value")],
        Pure,
        containers::insert,
        "Inserts before an index: into a list in place, into a string as a new string.",
    ),
    def(
        "indexOf",
        &[null("self"), null("value"), null("after")],
        Pure,
        search::index_of,
        "Where a value first occurs, after a given index or key; null if nowhere.",
    ),
    def(
        "sort",
        &[null("self"), null("byKey"), num("ascending", 1.0)],
        Pure,
        order::sort,
        "Sorts a list in place, by its elements or by a key of each; returns it.",
    ),
    def("shuffle", SELF, Chance, order::shuffle, "Puts a list's elements, or a map's values, into random order."),
    def(
        "join",
        &[null("self"), text("delimiter", " ")],
        Pure,
        strings::join,
        "The texts of a list's elements with a delimiter between them.",
    ),
    def(
        "split",
        &[null("self"), text("delimiter", " "), num("maxCount", -1.0)],
        Pure,
        strings::split,
        "The parts of a string between delimiters, as a list.",
    ),
    def(
        "replace",
        &[null("self"), null("oldval"), null("newval"), null("maxCount")],
        Pure,
        search::replace,
        "Replaces values: in a list or map in place, in a string as a new string.",
    ),
    def("sum", SELF, Pure, containers::sum, "The sum of all numbers in a list or map."),
    def(
        "slice",
        &[null("seq"), num("from", 0.0), null("to")],
        Pure,
        containers::slice,
        "Part of a list or string, as `seq[from:to]`.",
    ),
    def(
        "indexes",
        SELF,
        Pure,
        containers::indexes,
        "All indexes of a list or string, or all keys of a map, as a list.",
    ),
    def(
        "hasIndex",
        &[null("self"), null("index")],
        Pure,
        containers::has_index,
        "1 if the index or key exists, else 0; inherited keys do not count.",
    ),
    def("values", SELF, Pure, containers::values, "All values of a map, or all characters of a string, as a list."),
    def(
        "range",
        &[num("from", 0.0), num("to", 0.0), null("step")],
        Pure,
        containers::range,
        "The list of numbers from one to another in equal steps.",
    ),
    def("list", NONE, Pure, values::list_type, "The map of methods that all lists have."),
    def("string", NONE, Pure, values::string_type, "The map of methods that all strings have."),
    def("map", NONE, Pure, values::map_type, "The map of methods that all maps have."),
    def("number", NONE, Pure, values::number_type, "The map of methods that all numbers have."),
    def("funcRef", NONE, Pure, values::function_type, "The map that stands for the type of functions."),
    def("error", NONE, Pure, values::error_type, "The map of methods that all error values have."),
    def("time", NONE, Clock, control::time, "Seconds since the program started."),
    def("wait", &[num("seconds", 1.0)], Clock, control::wait, "Pauses the program for a number of seconds."),
    def("yield", NONE, Clock, control::yield_frame, "Lets the host do its work until the next frame."),
    def("stackTrace", NONE, Pure, values::stack_trace, "The active calls, innermost first, as a list of texts."),
    def(
        "_in",
        NONE,
        Pure,
        control::input_history,
        "What was entered so far in an interactive session; null elsewhere.",
    ),
    def("_out", NONE, Pure, control::output_history, "The results so far in an interactive session; null elsewhere."),
    def("reset", NONE, Pure, control::reset, "Removes all global variables."),
    def("bitAnd", BITS, Pure, numbers::bit_and, "The bits that both whole numbers have."),
    def("bitOr", BITS, Pure, numbers::bit_or, "The bits that at least one of two whole numbers has."),
    def("bitXor", BITS, Pure, numbers::bit_xor, "The bits that exactly one of two whole numbers has."),
    def(
        "hash",
        &[null("obj")],
        Pure,
        values::hash,
        "A whole number computed from a value: equal strings and numbers have equal ones.",
    ),
    def("refEquals", &[null("a"), null("b")], Pure, values::ref_equals, "1 if both are the very same object, else 0."),
    def("version", NONE, Pure, values::version, "Facts about the language and this program, as a frozen map."),
    def("gc", NONE, Pure, values::gc, "Functions about memory: `collect` and `stats`."),
    def("intrinsics", NONE, Pure, values::intrinsics, "All built-in functions by name, as a frozen map."),
    def("file", NONE, Pure, files::module, "Functions for files and folders."),
    def("FileHandle", NONE, Pure, handles::class, "The class of open files."),
    def("RawData", NONE, Pure, raw::class, "The class of byte buffers."),
    def("key", NONE, Pure, keys::module, "Functions for single key presses."),
    def("exit", &[null("resultCode")], Process, control::exit, "Ends the program at once, with an exit code."),
    // What a run is started with is a part of it, so reading that is no effect.
    def("shellArgs", NONE, Pure, process::shell_args, "The arguments behind the script's name, as a frozen list."),
    def("env", NONE, Process, process::env, "The environment variables, as a map."),
    def("exec", &[text("cmd", "")], Process, process::exec, "Runs a shell command and returns its output and status."),
    def("_dateVal", &[null("dateStr")], Clock, dates::date_val, "Seconds since the start of the year 2000 for a date."),
    def(
        "_dateStr",
        &[null("date"), text("format", "yyyy-MM-dd HH:mm:ss")],
        Clock,
        dates::date_str,
        "A date as text in a given format.",
    ),
    def(
        "import",
        &[text("libname", "")],
        Files,
        control::import,
        "Runs a module and returns the map of what it defines.",
    )
    .ungated(),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_complete_and_has_its_own_name() {
        let mut seen = std::collections::HashSet::new();
        for def in TABLE {
            assert!(seen.insert(def.full_name()), "{} occurs twice", def.full_name());
            assert!(def.doc.ends_with('.') && def.doc.len() < 100, "the sentence of {}", def.full_name());
            assert!(def.params.len() <= super::super::MAX_PARAMS);
        }
    }
}
