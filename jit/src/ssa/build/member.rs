//! Members: slots of maps whose shape is guarded, methods called directly, everything else through helpers.
//!
//! `step` comes here. A guess is a way to the member, as the interpreter found it: the receiver's own slot, or one of a map up its
//! `__isa` chain. Of several ways each is tested for; where there were too many, helpers go through the interpreter's cache. Invariant: guards stand before any
//! effect of the instruction, so that leaving repeats it whole.

use super::{Builder, Slot, Step, Stop};
use crate::feedback::ways::Way;
use crate::feedback::{Call, Kinds, Target, Variety};
use crate::reason::{ExitReason, Refusal};
use crate::ssa::helper::Lookup;
use crate::ssa::shape_set::ShapeSet;
use crate::ssa::types::Ty;
use crate::ssa::{Barrier, Block, Helper, MemberSite, Op, Rep, Val};
use minilive_mir::ir::{Const, NameId, Reg, RegRange};
use minilive_runtime::value::TAG_MAP;

/// Where a map's chain goes on.
const ISA: &str = "__isa";
/// More ends of ways are not told apart.
const MOST_ENDS: usize = 6;

/// What is done at the end of a way, with the map there.
type Act<'a, const N: usize, B> = dyn FnMut(&mut B, Val, &Way) -> [Val; N] + 'a;

