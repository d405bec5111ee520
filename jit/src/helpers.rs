//! Functions that compiled code calls: exits, the budget's slow path, generic operations.
//!
//! Their addresses go into a [`HelperTable`], through which alone generated code reaches them. Each does what the interpreter
//! does at the same instruction, by the same functions of the runtime.
//!
//! Invariants of the unsafe code here
//! 1. `ctx` is the realm that the interpreter passed to the compiled code which calls; nobody else holds a reference to it
//!    meanwhile, since the interpreter passed its own on.
//! 2. Words that compiled code passes as values are bits of values that are alive: they are in its registers or stack.
//! 3. `args` and `values` point at as many words as the count (or the exit's list) says, in the caller's frame.
//! 4. Helpers run only below `interp::frame::with_run`, so the current run exists.
//! 5. Addresses of name entries and cells are those of code that runs: the engine's table drops none while a run exists.
//! 6. No panic leaves a helper: `extern "C"` aborts on one, which is better than unwinding through generated code.
#![expect(unsafe_code, reason = "called from generated code with raw words")]

pub(crate) mod baseline;
mod elements;
mod leave;

use crate::engine::unit::{CallFlags, Code, CodeId, NameEntry};
use crate::exits;
use crate::feedback::{FeedbackCell, Kinds};
use crate::interp::calls::Receiver;
use crate::interp::frame::{NativePlace, current_run, native_caller};
use crate::interp::{Run, Site};
use crate::reason::ExitReason;
use crate::ssa::Helper;
use crate::ssa::build::WindowKind;
use crate::ssa::helper::Lookup;
use crate::translate::calls::GENERIC;
use crate::translate::{HELPERS, HelperId, HelperTable, LEAVE};
use minilive_mir::ir::{BinaryOp, InstId, UnaryOp};
use minilive_runtime::fault::{Eval, FatalError, Fault};
use minilive_runtime::intrinsics::{self, IntrinsicId, MAX_PARAMS};
use minilive_runtime::list::ListRef;
use minilive_runtime::ops::{self, Decision};
use minilive_runtime::realm::{NO_SITE, Realm, TypeMap};
use minilive_runtime::shape::ShapeId;
use minilive_runtime::shared::Name;
use minilive_runtime::value::{Value, ValueKind};

