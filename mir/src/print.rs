//! MIR as text: complete, stable and meant to be read. The grammar stands in `docs/mir.md`.
//!
//! Takes units from anyone (goldens, `minilive dump`, the editor's MIR view, bug reports); [`crate::parse`] reads the text back.
//! Invariant: `parse_unit(print(u)) == u` for every unit that the verifier accepts. Read first: the goldens in `tests/mir`.

use crate::ir::{
    BinaryOp, Const, ConstId, Inst, InstId, NameId, RecordKind, RegRange, Ty, UnaryOp, Unit, UnitKey, UnitKind,
};
use std::fmt::{Display, Formatter, Result as FmtResult, Write};

/// The text of one unit.
pub fn print(unit: &Unit) -> String {
    let mut out = String::new();
    print_to(&mut out, unit).expect("writing to a string does not fail");
    out
}

/// The text of several units, each headed by its key.
pub fn print_units<'a>(units: impl IntoIterator<Item = (UnitKey, &'a Unit)>) -> String {
    let mut out = String::new();
    for (key, unit) in units {
        if !out.is_empty() {
            out.push('\n');
        }
        writeln!(out, "unit {key}").expect("writing to a string does not fail");
        print_to(&mut out, unit).expect("writing to a string does not fail");
    }
    out
}

/// One instruction as it stands in the unit's text, without type and records. Views put it beside machine code.
pub fn print_inst(unit: &Unit, inst: &Inst) -> String {
    let mut out = String::new();
    Printer { unit, out: &mut out }.inst(inst).expect("writing to a string does not fail");
    out
}

fn print_to(out: &mut String, unit: &Unit) -> FmtResult {
    let mut printer = Printer { unit, out };
    printer.header()?;
    printer.body()
}

/// Prints one unit.
struct Printer<'a> {
    unit: &'a Unit,
    out: &'a mut String,
}

