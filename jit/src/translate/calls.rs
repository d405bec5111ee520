//! Calls: the function itself, other compiled code, helpers.

use super::lower::{Lower, memory};
use super::symbols::Symbol;
use super::tramp::{KEPT_ARGS, kept_word, preserving_signature};
use super::{HelperId, convention, signature};
use crate::ssa::{Helper, Inst, MemberSite, Op, Rep, Val};
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, types};
use minilive_mir::ir::{BinaryOp, UnaryOp};
use minilive_runtime::list::LIST_INLINE_MAX;
use minilive_runtime::realm::{HEAD_GLOBALS, HEAD_NATIVE_FRAME, HEAD_NATIVE_STATUS, TypeMap};
use minilive_runtime::value::{TAG_ERROR, TAG_FUNCTION, TAG_LIST, TAG_MAP, TAG_SHIFT, TAG_STRING, Value};

impl Lower<'_, '_> {
    /// Which instruction of which code is running, as helpers take it.
    pub(super) fn site(&mut self) -> ir::Value {
        let word = self.sites.word(&self.func.body, self.at);
        self.iconst(word as i64)
    }

    /// Calls a helper with the context and these words.
    pub(super) fn call_helper(&mut self, id: HelperId, offset: usize, args: &[ir::Value]) -> ir::Value {
        // Whoever looks at the stack starts here.
        let frame = self.b.ins().get_frame_pointer(types::I64);
        self.b.ins().store(memory(), frame, self.ctx, HEAD_NATIVE_FRAME as i32);
        let address = self.helper(id, offset);
        let signature = self.signature(args.len());
        let mut all = vec![self.ctx];
        all.extend_from_slice(args);
        let call = self.b.ins().call_indirect(signature, address, &all);
        self.b.inst_results(call)[0]
    }

    /// The signature of so many words beside the context.
    pub(super) fn signature(&mut self, words: usize) -> ir::SigRef {
        let isa = self.isa;
        let builder = &mut self.b;
        *self.signatures.entry((words, 0)).or_insert_with(|| builder.import_signature(signature(isa, words)))
    }

    /// Calls a helper on a way that is seldom taken: all registers keep their values.
    pub(super) fn call_keeping(&mut self, id: HelperId, args: &[ir::Value]) -> ir::Value {
        debug_assert!(args.len() <= KEPT_ARGS, "the head has no room for more words");
        let number = self.iconst(id as i64);
        for (i, word) in std::iter::once(number).chain(args.iter().copied()).enumerate() {
            self.keep(word, kept_word(i));
        }
        let stub = self.keeping_stub();
        self.b.ins().call(stub, &[]);
        self.b.ins().load(types::I64, memory(), self.ctx, HEAD_NATIVE_STATUS as i32)
    }

    /// Leaves a word in the head. Half of a constant is part of an instruction that stores it, which needs no register.
    fn keep(&mut self, word: ir::Value, place: i32) {
        let dfg = &self.b.func.dfg;
        let constant = dfg.value_def(word).inst().and_then(|inst| match dfg.insts[inst] {
            ir::InstructionData::UnaryImm { imm, .. } => Some(imm.bits()),
            _ => None,
        });
        let Some(bits) = constant.filter(|&bits| i32::try_from(bits).is_err()) else {
            self.b.ins().store(memory(), word, self.ctx, place);
            return;
        };
        for (half, offset) in [(bits as u32, 0), ((bits >> 32) as u32, 4)] {
            let half = self.b.ins().iconst(types::I32, i64::from(half));
            self.b.ins().store(memory(), half, self.ctx, place + offset);
        }
    }

    fn keeping_stub(&mut self) -> ir::FuncRef {
        if let Some(stub) = self.keeping {
            return stub;
        }
        let signature = self.b.import_signature(preserving_signature());
        let name = self.symbols.name(&mut self.b, Symbol::Helper(HelperId::Keeping, 0));
        // Both stand in one arena, so that one is near the other.
        let colocated = cfg!(target_arch = "x86_64");
        let data = ir::ExtFuncData { name, signature, colocated, patchable: false };
        *self.keeping.insert(self.b.import_function(data))
    }

