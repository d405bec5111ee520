//! Member lookups of sites that met too many shapes, keys, and `isa`: shared pieces of code that probe the runtime's tables of shapes, and
//! the tables of maps that are not shaped (`table.rs`).
//!
//! `optimise::install` compiles them once an engine; `calls` calls them before it goes to the helper. Invariant: they answer only
//! what the interpreter's slow path would, and leave every other case to it.

use super::symbols::{Symbol, Symbols};
use super::tramp::small_function;
use super::{Compiled, HelperId, signature};
use crate::reason::Refused;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, UserFuncName, types};
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_frontend::FunctionBuilder;
use minilive_runtime::heap::{HEADER_SHAPE, flags};
use minilive_runtime::map::lookup::{
    KEY_NAME, KEY_SLOT, LOOKUP_BYTES, LOOKUP_ENTRIES, LOOKUP_FACTOR, LOOKUP_ISA, LOOKUP_NAME, LOOKUP_SHAPE,
    LOOKUP_SHIFT, LOOKUP_SLOT, LOOKUP_TURN, NOWHERE,
};
use minilive_runtime::map::{ENTRY_VALUE, MAP_SHAPE, MAP_SLOTS};
use minilive_runtime::names;
use minilive_runtime::realm::{
    HEAD_ASKED, HEAD_KEYS, HEAD_LOOKUPS, HEAD_MARKING, HEAD_NATIVE_STATUS, HEAD_TYPE_MAPS, TypeMap,
};
use minilive_runtime::string::{STRING_HASH, STRING_KNOWN};
use minilive_runtime::value::{PAYLOAD_MASK, TAG_MAP, TAG_SHIFT, TAG_STRING, Value};

/// Longer chains are walked by the helper.
const STEPS: i64 = 6;
/// Offset of a heap object's flags.
const FLAGS: i32 = std::mem::offset_of!(minilive_runtime::heap::Header, flags) as i32;
/// Maps whose shape does not tell their slots.
const UNSHAPED: u8 = flags::DICT | flags::ENV | flags::GLOBALS;

/// A piece of code in the making.
pub(super) struct Piece<'a, 'b> {
    pub(super) b: &'a mut FunctionBuilder<'b>,
    pub(super) symbols: &'a mut Symbols,
    pub(super) fail: ir::Block,
}

