//! Activations of the interpreter: frames, their windows on the VM stack, and pointers to code.
//!
//! `step` pushes and pops them; `machine` walks them for stack traces; `helpers` finds the run that owns a realm. A window is the
//! registers of one activation, with a header of three values below: outer (-1), environment (-2), scope (-3).
//!
//! Invariants
//! 1. Code objects are boxed in the engine's table, which drops none while a run exists: a [`CodeRef`] made by the run that
//!    uses it is valid.
//! 2. A window was cut from its realm's VM stack by [`push_window`] below the stack's limit; it is used only while the stack's top
//!    is above it. Its registers and header were written when it was made.
//! 3. Register numbers come from bytecode that `bytecode::verify` accepted for the window's own code, so they are inside.
//! 4. One thread runs a realm and its run; [`with_run`] publishes the run only for the time of the call, and nobody else
//!    holds a reference to it while compiled code runs.
//! 5. Of a [`Stack`], `next` is inside the store or behind it, at a whole place, and what is before it was written, by us or by
//!    baseline code, which writes whole activations.
#![expect(unsafe_code, reason = "unchecked registers behind the bytecode verifier")]

use crate::bytecode::Word;
use crate::engine::slot::Slot;
use crate::engine::unit::Code;
#[cfg(not(minilive_portable))]
use crate::engine::unit::CodeId;
use crate::feedback::FeedbackCell;
use crate::interp::Run;
#[cfg(not(minilive_portable))]
use minilive_mir::ir::InstId;
use minilive_runtime::fault::Eval;
#[cfg(not(minilive_portable))]
use minilive_runtime::realm::NO_SITE;
use minilive_runtime::realm::Realm;
use minilive_runtime::value::Value;
use std::cell::Cell;
use std::mem::MaybeUninit;
#[cfg(not(minilive_portable))]
use std::mem::offset_of;
#[cfg(not(minilive_portable))]
use std::ops::ControlFlow;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

/// A pointer to code that lives as long as the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeRef(NonNull<Code>);

impl CodeRef {
    /// Points to a code object of the engine's table.
    pub fn new(code: &Code) -> CodeRef {
        CodeRef(NonNull::from(code))
    }
}

impl Deref for CodeRef {
    type Target = Code;
    #[inline(always)]
    fn deref(&self) -> &Code {
        // SAFETY: invariant 1.
        unsafe { self.0.as_ref() }
    }
}

/// A position in the code of the innermost activation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Ip(*const Slot);

impl Ip {
    /// No position.
    pub(super) const NONE: Ip = Ip(std::ptr::null());

    /// The first instruction.
    #[inline(always)]
    pub fn start(code: &Code) -> Ip {
        Ip(code.slots.as_ptr())
    }

    /// A position by its number.
    pub fn at(code: &Code, pc: u32) -> Ip {
        Ip(&raw const code.slots[pc as usize])
    }

    /// Its number.
    pub fn pc(self, code: &Code) -> u32 {
        ((self.0 as usize - code.slots.as_ptr() as usize) / size_of::<Slot>()) as u32
    }

    #[inline(always)]
    fn slot<'a>(self) -> &'a Slot {
        // SAFETY: invariants 1 and 3: positions come from verified jumps and steps inside one code object.
        unsafe { &*self.0 }
    }

    /// The word here. By reference, so that each operand is read where it is needed.
    #[inline(always)]
    pub fn word<'a>(self) -> &'a Word {
        &self.slot().word
    }

    /// The feedback here.
    #[inline(always)]
    pub fn cell<'a>(self) -> &'a FeedbackCell {
        &self.slot().cell
    }

    /// Counts an entry of the block that starts here.
    #[inline(always)]
    pub fn count(self) {
        let count = &self.slot().count;
        count.set(count.get() + 1);
    }

    /// So many words on. The verifier knows that an instruction, or the second word of this one, is there.
    #[inline(always)]
    pub fn step(self, words: u32) -> Ip {
        Ip(self.0.wrapping_add(words as usize))
    }

