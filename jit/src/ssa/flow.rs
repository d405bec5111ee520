//! The control flow from which SSA is built: blocks of the unit, some of them several times.
//!
//! `build` walks the [`Flow`] in order. A node is one *copy* of a MIR block: registers need no repair, so loops are turned
//! bottom-tested and short-circuit results are sent straight to where they are tested by copying blocks here, before SSA.
//! Invariants: node 0 is the entry and stands for no block (nor do landings that only count); order is reverse postorder; every
//! cycle is a loop with one header, which dominates it; a copy counts and polls as its block does.

use super::body::Body;
use minilive_mir::bits::Bits;
use minilive_mir::ir::{BlockId, Inst, InstId, Reg, Unit};

/// An index into [`Flow::nodes`].
pub type NodeId = usize;

/// A copy of a MIR block, or the place where the interpreter takes over before it.
#[derive(Debug, Clone, Default)]
pub struct Node {
    /// The block; `None` for the entry.
    pub block: Option<BlockId>,
    /// Successors, parallel to the terminator's targets.
    pub succs: Vec<NodeId>,
    /// Predecessors, each once per edge.
    pub preds: Vec<NodeId>,
    /// Innermost loop.
    pub in_loop: Option<usize>,
    /// The block whose entry this node counts (and polls for, if it is a loop head); the entry node does it for the first.
    pub counts: Option<BlockId>,
    /// Compiled code ends here, at the start of the block; these registers are live there.
    pub leaves: Option<RegSet>,
}

/// A natural loop.
#[derive(Debug, Clone)]
pub struct Loop {
    /// The header.
    pub head: NodeId,
    /// All its nodes, those of inner loops included.
    pub body: Vec<NodeId>,
    /// The loop around it.
    pub parent: Option<usize>,
}

/// The flow graph of one entry into a unit.
#[derive(Debug, Clone, Default)]
pub struct Flow {
    /// Nodes in reverse postorder.
    pub nodes: Vec<Node>,
    /// Loops, outer before inner.
    pub loops: Vec<Loop>,
    /// Registers live at the start of each node.
    pub live_in: Vec<RegSet>,
}

/// A set of registers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegSet {
    bits: Bits,
    n_regs: u32,
}

impl RegSet {
    /// The empty set over so many registers.
    pub fn new(n_regs: u32) -> RegSet {
        RegSet { bits: Bits::empty(n_regs), n_regs }
    }

    /// Whether the register is in the set.
    pub fn has(&self, reg: Reg) -> bool {
        reg.0 < self.n_regs && self.bits.contains(reg.0)
    }

    /// Adds a register.
    pub fn add(&mut self, reg: Reg) {
        self.bits.insert(reg.0);
    }

    /// Takes a register out.
    pub fn remove(&mut self, reg: Reg) {
        self.bits.remove(reg.0);
    }

    /// Adds the members of another set.
    pub fn join(&mut self, other: &RegSet) {
        self.bits.join(&other.bits);
    }

    /// The members in order.
    pub fn iter(&self) -> impl Iterator<Item = Reg> + '_ {
        (0..self.n_regs).map(Reg).filter(|&reg| self.has(reg))
    }
}

/// Where compiled code is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryAt {
    /// At the unit's start.
    Start,
    /// At a loop head, from an interpreted activation.
    Loop(BlockId),
}

/// Loop heads of at most so many instructions are copied to the loop's end.
const MAX_ROTATED: usize = 24;
/// The graph may not grow beyond so many nodes by copying.
const MAX_NODES: usize = 2000;

/// Makes the flow graph of a body.
pub fn flow_of(body: &Body, entry: EntryAt) -> Flow {
    let unit = &*body.unit;
    let mut flow = Flow { nodes: block_nodes(body), ..Flow::default() };
    let start = match entry {
        EntryAt::Start => BlockId(0),
        EntryAt::Loop(block) => block,
    };
    flow.nodes.insert(0, Node { succs: vec![start.0 as usize + 1], ..Node::default() });
    if let EntryAt::Loop(head) = entry {
        flow.keep_inner_loop(body, head);
    }
    flow.tidy();
    flow.uncount_entry(unit);
    flow.thread_tests(unit);
    flow.rotate_loops(unit);
    flow.thread_tests(unit);
    flow.tidy();
    flow.find_loops();
    flow.find_live(body);
    flow
}

