//! The table of side exits, and everything else that compiled code of one engine shares: arena, entries, line tables.
//!
//! `optimise` fills it when code is placed and empties it when code is freed (`optimise/room.rs`); `helpers` looks exits up when a guard
//! fails. It lives as long as the engine and is reached from helpers through the thread that runs the program. Invariant: what belongs to
//! a piece of code (line table, exits, chains of calls, their numbers) is there as long as the code is, and no longer.

mod numbers;

use crate::code::{Arena, CodeRange, zeroed_bytes, zeroed_words};
use crate::engine::GuardMode;
use crate::engine::policy::Freed;
use crate::engine::unit::{Code, CodeId};
use crate::events::SharedPiece;
use crate::helpers;
use crate::translate::{Chain, ExitInfo, SITE_CHAIN};
use minilive_mir::ir::{InstId, Unit};
use numbers::Numbers;
use rustc_hash::FxHashSet;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

/// Codes that the entry table has room for; the pages of unused entries are never touched.
pub const MAX_CODES: usize = 1 << 20;
/// Exits that installed code may have at a time: more than fit into its memory. Tests can make each fail.
pub const MAX_EXITS: usize = 1 << 22;
/// Chains of calls that it may have.
const MAX_CHAINS: usize = u32::MAX as usize;

/// One exit of installed code.
#[derive(Debug, Clone)]
pub struct ExitEntry {
    /// The code it belongs to.
    pub code: CodeId,
    /// Whether it leaves a loop that was entered from the interpreter.
    pub osr: bool,
    /// Address of the entry whose code it leaves.
    pub address: usize,
    /// Where to go on, why, with what.
    pub info: ExitInfo,
}

/// Installed machine code of one function or loop.
#[derive(Debug)]
pub struct Installed {
    /// Whose.
    pub code: CodeId,
    /// Where.
    pub range: CodeRange,
    /// Whether it is a loop that is entered from the interpreter.
    pub osr: bool,
    /// Return addresses (as offsets) and the site words of their calls.
    pub lines: Box<[(u32, u64)]>,
    /// The number of its first exit.
    pub first_exit: u32,
    /// Its exits, and how often each was taken.
    pub exits: Box<[(ExitInfo, u64)]>,
    /// The number of its first chain of calls.
    pub first_chain: u32,
    /// Its chains of calls.
    pub chains: Box<[Chain]>,
}

impl Installed {
    /// Code without exits, whose calls nobody looks up: baseline code.
    pub fn plain(code: CodeId, range: CodeRange) -> Installed {
        let (lines, exits, chains) = Default::default();
        Installed { code, range, osr: false, lines, first_exit: 0, exits, first_chain: 0, chains }
    }
}

/// What compiled code shares.
#[derive(Debug)]
pub struct Native {
    /// The memory of machine code.
    pub arena: Arena,
    /// Installed functions by address.
    installed: BTreeMap<usize, Installed>,
    /// Whose exits have which numbers.
    exits: Numbers,
    /// The same of chains of calls.
    chains: Numbers,
    /// Addresses of the stubs, by arity.
    pub stubs: BTreeMap<usize, usize>,
    /// Addresses of the trampolines, by arity.
    pub trampolines: BTreeMap<usize, usize>,
    /// The stubs and trampolines, to be named in profiles.
    pub pieces: Vec<SharedPiece>,
    /// What was freed so far.
    pub freed: Freed,
}

/// Words at fixed addresses that compiled code reads and writes.
#[derive(Debug)]
pub struct Words {
    /// Entry of each code: its compiled function, or a stub.
    pub entries: Box<[AtomicU64]>,
    /// What each entry takes, as [`taken_by`] packs it; 0 where the entry is.
    pub takes: Box<[AtomicU64]>,
    /// The function value that a call through the table is calling.
    pub callee: Box<AtomicU64>,
    /// The context of the run, for code that is called without arguments.
    pub context: Box<AtomicU64>,
    /// Addresses of the helpers that are functions of the engine, by their numbers.
    pub helpers: Box<[AtomicU64]>,
    /// One byte per exit: where tests make guards fail, 0 says that this one does so next.
    pub forced: Box<[AtomicU8]>,
}

/// What a call of so many arguments, and of nothing, `self`, or `self` and `super` behind them, compares with: 1 and more, so that 0
/// fits no call.
pub fn takes(arguments: usize, receivers: usize) -> u64 {
    (arguments as u64 + 1) | (receivers as u64) << 32
}

/// What calls of a unit's entry pass.
fn taken_by(unit: &Unit) -> u64 {
    takes(unit.params.len(), unit.receivers().count())
}

