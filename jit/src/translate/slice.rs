//! Short slices of ASCII texts, in a shared piece of code: a character is the permanent string that it is, more are copied to a fresh cell.
//!
//! `call_any` calls it before it goes to the helper. Invariant: what is made is what `runtime/src/string.rs` would make, and the work is
//! charged as `ops::slice` charges it; every other case is left to the runtime, and nothing has happened then.

use super::lookup::{Piece, memory};
use super::symbols::Symbol;
use super::tramp::small_function;
use super::{Compiled, signature};
use crate::reason::Refused;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, UserFuncName, types};
use cranelift_codegen::isa::OwnedTargetIsa;
use minilive_runtime::heap::classes::{CLASS_SIZES, class_of};
use minilive_runtime::heap::{header_word, kind};
use minilive_runtime::realm::{HEAD_BUDGET, HEAD_BUMP};
use minilive_runtime::string::{SHORT_BYTES, STRING_CHARS, STRING_DATA, STRING_HASH, STRING_KNOWN, STRING_LEN};
use minilive_runtime::value::{PAYLOAD_MASK, TAG_SHIFT, TAG_STRING, Value};

/// The longest slice that is made here. It costs one step, and all up to it stand in cells of one size.
const LONGEST: usize = 15;
const CLASS: usize = class_of(SHORT_BYTES + LONGEST);

const _: () = assert!(CLASS == class_of(SHORT_BYTES + 2), "one size for all");
const _: () = assert!(STRING_HASH == STRING_LEN + 4 && STRING_KNOWN == STRING_CHARS + 4, "stored as one word");

/// `(ctx, text, from, to) -> text`: a slice, or absent if the helper is to make it.
pub fn slice_stub(isa: &OwnedTargetIsa) -> Result<Compiled, Refused> {
    small_function(isa, UserFuncName::user(4, 6), signature(isa, 3), |b, symbols, params| {
        let (ctx, text, from, to) = (params[0], params[1], params[2], params[3]);
        let fail = b.create_block();
        let [single, several] = [(); 2].map(|()| b.create_block());
        let mut piece = Piece { b, symbols, fail };
        let object = piece.b.ins().band_imm_u(text, PAYLOAD_MASK as i64);
        let len = piece.b.ins().uload32(memory(), object, STRING_LEN as i32);
        let chars = piece.b.ins().uload32(memory(), object, STRING_CHARS as i32);
        let is_ascii = piece.b.ins().icmp(IntCC::Equal, len, chars);
        piece.go_on_if(is_ascii);
        let (from, to) = (piece.counted_from_start(from, len), piece.counted_from_start(to, len));
        let is_some = piece.b.ins().icmp(IntCC::UnsignedLessThan, from, to);
        piece.go_on_if(is_some);
        let is_inside = piece.b.ins().icmp(IntCC::UnsignedLessThanOrEqual, to, len);
        piece.go_on_if(is_inside);
        let n = piece.b.ins().isub(to, from);
        let is_short = piece.b.ins().icmp_imm_u(IntCC::UnsignedLessThanOrEqual, n, LONGEST as i64);
        piece.go_on_if(is_short);
        // The whole text is the object itself.
        let is_part = piece.b.ins().icmp(IntCC::NotEqual, n, len);
        piece.go_on_if(is_part);
        let budget = piece.b.ins().load(types::I64, memory(), ctx, HEAD_BUDGET as i32);
        let left = piece.b.ins().iadd_imm_s(budget, -1);
        let goes_on = piece.b.ins().icmp_imm_s(IntCC::SignedGreaterThan, left, 0);
        piece.go_on_if(goes_on);
        let data = piece.b.ins().load(types::I64, memory(), object, STRING_DATA as i32);
        let start = piece.b.ins().iadd(data, from);
        let is_single = piece.b.ins().icmp_imm_u(IntCC::Equal, n, 1);
        piece.b.ins().brif(is_single, single, &[], several, &[]);
        piece.b.switch_to_block(single);
        piece.b.ins().store(memory(), left, ctx, HEAD_BUDGET as i32);
        let character = piece.character(start);
        piece.b.ins().return_(&[character]);
        piece.b.switch_to_block(several);
        let cell = piece.take_string(ctx, n);
        piece.b.ins().store(memory(), left, ctx, HEAD_BUDGET as i32);
        let copy = piece.b.ins().iadd_imm_s(cell, SHORT_BYTES as i64);
        piece.copy(start, copy, n);
        let made = piece.b.ins().bor_imm_s(cell, (TAG_STRING << TAG_SHIFT) as i64);
        piece.b.ins().return_(&[made]);
        piece.finish(Value::ABSENT.bits());
    })
}

