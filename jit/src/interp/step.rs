//! The dispatch loop: one `match` over bytecode operations, with the frequent cases in place.
//!
//! `drive` has it run the innermost activation until its boundary frame returns; slow paths stand in the neighbouring files.
//! Calls and returns between interpreted functions stay inside the loop and cost no native stack. Where code has a baseline form,
//! that goes on; it has single instructions carried out here, so each operation has one meaning.
//!
//! Invariants
//! 1. The bytecode of every code object passed `bytecode::verify`: registers are inside the window, constants and names are the
//!    unit's, number-constant operands are numbers, operation numbers are those of [`Op`].
//! 2. `ip`, `window`, `consts` and `code` belong to the innermost frame; they are loaded together, after everything that may push
//!    or pop a frame.
//! 3. A result of arithmetic on two numbers is a number in the sense of `Value`: the hardware makes no foreign NaN.
#![expect(unsafe_code, reason = "unchecked indexing behind the bytecode verifier")]

use super::around::{
    Looped, Miss, binary_slowly, fail, hot_loop, innermost, leave, make_function, make_map, numbers_equal, refill_at,
    refill_head, set_ip, store_env, test_slowly, untested_function,
};
use super::calls::{Receiver, Ret, set_receiver};
use super::drive::{ALL, ANY, Stepped};
use super::frame::{self, Frame, Ip};
use super::members::{Member, own_slot};
use super::values::{called_by_key, equal_quickly, known_entry, never_quickly, next_element, sample, sample_index};
use super::{Called, Run, names};
use crate::bytecode::{Op, Word, aux};
use crate::engine::unit::NameEntry;
use crate::feedback::{Place, Target};
use minilive_runtime::fault::{Eval, FatalError};
use minilive_runtime::function::INTRINSIC;
use minilive_runtime::ops::{self, Decision};
use minilive_runtime::realm::Realm;
use minilive_runtime::value::Value;