impl Printer<'_> {
    /// Everything before the first block.
    fn header(&mut self) -> FmtResult {
        let unit = self.unit;
        writeln!(self.out, "{}", unit.kind)?;
        self.list("names", unit.names.iter().map(|name| Name(name).to_string()))?;
        self.list("consts", unit.consts.iter().map(Const::to_string))?;
        self.list("children", unit.children.iter().map(UnitKey::to_string))?;
        let params = unit.params.iter();
        self.list(
            "params",
            params.map(|param| format!("{} = {}", name(unit, param.name), constant(unit, param.default))),
        )?;
        if let Some(reg) = unit.self_reg {
            writeln!(self.out, "  self {reg}")?;
        }
        if let Some(reg) = unit.super_reg {
            writeln!(self.out, "  super {reg}")?;
        }
        let locals = unit.locals.iter();
        self.list("locals", locals.map(|local| format!("{} {}", name(unit, local.name), local.reg)))?;
        if let Some(env) = &unit.env {
            let slots: Vec<_> = env.iter().map(|&slot| name(unit, slot).to_string()).collect();
            writeln!(self.out, "  env [{}]", slots.join(", "))?;
        }
        if let Some(note) = unit.note {
            writeln!(self.out, "  note {}", constant(unit, note))?;
        }
        writeln!(self.out, "  regs {}", unit.n_regs)
    }

    /// One header line, left out when there is nothing to list.
    fn list(&mut self, head: &str, items: impl Iterator<Item = String>) -> FmtResult {
        let items: Vec<_> = items.collect();
        if items.is_empty() {
            return Ok(());
        }
        writeln!(self.out, "  {head} {}", items.join(", "))
    }

    /// All blocks.
    fn body(&mut self) -> FmtResult {
        let unit = self.unit;
        let mut records = unit.records.iter().peekable();
        for (index, block) in unit.blocks.iter().enumerate() {
            writeln!(self.out, "b{index}:{}", if block.loop_head { " loop" } else { "" })?;
            for id in block.first..block.end {
                let inst = &unit.insts[id as usize];
                self.out.push_str("  ");
                self.inst(inst)?;
                let ty = unit.types[id as usize];
                if ty != Ty::Any {
                    write!(self.out, " : {ty}")?;
                }
                while let Some(record) = records.next_if(|record| record.inst == InstId(id)) {
                    write!(self.out, " !{} {}", record.kind, record.value)?;
                }
                if let Inst::LoadEnv { slot, .. } | Inst::StoreEnv { slot, .. } = inst
                    && let Some(&slot) = unit.env.as_ref().and_then(|env| env.get(slot.0 as usize))
                {
                    write!(self.out, " ; {}", name(unit, slot))?;
                }
                self.out.push('\n');
            }
        }
        Ok(())
    }

    /// One instruction.
    fn inst(&mut self, inst: &Inst) -> FmtResult {
        let unit = self.unit;
        let out = &mut *self.out;
        match *inst {
            Inst::Const { dst, value } => write!(out, "{dst} = const {}", constant(unit, value)),
            Inst::Move { dst, src } => write!(out, "{dst} = move {src}"),
            Inst::LoadLocal { dst, local, name: id, deferred } => {
                write!(out, "{dst} = load_local{} {local} {}", Deferred(deferred), name(unit, id))
            }
            Inst::LoadEnv { dst, slot, deferred } => write!(out, "{dst} = load_env{} {slot}", Deferred(deferred)),
            Inst::StoreEnv { slot, src } => write!(out, "store_env {slot} = {src}"),
            Inst::LoadFree { dst, name: id } => write!(out, "{dst} = load_free {}", name(unit, id)),
            Inst::StoreGlobal { name: id, src } => write!(out, "store_global {} = {src}", name(unit, id)),
            Inst::LoadSelf { dst } => write!(out, "{dst} = load_self"),
            Inst::LoadSuper { dst } => write!(out, "{dst} = load_super"),
            Inst::LoadLocals { dst } => write!(out, "{dst} = load_locals"),
            Inst::LoadOuter { dst } => write!(out, "{dst} = load_outer"),
            Inst::LoadGlobals { dst } => write!(out, "{dst} = load_globals"),
            Inst::AutoCall { dst, src } => write!(out, "{dst} = auto_call {src}"),
            Inst::Binary { op, dst, a, b } => write!(out, "{dst} = {op} {a}, {b}"),
            Inst::Unary { op, dst, src } => write!(out, "{dst} = {op} {src}"),
            Inst::GetMember { dst, obj, this, name: id } => {
                write!(out, "{dst} = get_member {obj}.{}", name(unit, id))?;
                this_of(out, obj, this)
            }
            Inst::GetIndex { dst, obj, key } => write!(out, "{dst} = get_index {obj}[{key}]"),
            Inst::GetKey { dst, obj, name: id } => write!(out, "{dst} = get_key {obj}.{}", name(unit, id)),
            Inst::RefMember { dst, obj, name: id } => write!(out, "{dst} = ref_member {obj}.{}", name(unit, id)),
            Inst::RefIndex { dst, obj, key } => write!(out, "{dst} = ref_index {obj}[{key}]"),
            Inst::SetMember { obj, name: id, src } => write!(out, "set_member {obj}.{} = {src}", name(unit, id)),
            Inst::SetIndex { obj, key, src } => write!(out, "set_index {obj}[{key}] = {src}"),
            Inst::Slice { dst, obj, from, to } => write!(out, "{dst} = slice {obj}[{from}:{to}]"),
            Inst::Call { dst, callee, args } => write!(out, "{dst} = call {callee}({args})"),
            Inst::CallMethod { dst, obj, this, name: id, args } => {
                write!(out, "{dst} = call_method {obj}.{}({args})", name(unit, id))?;
                this_of(out, obj, this)
            }
            Inst::CallIndex { dst, obj, this, key, args } => {
                write!(out, "{dst} = call_index {obj}[{key}]({args})")?;
                this_of(out, obj, this)
            }
            Inst::MakeList { dst, elems } => write!(out, "{dst} = make_list [{elems}]"),
            Inst::AppendList { list, elems } => write!(out, "append_list {list} [{elems}]"),
            Inst::MakeMap { dst, pairs } => write!(out, "{dst} = make_map {{{pairs}}}"),
            Inst::MakeFunction { dst, child } => write!(out, "{dst} = make_function {child}"),
            Inst::IterInit { obj, pos, src } => write!(out, "{obj}, {pos} = iter_init {src}"),
            Inst::CheckUncaught { src } => write!(out, "check_uncaught {src}"),
            Inst::Unsupported { message } => write!(out, "unsupported {}", constant(unit, message)),
            Inst::Jump { to } => write!(out, "jump {to}"),
            Inst::Branch { cond, then, els } => write!(out, "branch {cond} then {then} else {els}"),
            Inst::AndTest { dst, a, rhs, done } => write!(out, "{dst} = and_test {a} rhs {rhs} done {done}"),
            Inst::OrTest { dst, a, rhs, done } => write!(out, "{dst} = or_test {a} rhs {rhs} done {done}"),
            Inst::IterNext { obj, pos, dst, body, done } => {
                write!(out, "{dst} = iter_next {obj}, {pos} body {body} done {done}")
            }
            Inst::Return { src } => write!(out, "return {src}"),
            Inst::End => write!(out, "end"),
        }
    }
}

/// ` this rN` where the receiver is not where the lookup starts.
fn this_of(out: &mut String, obj: crate::ir::Reg, this: crate::ir::Reg) -> FmtResult {
    if obj == this { Ok(()) } else { write!(out, " this {this}") }
}

