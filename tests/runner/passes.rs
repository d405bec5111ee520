//! What each pass of the optimising compiler makes of a small program: the SSA form with it and without.
//!
//! Invariant: both forms print the same when they run.
#![cfg(not(minilive_portable))]

use expect_test::{Expect, expect};
use minilive_jit::engine::{Engine, EngineConfig, Pace, TierPolicy};
use minilive_jit::passes::{Pass, Passes};
use minilive_tests::modes::{FUEL, Variant, lowered, run_in};

/// The last SSA form of what was compiled of the function `f`, without states of exits and execution counters; and what was printed.
fn ssa(program: &str, passes: Passes) -> (String, String) {
    let tier = TierPolicy::Tiered { baseline: None, threshold: 500 };
    let mut engine = Engine::new(EngineConfig { tier, dump: true, verify: true, passes, ..EngineConfig::default() });
    let ran = run_in(&mut engine, program, "passes.ms", Variant::Plain, FUEL, Pace::default());
    let units = lowered(program, "passes.ms").units;
    let f = units.iter().find(|unit| unit.info.name == "f").expect("the program has a function f").key;
    let dumps = engine.take_dumps();
    let dump =
        dumps.iter().rev().find(|dump| dump.key == f && dump.loop_head.is_none()).expect("f was compiled for calls");
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
    for what in ["GuardShape", "MakeShaped"] {
        if let Some((before, rest)) = line.split_once(&format!("{what}(")) {
            let (_, behind) = rest.split_once(')')?;
            return Some(format!("{before}{what}{behind}"));
        }
    }
    Some(line.to_owned())
}

/// What a pass changes: lines that only the form without it has, then lines that only the form with it has.
#[track_caller]
fn check(pass: Pass, program: &str, output: &str, expected: &Expect) {
    // What the passes around it make of its work would hide it.
    let around = Pass::ALL.iter().filter(|it| it.0 != pass).fold(Passes::default(), |passes, it| passes.without(it.0));
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
                Enter { weight: 13, block: BlockId(0) }
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
                v14:int = StoredLen v13
                GuardIndex v9, v14 ! IndexOutOfRange
                v15:any = LoadElement v13, v9
                v16:f64 = GuardNum v15 ! NotNumber
                v17:f64 = FAdd v8, v16
                v18:int = Int(1)
                v19:int = IAdd v9, v18
                jump block4()
            block4(): in loop0
                EnterLoop { weight: 9, block: BlockId(1) } ! Forced
                v20:bool = ICmp(Lt) v19, v4
                branch v20 block3(v17, v19) else block5(v17)
            block5(v11:f64):
                v21:any = Box v11
                return v21
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
                Enter { weight: 13, block: BlockId(0) }
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
                v15:any = LoadElement v13, v9
                v16:f64 = GuardNum v15 ! NotNumber
                v17:f64 = FAdd v8, v16
                v18:int = Int(1)
                v19:int = IAdd v9, v18
                jump block4()
            block4(): in loop0
                EnterLoop { weight: 9, block: BlockId(1) } ! Forced
                v20:bool = ICmp(Lt) v19, v4
                branch v20 block3(v17, v19) else block5(v17)
            block5(v11:f64):
                v21:any = Box v11
                return v21
            block6():
                GuardElements ! Prototype
                v10:f64 = F64(0)
                v13:object = Object v3
                v14:int = StoredLen v13
                jump block3(v10, v6)
            block7():
                v12:f64 = F64(0)
                jump block5(v12)
        "#]],
    );
}

