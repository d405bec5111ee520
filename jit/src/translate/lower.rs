//! The walk over SSA blocks, and the instructions that need little.

use super::count::{Counting, MAX_COUNTERS};
use super::leave::Pending;
use super::lent::Lent;
use super::sites::Sites;
use super::symbols::{Symbol, Symbols};
use super::{Env, ExitInfo, HelperId, Restored, state_words};
use crate::ssa::shape_set::ShapeSet;
use crate::ssa::{Block, Edge, End, Exit, Func, Inst, Op, Rep, StateId, Val, effects};
use cranelift_codegen::entity::packed_option::ReservedValue;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, BlockArg, InstBuilder, MemFlagsData, types};
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_frontend::FunctionBuilder;
use minilive_runtime::function::FUNCTION_CODE;
use minilive_runtime::map::MAP_SHAPE;
use minilive_runtime::realm::{HEAD_ENTRY_VALUE, HEAD_NATIVE_STATUS, HEAD_NO_FUNCTION, HEAD_TYPE_MAPS};
use minilive_runtime::value::{NUMBER_END, TAG_FUNCTION, TAG_IMMEDIATE, TAG_SHIFT, Value};
use rustc_hash::FxHashMap;

/// The state of one translation.
pub(super) struct Lower<'a, 'b> {
    pub(super) b: FunctionBuilder<'b>,
    pub(super) isa: &'a OwnedTargetIsa,
    pub(super) func: &'a Func,
    pub(super) env: &'a Env<'a>,
    pub(super) vals: Vec<Option<ir::Value>>,
    /// What defined a value, where that matters (constants).
    pub(super) defs: FxHashMap<Val, Op>,
    /// What functions returned and lists held: never the mark of an unassigned variable.
    pub(super) assigned: rustc_hash::FxHashSet<Val>,
    /// What exits need not store.
    pub(super) lent: Lent,
    /// Values that are computed where they are needed: from which, and what is added.
    pub(super) late: FxHashMap<Val, (Val, i64)>,
    /// Those that were computed in the current block.
    computed: FxHashMap<Val, ir::Value>,
    /// The addresses of values whose tag was guarded.
    pub(super) objects: FxHashMap<Val, ir::Value>,
    /// Integers that are doubles in the current block, too.
    pub(super) doubles: FxHashMap<Val, ir::Value>,
    /// Where the value stands that the last instruction read.
    pub(super) just_read: Option<(Val, ir::Value, i32)>,
    /// The list object whose number of stored elements was read for the guard that comes next.
    pub(super) unsettled: Option<ir::Value>,
    /// The end of the bits of numbers, where a register is to hold it.
    pub(super) number_end: Option<ir::Value>,
    /// Boxed values that are numbers for sure.
    pub(super) numbers: rustc_hash::FxHashSet<Val>,
    pub(super) blocks: Vec<ir::Block>,
    pub(super) ctx: ir::Value,
    /// Arguments of the entry, behind the context.
    pub(super) inputs: Vec<ir::Value>,
    pub(super) exits: Vec<ExitInfo>,
    pub(super) exit_numbers: FxHashMap<Exit, u32>,
    /// Parallel to `exits`.
    pub(super) exit_states: Vec<StateId>,
    /// Where in `pending` the exits stand that leave with a state.
    pub(super) states_left: FxHashMap<(StateId, Option<u32>), usize>,
    pub(super) exit_blocks: FxHashMap<(Exit, Option<u32>), ir::Block>,
    /// By the mode, and by how many spliced calls are around.
    pub(super) unwind_blocks: FxHashMap<(Option<u32>, u32), ir::Block>,
    pub(super) tail_blocks: FxHashMap<u32, ir::Block>,
    /// What the code refers to by relocations.
    pub(super) symbols: Symbols,
    pub(super) sites: Sites,
    pub(super) pending: Vec<Pending>,
    /// Room for values on the way out, and for arguments of helpers.
    pub(super) words: Option<ir::StackSlot>,
    /// Their address, on the way out that is being written.
    pub(super) words_base: Option<ir::Value>,
    /// The values that were stored on that way.
    pub(super) words_left: FxHashMap<Val, Restored>,
    pub(super) counting: Counting,
    /// The loop whose budget and counters are in registers here.
    pub(super) mode: Option<u32>,
    /// A call's result that is still to be tested for unwinding, by the guard that follows.
    pub(super) untested: Option<Val>,
    pub(super) signatures: FxHashMap<(usize, u8), ir::SigRef>,
    pub(super) itself: Option<ir::FuncRef>,
    /// What calls helpers and keeps all registers.
    pub(super) keeping: Option<ir::FuncRef>,
    pub(super) at: minilive_mir::ir::InstId,
}