/// Addresses of all helpers.
pub fn table() -> HelperTable {
    let mut addresses = vec![0; HELPERS];
    let mut put = |id: HelperId, offset: usize, address: usize| addresses[id as usize + offset] = address;
    put(HelperId::Deopt, 0, leave::deopt as *const () as usize);
    put(HelperId::Budget, 0, budget as *const () as usize);
    put(HelperId::LongBudget, 0, long_budget as *const () as usize);
    put(HelperId::CallBudget, 0, call_budget as *const () as usize);
    put(HelperId::StackOverflow, 0, stack_overflow as *const () as usize);
    put(HelperId::Interpret, 0, interpret as *const () as usize);
    put(HelperId::ListGet, 0, elements::list_get as *const () as usize);
    put(HelperId::StoredLen, 0, elements::stored_len as *const () as usize);
    put(HelperId::IterNext, 0, elements::iter_next as *const () as usize);
    put(HelperId::IterEntry, 0, elements::iter_entry as *const () as usize);
    put(HelperId::ListSet, 0, elements::list_set as *const () as usize);
    put(HelperId::Fmod, 0, fmod as *const () as usize);
    put(HelperId::Pow, 0, pow as *const () as usize);
    put(HelperId::Atan2, 0, atan2 as *const () as usize);
    for (offset, function) in MATH.iter().enumerate() {
        put(HelperId::Math, offset, *function as *const () as usize);
    }
    put(HelperId::Binary, 0, binary as *const () as usize);
    put(HelperId::Unary, 0, unary as *const () as usize);
    put(HelperId::Truth, 0, truth as *const () as usize);
    put(HelperId::Generic, 0, generic as *const () as usize);
    put(HelperId::GetMember, 0, get_member as *const () as usize);
    put(HelperId::CallMethod, 0, call_method as *const () as usize);
    put(HelperId::GetIndex, 0, get_index as *const () as usize);
    put(HelperId::SetIndex, 0, set_index as *const () as usize);
    put(HelperId::MakeMap, 0, make_map as *const () as usize);
    put(HelperId::FindMember, 0, find_member as *const () as usize);
    put(HelperId::PutMember, 0, put_member as *const () as usize);
    put(HelperId::Record, 0, record as *const () as usize);
    put(HelperId::StoreMember, 0, store_member as *const () as usize);
    put(HelperId::InlinedBudget, 0, inlined_budget as *const () as usize);
    put(HelperId::TooDeep, 0, too_deep as *const () as usize);
    put(HelperId::MakeShaped, 0, make_shaped as *const () as usize);
    put(HelperId::MakeEnv, 0, make_env as *const () as usize);
    put(HelperId::MakeFunction, 0, make_function as *const () as usize);
    put(HelperId::StoreEnv, 0, store_env as *const () as usize);
    put(HelperId::LoadFree, 0, load_free as *const () as usize);
    put(HelperId::Intrinsic, 0, intrinsic as *const () as usize);
    put(HelperId::StrChar, 0, elements::str_char as *const () as usize);
    put(HelperId::StrCode, 0, elements::str_code as *const () as usize);
    put(HelperId::CharOf, 0, elements::char_of as *const () as usize);
    put(HelperId::StrOrder, 0, str_order as *const () as usize);
    put(HelperId::SameText, 0, same_text as *const () as usize);
    put(HelperId::Random, 0, random as *const () as usize);
    put(HelperId::HasText, 0, has_text as *const () as usize);
    HelperTable { addresses }
}

/// The realm behind a context.
fn realm_of<'a>(ctx: *mut u8) -> &'a mut Realm {
    // SAFETY: invariant 1.
    unsafe { &mut *ctx.cast::<Realm>() }
}

/// The realm behind a context, told where the calling code is.
fn realm_at<'a>(ctx: *mut u8, site: u64) -> &'a mut Realm {
    let realm = realm_of(ctx);
    realm.head.native_site = site;
    realm
}

/// The run that entered the calling code.
fn run<'a>() -> &'a mut Run<'a> {
    // SAFETY: invariant 4.
    unsafe { current_run() }
}

/// The value of a word.
fn value(bits: u64) -> Value {
    // SAFETY: invariant 2.
    unsafe { Value::from_bits(bits) }
}

/// Words as values.
fn values<'a>(args: *const u64, count: u64) -> &'a [Value] {
    // SAFETY: invariants 2 and 3; a value is one word.
    unsafe { std::slice::from_raw_parts(args.cast::<Value>(), count as usize) }
}

/// The code and instruction of a site word: of the innermost call, where there are several.
fn site_of(site: u64) -> (CodeId, InstId) {
    exits::shared().native().places(site)[0]
}

/// Hands a result to compiled code: a fault is located, kept in the realm, and marked.
fn give(realm: &mut Realm, site: u64, result: Eval<Value>) -> u64 {
    match result {
        Ok(value) => value.bits(),
        Err(fault) => raise(realm, site, fault),
    }
}

/// Locates a fault at a site of compiled code, unless it was located further inside.
fn raise(realm: &mut Realm, site: u64, fault: Box<Fault>) -> u64 {
    let run = run();
    if run.site.is_none() {
        let (id, inst) = site_of(site);
        run.site = Some(Site { key: run.codes.get(id).key, inst, stack: run.stack_lines(realm) });
    }
    realm.pending = Some(fault);
    Value::EXC.bits()
}