/// The body's own graph, from its start, with its loops and what is live.
fn whole_flow(body: &Body) -> Flow {
    let mut flow = Flow { nodes: block_nodes(body), ..Flow::default() };
    flow.nodes.insert(0, Node { succs: vec![1], ..Node::default() });
    flow.tidy();
    flow.find_loops();
    flow.find_live(body);
    flow
}

/// One node a block; a successor's number leaves room for the entry at the front.
fn block_nodes(body: &Body) -> Vec<Node> {
    let unit = &*body.unit;
    let blocks = (0..unit.blocks.len() as u32).map(BlockId);
    blocks
        .map(|block| Node {
            block: Some(block),
            succs: last(unit, block).targets().map(|target| target.0 as usize + 1).collect(),
            counts: body.block_origin(block).map(|_| block),
            ..Node::default()
        })
        .collect()
}

/// The terminator of a block.
pub fn last(unit: &Unit, block: BlockId) -> &Inst {
    unit.block_insts(block).last().expect("a verified block ends with a terminator")
}

impl Flow {
    /// Whether `inner` is `outer` or inside it.
    pub fn is_within(&self, inner: Option<usize>, outer: usize) -> bool {
        let mut it = inner;
        while let Some(i) = it {
            if i == outer {
                return true;
            }
            it = self.loops[i].parent;
        }
        false
    }

    /// If the loop with this head stands inside another one, cuts everything around it off: entered in its middle, the outer loop
    /// would be one with the inner loop. The interpreter goes on where the loop ends, and soon enters the outer one at its head.
    fn keep_inner_loop(&mut self, body: &Body, head: BlockId) {
        let whole = whole_flow(body);
        // Loops behind an outermost one get entries of their own; with them, each entry would be most of the function again.
        let others_follow =
            || whole.loops.iter().any(|it| it.parent.is_none() && whole.nodes[it.head].block > Some(head));
        let is_it = |it: &&Loop| whole.nodes[it.head].block == Some(head) && (it.parent.is_some() || others_follow());
        let Some(inner) = whole.loops.iter().find(is_it) else {
            return;
        };
        let inside: Vec<BlockId> = inner.body.iter().filter_map(|&node| whole.nodes[node].block).collect();
        for block in &inside {
            let node = block.0 as usize + 1;
            for i in 0..self.nodes[node].succs.len() {
                let target = BlockId(self.nodes[node].succs[i] as u32 - 1);
                if !inside.contains(&target) {
                    self.nodes[node].succs[i] = self.leaving_node(body, &whole, target);
                }
            }
        }
    }

    /// The node at which compiled code ends before a block.
    fn leaving_node(&mut self, body: &Body, whole: &Flow, block: BlockId) -> NodeId {
        let leaves = |node: &Node| node.block == Some(block) && node.leaves.is_some();
        self.nodes.iter().position(leaves).unwrap_or_else(|| {
            let there = whole.nodes.iter().position(|node| node.block == Some(block));
            let live =
                there.map(|node| whole.live_in[node].clone()).expect("a block that an edge reaches is reachable");
            let counts = body.block_origin(block).map(|_| block);
            self.nodes.push(Node { block: Some(block), counts, leaves: Some(live), ..Node::default() });
            self.nodes.len() - 1
        })
    }

    /// Drops unreachable nodes, sorts the rest into reverse postorder, and fills in predecessors.
    fn tidy(&mut self) {
        let order = self.reverse_postorder();
        let mut place = vec![usize::MAX; self.nodes.len()];
        for (i, &node) in order.iter().enumerate() {
            place[node] = i;
        }
        let mut nodes: Vec<Node> = order.iter().map(|&node| std::mem::take(&mut self.nodes[node])).collect();
        for node in &mut nodes {
            node.preds.clear();
            node.succs.iter_mut().for_each(|succ| *succ = place[*succ]);
        }
        for i in 0..nodes.len() {
            for succ in nodes[i].succs.clone() {
                nodes[succ].preds.push(i);
            }
        }
        self.nodes = nodes;
    }

