//! The guide to built-in functions: what each gives, and an example with what it prints.
//!
//! Hover, completion and signatures show it beside the sentence in the runtime's table; inference takes the kinds from it.
//! Invariants: every function is here; every example is run by a test and prints what stands here.

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
    /// What an element is found by: of lists and strings a number; null if it is not there.
    Index,
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

/// The guide. Examples read files of their own making; what they print is for a person who types `Ann` where they ask for a line, and
/// presses no key. Those of names with `_` in front are lines of an interactive session where only that has them.
pub const GUIDE: &[Entry] = &[
    ("print", Gives::Nothing, "print \"a\", \" \"\nprint \"b\"", "a b\n"),
    ("input", Gives::Text, "name = input(\"Your name? \")  // Ann\nprint \"Hello \" + name", "Your name? Hello Ann\n"),
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
    ("indexOf", Gives::Index, "print \"banana\".indexOf(\"n\")", "2\n"),
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
    ("_in", Gives::Anything, "6 * 7\nprint _in", "42\n[\"6 * 7\"]\n"),
    ("_out", Gives::Anything, "6 * 7\n_out[-1] + 1", "42\n43\n"),
    ("reset", Gives::Nothing, "x = 1\nreset\nprint globals.hasIndex(\"x\")", "0\n"),
    ("bitAnd", Gives::Number, "print bitAnd(12, 10)", "8\n"),
    ("bitOr", Gives::Number, "print bitOr(12, 10)", "14\n"),
    ("bitXor", Gives::Number, "print bitXor(12, 10)", "6\n"),
    ("hash", Gives::Number, "print hash(\"a\") == hash(\"a\")", "1\n"),
    ("refEquals", Gives::Number, "print refEquals([1], [1])", "0\n"),
    ("version", Gives::Host("version"), "print version isa map", "1\n"),
    ("gc", Gives::Host("gc"), "a = []\na.push a\na = null\ngc.collect\nprint gc isa map", "1\n"),
    ("intrinsics", Gives::Map, "print intrinsics.hasIndex(\"print\")", "1\n"),
    ("file", Gives::Host("file"), "print file.name(\"/a/b.txt\")", "b.txt\n"),
    (
        "FileHandle",
        Gives::Host("FileHandle"),
        "f = file.open(\"notes.txt\", \"w\")\nprint f isa FileHandle\nf.close",
        "1\n",
    ),
    ("RawData", Gives::Host("RawData"), "data = new RawData\ndata.resize 4\nprint data.len", "4\n"),
    (
        "key",
        Gives::Host("key"),
        "while key.available\n  print key.get\nend while\nprint \"no key waits\"",
        "no key waits\n",
    ),
    ("exit", Gives::Nothing, "print \"a\"\nexit\nprint \"b\"", "a\n"),
    ("shellArgs", Gives::Texts, "print shellArgs isa list", "1\n"),
    ("env", Gives::Map, "print env.hasIndex(\"NO_SUCH_VARIABLE\")", "0\n"),
    ("exec", Gives::Map, "done = exec(\"echo hello\")\nprint done.output", "hello\n"),
    ("_dateVal", Gives::Number, "print _dateVal(\"2026-08-02\") - _dateVal(\"2026-08-01\")", "86400\n"),
    ("_dateStr", Gives::Text, "print _dateStr(_dateVal(\"2026-08-01 12:30:00\"))", "2026-08-01 12:30:00\n"),
    (
        "import",
        Gives::Anything,
        "file.writeLines \"shapes.ms\", [\"area = function(w, h)\", \"  return w * h\", \"end function\"]\nimport \"shapes\"\nprint shapes.area(2, 3)",
        "6\n",
    ),
    (
        "error.err",
        Gives::Error,
        "small = err(\"too small\")\nworse = small.err(\"much too small\", small)\nprint worse.inner.message",
        "too small\n",
    ),
    ("RawData.len", Gives::Number, "r = new RawData\nr.resize 4\nprint r.len", "4\n"),
    ("RawData.byte", Gives::Number, "r = new RawData\nr.resize 1\nr.setByte 0, 66\nprint r.byte(0)", "66\n"),
    (
        "RawData.utf8",
        Gives::Text,
        "r = new RawData\nr.resize 2\nr.setByte 0, 65\nr.setByte 1, 66\nprint r.utf8",
        "AB\n",
    ),
    (
        "FileHandle.readLine",
        Gives::Text,
        "f = file.open(\"notes.txt\", \"w+\")\nf.writeLine \"one\"\nf.writeLine \"two\"\nf.seek 0\nprint f.readLine",
        "one\n",
    ),
    (
        "FileHandle.read",
        Gives::Text,
        "f = file.open(\"notes.txt\", \"w+\")\nf.writeLine \"one\"\nf.writeLine \"two\"\nf.seek 0\nprint f.read(3)",
        "one\n",
    ),
    ("FileHandle.isOpen", Gives::Number, "f = file.open(\"notes.txt\", \"w\")\nf.close\nprint f.isOpen", "0\n"),
    ("file.curdir", Gives::Text, "print file.name(file.curdir) isa string", "1\n"),
    (
        "file.children",
        Gives::Texts,
        "file.makedir \"saves\"\nfile.writeLines \"saves/one.txt\", [\"1\"]\nprint file.children(\"saves\")",
        "[\"one.txt\"]\n",
    ),
    ("file.name", Gives::Text, "print file.name(\"/a/b.txt\")", "b.txt\n"),
    ("file.parent", Gives::Text, "print file.parent(\"/a/b.txt\")", "/a\n"),
    ("file.child", Gives::Text, "print file.child(\"/a\", \"b.txt\")", "/a/b.txt\n"),
    ("file.exists", Gives::Number, "print file.exists(\"/no such file\")", "0\n"),
    ("file.info", Gives::Map, "file.writeLines \"notes.txt\", [\"hello\"]\nprint file.info(\"notes.txt\").size", "6\n"),
    (
        "file.open",
        Gives::Host("FileHandle"),
        "f = file.open(\"notes.txt\", \"w\")\nf.write \"hello\"\nf.close\nprint file.readLines(\"notes.txt\")",
        "[\"hello\"]\n",
    ),
    (
        "file.readLines",
        Gives::Texts,
        "file.writeLines \"notes.txt\", [\"one\", \"two\"]\nprint file.readLines(\"notes.txt\")",
        "[\"one\", \"two\"]\n",
    ),
    (
        "file.loadRaw",
        Gives::Host("RawData"),
        "file.writeLines \"notes.txt\", [\"AB\"]\nprint file.loadRaw(\"notes.txt\").byte(0)",
        "65\n",
    ),
    ("key.available", Gives::Number, "print key.available", "0\n"),
    ("key.get", Gives::Text, "if key.available then print key.get else print \"no key waits\"", "no key waits\n"),
    ("gc.collect", Gives::Anything, "a = []\na.push a\na = null\ngc.collect\nprint \"done\"", "done\n"),
    ("gc.stats", Gives::Anything, "print gc.stats isa map", "1\n"),
    ("RawData.resize", Gives::Anything, "r = new RawData\nr.resize 8\nprint r.len", "8\n"),
    ("RawData.setByte", Gives::Anything, "r = new RawData\nr.resize 8\nr.setByte 0, 200\nprint r.byte(0)", "200\n"),
    ("RawData.sbyte", Gives::Number, "r = new RawData\nr.resize 8\nr.setSbyte 0, -5\nprint r.sbyte(0)", "-5\n"),
    ("RawData.setSbyte", Gives::Anything, "r = new RawData\nr.resize 8\nr.setSbyte 0, -5\nprint r.sbyte(0)", "-5\n"),
    (
        "RawData.ushort",
        Gives::Number,
        "r = new RawData\nr.resize 8\nr.setUshort 0, 60000\nprint r.ushort(0)",
        "60000\n",
    ),
    (
        "RawData.setUshort",
        Gives::Anything,
        "r = new RawData\nr.resize 8\nr.setUshort 0, 60000\nprint r.ushort(0)",
        "60000\n",
    ),
    ("RawData.short", Gives::Number, "r = new RawData\nr.resize 8\nr.setShort 0, -300\nprint r.short(0)", "-300\n"),
    (
        "RawData.setShort",
        Gives::Anything,
        "r = new RawData\nr.resize 8\nr.setShort 0, -300\nprint r.short(0)",
        "-300\n",
    ),
    (
        "RawData.uint",
        Gives::Number,
        "r = new RawData\nr.resize 8\nr.setUint 0, 3000000000\nprint r.uint(0)",
        "3000000000\n",
    ),
    (
        "RawData.setUint",
        Gives::Anything,
        "r = new RawData\nr.resize 8\nr.setUint 0, 3000000000\nprint r.uint(0)",
        "3000000000\n",
    ),
    ("RawData.int", Gives::Number, "r = new RawData\nr.resize 8\nr.setInt 0, -70000\nprint r.int(0)", "-70000\n"),
    ("RawData.setInt", Gives::Anything, "r = new RawData\nr.resize 8\nr.setInt 0, -70000\nprint r.int(0)", "-70000\n"),
    ("RawData.float", Gives::Number, "r = new RawData\nr.resize 8\nr.setFloat 0, 1.5\nprint r.float(0)", "1.5\n"),
    ("RawData.setFloat", Gives::Anything, "r = new RawData\nr.resize 8\nr.setFloat 0, 1.5\nprint r.float(0)", "1.5\n"),
    ("RawData.double", Gives::Number, "r = new RawData\nr.resize 8\nr.setDouble 0, 0.1\nprint r.double(0)", "0.1\n"),
    (
        "RawData.setDouble",
        Gives::Anything,
        "r = new RawData\nr.resize 8\nr.setDouble 0, 0.1\nprint r.double(0)",
        "0.1\n",
    ),
    ("RawData.setUtf8", Gives::Number, "r = new RawData\nr.resize 8\nr.setUtf8 0, \"hello\"\nprint r.utf8", "hello\n"),
    ("FileHandle.close", Gives::Anything, "f = file.open(\"notes.txt\", \"w\")\nf.close\nprint f.isOpen", "0\n"),
    (
        "FileHandle.write",
        Gives::Anything,
        "f = file.open(\"notes.txt\", \"w\")\nf.write \"hel\"\nf.write \"lo\"\nf.close\nprint file.readLines(\"notes.txt\")",
        "[\"hello\"]\n",
    ),
    (
        "FileHandle.writeLine",
        Gives::Anything,
        "f = file.open(\"notes.txt\", \"w\")\nf.writeLine \"one\"\nf.writeLine \"two\"\nf.close\nprint file.readLines(\"notes.txt\")",
        "[\"one\", \"two\"]\n",
    ),
    (
        "FileHandle.position",
        Gives::Number,
        "f = file.open(\"notes.txt\", \"w+\")\nf.write \"hello\"\nprint f.position",
        "5\n",
    ),
    (
        "FileHandle.seek",
        Gives::Anything,
        "f = file.open(\"notes.txt\", \"w+\")\nf.write \"hello\"\nf.seek 1\nprint f.read(3)",
        "ell\n",
    ),
    (
        "FileHandle.atEnd",
        Gives::Number,
        "f = file.open(\"notes.txt\", \"w+\")\nf.write \"one\"\nf.seek 0\nwhile not f.atEnd\n  print f.readLine\nend while",
        "one\n",
    ),
    (
        "file.setdir",
        Gives::Anything,
        "file.makedir \"saves\"\nfile.setdir \"saves\"\nprint file.name(file.curdir)",
        "saves\n",
    ),
    ("file.makedir", Gives::Anything, "file.makedir \"saves\"\nprint file.exists(\"saves\")", "1\n"),
    (
        "file.move",
        Gives::Anything,
        "file.writeLines \"a.txt\", [\"one\"]\nfile.move \"a.txt\", \"b.txt\"\nprint file.exists(\"a.txt\"), \" \"\nprint file.exists(\"b.txt\")",
        "0 1\n",
    ),
    (
        "file.copy",
        Gives::Anything,
        "file.writeLines \"a.txt\", [\"one\"]\nfile.copy \"a.txt\", \"b.txt\"\nprint file.readLines(\"b.txt\")",
        "[\"one\"]\n",
    ),
    (
        "file.delete",
        Gives::Anything,
        "file.writeLines \"a.txt\", [\"one\"]\nfile.delete \"a.txt\"\nprint file.exists(\"a.txt\")",
        "0\n",
    ),
    (
        "file.writeLines",
        Gives::Anything,
        "file.writeLines \"notes.txt\", [\"one\", \"two\"]\nprint file.readLines(\"notes.txt\")",
        "[\"one\", \"two\"]\n",
    ),
    (
        "file.saveRaw",
        Gives::Anything,
        "r = new RawData\nr.resize 2\nr.setByte 0, 65\nr.setByte 1, 66\nfile.saveRaw \"ab.txt\", r\nprint file.readLines(\"ab.txt\")",
        "[\"AB\"]\n",
    ),
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
    if let Some((_, _, example, prints)) = entry(id) {
        all.push(format!("```miniscript\n{example}\n```\nprints `{}`", prints.trim_end()));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_is_in_the_guide_and_nothing_else() {
        for id in IntrinsicId::all() {
            assert!(entry(id).is_some(), "{} is missing", id.def().full_name());
        }
        let names: Vec<_> = IntrinsicId::all().map(|id| id.def().full_name()).collect();
        for (at, (name, _, example, prints)) in GUIDE.iter().enumerate() {
            assert!(names.iter().any(|it| it == name), "there is no {name}");
            assert!(GUIDE[..at].iter().all(|it| it.0 != *name), "{name} occurs twice");
            assert!(!example.is_empty() && !prints.is_empty(), "{name} has no example");
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