/// The shared state with its words; the words are read without the lock.
#[derive(Debug)]
pub struct Shared {
    /// Words at fixed addresses.
    pub words: Words,
    native: Mutex<Native>,
    guards: GuardMode,
    /// The state of what decides when guards fail.
    chance: AtomicU64,
}

impl Shared {
    /// Where calls leave the map that the callee captured.
    pub(crate) fn callee_word(&self) -> usize {
        std::ptr::from_ref(&*self.words.callee) as usize
    }

    /// Where it stands which realm's head is in use.
    pub(crate) fn context_word(&self) -> usize {
        std::ptr::from_ref(&*self.words.context) as usize
    }

    /// Reserves everything, or says why machine code is impossible here.
    pub fn new(arena_bytes: usize, guards: GuardMode) -> Result<Arc<Shared>, String> {
        let native = Native {
            arena: Arena::new(arena_bytes)?,
            installed: BTreeMap::new(),
            exits: Numbers::below(MAX_EXITS),
            chains: Numbers::below(MAX_CHAINS),
            stubs: BTreeMap::new(),
            trampolines: BTreeMap::new(),
            pieces: Vec::new(),
            freed: Freed::default(),
        };
        let words = Words {
            entries: zeroed_words(MAX_CODES),
            takes: zeroed_words(MAX_CODES),
            callee: Box::default(),
            context: Box::default(),
            helpers: helpers::table().addresses.into_iter().map(|it| AtomicU64::new(it as u64)).collect(),
            forced: zeroed_bytes(MAX_EXITS),
        };
        let chance = match guards {
            GuardMode::Random(seed) => AtomicU64::new(seed),
            GuardMode::Normal | GuardMode::AlwaysFail => AtomicU64::new(0),
        };
        Ok(Arc::new(Shared { words, native: Mutex::new(native), guards, chance }))
    }

    /// The rest.
    pub fn native(&self) -> MutexGuard<'_, Native> {
        self.native.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Whether guards are made to fail.
    pub fn forces(&self) -> bool {
        self.guards != GuardMode::Normal
    }

    /// Whether guards are made to fail more than once.
    pub fn forces_again(&self) -> bool {
        matches!(self.guards, GuardMode::Random(_))
    }

    /// Decides when the guards of new exits fail for the first time: at once, where each is to fail at its first execution.
    pub fn prepare_failures(&self, first: usize, count: usize) {
        let exits = first..first + count;
        match self.guards {
            GuardMode::Normal => {}
            GuardMode::AlwaysFail => exits.for_each(|exit| self.words.forced[exit].store(0, Ordering::Relaxed)),
            GuardMode::Random(_) => exits.for_each(|exit| self.failed(exit)),
        }
    }

    /// A guard of this exit failed. Decides how often it holds until it is made to fail next.
    pub fn failed(&self, exit: usize) {
        let (true, Some(forced)) = (self.forces(), self.words.forced.get(exit)) else { return };
        let holds = if self.forces_again() { self.patience() } else { 1 };
        forced.store(holds, Ordering::Relaxed);
    }

    /// How often a guard holds: mostly for long enough to be deep in a hot loop. (SplitMix64, as the state's only user.)
    fn patience(&self) -> u8 {
        let mut bits = self.chance.load(Ordering::Relaxed).wrapping_add(0x9E37_79B9_7F4A_7C15);
        self.chance.store(bits, Ordering::Relaxed);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^= bits >> 31;
        let most = if bits & 3 == 0 { 4 } else { 256 };
        ((bits >> 8) % most) as u8
    }

    /// Sets the entry of a code: compiled code, a stub, or 0 for neither.
    pub fn set_entry(&self, code: &Code, address: usize) {
        let at = code.id.0 as usize;
        let takes = if address == 0 { 0 } else { taken_by(&code.unit) };
        self.words.takes[at].store(takes, Ordering::Release);
        self.words.entries[at].store(address as u64, Ordering::Release);
    }

    /// The entry of a code, 0 if nobody asked for it yet.
    pub fn entry(&self, code: CodeId) -> usize {
        self.words.entries[code.0 as usize].load(Ordering::Acquire) as usize
    }
}

thread_local! {
    static HERE: RefCell<Option<Arc<Shared>>> = const { RefCell::new(None) };
}

/// Names the shared state for helpers that compiled code will call on this thread.
pub fn publish(shared: &Arc<Shared>) {
    HERE.set(Some(Arc::clone(shared)));
}

/// The shared state of the engine that runs on this thread.
pub fn shared() -> Arc<Shared> {
    HERE.with_borrow(|it| it.clone()).expect("compiled code runs only after its engine was named on this thread")
}

