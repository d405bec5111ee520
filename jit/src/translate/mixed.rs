//! Generic operations where values of several kinds come: what is done to numbers, texts and lists often stands in line, the rest is left to helpers.
//!
//! `calls` comes here. Invariant: what is in line gives what the helper would, and changes nothing.

use super::HelperId;
use super::calls::binary_number;
use super::lower::{Lower, memory};
use crate::ssa::{Inst, Op, Val};
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, types};
use minilive_mir::ir::BinaryOp;
use minilive_runtime::list::{LIST_ELEMENTS, LIST_LEN, LIST_STORED};
use minilive_runtime::realm::HEAD_NATIVE_STATUS;
use minilive_runtime::string::STRING_LEN;
use minilive_runtime::value::{PAYLOAD_MASK, TAG_LIST, TAG_SHIFT, TAG_STRING, Value};

impl Lower<'_, '_> {
    /// A binary operator on anything.
    pub(super) fn binary_of_any(&mut self, inst: &Inst, site: ir::Value, op: BinaryOp) -> ir::Value {
        let args = [self.arg(inst, 0), self.arg(inst, 1)];
        match op {
            BinaryOp::Eq | BinaryOp::Ne => self.equal(inst, site, op),
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div => self.arithmetic(inst, site, op),
            BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => self.arithmetic(inst, site, op),
            BinaryOp::Isa => self.isa_chain(site, &args),
            _ => self.binary_helper(site, op, args),
        }
    }

    fn binary_helper(&mut self, site: ir::Value, op: BinaryOp, [a, b]: [ir::Value; 2]) -> ir::Value {
        let number = self.iconst(binary_number(op));
        self.call_helper(HelperId::Binary, 0, &[site, number, a, b])
    }

    /// `a == b` or `a != b` of anything: what is the same, what is of two kinds, and texts are told apart here.
    fn equal(&mut self, inst: &Inst, site: ir::Value, op: BinaryOp) -> ir::Value {
        let (slow, next) = self.two_ways();
        let [same, other, tagged, differ, texts] = [(); 5].map(|()| self.b.create_block());
        let (a, b) = (self.arg(inst, 0), self.arg(inst, 1));
        let truth = |it: &mut Self, equal: bool| it.iconst(Value::boolean(equal == (op == BinaryOp::Eq)).bits() as i64);
        let is_same = self.b.ins().icmp(IntCC::Equal, a, b);
        self.b.ins().brif(is_same, same, &[], other, &[]);
        self.b.switch_to_block(same);
        let yes = truth(self, true);
        self.b.ins().jump(next, &[yes.into()]);
        self.b.switch_to_block(other);
        let [of_a, of_b] = [a, b].map(|value| self.tag(value));
        let is_text = self.b.ins().icmp_imm_u(IntCC::Equal, of_a, TAG_STRING as i64);
        let one_kind = self.b.ins().icmp(IntCC::Equal, of_a, of_b);
        self.b.ins().brif(one_kind, tagged, &[], differ, &[]);
        self.b.switch_to_block(tagged);
        self.b.ins().brif(is_text, texts, &[], slow, &[]);
        self.b.switch_to_block(texts);
        let equal = self.same_text(inst);
        let (yes, no) = (truth(self, true), truth(self, false));
        let result = self.b.ins().select(equal, yes, no);
        self.b.ins().jump(next, &[result.into()]);
        self.b.switch_to_block(differ);
        // Bits of numbers above their mantissas tell nothing.
        let [of_a, of_b] = [a, b].map(|value| self.is_below_tags(value));
        let numbers = self.b.ins().band(of_a, of_b);
        let no = truth(self, false);
        self.b.ins().brif(numbers, slow, &[], next, &[no.into()]);
        self.b.switch_to_block(slow);
        let result = self.binary_helper(site, op, [a, b]);
        self.meet(next, result)
    }

    /// An operator that gives a number, or compares, of which two numbers are done here.
    fn arithmetic(&mut self, inst: &Inst, site: ir::Value, op: BinaryOp) -> ir::Value {
        let args = [self.arg(inst, 0), self.arg(inst, 1)];
        if inst.args.iter().any(|arg| matches!(self.defs.get(arg), Some(Op::Literal(_)))) {
            return self.binary_helper(site, op, args);
        }
        let (slow, next) = self.two_ways();
        for (&operand, arg) in inst.args.iter().zip(args) {
            self.number_or(operand, arg, slow);
        }
        let [x, y] = args.map(|bits| self.b.ins().bitcast(types::F64, MemFlagsData::new(), bits));
        let compare = match op {
            BinaryOp::Lt => Some(FloatCC::LessThan),
            BinaryOp::Le => Some(FloatCC::LessThanOrEqual),
            BinaryOp::Gt => Some(FloatCC::GreaterThan),
            BinaryOp::Ge => Some(FloatCC::GreaterThanOrEqual),
            _ => None,
        };
        let result = match compare {
            Some(compare) => {
                let holds = self.b.ins().fcmp(compare, x, y);
                let [yes, no] = [true, false].map(|truth| self.iconst(Value::boolean(truth).bits() as i64));
                self.b.ins().select(holds, yes, no)
            }
            None => {
                let number = match op {
                    BinaryOp::Add => self.b.ins().fadd(x, y),
                    BinaryOp::Sub => self.b.ins().fsub(x, y),
                    BinaryOp::Mul => self.b.ins().fmul(x, y),
                    _ => self.b.ins().fdiv(x, y),
                };
                self.b.ins().bitcast(types::I64, MemFlagsData::new(), number)
            }
        };
        self.b.ins().jump(next, &[result.into()]);
        self.b.switch_to_block(slow);
        let result = self.binary_helper(site, op, args);
        self.meet(next, result)
    }

