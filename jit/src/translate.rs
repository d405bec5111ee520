//! SSA to machine code through Cranelift: one function at a time, no linker, no module.
//!
//! The engine hands in a [`Func`] and an [`Env`] of addresses; it gets bytes, relocations, exits and line tables back and installs
//! them in `code`'s arena. The parts: `lower` (instructions), `ops` (numbers), `memory` (cells, lists), `calls`, `leave` (exits,
//! budget, counters), `record` (values for the editor), `tramp` (ways in and out). Invariant: nothing that belongs to one realm is embedded, but what `Env` says
//! is pinned; all helper addresses come from one table.

mod allocate;
mod call_any;
pub mod calls;
mod count;
mod late;
mod leave;
mod lent;
pub mod lookup;
mod lower;
mod memory;
mod mixed;
mod ops;
mod record;
mod sites;
pub mod slice;
pub mod symbols;
mod table;
mod text;
pub mod tramp;

use crate::code::{Fixup, RelocTo};
use crate::dump::Line;
use crate::reason::{ExitReason, Refused};
use crate::ssa::{Func, State};
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::{self, UserFuncName};
use cranelift_codegen::isa::{CallConv, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use cranelift_codegen::write::{FuncWriter, PlainWriter, write_function_spec};
use cranelift_codegen::{CompiledCode, Context, FinalizedRelocTarget};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use minilive_mir::ir::{BlockId, InstId, Reg};
use std::sync::Arc;
use symbols::Symbol;

const _: () = assert!(size_of::<usize>() == 8, "addresses are embedded as 64-bit words");

/// Addresses of the functions that generated code calls.
#[derive(Debug, Clone)]
pub struct HelperTable {
    /// By [`HelperId`].
    pub addresses: Vec<usize>,
}

/// A function that generated code calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum HelperId {
    /// `(ctx, exit, values) -> value`
    Deopt,
    /// `(ctx, site) -> status`: the budget of a loop is used up; 0 to go on, else to unwind.
    Budget,
    /// `(ctx, site) -> status`: as `Budget`, or [`LEAVE`]: better code has taken the place of this.
    LongBudget,
    /// `(ctx, site) -> status`: as `Budget`, for a call that has not begun.
    CallBudget,
    /// `(ctx, site) -> EXC`: the native stack is used up.
    StackOverflow,
    /// `(ctx, code, callee, count, args) -> value`: runs a function in the interpreter.
    Interpret,
    /// `(ctx, site, list, index) -> value`
    ListGet,
    /// `(ctx, list object) -> number of elements`
    StoredLen,
    /// The next element of a loop over anything, and in the realm's head where it goes on.
    IterNext,
    /// The key of the next entry of a loop over a map; in the realm's head its value, and where the loop goes on.
    IterEntry,
    /// `(ctx, site, list, index, value) -> value or EXC`
    ListSet,
    /// `(f64, f64) -> f64`
    Fmod,
    /// `(f64, f64) -> f64`
    Pow,
    /// `(f64, f64) -> f64`
    Atan2,
    /// `(f64) -> f64`; the [`crate::ssa::Math`] functions follow each other in order.
    Math,
    /// `(ctx, site, operator, a, b) -> value`
    Binary = 32,
    /// `(ctx, site, operator, a) -> value`
    Unary,
    /// `(ctx, site, value) -> 0, 1, or 2 to unwind`
    Truth,
    /// `(ctx, site, operation, args, count) -> value or EXC`: everything else.
    Generic,
    /// `(ctx, site, name entry, cell, args, count) -> value or EXC`: object and receiver are the arguments.
    GetMember,
    /// As `GetMember`, with the method's arguments behind them.
    CallMethod,
    /// `(ctx, site, object, name entry, cell) -> value or EXC`
    FindMember,
    /// `(ctx, site, object, value, name entry, cell) -> value or EXC`
    PutMember,
    /// `(ctx, site, container, key) -> value or EXC`
    GetIndex,
    /// `(ctx, site, container, key, value) -> value or EXC`
    SetIndex,
    /// `(ctx, site, cell, args, count) -> value or EXC`: keys and values in turn.
    MakeMap,
    /// `(ctx, code and record point, value) -> 0`: a recorded value that has no short way.
    Record,
    /// `(ctx, site, code) -> status`: as `CallBudget`, for a callee that is part of its caller.
    InlinedBudget,
    /// `(ctx, site) -> EXC`: calls nest too deep, for such a callee.
    TooDeep,
    /// `(ctx, object, name, text) -> value or absent`: see [`lookup`].
    FindStub,
    /// `(ctx, object, name, text, value) -> done`: see [`lookup`].
    PutStub,
    /// `(ctx, object, key) -> value or absent`: see [`lookup`].
    GetKeyStub,
    /// `(ctx, map, key, name) -> truth or absent`: see [`lookup`].
    HasKeyStub,
    /// `(ctx, object, key, value) -> done`: see [`lookup`].
    SetKeyStub,
    /// `(ctx, value, map) -> truth or absent`: see [`lookup`].
    IsaStub,
    /// `(ctx, map, name) -> truth`: see [`lookup`].
    ShowsStub,
    /// `()`, keeping all registers: what the helper takes and gives stands in the head. See [`tramp`].
    Keeping,
    /// `(ctx, site, map, name, value) -> value or EXC`
    StoreMember,
    /// `(ctx, site, shape, args, count) -> value`: an environment object whose first variables are the arguments.
    MakeEnv,
    /// `(ctx, site, shape, args, count) -> value`: a map whose slots are the arguments.
    MakeShaped,
    /// `(ctx, site, code, captured) -> value`: a function.
    MakeFunction,
    /// `(ctx, site, env, slot, value) -> null`: assigns a variable of an environment object.
    StoreEnv,
    /// `(ctx, site, env, captured, name entry) -> value or EXC`: a free name by the full rules.
    LoadFree,
    /// `(ctx, site, number, args, count) -> value or EXC`: an intrinsic.
    Intrinsic,
    /// `(ctx, site, string, index) -> value`: a character.
    StrChar,
    /// `(ctx, string) -> code of the first character`
    StrCode,
    /// `(ctx, site, code) -> value`: a string of one character.
    CharOf,
    /// `(ctx, a, b) -> 0, 1 or 2`: less, equal, greater.
    StrOrder,
    /// `(ctx, a, b) -> 0 or 1`: whether two strings have the same text.
    SameText,
    /// `(ctx, map, text) -> 0 or 1`: whether a map itself has a text, of which it is noted as what it was found.
    HasText,
    /// `(ctx, site) -> value or EXC`: a random number.
    Random,
    /// `(ctx, text, from, to) -> text or absent`: see [`slice`].
    SliceStub,
}