/// Locates a fault of a call that did not come about, at the compiled code that called; else the interpreter locates it.
fn raise_at_call(realm: &mut Realm, fault: Box<Fault>) -> u64 {
    let run = run();
    if run.site.is_none()
        && let Some((code, inst)) = native_caller(NativePlace::of(realm))
    {
        run.site = Some(Site { key: run.codes.get(code).key, inst, stack: run.stack_lines(realm) });
    }
    realm.pending = Some(fault);
    Value::EXC.bits()
}

/// The budget is used up at a loop head.
extern "C" fn budget(ctx: *mut u8, site: u64) -> u64 {
    match long_budget(ctx, site) {
        // An activation of a function goes on in the code that it is in.
        LEAVE => 0,
        status => status,
    }
}

/// The same in code that was entered for a loop, and may be outgrown.
extern "C" fn long_budget(ctx: *mut u8, site: u64) -> u64 {
    let realm = realm_at(ctx, site);
    match run().refill(realm, site_of(site)) {
        Ok(()) if runs_long(realm, site) => LEAVE,
        Ok(()) => 0,
        Err(fault) => {
            raise(realm, site, fault);
            1
        }
    }
}

/// The budget is used up at a call, which fails if there is no more.
extern "C" fn call_budget(ctx: *mut u8, site: u64) -> u64 {
    let realm = realm_at(ctx, NO_SITE);
    match run().refill(realm, site_of(site)) {
        Ok(()) => {
            // This activation goes on in the code that it is in.
            runs_long(realm, site);
            0
        }
        Err(fault) => {
            raise_at_call(realm, fault);
            1
        }
    }
}

/// A slice ended in the code of a site; whether it is to be left.
fn runs_long(realm: &mut Realm, site: u64) -> bool {
    let outermost = exits::shared().native().places(site).last().map(|&(code, _)| code);
    let run = run();
    let slice = run.meter.slice();
    outermost.is_some_and(|code| run.tiering.runs_long(run.codes, realm, run.codes.get(code), slice))
}

/// The budget is used up at the call of a function whose code is part of its caller's.
extern "C" fn inlined_budget(ctx: *mut u8, site: u64, callee: u64) -> u64 {
    let realm = realm_at(ctx, site);
    match run().refill(realm, (CodeId(callee as u32), InstId(0))) {
        Ok(()) => 0,
        Err(fault) => {
            raise(realm, site, fault);
            1
        }
    }
}

/// A call of a function whose code is part of its caller's would be one too many.
extern "C" fn too_deep(ctx: *mut u8, site: u64) -> u64 {
    raise(realm_at(ctx, site), site, FatalError::CallStackOverflow.into())
}

/// A function that was just entered finds the native stack used up: its call failed.
extern "C" fn stack_overflow(ctx: *mut u8, _site: u64) -> u64 {
    raise_at_call(realm_at(ctx, NO_SITE), FatalError::CallStackOverflow.into())
}

/// A call through the entry table found no compiled code.
extern "C" fn interpret(ctx: *mut u8, frame: u64, callee: u64, count: u64, args: *const u64) -> u64 {
    let realm = realm_at(ctx, NO_SITE);
    realm.head.native_frame = frame as usize;
    let run = run();
    let callee = value(callee);
    let (args, receiver) = split_receiver(run, callee, values(args, count));
    match call_value(run, realm, callee, args, receiver) {
        Ok(value) => value.bits(),
        Err(fault) => raise_at_call(realm, fault),
    }
}

/// Calls any value for compiled code, which finds the way itself the next time, if there is one.
fn call_value(
    run: &mut Run<'_>,
    realm: &mut Realm,
    callee: Value,
    args: &[Value],
    receiver: Option<Receiver>,
) -> Eval<Value> {
    if let Some(function) = callee.as_function().filter(|it| it.intrinsic().is_none()) {
        relink(run, realm, CodeId(function.code()));
    }
    run.call_value(realm, callee, args, receiver)
}

