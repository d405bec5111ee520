//! Strings: characters by index, codes, comparisons. ASCII is done in line, everything else by helpers.
//!
//! `lower` comes here. A string is ASCII exactly if it has as many bytes as characters; strings of one ASCII character are permanent
//! and stand in a table, so that another object is another text. Invariant: nothing here changes anything but the heap, and nothing fails.

use super::HelperId;
use super::lower::{Lower, memory};
use super::symbols::Symbol;
use crate::ssa::{Cmp, Inst, Op, Val};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, types};
use minilive_mir::ir::Const;
use minilive_runtime::heap::HEADER_SHAPE;
use minilive_runtime::string::{STRING_CHARS, STRING_DATA, STRING_LEN};
use minilive_runtime::value::PAYLOAD_MASK;

/// Bytes of the largest words that texts are compared by.
const WORD: usize = 8;
/// Codes below this are ASCII.
const ASCII_END: i64 = 128;

impl Lower<'_, '_> {
    pub(super) fn text(&mut self, inst: &Inst) {
        match inst.op {
            Op::StrLen => {
                let object = self.string(inst, 0);
                let chars = self.b.ins().uload32(memory(), object, STRING_CHARS as i32);
                self.define(inst, chars);
            }
            Op::StrBytes => {
                let object = self.string(inst, 0);
                let bytes = self.byte_len(object);
                self.define(inst, bytes);
            }
            Op::StrChar => self.str_char(inst),
            Op::StrCode => self.str_code(inst),
            Op::CharOf => self.char_of(inst),
            Op::StrCmp(Cmp::Eq) => {
                let same = self.same_text(inst);
                self.define(inst, same);
            }
            Op::StrCmp(Cmp::Ne) => {
                let same = self.same_text(inst);
                let other = self.b.ins().bxor_imm_u(same, 1);
                self.define(inst, other);
            }
            Op::StrCmp(cmp) => self.str_order(inst, cmp),
            _ => unreachable!("only called for operations on strings"),
        }
    }

    /// The object of an operand that is a string.
    fn string(&mut self, inst: &Inst, operand: usize) -> ir::Value {
        let value = self.arg(inst, operand);
        self.b.ins().band_imm_u(value, PAYLOAD_MASK as i64)
    }

    /// The number of bytes.
    fn byte_len(&mut self, object: ir::Value) -> ir::Value {
        self.b.ins().uload32(memory(), object, STRING_LEN as i32)
    }

    /// A byte of a string.
    fn byte(&mut self, object: ir::Value, index: Option<ir::Value>) -> ir::Value {
        let data = self.b.ins().load(types::I64, memory(), object, STRING_DATA as i32);
        let place = index.map_or(data, |index| self.b.ins().iadd(data, index));
        self.b.ins().uload8(types::I64, memory(), place, 0)
    }

    /// The string of an ASCII character.
    fn ascii(&mut self, code: ir::Value) -> ir::Value {
        let table = self.symbol(Symbol::Ascii);
        let offset = self.b.ins().ishl_imm_u(code, 3);
        let place = self.b.ins().iadd(table, offset);
        self.b.ins().load(types::I64, memory(), place, 0)
    }

    /// The length of a string, which goes to `other` unless it is ASCII.
    pub(super) fn ascii_len(&mut self, object: ir::Value, other: ir::Block) -> ir::Value {
        let len = self.byte_len(object);
        let chars = self.b.ins().uload32(memory(), object, STRING_CHARS as i32);
        let ascii = self.b.ins().icmp(IntCC::Equal, len, chars);
        self.continue_if(ascii, other);
        len
    }

    /// A character of a string of ASCII, by an index inside.
    pub(super) fn ascii_at(&mut self, object: ir::Value, index: ir::Value) -> ir::Value {
        let code = self.byte(object, Some(index));
        self.ascii(code)
    }

    fn str_char(&mut self, inst: &Inst) {
        let (slow, next) = self.two_ways();
        let (object, index) = (self.string(inst, 0), self.arg(inst, 1));
        let len = self.ascii_len(object, slow);
        let inside = self.b.ins().icmp(IntCC::UnsignedLessThan, index, len);
        self.continue_if(inside, slow);
        let found = self.ascii_at(object, index);
        self.b.ins().jump(next, &[found.into()]);
        self.b.switch_to_block(slow);
        self.store_budget();
        let (string, site) = (self.arg(inst, 0), self.site());
        let made = self.call_helper(HelperId::StrChar, 0, &[site, string, index]);
        self.load_budget();
        let result = self.meet(next, made);
        self.define(inst, result);
    }

