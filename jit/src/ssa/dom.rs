//! The shape of an SSA function's flow graph: order, predecessors, dominators, and natural loops.
//!
//! `verify` and the passes ask here. Dominators are found by the simple iterative method of Cooper, Harvey and Kennedy. Invariant: it
//! tells of the graph as it was when it was made; passes that move instructions alone may go on using it.

use super::{Block, Func};

/// The flow graph's shape. Blocks that cannot be reached are in none of it.
pub struct Dominators {
    /// Reachable blocks in reverse postorder.
    pub order: Vec<Block>,
    /// Of every block, those with an edge to it.
    pub preds: Vec<Vec<Block>>,
    idom: Vec<Option<Block>>,
    /// Depth in the dominator tree.
    depth: Vec<u32>,
}

/// A loop: a head that dominates all of it, and the blocks from which its back edges can be reached without passing the head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NaturalLoop {
    /// The head.
    pub head: Block,
    /// By block number, whether it belongs to the loop.
    pub contains: Vec<bool>,
}

impl NaturalLoop {
    /// Whether a block belongs to it; one that was made later does not.
    pub fn has(&self, block: Block) -> bool {
        self.contains.get(block.0 as usize).copied().unwrap_or(false)
    }

    /// Its blocks, by number.
    pub fn blocks(&self) -> impl Iterator<Item = Block> + '_ {
        (0..self.contains.len() as u32).map(Block).filter(|&block| self.has(block))
    }
}

impl Dominators {
    /// The shape of a function.
    pub fn of(func: &Func) -> Dominators {
        let order = reverse_postorder(func);
        let mut place = vec![usize::MAX; func.blocks.len()];
        order.iter().enumerate().for_each(|(i, &block)| place[block.0 as usize] = i);
        let mut preds: Vec<Vec<Block>> = vec![Vec::new(); func.blocks.len()];
        for &block in &order {
            func[block].end.edges().for_each(|edge| preds[edge.to as usize].push(block));
        }
        let idom = immediate(&order, &place, &preds);
        let mut depth = vec![0; func.blocks.len()];
        for &block in &order[1..] {
            let up = idom[block.0 as usize].expect("every reachable block but the first has one");
            depth[block.0 as usize] = depth[up.0 as usize] + 1;
        }
        Dominators { order, preds, idom, depth }
    }

    /// The immediate dominator; `None` of the entry.
    pub fn idom(&self, block: Block) -> Option<Block> {
        self.idom[block.0 as usize].filter(|&up| up != block)
    }

    /// Whether every way to `b` leads through `a`.
    pub fn dominates(&self, a: Block, mut b: Block) -> bool {
        while self.depth[b.0 as usize] > self.depth[a.0 as usize] {
            match self.idom(b) {
                Some(up) => b = up,
                None => return false,
            }
        }
        a == b
    }

    /// The block before a loop, from which alone it is entered and which leads nowhere else.
    pub fn preheader(&self, func: &Func, around: &NaturalLoop) -> Option<Block> {
        let mut outside = self.preds[around.head.0 as usize].iter().copied().filter(|&pred| !around.has(pred));
        let only = outside.next().filter(|_| outside.next().is_none());
        only.filter(|&it| func[it].end.edges().count() == 1)
    }

    /// The blocks from which a loop's head is reached again.
    pub fn latches<'a>(&'a self, around: &'a NaturalLoop) -> impl Iterator<Item = Block> + 'a {
        self.preds[around.head.0 as usize].iter().copied().filter(|&pred| around.has(pred))
    }

    /// The loops, those inside others first.
    pub fn loops(&self) -> Vec<NaturalLoop> {
        let mut loops: Vec<NaturalLoop> = Vec::new();
        for &head in &self.order {
            let backs = self.preds[head.0 as usize].iter().filter(|&&pred| self.dominates(head, pred));
            let mut work: Vec<Block> = backs.copied().collect();
            if work.is_empty() {
                continue;
            }
            let mut contains = vec![false; self.preds.len()];
            contains[head.0 as usize] = true;
            while let Some(block) = work.pop() {
                if !std::mem::replace(&mut contains[block.0 as usize], true) {
                    work.extend(&self.preds[block.0 as usize]);
                }
            }
            loops.push(NaturalLoop { head, contains });
        }
        // A head comes before the heads of loops inside its own in this order.
        loops.reverse();
        loops
    }
}

fn immediate(order: &[Block], place: &[usize], preds: &[Vec<Block>]) -> Vec<Option<Block>> {
    let mut idom: Vec<Option<Block>> = vec![None; preds.len()];
    idom[0] = Some(Block(0));
    let mut changed = true;
    while changed {
        changed = false;
        for &block in &order[1..] {
            let known = preds[block.0 as usize].iter().copied().filter(|pred| idom[pred.0 as usize].is_some());
            let new = known.reduce(|a, b| meet(&idom, place, a, b));
            if idom[block.0 as usize] != new {
                idom[block.0 as usize] = new;
                changed = true;
            }
        }
    }
    idom
}

/// The nearest block that dominates both.
fn meet(idom: &[Option<Block>], place: &[usize], mut a: Block, mut b: Block) -> Block {
    let up = |block: Block| idom[block.0 as usize].expect("processed");
    while a != b {
        while place[a.0 as usize] > place[b.0 as usize] {
            a = up(a);
        }
        while place[b.0 as usize] > place[a.0 as usize] {
            b = up(b);
        }
    }
    a
}

fn reverse_postorder(func: &Func) -> Vec<Block> {
    let mut seen = vec![false; func.blocks.len()];
    let mut order = Vec::new();
    let mut stack = vec![(Block(0), 0)];
    seen[0] = true;
    while let Some((block, next)) = stack.pop() {
        match func[block].end.edges().nth(next) {
            Some(edge) => {
                stack.push((block, next + 1));
                if !std::mem::replace(&mut seen[edge.to as usize], true) {
                    stack.push((edge.target(), 0));
                }
            }
            None => order.push(block),
        }
    }
    order.reverse();
    order
}