/// `(ctx, object, name, text) -> value`: a member of a map or of its chain, with its name and that as a string; absent if the helper is to
/// look. The word for results in the realm's head takes what is `super` in a method that is found.
pub fn find_stub(isa: &OwnedTargetIsa) -> Result<Compiled, Refused> {
    small_function(isa, UserFuncName::user(4, 0), signature(isa, 3), |b, symbols, params| {
        let (ctx, object, name, text) = (params[0], params[1], params[2], params[3]);
        let fail = b.create_block();
        let [walk, found, shaped, table] = [(); 4].map(|()| b.create_block());
        let map = b.append_block_param(walk, types::I64);
        let left = b.append_block_param(walk, types::I64);
        let mut piece = Piece { b, symbols, fail };
        let lookups = piece.lookups(ctx);
        let name = piece.b.ins().ireduce(types::I32, name);
        let first = piece.map_of(object);
        let steps = piece.b.ins().iconst(types::I64, STEPS);
        piece.b.ins().jump(walk, &[first.into(), steps.into()]);
        piece.b.switch_to_block(walk);
        let found_flags = piece.flags(map, UNSHAPED);
        piece.b.ins().brif(found_flags, table, &[], shaped, &[]);
        piece.b.switch_to_block(table);
        piece.without_flags(map, flags::ENV | flags::GLOBALS);
        let entries = piece.table(map);
        let [inherited, plain, returned] = [(); 3].map(|()| piece.b.create_block());
        let entry = piece.at_name_of_table(entries, text, inherited);
        let value = piece.b.ins().load(types::I64, memory(), entry, ENTRY_VALUE as i32);
        let parent = piece.isa_of_table(ctx, entries, plain);
        piece.b.ins().jump(returned, &[parent.into()]);
        piece.b.switch_to_block(plain);
        let null = piece.b.ins().iconst(types::I64, Value::NULL.bits() as i64);
        piece.b.ins().jump(returned, &[null.into()]);
        let parent = piece.b.append_block_param(returned, types::I64);
        piece.b.switch_to_block(returned);
        piece.b.ins().store(memory(), parent, ctx, HEAD_NATIVE_STATUS as i32);
        piece.b.ins().return_(&[value]);
        piece.b.switch_to_block(inherited);
        let parent = piece.isa_of_table(ctx, entries, fail);
        piece.walk_to(parent, left, walk);
        piece.b.switch_to_block(shaped);
        let entry = piece.entry(lookups, map, name);
        let slots = piece.b.ins().load(types::I64, memory(), map, MAP_SLOTS as i32);
        let slot = piece.b.ins().uload16(types::I64, memory(), entry, LOOKUP_SLOT as i32);
        let is_own = piece.b.ins().icmp_imm_u(IntCC::NotEqual, slot, i64::from(NOWHERE));
        let up = piece.b.create_block();
        piece.b.ins().brif(is_own, found, &[], up, &[]);
        piece.b.switch_to_block(up);
        let isa_slot = piece.b.ins().uload16(types::I64, memory(), entry, LOOKUP_ISA as i32);
        let has_isa = piece.b.ins().icmp_imm_u(IntCC::NotEqual, isa_slot, i64::from(NOWHERE));
        piece.go_on_if(has_isa);
        let parent = piece.slot(slots, isa_slot);
        piece.walk_to(parent, left, walk);
        piece.b.switch_to_block(found);
        let value = piece.slot(slots, slot);
        let (child, done) = (piece.b.create_block(), piece.b.create_block());
        let parent = piece.b.append_block_param(done, types::I64);
        let isa_slot = piece.b.ins().uload16(types::I64, memory(), entry, LOOKUP_ISA as i32);
        let null = piece.b.ins().iconst(types::I64, Value::NULL.bits() as i64);
        let has_isa = piece.b.ins().icmp_imm_u(IntCC::NotEqual, isa_slot, i64::from(NOWHERE));
        piece.b.ins().brif(has_isa, child, &[], done, &[null.into()]);
        piece.b.switch_to_block(child);
        let isa = piece.slot(slots, isa_slot);
        piece.b.ins().jump(done, &[isa.into()]);
        piece.b.switch_to_block(done);
        piece.b.ins().store(memory(), parent, ctx, HEAD_NATIVE_STATUS as i32);
        piece.b.ins().return_(&[value]);
        piece.finish(Value::ABSENT.bits());
    })
}

/// `(ctx, object, name, text, value) -> done`: stores to an own slot of a map, or to an entry of a table under a name that it has, if that takes nothing
/// more; 0 if the helper is to do it.
pub fn put_stub(isa: &OwnedTargetIsa) -> Result<Compiled, Refused> {
    small_function(isa, UserFuncName::user(4, 1), signature(isa, 4), |b, symbols, params| {
        let (ctx, object, name, text, value) = (params[0], params[1], params[2], params[3], params[4]);
        let fail = b.create_block();
        let [shaped, table] = [(); 2].map(|()| b.create_block());
        let mut piece = Piece { b, symbols, fail };
        let map = piece.map_of(object);
        piece.without_flags(map, flags::ENV | flags::GLOBALS | flags::GUARDED);
        piece.unless_marking(ctx);
        let in_table = piece.flags(map, flags::DICT);
        piece.b.ins().brif(in_table, table, &[], shaped, &[]);
        piece.b.switch_to_block(table);
        let entries = piece.table(map);
        let entry = piece.at_name_of_table(entries, text, fail);
        piece.store_and_return(value, entry, ENTRY_VALUE);
        piece.b.switch_to_block(shaped);
        let lookups = piece.lookups(ctx);
        let name = piece.b.ins().ireduce(types::I32, name);
        let entry = piece.entry(lookups, map, name);
        let slot = piece.b.ins().uload16(types::I64, memory(), entry, LOOKUP_SLOT as i32);
        let is_own = piece.b.ins().icmp_imm_u(IntCC::NotEqual, slot, i64::from(NOWHERE));
        piece.go_on_if(is_own);
        let slots = piece.b.ins().load(types::I64, memory(), map, MAP_SLOTS as i32);
        let address = piece.slot_address(slots, slot);
        piece.store_and_return(value, address, 0);
        piece.finish(0);
    })
}