    /// Where a jump over a distance leads.
    #[inline(always)]
    pub fn jump(self, distance: i32) -> Ip {
        Ip(self.0.wrapping_offset(distance as isize))
    }
}

/// Values below register 0: outer, environment, scope.
pub const HEADER: usize = 3;

/// The registers of one activation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Window(*mut Value);

impl Window {
    /// No window; only for frames that have not started.
    pub const NONE: Window = Window(std::ptr::null_mut());

    /// The window whose register 0 is at an address.
    ///
    /// # Safety
    /// Invariant 2 must hold for it.
    pub unsafe fn at(registers: *mut Value) -> Window {
        Window(registers)
    }

    /// Address of register 0.
    #[inline(always)]
    pub fn registers(self) -> *mut Value {
        self.0
    }

    /// The value of a register.
    #[inline(always)]
    pub fn get(self, reg: u16) -> Value {
        // SAFETY: invariants 2 and 3.
        unsafe { *self.0.add(usize::from(reg)) }
    }

    /// Writes a register.
    #[inline(always)]
    pub fn set(self, reg: u16, value: Value) {
        // SAFETY: invariants 2 and 3.
        unsafe { *self.0.add(usize::from(reg)) = value }
    }

    /// A run of registers.
    #[inline(always)]
    pub fn range<'a>(self, first: u16, count: usize) -> &'a [Value] {
        // SAFETY: invariants 2 and 3; the callers of intrinsics and constructors do not write the window meanwhile.
        unsafe { std::slice::from_raw_parts(self.0.add(usize::from(first)), count) }
    }

    /// The map that the running function captured, or the map of globals.
    #[inline(always)]
    pub fn outer(self) -> Value {
        // SAFETY: invariant 2.
        unsafe { *self.0.sub(1) }
    }

    /// The environment object, or the map of injected variables, or absent.
    #[inline(always)]
    pub fn env(self) -> Value {
        // SAFETY: invariant 2.
        unsafe { *self.0.sub(2) }
    }

    /// Where free names are looked up first: the outer map if nothing comes before it, else absent.
    #[inline(always)]
    pub fn scope(self) -> Value {
        // SAFETY: invariant 2.
        unsafe { *self.0.sub(3) }
    }

    /// Sets the environment or the map of injected variables. Free names are looked up there first from now on.
    pub fn set_env(self, env: Value) {
        // SAFETY: invariant 2.
        unsafe {
            *self.0.sub(2) = env;
            *self.0.sub(3) = Value::ABSENT;
        }
    }

    /// Writes the header of a fresh window.
    #[inline(always)]
    fn set_header(self, outer: Value) {
        // SAFETY: invariant 2: `push_window` reserved the header.
        unsafe {
            *self.0.sub(1) = outer;
            *self.0.sub(2) = Value::ABSENT;
            *self.0.sub(3) = outer;
        }
    }

    /// Makes the registers from `first` to `end` absent, and up to three behind them that are nobody's yet.
    #[inline(always)]
    fn clear(self, first: usize, end: usize) {
        let mut at = first;
        while at < end {
            // SAFETY: invariant 2: `push_window` reserved the registers and some slack.
            unsafe { self.0.add(at).cast::<[Value; 4]>().write([Value::ABSENT; 4]) }
            at += 4;
        }
    }
}

/// One activation.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Frame {
    /// What runs.
    pub code: CodeRef,
    /// Its registers.
    pub window: Window,
    /// The instruction it is at; up to date whenever something outside the dispatch loop may look.
    pub ip: Ip,
    /// The caller's register for the result.
    pub ret: u16,
    /// Words of the caller's instruction.
    pub skip: u8,
    /// The dispatch loop returns to its own caller when this activation ends.
    pub boundary: bool,
    /// Where baseline code goes on behind the call, if it made it itself; else 0.
    pub back: usize,
}

/// The active calls, innermost last.
pub type Frames = Stack<Frame>;

/// A slice whose end is at a fixed place, so that baseline code puts on and takes off, too.
#[derive(Debug)]
#[repr(C)]
pub struct Stack<T> {
    /// Behind the last one.
    next: *mut T,
    /// Behind the last place.
    end: *mut T,
    /// The first one.
    first: *mut T,
    store: Box<[MaybeUninit<T>]>,
}