/// What lowering tells beside the code.
pub(super) struct Lowered {
    pub(super) exits: Vec<ExitInfo>,
    pub(super) sites: Sites,
    pub(super) symbols: Vec<Symbol>,
}

/// Translates a whole function; gives its exits and sites.
pub(super) fn lower(builder: FunctionBuilder<'_>, isa: &OwnedTargetIsa, func: &Func, env: &Env<'_>) -> Lowered {
    let mut lower = Lower {
        b: builder,
        isa,
        func,
        env,
        vals: vec![None; func.reps.len()],
        defs: FxHashMap::default(),
        assigned: func.assigned.iter().copied().collect(),
        lent: Lent::of(func),
        late: super::late::late_values(func),
        computed: FxHashMap::default(),
        objects: FxHashMap::default(),
        doubles: FxHashMap::default(),
        just_read: None,
        unsettled: None,
        number_end: None,
        numbers: Default::default(),
        blocks: Vec::new(),
        ctx: ir::Value::from_u32(0),
        inputs: Vec::new(),
        exits: Vec::new(),
        exit_numbers: FxHashMap::default(),
        exit_states: Vec::new(),
        states_left: FxHashMap::default(),
        exit_blocks: FxHashMap::default(),
        unwind_blocks: FxHashMap::default(),
        tail_blocks: FxHashMap::default(),
        symbols: Symbols::default(),
        sites: Sites { first: env.first_chain, chains: Vec::new() },
        pending: Vec::new(),
        words: None,
        words_base: None,
        words_left: FxHashMap::default(),
        counting: Counting::default(),
        mode: None,
        untested: None,
        signatures: FxHashMap::default(),
        itself: None,
        keeping: None,
        at: minilive_mir::ir::InstId(0),
    };
    lower.run();
    let Lower { mut b, exits, sites, symbols, isa, .. } = lower;
    b.seal_all_blocks();
    b.finalize(isa.frontend_config());
    Lowered { exits, sites, symbols: symbols.list }
}

/// Trusted memory: aligned, never faults.
pub(super) fn memory() -> MemFlagsData {
    MemFlagsData::trusted()
}

impl Lower<'_, '_> {
    fn run(&mut self) {
        self.reserve_words();
        let joined = self.joined();
        for block in self.func.block_ids() {
            if joined[block.0 as usize] {
                // Never used: its code is that of the block before it.
                self.blocks.push(ir::Block::reserved_value());
                continue;
            }
            let made = self.b.create_block();
            self.blocks.push(made);
            if block.0 == 0 {
                self.b.append_block_params_for_function_params(made);
            }
            for &param in &self.func[block].params {
                let value = self.b.append_block_param(made, clif_type(self.func.rep(param)));
                self.vals[param.0 as usize] = Some(value);
            }
            if self.func[block].cold {
                self.b.set_cold_block(made);
            }
        }
        self.prepare_counting();
        for block in self.order() {
            if !joined[block.0 as usize] {
                self.b.switch_to_block(self.blocks[block.0 as usize]);
            }
            self.block(block, &joined);
        }
        self.emit_pending();
    }

