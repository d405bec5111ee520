//! Golden texts of slots in loops: guards that go before the loop, and numbers that are carried in registers.
//!
//! As `passes`, whose helpers they use. Invariant: both forms print the same when they run.

use super::check_among_others;
use expect_test::expect;
use minilive_jit::passes::Pass;

#[test]
fn hoisting_brings_guards_and_reads_of_every_round_before_the_loop() {
    check_among_others(
        Pass::Hoisting,
        "f = function(o, n)\n  s = 0\n  for i in range(1, n)\n    s += o.w\n  end for\n  return s\nend function\n\
         o = {\"w\": 2}\nfor k in range(1, 200)\n  x = f(o, 9)\nend for\nprint x\n",
        "18\n",
        &expect![[r#"
            without:
            function params=2
            block0():
                v1:any = Param(0)
                v2:any = Param(1)
                Enter { weight: 13, checked: true, block: BlockId(0) }
                jump block1()
            block1():
                v3:int = Int(0)
                GuardConstants ! GlobalChanged
                v6:int = Int(1)
                v8:int = GuardInt v2 ! NotInteger
                v9:bool = ICmp(Le) v6, v8
                GuardTrue v9 ! RangeDirection
                v10:int = ISub v8, v6
                v13:int = IAdd v10, v6
                jump block2()
            block2():
                EnterLoop { weight: 5, block: BlockId(1) } ! Forced
                v15:bool = ICmp(Lt) v3, v13
                v17:int = Int(1)
                branch v15 block6() else block7()
            block3(v19:f64, v20:int): in loop0
                v24:any = GuardTag(65532) v1 ! NotMap
                v25:object = Object v24
                GuardShape v25 ! Shape
                v27:object = Slots v25
                v28:any = LoadSlot(0) v25, v27
                v29:f64 = GuardNum v28 ! NotNumber
                v30:f64 = FAdd v19, v29
                jump block4()
            block4(): in loop0
                EnterLoop { weight: 5, block: BlockId(1) } ! Forced
                v31:bool = ICmp(Lt) v20, v13
                v33:int = Int(1)
                v34:int = IAdd v20, v33
                branch v31 block3(v30, v34) else block5(v30)
            block5(v22:f64):
                v35:any = Box v22
                return v35
            block6():
                v21:f64 = F64(0)
                jump block3(v21, v17)
            block7():
                v23:f64 = F64(0)
                jump block5(v23)
            with:
            function params=2
            block0():
                v1:any = Param(0)
                v2:any = Param(1)
                Enter { weight: 13, checked: true, block: BlockId(0) }
                jump block1()
            block1():
                v3:int = Int(0)
                GuardConstants ! GlobalChanged
                v6:int = Int(1)
                v8:int = GuardInt v2 ! NotInteger
                v9:bool = ICmp(Le) v6, v8
                GuardTrue v9 ! RangeDirection
                v10:int = ISub v8, v6
                v13:int = IAdd v10, v6
                jump block2()
            block2():
                EnterLoop { weight: 5, block: BlockId(1) } ! Forced
                v15:bool = ICmp(Lt) v3, v13
                v17:int = Int(1)
                branch v15 block6() else block7()
            block3(v19:f64, v20:int): in loop0
                v30:f64 = FAdd v19, v29
                jump block4()
            block4(): in loop0
                EnterLoop { weight: 5, block: BlockId(1) } v24 ! Forced
                v31:bool = ICmp(Lt) v20, v13
                v33:int = Int(1)
                v34:int = IAdd v20, v33
                branch v31 block3(v30, v34) else block5(v30)
            block5(v22:f64):
                v35:any = Box v22
                return v35
            block6():
                v21:f64 = F64(0)
                v24:any = GuardTag(65532) v1 ! LoopGuard
                v25:object = Object v24
                GuardShape v25 ! LoopGuard
                v27:object = Slots v25
                v28:any = LoadSlot(0) v25, v27
                v29:f64 = GuardNum v28 ! LoopGuard
                jump block3(v21, v17)
            block7():
                v23:f64 = F64(0)
                jump block5(v23)
        "#]],
    );
}

#[test]
fn carrying_keeps_a_sum_in_a_field_in_a_register() {
    check_among_others(
        Pass::Carrying,
        "f = function(o, n)\n  for i in range(1, n)\n    o.sum = o.sum + i\n  end for\n  return o.sum\nend function\n\
         for k in range(1, 200)\n  x = f({\"sum\": 0}, 9)\nend for\nprint x\n",
        "45\n",
        &expect![[r#"
            without:
            function params=2
            block0():
                v1:any = Param(0)
                v2:any = Param(1)
                Enter { weight: 17, checked: true, block: BlockId(0) }
                jump block1()
            block1():
                GuardConstants ! GlobalChanged
                v5:int = Int(1)
                v7:int = GuardInt v2 ! NotInteger
                v8:bool = ICmp(Le) v5, v7
                GuardTrue v8 ! RangeDirection
                v9:int = ISub v7, v5
                v12:int = IAdd v9, v5
                v13:int = Int(0)
                jump block2()
            block2():
                EnterLoop { weight: 8, block: BlockId(1) } ! Forced
                v14:bool = ICmp(Lt) v13, v12
                v15:int = Int(1)
                branch v14 block6() else block5(v1)
            block3(v18:int): in loop0
                v25:any = LoadSlot(0) v22, v24
                v26:f64 = GuardNum v25 ! NotNumber
                v27:f64 = ToF64 v18
                v28:f64 = FAdd v26, v27
                v29:any = Name(4)
                v30:any = Box v28
                StoreSlot(0, None) v22, v29, v30, v21, v24
                jump block4()
            block4(): in loop0
                EnterLoop { weight: 8, block: BlockId(1) } v21 ! Forced
                v33:bool = ICmp(Lt) v18, v12
                v45:int = Int(1)
                v34:int = IAdd v18, v45
                branch v33 block3(v34) else block5(v21)
            block5(v20:any):
                v37:any = GuardTag(65532) v20 ! NotMap
                v38:object = Object v37
                GuardShape v38 ! Shape
                v40:object = Slots v38
                v41:any = LoadSlot(0) v38, v40
                v42:f64 = GuardNum v41 ! NotNumber
                v43:any = Box v42
                return v43
            block6():
                v21:any = GuardTag(65532) v1 ! LoopGuard
                v22:object = Object v21
                GuardShape v22 ! LoopGuard
                v24:object = Slots v22
                GuardStorable v22 ! LoopGuard
                jump block3(v15)
            with:
            function params=2
            block0():
                v1:any = Param(0)
                v2:any = Param(1)
                Enter { weight: 17, checked: true, block: BlockId(0) }
                jump block1()
            block1():
                GuardConstants ! GlobalChanged
                v5:int = Int(1)
                v7:int = GuardInt v2 ! NotInteger
                v8:bool = ICmp(Le) v5, v7
                GuardTrue v8 ! RangeDirection
                v9:int = ISub v7, v5
                v12:int = IAdd v9, v5
                v13:int = Int(0)
                jump block2()
            block2():
                EnterLoop { weight: 8, block: BlockId(1) } ! Forced
                v14:bool = ICmp(Lt) v13, v12
                v15:int = Int(1)
                branch v14 block6() else block5(v1)
            block3(v18:int, v50:f64): in loop0
                v27:f64 = ToF64 v18
                v28:f64 = FAdd v50, v27
                v29:any = Name(4)
                v30:any = Box v28
                StoreSlot(0, None) v22, v29, v30, v21, v24
                jump block4()
            block4(): in loop0
                EnterLoop { weight: 8, block: BlockId(1) } v21 ! Forced
                v33:bool = ICmp(Lt) v18, v12
                v45:int = Int(1)
                v34:int = IAdd v18, v45
                branch v33 block3(v34, v28) else block5(v21)
            block5(v20:any):
                v37:any = GuardTag(65532) v20 ! NotMap
                v38:object = Object v37
                GuardShape v38 ! Shape
                v40:object = Slots v38
                v41:any = LoadSlot(0) v38, v40
                v42:f64 = GuardNum v41 ! NotNumber
                v43:any = Box v42
                return v43
            block6():
                v21:any = GuardTag(65532) v1 ! LoopGuard
                v22:object = Object v21
                GuardShape v22 ! LoopGuard
                v24:object = Slots v22
                GuardStorable v22 ! LoopGuard
                v47:object = Slots v22
                v48:any = LoadSlot(0) v22, v47
                v49:f64 = GuardNum v48 ! LoopGuard
                jump block3(v15, v49)
        "#]],
    );
}

#[test]
fn carrying_takes_what_some_rounds_store() {
    check_among_others(
        Pass::Carrying,
        "f = function(o, n)\n  for i in range(1, n)\n    if i > o.most then o.most = i\n  end for\n  return o.most\nend function\n\
         o = {\"most\": 0}\nfor k in range(1, 200)\n  x = f(o, 9)\nend for\nprint x\n",
        "9\n",
        &expect![[r#"
            without:
            function params=2
            block0():
                v1:any = Param(0)
                v2:any = Param(1)
                Enter { weight: 20, checked: true, block: BlockId(0) }
                jump block1()
            block1():
                GuardConstants ! GlobalChanged
                v5:int = Int(1)
                v7:int = GuardInt v2 ! NotInteger
                v8:bool = ICmp(Le) v5, v7
                GuardTrue v8 ! RangeDirection
                v9:int = ISub v7, v5
                v12:int = IAdd v9, v5
                v13:int = Int(0)
                jump block2()
            block2():
                EnterLoop { weight: 11, block: BlockId(1) } ! Forced
                v14:bool = ICmp(Lt) v13, v12
                v15:int = Int(1)
                branch v14 block8() else block7(v1)
            block3(v18:int): in loop0
                v25:any = LoadSlot(0) v22, v24
                v26:f64 = GuardNum v25 ! NotNumber
                v27:f64 = ToF64 v18
                v28:bool = FCmp(Gt) v27, v26
                branch v28 block4() else block5()
            block4(): in loop0
                v34:any = Name(4)
                v35:any = Box v18
                GuardStorable v22 ! Frozen
                StoreSlot(0, None) v22, v34, v35, v21, v24
                jump block5()
            block5(): in loop0
                jump block6()
            block6(): in loop0
                EnterLoop { weight: 11, block: BlockId(1) } v21 ! Forced
                v39:bool = ICmp(Lt) v18, v12
                v51:int = Int(1)
                v40:int = IAdd v18, v51
                branch v39 block3(v40) else block7(v21)
            block7(v20:any):
                v43:any = GuardTag(65532) v20 ! NotMap
                v44:object = Object v43
                GuardShape v44 ! Shape
                v46:object = Slots v44
                v47:any = LoadSlot(0) v44, v46
                v48:f64 = GuardNum v47 ! NotNumber
                v49:any = Box v48
                return v49
            block8():
                v21:any = GuardTag(65532) v1 ! LoopGuard
                v22:object = Object v21
                GuardShape v22 ! LoopGuard
                v24:object = Slots v22
                jump block3(v15)
            with:
            function params=2
            block0():
                v1:any = Param(0)
                v2:any = Param(1)
                Enter { weight: 20, checked: true, block: BlockId(0) }
                jump block1()
            block1():
                GuardConstants ! GlobalChanged
                v5:int = Int(1)
                v7:int = GuardInt v2 ! NotInteger
                v8:bool = ICmp(Le) v5, v7
                GuardTrue v8 ! RangeDirection
                v9:int = ISub v7, v5
                v12:int = IAdd v9, v5
                v13:int = Int(0)
                jump block2()
            block2():
                EnterLoop { weight: 11, block: BlockId(1) } ! Forced
                v14:bool = ICmp(Lt) v13, v12
                v15:int = Int(1)
                branch v14 block8() else block7(v1)
            block3(v18:int, v56:f64): in loop0
                v27:f64 = ToF64 v18
                v28:bool = FCmp(Gt) v27, v56
                branch v28 block4() else block5(v56)
            block4(): in loop0
                v34:any = Name(4)
                v35:any = Box v18
                GuardStorable v22 ! Frozen
                v57:f64 = ToF64 v18
                StoreSlot(0, None) v22, v34, v35, v21, v24
                jump block5(v57)
            block5(v58:f64): in loop0
                jump block6()
            block6(): in loop0
                EnterLoop { weight: 11, block: BlockId(1) } v21 ! Forced
                v39:bool = ICmp(Lt) v18, v12
                v51:int = Int(1)
                v40:int = IAdd v18, v51
                branch v39 block3(v40, v58) else block7(v21)
            block7(v20:any):
                v43:any = GuardTag(65532) v20 ! NotMap
                v44:object = Object v43
                GuardShape v44 ! Shape
                v46:object = Slots v44
                v47:any = LoadSlot(0) v44, v46
                v48:f64 = GuardNum v47 ! NotNumber
                v49:any = Box v48
                return v49
            block8():
                v21:any = GuardTag(65532) v1 ! LoopGuard
                v22:object = Object v21
                GuardShape v22 ! LoopGuard
                v24:object = Slots v22
                v53:object = Slots v22
                v54:any = LoadSlot(0) v22, v53
                v55:f64 = GuardNum v54 ! LoopGuard
                jump block3(v15, v55)
        "#]],
    );
}

#[test]
fn carrying_keeps_a_global_that_a_function_counts_in_a_register() {
    check_among_others(
        Pass::Carrying,
        "n = 0\nf = function(k)\n  for i in range(1, k)\n    globals.n += i % 3\n  end for\nend function\n\
         for k in range(1, 200)\n  f 9\nend for\nprint n\n",
        "1800\n",
        &expect![[r#"
            without:
            function params=1
            block0():
                v1:any = Param(0)
                Enter { weight: 18, checked: true, block: BlockId(0) }
                jump block1()
            block1():
                GuardConstants ! GlobalChanged
                v4:int = Int(1)
                v6:int = GuardInt v1 ! NotInteger
                v7:bool = ICmp(Le) v4, v6
                GuardTrue v7 ! RangeDirection
                v8:int = ISub v6, v4
                v11:int = IAdd v8, v4
                v12:int = Int(0)
                jump block2()
            block2():
                EnterLoop { weight: 10, block: BlockId(1) } ! Forced
                v13:bool = ICmp(Lt) v12, v11
                v14:int = Int(1)
                branch v13 block6() else block5()
            block3(v17:int): in loop0
                v21:any = LoadCell(0)
                v23:f64 = GuardNum v21 ! NotNumber
                v24:int = Int(3)
                v25:int = IRem { by_zero: false, negative: false, signless: false, small: true, fits: true } v17, v24
                v26:f64 = ToF64 v25
                v27:f64 = FAdd v23, v26
                jump block4()
            block4(): in loop0
                EnterLoop { weight: 10, block: BlockId(1) } ! Forced
                v28:bool = ICmp(Lt) v17, v11
                v36:int = Int(1)
                v29:int = IAdd v17, v36
                branch v28 block7() else block8()
            block5():
                v34:any = Boxed(18444773748872577024)
                return v34
            block6():
                GuardGlobals ! Frozen
                v19:any = Helper(LoadGlobals)
                jump block3(v14)
            block7(): in loop0
                v32:any = Box v27
                StoreCell(0) v32
                jump block3(v29)
            block8():
                v33:any = Box v27
                StoreCell(0) v33
                jump block5()
            with:
            function params=1
            block0():
                v1:any = Param(0)
                Enter { weight: 18, checked: true, block: BlockId(0) }
                jump block1()
            block1():
                GuardConstants ! GlobalChanged
                v4:int = Int(1)
                v6:int = GuardInt v1 ! NotInteger
                v7:bool = ICmp(Le) v4, v6
                GuardTrue v7 ! RangeDirection
                v8:int = ISub v6, v4
                v11:int = IAdd v8, v4
                v12:int = Int(0)
                jump block2()
            block2():
                EnterLoop { weight: 10, block: BlockId(1) } ! Forced
                v13:bool = ICmp(Lt) v12, v11
                v14:int = Int(1)
                branch v13 block6() else block5()
            block3(v17:int, v40:f64): in loop0
                v24:int = Int(3)
                v25:int = IRem { by_zero: false, negative: false, signless: false, small: true, fits: true } v17, v24
                v26:f64 = ToF64 v25
                v27:f64 = FAdd v40, v26
                jump block4()
            block4(): in loop0
                EnterLoop { weight: 10, block: BlockId(1) } ! Forced
                v28:bool = ICmp(Lt) v17, v11
                v36:int = Int(1)
                v29:int = IAdd v17, v36
                branch v28 block7() else block8()
            block5():
                v34:any = Boxed(18444773748872577024)
                return v34
            block6():
                GuardGlobals ! Frozen
                v38:any = LoadCell(0)
                v39:f64 = GuardNum v38 ! LoopGuard
                jump block3(v14, v39)
            block7(): in loop0
                v32:any = Box v27
                StoreCell(0) v32
                jump block3(v29, v27)
            block8():
                v33:any = Box v27
                StoreCell(0) v33
                jump block5()
        "#]],
    );
}
