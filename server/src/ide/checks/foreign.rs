//! Names that other languages have for what MiniScript calls otherwise.
//!
//! Part of `checks`, asked only about names that nothing gives a value and members that nothing has, so a program that makes such a name its
//! own hears nothing. Invariant: what is offered is there (a test looks each up).

use minilive_mir::types::TypeSet;
use minilive_runtime::intrinsics;

/// What may be meant by a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meant {
    /// What is said about it, to go on behind a semicolon.
    pub says: String,
    /// What to write instead, if that is all there is to it.
    pub write: Option<&'static str>,
}

/// Names of constants, and of the receiver.
const CONSTANTS: &[(&str, &[&str])] = &[
    ("true", &["True", "TRUE"]),
    ("false", &["False", "FALSE"]),
    ("null", &["None", "NONE", "none", "nil", "Nil", "NULL", "Null", "undefined", "nullptr"]),
    ("self", &["this"]),
];

/// Names of functions.
const FUNCTIONS: &[(&str, &[&str])] = &[
    ("ceil", &["ceiling"]),
    ("char", &["chr", "fromCharCode"]),
    ("code", &["ord", "charCodeAt"]),
    ("exit", &["quit"]),
    ("funcRef", &["callable"]),
    ("hasIndex", &["contains", "includes"]),
    ("input", &["readline", "readLine", "read_line", "raw_input", "gets", "prompt"]),
    ("len", &["strlen", "length", "size", "count", "Len"]),
    ("lower", &["tolower", "toLower", "toLowerCase", "lowercase", "lcase"]),
    ("map", &["dict", "object", "Object"]),
    ("number", &["Number", "num"]),
    ("print", &["echo", "puts", "printf", "println", "writeln", "console.log", "System.out.println", "cout"]),
    ("push", &["append"]),
    ("range", &["xrange"]),
    ("rnd", &["random", "rand", "math.random", "Math.random"]),
    ("round", &["rint"]),
    ("slice", &["substr", "substring", "mid"]),
    ("sort", &["sorted"]),
    ("str", &["tostring", "toString", "to_string", "String"]),
    ("upper", &["toupper", "toUpper", "toUpperCase", "uppercase", "ucase"]),
    ("val", &["int", "float", "parseInt", "parseFloat", "tonumber", "toNumber", "toInt", "atoi"]),
    ("wait", &["sleep", "delay"]),
];

/// Names of members: what lists and strings call them, and what maps.
const MEMBERS: &[(&[&str], &str, &str)] = &[
    (&["length", "size", "count", "Length", "Count", "Len", "getLength"], "len", "len"),
    (&["append", "add", "push_back", "pushBack", "Add", "Push", "addLast", "enqueue"], "push", "push"),
    (&["toUpper", "toUpperCase", "uppercase", "upcase", "ToUpper", "toupper", "Upper"], "upper", ""),
    (&["toLower", "toLowerCase", "lowercase", "downcase", "ToLower", "tolower", "Lower"], "lower", ""),
    (
        &["contains", "includes", "has", "Contains", "include", "find", "index", "findIndex", "IndexOf"],
        "indexOf",
        "hasIndex",
    ),
    (
        &["hasKey", "containsKey", "has_key", "exists", "haskey", "ContainsKey", "hasOwnProperty"],
        "hasIndex",
        "hasIndex",
    ),
    (&["keys", "Keys", "keySet"], "indexes", "indexes"),
    (&["Values"], "values", "values"),
    (&["delete", "erase", "del", "removeAt", "Remove", "RemoveAt", "discard"], "remove", "remove"),
    (&["shift", "dequeue", "popleft", "removeFirst"], "pull", "pull"),
    (&["removeLast", "pop_back"], "pop", "pop"),
    (&["replaceAll", "Replace", "gsub"], "replace", "replace"),
    (&["Split", "explode"], "split", ""),
    (&["implode", "Join"], "join", ""),
    (&["Sort", "sorted", "sortBy"], "sort", ""),
    (&["toInt", "toNumber", "parseInt", "toFloat"], "val", ""),
    (&["charCodeAt", "ord"], "code", ""),
];