    /// By block, whether it goes on where the one before it ends, as its only way in.
    fn joined(&self) -> Vec<bool> {
        let mut ways = vec![0; self.func.blocks.len()];
        self.func.blocks.iter().flat_map(|block| block.end.edges()).for_each(|edge| ways[edge.to as usize] += 1);
        let mut joined = vec![false; ways.len()];
        for block in &self.func.blocks {
            if let End::Jump(edge) = &block.end {
                let to = edge.to as usize;
                joined[to] = to != 0 && ways[to] == 1 && self.func[edge.target()].cold == block.cold;
            }
        }
        joined
    }

    /// Stack room for the largest state and the longest argument list.
    fn reserve_words(&mut self) {
        let states = self.func.states.iter().map(state_words).max().unwrap_or(0);
        let args = self.func.blocks.iter().flat_map(|block| &block.insts).map(|inst| inst.args.len()).max();
        let words = (states + MAX_COUNTERS).max(args.unwrap_or(0));
        let data = ir::StackSlotData::new(ir::StackSlotKind::ExplicitSlot, (words as u32 + 1) * 8, 3);
        self.words = Some(self.b.create_sized_stack_slot(data));
    }

    /// Blocks such that definitions come before uses: reverse postorder.
    fn order(&self) -> Vec<Block> {
        let mut seen = vec![false; self.func.blocks.len()];
        let mut order = Vec::new();
        let mut stack = vec![(Block(0), 0)];
        seen[0] = true;
        while let Some((block, next)) = stack.pop() {
            let edges: Vec<&Edge> = self.func[block].end.edges().collect();
            if next < edges.len() {
                stack.push((block, next + 1));
                let target = edges[edges.len() - 1 - next].target();
                if !std::mem::replace(&mut seen[target.0 as usize], true) {
                    stack.push((target, 0));
                }
            } else {
                order.push(block);
            }
        }
        order.reverse();
        order
    }

    fn block(&mut self, block: Block, joined: &[bool]) {
        self.mode = self.mode_of(block);
        if block.0 == 0 {
            self.inputs = self.b.block_params(self.blocks[0]).to_vec();
            self.ctx = self.inputs.remove(0);
            self.keep_number_end();
        }
        let data = &self.func[block];
        self.computed.clear();
        self.doubles.clear();
        self.just_read = None;
        for (i, inst) in data.insts.iter().enumerate() {
            self.at = inst.at;
            self.b.set_srcloc(ir::SourceLoc::new(inst.at.0));
            inst.args.iter().for_each(|&arg| self.compute_late(arg));
            self.inst(inst, data.insts.get(i + 1));
        }
        data.end.edges().flat_map(|edge| &edge.args).for_each(|&arg| self.compute_late(arg));
        match (&data.end, data.insts.last()) {
            // The other way round.
            (End::Branch { cond, then, els }, Some(last)) if last.op == Op::Not && last.result == Some(*cond) => {
                let truth = self.arg(last, 0);
                self.branch(truth, els, then);
            }
            (End::Jump(edge), _) if joined[edge.to as usize] => {
                self.change_mode(edge.target());
                for (&arg, &param) in edge.args.iter().zip(&self.func[edge.target()].params) {
                    self.vals[param.0 as usize] = Some(self.val(arg));
                }
            }
            (end, _) => self.end(end),
        }
        self.computed.clear();
    }

    // ---- values --------------------------------------------------------------------------------------------------------

    /// The CLIF value of an SSA value.
    pub(super) fn val(&mut self, val: Val) -> ir::Value {
        match self.vals[val.0 as usize] {
            Some(value) => value,
            None => self.constant(val),
        }
    }

    /// Computes what comes late and is named by the block that is being written.
    fn compute_late(&mut self, val: Val) {
        if self.late.contains_key(&val) {
            let value = self.val(val);
            self.computed.insert(val, value);
        }
    }

