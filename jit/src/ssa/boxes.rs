//! What a boxed value was made of, so that unboxing it again costs nothing.
//!
//! `gvn` notes what it passes and asks here; `unbox` and `carry` ask for all of a function at once. Invariant: a guard is folded only where
//! it could not have failed, and what takes its place lies in the range that its result promised.

use super::{Func, Inst, Op, Val};
use rustc_hash::{FxHashMap, FxHashSet};

/// What is known of numbers that were boxed or guarded.
#[derive(Default)]
pub struct Boxes {
    /// By the number of a boxed value, what was boxed, and the number of that.
    inside: FxHashMap<Val, (Val, Val)>,
    /// Numbers of integers that 32 bits hold.
    small: FxHashSet<Val>,
}

/// What a guard comes to.
pub enum Folded {
    /// This value.
    Same(Val),
    /// Another operation on these operands, which needs no exit.
    Computed(Op, Vec<Val>),
}

impl Boxes {
    /// Notes what an instruction gives; `numbers` are those of values.
    pub fn note(&mut self, inst: &Inst, number: Val, numbers: &[Val]) {
        match inst.op {
            Op::Box => {
                self.inside.insert(number, (inst.args[0], numbers[inst.args[0].0 as usize]));
            }
            Op::GuardInt => {
                self.small.insert(number);
            }
            _ => {}
        }
    }

    /// What a guard comes to whose operand has this number, and is this constant.
    pub fn fold(&self, op: Op, number: Val, constant: Option<Op>, is_double: impl Fn(Val) -> bool) -> Option<Folded> {
        match (op, constant) {
            (Op::GuardNum, Some(Op::Boxed(bits))) if is_number(bits) => {
                Some(Folded::Computed(Op::F64(bits), Vec::new()))
            }
            (Op::GuardInt, Some(Op::Boxed(bits))) => {
                constant_int(bits).map(|int| Folded::Computed(Op::Int(int), Vec::new()))
            }
            (Op::GuardNum, _) => {
                let (inside, _) = *self.inside.get(&number)?;
                Some(if is_double(inside) { Folded::Same(inside) } else { Folded::Computed(Op::ToF64, vec![inside]) })
            }
            (Op::GuardInt, _) => {
                let (inside, number) = *self.inside.get(&number)?;
                self.small.contains(&number).then_some(Folded::Same(inside))
            }
            _ => None,
        }
    }

    /// Whether a value is a number for sure, so that it is no function.
    pub fn is_boxed_number(&self, number: Val) -> bool {
        self.inside.contains_key(&number)
    }
}

/// How a boxed value was made of a number.
#[derive(Debug, Clone, Copy)]
pub enum Source {
    /// Of this value.
    Number(Val),
    /// It is this double, by its bits.
    Constant(u64),
}

/// What was boxed in a function, by what that gave.
pub fn sources(func: &Func) -> FxHashMap<Val, Source> {
    let mut sources = FxHashMap::default();
    for inst in func.blocks.iter().flat_map(|block| &block.insts) {
        let source = match inst.op {
            Op::Box => Source::Number(inst.args[0]),
            Op::Boxed(bits) if is_number(bits) => Source::Constant(bits),
            _ => continue,
        };
        sources.extend(inst.result.map(|result| (result, source)));
    }
    sources
}

/// The integer of 32 bits whose double has these bits.
pub fn constant_int(bits: u64) -> Option<i64> {
    let int = i64::from(f64::from_bits(bits) as i32);
    ((int as f64).to_bits() == bits).then_some(int)
}

/// Whether these are a number's bits: all that is none is a NaN.
fn is_number(bits: u64) -> bool {
    !f64::from_bits(bits).is_nan()
}