/// `(ctx, value, map) -> truth`: whether a map has another one in its chain of `__isa`; absent if the helper is to look.
pub fn isa_stub(isa: &OwnedTargetIsa) -> Result<Compiled, Refused> {
    small_function(isa, UserFuncName::user(4, 4), signature(isa, 2), |b, symbols, params| {
        let (ctx, value, wanted) = (params[0], params[1], params[2]);
        let fail = b.create_block();
        let [walk, up, yes, no] = [(); 4].map(|()| b.create_block());
        let map = b.append_block_param(walk, types::I64);
        let left = b.append_block_param(walk, types::I64);
        let mut piece = Piece { b, symbols, fail };
        let lookups = piece.lookups(ctx);
        // All maps are of the type `map`.
        let of_maps =
            piece.b.ins().load(types::I64, memory(), ctx, (HEAD_TYPE_MAPS + TypeMap::Map as usize * 8) as i32);
        let other = piece.b.ins().icmp(IntCC::NotEqual, wanted, of_maps);
        piece.go_on_if(other);
        piece.map_of(wanted);
        let first = piece.map_of(value);
        let same = piece.b.ins().icmp(IntCC::Equal, value, wanted);
        let steps = piece.b.ins().iconst(types::I64, STEPS);
        piece.b.ins().brif(same, yes, &[], walk, &[first.into(), steps.into()]);
        piece.b.switch_to_block(walk);
        piece.without_flags(map, UNSHAPED);
        let name = piece.b.ins().iconst(types::I32, i64::from(names::ISA.0));
        let entry = piece.entry(lookups, map, name);
        let slot = piece.b.ins().uload16(types::I64, memory(), entry, LOOKUP_SLOT as i32);
        let has_parent = piece.b.ins().icmp_imm_u(IntCC::NotEqual, slot, i64::from(NOWHERE));
        piece.b.ins().brif(has_parent, up, &[], no, &[]);
        piece.b.switch_to_block(up);
        let slots = piece.b.ins().load(types::I64, memory(), map, MAP_SLOTS as i32);
        let parent = piece.slot(slots, slot);
        let left = piece.b.ins().iadd_imm_s(left, -1);
        piece.go_on_if(left);
        let next = piece.map_of(parent);
        let found = piece.b.ins().icmp(IntCC::Equal, parent, wanted);
        piece.b.ins().brif(found, yes, &[], walk, &[next.into(), left.into()]);
        for (block, truth) in [(yes, true), (no, false)] {
            piece.b.switch_to_block(block);
            piece.answer(truth);
        }
        piece.finish(Value::ABSENT.bits());
    })
}