/// Offset of the address behind the last one.
#[cfg(not(minilive_portable))]
pub(crate) const STACK_NEXT: usize = offset_of!(Frames, next);
/// Offset of the address behind the last place.
#[cfg(not(minilive_portable))]
pub(crate) const STACK_END: usize = offset_of!(Frames, end);
/// Offset of the address of the first one.
#[cfg(not(minilive_portable))]
pub(crate) const STACK_FIRST: usize = offset_of!(Frames, first);

impl<T: Copy> Stack<T> {
    /// None.
    pub(crate) fn new() -> Stack<T> {
        Stack::with_store(Box::new_uninit_slice(64), 0)
    }

    fn with_store(mut store: Box<[MaybeUninit<T>]>, len: usize) -> Stack<T> {
        let places = store.as_mut_ptr_range();
        let first = places.start.cast::<T>();
        Stack { next: first.wrapping_add(len), end: places.end.cast(), first, store }
    }

    /// One more.
    #[inline(always)]
    pub(crate) fn push(&mut self, it: T) {
        if self.next == self.end {
            self.grow();
        }
        // SAFETY: invariant 5: there is a place, and it is inside the store.
        unsafe {
            self.next.write(it);
            self.next = self.next.add(1);
        }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        let mut store = Box::new_uninit_slice(self.store.len() * 2);
        store[..self.store.len()].copy_from_slice(&self.store);
        *self = Stack::with_store(store, self.len());
    }

    #[inline(always)]
    fn is_empty(&self) -> bool {
        self.next == self.first
    }

    /// The innermost one, without counting them as a slice would.
    #[inline(always)]
    pub(crate) fn last(&self) -> Option<&T> {
        // SAFETY: invariant 5: what is before `next` was written.
        (!self.is_empty()).then(|| unsafe { &*self.next.sub(1) })
    }

    /// As [`Stack::last`], to be changed.
    #[inline(always)]
    pub(crate) fn last_mut(&mut self) -> Option<&mut T> {
        // SAFETY: as in `last`.
        (!self.is_empty()).then(|| unsafe { &mut *self.next.sub(1) })
    }

    /// Takes the innermost one off.
    #[inline(always)]
    pub(crate) fn pop(&mut self) -> Option<T> {
        let last = self.last().copied()?;
        self.next = self.next.wrapping_sub(1);
        Some(last)
    }

    /// Keeps so many, the outermost ones.
    pub(crate) fn truncate(&mut self, len: usize) {
        if len < self.len() {
            self.next = self.first.wrapping_add(len);
        }
    }

    /// Bytes that they take.
    #[cfg(not(minilive_portable))]
    fn bytes(&self) -> usize {
        self.next as usize - self.first as usize
    }
}

impl<T> Deref for Stack<T> {
    type Target = [T];
    #[inline(always)]
    fn deref(&self) -> &[T] {
        let len = (self.next as usize - self.first as usize) / size_of::<T>();
        // SAFETY: invariant 5: everything before `next` was written.
        unsafe { std::slice::from_raw_parts(self.first, len) }
    }
}

impl<T> DerefMut for Stack<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [T] {
        let len = (self.next as usize - self.first as usize) / size_of::<T>();
        // SAFETY: as in `deref`.
        unsafe { std::slice::from_raw_parts_mut(self.first, len) }
    }
}

impl Frame {
    /// The number of the instruction it is at.
    pub fn pc(&self) -> u32 {
        self.ip.pc(&self.code)
    }
}

/// A way from the interpreter, or from baseline code, into the optimiser's code.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct NativeEntry {
    /// Bytes of the interpreter's activations below it.
    pub below: usize,
    /// Whether it goes on with the innermost of them.
    pub osr: bool,
    /// Where the compiled code further out had called the interpreter.
    pub before: NativePlace,
}

impl NativeEntry {
    /// How many activations the interpreter has below it.
    pub fn height(&self) -> usize {
        self.below / size_of::<Frame>()
    }
}