/// What [`HelperId::LongBudget`] answers if the code that asks is to be left.
pub const LEAVE: u64 = 2;

/// How many entries a helper table has.
pub const HELPERS: usize = 69;

/// Facts and addresses that the code of one entry relies on.
pub struct Env<'a> {
    /// The unit's code id.
    pub code: u32,
    /// Helpers.
    pub helpers: &'a HelperTable,
    /// Address of the table of function entries, by code id.
    pub entries: usize,
    /// Address of the table of what these entries take.
    pub takes: usize,
    /// Address of a word where calls through the table leave the callee for stubs.
    pub callee_word: usize,
    /// Address of each block's execution counter.
    pub block_counter: &'a dyn Fn(BlockId) -> usize,
    /// Address of the feedback cell of a word of the bytecode.
    pub feedback: &'a dyn Fn(u32) -> usize,
    /// Address of what a record point saw.
    pub record_point: &'a dyn Fn(u32) -> usize,
    /// Bits of a constant that is pinned for the life of the code.
    pub literal: &'a dyn Fn(u32) -> u64,
    /// The number of a name of the unit.
    pub name: &'a dyn Fn(u32) -> u64,
    /// Bits of a name of the unit as a string.
    pub name_text: &'a dyn Fn(u32) -> u64,
    /// Address of what a name of the unit means to the engine.
    pub name_entry: &'a dyn Fn(u32) -> usize,
    /// Address of the table of strings of one ASCII character.
    pub ascii: usize,
    /// Address of the number of a nested function's code.
    pub child: &'a dyn Fn(u32) -> usize,
    /// Bits of an intrinsic's function value.
    pub intrinsic: &'a dyn Fn(u32) -> u64,
    /// First exit number to give out.
    pub first_exit: u32,
    /// First number of a chain of calls to give out.
    pub first_chain: u32,
    /// Every guard fails at its first execution: address of one byte per exit from `first_exit` on.
    pub fail_once: Option<usize>,
    /// These bytes count down to the next failure.
    pub fail_again: bool,
    /// Calls count nested activations.
    pub count_depth: bool,
    /// Keep CLIF and assembly text.
    pub dump: bool,
    /// Count how often blocks run.
    pub counted: bool,
    /// Embed no addresses: refer to symbols instead.
    pub symbolic: bool,
}

