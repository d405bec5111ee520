//! Machine code as text, each instruction with the MIR instruction it belongs to.
//!
//! `translate` calls [`lines`] on what Cranelift made where a dump is asked for. Invariant: the text is made of the very bytes that are
//! installed. On processors without a disassembler here it is Cranelift's own listing, which knows no instructions of ours.

use crate::dump::Line;
use cranelift_codegen::CompiledCode;
use minilive_mir::ir::InstId;

/// The instruction that the code at an offset belongs to.
fn inst_at(code: &CompiledCode, offset: u32) -> Option<InstId> {
    let locations = code.buffer.get_srclocs_sorted();
    let after = locations.partition_point(|it| it.start <= offset);
    let found = after.checked_sub(1).map(|i| &locations[i]).filter(|it| offset < it.end && !it.loc.is_default())?;
    Some(InstId(found.loc.bits()))
}

/// The lines of a function's code, at offsets from its first byte.
#[cfg(target_arch = "x86_64")]
pub(crate) fn lines(code: &CompiledCode) -> Vec<Line> {
    lines_of(code.code_buffer(), Tables::Here, &|offset| inst_at(code, offset))
}

/// What an address is that code computes of a place further on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tables {
    /// A table to jump through.
    Here,
    /// A place in the code, to come back to.
    None,
}

/// The lines of code for this processor; the instruction that an offset belongs to is asked for.
#[cfg(target_arch = "x86_64")]
pub(crate) fn lines_of(bytes: &[u8], tables: Tables, inst_at: &dyn Fn(u32) -> Option<InstId>) -> Vec<Line> {
    use iced_x86::{Code, Decoder, DecoderOptions, Formatter, IntelFormatter};
    let mut decoder = Decoder::new(64, bytes, DecoderOptions::NONE);
    let mut formatter = IntelFormatter::new();
    let options = formatter.options_mut();
    options.set_hex_prefix("0x");
    options.set_hex_suffix("");
    options.set_small_hex_numbers_in_decimal(true);
    options.set_uppercase_hex(false);
    options.set_branch_leading_zeros(false);
    options.set_signed_immediate_operands(true);
    let mut lines = Vec::new();
    // Constants stand behind the code that reads them.
    let mut constants = bytes.len() as u64;
    while decoder.can_decode() && decoder.ip() < constants {
        let instruction = decoder.decode();
        let is_place = tables == Tables::None && instruction.code() == Code::Lea_r64_m;
        let is_further =
            instruction.is_ip_rel_memory_operand() && instruction.ip_rel_memory_address() > instruction.ip();
        if is_further && !is_place {
            constants = constants.min(instruction.ip_rel_memory_address());
        }
        let offset = instruction.ip();
        let mut text = format!("    {offset:04x}  ");
        formatter.format(&instruction, &mut text);
        lines.push(Line::of(inst_at(offset as u32), text));
    }
    let data = bytes.get(constants as usize..).unwrap_or_default();
    for (i, chunk) in data.chunks(8).enumerate() {
        let word: Vec<String> = chunk.iter().map(|byte| format!("{byte:02x}")).collect();
        lines.push(Line::plain(format!("    {:04x}  bytes {}", constants as usize + 8 * i, word.join(" "))));
    }
    lines
}

/// Cranelift's listing.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn lines(code: &CompiledCode) -> Vec<Line> {
    code.vcode.iter().flat_map(|text| text.lines()).map(Line::plain).collect()
}

/// Code that Cranelift did not make: there is none on these processors.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn lines_of(_: &[u8], _: Tables, _: &dyn Fn(u32) -> Option<InstId>) -> Vec<Line> {
    Vec::new()
}
