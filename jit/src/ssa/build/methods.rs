//! Methods that all values of a type have: of strings and lists in line, others as direct calls of their intrinsics.
//!
//! `member` and `call` come here where an intrinsic is what was always found. Which one a method of a type map is, is known as long as
//! no program replaced one there: that is guarded, by a word that the realm keeps. Invariant: an operation here does what the
//! intrinsic of that name does.

use super::{Builder, Slot, Step};
use crate::feedback::{Holder, Kinds, Target, Variety};
use crate::reason::ExitReason;
use crate::ssa::types::{INT_MAX, Ty};
use crate::ssa::{Bits, Helper, Math, Op, Rep, Val};
use minilive_mir::ir::{NameId, Reg, RegRange};
use minilive_runtime::intrinsics::{self, IntrinsicId};
use minilive_runtime::ops::{MOST_DECIMALS, decimal_factor};
use minilive_runtime::realm::TypeMap;

/// No string and no list has more elements.
const LONGEST: i64 = i32::MAX as i64;
/// The last code point.
const LAST_CODE: i64 = 0x10_FFFF;

/// Intrinsics that change nothing a program could see, whatever they are given.
const READING: &[&str] = &[
    "abs",
    "bitAnd",
    "bitOr",
    "bitXor",
    "char",
    "code",
    "hasIndex",
    "hash",
    "indexOf",
    "indexes",
    "join",
    "len",
    "log",
    "lower",
    "range",
    "refEquals",
    "rnd",
    "sign",
    "slice",
    "split",
    "str",
    "sum",
    "upper",
    "val",
    "values",
];