/// A name of the unit; ids out of range print as something the reader rejects, so that broken units can be looked at too.
fn name(unit: &Unit, id: NameId) -> Name<'_> {
    Name(unit.names.get(id.0 as usize).map_or("?", |name| name.as_str()))
}

/// A constant of the unit; as for [`name`].
fn constant(unit: &Unit, id: ConstId) -> String {
    unit.consts.get(id.0 as usize).map_or("?".to_owned(), Const::to_string)
}

/// A name as text: bare if it looks like a name, else quoted.
struct Name<'a>(&'a str);

impl Display for Name<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        if is_bare_name(self.0) { f.write_str(self.0) } else { quote(f, self.0) }
    }
}

/// Whether a name needs no quotes.
pub(crate) fn is_bare_name(text: &str) -> bool {
    let starts = |c: char| c == '_' || c.is_ascii_alphabetic() || c > '\u{7f}' && !c.is_whitespace() && !c.is_control();
    text.chars().next().is_some_and(starts) && text.chars().all(|c| starts(c) || c.is_ascii_digit())
}

/// A string in double quotes; a backslash escapes quotes, backslashes and control characters.
fn quote(f: &mut Formatter<'_>, text: &str) -> FmtResult {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            c if c.is_control() => write!(f, "\\u{{{:x}}}", u32::from(c))?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}

/// `.deferred` or nothing.
struct Deferred(bool);

impl Display for Deferred {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        f.write_str(if self.0 { ".deferred" } else { "" })
    }
}

/// The number as the shortest text that reads back to the same bits.
fn number(f: &mut Formatter<'_>, value: f64) -> FmtResult {
    if value.is_nan() {
        write!(f, "nan({:x})", value.to_bits())
    } else if value.is_infinite() {
        f.write_str(if value > 0.0 { "inf" } else { "-inf" })
    } else if value.fract() == 0.0 && value.abs() < 1e15 {
        write!(f, "{value}")
    } else {
        write!(f, "{value:?}")
    }
}

impl Display for Const {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        match self {
            Const::Null => f.write_str("null"),
            Const::Number(value) => number(f, *value),
            Const::Str(text) => quote(f, text),
            Const::List(elements) => {
                f.write_char('[')?;
                for (index, element) in elements.iter().enumerate() {
                    write!(f, "{}{element}", if index == 0 { "" } else { ", " })?;
                }
                f.write_char(']')
            }
            Const::Map(entries) => {
                f.write_char('{')?;
                for (index, (key, value)) in entries.iter().enumerate() {
                    write!(f, "{}{key}: {value}", if index == 0 { "" } else { ", " })?;
                }
                f.write_char('}')
            }
        }
    }
}

impl Display for RegRange {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        match self.count {
            0 => Ok(()),
            1 => write!(f, "{}", self.first),
            // What is not verified yet may reach past the last register that there can be.
            n => write!(f, "{}..=r{}", self.first, self.first.0.saturating_add(n - 1)),
        }
    }
}

impl Display for UnitKey {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        write!(f, "{:016x}", self.0)
    }
}

/// Implements `Display` for an id: a letter and the number.
macro_rules! display_ids {
    ($($name:ident $format:literal,)+) => {
        $(impl Display for crate::ir::$name {
            fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
                write!(f, $format, self.0)
            }
        })+
    };
}

display_ids! {
    Reg "r{}",
    BlockId "b{}",
    InstId "i{}",
    ChildId "f{}",
    EnvSlot "${}",
}

/// Implements `Display` and the inverse lookup for an enum whose values are words of the text form.
macro_rules! words {
    ($($name:ident { $($variant:ident $word:literal,)+ })+) => {
        $(impl Display for $name {
            fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
                f.write_str(match self {
                    $($name::$variant => $word,)+
                })
            }
        }

        impl $name {
            /// The value that a word of the text form stands for.
            pub fn from_word(word: &str) -> Option<$name> {
                match word {
                    $($word => Some($name::$variant),)+
                    _ => None,
                }
            }
        })+
    };
}

words! {
    UnitKind { Statement "statement", Function "function", Module "module", Expression "expression", }
    Ty { Any "any", Null "null", Number "number", String "string", List "list", Map "map", Function "function", }
    RecordKind {
        Assign "assign", ForVariable "for", Return "return", Statement "statement", Expression "expression", Probe "probe",
    }
    BinaryOp {
        Add "add", Sub "sub", Mul "mul", Div "div", Mod "mod", Pow "pow", Eq "eq", Ne "ne", Lt "lt", Le "le", Gt "gt", Ge "ge",
        Isa "isa", And "and", Or "or",
    }
    UnaryOp { Neg "neg", Not "not", New "new", }
}