    /// A constant, or what comes late, made where it is needed: cold blocks that share one would keep a register from the way around them.
    fn constant(&mut self, val: Val) -> ir::Value {
        if let Some(&(from, constant)) = self.late.get(&val) {
            if let Some(&value) = self.computed.get(&val) {
                return value;
            }
            let from = self.val(from);
            return self.b.ins().iadd_imm_s(from, constant);
        }
        match self.defs.get(&val).copied().expect("verified: defined before used") {
            Op::Int(n) => self.iconst(n),
            Op::Bool(truth) => self.b.ins().iconst(types::I8, i64::from(truth)),
            Op::Boxed(bits) => self.iconst(bits as i64),
            Op::Intrinsic(id) => self.symbol(Symbol::Intrinsic(id)),
            Op::Literal(id) => self.symbol(Symbol::Literal(id)),
            Op::Name(id) => self.symbol(Symbol::Name(id)),
            other => unreachable!("{other:?} is no constant"),
        }
    }

    pub(super) fn arg(&mut self, inst: &Inst, i: usize) -> ir::Value {
        self.val(inst.args[i])
    }

    pub(super) fn define(&mut self, inst: &Inst, value: ir::Value) {
        if let Some(result) = inst.result {
            self.vals[result.0 as usize] = Some(value);
        }
    }

    pub(super) fn iconst(&mut self, n: i64) -> ir::Value {
        self.b.ins().iconst(types::I64, n)
    }

    /// A value in its boxed form, whatever its representation.
    pub(super) fn boxed(&mut self, val: Val) -> ir::Value {
        let value = self.val(val);
        match self.func.rep(val) {
            Rep::F64 => self.b.ins().bitcast(types::I64, MemFlagsData::new(), value),
            Rep::Int => {
                let float = self.b.ins().fcvt_from_sint(types::F64, value);
                self.b.ins().bitcast(types::I64, MemFlagsData::new(), float)
            }
            Rep::Bool => {
                let one = self.iconst(Value::ONE.bits() as i64);
                let zero = self.iconst(0);
                self.b.ins().select(value, one, zero)
            }
            Rep::Boxed | Rep::Object | Rep::None => value,
        }
    }

    // ---- control -------------------------------------------------------------------------------------------------------

    fn end(&mut self, end: &End) {
        match end {
            End::Jump(edge) => {
                self.change_mode(edge.target());
                let args = self.edge_args(edge);
                self.b.ins().jump(self.blocks[edge.to as usize], &args);
            }
            End::Branch { cond, then, els } => {
                let cond = self.val(*cond);
                self.branch(cond, then, els);
            }
            End::Return(val) => {
                let value = self.val(*val);
                self.flush_mode();
                self.leave_function(0);
                self.b.ins().return_(&[value]);
            }
            End::Leave(exit) => {
                self.at = exit.at;
                let block = self.exit_block(*exit);
                self.b.ins().jump(block, &[]);
            }
        }
    }

    fn branch(&mut self, cond: ir::Value, then: &Edge, els: &Edge) {
        let mode = self.mode;
        let (yes, yes_args) = self.edge_block(then);
        let (no, no_args) = self.edge_block(els);
        self.b.ins().brif(cond, yes, &yes_args, no, &no_args);
        for (edge, block) in [(then, yes), (els, no)] {
            if block != self.blocks[edge.to as usize] {
                self.b.switch_to_block(block);
                self.mode = mode;
                self.change_mode(edge.target());
                let args = self.edge_args(edge);
                self.b.ins().jump(self.blocks[edge.to as usize], &args);
            }
        }
    }

    fn edge_args(&mut self, edge: &Edge) -> Vec<BlockArg> {
        edge.args.iter().map(|&arg| BlockArg::Value(self.val(arg))).collect()
    }

    /// The block a branch goes to: the target itself, or a fresh one where counters change their place on the way.
    fn edge_block(&mut self, edge: &Edge) -> (ir::Block, Vec<BlockArg>) {
        if self.mode_of(edge.target()) == self.mode {
            let args = self.edge_args(edge);
            return (self.blocks[edge.to as usize], args);
        }
        (self.b.create_block(), Vec::new())
    }

