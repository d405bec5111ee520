//! From SSA to an entry: addresses in, machine code out, exits and line tables filed.
//!
//! `optimise` collects [`Addresses`] for a function, has machine code made of both, here or on the compiler's thread, and publishes it.
//! Invariant: code is placed and linked on the thread that runs the program.

use super::Backend;
use super::background::Job;
use crate::code::{CodeRange, InstallError};
use crate::engine::inlined;
use crate::engine::slot::Slot;
use crate::engine::table::CodeTable;
use crate::engine::unit::{CallFlags, Code, CodeId, NameEntry};
use crate::events::{CodeEvent, SharedPiece};
use crate::exits::{Installed, Native};
use crate::reason::{Invalidation, Refusal, Refused};
use crate::record::Point;
use crate::ssa::flow::EntryAt;
use crate::ssa::{Func, Op};
use crate::translate::symbols::Symbol;
use crate::translate::{self, Compiled, Env, HelperTable, Workspace, tramp};
use cranelift_codegen::isa::OwnedTargetIsa;
use minilive_mir::ir::{BinaryOp, BlockId};
use minilive_runtime::realm::Realm;
use minilive_runtime::shared::CellId;
use rustc_hash::FxHashMap;
use std::mem::offset_of;

/// Everything outside of a function that its code refers to, as plain addresses and bits: nothing in here is looked up again while
/// code is made, so that another thread can do it.
///
/// What they point to stays where it is while a program runs: code objects keep their address, constants and names are permanent.
pub(super) struct Addresses {
    helpers: HelperTable,
    code: u32,
    entries: usize,
    takes: usize,
    callee_word: usize,
    frames: Vec<FrameAddresses>,
    points: usize,
    ascii: usize,
    /// By the body's number of a name: its string, and what it means to the engine. Names that splicing made for itself have neither.
    names: Vec<Option<NameAddresses>>,
    intrinsics: FxHashMap<u32, u64>,
    first_exit: u32,
    first_chain: u32,
    fail_once: Option<usize>,
    fail_again: bool,
    count_depth: bool,
    dump: bool,
    counted: bool,
    symbolic: bool,
}

/// The same of one activation that is part of the function.
struct FrameAddresses {
    block_counters: Vec<usize>,
    slots: usize,
    consts: Vec<u64>,
    children: usize,
}

