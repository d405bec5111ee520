//! Calls of functions that are known only when they are called: straight to their compiled code, if there is some.
//!
//! `calls` comes here for sites that met several functions of the program. The entry table says where a function's code is and what
//! it takes; what fits is called as a known function is, everything else (intrinsics, other numbers of arguments, functions whose `super`
//! is not known here, code that is not compiled) goes through the helper. Invariant: both ways give the same result.

use super::HelperId;
use super::calls::binary_number;
use super::lower::{Lower, memory};
use super::symbols::Symbol;
use crate::exits::{MAX_CODES, takes};
use crate::ssa::{Helper, Inst, MemberSite};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, types};
use minilive_mir::ir::BinaryOp;
use minilive_runtime::function::FUNCTION_CODE;
use minilive_runtime::map::{ENTRY_BYTES, ENTRY_VALUE, MAP_TABLE, TABLE_ENTRIES, TABLE_LEN};
use minilive_runtime::realm::{HEAD_CHANGED_TYPES, HEAD_NATIVE_STATUS, TypeMap};
use minilive_runtime::value::{PAYLOAD_MASK, TAG_FUNCTION, TAG_MAP, Value};

impl Lower<'_, '_> {
    /// A call of any value; its result.
    pub(super) fn call_value(&mut self, site: ir::Value, args: &[ir::Value]) -> ir::Value {
        let (slow, next) = self.two_ways();
        let function = self.has_tag(args[0], TAG_FUNCTION);
        self.continue_if(function, slow);
        self.call_entry(args[0], &args[1..], &[], (slow, next));
        self.b.switch_to_block(slow);
        let result = self.variadic(site, Helper::Call, args);
        self.meet(next, result)
    }

    /// The value, or the result of calling it, if it is a function.
    pub(super) fn auto_call(&mut self, site: ir::Value, value: ir::Value) -> ir::Value {
        let (slow, next) = self.two_ways();
        let function = self.has_tag(value, TAG_FUNCTION);
        let call = self.b.create_block();
        self.b.ins().brif(function, call, &[], next, &[value.into()]);
        self.b.switch_to_block(call);
        self.call_entry(value, &[], &[], (slow, next));
        self.b.switch_to_block(slow);
        let result = self.variadic(site, Helper::AutoCall, &[value]);
        self.meet(next, result)
    }

    /// A method that is looked up and called; of `object.name` (`reads`), other values are the result themselves.
    pub(super) fn find_and_call(
        &mut self,
        site: ir::Value,
        at: MemberSite,
        args: &[ir::Value],
        reads: bool,
    ) -> ir::Value {
        let [found, parent] = self.find_member(site, at, args[0]);
        self.unwind_if_exc(found);
        self.call_found(site, at, (found, parent), (args, reads))
    }

    /// What `object.name` finds, and what is `super` in it: by the shared lookup, or else by the helper, which leaves `super` absent.
    pub(super) fn find_member(&mut self, site: ir::Value, at: MemberSite, object: ir::Value) -> [ir::Value; 2] {
        let (slow, next) = self.two_ways();
        let parent = self.b.append_block_param(next, types::I64);
        let (name, text) = (self.symbol(Symbol::Name(at.name)), self.symbol(Symbol::NameText(at.name)));
        let found = self.call_piece(HelperId::FindStub, &[object, name, text]);
        let absent = self.iconst(Value::ABSENT.bits() as i64);
        let missed = self.b.ins().icmp(IntCC::Equal, found, absent);
        let known = self.b.ins().load(types::I64, memory(), self.ctx, HEAD_NATIVE_STATUS as i32);
        self.b.ins().brif(missed, slow, &[], next, &[found.into(), known.into()]);
        self.b.switch_to_block(slow);
        let [entry, cell] = self.member_site(at);
        let how = self.iconst(at.how as i64);
        let found = self.call_helper(HelperId::FindMember, 0, &[site, object, entry, cell, how]);
        self.b.ins().jump(next, &[found.into(), absent.into()]);
        self.b.switch_to_block(next);
        [self.b.block_params(next)[0], parent]
    }

