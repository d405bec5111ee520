//! Ways in and out of compiled code, one per arity: the trampoline through which the interpreter enters, and the stub that
//! stands in the entry table for code that is not compiled.

use super::symbols::{Symbol, Symbols};
use super::{Compiled, HelperId, finish, signature};
use crate::reason::Refused;
use cranelift_codegen::Context;
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, UserFuncName, types};
use cranelift_codegen::isa::{CallConv, OwnedTargetIsa};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use minilive_runtime::realm::{HEAD_KEPT, HEAD_NATIVE_FRAME, HEAD_NATIVE_STATUS, KEPT_WORDS};

/// Compiles a function of one block; `body` is given its parameters and gives its result, if it has one.
fn one_block(
    isa: &OwnedTargetIsa,
    name: UserFuncName,
    signature: ir::Signature,
    body: impl FnOnce(&mut FunctionBuilder<'_>, &mut Symbols, &[ir::Value]) -> Option<ir::Value>,
) -> Result<Compiled, Refused> {
    small_function(isa, name, signature, |b, symbols, params| {
        let result = body(b, symbols, params);
        b.ins().return_(result.as_slice());
    })
}

/// Compiles a small function; `body` is given its parameters in the entry block and ends all blocks.
pub(super) fn small_function(
    isa: &OwnedTargetIsa,
    name: UserFuncName,
    signature: ir::Signature,
    body: impl FnOnce(&mut FunctionBuilder<'_>, &mut Symbols, &[ir::Value]),
) -> Result<Compiled, Refused> {
    let mut symbols = Symbols::default();
    let mut context = Context::new();
    context.func = ir::Function::with_name_signature(name, signature);
    let mut pool = FunctionBuilderContext::new();
    let mut b = FunctionBuilder::new(&mut context.func, &mut pool);
    let block = b.create_block();
    b.append_block_params_for_function_params(block);
    b.switch_to_block(block);
    let params = b.block_params(block).to_vec();
    body(&mut b, &mut symbols, &params);
    b.seal_all_blocks();
    b.finalize(isa.frontend_config());
    let mut compiled = finish(isa, &mut context, false)?.0;
    compiled.symbols = symbols.list;
    Ok(compiled)
}

/// `(entry, context, words) -> value`: calls a loop entry, which takes the address of the words itself.
pub fn loop_trampoline(isa: &OwnedTargetIsa) -> Result<Compiled, Refused> {
    one_block(isa, UserFuncName::user(1, u32::MAX), signature(isa, 2), |b, _, params| {
        let callee = b.import_signature(signature(isa, 1));
        let call = b.ins().call_indirect(callee, params[0], &params[1..]);
        Some(b.inst_results(call)[0])
    })
}

/// `(entry, context, words) -> value`: passes `arity` words from memory in registers. The first word, the captured map, is
/// left where calls leave the function.
pub fn trampoline(isa: &OwnedTargetIsa, arity: usize) -> Result<Compiled, Refused> {
    one_block(isa, UserFuncName::user(1, arity as u32), signature(isa, 2), |b, symbols, params| {
        let (entry, context, words) = (params[0], params[1], params[2]);
        let captured = b.ins().load(types::I64, MemFlagsData::trusted(), words, 0);
        let word = symbols.value(b, Symbol::Callee);
        b.ins().store(MemFlagsData::trusted(), captured, word, 0);
        let mut args = vec![context];
        for i in 0..arity {
            args.push(b.ins().load(types::I64, MemFlagsData::trusted(), words, (i as i32 + 1) * 8));
        }
        let callee = b.import_signature(signature(isa, arity));
        let call = b.ins().call_indirect(callee, entry, &args);
        Some(b.inst_results(call)[0])
    })
}

/// Words that a helper takes through the keeping stub, beside the context.
pub const KEPT_ARGS: usize = KEPT_WORDS - 1;

/// `()`: calls a helper and keeps every register, so that code need not keep its values in memory, nor elsewhere, because of a call that
/// hardly ever happens. The helper, what it takes beside the context, and what it gives stand in the realm's head.
pub fn keeping_stub(isa: &OwnedTargetIsa) -> Result<Compiled, Refused> {
    one_block(isa, UserFuncName::user(3, 0), preserving_signature(), |b, symbols, _| {
        let memory = MemFlagsData::trusted();
        let word = symbols.value(b, Symbol::Context);
        let context = b.ins().load(types::I64, memory, word, 0);
        // Whoever looks at the stack starts at the caller's frame, which this one points to.
        let frame = b.ins().get_frame_pointer(types::I64);
        let caller = b.ins().load(types::I64, memory, frame, 0);
        b.ins().store(memory, caller, context, HEAD_NATIVE_FRAME as i32);
        let helpers = symbols.value(b, Symbol::Helpers);
        let helper = b.import_signature(signature(isa, KEPT_ARGS));
        let kept: Vec<ir::Value> =
            (0..=KEPT_ARGS).map(|i| b.ins().load(types::I64, memory, context, kept_word(i))).collect();
        let args = [&[context], &kept[1..]].concat();
        let place = b.ins().ishl_imm_u(kept[0], 3);
        let place = b.ins().iadd(helpers, place);
        let address = b.ins().load(types::I64, memory, place, 0);
        let call = b.ins().call_indirect(helper, address, &args);
        let result = b.inst_results(call)[0];
        b.ins().store(memory, result, context, HEAD_NATIVE_STATUS as i32);
        None
    })
}

/// Where the number of the helper stands that the keeping stub calls (0), and its words.
pub fn kept_word(i: usize) -> i32 {
    (HEAD_KEPT + i * 8) as i32
}

/// The signature of code that keeps all registers and finds everything in memory.
pub fn preserving_signature() -> ir::Signature {
    ir::Signature::new(CallConv::PreserveAll)
}

/// Stands for code that is not compiled: hands its arguments and the callee to the interpreter.
pub fn stub(isa: &OwnedTargetIsa, arity: usize) -> Result<Compiled, Refused> {
    one_block(isa, UserFuncName::user(2, arity as u32), signature(isa, arity), |b, symbols, params| {
        let data = ir::StackSlotData::new(ir::StackSlotKind::ExplicitSlot, arity.max(1) as u32 * 8, 3);
        let slot = b.create_sized_stack_slot(data);
        let words = b.ins().stack_addr(types::I64, slot, 0);
        for (i, &arg) in params[1..].iter().enumerate() {
            b.ins().store(MemFlagsData::trusted(), arg, words, i as i32 * 8);
        }
        let word = symbols.value(b, Symbol::Callee);
        let callee = b.ins().load(types::I64, MemFlagsData::trusted(), word, 0);
        let count = b.ins().iconst(types::I64, arity as i64);
        let frame = b.ins().get_frame_pointer(types::I64);
        let address = symbols.value(b, Symbol::Helper(HelperId::Interpret, 0));
        let helper = b.import_signature(signature(isa, 4));
        let call = b.ins().call_indirect(helper, address, &[params[0], frame, callee, count, words]);
        Some(b.inst_results(call)[0])
    })
}
