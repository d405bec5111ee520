//! The members of sites that met several shapes, and shared code that looks one up in the runtime's table along an `__isa` chain.
//!
//! `calls` goes there where a site's cache does not know a receiver; `ways` places the shared code. Invariants: the table's answer is
//! what the interpreter's slow path would find, and every other case is left to it; a site whose ways the cell still notes
//! does not come here.

use super::emit::{Emit, entry};
use super::table;
use super::x64::{Asm, Cond, Gpr, Label, Mem, R8, R9, R10, R12, RAX, RCX, RDI, RDX, RSI};
use crate::feedback::{FeedbackCell, Kinds};
use minilive_runtime::heap::{HEADER_FLAGS, HEADER_SHAPE, flags};
use minilive_runtime::map::MAP_SLOTS;
use minilive_runtime::map::lookup::{
    LOOKUP_BYTES, LOOKUP_ENTRIES, LOOKUP_FACTOR, LOOKUP_ISA, LOOKUP_NAME, LOOKUP_SHAPE, LOOKUP_SHIFT, LOOKUP_SLOT,
    LOOKUP_TURN, NOWHERE,
};
use minilive_runtime::realm::{HEAD_LOOKUPS, HEAD_TYPE_MAPS, TypeMap};
use minilive_runtime::value::{TAG_LIST, TAG_MAP, TAG_SHIFT, TAG_STRING};

/// Longer chains are walked by the helper.
const STEPS: u64 = 6;
/// Maps whose shape does not tell their slots.
const UNSHAPED: u8 = flags::DICT | flags::ENV | flags::GLOBALS;

impl Emit<'_> {
    /// RAX = the member of this name of the map in RAX, if the site has met several shapes and notes no more of them.
    pub(super) fn look_up(&mut self, name: u16, slow: Label) {
        self.asm.load32(RDX, self.cell(FeedbackCell::BITS_AT));
        self.asm.and32(RDX, FeedbackCell::SETTLED_AND_SEVERAL);
        self.asm.compare32(RDX, FeedbackCell::SETTLED_AND_SEVERAL);
        self.asm.jump_if(Cond::NotEqual, slow);
        let name = self.code.names[usize::from(name)].name.0;
        self.asm.bits(RSI, u64::from(name));
        self.asm.bits(R8, u64::from(name.rotate_left(LOOKUP_TURN)));
        self.asm.call_through(entry(table::FIND));
        self.present_or(slow);
    }
}

/// Is called with a map in RAX, a name in RSI, and that name turned in R8: gives a member or absent in RAX. Keeps R11 to R15 and RBX.
pub(super) fn find(asm: &mut Asm) {
    let (walk, found, fail) = (asm.label(), asm.label(), asm.label());
    asm.load(RDI, Mem(R12, HEAD_LOOKUPS as i32));
    asm.test(RDI);
    asm.jump_if(Cond::Equal, fail);
    asm.bits(R9, STEPS);
    asm.bind(walk);
    asm.test_byte(Mem(RAX, HEADER_FLAGS as i32), UNSHAPED);
    asm.jump_if(Cond::NotEqual, fail);
    probe(asm, fail);
    asm.load(R10, Mem(RAX, MAP_SLOTS as i32));
    asm.load16(RCX, Mem(RDX, LOOKUP_SLOT as i32));
    asm.compare32(RCX, i32::from(NOWHERE));
    asm.jump_if(Cond::NotEqual, found);
    asm.load16(RCX, Mem(RDX, LOOKUP_ISA as i32));
    asm.compare32(RCX, i32::from(NOWHERE));
    asm.jump_if(Cond::Equal, fail);
    asm.load_indexed(RAX, R10, RCX);
    asm.xor(RAX, entry(table::MAP));
    asm.copy(RCX, RAX);
    asm.shift_right(RCX, TAG_SHIFT as u8);
    asm.jump_if(Cond::NotEqual, fail);
    asm.sub(R9, 1);
    asm.jump_if(Cond::NotEqual, walk);
    asm.bind(fail);
    asm.load(RAX, entry(table::ABSENT));
    asm.ret();
    asm.bind(found);
    asm.load_indexed(RAX, R10, RCX);
    asm.ret();
}

/// Is called with what is no map in RAX, but for its tag, which is that of maps turned in RCX, and the site's cell in RSI: gives the
/// member that the cell knows of the type's map, or absent, in RAX. Keeps what `find` keeps.
pub(super) fn find_of_type(asm: &mut Asm) {
    let (fail, found) = (asm.label(), asm.label());
    let cell = |offset: usize| Mem(RSI, offset as i32);
    asm.load32(RDX, cell(FeedbackCell::BITS_AT));
    asm.copy(RDI, RDX);
    asm.and32(RDI, 0xF);
    // One or several receivers, and the map of their type.
    asm.sub(RDI, FeedbackCell::ONE_OF_TYPE);
    asm.compare32(RDI, 1);
    asm.jump_if(Cond::Above, fail);
    for (tag, kind, map) in [(TAG_LIST, Kinds::LIST, TypeMap::List), (TAG_STRING, Kinds::STRING, TypeMap::String)] {
        let other = asm.label();
        asm.compare32(RCX, (tag ^ TAG_MAP) as i32);
        asm.jump_if(Cond::NotEqual, other);
        asm.test_byte(cell(FeedbackCell::RECEIVER_AT), kind.0);
        asm.jump_if(Cond::Equal, fail);
        asm.load(RAX, Mem(R12, (HEAD_TYPE_MAPS + map as usize * size_of::<u64>()) as i32));
        asm.jump(found);
        asm.bind(other);
    }
    asm.bind(fail);
    asm.load(RAX, entry(table::ABSENT));
    asm.ret();
    asm.bind(found);
    asm.xor(RAX, entry(table::MAP));
    asm.load32(RCX, Mem(RAX, HEADER_SHAPE as i32));
    asm.compare32_with(RCX, cell(FeedbackCell::HOLDER_SHAPE_AT));
    asm.jump_if(Cond::NotEqual, fail);
    asm.shift_right32(RDX, 24);
    asm.load(RCX, Mem(RAX, MAP_SLOTS as i32));
    asm.load_indexed(RAX, RCX, RDX);
    asm.ret();
}

/// RDX = the table's entry for the name and the shape of the map in RAX; fails if another one stands there.
fn probe(asm: &mut Asm, fail: Label) {
    let field = |offset: usize| Mem(RDX, offset as i32);
    let compare = |asm: &mut Asm, reg: Gpr, offset: usize| {
        asm.compare32_with(reg, field(offset));
        asm.jump_if(Cond::NotEqual, fail);
    };
    asm.load32(RCX, Mem(RAX, HEADER_SHAPE as i32));
    asm.copy(RDX, RCX);
    asm.xor32(RDX, R8);
    asm.multiply32(RDX, LOOKUP_FACTOR as i32);
    asm.shift_right32(RDX, LOOKUP_SHIFT as u8);
    asm.and32(RDX, LOOKUP_ENTRIES as i32 - 1);
    asm.multiply32(RDX, LOOKUP_BYTES as i32);
    asm.add_regs(RDX, RDI);
    compare(asm, RCX, LOOKUP_SHAPE);
    compare(asm, RSI, LOOKUP_NAME);
}