    fn number_or(&mut self, operand: Val, bits: ir::Value, other: ir::Block) {
        if !self.is_number(operand) {
            let is_number = self.is_below_tags(bits);
            self.continue_if(is_number, other);
        }
    }

    /// Goes to `next` with the truth of a string or list, which is whether it has anything in it; to `other` with anything else.
    pub(super) fn truth_of_length(&mut self, value: ir::Value, next: ir::Block, other: ir::Block) {
        let tag = self.tag(value);
        let object = self.b.ins().band_imm_u(value, PAYLOAD_MASK as i64);
        for (kind, offset) in [(TAG_STRING, STRING_LEN), (TAG_LIST, LIST_LEN)] {
            let [this, rest] = [(); 2].map(|()| self.b.create_block());
            let is_it = self.b.ins().icmp_imm_u(IntCC::Equal, tag, kind as i64);
            self.b.ins().brif(is_it, this, &[], rest, &[]);
            self.b.switch_to_block(this);
            let len = self.b.ins().load(types::I32, memory(), object, offset as i32);
            let holds = self.b.ins().icmp_imm_u(IntCC::NotEqual, len, 0);
            self.b.ins().jump(next, &[holds.into()]);
            self.b.switch_to_block(rest);
        }
        self.b.ins().jump(other, &[]);
    }

    /// The next element of a loop over anything, absent behind the last one: of a list that is stored and of a string of ASCII here. The realm's
    /// head takes the position behind it.
    pub(super) fn next_of_any(&mut self, site: ir::Value, object: ir::Value, position: ir::Value) -> ir::Value {
        let (slow, next) = self.two_ways();
        let [list, other, text, done] = [(); 4].map(|()| self.b.create_block());
        let element = self.b.append_block_param(done, types::I64);
        let absent = self.iconst(Value::ABSENT.bits() as i64);
        let tag = self.tag(object);
        let inside = self.b.ins().band_imm_u(object, PAYLOAD_MASK as i64);
        let is_list = self.b.ins().icmp_imm_u(IntCC::Equal, tag, TAG_LIST as i64);
        self.b.ins().brif(is_list, list, &[], other, &[]);
        self.b.switch_to_block(list);
        let len = self.b.ins().uload32(memory(), inside, LIST_LEN as i32);
        self.while_below(position, len, (next, absent));
        let stored = self.b.ins().uload32(memory(), inside, LIST_STORED as i32);
        let is_stored = self.b.ins().icmp(IntCC::UnsignedLessThan, position, stored);
        self.continue_if(is_stored, slow);
        let elements = self.b.ins().load(types::I64, memory(), inside, LIST_ELEMENTS as i32);
        let offset = self.b.ins().ishl_imm_u(position, 3);
        let place = self.b.ins().iadd(elements, offset);
        let found = self.b.ins().load(types::I64, memory(), place, 0);
        self.b.ins().jump(done, &[found.into()]);
        self.b.switch_to_block(other);
        let is_text = self.b.ins().icmp_imm_u(IntCC::Equal, tag, TAG_STRING as i64);
        self.b.ins().brif(is_text, text, &[], slow, &[]);
        self.b.switch_to_block(text);
        let len = self.ascii_len(inside, slow);
        self.while_below(position, len, (next, absent));
        let found = self.ascii_at(inside, position);
        self.b.ins().jump(done, &[found.into()]);
        self.b.switch_to_block(done);
        let behind = self.b.ins().iadd_imm_s(position, 1);
        self.b.ins().store(memory(), behind, self.ctx, HEAD_NATIVE_STATUS as i32);
        self.b.ins().jump(next, &[element.into()]);
        self.b.switch_to_block(slow);
        let found = self.call_helper(HelperId::IterNext, 0, &[site, object, position]);
        self.meet(next, found)
    }

    /// Goes to the end with a value unless a position is below a length.
    fn while_below(&mut self, position: ir::Value, len: ir::Value, (end, value): (ir::Block, ir::Value)) {
        let more = self.b.create_block();
        let is_below = self.b.ins().icmp(IntCC::UnsignedLessThan, position, len);
        self.b.ins().brif(is_below, more, &[], end, &[value.into()]);
        self.b.switch_to_block(more);
    }

    fn tag(&mut self, value: ir::Value) -> ir::Value {
        self.b.ins().ushr_imm_u(value, i64::from(TAG_SHIFT))
    }
}
