//! The few x86-64 instructions that baseline code consists of, as bytes, with labels.
//!
//! `emit` and its neighbours write templates with it. Invariants: every memory operand is a base register with a 32-bit distance (and
//! at most an index); a label is bound once, and [`Asm::finish`] fills in every jump to it. the tests
//! show what a disassembler makes of each form.

/// A general register, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gpr(u8);

pub(super) const RAX: Gpr = Gpr(0);
pub(super) const RCX: Gpr = Gpr(1);
pub(super) const RDX: Gpr = Gpr(2);
pub(super) const RBX: Gpr = Gpr(3);
pub(super) const RSP: Gpr = Gpr(4);
const RBP: Gpr = Gpr(5);
pub(super) const RSI: Gpr = Gpr(6);
pub(super) const RDI: Gpr = Gpr(7);
pub(super) const R8: Gpr = Gpr(8);
pub(super) const R9: Gpr = Gpr(9);
pub(super) const R10: Gpr = Gpr(10);
pub(super) const R11: Gpr = Gpr(11);
pub(super) const R12: Gpr = Gpr(12);
pub(super) const R13: Gpr = Gpr(13);
pub(super) const R14: Gpr = Gpr(14);
pub(super) const R15: Gpr = Gpr(15);

/// A floating-point register, by its number below 8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Xmm(u8);

pub(super) const XMM0: Xmm = Xmm(0);
pub(super) const XMM1: Xmm = Xmm(1);
pub(super) const XMM2: Xmm = Xmm(2);

/// Memory at a distance from a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mem(pub(super) Gpr, pub(super) i32);

/// A condition of jumps, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Cond {
    /// Unsigned less; carry.
    Below = 2,
    /// Unsigned greater or equal.
    AboveOrEqual = 3,
    /// Equal; zero.
    Equal = 4,
    /// Not equal; not zero.
    NotEqual = 5,
    /// Unsigned less or equal.
    BelowOrEqual = 6,
    /// Unsigned greater.
    Above = 7,
    /// Negative.
    Sign = 8,
    /// Not comparable.
    Unordered = 10,
    /// Signed less.
    Less = 12,
    /// Signed less or equal.
    LessOrEqual = 14,
}

impl Cond {
    /// The opposite.
    pub(super) fn inverse(self) -> u8 {
        self as u8 ^ 1
    }
}

/// Arithmetic on floating-point numbers: the opcode behind `F2 0F`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Sse {
    Add = 0x58,
    Mul = 0x59,
    Sub = 0x5C,
    Div = 0x5E,
}

/// A place in the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Label(u32);

/// Code that is being written.
#[derive(Debug, Default)]
pub(super) struct Asm {
    bytes: Vec<u8>,
    labels: Vec<Option<u32>>,
    /// Where a 32-bit distance to a label stands.
    jumps: Vec<(u32, Label)>,
}

impl Asm {
    /// Offset of the next instruction.
    pub(super) fn here(&self) -> u32 {
        self.bytes.len() as u32
    }

