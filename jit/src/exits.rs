//! The table of side exits, and everything else that compiled code of one engine shares: arena, entries, line tables.
//!
//! `native` fills it when code is installed; `helpers` looks exits up when a guard fails. It lives as long as the engine and is
//! reached from helpers through the thread that runs the program. Invariant: an exit's number is never given out twice.

use crate::code::{Arena, CodeRange, zeroed_bytes, zeroed_words};
use crate::engine::GuardMode;
use crate::engine::unit::{Code, CodeId};
use crate::events::SharedPiece;
use crate::helpers;
use crate::translate::{Chain, ExitInfo, SITE_CHAIN};
use minilive_mir::ir::{InstId, Unit};
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

/// Codes that the entry table has room for; the pages of unused entries are never touched.
pub const MAX_CODES: usize = 1 << 20;
/// Exits that tests can make fail once.
pub const MAX_FORCED: usize = 1 << 20;

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
#[derive(Debug, Clone)]
pub struct Installed {
    /// Whose.
    pub code: CodeId,
    /// Where.
    pub range: CodeRange,
    /// Return addresses (as offsets) and the site words of their calls.
    pub lines: Box<[(u32, u64)]>,
}

/// What compiled code shares.
#[derive(Debug)]
pub struct Native {
    /// The memory of machine code.
    pub arena: Arena,
    /// Exits by number.
    pub exits: Vec<ExitEntry>,
    /// Chains of calls by number.
    pub chains: Vec<Chain>,
    /// Installed functions by address.
    pub installed: BTreeMap<usize, Installed>,
    /// Addresses of the stubs, by arity.
    pub stubs: BTreeMap<usize, usize>,
    /// Addresses of the trampolines, by arity.
    pub trampolines: BTreeMap<usize, usize>,
    /// The stubs and trampolines, to be named in profiles.
    pub pieces: Vec<SharedPiece>,
    /// How often exits were taken, by number.
    pub exit_counts: FxHashMap<u32, u64>,
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
            exits: Vec::new(),
            chains: Vec::new(),
            installed: BTreeMap::new(),
            stubs: BTreeMap::new(),
            trampolines: BTreeMap::new(),
            pieces: Vec::new(),
            exit_counts: FxHashMap::default(),
        };
        let words = Words {
            entries: zeroed_words(MAX_CODES),
            takes: zeroed_words(MAX_CODES),
            callee: Box::default(),
            context: Box::default(),
            helpers: helpers::table().addresses.into_iter().map(|it| AtomicU64::new(it as u64)).collect(),
            forced: zeroed_bytes(MAX_FORCED),
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

    /// Decides when the guards of new exits fail for the first time.
    pub fn prepare_failures(&self, first: usize, count: usize) {
        if self.forces_again() {
            (first..first + count).for_each(|exit| self.failed(exit));
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

    /// The places that a site word stands for, innermost call first: there is one at least.
    pub fn places(&self, site: u64) -> Vec<(CodeId, InstId)> {
        if site & SITE_CHAIN == 0 {
            return vec![(CodeId((site >> 32) as u32), InstId(site as u32))];
        }
        let chain = &self.chains[(site ^ SITE_CHAIN) as usize];
        chain.iter().map(|&(code, inst)| (CodeId(code), inst)).collect()
    }

    /// The site word that a return address belongs to.
    pub fn find(&self, address: usize) -> Option<u64> {
        let (start, installed) = self.installed.range(..address).next_back()?;
        let offset = u32::try_from(address - start).ok()?;
        let i = installed.lines.binary_search_by_key(&offset, |it| it.0).ok()?;
        Some(installed.lines[i].1)
    }
}
