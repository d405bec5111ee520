//! What an expression stands for, as far as names matter: values in symbols, without places and without evaluating anything.
//!
//! Made by `collect`; the editor's inference gives them types. Invariant: equal code in equal units gives equal symbols.

use crate::ir::{BinaryOp, UnaryOp};
use smol_str::SmolStr;
use std::fmt;
use std::sync::Arc;

/// A shared [`Symbol`].
pub type Sym = Arc<Symbol>;

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
    /// What a call gives.
    Call(Sym),
    /// The value itself, even if it is a function.
    Ref(Sym),
    /// What an operator makes of two values.
    Binary(BinaryOp, Sym, Sym),
    /// What an operator makes of one.
    Unary(UnaryOp, Sym),
    /// What a module of that name gives.
    Import(SmolStr),
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
            Symbol::Call(of) => write!(f, "{of}()"),
            Symbol::Ref(of) => write!(f, "@{of}"),
            Symbol::Binary(op, a, b) => write!(f, "({a} {op} {b})"),
            Symbol::Unary(op, a) => write!(f, "({op} {a})"),
            Symbol::Import(name) => write!(f, "import {name}"),
        }
    }
}