/// The arguments that compiled code passes to a function, and the receiver behind them, if the call has one.
fn split_receiver<'v>(run: &Run<'_>, callee: Value, args: &'v [Value]) -> (&'v [Value], Option<Receiver>) {
    let params = callee.as_function().map(|function| run.codes.get(CodeId(function.code())).unit.params.len());
    let (args, receiver) = args.split_at(params.unwrap_or(args.len()).min(args.len()));
    let receiver = receiver.first().filter(|this| !this.is_absent()).map(|&this| {
        // Methods that read `super` are not called through the table.
        Receiver { this, parent: receiver.get(1).copied().unwrap_or(Value::NULL) }
    });
    (args, receiver)
}

/// Lets the entry table lead to compiled code again, once the code's names are resolved in this realm.
fn relink(run: &Run<'_>, realm: &mut Realm, id: CodeId) {
    let code = run.codes.get(id);
    let entry = code.tier.entry.get();
    if entry != 0 && crate::engine::inlined::is_ready(run.codes, realm, code) && !run.meter.last_slice {
        exits::shared().set_entry(code, entry);
        code.set_call_flag(CallFlags::WAITING, false);
    }
}

// ---- operations --------------------------------------------------------------------------------------------------------

extern "C" fn fmod(x: f64, y: f64) -> f64 {
    ops::remainder(x, y)
}

extern "C" fn pow(x: f64, y: f64) -> f64 {
    ops::power(x, y)
}

extern "C" fn atan2(y: f64, x: f64) -> f64 {
    y.atan2(x)
}

/// The [`crate::ssa::Math`] functions in order.
static MATH: [extern "C" fn(f64) -> f64; 12] = {
    extern "C" fn abs(x: f64) -> f64 {
        x.abs()
    }
    extern "C" fn floor(x: f64) -> f64 {
        x.floor()
    }
    extern "C" fn ceil(x: f64) -> f64 {
        x.ceil()
    }
    extern "C" fn round(x: f64) -> f64 {
        x.round()
    }
    extern "C" fn sqrt(x: f64) -> f64 {
        x.sqrt()
    }
    extern "C" fn sin(x: f64) -> f64 {
        x.sin()
    }
    extern "C" fn cos(x: f64) -> f64 {
        x.cos()
    }
    extern "C" fn tan(x: f64) -> f64 {
        x.tan()
    }
    extern "C" fn asin(x: f64) -> f64 {
        x.asin()
    }
    extern "C" fn acos(x: f64) -> f64 {
        x.acos()
    }
    extern "C" fn atan(x: f64) -> f64 {
        x.atan()
    }
    extern "C" fn sign(x: f64) -> f64 {
        if x > 0.0 {
            1.0
        } else if x < 0.0 {
            -1.0
        } else {
            0.0
        }
    }
    [abs, floor, ceil, round, sqrt, sin, cos, tan, asin, acos, atan, sign]
};

const BINARY: [BinaryOp; 15] = [
    BinaryOp::Add,
    BinaryOp::Sub,
    BinaryOp::Mul,
    BinaryOp::Div,
    BinaryOp::Mod,
    BinaryOp::Pow,
    BinaryOp::Eq,
    BinaryOp::Ne,
    BinaryOp::Lt,
    BinaryOp::Le,
    BinaryOp::Gt,
    BinaryOp::Ge,
    BinaryOp::Isa,
    BinaryOp::And,
    BinaryOp::Or,
];

extern "C" fn binary(ctx: *mut u8, site: u64, op: u64, a: u64, b: u64) -> u64 {
    let realm = realm_at(ctx, site);
    let (a, b, op) = (value(a), value(b), BINARY[op as usize]);
    if let (BinaryOp::Add, Some(x), Some(y)) = (op, a.as_string(), b.as_string()) {
        let joined = ops::concat(realm, x, y).map(|value| with_stack(realm, site, value));
        return give(realm, site, joined);
    }
    if let Some(holds) = crate::interp::compare_strings(op, a, b) {
        return Value::boolean(holds).bits();
    }
    let result = binary_value(realm, op, a, b).map(|value| with_stack(realm, site, value));
    give(realm, site, result)
}

