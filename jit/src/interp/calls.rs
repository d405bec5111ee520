//! Calls off their fast path: intrinsics, environments, defaults, receivers, first calls, compiled callees.
//!
//! `step` calls plain functions itself and comes here for everything else. Order at every call of a user function: argument
//! count, budget, depth, window, receiver, environment, counters; every tier keeps it. Invariant: after [`Called::Frame`] the
//! innermost frame is the callee's, at its first instruction.

#[cfg(not(minilive_portable))]
use super::around::{fail, innermost, set_ip};
use super::frame::{self, CodeRef, Frame, Ip, Window};
use super::members::Member;
use super::{Called, Run};
use crate::engine::inlined::is_enterable;
use crate::engine::policy::Place;
use crate::engine::unit::{CallFlags, CodeId};
use crate::feedback::FeedbackCell;
use minilive_mir::ir::InstId;
#[cfg(not(minilive_portable))]
use minilive_runtime::fault::Fault;
use minilive_runtime::fault::{Eval, FatalError};
use minilive_runtime::intrinsics::{self, IntrinsicId, MAX_PARAMS};
use minilive_runtime::realm::Realm;
use minilive_runtime::shape::ShapeId;
use minilive_runtime::shared::CellId;
use minilive_runtime::value::Value;

/// Where the result of a call goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ret {
    /// The caller's register.
    pub(crate) reg: u16,
    /// Words of the calling instruction.
    pub(crate) skip: u8,
    /// The dispatch loop ends with the callee.
    pub(crate) boundary: bool,
}

impl Ret {
    /// The result is the dispatch loop's.
    pub(crate) const BOUNDARY: Ret = Ret { reg: 0, skip: 0, boundary: true };
}

/// `self` and `super` of a method call.
#[derive(Debug, Clone, Copy)]
pub struct Receiver {
    /// `self`
    pub this: Value,
    /// `super`
    pub parent: Value,
}