/// `(ctx, object, key) -> value`: what a map or its chain has at a text, or a table at a number; absent if the helper is to look.
pub fn get_key_stub(isa: &OwnedTargetIsa) -> Result<Compiled, Refused> {
    small_function(isa, UserFuncName::user(4, 2), signature(isa, 2), |b, symbols, params| {
        let (ctx, object, key) = (params[0], params[1], params[2]);
        let fail = b.create_block();
        let [walk, own, up, shaped, table] = [(); 5].map(|()| b.create_block());
        let map = b.append_block_param(walk, types::I64);
        let left = b.append_block_param(walk, types::I64);
        let mut piece = Piece { b, symbols, fail };
        let first = piece.map_of(object);
        let in_table = piece.flags(first, flags::DICT);
        piece.b.ins().brif(in_table, table, &[], shaped, &[]);
        piece.b.switch_to_block(table);
        piece.recognise_in_table((ctx, object, key), fail);
        let entries = piece.table(first);
        let entry = piece.at_key_of_table(ctx, entries, key, fail);
        let value = piece.b.ins().load(types::I64, memory(), entry, ENTRY_VALUE as i32);
        piece.b.ins().return_(&[value]);
        piece.b.switch_to_block(shaped);
        let text = piece.recognise_name((ctx, object, key), fail);
        let steps = piece.b.ins().iconst(types::I64, STEPS);
        piece.b.ins().jump(walk, &[first.into(), steps.into()]);
        piece.b.switch_to_block(walk);
        piece.without_flags(map, UNSHAPED);
        let entry = piece.entry_of_text(ctx, map, text);
        let slots = piece.b.ins().load(types::I64, memory(), map, MAP_SLOTS as i32);
        let slot = piece.b.ins().uload16(types::I64, memory(), entry, KEY_SLOT as i32);
        let is_own = piece.b.ins().icmp_imm_u(IntCC::NotEqual, slot, i64::from(NOWHERE));
        piece.b.ins().brif(is_own, own, &[], up, &[]);
        piece.b.switch_to_block(own);
        piece.same_name(text, entry);
        let value = piece.slot(slots, slot);
        piece.b.ins().return_(&[value]);
        piece.b.switch_to_block(up);
        let lookups = piece.lookups(ctx);
        let name = piece.b.ins().iconst(types::I32, i64::from(names::ISA.0));
        let entry = piece.entry(lookups, map, name);
        let slot = piece.b.ins().uload16(types::I64, memory(), entry, LOOKUP_SLOT as i32);
        let has_parent = piece.b.ins().icmp_imm_u(IntCC::NotEqual, slot, i64::from(NOWHERE));
        piece.go_on_if(has_parent);
        let parent = piece.slot(slots, slot);
        piece.walk_to(parent, left, walk);
        piece.finish(Value::ABSENT.bits());
    })
}

/// `(ctx, object, key, value) -> done`: stores where a map itself has a text; 0 if the helper is to do it.
pub fn set_key_stub(isa: &OwnedTargetIsa) -> Result<Compiled, Refused> {
    small_function(isa, UserFuncName::user(4, 3), signature(isa, 3), |b, symbols, params| {
        let (ctx, object, key, value) = (params[0], params[1], params[2], params[3]);
        let fail = b.create_block();
        let [shaped, table] = [(); 2].map(|()| b.create_block());
        let mut piece = Piece { b, symbols, fail };
        let map = piece.map_of(object);
        piece.without_flags(map, flags::ENV | flags::GLOBALS | flags::GUARDED);
        piece.unless_marking(ctx);
        let in_table = piece.flags(map, flags::DICT);
        piece.b.ins().brif(in_table, table, &[], shaped, &[]);
        piece.b.switch_to_block(table);
        piece.recognise_in_table((ctx, object, key), fail);
        let entries = piece.table(map);
        let entry = piece.at_key_of_table(ctx, entries, key, fail);
        piece.store_and_return(value, entry, ENTRY_VALUE);
        piece.b.switch_to_block(shaped);
        let (slots, slot) = piece.slot_of_key(ctx, (object, map), key, fail);
        let address = piece.slot_address(slots, slot);
        piece.store_and_return(value, address, 0);
        piece.finish(0);
    })
}

/// `(ctx, map, key, name) -> truth`: whether a map has a key, unless it may have something else under the name, which is `hasIndex`; absent if
/// the helper is to look.
pub fn has_key_stub(isa: &OwnedTargetIsa) -> Result<Compiled, Refused> {
    small_function(isa, UserFuncName::user(4, 5), signature(isa, 3), |b, symbols, params| {
        let (ctx, object, key, name) = (params[0], params[1], params[2], params[3]);
        let fail = b.create_block();
        let [missing, table, shaped] = [(); 3].map(|()| b.create_block());
        let mut piece = Piece { b, symbols, fail };
        let map = piece.map_of(object);
        piece.without_flags(map, flags::ENV | flags::GLOBALS);
        let in_table = piece.flags(map, flags::DICT);
        piece.b.ins().brif(in_table, table, &[], shaped, &[]);
        piece.b.switch_to_block(table);
        let entries = piece.showing_table(map);
        piece.recognise_in_table((ctx, object, key), missing);
        piece.at_key_of_table(ctx, entries, key, missing);
        piece.answer(true);
        piece.b.switch_to_block(shaped);
        piece.unless_shape_hides(ctx, map, name);
        piece.slot_of_key(ctx, (object, map), key, missing);
        piece.answer(true);
        piece.b.switch_to_block(missing);
        piece.answer(false);
        piece.finish(Value::ABSENT.bits());
    })
}