/// One way out of compiled code.
#[derive(Debug, Clone, PartialEq)]
pub struct ExitInfo {
    /// The code and the instruction whose guard leaves.
    pub at: (u32, InstId),
    /// Why.
    pub reason: ExitReason,
    /// The activations that the interpreter takes over, innermost first; the last one is the entry's own.
    pub frames: Arc<[ExitFrame]>,
    /// The maps that compiled code never made, in the order in which they are made: each before those that hold it.
    pub objects: Arc<[ExitObject]>,
    /// What registers have counted on the way.
    pub counted: Arc<[Counted]>,
}

/// A map or list that compiled code never made: the interpreter makes it of its slots.
#[derive(Debug, Clone, PartialEq)]
pub struct ExitObject {
    /// The stored word that it is left in, where whoever holds it finds it.
    pub word: u32,
    /// Its shape; that of what is no map if it is a list.
    pub shape: u32,
    /// Its slots.
    pub slots: Box<[Restored]>,
}

/// How often a block ran since its counter was last written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// The code.
    pub code: u32,
    /// Its block.
    pub block: BlockId,
    /// The stored word with the number.
    pub word: u32,
}

/// One activation at an exit.
#[derive(Debug, Clone, PartialEq)]
pub struct ExitFrame {
    /// Its code.
    pub code: u32,
    /// Where it stands while the activation inside runs, as a site word.
    pub site: u64,
    /// Where the interpreter goes on.
    pub resume: InstId,
    /// Where the result of the activation inside goes.
    pub result: Option<Reg>,
    /// The map that the function captured, unless that is the map of globals.
    pub captured: Option<Restored>,
    /// The environment object, if the function's variables are in one.
    pub env: Option<Restored>,
    /// Registers and what they get from the stored values.
    pub regs: Vec<(Reg, Restored)>,
}

/// Marks a site word that is the number of a chain of calls; others are a code and an instruction.
pub const SITE_CHAIN: u64 = 1 << 63;

/// Chains of calls, from the innermost spliced callee to the entry's own code.
pub type Chain = Box<[(u32, InstId)]>;

/// How a register's value is made at an exit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restored {
    /// The stored word of this number.
    Word(u32),
    /// Known bits.
    Bits(u64),
    /// The number that the stored word of this number is as an integer.
    Int(u32),
    /// A computed list.
    Range {
        /// The first of the words with its base, step and count.
        first: u32,
        /// Which of them are integers, a bit each.
        ints: u8,
    },
}

/// What compiling gave.
#[derive(Debug, Default)]
pub struct Compiled {
    /// Machine code.
    pub bytes: Vec<u8>,
    /// Places that need addresses.
    pub fixups: Vec<Fixup>,
    /// What relocations refer to, by number.
    pub symbols: Vec<Symbol>,
    /// Exits, numbered from [`Env::first_exit`].
    pub exits: Vec<ExitInfo>,
    /// For each call: offset behind it, and the site word of the instruction it belongs to.
    pub lines: Vec<(u32, u64)>,
    /// Chains of calls, numbered from [`Env::first_chain`].
    pub chains: Vec<Chain>,
    /// CLIF text, if asked for.
    pub clif: Vec<Line>,
    /// Assembly text, if asked for.
    pub asm: Vec<Line>,
}

/// Makes a code generator for this machine, or says why there is none. `verify` has Cranelift check what it is given.
pub fn host_isa(verify: bool) -> Result<OwnedTargetIsa, String> {
    let mut flags = settings::builder();
    let set = [
        ("opt_level", "none"),
        ("regalloc_algorithm", "backtracking"),
        ("enable_verifier", if verify { "true" } else { "false" }),
        ("unwind_info", "false"),
        ("preserve_frame_pointers", "true"),
        ("is_pic", "false"),
    ];
    for (name, value) in set {
        flags.set(name, value).map_err(|error| format!("{name}: {error}"))?;
    }
    let flags = settings::Flags::new(flags);
    let builder = cranelift_native::builder().map_err(str::to_owned)?;
    builder.finish(flags).map_err(|error| error.to_string())
}

/// The signature of compiled functions: context, then boxed arguments; boxed result.
pub fn signature(isa: &OwnedTargetIsa, words: usize) -> ir::Signature {
    let mut signature = ir::Signature::new(convention(isa));
    signature.params = vec![ir::AbiParam::new(ir::types::I64); words + 1];
    signature.returns = vec![ir::AbiParam::new(ir::types::I64)];
    signature
}

/// The calling convention of all compiled code, which is also the host's for C functions.
pub fn convention(isa: &OwnedTargetIsa) -> CallConv {
    isa.default_call_conv()
}

/// What Cranelift works in. It is used again for one function after the other: to make its tables anew for each takes a good part of a
/// compilation.
pub struct Workspace {
    context: Context,
    pool: FunctionBuilderContext,
}

impl Default for Workspace {
    fn default() -> Workspace {
        Workspace { context: Context::new(), pool: FunctionBuilderContext::new() }
    }
}

