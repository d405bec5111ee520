//! Keys of maps that are tables, in shared pieces of code: entries by number, by hash, or one after the other.
//!
//! `lookup` comes here where a map has a table. It finds what `runtime/src/map/dict.rs` would, by the view that a table has for this.
//! Invariant: what is found is there, what is missing is not; texts that are no names and all that is rare are left to the runtime.

use super::lookup::{Piece, memory};
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, types};
use minilive_runtime::heap::HEADER_SHAPE;
use minilive_runtime::map::{
    CELL_EMPTY, ENTRY_BYTES, ENTRY_VALUE, HASH_FACTOR, MAP_TABLE, TABLE_CELLS, TABLE_COUNTED, TABLE_COUNTED_END,
    TABLE_ENTRIES, TABLE_HIDES, TABLE_LAST, TABLE_LEN, TABLE_MASK, TABLE_NONE, TABLE_TEXTS, TEXT_BIT_SHIFT,
};
use minilive_runtime::realm::{HEAD_ASKED, HEAD_ASKED_KEY, HEAD_ISA_TEXT, HEAD_NUMBER_END};
use minilive_runtime::string::STRING_HASH;
use minilive_runtime::value::{PAYLOAD_MASK, TAG_SHIFT, TAG_STRING};

impl Piece<'_, '_> {
    /// The entry of a name, as a string, in a table; goes to `missing` if it has none.
    pub(super) fn at_name_of_table(&mut self, table: ir::Value, text: ir::Value, missing: ir::Block) -> ir::Value {
        let object = self.b.ins().band_imm_u(text, PAYLOAD_MASK as i64);
        let hash = self.b.ins().load(types::I32, memory(), object, STRING_HASH as i32);
        let may_have = self.b.create_block();
        let texts = self.b.ins().load(types::I64, memory(), table, TABLE_TEXTS as i32);
        let bit = self.b.ins().ushr_imm_u(hash, i64::from(TEXT_BIT_SHIFT));
        let bit = self.b.ins().uextend(types::I64, bit);
        let found = self.b.ins().ushr(texts, bit);
        let found = self.b.ins().band_imm_u(found, 1);
        self.b.ins().brif(found, may_have, &[], missing, &[]);
        self.b.switch_to_block(may_have);
        self.hashed(table, text, hash, missing)
    }

    /// The value of `__isa` in a table; goes to `missing` if there is none.
    pub(super) fn isa_of_table(&mut self, ctx: ir::Value, table: ir::Value, missing: ir::Block) -> ir::Value {
        let hides = self.b.ins().load(types::I8, memory(), table, TABLE_HIDES as i32);
        let may_have = self.b.create_block();
        self.b.ins().brif(hides, may_have, &[], missing, &[]);
        self.b.switch_to_block(may_have);
        let text = self.b.ins().load(types::I64, memory(), ctx, HEAD_ISA_TEXT as i32);
        let entry = self.at_name_of_table(table, text, missing);
        self.b.ins().load(types::I64, memory(), entry, ENTRY_VALUE as i32)
    }

    /// The entry of a number, of a text that is a name, or of the one that was asked for last, in a table; goes to `missing` if there is none.
    pub(super) fn at_key_of_table(
        &mut self,
        ctx: ir::Value,
        table: ir::Value,
        key: ir::Value,
        missing: ir::Block,
    ) -> ir::Value {
        let [number, text, asked, hashed, unknown, done] = [(); 6].map(|()| self.b.create_block());
        let [known, hash, named] = [types::I64, types::I32, types::I32].map(|ty| self.b.append_block_param(hashed, ty));
        let entry = self.b.append_block_param(done, types::I64);
        let end = self.b.ins().load(types::I64, memory(), ctx, HEAD_NUMBER_END as i32);
        let is_number = self.b.ins().icmp(IntCC::UnsignedLessThan, key, end);
        self.b.ins().brif(is_number, number, &[], text, &[]);
        self.b.switch_to_block(number);
        let by_number = self.counted(table, key, hashed, missing);
        self.b.ins().jump(done, &[by_number.into()]);
        self.b.switch_to_block(text);
        let object = self.object_of(key, TAG_STRING);
        let name = self.b.ins().load(types::I32, memory(), object, HEADER_SHAPE as i32);
        let own_hash = self.b.ins().load(types::I32, memory(), object, STRING_HASH as i32);
        self.b.ins().brif(name, hashed, &[key.into(), own_hash.into(), name.into()], asked, &[]);
        // What is no name may be the same text as another object: as which one is known of the text that was asked for last. Or it is the key itself.
        self.b.switch_to_block(asked);
        let last = self.b.ins().load(types::I64, memory(), ctx, HEAD_ASKED as i32);
        let again = self.b.ins().icmp(IntCC::Equal, last, key);
        let known_key = self.b.ins().load(types::I64, memory(), ctx, HEAD_ASKED_KEY as i32);
        let its_key = self.b.ins().select(again, known_key, key);
        self.b.ins().jump(hashed, &[its_key.into(), own_hash.into(), name.into()]);
        self.b.switch_to_block(unknown);
        self.b.ins().brif(named, missing, &[], self.fail, &[]);
        self.b.switch_to_block(hashed);
        self.found_last(table, known, done);
        let by_hash = self.hashed(table, known, hash, unknown);
        self.note_last(table, by_hash);
        self.b.ins().jump(done, &[by_hash.into()]);
        self.b.switch_to_block(done);
        entry
    }

