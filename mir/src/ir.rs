//! The middle intermediate representation (MIR): data only, no algorithms.
//!
//! `lower` hands units to `verify`, `print`, the salsa database and, inside a [`crate::program::Program`], to the engine,
//! which makes both bytecode and SSA from the same unit.
//! Invariant: a [`Unit`] holds no positions and no `@fN` names, so that its fingerprint changes only when its meaning does.
//! The tests to read first are the goldens in `tests/mir`.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// A virtual register of one unit. Interpreter slots have the same numbers.
///
/// Order inside a function: parameters, then `self` and `super` if the unit uses them, then named locals, then temporaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Reg(pub u32);

/// A basic block of one unit; block 0 is the entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BlockId(pub u32);

/// An instruction of one unit: its index in [`Unit::insts`]. Feedback, recordings and source maps are keyed by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct InstId(pub u32);

/// A name in [`Unit::names`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NameId(pub u32);

/// A constant in [`Unit::consts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConstId(pub u32);

/// A nested function in [`Unit::children`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ChildId(pub u32);

/// A slot of the unit's environment object, an index in [`Unit::env`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EnvSlot(pub u32);

/// The stable identity of a unit within one file: it survives edits to the unit's body and to everything around it.
///
/// A function is identified by its parent's key and its name (or its ordinal among the parent's anonymous functions);
/// a top-level statement by the hash of its text without nested function bodies, and its ordinal among equal ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct UnitKey(pub u64);

/// A run of consecutive registers, as calls and literals take their operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RegRange {
    /// The first register; meaningless when `count` is 0.
    pub first: Reg,
    /// How many registers.
    pub count: u32,
}

impl RegRange {
    /// The range without registers.
    pub const EMPTY: RegRange = RegRange { first: Reg(0), count: 0 };

    /// The registers in order.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = Reg> + ExactSizeIterator {
        (0..self.count).map(move |i| Reg(self.first.0 + i))
    }
}

/// What kind of code a unit is; it decides where bare names are stored and what ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum UnitKind {
    /// One top-level statement of a main program; its names are globals; ends with [`Inst::End`].
    Statement,
    /// The body of a function literal.
    Function,
    /// The whole top level of an imported file; its names are locals in an environment object.
    Module,
    /// One expression evaluated in file scope for the editor (a watch, an example); ends with [`Inst::Return`].
    Expression,
}

/// A static type, as far as lowering and inference know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Ty {
    /// Nothing is known, or the instruction has no result.
    #[default]
    Any,
    /// The value null.
    Null,
    /// A double.
    Number,
    /// A string.
    String,
    /// A list.
    List,
    /// A map.
    Map,
    /// A function reference.
    Function,
}

/// A compile-time constant. Lists and maps occur as parameter defaults only; they are frozen and shared.
///
/// Constants are equal when their bits are, so that a unit always equals itself (`PartialEq` stands in `tables.rs`).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Const {
    /// null
    Null,
    /// A double, kept with its exact bits (minus zero and infinities included).
    Number(f64),
    /// A string.
    Str(SmolStr),
    /// A frozen list.
    List(Vec<Const>),
    /// A frozen map, in order; a repeated key keeps its first position and takes the last value.
    Map(Vec<(Const, Const)>),
}

/// One parameter of a function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Param {
    /// Its name.
    pub name: NameId,
    /// The value of a missing argument; null when the source names none.
    pub default: ConstId,
}

/// A named variable that lives in a register.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Local {
    /// Its name.
    pub name: NameId,
    /// Its register. It holds *absent* until the first assignment, parameters excepted.
    pub reg: Reg,
}

/// A two-operand operator. Its meaning stands in `runtime/src/ops.rs` and nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum BinaryOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`; also joins the results of a comparison chain.
    Mul,
    /// `/`
    Div,
    /// `%`
    Mod,
    /// `^`
    Pow,
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `isa`
    Isa,
    /// The second half of `and`, after [`Inst::AndTest`] let both operands be evaluated.
    And,
    /// The second half of `or`, after [`Inst::OrTest`] let both operands be evaluated.
    Or,
}

/// A one-operand operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum UnaryOp {
    /// `-x`, which is `0 - x`.
    Neg,
    /// `not x`
    Not,
    /// `new x`: a map whose `__isa` is x.
    New,
}