/// Where compiled code was when it last called a helper.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct NativePlace {
    pub(crate) frame: usize,
    pub(crate) site: u64,
}

impl NativePlace {
    /// The place in a realm's head.
    pub fn of(realm: &Realm) -> NativePlace {
        NativePlace { frame: realm.head.native_frame, site: realm.head.native_site }
    }

    /// The calls that are active in that frame, innermost first, without those that are on their way out.
    #[cfg(not(minilive_portable))]
    pub fn calls(self) -> Vec<(CodeId, InstId)> {
        if self.site == NO_SITE { Vec::new() } else { crate::exits::shared().native().places(self.site) }
    }
}

/// Visits the calls of compiled code that led to the native frame in a realm's head, innermost first, up to where the interpreter
/// entered it, or until the visitor has seen enough.
#[cfg(not(minilive_portable))]
pub(crate) fn native_callers(innermost: NativePlace, mut visit: impl FnMut(CodeId, InstId) -> ControlFlow<()>) {
    let shared = crate::exits::shared();
    let native = shared.native();
    let mut frame = innermost.frame;
    // Recursion returns to the same place again and again.
    let mut last = (0, Vec::new());
    loop {
        // SAFETY: a place holds the frame pointer of compiled code that has not returned, and each frame that is found here
        // belongs to compiled code, too, whose frames start with the caller's frame pointer and the return address.
        let (caller, address) = unsafe { crate::code::caller_of(frame) };
        if last.0 != address {
            let Some(site) = native.find(address) else { return };
            last = (address, native.places(site));
        }
        for &(code, inst) in &last.1 {
            if visit(code, inst).is_break() {
                return;
            }
        }
        frame = caller;
    }
}

/// The innermost of these calls.
#[cfg(not(minilive_portable))]
pub(crate) fn native_caller(innermost: NativePlace) -> Option<(CodeId, InstId)> {
    let mut found = None;
    native_callers(innermost, |code, inst| {
        found = Some((code, inst));
        ControlFlow::Break(())
    });
    found
}

/// Registers that may be written beyond a window's end while it is made.
pub(crate) const SLACK: usize = 4;

/// Cuts a window for a code object from the VM stack, with the given arguments, defaults and everything else absent.
/// `None` if the stack has no room for it. The caller tested that there are not too many arguments.
#[inline(always)]
pub(crate) fn push_window(
    realm: &mut Realm,
    code: &Code,
    outer: Value,
    args: *const Value,
    count: usize,
) -> Option<Window> {
    let n_regs = usize::from(code.bytecode.n_regs);
    let base = realm.head.stack_top;
    let room = (realm.head.stack_limit as usize).wrapping_sub(base as usize) / size_of::<Value>();
    if room < n_regs + HEADER + SLACK {
        return None;
    }
    // SAFETY: the room was just tested; `args` are `count` values of the caller's window (invariant 3), which does not overlap.
    let window = unsafe {
        let registers = base.add(HEADER);
        copy_arguments(registers, args, count);
        realm.head.stack_top = registers.add(n_regs);
        Window(registers)
    };
    window.set_header(outer);
    window.clear(count, n_regs);
    if count < usize::from(code.n_params) {
        default_params(window, code, count);
    }
    Some(window)
}

/// Copies arguments. Nearly all calls have few: a loop here would be unrolled and vectorised, which costs more than it copies.
///
/// # Safety
/// Both places have room for `count` values and do not overlap.
#[inline(always)]
unsafe fn copy_arguments(to: *mut Value, from: *const Value, count: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        if count > 0 {
            *to = *from;
        }
        if count > 1 {
            *to.add(1) = *from.add(1);
        }
        if count > 2 {
            *to.add(2) = *from.add(2);
        }
        if count > 3 {
            copy_more_arguments(to.add(3), from.add(3), count - 3);
        }
    }
}

/// # Safety
/// As [`copy_arguments`].
#[inline(never)]
unsafe fn copy_more_arguments(to: *mut Value, from: *const Value, count: usize) {
    // SAFETY: the caller's promise.
    unsafe { std::ptr::copy_nonoverlapping(from, to, count) }
}