    fn reverse_postorder(&self) -> Vec<NodeId> {
        let mut seen = vec![false; self.nodes.len()];
        let mut order = Vec::new();
        let mut stack = vec![(0, 0)];
        seen[0] = true;
        while let Some((node, next)) = stack.pop() {
            // The last successor is walked first, so that the first one (the loop body) stands right behind its test.
            let succs = &self.nodes[node].succs;
            if next < succs.len() {
                stack.push((node, next + 1));
                let succ = succs[succs.len() - 1 - next];
                if !std::mem::replace(&mut seen[succ], true) {
                    stack.push((succ, 0));
                }
            } else {
                order.push(node);
            }
        }
        order.reverse();
        order
    }

    /// The entry counts the first block itself, before its guards; so ways back to that block count on the way.
    fn uncount_entry(&mut self, unit: &Unit) {
        let first = self.nodes[0].succs[0];
        let counts = self.nodes[first].counts.take();
        if self.nodes[first].preds.len() == 1 {
            return;
        }
        self.find_loops();
        let inside = |node: NodeId| self.is_within(self.nodes[node].in_loop, self.nodes[first].in_loop.unwrap_or(0));
        let block = self.nodes[first].block.expect("only the entry has none");
        let succs = self.nodes[first].succs.clone();
        let tests = succs.len() == 2 && succs.iter().filter(|&&succ| inside(succ)).count() == 1;
        if tests && unit.block_insts(block).len() <= MAX_ROTATED {
            // The entry gets a copy of the test, which makes the loop bottom-tested at once.
            let copy = self.nodes.len();
            self.nodes.push(Node { block: Some(block), succs, ..Node::default() });
            self.nodes[first].counts = counts;
            self.nodes[0].succs[0] = copy;
        } else {
            let landing = self.nodes.len();
            for node in &mut self.nodes[1..] {
                node.succs.iter_mut().filter(|succ| **succ == first).for_each(|succ| *succ = landing);
            }
            self.nodes.push(Node { counts, succs: vec![first], ..Node::default() });
        }
        self.tidy();
    }

    /// Gives every predecessor its own copy of a block that only tests a register, so that known results go straight on.
    /// Heads of loops stay one: with a copy for each way in, their loops would have no head.
    fn thread_tests(&mut self, unit: &Unit) {
        self.find_loops();
        let mut heads = vec![false; self.nodes.len()];
        self.loops.iter().for_each(|it| heads[it.head] = true);
        let mut i = 1;
        while i < self.nodes.len() && self.nodes.len() < MAX_NODES {
            let Some(block) = self.nodes[i].block.filter(|_| self.nodes[i].leaves.is_none()) else {
                i += 1;
                continue;
            };
            let lone = unit.block_insts(block).len() == 1 && !unit.blocks[block.0 as usize].loop_head;
            let tests = matches!(last(unit, block), Inst::Branch { .. } | Inst::AndTest { .. } | Inst::OrTest { .. });
            let is_head = heads.get(i).copied().unwrap_or_default();
            if lone && tests && !is_head && self.nodes[i].preds.len() > 1 {
                for pred in self.nodes[i].preds.split_off(1) {
                    self.copy_for(i, pred);
                }
            }
            i += 1;
        }
        self.tidy();
    }

    /// Makes a copy of `node` to which `pred` goes instead.
    fn copy_for(&mut self, node: NodeId, pred: NodeId) {
        let copy = self.nodes.len();
        let succs = self.nodes[node].succs.clone();
        for &succ in &succs {
            self.nodes[succ].preds.push(copy);
        }
        let Node { block, counts, .. } = self.nodes[node];
        self.nodes.push(Node { block, counts, succs, preds: vec![pred], ..Node::default() });
        self.nodes[pred].succs.iter_mut().filter(|succ| **succ == node).for_each(|succ| *succ = copy);
    }