/// One instruction. "Fatal" means it may stop the program with a run-time error; "calls" means it may run user code.
///
/// Block ends are the variants for which [`Inst::is_terminator`] holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Inst {
    /// `dst` = a constant.
    Const {
        /// Result.
        dst: Reg,
        /// Which constant.
        value: ConstId,
    },
    /// `dst` = `src`, whatever it holds.
    Move {
        /// Result.
        dst: Reg,
        /// Operand.
        src: Reg,
    },
    /// Reads a register local that may still be absent: its value, else the free name's (outer, globals, intrinsics). Fatal.
    LoadLocal {
        /// Result.
        dst: Reg,
        /// The local's register.
        local: Reg,
        /// The local's name.
        name: NameId,
        /// If absent, fail with `Undefined Local Identifier` instead of looking further (LANGUAGE 5.5).
        deferred: bool,
    },
    /// Reads a variable of the unit's environment object: the slot if assigned, else the free name. Fatal.
    LoadEnv {
        /// Result.
        dst: Reg,
        /// The slot.
        slot: EnvSlot,
        /// As in [`Inst::LoadLocal`].
        deferred: bool,
    },
    /// Assigns (or creates again) a variable of the unit's environment object. Ignores frozenness.
    StoreEnv {
        /// The slot.
        slot: EnvSlot,
        /// The value.
        src: Reg,
    },
    /// Reads a name that no assignment in this unit makes local: injected locals, the outer map (one level), globals,
    /// intrinsics; `self` and `super` end in null. In statements only globals and intrinsics. Fatal.
    LoadFree {
        /// Result.
        dst: Reg,
        /// The name.
        name: NameId,
    },
    /// Assigns a global by name (statements only). Fatal when globals are frozen.
    StoreGlobal {
        /// The name.
        name: NameId,
        /// The value.
        src: Reg,
    },
    /// `self`: the frame's, else looked up as a free name, else null.
    LoadSelf {
        /// Result.
        dst: Reg,
    },
    /// `super`: as [`Inst::LoadSelf`].
    LoadSuper {
        /// Result.
        dst: Reg,
    },
    /// `locals`: this call's live map (the globals map in statements).
    LoadLocals {
        /// Result.
        dst: Reg,
    },
    /// `outer`: the map the running function captured (the globals map if none).
    LoadOuter {
        /// Result.
        dst: Reg,
    },
    /// `globals`: the live map of globals.
    LoadGlobals {
        /// Result.
        dst: Reg,
    },
    /// If `src` is a function, calls it without arguments; else `dst` = `src`. Follows the read of a bare name. Calls, fatal.
    AutoCall {
        /// Result.
        dst: Reg,
        /// The value that was read.
        src: Reg,
    },
    /// An operator on two values. Never fatal; `+` may format containers, which reads globals.
    Binary {
        /// Which.
        op: BinaryOp,
        /// Result.
        dst: Reg,
        /// Left operand.
        a: Reg,
        /// Right operand.
        b: Reg,
    },
    /// An operator on one value. Never fatal.
    Unary {
        /// Which.
        op: UnaryOp,
        /// Result.
        dst: Reg,
        /// Operand.
        src: Reg,
    },
    /// `obj.name` with automatic invocation. `this` becomes `self` of what is invoked: `obj` itself, or the current `self`
    /// where the source says `super.name`. Calls, fatal.
    GetMember {
        /// Result.
        dst: Reg,
        /// Where the lookup starts.
        obj: Reg,
        /// The receiver.
        this: Reg,
        /// The member.
        name: NameId,
    },
    /// `obj[key]`, which never invokes. Fatal.
    GetIndex {
        /// Result.
        dst: Reg,
        /// Container.
        obj: Reg,
        /// Key.
        key: Reg,
    },
    /// `obj["name"]`, which never invokes. Fatal.
    GetKey {
        /// Result.
        dst: Reg,
        /// Container.
        obj: Reg,
        /// The key.
        name: NameId,
    },
    /// `@obj.name`: raw fetch, no invocation, no type maps. Fatal.
    RefMember {
        /// Result.
        dst: Reg,
        /// Container.
        obj: Reg,
        /// The member.
        name: NameId,
    },
    /// `@obj[key]`: raw fetch, no type maps. Fatal.
    RefIndex {
        /// Result.
        dst: Reg,
        /// Container.
        obj: Reg,
        /// Key.
        key: Reg,
    },
    /// `obj.name = src`. Fatal.
    SetMember {
        /// Container.
        obj: Reg,
        /// The member.
        name: NameId,
        /// The value.
        src: Reg,
    },
    /// `obj[key] = src`. Fatal.
    SetIndex {
        /// Container.
        obj: Reg,
        /// Key.
        key: Reg,
        /// The value.
        src: Reg,
    },
    /// `obj[from:to]`; a missing bound is a register that holds null. Fatal.
    Slice {
        /// Result.
        dst: Reg,
        /// List or string.
        obj: Reg,
        /// First index or null.
        from: Reg,
        /// End index or null.
        to: Reg,
    },
    /// `callee(args)`; `callee` was read without invocation. Calls, fatal.
    Call {
        /// Result.
        dst: Reg,
        /// The function.
        callee: Reg,
        /// Arguments.
        args: RegRange,
    },
    /// `obj.name(args)`: the lookup happens here, after the arguments; `this` as in [`Inst::GetMember`]. Calls, fatal.
    CallMethod {
        /// Result.
        dst: Reg,
        /// Where the lookup starts.
        obj: Reg,
        /// The receiver.
        this: Reg,
        /// The method.
        name: NameId,
        /// Arguments.
        args: RegRange,
    },
    /// `obj[key](args)`: lookup after the arguments; a method call only if `obj` is a map. Calls, fatal.
    CallIndex {
        /// Result.
        dst: Reg,
        /// Where the lookup starts.
        obj: Reg,
        /// The receiver.
        this: Reg,
        /// Key.
        key: Reg,
        /// Arguments.
        args: RegRange,
    },
    /// A new list of the given elements.
    MakeList {
        /// Result.
        dst: Reg,
        /// Elements.
        elems: RegRange,
    },
    /// Appends to a list that this literal made (long literals come in pieces).
    AppendList {
        /// The list.
        list: Reg,
        /// Elements.
        elems: RegRange,
    },
    /// A new map; keys and values alternate. Longer literals go on with [`Inst::SetIndex`].
    MakeMap {
        /// Result.
        dst: Reg,
        /// Key, value, key, value, …
        pairs: RegRange,
    },
    /// A new function object of the nested unit; captures the environment object of this call (or globals).
    MakeFunction {
        /// Result.
        dst: Reg,
        /// Which nested unit.
        child: ChildId,
    },
    /// Starts a `for`: `obj` = what `src` holds, `pos` = start. No effect on the program.
    IterInit {
        /// Holds the iterated object for the loop.
        obj: Reg,
        /// Holds the loop's position.
        pos: Reg,
        /// The iterable.
        src: Reg,
    },
    /// Ends an expression statement: an error value stops the program with `Uncaught …`. Fatal.
    CheckUncaught {
        /// The statement's value.
        src: Reg,
    },
    /// Something that has no meaning yet. Fatal when reached, with `message`; a diagnostic tells of it beforehand.
    Unsupported {
        /// What it is, a constant string.
        message: ConstId,
    },
    /// Goes to a block. Ends the block.
    Jump {
        /// Target.
        to: BlockId,
    },
    /// Goes by truth of `cond`; an error value is fatal. Ends the block.
    Branch {
        /// Condition.
        cond: Reg,
        /// If truthy.
        then: BlockId,
        /// If falsy.
        els: BlockId,
    },
    /// First half of `a and b`: an error in `a` gives `dst` = `a`, a falsy `a` gives `dst` = 0, both go to `done`; else to `rhs`.
    AndTest {
        /// Result when decided.
        dst: Reg,
        /// Left operand.
        a: Reg,
        /// Evaluates the right operand.
        rhs: BlockId,
        /// Where the value is used.
        done: BlockId,
    },
    /// First half of `a or b`: |a| ≥ 1 (or a truthy non-number) gives `dst` = 1 and goes to `done`; else (errors too) to `rhs`.
    OrTest {
        /// Result when decided.
        dst: Reg,
        /// Left operand.
        a: Reg,
        /// Evaluates the right operand.
        rhs: BlockId,
        /// Where the value is used.
        done: BlockId,
    },
    /// Takes the next element of a `for` into `dst` and goes to `body`, or leaves `dst` alone and goes to `done`.
    IterNext {
        /// The iterated object.
        obj: Reg,
        /// The loop's position.
        pos: Reg,
        /// The element.
        dst: Reg,
        /// Loop body.
        body: BlockId,
        /// Behind the loop.
        done: BlockId,
    },
    /// Leaves the unit with a value; in a statement it ends the program. Ends the block.
    Return {
        /// The value.
        src: Reg,
    },
    /// The end of a statement unit: the program goes on with the next one. Ends the block.
    End,
}