/// Carries instructions out: from the innermost activation's position to the end of its boundary frame ([`ALL`]), or the one at a
/// position of it, whose operation is `OP` if that is not [`ANY`].
#[inline(always)]
pub(super) fn steps<const OP: u8>(run: &mut Run<'_>, realm: &mut Realm, at: Option<Ip>) -> Eval<Stepped> {
    let globals = run.lent.globals;
    let (mut code, mut window, mut ip, mut consts);
    macro_rules! reload {
        () => {{
            let frame = innermost(run);
            (code, window, ip) = (frame.code, frame.window, frame.ip);
            consts = code.consts.as_ptr();
        }};
    }
    reload!();
    ip = at.unwrap_or(ip);
    /// Goes on in the innermost activation, at its frame's position.
    macro_rules! go_on {
        () => {{
            if OP != ALL {
                return Ok(Stepped::Moved);
            }
            reload!();
            enter_baseline!();
            continue;
        }};
    }
    /// Lets baseline code go on here, if there is some.
    macro_rules! enter_baseline {
        () => {
            if let Some(address) = code.baseline_at(ip) {
                match run.run_baseline(realm, address)? {
                    Some(value) => return Ok(Stepped::Ended(value)),
                    None => reload!(),
                }
            }
        };
    }
    /// Ends the innermost activation.
    macro_rules! leave_with {
        ($value:expr) => {
            match leave(run, realm, $value) {
                Some(result) => return Ok(Stepped::Ended(result)),
                None => go_on!(),
            }
        };
    }
    /// Goes on at another position of the same activation.
    macro_rules! jump {
        ($target:expr) => {{
            ip = $target;
            if OP != ALL {
                set_ip(run, ip);
                return Ok(Stepped::Moved);
            }
            continue;
        }};
    }
    if OP == ALL {
        enter_baseline!();
    }

    /// The current instruction's position becomes visible to stack traces and fault reports.
    macro_rules! sync {
        () => {
            set_ip(run, ip)
        };
    }
    macro_rules! check {
        ($result:expr) => {
            match $result {
                Ok(value) => value,
                Err(fault) => return Err(fail(run, realm, ip, fault)),
            }
        };
    }
    /// The result of a slow path; plain code may go on instead.
    macro_rules! slowly {
        ($result:expr) => {
            match $result {
                Ok(value) => value,
                Err(Miss::Plain(plain)) => jump!(plain),
                Err(Miss::Fault(fault)) => return Err(fault),
            }
        };
    }
    /// Goes to the start of a block.
    macro_rules! goto {
        ($target:expr) => {{
            let target = $target;
            target.count();
            jump!(target)
        }};
    }
    macro_rules! next {
        ($n:literal) => {{
            if OP != ALL {
                return Ok(Stepped::Next);
            }
            ip = ip.step($n);
            continue;
        }};
    }
    /// A fused instruction left its fast path: if a function is among what it took untested, plain code goes on.
    macro_rules! retreat {
        ($word:expr $(, $operand:expr)*) => {
            if $word.aux() & aux::AUTO != 0
                && ($word.aux() & aux::CROSSED != 0 $(|| $operand.is_function())*)
                && let Some(plain) = untested_function(run, ip)
            {
                jump!(plain)
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
                Called::Frame => go_on!(),
            }
        };
    }
    macro_rules! constant {
        ($index:expr) => {
            // SAFETY: invariants 1 and 2.
            unsafe { *consts.add($index as usize) }
        };
    }
    // By reference: a copy of the whole entry would go through the native stack.
    macro_rules! name_entry {
        ($index:expr) => {
            // SAFETY: invariant 1.
            unsafe { code.names.get_unchecked($index as usize) }
        };
    }
    /// Arithmetic: a result that is a number proves that both operands were.
    macro_rules! arithmetic {
        ($word:expr, $b:expr, $compute:expr) => {{
            let (a, b) = (window.get($word.b()), $b);
            let result: f64 = $compute(a.to_f64_lossy(), b.to_f64_lossy());
            if !result.is_nan() && ip.cell().is_sampled() {
                // SAFETY: invariant 3.
                window.set($word.a(), unsafe { Value::number_unchecked(result) });
                next!(1)
            }
            let result = slowly!(binary_slowly(run, realm, ip, a, b));
            window.set($word.a(), result);
            next!(1)
        }};
    }
    /// A second half of `and` or `or`.
    macro_rules! degrees {
        ($word:expr, $combine:expr) => {{
            let (a, b) = (window.get($word.b()), window.get($word.c()));
            if a.is_number() && b.is_number() && ip.cell().is_sampled() {
                let degree = $combine(a.to_f64_lossy(), b.to_f64_lossy());
                window.set($word.a(), Value::number(ops::clamp(degree)));
                next!(1)
            }
            let result = slowly!(binary_slowly(run, realm, ip, a, b));
            window.set($word.a(), result);
            next!(1)
        }};
    }
    /// A comparison whose result is a value.
    macro_rules! compare {
        ($word:expr, $fast:expr) => {{
            let (a, b) = (window.get($word.b()), window.get($word.c()));
            let (x, y) = (a.to_f64_lossy(), b.to_f64_lossy());
            if !(x.is_nan() || y.is_nan()) && ip.cell().is_sampled() {
                window.set($word.a(), Value::boolean($fast(x, y)));
                next!(1)
            }
            let result = slowly!(binary_slowly(run, realm, ip, a, b));
            window.set($word.a(), result);
            next!(1)
        }};
    }
    /// A comparison that jumps if it gives `wanted`.
    macro_rules! compare_jump {
        ($word:expr, $wanted:literal, $b:expr, $fast:expr, $quick:expr) => {{
            let (a, b) = (window.get($word.a()), $b);
            let (x, y) = (a.to_f64_lossy(), b.to_f64_lossy());
            // What is no number is not-a-number here, and such numbers take the long way with it.
            let ordered = !(x.is_nan() || y.is_nan());
            let holds = if ordered && ip.cell().is_sampled() {
                $fast(x, y)
            } else if let Some(equal) = $quick(ip.cell(), a, b) {
                equal
            } else {
                slowly!(test_slowly(run, realm, ip, a, b))
            };
            let distance = if holds == $wanted { i32::from($word.distance()) } else { 1 };
            goto!(ip.jump(distance))
        }};
    }
    macro_rules! get_index {
        ($word:expr, $key:expr) => {{
            let (object, key) = (window.get($word.b()), $key);
            let list = object.as_list().filter(|_| realm.is_element_key(key));
            let value = match list.and_then(|list| list.stored_at(key.to_f64_lossy())) {
                Some(value) => {
                    if !ip.cell().is_sampled() {
                        sample_index(ip.cell(), object, key, value);
                    }
                    value
                }
                None => {
                    // An entry of a map, too, is read without any effect.
                    if let Some(value) = known_entry(realm, object, key, ip.cell()) {
                        window.set($word.a(), value);
                        next!(1)
                    }
                    retreat!($word, object, key);
                    sync!();
                    check!(run.get_index(realm, object, key, ip.cell()))
                }
            };
            window.set($word.a(), value);
            next!(1)
        }};
    }
    macro_rules! set_index {
        ($word:expr, $value:expr) => {{
            let (object, key, value) = (window.get($word.a()), window.get($word.b()), $value);
            if let Some(list) = object.as_list()
                && ip.cell().is_sampled()
                && !(value.is_function() && $word.aux() & aux::AUTO != 0)
                && list.try_set(realm, key.to_f64_lossy(), value)
            {
                next!(1)
            }
            retreat!($word, object, key, value);
            sync!();
            check!(run.set_index(realm, (object, key, value), ip.cell()));
            next!(1)
        }};
    }
    /// The next element of a `for` loop, whose two words are here.
    macro_rules! iter_next {
        ($word:expr) => {{
            let (object, at) = (window.get($word.a()), window.get($word.b()));
            let element = object.as_list().and_then(|list| list.at(at.to_f64_lossy()));
            if let Some(element) = element {
                window.set($word.c(), element);
                window.set($word.b(), Value::number(at.to_f64_lossy() + 1.0));
                goto!(ip.step(2))
            }
            sync!();
            match check!(next_element(realm, object, at, ip.cell())) {
                Some((element, next)) => {
                    window.set($word.c(), element);
                    window.set($word.b(), next);
                    goto!(ip.step(2))
                }
                None => {
                    let second = ip.step(1);
                    goto!(second.jump(second.word().far()))
                }
            }
        }};
    }
    macro_rules! free_name {
        ($word:expr) => {{
            let entry: &NameEntry = name_entry!($word.bc());
            let value = if window.scope() == globals { realm.cell(entry.cell) } else { Value::ABSENT };
            if !value.is_absent() {
                if !ip.cell().is_global_sampled() {
                    names::sample_global(ip.cell(), Place::Global, value);
                }
                value
            } else if window.scope() == globals && !entry.intrinsic.is_absent() {
                if !ip.cell().is_global_sampled() {
                    names::sample_global(ip.cell(), Place::Intrinsic, entry.intrinsic);
                }
                entry.intrinsic
            } else if let Some(value) = names::cached_outer(window, ip.cell()) {
                value
            } else {
                retreat!($word);
                sync!();
                check!(run.load_free(realm, window, *entry, ip.cell()))
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
            retreat!($word, value);
            sync!();
            let ret = Ret { reg: $word.a(), skip: 2, boundary: false };
            let called = check!(run.call_seen(realm, value, &[], None, (ret, ip.step(1).cell())));
            called!(called, $word.a(), 2)
        }};
    }

    /// Goes on in a user function, if nothing but a window and a frame has to be made for it; the target was noted.
    macro_rules! plain_call {
        ($function:expr, ($first:expr, $argc:expr), $receiver:expr, ($dst:expr, $skip:literal)) => {
            let target = run.code($function.code());
            let weight = i64::from(target.weights.call);
            let heat = target.counters.heat.get() - weight;
            let plain = target.call_flags.get() == 0
                && $argc < usize::from(target.n_params) + 1
                && heat >= 0
                && realm.head.depth < realm.head.max_depth;
            if plain {
                realm.head.budget -= weight;
                if realm.head.budget <= 0 && target.weights.checks_call {
                    refill_at(run, ip, realm)?;
                }
                // SAFETY: invariants 1 and 2: the arguments are registers of this window.
                let args = unsafe { window.registers().add(usize::from($first)) };
                let outer = $function.outer();
                let outer = if outer.is_null() { globals } else { outer };
                let Some(fresh) = frame::push_window(realm, &target, outer, args, $argc) else {
                    return Err(fail(run, realm, ip, FatalError::CallStackOverflow.into()));
                };
                if let Some((this, member)) = $receiver {
                    set_receiver(fresh, target, this, || member.parent(realm));
                }
                target.counters.heat.set(heat);
                realm.head.depth += 1;
                let start = Ip::start(&target);
                let (ret, skip) = ($dst, $skip);
                run.frames.push(Frame { code: target, window: fresh, ip: start, ret, skip, boundary: false, back: 0 });
                start.count();
                if OP != ALL {
                    return Ok(Stepped::Moved);
                }
                (code, window, ip, consts) = (target, fresh, start, target.consts.as_ptr());
                enter_baseline!();
                continue;
            }
        };
    }

    loop {
        let word: &Word = ip.word();
        let number = if OP < ANY { OP } else { word.op_number() };
        // SAFETY: invariant 1: the verifier knew the operation; who names one says what stands there.
        let op = unsafe { std::mem::transmute::<u8, Op>(number) };
        match op {
            Op::Const => {
                window.set(word.a(), constant!(word.bc()));
                next!(1)
            }
            Op::Move => {
                window.set(word.a(), window.get(word.b()));
                next!(1)
            }
            Op::Add => arithmetic!(word, window.get(word.c()), |x, y| x + y),
            Op::Sub => arithmetic!(word, window.get(word.c()), |x, y| x - y),
            Op::Mul => arithmetic!(word, window.get(word.c()), |x, y| x * y),
            Op::Div => arithmetic!(word, window.get(word.c()), |x, y| x / y),
            Op::Mod => arithmetic!(word, window.get(word.c()), ops::remainder),
            Op::AddK => arithmetic!(word, constant!(word.c()), |x, y| x + y),
            Op::SubK => arithmetic!(word, constant!(word.c()), |x, y| x - y),
            Op::MulK => arithmetic!(word, constant!(word.c()), |x, y| x * y),
            Op::DivK => arithmetic!(word, constant!(word.c()), |x, y| x / y),
            Op::ModK => arithmetic!(word, constant!(word.c()), ops::remainder),
            Op::Lt => compare!(word, |x, y| x < y),
            Op::Le => compare!(word, |x, y| x <= y),
            Op::Eq => compare!(word, numbers_equal),
            Op::Ne => compare!(word, |x, y| !numbers_equal(x, y)),
            Op::JumpLt => compare_jump!(word, true, window.get(word.b()), |x, y| x < y, never_quickly),
            Op::JumpNotLt => compare_jump!(word, false, window.get(word.b()), |x, y| x < y, never_quickly),
            Op::JumpLe => compare_jump!(word, true, window.get(word.b()), |x, y| x <= y, never_quickly),
            Op::JumpNotLe => compare_jump!(word, false, window.get(word.b()), |x, y| x <= y, never_quickly),
            Op::JumpEq => compare_jump!(word, true, window.get(word.b()), numbers_equal, equal_quickly),
            Op::JumpNe => compare_jump!(word, false, window.get(word.b()), numbers_equal, equal_quickly),
            Op::JumpLtK => compare_jump!(word, true, constant!(word.b()), |x, y| x < y, never_quickly),
            Op::JumpNotLtK => compare_jump!(word, false, constant!(word.b()), |x, y| x < y, never_quickly),
            Op::JumpLeK => compare_jump!(word, true, constant!(word.b()), |x, y| x <= y, never_quickly),
            Op::JumpNotLeK => compare_jump!(word, false, constant!(word.b()), |x, y| x <= y, never_quickly),
            Op::JumpGtK => compare_jump!(word, true, constant!(word.b()), |x, y| x > y, never_quickly),
            Op::JumpNotGtK => compare_jump!(word, false, constant!(word.b()), |x, y| x > y, never_quickly),
            Op::JumpGeK => compare_jump!(word, true, constant!(word.b()), |x, y| x >= y, never_quickly),
            Op::JumpNotGeK => compare_jump!(word, false, constant!(word.b()), |x, y| x >= y, never_quickly),
            Op::JumpEqK => compare_jump!(word, true, constant!(word.b()), numbers_equal, equal_quickly),
            Op::JumpNeK => compare_jump!(word, false, constant!(word.b()), numbers_equal, equal_quickly),
            Op::And => degrees!(word, |x: f64, y: f64| x * y),
            Op::Or => degrees!(word, |x: f64, y: f64| x + y - x * y),
            Op::Binary => {
                let (a, b) = (window.get(word.b()), window.get(word.c()));
                let result = slowly!(binary_slowly(run, realm, ip, a, b));
                window.set(word.a(), result);
                next!(1)
            }
            Op::Neg => {
                let value = window.get(word.b());
                if !value.is_number() {
                    retreat!(word, value);
                }
                if !value.is_number() || !ip.cell().is_sampled() {
                    sample(ip.cell(), value, Value::NULL, value);
                }
                window.set(word.a(), ops::neg(value));
                next!(1)
            }
            Op::Not => {
                let value = window.get(word.b());
                let result = if value.is_number() && ip.cell().is_sampled() {
                    Value::number(1.0 - ops::clamp(value.to_f64_lossy()))
                } else {
                    retreat!(word, value);
                    sample(ip.cell(), value, Value::NULL, Value::ONE);
                    ops::not(realm, value)
                };
                window.set(word.a(), result);
                next!(1)
            }
            Op::New => {
                retreat!(word, window.get(word.b()));
                sync!();
                let object = check!(ops::new_object(realm, window.get(word.b())));
                window.set(word.a(), object);
                next!(1)
            }
            Op::Jump => goto!(ip.jump(word.far())),
            Op::Loop | Op::LoopNext => {
                let head = ip.jump(word.far());
                let weight = i64::from(word.a());
                realm.head.budget -= weight;
                if realm.head.budget <= 0 {
                    refill_head(run, head, realm)?;
                }
                let heat = code.counters.heat.get() - weight;
                code.counters.heat.set(heat);
                if heat < 0 {
                    match hot_loop(run, realm, head)? {
                        // It may have got baseline code now.
                        Looped::No => {
                            head.count();
                            set_ip(run, head);
                            go_on!()
                        }
                        Looped::Ended(value) => leave_with!(value),
                        Looped::Moved => go_on!(),
                    }
                }
                head.count();
                if OP != ALL {
                    jump!(head)
                }
                ip = head;
                if matches!(op, Op::LoopNext) {
                    iter_next!(ip.word())
                }
                continue;
            }
            Op::JumpIf | Op::JumpIfNot => {
                let value = window.get(word.a());
                let truth = if value.is_number() {
                    value.to_f64_lossy() != 0.0
                } else {
                    retreat!(word, value);
                    sync!();
                    check!(ops::truth(realm, value))
                };
                goto!(ip.jump(if truth == matches!(op, Op::JumpIf) { word.far() } else { 1 }))
            }
            Op::JumpPartly | Op::JumpWholly => {
                let value = window.get(word.a());
                let wholly = if value.is_number() && ip.cell().is_sampled() {
                    value.to_f64_lossy().abs() >= 1.0
                } else {
                    retreat!(word, value);
                    sample(ip.cell(), value, Value::NULL, Value::ONE);
                    let not = ops::not(realm, value);
                    sync!();
                    !check!(ops::truth(realm, not))
                };
                goto!(ip.jump(if wholly == matches!(op, Op::JumpWholly) { word.far() } else { 1 }))
            }
            Op::AndTest | Op::OrTest => {
                let value = window.get(word.b());
                let decision =
                    if matches!(op, Op::AndTest) { ops::and_test(realm, value) } else { ops::or_test(realm, value) };
                match decision {
                    Decision::Decided(value) => {
                        window.set(word.a(), value);
                        goto!(ip.jump(i32::from(word.distance())))
                    }
                    Decision::EvaluateRight => goto!(ip.step(1)),
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
                    let read = (*name_entry!(word.c()), word.aux() & aux::DEFERRED != 0);
                    value = check!(run.load_unassigned(realm, window, read, ip.cell()));
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
                    value = check!(run.load_env(realm, (code, window), read, ip.cell()));
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
                    check!(run.store_global(realm, *entry, value));
                }
                next!(1)
            }
            Op::LoadSelf | Op::LoadSuper => {
                let parent = matches!(op, Op::LoadSuper);
                let reg = if parent { code.unit.super_reg } else { code.unit.self_reg };
                let own = reg.map_or(Value::ABSENT, |reg| window.get(reg.0 as u16));
                let value = if own.is_absent() { run.load_receiver(realm, window, parent) } else { own };
                window.set(word.a(), value);
                next!(1)
            }
            Op::LoadLocals => {
                window.set(word.a(), run.load_locals(realm, code, window));
                next!(1)
            }
            Op::LoadOuter | Op::LoadGlobals => {
                window.set(word.a(), if matches!(op, Op::LoadOuter) { window.outer() } else { globals });
                next!(1)
            }
            Op::AutoCall => {
                let value = window.get(word.b());
                if !value.is_function() {
                    window.set(word.a(), value);
                    next!(1)
                }
                retreat!(word, value);
                sync!();
                let ret = Ret { reg: word.a(), skip: 1, boundary: false };
                called!(check!(run.call_seen(realm, value, &[], None, (ret, ip.cell()))), word.a(), 1)
            }
            Op::Call => {
                let callee = window.get(word.b());
                let argc = usize::from(word.aux());
                sync!();
                if let Some(function) = callee.as_function()
                    && function.code() < INTRINSIC
                {
                    ip.cell().see_call(Target::Code(function.code()));
                    plain_call!(function, (word.c(), argc), None::<(Value, Member)>, (word.a(), 1));
                }
                let ret = Ret { reg: word.a(), skip: 1, boundary: false };
                let args = window.range(word.c(), argc);
                let called = check!(run.call_seen(realm, callee, args, None, (ret, ip.cell())));
                called!(called, word.a(), 1)
            }
            Op::CallWide => {
                sync!();
                let ret = Ret { reg: word.a(), skip: 2, boundary: false };
                let args = window.range(word.c(), ip.step(1).word().bc() as usize);
                called!(check!(run.call_seen(realm, window.get(word.b()), args, None, (ret, ip.cell()))), word.a(), 2)
            }
            Op::GetMember => {
                let object = window.get(word.b());
                let cached = object.as_map().and_then(|map| own_slot(map, ip.cell()));
                if let Some(value) = cached
                    && !value.is_function()
                {
                    window.set(word.a(), value);
                    next!(2)
                }
                retreat!(word, object);
                sync!();
                let member = check!(run.get_member(realm, object, *name_entry!(word.c()), ip.cell()));
                if !member.value.is_function() {
                    ip.step(1).cell().see_no_call();
                    window.set(word.a(), member.value);
                    next!(2)
                }
                let this = window.get(ip.step(1).word().a());
                if let Some(function) = member.value.as_function()
                    && function.code() < INTRINSIC
                {
                    ip.step(1).cell().see_call(Target::Code(function.code()));
                    plain_call!(function, (0u16, 0usize), Some((this, member)), (word.a(), 2));
                }
                let receiver = run.receiver(realm, this, member);
                let ret = Ret { reg: word.a(), skip: 2, boundary: false };
                let called = check!(run.call_seen(realm, member.value, &[], Some(receiver), (ret, ip.step(1).cell())));
                called!(called, word.a(), 2)
            }
            Op::CallMethod => {
                sync!();
                let x = ip.step(1).word();
                let object = window.get(word.b());
                let member = check!(run.get_member(realm, object, *name_entry!(word.c()), ip.cell()));
                let (this, argc) = (window.get(x.a()), usize::from(x.c()));
                if let Some(function) = member.value.as_function()
                    && function.code() < INTRINSIC
                {
                    ip.step(1).cell().see_call(Target::Code(function.code()));
                    plain_call!(function, (x.b(), argc), Some((this, member)), (word.a(), 2));
                }
                let receiver = run.receiver(realm, this, member);
                let ret = Ret { reg: word.a(), skip: 2, boundary: false };
                let args = window.range(x.b(), argc);
                let called = check!(run.call_seen(realm, member.value, args, Some(receiver), (ret, ip.step(1).cell())));
                called!(called, word.a(), 2)
            }
            Op::CallIndex => {
                sync!();
                let x = ip.step(1).word();
                let (object, key) = (window.get(word.b()), window.get(word.c()));
                let found = check!(called_by_key(realm, object, key, ip.cell()));
                // Only a map is a receiver: `list[i](…)` is a plain call.
                let receiver = Receiver { this: window.get(x.a()), parent: found.origin_isa };
                let receiver = object.is_map().then_some(receiver);
                let ret = Ret { reg: word.a(), skip: 2, boundary: false };
                let args = window.range(x.b(), usize::from(x.c()));
                let called = check!(run.call_seen(realm, found.value, args, receiver, (ret, ip.step(1).cell())));
                called!(called, word.a(), 2)
            }
            Op::GetIndex => get_index!(word, window.get(word.c())),
            Op::GetIndexK => get_index!(word, constant!(word.c())),
            Op::SetIndex => set_index!(word, window.get(word.c())),
            Op::SetIndexK => set_index!(word, constant!(word.c())),
            Op::SetMember => {
                let (object, value) = (window.get(word.a()), window.get(word.c()));
                if word.aux() & aux::AUTO != 0 && (value.is_function() || !object.is_map()) {
                    retreat!(word, object, value);
                }
                if let Some(map) = object.as_map()
                    && !map.is_guarded()
                    && let Some(slot) = ip.cell().own_slot(map.shape().0)
                {
                    map.set_slot(realm, slot, value);
                    next!(1)
                }
                sync!();
                check!(run.set_member(realm, object, *name_entry!(word.b()), value, ip.cell()));
                next!(1)
            }
            Op::GetKey | Op::RefMember => {
                let object = window.get(word.b());
                if let Some(value) = object.as_map().and_then(|map| own_slot(map, ip.cell())) {
                    window.set(word.a(), value);
                    next!(1)
                }
                retreat!(word, object);
                sync!();
                let read = if matches!(op, Op::GetKey) { Run::get_key } else { Run::ref_member };
                window.set(word.a(), check!(read(run, realm, object, *name_entry!(word.c()), ip.cell())));
                next!(1)
            }
            Op::RefIndex => {
                sync!();
                window.set(word.a(), check!(ops::ref_index(realm, window.get(word.b()), window.get(word.c()))));
                next!(1)
            }
            Op::Slice => {
                sync!();
                let [of, from, to] = [word.b(), word.c(), ip.step(1).word().a()].map(|reg| window.get(reg));
                window.set(word.a(), check!(super::values::slice(realm, ip.cell(), of, from, to)));
                next!(2)
            }
            Op::MakeList => {
                sync!();
                window.set(word.a(), realm.new_list(window.range(word.b(), usize::from(word.c()))).value());
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
                let pairs = window.range(word.b(), usize::from(word.c()));
                window.set(word.a(), check!(make_map(realm, pairs, ip.cell())));
                next!(1)
            }
            Op::MakeFunction => {
                window.set(word.a(), make_function(realm, code, window, word.bc()));
                next!(1)
            }
            Op::IterInit => {
                let source = window.get(word.c());
                if source.is_function() {
                    retreat!(word, source);
                }
                window.set(word.a(), source);
                window.set(word.b(), ops::ITER_START);
                next!(1)
            }
            Op::IterNext => iter_next!(word),
            Op::CheckUncaught => {
                let value = window.get(word.a());
                if !value.is_number() {
                    if value.is_function() {
                        retreat!(word, value);
                    }
                    sync!();
                    check!(ops::check_uncaught(value));
                }
                next!(1)
            }
            Op::Unsupported => {
                let message = constant!(word.bc()).as_string().map_or_else(String::new, |it| it.as_str().to_owned());
                return Err(fail(run, realm, ip, FatalError::Unsupported(message).into()));
            }
            Op::Return => {
                let value = window.get(word.a());
                if value.is_function() {
                    retreat!(word, value);
                }
                leave_with!(value)
            }
            Op::ReturnConst => leave_with!(constant!(word.bc())),
            Op::End => leave_with!(Value::ABSENT),
            Op::Record => {
                let (point, value) = (&code.points[word.bc() as usize], window.get(word.a()));
                if !value.is_number() || !point.add_number(value.to_f64_lossy()) {
                    point.add(realm, value);
                }
                next!(1)
            }
            // SAFETY: invariant 1: second words are never jumped to.
            Op::Ext => unsafe { std::hint::unreachable_unchecked() },
        }
    }
}
