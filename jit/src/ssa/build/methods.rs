//! Methods that all values of a type have: of strings and lists in line, others as direct calls of their intrinsics; where several types were met, an arm
//! for each of them (`kinds`).
//!
//! `member` and `call` come here where an intrinsic is what was always found. Which one a method of a type map is, is known as long as
//! no program replaced one there: that is guarded, by a word that the realm keeps. Invariant: an operation here does what the
//! intrinsic of that name does.

use super::kinds::{Parting, tag_of};
use super::{Builder, Slot, Step};
use crate::feedback::{Kinds, Target, Variety};
use crate::reason::ExitReason;
use crate::ssa::types::{INT_MAX, Ty};
use crate::ssa::{Bits, Cmp, Helper, Math, MemberSite, Op, Rep, Val};
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

/// A call of an intrinsic as a method.
struct TypeMethod<'a> {
    /// Its name, also as one of the unit.
    name: (&'a str, NameId),
    /// Its number.
    number: u32,
    /// The arguments behind the receiver.
    args: RegRange,
    /// What looks the method up and calls it, whatever it is.
    generic: Helper,
}

impl TypeMethod<'_> {
    /// The call of the intrinsic itself, with a receiver of this type.
    fn direct(&self, ty: Ty) -> Helper {
        let reads = ty == Ty::Str || READING.contains(&self.name.0);
        if reads { Helper::ReadingIntrinsic(self.number) } else { Helper::Intrinsic(self.number) }
    }
}

/// The types whose values have methods here, with what else says so.
const RECEIVERS: [(Ty, Kinds, TypeMap); 3] = [
    (Ty::List, Kinds::LIST, TypeMap::List),
    (Ty::Str, Kinds::STRING, TypeMap::String),
    (Ty::Map, Kinds::MAP, TypeMap::Map),
];

