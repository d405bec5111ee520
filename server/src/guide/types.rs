//! Types of built-in functions, as far as they are certain: what they give, and which members values have.
//!
//! Flow-sensitive inference asks through the database. Invariants: a set names every type that a call can give, whatever its arguments.
//! Tests run the functions to prove it.

use super::arguments::{Effect, rule_of};
use super::{Gives, gives};
use minilive_mir::types::TypeSet;
use minilive_mir::typing::Given;
use minilive_runtime::intrinsics::{self, IntrinsicId};

/// Functions that give no error for first arguments of these types.
const TAKES: &[(&str, TypeSet)] = &[
    ("abs", TypeSet::NUMBER),
    ("bitAnd", TypeSet::NUMBER),
    ("bitOr", TypeSet::NUMBER),
    ("bitXor", TypeSet::NUMBER),
    ("ceil", TypeSet::NUMBER),
    ("char", TypeSet::NUMBER),
    ("code", TypeSet::STRING),
    ("floor", TypeSet::NUMBER),
    ("indexes", CONTAINERS),
    ("join", TypeSet::LIST),
    ("len", TypeSet::LIST.with(TypeSet::STRING).with(TypeSet::MAP)),
    ("log", TypeSet::NUMBER),
    ("range", TypeSet::NUMBER),
    ("round", TypeSet::NUMBER),
    ("sign", TypeSet::NUMBER),
    ("sort", TypeSet::LIST),
    ("split", TypeSet::STRING),
    ("sqrt", TypeSet::NUMBER),
    ("sum", TypeSet::LIST.with(TypeSet::MAP)),
    ("val", TypeSet::NUMBER.with(TypeSet::STRING)),
    ("values", CONTAINERS),
];

const CONTAINERS: TypeSet = TypeSet::LIST.with(TypeSet::STRING).with(TypeSet::MAP);

/// The types of a first argument for which a function gives no error, as far as others are left out.
pub fn takes(id: IntrinsicId) -> TypeSet {
    let name = id.def().name;
    let found = TAKES.iter().find(|(it, _)| *it == name && id.def().member_of.is_none());
    found.map_or(TypeSet::ANY, |(_, set)| *set)
}

/// What a call gives that is carried out with arguments of these types, none of them an error: for functions of which that is known exactly.
fn exactly(name: &str, args: &[TypeSet]) -> Option<TypeSet> {
    let (all, first) = (TypeSet::LIST | TypeSet::STRING | TypeSet::MAP, args.first().copied());
    let is_first = |set: TypeSet| first.is_some_and(|it| it.is_within(set));
    let are_all = |set: TypeSet| args.iter().all(|it| it.is_within(set));
    let is_text = args.len() > 1 && is_first(TypeSet::STRING);
    Some(match name {
        "str" => TypeSet::STRING,
        // What is no string they give back.
        "upper" | "lower" if args.len() == 1 => first?,
        "time" | "pi" | "hash" | "refEquals" | "isFrozen" => TypeSet::NUMBER,
        "rnd" if are_all(TypeSet::NUMBER | TypeSet::NULL) => TypeSet::NUMBER,
        "abs" | "ceil" | "floor" | "sqrt" | "sign" | "round" | "log" | "bitAnd" | "bitOr" | "bitXor" | "sin"
        | "cos" | "tan" | "asin" | "acos" | "atan"
            if are_all(TypeSet::NUMBER) =>
        {
            TypeSet::NUMBER
        }
        "char" if are_all(TypeSet::NUMBER) => TypeSet::STRING,
        "code" if is_first(TypeSet::STRING) => TypeSet::NUMBER,
        "len" | "val" if args.len() == 1 => TypeSet::NUMBER | TypeSet::NULL,
        "sum" if args.len() == 1 => TypeSet::NUMBER,
        "hasIndex" if is_first(all) => TypeSet::NUMBER,
        "indexOf" if args.len() > 1 && is_first(TypeSet::LIST | TypeSet::STRING) => TypeSet::NUMBER | TypeSet::NULL,
        "slice" if is_first(TypeSet::LIST | TypeSet::STRING) => first?,
        "join" if is_first(TypeSet::LIST) => TypeSet::STRING | TypeSet::RARE_ERROR,
        "insert" if is_text => TypeSet::STRING | TypeSet::RARE_ERROR,
        "replace" if is_text && args.len() > 2 && args[1..3].iter().all(|it| it.is_within(TypeSet::STRING)) => {
            TypeSet::STRING | TypeSet::RARE_ERROR
        }
        // Its steps may be zero.
        "range" if are_all(TypeSet::NUMBER) && args.len() < 3 => TypeSet::LIST | TypeSet::RARE_ERROR,
        "list" | "string" | "map" | "number" | "funcRef" | "error" | "intrinsics" | "version" | "gc" | "info" => {
            TypeSet::MAP
        }
        _ => return None,
    })
}

