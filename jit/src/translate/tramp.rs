//! Ways in and out of compiled code, one per arity: the trampoline through which the interpreter enters, and the stub that
//! stands in the entry table for code that is not compiled.

use super::{Compiled, HelperId, HelperTable, finish, helper_address, signature};
use crate::reason::Refused;
use cranelift_codegen::Context;
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, UserFuncName, types};
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};

/// `(entry, context, words) -> value`: calls a loop entry, which takes the address of the words itself.
pub fn loop_trampoline(isa: &OwnedTargetIsa) -> Result<Compiled, Refused> {
    let mut context = Context::new();
    context.func = ir::Function::with_name_signature(UserFuncName::user(1, u32::MAX), signature(isa, 2));
    let mut pool = FunctionBuilderContext::new();
    let mut b = FunctionBuilder::new(&mut context.func, &mut pool);
    let block = b.create_block();
    b.append_block_params_for_function_params(block);
    b.switch_to_block(block);
    let params = b.block_params(block).to_vec();
    let callee = b.import_signature(signature(isa, 1));
    let call = b.ins().call_indirect(callee, params[0], &params[1..]);
    let result = b.inst_results(call)[0];
    b.ins().return_(&[result]);
    b.seal_all_blocks();
    b.finalize(isa.frontend_config());
    finish(isa, context, false)
}

/// `(entry, context, words) -> value`: passes `arity` words from memory in registers. The first word, the captured map, is
/// not passed.
pub fn trampoline(isa: &OwnedTargetIsa, arity: usize) -> Result<Compiled, Refused> {
    let mut context = Context::new();
    context.func = ir::Function::with_name_signature(UserFuncName::user(1, arity as u32), signature(isa, 2));
    let mut pool = FunctionBuilderContext::new();
    let mut b = FunctionBuilder::new(&mut context.func, &mut pool);
    let block = b.create_block();
    b.append_block_params_for_function_params(block);
    b.switch_to_block(block);
    let [entry, ctx, words] = b.block_params(block) else { unreachable!("three parameters") };
    let (entry, ctx, words) = (*entry, *ctx, *words);
    let mut args = vec![ctx];
    for i in 0..arity {
        args.push(b.ins().load(types::I64, MemFlagsData::trusted(), words, (i as i32 + 1) * 8));
    }
    let callee = b.import_signature(signature(isa, arity));
    let call = b.ins().call_indirect(callee, entry, &args);
    let result = b.inst_results(call)[0];
    b.ins().return_(&[result]);
    b.seal_all_blocks();
    b.finalize(isa.frontend_config());
    finish(isa, context, false)
}

/// Stands for code that is not compiled: hands its arguments and the callee to the interpreter.
pub fn stub(
    isa: &OwnedTargetIsa,
    helpers: &HelperTable,
    callee_word: usize,
    arity: usize,
) -> Result<Compiled, Refused> {
    let mut context = Context::new();
    context.func = ir::Function::with_name_signature(UserFuncName::user(2, arity as u32), signature(isa, arity));
    let mut pool = FunctionBuilderContext::new();
    let mut b = FunctionBuilder::new(&mut context.func, &mut pool);
    let block = b.create_block();
    b.append_block_params_for_function_params(block);
    b.switch_to_block(block);
    let params = b.block_params(block).to_vec();
    let data = ir::StackSlotData::new(ir::StackSlotKind::ExplicitSlot, arity.max(1) as u32 * 8, 3);
    let slot = b.create_sized_stack_slot(data);
    let words = b.ins().stack_addr(types::I64, slot, 0);
    for (i, &arg) in params[1..].iter().enumerate() {
        b.ins().store(MemFlagsData::trusted(), arg, words, i as i32 * 8);
    }
    let word = b.ins().iconst(types::I64, callee_word as i64);
    let callee = b.ins().load(types::I64, MemFlagsData::trusted(), word, 0);
    let count = b.ins().iconst(types::I64, arity as i64);
    let frame = b.ins().get_frame_pointer(types::I64);
    let address = helper_address(&mut b, helpers, HelperId::Interpret, 0);
    let helper = b.import_signature(signature(isa, 4));
    let call = b.ins().call_indirect(helper, address, &[params[0], frame, callee, count, words]);
    let result = b.inst_results(call)[0];
    b.ins().return_(&[result]);
    b.seal_all_blocks();
    b.finalize(isa.frontend_config());
    finish(isa, context, false)
}
