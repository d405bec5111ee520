//! Reads the text form of MIR that [`crate::print`] writes. The grammar stands in `docs/mir.md`.
//!
//! Takes text from goldens, hand-written engine tests and bug reports; what it returns goes to the verifier before anyone runs
//! it. Invariant: `parse_unit(print(u)) == u`; reading checks the form only, not the invariants of a unit.

mod tokens;

use crate::ir::{
    BinaryOp, Block, Const, ConstId, Inst, InstId, Local, NameId, Param, RecordKind, RecordPoint, Reg, Ty, UnaryOp,
    Unit, UnitKey, UnitKind,
};
use crate::tables::{Consts, Names, index};
use smol_str::SmolStr;
use std::fmt::{Display, Formatter, Result as FmtResult};
use tokens::Line;

/// Why a text is no MIR.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// The line (1-based) it is about.
    pub line: u32,
    /// What is wrong.
    pub message: String,
}

impl ParseError {
    fn new(line: u32, message: &str) -> ParseError {
        ParseError { line, message: message.to_owned() }
    }
}

impl Display for ParseError {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for ParseError {}

/// Reads one unit without its key.
pub fn parse_unit(text: &str) -> Result<Unit, ParseError> {
    let mut lines = lines(text)?;
    let first = lines.first_mut().ok_or_else(|| ParseError::new(1, "no unit here"))?;
    let mut reader = Reader::new(first)?;
    for line in &mut lines[1..] {
        reader.line(line)?;
    }
    reader.finish()
}

/// Reads units, each headed by `unit KEY`.
pub fn parse_units(text: &str) -> Result<Vec<(UnitKey, Unit)>, ParseError> {
    let mut units = Vec::new();
    let mut current: Option<(UnitKey, Reader)> = None;
    let mut lines = lines(text)?.into_iter();
    while let Some(mut line) = lines.next() {
        if line.eat_word("unit") {
            let key = key(&mut line)?;
            line.end()?;
            if let Some((key, reader)) = current.take() {
                units.push((key, reader.finish()?));
            }
            let mut head = lines.next().ok_or_else(|| line.error("a key without a unit"))?;
            current = Some((key, Reader::new(&mut head)?));
        } else {
            let (_, reader) = current.as_mut().ok_or_else(|| line.error("text before the first `unit`"))?;
            reader.line(&mut line)?;
        }
    }
    if let Some((key, reader)) = current {
        units.push((key, reader.finish()?));
    }
    Ok(units)
}

/// The lines that hold anything.
fn lines(text: &str) -> Result<Vec<Line<'_>>, ParseError> {
    let mut found = Vec::new();
    for (number, text) in (1..).zip(text.lines()) {
        let line = Line::new(number, text)?;
        if !line.at_end() {
            found.push(line);
        }
    }
    Ok(found)
}

/// Sixteen hexadecimal digits.
fn key(line: &mut Line<'_>) -> Result<UnitKey, ParseError> {
    let error = line.expected("a key");
    u64::from_str_radix(line.word()?, 16).map(UnitKey).map_err(|_| error)
}

/// A unit while its lines are read.
struct Reader {
    unit: Unit,
    names: Names,
    consts: Consts,
}

impl Reader {
    /// Starts with the line that names the unit's kind.
    fn new(line: &mut Line<'_>) -> Result<Reader, ParseError> {
        let error = line.expected("the kind of a unit");
        let kind = UnitKind::from_word(line.word()?).ok_or(error)?;
        line.end()?;
        let unit = Unit {
            kind,
            params: Vec::new(),
            self_reg: None,
            super_reg: None,
            locals: Vec::new(),
            env: None,
            n_regs: 0,
            insts: Vec::new(),
            types: Vec::new(),
            blocks: Vec::new(),
            names: Vec::new(),
            consts: Vec::new(),
            children: Vec::new(),
            records: Vec::new(),
            note: None,
        };
        Ok(Reader { unit, names: Names::default(), consts: Consts::default() })
    }

    /// Ends the unit.
    fn finish(mut self) -> Result<Unit, ParseError> {
        self.unit.names = self.names.into_list();
        self.unit.consts = self.consts.into_list();
        Ok(self.unit)
    }

    /// One line: a block's label, an instruction once there is a block, or a header line.
    fn line(&mut self, line: &mut Line<'_>) -> Result<(), ParseError> {
        if self.label(line)? {
            return Ok(());
        }
        if self.unit.blocks.is_empty() { self.header(line) } else { self.inst_line(line) }
    }