/// `(ctx, map, name) -> truth`: whether a map and its chain have nothing under a name that all maps have a method of; 0 also if that is
/// not known.
pub fn shows_stub(isa: &OwnedTargetIsa) -> Result<Compiled, Refused> {
    small_function(isa, UserFuncName::user(4, 7), signature(isa, 2), |b, symbols, params| {
        let (ctx, object, name) = (params[0], params[1], params[2]);
        let fail = b.create_block();
        let [table, shaped] = [(); 2].map(|()| b.create_block());
        let mut piece = Piece { b, symbols, fail };
        let map = piece.map_of(object);
        piece.without_flags(map, flags::ENV | flags::GLOBALS);
        let in_table = piece.flags(map, flags::DICT);
        let shows = piece.b.ins().iconst(types::I64, 1);
        piece.b.ins().brif(in_table, table, &[], shaped, &[]);
        piece.b.switch_to_block(table);
        piece.showing_table(map);
        piece.b.ins().return_(&[shows]);
        piece.b.switch_to_block(shaped);
        piece.unless_shape_hides(ctx, map, name);
        piece.b.ins().return_(&[shows]);
        piece.finish(0);
    })
}

/// Which name a text is, from 1; 0 if that is not known.
pub(super) fn name_of(b: &mut FunctionBuilder<'_>, text: ir::Value) -> ir::Value {
    let own = b.ins().load(types::I32, memory(), text, HEADER_SHAPE as i32);
    let known = b.ins().load(types::I32, memory(), text, STRING_KNOWN as i32);
    b.ins().bor(own, known)
}

pub(super) fn memory() -> MemFlagsData {
    MemFlagsData::trusted()
}

impl Piece<'_, '_> {
    pub(super) fn go_on_if(&mut self, ok: ir::Value) {
        let next = self.b.create_block();
        self.b.ins().brif(ok, next, &[], self.fail, &[]);
        self.b.switch_to_block(next);
    }

    /// Goes on at the next map of a chain, unless that was a long way.
    fn walk_to(&mut self, parent: ir::Value, left: ir::Value, walk: ir::Block) {
        let parent = self.map_of(parent);
        let left = self.b.ins().iadd_imm_s(left, -1);
        self.go_on_if(left);
        self.b.ins().jump(walk, &[parent.into(), left.into()]);
    }

    /// The table; there is none before the first lookup.
    fn lookups(&mut self, ctx: ir::Value) -> ir::Value {
        let lookups = self.b.ins().load(types::I64, memory(), ctx, HEAD_LOOKUPS as i32);
        self.go_on_if(lookups);
        lookups
    }

    /// The address of a map; other values fail.
    fn map_of(&mut self, value: ir::Value) -> ir::Value {
        self.object_of(value, TAG_MAP)
    }

    fn answer(&mut self, truth: bool) {
        let truth = self.b.ins().iconst(types::I64, Value::boolean(truth).bits() as i64);
        self.b.ins().return_(&[truth]);
    }

    fn store_and_return(&mut self, value: ir::Value, address: ir::Value, offset: usize) {
        self.b.ins().store(memory(), value, address, offset as i32);
        let done = self.b.ins().iconst(types::I64, 1);
        self.b.ins().return_(&[done]);
    }

    pub(super) fn object_of(&mut self, value: ir::Value, tag: u64) -> ir::Value {
        let found = self.b.ins().ushr_imm_u(value, i64::from(TAG_SHIFT));
        let fits = self.b.ins().icmp_imm_u(IntCC::Equal, found, tag as i64);
        self.go_on_if(fits);
        self.b.ins().band_imm_u(value, PAYLOAD_MASK as i64)
    }

    /// Stores that the collector must hear of fail.
    fn unless_marking(&mut self, ctx: ir::Value) {
        let marking = self.b.ins().load(types::I8, memory(), ctx, HEAD_MARKING as i32);
        let idle = self.b.ins().icmp_imm_u(IntCC::Equal, marking, 0);
        self.go_on_if(idle);
    }

