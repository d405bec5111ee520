//! Which loop of a nest is worth compiling: an inner loop's entry is soon of no use if the loop around it comes round often.
//!
//! `optimise` asks when a loop is hot, and waits for the head that it is given. Invariant: an answer is a matter of policy only; any
//! head may be compiled.

use crate::engine::unit::Code;
use minilive_mir::ir::{BlockId, Unit};

/// A loop that came round so often will soon do so again.
const ROUNDS: u64 = 4;
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
