//! The guide to built-in functions: what each gives, and an example with what it prints.
//!
//! Hover, completion and signatures show it beside the sentence in the runtime's table; inference takes the kinds from it.
//! Invariants: every function that programs read by name is here; every example is run by a test and prints what stands here.

pub mod arguments;
pub mod types;

use minilive_runtime::intrinsics::{Default as IntrinsicDefault, IntrinsicId};
use rustc_hash::FxHashMap;
use std::sync::OnceLock;

/// What calling a built-in function gives when its arguments make sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gives {
    /// It depends.
    Anything,
    /// null
    Nothing,
    /// A number.
    Number,
    /// A string.
    Text,
    /// A list.
    List,
    /// A list of numbers.
    Numbers,
    /// A list of strings.
    Texts,
    /// A list of what is in the receiver.
    Elements,
    /// A list of what the receiver's elements are found by.
    Indexes,
    /// A map.
    Map,
    /// An error value.
    Error,
    /// The receiver, or something of its kind.
    Same,
    /// One of the elements of the receiver.
    Element,
    /// The map of the host of that name.
    Host(&'static str),
}

/// An entry: full name, what it gives, an example and what that prints.
type Entry = (&'static str, Gives, &'static str, &'static str);

/// The guide. Entries without an example have none that prints the same everywhere.
pub const GUIDE: &[Entry] = &[
    ("print", Gives::Nothing, "print \"a\", \" \"\nprint \"b\"", "a b\n"),
    ("input", Gives::Text, "", ""),
    ("err", Gives::Error, "e = err(\"too small\")\nprint e isa error", "1\n"),
    (
        "info",
        Gives::Map,
        "f = function(a)\n  \"Doubles a number.\"\n  return a * 2\nend function\nprint info(@f).note",
        "Doubles a number.\n",
    ),
    ("val", Gives::Number, "print \"12.5\".val + 1", "13.5\n"),
    ("str", Gives::Text, "print str(7) + str(1)", "71\n"),
    ("upper", Gives::Text, "print \"hello\".upper", "HELLO\n"),
    ("lower", Gives::Text, "print \"Hello\".lower", "hello\n"),
    ("char", Gives::Text, "print char(65) + char(66)", "AB\n"),
    ("code", Gives::Number, "print \"A\".code", "65\n"),
    ("len", Gives::Number, "print [4, 5, 6].len", "3\n"),
    (
        "remove",
        Gives::Anything,
        "ages = {\"Ann\": 31, \"Bob\": 25}\nages.remove \"Bob\"\nprint ages",
        "{\"Ann\": 31}\n",
    ),
    ("freeze", Gives::Anything, "colours = [\"red\", \"green\"]\nfreeze colours\nprint isFrozen(colours)", "1\n"),
    ("isFrozen", Gives::Number, "print isFrozen([1, 2])", "0\n"),
    ("frozenCopy", Gives::Anything, "a = [1, 2]\nb = frozenCopy(a)\na.push 3\nprint b", "[1, 2]\n"),
    ("abs", Gives::Number, "print abs(-5)", "5\n"),
    ("acos", Gives::Number, "print acos(1)", "0\n"),
    ("asin", Gives::Number, "print asin(0)", "0\n"),
    ("atan", Gives::Number, "print round(atan(1, 1) * 180 / pi)", "45\n"),
    ("ceil", Gives::Number, "print ceil(1.2)", "2\n"),
    ("cos", Gives::Number, "print cos(0)", "1\n"),
    ("floor", Gives::Number, "print floor(1.8)", "1\n"),
    ("log", Gives::Number, "print round(log(1000))", "3\n"),
    ("pi", Gives::Number, "print round(pi, 2)", "3.14\n"),
    ("round", Gives::Number, "print round(2.345, 1)", "2.3\n"),
    ("rnd", Gives::Number, "roll = floor(rnd * 6) + 1\nprint 1 <= roll and roll <= 6", "1\n"),
    ("sign", Gives::Number, "print sign(-3)", "-1\n"),
    ("sin", Gives::Number, "print sin(0)", "0\n"),
    ("sqrt", Gives::Number, "print sqrt(16)", "4\n"),
    ("tan", Gives::Number, "print tan(0)", "0\n"),
    ("push", Gives::Same, "names = [\"Ann\"]\nnames.push \"Bob\"\nprint names", "[\"Ann\", \"Bob\"]\n"),
    ("pop", Gives::Element, "stack = [1, 2, 3]\nprint stack.pop", "3\n"),
    ("pull", Gives::Element, "queue = [1, 2, 3]\nprint queue.pull", "1\n"),
    ("insert", Gives::Same, "print [1, 3].insert(1, 2)", "[1, 2, 3]\n"),
    ("indexOf", Gives::Anything, "print \"banana\".indexOf(\"n\")", "2\n"),
    ("sort", Gives::Same, "print [3, 1, 2].sort", "[1, 2, 3]\n"),
    ("shuffle", Gives::Nothing, "cards = [1, 2, 3]\ncards.shuffle\nprint cards.sum", "6\n"),
    ("join", Gives::Text, "print [1, 2, 3].join(\"-\")", "1-2-3\n"),
    ("split", Gives::Texts, "print \"a,b,c\".split(\",\")", "[\"a\", \"b\", \"c\"]\n"),
    ("replace", Gives::Same, "print \"one two\".replace(\"two\", \"three\")", "one three\n"),
    ("sum", Gives::Number, "print [1, 2, 3].sum", "6\n"),
    ("slice", Gives::Same, "print slice([1, 2, 3, 4], 1, 3)", "[2, 3]\n"),
    ("indexes", Gives::Indexes, "print {\"a\": 1, \"b\": 2}.indexes", "[\"a\", \"b\"]\n"),
    ("hasIndex", Gives::Number, "print {\"a\": 1}.hasIndex(\"a\")", "1\n"),
    ("values", Gives::Elements, "print {\"a\": 1, \"b\": 2}.values", "[1, 2]\n"),
    ("range", Gives::Numbers, "print range(1, 5)", "[1, 2, 3, 4, 5]\n"),
    ("list", Gives::Host("list"), "print [1] isa list", "1\n"),
    ("string", Gives::Host("string"), "print \"a\" isa string", "1\n"),
    ("map", Gives::Host("map"), "print {} isa map", "1\n"),
    (
        "number",
        Gives::Host("number"),
        "number.double = function\n  return self * 2\nend function\nx = 4\nprint x.double",
        "8\n",
    ),
    ("funcRef", Gives::Host("funcRef"), "print @print isa funcRef", "1\n"),
    ("error", Gives::Host("error"), "print err(\"no\") isa error", "1\n"),
    ("time", Gives::Number, "print time >= 0", "1\n"),
    ("wait", Gives::Nothing, "wait 0\nprint \"done\"", "done\n"),
    ("yield", Gives::Nothing, "yield\nprint \"done\"", "done\n"),
    ("stackTrace", Gives::Texts, "print stackTrace isa list", "1\n"),
    ("_in", Gives::Anything, "", ""),
    ("_out", Gives::Anything, "", ""),
    ("reset", Gives::Nothing, "x = 1\nreset\nprint globals.hasIndex(\"x\")", "0\n"),
    ("bitAnd", Gives::Number, "print bitAnd(12, 10)", "8\n"),
    ("bitOr", Gives::Number, "print bitOr(12, 10)", "14\n"),
    ("bitXor", Gives::Number, "print bitXor(12, 10)", "6\n"),
    ("hash", Gives::Number, "print hash(\"a\") == hash(\"a\")", "1\n"),
    ("refEquals", Gives::Number, "print refEquals([1], [1])", "0\n"),
    ("version", Gives::Map, "print version isa map", "1\n"),
    ("gc", Gives::Host("gc"), "", ""),
    ("intrinsics", Gives::Map, "print intrinsics.hasIndex(\"print\")", "1\n"),
    ("file", Gives::Host("file"), "print file.name(\"/a/b.txt\")", "b.txt\n"),
    ("FileHandle", Gives::Host("FileHandle"), "", ""),
    ("RawData", Gives::Host("RawData"), "data = new RawData\ndata.resize 4\nprint data.len", "4\n"),
    ("key", Gives::Host("key"), "", ""),
    ("exit", Gives::Nothing, "print \"a\"\nexit\nprint \"b\"", "a\n"),
    ("shellArgs", Gives::Texts, "print shellArgs isa list", "1\n"),
    ("env", Gives::Map, "print env.hasIndex(\"NO_SUCH_VARIABLE\")", "0\n"),
    ("exec", Gives::Map, "", ""),
    ("_dateVal", Gives::Number, "", ""),
    ("_dateStr", Gives::Text, "", ""),
    ("import", Gives::Anything, "", ""),
    ("error.err", Gives::Error, "", ""),
    ("RawData.len", Gives::Number, "r = new RawData\nr.resize 4\nprint r.len", "4\n"),
    ("RawData.byte", Gives::Number, "r = new RawData\nr.resize 1\nr.setByte 0, 66\nprint r.byte(0)", "66\n"),
    (
        "RawData.utf8",
        Gives::Text,
        "r = new RawData\nr.resize 2\nr.setByte 0, 65\nr.setByte 1, 66\nprint r.utf8",
        "AB\n",
    ),
    ("FileHandle.readLine", Gives::Text, "", ""),
    ("FileHandle.read", Gives::Text, "", ""),
    ("FileHandle.isOpen", Gives::Number, "", ""),
    ("file.curdir", Gives::Text, "", ""),
    ("file.children", Gives::Texts, "", ""),
    ("file.name", Gives::Text, "print file.name(\"/a/b.txt\")", "b.txt\n"),
    ("file.parent", Gives::Text, "print file.parent(\"/a/b.txt\")", "/a\n"),
    ("file.child", Gives::Text, "print file.child(\"/a\", \"b.txt\")", "/a/b.txt\n"),
    ("file.exists", Gives::Number, "print file.exists(\"/no such file\")", "0\n"),
    ("file.info", Gives::Map, "", ""),
    ("file.open", Gives::Host("FileHandle"), "", ""),
    ("file.readLines", Gives::Texts, "", ""),
    ("file.loadRaw", Gives::Host("RawData"), "", ""),
    ("key.available", Gives::Number, "", ""),
    ("key.get", Gives::Text, "", ""),
];

fn entry(id: IntrinsicId) -> Option<&'static Entry> {
    static BY_ID: OnceLock<FxHashMap<IntrinsicId, &'static Entry>> = OnceLock::new();
    let by_id = BY_ID.get_or_init(|| {
        let by_name: FxHashMap<_, _> = GUIDE.iter().map(|entry| (entry.0, entry)).collect();
        let found = |id: IntrinsicId| Some((id, *by_name.get(id.def().full_name().as_str())?));
        IntrinsicId::all().filter_map(found).collect()
    });
    by_id.get(&id).copied()
}

