//! The lists of ways of one code object's member sites: for the compiler, for exits, and for the table that keeps them.
//!
//! Invariant: only instructions that look members up are asked; other cells mean something else by the same bits.

use super::table::CodeTable;
use super::unit::Code;
use crate::feedback::FeedbackCell;
use crate::feedback::ways::{MOST_WAYS, Ways};
use minilive_mir::ir::{Inst, InstId};

/// The words of a code object that look members up.
pub fn member_words(code: &Code) -> impl Iterator<Item = (u32, &FeedbackCell)> {
    let insts = code.unit.insts.iter().enumerate().filter(|(_, inst)| is_member(inst));
    insts.flat_map(|(i, _)| words_of(code, InstId(i as u32)))
}

fn is_member(inst: &Inst) -> bool {
    matches!(
        inst,
        Inst::GetMember { .. }
            | Inst::CallMethod { .. }
            | Inst::SetMember { .. }
            | Inst::GetKey { .. }
            | Inst::RefMember { .. }
    )
}

/// The words of a code object that make map literals.
pub fn literal_words(code: &Code) -> impl Iterator<Item = (u32, &FeedbackCell)> {
    let insts = code.unit.insts.iter().enumerate().filter(|(_, inst)| matches!(inst, Inst::MakeMap { .. }));
    insts.flat_map(|(i, _)| words_of(code, InstId(i as u32)))
}

/// The words that stand for an instruction, with their cells.
fn words_of(code: &Code, inst: InstId) -> impl Iterator<Item = (u32, &FeedbackCell)> {
    let at = inst.0 as usize;
    let words = [code.bytecode.site_pc.get(at), code.bytecode.resume_pc.get(at)];
    let stands = move |pc: &u32| code.bytecode.inst_of.get(*pc as usize) == Some(&inst.0);
    words.into_iter().flatten().copied().filter(stands).map(|pc| (pc, &code.slots[pc as usize].cell))
}

/// A guard of a member's way failed: the sites of that instruction note more ways.
pub fn rearm(code: &Code, inst: InstId) {
    if code.unit.insts.get(inst.0 as usize).is_some_and(is_member) {
        words_of(code, inst).for_each(|(_, cell)| cell.rearm_ways());
    }
}

/// A guard of a shape failed: all sites note more ways, since what has another shape at one goes on to the others.
pub fn rearm_all(code: &Code) {
    member_words(code).for_each(|(_, cell)| cell.rearm_ways());
}

/// Sites that note no more ways, since they met known ones again and again, note more for a while: what they met may be long ago. False if
/// there are none of these.
pub fn refresh(codes: &CodeTable, code: &Code) -> bool {
    let knows = |cell: &FeedbackCell| matches!(codes.ways.get(cell.property().ways), Some(Ways::Known(_)));
    let settled = member_words(code).filter(|(_, cell)| cell.is_settled() && knows(cell));
    settled.inspect(|(_, cell)| cell.rearm_ways()).count() > 0
}

/// Whether the ways that an instruction met can still be told apart, so that it may be compiled for them.
pub fn are_known(codes: &CodeTable, code: &Code, inst: InstId) -> bool {
    let few = |cell: &FeedbackCell| match codes.ways.get(cell.property().ways) {
        Some(Ways::Known(ways)) => ways.len() < MOST_WAYS,
        Some(Ways::Any) => false,
        None => true,
    };
    code.unit.insts.get(inst.0 as usize).is_some_and(is_member) && words_of(code, inst).all(|(_, cell)| few(cell))
}

impl CodeTable {
    /// Drops the lists of sites that are gone, once there are many.
    pub(crate) fn forget_ways(&self) {
        const MANY: usize = 1 << 16;
        if self.ways.len() < MANY {
            return;
        }
        let cells: Vec<&FeedbackCell> = self.versions().flat_map(|code| member_words(code).map(|it| it.1)).collect();
        let known: Vec<&FeedbackCell> = cells.into_iter().filter(|cell| cell.property().ways != 0).collect();
        let numbers: Vec<u32> = known.iter().map(|cell| cell.property().ways).collect();
        self.ways.keep_only(&numbers);
        for (number, cell) in (1..).zip(known) {
            cell.set_ways(number);
        }
    }
}
