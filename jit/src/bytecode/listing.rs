//! Bytecode as text, for people: one instruction a line, jumps as positions, the MIR instruction behind it.
//!
//! `dump` and tests print it; nothing reads it back.

use super::{Bytecode, Op, Word, aux, operator_number};
use minilive_mir::ir::Unit;
use std::fmt::Write;

/// The listing of a unit's bytecode.
pub fn listing(code: &Bytecode, unit: &Unit) -> String {
    let mut out = String::new();
    let mut pc = 0;
    while pc < code.words.len() {
        if let Ok(block) = code.block_pc.binary_search(&(pc as u32)) {
            let head = if unit.blocks[block].loop_head { " (loop)" } else { "" };
            writeln!(out, "block {block}{head}").expect("a string takes everything");
        }
        let word = code.words[pc];
        let op = word.op().unwrap_or(Op::Ext);
        let second = code.words.get(pc + 1).copied().unwrap_or_default();
        let text = operands(op, word, second, pc as u32, unit);
        write!(out, "{pc:5}  {:<12} {text}", op.name()).expect("a string takes everything");
        if let Some(fallback) = code.fallback(pc as u32) {
            write!(out, "  else {}", fallback.plain).expect("a string takes everything");
        }
        writeln!(out, "  ; {}", code.inst_of[pc]).expect("a string takes everything");
        pc += op.words() as usize;
    }
    out
}

fn operands(op: Op, word: Word, x: Word, pc: u32, unit: &Unit) -> String {
    let (a, b, c, bc) = (word.a(), word.b(), word.c(), word.bc());
    let name = |id: u32| unit.names.get(id as usize).map_or("?", |name| name.as_str());
    let constant = |id: u32| unit.consts.get(id as usize).map_or("?".to_owned(), |it| format!("{it:?}"));
    let near = i64::from(pc) + i64::from(word.distance());
    let far = i64::from(pc) + i64::from(word.far());
    match op {
        Op::Const => format!("r{a}, {}", constant(bc)),
        Op::LoadLocal | Op::GetKey | Op::RefMember => format!("r{a}, r{b}, {}", name(u32::from(c))),
        Op::LoadEnv | Op::LoadEnvCall => format!("r{a}, slot {b}"),
        Op::StoreEnv => format!("slot {a}, r{b}"),
        Op::LoadFree | Op::LoadName | Op::StoreGlobal => format!("r{a}, {}", name(bc)),
        Op::AddK | Op::SubK | Op::MulK | Op::DivK | Op::ModK => format!("r{a}, r{b}, {}", constant(u32::from(c))),
        Op::GetMember => format!("r{a}, r{b}.{}, this r{}", name(u32::from(c)), x.a()),
        Op::SetMember => format!("r{a}.{}, r{c}", name(u32::from(b))),
        Op::Slice => format!("r{a}, r{b}, r{c}, r{}", x.a()),
        Op::Call => format!("r{a}, r{b}, {} from r{c}", word.aux()),
        Op::CallWide => format!("r{a}, r{b}, {} from r{c}", x.bc()),
        Op::CallMethod => {
            format!("r{a}, r{b}.{}, this r{}, {} from r{}", name(u32::from(c)), x.a(), x.c(), x.b())
        }
        Op::CallIndex => format!("r{a}, r{b}[r{c}], this r{}, {} from r{}", x.a(), x.c(), x.b()),
        Op::MakeList | Op::AppendList | Op::MakeMap => format!("r{a}, {c} from r{b}"),
        Op::MakeFunction => format!("r{a}, child {bc}"),
        Op::IterNext => format!("r{a}, r{b}, r{c}, done {}", i64::from(pc) + 1 + i64::from(x.far())),
        Op::Jump | Op::Loop | Op::LoopNext => format!("{far}"),
        Op::JumpIf | Op::JumpIfNot | Op::JumpPartly | Op::JumpWholly => format!("r{a}, {far}"),
        Op::Record => format!("r{a}, point {bc}"),
        Op::Unsupported | Op::ReturnConst => constant(bc),
        Op::GetIndexK => format!("r{a}, r{b}, {}", constant(u32::from(c))),
        Op::SetIndexK => format!("r{a}, r{b}, {}", constant(u32::from(c))),
        Op::Binary => {
            let operator = operator_number::operator(word.aux()).map_or("?".to_owned(), |it| format!("{it:?}"));
            format!("r{a}, r{b} {operator} r{c}")
        }
        Op::End | Op::Ext => String::new(),
        Op::Move | Op::AutoCall | Op::Not | Op::Neg | Op::New => format!("r{a}, r{b}"),
        Op::LoadSelf
        | Op::LoadSuper
        | Op::LoadLocals
        | Op::LoadOuter
        | Op::LoadGlobals
        | Op::CheckUncaught
        | Op::Return => format!("r{a}"),
        _ if is_constant_jump(op) => format!("r{a}, {}, {near}", constant(u32::from(b))),
        _ if is_jump(op) => {
            let (left, right) = if word.aux() & aux::SWAPPED != 0 { (b, a) } else { (a, b) };
            format!("r{left}, r{right}, {near}")
        }
        _ => format!("r{a}, r{b}, r{c}"),
    }
}

fn is_jump(op: Op) -> bool {
    op.name().starts_with("Jump") || matches!(op, Op::AndTest | Op::OrTest)
}

fn is_constant_jump(op: Op) -> bool {
    is_jump(op) && op.name().ends_with('K')
}
