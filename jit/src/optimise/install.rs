//! From SSA to an entry: addresses in, machine code out, exits and line tables filed.

use super::Backend;
use crate::code::{CodeRange, InstallError};
use crate::engine::inlined;
use crate::engine::table::CodeTable;
use crate::engine::unit::{CallFlags, Code, CodeId, NameEntry};
use crate::events::{CodeEvent, SharedPiece};
use crate::exits::{ExitEntry, Installed, Native};
use crate::reason::{Refusal, Refused};
use crate::ssa::Func;
use crate::ssa::flow::EntryAt;
use crate::translate::{self, Compiled, Env, tramp};

impl Backend {
    /// Compiles a function to machine code and links its entry.
    pub(super) fn install(
        &self,
        codes: &CodeTable,
        code: &Code,
        at: EntryAt,
        func: &Func,
    ) -> Result<(Compiled, usize), Refused> {
        self.provide_stubs(codes, func)?;
        let mut compiled = self.machine_code(codes, code, func)?;
        let params = code.unit.n_inputs();
        let trampoline = match at {
            EntryAt::Start => self.trampoline(codes, params)?,
            EntryAt::Loop(_) => self.loop_trampoline(codes)?,
        };
        let mut native = self.shared.native();
        let range = put(&mut native, &compiled)?;
        let entry = native.arena.address(range);
        let lines = std::mem::take(&mut compiled.lines).into();
        native.installed.insert(entry, Installed { code: code.id, range, lines });
        let exit = |info| ExitEntry { code: code.id, osr: func.osr, address: entry, info };
        self.shared.prepare_failures(native.exits.len(), compiled.exits.len());
        native.exits.extend(compiled.exits.drain(..).map(exit));
        native.chains.append(&mut compiled.chains);
        drop(native);
        match at {
            EntryAt::Start => {
                code.tier.trampoline.set(trampoline);
                code.tier.entry.set(entry);
                code.set_call_flag(CallFlags::COMPILED, true);
                if inlined::is_ready(codes, code) {
                    self.shared.set_entry(code, entry);
                }
            }
            EntryAt::Loop(block) => {
                code.tier.loop_trampoline.set(trampoline);
                code.tier.osr[block.0 as usize].set(entry);
            }
        }
        Ok((compiled, entry))
    }

    /// The machine code of a function, not yet placed.
    fn machine_code(&self, codes: &CodeTable, code: &Code, func: &Func) -> Result<Compiled, Refused> {
        let words = &self.shared.words;
        let native = self.shared.native();
        let (first_exit, first_chain) = (native.exits.len() as u32, native.chains.len() as u32);
        drop(native);
        let body = &func.body;
        let owner = |frame: usize| codes.get(CodeId(body.frames[frame].code));
        let env = Env {
            code: code.id.0,
            helpers: &self.helpers,
            entries: words.entries.as_ptr() as usize,
            takes: words.takes.as_ptr() as usize,
            callee_word: self.callee_word(),
            block_counter: &|block| {
                let (frame, own) = body.block_origin(block).expect("blocks behind calls are not counted");
                owner(frame).block_word(own).as_ptr() as usize
            },
            feedback: &|word| {
                let (frame, own) = body.word_origin(word);
                std::ptr::from_ref(&owner(frame).slots[own as usize].cell) as usize
            },
            record_point: &|point| std::ptr::from_ref(&code.points[point as usize]) as usize,
            literal: &|id| {
                let (frame, own) = body.const_origin(id);
                owner(frame).consts[own.0 as usize].bits()
            },
            name: &|id| u64::from(name_entry(codes, func, id).name.0),
            name_entry: &|id| std::ptr::from_ref(name_entry(codes, func, id)) as usize,
            intrinsic: &|id| codes.shared().intrinsic(id).bits(),
            first_exit,
            first_chain,
            fail_once: self.shared.forces().then_some(words.forced.as_ptr() as usize + first_exit as usize),
            fail_again: self.shared.forces_again(),
            count_depth: self.count_depth,
            dump: self.dumps.is_some(),
        };
        translate::translate(&self.isa, func, &env)
    }