    pub(super) fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() as u32 - 1)
    }

    /// The label is here.
    pub(super) fn bind(&mut self, label: Label) {
        debug_assert!(self.labels[label.0 as usize].is_none(), "a label stands at one place");
        self.labels[label.0 as usize] = Some(self.here());
    }

    /// The code, all jumps filled in.
    pub(super) fn finish(mut self) -> Vec<u8> {
        for (at, label) in self.jumps {
            let target = self.labels[label.0 as usize].expect("every label that is jumped to is bound");
            let distance = (target as i32).wrapping_sub(at as i32 + 4);
            self.bytes[at as usize..at as usize + 4].copy_from_slice(&distance.to_le_bytes());
        }
        self.bytes
    }

    fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn imm32(&mut self, value: i32) {
        self.put(&value.to_le_bytes());
    }

    /// The prefix with the high bits of registers; left out where it says nothing.
    fn rex(&mut self, wide: bool, reg: u8, index: u8, base: u8) {
        let rex = 0x40 | u8::from(wide) << 3 | (reg >> 3) << 2 | (index >> 3) << 1 | base >> 3;
        if rex != 0x40 {
            self.put(&[rex]);
        }
    }

    /// The operands `reg` and memory.
    fn mem(&mut self, reg: u8, Mem(base, disp): Mem) {
        let (reg, low) = ((reg & 7) << 3, base.0 & 7);
        let short = i8::try_from(disp);
        // Without a distance, the number of RBP and R13 would mean something else.
        let mode = if disp == 0 && low != RBP.0 {
            0x00
        } else if short.is_ok() {
            0x40
        } else {
            0x80
        };
        self.put(&[mode | reg | low]);
        if low == RSP.0 {
            self.put(&[0x24]);
        }
        match (mode, short) {
            (0x00, _) => {}
            (_, Ok(short)) => self.put(&short.to_le_bytes()),
            _ => self.imm32(disp),
        }
    }

    fn with_mem(&mut self, wide: bool, opcode: &[u8], reg: u8, at: Mem) {
        self.rex(wide, reg, 0, at.0.0);
        self.put(opcode);
        self.mem(reg, at);
    }

    fn with_reg(&mut self, wide: bool, opcode: &[u8], reg: u8, rm: u8) {
        self.rex(wide, reg, 0, rm);
        self.put(opcode);
        self.put(&[0xC0 | (reg & 7) << 3 | rm & 7]);
    }

    fn sse(&mut self, prefix: u8, opcode: u8, reg: u8, at: Mem) {
        self.put(&[prefix]);
        self.with_mem(false, &[0x0F, opcode], reg, at);
    }

    // ---- moves ---------------------------------------------------------------------------------------------------------

    pub(super) fn load(&mut self, to: Gpr, from: Mem) {
        self.with_mem(true, &[0x8B], to.0, from);
    }

    /// A 32-bit word, the upper half zero.
    pub(super) fn load32(&mut self, to: Gpr, from: Mem) {
        self.with_mem(false, &[0x8B], to.0, from);
    }

    pub(super) fn store(&mut self, to: Mem, from: Gpr) {
        self.with_mem(true, &[0x89], from.0, to);
    }

    /// `to` = `base`[`index` words].
    pub(super) fn load_indexed(&mut self, to: Gpr, base: Gpr, index: Gpr) {
        self.indexed(0x8B, to, base, index);
    }

    /// `base`[`index` words] = `from`.
    pub(super) fn store_indexed(&mut self, base: Gpr, index: Gpr, from: Gpr) {
        self.indexed(0x89, from, base, index);
    }

    fn indexed(&mut self, opcode: u8, reg: Gpr, base: Gpr, index: Gpr) {
        debug_assert!(base.0 & 7 != RBP.0 && index != RSP, "these have another meaning here");
        self.rex(true, reg.0, index.0, base.0);
        self.put(&[opcode, (reg.0 & 7) << 3 | 4, 3 << 6 | (index.0 & 7) << 3 | base.0 & 7]);
    }

    pub(super) fn copy(&mut self, to: Gpr, from: Gpr) {
        self.with_reg(true, &[0x8B], to.0, from.0);
    }

    /// Any 64 bits, in the shortest way.
    pub(super) fn bits(&mut self, to: Gpr, bits: u64) {
        if bits == 0 {
            self.with_reg(false, &[0x33], to.0, to.0);
        } else if u32::try_from(bits).is_ok() {
            self.rex(false, 0, 0, to.0);
            self.put(&[0xB8 | to.0 & 7]);
            self.imm32(bits as i32);
        } else {
            self.rex(true, 0, 0, to.0);
            self.put(&[0xB8 | to.0 & 7]);
            self.put(&bits.to_le_bytes());
        }
    }

    pub(super) fn address(&mut self, to: Gpr, of: Mem) {
        self.with_mem(true, &[0x8D], to.0, of);
    }

    /// The address of a place in the code.
    pub(super) fn address_of(&mut self, to: Gpr, label: Label) {
        self.rex(true, to.0, 0, 0);
        self.put(&[0x8D, (to.0 & 7) << 3 | 5]);
        self.distance(label);
    }

    pub(super) fn push(&mut self, reg: Gpr) {
        self.rex(false, 0, 0, reg.0);
        self.put(&[0x50 | reg.0 & 7]);
    }

    pub(super) fn pop(&mut self, reg: Gpr) {
        self.rex(false, 0, 0, reg.0);
        self.put(&[0x58 | reg.0 & 7]);
    }

    /// Begins a frame: the caller's frame pointer and our own.
    pub(super) fn enter_frame(&mut self) {
        self.push(RBP);
        self.copy(RBP, RSP);
    }

    pub(super) fn leave_frame(&mut self) {
        self.pop(RBP);
        self.put(&[0xC3]);
    }

    /// Moves the stack pointer by so many bytes.
    pub(super) fn grow_stack(&mut self, bytes: i32) {
        self.add(RSP, -bytes);
    }

    // ---- whole numbers -------------------------------------------------------------------------------------------------

    fn immediate(&mut self, wide: bool, digit: u8, reg: Gpr, value: i32) {
        match i8::try_from(value) {
            Ok(value) => {
                self.with_reg(wide, &[0x83], digit, reg.0);
                self.put(&value.to_le_bytes());
            }
            Err(_) => {
                self.with_reg(wide, &[0x81], digit, reg.0);
                self.imm32(value);
            }
        }
    }

    pub(super) fn add(&mut self, reg: Gpr, value: i32) {
        self.immediate(true, 0, reg, value);
    }

    pub(super) fn sub(&mut self, reg: Gpr, value: i32) {
        self.immediate(true, 5, reg, value);
    }

    pub(super) fn and32(&mut self, reg: Gpr, value: i32) {
        self.immediate(false, 4, reg, value);
    }

    pub(super) fn compare32(&mut self, reg: Gpr, value: i32) {
        self.immediate(false, 7, reg, value);
    }

    pub(super) fn compare64(&mut self, reg: Gpr, value: i32) {
        self.immediate(true, 7, reg, value);
    }

    pub(super) fn compare(&mut self, reg: Gpr, with: Mem) {
        self.with_mem(true, &[0x3B], reg.0, with);
    }

    pub(super) fn compare32_with(&mut self, reg: Gpr, with: Mem) {
        self.with_mem(false, &[0x3B], reg.0, with);
    }

    /// Compares 64-bit registers.
    pub(super) fn compare_regs(&mut self, a: Gpr, b: Gpr) {
        self.with_reg(true, &[0x3B], a.0, b.0);
    }

    /// Compares a 32-bit word of memory with a small number.
    pub(super) fn compare_word(&mut self, at: Mem, value: i8) {
        self.with_mem(false, &[0x83], 7, at);
        self.put(&value.to_le_bytes());
    }

    /// Compares a byte of memory.
    pub(super) fn compare_byte(&mut self, at: Mem, value: i8) {
        self.with_mem(false, &[0x80], 7, at);
        self.put(&value.to_le_bytes());
    }

    /// Tests bits of a byte of memory.
    pub(super) fn test_byte(&mut self, at: Mem, mask: u8) {
        self.with_mem(false, &[0xF6], 0, at);
        self.put(&[mask]);
    }

    pub(super) fn xor(&mut self, reg: Gpr, with: Mem) {
        self.with_mem(true, &[0x33], reg.0, with);
    }

    pub(super) fn and(&mut self, reg: Gpr, with: Mem) {
        self.with_mem(true, &[0x23], reg.0, with);
    }

    pub(super) fn or_regs(&mut self, to: Gpr, from: Gpr) {
        self.with_reg(true, &[0x0B], to.0, from.0);
    }

    pub(super) fn add_regs(&mut self, to: Gpr, what: Gpr) {
        self.with_reg(true, &[0x03], to.0, what.0);
    }

    pub(super) fn xor32(&mut self, to: Gpr, with: Gpr) {
        self.with_reg(false, &[0x33], to.0, with.0);
    }

    pub(super) fn multiply32(&mut self, reg: Gpr, by: i32) {
        self.with_reg(false, &[0x69], reg.0, reg.0);
        self.imm32(by);
    }

    pub(super) fn test(&mut self, reg: Gpr) {
        self.with_reg(true, &[0x85], reg.0, reg.0);
    }

    pub(super) fn negate(&mut self, reg: Gpr) {
        self.with_reg(true, &[0xF7], 3, reg.0);
    }

    /// Shifts right by bits, zeros from above.
    pub(super) fn shift_right(&mut self, reg: Gpr, bits: u8) {
        self.with_reg(true, &[0xC1], 5, reg.0);
        self.put(&[bits]);
    }

    pub(super) fn shift_right32(&mut self, reg: Gpr, bits: u8) {
        self.with_reg(false, &[0xC1], 5, reg.0);
        self.put(&[bits]);
    }

    /// RDX:RAX / `by` → RAX, remainder RDX, of 32 or 64 bits.
    pub(super) fn divide(&mut self, wide: bool, by: Gpr) {
        self.with_reg(wide, &[0xF7], 6, by.0);
    }

    /// Adds one to a 64-bit word of memory.
    pub(super) fn increment(&mut self, at: Mem) {
        self.with_mem(true, &[0x83], 0, at);
        self.put(&[1]);
    }

    /// RAX = 1 if the condition holds, else 0.
    pub(super) fn set_rax(&mut self, cond: Cond) {
        self.put(&[0x0F, 0x90 | cond as u8, 0xC0, 0x0F, 0xB6, 0xC0]);
    }

    /// Subtracts from a 64-bit word of memory.
    pub(super) fn sub_mem(&mut self, at: Mem, value: i32) {
        self.with_mem(true, &[0x81], 5, at);
        self.imm32(value);
    }

    /// Compares a 64-bit word of memory.
    pub(super) fn compare_mem(&mut self, at: Mem, value: i32) {
        self.with_mem(true, &[0x81], 7, at);
        self.imm32(value);
    }

    /// Adds to a 32-bit word of memory.
    pub(super) fn add_word(&mut self, at: Mem, value: i8) {
        self.with_mem(false, &[0x83], 0, at);
        self.put(&value.to_le_bytes());
    }

    /// A 16-bit word, zeros above.
    pub(super) fn load16(&mut self, to: Gpr, from: Mem) {
        self.with_mem(false, &[0x0F, 0xB7], to.0, from);
    }

    /// A byte, zeros above.
    pub(super) fn load8(&mut self, to: Gpr, from: Mem) {
        self.with_mem(false, &[0x0F, 0xB6], to.0, from);
    }

    pub(super) fn store32(&mut self, to: Mem, from: Gpr) {
        self.with_mem(false, &[0x89], from.0, to);
    }

    pub(super) fn sub_from(&mut self, reg: Gpr, what: Mem) {
        self.with_mem(true, &[0x2B], reg.0, what);
    }

    // ---- floating point ------------------------------------------------------------------------------------------------

    pub(super) fn load_float(&mut self, to: Xmm, from: Mem) {
        self.sse(0xF2, 0x10, to.0, from);
    }

    pub(super) fn store_float(&mut self, to: Mem, from: Xmm) {
        self.sse(0xF2, 0x11, from.0, to);
    }

    pub(super) fn float_op(&mut self, op: Sse, to: Xmm, with: Mem) {
        self.sse(0xF2, op as u8, to.0, with);
    }

    pub(super) fn float_op_regs(&mut self, op: Sse, to: Xmm, with: Xmm) {
        self.put(&[0xF2]);
        self.with_reg(false, &[0x0F, op as u8], to.0, with.0);
    }

    /// Compares two numbers: [`Cond::Unordered`] if one is not a number, then as of unsigned ones.
    pub(super) fn compare_floats(&mut self, a: Xmm, b: Xmm) {
        self.put(&[0x66]);
        self.with_reg(false, &[0x0F, 0x2E], a.0, b.0);
    }

    pub(super) fn compare_float(&mut self, a: Xmm, b: Mem) {
        self.sse(0x66, 0x2E, a.0, b);
    }

    pub(super) fn zero_float(&mut self, reg: Xmm) {
        self.put(&[0x66]);
        self.with_reg(false, &[0x0F, 0x57], reg.0, reg.0);
    }

    pub(super) fn float_from_bits(&mut self, to: Xmm, from: Gpr) {
        self.put(&[0x66]);
        self.with_reg(true, &[0x0F, 0x6E], to.0, from.0);
    }

    pub(super) fn float_to_bits(&mut self, to: Gpr, from: Xmm) {
        self.put(&[0x66]);
        self.with_reg(true, &[0x0F, 0x7E], from.0, to.0);
    }

    /// The whole part of a number; the lowest 64-bit number if there is none.
    pub(super) fn truncate(&mut self, to: Gpr, from: Xmm) {
        self.put(&[0xF2]);
        self.with_reg(true, &[0x0F, 0x2C], to.0, from.0);
    }

    pub(super) fn float_from_int(&mut self, to: Xmm, from: Gpr) {
        // Without zeroing it first, the conversion waits for whatever wrote the register last.
        self.zero_float(to);
        self.put(&[0xF2]);
        self.with_reg(true, &[0x0F, 0x2A], to.0, from.0);
    }

    // ---- jumps ---------------------------------------------------------------------------------------------------------

    fn distance(&mut self, to: Label) {
        self.jumps.push((self.here(), to));
        self.imm32(0);
    }

    pub(super) fn jump(&mut self, to: Label) {
        self.put(&[0xE9]);
        self.distance(to);
    }

    pub(super) fn jump_if(&mut self, cond: Cond, to: Label) {
        self.put(&[0x0F, 0x80 | cond as u8]);
        self.distance(to);
    }

    /// Skips what `body` writes, at most 127 bytes, unless the condition holds.
    pub(super) fn only_if(&mut self, cond: Cond, body: impl FnOnce(&mut Asm)) {
        self.put(&[0x70 | cond.inverse(), 0]);
        let from = self.bytes.len();
        body(self);
        let skipped = i8::try_from(self.bytes.len() - from).expect("what is skipped is short");
        self.bytes[from - 1] = skipped as u8;
    }

    pub(super) fn jump_to(&mut self, reg: Gpr) {
        self.with_reg(false, &[0xFF], 4, reg.0);
    }

    pub(super) fn jump_through(&mut self, at: Mem) {
        self.with_mem(false, &[0xFF], 4, at);
    }

    pub(super) fn call_to(&mut self, reg: Gpr) {
        self.with_reg(false, &[0xFF], 2, reg.0);
    }

    pub(super) fn call_through(&mut self, at: Mem) {
        self.with_mem(false, &[0xFF], 2, at);
    }

    pub(super) fn ret(&mut self) {
        self.put(&[0xC3]);
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    /// What the disassembler makes of the bytes.
    #[track_caller]
    fn check(write: impl FnOnce(&mut Asm), expected: &[&str]) {
        let mut asm = Asm::default();
        write(&mut asm);
        let lines = crate::disassemble::lines_of(&asm.finish(), crate::disassemble::Tables::None, &|_| None);
        let texts: Vec<&str> = lines.iter().map(|line| line.text[10..].trim()).collect();
        assert_eq!(texts, expected);
    }

    #[test]
    fn encodings_are_those_of_the_manual() {
        check(
            |asm| {
                asm.load(RAX, Mem(RBX, 0));
                asm.load(R11, Mem(R13, 0));
                asm.load32(RCX, Mem(R12, 8));
                asm.load16(RDX, Mem(RCX, -16));
                asm.load8(RCX, Mem(R14, 300));
                asm.store(Mem(RBX, -24), R8);
                asm.store32(Mem(R11, 4), R10);
                asm.load_indexed(RSI, RDX, RCX);
                asm.store_indexed(RBX, RDX, R9);
                asm.copy(RDI, R13);
                asm.address(RDX, Mem(R14, 4096));
            },
            &[
                "mov rax,[rbx]",
                "mov r11,[r13]",
                "mov ecx,[r12+8]",
                "movzx edx,word ptr [rcx-0x10]",
                "movzx ecx,byte ptr [r14+0x12c]",
                "mov [rbx-0x18],r8",
                "mov [r11+4],r10d",
                "mov rsi,[rdx+rcx*8]",
                "mov [rbx+rdx*8],r9",
                "mov rdi,r13",
                "lea rdx,[r14+0x1000]",
            ],
        );
    }

    #[test]
    fn constants_take_the_shortest_form() {
        check(
            |asm| {
                asm.bits(R9, 0);
                asm.bits(RDX, 7);
                asm.bits(R14, 1 << 40);
                asm.add(RAX, 300);
                asm.sub(RAX, 3);
                asm.multiply32(RDX, 1000);
                asm.xor32(RDX, R8);
                asm.add_regs(RDX, RDI);
                asm.compare_mem(Mem(R12, 0), 9);
                asm.compare_word(Mem(R14, 12), 32);
                asm.compare_byte(Mem(R12, 0), 0);
                asm.test_byte(Mem(RAX, 5), 0x41);
            },
            &[
                "xor r9d,r9d",
                "mov edx,7",
                "mov r14,0x10000000000",
                "add rax,0x12c",
                "sub rax,3",
                "imul edx,0x3e8",
                "xor edx,r8d",
                "add rdx,rdi",
                "cmp qword ptr [r12],9",
                "cmp dword ptr [r14+0xc],0x20",
                "cmp byte ptr [r12],0",
                "test byte ptr [rax+5],0x41",
            ],
        );
    }

    #[test]
    fn numbers_are_handled_in_their_registers() {
        check(
            |asm| {
                asm.load_float(XMM0, Mem(RBX, 8));
                asm.float_op(Sse::Sub, XMM0, Mem(RBX, 16));
                asm.float_op_regs(Sse::Div, XMM0, XMM1);
                asm.compare_floats(XMM2, XMM0);
                asm.compare_float(XMM0, Mem(R15, 88));
                asm.store_float(Mem(RBX, 0), XMM0);
                asm.float_from_bits(XMM1, RAX);
                asm.float_to_bits(RDX, XMM0);
                asm.truncate(RCX, XMM1);
                asm.float_from_int(XMM2, RCX);
                asm.set_rax(Cond::Below);
            },
            &[
                "movsd xmm0,[rbx+8]",
                "subsd xmm0,[rbx+0x10]",
                "divsd xmm0,xmm1",
                "ucomisd xmm2,xmm0",
                "ucomisd xmm0,[r15+0x58]",
                "movsd [rbx],xmm0",
                "movq xmm1,rax",
                "movq rdx,xmm0",
                "cvttsd2si rcx,xmm1",
                "xorpd xmm2,xmm2",
                "cvtsi2sd xmm2,rcx",
                "setb al",
                "movzx eax,al",
            ],
        );
    }

    #[test]
    fn jumps_lead_to_their_labels() {
        check(
            |asm| {
                let (back, forth) = (asm.label(), asm.label());
                asm.bind(back);
                asm.jump_if(Cond::Unordered, forth);
                asm.only_if(Cond::Equal, |asm| asm.jump(back));
                asm.jump_through(Mem(R15, 24));
                asm.bind(forth);
                asm.jump_to(RDI);
            },
            &["jp 0x11", "jne short 0xd", "jmp 0", "jmp qword ptr [r15+0x18]", "jmp rdi"],
        );
    }
}
