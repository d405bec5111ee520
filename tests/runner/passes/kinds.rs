//! Places that met several kinds: an arm for each kind of value, and one for maps with tables beside those of shapes.
//!
//! Invariant: as in the file above, both forms print the same.

use super::check;
use expect_test::expect;
use minilive_jit::passes::Pass;

#[test]
fn numbering_asks_for_a_kind_once() {
    check(
        Pass::Numbering,
        "f = function(x)\n  return x.len + x.len\nend function\n\
         for k in range(1, 500)\n  n = f([1, 2]) + f(\"text\")\nend for\nprint n\n",
        "12\n",
        &expect![[r#"
            without:
            function params=1
            block0():
                v1:any = Param(0)
                Enter { weight: 6, checked: true, block: BlockId(0) }
                jump block1()
            block1():
                v2:any = GuardNotFunction v1 ! IsFunction
                GuardTypes(6) ! Prototype
                v3:bool = HasTag(65531) v2
                branch v3 block2() else block3()
            block2():
                v4:any = OfTag(65531) v2
                v5:int = ListLen v4
                jump block4(v5)
            block3():
                v6:any = GuardTag(65530) v2 ! NotString
                v7:int = StrLen v6
                jump block4(v7)
            block4(v8:int):
                v9:bool = HasTag(65531) v2
                branch v9 block5() else block6()
            block5():
                v10:any = OfTag(65531) v2
                v11:int = ListLen v10
                jump block7(v11)
            block6():
                v12:any = GuardTag(65530) v2 ! NotString
                v13:int = StrLen v12
                jump block7(v13)
            block7(v14:int):
                v15:int = IAdd v8, v14
                v16:any = Box v15
                return v16
            with:
            function params=1
            block0():
                v1:any = Param(0)
                Enter { weight: 6, checked: true, block: BlockId(0) }
                jump block1()
            block1():
                v2:any = GuardNotFunction v1 ! IsFunction
                GuardTypes(6) ! Prototype
                v3:bool = HasTag(65531) v2
                branch v3 block2() else block3()
            block2():
                v4:any = OfTag(65531) v2
                v5:int = ListLen v4
                jump block4(v5)
            block3():
                v6:any = GuardTag(65530) v2 ! NotString
                v7:int = StrLen v6
                jump block4(v7)
            block4(v8:int):
                branch v3 block5() else block6()
            block5():
                v10:any = OfTag(65531) v2
                v11:int = ListLen v10
                jump block7(v11)
            block6():
                v12:any = GuardTag(65530) v2 ! NotString
                v13:int = StrLen v12
                jump block7(v13)
            block7(v14:int):
                v15:int = IAdd v8, v14
                v16:any = Box v15
                return v16
        "#]],
    );
}

#[test]
fn numbering_leaves_what_is_looked_up_in_a_table() {
    check(
        Pass::Numbering,
        "f = function(o)\n  o.y = o.x\n  return o.x\nend function\n\
         for k in range(1, 500)\n  n = f({\"x\": k, \"y\": 0}) + f({1: 0, \"x\": 2, \"y\": 0})\nend for\nprint n\n",
        "502\n",
        &expect![[r#"
            without:
            function params=1
            block0():
                v1:any = Param(0)
                Enter { weight: 7, checked: true, block: BlockId(0) }
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
                v10:any = Helper(FindInTable { site: MemberSite { name: 1, word: 1, calls_program: false, how: Member }, entry: 1 }) v3
                jump block4(v10)
            block4(v11:any):
                v12:f64 = GuardNum v11 ! NotNumber
                v13:any = GuardTag(65532) v2 ! Shape
                v14:any = Name(2)
                v15:any = Box v12
                v16:object = Object v13
                v17:bool = HasShape v16
                branch v17 block5() else block6()
            block5():
                v18:object = Object v13
                v19:object = Slots v18
                GuardStorable v18 ! Frozen
                StoreSlot(1, Marking) v18, v14, v15, v13, v19
                jump block7()
            block6():
                v20:object = Object v13
                GuardShape v20 ! Shape
                v21:any = Helper(PutInTable { site: MemberSite { name: 2, word: 3, calls_program: true, how: Member }, entry: 2 }) v13, v15
                jump block7()
            block7():
                v22:any = GuardTag(65532) v2 ! Shape
                v23:object = Object v22
                v24:bool = HasShape v23
                branch v24 block8() else block9()
            block8():
                v25:object = Object v22
                v26:object = Slots v25
                v27:any = LoadSlot(0) v25, v26
                jump block10(v27)
            block9():
                v28:object = Object v22
                GuardShape v28 ! Shape
                v29:any = Helper(FindInTable { site: MemberSite { name: 1, word: 4, calls_program: false, how: Member }, entry: 1 }) v22
                jump block10(v29)
            block10(v30:any):
                v31:f64 = GuardNum v30 ! NotNumber
                v32:any = Box v31
                return v32
            with:
            function params=1
            block0():
                v1:any = Param(0)
                Enter { weight: 7, checked: true, block: BlockId(0) }
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
                v10:any = Helper(FindInTable { site: MemberSite { name: 1, word: 1, calls_program: false, how: Member }, entry: 1 }) v3
                jump block4(v10)
            block4(v11:any):
                v12:f64 = GuardNum v11 ! NotNumber
                v14:any = Name(2)
                v15:any = Box v12
                branch v5 block5() else block6()
            block5():
                v19:object = Slots v4
                GuardStorable v4 ! Frozen
                StoreSlot(1, Marking) v4, v14, v15, v3, v19
                jump block7()
            block6():
                GuardShape v4 ! Shape
                v21:any = Helper(PutInTable { site: MemberSite { name: 2, word: 3, calls_program: true, how: Member }, entry: 2 }) v3, v15
                jump block7()
            block7():
                branch v5 block8() else block9()
            block8():
                v26:object = Slots v4
                v27:any = LoadSlot(0) v4, v26
                jump block10(v27)
            block9():
                GuardShape v4 ! Shape
                v29:any = Helper(FindInTable { site: MemberSite { name: 1, word: 4, calls_program: false, how: Member }, entry: 1 }) v3
                jump block10(v29)
            block10(v30:any):
                v31:f64 = GuardNum v30 ! NotNumber
                v32:any = Box v31
                return v32
        "#]],
    );
}