    /// The table of a map; fails if it may have a key that comes before a method, or a chain.
    pub(super) fn showing_table(&mut self, map: ir::Value) -> ir::Value {
        let table = self.table(map);
        let hides = self.b.ins().load(types::I8, memory(), table, TABLE_HIDES as i32);
        let plain = self.b.ins().icmp_imm_u(IntCC::Equal, hides, 0);
        self.go_on_if(plain);
        table
    }

    /// The table of a map in dictionary mode.
    pub(super) fn table(&mut self, map: ir::Value) -> ir::Value {
        let table = self.b.ins().load(types::I64, memory(), map, MAP_TABLE as i32);
        self.go_on_if(table);
        table
    }

    /// The entry of a number that is counted; others go to `hashed` with their hash, and that what is not found is not there.
    fn counted(&mut self, table: ir::Value, key: ir::Value, hashed: ir::Block, missing: ir::Block) -> ir::Value {
        let (whole, other) = (self.b.create_block(), self.b.create_block());
        let float = self.b.ins().bitcast(types::F64, MemFlagsData::new(), key);
        let number = self.b.ins().fcvt_to_sint_sat(types::I64, float);
        let back = self.b.ins().fcvt_from_sint(types::F64, number);
        let is_whole = self.b.ins().fcmp(FloatCC::Equal, back, float);
        let end = self.b.ins().uload32(memory(), table, TABLE_COUNTED_END as i32);
        let is_below = self.b.ins().icmp(IntCC::UnsignedLessThan, number, end);
        let is_counted = self.b.ins().band(is_whole, is_below);
        self.b.ins().brif(is_counted, whole, &[], other, &[]);
        self.b.switch_to_block(other);
        // Zeros are one key, but not the same bits: what is not found may be there as the other one.
        let magnitude = self.b.ins().ishl_imm_u(key, 1);
        let is_known = self.b.ins().icmp_imm_u(IntCC::NotEqual, magnitude, 0);
        let upper = self.b.ins().ushr_imm_u(key, 32);
        let mixed = self.b.ins().bxor(key, upper);
        let factor = self.b.ins().iconst(types::I64, HASH_FACTOR as i64);
        let mixed = self.b.ins().imul(mixed, factor);
        let hash = self.b.ins().ushr_imm_u(mixed, 32);
        let hash = self.b.ins().ireduce(types::I32, hash);
        let named = self.b.ins().uextend(types::I32, is_known);
        self.b.ins().jump(hashed, &[key.into(), hash.into(), named.into()]);
        self.b.switch_to_block(whole);
        let counted = self.b.ins().load(types::I64, memory(), table, TABLE_COUNTED as i32);
        let offset = self.b.ins().ishl_imm_u(number, 2);
        let place = self.b.ins().iadd(counted, offset);
        let entry = self.b.ins().uload32(memory(), place, 0);
        let is_there = self.b.ins().icmp_imm_u(IntCC::NotEqual, entry, i64::from(TABLE_NONE));
        let there = self.b.create_block();
        self.b.ins().brif(is_there, there, &[], missing, &[]);
        self.b.switch_to_block(there);
        self.entry_at(table, entry)
    }

    /// Goes to `done` with the entry that was found last if it is that of a key, which is often asked for, read and changed in turn.
    fn found_last(&mut self, table: ir::Value, key: ir::Value, done: ir::Block) {
        let (there, other) = (self.b.create_block(), self.b.create_block());
        let last = self.b.ins().uload32(memory(), table, TABLE_LAST as i32);
        let len = self.b.ins().uload32(memory(), table, TABLE_LEN as i32);
        let is_there = self.b.ins().icmp(IntCC::UnsignedLessThan, last, len);
        self.b.ins().brif(is_there, there, &[], other, &[]);
        self.b.switch_to_block(there);
        let entry = self.entry_at(table, last);
        let known = self.b.ins().load(types::I64, memory(), entry, 0);
        let same = self.b.ins().icmp(IntCC::Equal, known, key);
        self.b.ins().brif(same, done, &[entry.into()], other, &[]);
        self.b.switch_to_block(other);
    }

    /// Notes an entry as the one that was found last.
    fn note_last(&mut self, table: ir::Value, entry: ir::Value) {
        let entries = self.b.ins().load(types::I64, memory(), table, TABLE_ENTRIES as i32);
        let offset = self.b.ins().isub(entry, entries);
        let number = self.b.ins().ushr_imm_u(offset, i64::from(ENTRY_BYTES.ilog2()));
        self.b.ins().istore32(memory(), number, table, TABLE_LAST as i32);
    }