    /// Makes sure that every code a function calls through the table has an entry there.
    fn provide_stubs(&self, codes: &CodeTable, func: &Func) -> Result<(), Refused> {
        for inst in func.blocks.iter().flat_map(|block| &block.insts) {
            let crate::ssa::Op::CallCode(id) = inst.op else {
                continue;
            };
            let callee = codes.get(CodeId(id));
            let stub = self.stub(codes, callee.unit.n_inputs())?;
            if self.shared.entry(callee.id) == 0 {
                let entry = callee.tier.entry.get();
                let ready = entry != 0 && inlined::is_ready(codes, callee);
                self.shared.set_entry(callee, if ready { entry } else { stub });
            }
        }
        Ok(())
    }

    /// Puts the stub that keeps all registers before the budget's slow path.
    pub(super) fn link_budget_stub(&mut self) -> Result<(), Refused> {
        let compiled = tramp::budget_stub(&self.isa, &self.helpers)?;
        let piece = put_piece(&mut self.shared.native(), "budget".to_owned(), &compiled)?;
        self.helpers.addresses[translate::HelperId::Budget as usize] = piece.address;
        Ok(())
    }

    /// Provides the shared lookups, if a function has sites that met too many shapes.
    pub(super) fn provide_lookups(&mut self, codes: &CodeTable, func: &Func) -> Result<(), Refused> {
        use crate::ssa::{Helper, Op};
        use translate::HelperId::{FindStub, PutStub};
        let looks_up = |op: &Op| {
            matches!(
                op,
                Op::Helper(Helper::FindMember(_) | Helper::PutMember(_) | Helper::GetMember(_) | Helper::CallMethod(_))
            )
        };
        let needed = func.blocks.iter().flat_map(|block| &block.insts).any(|inst| looks_up(&inst.op));
        if !needed || self.helpers.addresses[FindStub as usize] != 0 {
            return Ok(());
        }
        let (find, put) = (translate::lookup::find_stub(&self.isa)?, translate::lookup::put_stub(&self.isa)?);
        let put = self.share(codes, "store a member".to_owned(), &put)?;
        let find = self.share(codes, "find a member".to_owned(), &find)?;
        self.helpers.addresses[PutStub as usize] = put;
        self.helpers.addresses[FindStub as usize] = find;
        Ok(())
    }

    fn callee_word(&self) -> usize {
        std::ptr::from_ref(&*self.shared.words.callee) as usize
    }

    fn stub(&self, codes: &CodeTable, arity: usize) -> Result<usize, Refused> {
        if let Some(&stub) = self.shared.native().stubs.get(&arity) {
            return Ok(stub);
        }
        let compiled = tramp::stub(&self.isa, &self.helpers, self.callee_word(), arity)?;
        let address = self.share(codes, format!("call of {arity}"), &compiled)?;
        self.shared.native().stubs.insert(arity, address);
        Ok(address)
    }

    fn trampoline(&self, codes: &CodeTable, arity: usize) -> Result<usize, Refused> {
        self.cached_trampoline(codes, arity, |it| tramp::trampoline(&it.isa, it.callee_word(), arity))
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
        let address = self.share(codes, name, &compiled)?;
        self.shared.native().trampolines.insert(key, address);
        Ok(address)
    }

    /// Installs a piece that all code shares, and tells of it.
    fn share(&self, codes: &CodeTable, name: String, compiled: &Compiled) -> Result<usize, Refused> {
        let piece = put_piece(&mut self.shared.native(), name, compiled)?;
        let address = piece.address;
        codes.log.tell(|| CodeEvent::Shared(piece));
        Ok(address)
    }
}

fn put_piece(native: &mut Native, name: String, compiled: &Compiled) -> Result<SharedPiece, Refused> {
    let range = put(native, compiled)?;
    let piece = SharedPiece { name, address: native.arena.address(range), bytes: compiled.bytes.len() };
    native.pieces.push(piece.clone());
    Ok(piece)
}

/// What a name of a body means to the engine, as one of its codes knows it.
fn name_entry<'a>(codes: &'a CodeTable, func: &Func, id: u32) -> &'a NameEntry {
    let text = &func.body.unit.names[id as usize];
    let known = func.body.frames.iter().find_map(|frame| {
        let at = frame.unit.names.iter().position(|name| name == text)?;
        Some(&codes.get(CodeId(frame.code)).names[at])
    });
    known.expect("a body names what its units name")
}

fn put(native: &mut Native, compiled: &Compiled) -> Result<CodeRange, Refused> {
    native.arena.install(&compiled.bytes, &compiled.fixups).map_err(|error| match error {
        InstallError::Full => Refusal::ArenaFull.into(),
        InstallError::Relocation(kind) => Refused::failed(format!("a relocation of the kind {kind:?}")),
    })
}