    /// Goes on in a fresh block if `ok`, else to `other`.
    pub(super) fn continue_if(&mut self, ok: ir::Value, other: ir::Block) {
        let next = self.b.create_block();
        self.b.ins().brif(ok, next, &[], other, &[]);
        self.b.switch_to_block(next);
    }

    /// Goes on in a fresh block unless `bad`, else to `other`.
    pub(super) fn leave_if(&mut self, bad: ir::Value, other: ir::Block) {
        let next = self.b.create_block();
        self.b.ins().brif(bad, other, &[], next, &[]);
        self.b.switch_to_block(next);
    }

    /// A value that an instruction reads from memory.
    pub(super) fn read(&mut self, inst: &Inst, address: ir::Value, offset: i32) {
        let value = self.b.ins().load(types::I64, memory(), address, offset);
        self.just_read = inst.result.map(|result| (result, address, offset));
        self.define(inst, value);
    }

    // ---- instructions --------------------------------------------------------------------------------------------------

    fn inst(&mut self, inst: &Inst, next: Option<&Inst>) {
        // Only a guard right behind it may read once more what an instruction read.
        if !matches!(inst.op, Op::GuardNum | Op::GuardNumOrNull) {
            self.just_read = None;
        }
        if let Some(result) = inst.result
            && effects::is_constant(inst.op)
        {
            self.defs.insert(result, inst.op);
        }
        if inst.result.is_some_and(|it| self.late.contains_key(&it)) {
            return;
        }
        // The head of a loop is left behind its own effect, which it brings about itself.
        if let Some(exit) = inst.exit
            && !matches!(inst.op, Op::EnterLoop { .. })
        {
            self.force_failure(exit);
        }
        match inst.op {
            Op::Param(n) => self.define(inst, self.inputs[n as usize]),
            Op::Window(n) => {
                let window = self.inputs[0];
                let value = self.b.ins().load(types::I64, memory(), window, n as i32 * 8);
                self.define(inst, value);
            }
            Op::Captured => self.captured(inst),
            Op::Environment => self.environment(inst),
            Op::CapturedOf => {
                let function = self.arg(inst, 0);
                let map = self.captured_of(function);
                self.define(inst, map);
            }
            Op::F64(bits) => {
                let value = self.b.ins().f64const(f64::from_bits(bits));
                self.define(inst, value);
            }
            Op::Boxed(bits) if bits < NUMBER_END => self.numbers.extend(inst.result),
            Op::Int(_) | Op::Bool(_) | Op::Boxed(_) | Op::Intrinsic(_) | Op::Literal(_) | Op::Name(_) => {}
            Op::Box => {
                self.numbers.extend(inst.result);
                let value = self.boxed(inst.args[0]);
                self.define(inst, value);
            }
            Op::GuardTag(_) | Op::GuardNotFunction | Op::GuardCode(_) | Op::GuardBits(_) | Op::GuardNotBits(_) => {
                self.guard(inst)
            }
            Op::GuardShape(shapes) => {
                let object = self.arg(inst, 0);
                let exit = self.exit_of(inst);
                let ok = self.has_shape(object, shapes);
                self.continue_if(ok, exit);
            }
            Op::HasShape(shapes) => {
                let object = self.arg(inst, 0);
                let is_this = self.has_shape(object, shapes);
                self.define(inst, is_this);
            }
            Op::HasTag(tag) => {
                let value = self.arg(inst, 0);
                let is_it = self.has_tag(value, u64::from(tag));
                self.define(inst, is_it);
            }
            Op::OfTag(tag) => {
                let value = self.arg(inst, 0);
                let tag = self.iconst((u64::from(tag) << TAG_SHIFT) as i64);
                let object = self.b.ins().bxor(value, tag);
                self.objects.extend(inst.result.map(|result| (result, object)));
                self.define(inst, value);
            }
            Op::ShowsMethod(name) => self.shows_method(inst, name),
            Op::MapLen => self.map_len(inst),
            Op::CodeOf => {
                let value = self.arg(inst, 0);
                let found = self.code_of(value);
                self.define(inst, found);
            }
            Op::IsCode(code) => {
                let found = self.arg(inst, 0);
                let is_it = self.b.ins().icmp_imm_u(IntCC::Equal, found, i64::from(code));
                self.define(inst, is_it);
            }
            Op::TypeMap(kind) => {
                let place = HEAD_TYPE_MAPS as i32 + kind as i32 * 8;
                let map = self.b.ins().load(types::I64, memory(), self.ctx, place);
                self.define(inst, map);
            }
            Op::IsKind(kind) => self.is_kind(inst, kind),
            Op::LoadSlot(slot) => self.load_slot(inst, slot),
            Op::StoreSlot(slot, barrier) => self.store_slot(inst, slot, barrier),
            Op::AddSlot { slot, shape } => self.add_slot(inst, slot, shape),
            Op::StoreVariable(slot) => self.store_variable(inst, slot),
            Op::GuardTrue => {
                let ok = self.arg(inst, 0);
                let exit = self.exit_of(inst);
                self.continue_if(ok, exit);
            }
            Op::GuardOnlyIntrinsic { word, id } => self.guard_only_intrinsic(inst, word, id),
            Op::LoadCell(_)
            | Op::StoreCell(_)
            | Op::GuardGlobals
            | Op::GuardElements
            | Op::GuardStorable
            | Op::GuardConstants
            | Op::GuardTypes(_) => {
                self.cell(inst);
            }
            Op::ListPush => self.list_push(inst),
            Op::ListPop => self.list_pop(inst),
            Op::ListPull => self.list_pull(inst),
            Op::StrLen | Op::StrBytes | Op::StrChar | Op::StrCode | Op::CharOf | Op::StrCmp(_) => self.text(inst),
            Op::Object | Op::StoredLen { .. } | Op::GuardIndex | Op::LoadElement | Op::StoreElement { .. } => {
                self.element(inst, next)
            }
            Op::IterPosition => {
                let next = self.b.ins().load(types::I64, memory(), self.ctx, HEAD_NATIVE_STATUS as i32);
                self.define(inst, next);
            }
            Op::IterValue => {
                let value = self.b.ins().load(types::I64, memory(), self.ctx, HEAD_ENTRY_VALUE as i32);
                self.define(inst, value);
            }
            Op::Elements | Op::Slots | Op::NeedsBarrier => self.part_of_object(inst),
            Op::ListGet { .. } | Op::ListSet | Op::ListLen | Op::GuardComputed | Op::RangeBase | Op::RangeStep => {
                self.list(inst);
            }
            Op::CallSelf | Op::CallCode(_) | Op::Helper(_) => self.call(inst, next),
            Op::Enter { weight, checked, block } => self.enter((weight, checked), block),
            Op::EnterInlined { weight, checked, code } => self.enter_inlined(inst, (weight, checked), code),
            Op::LeaveInlined => self.leave_inlined(),
            Op::EnterLoop { weight, block } => self.enter_loop(inst, weight, block),
            Op::Count(block) => self.count(block),
            Op::Record(point) => self.record(inst, point),
            _ => self.numeric(inst),
        }
    }