fn binary_value(realm: &mut Realm, op: BinaryOp, a: Value, b: Value) -> Eval<Value> {
    Ok(match op {
        BinaryOp::Add => ops::add(realm, a, b)?,
        BinaryOp::Sub => ops::sub(realm, a, b)?,
        BinaryOp::Mul => ops::mul(realm, a, b)?,
        BinaryOp::Div => ops::div(realm, a, b)?,
        BinaryOp::Mod => ops::rem(a, b),
        BinaryOp::Pow => ops::pow(a, b),
        BinaryOp::Eq => Value::boolean(ops::eq(realm, a, b)?),
        BinaryOp::Ne => Value::boolean(!ops::eq(realm, a, b)?),
        BinaryOp::Lt => ops::lt(a, b),
        BinaryOp::Le => ops::le(a, b),
        BinaryOp::Gt => ops::gt(a, b),
        BinaryOp::Ge => ops::ge(a, b),
        BinaryOp::Isa => Value::boolean(ops::isa(realm, a, b)),
        BinaryOp::And => ops::and_final(realm, a, b),
        BinaryOp::Or => ops::or_final(realm, a, b),
    })
}

/// An error value that an operator made gets the call stack.
fn with_stack(realm: &mut Realm, _site: u64, value: Value) -> Value {
    if value.is_error() { ops::attach_stack(realm, &*run(), value) } else { value }
}

extern "C" fn unary(ctx: *mut u8, site: u64, op: u64, a: u64) -> u64 {
    let realm = realm_at(ctx, site);
    let a = value(a);
    let result = match op {
        _ if op == UnaryOp::Neg as u64 => Ok(ops::neg(a)),
        _ if op == UnaryOp::Not as u64 => Ok(ops::not(realm, a)),
        _ => ops::new_object(realm, a),
    };
    give(realm, site, result)
}

extern "C" fn truth(ctx: *mut u8, site: u64, a: u64) -> u64 {
    let realm = realm_at(ctx, site);
    match ops::truth(realm, value(a)) {
        Ok(truth) => u64::from(truth),
        Err(fault) => {
            raise(realm, site, fault);
            2
        }
    }
}

/// `object.name`, called if it is a function.
extern "C" fn get_member(
    ctx: *mut u8,
    site: u64,
    entry: *const NameEntry,
    cell: *const FeedbackCell,
    args: *const u64,
    count: u64,
) -> u64 {
    call_found(ctx, site, (entry, cell), values(args, count), |value| !value.is_function())
}

/// `object.name(args)`
extern "C" fn call_method(
    ctx: *mut u8,
    site: u64,
    entry: *const NameEntry,
    cell: *const FeedbackCell,
    args: *const u64,
    count: u64,
) -> u64 {
    call_found(ctx, site, (entry, cell), values(args, count), |_| false)
}

/// Calls a member of the first operand, with the second as `self` and the others as arguments, unless it is to be left as it is.
fn call_found(
    ctx: *mut u8,
    site: u64,
    (entry, cell): (*const NameEntry, *const FeedbackCell),
    args: &[Value],
    stays: impl FnOnce(Value) -> bool,
) -> u64 {
    let realm = realm_at(ctx, site);
    // SAFETY: invariant 5.
    let (entry, cell) = unsafe { (*entry, &*cell) };
    if let Some(result) = call_type_method(realm, entry, args) {
        return give(realm, site, result);
    }
    let result = run().get_member(realm, args[0], entry, cell).and_then(|member| {
        if stays(member.value) {
            return Ok(member.value);
        }
        let receiver = run().receiver(realm, args[1], member);
        call_value(run(), realm, member.value, &args[2..], Some(receiver))
    });
    give(realm, site, result)
}

