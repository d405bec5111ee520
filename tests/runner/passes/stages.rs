//! What each stage of the optimising compiler changes in a small program: lines that went, lines that came.
//!
//! The others show what passes are worth that can be left out; here each stage is seen alone, among all others. A stage that has no golden
//! here is an error. Invariant: a golden is never empty, so that it falls with its stage.

use super::{FUEL, Pace, Variant, lowered, run_in, short};
use expect_test::{Expect, expect};
use minilive_jit::dump::Stages;
use minilive_jit::engine::{Engine, EngineConfig, TierPolicy};
use minilive_jit::passes::{Pass, Passes};
use minilive_jit::stage::Stage;
use minilive_mir::program::ProgramUnit;

/// How the function or member `f` stood behind each stage, and what was printed.
fn stages(program: &str) -> (Stages, String) {
    let tier = TierPolicy::Tiered { baseline: None, threshold: 500 };
    // Else most of these functions were only seen as parts of their callers.
    let passes = Passes::default().without(Pass::Inlining);
    let config = EngineConfig { tier, dump: true, dump_stages: true, verify: true, passes, ..EngineConfig::default() };
    let mut engine = Engine::new(config);
    let ran = run_in(&mut engine, program, "passes.ms", Variant::Plain, FUEL, Pace::default());
    let units = lowered(program, "passes.ms").units;
    let is_f = |unit: &&ProgramUnit| unit.info.name.rsplit('.').next() == Some("f");
    let f = units.iter().find(is_f).expect("the program has a function f").key;
    let mut dumps = engine.take_dumps();
    let last = dumps.iter().rposition(|dump| dump.key == f && dump.loop_head.is_none()).expect("f was compiled");
    let dump = dumps.swap_remove(last);
    let behind = &dump.stages.last().expect("it went through stages").1;
    assert!(
        behind.iter().map(|it| &it.text).eq(dump.ssa.iter().map(|it| &it.text)),
        "the last stage gives what is compiled"
    );
    (dump.stages, ran.output)
}

/// What a stage changes of the function `f`: the lines that go and come, under the block in which they stand; once for each time
/// that the stage changes something.
#[track_caller]
fn check_stage(stage: Stage, program: &str, output: &str, expected: &Expect) {
    let (stages, printed) = stages(program);
    assert_eq!(printed, output);
    let texts: Vec<Vec<String>> =
        stages.iter().map(|(_, lines)| lines.iter().filter_map(|line| short(&line.text)).collect()).collect();
    let mut changes = String::new();
    for (i, _) in stages.iter().enumerate().filter(|it| it.1.0 == stage) {
        changes += &changed(if i == 0 { &[] } else { &texts[i - 1] }, &texts[i]);
    }
    assert!(!changes.is_empty(), "{stage} changes nothing of\n{}", texts[0].join("\n"));
    expected.assert_eq(&changes);
}

