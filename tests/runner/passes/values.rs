//! Golden texts of numbers that are what their uses ask for, and of lists that are not made.
//!
//! As `passes`, whose helpers they use. Invariant: both forms print the same when they run.

use super::{check, check_among_others, dumped, ssa};
use expect_test::expect;
use minilive_jit::passes::{Pass, Passes};

#[test]
fn division_finds_whole_quotients_without_doubles() {
    check(
        Pass::Division,
        "f = function(n)\n  s = 0\n  while n > 0\n    s += n % 10\n    n = floor(n / 10)\n  end while\n  return s\nend function\n\
         for k in range(12340, 12380)\n  x = f(k)\nend for\nprint x\n",
        "14\n",
        &expect![[r#"
            without:
            function params=1
            block0():
                v1:any = Param(0)
                Enter { weight: 17, checked: true, block: BlockId(0) }
                v2:int = GuardInt v1 ! NotInteger
                jump block1()
            block1():
                v3:int = Int(0)
                jump block2()
            block2():
                EnterLoop { weight: 14, block: BlockId(1) } ! Forced
                v4:int = Int(0)
                v5:bool = ICmp(Gt) v2, v4
                branch v5 block6() else block5(v3)
            block3(v8:int, v9:int): in loop0
                v11:int = Int(10)
                v12:int = IRem { by_zero: false, negative: true, signless: false, small: false, fits: true } v8, v11 ! SlowRemainder
                v13:int = IAdd v9, v12 ! Overflow
                v17:f64 = ToF64 v8
                v18:f64 = F64(4621819117588971520)
                v19:f64 = FDiv v17, v18
                v20:f64 = FMath(Floor) v19
                v21:int = F64ToInt v20 ! NotInteger
                jump block4()
            block4(): in loop0
                EnterLoop { weight: 14, block: BlockId(1) } ! Forced
                v22:int = Int(0)
                v23:bool = ICmp(Gt) v21, v22
                branch v23 block3(v21, v13) else block5(v13)
            block5(v10:int):
                v24:any = Box v10
                return v24
            block6():
                GuardConstants ! GlobalChanged
                jump block3(v2, v3)
            with:
            function params=1
            block0():
                v1:any = Param(0)
                Enter { weight: 17, checked: true, block: BlockId(0) }
                v2:int = GuardInt v1 ! NotInteger
                jump block1()
            block1():
                v3:int = Int(0)
                jump block2()
            block2():
                EnterLoop { weight: 14, block: BlockId(1) } ! Forced
                v4:int = Int(0)
                v5:bool = ICmp(Gt) v2, v4
                branch v5 block6() else block5(v3)
            block3(v8:int, v9:int): in loop0
                v11:int = Int(10)
                v12:int = IRem { by_zero: false, negative: true, signless: false, small: false, fits: true } v8, v11 ! SlowRemainder
                v13:int = IAdd v9, v12 ! Overflow
                v25:int = IFloorDiv(10) v8
                jump block4()
            block4(): in loop0
                EnterLoop { weight: 14, block: BlockId(1) } ! Forced
                v22:int = Int(0)
                v23:bool = ICmp(Gt) v25, v22
                branch v23 block3(v25, v13) else block5(v13)
            block5(v10:int):
                v24:any = Box v10
                return v24
            block6():
                GuardConstants ! GlobalChanged
                jump block3(v2, v3)
        "#]],
    );
}

#[test]
fn escape_keeps_what_lists_hold_instead_of_lists() {
    check_among_others(
        Pass::Escape,
        "f = function(n)\n  p = [n, 2]\n  q = [p[1], p, p[-1]]\n  p[0] = q[1][0] + q.len\n  return p[0] + q[-1]\nend function\n\
         for k in range(1, 50)\n  x = f(k)\nend for\nprint x\n",
        "55\n",
        &expect![[r#"
            without:
            function params=1
            block0():
                v1:any = Param(0)
                Enter { weight: 23, checked: true, block: BlockId(0) }
                jump block1()
            block1():
                v2:any = GuardNotFunction v1 ! IsFunction
                v4:any = Boxed(4611686018427387904)
                v5:any = Helper(MakeList) v2, v4
                v6:int = Int(1)
                GuardElements ! Prototype
                v7:object = Object v5
                v8:int = StoredLen { settles: false } v7
                GuardIndex v6, v8 ! IndexOutOfRange
                v9:object = Elements v7, v8
                v10:any = LoadElement v7, v6, v9
                v11:int = Int(-1)
                v14:int = IAdd v8, v11
                GuardIndex v14, v8 ! IndexOutOfRange
                v16:any = LoadElement v7, v14, v9
                v17:any = Helper(MakeList) v10, v5, v16
                v18:int = Int(0)
                v20:object = Object v17
                v21:int = StoredLen { settles: false } v20
                GuardIndex v6, v21 ! IndexOutOfRange
                v22:object = Elements v20, v21
                v23:any = LoadElement v20, v6, v22
                v24:any = GuardTag(65531) v23 ! NotList
                v26:object = Object v24
                v27:int = StoredLen { settles: false } v26
                GuardIndex v18, v27 ! IndexOutOfRange
                v28:object = Elements v26, v27
                v29:any = LoadElement v26, v18, v28
                v30:f64 = GuardNum v29 ! NotNumber
                GuardTypes(4) ! Prototype
                v31:int = ListLen v17
                v32:f64 = ToF64 v31
                v33:f64 = FAdd v30, v32
                GuardIndex v18, v8 ! IndexOutOfRange
                v36:any = Box v33
                v37:object = Elements v7, v8
                GuardStorable v7 ! Frozen
                StoreElement { barrier: Marking, fits: true } v7, v18, v5, v36, v37
                v47:int = IAdd v21, v11
                GuardIndex v47, v21 ! IndexOutOfRange
                v49:any = LoadElement v20, v47, v22
                v50:f64 = GuardNum v49 ! NotNumber
                v51:f64 = FAdd v33, v50
                v52:any = Box v51
                return v52
            with:
            function params=1
            block0():
                v1:any = Param(0)
                Enter { weight: 23, checked: true, block: BlockId(0) }
                jump block1()
            block1():
                v2:any = GuardNotFunction v1 ! IsFunction
                v4:any = Boxed(4611686018427387904)
                v6:int = Int(1)
                GuardElements ! Prototype
                v18:int = Int(0)
                v30:f64 = GuardNum v2 ! NotNumber
                GuardTypes(4) ! Prototype
                v32:f64 = F64(4613937818241073152)
                v33:f64 = FAdd v30, v32
                v50:f64 = F64(4611686018427387904)
                v51:f64 = FAdd v33, v50
                v52:any = Box v51
                return v52
        "#]],
    );
}

#[test]
fn null_among_numbers_is_a_double_of_its_own_until_a_comparison_holds() {
    let program = "f = function(l)\n  best = 0\n  for v in l\n    if v > best then best = v\n  end for\n  return best\nend function\n\
                   l = [1, null, 3.5] * 40\nfor k in range(1, 2000)\n  x = f(l)\nend for\nprint x\n";
    let (made, printed) = ssa(program, Passes::default());
    assert_eq!(printed, "3.5\n");
    expect![[r#"
        function params=1
        block0():
            v1:any = Param(0)
            Enter { weight: 14, checked: true, block: BlockId(0) }
            jump block1()
        block1():
            v2:int = Int(0)
            v3:any = GuardNotFunction v1 ! IsFunction
            jump block2()
        block2():
            EnterLoop { weight: 8, block: BlockId(1) } ! Forced
            v5:any = GuardTag(65531) v3 ! NotList
            v6:int = ListLen v5
            v7:bool = ICmp(Lt) v2, v6
            branch v7 block8() else block10()
        block3(v13:f64, v14:any, v15:int): in loop0
            v20:f64 = GuardNumOrNull v14 ! NotNumberOrNull
            v21:bool = FCmp(Gt) v20, v13
            branch v21 block4() else block5(v13)
        block4(): in loop0
            jump block5(v20)
        block5(v22:f64): in loop0
            jump block6()
        block6(): in loop0
            EnterLoop { weight: 8, block: BlockId(1) } ! Forced
            v26:bool = ICmp(Lt) v15, v6
            branch v26 block11() else block7(v22)
        block7(v17:f64):
            v32:any = Box v17
            return v32
        block8():
            v8:object = Object v5
            v9:int = StoredLen { settles: true } v8
            v10:any = ListGet { computed: false } v5, v2, v8, v9
            v11:int = Int(1)
            jump block9()
        block9():
            v16:f64 = F64(0)
            jump block3(v16, v10, v11)
        block10():
            v18:f64 = F64(0)
            jump block7(v18)
        block11(): in loop0
            v29:any = ListGet { computed: false } v5, v15, v8, v9
            v30:int = Int(1)
            v31:int = IAdd v15, v30
            jump block3(v22, v29, v31)
    "#]]
    .assert_eq(&made);
}

#[test]
fn numbers_computed_of_what_may_be_null_are_null_if_that_is() {
    let program = "f = function(a, b)\n  return a * 2 + b\nend function\n\
                   l = [1, null, 3.5]\nfor k in range(1, 2000)\n  x = [f(l[k % 3], k), f(k, 0.5)]\nend for\nprint x\n";
    let (made, printed) = ssa(program, Passes::default().without(Pass::Inlining));
    assert_eq!(printed, "[2007, 4000.5]\n");
    expect![[r#"
        function params=2
        block0():
            v1:any = Param(0)
            v2:any = Param(1)
            Enter { weight: 6, checked: false, block: BlockId(0) }
            v3:f64 = GuardNum v2 ! NotNumber
            jump block1()
        block1():
            v6:f64 = GuardNumOrNull v1 ! NotNumberOrNull
            v7:f64 = F64(4611686018427387904)
            v8:f64 = FMul v6, v7
            v9:any = UnlessNull v8, v6
            v10:f64 = GuardNumOrNull v9 ! NotNumberOrNull
            v11:f64 = FAdd v10, v3
            v12:any = UnlessNull v11, v10
            return v12
    "#]]
    .assert_eq(&made);
}

#[test]
fn globals_that_a_loop_counts_with_are_guarded_like_registers() {
    let program = "i = 0\nt = 0\nf = function(n)\n  while i < n\n    globals.t = (t + i * 3) % 1003\n    globals.i = i + 1\n  end while\nend function\n\
                   for k in range(1, 50)\n  f(k * 20)\nend for\nprint t\n";
    let (form, printed) = dumped(program, Passes::default().without(Pass::Inlining), true);
    assert_eq!(printed, "18\n");
    expect![[r#"
        loop entry params=0
        block0():
            v1:any = Window(0)
            v2:f64 = GuardNum v1 ! NotNumber
            jump block1()
        block1():
            v3:any = LoadCell(0)
            v4:int = GuardInt v3 ! NotInteger
            v5:f64 = ToF64 v4
            v6:bool = FCmp(Lt) v5, v2
            branch v6 block5() else block4(v4)
        block2(v11:int, v12:int): in loop0
            v14:any = Box v11
            StoreCell(0) v14
            v16:int = Int(3)
            v17:int = IMul { zero: false, wide: false } v11, v16 ! Overflow
            v18:int = IAdd v12, v17 ! Overflow
            v19:int = Int(1003)
            v20:int = IRem { by_zero: false, negative: false, signless: false, small: false, fits: true } v18, v19
            v21:any = Box v20
            StoreCell(1) v21
            v23:int = Int(1)
            v24:int = IAdd v11, v23 ! Overflow
            jump block3()
        block3(): in loop0
            EnterLoop { weight: 23, block: BlockId(1) } ! Forced
            v25:f64 = ToF64 v24
            v26:bool = FCmp(Lt) v25, v2
            branch v26 block2(v24, v20) else block4(v24)
        block4(v13:int):
            v27:any = Boxed(18444773748872577024)
            v28:any = Box v13
            StoreCell(0) v28
            return v27
        block5():
            v7:any = LoadCell(1)
            v8:int = GuardInt v7 ! NotInteger
            v9:int = Int(2147483648)
            GuardIndex v8, v9 ! Negative
            GuardIndex v4, v9 ! Negative
            GuardGlobals ! Frozen
            v15:any = Helper(LoadGlobals)
            jump block2(v4, v8)
    "#]]
    .assert_eq(&form);
}

#[test]
fn what_is_rounded_must_stay_whole() {
    let program = "g = 6\nf = function(k)\n  return floor(g) * 0.25 + k / 2\nend function\nt = 0\nfor k in range(1, 500)\n  t = t + f(k)\nend for\nprint t\n";
    let (form, printed) = ssa(program, Passes::default().without(Pass::Inlining));
    assert_eq!(printed, "63375\n");
    expect![[r#"
        function params=1
        block0():
            v1:any = Param(0)
            Enter { weight: 11, checked: true, block: BlockId(0) }
            v2:f64 = GuardNum v1 ! NotNumber
            jump block1()
        block1():
            GuardConstants ! GlobalChanged
            v5:any = LoadCell(0)
            v6:int = GuardInt v5 ! NotInteger
            v7:f64 = F64(4598175219545276416)
            v8:f64 = ToF64 v6
            v9:f64 = FMul v8, v7
            v11:f64 = F64(4602678819172646912)
            v12:f64 = FMul v2, v11
            v13:f64 = FAdd v9, v12
            v14:any = Box v13
            return v14
    "#]]
    .assert_eq(&form);
}
