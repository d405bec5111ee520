//! What an expression stands for, as far as names matter: values in symbols, without places and without evaluating anything.
//!
//! Made by `collect`; the editor's inference gives them types. Invariants: equal code in equal units gives equal symbols; no symbol is
//! deeper than [`MOST_DEPTH`], so that what is done with one costs no more for a chain of thousands.

use crate::ir::{BinaryOp, UnaryOp};
use rustc_hash::FxHasher;
use smol_str::SmolStr;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

/// Symbols within symbols are told so far; what holds more is [`Symbol::Unknown`].
pub const MOST_DEPTH: u8 = 100;

/// A shared [`Symbol`], which knows its hash and how deep it is.
#[derive(Clone)]
pub struct Sym(Arc<Node>);

struct Node {
    hash: u64,
    depth: u8,
    symbol: Symbol,
}

impl From<Symbol> for Sym {
    fn from(symbol: Symbol) -> Sym {
        let depth = symbol.parts().map(|part| part.0.depth + 1).max().unwrap_or(0);
        let (symbol, depth) = if depth > MOST_DEPTH { (Symbol::Unknown, 0) } else { (symbol, depth) };
        let mut hasher = FxHasher::default();
        symbol.hash(&mut hasher);
        Sym(Arc::new(Node { hash: hasher.finish(), depth, symbol }))
    }
}

impl Deref for Sym {
    type Target = Symbol;
    fn deref(&self) -> &Symbol {
        &self.0.symbol
    }
}

impl PartialEq for Sym {
    fn eq(&self, other: &Sym) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.hash == other.0.hash && self.0.symbol == other.0.symbol
    }
}

impl Eq for Sym {}

impl Hash for Sym {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.hash);
    }
}

impl fmt::Debug for Sym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0.symbol, f)
    }
}

impl fmt::Display for Sym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.symbol, f)
    }
}

/// What an expression stands for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Symbol {
    /// Nothing is known.
    Unknown,
    /// null
    Null,
    /// A number.
    Number,
    /// A string.
    Text,
    /// A list of elements that are one of these.
    List(Vec<Sym>),
    /// The unit's map literal of that number.
    Map(u32),
    /// The unit's `new` of that number.
    New(u32),
    /// The unit's nested function of that number.
    Function(u32),
    /// A bare name; its value is called if it is a function.
    Name(SmolStr),
    /// `self`
    SelfValue,
    /// `super`
    Super,
    /// `locals`
    Locals,
    /// `outer`
    Outer,
    /// `globals`
    Globals,
    /// A member; its value is called if it is a function.
    Member(Sym, SmolStr),
    /// An element.
    Element(Sym),
    /// What iterating gives.
    Iterated(Sym),
    /// Part of a list or string.
    Slice(Sym),
    /// What a call with such arguments gives, as far as they are told apart: of calls within calls within calls it is left out.
    Call(Sym, Vec<Sym>),
    /// The value itself, even if it is a function.
    Ref(Sym),
    /// What an operator makes of two values.
    Binary(BinaryOp, Sym, Sym),
    /// What an operator makes of one.
    Unary(UnaryOp, Sym),
    /// What a module of that name gives.
    Import(SmolStr),
}

impl Symbol {
    /// The name at which a chain begins.
    pub fn root_name(&self) -> Option<&SmolStr> {
        match self {
            Symbol::Name(name) => Some(name),
            Symbol::Member(of, _) | Symbol::Element(of) | Symbol::Slice(of) | Symbol::Call(of, _) | Symbol::Ref(of) => {
                of.root_name()
            }
            _ => None,
        }
    }

    /// The symbols within.
    pub fn parts(&self) -> impl Iterator<Item = &Sym> {
        let (one, other, more): (Option<&Sym>, Option<&Sym>, &[Sym]) = match self {
            Symbol::List(items) => (None, None, items),
            Symbol::Call(of, args) => (Some(of), None, args),
            Symbol::Binary(_, a, b) => (Some(a), Some(b), &[]),
            Symbol::Member(of, _)
            | Symbol::Element(of)
            | Symbol::Iterated(of)
            | Symbol::Slice(of)
            | Symbol::Ref(of)
            | Symbol::Unary(_, of) => (Some(of), None, &[]),
            Symbol::Unknown
            | Symbol::Null
            | Symbol::Number
            | Symbol::Text
            | Symbol::Map(_)
            | Symbol::New(_)
            | Symbol::Function(_)
            | Symbol::Name(_)
            | Symbol::SelfValue
            | Symbol::Super
            | Symbol::Locals
            | Symbol::Outer
            | Symbol::Globals
            | Symbol::Import(_) => (None, None, &[]),
        };
        one.into_iter().chain(other).chain(more)
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Symbol::Unknown => f.write_str("?"),
            Symbol::Null => f.write_str("null"),
            Symbol::Number => f.write_str("number"),
            Symbol::Text => f.write_str("string"),
            Symbol::List(items) => {
                f.write_str("[")?;
                for (at, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if at == 0 { "" } else { "|" })?;
                }
                f.write_str("]")
            }
            Symbol::Map(n) => write!(f, "{{{n}}}"),
            Symbol::New(n) => write!(f, "new {n}"),
            Symbol::Function(n) => write!(f, "function {n}"),
            Symbol::Name(name) => f.write_str(name),
            Symbol::SelfValue => f.write_str("self"),
            Symbol::Super => f.write_str("super"),
            Symbol::Locals => f.write_str("locals"),
            Symbol::Outer => f.write_str("outer"),
            Symbol::Globals => f.write_str("globals"),
            Symbol::Member(of, name) => write!(f, "{of}.{name}"),
            Symbol::Element(of) => write!(f, "{of}[]"),
            Symbol::Iterated(of) => write!(f, "in {of}"),
            Symbol::Slice(of) => write!(f, "{of}[:]"),
            Symbol::Call(of, args) => {
                write!(f, "{of}(")?;
                for (at, arg) in args.iter().enumerate() {
                    write!(f, "{}{arg}", if at == 0 { "" } else { ", " })?;
                }
                f.write_str(")")
            }
            Symbol::Ref(of) => write!(f, "@{of}"),
            Symbol::Binary(op, a, b) => write!(f, "({a} {op} {b})"),
            Symbol::Unary(op, a) => write!(f, "({op} {a})"),
            Symbol::Import(name) => write!(f, "import {name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_deep_is_unknown() {
        let chain = |links: usize| {
            let mut of: Sym = Symbol::Name("x".into()).into();
            for _ in 0..links {
                of = Symbol::Member(of, "b".into()).into();
            }
            of
        };
        let most = usize::from(MOST_DEPTH);
        assert_eq!(chain(most).to_string().matches(".b").count(), most);
        assert_eq!(chain(most + 1).to_string(), "?");
        assert_eq!(chain(most + 3).to_string(), "?.b.b");
        assert_eq!(chain(most), chain(most));
        assert_ne!(chain(most), chain(most - 1));
    }
}
