//! Types and findings of small functions, drawn under their source.

use super::*;
use crate::lower::lower_file;
use crate::names::ANY_KEY;
use crate::types::TypeSet;
use minilive_syntax::parse;

/// Knows a few intrinsics and nothing else.
struct Small;

impl Outside for Small {
    fn free(&self, name: &str) -> Free {
        let intrinsic = |id| Free { set: TypeSet::FUNCTION, result: TypeSet::ANY, intrinsic: Some(id) };
        match name {
            "string" => intrinsic(2),
            "range" => intrinsic(0),
            "print" => intrinsic(1),
            "anything" => Free::ANY,
            _ => Free::NOTHING,
        }
    }

    fn is_followed(&self, name: &str) -> bool {
        name.starts_with("own")
    }

    fn child(&self, _: ChildId) -> TypeSet {
        TypeSet::STRING
    }

    fn call(&self, intrinsic: u32, _: &[TypeSet]) -> Given {
        match intrinsic {
            0 => Given { set: TypeSet::LIST, elements: TypeSet::NUMBER },
            _ => Given { set: TypeSet::NULL, elements: TypeSet::NONE },
        }
    }

    fn refuses(&self, intrinsic: u32, args: &[TypeSet]) -> Option<usize> {
        let wanted = |set: &TypeSet| intrinsic == 0 && *set != TypeSet::NONE && !set.may_be(TypeSet::NUMBER);
        args.iter().position(wanted)
    }

    fn refuses_word(&self, intrinsic: u32, _: &[TypeSet], _: usize) -> bool {
        intrinsic == 0
    }

    fn method(&self, of: TypeSet, name: &str) -> Option<u32> {
        match name {
            "range" if of == TypeSet::NUMBER => Some(0),
            "indexOf" => Some(3),
            _ => None,
        }
    }

    fn member(&self, of: TypeSet, name: &str, _: &[TypeSet]) -> Given {
        match name {
            "indexOf" => Given { set: TypeSet::NUMBER | TypeSet::NULL, elements: TypeSet::NONE },
            "split" if of == TypeSet::STRING => Given { set: TypeSet::LIST, elements: TypeSet::STRING },
            _ => Given::ANY,
        }
    }

    fn lacks(&self, of: TypeSet, name: &str) -> bool {
        of.is_within(TypeSet::NUMBER | TypeSet::LIST) && ["foo", ANY_KEY].contains(&name)
    }
}

/// The last unit of a program with the text behind each instruction.
fn last(text: &str) -> (UnitTypes, Vec<String>) {
    let (program, found) = lower_file(&parse(text), "m");
    assert!(found.is_empty(), "{found:?}");
    let unit = program.units.last().expect("there is one");
    let code = unit.mir.as_ref().expect("code");
    let types = infer(code, &Small);
    let lowered = crate::units::units(&parse(text).green, crate::units::FileMode::Program);
    let it = lowered.last().expect("there is one");
    let map = crate::lower::lower_unit(&it.green, it.kind, it.key).map;
    let own = &text[usize::from(it.start)..];
    let texts = map.ranges.iter().map(|&range| own[range].to_owned()).collect();
    (types, texts)
}

#[track_caller]
fn finds(body: &str, expected: &[(&str, &str)]) {
    let (types, texts) = last(&format!("f = function(p)\n{body}\nend function\n"));
    let name = |it: &TypeFinding| format!("{:?}", it.wrong).split([' ', '{']).next().unwrap_or_default().to_owned();
    let found: Vec<_> = types.findings.iter().map(|it| (name(it), texts[it.inst.0 as usize].clone())).collect();
    let found: Vec<_> = found.iter().map(|(name, text)| (&**name, &**text)).collect();
    assert_eq!(found, expected, "{body}");
}

/// The type of the value that the function returns last.
#[track_caller]
fn gives(body: &str, expected: TypeSet) {
    let (types, texts) = last(&format!("f = function(p)\n{body}\n  return [last]\nend function\n"));
    let at = texts.iter().rposition(|it| it == "last").expect("is read");
    assert_eq!(types.results[at], expected, "{body}");
}

#[test]
fn types_follow_the_flow() {
    gives("last = 1", TypeSet::NUMBER);
    gives("last = 1\nlast = \"a\"", TypeSet::STRING);
    gives("last = 1\nif p then last = \"a\"", TypeSet::NUMBER | TypeSet::STRING);
    gives("last = 1\nif false then last = \"a\"", TypeSet::NUMBER);
    gives("last = null\nwhile p\n  if last == null then last = [1]\nend while", TypeSet::NULL | TypeSet::LIST);
    gives("last = 0\nfor i in range(1, 3)\n  last = i\nend for", TypeSet::NUMBER);
    gives("x = range(1, 3)\nlast = 1\nfor i in x\n  last = i\nend for", TypeSet::ANY);
    gives("for c in \"abc\"\n  last = c + c\nend for", TypeSet::STRING | TypeSet::RARE_ERROR);
    gives("last = p", TypeSet::ANY);
    gives("last = \"ab\"[0]", TypeSet::STRING);
    gives("last = 1 + 2 * 3 - 4", TypeSet::NUMBER);
    gives("last = [1] - 2", TypeSet::NULL);
    gives("last = not p", TypeSet::NUMBER | TypeSet::RARE_ERROR);
}

