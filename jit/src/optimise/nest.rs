//! Which loop of a nest is worth compiling: an inner loop's entry is soon of no use if the loop around it comes round often.
//!
//! `optimise` asks when a loop is hot, and waits for the head that it is given. Invariant: an answer is a matter of policy only; any
//! head may be compiled.

use crate::engine::unit::Code;
use minilive_mir::ir::{BlockId, Unit};

/// A loop that came round so often will soon do so again.
const ROUNDS: u64 = 4;
/// An inner loop does such a part of what makes a function hot by itself.
const PART_OF_HEAT: i64 = 8;
/// Heads that are passed while an outer one is waited for.
pub(super) const MOST_WAITS: u32 = 3000;

/// The outermost loop around a head, or the head itself, that is worth waiting for.
pub(super) fn worthiest(code: &Code, head: BlockId) -> BlockId {
    let mut best = head;
    while let Some(outer) = around(&code.unit, best).filter(|&outer| code.block_word(outer).get() >= ROUNDS) {
        best = outer;
    }
    best
}

/// Work that a loop is to do before it is compiled, if what made its function hot was something else: in its first rounds little of it
/// has run, and what has not is left out. `heat` is what makes a function hot.
pub(super) fn missing_work(code: &Code, head: BlockId, heat: i64) -> i64 {
    let weight = i64::from(code.weights.blocks[head.0 as usize]).max(1);
    let few = ROUNDS as i64 * weight;
    let enough = if is_innermost(&code.unit, head) { (heat / PART_OF_HEAT).max(few) } else { few };
    enough - (code.block_word(head).get() as i64).saturating_mul(weight)
}

fn is_innermost(unit: &Unit, head: BlockId) -> bool {
    let inside = head.0 + 1..=last_of(unit, head).0;
    inside.into_iter().all(|block| !unit.blocks[block as usize].loop_head)
}

/// Whether a loop has loops inside that are compiled.
pub(super) fn has_compiled_inside(code: &Code, head: BlockId) -> bool {
    let (tier, made) = (&code.tier, code.tier.compiles.get());
    if let Some((known, when, has)) = tier.around.get()
        && (known, when) == (head, made)
    {
        return has;
    }
    let inside = (head.0 + 1..=last_of(&code.unit, head).0).map(BlockId);
    let has = inside.into_iter().any(|block| tier.osr_entry(block).is_some());
    tier.around.set(Some((head, made, has)));
    has
}

/// The last block of the loop with this head: see [`around`].
pub(super) fn last_of(unit: &Unit, head: BlockId) -> BlockId {
    let blocks = (head.0..unit.blocks.len() as u32).map(BlockId);
    let goes_back = |from: &BlockId| unit.block_insts(*from).last().is_some_and(|it| it.targets().any(|to| to == head));
    blocks.rev().find(goes_back).unwrap_or(head)
}

/// The head of the loop around another loop. Blocks are in the order of the text, so a loop reaches from its head to the last jump back.
fn around(unit: &Unit, head: BlockId) -> Option<BlockId> {
    let mut inner = None;
    for from in (head.0..unit.blocks.len() as u32).map(BlockId) {
        let Some(last) = unit.block_insts(from).last() else { continue };
        for to in last.targets().filter(|to| *to < head) {
            inner = inner.max(Some(to));
        }
    }
    inner
}

#[cfg(test)]
mod tests {
    use super::around;
    use minilive_mir::ir::{BlockId, Unit};
    use minilive_mir::lower::lower_file;

    const NEST: &str = "f = function\n for i in a\n  x = 1\n  while b\n   for j in c\n   end for\n  end while\n end for\n while d\n \
                        end while\nend function";

    #[test]
    fn loops_around_loops_are_found() {
        let (program, _) = lower_file(&minilive_syntax::parse(NEST), "test.ms");
        let units = program.units.iter().filter_map(|it| it.mir.as_deref());
        let unit = units.max_by_key(|it| it.blocks.len()).expect("the function");
        let heads: Vec<BlockId> = blocks(unit).filter(|&block| is_head(unit, block)).collect();
        let outer: Vec<Option<BlockId>> = heads.iter().map(|&head| around(unit, head)).collect();
        assert_eq!(outer, [None, Some(heads[0]), Some(heads[1]), None]);
    }

    fn blocks(unit: &Unit) -> impl Iterator<Item = BlockId> + use<> {
        (0..unit.blocks.len() as u32).map(BlockId)
    }

    fn is_head(unit: &Unit, head: BlockId) -> bool {
        let goes = |from| unit.block_insts(from).last().is_some_and(|it| it.targets().any(|to| to == head));
        blocks(unit).any(|from| from >= head && goes(from))
    }
}