    /// `b3:` or `b3: loop`; false if the line is something else.
    fn label(&mut self, line: &mut Line<'_>) -> Result<bool, ParseError> {
        let label = format!("b{}", self.unit.blocks.len());
        if !line.eat_word(&label) {
            return Ok(false);
        }
        line.punct(":")?;
        let loop_head = line.eat_word("loop");
        line.end()?;
        let at = index(self.unit.insts.len());
        self.unit.blocks.push(Block { first: at, end: at, loop_head });
        Ok(true)
    }

    /// A line of the header.
    fn header(&mut self, line: &mut Line<'_>) -> Result<(), ParseError> {
        let error = line.expected("a header line or block `b0:`");
        match line.word()? {
            "names" => list(line, |line| {
                let name = line.name()?;
                self.names.intern(&name);
                Ok(())
            })?,
            "consts" => list(line, |line| {
                let value = constant(line)?;
                self.consts.intern(value);
                Ok(())
            })?,
            "children" => list(line, |line| {
                self.unit.children.push(key(line)?);
                Ok(())
            })?,
            "params" => list(line, |line| {
                let name = self.name(line)?;
                line.punct("=")?;
                let default = self.constant(line)?;
                self.unit.params.push(Param { name, default });
                Ok(())
            })?,
            "self" => self.unit.self_reg = Some(line.reg()?),
            "super" => self.unit.super_reg = Some(line.reg()?),
            "locals" => list(line, |line| {
                let name = self.name(line)?;
                let reg = line.reg()?;
                self.unit.locals.push(Local { name, reg });
                Ok(())
            })?,
            "env" => self.unit.env = Some(self.env(line)?),
            "note" => self.unit.note = Some(self.constant(line)?),
            "regs" => self.unit.n_regs = line.count()?,
            _ => return Err(error),
        }
        line.end()
    }

    /// `[a, b]`
    fn env(&mut self, line: &mut Line<'_>) -> Result<Vec<NameId>, ParseError> {
        let mut slots = Vec::new();
        line.punct("[")?;
        while !line.eat("]") {
            if !slots.is_empty() {
                line.punct(",")?;
            }
            slots.push(self.name(line)?);
        }
        Ok(slots)
    }

    /// A name that the `names` line lists.
    fn name(&self, line: &mut Line<'_>) -> Result<NameId, ParseError> {
        let name = line.name()?;
        self.names.get(&name).ok_or_else(|| line.error(&format!("`{name}` is not among the names")))
    }

    /// A constant that the `consts` line lists.
    fn constant(&self, line: &mut Line<'_>) -> Result<ConstId, ParseError> {
        let value = constant(line)?;
        self.consts.get(&value).ok_or_else(|| line.error(&format!("{value} is not among the constants")))
    }

    /// An instruction with its type and records.
    fn inst_line(&mut self, line: &mut Line<'_>) -> Result<(), ParseError> {
        let id = InstId(index(self.unit.insts.len()));
        let inst = self.inst(line)?;
        let mut ty = Ty::Any;
        if line.eat(":") {
            let error = line.expected("a type");
            ty = Ty::from_word(line.word()?).ok_or(error)?;
        }
        while line.eat("!") {
            let error = line.expected("the reason of a record");
            let kind = RecordKind::from_word(line.word()?).ok_or(error)?;
            let value = line.reg()?;
            self.unit.records.push(RecordPoint { inst: id, value, kind });
        }
        line.end()?;
        self.unit.insts.push(inst);
        self.unit.types.push(ty);
        if let Some(block) = self.unit.blocks.last_mut() {
            block.end = id.0 + 1;
        }
        Ok(())
    }

    /// An instruction: one without result starts with its word, one with a result with the register.
    fn inst(&mut self, line: &mut Line<'_>) -> Result<Inst, ParseError> {
        if let Ok(dst) = line.reg() {
            if line.eat(",") {
                let pos = line.reg()?;
                line.punct("=")?;
                line.keyword("iter_init")?;
                let src = line.reg()?;
                return Ok(Inst::IterInit { obj: dst, pos, src });
            }
            line.punct("=")?;
            return self.inst_with_result(line, dst);
        }
        self.inst_without_result(line)
    }