    /// Goes on with a key of a map with a table that is no text, a name, or the text that was asked for last; any other text is looked up by the
    /// runtime, which makes it the one that was asked for last. Goes to `missing` if it is not there.
    fn recognise_in_table(&mut self, (ctx, map, key): (ir::Value, ir::Value, ir::Value), missing: ir::Block) {
        let [text, other, unknown, known] = [(); 4].map(|()| self.b.create_block());
        let tag = self.b.ins().ushr_imm_u(key, i64::from(TAG_SHIFT));
        let is_text = self.b.ins().icmp_imm_u(IntCC::Equal, tag, TAG_STRING as i64);
        self.b.ins().brif(is_text, text, &[], known, &[]);
        self.b.switch_to_block(text);
        let string = self.b.ins().band_imm_u(key, PAYLOAD_MASK as i64);
        let name = self.b.ins().load(types::I32, memory(), string, HEADER_SHAPE as i32);
        self.b.ins().brif(name, known, &[], other, &[]);
        self.b.switch_to_block(other);
        let last = self.b.ins().load(types::I64, memory(), ctx, HEAD_ASKED as i32);
        let again = self.b.ins().icmp(IntCC::Equal, last, key);
        self.b.ins().brif(again, known, &[], unknown, &[]);
        self.b.switch_to_block(unknown);
        let found = self.has_text(ctx, map, key);
        self.b.ins().brif(found, known, &[], missing, &[]);
        self.b.switch_to_block(known);
    }

    /// The object of a key of a shaped map, which must be a text. If it is not known to be a name, it is looked up by the runtime, which notes
    /// which one it is. Goes to `missing` if the map does not have it.
    fn recognise_name(&mut self, (ctx, map, key): (ir::Value, ir::Value, ir::Value), missing: ir::Block) -> ir::Value {
        let [unknown, known] = [(); 2].map(|()| self.b.create_block());
        let text = self.object_of(key, TAG_STRING);
        let name = name_of(self.b, text);
        self.b.ins().brif(name, known, &[], unknown, &[]);
        self.b.switch_to_block(unknown);
        let found = self.has_text(ctx, map, key);
        self.b.ins().brif(found, known, &[], missing, &[]);
        self.b.switch_to_block(known);
        text
    }

    /// What the runtime answers for a text.
    fn has_text(&mut self, ctx: ir::Value, map: ir::Value, text: ir::Value) -> ir::Value {
        let address = self.symbols.value(self.b, Symbol::Helper(HelperId::HasText, 0));
        let mut signature = ir::Signature::new(self.b.func.signature.call_conv);
        signature.params = vec![ir::AbiParam::new(types::I64); 3];
        signature.returns = vec![ir::AbiParam::new(types::I64)];
        let helper = self.b.import_signature(signature);
        let call = self.b.ins().call_indirect(helper, address, &[ctx, map, text]);
        self.b.inst_results(call)[0]
    }

    /// Fails if maps of a shape have a slot of a name that all maps have a method of, or a chain.
    fn unless_shape_hides(&mut self, ctx: ir::Value, map: ir::Value, name: ir::Value) {
        let lookups = self.lookups(ctx);
        let name = self.b.ins().ireduce(types::I32, name);
        let entry = self.entry(lookups, map, name);
        for offset in [LOOKUP_SLOT, LOOKUP_ISA] {
            let slot = self.b.ins().uload16(types::I64, memory(), entry, offset as i32);
            let is_nowhere = self.b.ins().icmp_imm_u(IntCC::Equal, slot, i64::from(NOWHERE));
            self.go_on_if(is_nowhere);
        }
    }

