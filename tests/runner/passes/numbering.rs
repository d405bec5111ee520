//! What is known already is not computed again: guards and reads of a block, and of those that dominate it.
//!
//! Invariant: as in the file above, both forms print the same.

use super::{check, check_among_others};
use expect_test::expect;
use minilive_jit::passes::Pass;

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
                Enter { weight: 16, checked: true, block: BlockId(0) }
                jump block1()
            block1():
                v2:any = GuardTag(65532) v1 ! NotMap
                v3:object = Object v2
                GuardShape v3 ! Shape
                v4:object = Object v2
                v5:object = Slots v4
                v6:any = LoadSlot(0) v4, v5
                v7:f64 = GuardNum v6 ! NotNumber
                v8:object = Object v2
                v9:object = Slots v8
                v10:any = LoadSlot(0) v8, v9
                v11:f64 = GuardNum v10 ! NotNumber
                v12:f64 = FMul v7, v11
                v13:object = Object v2
                v14:object = Slots v13
                v15:any = LoadSlot(0) v13, v14
                v16:f64 = GuardNum v15 ! NotNumber
                v18:f64 = F64(4607182418800017408)
                v19:f64 = FSub v16, v18
                v20:object = Object v2
                v21:object = Slots v20
                v22:any = LoadSlot(0) v20, v21
                v23:f64 = GuardNum v22 ! NotNumber
                v25:f64 = F64(4607182418800017408)
                v26:f64 = FSub v23, v25
                v27:f64 = FMul v19, v26
                v28:f64 = FAdd v12, v27
                v29:any = Box v28
                return v29
            with:
            function params=1
            block0():
                v1:any = Param(0)
                Enter { weight: 16, checked: true, block: BlockId(0) }
                jump block1()
            block1():
                v2:any = GuardTag(65532) v1 ! NotMap
                v3:object = Object v2
                GuardShape v3 ! Shape
                v5:object = Slots v3
                v6:any = LoadSlot(0) v3, v5
                v7:f64 = GuardNum v6 ! NotNumber
                v12:f64 = FMul v7, v7
                v18:f64 = F64(4607182418800017408)
                v19:f64 = FSub v7, v18
                v27:f64 = FMul v19, v19
                v28:f64 = FAdd v12, v27
                v29:any = Box v28
                return v29
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
                Enter { weight: 12, checked: true, block: BlockId(0) }
                jump block1()
            block1():
                v2:any = GuardTag(65532) v1 ! NotMap
                v3:object = Object v2
                GuardShape v3 ! Shape
                v4:object = Object v2
                v5:object = Slots v4
                v6:any = LoadSlot(0) v4, v5
                v7:f64 = GuardNum v6 ! NotNumber
                v9:f64 = F64(4607182418800017408)
                v10:f64 = FAdd v7, v9
                v11:any = Name(1)
                v12:any = Box v10
                v13:object = Object v2
                v14:object = Slots v13
                GuardStorable v13 ! Frozen
                StoreSlot(0, Marking) v13, v11, v12, v2, v14
                v15:object = Object v2
                v16:object = Slots v15
                v17:any = LoadSlot(0) v15, v16
                v18:f64 = GuardNum v17 ! NotNumber
                v19:object = Object v2
                v20:object = Slots v19
                v21:any = LoadSlot(0) v19, v20
                v22:f64 = GuardNum v21 ! NotNumber
                v23:f64 = FMul v18, v22
                v24:any = Box v23
                return v24
            with:
            function params=1
            block0():
                v1:any = Param(0)
                Enter { weight: 12, checked: true, block: BlockId(0) }
                jump block1()
            block1():
                v2:any = GuardTag(65532) v1 ! NotMap
                v3:object = Object v2
                GuardShape v3 ! Shape
                v5:object = Slots v3
                v6:any = LoadSlot(0) v3, v5
                v7:f64 = GuardNum v6 ! NotNumber
                v9:f64 = F64(4607182418800017408)
                v10:f64 = FAdd v7, v9
                v11:any = Name(1)
                v12:any = Box v10
                GuardStorable v3 ! Frozen
                StoreSlot(0, None) v3, v11, v12, v2, v5
                v23:f64 = FMul v10, v10
                v24:any = Box v23
                return v24
        "#]],
    );
}