/// A call of a method that all values of a type have, if the first operand has nothing else of that name.
fn call_type_method(realm: &mut Realm, entry: NameEntry, args: &[Value]) -> Option<Eval<Value>> {
    let (method, types) = entry.method?;
    let kind = match args[0].kind() {
        ValueKind::Map => TypeMap::Map,
        ValueKind::List => TypeMap::List,
        ValueKind::String => TypeMap::String,
        _ => return None,
    };
    let given = &args[1..];
    let is_changed = types & kind.bit() == 0 || realm.head.changed_types & kind.bit() != 0;
    if is_changed || args[0] != args[1] || given.len() > method.def().params.len() {
        return None;
    }
    if let Some(map) = args[0].as_map() {
        if !map.shows_methods(realm, entry.name) {
            return None;
        }
        if let (&[_, key], true) = (given, method == intrinsics::HAS_INDEX) {
            return Some(Ok(Value::boolean(map.contains(realm, key))));
        }
    }
    Some(invoke(realm, method, given))
}

/// Runs an intrinsic on its arguments, a receiver first.
fn invoke(realm: &mut Realm, id: IntrinsicId, given: &[Value]) -> Eval<Value> {
    // Not copied as a slice: that would be a call for a word or two.
    let mut all: [Value; MAX_PARAMS] = std::array::from_fn(|at| given.get(at).copied().unwrap_or(Value::NULL));
    intrinsics::invoke_in_place(realm, run(), id, &mut all, given.len())
}

/// `container[key]`
extern "C" fn get_index(ctx: *mut u8, site: u64, container: u64, key: u64) -> u64 {
    let realm = realm_at(ctx, site);
    let (container, key) = (value(container), value(key));
    if let Some(found) = container.as_map().and_then(|map| map.get(realm, key)) {
        return found.bits();
    }
    if let Some(text) = container.as_string().filter(|_| key.is_number() && !realm.type_map(TypeMap::String).is_dict())
    {
        return ops::string_element(realm, text, key).bits();
    }
    let result = ops::index_get(realm, container, key);
    give(realm, site, result)
}

/// `container[key] = value`
extern "C" fn set_index(ctx: *mut u8, site: u64, container: u64, key: u64, stored: u64) -> u64 {
    let realm = realm_at(ctx, site);
    if value(container).as_map().is_some_and(|map| map.set_in_table(realm, value(key), value(stored))) {
        return Value::NULL.bits();
    }
    let result = ops::index_set(realm, value(container), value(key), value(stored));
    give(realm, site, result.map(|()| Value::NULL))
}

/// A map literal.
extern "C" fn make_map(ctx: *mut u8, site: u64, cell: *const FeedbackCell, args: *const u64, count: u64) -> u64 {
    let realm = realm_at(ctx, site);
    // SAFETY: invariant 5.
    let cell = unsafe { &*cell };
    let result = crate::interp::make_map(realm, values(args, count), cell);
    give(realm, site, result)
}

/// The environment object of an activation, with parameters and receivers in its first slots.
extern "C" fn make_env(ctx: *mut u8, site: u64, shape: u64, args: *const u64, count: u64) -> u64 {
    let realm = realm_at(ctx, site);
    crate::interp::make_env(realm, ShapeId(shape as u32), values(args, count)).bits()
}

/// A map literal whose shape is known.
extern "C" fn make_shaped(ctx: *mut u8, site: u64, shape: u64, args: *const u64, count: u64) -> u64 {
    let realm = realm_at(ctx, site);
    realm.new_map_of(ShapeId(shape as u32), values(args, count)).value().bits()
}

/// A function value of a nested unit.
extern "C" fn make_function(ctx: *mut u8, site: u64, code: u64, captured: u64) -> u64 {
    let realm = realm_at(ctx, site);
    realm.new_function(code as u32, code as u32, value(captured)).value().bits()
}

