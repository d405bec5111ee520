//! What debuggers learn of compiled code, by the interface that gdb calls “JIT Compilation Interface” and lldb reads as well.
//!
//! `minilive run --gdb` hands events in; debuggers stop at a function of `sys::debug` and read object files in memory, one for each piece of
//! machine code, which have a section where the code is and a symbol that names it. Invariant: no two files that are announced at a time
//! have a common address, as code is told of before any of its memory is used again.

use crate::events::{CodeEvent, Happened};
use crate::sys::debug::Announced;
use object::Endianness;
use object::elf;
use object::write::elf::{FileHeader, SectionHeader, Sym, Writer};
use std::collections::BTreeMap;

/// Tells debuggers of the code of an engine.
#[derive(Debug, Default)]
pub struct Debugger {
    /// By the first byte behind the code: where it begins, and what was announced.
    known: BTreeMap<usize, (usize, Announced)>,
}

impl Debugger {
    /// Announces code that was made.
    ///
    /// # Errors
    /// If there is no object file for it, with the reason.
    pub fn note(&mut self, event: &CodeEvent) -> Result<(), String> {
        let (name, address, bytes) = match event {
            CodeEvent::Shared(piece) => (format!("minilive: {}", piece.name), piece.address, piece.bytes),
            CodeEvent::Tier(event) => match event.what {
                Happened::Compiled { entry, address, bytes, .. } => (event.symbol(entry), address, bytes),
                _ => return Ok(()),
            },
            CodeEvent::Freed(freed) => {
                freed.pieces.iter().for_each(|&(address, bytes)| self.forget(address, bytes));
                return Ok(());
            }
        };
        self.forget(address, bytes);
        let file = object_file(&name, address, bytes).map_err(|error| error.to_string())?;
        self.known.insert(address + bytes, (address, Announced::new(file)));
        Ok(())
    }
}

impl Debugger {
    /// What stands between two addresses is not there any more.
    fn forget(&mut self, address: usize, bytes: usize) {
        let overlapping: Vec<usize> =
            self.known.range(address + 1..).take_while(|(_, it)| it.0 < address + bytes).map(|it| *it.0).collect();
        for end in overlapping {
            self.known.remove(&end);
        }
    }
}

/// An object file that has nothing but a name for a range of addresses.
fn object_file(name: &str, address: usize, bytes: usize) -> object::write::Result<Vec<u8>> {
    let mut file = Vec::new();
    let mut writer = Writer::new(Endianness::default(), true, &mut file);
    writer.reserve_file_header();
    let section_name = Some(writer.add_section_name(b".text"));
    let section = writer.reserve_section_index();
    let symbol_name = Some(writer.add_string(name.as_bytes()));
    writer.reserve_symbol_index(Some(section));
    writer.reserve_symtab_section_index();
    writer.reserve_strtab_section_index();
    writer.reserve_shstrtab_section_index();
    writer.reserve_symtab();
    writer.reserve_strtab()?;
    writer.reserve_shstrtab()?;
    writer.reserve_section_headers();

    writer.write_file_header(&FileHeader {
        os_abi: elf::ELFOSABI_NONE,
        abi_version: 0,
        e_type: elf::ET_REL,
        e_machine: if cfg!(target_arch = "aarch64") { elf::EM_AARCH64 } else { elf::EM_X86_64 },
        e_entry: 0,
        e_flags: elf::FileFlags(0),
    })?;
    writer.write_null_symbol();
    writer.write_symbol(&Sym {
        section: Some(section.0),
        st_name: writer.string_offset(symbol_name),
        st_info: elf::SymbolInfo::new(elf::STB_GLOBAL, elf::STT_FUNC),
        st_other: elf::SymbolOther(0),
        st_shndx: elf::SymbolSection(0),
        st_value: 0,
        st_size: bytes as u64,
    });
    writer.write_strtab();
    writer.write_shstrtab();
    writer.write_null_section_header();
    writer.write_section_header(&SectionHeader {
        sh_name: writer.section_name_offset(section_name),
        sh_type: elf::SHT_NOBITS,
        sh_flags: elf::SHF_ALLOC | elf::SHF_EXECINSTR,
        sh_addr: address as u64,
        sh_offset: 0,
        sh_size: bytes as u64,
        sh_link: 0,
        sh_info: 0,
        sh_addralign: 1,
        sh_entsize: 0,
    });
    writer.write_symtab_section_header(1);
    writer.write_strtab_section_header();
    writer.write_shstrtab_section_header();
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{FreedCode, SharedPiece};
    use object::read::elf::ElfFile64;
    use object::{Object, ObjectSection, ObjectSymbol};

    #[test]
    fn an_object_file_names_a_range_of_addresses() {
        let file = object_file("f [a.ms:1] loop at 3", 0x7fff_0000_1020, 96).expect("it is small");
        let parsed = ElfFile64::<Endianness>::parse(&*file).expect("it is an object file");
        let section = parsed.section_by_name(".text").expect("it has code");
        assert_eq!((section.address(), section.size()), (0x7fff_0000_1020, 96));
        let symbols: Vec<_> = parsed.symbols().map(|it| (it.name().expect("a name"), it.size())).collect();
        assert_eq!(symbols, [("f [a.ms:1] loop at 3", 96)]);
    }

    #[test]
    fn what_stands_in_memory_that_is_used_again_is_forgotten() {
        let mut debugger = Debugger::default();
        let mut note = |name: &str, address, bytes| {
            let piece = SharedPiece { name: name.to_owned(), address, bytes };
            debugger.note(&CodeEvent::Shared(piece)).expect("it is small");
            // No other test of this process announces anything.
            assert_eq!(crate::sys::debug::found(), debugger.known.len());
            debugger.known.values().map(|it| it.0).collect::<Vec<_>>()
        };
        assert_eq!(note("a", 1000, 100), [1000]);
        assert_eq!(note("b", 1100, 100), [1000, 1100]);
        assert_eq!(note("c", 1200, 50), [1000, 1100, 1200]);
        assert_eq!(note("d", 1150, 60), [1000, 1150]);
        assert_eq!(note("e", 900, 1000), [900]);
        assert_eq!(note("f", 2000, 100), [900, 2000]);
        let freed = FreedCode { pieces: vec![(900, 1024)], used: 100, kept: 0 };
        debugger.note(&CodeEvent::Freed(freed)).expect("nothing is made");
        assert_eq!((crate::sys::debug::found(), debugger.known.len()), (1, 1));
    }
}
