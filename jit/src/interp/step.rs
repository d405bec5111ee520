//! The dispatch loop: one `match` over bytecode operations, with the frequent cases in place.
//!
//! [`execute`] runs the innermost activation until its boundary frame returns; slow paths stand in the neighbouring files.
//! Calls and returns between interpreted functions stay inside the loop and cost no native stack.
//!
//! Invariants
//! 1. The bytecode of every code object passed `bytecode::verify`: words, cells and counters are indexed by positions that
//!    exist, registers are inside the window, number-constant operands are numbers, operation numbers are those of [`Op`].
//! 2. `words`, `cells` and `counts` are the tables of `code`, `window` is that of the innermost frame; they are loaded
//!    together, after everything that may push or pop a frame.
//! 3. A result of arithmetic on two numbers is a number in the sense of `Value`: the hardware makes no foreign NaN.
#![expect(unsafe_code, reason = "unchecked indexing behind the bytecode verifier")]

use super::around::{
    Loaded, check_at, fail, leave, load, loop_entry, make_map, numbers_equal, set_pc, store_env, untested_function,
};
use super::calls::{Receiver, Ret, resolve};
use super::frame::{self, Frame};
use super::members::own_slot;
use super::values::{remainder, sample, sample_index};
use super::{Called, Run, names};
use crate::bytecode::{Op, Word, aux, operator_number};
use crate::engine::policy;
use crate::engine::unit::{CallFlags, NameEntry};
use crate::feedback::{Place, Target};
use minilive_mir::ir::BinaryOp;
use minilive_runtime::fault::{Eval, FatalError};
use minilive_runtime::function::INTRINSIC;
use minilive_runtime::ops::{self, Decision};
use minilive_runtime::realm::Realm;
use minilive_runtime::value::Value;

