//! What machine code refers to outside of itself: as addresses, or as symbols that are resolved when the code is placed.
//!
//! `Lower` asks for a [`Symbol`]'s value wherever it needs one. Code for the running engine embeds addresses; without addresses, as
//! object files need it, each stands as a relocation whose symbol [`Compiled::symbols`] names, as in the pieces that all code shares.
//! Invariant: nothing else in this folder embeds an address.

use super::lower::Lower;
use super::{Compiled, Env, HelperId};
use crate::code::RelocTo;
use cranelift_codegen::ir::immediates::Imm64;
use cranelift_codegen::ir::{self, InstBuilder, types};
use cranelift_frontend::FunctionBuilder;
use minilive_mir::ir::BlockId;
use rustc_hash::FxHashMap;

/// The namespace of relocations to symbols; 0 is the function itself.
pub(super) const SYMBOLS: u32 = 1;

/// Something outside of a function that its code refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Symbol {
    /// A helper, or one of those that follow it.
    Helper(HelperId, u16),
    /// The table of function entries.
    Entries,
    /// The entry of a code in it.
    Entry(u32),
    /// The table of what these entries take.
    Takes,
    /// The word where calls leave the callee.
    Callee,
    /// The table of helpers, by their numbers; for pieces that all code shares.
    Helpers,
    /// The word that says where the head of the running realm is; for pieces that all code shares.
    Context,
    /// A block's execution counter.
    Counter(BlockId),
    /// The feedback cell of a word of the bytecode.
    Feedback(u32),
    /// What a record point saw.
    RecordPoint(u32),
    /// The number of a nested function's code.
    Child(u32),
    /// A constant.
    Literal(u32),
    /// The number of a name.
    Name(u32),
    /// A name as a string.
    NameText(u32),
    /// What a name means to the engine.
    NameEntry(u32),
    /// An intrinsic's function value.
    Intrinsic(u32),
    /// The table of strings of one ASCII character.
    Ascii,
}

impl Env<'_> {
    /// The address, or the bits of the value, that a symbol stands for in this engine.
    pub fn resolve(&self, symbol: Symbol) -> u64 {
        let address = match symbol {
            Symbol::Helper(id, offset) => self.helpers.addresses[id as usize + usize::from(offset)],
            Symbol::Entries => self.entries,
            Symbol::Entry(code) => self.entries + code as usize * 8,
            Symbol::Takes => self.takes,
            Symbol::Callee => self.callee_word,
            Symbol::Context | Symbol::Helpers => unreachable!("only pieces that all code shares refer to it"),
            Symbol::Counter(block) => (self.block_counter)(block),
            Symbol::Feedback(word) => (self.feedback)(word),
            Symbol::RecordPoint(point) => (self.record_point)(point),
            Symbol::Child(child) => (self.child)(child),
            Symbol::NameEntry(name) => (self.name_entry)(name),
            Symbol::Ascii => self.ascii,
            Symbol::Literal(id) => return (self.literal)(id),
            Symbol::Name(id) => return (self.name)(id),
            Symbol::NameText(id) => return (self.name_text)(id),
            Symbol::Intrinsic(id) => return (self.intrinsic)(id),
        };
        address as u64
    }
}

impl Compiled {
    /// Turns relocations to symbols into what these are in an engine.
    pub fn resolve(&mut self, value: impl Fn(Symbol) -> u64) {
        for fixup in &mut self.fixups {
            if let RelocTo::Symbol(number) = fixup.to {
                fixup.to = RelocTo::Address(value(self.symbols[number as usize]) as usize);
            }
        }
    }
}

/// The symbols that a function refers to by relocations.
#[derive(Default)]
pub(super) struct Symbols {
    /// By the numbers that relocations have.
    pub(super) list: Vec<Symbol>,
    globals: FxHashMap<Symbol, ir::GlobalValue>,
}

impl Symbols {
    /// A new name for a symbol, by which code refers to it until it is placed.
    pub(super) fn name(&mut self, b: &mut FunctionBuilder<'_>, symbol: Symbol) -> ir::ExternalName {
        let index = self.list.len() as u32;
        self.list.push(symbol);
        ir::ExternalName::user(
            b.func.declare_imported_user_function(ir::UserExternalName { namespace: SYMBOLS, index }),
        )
    }

    /// The value of a symbol, to be filled in when the code is placed.
    pub(super) fn value(&mut self, b: &mut FunctionBuilder<'_>, symbol: Symbol) -> ir::Value {
        let global = match self.globals.get(&symbol) {
            Some(&known) => known,
            None => {
                let name = self.name(b, symbol);
                let data = ir::GlobalValueData::Symbol { name, offset: Imm64::new(0), colocated: false, tls: false };
                let made = b.create_global_value(data);
                self.globals.insert(symbol, made);
                made
            }
        };
        b.ins().symbol_value(types::I64, global)
    }
}

impl Lower<'_, '_> {
    /// The value of a symbol. Cranelift makes a constant anew for each use; a counter's address, which is read from and written to in one
    /// instruction, would be made twice.
    pub(super) fn symbol(&mut self, symbol: Symbol) -> ir::Value {
        if !self.env.symbolic && !matches!(symbol, Symbol::Counter(_)) {
            return self.iconst(self.env.resolve(symbol) as i64);
        }
        self.symbols.value(&mut self.b, symbol)
    }
}

#[cfg(all(test, not(minilive_portable)))]
mod tests {
    use crate::engine::{Engine, EngineConfig, Entry, RunRequest, TierPolicy};
    use crate::helpers;
    use minilive_mir::lower::lower_file;
    use minilive_runtime::host::{CaptureHost, SharedHost};

    const PROGRAM: &str = r#"
f = function(n)
  m = {"a": n, "b": "text"}
  g = function(x)
    return x + n
  end function
  m.c = g(m.a)
  s = ""
  for c in "ab" + n
    s += c.upper
  end for
  return s + m.c + sqrt(n) + [1, 2, n][-1]
end function
for i in range(1, 5)
  x = f(i)
end for
"#;

    /// The constants of all code that the program gives, as CLIF writes them.
    fn constants(symbolic: bool) -> Vec<u64> {
        let (program, _) = lower_file(&minilive_syntax::parse(PROGRAM), "test.ms");
        let config = EngineConfig { tier: TierPolicy::Eager, dump: true, symbolic, ..EngineConfig::default() };
        let mut engine = Engine::new(config);
        let loaded = engine.load(&program).expect("loads");
        let host = SharedHost::<CaptureHost>::default();
        engine.run(&loaded, RunRequest::new(Entry::Main), Box::new(host));
        let dumps = engine.take_dumps();
        let lines = dumps.iter().flat_map(|dump| &dump.clif);
        let texts = lines.filter_map(|line| line.text.split_once("iconst.i64 0x").map(|it| it.1.replace('_', "")));
        texts.filter_map(|text| u64::from_str_radix(&text, 16).ok()).collect()
    }

    #[test]
    fn code_of_symbols_embeds_no_address() {
        let helpers = helpers::table().addresses;
        let is_address = |constant: &&u64| {
            helpers.contains(&(**constant as usize)) || (1 << 40..1 << 47).contains(*constant) && **constant & 7 == 0
        };
        assert!(constants(false).iter().any(|it| is_address(&it)));
        let embedded: Vec<u64> = constants(true).iter().filter(is_address).copied().collect();
        assert_eq!(embedded, []);
    }
}