impl Builder<'_> {
    /// `obj.name` or `obj.name(args)` of a string or list, where a method of its type was called whenever it ran; false if it is not
    /// known to be that one.
    pub(crate) fn type_method(
        &mut self,
        dst: Reg,
        (obj, this, name): (Reg, Reg, NameId),
        args: RegRange,
    ) -> Step<bool> {
        let (seen, called) = (self.input.seen.property(self.at), self.input.seen.method(self.at));
        let (Variety::Mono, Some(Target::Intrinsic(number))) = (called.variety, called.target) else {
            return Ok(false);
        };
        let always = seen.variety == Variety::Mono && seen.holder == Holder::TypeMap && !called.not_function;
        let (kind, ty, reason) = match seen.receiver {
            Kinds::STRING => (TypeMap::String, Ty::Str, ExitReason::NotString),
            Kinds::LIST => (TypeMap::List, Ty::List, ExitReason::NotList),
            _ => return Ok(false),
        };
        let method = self.input.body.unit.names[name.0 as usize].as_str();
        let original = intrinsics::methods_of(kind).contains(&method).then(|| intrinsics::find(method)).flatten();
        let fits = (args.count as usize) < IntrinsicId(number).def().params.len();
        let is_one = match self.reg(obj).ty {
            Ty::Any | Ty::Plain => self.may(reason),
            known => known == ty,
        };
        let known = original == Some(IntrinsicId(number)) && self.may(ExitReason::Prototype);
        if !always || !known || !fits || !is_one || obj != this {
            return Ok(false);
        }
        self.narrow_reg(obj, ty)?;
        self.need_types(kind.bit());
        if !self.native_method(dst, method, obj, args)? {
            self.intrinsic(dst, number, Some(obj), args, kind == TypeMap::String)?;
        }
        Ok(true)
    }

    /// A method of a string or list as instructions; false if it needs the intrinsic.
    fn native_method(&mut self, dst: Reg, method: &str, obj: Reg, args: RegRange) -> Step<bool> {
        let object = self.reg(obj);
        match (method, object.ty, args.count) {
            ("len", Ty::List, 0) => {
                let len = self.slot(Op::ListLen, &[object.val], Ty::Int(0, LONGEST), None);
                self.set(dst, len);
            }
            ("len", Ty::Str, 0) => {
                let len = self.slot(Op::StrLen, &[object.val], Ty::Int(0, LONGEST), None);
                self.set(dst, len);
            }
            ("indexes", Ty::List | Ty::Str, 0) if self.feeds_loop(dst) => {
                let len = if object.ty == Ty::List { Op::ListLen } else { Op::StrLen };
                let count = self.slot(len, &[object.val], Ty::Int(0, LONGEST), None);
                self.count_up(dst, count);
            }
            ("code", Ty::Str, 0) => {
                let code = self.slot(Op::StrCode, &[object.val], Ty::Int(0, LAST_CODE), None);
                self.set(dst, code);
            }
            ("push", Ty::List, 1) => {
                let value = self.boxed_regs(args.iter())[0];
                self.op(Op::ListPush, &[object.val, value], Rep::None);
                self.effect();
                self.set(dst, object);
            }
            ("pop" | "pull", Ty::List, 0) => {
                let op = if method == "pop" { Op::ListPop } else { Op::ListPull };
                let val = self.op(op, &[object.val], Rep::Boxed);
                self.effect();
                self.set(dst, Slot { ty: Ty::Any, val });
                self.narrow_result(dst)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// A function of the runtime as instructions, if its arguments are known to be what it wants.
    pub(crate) fn native_function(&mut self, dst: Reg, name: &str, args: RegRange) -> Step<bool> {
        match (name, args.count) {
            ("char", 1) if matches!(self.reg(args.first).ty, Ty::Int(..)) => {
                let code = self.reg(args.first);
                let code = self.as_int(code);
                let character = self.slot(Op::CharOf, &[code], Ty::Str, None);
                self.set(dst, character);
                Ok(true)
            }
            ("rnd", 0) => {
                let val = self.helper(Helper::Random, &[], Rep::Boxed);
                self.set(dst, Slot { ty: Ty::Any, val });
                self.narrow_result(dst)?;
                Ok(true)
            }
            ("round", 2) => self.round_to(dst, args.first, self.reg(Reg(args.first.0 + 1)).ty),
            ("bitAnd", 2) => self.bits(dst, Bits::And, args),
            ("bitOr", 2) => self.bits(dst, Bits::Or, args),
            ("bitXor", 2) => self.bits(dst, Bits::Xor, args),
            ("len" | "code" | "pop" | "pull", 1) | ("push", 2) => {
                let rest = RegRange { first: Reg(args.first.0 + 1), count: args.count - 1 };
                self.native_method(dst, name, args.first, rest)
            }
            _ => Ok(false),
        }
    }

    /// A number with so many decimals, if that is a constant that needs no care.
    fn round_to(&mut self, dst: Reg, arg: Reg, places: Ty) -> Step<bool> {
        let places = match places {
            Ty::Int(n, m) if n == m => u32::try_from(n).ok().filter(|&it| it <= MOST_DECIMALS),
            _ => None,
        };
        let Some(places) = places.filter(|_| self.reg(arg).ty.is_number() || self.may(ExitReason::NotNumber)) else {
            return Ok(false);
        };
        let x = self.narrow_reg(arg, Ty::Num)?;
        let value = self.as_f64(x);
        let factor = self.op(Op::F64(decimal_factor(places).to_bits()), &[], Rep::F64);
        let scaled = self.op(Op::FMul, &[value, factor], Rep::F64);
        let whole = self.op(Op::FMath(Math::Round), &[scaled], Rep::F64);
        let rounded = self.slot(Op::FDiv, &[whole, factor], Ty::Num, None);
        self.set(dst, rounded);
        Ok(true)
    }

    /// Bits of integers that are not negative; false if experience says that they are something else.
    fn bits(&mut self, dst: Reg, bits: Bits, args: RegRange) -> Step<bool> {
        let regs = [args.first, Reg(args.first.0 + 1)];
        for reg in regs {
            let (may, ty) = (self.may(ExitReason::NotInteger), self.reg(reg).ty);
            let is_one = match ty {
                Ty::Int(lo, hi) => hi < INT_MAX && (lo >= 0 || hi >= 0 && self.may(ExitReason::Negative)),
                Ty::Any | Ty::Plain => may && self.may(ExitReason::NotNumber) && self.may(ExitReason::Negative),
                Ty::Num => may && self.may(ExitReason::Negative),
                _ => false,
            };
            if !is_one {
                return Ok(false);
            }
        }
        let mut vals = [(Val(0), 0); 2];
        for (val, reg) in vals.iter_mut().zip(regs) {
            let slot = self.narrow_reg(reg, Ty::SMALL_INT)?;
            let natural = self.guard_natural(slot, Self::exit);
            self.refine(reg, natural);
            *val = (self.as_int(natural), natural.ty.range().map_or(0, |(_, hi)| hi));
        }
        let [(a, n), (b, m)] = vals;
        let most = match bits {
            Bits::And => n.min(m),
            Bits::Or | Bits::Xor => all_bits(n.max(m)),
        };
        let slot = self.slot(Op::IBits(bits), &[a, b], Ty::Int(0, most), None);
        self.set(dst, slot);
        Ok(true)
    }

    /// A direct call of an intrinsic; false if the arguments do not fit, or if it runs code of the program.
    pub(crate) fn call_intrinsic(&mut self, dst: Reg, number: u32, args: RegRange) -> Step<bool> {
        let Some(name) = (self.input.intrinsic_name)(number).filter(|&name| name != "import") else {
            return Ok(false);
        };
        if args.count as usize > IntrinsicId(number).def().params.len() {
            return Ok(false);
        }
        let reads = READING.contains(&name);
        self.intrinsic(dst, number, None, args, reads)?;
        Ok(true)
    }

    fn intrinsic(&mut self, dst: Reg, number: u32, this: Option<Reg>, args: RegRange, reads: bool) -> Step<()> {
        let vals = self.boxed_regs(this.into_iter().chain(args.iter()));
        let reads = reads || READING.contains(&IntrinsicId(number).def().name);
        let helper = if reads { Helper::ReadingIntrinsic(number) } else { Helper::Intrinsic(number) };
        let val = self.helper(helper, &vals, Rep::Boxed);
        self.set(dst, Slot { ty: Ty::Any, val });
        self.narrow_result(dst)
    }

    /// Guards that no type map of these bits has changed.
    pub(crate) fn need_types(&mut self, bits: u8) {
        let unknown = bits & !self.env.types_ok;
        if unknown != 0 {
            let exit = self.exit(ExitReason::Prototype);
            self.op_exit(Op::GuardTypes(unknown), &[], Rep::None, Some(exit));
            self.env.types_ok |= unknown;
        }
    }
}

/// The smallest number of ones only that is not below this one.
fn all_bits(most: i64) -> i64 {
    (most as u64 + 1).next_power_of_two() as i64 - 1
}