impl Builder<'_> {
    /// `obj.name` (`reads`) or `obj.name(args)` where the receiver was of a type that has a method of this name; false if it was never, or if the
    /// method is not known to be that one.
    pub(crate) fn type_method(
        &mut self,
        dst: Reg,
        (obj, this, name): (Reg, Reg, NameId),
        args: RegRange,
        reads: bool,
    ) -> Step<bool> {
        let method = self.input.body.unit.names[name.0 as usize].as_str();
        let fits = |id: &IntrinsicId| (args.count as usize) < id.def().params.len();
        let Some(IntrinsicId(number)) = intrinsics::find(method).filter(fits) else {
            return Ok(false);
        };
        let Some((types, others)) = self.receivers(obj, method, number).filter(|_| obj == this) else {
            return Ok(false);
        };
        if !self.may(ExitReason::Prototype) {
            return Ok(false);
        }
        let bits = RECEIVERS.iter().filter(|it| types.contains(&it.0)).fold(0, |bits, it| bits | it.2.bit());
        self.need_types(bits);
        if let ("indexes", &[ty @ (Ty::List | Ty::Str)], false, 0) = (method, &types[..], others, args.count)
            && self.feeds_loop(dst)
        {
            let object = self.narrow_reg(obj, ty)?;
            let count = self.len_of(object);
            self.count_up(dst, count);
            return Ok(true);
        }
        // What others call is the program's, if it is not this one.
        let called = self.input.seen.method(self.at);
        let site = MemberSite { calls_program: called.variety == Variety::Mega, ..self.site(name)? };
        let generic = if reads { Helper::GetMember(site) } else { Helper::CallMethod(site) };
        let method = TypeMethod { name: (method, name), number, args, generic };
        let mut helpers: Vec<Helper> =
            types.iter().filter(|&&ty| !self.is_native(method.name.0, ty, args)).map(|&ty| method.direct(ty)).collect();
        if others || types.contains(&Ty::Map) {
            helpers.push(generic);
        }
        let parting = Parting { types: &types, others, helpers: &helpers };
        let result = self.by_kind(obj, &parting, &mut |it, object| it.method_of(&method, object))?;
        self.set(dst, result);
        if result.ty == Ty::Any {
            self.narrow_result(dst)?;
        }
        Ok(true)
    }

    /// The types of receivers that are told apart, all of which have this intrinsic as a method, and whether there are others; `None` if there are
    /// none of the first.
    fn receivers(&self, obj: Reg, method: &str, number: u32) -> Option<(Vec<Ty>, bool)> {
        let called = self.input.seen.method(self.at);
        let is_only = called.variety == Variety::Mono && called.target == Some(Target::Intrinsic(number));
        // A map may have another one under the name; the others have what their types have.
        let has = |&(ty, _, kind): &(Ty, Kinds, TypeMap)| {
            intrinsics::methods_of(kind).contains(&method) && (ty != Ty::Map || is_only && !called.not_function)
        };
        let is_never = called.variety == Variety::None || called.variety == Variety::Mono && !is_only;
        let known = self.reg(obj).ty;
        if !matches!(known, Ty::Any | Ty::Plain) {
            let found = RECEIVERS.iter().find(|it| it.0 == known && has(it));
            return found.filter(|_| !is_never).map(|it| (vec![it.0], false));
        }
        let seen = self.input.seen.property(self.at).receiver;
        let met = RECEIVERS.iter().filter(|it| it.1.meets(seen) && has(it));
        let (types, kinds) = met.fold((Vec::new(), Kinds::NONE), |(mut types, kinds), it| {
            types.push(it.0);
            (types, kinds.union(it.1))
        });
        let last = *types.last()?;
        if is_never && seen.within(kinds) {
            return None;
        }
        let others = !seen.within(kinds) || !self.may(tag_of(last).1);
        Some((types, others))
    }

    /// A method of a receiver that is known as one of a type, or else whatever it is.
    fn method_of(&mut self, method: &TypeMethod<'_>, object: Slot) -> Step<Slot> {
        match object.ty {
            Ty::List | Ty::Str => {
                if let Some(result) = self.native_method(method.name.0, object, method.args) {
                    return Ok(result);
                }
                Ok(self.called_of_type(method, object))
            }
            Ty::Map => Ok(self.method_of_map(method, object)),
            _ => Ok(self.method_looked_up(method, object)),
        }
    }

    /// The intrinsic, called.
    fn called_of_type(&mut self, method: &TypeMethod<'_>, object: Slot) -> Slot {
        let args = self.boxed_regs(method.args.iter());
        let vals: Vec<Val> = std::iter::once(object.val).chain(args).collect();
        self.slot(Op::Helper(method.direct(object.ty)), &vals, Ty::Any, None)
    }

    /// Whatever the receiver has under the name, called.
    fn method_looked_up(&mut self, method: &TypeMethod<'_>, object: Slot) -> Slot {
        let args = self.boxed_regs(method.args.iter());
        let vals: Vec<Val> = [object.val; 2].into_iter().chain(args).collect();
        self.slot(Op::Helper(method.generic), &vals, Ty::Any, None)
    }

    /// The method of a map: that of all maps, unless it or its chain may have another one.
    fn method_of_map(&mut self, method: &TypeMethod<'_>, map: Slot) -> Slot {
        // This one asks itself whether the map shows its methods.
        if method.name.0 == intrinsics::HAS_INDEX.def().name {
            return self.method_looked_up(method, map);
        }
        let from = self.cur;
        let shows = self.op(Op::ShowsMethod(method.name.1.0), &[map.val], Rep::Bool);
        let of_type = self.new_block();
        let len = matches!((method.name.0, method.args.count), ("len", 0));
        let result = match len {
            true => self.slot(Op::MapLen, &[map.val], Ty::Int(0, LONGEST), None),
            false => self.called_of_type(method, map),
        };
        let end = self.cur;
        self.cur = from;
        let own = self.new_block();
        let looked_up = self.method_looked_up(method, map);
        if self.emitting {
            self.func[own].cold = true;
        }
        let other_end = self.cur;
        self.end_with_branch(from, shows, (of_type, own));
        self.meet_slots(&[(end, result), (other_end, looked_up)])
    }

    /// How many elements or characters a list or string has.
    fn len_of(&mut self, object: Slot) -> Slot {
        let len = if object.ty == Ty::List { Op::ListLen } else { Op::StrLen };
        self.slot(len, &[object.val], Ty::Int(0, LONGEST), None)
    }

    /// Whether an index that is an integer is one of a list or string; negative ones count from the end.
    fn has_index(&mut self, object: Slot, index: Reg) -> Slot {
        let (len, index) = (self.len_of(object), self.reg(index));
        let at = self.as_int(index);
        let below = self.op(Op::ICmp(Cmp::Lt), &[at, len.val], Rep::Bool);
        if index.ty.range().is_some_and(|(lo, _)| lo >= 0) {
            return Slot { ty: Ty::BOOL, val: below };
        }
        let zero = self.int(0).val;
        let from_start = self.op(Op::ICmp(Cmp::Ge), &[at, zero], Rep::Bool);
        let place = self.op(Op::IAdd, &[at, len.val], Rep::Int);
        let from_end = self.op(Op::ICmp(Cmp::Ge), &[place, zero], Rep::Bool);
        self.truth_slot(Op::Select, &[from_start, below, from_end])
    }

    /// Whether a method of this type is instructions.
    fn is_native(&self, method: &str, ty: Ty, args: RegRange) -> bool {
        match (method, args.count) {
            ("len", 0) => matches!(ty, Ty::List | Ty::Str),
            ("hasIndex", 1) => matches!(ty, Ty::List | Ty::Str) && self.reg(args.first).ty.range().is_some(),
            ("code", 0) => ty == Ty::Str,
            ("push", 1) | ("pop" | "pull", 0) => ty == Ty::List,
            _ => false,
        }
    }

    /// A method of a string or list as instructions, `None` if it needs the intrinsic; its result.
    fn native_method(&mut self, method: &str, object: Slot, args: RegRange) -> Option<Slot> {
        if !self.is_native(method, object.ty, args) {
            return None;
        }
        let result = match method {
            "len" => self.len_of(object),
            "hasIndex" => self.has_index(object, args.first),
            "code" => self.slot(Op::StrCode, &[object.val], Ty::Int(0, LAST_CODE), None),
            "push" => {
                let value = self.boxed_regs(args.iter())[0];
                self.op(Op::ListPush, &[object.val, value], Rep::None);
                self.effect();
                object
            }
            _ => {
                let op = if method == "pop" { Op::ListPop } else { Op::ListPull };
                let val = self.op(op, &[object.val], Rep::Boxed);
                self.effect();
                Slot { ty: Ty::Any, val }
            }
        };
        Some(result)
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
                let Some(result) = self.native_method(name, self.reg(args.first), rest) else {
                    return Ok(false);
                };
                self.set(dst, result);
                if result.ty == Ty::Any {
                    self.narrow_result(dst)?;
                }
                Ok(true)
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
        let vals = self.boxed_regs(args.iter());
        let helper = if reads { Helper::ReadingIntrinsic(number) } else { Helper::Intrinsic(number) };
        let val = self.helper(helper, &vals, Rep::Boxed);
        self.set(dst, Slot { ty: Ty::Any, val });
        self.narrow_result(dst)?;
        Ok(true)
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