/// The lines that only one of two texts has, and the first lines of their blocks.
fn changed(before: &[String], after: &[String]) -> String {
    // By how many lines are left of both, how many of them are common.
    let mut common = vec![vec![0; after.len() + 1]; before.len() + 1];
    for i in (0..before.len()).rev() {
        for j in (0..after.len()).rev() {
            let skipped = common[i + 1][j].max(common[i][j + 1]);
            common[i][j] = if before[i] == after[j] { common[i + 1][j + 1] + 1 } else { skipped };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut block = None;
    let mut text = String::new();
    while i < before.len() || j < after.len() {
        if i < before.len() && j < after.len() && before[i] == after[j] {
            if !before[i].starts_with(' ') {
                block = Some(&before[i]);
            }
            (i, j) = (i + 1, j + 1);
            continue;
        }
        let goes = j == after.len() || i < before.len() && common[i + 1][j] >= common[i][j + 1];
        let line = if goes { &before[i] } else { &after[j] };
        if line.starts_with(' ') {
            text += &block.take().map_or(String::new(), |block| format!("  {block}\n"));
        } else {
            block = None;
        }
        text += &format!("{} {line}\n", if goes { '-' } else { '+' });
        (i, j) = (i + usize::from(goes), j + usize::from(!goes));
    }
    text
}

#[test]
fn each_stage_has_a_golden() {
    let goldens: String = include_str!("stages.rs").split_whitespace().collect();
    let without = |stage: &Stage| !goldens.contains(&format!("check_stage(Stage::{stage:?},"));
    let missing: Vec<Stage> = Stage::ALL.into_iter().map(|it| it.0).filter(without).collect();
    assert!(missing.is_empty(), "stages without a golden in this file: {missing:?}");
}

#[test]
fn stages_stand_in_the_order_of_their_names() {
    for (place, (stage, name)) in Stage::ALL.into_iter().enumerate() {
        assert_eq!((stage as usize, name.parse()), (place, Ok(stage)));
    }
    let error = "polish".parse::<Stage>().expect_err("there is none");
    assert!(error.contains("there are, in their order, build, trivial-phis, dce, "), "{error}");
}

#[test]
fn build_guards_what_is_computed_with() {
    check_stage(
        Stage::Build,
        "f = function(n)\n  return n * 3\nend function\nfor k in range(1, 500)\n  x = f(k)\nend for\nprint x\n",
        "1500\n",
        &expect![[r#"
            + function params=1
            + block0():
            +     v0:any = Boxed(18444773748872577025)
            +     v1:any = Param(0)
            +     Enter { weight: 4, checked: false, block: BlockId(0) }
            +     v2:f64 = GuardNum v1 ! NotNumber
            +     jump block1()
            + block1():
            +     v3:int = Int(3)
            +     v4:f64 = F64(4613937818241073152)
            +     v5:f64 = FMul v2, v4
            +     v6:any = Box v5
            +     return v6
        "#]],
    );
}

#[test]
fn trivial_phis_go_where_all_ways_pass_the_same() {
    check_stage(
        Stage::TrivialPhis,
        "f = function(n)\n  if n > 2 then s = 1 else s = 2\n  return s * n\nend function\n\
         for k in range(1, 500)\n  x = f(k)\nend for\nprint x\n",
        "500\n",
        &expect![[r#"
              block2():
            -     jump block4(v2, v6)
            +     jump block4(v6)
              block3():
            -     jump block4(v2, v9)
            - block4(v7:f64, v8:int):
            +     jump block4(v9)
            + block4(v8:int):
            -     v11:f64 = FMul v10, v7
            +     v11:f64 = FMul v10, v2
        "#]],
    );
}

#[test]
fn dead_code_goes_with_the_parameters_that_only_it_needs() {
    check_stage(
        Stage::DeadCode,
        "f = function(n)\n  if n > 2 then t = n / 3 else t = n * 3\n  unused = t + 1\n  return n * n\nend function\n\
         for k in range(1, 500)\n  x = f(k)\nend for\nprint x\n",
        "250000\n",
        &expect![[r#"
              block0():
            -     v0:any = Boxed(18444773748872577025)
              block1():
            -     v3:int = Int(2)
              block2():
            -     v6:int = Int(3)
            -     v7:f64 = F64(4613937818241073152)
            -     v8:f64 = FDiv v2, v7
            -     jump block4(v8)
            +     jump block4()
              block3():
            -     v11:int = Int(3)
            -     v12:f64 = F64(4613937818241073152)
            -     v13:f64 = FMul v2, v12
            -     jump block4(v13)
            - block4(v10:f64):
            -     v14:int = Int(1)
            -     v15:f64 = F64(4607182418800017408)
            -     v16:f64 = FAdd v10, v15
            +     jump block4()
            + block4():
        "#]],
    );
}

#[test]
fn escape_replaces_a_map_by_what_it_holds() {
    check_stage(
        Stage::Escape,
        "f = function(n)\n  p = {\"x\":n + 1}\n  return p.x * 2\nend function\n\
         for k in range(1, 500)\n  x = f(k)\nend for\nprint x\n",
        "1002\n",
        &expect![[r#"
              block1():
            -     v8:any = Helper(MakeShaped) v7
            -     v9:object = Object v8
            -     GuardShape v9 ! Shape
            -     v10:object = Object v8
            -     v11:object = Slots v10
            -     v12:any = LoadSlot(0) v10, v11
            -     v13:f64 = GuardNum v12 ! NotNumber
            +     v13:f64 = GuardNum v7 ! NotNumber
        "#]],
    );
}

const ROUND: &str = "f = function(n)\n  p = {\"x\":0.5}\n  while p.x < n\n    p = {\"x\":p.x * 2}\n  end while\n  return p.x\n\
                     end function\nfor k in range(1, 90)\n  x = f(k)\nend for\nprint x\n";

#[test]
fn unboxing_passes_what_a_map_held_round_a_loop_as_a_double() {
    check_stage(
        Stage::Unboxing,
        ROUND,
        "128\n",
        &expect![[r#"
          block2():
        -     branch v12 block3(v5) else block5(v5)
        - block3(v38:any): in loop0
        +     branch v12 block3(v4) else block5(v4)
        + block3(v40:f64): in loop0
        +     v38:any = Box v40
          block4(): in loop0
        -     branch v31 block3(v24) else block5(v24)
        - block5(v39:any):
        +     branch v31 block3(v23) else block5(v23)
        + block5(v41:f64):
        +     v39:any = Box v41
    "#]],
    );
}

#[test]
fn escape_leaves_nothing_dead_behind() {
    check_stage(
        Stage::EscapeDeadCode,
        "f = function(n)\n  p = {\"x\":n + 1, \"y\":n * 2}\n  return p.x * 3\nend function\n\
         for k in range(1, 500)\n  x = f(k)\nend for\nprint x\n",
        "1503\n",
        &expect![[r#"
              block1():
            -     v12:any = Box v10
        "#]],
    );
}

#[test]
fn int_division_finds_whole_quotients() {
    check_stage(
        Stage::IntDivision,
        "f = function(n)\n  s = 0\n  while n > 0\n    s += n % 10\n    n = floor(n / 10)\n  end while\n  return s\nend function\n\
         for k in range(12340, 12380)\n  x = f(k)\nend for\nprint x\n",
        "14\n",
        &expect![[r#"
              block3(v8:int, v9:int): in loop0
            -     v20:f64 = FMath(Floor) v19
            -     v21:int = F64ToInt v20 ! NotInteger
            +     v25:int = IFloorDiv(10) v8
            +     v20:f64 = ToF64 v25
              block4(): in loop0
            -     v23:bool = ICmp(Gt) v21, v22
            -     branch v23 block3(v21, v13) else block5(v13)
            +     v23:bool = ICmp(Gt) v25, v22
            +     branch v23 block3(v25, v13) else block5(v13)
        "#]],
    );
}

#[test]
fn preheaders_stand_before_loops_that_a_branch_leads_to() {
    check_stage(
        Stage::Preheaders,
        "f = function(n)\n  while n > 1\n    n -= 0.5\n  end while\n  return n\nend function\n\
         for k in range(1, 90)\n  x = f(k)\nend for\nprint x\n",
        "1\n",
        &expect![[r#"
              block2():
            -     branch v5 block3(v2) else block5(v2)
            +     branch v5 block6() else block5(v2)
            + block6():
            +     jump block3(v2)
        "#]],
    );
}

const WINDOW: &str = "f = function(l, n)\n  s = 0\n  for i in range(1, n - 2)\n    s += l[i + 1] - l[i - 1]\n  end for\n  return s\nend function\n\
                      l = [3, 1, 4, 1, 5]\nfor k in range(1, 50)\n  x = f(l, 5)\nend for\nprint x\n";

#[test]
fn induction_keeps_one_value_of_those_counted_in_step() {
    check_stage(
        Stage::Induction,
        WINDOW,
        "2\n",
        &expect![[r#"
        - block3(v21:f64, v22:int, v23:int): in loop0
        + block3(v21:f64, v22:int): in loop0
        +     v48:int = Int(0)
        +     v23:int = IAdd v22, v48
          block4(): in loop0
        -     v44:int = IAdd v8, v23
        +     v49:int = Int(1)
        +     v44:int = IAdd v22, v49
        -     v46:int = IAdd v23, v45
        -     branch v43 block3(v42, v44, v46) else block5(v42)
        +     v50:int = Int(1)
        +     v46:int = IAdd v22, v50
        +     branch v43 block3(v42, v44) else block5(v42)
          block6():
        -     jump block3(v24, v18, v20)
        +     jump block3(v24, v18)
    "#]],
    );
}

#[test]
fn gvn_reads_and_guards_once() {
    check_stage(
        Stage::ValueNumbering,
        "f = function(m)\n  return m.x * m.x\nend function\nfor k in range(1, 500)\n  x = f({\"x\": k})\nend for\nprint x\n",
        "250000\n",
        &expect![[r#"
              block1():
            -     v4:object = Object v2
            -     v5:object = Slots v4
            -     v6:any = LoadSlot(0) v4, v5
            +     v5:object = Slots v3
            +     v6:any = LoadSlot(0) v3, v5
            -     v8:object = Object v2
            -     v9:object = Slots v8
            -     v10:any = LoadSlot(0) v8, v9
            -     v11:f64 = GuardNum v10 ! NotNumber
            -     v12:f64 = FMul v7, v11
            +     v12:f64 = FMul v7, v7
        "#]],
    );
}

const KNOWN: &str = "f = function(n)\n  l = [n, 2]\n  if l.len > 1 then return l[-1] + l.len\n  return n\nend function\n\
                     for k in range(1, 500)\n  x = f(k)\nend for\nprint x\n";

#[test]
fn gvn_folds_constants() {
    check_stage(
        Stage::ValueNumbering,
        KNOWN,
        "4\n",
        &expect![[r#"
          block1():
        -     v8:bool = ICmp(Gt) v6, v7
        +     v8:bool = Bool(true)
          block2():
        -     v12:int = IAdd v11, v9
        -     GuardIndex v12, v11 ! IndexOutOfRange
        -     v15:f64 = GuardNum v4 ! NotNumber
        -     v16:int = Int(2)
        -     v17:f64 = ToF64 v16
        -     v18:f64 = FAdd v15, v17
        +     v12:int = Int(1)
        +     v15:f64 = F64(4611686018427387904)
        +     v18:f64 = FAdd v15, v15
    "#]],
    );
}

#[test]
fn branch_folding_leaves_the_way_that_is_taken() {
    check_stage(
        Stage::BranchFolding,
        KNOWN,
        "4\n",
        &expect![[r#"
          block1():
        -     branch v8 block2() else block3()
        +     jump block2()
    "#]],
    );
}

#[test]
fn guard_subsumption_drops_guards_that_a_stronger_one_follows() {
    check_stage(
        Stage::GuardSubsumption,
        "f = function(m)\n  return m.x\nend function\n\
         for k in range(1, 500)\n  x = f({\"x\": k}) + f({\"y\": 1, \"x\": k})\nend for\nprint x\n",
        "1000\n",
        &expect![[r#"
              block1():
            -     v2:any = GuardNotFunction v1 ! IsFunction
            -     v3:any = GuardTag(65532) v2 ! Shape
            +     v3:any = GuardTag(65532) v1 ! Shape
        "#]],
    );
}

/// To read a variable guards it to be no function. Where the ways meet, one passes on what such a guard gave, the other one what was there before.
const MET: &str = "A = {}\nA.f = function(n)\n  t = self.a\n  if n > 3 then t += self.b\n  return self.a + t\nend function\n\
                   B = new A\nC = new A\nC.x = 4\nfor k in range(1, 500)\n\
                   \x20 o = new B\n  o.a = k\n  o.b = 2\n  x = o.f(k % 7)\n  o = new C\n  o.b = 1\n  o.a = k\n  x += o.f(k % 7)\n\
                   end for\nprint x\n";

#[test]
fn late_trivial_phis_go_once_guards_hand_nothing_on() {
    check_stage(
        Stage::LateTrivialPhis,
        MET,
        "2000\n",
        &expect![[r#"
        - block3(v20:any, v21:f64):
        -     v37:any = GuardTag(65532) v20 ! Shape
        + block3(v21:f64):
        +     v37:any = GuardTag(65532) v2 ! Shape
          block6(v15:any):
        -     branch v19 block2() else block3(v2, v16)
        +     branch v19 block2() else block3(v16)
          block9(v33:any):
        -     jump block3(v2, v35)
        +     jump block3(v35)
    "#]],
    );
}

#[test]
fn late_gvn_knows_what_is_passed_on_unchanged() {
    check_stage(
        Stage::LateValueNumbering,
        MET,
        "2000\n",
        &expect![[r#"
          block3(v21:f64):
        -     v37:any = GuardTag(65532) v2 ! Shape
        -     v38:object = Object v37
        -     v39:bool = HasShape v38
        -     branch v39 block10() else block11()
        +     branch v7 block10() else block11()
          block10():
        -     v41:object = Slots v38
        -     v42:any = LoadSlot(1) v38, v41
        +     v41:object = Slots v6
        +     v42:any = LoadSlot(1) v6, v41
          block11():
        -     GuardShape v38 ! Shape
        -     v45:object = Slots v38
        -     v46:any = LoadSlot(2) v38, v45
        +     GuardShape v6 ! Shape
        +     v45:object = Slots v6
        +     v46:any = LoadSlot(2) v6, v45
    "#]],
    );
}

#[test]
fn licm_guards_and_reads_before_the_loop() {
    check_stage(
        Stage::LoopInvariants,
        "f = function(m, n)\n  s = 0\n  while s < n\n    s += m.x\n  end while\n  return s\nend function\n\
         m = {\"x\":0.5}\nfor k in range(1, 90)\n  x = f(m, k)\nend for\nprint x\n",
        "90\n",
        &expect![[r#"
              block3(v7:f64): in loop0
            -     v11:any = GuardTag(65532) v1 ! NotMap
            -     v12:object = Object v11
            -     GuardShape v12 ! Shape
            -     v14:object = Slots v12
            -     v15:any = LoadSlot(0) v12, v14
            -     v16:f64 = GuardNum v15 ! NotNumber
              block4(): in loop0
            -     EnterLoop { weight: 7, block: BlockId(1) } ! Forced
            +     EnterLoop { weight: 7, block: BlockId(1) } v11 ! Forced
              block6():
            +     v11:any = GuardTag(65532) v1 ! LoopGuard
            +     v12:object = Object v11
            +     GuardShape v12 ! LoopGuard
            +     v14:object = Slots v12
            +     v15:any = LoadSlot(0) v12, v14
            +     v16:f64 = GuardNum v15 ! LoopGuard
        "#]],
    );
}

#[test]
fn scalar_promotion_carries_a_member_in_a_register() {
    check_stage(
        Stage::ScalarPromotion,
        "f = function(m, n)\n  while m.x < n\n    m.x += 0.5\n  end while\nend function\n\
         m = {\"x\":0.5}\nfor k in range(1, 500)\n  f m, k\nend for\nprint m.x\n",
        "500\n",
        &expect![[r#"
            - block3(): in loop0
            -     v14:any = LoadSlot(0) v5, v13
            -     v15:f64 = GuardNum v14 ! NotNumber
            + block3(v32:f64): in loop0
            +     v14:any = Box v32
            -     v17:f64 = FAdd v15, v16
            +     v17:f64 = FAdd v32, v16
              block4(): in loop0
            -     branch v27 block3() else block5()
            +     branch v27 block3(v17) else block5()
              block6():
            -     jump block3()
            +     v29:object = Slots v5
            +     v30:any = LoadSlot(0) v5, v29
            +     v31:f64 = GuardNum v30 ! LoopGuard
            +     jump block3(v31)
        "#]],
    );
}

#[test]
fn range_checks_stand_before_the_loop() {
    check_stage(
        Stage::RangeChecks,
        WINDOW,
        "2\n",
        &expect![[r#"
          block3(v21:f64, v22:int): in loop0
        -     GuardIndex v28, v30 ! IndexOutOfRange
        -     GuardIndex v35, v30 ! IndexOutOfRange
          block6():
        +     v51:int = Int(2)
        +     GuardIndex v51, v30 ! LoopIndex
        +     v52:int = Int(-1)
        +     v53:int = IAdd v4, v52
        +     GuardIndex v53, v30 ! LoopIndex
        +     v54:int = Int(-3)
        +     v55:int = IAdd v4, v54
        +     GuardIndex v55, v30 ! LoopIndex
    "#]],
    );
}

#[test]
fn late_dead_code_goes() {
    check_stage(
        Stage::LateDeadCode,
        KNOWN,
        "4\n",
        &expect![[r#"
          block1():
        -     v6:int = Int(2)
        -     v7:int = Int(1)
        -     v8:bool = Bool(true)
          block2():
        -     v11:int = Int(2)
        -     v12:int = Int(1)
        - block3():
        -     return v2
    "#]],
    );
}