    /// Calls a function of doubles.
    pub(super) fn call_floats(&mut self, id: HelperId, offset: usize, args: &[ir::Value]) -> ir::Value {
        let address = self.helper(id, offset);
        let isa = self.isa;
        let builder = &mut self.b;
        let signature = *self.signatures.entry((args.len(), 1)).or_insert_with(|| {
            let mut signature = ir::Signature::new(convention(isa));
            signature.params = vec![ir::AbiParam::new(types::F64); args.len()];
            signature.returns = vec![ir::AbiParam::new(types::F64)];
            builder.import_signature(signature)
        });
        let call = self.b.ins().call_indirect(signature, address, args);
        self.b.inst_results(call)[0]
    }

    pub(super) fn call(&mut self, inst: &Inst, next: Option<&Inst>) {
        match inst.op {
            Op::CallSelf => {
                if self.func.body.frames[0].captured.is_some() {
                    let callee = self.arg(inst, 0);
                    self.leave_callee(callee);
                }
                let function = self.own_function();
                let mut args = vec![self.ctx];
                args.extend(inst.args[1..].iter().map(|&arg| self.val(arg)).collect::<Vec<_>>());
                let call = self.b.ins().call(function, &args);
                let result = self.b.inst_results(call)[0];
                self.returned(inst, next, result);
            }
            Op::CallCode(code) => {
                let args: Vec<ir::Value> = inst.args.iter().map(|&arg| self.val(arg)).collect();
                self.leave_callee(args[0]);
                let table = self.symbol(Symbol::Entry(code));
                let entry = self.b.ins().load(types::I64, memory(), table, 0);
                let signature = self.signature(args.len() - 1);
                let mut all = vec![self.ctx];
                all.extend_from_slice(&args[1..]);
                let call = self.b.ins().call_indirect(signature, entry, &all);
                let result = self.b.inst_results(call)[0];
                self.returned(inst, next, result);
            }
            Op::Helper(helper) => self.generic(inst, helper, next),
            _ => unreachable!("only called for calls"),
        }
    }

    /// Leaves the called function where its code, or the stub in its place, looks for it.
    pub(super) fn leave_callee(&mut self, function: ir::Value) {
        let word = self.symbol(Symbol::Callee);
        self.b.ins().store(memory(), function, word, 0);
    }

    fn own_function(&mut self) -> ir::FuncRef {
        if let Some(function) = self.itself {
            return function;
        }
        let signature = signature(self.isa, self.func.params as usize);
        let signature = self.b.import_signature(signature);
        let name = ir::UserExternalName { namespace: 0, index: self.env.code };
        let name = self.b.func.declare_imported_user_function(name);
        let name = ir::ExternalName::user(name);
        let data = ir::ExtFuncData { name, signature, colocated: true, patchable: false };
        *self.itself.insert(self.b.import_function(data))
    }

    /// The result of a call that may have unwound: tested here, or by the guard that follows.
    fn returned(&mut self, inst: &Inst, next: Option<&Inst>, result: ir::Value) {
        self.define(inst, result);
        if matches!(inst.op, Op::CallSelf | Op::CallCode(_)) {
            self.assigned.extend(inst.result);
        }
        let tests = |op| matches!(op, Op::GuardNum | Op::GuardInt | Op::Helper(Helper::CheckUncaught));
        let guards = next.is_some_and(|it| tests(it.op) && it.args.first().copied() == inst.result);
        if guards && self.env.fail_once.is_none() {
            self.untested = inst.result;
        } else {
            self.unwind_if_exc(result);
        }
    }