impl Builder<'_> {
    fn name(&mut self, name: NameId) -> Val {
        self.op(Op::Name(name.0), &[], Rep::Boxed)
    }

    pub(crate) fn get_member(&mut self, dst: Reg, obj: Reg, this: Reg, name: NameId) -> Step<()> {
        if self.type_method(dst, (obj, this, name), RegRange::EMPTY, true)? {
            return Ok(());
        }
        let called = self.input.seen.method(self.at);
        if called.variety == Variety::None && self.is_globals(obj) && self.read_global_member(dst, name)? {
            return Ok(());
        }
        let ways = self.ways(obj)?;
        if called.variety == Variety::None {
            if self.may(ExitReason::IsFunction) {
                let site = self.site(name)?;
                let found = self.find(obj, site, ways.as_deref())?;
                return self.read(dst, found);
            }
        } else if !called.not_function
            && self.direct_call(dst, (obj, this, name), ways.as_deref(), called, RegRange::EMPTY)?
        {
            return Ok(());
        }
        self.invoke(dst, (obj, this, name), ways.as_deref(), RegRange::EMPTY, true)
    }

    pub(crate) fn call_method(&mut self, dst: Reg, obj: Reg, this: Reg, name: NameId, args: RegRange) -> Step<()> {
        if self.type_method(dst, (obj, this, name), args, false)? {
            return Ok(());
        }
        let ways = self.ways(obj)?;
        let called = self.input.seen.method(self.at);
        self.no_import(called.target)?;
        if self.direct_call(dst, (obj, this, name), ways.as_deref(), called, args)? {
            return Ok(());
        }
        self.no_unseen_import()?;
        self.invoke(dst, (obj, this, name), ways.as_deref(), args, false)
    }

    /// `globals.name` that was no function yet: the global itself; false if experience says not to expect that.
    fn read_global_member(&mut self, dst: Reg, name: NameId) -> Step<bool> {
        if !self.may(ExitReason::Unassigned) || !self.may(ExitReason::IsFunction) {
            return Ok(false);
        }
        let loaded = self.load_cell(name);
        let slot = self.guard_assigned(loaded)?;
        if matches!(slot.ty, Ty::Function(_) | Ty::Range) {
            return Ok(false);
        }
        let slot = if slot.ty == Ty::Any { self.guard_plain(dst, None, slot, Kinds::NONE)? } else { slot };
        self.keep_cell(name, slot);
        self.set(dst, slot);
        Ok(true)
    }

    /// What is found, called, whatever function it is; what is only read (`reads`) need not be one.
    fn invoke(
        &mut self,
        dst: Reg,
        (obj, this, name): (Reg, Reg, NameId),
        ways: Option<&[Way]>,
        args: RegRange,
        reads: bool,
    ) -> Step<()> {
        let site = self.site(name)?;
        let found = match ways.filter(|_| site.calls_program) {
            Some(ways) => Some(self.find_method(obj, site, ways)?),
            None => None,
        };
        let mut vals = self.boxed_regs([obj, this].into_iter().chain(args.iter()));
        let helper = match (found, reads) {
            (Some(_), true) => Helper::InvokeFound(site),
            (Some(_), false) => Helper::CallFound(site),
            (None, true) => Helper::GetMember(site),
            (None, false) => Helper::CallMethod(site),
        };
        vals.extend(found.into_iter().flatten());
        let val = self.helper(helper, &vals, Rep::Boxed);
        self.set(dst, Slot { ty: Ty::Any, val });
        self.narrow_result(dst)
    }

    pub(crate) fn set_member(&mut self, obj: Reg, name: NameId, src: Reg) -> Step<()> {
        if self.is_globals(obj) && self.may(ExitReason::Frozen) && self.reg(src).ty != Ty::Range {
            return self.store_global(name, src);
        }
        // What a table has as its `__isa` tells of types.
        let is_isa = self.input.body.unit.name(name) == ISA;
        let is_plain = |way: &Way| way.steps.is_empty() && !(way.is_table() && is_isa);
        let ways = self.ways(obj)?.filter(|ways| ways.iter().all(is_plain));
        let Some(ways) = ways else {
            let site = self.site(name)?;
            let vals = self.boxed_regs([obj, src]);
            self.helper(Helper::PutMember(site), &vals, Rep::Boxed);
            return Ok(());
        };
        let map = self.receiver(obj)?;
        let site = self.site(name)?;
        let (name, slot) = (self.name(name), self.reg(src));
        let value = self.boxed(slot);
        let all: Vec<Option<u32>> = ways.iter().map(|way| way.added).collect();
        let in_table = |way: &Way| Helper::PutInTable { site, entry: way.slot };
        ways.iter().filter(|way| way.is_table()).for_each(|way| self.before_helper(in_table(way)));
        self.each_way(map, &ways, [], &mut |it, holder, way| {
            if way.is_table() {
                it.op(Op::Helper(in_table(way)), &[holder, value], Rep::Boxed);
                return [];
            }
            let object = it.object(holder);
            let mut args = vec![object, name, value, holder];
            let op = match way.added {
                None => {
                    args.push(it.op(Op::Slots, &[object], Rep::Object));
                    let (barrier, needs) = it.barrier(&[object]);
                    args.extend(needs);
                    Op::StoreSlot(way.slot, barrier)
                }
                Some(shape) => Op::AddSlot { slot: way.slot, shape },
            };
            it.op(op, &args, Rep::None);
            []
        });
        if all.iter().any(Option::is_some) {
            // The map may be known by another value, too.
            self.shapes.clear();
        }
        if let [Some(shape)] = all[..] {
            self.shapes.push((map, ShapeSet::one(shape)));
        }
        // The map may have been a type map.
        self.env.types_ok = 0;
        self.effect();
        Ok(())
    }

    /// What a store into a list or map object, the first of what is found out before, has to ask, and the answer if it is found by
    /// an instruction. Leaves if it is frozen or the like, unless that has been so before.
    pub(crate) fn barrier(&mut self, of: &[Val]) -> (Barrier, Option<Val>) {
        if !self.may(ExitReason::Frozen) {
            return (Barrier::Found, Some(self.op(Op::NeedsBarrier, of, Rep::Bool)));
        }
        let exit = self.exit(ExitReason::Frozen);
        self.op_exit(Op::GuardStorable, &of[..1], Rep::None, Some(exit));
        (Barrier::Marking, None)
    }

    /// `obj["name"]` and `@obj.name`, which do not invoke what they find.
    pub(crate) fn read_key(&mut self, dst: Reg, (obj, name): (Reg, NameId), how: Lookup) -> Step<()> {
        if self.is_globals(obj) && self.may(ExitReason::Unassigned) {
            let loaded = self.load_cell(name);
            let slot = self.guard_assigned(loaded)?;
            self.keep_cell(name, slot);
            self.set(dst, slot);
            return Ok(());
        }
        // A variable that is gone is a missing key.
        let ways = self.ways(obj)?.filter(|ways| self.may(ExitReason::Unassigned) || !self.end_in_env(ways));
        let site = MemberSite { calls_program: false, how, ..self.site(name)? };
        let val = self.find(obj, site, ways.as_deref())?;
        let mut slot = Slot { ty: Ty::Any, val };
        if ways.is_some_and(|ways| self.end_in_env(&ways)) {
            slot = self.guard_assigned(slot)?;
        }
        let want = self.guess_used(dst, self.input.seen.property(self.at).value);
        self.set_narrowed(dst, slot, want)
    }

    /// `self` or `super`: what the call brought. Without a receiver it may be a variable, which the interpreter looks up.
    pub(crate) fn load_receiver(&mut self, dst: Reg, from: Option<Reg>) -> Step<()> {
        let first = self.frame().first_reg;
        let Some(reg) = from.map(|reg| Reg(reg.0 + first)).filter(|_| self.may(ExitReason::Unassigned)) else {
            return Err(Stop::Refuse(Refusal::UnsupportedOperation));
        };
        let slot = self.guard_assigned(self.reg(reg))?;
        self.refine(reg, slot);
        self.set(dst, slot);
        Ok(())
    }

    /// The ways to the member that may be speculated on. Leaves if the instruction never ran.
    pub(crate) fn ways(&mut self, obj: Reg) -> Step<Option<Vec<Way>>> {
        let seen = self.input.seen.property(self.at);
        if seen.variety == Variety::None && self.may(ExitReason::ColdPath) {
            return Err(self.leave(ExitReason::ColdPath));
        }
        let is_map = match self.reg(obj).ty {
            Ty::Map => true,
            Ty::Any | Ty::Plain => self.may(ExitReason::NotMap),
            _ => false,
        };
        if !is_map || !self.may(ExitReason::Shape) {
            return Ok(None);
        }
        let few = |ways: &Vec<Way>| ends(&ways.iter().collect::<Vec<_>>(), 0) <= MOST_ENDS;
        Ok(self.input.seen.ways(self.at).filter(few))
    }

    pub(crate) fn guard_shape(&mut self, map: Val, shapes: ShapeSet) -> Val {
        if !self.shapes.iter().any(|fact| fact.0 == map && fact.1.is_within(shapes)) {
            let exit = self.exit(ExitReason::Shape);
            let object = self.object(map);
            self.op_exit(Op::GuardShape(shapes), &[object], Rep::None, Some(exit));
            self.shapes.push((map, shapes));
        }
        map
    }

    /// The place of the current instruction's cache.
    pub(super) fn site(&self, name: NameId) -> Step<MemberSite> {
        let word = self.input.seen.sites(self.at).next().ok_or(Stop::Broken("a member instruction without a cache"))?;
        let calls_program = matches!(self.input.seen.method(self.at).target, Some(Target::Code(_)));
        Ok(MemberSite { name: name.0, word, calls_program, how: Lookup::Member })
    }

    /// The member, whatever it is: at the end of one of the ways that were seen, or looked up.
    pub(crate) fn find(&mut self, obj: Reg, site: MemberSite, ways: Option<&[Way]>) -> Step<Val> {
        let Some(ways) = ways else {
            let vals = self.boxed_regs([obj]);
            return Ok(self.helper(Helper::FindMember(site), &vals, Rep::Boxed));
        };
        let map = self.receiver(obj)?;
        self.before_tables(site, ways);
        let [val] = self.each_way(map, ways, [Rep::Boxed], &mut |it, holder, way| [it.load_at(site, holder, way)]);
        if self.emitting && !self.end_in_env(ways) {
            self.func.assigned.push(val);
        }
        Ok(val)
    }

    /// What comes before a look into maps of which some have tables. That changes nothing, so it may be repeated.
    fn before_tables(&mut self, site: MemberSite, ways: &[Way]) {
        if let Some(way) = ways.iter().find(|way| way.is_table()) {
            self.before_helper(Helper::FindInTable { site, entry: way.slot });
        }
    }

    /// The member at the end of a way, in a slot or in a table.
    fn load_at(&mut self, site: MemberSite, holder: Val, way: &Way) -> Val {
        match way.is_table() {
            true => self.op(Op::Helper(Helper::FindInTable { site, entry: way.slot }), &[holder], Rep::Boxed),
            false => self.load_slot(holder, way.slot),
        }
    }

    /// Whether one of these ways ends in an environment, whose slots may be unassigned.
    fn end_in_env(&self, ways: &[Way]) -> bool {
        ways.iter().any(|way| (self.input.is_env)(way.shape_at(way.steps.len())))
    }

    /// The method at the end of one of these ways, and what is `super` in it: what its holder's `__isa` is now.
    fn find_method(&mut self, obj: Reg, site: MemberSite, ways: &[Way]) -> Step<[Val; 2]> {
        let map = self.receiver(obj)?;
        let holder = |way: &Way| way.shape_at(way.steps.len());
        let of_env = ways.iter().any(|way| (self.input.is_env)(holder(way)));
        let isa_slots: Vec<Option<u8>> = ways.iter().map(|way| (self.input.isa_slot)(holder(way))).collect();
        let end = |way: &Way| (way.is_table(), way.steps.len(), way.slot);
        // Shapes that are not told apart must have their `__isa` in one place.
        let is_told = ways.iter().zip(&isa_slots).all(|(way, isa)| {
            ways.iter().zip(&isa_slots).all(|(other, of_other)| end(way) != end(other) || isa == of_other)
        });
        self.before_tables(site, ways);
        let [found, parent] = self.each_way(map, ways, [Rep::Boxed; 2], &mut |it, holder, way| {
            let parent = match (it.input.isa_slot)(way.shape_at(way.steps.len())) {
                _ if of_env || !is_told || way.is_table() => it.absent().val,
                Some(slot) => it.load_slot(holder, slot),
                None => it.null().val,
            };
            [it.load_at(site, holder, way), parent]
        });
        if self.emitting && !of_env {
            self.func.assigned.push(found);
        }
        Ok([found, parent])
    }

    /// A receiver of which ways are known, as a map: what is none is one of another shape.
    fn receiver(&mut self, obj: Reg) -> Step<Val> {
        let slot = self.reg(obj);
        if !matches!(slot.ty, Ty::Any | Ty::Plain) {
            return Ok(self.narrow_reg(obj, Ty::Map)?.val);
        }
        let exit = self.exit(ExitReason::Shape);
        let map = self.slot(Op::GuardTag(TAG_MAP as u16), &[slot.val], Ty::Map, Some(exit));
        self.refine(obj, map);
        Ok(map.val)
    }

    /// A map literal: of the shape that it had before if all its keys are constants, for then it has that every time.
    pub(crate) fn map_literal(&mut self, dst: Reg, pairs: RegRange) -> Step<()> {
        if let Some((shape, slots)) = self.input.seen.literal(self.at)
            && slots * 2 == pairs.count as usize
            && pairs.iter().step_by(2).all(|key| self.is_constant_key(key))
        {
            let values = self.boxed_regs(pairs.iter().skip(1).step_by(2));
            let val = self.helper(Helper::MakeShaped(shape), &values, Rep::Boxed);
            self.set(dst, Slot { ty: Ty::Map, val });
            return Ok(());
        }
        let word = self.input.seen.sites(self.at).next().ok_or(Stop::Broken("a map literal without a cell"))?;
        self.generic(Some(dst), Helper::MakeMap(word), &[], pairs, Ty::Map)
    }

    /// Whether a register got a constant string in this block, and nothing since.
    fn is_constant_key(&self, key: Reg) -> bool {
        let consts = &self.input.body.unit.consts;
        self.constant_of(key).is_some_and(|value| matches!(consts[value.0 as usize], Const::Str(_)))
    }

    /// The object of a map.
    pub(crate) fn object(&mut self, map: Val) -> Val {
        self.op(Op::Object, &[map], Rep::Object)
    }

    /// The value of a slot of a map whose shape was guarded.
    pub(crate) fn load_slot(&mut self, map: Val, slot: u8) -> Val {
        let object = self.object(map);
        let slots = self.op(Op::Slots, &[object], Rep::Object);
        self.op(Op::LoadSlot(slot), &[object, slots], Rep::Boxed)
    }

    /// Does something to the map at the end of each of the ways that begin at a map; the last shape at each step is guarded, the
    /// others are tested for. What is done may have an effect, but must not be left behind that. Gives the results of whichever way
    /// it was.
    fn each_way<const N: usize>(
        &mut self,
        map: Val,
        ways: &[Way],
        reps: [Rep; N],
        act: &mut Act<'_, N, Self>,
    ) -> [Val; N] {
        // All ways leave with the same state, which is taken before they part.
        self.state_before();
        let ways: Vec<&Way> = ways.iter().collect();
        let mut ends = Vec::new();
        let outside = self.shapes.clone();
        self.part(map, &ways, 0, act, &mut ends);
        match ends[..] {
            [(_, vals)] => vals,
            _ => {
                self.shapes = outside;
                self.meet(&ends, reps)
            }
        }
    }

    /// Parts ways that have come to the same map after so many steps, by its shape.
    fn part<const N: usize>(
        &mut self,
        map: Val,
        ways: &[&Way],
        depth: usize,
        act: &mut Act<'_, N, Self>,
        ends: &mut Vec<(Block, [Val; N])>,
    ) {
        let mut sets = alike(ways, depth);
        let known = self.shapes.iter().rfind(|fact| fact.0 == map && sets.iter().any(|set| set.meets(fact.1)));
        if let Some(&(_, known)) = known {
            sets.retain(|set| set.meets(known));
        }
        let last = sets.pop().expect("there is a way");
        let outside = self.shapes.clone();
        for set in sets {
            let from = self.cur;
            let object = self.object(map);
            let is_this = self.op(Op::HasShape(set), &[object], Rep::Bool);
            let this = self.new_block();
            self.shapes.push((map, set));
            self.step_on(map, (ways, set), depth, act, ends);
            self.shapes.clone_from(&outside);
            self.cur = from;
            let other = self.new_block();
            self.end_with_branch(from, is_this, (this, other));
        }
        self.guard_shape(map, last);
        self.step_on(map, (ways, last), depth, act, ends);
    }

    /// Goes on with the ways on which the map has one of these shapes: to the next map, or to the end.
    fn step_on<const N: usize>(
        &mut self,
        map: Val,
        (ways, shapes): (&[&Way], ShapeSet),
        depth: usize,
        act: &mut Act<'_, N, Self>,
        ends: &mut Vec<(Block, [Val; N])>,
    ) {
        let ways: Vec<&Way> = ways.iter().copied().filter(|way| shapes.contains(way.shape_at(depth))).collect();
        let Some(step) = ways[0].steps.get(depth) else {
            let vals = act(self, map, ways[0]);
            ends.push((self.cur, vals));
            return;
        };
        let isa = self.load_slot(map, step.isa_slot);
        let exit = self.exit(ExitReason::Shape);
        let isa = self.op_exit(Op::GuardTag(TAG_MAP as u16), &[isa], Rep::Boxed, Some(exit));
        self.part(isa, &ways, depth + 1, act, ends);
    }

    /// A member that is read. Its kind is guarded at once, so that a function, which would have to be called, leaves.
    fn read(&mut self, dst: Reg, val: Val) -> Step<()> {
        let slot = self.guard_plain(dst, None, Slot { ty: Ty::Any, val }, self.input.seen.property(self.at).value)?;
        self.set(dst, slot);
        Ok(())
    }

    /// A method that is always the same, called directly; false if it cannot be.
    fn direct_call(
        &mut self,
        dst: Reg,
        (obj, this, name): (Reg, Reg, NameId),
        ways: Option<&[Way]>,
        called: Call,
        args: RegRange,
    ) -> Step<bool> {
        let (Variety::Mono, Some(Target::Code(code))) = (called.variety, called.target) else {
            return Ok(false);
        };
        let takes_super = self.input.callees.get(&code).is_none_or(|it| it.receivers > 1);
        let way = ways.filter(|ways| ways.len() == 1).map(|ways| &ways[0]).filter(|way| !way.is_table());
        let Some(missing) = self.missing_arguments(code, args.count) else {
            return Ok(false);
        };
        if takes_super && way.is_none() || !self.may(ExitReason::OtherFunction) {
            return Ok(false);
        }
        let site = self.site(name)?;
        let function = self.find(obj, site, ways)?;
        let exit = self.exit(ExitReason::OtherFunction);
        let function = self.op_exit(Op::GuardCode(code), &[function], Rep::Boxed, Some(exit));
        let this = self.boxed_regs([this])[0];
        let parent = match way.filter(|_| takes_super) {
            Some(way) => self.parent(obj, way)?.val,
            None => self.absent().val,
        };
        self.call_known(dst, (function, code), args, &missing, Some([this, parent]))?;
        Ok(true)
    }

    /// `super` of a method that was found on a way: what its holder's `__isa` is now.
    pub(crate) fn parent(&mut self, obj: Reg, way: &Way) -> Step<Slot> {
        let map = self.receiver(obj)?;
        let isa_slot = (self.input.isa_slot)(way.shape_at(way.steps.len()));
        let ways = std::slice::from_ref(way);
        let [val] = self.each_way(map, ways, [Rep::Boxed], &mut |it, holder, _| match isa_slot {
            Some(slot) => [it.load_slot(holder, slot)],
            None => [it.null().val],
        });
        self.guard_assigned(Slot { ty: Ty::Any, val })
    }
}

/// The shapes that ways have after so many steps, those together from which they go on alike: through the same slot of `__isa`, or to
/// the same slot of the member.
fn alike(ways: &[&Way], depth: usize) -> Vec<ShapeSet> {
    let end = |way: &Way| (way.is_table(), true, way.slot, way.added);
    let next = |way: &Way| way.steps.get(depth).map_or(end(way), |step| (false, false, step.isa_slot, None));
    let mut shapes: Vec<_> = ways.iter().map(|way| (next(way), way.shape_at(depth))).collect();
    shapes.sort_unstable();
    shapes.dedup();
    let groups = shapes.chunk_by(|a, b| a.0 == b.0);
    groups.flat_map(|group| ShapeSet::of(group.iter().map(|it| it.1))).collect()
}

/// How many places ways end in.
fn ends(ways: &[&Way], depth: usize) -> usize {
    let below = |set: ShapeSet| {
        let ways: Vec<&Way> = ways.iter().copied().filter(|way| set.contains(way.shape_at(depth))).collect();
        if ways[0].steps.len() == depth { 1 } else { ends(&ways, depth + 1) }
    };
    alike(ways, depth).into_iter().map(below).sum()
}