    pub(super) fn exit_of(&mut self, inst: &Inst) -> ir::Block {
        let exit = inst.exit.expect("verified: operations that may exit have an exit");
        self.exit_block(exit)
    }

    /// The code of a boxed value.
    fn code_of(&mut self, value: ir::Value) -> ir::Value {
        let tag = self.iconst((TAG_FUNCTION << TAG_SHIFT) as i64);
        let object = self.b.ins().bxor(value, tag);
        // What is no function has the code of none, which costs less than a block for it.
        let none = self.b.ins().iadd_imm_s(self.ctx, HEAD_NO_FUNCTION as i64);
        let end = self.iconst(1 << TAG_SHIFT);
        let is_function = self.b.ins().icmp(IntCC::UnsignedLessThan, object, end);
        let object = self.b.ins().select(is_function, object, none);
        self.b.ins().uload32(memory(), object, FUNCTION_CODE as i32)
    }

    /// Guards of boxed values, which they hand on.
    fn guard(&mut self, inst: &Inst) {
        let value = self.arg(inst, 0);
        let exit = self.exit_of(inst);
        match inst.op {
            Op::GuardTag(tag) => {
                // Without its tag it is the object's address, which most of what is done with the value wants.
                let tag = self.iconst((u64::from(tag) << TAG_SHIFT) as i64);
                let object = self.b.ins().bxor(value, tag);
                let end = self.iconst(1 << TAG_SHIFT);
                let ok = self.b.ins().icmp(IntCC::UnsignedLessThan, object, end);
                self.continue_if(ok, exit);
                self.objects.extend(inst.result.map(|result| (result, object)));
            }
            Op::GuardNotFunction => {
                let found = self.b.ins().ushr_imm_u(value, i64::from(TAG_SHIFT));
                let bad = self.b.ins().icmp_imm_u(IntCC::Equal, found, TAG_FUNCTION as i64);
                self.leave_if(bad, exit);
                if !self.assigned.contains(&inst.args[0]) {
                    let absent = self.iconst(Value::ABSENT.bits() as i64);
                    let bad = self.b.ins().icmp(IntCC::Equal, value, absent);
                    self.leave_if(bad, exit);
                }
            }
            Op::GuardCode(code) => {
                let found = self.code_of(value);
                let ok = self.b.ins().icmp_imm_u(IntCC::Equal, found, i64::from(code));
                self.continue_if(ok, exit);
            }
            Op::GuardBits(bits) | Op::GuardNotBits(bits) => {
                let want = self.iconst(bits as i64);
                let same = self.b.ins().icmp(IntCC::Equal, value, want);
                if matches!(inst.op, Op::GuardBits(_)) {
                    self.continue_if(same, exit);
                } else {
                    self.leave_if(same, exit);
                }
            }
            _ => unreachable!("only called for guards of boxed values"),
        }
        self.define(inst, value);
    }