    /// Copies small loop heads that test to the ends of their loops, so that an iteration takes one branch.
    fn rotate_loops(&mut self, unit: &Unit) {
        let mut done: Vec<BlockId> = Vec::new();
        loop {
            self.find_loops();
            let next = self.loops.iter().rev().find_map(|it| {
                let block = self.nodes[it.head].block?;
                let fresh = unit.blocks[block.0 as usize].loop_head && !done.contains(&block);
                fresh.then_some((it.clone(), block))
            });
            let Some((it, block)) = next else { return };
            done.push(block);
            let inside = |node: &NodeId| it.body.contains(node);
            let succs = &self.nodes[it.head].succs;
            let one_leaves = succs.len() == 2 && succs.iter().filter(|succ| inside(succ)).count() == 1;
            if !one_leaves || unit.block_insts(block).len() > MAX_ROTATED || self.nodes.len() >= MAX_NODES {
                continue;
            }
            let copy = self.nodes.len();
            let counts = self.nodes[it.head].counts;
            self.nodes.push(Node { block: Some(block), counts, succs: succs.clone(), ..Node::default() });
            for &latch in it.body.iter().filter(|&&node| node != copy) {
                let succs = &mut self.nodes[latch].succs;
                succs.iter_mut().filter(|succ| **succ == it.head).for_each(|succ| *succ = copy);
            }
            self.tidy();
        }
    }

    /// Finds natural loops by back edges to dominating nodes.
    fn find_loops(&mut self) {
        let idom = self.dominators();
        let dominates = |a: NodeId, mut b: NodeId| {
            while b > a {
                b = idom[b];
            }
            a == b
        };
        self.loops.clear();
        self.nodes.iter_mut().for_each(|node| node.in_loop = None);
        for head in 0..self.nodes.len() {
            let latches: Vec<NodeId> =
                self.nodes[head].preds.iter().copied().filter(|&pred| dominates(head, pred)).collect();
            if latches.is_empty() {
                continue;
            }
            let mut body = vec![head];
            let mut work = latches;
            while let Some(node) = work.pop() {
                if !body.contains(&node) {
                    body.push(node);
                    work.extend(&self.nodes[node].preds);
                }
            }
            body.sort_unstable();
            let parent = self.nodes[head].in_loop;
            for &node in &body {
                self.nodes[node].in_loop = Some(self.loops.len());
            }
            self.loops.push(Loop { head, body, parent });
        }
    }

    /// Immediate dominators; nodes are in reverse postorder.
    fn dominators(&self) -> Vec<NodeId> {
        let mut idom = vec![usize::MAX; self.nodes.len()];
        idom[0] = 0;
        let mut changed = true;
        while changed {
            changed = false;
            for node in 1..self.nodes.len() {
                let mut new = usize::MAX;
                for &pred in self.nodes[node].preds.iter().filter(|&&pred| idom[pred] != usize::MAX) {
                    new = if new == usize::MAX { pred } else { meet(&idom, new, pred) };
                }
                if idom[node] != new {
                    idom[node] = new;
                    changed = true;
                }
            }
        }
        idom
    }

    fn find_live(&mut self, body: &Body) {
        self.live_in = vec![RegSet::new(body.unit.n_regs); self.nodes.len()];
        let mut changed = true;
        while changed {
            changed = false;
            for node in (0..self.nodes.len()).rev() {
                let live = self.live_before(body, node, 0);
                if live != self.live_in[node] {
                    self.live_in[node] = live;
                    changed = true;
                }
            }
        }
    }

    /// Registers live before the `from`-th instruction of a node.
    pub fn live_before(&self, body: &Body, node: NodeId, from: usize) -> RegSet {
        if let Some(live) = &self.nodes[node].leaves {
            return live.clone();
        }
        let mut live = RegSet::new(body.unit.n_regs);
        let block = self.nodes[node].block;
        let insts = block.map_or(&[][..], |block| body.unit.block_insts(block));
        let edge_def = insts.last().and_then(Inst::write_on_way);
        for (i, &succ) in self.nodes[node].succs.iter().enumerate() {
            let mut out = self.live_in[succ].clone();
            if let Some((edge, reg)) = edge_def
                && edge == i
            {
                out.remove(reg);
            }
            live.join(&out);
        }
        let Some(block) = block else { return live };
        let first = body.unit.blocks[block.0 as usize].first;
        for i in (from.min(insts.len())..insts.len()).rev() {
            body.step_back(InstId(first + i as u32), &mut live);
        }
        body.add_lasting(block, &mut live);
        live
    }
}

fn meet(idom: &[NodeId], mut a: NodeId, mut b: NodeId) -> NodeId {
    while a != b {
        while a > b {
            a = idom[a];
        }
        while b > a {
            b = idom[b];
        }
    }
    a
}