/// Members for which there is something else than another name.
const INSTEAD: &[(&[&str], &str)] = &[
    (&["substring", "substr", "subString", "Substring", "slice", "mid"], "a part is taken by `[from:to]`"),
    (&["charAt", "at", "get", "item", "nth"], "an element is taken by `[index]`"),
    (&["first", "front"], "the first element is `[0]`"),
    (&["last", "back"], "the last element is `[-1]`"),
    (&["concat", "extend", "addAll"], "`+` puts two together"),
    (&["toString", "to_s", "ToString", "tostring"], "`str(…)` makes a string of anything"),
    (&["forEach", "each", "foreach"], "`for … in` goes over it"),
    (&["toFixed"], "`round(number, digits)` gives so many digits"),
];

/// Words with which statements begin elsewhere.
const KEYWORDS: &[(&[&str], &str)] = &[
    (
        &["repeat", "until", "Repeat", "Until", "REPEAT", "UNTIL"],
        "a loop is `while … end while`, and `if … then break` leaves it",
    ),
    (&["do", "loop"], "a loop is `while … end while`, and `while true` goes on until `break`"),
    (&["switch", "case", "match", "when", "default"], "`if … then`, `else if … then` and `else` choose between cases"),
    (&["try", "catch", "except", "finally"], "functions give null or an error value, which `isa error` asks for"),
    (&["throw", "raise", "assert"], "functions give null or an error value where something goes wrong"),
    (&["class", "struct"], "a class is a map: `Name = {}`, or `Name = new Base`"),
    (&["unless"], "MiniScript writes `if not … then`"),
    (&["foreach"], "MiniScript writes `for … in`"),
    (&["lambda"], "MiniScript writes `function(x)`"),
    (&["pass", "begin"], "MiniScript needs nothing here"),
];

/// What to say of a keyword of other languages that stands here as a name: none of ours is meant, however much it is like it.
pub fn of_keyword(name: &str) -> Option<&'static str> {
    KEYWORDS.iter().find(|(names, _)| names.contains(&name)).map(|(_, says)| *says)
}

/// The type that a name behind `isa` may mean.
pub fn of_type(name: &str) -> Option<&'static str> {
    let numbers = ["int", "Int", "integer", "Integer", "float", "double", "num", "Number", "bool", "boolean"];
    match name {
        it if numbers.contains(&it) => Some("number"),
        "str" | "String" | "text" => Some("string"),
        "array" | "Array" | "List" => Some("list"),
        "dict" | "object" | "Map" => Some("map"),
        "callable" | "func" | "Function" => Some("funcRef"),
        _ => None,
    }
}

/// Before a dot they stand for a collection of functions that are built in here.
const COLLECTIONS: [&str; 2] = ["math", "Math"];