/// One basic block: a run of instructions whose last is its only terminator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// Index of its first instruction in [`Unit::insts`].
    pub first: u32,
    /// Index behind its terminator.
    pub end: u32,
    /// True for the target of a back edge. Such blocks poll the budget and may be entered by on-stack replacement.
    pub loop_head: bool,
}

/// Why a value is shown in the editor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RecordKind {
    /// An assignment statement.
    Assign,
    /// The variable of a `for` loop.
    ForVariable,
    /// The value of a `return`.
    Return,
    /// The value of a call statement or expression statement.
    Statement,
    /// A watch or an example.
    Expression,
    /// A probe marker (`//?`).
    Probe,
}

impl RecordKind {
    /// Whether it shows the new value of a variable.
    pub fn is_variable(self) -> bool {
        matches!(self, RecordKind::Assign | RecordKind::ForVariable)
    }
}

/// A point whose value a recording run keeps. It costs nothing in other runs: the recorder is a variant of the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordPoint {
    /// The value is recorded right after this instruction (before it, if it is a terminator other than `IterNext`).
    pub inst: InstId,
    /// The register that holds it.
    pub value: Reg,
    /// Why.
    pub kind: RecordKind,
}

/// The most registers, names or environment slots of a unit: the engine addresses them by 16 bits, and some are its own.
pub const MAX_OPERAND: u32 = 0xFFF0;