    /// `table.name`, of a map that has a table: of the entry that it probably is, or wherever it is.
    pub(super) fn find_in_table(
        &mut self,
        site: ir::Value,
        (at, entry): (MemberSite, u8),
        map: ir::Value,
    ) -> ir::Value {
        if entry == Helper::NO_ENTRY {
            return self.find_member(site, at, map)[0];
        }
        let (slow, next) = self.two_ways();
        let object = self.b.ins().band_imm_u(map, PAYLOAD_MASK as i64);
        let place = self.entry_or(object, (at, entry), slow);
        let value = self.b.ins().load(types::I64, memory(), place, ENTRY_VALUE as i32);
        self.b.ins().jump(next, &[value.into()]);
        self.b.switch_to_block(slow);
        let [found, _] = self.find_member(site, at, map);
        self.meet(next, found)
    }

    /// `table.name = value`, likewise.
    pub(super) fn put_in_table(
        &mut self,
        site: ir::Value,
        (at, entry): (MemberSite, u8),
        args: &[ir::Value],
    ) -> ir::Value {
        let (slow, next) = self.two_ways();
        let object = self.b.ins().band_imm_u(args[0], PAYLOAD_MASK as i64);
        let special = self.needs_barrier(object);
        self.leave_if(special, slow);
        let place = self.entry_or(object, (at, entry), slow);
        self.b.ins().store(memory(), args[1], place, ENTRY_VALUE as i32);
        let null = self.iconst(Value::NULL.bits() as i64);
        self.b.ins().jump(next, &[null.into()]);
        self.b.switch_to_block(slow);
        let done = self.put_member(site, at, args);
        self.meet(next, done)
    }