    fn str_code(&mut self, inst: &Inst) {
        let (slow, next) = self.two_ways();
        let object = self.string(inst, 0);
        let len = self.byte_len(object);
        self.continue_if(len, slow);
        let code = self.byte(object, None);
        let ascii = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, code, ASCII_END);
        self.b.ins().brif(ascii, next, &[code.into()], slow, &[]);
        self.b.switch_to_block(slow);
        let string = self.arg(inst, 0);
        let code = self.call_helper(HelperId::StrCode, 0, &[string]);
        let result = self.meet(next, code);
        self.define(inst, result);
    }

    fn char_of(&mut self, inst: &Inst) {
        let (slow, next) = self.two_ways();
        let code = self.arg(inst, 0);
        let ascii = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, code, ASCII_END);
        self.continue_if(ascii, slow);
        let found = self.ascii(code);
        self.b.ins().jump(next, &[found.into()]);
        self.b.switch_to_block(slow);
        self.store_budget();
        let site = self.site();
        let made = self.call_helper(HelperId::CharOf, 0, &[site, code]);
        self.load_budget();
        let result = self.meet(next, made);
        self.define(inst, result);
    }

    /// The text of a literal.
    fn literal(&self, val: Val) -> Option<&str> {
        match (self.defs.get(&val), &self.func.body.unit.consts) {
            (Some(&Op::Literal(id)), consts) => match &consts[id as usize] {
                Const::Str(text) => Some(text),
                _ => None,
            },
            _ => None,
        }
    }

    /// The only byte of a literal.
    fn literal_byte(&self, val: Val) -> Option<u8> {
        match self.literal(val)?.as_bytes() {
            &[byte] => Some(byte),
            _ => None,
        }
    }

    /// Whether two strings have the same text. The same object has, and two lengths have not.
    pub(super) fn same_text(&mut self, inst: &Inst) -> ir::Value {
        let (a, b) = (self.arg(inst, 0), self.arg(inst, 1));
        let same = self.b.ins().icmp(IntCC::Equal, a, b);
        if inst.args.iter().any(|&arg| self.literal_byte(arg).is_some()) {
            return same;
        }
        let [next, other, same_len] = [(); 3].map(|()| self.b.create_block());
        let result = self.b.append_block_param(next, types::I8);
        let (yes, no) = (self.b.ins().iconst(types::I8, 1), self.b.ins().iconst(types::I8, 0));
        self.b.ins().brif(same, next, &[yes.into()], other, &[]);
        self.b.switch_to_block(other);
        let (m, n) = (self.length(inst, 0), self.length(inst, 1));
        let equal = self.b.ins().icmp(IntCC::Equal, m, n);
        self.b.ins().brif(equal, same_len, &[], next, &[no.into()]);
        self.b.switch_to_block(same_len);
        let equal = match self.short_literal(inst) {
            Some((text, operand)) => self.has_bytes(inst, operand, &text),
            None => self.same_bytes(inst, next),
        };
        self.b.ins().jump(next, &[equal.into()]);
        self.b.switch_to_block(next);
        result
    }

    /// Whether two strings of the same length have the same bytes; goes to `next` with the answer if both are names, which are different.
    fn same_bytes(&mut self, inst: &Inst, next: ir::Block) -> ir::Value {
        let (m, n) = (self.is_name(inst, 0), self.is_name(inst, 1));
        let names = self.b.ins().band(m, n);
        let no = self.b.ins().iconst(types::I8, 0);
        let slow = self.b.create_block();
        self.b.ins().brif(names, next, &[no.into()], slow, &[]);
        self.b.switch_to_block(slow);
        let (a, b) = (self.arg(inst, 0), self.arg(inst, 1));
        let found = self.call_helper(HelperId::SameText, 0, &[a, b]);
        self.b.ins().ireduce(types::I8, found)
    }

    /// The bytes of a literal of a comparison that is as short as some words, and which operand is compared with it.
    fn short_literal(&self, inst: &Inst) -> Option<(Vec<u8>, usize)> {
        let of = |operand: usize| self.literal(inst.args[operand]).filter(|text| text.len() <= 2 * WORD);
        let (text, other) = of(1).map(|text| (text, 0)).or_else(|| of(0).map(|text| (text, 1)))?;
        Some((text.as_bytes().to_vec(), other))
    }

    /// Whether an operand of so many bytes has these, compared as words that overlap.
    fn has_bytes(&mut self, inst: &Inst, operand: usize, text: &[u8]) -> ir::Value {
        let object = self.string(inst, operand);
        let data = self.b.ins().load(types::I64, memory(), object, STRING_DATA as i32);
        let parts = match text.len() {
            0 => Vec::new(),
            1 | 2 | 4 | WORD => vec![(0, text.len())],
            3 => vec![(0, 2), (1, 2)],
            len if len < WORD => vec![(0, 4), (len - 4, 4)],
            len => vec![(0, WORD), (len - WORD, WORD)],
        };
        let mut all = self.b.ins().iconst(types::I8, 1);
        for (n, (at, bytes)) in parts.into_iter().enumerate() {
            let ty = ir::Type::int(bytes as u16 * 8).expect("words are of 1, 2, 4 or 8 bytes");
            let found = self.b.ins().load(ty, memory(), data, at as i32);
            let wanted = text[at..at + bytes].iter().rev().fold(0, |word: u64, &byte| word << 8 | u64::from(byte));
            let wanted = self.b.ins().iconst(ty, wanted as i64);
            let same = self.b.ins().icmp(IntCC::Equal, found, wanted);
            all = if n == 0 { same } else { self.b.ins().band(all, same) };
        }
        all
    }

    /// The number of bytes of an operand.
    fn length(&mut self, inst: &Inst, operand: usize) -> ir::Value {
        if let Some(len) = self.literal(inst.args[operand]).map(str::len) {
            return self.iconst(len as i64);
        }
        let object = self.string(inst, operand);
        self.byte_len(object)
    }

    /// Whether an operand is the one object of its text.
    fn is_name(&mut self, inst: &Inst, operand: usize) -> ir::Value {
        if self.literal(inst.args[operand]).is_some() {
            return self.b.ins().iconst(types::I8, 1);
        }
        let object = self.string(inst, operand);
        let name = self.b.ins().load(types::I32, memory(), object, HEADER_SHAPE as i32);
        self.b.ins().icmp_imm_u(IntCC::NotEqual, name, 0)
    }

    /// The order of two strings: of single bytes in line.
    fn str_order(&mut self, inst: &Inst, cmp: Cmp) {
        let (slow, next) = (self.b.create_block(), self.b.create_block());
        let result = self.b.append_block_param(next, types::I8);
        let (m, n) = (self.only_byte(inst, 0, slow), self.only_byte(inst, 1, slow));
        let cc = match cmp {
            Cmp::Lt => IntCC::UnsignedLessThan,
            Cmp::Le => IntCC::UnsignedLessThanOrEqual,
            Cmp::Gt => IntCC::UnsignedGreaterThan,
            _ => IntCC::UnsignedGreaterThanOrEqual,
        };
        let holds = self.b.ins().icmp(cc, m, n);
        self.b.ins().jump(next, &[holds.into()]);
        self.b.switch_to_block(slow);
        let (a, b) = (self.arg(inst, 0), self.arg(inst, 1));
        let order = self.call_helper(HelperId::StrOrder, 0, &[a, b]);
        let holds = self.b.ins().icmp_imm_u(cc, order, 1);
        self.b.ins().jump(next, &[holds.into()]);
        self.b.switch_to_block(next);
        self.define(inst, result);
    }

    /// The byte of an operand that has only one; another one goes to the block given.
    fn only_byte(&mut self, inst: &Inst, operand: usize, slow: ir::Block) -> ir::Value {
        if let Some(byte) = self.literal_byte(inst.args[operand]) {
            return self.iconst(i64::from(byte));
        }
        let object = self.string(inst, operand);
        let len = self.byte_len(object);
        let single = self.b.ins().icmp_imm_u(IntCC::Equal, len, 1);
        self.continue_if(single, slow);
        self.byte(object, None)
    }
}