#[test]
fn conditions_narrow_what_they_test() {
    let either = TypeSet::NULL | TypeSet::NUMBER;
    let x = "  x = null\n  if p then x = 3\n";
    gives(&format!("{x}last = 0\nlast = x"), either);
    for (body, expected) in [
        ("if x == null then return\nlast = x", TypeSet::NUMBER),
        ("if x then last = x else return", TypeSet::NUMBER),
        ("last = 1\nif x != null then last = x", TypeSet::NUMBER),
        ("if not (x == null) then return\nlast = x", TypeSet::NULL),
        ("if not x then return\nlast = x", TypeSet::NUMBER),
        ("if x then return\nlast = x", either),
        ("last = [x and x, 0]\nif x == \"a\" then last = 1", TypeSet::LIST),
        ("while x\n  last = x\n  return [last]\nend while\nlast = \"\"", TypeSet::STRING),
        ("if p and x then last = x else return", TypeSet::NUMBER),
        ("if p or x == null then return\nlast = x", TypeSet::NUMBER),
        ("if p or not x then return else last = x", TypeSet::NUMBER),
        ("if p == x then last = x else return", either),
        ("if x == 3 then last = x else return", TypeSet::NUMBER),
    ] {
        gives(&format!("{x}{body}"), expected);
    }
    let x = "  x = null\n  if p then x = 3\n  if p > 1 then x = \"a\"\n";
    gives(&format!("{x}if x isa string then last = x else return"), TypeSet::STRING);
    gives(&format!("{x}if x isa string then return\nlast = x"), either);
    // What is tested is what the call gives.
    gives("x = null\nif p then x = @anything\nif x == null then last = @x else return", TypeSet::ANY);
}

#[test]
fn globals_are_followed_within_a_statement() {
    let read = |text: &str, expected: TypeSet| {
        let (types, texts) = last(text);
        let at = texts.iter().rposition(|it| it == "own").expect("is read");
        assert_eq!(types.results[at], expected, "{text}");
    };
    read("if anything then\n  own = 1\n  print own\nend if\n", TypeSet::NUMBER);
    read(
        "for i in [1]\n  own = \"a\"\n  if anything then own = 2\n  print own\nend for\n",
        TypeSet::NUMBER | TypeSet::STRING,
    );
    read("if own then\n  print own\nend if\n", TypeSet::ANY);
}

#[test]
fn elements_are_certain_of_lists_that_nobody_else_has() {
    gives("last = [1, 2][0]", TypeSet::NUMBER | TypeSet::NULL);
    gives("last = [1, \"a\"][p]", TypeSet::ANY);
    gives("last = range(1, 3)[1]", TypeSet::NUMBER | TypeSet::NULL);
    gives("last = \"a b\".split[0]", TypeSet::STRING | TypeSet::NULL);
    gives("last = 1\nfor i in [1, \"a\"]\n  last = i\nend for", TypeSet::NUMBER | TypeSet::STRING);
    gives("last = \"\"\nfor i in \"a b\".split(p)\n  last = i\nend for", TypeSet::STRING);
    gives("x = [1, 2]\nlast = x[0]", TypeSet::ANY);
    gives("x = [1, 2]\nfor i in x\n  last = i\nend for\nlast = p", TypeSet::ANY);
    gives("last = p.foo([1])[0]", TypeSet::ANY);
    let many = vec!["1"; 5000].join(", ");
    gives(&format!("last = [{many}, \"a\"][0]"), TypeSet::NUMBER | TypeSet::STRING | TypeSet::NULL);
}

#[test]
fn what_calls_nothing_and_gives_nothing_is_found() {
    finds("  x = 5\n  return x(3)", &[("NotAFunction", "x(3)")]);
    finds("  x = 5\n  if p then x = @p\n  return x(3)", &[]);
    finds("  return p(3)", &[]);
    finds("  x = [1]\n  return x - 2", &[("NoResult", "x - 2")]);
    finds("  x = [1]\n  if p then x = 1\n  return x - 2", &[]);
    finds("  x = \"a\"\n  return -x", &[("NoResult", "-x")]);
    finds("  return range(\"a\", p)", &[("Refused", "range(\"a\", p)")]);
    finds("  n = 1\n  return n.range(p, [])", &[("Refused", "n.range(p, [])")]);
    finds("  n = 1\n  return n.range(p, 2)", &[]);
    finds("  x = 3\n  return x.foo", &[("NoMember", "x.foo")]);
}