    /// Where the entry of this number stands in the table of a map, if its key is the name.
    fn entry_or(&mut self, object: ir::Value, (at, entry): (MemberSite, u8), other: ir::Block) -> ir::Value {
        let table = self.b.ins().load(types::I64, memory(), object, MAP_TABLE as i32);
        self.continue_if(table, other);
        let len = self.b.ins().load(types::I32, memory(), table, TABLE_LEN as i32);
        let inside = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThan, len, i64::from(entry));
        self.continue_if(inside, other);
        let entries = self.b.ins().load(types::I64, memory(), table, TABLE_ENTRIES as i32);
        let place = self.b.ins().iadd_imm_s(entries, i64::from(entry) * ENTRY_BYTES as i64);
        let key = self.b.ins().load(types::I64, memory(), place, 0);
        let text = self.symbol(Symbol::NameText(at.name));
        let same = self.b.ins().icmp(IntCC::Equal, key, text);
        self.continue_if(same, other);
        place
    }

    /// `object.name = value`, likewise.
    pub(super) fn put_member(&mut self, site: ir::Value, at: MemberSite, args: &[ir::Value]) -> ir::Value {
        let (slow, next) = self.two_ways();
        let (name, text) = (self.symbol(Symbol::Name(at.name)), self.symbol(Symbol::NameText(at.name)));
        let done = self.call_piece(HelperId::PutStub, &[args[0], name, text, args[1]]);
        let null = self.iconst(Value::NULL.bits() as i64);
        self.b.ins().brif(done, next, &[null.into()], slow, &[]);
        self.b.switch_to_block(slow);
        let [entry, cell] = self.member_site(at);
        let done = self.call_helper(HelperId::PutMember, 0, &[site, args[0], args[1], entry, cell]);
        self.meet(next, done)
    }

    /// `map[key]`: by the shared lookup, or else by the helper.
    pub(super) fn get_key(&mut self, site: ir::Value, args: &[ir::Value]) -> ir::Value {
        let (slow, next) = self.two_ways();
        self.shared_or(HelperId::GetKeyStub, args, (slow, next));
        let found = self.call_helper(HelperId::GetIndex, 0, &[site, args[0], args[1]]);
        self.meet(next, found)
    }

    /// `text[from:to]` with integers as ends, likewise.
    pub(super) fn slice_text(&mut self, site: ir::Value, args: &[ir::Value]) -> ir::Value {
        let (slow, next) = self.two_ways();
        self.shared_or(HelperId::SliceStub, args, (slow, next));
        let [from, to] = [args[1], args[2]].map(|end| {
            let number = self.b.ins().fcvt_from_sint(types::F64, end);
            self.b.ins().bitcast(types::I64, MemFlagsData::new(), number)
        });
        let made = self.variadic(site, Helper::Slice, &[args[0], from, to]);
        self.meet(next, made)
    }

    /// `map.hasIndex(key)`, as long as the type of maps is what it was.
    pub(super) fn has_index(&mut self, site: ir::Value, at: MemberSite, args: &[ir::Value]) -> ir::Value {
        let (slow, next) = self.two_ways();
        let changed = self.b.ins().load(types::I8, memory(), self.ctx, HEAD_CHANGED_TYPES as i32);
        let changed = self.b.ins().band_imm_u(changed, i64::from(TypeMap::Map.bit()));
        self.leave_if(changed, slow);
        let name = self.symbol(Symbol::Name(at.name));
        self.shared_or(HelperId::HasKeyStub, &[args[0], args[2], name], (slow, next));
        let result = self.call_member(HelperId::CallMethod, site, at, args);
        self.meet(next, result)
    }

    /// Whether a map has nothing that comes before the method of this name that all maps have.
    pub(super) fn shows_method(&mut self, inst: &Inst, name: u32) {
        let (map, name) = (self.arg(inst, 0), self.symbol(Symbol::Name(name)));
        let shows = self.call_piece(HelperId::ShowsStub, &[map, name]);
        let shows = self.b.ins().ireduce(types::I8, shows);
        self.define(inst, shows);
    }

    /// `value isa map`, likewise.
    pub(super) fn isa_chain(&mut self, site: ir::Value, args: &[ir::Value]) -> ir::Value {
        let (slow, next) = self.two_ways();
        self.shared_or(HelperId::IsaStub, args, (slow, next));
        let op = self.iconst(binary_number(BinaryOp::Isa));
        let truth = self.call_helper(HelperId::Binary, 0, &[site, op, args[0], args[1]]);
        self.meet(next, truth)
    }

    /// What a shared piece of code gives goes to `next`, unless it is absent.
    fn shared_or(&mut self, id: HelperId, args: &[ir::Value], (slow, next): (ir::Block, ir::Block)) {
        let found = self.call_piece(id, args);
        let absent = self.iconst(Value::ABSENT.bits() as i64);
        let missed = self.b.ins().icmp(IntCC::Equal, found, absent);
        self.b.ins().brif(missed, slow, &[], next, &[found.into()]);
        self.b.switch_to_block(slow);
    }

    /// `map[key] = value`, likewise.
    pub(super) fn set_key(&mut self, site: ir::Value, args: &[ir::Value]) -> ir::Value {
        let (slow, next) = self.two_ways();
        let done = self.call_piece(HelperId::SetKeyStub, args);
        let null = self.iconst(Value::NULL.bits() as i64);
        self.b.ins().brif(done, next, &[null.into()], slow, &[]);
        self.b.switch_to_block(slow);
        let done = self.call_helper(HelperId::SetIndex, 0, &[site, args[0], args[1], args[2]]);
        self.meet(next, done)
    }

    /// Calls a shared piece of code, which looks at no stack and never fails.
    fn call_piece(&mut self, id: HelperId, args: &[ir::Value]) -> ir::Value {
        let address = self.helper(id, 0);
        let signature = self.signature(args.len());
        let mut all = vec![self.ctx];
        all.extend_from_slice(args);
        let call = self.b.ins().call_indirect(signature, address, &all);
        self.b.inst_results(call)[0]
    }

    /// A method that was found, called.
    pub(super) fn call_found(
        &mut self,
        site: ir::Value,
        at: MemberSite,
        (found, parent): (ir::Value, ir::Value),
        (args, reads): (&[ir::Value], bool),
    ) -> ir::Value {
        let (slow, next) = self.two_ways();
        let function = self.has_tag(found, TAG_FUNCTION);
        let call = self.b.create_block();
        if reads {
            self.b.ins().brif(function, call, &[], next, &[found.into()]);
        } else {
            self.b.ins().brif(function, call, &[], slow, &[]);
        }
        self.b.switch_to_block(call);
        self.call_entry(found, &args[2..], &[args[1], parent], (slow, next));
        self.b.switch_to_block(slow);
        let id = if reads { HelperId::GetMember } else { HelperId::CallMethod };
        let result = self.call_member(id, site, at, args);
        self.meet(next, result)
    }

    /// An element that was found, called; a map that it is of is the receiver.
    pub(super) fn call_indexed(&mut self, site: ir::Value, args: &[ir::Value]) -> ir::Value {
        let (&found, args) = args.split_last().expect("what was found is the last operand");
        let (slow, next) = self.two_ways();
        let function = self.has_tag(found, TAG_FUNCTION);
        self.continue_if(function, slow);
        let (is_map, absent) = (self.has_tag(args[0], TAG_MAP), self.iconst(Value::ABSENT.bits() as i64));
        let this = self.b.ins().select(is_map, args[1], absent);
        self.call_entry(found, &args[3..], &[this], (slow, next));
        self.b.switch_to_block(slow);
        let result = self.variadic(site, Helper::CallIndex, args);
        self.meet(next, result)
    }

    /// A block for the helper, and one, with the result, where both ways meet.
    pub(super) fn two_ways(&mut self) -> (ir::Block, ir::Block) {
        let (slow, next) = (self.b.create_block(), self.b.create_block());
        self.b.append_block_param(next, types::I64);
        self.b.set_cold_block(slow);
        (slow, next)
    }

    pub(super) fn meet(&mut self, next: ir::Block, result: ir::Value) -> ir::Value {
        self.b.ins().jump(next, &[result.into()]);
        self.b.switch_to_block(next);
        self.b.block_params(next)[0]
    }

    /// Calls the entry of a function value and goes to `next` with the result; to `slow` if the entry takes something else. What is known
    /// of `self` and `super` stands in `receivers`; an absent `super` is not known.
    fn call_entry(
        &mut self,
        function: ir::Value,
        args: &[ir::Value],
        receivers: &[ir::Value],
        (slow, next): (ir::Block, ir::Block),
    ) {
        let object = self.b.ins().band_imm_u(function, PAYLOAD_MASK as i64);
        let code = self.b.ins().uload32(memory(), object, FUNCTION_CODE as i32);
        let inside = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, code, MAX_CODES as i64);
        self.continue_if(inside, slow);
        let offset = self.b.ins().ishl_imm_u(code, 3);
        let table = self.symbol(Symbol::Takes);
        let at = self.b.ins().iadd(table, offset);
        let taken = self.b.ins().load(types::I64, memory(), at, 0);
        let table = self.symbol(Symbol::Entries);
        let at = self.b.ins().iadd(table, offset);
        let entry = self.b.ins().load(types::I64, memory(), at, 0);
        self.leave_callee(function);
        // What takes `self` alone comes first, since most methods do.
        for given in 1..=receivers.len() {
            let other = self.b.create_block();
            let fits = self.b.ins().icmp_imm_u(IntCC::Equal, taken, takes(args.len(), given) as i64);
            self.continue_if(fits, other);
            if given == 2 {
                let absent = self.iconst(Value::ABSENT.bits() as i64);
                let known = self.b.ins().icmp(IntCC::NotEqual, receivers[1], absent);
                self.continue_if(known, slow);
            }
            self.call_address(entry, &[args, &receivers[..given]].concat(), next);
            self.b.switch_to_block(other);
        }
        let fits = self.b.ins().icmp_imm_u(IntCC::Equal, taken, takes(args.len(), 0) as i64);
        self.continue_if(fits, slow);
        self.call_address(entry, args, next);
    }

    fn call_address(&mut self, entry: ir::Value, args: &[ir::Value], next: ir::Block) {
        let signature = self.signature(args.len());
        let mut all = vec![self.ctx];
        all.extend_from_slice(args);
        let call = self.b.ins().call_indirect(signature, entry, &all);
        let result = self.b.inst_results(call)[0];
        self.b.ins().jump(next, &[result.into()]);
    }
}
