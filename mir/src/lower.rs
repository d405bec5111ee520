//! From syntax to MIR: one unit at a time, each from its own tree alone.
//!
//! Takes trees from `syntax` (through [`crate::units`]); hands units to the engine, the database and the views, diagnostics to the
//! editor. Lowering is total: what is wrong becomes [`Inst::Unsupported`] with a diagnostic, its own or the parser's.
//! Invariants: the unit depends on nothing but the tree and key it is made from, and not on white space or comments in it; every
//! unit passes the verifier. Read first: the goldens in `tests/mir`.
//!
//! Recursion follows the nesting of the source, which the parser bounds; chains are flat and walked in loops.

mod builder;
mod calls;
mod conditions;
mod expressions;
mod operators;
mod program;
mod statements;
mod unit;

use crate::diagnostic::{Diagnostic, Severity};
use crate::ir::{ChildId, Const, EnvSlot, Inst, Reg, Unit, UnitKey, UnitKind};
use crate::scope::Scope;
use crate::source_map::{LineStarts, SourceMap};
use crate::types::TypeSet;
use builder::{Builder, Label};
use minilive_syntax::ast::Expr;
use minilive_syntax::{TextRange, TextSize};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use std::sync::Arc;

pub use program::{lower_expression, lower_file, lower_module, lower_units};
pub use unit::{lower_in_scope, lower_unit};

/// A lowered unit with what is kept apart from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Lowered {
    /// The code.
    pub unit: Unit,
    /// Where its instructions come from.
    pub map: SourceMap,
    /// What is wrong with it; places relative to the unit.
    pub diagnostics: Vec<Diagnostic>,
}

/// A value in a register with what is known of its type.
#[derive(Debug, Clone, Copy)]
struct Operand {
    reg: Reg,
    types: TypeSet,
}

/// Where a bare name lives.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// In a register of this unit.
    Register(Reg),
    /// In the unit's environment object.
    Env(EnvSlot),
    /// Elsewhere.
    Free,
}

/// The way out of and on in the loops around the current statement.
#[derive(Debug, Clone, Copy)]
struct LoopLabels {
    on: Label,
    out: Label,
}

/// Lowers one unit.
struct Lowerer {
    builder: Builder,
    kind: UnitKind,
    scope: Arc<Scope>,
    /// Per variable of the scope.
    places: Vec<Place>,
    /// Nested functions by where they start.
    children: FxHashMap<TextSize, ChildId>,
    lines: LineStarts,
    loops: Vec<LoopLabels>,
    diagnostics: Vec<Diagnostic>,
    /// Registers from here on are temporaries.
    first_temp: u32,
}

impl Lowerer {
    /// Where a name lives.
    fn place(&self, name: &str) -> Place {
        match self.scope.variable(name) {
            Some(variable) => self.places[variable as usize],
            None => Place::Free,
        }
    }

    /// Whether a register belongs to a variable, so that it may only be written once its new value is complete.
    fn is_variable(&self, reg: Reg) -> bool {
        reg.0 < self.first_temp
    }

    /// Reports something wrong with this unit.
    fn report(
        &mut self,
        range: TextRange,
        statement: TextSize,
        code: &'static str,
        severity: Severity,
        message: String,
        reference: Option<String>,
    ) {
        self.diagnostics.push(Diagnostic {
            range,
            code,
            severity,
            message,
            reference,
            reference_line: self.lines.line_of(statement),
            found_at: range.start(),
        });
    }

    /// Stops the program here if it ever comes here.
    fn unsupported(&mut self, message: &str, range: TextRange) {
        let message = self.builder.constant(Const::Str(SmolStr::new(message)));
        self.builder.emit(Inst::Unsupported { message }, TypeSet::NONE, range);
    }

    /// Stands for a value that the parser could not make out; it has reported why.
    fn broken(&mut self, range: TextRange) -> TypeSet {
        self.unsupported("this code has a syntax error", range);
        TypeSet::NONE
    }

    /// Puts a constant into a register.
    fn constant_into(&mut self, dst: Reg, value: Const, range: TextRange) -> TypeSet {
        let value = match value {
            // Emitted constants have no minus zero and one kind of not-a-number (LANGUAGE 5.9, 3.3).
            Const::Number(0.0) => Const::Number(0.0), // the pattern matches both zeros
            Const::Number(number) if number.is_nan() => Const::Number(f64::NAN),
            value => value,
        };
        let types = TypeSet::of_const(&value);
        let value = self.builder.constant(value);
        self.builder.emit(Inst::Const { dst, value }, types, range);
        types
    }

    /// null in a fresh register.
    fn null(&mut self, range: TextRange) -> Reg {
        let dst = self.builder.temp();
        self.constant_into(dst, Const::Null, range);
        dst
    }

    /// The nested function that starts here.
    fn child(&self, start: TextSize) -> ChildId {
        *self.children.get(&start).expect("every function literal in a unit is listed among its children")
    }
}

/// The key of a unit for an expression of the editor.
fn expression_key(text: &str) -> UnitKey {
    let hash = blake3::hash(text.as_bytes());
    let (head, _) = hash.as_bytes().split_first_chunk::<8>().expect("a BLAKE3 hash has 32 bytes");
    UnitKey(u64::from_le_bytes(*head))
}

/// Whether an expression is written so that its value is put into a register in several steps.
fn is_stepwise(expr: &Expr) -> bool {
    use minilive_syntax::SyntaxKind;
    match expr {
        Expr::Paren(paren) => paren.inner().is_some_and(|inner| is_stepwise(&inner)),
        Expr::Binary(chain) => matches!(chain.operators().next(), Some(SyntaxKind::AndKw | SyntaxKind::OrKw)),
        Expr::List(list) => list.elements().nth(expressions::PIECE).is_some(),
        Expr::Map(map) => map.entries().nth(expressions::PIECE / 2).is_some(),
        _ => false,
    }
}
