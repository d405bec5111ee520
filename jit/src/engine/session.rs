//! An interactive session: one realm that many programs run in, one after the other.
//!
//! The command line's session makes it with [`Engine::interactive`], on a thread that runs programs. Invariants: variables live from
//! input to input; `_` is the last value, `_in` and `_out` hold what was entered and what came of it; a program that fails leaves
//! the session as it is at that moment.

use super::execute::{new_realm, run_in};
use super::members::members;
use super::outcome::{COMPAT_DEPTH, Entry, Pace, RunOutcome, RunRequest};
use super::table::{CodeTable, LoadError};
use super::unit::CodeId;
use super::{End, Engine};
use minilive_mir::ir::Const;
use minilive_mir::program::Program;
use minilive_runtime::fault::Eval;
use minilive_runtime::host::Host;
use minilive_runtime::limits::Limits;
use minilive_runtime::realm::{Realm, Singleton};
use minilive_runtime::text;
use minilive_runtime::value::{Unpacked, Value};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A session, for as long as its thread runs.
pub struct Session<'e> {
    engine: &'e mut Engine,
    realm: Box<Realm>,
    limits: Limits,
    cancel: Arc<AtomicBool>,
    pace: Pace,
}

/// A global variable as help shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GlobalName {
    /// The name.
    pub name: String,
    /// What type it has now.
    pub type_name: &'static str,
    /// What can stand behind a dot.
    pub members: Vec<String>,
    /// What a function tells of itself.
    pub function: Option<FunctionAbout>,
}

/// What a program says of one of its functions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionAbout {
    /// Parameters as they are written, with defaults that are not null.
    pub params: Vec<String>,
    /// The text at the start of its body.
    pub note: Option<String>,
}

impl Engine {
    /// Runs `action` with a fresh session. `cancel` ends the running input and is set back before the next.
    pub fn interactive<R: Send>(
        &mut self,
        mut limits: Limits,
        compat: bool,
        cancel: Arc<AtomicBool>,
        host: Box<dyn Host>,
        action: impl FnOnce(&mut Session<'_>) -> R + Send,
    ) -> R {
        if compat && limits.depth == u32::MAX {
            limits.depth = COMPAT_DEPTH;
        }
        crate::thread::on_vm_thread(|stack| {
            let realm = new_realm(self, limits, Arc::clone(&cancel), host, stack);
            let mut session = Session { engine: self, realm, limits, cancel, pace: Pace::default() };
            session.engine.codes.start_realm(&[]);
            session.realm.enter(start_history);
            action(&mut session)
        })
    }
}

fn start_history(realm: &mut Realm) {
    for which in [Singleton::HistoryIn, Singleton::HistoryOut] {
        let list = realm.new_list(&[]).value();
        realm.set_singleton(which, list);
    }
}

impl Session<'_> {
    /// Sets how the budget of the inputs that follow is granted.
    pub fn set_pace(&mut self, pace: Pace) {
        self.pace = pace;
    }

    /// Runs an input. The value of its last statement is kept, and shown in [`End::Finished`] unless it is null.
    ///
    /// # Errors
    /// If the program is not whole, which is a fault of whoever made it.
    pub fn run(&mut self, input: &str, program: &Program) -> Result<RunOutcome, LoadError> {
        self.cancel.store(false, Ordering::Relaxed);
        // What the last input had too much of may be free by now; if not, this one is told so.
        let _ = self.realm.enter(Realm::poll_memory);
        // Functions of earlier inputs live on, so nothing may take the place of their code.
        self.engine.codes.set_running(true);
        let loaded = self.engine.load(program)?;
        let request = RunRequest {
            limits: self.limits,
            cancel: Arc::clone(&self.cancel),
            pace: self.pace,
            ..RunRequest::new(Entry::Main)
        };
        let before = self.realm.singleton(Singleton::HistoryIn);
        let outcome = run_in(self.engine, &mut self.realm, &loaded, request, |realm, value| {
            keep(realm, input, value, before)?;
            if value.is_null() { Ok(String::new()) } else { text::plain(realm, value) }
        });
        if !matches!(outcome.end, End::Finished(_)) {
            // A full memory may refuse the entry; the session goes on without it.
            let _ = self.realm.enter(|realm| keep(realm, input, Value::NULL, before));
        }
        Ok(outcome)
    }

    /// Runs `action` where values may be made.
    pub(super) fn enter<R>(&mut self, action: impl FnOnce(&mut Realm) -> R) -> R {
        self.realm.enter(action)
    }

    /// The names of the global variables.
    pub fn global_names(&mut self) -> Vec<String> {
        self.realm.enter(|realm| {
            let keys = realm.globals().entries(realm).into_iter().filter_map(|(key, _)| key.as_string());
            keys.map(|name| name.as_str().to_owned()).collect()
        })
    }

    /// What the global variables are now.
    pub fn globals(&mut self) -> Vec<GlobalName> {
        let codes = &self.engine.codes;
        self.realm.enter(|realm| {
            let entries = realm.globals().entries(realm);
            let named = entries.into_iter().filter_map(|(key, value)| Some((key.as_string()?, value)));
            named
                .map(|(name, value)| GlobalName {
                    name: name.as_str().to_owned(),
                    type_name: value.type_name(),
                    members: members(realm, value),
                    function: function_about(realm, codes, value),
                })
                .collect()
        })
    }
}

/// Notes an input and its value, unless the input itself threw the history away.
fn keep(realm: &mut Realm, input: &str, value: Value, before: Value) -> Eval<()> {
    if realm.singleton(Singleton::HistoryIn) != before {
        return Ok(());
    }
    let entered = realm.string_value(input);
    for (which, entry) in [(Singleton::HistoryIn, entered), (Singleton::HistoryOut, value)] {
        if let Some(list) = realm.singleton(which).as_list() {
            list.push(realm, entry)?;
        }
    }
    let name = realm.shared().intern("_");
    let globals = realm.globals();
    globals.put_by_name(realm, name, value);
    Ok(())
}

/// What the text of a function says about it; nothing for other values and for intrinsics.
fn function_about(realm: &mut Realm, codes: &CodeTable, value: Value) -> Option<FunctionAbout> {
    let Unpacked::Function(function) = value.unpack() else { return None };
    if function.intrinsic().is_some() {
        return None;
    }
    let code = codes.get(CodeId(function.code()));
    let params = code.unit.params.iter().map(|param| {
        let name = code.unit.name(param.name).to_owned();
        let default = code.consts[param.default.0 as usize];
        match text::code(realm, default, 1, text::Names::None) {
            Ok(shown) if !default.is_null() => format!("{name}={shown}"),
            _ => name,
        }
    });
    let params = params.collect();
    let note = code.unit.note.and_then(|id| match &code.unit.consts[id.0 as usize] {
        Const::Str(note) => Some(note.to_string()),
        _ => None,
    });
    Some(FunctionAbout { params, note })
}