    /// The slots of a shaped map, and which of them is that of a text; goes to `missing` if none is.
    fn slot_of_key(
        &mut self,
        ctx: ir::Value,
        (object, map): (ir::Value, ir::Value),
        key: ir::Value,
        missing: ir::Block,
    ) -> (ir::Value, ir::Value) {
        let text = self.recognise_name((ctx, object, key), missing);
        let entry = self.entry_of_text(ctx, map, text);
        let slot = self.b.ins().uload16(types::I64, memory(), entry, KEY_SLOT as i32);
        let is_own = self.b.ins().icmp_imm_u(IntCC::NotEqual, slot, i64::from(NOWHERE));
        let own = self.b.create_block();
        self.b.ins().brif(is_own, own, &[], missing, &[]);
        self.b.switch_to_block(own);
        self.same_name(text, entry);
        (self.b.ins().load(types::I64, memory(), map, MAP_SLOTS as i32), slot)
    }

    /// The entry of the table of keys for texts with the hash of this one.
    fn entry_of_text(&mut self, ctx: ir::Value, map: ir::Value, text: ir::Value) -> ir::Value {
        let hash = self.b.ins().load(types::I32, memory(), text, STRING_HASH as i32);
        let keys = self.b.ins().load(types::I64, memory(), ctx, HEAD_KEYS as i32);
        self.entry(keys, map, hash)
    }

    /// Fails unless a text is known to be the name of an entry, and so has its hash.
    fn same_name(&mut self, text: ir::Value, entry: ir::Value) {
        let name = name_of(self.b, text);
        let known = self.b.ins().load(types::I32, memory(), entry, KEY_NAME as i32);
        // Names count from 1 there.
        let known = self.b.ins().iadd_imm_s(known, 1);
        let same = self.b.ins().icmp(IntCC::Equal, name, known);
        self.go_on_if(same);
    }

    /// Those of some flags that a map has.
    fn flags(&mut self, map: ir::Value, mask: u8) -> ir::Value {
        let found = self.b.ins().load(types::I8, memory(), map, FLAGS);
        self.b.ins().band_imm_u(found, i64::from(mask))
    }

    fn without_flags(&mut self, map: ir::Value, mask: u8) {
        let found = self.flags(map, mask);
        let ok = self.b.ins().icmp_imm_u(IntCC::Equal, found, 0);
        self.go_on_if(ok);
    }

    /// The table's entry for a name in maps like this one; fails if another one stands there.
    fn entry(&mut self, lookups: ir::Value, map: ir::Value, name: ir::Value) -> ir::Value {
        let shape = self.b.ins().load(types::I32, memory(), map, MAP_SHAPE as i32);
        let turned = self.b.ins().rotl_imm_u(name, i64::from(LOOKUP_TURN));
        let mixed = self.b.ins().bxor(shape, turned);
        let factor = self.b.ins().iconst(types::I32, i64::from(LOOKUP_FACTOR));
        let product = self.b.ins().imul(mixed, factor);
        let place = self.b.ins().ushr_imm_u(product, i64::from(LOOKUP_SHIFT));
        let place = self.b.ins().band_imm_u(place, LOOKUP_ENTRIES as i64 - 1);
        let place = self.b.ins().uextend(types::I64, place);
        let offset = self.b.ins().imul_imm_u(place, LOOKUP_BYTES as i64);
        let entry = self.b.ins().iadd(lookups, offset);
        let there = self.b.ins().load(types::I32, memory(), entry, LOOKUP_SHAPE as i32);
        let same = self.b.ins().icmp(IntCC::Equal, there, shape);
        self.go_on_if(same);
        let there = self.b.ins().load(types::I32, memory(), entry, LOOKUP_NAME as i32);
        let same = self.b.ins().icmp(IntCC::Equal, there, name);
        self.go_on_if(same);
        entry
    }

    fn slot_address(&mut self, slots: ir::Value, slot: ir::Value) -> ir::Value {
        let offset = self.b.ins().ishl_imm_u(slot, 3);
        self.b.ins().iadd(slots, offset)
    }

    fn slot(&mut self, slots: ir::Value, slot: ir::Value) -> ir::Value {
        let address = self.slot_address(slots, slot);
        self.b.ins().load(types::I64, memory(), address, 0)
    }

    /// The way of what failed.
    pub(super) fn finish(self, answer: u64) {
        self.b.switch_to_block(self.fail);
        let answer = self.b.ins().iconst(types::I64, answer as i64);
        self.b.ins().return_(&[answer]);
    }
}