#[test]
fn numbering_drops_guards_that_a_stronger_one_follows() {
    check(
        Pass::Numbering,
        "f = function(m)\n  return m.x\nend function\n\
         for k in range(1, 500)\n  x = f({\"x\": k}) + f({\"y\": 1, \"x\": k})\nend for\nprint x\n",
        "1000\n",
        &expect![[r#"
            without:
            function params=1
            block0():
                v1:any = Param(0)
                Enter { weight: 3, checked: true, block: BlockId(0) }
                jump block1()
            block1():
                v2:any = GuardNotFunction v1 ! IsFunction
                v3:any = GuardTag(65532) v2 ! Shape
                v4:object = Object v3
                v5:bool = HasShape v4
                branch v5 block2() else block3()
            block2():
                v6:object = Object v3
                v7:object = Slots v6
                v8:any = LoadSlot(0) v6, v7
                jump block4(v8)
            block3():
                v9:object = Object v3
                GuardShape v9 ! Shape
                v10:object = Object v3
                v11:object = Slots v10
                v12:any = LoadSlot(1) v10, v11
                jump block4(v12)
            block4(v13:any):
                v14:f64 = GuardNum v13 ! NotNumber
                v15:any = Box v14
                return v15
            with:
            function params=1
            block0():
                v1:any = Param(0)
                Enter { weight: 3, checked: true, block: BlockId(0) }
                jump block1()
            block1():
                v3:any = GuardTag(65532) v1 ! Shape
                v4:object = Object v3
                v5:bool = HasShape v4
                branch v5 block2() else block3()
            block2():
                v7:object = Slots v4
                v8:any = LoadSlot(0) v4, v7
                jump block4(v8)
            block3():
                GuardShape v4 ! Shape
                v11:object = Slots v4
                v12:any = LoadSlot(1) v4, v11
                jump block4(v12)
            block4(v13:any):
                v14:f64 = GuardNum v13 ! NotNumber
                v15:any = Box v14
                return v15
        "#]],
    );
}

#[test]
fn numbering_has_stores_ask_no_more_than_they_must() {
    check(
        Pass::Numbering,
        "f = function(o, l)\n  o.n = o.n + 1\n  t = l[0]\n  l[0] = l[1]\n  l[1] = t\n  o.last = t\nend function\n\
         p = {\"n\": 0, \"last\": null}\nq = [\"a\", 1, []]\n\
         for k in range(1, 51)\n  f p, q\nend for\nprint p\nprint q\n",
        "{\"n\": 51, \"last\": \"a\"}\n[1, \"a\", []]\n",
        &expect![[r#"
            without:
            function params=2
            block0():
                v1:any = Param(0)
                v2:any = Param(1)
                Enter { weight: 24, checked: true, block: BlockId(0) }
                v3:any = GuardTag(65531) v2 ! NotList
                jump block1()
            block1():
                v4:any = GuardTag(65532) v1 ! NotMap
                v5:object = Object v4
                GuardShape v5 ! Shape
                v6:object = Object v4
                v7:object = Slots v6
                v8:any = LoadSlot(0) v6, v7
                v9:f64 = GuardNum v8 ! NotNumber
                v11:f64 = F64(4607182418800017408)
                v12:f64 = FAdd v9, v11
                v13:any = Name(3)
                v14:any = Box v12
                v15:object = Object v4
                v16:object = Slots v15
                GuardStorable v15 ! Frozen
                StoreSlot(0, Marking) v15, v13, v14, v4, v16
                v17:int = Int(0)
                GuardElements ! Prototype
                v18:object = Object v3
                v19:int = StoredLen { settles: false } v18
                GuardIndex v17, v19 ! IndexOutOfRange
                v20:object = Elements v18, v19
                v21:any = LoadElement v18, v17, v20
                v22:int = Int(0)
                v23:int = Int(1)
                v24:object = Object v3
                v25:int = StoredLen { settles: false } v24
                GuardIndex v23, v25 ! IndexOutOfRange
                v26:object = Elements v24, v25
                v27:any = LoadElement v24, v23, v26
                v28:object = Object v3
                v29:int = StoredLen { settles: false } v28
                GuardIndex v22, v29 ! IndexOutOfRange
                v30:object = Elements v28, v29
                GuardStorable v28 ! Frozen
                StoreElement { barrier: Marking, fits: false } v28, v22, v3, v27, v30
                v31:int = Int(1)
                v32:any = GuardNotFunction v21 ! IsFunction
                v33:object = Object v3
                v34:int = StoredLen { settles: false } v33
                GuardIndex v31, v34 ! IndexOutOfRange
                v35:object = Elements v33, v34
                GuardStorable v33 ! Frozen
                StoreElement { barrier: Marking, fits: false } v33, v31, v3, v32, v35
                v36:any = Name(4)
                v37:object = Object v4
                v38:object = Slots v37
                GuardStorable v37 ! Frozen
                StoreSlot(1, Marking) v37, v36, v32, v4, v38
                v39:any = Boxed(18444773748872577024)
                return v39
            with:
            function params=2
            block0():
                v1:any = Param(0)
                v2:any = Param(1)
                Enter { weight: 24, checked: true, block: BlockId(0) }
                v3:any = GuardTag(65531) v2 ! NotList
                jump block1()
            block1():
                v4:any = GuardTag(65532) v1 ! NotMap
                v5:object = Object v4
                GuardShape v5 ! Shape
                v7:object = Slots v5
                v8:any = LoadSlot(0) v5, v7
                v9:f64 = GuardNum v8 ! NotNumber
                v11:f64 = F64(4607182418800017408)
                v12:f64 = FAdd v9, v11
                v13:any = Name(3)
                v14:any = Box v12
                GuardStorable v5 ! Frozen
                StoreSlot(0, None) v5, v13, v14, v4, v7
                v17:int = Int(0)
                GuardElements ! Prototype
                v18:object = Object v3
                v19:int = StoredLen { settles: false } v18
                GuardIndex v17, v19 ! IndexOutOfRange
                v20:object = Elements v18, v19
                v21:any = LoadElement v18, v17, v20
                v23:int = Int(1)
                GuardIndex v23, v19 ! IndexOutOfRange
                v27:any = LoadElement v18, v23, v20
                GuardStorable v18 ! Frozen
                StoreElement { barrier: Marking, fits: true } v18, v17, v3, v27, v20
                v32:any = GuardNotFunction v21 ! IsFunction
                StoreElement { barrier: Marking, fits: true } v18, v23, v3, v32, v20
                v36:any = Name(4)
                StoreSlot(1, Marking) v5, v36, v32, v4, v7
                v39:any = Boxed(18444773748872577024)
                return v39
        "#]],
    );
}

#[test]
fn numbering_knows_shapes_from_guards_before() {
    check_among_others(
        Pass::Numbering,
        "get = function(o)\n  return o.n\nend function\n\
         f = function(o)\n  s = (o.m * 3 - 2) * 2 - 1\n  if s > 9 then return s * s - 1\n  return s + get(o)\nend function\n\
         A = {\"n\": 1, \"m\": 1}\nB = {\"m\": 2, \"n\": 1}\n\
         for k in range(1, 60)\n  get B\n  get A\nend for\nfor k in range(1, 900)\n  f A\nend for\nprint f(A)\n",
        "2\n",
        &expect![[r#"
            without:
            function params=1
            block0():
                v1:any = Param(0)
                Enter { weight: 22, checked: true, block: BlockId(0) }
                jump block1()
            block1():
                v2:any = GuardTag(65532) v1 ! NotMap
                v3:object = Object v2
                GuardShape v3 ! Shape
                v4:object = Object v2
                v5:object = Slots v4
                v6:any = LoadSlot(1) v4, v5
                v7:f64 = GuardNum v6 ! NotNumber
                v9:f64 = F64(4613937818241073152)
                v10:f64 = FMul v7, v9
                v12:f64 = F64(4611686018427387904)
                v13:f64 = FSub v10, v12
                v15:f64 = F64(4611686018427387904)
                v16:f64 = FMul v13, v15
                v18:f64 = F64(4607182418800017408)
                v19:f64 = FSub v16, v18
                v21:f64 = F64(4621256167635550208)
                v22:bool = FCmp(Gt) v19, v21
                branch v22 block2() else block3()
            block2():
                v23:f64 = FMul v19, v19
                v25:f64 = F64(4607182418800017408)
                v26:f64 = FSub v23, v25
                v27:any = Box v26
                return v27
            block3():
                GuardConstants ! GlobalChanged
                EnterInlined { weight: 3, checked: true, code: 1 } ! Forced
                jump block4()
            block4():
                v30:object = Object v2
                v31:bool = HasShape v30
                branch v31 block6() else block7()
            block5():
                v41:f64 = FAdd v19, v40
                v42:any = Box v41
                return v42
            block6():
                v32:object = Object v2
                v33:object = Slots v32
                v34:any = LoadSlot(0) v32, v33
                jump block8(v34)
            block7():
                v35:object = Object v2
                GuardShape v35 ! Shape
                v36:object = Object v2
                v37:object = Slots v36
                v38:any = LoadSlot(1) v36, v37
                jump block8(v38)
            block8(v39:any):
                v40:f64 = GuardNum v39 ! NotNumber
                LeaveInlined
                jump block5()
            with:
            function params=1
            block0():
                v1:any = Param(0)
                Enter { weight: 22, checked: true, block: BlockId(0) }
                jump block1()
            block1():
                v2:any = GuardTag(65532) v1 ! NotMap
                v3:object = Object v2
                GuardShape v3 ! Shape
                v5:object = Slots v3
                v6:any = LoadSlot(1) v3, v5
                v7:f64 = GuardNum v6 ! NotNumber
                v9:f64 = F64(4613937818241073152)
                v10:f64 = FMul v7, v9
                v12:f64 = F64(4611686018427387904)
                v13:f64 = FSub v10, v12
                v16:f64 = FMul v13, v12
                v18:f64 = F64(4607182418800017408)
                v19:f64 = FSub v16, v18
                v21:f64 = F64(4621256167635550208)
                v22:bool = FCmp(Gt) v19, v21
                branch v22 block2() else block3()
            block2():
                v23:f64 = FMul v19, v19
                v25:f64 = F64(4607182418800017408)
                v26:f64 = FSub v23, v25
                v27:any = Box v26
                return v27
            block3():
                GuardConstants ! GlobalChanged
                EnterInlined { weight: 3, checked: true, code: 1 } ! Forced
                jump block4()
            block4():
                jump block6()
            block5():
                v41:f64 = FAdd v19, v40
                v42:any = Box v41
                return v42
            block6():
                v33:object = Slots v3
                v34:any = LoadSlot(0) v3, v33
                jump block8(v34)
            block8(v39:any):
                v40:f64 = GuardNum v39 ! NotNumber
                LeaveInlined
                jump block5()
        "#]],
    );
}