#[test]
fn elements_of_what_has_none_are_found() {
    finds("  x = null\n  return x.foo", &[("NoMember", "x.foo")]);
    finds("  x = null\n  if p then x = p\n  return x.foo", &[]);
    finds("  x = 3\n  return x[0] + x[:p]", &[("NoElements", "x[0]"), ("NoElements", "x[:p]")]);
    finds("  x = 3\n  return x[p]", &[]);
    finds("  x = 3\n  return x[\"foo\"]", &[("NoMember", "x[\"foo\"]")]);
    finds("  x = \"a\"\n  x[0] = p\n  return x[0]", &[("NotAssignable", "x[0] = p")]);
    finds("  x = [1]\n  x[0] = p\n  for i in x\n  end for\n  for i in 3\n  end for", &[("NoElements", "3")]);
}

#[test]
fn what_a_test_for_null_keeps_from_running_is_not_judged() {
    finds("  x = null\n  if x != null then return x.foo\n  return 0", &[]);
    finds("  x = null\n  if x == null then return x.foo\n  return 0", &[("NoMember", "x.foo")]);
    finds("  x = null\n  if x then return x.foo\n  if not x then return x.bar\n  return 0", &[("NoMember", "x.bar")]);
    finds("  x = null\n  return x and x.foo", &[]);
    finds("  x = null\n  return p or x.foo", &[]);
    finds("  x = null\n  y = 0.5\n  return (0 and -[]) + (1 or -[]) + (y or -[])", &[("NoResult", "-[]")]);
    finds("  x = null\n  while p\n    if x != null then return x.foo\n    x = p\n  end while\n  return 0", &[]);
}

#[test]
fn what_a_test_of_its_type_keeps_from_running_is_not_judged() {
    let never = ("Decided", "x isa string");
    finds("  x = 3\n  if x isa string then return x.foo\n  return 0", &[never]);
    finds("  x = 3\n  if x isa string and p then y = -\"a\"\n  return 0", &[never]);
    finds("  x = \"a\"\n  if x isa string then y = -x\n  return 0", &[("NoResult", "-x")]);
    finds("  x = {}\n  if x isa string then y = -\"a\"\n  return 0", &[("NoResult", "-\"a\"")]);
    finds("  if p isa string then y = -\"a\"\n  return 0", &[("NoResult", "-\"a\"")]);
}

#[test]
fn what_isa_has_found_is_compared_with_other_types_in_vain() {
    let told = ("Decided", "p == 3");
    finds("  if p isa string then return p == 3\n  return 0", &[told]);
    finds("  if not p isa string then return p\n  x = p\n  return x < 3", &[("Decided", "x < 3")]);
    finds("  return p isa string and p == 3", &[told]);
    finds("  if p isa string then return p == \"a\" or p == 3\n  return 0", &[told]);
    finds("  if p isa string then p = 3\n  return p == 3", &[]);
    finds("  if p isa string then return p == \"3\" or p == {}\n  return p == 3", &[]);
    finds("  if p isa string or p then return p == 3\n  return 0", &[]);
    // It may be a function all the same.
    finds("  if p isa string then return p - 3\n  return 0", &[]);
    finds("  while p\n    if p isa string then p = 3\n    if p == 3 then return 1\n  end while\n  return 0", &[]);
}

#[test]
fn what_is_found_stands_at_no_negative_place() {
    let found = "  i = \"abc\".indexOf(p)\n";
    let told = ("NotFound", "i == -1");
    finds(&format!("{found}  if i == -1 then return 0\n  return i"), &[told]);
    finds(&format!("{found}  return i != -1 or -2 == i"), &[("NotFound", "i != -1"), ("NotFound", "-2 == i")]);
    finds(&format!("{found}  return i < 0 or i <= -1"), &[("NotFound", "i < 0"), ("NotFound", "i <= -1")]);
    finds(&format!("{found}  return 0 > i and -1 >= i"), &[("NotFound", "0 > i"), ("NotFound", "-1 >= i")]);
    finds(&format!("{found}  return i > -1 or i >= 0 or i == 0 or i <= 0 or i < 1 or -1 < i"), &[]);
    finds(&format!("{found}  if i == null then i = -1\n  return i == -1"), &[]);
    finds("  i = -1\n  while p\n    if i == -1 then i = [1].indexOf(p)\n  end while\n  return i == -1", &[]);
    finds("  i = {-1: 5}.indexOf(5)\n  return i == -1", &[]);
    finds("  i = p.indexOf(5)\n  return i == -1", &[]);
}