/// One lowered unit: a function body, a top-level statement, a module or an expression of the editor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unit {
    /// What it is.
    pub kind: UnitKind,
    /// Parameters, in registers 0, 1, …; with an environment the engine moves them into slots 0, 1, … at entry.
    pub params: Vec<Param>,
    /// Register of `self` if the unit (or a function inside it) mentions it; absent unless this is a method call.
    pub self_reg: Option<Reg>,
    /// Register of `super`, likewise.
    pub super_reg: Option<Reg>,
    /// Named variables in registers; empty when the unit has an environment.
    pub locals: Vec<Local>,
    /// Names of the environment's slots, if other code can reach this unit's variables: parameters, `self`, `super`, then
    /// variables in order of first assignment. `self` and `super` are copied into their slots at entry.
    pub env: Option<Vec<NameId>>,
    /// Number of registers.
    pub n_regs: u32,
    /// Instructions of all blocks, in block order.
    pub insts: Vec<Inst>,
    /// Static type of each instruction's result, parallel to `insts`.
    pub types: Vec<Ty>,
    /// Blocks, in order, covering `insts` without gaps.
    pub blocks: Vec<Block>,
    /// Names, in order of first mention in the source (the order in which globals get their slots).
    pub names: Vec<SmolStr>,
    /// Constants, without duplicates.
    pub consts: Vec<Const>,
    /// Nested functions.
    pub children: Vec<UnitKey>,
    /// What a recording run keeps.
    pub records: Vec<RecordPoint>,
    /// The docstring, a constant string.
    pub note: Option<ConstId>,
}

impl Inst {
    /// Whether this instruction ends a block.
    pub fn is_terminator(&self) -> bool {
        matches!(
            self,
            Inst::Jump { .. }
                | Inst::Branch { .. }
                | Inst::AndTest { .. }
                | Inst::OrTest { .. }
                | Inst::IterNext { .. }
                | Inst::Return { .. }
                | Inst::End
                | Inst::Unsupported { .. }
        )
    }
}

impl Unit {
    /// The instructions of a block.
    pub fn block_insts(&self, block: BlockId) -> &[Inst] {
        let block = &self.blocks[block.0 as usize];
        &self.insts[block.first as usize..block.end as usize]
    }

    /// How many registers, the first ones, a call fills: parameters, then `self` and `super` where the unit has them.
    pub fn n_inputs(&self) -> usize {
        self.params.len() + self.receivers().count()
    }

    /// The registers of `self` and `super`, where the unit has them.
    pub fn receivers(&self) -> impl Iterator<Item = Reg> {
        self.self_reg.into_iter().chain(self.super_reg)
    }

    /// The text of a name.
    pub fn name(&self, id: NameId) -> &str {
        &self.names[id.0 as usize]
    }

    /// The variable whose new value a record point sees.
    pub fn variable_of(&self, record: &RecordPoint) -> Option<&str> {
        if !record.kind.is_variable() {
            return None;
        }
        if let Some(local) = self.locals.iter().find(|local| local.reg == record.value) {
            return Some(self.name(local.name));
        }
        if let Some(param) = self.params.get(record.value.0 as usize).filter(|_| self.env.is_none()) {
            return Some(self.name(param.name));
        }
        // The store stands at the recorded instruction or close behind it.
        let stores = self.insts.iter().skip(record.inst.0 as usize).take(3);
        let stored = |inst: &Inst| match inst {
            Inst::StoreGlobal { name, src } if *src == record.value => Some(*name),
            Inst::StoreEnv { slot, src } if *src == record.value => {
                self.env.as_ref().and_then(|env| env.get(slot.0 as usize)).copied()
            }
            _ => None,
        };
        stores.filter_map(stored).next().map(|name| self.name(name))
    }
}