/// What a bare name may mean; `member` is what follows behind a dot.
pub fn of_name(name: &str, member: Option<&str>) -> Option<Meant> {
    let whole = member.map_or_else(|| name.to_owned(), |member| format!("{name}.{member}"));
    let named = |table: &[(&'static str, &[&str])], name: &str| {
        table.iter().find(|(_, names)| names.contains(&name)).map(|(it, _)| *it)
    };
    if let Some(write) = named(CONSTANTS, name) {
        return Some(Meant { says: format!("MiniScript writes `{write}`"), write: Some(write) });
    }
    let calls = |write| Meant { says: format!("MiniScript calls it `{write}`"), write: Some(write) };
    if let Some(write) = named(FUNCTIONS, &whole) {
        return Some(calls(write));
    }
    if !COLLECTIONS.contains(&name) {
        return None;
    }
    Some(match member.and_then(intrinsics::find).map(|id| id.def().name) {
        Some(write) => Meant { says: format!("MiniScript writes `{write}` for `{whole}`"), write: Some(write) },
        None => Meant {
            says: "MiniScript's own functions have names of their own, such as `floor`".to_owned(),
            write: None,
        },
    })
}

/// Whether a fix of a bare name takes in the member behind it.
pub fn takes_in_member(name: &str) -> bool {
    COLLECTIONS.contains(&name) || matches!(name, "console" | "System")
}

/// What a member of such values may mean; of anything, if the types are not known.
pub fn of_member(of: Option<TypeSet>, name: &str) -> Option<Meant> {
    let plain = TypeSet::LIST | TypeSet::STRING | TypeSet::NUMBER;
    let instead = INSTEAD.iter().find(|(names, _)| names.contains(&name));
    if let Some((_, says)) = instead.filter(|_| of.is_some_and(|of| of.is_within(plain))) {
        return Some(Meant { says: (*says).to_owned(), write: None });
    }
    let &(_, sequence, map) = MEMBERS.iter().find(|(names, ..)| names.contains(&name))?;
    let is_sequence = |it: TypeSet| it.is_within(TypeSet::LIST | TypeSet::STRING);
    let (write, other) = match of {
        Some(of) if is_sequence(of) => (sequence, sequence),
        Some(TypeSet::MAP) => (map, map),
        Some(_) => return None,
        None => (if map.is_empty() { sequence } else { map }, sequence),
    };
    let has = |owner: &str| intrinsics::type_methods(owner).contains(&write);
    let is_there = match of {
        Some(of) => [(TypeSet::LIST, "list"), (TypeSet::STRING, "string"), (TypeSet::MAP, "map")]
            .into_iter()
            .all(|(it, owner)| !of.may_be(it) || has(owner)),
        None => true,
    };
    if write.is_empty() || !is_there {
        return None;
    }
    if write != other {
        let says = format!("maps call it `{write}`, lists and strings `{other}`");
        return Some(Meant { says, write: None });
    }
    if of.is_none() {
        // It may as well be one of the program's own that is missing.
        let says = format!("lists, strings or maps call it `{write}`");
        return Some(Meant { says, write: Some(write) });
    }
    let note = if write == "indexOf" { ", which gives null for what is not there" } else { "" };
    Some(Meant { says: format!("MiniScript calls it `{write}`{note}"), write: Some(write) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_offered_is_there() {
        for (name, others) in FUNCTIONS {
            assert!(intrinsics::find(name).is_some(), "{name}");
            assert!(others.iter().all(|it| intrinsics::find(it).is_none()), "{name}");
        }
        let is_method =
            |name: &str, owners: &[&str]| owners.iter().any(|it| intrinsics::type_methods(it).contains(&name));
        for (names, sequence, map) in MEMBERS {
            assert!(is_method(sequence, &["list", "string"]), "{sequence}");
            assert!(map.is_empty() || is_method(map, &["map"]), "{map}");
            let all = ["list", "string", "map", "number", "funcRef"];
            assert!(!names.iter().any(|it| is_method(it, &all)), "{sequence}");
        }
    }

    #[test]
    fn members_are_those_of_the_type() {
        let write = |of, name: &str| of_member(of, name).and_then(|it| it.write);
        assert_eq!(write(Some(TypeSet::LIST), "append"), Some("push"));
        assert_eq!(write(Some(TypeSet::STRING), "append"), None);
        assert_eq!(write(Some(TypeSet::STRING), "contains"), Some("indexOf"));
        assert_eq!(write(Some(TypeSet::MAP), "contains"), Some("hasIndex"));
        assert_eq!(write(None, "contains"), None);
        assert_eq!(write(None, "length"), Some("len"));
        assert_eq!(write(Some(TypeSet::NUMBER), "length"), None);
        assert_eq!(of_name("math", Some("floor")).and_then(|it| it.write), Some("floor"));
        assert_eq!(of_name("math", Some("hypot")).and_then(|it| it.write), None);
        assert_eq!(of_name("console", None), None);
    }
}