#[test]
fn a_map_literal_is_of_no_other_type() {
    finds("  return {} isa string", &[("Decided", "{} isa string")]);
    finds("  return {\"a\": 1} isa string", &[("Decided", "{\"a\": 1} isa string")]);
    finds("  return {\"__isa\": string} isa string and {p: string} isa string and {} isa p", &[]);
    finds("  x = {}\n  x.__isa = string\n  return x isa string", &[]);
}

#[test]
fn comparisons_that_always_come_out_the_same_are_found() {
    finds("  x = 3\n  return x == \"3\"", &[("Decided", "x == \"3\"")]);
    finds("  x = 3\n  return x < \"3\"", &[("Decided", "x < \"3\"")]);
    finds("  x = 3\n  return x < p", &[]);
    finds("  x = [1]\n  return x isa string", &[("Decided", "x isa string")]);
    finds("  x = null\n  if p then x = 1\n  return not x isa string", &[("Decided", "x isa string")]);
    finds("  x = \"a\"\n  if p then x = 3\n  return x isa string", &[]);
    finds("  x = \"a\"\n  return x isa string", &[]);
    finds("  x = {}\n  return x isa string", &[]);
    finds("  return p isa string", &[]);
    finds("  x = 3\n  string = p\n  return x isa string", &[]);
    finds("  x = 3\n  return x isa p", &[]);
    finds("  x = 3\n  return x isa anything", &[]);
    finds("  x = null\n  for i in p\n    if x isa string then return i\n    x = i\n  end for\n  return 0", &[]);
    finds("  return p == \"3\"", &[]);
    finds("  x = null\n  for i in p\n    if x == 3 then return i\n    x = i\n  end for\n  return 0", &[]);
}

#[test]
fn what_is_read_before_it_is_assigned_is_found() {
    finds("  y = x\n  x = 1\n  return y", &[("Unassigned", "x")]);
    finds("  if p then x = 1\n  return x", &[("Unsure", "x")]);
    finds("  while p\n    y = x\n    x = 1\n  end while", &[("Unassigned", "x")]);
    finds("  while p\n    if p > 1 then y = x\n    x = 1\n  end while", &[("Unsure", "x")]);
    finds("  y = anything\n  anything = 1\n  return y", &[]);
}

#[test]
fn functions_that_give_a_value_on_some_ways_only_are_found() {
    // They end where nothing is written.
    let end = "";
    finds("  if p then return 1", &[("NoReturn", end)]);
    finds("  if p then\n    return 1\n  else\n    return 2\n  end if", &[]);
    finds("  while true\n    if p then return 1\n  end while", &[]);
    finds("  if p then return\n  x = p", &[]);
    finds("  if p then return null\n  x = p", &[]);
    finds("  if p == 1 then return 1\n  if p == 2 then return null\n  x = p", &[]);
    finds("  if p then return p.x\n  x = p", &[]);
    finds("  x = p", &[]);
}

/// Counts how often it is asked for members.
#[derive(Default)]
struct Counting(std::cell::Cell<u32>);

impl Outside for Counting {
    fn free(&self, name: &str) -> Free {
        Small.free(name)
    }

    fn is_followed(&self, name: &str) -> bool {
        Small.is_followed(name)
    }

    fn child(&self, child: ChildId) -> TypeSet {
        Small.child(child)
    }

    fn call(&self, intrinsic: u32, args: &[TypeSet]) -> Given {
        Small.call(intrinsic, args)
    }

    fn refuses(&self, _: u32, _: &[TypeSet]) -> Option<usize> {
        None
    }

    fn refuses_word(&self, _: u32, _: &[TypeSet], _: usize) -> bool {
        false
    }

    fn method(&self, _: TypeSet, _: &str) -> Option<u32> {
        None
    }

    fn member(&self, _: TypeSet, _: &str, _: &[TypeSet]) -> Given {
        self.0.set(self.0.get() + 1);
        Given::ANY
    }

    fn lacks(&self, _: TypeSet, _: &str) -> bool {
        false
    }
}

#[test]
fn ten_times_the_code_is_at_most_twelve_times_the_work() {
    // Counted by members that are read: one in each block.
    let work = |n: usize| {
        let lines: String = (0..n)
            .map(|k| format!("  if p.a > {k} then\n    a{k} = p.b\n  else\n    b{k} = p.c\n  end if\n  while p.d\n    c{k} = p.e\n  end while\n"))
            .collect();
        let (program, _) = lower_file(&parse(&format!("f = function(p)\n{lines}end function\n")), "m");
        let unit = program.units.last().and_then(|unit| unit.mir.clone()).expect("code");
        let outside = Counting::default();
        let types = infer(&unit, &outside);
        assert_eq!(types.results.len(), unit.insts.len());
        outside.0.get()
    };
    let (small, large) = (work(20), work(200));
    assert!(large <= small * 12, "{small} for 20, {large} for 200");
}