    fn generic(&mut self, inst: &Inst, helper: Helper, next: Option<&Inst>) {
        match helper {
            Helper::MakeFunction(child) => return self.make_function(inst, child),
            Helper::MakeEnv { shape, slots } => return self.make_env(inst, shape, slots),
            Helper::MakeShaped(shape) => return self.make_shaped(inst, shape),
            Helper::MakeList if inst.args.len() <= LIST_INLINE_MAX => return self.make_list(inst),
            Helper::LoadGlobals => {
                let globals = self.b.ins().load(types::I64, memory(), self.ctx, HEAD_GLOBALS as i32);
                return self.define(inst, globals);
            }
            Helper::CheckUncaught => return self.check_uncaught(inst),
            Helper::Truth => return self.truth(inst),
            _ => {}
        }
        let args: Vec<ir::Value> = inst.args.iter().map(|&arg| self.val(arg)).collect();
        let site = self.site();
        self.store_budget();
        let result = match helper {
            Helper::Binary(op) => self.binary_of_any(inst, site, op),
            Helper::Intrinsic(number) | Helper::ReadingIntrinsic(number) => self.intrinsic(site, number, &args),
            Helper::LoadFree(name) => {
                let entry = self.symbol(Symbol::NameEntry(name));
                self.call_helper(HelperId::LoadFree, 0, &[site, args[0], args[1], entry])
            }
            Helper::IterNext => self.next_of_any(site, args[0], args[1]),
            Helper::IterEntry => self.call_helper(HelperId::IterEntry, 0, &[site, args[0], args[1]]),
            Helper::GetIndex => self.call_helper(HelperId::GetIndex, 0, &[site, args[0], args[1]]),
            Helper::GetKey => self.get_key(site, &args),
            Helper::SetKey => self.set_key(site, &args),
            Helper::Random => self.call_helper(HelperId::Random, 0, &[site]),
            Helper::SliceText => self.slice_text(site, &args),
            Helper::SetIndex => self.call_helper(HelperId::SetIndex, 0, &[site, args[0], args[1], args[2]]),
            Helper::Unary(op) => {
                let op = self.iconst(unary_number(op));
                self.call_helper(HelperId::Unary, 0, &[site, op, args[0]])
            }
            Helper::NewInstance(_) => {
                let op = self.iconst(unary_number(UnaryOp::New));
                self.call_helper(HelperId::Unary, 0, &[site, op, args[0]])
            }
            Helper::FindMember(at) => self.find_member(site, at, args[0])[0],
            Helper::PutMember(at) => self.put_member(site, at, &args),
            Helper::FindInTable { site: at, entry } => self.find_in_table(site, (at, entry), args[0]),
            Helper::PutInTable { site: at, entry } => self.put_in_table(site, (at, entry), &args),
            Helper::CallAny => self.call_value(site, &args),
            Helper::AutoCall => self.auto_call(site, args[0]),
            Helper::CallIndexed => self.call_indexed(site, &args),
            Helper::GetMember(at) if at.calls_program => self.find_and_call(site, at, &args, true),
            Helper::CallMethod(at) if at.calls_program => self.find_and_call(site, at, &args, false),
            Helper::InvokeFound(at) | Helper::CallFound(at) => {
                let (args, &[found, parent]) = args.split_last_chunk().expect("both stand behind the arguments");
                let reads = matches!(helper, Helper::InvokeFound(_));
                self.call_found(site, at, (found, parent), (args, reads))
            }
            Helper::GetMember(at) => self.call_member(HelperId::GetMember, site, at, &args),
            Helper::CallMethod(at) if helper.asks_for_key(&self.func.body.unit, &inst.args) => {
                self.has_index(site, at, &args)
            }
            Helper::CallMethod(at) => self.call_member(HelperId::CallMethod, site, at, &args),
            Helper::MakeMap(word) => {
                let cell = self.symbol(Symbol::Feedback(word));
                let (words, count) = self.store_words(&args);
                self.call_helper(HelperId::MakeMap, 0, &[site, cell, words, count])
            }
            other => self.variadic(site, other, &args),
        };
        self.load_budget();
        if helper.may_fail() {
            self.returned(inst, next, result);
        } else {
            self.define(inst, result);
        }
    }

