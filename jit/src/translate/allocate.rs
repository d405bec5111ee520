//! Objects that compiled code makes itself, in free cells of the size class: environments, literals of maps and short lists, functions.
//!
//! `calls` comes here. A class's region stands in the realm's head; where it is used up, a helper makes the object, and that is where
//! collections start. Invariant: a cell that was taken is wholly written before anything else happens.

use super::HelperId;
use super::calls::generic_number;
use super::lower::{Lower, memory};
use super::symbols::Symbol;
use crate::ssa::{Helper, Inst, Val};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, types};
use minilive_runtime::function::{FUNCTION_BYTES, FUNCTION_CODE, FUNCTION_OUTER, FUNCTION_SLOT};
use minilive_runtime::heap::classes::{CLASS_SIZES, class_of};
use minilive_runtime::heap::{flags, header_word, kind};
use minilive_runtime::list::{LIST_BYTES, LIST_ELEMENTS, LIST_INLINE_DEFAULT, LIST_LEN, LIST_STORED};
use minilive_runtime::map::{
    MAP_BYTES, MAP_CAPACITY, MAP_INLINE_DEFAULT, MAP_INLINE_MAX, MAP_LEN, MAP_SLOTS, MAP_TABLE,
};
use minilive_runtime::realm::HEAD_BUMP;
use minilive_runtime::value::{TAG_FUNCTION, TAG_LIST, TAG_MAP, TAG_SHIFT, Value};

const _: () = assert!(FUNCTION_SLOT == FUNCTION_CODE + 4 && MAP_CAPACITY == MAP_LEN + 4, "stored as one word");
const _: () = assert!(LIST_STORED == LIST_LEN + 4, "likewise");

impl Lower<'_, '_> {
    /// A function value of a nested unit; the operand is the map that it captures.
    pub(super) fn make_function(&mut self, inst: &Inst, child: u32) {
        let captured = self.arg(inst, 0);
        let address = self.symbol(Symbol::Child(child));
        let code = self.b.ins().uload32(memory(), address, 0);
        let (slow, next) = self.two_ways();
        let cell = self.take_cell(FUNCTION_BYTES, slow);
        let header = self.iconst(header_word(kind::FUNCTION, 0, 0) as i64);
        self.b.ins().store(memory(), header, cell, 0);
        let high = self.b.ins().ishl_imm_u(code, 32);
        let both = self.b.ins().bor(code, high);
        self.b.ins().store(memory(), both, cell, FUNCTION_CODE as i32);
        self.b.ins().store(memory(), captured, cell, FUNCTION_OUTER as i32);
        let function = self.b.ins().bor_imm_s(cell, (TAG_FUNCTION << TAG_SHIFT) as i64);
        self.b.ins().jump(next, &[function.into()]);
        self.b.switch_to_block(slow);
        self.store_budget();
        let site = self.site();
        let made = self.call_keeping(HelperId::MakeFunction, &[site, code, captured]);
        self.load_budget();
        let function = self.meet(next, made);
        self.define(inst, function);
    }

    /// An environment object of so many slots; the operands are the first of them, the others are unassigned.
    pub(super) fn make_env(&mut self, inst: &Inst, shape: u32, slots: u8) {
        self.make_map(inst, HelperId::MakeEnv, (shape, flags::ENV), (usize::from(slots), usize::from(slots)));
    }

    /// An ordinary map whose slots are the operands.
    pub(super) fn make_shaped(&mut self, inst: &Inst, shape: u32) {
        let slots = inst.args.len();
        self.make_map(inst, HelperId::MakeShaped, (shape, 0), (slots, slots.max(MAP_INLINE_DEFAULT)));
    }

    /// A list of the operands, which stand in its cell.
    pub(super) fn make_list(&mut self, inst: &Inst) {
        let args: Vec<ir::Value> = inst.args.iter().map(|&arg| self.val(arg)).collect();
        let (slow, next) = self.two_ways();
        let bytes = CLASS_SIZES[class_of(LIST_BYTES + args.len().max(LIST_INLINE_DEFAULT) * 8)];
        let header = self.list_header(inst, ((bytes - LIST_BYTES) / 8) as u32);
        let list = self.take_cell(bytes, slow);
        self.b.ins().store(memory(), header, list, 0);
        let sizes = self.iconst((args.len() as u64 * (1 + (1 << 32))) as i64);
        self.b.ins().store(memory(), sizes, list, LIST_LEN as i32);
        let inside = self.b.ins().iadd_imm_s(list, LIST_BYTES as i64);
        self.b.ins().store(memory(), inside, list, LIST_ELEMENTS as i32);
        for (i, &value) in args.iter().enumerate() {
            self.b.ins().store(memory(), value, list, (LIST_BYTES + i * 8) as i32);
        }
        let list = self.b.ins().bor_imm_s(list, (TAG_LIST << TAG_SHIFT) as i64);
        self.b.ins().jump(next, &[list.into()]);
        self.b.switch_to_block(slow);
        let site = self.site();
        self.store_budget();
        let operation = self.iconst(generic_number(Helper::MakeList));
        let (words, count) = self.store_words(&args);
        let made = self.call_keeping(HelperId::Generic, &[site, operation, words, count]);
        self.load_budget();
        let list = self.meet(next, made);
        self.define(inst, list);
    }