    fn inst_without_result(&mut self, line: &mut Line<'_>) -> Result<Inst, ParseError> {
        let error = line.expected("an instruction");
        Ok(match line.word()? {
            "store_env" => {
                let slot = line.slot()?;
                let src = assigned(line)?;
                Inst::StoreEnv { slot, src }
            }
            "store_global" => {
                let name = self.name(line)?;
                let src = assigned(line)?;
                Inst::StoreGlobal { name, src }
            }
            "set_member" => {
                let (obj, name) = self.member(line)?;
                let src = assigned(line)?;
                Inst::SetMember { obj, name, src }
            }
            "set_index" => {
                let (obj, key) = indexed(line)?;
                let src = assigned(line)?;
                Inst::SetIndex { obj, key, src }
            }
            "append_list" => {
                let list = line.reg()?;
                line.punct("[")?;
                let elems = line.run("]")?;
                Inst::AppendList { list, elems }
            }
            "check_uncaught" => Inst::CheckUncaught { src: line.reg()? },
            "unsupported" => Inst::Unsupported { message: self.constant(line)? },
            "jump" => Inst::Jump { to: line.block()? },
            "branch" => {
                let cond = line.reg()?;
                line.keyword("then")?;
                let then = line.block()?;
                line.keyword("else")?;
                let els = line.block()?;
                Inst::Branch { cond, then, els }
            }
            "return" => Inst::Return { src: line.reg()? },
            "end" => Inst::End,
            _ => return Err(error),
        })
    }

    fn inst_with_result(&mut self, line: &mut Line<'_>, dst: Reg) -> Result<Inst, ParseError> {
        let error = line.expected("an instruction with a result");
        let word = line.word()?;
        if let Some(op) = BinaryOp::from_word(word) {
            let a = line.reg()?;
            line.punct(",")?;
            let b = line.reg()?;
            return Ok(Inst::Binary { op, dst, a, b });
        }
        if let Some(op) = UnaryOp::from_word(word) {
            let src = line.reg()?;
            return Ok(Inst::Unary { op, dst, src });
        }
        Ok(match word {
            "const" => Inst::Const { dst, value: self.constant(line)? },
            "move" => Inst::Move { dst, src: line.reg()? },
            "load_local" => {
                let deferred = deferred(line)?;
                let local = line.reg()?;
                let name = self.name(line)?;
                Inst::LoadLocal { dst, local, name, deferred }
            }
            "load_env" => {
                let deferred = deferred(line)?;
                let slot = line.slot()?;
                Inst::LoadEnv { dst, slot, deferred }
            }
            "load_free" => Inst::LoadFree { dst, name: self.name(line)? },
            "load_self" => Inst::LoadSelf { dst },
            "load_super" => Inst::LoadSuper { dst },
            "load_locals" => Inst::LoadLocals { dst },
            "load_outer" => Inst::LoadOuter { dst },
            "load_globals" => Inst::LoadGlobals { dst },
            "auto_call" => Inst::AutoCall { dst, src: line.reg()? },
            "make_function" => Inst::MakeFunction { dst, child: line.child()? },
            "make_list" => {
                line.punct("[")?;
                let elems = line.run("]")?;
                Inst::MakeList { dst, elems }
            }
            "make_map" => {
                line.punct("{")?;
                let pairs = line.run("}")?;
                Inst::MakeMap { dst, pairs }
            }
            "and_test" | "or_test" | "iter_next" => return branch_with_result(line, dst, word),
            "get_member" | "get_index" | "get_key" | "ref_member" | "ref_index" | "slice" | "call" | "call_method"
            | "call_index" => {
                return self.access(line, dst, word);
            }
            _ => return Err(error),
        })
    }

    /// The instructions that look into a value or call something.
    fn access(&mut self, line: &mut Line<'_>, dst: Reg, word: &str) -> Result<Inst, ParseError> {
        Ok(match word {
            "get_member" => {
                let (obj, name) = self.member(line)?;
                let this = receiver(line, obj)?;
                Inst::GetMember { dst, obj, this, name }
            }
            "get_index" => {
                let (obj, key) = indexed(line)?;
                Inst::GetIndex { dst, obj, key }
            }
            "get_key" => {
                let (obj, name) = self.member(line)?;
                Inst::GetKey { dst, obj, name }
            }
            "ref_member" => {
                let (obj, name) = self.member(line)?;
                Inst::RefMember { dst, obj, name }
            }
            "ref_index" => {
                let (obj, key) = indexed(line)?;
                Inst::RefIndex { dst, obj, key }
            }
            "slice" => {
                let obj = line.reg()?;
                line.punct("[")?;
                let from = line.reg()?;
                line.punct(":")?;
                let to = line.reg()?;
                line.punct("]")?;
                Inst::Slice { dst, obj, from, to }
            }
            "call" => {
                let callee = line.reg()?;
                let args = args(line)?;
                Inst::Call { dst, callee, args }
            }
            "call_method" => {
                let (obj, name) = self.member(line)?;
                let args = args(line)?;
                let this = receiver(line, obj)?;
                Inst::CallMethod { dst, obj, this, name, args }
            }
            _ => {
                let (obj, key) = indexed(line)?;
                let args = args(line)?;
                let this = receiver(line, obj)?;
                Inst::CallIndex { dst, obj, this, key, args }
            }
        })
    }

