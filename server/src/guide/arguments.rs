//! Arguments that built-in functions do nothing sensible with, by the types that they take.
//!
//! Flow-sensitive inference asks through the database, warnings put the answer into words. Invariant: a rule holds for every value of the
//! types that it does not name, whatever the other arguments are; a test runs the functions to prove it. Error values are never refused,
//! since most functions hand them on.

use minilive_mir::types::TypeSet;
use minilive_runtime::intrinsics::IntrinsicId;

/// What comes of an argument that is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The call gives an error value.
    Error,
    /// The call gives null.
    Null,
    /// The argument counts as the number 0.
    Zero,
    /// `print` writes neither it nor an end of the line.
    Unwritten,
}

/// What a function takes as one of its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The name of the function.
    pub function: &'static str,
    /// Which argument, counted from 0; as a method, its receiver is the first.
    pub argument: usize,
    /// The types of the first argument for which the rule holds.
    pub first: TypeSet,
    /// The types that are taken.
    pub takes: TypeSet,
    /// What comes of others.
    pub effect: Effect,
}

const NUMBER: TypeSet = TypeSet::NUMBER;
const STRING: TypeSet = TypeSet::STRING;
const LIST: TypeSet = TypeSet::LIST;

const fn union(sets: &[TypeSet]) -> TypeSet {
    let (mut all, mut at) = (TypeSet::NONE, 0);
    while at < sets.len() {
        all = all.with(sets[at]);
        at += 1;
    }
    all
}

/// A string that reads as a number does as well.
const NUMERIC: TypeSet = union(&[NUMBER, STRING]);
const OPTIONAL: TypeSet = union(&[NUMBER, TypeSet::NULL]);
const SEQUENCE: TypeSet = union(&[LIST, STRING]);
const CONTAINER: TypeSet = union(&[LIST, TypeSet::MAP]);
const ANY_OF_THREE: TypeSet = union(&[LIST, STRING, TypeSet::MAP]);

const fn rule(function: &'static str, argument: usize, takes: TypeSet, effect: Effect) -> Rule {
    Rule { function, argument, first: TypeSet::ANY, takes, effect }
}

const fn of(first: TypeSet, rule: Rule) -> Rule {
    Rule { first, ..rule }
}

