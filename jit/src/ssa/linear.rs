//! Integers as sums: values with factors, and a constant.
//!
//! `induction` and `bounds` compare and rewrite sums. Invariant: a form equals its value modulo 2^64; the values it is made of lie within what
//! [`super::Rep::Int`] may hold, so that sums of a few of them do not wrap.

use super::{Func, Inst, Op, Rep, Val};
use rustc_hash::FxHashMap;

/// More terms than this make a value stand for itself.
const MOST_TERMS: usize = 4;
/// How deep sums are taken apart.
const MOST_DEPTH: u32 = 6;

/// A sum.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Linear {
    /// Values with their factors, ordered by value; no factor is 0.
    pub terms: Vec<(Val, i64)>,
    /// What is added.
    pub constant: i64,
}

impl Linear {
    /// A value by itself.
    pub fn of(val: Val) -> Linear {
        Linear { terms: vec![(val, 1)], constant: 0 }
    }

    /// A constant.
    pub fn constant(constant: i64) -> Linear {
        Linear { terms: Vec::new(), constant }
    }

    /// This plus `factor` times another.
    #[must_use]
    pub fn plus(mut self, other: &Linear, factor: i64) -> Linear {
        for &(val, times) in &other.terms {
            let times = times.wrapping_mul(factor);
            match self.terms.binary_search_by_key(&val, |it| it.0) {
                Ok(i) => {
                    self.terms[i].1 = self.terms[i].1.wrapping_add(times);
                    if self.terms[i].1 == 0 {
                        self.terms.remove(i);
                    }
                }
                Err(i) if times != 0 => self.terms.insert(i, (val, times)),
                Err(_) => {}
            }
        }
        self.constant = self.constant.wrapping_add(other.constant.wrapping_mul(factor));
        self
    }

    /// How often a value is in it.
    pub fn factor(&self, val: Val) -> i64 {
        self.terms.iter().find(|it| it.0 == val).map_or(0, |it| it.1)
    }

    /// The same with a sum in the place of a value.
    #[must_use]
    pub fn with(self, val: Val, sum: &Linear) -> Linear {
        let factor = self.factor(val);
        self.plus(&Linear::of(val), -factor).plus(sum, factor)
    }

    /// The value and the constant if it is that and no more.
    pub fn offset(&self) -> Option<(Val, i64)> {
        match self.terms[..] {
            [(val, 1)] => Some((val, self.constant)),
            _ => None,
        }
    }

    /// The constant if it is one.
    pub fn as_constant(&self) -> Option<i64> {
        self.terms.is_empty().then_some(self.constant)
    }
}

/// The sums that the integers of a function are.
pub struct Sums {
    /// By value: what defined it, if that is a sum or a constant.
    defs: FxHashMap<Val, (Op, [Val; 2])>,
}

impl Sums {
    /// Those of a function.
    pub fn of(func: &Func) -> Sums {
        let mut defs = FxHashMap::default();
        for inst in func.blocks.iter().flat_map(|block| &block.insts) {
            note(&mut defs, inst);
        }
        Sums { defs }
    }

    /// What a value is, taken apart as far as that goes.
    pub fn linear(&self, val: Val) -> Linear {
        self.expand(val, MOST_DEPTH)
    }

    fn expand(&self, val: Val, depth: u32) -> Linear {
        let sum = match self.defs.get(&val) {
            Some(&(Op::Int(n), _)) => return Linear::constant(n),
            Some(&(op, [a, b])) if depth > 0 => {
                let factor = if op == Op::ISub { -1 } else { 1 };
                self.expand(a, depth - 1).plus(&self.expand(b, depth - 1), factor)
            }
            _ => return Linear::of(val),
        };
        if sum.terms.len() > MOST_TERMS { Linear::of(val) } else { sum }
    }

    /// Makes instructions that compute a sum, whose factors must be 1 or -1, and hands them to `put`; `None` if they are not.
    pub fn emit(&mut self, func: &mut Func, sum: &Linear, put: &mut dyn FnMut(Inst), like: &Inst) -> Option<Val> {
        if sum.terms.iter().any(|it| it.1.abs() != 1) {
            return None;
        }
        let mut made = |func: &mut Func, op: Op, args: Vec<Val>| {
            let result = func.new_val(Rep::Int);
            let inst = Inst { op, args, result: Some(result), exit: None, at: like.at };
            note(&mut self.defs, &inst);
            put(inst);
            result
        };
        // What is added comes before what is taken off.
        let mut terms = sum.terms.clone();
        terms.sort_by_key(|it| -it.1);
        let mut all: Option<Val> = None;
        for (val, times) in terms {
            all = Some(match all {
                None if times == 1 => val,
                None => {
                    let zero = made(func, Op::Int(0), Vec::new());
                    made(func, Op::ISub, vec![zero, val])
                }
                Some(all) => made(func, if times == 1 { Op::IAdd } else { Op::ISub }, vec![all, val]),
            });
        }
        Some(match all {
            Some(all) if sum.constant == 0 => all,
            all => {
                let constant = made(func, Op::Int(sum.constant), Vec::new());
                all.map_or(constant, |all| made(func, Op::IAdd, vec![all, constant]))
            }
        })
    }

    /// Takes note of what an instruction has become.
    pub fn update(&mut self, inst: &Inst) {
        if let Some(result) = inst.result {
            self.defs.remove(&result);
        }
        note(&mut self.defs, inst);
    }
}

fn note(defs: &mut FxHashMap<Val, (Op, [Val; 2])>, inst: &Inst) {
    let Some(result) = inst.result else { return };
    match inst.op {
        Op::Int(_) => defs.insert(result, (inst.op, [Val(u32::MAX); 2])),
        Op::IAdd | Op::ISub => defs.insert(result, (inst.op, [inst.args[0], inst.args[1]])),
        _ => None,
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_cancel_what_they_have_in_common() {
        let (a, b) = (Linear::of(Val(1)), Linear::of(Val(2)));
        let sum = a.clone().plus(&b, 1).plus(&Linear::constant(5), 1);
        let rest = sum.clone().plus(&a, -1);
        assert_eq!(rest.offset(), Some((Val(2), 5)));
        assert_eq!(rest.plus(&b, -1).as_constant(), Some(5));
        assert_eq!(sum.with(Val(2), &Linear::constant(-5)), a);
    }
}
