//! What each pass of the optimising compiler makes of a small program: the SSA form with it and without.
//!
//! Invariant: both forms print the same when they run.
#![cfg(not(minilive_portable))]

#[path = "passes/callees.rs"]
mod callees;
#[path = "passes/fields.rs"]
mod fields;
#[path = "passes/kinds.rs"]
mod kinds;
#[path = "passes/loops.rs"]
mod loops;
#[path = "passes/numbering.rs"]
mod numbering;
#[path = "passes/stages.rs"]
mod stages;
#[path = "passes/values.rs"]
mod values;

use expect_test::{Expect, expect};
use minilive_jit::engine::{Engine, EngineConfig, Pace, TierPolicy};
use minilive_jit::passes::{Pass, Passes};
use minilive_tests::modes::{FUEL, Variant, lowered, run_in};

/// The last SSA form of what was compiled of the function `f`, without states of exits and execution counters; and what was printed.
fn ssa(program: &str, passes: Passes) -> (String, String) {
    dumped(program, passes, false)
}

/// The same of what was compiled for calls, or for a loop.
fn dumped(program: &str, passes: Passes, of_loop: bool) -> (String, String) {
    let tier = TierPolicy::Tiered { baseline: None, threshold: 500 };
    let mut engine = Engine::new(EngineConfig { tier, dump: true, verify: true, passes, ..EngineConfig::default() });
    let ran = run_in(&mut engine, program, "passes.ms", Variant::Plain, FUEL, Pace::default());
    let units = lowered(program, "passes.ms").units;
    let f = units.iter().find(|unit| unit.info.name == "f").expect("the program has a function f").key;
    let dumps = engine.take_dumps();
    let dump =
        dumps.iter().rev().find(|dump| dump.key == f && dump.loop_head.is_some() == of_loop).expect("f was compiled");
    let lines: Vec<String> = dump.ssa.iter().filter_map(|line| short(&line.text)).collect();
    (lines.join("\n") + "\n", ran.output)
}

fn short(line: &str) -> Option<String> {
    let (line, _) = line.split_once(" @").unwrap_or((line, ""));
    let (line, _) = line.split_once(" -> ").unwrap_or((line, ""));
    if line.trim_start().starts_with("Count(") {
        return None;
    }
    // Numbers of shapes depend on which maps were made before.
    for (what, end) in [("GuardShape(", ')'), ("HasShape(", ')'), ("MakeShaped(", ')'), (", shape: ", ' ')] {
        if let Some((before, rest)) = line.split_once(what) {
            let (_, behind) = rest.split_once(end)?;
            return Some(format!("{before}{}{behind}", what.trim_end_matches('(')));
        }
    }
    Some(line.to_owned())
}

/// What a pass changes: lines that only the form without it has, then lines that only the form with it has.
#[track_caller]
fn check(pass: Pass, program: &str, output: &str, expected: &Expect) {
    // What the passes around it make of its work would hide it.
    let around = Pass::ALL
        .iter()
        .filter(|it| it.0.whole() != pass.whole())
        .fold(Passes::default(), |passes, it| passes.without(it.0));
    check_in(pass, around, program, output, expected);
}

/// The same of a pass that lives on the work of others.
#[track_caller]
fn check_among_others(pass: Pass, program: &str, output: &str, expected: &Expect) {
    check_in(pass, Passes::default(), program, output, expected);
}

#[track_caller]
fn check_in(pass: Pass, around: Passes, program: &str, output: &str, expected: &Expect) {
    let (with, printed) = ssa(program, around);
    assert_eq!(printed, output);
    let (without, printed) = ssa(program, around.without(pass));
    assert_eq!(printed, output);
    expected.assert_eq(&format!("without:\n{without}with:\n{with}"));
}

