//! The verifier refuses what it says it refuses: one broken unit per invariant.

use minilive_mir::parse::parse_unit;
use minilive_mir::verify::verify;

/// A correct unit that the cases below are edited from.
const GOOD: &str = "function
  names a, x, print
  consts null, 1, \"s\"
  params a = null
  self r1
  locals x r2
  regs 6
b0:
  r2 = const 1 : number
  jump b1
b1: loop
  branch r2 then b2 else b3
b2:
  r3 = load_local r2 x
  r2 = add r2, r3 !assign r2
  r4 = make_list [r3..=r3] : list
  jump b1
b3:
  return r2 !return r2
";

/// The invariants broken after replacing a piece of the good unit.
#[track_caller]
fn broken(from: &str, to: &str) -> Vec<u8> {
    assert!(GOOD.contains(from), "the case edits something that is there");
    let unit = parse_unit(&GOOD.replacen(from, to, 1)).expect("the text has the form of a unit");
    let errors = verify(&unit).expect_err("the case is broken");
    let mut numbers: Vec<_> = errors.iter().map(|error| error.invariant).collect();
    numbers.dedup();
    numbers
}

#[test]
fn the_good_unit_passes() {
    verify(&parse_unit(GOOD).expect("the text has the form of a unit")).expect("it is correct");
}

#[test]
fn header_fits_the_kind() {
    assert!(broken("function", "statement").contains(&1));
    assert!(broken("function", "module").contains(&1));
    assert!(broken("  regs 6", "  env [a]\n  regs 6").contains(&1));
}

#[test]
fn registers_of_the_header_are_in_order() {
    assert!(broken("self r1", "self r3").contains(&2));
    assert!(broken("locals x r2", "locals x r3").contains(&2));
    assert!(broken("  locals x r2\n", "  env [x]\n").contains(&2));
}

#[test]
fn registers_are_in_proportion_to_the_code() {
    assert_eq!(broken("regs 6", "regs 2147483647"), [7]);
}

#[test]
fn the_note_is_a_string() {
    assert_eq!(broken("  regs 6", "  note 1\n  regs 6"), [3]);
}

#[test]
fn blocks_have_instructions_and_end_with_terminators() {
    assert!(broken("b3:\n  return r2 !return r2\n", "b3:\n").contains(&4));
    assert_eq!(broken("  jump b1\nb1: loop", "b1: loop"), [5]);
    assert_eq!(broken("  jump b1\nb1: loop", "  jump b1\n  jump b1\nb1: loop"), [5]);
}

#[test]
fn targets_exist_and_loop_heads_are_marked() {
    assert!(broken("else b3", "else b4").contains(&6));
    assert!(broken("else b3", "else b0").contains(&6));
    assert_eq!(broken("b1: loop", "b1:"), [6]);
    assert_eq!(broken("b3:", "b3: loop"), [6]);
}

#[test]
fn registers_exist() {
    assert_eq!(broken("add r2, r3", "add r2, r9"), [7]);
    assert_eq!(broken("[r3..=r3]", "[r3..=r9]"), [7]);
    assert_eq!(broken("make_list [r3..=r3] : list", "make_map {r3} : map"), [7]);
}

#[test]
fn nested_functions_and_slots_exist() {
    assert!(broken("r4 = make_list [r3..=r3] : list", "r4 = make_function f0").contains(&8));
    assert!(broken("r4 = make_list [r3..=r3] : list", "r4 = load_env $0").contains(&10));
}

#[test]
fn types_belong_to_results() {
    assert_eq!(broken("const 1 : number", "const 1 : string"), [9]);
    assert_eq!(broken("jump b1", "jump b1 : number"), [9]);
}

#[test]
fn instructions_fit_the_kind() {
    assert_eq!(broken("load_local r2 x", "load_local r2 a"), [10]);
    assert_eq!(broken("load_local r2 x", "load_locals"), [10]);
    assert_eq!(broken("r3 = load_local r2 x", "r3 = const 1 : number\n  store_global x = r3"), [10]);
    assert_eq!(broken("return r2 !return r2", "end"), [10]);
}

#[test]
fn records_show_what_their_instruction_touches() {
    assert_eq!(broken("!assign r2", "!assign r5"), [11]);
}

#[test]
fn registers_are_written_before_they_are_read() {
    assert_eq!(broken("  r2 = const 1 : number\n", ""), [12]);
    assert_eq!(broken("add r2, r3", "add r2, r5"), [12]);
    assert_eq!(broken("r3 = load_local r2 x", "r3 = move r1"), [12]);
}