/// Assigns a variable of an environment object.
extern "C" fn store_env(ctx: *mut u8, site: u64, env: u64, slot: u64, stored: u64) -> u64 {
    let realm = realm_at(ctx, site);
    if let Some(map) = value(env).as_map() {
        crate::interp::store_variable(realm, map, slot as usize, value(stored));
    }
    Value::NULL.bits()
}

/// An intrinsic with its arguments, a receiver first.
extern "C" fn intrinsic(ctx: *mut u8, site: u64, number: u64, args: *const u64, count: u64) -> u64 {
    let realm = realm_at(ctx, site);
    let result = invoke(realm, IntrinsicId(number as u32), values(args, count));
    give(realm, site, result)
}

/// `rnd` without a seed.
extern "C" fn random(ctx: *mut u8, site: u64) -> u64 {
    let realm = realm_at(ctx, site);
    let result = intrinsics::random(realm).map(Value::number);
    give(realm, site, result)
}

/// The order of two strings.
extern "C" fn str_order(_: *mut u8, a: u64, b: u64) -> u64 {
    let order = value(a).as_string().zip(value(b).as_string()).map(|(a, b)| a.as_bytes().cmp(b.as_bytes()));
    order.map_or(1, |order| (order as i8 + 1) as u64)
}

extern "C" fn same_text(_: *mut u8, a: u64, b: u64) -> u64 {
    value(a).as_string().zip(value(b).as_string()).is_some_and(|(a, b)| a.same_text(b)).into()
}

/// Whether a map itself has a text. Shared code asks, and knows it as what it was found then.
extern "C" fn has_text(ctx: *mut u8, map: u64, text: u64) -> u64 {
    value(map).as_map().is_some_and(|map| map.contains(realm_of(ctx), value(text))).into()
}

/// A free name, wherever it is.
extern "C" fn load_free(ctx: *mut u8, site: u64, env: u64, captured: u64, entry: *const NameEntry) -> u64 {
    let realm = realm_at(ctx, site);
    // SAFETY: invariant 5.
    let entry = unsafe { *entry };
    let result = run().find_free(realm, (value(env), value(captured)), entry);
    give(realm, site, result.map(|found| found.0))
}

/// `object.name` and its like, not invoked.
extern "C" fn find_member(
    ctx: *mut u8,
    site: u64,
    object: u64,
    entry: *const NameEntry,
    cell: *const FeedbackCell,
    how: u64,
) -> u64 {
    let realm = realm_at(ctx, site);
    // SAFETY: invariant 5.
    let (entry, cell) = unsafe { (*entry, &*cell) };
    let object = value(object);
    let found = match Lookup::ALL[how as usize] {
        Lookup::Member => run().get_member(realm, object, entry, cell).map(|found| found.value),
        Lookup::Key => run().get_key(realm, object, entry, cell),
        Lookup::Reference => run().ref_member(realm, object, entry, cell),
    };
    give(realm, site, found)
}

/// `map.name = value`, off its fast path.
extern "C" fn store_member(ctx: *mut u8, site: u64, map: u64, name: u64, element: u64) -> u64 {
    let realm = realm_at(ctx, site);
    let result = ops::member_set(realm, value(map), Name(name as u32), value(element));
    give(realm, site, result.map(|()| Value::NULL))
}

/// `object.name = value`
extern "C" fn put_member(
    ctx: *mut u8,
    site: u64,
    object: u64,
    stored: u64,
    entry: *const NameEntry,
    cell: *const FeedbackCell,
) -> u64 {
    let realm = realm_at(ctx, site);
    // SAFETY: invariant 5.
    let (entry, cell) = unsafe { (*entry, &*cell) };
    let result = run().set_member(realm, value(object), entry, value(stored), cell);
    give(realm, site, result.map(|()| Value::NULL))
}

/// A recorded value that is no number, or the first one of its point.
extern "C" fn record(ctx: *mut u8, place: u64, recorded: u64) -> u64 {
    let code = crate::interp::frame::CodeRef::new(run().codes.get(CodeId((place >> 32) as u32)));
    code.points[place as u32 as usize].add(realm_of(ctx), value(recorded));
    0
}