/// A shared piece of code: where its address comes, what it is called, what makes it.
type Wanted = (translate::HelperId, &'static str, fn(&OwnedTargetIsa) -> Result<Compiled, Refused>);

impl FrameAddresses {
    fn of(code: &Code) -> FrameAddresses {
        let blocks = 0..code.unit.blocks.len() as u32;
        FrameAddresses {
            block_counters: blocks.map(|block| code.block_word(BlockId(block)).as_ptr() as usize).collect(),
            slots: code.slots.as_ptr() as usize,
            consts: code.consts.iter().map(|value| value.bits()).collect(),
            children: code.children.as_ptr() as usize,
        }
    }
}

/// What code says of a name.
#[derive(Debug, Clone, Copy)]
struct NameAddresses {
    number: u32,
    /// Bits of it as a string.
    text: u64,
    /// What it means to the engine.
    entry: usize,
}

impl Addresses {
    fn name(&self, id: u32) -> NameAddresses {
        self.names[id as usize].expect("code refers to names of its units")
    }

    /// Makes the machine code of a function, not yet placed.
    pub(super) fn translate(
        &self,
        isa: &OwnedTargetIsa,
        workspace: &mut Workspace,
        func: &Func,
    ) -> Result<Compiled, Refused> {
        let body = &func.body;
        let env = Env {
            code: self.code,
            helpers: &self.helpers,
            entries: self.entries,
            takes: self.takes,
            callee_word: self.callee_word,
            block_counter: &|block| {
                let (frame, own) = body.block_origin(block).expect("blocks behind calls are not counted");
                self.frames[frame].block_counters[own.0 as usize]
            },
            feedback: &|word| {
                let (frame, own) = body.word_origin(word);
                self.frames[frame].slots + own as usize * size_of::<Slot>() + offset_of!(Slot, cell)
            },
            record_point: &|point| self.points + point as usize * size_of::<Point>(),
            literal: &|id| {
                let (frame, own) = body.const_origin(id);
                self.frames[frame].consts[own.0 as usize]
            },
            ascii: self.ascii,
            child: &|id| {
                let (frame, own) = body.child_origin(id);
                self.frames[frame].children + own.0 as usize * size_of::<CodeId>()
            },
            name: &|id| u64::from(self.name(id).number),
            name_text: &|id| self.name(id).text,
            name_entry: &|id| self.name(id).entry,
            intrinsic: &|id| self.intrinsics[&id],
            first_exit: self.first_exit,
            first_chain: self.first_chain,
            fail_once: self.fail_once,
            fail_again: self.fail_again,
            count_depth: self.count_depth,
            dump: self.dump,
            counted: self.counted,
            symbolic: self.symbolic,
        };
        let mut compiled = translate::translate(isa, workspace, func, &env).map_err(|mut refused| {
            if refused.refusal == Refusal::CompilerFailed {
                refused.detail += &format!("\n{}", crate::ssa::print::print(func));
            }
            refused
        })?;
        compiled.resolve(|symbol| env.resolve(symbol));
        Ok(compiled)
    }
}

impl Backend {
    /// Collects what the code of a function will refer to, and makes stubs for what it calls.
    pub(super) fn addresses(
        &self,
        codes: &CodeTable,
        realm: &mut Realm,
        code: &Code,
        func: &Func,
    ) -> Result<Addresses, Refused> {
        self.provide_stubs(codes, realm, func)?;
        let words = &self.shared.words;
        let native = self.shared.native();
        let (first_exit, first_chain) = native.first_numbers();
        drop(native);
        let names = 0..func.body.unit.names.len() as u32;
        let name = |id| {
            let entry = name_entry(codes, func, id)?;
            let text = codes.shared().name_value(entry.name).bits();
            Some(NameAddresses { number: entry.name.0, text, entry: std::ptr::from_ref(entry) as usize })
        };
        let insts = func.blocks.iter().flat_map(|block| &block.insts);
        let intrinsics = insts.filter_map(|inst| match inst.op {
            Op::Intrinsic(id) => Some((id, codes.shared().intrinsic(id).bits())),
            _ => None,
        });
        Ok(Addresses {
            helpers: self.helpers.clone(),
            code: code.id.0,
            entries: words.entries.as_ptr() as usize,
            takes: words.takes.as_ptr() as usize,
            callee_word: self.shared.callee_word(),
            frames: func.body.frames.iter().map(|frame| FrameAddresses::of(codes.get(CodeId(frame.code)))).collect(),
            points: code.points.as_ptr() as usize,
            ascii: codes.shared().ascii_table() as usize,
            names: names.map(name).collect(),
            intrinsics: intrinsics.collect(),
            first_exit,
            first_chain,
            fail_once: self.shared.forces().then_some(words.forced.as_ptr() as usize + first_exit as usize),
            fail_again: self.shared.forces_again(),
            count_depth: self.count_depth,
            dump: self.dumps.is_some(),
            counted: self.counted,
            symbolic: self.symbolic,
        })
    }

    /// Places the machine code of a job and links its entry, whose address is the result.
    pub(super) fn publish(
        &self,
        codes: &CodeTable,
        realm: &mut Realm,
        code: &Code,
        job: &Job,
        compiled: &mut Compiled,
    ) -> Result<usize, Refused> {
        let trampoline = match job.at {
            EntryAt::Start => self.trampoline(codes, code.unit.n_inputs())?,
            EntryAt::Loop(_) => self.loop_trampoline(codes)?,
        };
        let mut native = self.shared.native();
        let range = put(&mut native, compiled)?;
        let Addresses { first_exit, first_chain, .. } = job.addresses;
        let exits: Box<[_]> = compiled.exits.drain(..).map(|info| (info, 0)).collect();
        let n_exits = exits.len();
        let lines = std::mem::take(&mut compiled.lines).into();
        let chains = std::mem::take(&mut compiled.chains).into();
        let osr = job.func.osr;
        let piece = Installed { code: code.id, range, osr, lines, first_exit, exits, first_chain, chains };
        // One job is on its way at a time, so its numbers are its own, unless there are no more.
        let entry = native.install(piece).ok_or(Refusal::ArenaFull)?;
        self.shared.prepare_failures(first_exit as usize, n_exits);
        drop(native);
        note_stores(codes, realm, &job.func);
        // Before it can be entered, since names of callees that are part of it may have no places yet. Older entries that rely on what is
        // no more so go first.
        inlined::is_ready(codes, realm, code);
        code.tier.note_dependencies(&job.inlined, &job.func.assumed);
        let ready = inlined::is_ready(codes, realm, code);
        match job.at {
            EntryAt::Start => {
                code.tier.trampoline.set(trampoline);
                code.tier.entry.set(entry);
                code.set_call_flag(CallFlags::COMPILED, true);
                code.set_call_flag(CallFlags::WAITING, !ready);
                if ready {
                    self.shared.set_entry(code, entry);
                }
            }
            EntryAt::Loop(block) => {
                code.tier.loop_trampoline.set(trampoline);
                code.tier.osr[block.0 as usize].set(entry);
            }
        }
        Ok(entry)
    }

    /// Makes sure that every code a function calls through the table has an entry there.
    fn provide_stubs(&self, codes: &CodeTable, realm: &mut Realm, func: &Func) -> Result<(), Refused> {
        for inst in func.blocks.iter().flat_map(|block| &block.insts) {
            let Op::CallCode(id) = inst.op else {
                continue;
            };
            let callee = codes.get(CodeId(id));
            let stub = self.stub(codes, callee.unit.n_inputs())?;
            if self.shared.entry(callee.id) == 0 {
                let entry = callee.tier.entry.get();
                let ready = entry != 0 && inlined::is_ready(codes, realm, callee);
                self.shared.set_entry(callee, if ready { entry } else { stub });
            }
        }
        Ok(())
    }

    /// Provides the stub that keeps all registers around helpers. Programs that end before anything is compiled do without.
    pub(super) fn provide_keeping_stub(&mut self, codes: &CodeTable) -> Result<(), Refused> {
        if self.helpers.addresses[translate::HelperId::Keeping as usize] == 0 {
            let compiled = tramp::keeping_stub(&self.isa)?;
            let address = self.share(codes, "keep registers".to_owned(), compiled)?;
            self.helpers.addresses[translate::HelperId::Keeping as usize] = address;
        }
        Ok(())
    }

    /// Provides the shared lookups that a function's sites need.
    pub(super) fn provide_lookups(&mut self, codes: &CodeTable, func: &Func) -> Result<(), Refused> {
        use crate::ssa::{Helper, Op};
        use translate::HelperId::{
            FindStub, GetKeyStub, HasKeyStub, IsaStub, PutStub, SetKeyStub, ShowsStub, SliceStub,
        };
        use translate::lookup::{find_stub, get_key_stub, has_key_stub, isa_stub, put_stub, set_key_stub, shows_stub};
        for inst in func.blocks.iter().flat_map(|block| &block.insts) {
            let wanted: &[Wanted] = match inst.op {
                Op::Helper(helper) if helper.asks_for_key(&func.body.unit, &inst.args) => {
                    &[(HasKeyStub, "ask for a key", has_key_stub)]
                }
                Op::Helper(
                    Helper::FindMember(_)
                    | Helper::PutMember(_)
                    | Helper::FindInTable { .. }
                    | Helper::PutInTable { .. }
                    | Helper::GetMember(_)
                    | Helper::CallMethod(_),
                ) => &[(PutStub, "store a member", put_stub), (FindStub, "find a member", find_stub)],
                Op::Helper(Helper::Binary(BinaryOp::Isa)) => &[(IsaStub, "walk a chain", isa_stub)],
                Op::ShowsMethod(_) => &[(ShowsStub, "look for methods", shows_stub)],
                Op::Helper(Helper::GetKey) => &[(GetKeyStub, "find a key", get_key_stub)],
                Op::Helper(Helper::SliceText) => &[(SliceStub, "slice a text", translate::slice::slice_stub)],
                Op::Helper(Helper::SetKey) => &[(SetKeyStub, "store at a key", set_key_stub)],
                _ => continue,
            };
            for &(id, name, make) in wanted {
                if self.helpers.addresses[id as usize] == 0 {
                    self.helpers.addresses[id as usize] = self.share(codes, name.to_owned(), make(&self.isa)?)?;
                }
            }
        }
        Ok(())
    }

    fn stub(&self, codes: &CodeTable, arity: usize) -> Result<usize, Refused> {
        if let Some(&stub) = self.shared.native().stubs.get(&arity) {
            return Ok(stub);
        }
        let compiled = tramp::stub(&self.isa, arity)?;
        let address = self.share(codes, format!("call of {arity}"), compiled)?;
        self.shared.native().stubs.insert(arity, address);
        Ok(address)
    }

    fn trampoline(&self, codes: &CodeTable, arity: usize) -> Result<usize, Refused> {
        self.cached_trampoline(codes, arity, |it| tramp::trampoline(&it.isa, arity))
    }

    fn loop_trampoline(&self, codes: &CodeTable) -> Result<usize, Refused> {
        self.cached_trampoline(codes, usize::MAX, |it| tramp::loop_trampoline(&it.isa))
    }

    fn cached_trampoline(
        &self,
        codes: &CodeTable,
        key: usize,
        make: impl FnOnce(&Self) -> Result<Compiled, Refused>,
    ) -> Result<usize, Refused> {
        if let Some(&address) = self.shared.native().trampolines.get(&key) {
            return Ok(address);
        }
        let compiled = make(self)?;
        let name = if key == usize::MAX { "enter a loop".to_owned() } else { format!("enter with {key}") };
        let address = self.share(codes, name, compiled)?;
        self.shared.native().trampolines.insert(key, address);
        Ok(address)
    }

    /// Installs a piece that all code shares, and tells of it.
    fn share(&self, codes: &CodeTable, name: String, mut compiled: Compiled) -> Result<usize, Refused> {
        compiled.resolve(|symbol| match symbol {
            Symbol::Helper(id, offset) => self.helpers.addresses[id as usize + usize::from(offset)] as u64,
            Symbol::Callee => self.shared.callee_word() as u64,
            Symbol::Context => self.shared.context_word() as u64,
            Symbol::Helpers => self.shared.words.helpers.as_ptr() as u64,
            Symbol::Ascii => codes.shared().ascii_table() as u64,
            other => unreachable!("a shared piece belongs to no function, so it has no {other:?}"),
        });
        let piece = put_piece(&mut self.shared.native(), name, &compiled)?;
        let address = piece.address;
        codes.log.tell(|| CodeEvent::Shared(piece));
        Ok(address)
    }
}

/// Nobody relies any more on the globals that a function stores to.
fn note_stores(codes: &CodeTable, realm: &mut Realm, func: &Func) {
    let stores = func.blocks.iter().flat_map(|block| &block.insts).filter_map(|inst| match inst.op {
        Op::StoreCell(cell) => Some(cell),
        _ => None,
    });
    let at_exits = func.states.iter().flat_map(|state| &state.cells).map(|it| it.0);
    for cell in stores.chain(at_exits).map(CellId) {
        if !codes.stored.borrow_mut().insert(cell) {
            continue;
        }
        realm.store_blindly(cell);
        for code in codes.versions() {
            if code.tier.assumed.borrow().iter().any(|it| it.0 == cell) {
                super::drop_compiled(code, Invalidation::GlobalAssigned);
            }
        }
    }
}

fn put_piece(native: &mut Native, name: String, compiled: &Compiled) -> Result<SharedPiece, Refused> {
    let range = put(native, compiled)?;
    let piece = SharedPiece { name, address: native.arena.address(range), bytes: compiled.bytes.len() };
    native.pieces.push(piece.clone());
    Ok(piece)
}

/// What a name of a body means to the engine, as one of its codes knows it.
fn name_entry<'a>(codes: &'a CodeTable, func: &Func, id: u32) -> Option<&'a NameEntry> {
    let text = &func.body.unit.names[id as usize];
    func.body.frames.iter().find_map(|frame| {
        let at = frame.unit.names.iter().position(|name| name == text)?;
        Some(&codes.get(CodeId(frame.code)).names[at])
    })
}

fn put(native: &mut Native, compiled: &Compiled) -> Result<CodeRange, Refused> {
    native.arena.install(&compiled.bytes, &compiled.fixups).map_err(|error| match error {
        InstallError::Full => Refusal::ArenaFull.into(),
        InstallError::Relocation(kind) => Refused::failed(format!("a relocation of the kind {kind:?}")),
    })
}
