//! Instructions at places that met values of several kinds: one arm for each kind, chosen by the value's tag.
//!
//! `methods` and `step` come here. The last arm guards its kind, or does what any value needs if experience says that others come.
//! Invariant: all arms leave with the state before the instruction; nothing that one of them finds out holds behind the place where they meet.

use super::{Builder, Slot, Step};
use crate::reason::ExitReason;
use crate::ssa::types::Ty;
use crate::ssa::{Block, Edge, End, Helper, Op, Rep, Val};
use minilive_mir::ir::Reg;
use minilive_runtime::value::{TAG_LIST, TAG_MAP, TAG_STRING};

/// What an arm does with a value that is known as one of its type (anything, in the last one): its result.
type Arm<'a, B> = dyn FnMut(&mut B, Slot) -> Step<Slot> + 'a;

/// The kinds that are told apart at a place.
pub(crate) struct Parting<'a> {
    /// The kinds, at least one; not twice the same.
    pub(crate) types: &'a [Ty],
    /// Whether values of other kinds come, too, for which there is an arm of its own.
    pub(crate) others: bool,
    /// The generic operations that arms may do.
    pub(crate) helpers: &'a [Helper],
}

/// The tag of a type's values, and why they are left for.
pub(crate) fn tag_of(ty: Ty) -> (u16, ExitReason) {
    let (tag, reason) = match ty {
        Ty::List => (TAG_LIST, ExitReason::NotList),
        Ty::Str => (TAG_STRING, ExitReason::NotString),
        _ => (TAG_MAP, ExitReason::NotMap),
    };
    (tag as u16, reason)
}

impl Builder<'_> {
    /// Does to a register's value what is to be done to values of its kind; gives the result of whichever arm it was. The register is
    /// not known better behind it.
    pub(crate) fn by_kind(&mut self, reg: Reg, parting: &Parting<'_>, act: &mut Arm<'_, Self>) -> Step<Slot> {
        let slot = self.reg(reg);
        if let ([only], false) = (parting.types, parting.others) {
            let known = self.narrow_reg(reg, *only)?;
            parting.helpers.iter().for_each(|&it| self.before_helper(it));
            let result = act(self, known)?;
            parting.helpers.iter().for_each(|&it| self.after_helper(it));
            return Ok(result);
        }
        parting.helpers.iter().for_each(|&it| self.before_helper(it));
        self.state_before();
        let mut arms = Arms { ends: Vec::new(), changed: false };
        let (last, tested) = match parting.others {
            true => (None, parting.types),
            false => parting.types.split_last().map(|(last, tested)| (Some(*last), tested)).expect("there is a kind"),
        };
        for &ty in tested {
            let (from, tag) = (self.cur, tag_of(ty).0);
            let is_it = self.op(Op::HasTag(tag), &[slot.val], Rep::Bool);
            let this = self.new_block();
            let known = self.slot(Op::OfTag(tag), &[slot.val], ty, None);
            self.arm(known, &mut arms, act)?;
            self.cur = from;
            let other = self.new_block();
            self.end_with_branch(from, is_it, (this, other));
        }
        match last {
            Some(ty) => {
                let known = self.narrow(slot, ty, Self::exit)?;
                self.arm(known, &mut arms, act)?;
            }
            None => self.arm(slot, &mut arms, act)?,
        }
        let result = self.meet_slots(&arms.ends);
        if arms.changed {
            self.effect();
        }
        parting.helpers.iter().for_each(|&it| self.after_helper(it));
        Ok(result)
    }

    fn arm(&mut self, known: Slot, arms: &mut Arms, act: &mut Arm<'_, Self>) -> Step<()> {
        let outside = (self.env.clone(), self.shapes.clone(), self.anchor);
        let result = act(self, known)?;
        arms.ends.push((self.cur, result));
        arms.changed |= self.anchor != outside.2;
        (self.env, self.shapes, self.anchor) = outside;
        Ok(())
    }

    /// Goes on where arms meet, with the result that each of them has.
    pub(crate) fn meet_slots(&mut self, ends: &[(Block, Slot)]) -> Slot {
        let ty = ends.iter().fold(Ty::Never, |ty, (_, slot)| ty.join(slot.ty));
        let ends: Vec<(Block, [Val; 1])> = ends
            .iter()
            .map(|&(block, slot)| {
                self.cur = block;
                let val = self.coerce(slot, ty);
                (block, [val])
            })
            .collect();
        let [val] = self.meet(&ends, [ty.rep()]);
        Slot { ty, val }
    }

    pub(crate) fn end_with_branch(&mut self, from: Block, cond: Val, (then, els): (Block, Block)) {
        if self.emitting {
            let (then, els) = (Edge::new(then, Vec::new()), Edge::new(els, Vec::new()));
            self.func[from].end = End::Branch { cond, then, els };
        }
    }

    /// Goes on in a fresh block, to which these lead with values each.
    pub(crate) fn meet<const N: usize>(&mut self, ends: &[(Block, [Val; N])], reps: [Rep; N]) -> [Val; N] {
        let join = self.new_block();
        if !self.emitting {
            return [Val(u32::MAX); N];
        }
        let params = reps.map(|rep| self.func.new_val(rep));
        self.func[join].params.extend(params);
        for &(block, vals) in ends {
            self.func[block].end = End::Jump(Edge::new(join, vals.to_vec()));
        }
        params
    }
}

/// Where arms ended, with what result, and whether one of them did something that must not be repeated.
struct Arms {
    ends: Vec<(Block, Slot)>,
    changed: bool,
}