/// The same, where errors among the arguments may be what is given.
fn surely(id: IntrinsicId, args: &[TypeSet]) -> Option<Given> {
    let own = args.iter().map(|it| it.without(TypeSet::ERROR)).collect::<Vec<_>>();
    let name = id.def().name;
    let is_known = id.def().member_of.is_none() && !own.contains(&TypeSet::NONE);
    let mut set = exactly(name, &own).filter(|_| is_known)?;
    let taken = takes(id);
    if matches!(name, "len" | "val") && own[0].is_within(taken) {
        set = TypeSet::NUMBER;
    }
    let errors = args.iter().fold(TypeSet::NONE, |sum, it| sum | it.errors());
    let elements = if name == "range" { TypeSet::NUMBER } else { TypeSet::NONE };
    // Of what some error is made is not told.
    let errors = if errors.is_within(TypeSet::RARE_ERROR) { errors } else { TypeSet::ERROR };
    Some(Given { set: set | errors, elements })
}

/// What a call may give.
pub fn given(id: IntrinsicId, args: &[TypeSet]) -> Given {
    if let Some(given) = surely(id, args) {
        return given;
    }
    let name = id.def().full_name();
    let taken = takes(id);
    // An argument that is left out has a default that makes sense.
    let first = args.first().copied().unwrap_or(TypeSet::NONE);
    let gives_null = |(argument, set): (usize, &TypeSet)| {
        let rule = rule_of(id, argument, first).filter(|rule| rule.effect == Effect::Null);
        rule.is_some_and(|rule| !set.is_within(rule.takes))
    };
    let sensible = taken != TypeSet::ANY
        && !args.is_empty()
        && first.is_within(taken)
        && !args.iter().enumerate().skip(1).any(gives_null);
    let nothing = if sensible { TypeSet::ERROR } else { TypeSet::ERROR | TypeSet::NULL };
    // Parts of what is there are never too many.
    let is_sure = sensible
        && matches!(&*name, "indexes" | "split" | "values")
        && !args.iter().any(|it| it.may_be(TypeSet::ERROR));
    let nothing = if is_sure { TypeSet::NONE } else { nothing };
    let of = |set: TypeSet| Given { set: set | nothing, elements: TypeSet::NONE };
    match gives(id) {
        _ if name == "print" => Given { set: TypeSet::NULL, elements: TypeSet::NONE },
        // At the end of what is typed there is nothing.
        _ if name == "input" => Given { set: TypeSet::STRING | TypeSet::NULL, elements: TypeSet::NONE },
        _ if name == "err" => Given { set: TypeSet::ERROR, elements: TypeSet::NONE },
        // It does not come back.
        _ if name == "exit" => Given::NOTHING,
        // They give back what is no string.
        _ if matches!(&*name, "upper" | "lower") => of(TypeSet::ANY),
        Gives::Number => of(TypeSet::NUMBER),
        Gives::Text => of(TypeSet::STRING),
        Gives::Elements if args.first() == Some(&TypeSet::STRING) => {
            Given { elements: TypeSet::STRING, ..of(TypeSet::LIST) }
        }
        Gives::Indexes if !args.is_empty() && first.is_within(TypeSet::LIST | TypeSet::STRING) => {
            Given { elements: TypeSet::NUMBER, ..of(TypeSet::LIST) }
        }
        Gives::List | Gives::Elements | Gives::Indexes => of(TypeSet::LIST),
        Gives::Numbers => Given { elements: TypeSet::NUMBER, ..of(TypeSet::LIST) },
        Gives::Texts => Given { elements: TypeSet::STRING, ..of(TypeSet::LIST) },
        Gives::Map | Gives::Host(_) => of(TypeSet::MAP),
        Gives::Error => of(TypeSet::ERROR),
        Gives::Nothing => of(TypeSet::NULL),
        Gives::Index if first != TypeSet::NONE && first.is_within(TypeSet::LIST | TypeSet::STRING) => {
            of(TypeSet::NUMBER | TypeSet::NULL)
        }
        Gives::Anything | Gives::Index | Gives::Same | Gives::Element => of(TypeSet::ANY),
    }
}

/// Members that error values have, whatever else is said of their type.
const OF_ERRORS: [&str; 6] = ["message", "inner", "stack", "err", "isa", "__isa"];

fn is_of_errors(name: &str) -> bool {
    OF_ERRORS.contains(&name) || intrinsics::type_methods("error").contains(&name)
}