/// Whether a built-in function is about the function that it gets as this argument, counted from 0.
pub fn takes_function(id: IntrinsicId, argument: u32) -> bool {
    id.def().full_name() == "info" && argument == 0
}

/// What a built-in function gives.
pub fn gives(id: IntrinsicId) -> Gives {
    entry(id).map_or(Gives::Anything, |it| it.1)
}

/// Its parameters as code: name, with the default where that is not null. The receiver of a method is left out.
pub fn params(id: IntrinsicId, as_method: bool) -> Vec<String> {
    let def = id.def();
    let skipped = usize::from(as_method && def.takes_self);
    let param = |(name, default): &(&str, IntrinsicDefault)| match default {
        IntrinsicDefault::Null => (*name).to_owned(),
        IntrinsicDefault::Number(number) => format!("{name}={number}"),
        IntrinsicDefault::Text(text) => format!("{name}=\"{}\"", text.replace('\n', "⏎")),
    };
    def.params.iter().skip(skipped).map(param).collect()
}

/// Its title as code.
pub fn title(id: IntrinsicId) -> String {
    format!("(intrinsic) {}({})", id.def().full_name(), params(id, false).join(", "))
}

/// What it is for, a paragraph each, as Markdown.
pub fn paragraphs(id: IntrinsicId) -> Vec<String> {
    let mut all = vec![id.def().doc.to_owned()];
    if let Some((_, _, example, prints)) = entry(id).filter(|it| !it.2.is_empty()) {
        all.push(format!("```miniscript\n{example}\n```\nprints `{}`", prints.trim_end()));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_is_in_the_guide_and_nothing_else() {
        for id in IntrinsicId::globals() {
            assert!(entry(id).is_some(), "{} is missing", id.def().name);
        }
        let names: Vec<_> = IntrinsicId::all().map(|id| id.def().full_name()).collect();
        for (at, (name, _, example, prints)) in GUIDE.iter().enumerate() {
            assert!(names.iter().any(|it| it == name), "there is no {name}");
            assert!(GUIDE[..at].iter().all(|it| it.0 != *name), "{name} occurs twice");
            assert_eq!(example.is_empty(), prints.is_empty(), "{name}");
        }
    }

    #[test]
    fn a_method_does_not_show_its_receiver() {
        let split = minilive_runtime::intrinsics::find("split").expect("there is one");
        assert_eq!(params(split, true), ["delimiter=\" \"", "maxCount=-1"]);
        assert_eq!(params(split, false).len(), 3);
        assert!(paragraphs(split)[1].contains("prints `[\"a\", \"b\", \"c\"]`"));
    }
}