    /// Whether a value is of a type. A map may have the type's map in its chain of `__isa`, which the helper walks.
    pub(super) fn is_kind(&mut self, inst: &Inst, kind: TypeMap) {
        let (value, map) = (self.arg(inst, 0), self.arg(inst, 1));
        let is_it = match kind {
            TypeMap::Number => self.is_below_tags(value),
            TypeMap::String => self.has_tag(value, TAG_STRING),
            TypeMap::List => self.has_tag(value, TAG_LIST),
            TypeMap::Map => self.has_tag(value, TAG_MAP),
            TypeMap::Function => self.has_tag(value, TAG_FUNCTION),
            TypeMap::Error => self.has_tag(value, TAG_ERROR),
        };
        if kind == TypeMap::Map {
            return self.define(inst, is_it);
        }
        let [other, slow, next] = [(); 3].map(|()| self.b.create_block());
        self.b.set_cold_block(slow);
        let result = self.b.append_block_param(next, types::I8);
        self.b.ins().brif(is_it, next, &[is_it.into()], other, &[]);
        self.b.switch_to_block(other);
        let (is_map, no) = (self.has_tag(value, TAG_MAP), self.b.ins().iconst(types::I8, 0));
        self.b.ins().brif(is_map, slow, &[], next, &[no.into()]);
        self.b.switch_to_block(slow);
        let (site, op) = (self.site(), self.iconst(binary_number(BinaryOp::Isa)));
        self.store_budget();
        let holds = self.call_helper(HelperId::Binary, 0, &[site, op, value, map]);
        self.load_budget();
        let holds = self.b.ins().icmp_imm_s(IntCC::NotEqual, holds, Value::ZERO.bits() as i64);
        self.b.ins().jump(next, &[holds.into()]);
        self.b.switch_to_block(next);
        self.define(inst, result);
    }

    pub(super) fn has_tag(&mut self, value: ir::Value, tag: u64) -> ir::Value {
        let high = self.b.ins().ushr_imm_u(value, i64::from(TAG_SHIFT));
        self.b.ins().icmp_imm_u(IntCC::Equal, high, tag as i64)
    }