impl Native {
    /// The stub that stands for a code object which is not compiled, 0 if nobody calls it by its code.
    pub fn stub_of(&self, code: &Code) -> usize {
        self.stubs.get(&code.unit.n_inputs()).copied().unwrap_or(0)
    }

    /// From where the exits and the chains of the next piece of code are numbered.
    pub fn first_numbers(&self) -> (u32, u32) {
        (self.exits.first_free(), self.chains.first_free())
    }

    /// Takes a placed piece of code in, unless its numbers are another's by now; its address.
    pub fn install(&mut self, piece: Installed) -> Option<usize> {
        let address = self.arena.address(piece.range);
        let fits = self.exits.fit(piece.first_exit, piece.exits.len())
            && self.chains.fit(piece.first_chain, piece.chains.len());
        if !fits {
            self.arena.free(piece.range);
            return None;
        }
        self.exits.take(piece.first_exit, piece.exits.len(), address);
        self.chains.take(piece.first_chain, piece.chains.len(), address);
        self.installed.insert(address, piece);
        Some(address)
    }

    /// Frees the pieces of code that nothing holds; gives the address and the bytes of each. See invariant 4 of `code`.
    pub fn free(&mut self, holds: impl Fn(usize) -> bool) -> Vec<(usize, usize)> {
        let gone: Vec<(usize, Installed)> = self.installed.extract_if(.., |address, _| !holds(*address)).collect();
        for (_, piece) in &gone {
            self.exits.give_back(piece.first_exit, piece.exits.len());
            self.chains.give_back(piece.first_chain, piece.chains.len());
            self.arena.free(piece.range);
        }
        let gone: Vec<(usize, usize)> = gone.iter().map(|(address, piece)| (*address, piece.range.len())).collect();
        self.freed.pieces += gone.len() as u64;
        self.freed.bytes += gone.iter().map(|it| it.1 as u64).sum::<u64>();
        gone
    }

    /// The pieces of code into which some words point, if they are addresses: as return addresses do, which may stand right behind the
    /// last byte.
    pub fn pointed_at(&self, words: impl Iterator<Item = usize>) -> FxHashSet<usize> {
        let around = |word| self.installed.range(..=word).rev().take(2);
        let pieces = words.flat_map(|word| around(word).filter(move |(start, it)| word <= *start + it.range.len()));
        pieces.map(|(start, _)| *start).collect()
    }

    /// The code objects that pieces of code at some addresses belong to.
    pub fn owners(&self, addresses: &FxHashSet<usize>) -> FxHashSet<CodeId> {
        addresses.iter().filter_map(|address| self.installed.get(address)).map(|it| it.code).collect()
    }

    /// Bytes of the piece of code at an address, 0 if it is gone.
    pub fn bytes_at(&self, address: usize) -> usize {
        self.installed.get(&address).map_or(0, |it| it.range.len())
    }

    /// How many exits installed code has.
    pub fn known_exits(&self) -> usize {
        self.installed.values().map(|it| it.exits.len()).sum()
    }

    /// The exit of a number, which code that has not returned was left through.
    pub fn exit(&self, number: u32) -> ExitEntry {
        let (address, at) = self.exits.find(number).expect("exits last as long as their code");
        let piece = &self.installed[&address];
        ExitEntry { code: piece.code, osr: piece.osr, address, info: piece.exits[at].0.clone() }
    }

    /// Counts that an exit was taken, and tells how often it was.
    pub fn count_exit(&mut self, number: u32) -> u64 {
        let (address, at) = self.exits.find(number).expect("exits last as long as their code");
        let piece = self.installed.get_mut(&address).expect("numbers last as long as their code");
        piece.exits[at].1 += 1;
        piece.exits[at].1
    }

    /// The places that a site word of code which has not returned stands for, innermost call first: there is one at least.
    pub fn places(&self, site: u64) -> Vec<(CodeId, InstId)> {
        if site & SITE_CHAIN == 0 {
            return vec![(CodeId((site >> 32) as u32), InstId(site as u32))];
        }
        let found = self.chains.find((site ^ SITE_CHAIN) as u32);
        let (address, at) = found.expect("chains of calls last as long as their code");
        self.installed[&address].chains[at].iter().map(|&(code, inst)| (CodeId(code), inst)).collect()
    }

    /// The site word that a return address belongs to.
    pub fn find(&self, address: usize) -> Option<u64> {
        let (start, installed) = self.installed.range(..address).next_back()?;
        let offset = u32::try_from(address - start).ok()?;
        let i = installed.lines.binary_search_by_key(&offset, |it| it.0).ok()?;
        Some(installed.lines[i].1)
    }
}