    /// `r1.name`
    fn member(&self, line: &mut Line<'_>) -> Result<(Reg, NameId), ParseError> {
        let obj = line.reg()?;
        line.punct(".")?;
        Ok((obj, self.name(line)?))
    }
}

/// The terminators that have a result on one of their ways out.
fn branch_with_result(line: &mut Line<'_>, dst: Reg, word: &str) -> Result<Inst, ParseError> {
    let a = line.reg()?;
    if word == "iter_next" {
        line.punct(",")?;
        let pos = line.reg()?;
        line.keyword("body")?;
        let body = line.block()?;
        line.keyword("done")?;
        let done = line.block()?;
        return Ok(Inst::IterNext { obj: a, pos, dst, body, done });
    }
    line.keyword("rhs")?;
    let rhs = line.block()?;
    line.keyword("done")?;
    let done = line.block()?;
    Ok(if word == "and_test" { Inst::AndTest { dst, a, rhs, done } } else { Inst::OrTest { dst, a, rhs, done } })
}

/// Items separated by commas up to the end of the line.
fn list(line: &mut Line<'_>, mut item: impl FnMut(&mut Line<'_>) -> Result<(), ParseError>) -> Result<(), ParseError> {
    item(line)?;
    while line.eat(",") {
        item(line)?;
    }
    Ok(())
}

/// `= r1`
fn assigned(line: &mut Line<'_>) -> Result<Reg, ParseError> {
    line.punct("=")?;
    line.reg()
}

/// `r1[r2]`
fn indexed(line: &mut Line<'_>) -> Result<(Reg, Reg), ParseError> {
    let obj = line.reg()?;
    line.punct("[")?;
    let key = line.reg()?;
    line.punct("]")?;
    Ok((obj, key))
}

/// `(r1..=r3)`
fn args(line: &mut Line<'_>) -> Result<crate::ir::RegRange, ParseError> {
    line.punct("(")?;
    line.run(")")
}

/// `this r1` or nothing, which means the object itself.
fn receiver(line: &mut Line<'_>, obj: Reg) -> Result<Reg, ParseError> {
    if line.eat_word("this") { line.reg() } else { Ok(obj) }
}

/// `.deferred` or nothing.
fn deferred(line: &mut Line<'_>) -> Result<bool, ParseError> {
    let found = line.eat(".");
    if found {
        line.keyword("deferred")?;
    }
    Ok(found)
}

/// Constants nest no deeper; source text nests less.
const MAX_NESTING: u32 = 600;

/// `null`, a number, a string, a list or a map.
fn constant(line: &mut Line<'_>) -> Result<Const, ParseError> {
    nested_constant(line, 0)
}

fn nested_constant(line: &mut Line<'_>, depth: u32) -> Result<Const, ParseError> {
    if depth > MAX_NESTING {
        return Err(line.error("a constant that is nested too deeply"));
    }
    if let Some(text) = line.eat_str() {
        return Ok(Const::Str(SmolStr::new(text)));
    }
    if line.eat("[") {
        let mut elements = Vec::new();
        while !line.eat("]") {
            if !elements.is_empty() {
                line.punct(",")?;
            }
            elements.push(nested_constant(line, depth + 1)?);
        }
        return Ok(Const::List(elements));
    }
    if line.eat("{") {
        let mut entries = Vec::new();
        while !line.eat("}") {
            if !entries.is_empty() {
                line.punct(",")?;
            }
            let key = nested_constant(line, depth + 1)?;
            line.punct(":")?;
            entries.push((key, nested_constant(line, depth + 1)?));
        }
        return Ok(Const::Map(entries));
    }
    if line.eat_word("null") {
        return Ok(Const::Null);
    }
    number(line).map(Const::Number)
}

/// A number: decimal, `inf`, `nan(BITS)`, with or without a minus.
fn number(line: &mut Line<'_>) -> Result<f64, ParseError> {
    let error = line.expected("a constant");
    let negative = line.eat("-");
    let value = match line.word()? {
        "nan" => {
            line.punct("(")?;
            let bits = u64::from_str_radix(line.word()?, 16).map_err(|_| error)?;
            line.punct(")")?;
            return Ok(f64::from_bits(bits));
        }
        "inf" => f64::INFINITY,
        word if word.starts_with(|c: char| c.is_ascii_digit()) => word.parse().map_err(|_| error)?,
        _ => return Err(error),
    };
    Ok(if negative { -value } else { value })
}
