//! What loops do most is done by instructions: maps of entries that nobody keeps, characters, types, bits, squares, fractions as indexes.

use super::{check, dumped, ssa};
use expect_test::expect;
use minilive_jit::passes::{Pass, Passes};

#[test]
fn escape_goes_through_a_map_without_maps_of_its_entries() {
    check(
        Pass::Escape,
        "f = function(m)\n  t = 0.5\n  for kv in m\n    t = t + kv.value\n  end for\n  return t\nend function\n\
         m = {\"a\":1, \"b\":2}\nfor k in range(1, 90)\n  x = f(m)\nend for\nprint x\n",
        "3.5\n",
        &expect![[r#"
            without:
            function params=1
            block0():
                v1:any = Param(0)
                Enter { weight: 10, checked: true, block: BlockId(0) }
                jump block1()
            block1():
                v2:f64 = F64(4602678819172646912)
                v3:any = GuardNotFunction v1 ! IsFunction
                v4:int = Int(0)
                jump block2()
            block2():
                EnterLoop { weight: 5, block: BlockId(1) } ! Forced
                v5:any = GuardTag(65532) v3 ! NotMap
                v6:any = Helper(IterEntry) v5, v4
                v7:int = IterPosition
                v8:any = IterValue
                v9:any = Boxed(18444773748872577025)
                v10:bool = SameBits v6, v9
                v11:bool = Not v10
                branch v11 block6() else block5(v2)
            block3(v13:f64, v14:any, v15:int): in loop0
                v17:object = Object v14
                GuardShape v17 ! Shape
                v18:object = Object v14
                v19:object = Slots v18
                v20:any = LoadSlot(1) v18, v19
                v21:f64 = GuardNum v20 ! NotNumber
                v22:f64 = FAdd v13, v21
                jump block4()
            block4(): in loop0
                EnterLoop { weight: 5, block: BlockId(1) } ! Forced
                v23:any = Helper(IterEntry) v5, v15
                v24:int = IterPosition
                v25:any = IterValue
                v26:any = Boxed(18444773748872577025)
                v27:bool = SameBits v23, v26
                v28:bool = Not v27
                branch v28 block7() else block5(v22)
            block5(v16:f64):
                v30:any = Box v16
                return v30
            block6():
                v12:any = Helper(MakeShaped) v6, v8
                jump block3(v2, v12, v7)
            block7(): in loop0
                v29:any = Helper(MakeShaped) v23, v25
                jump block3(v22, v29, v24)
            with:
            function params=1
            block0():
                v1:any = Param(0)
                Enter { weight: 10, checked: true, block: BlockId(0) }
                jump block1()
            block1():
                v2:f64 = F64(4602678819172646912)
                v3:any = GuardNotFunction v1 ! IsFunction
                v4:int = Int(0)
                jump block2()
            block2():
                EnterLoop { weight: 5, block: BlockId(1) } ! Forced
                v5:any = GuardTag(65532) v3 ! NotMap
                v6:any = Helper(IterEntry) v5, v4
                v7:int = IterPosition
                v8:any = IterValue
                v9:any = Boxed(18444773748872577025)
                v10:bool = SameBits v6, v9
                v11:bool = Not v10
                branch v11 block6() else block5(v2)
            block3(v13:f64, v15:int, v31:any, v32:any): in loop0
                v21:f64 = GuardNum v32 ! NotNumber
                v22:f64 = FAdd v13, v21
                jump block4()
            block4(): in loop0
                EnterLoop { weight: 5, block: BlockId(1) } ! Forced
                v23:any = Helper(IterEntry) v5, v15
                v24:int = IterPosition
                v25:any = IterValue
                v26:any = Boxed(18444773748872577025)
                v27:bool = SameBits v23, v26
                v28:bool = Not v27
                branch v28 block7() else block5(v22)
            block5(v16:f64):
                v30:any = Box v16
                return v30
            block6():
                jump block3(v2, v7, v6, v8)
            block7(): in loop0
                jump block3(v22, v24, v23, v25)
        "#]],
    );
}

/// No helper is called in the hot function of a program.
#[track_caller]
fn check_no_helper(body: &str, output: &str) {
    let calls = "for i in range(0, 499)\n  x = f(i, i, [1, 2])\nend for\nprint x\n";
    let program = format!("f = function(x, i, l)\n{body}\nend function\n{calls}");
    let (form, printed) = ssa(&program, Passes::default().without(Pass::Inlining));
    assert_eq!(printed, output);
    assert!(!form.contains("Helper("), "{form}");
}

#[test]
fn types_bits_squares_and_fractions_take_no_helper() {
    check_no_helper("  return l[0] isa number and not l isa string", "1\n");
    check_no_helper("  return not l[i % 2]", "0\n");
    check_no_helper("  if l[i % 2] then return 3\n  return 4", "3\n");
    check_no_helper("  return bitAnd(x, 7) + bitOr(i, 1) + bitXor(x, i)", "502\n");
    check_no_helper("  return (x / 2) ^ 2 + i ^ 2", "311251.25\n");
    check_no_helper("  return l[i % 4 * 0.4]", "2\n");
    check_no_helper("  n = 0\n  for c in \"abca\"\n    if c == \"a\" then n += 1\n  end for\n  return n", "2\n");
}

#[test]
fn one_loop_behind_another_counts_when_it_is_entered_in_its_middle() {
    let program = "f = function(n)\n  s = 0\n  for i in range(1, n)\n    s += i % 3\n  end for\n\
         for x in [1, 2]\n    s += x\n  end for\n\
         for i in range(1, n * 2)\n    s += i % 5\n  end for\n  return s\nend function\nprint f(9000)\n";
    let (form, printed) = dumped(program, Passes::default(), true);
    assert_eq!(printed, "45003\n");
    assert!(form.contains("GuardComputed") && !form.contains("ListGet"), "{form}");
}