/// All rules, those of a function together.
pub const RULES: &[Rule] = &[
    rule("abs", 0, NUMERIC, Effect::Error),
    rule("acos", 0, NUMERIC, Effect::Error),
    rule("asin", 0, NUMERIC, Effect::Error),
    rule("atan", 0, NUMERIC, Effect::Error),
    rule("atan", 1, NUMERIC, Effect::Error),
    rule("bitAnd", 0, NUMERIC, Effect::Error),
    rule("bitAnd", 1, NUMERIC, Effect::Error),
    rule("bitOr", 0, NUMERIC, Effect::Error),
    rule("bitOr", 1, NUMERIC, Effect::Error),
    rule("bitXor", 0, NUMERIC, Effect::Error),
    rule("bitXor", 1, NUMERIC, Effect::Error),
    rule("ceil", 0, NUMERIC, Effect::Error),
    rule("char", 0, NUMERIC, Effect::Error),
    rule("code", 0, STRING, Effect::Error),
    rule("cos", 0, NUMERIC, Effect::Error),
    rule("exit", 0, OPTIONAL, Effect::Zero),
    rule("floor", 0, NUMERIC, Effect::Error),
    rule("hasIndex", 0, ANY_OF_THREE, Effect::Error),
    rule("indexOf", 0, ANY_OF_THREE, Effect::Error),
    of(STRING, rule("indexOf", 1, STRING, Effect::Null)),
    of(SEQUENCE, rule("indexOf", 2, OPTIONAL, Effect::Zero)),
    rule("indexes", 0, ANY_OF_THREE, Effect::Error),
    rule("insert", 0, SEQUENCE, Effect::Error),
    of(SEQUENCE, rule("insert", 1, OPTIONAL, Effect::Zero)),
    rule("join", 0, LIST, Effect::Error),
    rule("len", 0, ANY_OF_THREE, Effect::Null),
    rule("log", 0, NUMERIC, Effect::Error),
    rule("log", 1, NUMERIC, Effect::Error),
    rule("pop", 0, CONTAINER, Effect::Error),
    rule("print", 1, union(&[STRING, TypeSet::NULL]), Effect::Unwritten),
    rule("pull", 0, CONTAINER, Effect::Error),
    rule("push", 0, CONTAINER, Effect::Error),
    rule("range", 0, NUMERIC, Effect::Error),
    rule("range", 1, NUMERIC, Effect::Error),
    rule("range", 2, union(&[NUMERIC, TypeSet::NULL]), Effect::Error),
    rule("remove", 0, CONTAINER, Effect::Error),
    of(LIST, rule("remove", 1, OPTIONAL, Effect::Zero)),
    rule("replace", 0, ANY_OF_THREE, Effect::Error),
    of(STRING, rule("replace", 1, STRING, Effect::Null)),
    of(STRING, rule("replace", 2, STRING, Effect::Null)),
    of(ANY_OF_THREE, rule("replace", 3, OPTIONAL, Effect::Zero)),
    rule("rnd", 0, union(&[NUMERIC, TypeSet::NULL]), Effect::Error),
    rule("round", 0, NUMERIC, Effect::Error),
    rule("round", 1, NUMERIC, Effect::Error),
    rule("shuffle", 0, CONTAINER, Effect::Error),
    rule("sign", 0, NUMERIC, Effect::Error),
    rule("sin", 0, NUMERIC, Effect::Error),
    rule("slice", 0, SEQUENCE, Effect::Error),
    of(SEQUENCE, rule("slice", 1, OPTIONAL, Effect::Zero)),
    of(SEQUENCE, rule("slice", 2, OPTIONAL, Effect::Zero)),
    rule("sort", 0, LIST, Effect::Error),
    rule("split", 0, STRING, Effect::Error),
    of(STRING, rule("split", 1, STRING, Effect::Null)),
    of(STRING, rule("split", 2, OPTIONAL, Effect::Zero)),
    rule("sqrt", 0, NUMERIC, Effect::Error),
    rule("tan", 0, NUMERIC, Effect::Error),
    rule("val", 0, union(&[NUMERIC, TypeSet::NULL]), Effect::Null),
    rule("values", 0, ANY_OF_THREE, Effect::Error),
    rule("wait", 0, OPTIONAL, Effect::Zero),
];

/// The rule that arguments of these types certainly break.
pub fn broken(id: IntrinsicId, args: &[TypeSet]) -> Option<&'static Rule> {
    if id.def().member_of.is_some() {
        return None;
    }
    let name = id.def().name;
    let start = RULES.partition_point(|rule| rule.function < name);
    let own = RULES[start..].iter().take_while(|rule| rule.function == name);
    own.into_iter().find(|rule| {
        let holds = rule.first == TypeSet::ANY || args.first().is_some_and(|it| it.is_within(rule.first));
        let arg = args.get(rule.argument).copied().unwrap_or(TypeSet::NONE);
        holds && !args.contains(&TypeSet::NONE) && arg != TypeSet::NONE && !arg.may_be(rule.takes | TypeSet::ERROR)
    })
}

/// Whether a string is refused as an argument if it reads as no number, where others are of these types.
pub fn refuses_word(id: IntrinsicId, args: &[TypeSet], argument: usize) -> bool {
    let first = args.first().copied().unwrap_or(TypeSet::NONE);
    let is_numeric = |rule: &Rule| rule.takes.without(TypeSet::NULL) == NUMERIC && rule.effect == Effect::Error;
    id.def().member_of.is_none()
        && !args.contains(&TypeSet::NONE)
        && rule_of(id, argument, first).is_some_and(is_numeric)
}

/// The rule for an argument of a function whose first argument is of these types.
pub fn rule_of(id: IntrinsicId, argument: usize, first: TypeSet) -> Option<&'static Rule> {
    let fits = |rule: &&Rule| rule.function == id.def().name && rule.argument == argument;
    RULES.iter().find(|rule| fits(rule) && (rule.first == TypeSet::ANY || first.is_within(rule.first)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_in_order_and_about_parameters_that_exist() {
        for pair in RULES.windows(2) {
            let key = |rule: &Rule| (rule.function, rule.argument);
            assert!(key(&pair[0]) < key(&pair[1]), "{:?}", pair[1]);
        }
        for rule in RULES {
            let id = IntrinsicId::globals().find(|id| id.def().name == rule.function).expect("it exists");
            assert!(rule.argument < id.def().params.len(), "{rule:?}");
        }
    }
}
