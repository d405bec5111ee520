//! Types that are taken for certain are those that programs have: specs, examples and generated programs are run and compared; and what
//! is known of built-in functions is what they do.

use minilive::guide::arguments::{Effect, RULES, broken};
use minilive::guide::types::{given, takes};
use minilive_mir::types::TypeSet;
use minilive_runtime::intrinsics::IntrinsicId;
use minilive_tests::files::{below, root};
use minilive_tests::modes::{Mode, run};
use minilive_tests::types::unsound;
use minilive_tests::{generate, spec};
use std::fs;

#[test]
fn types_of_specs_and_examples_hold() {
    let (mut wrong, mut compared) = (Vec::new(), 0);
    let mut look = |place: String, text: &str| {
        let (found, values) = unsound(text);
        wrong.extend(found.iter().map(|it| format!("{place}: {it}")));
        compared += values;
    };
    for path in below(&root().join("tests/spec"), "md") {
        let text = fs::read_to_string(&path).expect("specs are UTF-8");
        for case in spec::read(&path, &text).unwrap_or_else(|error| panic!("{error}")) {
            look(format!("{}:{}", case.file.display(), case.line), &case.program);
        }
    }
    for path in below(&root().join("examples"), "ms") {
        look(path.display().to_string(), &fs::read_to_string(&path).expect("examples are UTF-8"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(compared > 1000, "only {compared} values were compared");
}

#[test]
fn types_of_generated_programs_hold() {
    let mut compared = 0;
    for seed in 0..150 {
        let program = generate::program(seed);
        let (wrong, values) = unsound(&program);
        assert!(wrong.is_empty(), "seed {seed}: {}\n{program}", wrong.join("\n"));
        compared += values;
    }
    assert!(compared > 1000, "only {compared} values were compared");
}

const VALUES: [(TypeSet, &str, &str); 6] = [
    (TypeSet::NULL, "null", "null"),
    (TypeSet::NUMBER, "2", "number"),
    (TypeSet::STRING, "\"ab\"", "string"),
    (TypeSet::LIST, "[1, 2]", "list"),
    (TypeSet::MAP, "{\"a\": 1}", "map"),
    (TypeSet::FUNCTION, "@print", "funcRef"),
];

/// Functions that end the program, wait, or speak with the world.
const LEFT_ALONE: [&str; 10] = ["exit", "wait", "yield", "input", "exec", "import", "reset", "_in", "_out", "env"];

#[test]
fn built_in_functions_give_what_is_known_of_them() {
    for id in IntrinsicId::globals().filter(|id| !LEFT_ALONE.contains(&id.def().name)) {
        let name = id.def().name;
        if id.def().params.is_empty() {
            continue;
        }
        for (set, value, _) in VALUES {
            let program = format!(
                "x = {name}({value})\nif x isa error then\n  print \"error\"\nelse\n  print info(@x).type\nend if\n"
            );
            let output = run(&program, "x.ms", Mode::Interpreter).output;
            let last = output.trim_end().lines().last().unwrap_or_default();
            let seen = VALUES.iter().find(|it| it.2 == last).map_or(TypeSet::ERROR, |it| it.0);
            let told = given(id, &[set]).set;
            let holds = if seen == TypeSet::ERROR { told.may_be(seen) } else { seen.is_within(told) };
            assert!(holds, "{name}({value}) gives {last}: {:?}", given(id, &[set]));
            let taken = takes(id) != TypeSet::ANY && set.may_be(takes(id));
            assert!(!taken || last != "error", "{name}({value}) gives an error, but is said to be taken");
        }
    }
}

/// Values of each type; of strings also those that read as numbers.
const MORE_VALUES: [(TypeSet, &str); 13] = [
    (TypeSet::NULL, "null"),
    (TypeSet::NUMBER, "0"),
    (TypeSet::NUMBER, "2"),
    (TypeSet::STRING, "\"\""),
    (TypeSet::STRING, "\"ab\""),
    (TypeSet::STRING, "\"2\""),
    (TypeSet::LIST, "[]"),
    (TypeSet::LIST, "[1, 2]"),
    (TypeSet::LIST, "[\"ab\"]"),
    (TypeSet::MAP, "{}"),
    (TypeSet::MAP, "{\"ab\": 1}"),
    (TypeSet::FUNCTION, "@print"),
    (TypeSet::FUNCTION, "@abs"),
];

/// The same with a second and a third argument, of which each may change what is given.
#[test]
fn built_in_functions_give_what_is_known_of_them_with_more_arguments() {
    let mut tried = 0;
    for id in IntrinsicId::globals().filter(|id| id.def().params.len() > 1 && !LEFT_ALONE.contains(&id.def().name)) {
        let name = id.def().name;
        let mut program = String::new();
        let mut sets = Vec::new();
        for (first, second) in MORE_VALUES.iter().flat_map(|a| MORE_VALUES.iter().map(move |b| (a, b))) {
            let third = if id.def().params.len() > 2 { &MORE_VALUES[..] } else { &[] };
            let all = std::iter::once(None).chain(third.iter().map(Some));
            for third in all {
                let args: Vec<_> = [Some(first), Some(second), third].into_iter().flatten().collect();
                let texts: Vec<_> = args.iter().map(|it| it.1).collect();
                program += &format!(
                    "x = {name}({})\nif x isa error then print \"error\" else print info(@x).type\n",
                    texts.join(", ")
                );
                sets.push((texts.join(", "), args.iter().map(|it| it.0).collect::<Vec<_>>()));
            }
        }
        let output = run(&program, "x.ms", Mode::Interpreter).output;
        if name == "print" {
            continue;
        }
        let told: Vec<_> = output.lines().collect();
        assert_eq!(told.len(), sets.len(), "{name}: {output}");
        for ((text, sets), told) in sets.iter().zip(told) {
            let seen = VALUES.iter().find(|it| it.2 == told).map_or(TypeSet::ERROR, |it| it.0);
            let given = given(id, sets).set;
            let holds = if seen == TypeSet::ERROR { given.may_be(seen) } else { seen.is_within(given) };
            assert!(holds, "{name}({text}) gives {told}: {given:?}");
            tried += 1;
        }
    }
    assert!(tried > 5000, "{tried} calls");
}

/// Every call that breaks a rule does what the rule says, whatever the other arguments are.
#[test]
fn arguments_that_are_refused_do_what_is_said() {
    let mut tried = 0;
    for rule in RULES.iter().filter(|it| !matches!(it.function, "exit" | "wait")) {
        let id = IntrinsicId::globals().find(|id| id.def().name == rule.function).expect("it exists");
        for case in 0..MORE_VALUES.len().pow(2) {
            let (other, own) = (MORE_VALUES[case % MORE_VALUES.len()], MORE_VALUES[case / MORE_VALUES.len()]);
            let (mut args, mut sets) = (vec![other.1; rule.argument], vec![other.0; rule.argument]);
            args.push(own.1);
            sets.push(own.0);
            if rule.argument > 1 {
                (args[1], sets[1]) = ("\"a\"", TypeSet::STRING);
            }
            if broken(id, &sets) != Some(rule) {
                continue;
            }
            tried += 1;
            let told = call(rule.function, &args);
            let zero: Vec<_> = args[..rule.argument].iter().copied().chain(["0"]).collect();
            let expected = match rule.effect {
                Effect::Error => "error\n".to_owned(),
                Effect::Null => "null\n".to_owned(),
                Effect::Zero => call(rule.function, &zero),
                Effect::Unwritten => {
                    let text = format!("first = {}\nprint @first, \"\"\n", other.1);
                    let text = run(&text, "x.ms", Mode::Interpreter).output;
                    format!("{text}null\n")
                }
            };
            assert!(told.starts_with(&expected), "{}({}): {told}, not {expected}", rule.function, args.join(", "));
        }
    }
    assert!(tried > 2000, "{tried} calls");
}

/// What a call prints and gives; the first argument as the call leaves it, too.
fn call(function: &str, args: &[&str]) -> String {
    let first = if args.len() > 1 { "print first\n" } else { "" };
    let rest = std::iter::once("@first").chain(args.iter().skip(1).copied()).collect::<Vec<_>>().join(", ");
    let program = format!(
        "first = {}\nx = {function}({rest})\nif x isa error then\n  print \"error\"\nelse\n  print @x\n  {first}end if\n",
        args[0]
    );
    run(&program, "x.ms", Mode::Interpreter).output
}