impl Piece<'_, '_> {
    /// An end of a slice, counted from the start of the text. What is still out of it is below zero, or above the length.
    fn counted_from_start(&mut self, end: ir::Value, len: ir::Value) -> ir::Value {
        let counted = self.b.ins().iadd(end, len);
        let is_negative = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, end, 0);
        self.b.ins().select(is_negative, counted, end)
    }

    /// The permanent string of an ASCII character in memory.
    fn character(&mut self, place: ir::Value) -> ir::Value {
        let code = self.b.ins().uload8(types::I64, memory(), place, 0);
        let table = self.symbols.value(self.b, Symbol::Ascii);
        let offset = self.b.ins().ishl_imm_u(code, 3);
        let place = self.b.ins().iadd(table, offset);
        self.b.ins().load(types::I64, memory(), place, 0)
    }

    /// A fresh cell for a string of so many ASCII characters, all but these written.
    fn take_string(&mut self, ctx: ir::Value, n: ir::Value) -> ir::Value {
        let (next, end) = (HEAD_BUMP as i32 + CLASS as i32 * 16, HEAD_BUMP as i32 + CLASS as i32 * 16 + 8);
        let cell = self.b.ins().load(types::I64, memory(), ctx, next);
        let limit = self.b.ins().load(types::I64, memory(), ctx, end);
        let after = self.b.ins().iadd_imm_s(cell, CLASS_SIZES[CLASS] as i64);
        let fits = self.b.ins().icmp(IntCC::UnsignedLessThanOrEqual, after, limit);
        self.go_on_if(fits);
        self.b.ins().store(memory(), after, ctx, next);
        let header = self.b.ins().iconst(types::I64, header_word(kind::STRING, 0, 0) as i64);
        self.b.ins().store(memory(), header, cell, 0);
        // The hash is not computed yet, and no name is known.
        self.b.ins().store(memory(), n, cell, STRING_LEN as i32);
        self.b.ins().store(memory(), n, cell, STRING_CHARS as i32);
        let data = self.b.ins().iadd_imm_s(cell, SHORT_BYTES as i64);
        self.b.ins().store(memory(), data, cell, STRING_DATA as i32);
        cell
    }

    /// Copies 2 to 15 bytes, as two words that overlap.
    fn copy(&mut self, from: ir::Value, to: ir::Value, n: ir::Value) {
        let done = self.b.create_block();
        for (word, ty) in [(8, types::I64), (4, types::I32), (2, types::I16)] {
            let other = self.b.create_block();
            if word > 2 {
                let long = self.b.create_block();
                let fits = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, n, word);
                self.b.ins().brif(fits, long, &[], other, &[]);
                self.b.switch_to_block(long);
            }
            let first = self.b.ins().load(ty, memory(), from, 0);
            let end = self.b.ins().iadd(from, n);
            let last = self.b.ins().load(ty, memory(), end, -(word as i32));
            let end = self.b.ins().iadd(to, n);
            self.b.ins().store(memory(), first, to, 0);
            self.b.ins().store(memory(), last, end, -(word as i32));
            self.b.ins().jump(done, &[]);
            if word > 2 {
                self.b.switch_to_block(other);
            }
        }
        self.b.switch_to_block(done);
    }
}