#[test]
fn numbering_guards_and_reads_once() {
    check(
        Pass::Numbering,
        "f = function(m)\n  return m.x * m.x + (m.x - 1) * (m.x - 1)\nend function\n\
         for k in range(1, 50)\n  y = f({\"x\": k})\nend for\nprint y\n",
        "4901\n",
        &expect![[r#"
            without:
            function params=1
            block0():
                v1:any = Param(0)
                Enter { weight: 16, block: BlockId(0) }
                jump block1()
            block1():
                v2:any = GuardTag(65532) v1 ! NotMap
                v3:object = Object v2
                GuardShape v3 ! Shape
                v4:object = Object v2
                v5:any = LoadSlot(0) v4
                v6:f64 = GuardNum v5 ! NotNumber
                v7:object = Object v2
                v8:any = LoadSlot(0) v7
                v9:f64 = GuardNum v8 ! NotNumber
                v10:f64 = FMul v6, v9
                v11:object = Object v2
                v12:any = LoadSlot(0) v11
                v13:f64 = GuardNum v12 ! NotNumber
                v15:f64 = F64(4607182418800017408)
                v16:f64 = FSub v13, v15
                v17:object = Object v2
                v18:any = LoadSlot(0) v17
                v19:f64 = GuardNum v18 ! NotNumber
                v21:f64 = F64(4607182418800017408)
                v22:f64 = FSub v19, v21
                v23:f64 = FMul v16, v22
                v24:f64 = FAdd v10, v23
                v25:any = Box v24
                return v25
            with:
            function params=1
            block0():
                v1:any = Param(0)
                Enter { weight: 16, block: BlockId(0) }
                jump block1()
            block1():
                v2:any = GuardTag(65532) v1 ! NotMap
                v3:object = Object v2
                GuardShape v3 ! Shape
                v5:any = LoadSlot(0) v3
                v6:f64 = GuardNum v5 ! NotNumber
                v10:f64 = FMul v6, v6
                v15:f64 = F64(4607182418800017408)
                v16:f64 = FSub v6, v15
                v23:f64 = FMul v16, v16
                v24:f64 = FAdd v10, v23
                v25:any = Box v24
                return v25
        "#]],
    );
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
                Enter { weight: 15, block: BlockId(0) }
                jump block1()
            block1():
                v2:int = Int(0)
                v3:any = LoadCell(7)
                v4:any = GuardBits(18444773748872577025) v3 ! IntrinsicShadowed
                v6:int = Int(1)
                v7:any = GuardNotFunction v1 ! IsFunction
                v8:int = GuardInt v7 ! NotInteger
                v9:bool = ICmp(Lt) v8, v6
                v10:int = Int(1)
                v11:int = Int(-1)
                v12:int = Select v9, v11, v10
                v13:int = ISub v8, v6
                v14:int = IAbs v13
                v15:int = IAdd v14, v10
                v16:int = Int(0)
                jump block2()
            block2():
                EnterLoop { weight: 7, block: BlockId(1) } ! Forced
                v17:bool = ICmp(Lt) v16, v15
                v18:int = IMul { zero: false, wide: false } v16, v12
                v19:int = IAdd v6, v18
                v20:int = Int(1)
                v21:int = IAdd v16, v20
                branch v17 block6() else block7()
            block3(v22:f64, v23:int, v24:int): in loop0
                v28:any = LoadCell(0)
                v29:any = GuardCode(1) v28 ! OtherFunction
                v31:any = Box v23
                v32:any = Boxed(4607182418800017408)
                v33:any = CallCode(1) v29, v31, v32
                v34:f64 = GuardNum v33 ! NotNumber
                v35:f64 = FAdd v22, v34
                jump block4()
            block4(): in loop0
                EnterLoop { weight: 7, block: BlockId(1) } ! Forced
                v36:bool = ICmp(Lt) v24, v15
                v37:int = IMul { zero: false, wide: false } v24, v12
                v38:int = IAdd v6, v37
                v39:int = Int(1)
                v40:int = IAdd v24, v39
                branch v36 block3(v35, v38, v40) else block5(v35)
            block5(v26:f64):
                v41:any = Box v26
                return v41
            block6():
                v25:f64 = F64(0)
                jump block3(v25, v19, v21)
            block7():
                v27:f64 = F64(0)
                jump block5(v27)
            with:
            function params=1
            block0():
                v1:any = Param(0)
                Enter { weight: 15, block: BlockId(0) }
                jump block1()
            block1():
                v2:int = Int(0)
                v3:any = LoadCell(7)
                v4:any = GuardBits(18444773748872577025) v3 ! IntrinsicShadowed
                v6:int = Int(1)
                v7:any = GuardNotFunction v1 ! IsFunction
                v8:int = GuardInt v7 ! NotInteger
                v9:bool = ICmp(Lt) v8, v6
                v10:int = Int(1)
                v11:int = Int(-1)
                v12:int = Select v9, v11, v10
                v13:int = ISub v8, v6
                v14:int = IAbs v13
                v15:int = IAdd v14, v10
                v16:int = Int(0)
                jump block2()
            block2():
                EnterLoop { weight: 7, block: BlockId(1) } ! Forced
                v17:bool = ICmp(Lt) v16, v15
                v18:int = IMul { zero: false, wide: false } v16, v12
                v19:int = IAdd v6, v18
                v20:int = Int(1)
                v21:int = IAdd v16, v20
                branch v17 block8() else block7(v2)
            block3(v24:int, v25:int, v26:int): in loop0
                v29:int = Int(1)
                EnterInlined { weight: 6, code: 1 } ! Forced
                jump block4()
            block4(): in loop0
                v31:int = Int(2)
                v32:int = IMul { zero: false, wide: false } v25, v31
                v33:int = IAdd v32, v29
                LeaveInlined
                jump block5()
            block5(): in loop0
                v34:int = IAdd v24, v33 ! Overflow
                jump block6()
            block6(): in loop0
                EnterLoop { weight: 7, block: BlockId(1) } ! Forced
                v35:bool = ICmp(Lt) v26, v15
                v36:int = IMul { zero: false, wide: false } v26, v12
                v37:int = IAdd v6, v36
                v38:int = Int(1)
                v39:int = IAdd v26, v38
                branch v35 block3(v34, v37, v39) else block7(v34)
            block7(v27:int):
                v40:any = Box v27
                return v40
            block8():
                v22:any = LoadCell(0)
                v23:any = GuardCode(1) v22 ! OtherFunction
                jump block3(v2, v19, v21)
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
        &expect![[r#""#]],
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
                Enter { weight: 20, block: BlockId(0) }
                jump block1()
            block1():
                v2:any = Literal(1)
                v3:f64 = F64(4602678819172646912)
                v4:any = Literal(3)
                v5:any = GuardNotFunction v1 ! IsFunction
                v6:any = Box v3
                v7:any = Helper(MakeShaped(40)) v6, v5
                jump block2()
            block2():
                EnterLoop { weight: 12, block: BlockId(1) } ! Forced
                v8:object = Object v7
                GuardShape v8 ! Shape
                v9:object = Object v7
                v10:any = LoadSlot(0) v9
                v11:f64 = GuardNum v10 ! NotNumber
                v13:f64 = F64(4621256167635550208)
                v14:bool = FCmp(Lt) v11, v13
                branch v14 block3(v7) else block5(v7)
            block3(v15:any): in loop0
                v17:any = Literal(1)
                v18:object = Object v15
                GuardShape v18 ! Shape
                v19:object = Object v15
                v20:any = LoadSlot(0) v19
                v21:f64 = GuardNum v20 ! NotNumber
                v22:object = Object v15
                v23:any = LoadSlot(1) v22
                v24:f64 = GuardNum v23 ! NotNumber
                v25:f64 = FAdd v21, v24
                v27:f64 = F64(4598175219545276416)
                v28:any = Box v25
                v29:any = Box v27
                v30:any = Helper(MakeShaped(40)) v28, v29
                jump block4()
            block4(): in loop0
                EnterLoop { weight: 12, block: BlockId(1) } ! Forced
                v31:object = Object v30
                GuardShape v31 ! Shape
                v32:object = Object v30
                v33:any = LoadSlot(0) v32
                v34:f64 = GuardNum v33 ! NotNumber
                v36:f64 = F64(4621256167635550208)
                v37:bool = FCmp(Lt) v34, v36
                branch v37 block3(v30) else block5(v30)
            block5(v16:any):
                v38:object = Object v16
                GuardShape v38 ! Shape
                v39:object = Object v16
                v40:any = LoadSlot(0) v39
                v41:f64 = GuardNum v40 ! NotNumber
                v42:any = Box v41
                return v42
            with:
            function params=1
            block0():
                v1:any = Param(0)
                Enter { weight: 20, block: BlockId(0) }
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
                v11:f64 = GuardNum v6 ! NotNumber
                v13:f64 = F64(4621256167635550208)
                v14:bool = FCmp(Lt) v11, v13
                branch v14 block3(v3, v5) else block5(v3, v5)
            block3(v47:f64, v44:any): in loop0
                v43:any = Box v47
                v17:any = Literal(1)
                v21:f64 = GuardNum v43 ! NotNumber
                v24:f64 = GuardNum v44 ! NotNumber
                v25:f64 = FAdd v21, v24
                v27:f64 = F64(4598175219545276416)
                v28:any = Box v25
                v29:any = Box v27
                jump block4()
            block4(): in loop0
                EnterLoop { weight: 12, block: BlockId(1) } ! Forced
                v34:f64 = GuardNum v28 ! NotNumber
                v36:f64 = F64(4621256167635550208)
                v37:bool = FCmp(Lt) v34, v36
                branch v37 block3(v25, v29) else block5(v25, v29)
            block5(v48:f64, v46:any):
                v45:any = Box v48
                v41:f64 = GuardNum v45 ! NotNumber
                v42:any = Box v41
                return v42
        "#]],
    );
}

#[test]
fn numbering_takes_numbers_out_of_their_boxes() {
    check(
        Pass::Numbering,
        "f = function(p)\n  p.x = p.x + 1\n  return p.x * p.x\nend function\n\
         o = {\"x\":0.5}\nfor k in range(1, 50)\n  x = f(o)\nend for\nprint x\n",
        "2550.25\n",
        &expect![[r#"
            without:
            function params=1
            block0():
                v1:any = Param(0)
                Enter { weight: 12, block: BlockId(0) }
                jump block1()
            block1():
                v2:any = GuardTag(65532) v1 ! NotMap
                v3:object = Object v2
                GuardShape v3 ! Shape
                v4:object = Object v2
                v5:any = LoadSlot(0) v4
                v6:f64 = GuardNum v5 ! NotNumber
                v8:f64 = F64(4607182418800017408)
                v9:f64 = FAdd v6, v8
                v10:any = Name(1)
                v11:any = Box v9
                v12:object = Object v2
                StoreSlot(0) v12, v10, v11, v2
                v13:object = Object v2
                v14:any = LoadSlot(0) v13
                v15:f64 = GuardNum v14 ! NotNumber
                v16:object = Object v2
                v17:any = LoadSlot(0) v16
                v18:f64 = GuardNum v17 ! NotNumber
                v19:f64 = FMul v15, v18
                v20:any = Box v19
                return v20
            with:
            function params=1
            block0():
                v1:any = Param(0)
                Enter { weight: 12, block: BlockId(0) }
                jump block1()
            block1():
                v2:any = GuardTag(65532) v1 ! NotMap
                v3:object = Object v2
                GuardShape v3 ! Shape
                v5:any = LoadSlot(0) v3
                v6:f64 = GuardNum v5 ! NotNumber
                v8:f64 = F64(4607182418800017408)
                v9:f64 = FAdd v6, v8
                v10:any = Name(1)
                v11:any = Box v9
                StoreSlot(0) v3, v10, v11, v2
                v19:f64 = FMul v9, v9
                v20:any = Box v19
                return v20
        "#]],
    );
}