#[test]
fn hoisting_reads_lengths_before_the_loop() {
    check(
        Pass::Hoisting,
        "f = function(l, n)\n  s = 0\n  i = 0\n  while i < n\n    s += l[i]\n    i += 1\n  end while\n  return s\nend function\n\
         for k in range(1, 50)\n  x = f([1, 2, 3], 3)\nend for\nprint x\n",
        "6\n",
        &expect![[r#"
            without:
            function params=2
            block0():
                v1:any = Param(0)
                v2:any = Param(1)
                Enter { weight: 13, checked: true, block: BlockId(0) }
                v3:any = GuardTag(65531) v1 ! NotList
                v4:int = GuardInt v2 ! NotInteger
                jump block1()
            block1():
                v5:int = Int(0)
                v6:int = Int(0)
                jump block2()
            block2():
                EnterLoop { weight: 9, block: BlockId(1) } ! Forced
                v7:bool = ICmp(Lt) v6, v4
                branch v7 block6() else block7()
            block3(v8:f64, v9:int): in loop0
                v13:object = Object v3
                v14:int = StoredLen { settles: false } v13
                GuardIndex v9, v14 ! IndexOutOfRange
                v15:object = Elements v13, v14
                v16:any = LoadElement v13, v9, v15
                v17:f64 = GuardNum v16 ! NotNumber
                v18:f64 = FAdd v8, v17
                v19:int = Int(1)
                v20:int = IAdd v9, v19
                jump block4()
            block4(): in loop0
                EnterLoop { weight: 9, block: BlockId(1) } ! Forced
                v21:bool = ICmp(Lt) v20, v4
                branch v21 block3(v18, v20) else block5(v18)
            block5(v11:f64):
                v22:any = Box v11
                return v22
            block6():
                GuardElements ! Prototype
                v10:f64 = F64(0)
                jump block3(v10, v6)
            block7():
                v12:f64 = F64(0)
                jump block5(v12)
            with:
            function params=2
            block0():
                v1:any = Param(0)
                v2:any = Param(1)
                Enter { weight: 13, checked: true, block: BlockId(0) }
                v3:any = GuardTag(65531) v1 ! NotList
                v4:int = GuardInt v2 ! NotInteger
                jump block1()
            block1():
                v5:int = Int(0)
                v6:int = Int(0)
                jump block2()
            block2():
                EnterLoop { weight: 9, block: BlockId(1) } ! Forced
                v7:bool = ICmp(Lt) v6, v4
                branch v7 block6() else block7()
            block3(v8:f64, v9:int): in loop0
                GuardIndex v9, v14 ! IndexOutOfRange
                v16:any = LoadElement v13, v9, v15
                v17:f64 = GuardNum v16 ! NotNumber
                v18:f64 = FAdd v8, v17
                v19:int = Int(1)
                v20:int = IAdd v9, v19
                jump block4()
            block4(): in loop0
                EnterLoop { weight: 9, block: BlockId(1) } v3 ! Forced
                v21:bool = ICmp(Lt) v20, v4
                branch v21 block3(v18, v20) else block5(v18)
            block5(v11:f64):
                v22:any = Box v11
                return v22
            block6():
                GuardElements ! Prototype
                v10:f64 = F64(0)
                v13:object = Object v3
                v14:int = StoredLen { settles: false } v13
                v15:object = Elements v13, v14
                jump block3(v10, v6)
            block7():
                v12:f64 = F64(0)
                jump block5(v12)
        "#]],
    );
}

#[test]
fn induction_checks_indexes_before_the_loop() {
    check_among_others(
        Pass::Induction,
        "f = function(l, n)\n  s = 0\n  for i in range(1, n - 2)\n    s += l[i + 1] - l[i - 1]\n  end for\n  return s\nend function\n\
         l = [3, 1, 4, 1, 5]\nfor k in range(1, 50)\n  x = f(l, 5)\nend for\nprint x\n",
        "2\n",
        &expect![[r#"
            without:
            function params=2
            block0():
                v1:any = Param(0)
                v2:any = Param(1)
                Enter { weight: 24, checked: true, block: BlockId(0) }
                v3:any = GuardTag(65531) v1 ! NotList
                v4:int = GuardInt v2 ! NotInteger
                jump block1()
            block1():
                v5:int = Int(0)
                GuardConstants ! GlobalChanged
                v8:int = Int(1)
                v9:int = Int(2)
                v10:int = ISub v4, v9
                v11:bool = ICmp(Le) v8, v10
                GuardTrue v11 ! RangeDirection
                v12:int = ISub v10, v8
                v15:int = IAdd v12, v8
                jump block2()
            block2():
                EnterLoop { weight: 14, block: BlockId(1) } ! Forced
                v17:bool = ICmp(Lt) v5, v15
                v18:int = Int(1)
                branch v17 block6() else block7()
            block3(v21:f64, v22:int, v23:int): in loop0
                v27:int = Int(1)
                v28:int = IAdd v22, v27
                GuardIndex v28, v30 ! IndexOutOfRange
                v32:any = LoadElement v29, v28, v31
                v33:f64 = GuardNum v32 ! NotNumber
                v35:int = ISub v22, v27
                GuardIndex v35, v30 ! IndexOutOfRange
                v39:any = LoadElement v29, v35, v31
                v40:f64 = GuardNum v39 ! NotNumber
                v41:f64 = FSub v33, v40
                v42:f64 = FAdd v21, v41
                jump block4()
            block4(): in loop0
                EnterLoop { weight: 14, block: BlockId(1) } v3 ! Forced
                v43:bool = ICmp(Lt) v23, v15
                v44:int = IAdd v8, v23
                v45:int = Int(1)
                v46:int = IAdd v23, v45
                branch v43 block3(v42, v44, v46) else block5(v42)
            block5(v25:f64):
                v47:any = Box v25
                return v47
            block6():
                GuardElements ! Prototype
                v24:f64 = F64(0)
                v29:object = Object v3
                v30:int = StoredLen { settles: false } v29
                v31:object = Elements v29, v30
                jump block3(v24, v18, v18)
            block7():
                v26:f64 = F64(0)
                jump block5(v26)
            with:
            function params=2
            block0():
                v1:any = Param(0)
                v2:any = Param(1)
                Enter { weight: 24, checked: true, block: BlockId(0) }
                v3:any = GuardTag(65531) v1 ! NotList
                v4:int = GuardInt v2 ! NotInteger
                jump block1()
            block1():
                v5:int = Int(0)
                GuardConstants ! GlobalChanged
                v8:int = Int(1)
                v9:int = Int(2)
                v10:int = ISub v4, v9
                v11:bool = ICmp(Le) v8, v10
                GuardTrue v11 ! RangeDirection
                v12:int = ISub v10, v8
                v15:int = IAdd v12, v8
                jump block2()
            block2():
                EnterLoop { weight: 14, block: BlockId(1) } ! Forced
                v17:bool = ICmp(Lt) v5, v15
                v18:int = Int(1)
                branch v17 block6() else block7()
            block3(v21:f64, v22:int): in loop0
                v27:int = Int(1)
                v28:int = IAdd v22, v27
                v32:any = LoadElement v29, v28, v31
                v33:f64 = GuardNum v32 ! NotNumber
                v35:int = ISub v22, v27
                v39:any = LoadElement v29, v35, v31
                v40:f64 = GuardNum v39 ! NotNumber
                v41:f64 = FSub v33, v40
                v42:f64 = FAdd v21, v41
                jump block4()
            block4(): in loop0
                EnterLoop { weight: 14, block: BlockId(1) } v3 ! Forced
                v43:bool = ICmp(Lt) v22, v15
                branch v43 block3(v42, v28) else block5(v42)
            block5(v25:f64):
                v47:any = Box v25
                return v47
            block6():
                GuardElements ! Prototype
                v24:f64 = F64(0)
                v29:object = Object v3
                v30:int = StoredLen { settles: false } v29
                v31:object = Elements v29, v30
                v51:int = Int(2)
                GuardIndex v51, v30 ! LoopIndex
                v52:int = Int(-1)
                v53:int = IAdd v4, v52
                GuardIndex v53, v30 ! LoopIndex
                v54:int = Int(-3)
                v55:int = IAdd v4, v54
                GuardIndex v55, v30 ! LoopIndex
                jump block3(v24, v18)
            block7():
                v26:f64 = F64(0)
                jump block5(v26)
        "#]],
    );
}

#[test]
fn indexes_that_leave_their_list_are_checked_in_the_loop() {
    // Each call would leave before its loop; after some, the check goes back into it, where the loop ends in time.
    let program = "f = function(l)\n  for i in range(0, 99)\n    if l[i] == 0 then return i\n  end for\nend function\n\
                   l = [3, 1, 4, 0]\nfor k in range(1, 9000)\n  x = f(l)\nend for\nprint x\n";
    let (form, printed) = ssa(program, Passes::default().without(Pass::Inlining));
    assert_eq!(printed, "3\n");
    assert!(!form.contains("LoopIndex") && form.contains("IndexOutOfRange"), "{form}");
}

#[test]
fn inlining_puts_callees_in_the_place_of_their_calls() {
    check(
        Pass::Inlining,
        "g = function(a, b)\n  return a * 2 + b\nend function\n\
         f = function(n)\n  s = 0\n  for i in range(1, n)\n    s += g(i, 1)\n  end for\n  return s\nend function\n\
         for k in range(1, 50)\n  y = f(k)\nend for\nprint y\n",
        "2600\n",
        &expect![[r#"
            without:
            function params=1
            block0():
                v1:any = Param(0)
                Enter { weight: 15, checked: true, block: BlockId(0) }
                jump block1()
            block1():
                v2:int = Int(0)
                GuardConstants ! GlobalChanged
                v5:int = Int(1)
                v6:any = GuardNotFunction v1 ! IsFunction
                v7:int = GuardInt v6 ! NotInteger
                v8:bool = ICmp(Le) v5, v7
                GuardTrue v8 ! RangeDirection
                v9:int = ISub v7, v5
                v10:int = Int(1)
                v11:int = Int(1)
                v12:int = IAdd v9, v10
                v13:int = Int(0)
                jump block2()
            block2():
                EnterLoop { weight: 7, block: BlockId(1) } ! Forced
                v14:bool = ICmp(Lt) v13, v12
                v15:int = IAdd v5, v13
                v16:int = Int(1)
                v17:int = IAdd v13, v16
                branch v14 block6() else block7()
            block3(v18:f64, v19:int, v20:int): in loop0
                v24:any = LoadCell(0)
                GuardConstants ! GlobalChanged
                v26:any = Box v19
                v27:any = Boxed(4607182418800017408)
                v28:any = CallCode(1) v24, v26, v27
                v29:f64 = GuardNum v28 ! NotNumber
                v30:f64 = FAdd v18, v29
                jump block4()
            block4(): in loop0
                EnterLoop { weight: 7, block: BlockId(1) } ! Forced
                v31:bool = ICmp(Lt) v20, v12
                v32:int = IAdd v5, v20
                v33:int = Int(1)
                v34:int = IAdd v20, v33
                branch v31 block3(v30, v32, v34) else block5(v30)
            block5(v22:f64):
                v35:any = Box v22
                return v35
            block6():
                v21:f64 = F64(0)
                jump block3(v21, v15, v17)
            block7():
                v23:f64 = F64(0)
                jump block5(v23)
            with:
            function params=1
            block0():
                v1:any = Param(0)
                Enter { weight: 15, checked: true, block: BlockId(0) }
                jump block1()
            block1():
                v2:int = Int(0)
                GuardConstants ! GlobalChanged
                v5:int = Int(1)
                v6:any = GuardNotFunction v1 ! IsFunction
                v7:int = GuardInt v6 ! NotInteger
                v8:bool = ICmp(Le) v5, v7
                GuardTrue v8 ! RangeDirection
                v9:int = ISub v7, v5
                v10:int = Int(1)
                v11:int = Int(1)
                v12:int = IAdd v9, v10
                v13:int = Int(0)
                jump block2()
            block2():
                EnterLoop { weight: 7, block: BlockId(1) } ! Forced
                v14:bool = ICmp(Lt) v13, v12
                v15:int = IAdd v5, v13
                v16:int = Int(1)
                v17:int = IAdd v13, v16
                branch v14 block8() else block7(v2)
            block3(v19:int, v20:int, v21:int): in loop0
                v23:int = Int(1)
                EnterInlined { weight: 6, checked: false, code: 1 } ! Forced
                jump block4()
            block4(): in loop0
                v25:int = Int(2)
                v26:int = IMul { zero: false, wide: false } v20, v25
                v27:int = IAdd v26, v23
                LeaveInlined
                jump block5()
            block5(): in loop0
                v28:int = IAdd v19, v27 ! Overflow
                jump block6()
            block6(): in loop0
                EnterLoop { weight: 7, block: BlockId(1) } ! Forced
                v29:bool = ICmp(Lt) v21, v12
                v30:int = IAdd v5, v21
                v31:int = Int(1)
                v32:int = IAdd v21, v31
                branch v29 block3(v28, v30, v32) else block7(v28)
            block7(v22:int):
                v33:any = Box v22
                return v33
            block8():
                v18:any = LoadCell(0)
                jump block3(v2, v15, v17)
        "#]],
    );
}

#[test]
fn escape_keeps_what_maps_hold_instead_of_maps() {
    check(
        Pass::Escape,
        "f = function(n)\n  p = {\"x\":n + 1, \"y\":2}\n  q = {\"of\":p}\n  p.x = q.of.x * 2\n  p.z = p.y\n\
         return p.x + p.z\nend function\nfor k in range(1, 50)\n  x = f(k)\nend for\nprint x\n",
        "104\n",
        &expect![[r#"
            without:
            function params=1
            block0():
                v1:any = Param(0)
                Enter { weight: 21, checked: true, block: BlockId(0) }
                v2:f64 = GuardNum v1 ! NotNumber
                jump block1()
            block1():
                v5:f64 = F64(4607182418800017408)
                v6:f64 = FAdd v2, v5
                v9:any = Box v6
                v10:any = Boxed(4611686018427387904)
                v11:any = Helper(MakeShaped) v9, v10
                v13:any = Helper(MakeShaped) v11
                v14:object = Object v13
                GuardShape v14 ! Shape
                v15:object = Object v13
                v16:object = Slots v15
                v17:any = LoadSlot(0) v15, v16
                v18:any = GuardTag(65532) v17 ! NotMap
                v19:object = Object v18
                GuardShape v19 ! Shape
                v20:object = Object v18
                v21:object = Slots v20
                v22:any = LoadSlot(0) v20, v21
                v23:f64 = GuardNum v22 ! NotNumber
                v25:f64 = F64(4611686018427387904)
                v26:f64 = FMul v23, v25
                v27:any = Name(4)
                v28:any = Box v26
                v29:object = Object v11
                GuardShape v29 ! Shape
                v30:object = Object v11
                v31:object = Slots v30
                GuardStorable v30 ! Frozen
                StoreSlot(0, Marking) v30, v27, v28, v11, v31
                v32:object = Object v11
                v33:object = Slots v32
                v34:any = LoadSlot(1) v32, v33
                v35:f64 = GuardNum v34 ! NotNumber
                v36:any = Name(6)
                v37:any = Box v35
                v38:object = Object v11
                AddSlot { slot: 2, shape: } v38, v36, v37, v11
                v39:object = Object v11
                v40:object = Slots v39
                v41:any = LoadSlot(0) v39, v40
                v42:f64 = GuardNum v41 ! NotNumber
                v43:object = Object v11
                v44:object = Slots v43
                v45:any = LoadSlot(2) v43, v44
                v46:f64 = GuardNum v45 ! NotNumber
                v47:f64 = FAdd v42, v46
                v48:any = Box v47
                return v48
            with:
            function params=1
            block0():
                v1:any = Param(0)
                Enter { weight: 21, checked: true, block: BlockId(0) }
                v2:f64 = GuardNum v1 ! NotNumber
                jump block1()
            block1():
                v5:f64 = F64(4607182418800017408)
                v6:f64 = FAdd v2, v5
                v9:any = Box v6
                v10:any = Boxed(4611686018427387904)
                v23:f64 = GuardNum v9 ! NotNumber
                v25:f64 = F64(4611686018427387904)
                v26:f64 = FMul v23, v25
                v28:any = Box v26
                v35:f64 = GuardNum v10 ! NotNumber
                v37:any = Box v35
                v42:f64 = GuardNum v28 ! NotNumber
                v46:f64 = GuardNum v37 ! NotNumber
                v47:f64 = FAdd v42, v46
                v48:any = Box v47
                return v48
        "#]],
    );
}

#[test]
fn escape_carries_members_round_a_loop() {
    check(
        Pass::Escape,
        "f = function(n)\n  p = {\"x\":0.5, \"y\":n}\n  while p.x < 9\n    p = {\"x\":p.x + p.y, \"y\":0.25}\n  end while\n  return p.x\n\
         end function\nfor k in range(1, 50)\n  x = f(k / 2)\nend for\nprint x\n",
        "25.5\n",
        &expect![[r#"
            without:
            function params=1
            block0():
                v1:any = Param(0)
                Enter { weight: 20, checked: true, block: BlockId(0) }
                jump block1()
            block1():
                v2:any = Literal(1)
                v3:f64 = F64(4602678819172646912)
                v4:any = Literal(3)
                v5:any = GuardNotFunction v1 ! IsFunction
                v6:any = Box v3
                v7:any = Helper(MakeShaped) v6, v5
                jump block2()
            block2():
                EnterLoop { weight: 12, block: BlockId(1) } ! Forced
                v8:object = Object v7
                GuardShape v8 ! Shape
                v9:object = Object v7
                v10:object = Slots v9
                v11:any = LoadSlot(0) v9, v10
                v12:f64 = GuardNum v11 ! NotNumber
                v14:f64 = F64(4621256167635550208)
                v15:bool = FCmp(Lt) v12, v14
                branch v15 block6() else block5(v7)
            block3(v16:any): in loop0
                v18:any = Literal(1)
                v19:object = Object v16
                GuardShape v19 ! Shape
                v20:object = Object v16
                v21:object = Slots v20
                v22:any = LoadSlot(0) v20, v21
                v23:f64 = GuardNum v22 ! NotNumber
                v24:object = Object v16
                v25:object = Slots v24
                v26:any = LoadSlot(1) v24, v25
                v27:f64 = GuardNum v26 ! NotNumber
                v28:f64 = FAdd v23, v27
                v30:f64 = F64(4598175219545276416)
                v31:any = Box v28
                v32:any = Box v30
                v33:any = Helper(MakeShaped) v31, v32
                jump block4()
            block4(): in loop0
                EnterLoop { weight: 12, block: BlockId(1) } ! Forced
                v34:object = Object v33
                GuardShape v34 ! Shape
                v35:object = Object v33
                v36:object = Slots v35
                v37:any = LoadSlot(0) v35, v36
                v38:f64 = GuardNum v37 ! NotNumber
                v40:f64 = F64(4621256167635550208)
                v41:bool = FCmp(Lt) v38, v40
                branch v41 block3(v33) else block5(v33)
            block5(v17:any):
                v42:object = Object v17
                GuardShape v42 ! Shape
                v43:object = Object v17
                v44:object = Slots v43
                v45:any = LoadSlot(0) v43, v44
                v46:f64 = GuardNum v45 ! NotNumber
                v47:any = Box v46
                return v47
            block6():
                jump block3(v7)
            with:
            function params=1
            block0():
                v1:any = Param(0)
                Enter { weight: 20, checked: true, block: BlockId(0) }
                jump block1()
            block1():
                v2:any = Literal(1)
                v3:f64 = F64(4602678819172646912)
                v4:any = Literal(3)
                v5:any = GuardNotFunction v1 ! IsFunction
                v6:any = Box v3
                jump block2()
            block2():
                EnterLoop { weight: 12, block: BlockId(1) } ! Forced
                v12:f64 = GuardNum v6 ! NotNumber
                v14:f64 = F64(4621256167635550208)
                v15:bool = FCmp(Lt) v12, v14
                branch v15 block6() else block5(v3, v5)
            block3(v52:f64, v49:any): in loop0
                v48:any = Box v52
                v18:any = Literal(1)
                v23:f64 = GuardNum v48 ! NotNumber
                v27:f64 = GuardNum v49 ! NotNumber
                v28:f64 = FAdd v23, v27
                v30:f64 = F64(4598175219545276416)
                v31:any = Box v28
                v32:any = Box v30
                jump block4()
            block4(): in loop0
                EnterLoop { weight: 12, block: BlockId(1) } ! Forced
                v38:f64 = GuardNum v31 ! NotNumber
                v40:f64 = F64(4621256167635550208)
                v41:bool = FCmp(Lt) v38, v40
                branch v41 block3(v28, v32) else block5(v28, v32)
            block5(v53:f64, v51:any):
                v50:any = Box v53
                v46:f64 = GuardNum v50 ! NotNumber
                v47:any = Box v46
                return v47
            block6():
                jump block3(v3, v5)
        "#]],
    );
}