extern "C" fn generic(ctx: *mut u8, site: u64, operation: u64, args: *const u64, count: u64) -> u64 {
    let realm = realm_at(ctx, site);
    let result = operate(realm, GENERIC[operation as usize], values(args, count));
    give(realm, site, result)
}

fn operate(realm: &mut Realm, operation: Helper, args: &[Value]) -> Eval<Value> {
    let run = run();
    match operation {
        Helper::RefIndex => ops::ref_index(realm, args[0], args[1]),
        Helper::Slice => ops::slice(realm, args[0], args[1], args[2]),
        Helper::MakeList => Ok(realm.new_list(args).value()),
        Helper::AppendList => match args[0].as_list() {
            Some(list) => list.extend(realm, &args[1..]).map(|()| Value::NULL),
            None => Ok(Value::NULL),
        },
        Helper::Call => call_value(run, realm, args[0], &args[1..], None),
        Helper::CallIndex => {
            let found = ops::method_by_key(realm, args[0], args[2])?;
            let receiver = Receiver { this: args[1], parent: found.origin_isa };
            call_value(run, realm, found.value, &args[3..], args[0].is_map().then_some(receiver))
        }
        Helper::AutoCall if args[0].is_function() => call_value(run, realm, args[0], &[], None),
        Helper::AutoCall => Ok(args[0]),
        Helper::CheckUncaught => ops::check_uncaught(args[0]).map(|()| Value::NULL),
        Helper::AndTest => Ok(decided(ops::and_test(realm, args[0]))),
        Helper::OrTest => Ok(decided(ops::or_test(realm, args[0]))),
        Helper::MakeRange => {
            let number = |i: usize| args[i].as_number().unwrap_or(0.0);
            Ok(realm.new_range(number(0), number(1), number(2).max(0.0) as usize).value())
        }
        other => unreachable!("{other:?} is not in the table of generic operations"),
    }
}

fn decided(decision: Decision) -> Value {
    match decision {
        Decision::Decided(value) => value,
        Decision::EvaluateRight => Value::ABSENT,
    }
}

// ---- what the compiler asks ---------------------------------------------------------------------------------------------

/// What the registers of the innermost interpreted activation hold, which is one of this code: loops are compiled when the interpreter stands
/// at their heads.
pub fn window_kinds(realm: &Realm, code: &Code) -> Vec<WindowKind> {
    let n_regs = usize::from(code.bytecode.n_regs);
    (0..n_regs)
        .map(|i| {
            // SAFETY: invariant 1; the innermost window ends at the top of the VM stack, and its registers are written.
            let value = unsafe { *realm.head.stack_top.sub(n_regs - i) };
            let list = value.as_list();
            let rule = list.and_then(|list| list.rule());
            let unit_step = rule.is_some_and(|rule| rule.step == Some(1.0));
            let kinds = crate::interp::kinds_of(value);
            let natural = list.map_or_else(|| is_natural(value), counts_naturals);
            WindowKind { kinds, computed: rule.is_some(), unit_step, natural }
        })
        .collect()
}

/// Whether a value is a small integer and not below zero.
pub fn is_natural(value: Value) -> bool {
    crate::interp::kinds_of(value) == Kinds::INT && value.to_f64_lossy() >= 0.0
}

/// Whether a list is computed, and of such integers alone if its step is 1.
fn counts_naturals(list: ListRef) -> bool {
    list.rule().is_some_and(|rule| {
        let end = rule.base.to_f64_lossy() + list.len() as f64;
        is_natural(rule.base) && end <= f64::from(i32::MAX)
    })
}

/// Whether leaving for this reason should end speculation at the site.
pub fn teaches(reason: ExitReason) -> bool {
    !matches!(reason, ExitReason::Forced | ExitReason::Outgrown | ExitReason::Import)
}