    /// The first word of a list of these operands, which says whether all are numbers.
    fn list_header(&mut self, inst: &Inst, capacity: u32) -> ir::Value {
        let of_numbers = self.iconst(header_word(kind::LIST, flags::ALL_NUMBERS, capacity) as i64);
        let unsure: Vec<Val> = inst.args.iter().copied().filter(|&arg| !self.is_number(arg)).collect();
        let tests = unsure.into_iter().map(|arg| {
            let value = self.val(arg);
            self.is_below_tags(value)
        });
        let Some(all) = tests.collect::<Vec<_>>().into_iter().reduce(|a, b| self.b.ins().band(a, b)) else {
            return of_numbers;
        };
        let other = self.iconst(header_word(kind::LIST, 0, capacity) as i64);
        self.b.ins().select(all, of_numbers, other)
    }

    /// A map of so many slots, with room for more; the operands are the first of them, the others are absent.
    fn make_map(&mut self, inst: &Inst, helper: HelperId, (shape, extra): (u32, u8), (slots, room): (usize, usize)) {
        let args: Vec<ir::Value> = inst.args.iter().map(|&arg| self.val(arg)).collect();
        let (slow, next) = self.two_ways();
        let in_cell = room <= MAP_INLINE_MAX;
        if in_cell {
            let map = self.take_map(shape, extra, (slots, room), slow);
            let absent = self.iconst(Value::ABSENT.bits() as i64);
            for i in 0..slots {
                let value = args.get(i).copied().unwrap_or(absent);
                self.b.ins().store(memory(), value, map, (MAP_BYTES + i * 8) as i32);
            }
            let map = self.b.ins().bor_imm_s(map, (TAG_MAP << TAG_SHIFT) as i64);
            self.b.ins().jump(next, &[map.into()]);
        } else {
            self.b.ins().jump(slow, &[]);
        }
        self.b.switch_to_block(slow);
        self.store_budget();
        let (site, shape) = (self.site(), self.iconst(i64::from(shape)));
        let (words, count) = self.store_words(&args);
        let args = [site, shape, words, count];
        let made = if in_cell { self.call_keeping(helper, &args) } else { self.call_helper(helper, 0, &args) };
        self.load_budget();
        let map = self.meet(next, made);
        self.define(inst, map);
    }

    /// A map whose slots stand in its cell; the caller fills them at once.
    fn take_map(&mut self, shape: u32, extra: u8, (slots, room): (usize, usize), slow: ir::Block) -> ir::Value {
        let bytes = CLASS_SIZES[class_of(MAP_BYTES + room * 8)];
        let cell = self.take_cell(bytes, slow);
        let header = self.iconst(header_word(kind::MAP, extra, shape) as i64);
        self.b.ins().store(memory(), header, cell, 0);
        let capacity = ((bytes - MAP_BYTES) / 8) as u64;
        let sizes = self.iconst((capacity << 32 | slots as u64) as i64);
        self.b.ins().store(memory(), sizes, cell, MAP_LEN as i32);
        let inside = self.b.ins().iadd_imm_s(cell, MAP_BYTES as i64);
        self.b.ins().store(memory(), inside, cell, MAP_SLOTS as i32);
        let null = self.iconst(0);
        self.b.ins().store(memory(), null, cell, MAP_TABLE as i32);
        cell
    }

    /// A free cell for so many bytes; goes to `slow` if the region has none.
    fn take_cell(&mut self, bytes: usize, slow: ir::Block) -> ir::Value {
        let class = class_of(bytes);
        let (next, end) = (HEAD_BUMP as i32 + class as i32 * 16, HEAD_BUMP as i32 + class as i32 * 16 + 8);
        let cell = self.b.ins().load(types::I64, memory(), self.ctx, next);
        let limit = self.b.ins().load(types::I64, memory(), self.ctx, end);
        let after = self.b.ins().iadd_imm_s(cell, CLASS_SIZES[class] as i64);
        let full = self.b.ins().icmp(IntCC::UnsignedGreaterThan, after, limit);
        self.leave_if(full, slow);
        self.b.ins().store(memory(), after, self.ctx, next);
        cell
    }
}
