//! Whole quotients of integers without doubles.
//!
//! `improve` comes here before values are numbered. Invariant: values are what they were.

use super::types::{CONVERTED_MAX, INT_MAX};
use super::{Func, Inst, Math, Op, Rep, Val, dce};

/// How far operands are followed to find what an integer can be.
const DEPTH: u32 = 4;

/// Makes integer divisions of `floor(a / n)` with an integer `a` and a positive integer constant. Doubles divide such numbers exactly
/// enough: a quotient that is not whole is at least 1 / n away from the next whole number, and rounding moves it by less, since `a`
/// is below 2^53.
pub fn divide_integers(func: &mut Func) {
    if !has(func, |op| op == Op::FMath(Math::Floor)) {
        return;
    }
    let defs = definitions(func);
    let (mut wholes, mut same) = (vec![None; func.reps.len()], identity(func));
    for block in func.block_ids() {
        for mut inst in std::mem::take(&mut func[block].insts) {
            if inst.op == Op::FMath(Math::Floor)
                && let Some((dividend, divisor)) = quotient(func, &defs, inst.args[0])
            {
                let whole = func.new_val(Rep::Int);
                let op = Op::IFloorDiv(divisor);
                func[block].insts.push(Inst { op, args: vec![dividend], result: Some(whole), exit: None, at: inst.at });
                let most = most(&defs, dividend, DEPTH) / divisor;
                if let Some(result) = inst.result.filter(|_| most < CONVERTED_MAX) {
                    wholes[result.0 as usize] = Some(whole);
                }
                (inst.op, inst.args) = (Op::ToF64, vec![whole]);
            }
            if let (Op::F64ToInt, Some(result)) = (inst.op, inst.result)
                && let Some(whole) = wholes[inst.args[0].0 as usize]
            {
                same[result.0 as usize] = whole;
                continue;
            }
            func[block].insts.push(inst);
        }
    }
    same.extend((same.len() as u32..func.reps.len() as u32).map(Val));
    dce::rename(func, |val| dce::find(&same, val));
}

/// The integers of a quotient: the dividend, and the constant that it is divided by.
fn quotient(func: &Func, defs: &[Option<Inst>], of: Val) -> Option<(Val, i64)> {
    let def = |val: Val| defs[val.0 as usize].as_ref();
    let inst = def(of)?;
    let Op::F64(bits) = def(*inst.args.get(1)?)?.op else { return None };
    let constant = f64::from_bits(bits);
    let divisor = match inst.op {
        Op::FDiv => constant,
        // What is divided by a power of two is multiplied instead.
        Op::FMul if constant > 0.0 && constant.to_bits().trailing_zeros() >= f64::MANTISSA_DIGITS - 1 => {
            constant.recip()
        }
        _ => return None,
    };
    let dividend = def(inst.args[0]).filter(|it| it.op == Op::ToF64)?.args[0];
    let fits = divisor == divisor.trunc() && (2.0..=f64::from(i32::MAX)).contains(&divisor);
    (fits && func.rep(dividend) == Rep::Int).then_some((dividend, divisor as i64))
}

/// How large an integer can be at most, its sign aside.
fn most(defs: &[Option<Inst>], val: Val, depth: u32) -> i64 {
    let Some(inst) = defs[val.0 as usize].as_ref().filter(|_| depth > 0) else { return INT_MAX };
    match inst.op {
        Op::GuardInt => 1 << 31,
        Op::F64ToInt => CONVERTED_MAX,
        Op::Int(it) => it.abs(),
        Op::IFloorDiv(by) => most(defs, inst.args[0], depth - 1) / by + 1,
        Op::IAdd | Op::ISub => {
            let sum = most(defs, inst.args[0], depth - 1) + most(defs, inst.args[1], depth - 1);
            sum.min(INT_MAX)
        }
        _ => INT_MAX,
    }
}

/// Whether there is such an operation. Most functions have nothing that is to be looked for here.
fn has(func: &Func, is_it: impl Fn(Op) -> bool) -> bool {
    func.blocks.iter().flat_map(|block| &block.insts).any(|inst| is_it(inst.op))
}

/// The instructions that give the values.
fn definitions(func: &Func) -> Vec<Option<Inst>> {
    let mut defs = vec![None; func.reps.len()];
    for inst in func.blocks.iter().flat_map(|block| &block.insts) {
        if let Some(result) = inst.result.filter(|it| it.0 != u32::MAX) {
            defs[result.0 as usize] = Some(inst.clone());
        }
    }
    defs
}

fn identity(func: &Func) -> Vec<Val> {
    (0..func.reps.len() as u32).map(Val).collect()
}