    /// The truth of any value: of numbers, null, strings and lists at once, of others by the helper.
    fn truth(&mut self, inst: &Inst) {
        let value = self.arg(inst, 0);
        let [number, other, filled, slow, next] = [(); 5].map(|()| self.b.create_block());
        self.b.set_cold_block(slow);
        let result = self.b.append_block_param(next, types::I8);
        let is_number = self.is_below_tags(value);
        self.b.ins().brif(is_number, number, &[], other, &[]);
        self.b.switch_to_block(number);
        let float = self.b.ins().bitcast(types::F64, MemFlagsData::new(), value);
        let zero = self.b.ins().f64const(0.0);
        let truth = self.b.ins().fcmp(FloatCC::NotEqual, float, zero);
        self.b.ins().jump(next, &[truth.into()]);
        self.b.switch_to_block(other);
        let is_null = self.b.ins().icmp_imm_s(IntCC::Equal, value, Value::NULL.bits() as i64);
        let no = self.b.ins().iconst(types::I8, 0);
        self.b.ins().brif(is_null, next, &[no.into()], filled, &[]);
        self.b.switch_to_block(filled);
        self.truth_of_length(value, next, slow);
        self.b.switch_to_block(slow);
        let site = self.site();
        self.store_budget();
        let status = self.call_keeping(HelperId::Truth, &[site, value]);
        self.load_budget();
        let bad = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThan, status, 1);
        let unwind = self.unwind_block();
        self.leave_if(bad, unwind);
        let truth = self.b.ins().ireduce(types::I8, status);
        self.b.ins().jump(next, &[truth.into()]);
        self.b.switch_to_block(next);
        self.define(inst, result);
    }

    /// The end check of an expression statement: only error values are looked at, with handles; and the mark of unwinding, if the value
    /// is what a call gave just now.
    fn check_uncaught(&mut self, inst: &Inst) {
        let value = self.arg(inst, 0);
        let (slow, next) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(slow);
        let tag = self.b.ins().ushr_imm_u(value, i64::from(TAG_SHIFT));
        let is_error = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, tag, TAG_ERROR as i64);
        self.b.ins().brif(is_error, slow, &[], next, &[]);
        self.b.switch_to_block(slow);
        self.test_unwinding(inst.args[0], value);
        let site = self.site();
        self.store_budget();
        let (words, count) = self.store_words(&[value]);
        let operation = self.iconst(generic_number(Helper::CheckUncaught));
        let done = self.call_keeping(HelperId::Generic, &[site, operation, words, count]);
        self.load_budget();
        self.go_on_unless_exc(done, next);
        let null = self.iconst(Value::NULL.bits() as i64);
        self.define(inst, null);
    }

    pub(super) fn intrinsic(&mut self, site: ir::Value, number: u32, args: &[ir::Value]) -> ir::Value {
        let number = self.iconst(i64::from(number));
        let (words, count) = self.store_words(args);
        self.call_helper(HelperId::Intrinsic, 0, &[site, number, words, count])
    }

    /// The addresses of the name and of the cache of a member instruction.
    pub(super) fn member_site(&mut self, at: MemberSite) -> [ir::Value; 2] {
        [self.symbol(Symbol::NameEntry(at.name)), self.symbol(Symbol::Feedback(at.word))]
    }

    pub(super) fn call_member(
        &mut self,
        id: HelperId,
        site: ir::Value,
        at: MemberSite,
        args: &[ir::Value],
    ) -> ir::Value {
        let [entry, cell] = self.member_site(at);
        let (words, count) = self.store_words(args);
        self.call_helper(id, 0, &[site, entry, cell, words, count])
    }

    /// Puts operands where a helper finds them: their address and number.
    pub(super) fn store_words(&mut self, args: &[ir::Value]) -> (ir::Value, ir::Value) {
        let words = self.words_address();
        for (i, &arg) in args.iter().enumerate() {
            self.b.ins().store(memory(), arg, words, i as i32 * 8);
        }
        (words, self.iconst(args.len() as i64))
    }

    pub(super) fn variadic(&mut self, site: ir::Value, helper: Helper, args: &[ir::Value]) -> ir::Value {
        let (words, count) = self.store_words(args);
        let operation = self.iconst(generic_number(helper));
        self.call_helper(HelperId::Generic, 0, &[site, operation, words, count])
    }

    /// Whether a boxed value is a number for sure.
    pub(super) fn is_number(&self, val: Val) -> bool {
        self.numbers.contains(&val) || self.func.rep(val) != Rep::Boxed
    }
}

/// The number by which a helper knows a binary operator.
pub fn binary_number(op: BinaryOp) -> i64 {
    op as i64
}

/// The number by which a helper knows a unary operator.
pub fn unary_number(op: UnaryOp) -> i64 {
    op as i64
}

/// The operations of the generic helper, by number.
pub const GENERIC: &[Helper] = &[
    Helper::RefIndex,
    Helper::Slice,
    Helper::MakeList,
    Helper::AppendList,
    Helper::Call,
    Helper::CallIndex,
    Helper::AutoCall,
    Helper::CheckUncaught,
    Helper::AndTest,
    Helper::OrTest,
    Helper::MakeRange,
];

/// The number of an operation of the generic helper.
pub(super) fn generic_number(helper: Helper) -> i64 {
    GENERIC.iter().position(|&it| it == helper).expect("every other helper is handled before") as i64
}