/// The type maps in which a member of that name is looked for, with their types; none if the members of some type in the set are
/// anybody's. Null has no members, and errors have few: asking for others ends the program, so what is found is not theirs.
fn type_maps(of: TypeSet, name: &str) -> Option<impl Iterator<Item = (TypeSet, &'static str)>> {
    let all = [
        (TypeSet::NUMBER, "number"),
        (TypeSet::STRING, "string"),
        (TypeSet::LIST, "list"),
        (TypeSet::FUNCTION, "funcRef"),
    ];
    let of = if is_of_errors(name) { of } else { of.without(TypeSet::NULL | TypeSet::ERROR) };
    let known = all.iter().fold(TypeSet::NONE, |sum, (set, _)| sum | *set);
    (of != TypeSet::NONE && of.is_within(known)).then(|| all.into_iter().filter(move |(set, _)| of.may_be(*set)))
}

/// The method of that name that all values of a type have, by the name of its type map, unless a program gives them another.
pub fn method(owner: &str, name: &str) -> Option<IntrinsicId> {
    let own = intrinsics::find_member(owner, name);
    own.or_else(|| intrinsics::find(name).filter(|_| intrinsics::type_methods(owner).contains(&name)))
}

/// Whether no value of these types has such a member, unless a program gives it to all of them.
pub fn lacks(of: TypeSet, name: &str) -> bool {
    name != "__isa" && type_maps(of, name).is_some_and(|mut maps| maps.all(|(_, owner)| method(owner, name).is_none()))
}

/// Keys of maps that built-in functions make, and of the entries that a `for` over a map gives.
const MADE_KEYS: &[&str] = &[
    "__isa",
    "bigStrings",
    "buildDate",
    "closure",
    "comment",
    "computed",
    "date",
    "default",
    "errors",
    "frozen",
    "functions",
    "host",
    "hostInfo",
    "hostName",
    "inner",
    "internedStrings",
    "isDirectory",
    "isa",
    "key",
    "lists",
    "littleEndian",
    "maps",
    "message",
    "miniscript",
    "name",
    "note",
    "output",
    "params",
    "path",
    "platform",
    "raw",
    "size",
    "stack",
    "status",
    "total",
    "type",
    "value",
];

/// Whether the language itself makes something with a member of that name: a method, a function of the host, a key of some map.
pub fn is_made_by_language(name: &str) -> bool {
    MADE_KEYS.contains(&name) || IntrinsicId::all().any(|id| id.def().name == name)
}

/// Whether something with a function under that name is made by the language, or by what it makes of the program's own values.
pub fn may_be_function_of_language(name: &str) -> bool {
    matches!(name, "__isa" | "default" | "inner" | "key" | "value")
        || IntrinsicId::all().any(|id| id.def().name == name)
}

/// The arguments that methods and members of that name take at most which the language makes: none of them if there are none, and nothing
/// is known of members that may hold anything.
pub fn most_arguments_of_language(name: &str) -> Option<Option<u32>> {
    let takes = |id: IntrinsicId| {
        let params = id.def().params;
        params.len() as u32 - u32::from(params.first().is_some_and(|(name, _)| *name == "self"))
    };
    let is_any = matches!(name, "__isa" | "default" | "inner" | "key" | "value");
    (!is_any).then(|| IntrinsicId::all().filter(|id| id.def().name == name).map(takes).max())
}

/// The method of that name that all values of these types have, unless a program gives them another.
pub fn method_of(of: TypeSet, name: &str) -> Option<IntrinsicId> {
    let mut methods = type_maps(of, name)?.map(|(_, owner)| method(owner, name));
    let first = methods.next()??;
    methods.all(|it| it == Some(first)).then_some(first)
}

/// Whether reading a member of that name goes on for some value of these types: null has none, and errors have few.
pub fn has_members(of: TypeSet, name: &str) -> bool {
    is_of_errors(name) || of.without(TypeSet::NULL | TypeSet::ERROR) != TypeSet::NONE
}

/// What a method of values of these types gives, with these further arguments, unless a program gives them another.
pub fn member(of: TypeSet, name: &str, args: &[TypeSet]) -> Given {
    let Some(maps) = type_maps(of, name) else { return Given::ANY };
    let one = |(set, owner)| {
        let all: Vec<_> = std::iter::once(set).chain(args.iter().copied()).collect();
        method(owner, name).map_or(Given::ANY, |id| given(id, &all))
    };
    let gives: Vec<_> = maps.map(one).collect();
    let set = gives.iter().fold(TypeSet::NONE, |sum, it| sum | it.set);
    // Of several kinds of values each would have to give elements.
    let elements = if let [only] = &*gives { only.elements } else { TypeSet::NONE };
    Given { set, elements }
}