#[inline(never)]
fn default_params(window: Window, code: &Code, from: usize) {
    for (reg, param) in code.unit.params.iter().enumerate().skip(from) {
        window.set(reg as u16, code.consts[param.default.0 as usize]);
    }
}

/// Gives the room of a window and everything above it back.
#[inline(always)]
pub fn pop_window(realm: &mut Realm, window: Window) {
    realm.head.stack_top = window.0.wrapping_sub(HEADER);
}

thread_local! {
    static CURRENT: Cell<*mut ()> = const { Cell::new(std::ptr::null_mut()) };
}

/// Publishes the run for compiled code that `action` may enter.
pub fn with_run<R>(run: &mut Run<'_>, action: impl FnOnce(&mut Run<'_>) -> R) -> R {
    struct Restore(*mut ());
    impl Drop for Restore {
        fn drop(&mut self) {
            CURRENT.set(self.0);
        }
    }
    let restore = Restore(CURRENT.replace(std::ptr::from_mut(run).cast()));
    let result = action(run);
    drop(restore);
    result
}

/// The run that entered the compiled code which is calling a helper.
///
/// # Safety
/// Called only from helpers of compiled code, which runs below [`with_run`] (invariant 4), and the reference ends before the
/// helper returns or enters the interpreter with it.
pub unsafe fn current_run<'a>() -> &'a mut Run<'a> {
    // SAFETY: the caller's promise.
    unsafe { &mut *CURRENT.get().cast() }
}

impl Run<'_> {
    /// Runs a compiled function on a window that holds its arguments; the result is the activation's.
    pub(super) fn run_compiled(&mut self, realm: &mut Realm, code: CodeRef, window: Window) -> Eval<Value> {
        let (trampoline, entry) = (code.tier.trampoline.get(), code.tier.entry.get());
        // Compiled functions charge and count their calls themselves, since they call each other directly.
        realm.head.budget += i64::from(code.weights.call);
        let calls = &code.slots[0].count;
        calls.set(calls.get() - 1);
        let result = self.run_native(realm, trampoline, entry, window.0.wrapping_sub(1).cast_const(), false)?;
        Ok(result.expect("only loops give their activation back"))
    }

    /// Runs a compiled loop; its window holds the variables. `None` if the activation goes on in the interpreter.
    pub(super) fn run_loop(
        &mut self,
        realm: &mut Realm,
        code: CodeRef,
        window: Window,
        entry: usize,
    ) -> Eval<Option<Value>> {
        code.tier.was_entered.set(true);
        self.run_native(realm, code.tier.loop_trampoline.get(), entry, window.0.cast_const(), true)
    }

    /// A portable build has no entries, so nobody comes here.
    #[cfg(minilive_portable)]
    fn run_native(&mut self, _: &mut Realm, _: usize, _: usize, _: *const Value, _: bool) -> Eval<Option<Value>> {
        Err(minilive_runtime::fault::Fault::Cancelled.into())
    }

    #[cfg(not(minilive_portable))]
    fn run_native(
        &mut self,
        realm: &mut Realm,
        trampoline: usize,
        entry: usize,
        words: *const Value,
        osr: bool,
    ) -> Eval<Option<Value>> {
        let before = NativePlace::of(realm);
        self.natives.push(NativeEntry { below: self.frames.bytes(), osr, before });
        let context = std::ptr::from_mut(realm);
        let bits = with_run(self, |_| {
            // SAFETY: the tier state's addresses are live code made for this code object (`engine/tier`); the words are those
            // of its window (invariant 2), header included.
            unsafe { crate::code::enter(trampoline, entry, context.cast(), words.cast()) }
        });
        self.natives.pop();
        (realm.head.native_frame, realm.head.native_site) = (before.frame, before.site);
        // SAFETY: compiled code returns a value that is alive, or EXC.
        let value = unsafe { Value::from_bits(bits) };
        if !value.is_exc() {
            return Ok(Some(value));
        }
        if std::mem::take(&mut self.gave_back) {
            return Ok(None);
        }
        Err(realm.pending.take().expect("who returns EXC leaves a fault"))
    }
}
