//! Golden texts of calls that met several functions, whose bodies take their place.
//!
//! As `passes`, whose helper they use. Invariant: behind the tests stands a call that takes whatever comes, so that no function is one too many.

use super::{check, dumped};
use expect_test::expect;
use minilive_jit::passes::{Pass, Passes};

#[test]
fn inlining_tells_a_few_callees_apart() {
    check(
        Pass::Inlining,
        "g = function(a)\n  return a * 2\nend function\nh = function(a)\n  return a + 1\nend function\n\
         f = function(call, n)\n  s = 0\n  while n > 0\n    s += call(n)\n    n -= 1\n  end while\n  return s\nend function\n\
         for k in range(1, 50)\n  y = f(@g, k) + f(@h, k)\nend for\nprint y\n",
        "3875\n",
        &expect![[r#"
            without:
            function params=2
            block0():
                v1:any = Param(0)
                v2:any = Param(1)
                Enter { weight: 14, checked: true, block: BlockId(0) }
                v3:f64 = GuardNum v2 ! NotNumber
                jump block1()
            block1():
                v4:int = Int(0)
                jump block2()
            block2():
                EnterLoop { weight: 11, block: BlockId(1) } ! Forced
                v6:f64 = F64(0)
                v7:bool = FCmp(Gt) v3, v6
                branch v7 block6() else block7()
            block3(v8:f64, v9:f64): in loop0
                v13:any = Box v8
                v14:any = Helper(CallAny) v1, v13
                v15:f64 = GuardNum v14 ! NotNumber
                v16:f64 = FAdd v9, v15
                v18:f64 = F64(4607182418800017408)
                v19:f64 = FSub v8, v18
                jump block4()
            block4(): in loop0
                EnterLoop { weight: 11, block: BlockId(1) } ! Forced
                v21:f64 = F64(0)
                v22:bool = FCmp(Gt) v19, v21
                branch v22 block3(v19, v16) else block5(v16)
            block5(v11:f64):
                v23:any = Box v11
                return v23
            block6():
                v10:f64 = F64(0)
                jump block3(v3, v10)
            block7():
                v12:f64 = F64(0)
                jump block5(v12)
            with:
            function params=2
            block0():
                v1:any = Param(0)
                v2:any = Param(1)
                Enter { weight: 14, checked: true, block: BlockId(0) }
                v3:f64 = GuardNum v2 ! NotNumber
                jump block1()
            block1():
                v4:int = Int(0)
                jump block2()
            block2():
                EnterLoop { weight: 11, block: BlockId(1) } ! Forced
                v6:f64 = F64(0)
                v7:bool = FCmp(Gt) v3, v6
                branch v7 block15() else block16()
            block3(v8:f64, v9:f64): in loop0
                v13:int = CodeOf v1
                v14:bool = IsCode(1) v13
                branch v14 block4() else block7()
            block4(): in loop0
                EnterInlined { weight: 4, checked: false, code: 1 } ! Forced
                jump block5()
            block5(): in loop0
                v17:f64 = F64(4611686018427387904)
                v18:f64 = FMul v8, v17
                LeaveInlined
                jump block6()
            block6(): in loop0
                jump block12(v18)
            block7(): in loop0
                v23:int = CodeOf v1
                v24:bool = IsCode(3) v23
                branch v24 block8() else block11()
            block8(): in loop0
                EnterInlined { weight: 4, checked: false, code: 3 } ! Forced
                jump block9()
            block9(): in loop0
                v27:f64 = F64(4607182418800017408)
                v28:f64 = FAdd v8, v27
                LeaveInlined
                jump block10()
            block10(): in loop0
                jump block12(v28)
            block11(): in loop0
                v29:any = Box v8
                v30:any = Helper(CallAny) v1, v29
                v31:f64 = GuardNum v30 ! NotNumber
                jump block12(v31)
            block12(v22:f64): in loop0
                v32:f64 = FAdd v9, v22
                v34:f64 = F64(4607182418800017408)
                v35:f64 = FSub v8, v34
                jump block13()
            block13(): in loop0
                EnterLoop { weight: 11, block: BlockId(1) } ! Forced
                v37:f64 = F64(0)
                v38:bool = FCmp(Gt) v35, v37
                branch v38 block3(v35, v32) else block14(v32)
            block14(v11:f64):
                v39:any = Box v11
                return v39
            block15():
                v10:f64 = F64(0)
                jump block3(v3, v10)
            block16():
                v12:f64 = F64(0)
                jump block14(v12)
        "#]],
    );
}

#[test]
fn a_loop_takes_in_its_own_callees_however_many_stand_in_other_loops() {
    let (mut functions, mut loops) = (String::new(), String::new());
    for i in 0..20 {
        functions +=
            &format!("g{i} = function(x)\n  return (x + {i}) * (x - {i}) + (x + 1) * (x - 1) + x * x\nend function\n");
        loops += &format!("  for k in range(1, n)\n    s += g{i}(k)\n  end for\n");
    }
    let program = format!("{functions}f = function(n)\n  s = 0\n{loops}  return s\nend function\nprint f(300)\n");
    let (form, printed) = dumped(&program, Passes::default(), true);
    assert_eq!(printed, "541956000\n");
    assert!(!form.contains("CallCode") && !form.contains("CallAny"), "{form}");
    assert_eq!(form.matches("EnterLoop").count(), 1, "another loop is part of the entry:\n{form}");
}