impl Run<'_> {
    /// The code with an id that a function value carries.
    #[inline(always)]
    pub(crate) fn code(&self, id: u32) -> CodeRef {
        CodeRef::new(self.codes.get(CodeId(id)))
    }

    /// What a call of a member of `this` brings; `super` is looked up only for what reads it.
    #[inline]
    pub(crate) fn receiver(&self, realm: &mut Realm, this: Value, member: Member) -> Receiver {
        let function = member.value.as_function().filter(|it| it.intrinsic().is_none());
        let reads = function.is_some_and(|it| self.code(it.code()).unit.super_reg.is_some());
        Receiver { this, parent: if reads { member.parent(realm) } else { Value::NULL } }
    }

    /// Calls whatever a value is.
    #[inline(never)]
    pub(crate) fn call(
        &mut self,
        realm: &mut Realm,
        callee: Value,
        args: &[Value],
        receiver: Option<Receiver>,
        ret: Ret,
    ) -> Eval<Called> {
        let Some(function) = callee.as_function() else {
            return Err(FatalError::NotAFunction.into());
        };
        if let Some(index) = function.intrinsic() {
            return self.call_intrinsic(realm, IntrinsicId(index), args, receiver).map(Called::Value);
        }
        let code = self.code(function.code());
        let outer = if function.outer().is_null() { realm.globals().value() } else { function.outer() };
        self.enter(realm, code, outer, args, receiver, ret)
    }

    /// As [`Run::call`], noting the target.
    #[inline]
    pub(super) fn call_seen(
        &mut self,
        realm: &mut Realm,
        callee: Value,
        args: &[Value],
        receiver: Option<Receiver>,
        (ret, cell): (Ret, &FeedbackCell),
    ) -> Eval<Called> {
        if let Some(target) = super::names::target_of(callee) {
            cell.see_call(target);
        }
        self.call(realm, callee, args, receiver, ret)
    }

    /// Calls an intrinsic. A receiver is its first argument if its first parameter is `self`.
    pub(super) fn call_intrinsic(
        &mut self,
        realm: &mut Realm,
        id: IntrinsicId,
        args: &[Value],
        receiver: Option<Receiver>,
    ) -> Eval<Value> {
        let def = id.def();
        let own = receiver.filter(|_| def.takes_self).map(|receiver| receiver.this);
        let (count, expected) = (args.len() + usize::from(own.is_some()), def.params.len());
        if count > expected {
            return Err(FatalError::TooManyArguments { got: count, expected }.into());
        }
        let mut all = [Value::NULL; MAX_PARAMS];
        let first = own.map_or(0, |this| {
            all[0] = this;
            1
        });
        for (to, from) in all[first..].iter_mut().zip(args) {
            *to = *from;
        }
        intrinsics::invoke_in_place(realm, self, id, &mut all, count)
    }

    /// Begins an activation of user code.
    #[inline(never)]
    pub(crate) fn enter(
        &mut self,
        realm: &mut Realm,
        code: CodeRef,
        outer: Value,
        args: &[Value],
        receiver: Option<Receiver>,
        ret: Ret,
    ) -> Eval<Called> {
        let expected = usize::from(code.n_params);
        if args.len() > expected {
            return Err(FatalError::TooManyArguments { got: args.len(), expected }.into());
        }
        realm.head.budget -= i64::from(code.weights.call);
        if realm.head.budget <= 0 && code.weights.checks_call {
            self.refill(realm, (code.id, InstId(0)))?;
        }
        if ret.boundary {
            self.check_native(realm)?;
        }
        if realm.head.depth >= realm.head.max_depth && code.is_call {
            return Err(FatalError::CallStackOverflow.into());
        }
        let window = frame::push_window(realm, &code, outer, args.as_ptr(), args.len());
        let Some(window) = window else {
            return Err(FatalError::CallStackOverflow.into());
        };
        if let Some(receiver) = receiver {
            set_receiver(window, code, receiver.this, || receiver.parent);
        }
        let heat = code.counters.heat.get() - i64::from(code.weights.call);
        code.counters.heat.set(heat);
        if heat < 0 {
            self.got_hot(realm, code, Place::Call);
        }
        let flags = code.call_flags.get();
        if flags & CallFlags::UNRESOLVED != 0 {
            resolve(realm, code);
        }
        Ip::start(&code).count();
        if flags & CallFlags::COMPILED != 0
            && code.tier.entry.get() != 0
            && !self.meter.last_slice
            && is_enterable(self.codes, realm, &code)
        {
            return self.enter_compiled(realm, code, window).map(Called::Value);
        }
        realm.head.depth += 1;
        let ip = Ip::start(&code);
        self.frames.push(Frame { code, window, ip, ret: ret.reg, skip: ret.skip, boundary: ret.boundary, back: 0 });
        if code.env_shape.is_some() {
            make_environment(realm, code, window);
        }
        Ok(Called::Frame)
    }

    fn enter_compiled(&mut self, realm: &mut Realm, code: CodeRef, window: Window) -> Eval<Value> {
        let result = self.check_native(realm).and_then(|()| self.run_compiled(realm, code, window));
        frame::pop_window(realm, window);
        result
    }

    /// Calls an intrinsic for the instruction at a position of the innermost activation, which called it before; `this` is absent if there
    /// is no receiver.
    #[cfg(not(minilive_portable))]
    pub(crate) fn call_intrinsic_at(
        &mut self,
        realm: &mut Realm,
        at: Ip,
        number: u32,
        args: &[Value],
        this: Value,
    ) -> Eval<()> {
        set_ip(self, at);
        let receiver = (!this.is_absent()).then_some(Receiver { this, parent: Value::NULL });
        match self.call_intrinsic(realm, IntrinsicId(number), args, receiver) {
            Ok(value) => innermost(self).window.set(at.word().a(), value),
            Err(fault) => return Err(fail(self, realm, at, fault)),
        }
        Ok(())
    }

    /// The optimiser's code that baseline code called for the innermost activation has left a fault.
    #[cfg(not(minilive_portable))]
    #[cold]
    pub(crate) fn call_failed(&mut self, realm: &mut Realm) -> Box<Fault> {
        let at = innermost(self).ip;
        let fault = realm.pending.take().expect("who returns EXC leaves a fault");
        fail(self, realm, at, fault)
    }

    /// Lets compiled code run a loop: to the end of its activation, whose result it gives, or until the interpreter is to go on.
    pub(super) fn enter_loop(
        &mut self,
        realm: &mut Realm,
        code: CodeRef,
        window: Window,
        entry: usize,
    ) -> Eval<Option<Value>> {
        self.check_native(realm)?;
        self.run_loop(realm, code, window, entry)
    }
}

/// Gives the global names of a unit their places, at its first run in the realm.
#[cold]
#[inline(never)]
pub(crate) fn resolve(realm: &mut Realm, code: CodeRef) {
    let cells: Vec<CellId> = code.names.iter().map(|entry| entry.cell).collect();
    realm.resolve(&cells);
    code.set_call_flag(CallFlags::UNRESOLVED, false);
}

/// Gives a method its receiver; `parent` is asked for `super` only if the function reads it.
#[inline(always)]
pub(super) fn set_receiver(window: Window, code: CodeRef, this: Value, parent: impl FnOnce() -> Value) {
    if let Some(reg) = code.unit.self_reg {
        window.set(reg.0 as u16, this);
    }
    if let Some(reg) = code.unit.super_reg {
        window.set(reg.0 as u16, parent());
    }
}

/// Makes the environment object of an activation and moves parameters and receiver into it.
#[inline(never)]
fn make_environment(realm: &mut Realm, code: CodeRef, window: Window) {
    let shape = code.env_shape.expect("asked only for units with an environment");
    let env = make_env(realm, shape, window.range(0, code.unit.n_inputs()));
    window.set_env(env);
}

/// An environment object with these values in its first slots: parameters and receivers.
pub(crate) fn make_env(realm: &mut Realm, shape: ShapeId, inputs: &[Value]) -> Value {
    let map = realm.new_env(shape);
    for (slot, &value) in inputs.iter().enumerate() {
        map.set_slot(realm, slot, value);
    }
    map.value()
}