/// Compiles one SSA function.
pub fn translate(
    isa: &OwnedTargetIsa,
    workspace: &mut Workspace,
    func: &Func,
    env: &Env<'_>,
) -> Result<Compiled, Refused> {
    let Workspace { context, pool } = workspace;
    context.clear();
    let words = if func.osr { 1 } else { func.params as usize };
    context.func.name = UserFuncName::user(0, env.code);
    context.func.signature = signature(isa, words);
    let builder = FunctionBuilder::new(&mut context.func, pool);
    let lower::Lowered { exits, mut sites, symbols } = lower::lower(builder, isa, func, env);
    let (mut compiled, lines) = finish(isa, context, env.dump)?;
    compiled.exits = exits;
    compiled.symbols = symbols;
    compiled.lines = lines.into_iter().map(|(offset, at)| (offset, sites.word(&func.body, at))).collect();
    compiled.chains = sites.chains;
    Ok(compiled)
}

/// Runs Cranelift on a built function. Beside the code: the instruction of each call, by the offset behind it.
fn finish(isa: &OwnedTargetIsa, context: &mut Context, dump: bool) -> Result<(Compiled, Vec<(u32, InstId)>), Refused> {
    let clif = if dump { clif_lines(&context.func) } else { Vec::new() };
    context.set_disasm(dump);
    if let Err(error) = context.compile(&**isa, &mut Default::default()) {
        let error = cranelift_codegen::print_errors::pretty_error(error.func, error.inner);
        return Err(Refused::failed(error));
    }
    let code = context.compiled_code().expect("compiled right above");
    let asm = if dump { crate::disassemble::lines(code) } else { Vec::new() };
    let mut compiled = Compiled { clif, asm, ..Compiled::default() };
    compiled.bytes = code.code_buffer().to_vec();
    compiled.fixups = fixups(code, &context.func)?;
    let lines = lines(code);
    Ok((compiled, lines))
}

/// The text of a built function; its source locations are MIR instructions.
fn clif_lines(func: &ir::Function) -> Vec<Line> {
    let text = |write: &dyn Fn(&mut String) -> std::fmt::Result| {
        let mut text = String::new();
        write(&mut text).expect("writing to a string never fails");
        text.trim_end().to_owned()
    };
    let aliases = SecondaryMap::new();
    let mut lines = vec![Line::plain(text(&|out| write_function_spec(out, func)) + " {")];
    let preamble = text(&|out| PlainWriter.write_preamble(out, func).map(|_| ()));
    lines.extend(preamble.lines().map(Line::plain));
    for block in func.layout.blocks() {
        lines.push(Line::plain(text(&|out| PlainWriter.write_block_header(out, func, block, 4))));
        for inst in func.layout.block_insts(block) {
            let at = func.srcloc(inst);
            let text = text(&|out| PlainWriter.write_instruction(out, func, &aliases, inst, 4));
            lines.push(Line::of((!at.is_default()).then(|| InstId(at.bits())), text));
        }
    }
    lines.push(Line::plain("}"));
    lines
}

fn fixups(code: &CompiledCode, func: &ir::Function) -> Result<Vec<Fixup>, Refused> {
    code.buffer
        .relocs()
        .iter()
        .map(|reloc| {
            let to = match reloc.target {
                FinalizedRelocTarget::ExternalName(ir::ExternalName::User(name)) => {
                    let name = &func.params.user_named_funcs()[name];
                    if name.namespace == symbols::SYMBOLS { RelocTo::Symbol(name.index) } else { RelocTo::Itself }
                }
                ref other => return Err(Refused::failed(format!("a relocation to {other:?}"))),
            };
            Ok(Fixup { at: reloc.offset, kind: reloc.kind, to, addend: reloc.addend })
        })
        .collect()
}

/// The instruction that each call site belongs to, by return address.
fn lines(code: &CompiledCode) -> Vec<(u32, InstId)> {
    let locations = code.buffer.get_srclocs_sorted();
    code.buffer
        .call_sites()
        .filter_map(|site| {
            let at = site.ret_addr;
            let found = locations.iter().find(|it| it.start < at && at <= it.end)?;
            (!found.loc.is_default()).then(|| (at, InstId(found.loc.bits())))
        })
        .collect()
}

/// How many words the values of a state need; an object takes one itself, in which the exit leaves it.
fn state_words(state: &State) -> usize {
    let slots = state.objects.iter().flat_map(|it| &it.slots);
    let vals = state.regs.iter().map(|(_, val)| val).chain(slots);
    vals.map(|val| val.vals().count()).sum::<usize>() + state.objects.len()
}
