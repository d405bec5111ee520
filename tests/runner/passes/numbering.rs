//! What is known already is not computed again: guards and reads of a block, and of those that dominate it.
//!
//! Invariant: as in the file above, both forms print the same.

use super::check;
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
                v15:bool = NeedsBarrier v13
                StoreSlot(0) v13, v11, v12, v2, v14, v15
                v16:object = Object v2
                v17:object = Slots v16
                v18:any = LoadSlot(0) v16, v17
                v19:f64 = GuardNum v18 ! NotNumber
                v20:object = Object v2
                v21:object = Slots v20
                v22:any = LoadSlot(0) v20, v21
                v23:f64 = GuardNum v22 ! NotNumber
                v24:f64 = FMul v19, v23
                v25:any = Box v24
                return v25
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
                v15:bool = NeedsBarrier v3
                StoreSlot(0) v3, v11, v12, v2, v5, v15
                v24:f64 = FMul v10, v10
                v25:any = Box v24
                return v25
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