    fn has_shape(&mut self, object: ir::Value, shapes: ShapeSet) -> ir::Value {
        let found = self.b.ins().load(types::I32, memory(), object, MAP_SHAPE as i32);
        if let Some(shape) = shapes.single() {
            return self.b.ins().icmp_imm_u(IntCC::Equal, found, i64::from(shape));
        }
        let bit = self.b.ins().iadd_imm_s(found, -i64::from(shapes.base));
        let last = shapes.mask.ilog2();
        if shapes.mask.trailing_ones() == last + 1 {
            return self.b.ins().icmp_imm_u(IntCC::UnsignedLessThanOrEqual, bit, i64::from(last));
        }
        if shapes.mask == 1 << last | 1 && last.is_power_of_two() {
            let other = self.b.ins().band_imm_s(bit, !i64::from(last));
            return self.b.ins().icmp_imm_u(IntCC::Equal, other, 0);
        }
        let near = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, bit, i64::from(u64::BITS));
        let mask = self.iconst(shapes.mask as i64);
        let bits = self.b.ins().ushr(mask, bit);
        let bits = self.b.ins().ireduce(types::I8, bits);
        self.b.ins().band(near, bits)
    }

    /// The address of a helper, as a value.
    pub(super) fn helper(&mut self, id: HelperId, offset: usize) -> ir::Value {
        self.symbol(Symbol::Helper(id, offset as u16))
    }
}

/// The machine type of a representation.
pub(super) fn clif_type(rep: Rep) -> ir::Type {
    match rep {
        Rep::F64 => types::F64,
        Rep::Bool => types::I8,
        Rep::Boxed | Rep::Int | Rep::Object | Rep::None => types::I64,
    }
}

const _: () = assert!(TAG_IMMEDIATE << TAG_SHIFT == NUMBER_END);