    fn entry_at(&mut self, table: ir::Value, number: ir::Value) -> ir::Value {
        let entries = self.b.ins().load(types::I64, memory(), table, TABLE_ENTRIES as i32);
        let offset = self.b.ins().imul_imm_u(number, ENTRY_BYTES as i64);
        self.b.ins().iadd(entries, offset)
    }

    /// The entry of a key that is not counted: the one that has the same bits.
    fn hashed(&mut self, table: ir::Value, key: ir::Value, hash: ir::Value, missing: ir::Block) -> ir::Value {
        let [few, many, found] = [(); 3].map(|()| self.b.create_block());
        let entry = self.b.append_block_param(found, types::I64);
        let cells = self.b.ins().load(types::I64, memory(), table, TABLE_CELLS as i32);
        self.b.ins().brif(cells, many, &[], few, &[]);
        self.b.switch_to_block(few);
        self.compare_all(table, (key, hash), (found, missing));
        self.b.switch_to_block(many);
        self.probe((table, cells), key, hash, (found, missing));
        self.b.switch_to_block(found);
        entry
    }

    /// Compares the keys of a small table one after the other. A text may stand there as another object, which has the same hash.
    fn compare_all(
        &mut self,
        table: ir::Value,
        (key, hash): (ir::Value, ir::Value),
        (found, missing): (ir::Block, ir::Block),
    ) {
        let [next, compare, other, text] = [(); 4].map(|()| self.b.create_block());
        let at = self.b.append_block_param(next, types::I64);
        let len = self.b.ins().uload32(memory(), table, TABLE_LEN as i32);
        let first = self.b.ins().iconst(types::I64, 0);
        self.b.ins().jump(next, &[first.into()]);
        self.b.switch_to_block(next);
        let more = self.b.ins().icmp(IntCC::UnsignedLessThan, at, len);
        self.b.ins().brif(more, compare, &[], missing, &[]);
        self.b.switch_to_block(compare);
        let entry = self.entry_at(table, at);
        let known = self.b.ins().load(types::I64, memory(), entry, 0);
        let same = self.b.ins().icmp(IntCC::Equal, known, key);
        let at = self.b.ins().iadd_imm_s(at, 1);
        self.b.ins().brif(same, found, &[entry.into()], other, &[]);
        self.b.switch_to_block(other);
        let tag = self.b.ins().ushr_imm_u(known, i64::from(TAG_SHIFT));
        let is_text = self.b.ins().icmp_imm_u(IntCC::Equal, tag, TAG_STRING as i64);
        self.b.ins().brif(is_text, text, &[], next, &[at.into()]);
        self.b.switch_to_block(text);
        let object = self.b.ins().band_imm_u(known, PAYLOAD_MASK as i64);
        let its_hash = self.b.ins().load(types::I32, memory(), object, STRING_HASH as i32);
        let same = self.b.ins().icmp(IntCC::Equal, its_hash, hash);
        self.b.ins().brif(same, self.fail, &[], next, &[at.into()]);
    }

    /// Looks at the cells from that of a hash on, until there is an empty one: then no key of the hash is there.
    fn probe(
        &mut self,
        (table, cells): (ir::Value, ir::Value),
        key: ir::Value,
        hash: ir::Value,
        (found, missing): (ir::Block, ir::Block),
    ) {
        let [next, used, compare, other] = [(); 4].map(|()| self.b.create_block());
        let at = self.b.append_block_param(next, types::I32);
        let mask = self.b.ins().load(types::I32, memory(), table, TABLE_MASK as i32);
        self.b.ins().jump(next, &[hash.into()]);
        self.b.switch_to_block(next);
        let at = self.b.ins().band(at, mask);
        let place = self.b.ins().uextend(types::I64, at);
        let place = self.b.ins().ishl_imm_u(place, 3);
        let place = self.b.ins().iadd(cells, place);
        let cell = self.b.ins().load(types::I64, memory(), place, 0);
        let empty = self.b.ins().iconst(types::I64, CELL_EMPTY as i64);
        let is_empty = self.b.ins().icmp(IntCC::Equal, cell, empty);
        self.b.ins().brif(is_empty, missing, &[], used, &[]);
        self.b.switch_to_block(used);
        let known = self.b.ins().ushr_imm_u(cell, 32);
        let known = self.b.ins().ireduce(types::I32, known);
        let same = self.b.ins().icmp(IntCC::Equal, known, hash);
        self.b.ins().brif(same, compare, &[], other, &[]);
        self.b.switch_to_block(compare);
        let number = self.b.ins().ireduce(types::I32, cell);
        let number = self.b.ins().uextend(types::I64, number);
        let entry = self.entry_at(table, number);
        let known = self.b.ins().load(types::I64, memory(), entry, 0);
        let same = self.b.ins().icmp(IntCC::Equal, known, key);
        // Another key of the same hash may be an equal text.
        self.b.ins().brif(same, found, &[entry.into()], self.fail, &[]);
        self.b.switch_to_block(other);
        let at = self.b.ins().iadd_imm_s(at, 1);
        self.b.ins().jump(next, &[at.into()]);
    }
}
