//! The modules that test programs can import: they need no disk, and each mode finds the same.
//!
//! `modes` gives them to the engine. Invariant: they print nothing and have no effects, so that a program which imports one is as
//! repeatable as any other.

use minilive_jit::engine::modules::{ModuleAnswer, ModuleLoader};
use std::sync::Arc;

/// Their names and texts.
pub const MODULES: [(&str, &str); 3] = [
    ("small", "three = 3\n"),
    ("counter", "count = 0\nnext = function\n  outer.count = count + 1\n  return count\nend function\n"),
    ("nested", "import \"small\"\ntwice = function(x)\n  return x * 2 + small.three\nend function\n"),
];

/// Finds them.
pub struct Known;

impl ModuleLoader for Known {
    fn load(&mut self, name: &str, _: &[String]) -> ModuleAnswer {
        let Some((_, text)) = MODULES.iter().find(|it| it.0 == name) else { return ModuleAnswer::NotFound };
        let (program, diagnostics) = minilive_mir::lower::lower_module(&minilive_syntax::parse(text), name);
        assert!(diagnostics.is_empty(), "{name}: {diagnostics:?}");
        ModuleAnswer::Found(Arc::new(program))
    }
}