/// Runs the innermost activation to its end, calls included, and gives its result.
pub(super) fn execute(run: &mut Run<'_>, realm: &mut Realm) -> Eval<Value> {
    let mut loaded = load(run);
    let (mut code, mut window, mut words, mut cells, mut counts, mut pc);
    macro_rules! reload {
        () => {{
            (code, window, words, cells, counts, pc) = loaded.parts();
        }};
    }
    reload!();
    let globals = realm.globals().value();

    /// The current instruction's position becomes visible to stack traces and fault reports.
    macro_rules! sync {
        () => {
            set_pc(run, pc)
        };
    }
    macro_rules! check {
        ($result:expr) => {
            match $result {
                Ok(value) => value,
                Err(fault) => return Err(fail(run, pc, fault)),
            }
        };
    }
    macro_rules! cell {
        () => {
            // SAFETY: invariants 1 and 2.
            unsafe { &*cells.add(pc as usize) }
        };
        ($offset:literal) => {
            // SAFETY: invariants 1 and 2: the instruction has two words.
            unsafe { &*cells.add(pc as usize + $offset) }
        };
    }
    macro_rules! second {
        () => {
            // SAFETY: invariants 1 and 2: the instruction has two words.
            unsafe { *words.add(pc as usize + 1) }
        };
    }
    macro_rules! count {
        ($target:expr) => {{
            // SAFETY: invariants 1 and 2.
            let count = unsafe { &*counts.add($target as usize) };
            count.set(count.get() + 1);
        }};
    }
    /// Goes to another instruction, which may be the start of a block.
    macro_rules! goto {
        ($target:expr) => {{
            pc = $target;
            count!(pc);
            continue;
        }};
    }
    macro_rules! next {
        ($n:literal) => {{
            pc += $n;
            continue;
        }};
    }
    /// A fused instruction left its fast path: if a function is among what it took untested, plain code goes on.
    macro_rules! retreat {
        ($word:expr) => {
            if $word.aux() & aux::AUTO != 0
                && let Some(plain) = untested_function(code, window, pc)
            {
                pc = plain;
                continue;
            }
        };
    }
    /// Goes on in a callee, or with its result.
    macro_rules! called {
        ($called:expr, $dst:expr, $n:literal) => {
            match $called {
                Called::Value(value) => {
                    window.set($dst, value);
                    next!($n)
                }
                Called::Frame => {
                    loaded = load(run);
                    reload!();
                    continue;
                }
            }
        };
    }
    macro_rules! constant {
        ($index:expr) => {
            // SAFETY: invariant 1.
            unsafe { *code.consts.get_unchecked($index as usize) }
        };
    }
    macro_rules! name_entry {
        ($index:expr) => {
            // SAFETY: invariant 1.
            unsafe { *code.names.get_unchecked($index as usize) }
        };
    }
    macro_rules! slow_binary {
        ($word:expr, $op:expr, $a:expr, $b:expr) => {{
            retreat!($word);
            sync!();
            check!(run.binary(realm, $op, ($a, $b), cell!()))
        }};
    }
    /// Arithmetic: a result that is a number proves that both operands were.
    macro_rules! arithmetic {
        ($word:expr, $op:expr, $b:expr, $compute:expr) => {{
            let (a, b) = (window.get($word.b()), $b);
            let result: f64 = $compute(a.to_f64_lossy(), b.to_f64_lossy());
            let result = if result == result {
                // SAFETY: invariant 3.
                let value = unsafe { Value::number_unchecked(result) };
                if !cell!().is_sampled() {
                    sample(cell!(), a, b, value);
                }
                value
            } else if $word.aux() & aux::SWAPPED != 0 {
                slow_binary!($word, $op, b, a)
            } else {
                slow_binary!($word, $op, a, b)
            };
            window.set($word.a(), result);
            next!(1)
        }};
    }
    /// A comparison whose result is a value.
    macro_rules! compare {
        ($word:expr, $op:expr, $swapped:expr, $fast:expr) => {{
            let (a, b) = (window.get($word.b()), window.get($word.c()));
            let result = if a.is_number() && b.is_number() {
                let value = Value::boolean($fast(a.to_f64_lossy(), b.to_f64_lossy()));
                if !cell!().is_sampled() {
                    sample(cell!(), a, b, value);
                }
                value
            } else if $word.aux() & aux::SWAPPED != 0 {
                slow_binary!($word, $swapped, b, a)
            } else {
                slow_binary!($word, $op, a, b)
            };
            window.set($word.a(), result);
            next!(1)
        }};
    }
    /// A comparison that jumps if it gives `wanted`.
    macro_rules! compare_jump {
        ($word:expr, $wanted:literal, $op:expr, $swapped:expr, $b:expr, $fast:expr) => {{
            let (a, b) = (window.get($word.a()), $b);
            let holds = if a.is_number() && b.is_number() {
                if !cell!().is_sampled() {
                    sample(cell!(), a, b, Value::ONE);
                }
                $fast(a.to_f64_lossy(), b.to_f64_lossy())
            } else if $word.aux() & aux::SWAPPED != 0 {
                let value = slow_binary!($word, $swapped, b, a);
                check!(ops::truth(realm, value))
            } else {
                let value = slow_binary!($word, $op, a, b);
                check!(ops::truth(realm, value))
            };
            if holds == $wanted {
                goto!(pc.wrapping_add_signed(i32::from($word.distance())))
            }
            goto!(pc + 1)
        }};
    }
    macro_rules! free_name {
        ($word:expr) => {{
            let entry: NameEntry = name_entry!($word.bc());
            let value = if window.scope() == globals { realm.cell(entry.cell) } else { Value::ABSENT };
            if !value.is_absent() {
                if !cell!().is_global_sampled() {
                    names::sample_global(cell!(), Place::Global, value);
                }
                value
            } else if window.scope() == globals && !entry.intrinsic.is_absent() {
                if !cell!().is_global_sampled() {
                    names::sample_global(cell!(), Place::Intrinsic, entry.intrinsic);
                }
                entry.intrinsic
            } else {
                retreat!($word);
                sync!();
                check!(run.load_free(realm, window, entry, cell!()))
            }
        }};
    }
    /// The end of a read of a name: a function is called.
    macro_rules! read_call {
        ($word:expr, $value:expr) => {{
            let value = $value;
            if !value.is_function() {
                window.set($word.a(), value);
                next!(2)
            }
            retreat!($word);
            sync!();
            let ret = Ret { reg: $word.a(), skip: 2, boundary: false };
            let called = check!(run.call_seen(realm, value, &[], None, (ret, cell!(1))));
            called!(called, $word.a(), 2)
        }};
    }

    loop {
        // SAFETY: invariants 1 and 2.
        let word: Word = unsafe { *words.add(pc as usize) };
        // SAFETY: invariant 1: the verifier knew the operation.
        let op = unsafe { std::mem::transmute::<u8, Op>(word.op_number()) };
        match op {
            Op::Const => {
                window.set(word.a(), constant!(word.bc()));
                next!(1)
            }
            Op::Move => {
                window.set(word.a(), window.get(word.b()));
                next!(1)
            }
            Op::Add => arithmetic!(word, BinaryOp::Add, window.get(word.c()), |x, y| x + y),
            Op::Sub => arithmetic!(word, BinaryOp::Sub, window.get(word.c()), |x, y| x - y),
            Op::Mul => arithmetic!(word, BinaryOp::Mul, window.get(word.c()), |x, y| x * y),
            Op::Div => arithmetic!(word, BinaryOp::Div, window.get(word.c()), |x, y| x / y),
            Op::Mod => arithmetic!(word, BinaryOp::Mod, window.get(word.c()), remainder),
            Op::AddK => arithmetic!(word, BinaryOp::Add, constant!(word.c()), |x, y| x + y),
            Op::SubK => arithmetic!(word, BinaryOp::Sub, constant!(word.c()), |x, y| x - y),
            Op::MulK => arithmetic!(word, BinaryOp::Mul, constant!(word.c()), |x, y| x * y),
            Op::DivK => arithmetic!(word, BinaryOp::Div, constant!(word.c()), |x, y| x / y),
            Op::ModK => arithmetic!(word, BinaryOp::Mod, constant!(word.c()), remainder),
            Op::Lt => compare!(word, BinaryOp::Lt, BinaryOp::Gt, |x, y| x < y),
            Op::Le => compare!(word, BinaryOp::Le, BinaryOp::Ge, |x, y| x <= y),
            Op::Eq => compare!(word, BinaryOp::Eq, BinaryOp::Eq, numbers_equal),
            Op::Ne => compare!(word, BinaryOp::Ne, BinaryOp::Ne, |x, y| !numbers_equal(x, y)),
            Op::JumpLt => {
                compare_jump!(word, true, BinaryOp::Lt, BinaryOp::Gt, window.get(word.b()), |x, y| x < y)
            }
            Op::JumpNotLt => {
                compare_jump!(word, false, BinaryOp::Lt, BinaryOp::Gt, window.get(word.b()), |x, y| x < y)
            }
            Op::JumpLe => {
                compare_jump!(word, true, BinaryOp::Le, BinaryOp::Ge, window.get(word.b()), |x, y| x <= y)
            }
            Op::JumpNotLe => {
                compare_jump!(word, false, BinaryOp::Le, BinaryOp::Ge, window.get(word.b()), |x, y| x <= y)
            }
            Op::JumpEq => {
                compare_jump!(word, true, BinaryOp::Eq, BinaryOp::Eq, window.get(word.b()), numbers_equal)
            }
            Op::JumpNe => {
                compare_jump!(word, false, BinaryOp::Eq, BinaryOp::Eq, window.get(word.b()), numbers_equal)
            }
            Op::JumpLtK => {
                compare_jump!(word, true, BinaryOp::Lt, BinaryOp::Gt, constant!(word.b()), |x, y| x < y)
            }
            Op::JumpNotLtK => {
                compare_jump!(word, false, BinaryOp::Lt, BinaryOp::Gt, constant!(word.b()), |x, y| x < y)
            }
            Op::JumpLeK => {
                compare_jump!(word, true, BinaryOp::Le, BinaryOp::Ge, constant!(word.b()), |x, y| x <= y)
            }
            Op::JumpNotLeK => {
                compare_jump!(word, false, BinaryOp::Le, BinaryOp::Ge, constant!(word.b()), |x, y| x <= y)
            }
            Op::JumpGtK => {
                compare_jump!(word, true, BinaryOp::Gt, BinaryOp::Lt, constant!(word.b()), |x, y| x > y)
            }
            Op::JumpNotGtK => {
                compare_jump!(word, false, BinaryOp::Gt, BinaryOp::Lt, constant!(word.b()), |x, y| x > y)
            }
            Op::JumpGeK => {
                compare_jump!(word, true, BinaryOp::Ge, BinaryOp::Le, constant!(word.b()), |x, y| x >= y)
            }
            Op::JumpNotGeK => {
                compare_jump!(word, false, BinaryOp::Ge, BinaryOp::Le, constant!(word.b()), |x, y| x >= y)
            }
            Op::JumpEqK => {
                compare_jump!(word, true, BinaryOp::Eq, BinaryOp::Eq, constant!(word.b()), numbers_equal)
            }
            Op::JumpNeK => {
                compare_jump!(word, false, BinaryOp::Eq, BinaryOp::Eq, constant!(word.b()), numbers_equal)
            }
            Op::Binary => {
                let operator = operator_number::operator(word.aux()).unwrap_or(BinaryOp::Pow);
                let (a, b) = (window.get(word.b()), window.get(word.c()));
                let result = slow_binary!(word, operator, a, b);
                window.set(word.a(), result);
                next!(1)
            }
            Op::Neg => {
                let value = window.get(word.b());
                if !value.is_number() {
                    retreat!(word);
                }
                if !value.is_number() || !cell!().is_sampled() {
                    sample(cell!(), value, Value::NULL, value);
                }
                window.set(word.a(), ops::neg(value));
                next!(1)
            }
            Op::Not => {
                let value = window.get(word.b());
                if !value.is_number() {
                    retreat!(word);
                }
                if !value.is_number() || !cell!().is_sampled() {
                    sample(cell!(), value, Value::NULL, Value::ONE);
                }
                window.set(word.a(), ops::not(realm, value));
                next!(1)
            }
            Op::New => {
                retreat!(word);
                sync!();
                let object = check!(ops::new_object(realm, window.get(word.b())));
                window.set(word.a(), object);
                next!(1)
            }
            Op::Jump => goto!(word.bc()),
            Op::Loop => {
                let target = word.bc();
                realm.head.budget -= i64::from(word.a());
                if realm.head.budget <= 0 {
                    set_pc(run, target);
                    check_at(run, target, realm)?;
                }
                let heat = code.counters.heat.get() - i64::from(word.a());
                code.counters.heat.set(heat);
                if heat < 0 {
                    set_pc(run, target);
                    let block = code.block_at(target).expect("loops go to blocks");
                    run.tiering.hot(run.codes, realm, &code, policy::Place::Loop(block));
                    if let Some(value) = loop_entry(run, realm, code, window, block) {
                        count!(target);
                        match value {
                            Ok(value) => match leave(run, realm, value) {
                                Some(result) => return Ok(result),
                                None => {
                                    loaded = load(run);
                                    reload!();
                                    continue;
                                }
                            },
                            Err(fault) => return Err(fail(run, target, fault)),
                        }
                    }
                }
                goto!(target)
            }
            Op::JumpIf | Op::JumpIfNot => {
                let value = window.get(word.a());
                let truth = if value.is_number() {
                    value.to_f64_lossy() != 0.0
                } else {
                    retreat!(word);
                    sync!();
                    check!(ops::truth(realm, value))
                };
                if truth == matches!(op, Op::JumpIf) {
                    goto!(word.bc())
                }
                goto!(pc + 1)
            }
            Op::AndTest | Op::OrTest => {
                let value = window.get(word.b());
                let decision =
                    if matches!(op, Op::AndTest) { ops::and_test(realm, value) } else { ops::or_test(realm, value) };
                match decision {
                    Decision::Decided(value) => {
                        window.set(word.a(), value);
                        goto!(pc.wrapping_add_signed(i32::from(word.distance())))
                    }
                    Decision::EvaluateRight => goto!(pc + 1),
                }
            }
            Op::LoadFree => {
                let value = free_name!(word);
                window.set(word.a(), value);
                next!(1)
            }
            Op::LoadName => {
                let value = free_name!(word);
                read_call!(word, value)
            }
            Op::LoadLocal => {
                let mut value = window.get(word.b());
                if value.is_absent() {
                    retreat!(word);
                    sync!();
                    let read = (name_entry!(word.c()), word.aux() & aux::DEFERRED != 0);
                    value = check!(run.load_unassigned(realm, window, read, cell!()));
                }
                window.set(word.a(), value);
                next!(1)
            }
            Op::LoadEnv | Op::LoadEnvCall => {
                let mut value = match window.env().as_map() {
                    Some(map) => map.slot(usize::from(word.b())),
                    None => Value::ABSENT,
                };
                if value.is_absent() {
                    retreat!(word);
                    sync!();
                    let read = (word.b(), word.aux() & aux::DEFERRED != 0);
                    value = check!(run.load_env(realm, (code, window), read, cell!()));
                }
                if matches!(op, Op::LoadEnvCall) {
                    read_call!(word, value)
                }
                window.set(word.a(), value);
                next!(1)
            }
            Op::StoreEnv => {
                store_env(realm, window, word);
                next!(1)
            }
            Op::StoreGlobal => {
                let entry = name_entry!(word.bc());
                let value = window.get(word.a());
                if realm.head.globals_guarded == 0 {
                    realm.set_cell(entry.cell, value);
                } else {
                    sync!();
                    check!(run.store_global(realm, entry, value));
                }
                next!(1)
            }
            Op::LoadSelf => {
                let own = code.unit.self_reg.map_or(Value::ABSENT, |reg| window.get(reg.0 as u16));
                let value = if own.is_absent() { run.load_receiver(realm, window, false) } else { own };
                window.set(word.a(), value);
                next!(1)
            }
            Op::LoadSuper => {
                let own = code.unit.super_reg.map_or(Value::ABSENT, |reg| window.get(reg.0 as u16));
                let value = if own.is_absent() { run.load_receiver(realm, window, true) } else { own };
                window.set(word.a(), value);
                next!(1)
            }
            Op::LoadLocals => {
                let value = run.load_locals(realm, code, window);
                window.set(word.a(), value);
                next!(1)
            }
            Op::LoadOuter => {
                window.set(word.a(), window.outer());
                next!(1)
            }
            Op::LoadGlobals => {
                window.set(word.a(), globals);
                next!(1)
            }
            Op::AutoCall => {
                let value = window.get(word.b());
                if !value.is_function() {
                    window.set(word.a(), value);
                    next!(1)
                }
                retreat!(word);
                sync!();
                let ret = Ret { reg: word.a(), skip: 1, boundary: false };
                let called = check!(run.call_seen(realm, value, &[], None, (ret, cell!())));
                called!(called, word.a(), 1)
            }
            Op::Call => {
                let callee = window.get(word.b());
                let argc = usize::from(word.aux());
                if let Some(function) = callee.as_function()
                    && function.code() < INTRINSIC
                {
                    let target = run.code(function.code());
                    cell!().see_call(Target::Code(function.code()));
                    let heat = target.counters.heat.get() - i64::from(target.weights.call);
                    let plain = target.call_flags.get() & !CallFlags::UNRESOLVED == 0
                        && target.env_shape.is_none()
                        && argc <= target.unit.params.len()
                        && heat >= 0
                        && realm.head.depth < realm.head.max_depth;
                    if plain {
                        sync!();
                        realm.head.budget -= i64::from(target.weights.call);
                        if realm.head.budget <= 0 {
                            check_at(run, pc, realm)?;
                        }
                        // SAFETY: invariants 1 and 2: the arguments are registers of this window.
                        let args = unsafe { window.registers().add(usize::from(word.c())) };
                        let outer = if function.outer().is_null() { globals } else { function.outer() };
                        if let Some(fresh) = frame::push_window(realm, &target, outer, args, argc) {
                            target.counters.heat.set(heat);
                            if target.call_flags.get() != 0 {
                                resolve(realm, target);
                            }
                            let calls = &target.counters.calls;
                            calls.set(calls.get() + 1);
                            realm.head.depth += 1;
                            run.frames.push(Frame {
                                code: target,
                                window: fresh,
                                pc: 0,
                                ret: word.a(),
                                skip: 1,
                                boundary: false,
                            });
                            loaded = Loaded { code: target, window: fresh, pc: 0 };
                            reload!();
                            count!(0);
                            continue;
                        }
                        return Err(fail(run, pc, FatalError::CallStackOverflow.into()));
                    }
                }
                sync!();
                let ret = Ret { reg: word.a(), skip: 1, boundary: false };
                let args = window.range(word.c(), argc);
                let called = check!(run.call_seen(realm, callee, args, None, (ret, cell!())));
                called!(called, word.a(), 1)
            }
            Op::CallWide => {
                sync!();
                let ret = Ret { reg: word.a(), skip: 2, boundary: false };
                let args = window.range(word.c(), second!().bc() as usize);
                let called = check!(run.call_seen(realm, window.get(word.b()), args, None, (ret, cell!())));
                called!(called, word.a(), 2)
            }
            Op::GetMember => {
                let object = window.get(word.b());
                let cached = object.as_map().and_then(|map| own_slot(map, cell!()));
                if let Some(value) = cached
                    && !value.is_function()
                {
                    window.set(word.a(), value);
                    next!(2)
                }
                retreat!(word);
                sync!();
                let member = check!(run.get_member(realm, object, name_entry!(word.c()), cell!()));
                if !member.value.is_function() {
                    cell!(1).see_no_call();
                    window.set(word.a(), member.value);
                    next!(2)
                }
                let this = window.get(second!().a());
                let receiver = Receiver { this, parent: member.parent(run, realm) };
                let ret = Ret { reg: word.a(), skip: 2, boundary: false };
                let called = check!(run.call_seen(realm, member.value, &[], Some(receiver), (ret, cell!(1))));
                called!(called, word.a(), 2)
            }
            Op::CallMethod => {
                sync!();
                let x = second!();
                let object = window.get(word.b());
                let member = check!(run.get_member(realm, object, name_entry!(word.c()), cell!()));
                let receiver = Receiver { this: window.get(x.a()), parent: member.parent(run, realm) };
                let ret = Ret { reg: word.a(), skip: 2, boundary: false };
                let args = window.range(x.b(), usize::from(x.c()));
                let called = check!(run.call_seen(realm, member.value, args, Some(receiver), (ret, cell!(1))));
                called!(called, word.a(), 2)
            }
            Op::CallIndex => {
                sync!();
                let x = second!();
                let (object, key) = (window.get(word.b()), window.get(word.c()));
                let found = check!(ops::method_by_key(realm, object, key));
                // Only a map is a receiver: `list[i](…)` is a plain call.
                let receiver = Receiver { this: window.get(x.a()), parent: found.origin_isa };
                let receiver = object.is_map().then_some(receiver);
                let ret = Ret { reg: word.a(), skip: 2, boundary: false };
                let args = window.range(x.b(), usize::from(x.c()));
                let called = check!(run.call_seen(realm, found.value, args, receiver, (ret, cell!(1))));
                called!(called, word.a(), 2)
            }
            Op::GetIndex => {
                let (object, key) = (window.get(word.b()), window.get(word.c()));
                let element = object.as_list().filter(|_| key.is_number()).and_then(|list| {
                    let index = key.to_f64_lossy();
                    if index >= 0.0 { list.get(index as usize) } else { None }
                });
                let value = match element {
                    Some(value) => {
                        if !cell!().is_sampled() {
                            sample_index(cell!(), object, key, value);
                        }
                        value
                    }
                    None => {
                        retreat!(word);
                        sync!();
                        check!(run.get_index(realm, object, key, cell!()))
                    }
                };
                window.set(word.a(), value);
                next!(1)
            }
            Op::SetIndex => {
                let (object, key, value) = (window.get(word.a()), window.get(word.b()), window.get(word.c()));
                if word.aux() & aux::AUTO != 0 && (value.is_function() || !key.is_number() || !object.is_list()) {
                    retreat!(word);
                }
                sync!();
                if cell!().is_sampled() && object.is_list() {
                    check!(ops::index_set(realm, object, key, value));
                } else {
                    check!(run.set_index(realm, (object, key, value), cell!()));
                }
                next!(1)
            }
            Op::SetMember => {
                let (object, value) = (window.get(word.a()), window.get(word.c()));
                if word.aux() & aux::AUTO != 0 && (value.is_function() || !object.is_map()) {
                    retreat!(word);
                }
                if let Some(map) = object.as_map()
                    && !map.is_guarded()
                    && let Some(slot) = cell!().own_slot(map.shape().0)
                {
                    map.set_slot(slot, value);
                    next!(1)
                }
                sync!();
                check!(run.set_member(realm, object, name_entry!(word.b()), value, cell!()));
                next!(1)
            }
            Op::RefMember => {
                sync!();
                let value = check!(ops::ref_member(realm, window.get(word.b()), name_entry!(word.c()).name));
                window.set(word.a(), value);
                next!(1)
            }
            Op::RefIndex => {
                sync!();
                let value = check!(ops::ref_index(realm, window.get(word.b()), window.get(word.c())));
                window.set(word.a(), value);
                next!(1)
            }
            Op::Slice => {
                sync!();
                let (from, to) = (window.get(word.c()), window.get(second!().a()));
                let value = check!(ops::slice(realm, window.get(word.b()), from, to));
                window.set(word.a(), value);
                next!(2)
            }
            Op::MakeList => {
                sync!();
                let list = realm.new_list(window.range(word.b(), usize::from(word.c())));
                window.set(word.a(), list.value());
                next!(1)
            }
            Op::AppendList => {
                sync!();
                if let Some(list) = window.get(word.a()).as_list() {
                    check!(list.extend(realm, window.range(word.b(), usize::from(word.c()))));
                }
                next!(1)
            }
            Op::MakeMap => {
                sync!();
                let map = check!(make_map(realm, window.range(word.b(), usize::from(word.c()))));
                window.set(word.a(), map);
                next!(1)
            }
            Op::MakeFunction => {
                let child = code.children.borrow()[word.bc() as usize];
                let env = window.env();
                let captured = if code.env_shape.is_some() { env } else { globals };
                let function = realm.new_function(child.0, child.0, captured);
                window.set(word.a(), function.value());
                next!(1)
            }
            Op::IterInit => {
                let source = window.get(word.c());
                if source.is_function() {
                    retreat!(word);
                }
                window.set(word.a(), source);
                window.set(word.b(), ops::ITER_START);
                next!(1)
            }
            Op::IterNext => {
                let (object, at) = (window.get(word.a()), window.get(word.b()));
                let element = object.as_list().and_then(|list| list.get(at.to_f64_lossy() as usize));
                if let Some(element) = element {
                    window.set(word.c(), element);
                    window.set(word.b(), Value::number(at.to_f64_lossy() + 1.0));
                    goto!(pc + 2)
                }
                sync!();
                match check!(ops::iter_next(realm, object, at)) {
                    Some((element, next)) => {
                        window.set(word.c(), element);
                        window.set(word.b(), next);
                        goto!(pc + 2)
                    }
                    None => goto!(second!().bc()),
                }
            }
            Op::CheckUncaught => {
                let value = window.get(word.a());
                if !value.is_number() {
                    if value.is_function() {
                        retreat!(word);
                    }
                    sync!();
                    check!(ops::check_uncaught(value));
                }
                next!(1)
            }
            Op::Unsupported => {
                let message = constant!(word.bc()).as_string().map_or_else(String::new, |it| it.as_str().to_owned());
                return Err(fail(run, pc, FatalError::Unsupported(message).into()));
            }
            Op::Return => {
                let value = window.get(word.a());
                if value.is_function() {
                    retreat!(word);
                }
                match leave(run, realm, value) {
                    Some(result) => return Ok(result),
                    None => {
                        loaded = load(run);
                        reload!();
                    }
                }
            }
            Op::End => match leave(run, realm, Value::ABSENT) {
                Some(result) => return Ok(result),
                None => {
                    loaded = load(run);
                    reload!();
                }
            },
            Op::Record => {
                sync!();
                run.record(realm, code, word.bc(), window.get(word.a()));
                next!(1)
            }
            // SAFETY: invariant 1: second words are never jumped to.
            Op::Ext => unsafe { std::hint::unreachable_unchecked() },
        }
    }
}
