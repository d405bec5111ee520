//! The names of functions as text forms show them, by code id.
//!
//! The engine updates the table when programs are loaded; the runtime asks for a name when a function value is shown.
//! Invariant: names are no part of code, so an edit that renames `@f3` to `@f4` changes this table alone.

use super::table::CodeTable;
use minilive_runtime::machine::FunctionNames;
use smol_str::SmolStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

/// Names by code id.
#[derive(Debug, Default)]
pub struct NameTable {
    names: RwLock<Vec<SmolStr>>,
    shown: AtomicBool,
}

impl NameTable {
    /// Takes over the names of all codes, if there are more than before.
    pub fn extend(&self, codes: &CodeTable) {
        let known = self.names.read().unwrap_or_else(PoisonError::into_inner).len();
        if known < codes.len() {
            self.update(codes);
        }
    }

    /// Takes over the names of all codes.
    pub fn update(&self, codes: &CodeTable) {
        let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
        names.clear();
        names.extend(codes.iter().map(|code| code.info.borrow().name.clone()));
    }
}

impl NameTable {
    /// Whether a name that depends on a position was shown since this was asked last: `@f3` becomes `@f4` when a function is put
    /// above it, while `f` is part of what the function is known by.
    pub fn take_shown(&self) -> bool {
        self.shown.swap(false, Ordering::Relaxed)
    }
}

impl FunctionNames for NameTable {
    fn function_name(&self, _: u32, code: u32) -> String {
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        let name = names.get(code as usize).map(SmolStr::to_string).unwrap_or_default();
        if name.starts_with('@') {
            self.shown.store(true, Ordering::Relaxed);
        }
        name
    }
}
