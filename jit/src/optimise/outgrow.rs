//! Code that has run long: compiled again with the calls in its place that were not worth one when it was compiled first.
//!
//! Calls are spliced in where they ran often by the time that code is hot, since compiling costs as much as many of them. Of what goes on for
//! long after that, as the loop of a game does, nobody counts calls any more, but slices of the budget end there, as samples would.
//! `helpers` comes here with them. Invariant: the old code is entered, and stays what it is, until the new one stands.

use super::Optimiser;
use crate::engine::policy::Place;
use crate::engine::table::CodeTable;
use crate::engine::unit::Code;
use crate::ssa::flow::EntryAt;
use minilive_runtime::realm::Realm;

/// Code of so many bytes takes twice the work until it has run long. That is several times as much as compiling it with what it calls costs.
/// Measured: the same work for all costs programs of a twentieth of a second a third of their time.
const BYTES_FOR_TWICE: u64 = 1000;
/// So often a code object is compiled again for this.
const MOST_REGROWN: u32 = 4;

impl Optimiser {
    /// A slice of this weight ended in compiled code. Whether code that was entered for a loop is to be left: to have that compiled again,
    /// for which the interpreter has to stand at its head, or since it was.
    pub(super) fn outgrow(&mut self, codes: &CodeTable, realm: &mut Realm, code: &Code, weight: u64) -> bool {
        let tier = &code.tier;
        if !tier.outgrown.get() {
            let bytes: usize = tier.placed.borrow().iter().filter(|it| it.outgrows).map(|it| it.bytes).sum();
            let least = self.config.work_to_outgrow;
            let enough = least.saturating_add(least.saturating_mul(bytes as u64) / BYTES_FOR_TWICE);
            tier.ran.set(tier.ran.get().saturating_add(weight));
            tier.outgrown.set(bytes > 0 && tier.ran.get() >= enough);
            return false;
        }
        self.compile_outgrown(codes, realm, code, Place::Call);
        let places = tier.placed.borrow();
        let mut loops = places.iter().filter(|it| it.outgrows && it.place != Place::Call).peekable();
        loops.peek().is_none() || loops.any(|it| self.is_to_regrow(code, it.place))
    }

    /// Compiles a place anew whose code has run long and lacks calls. A loop's head is where the interpreter stands.
    pub(super) fn compile_outgrown(&mut self, codes: &CodeTable, realm: &mut Realm, code: &Code, place: Place) {
        let is_outgrown = code.tier.placed.borrow().iter().any(|it| it.outgrows && it.place == place);
        if !is_outgrown || !self.is_to_regrow(code, place) {
            return;
        }
        code.tier.regrown.set(code.tier.regrown.get() + 1);
        let at = match place {
            Place::Call => EntryAt::Start,
            Place::Loop(head) => EntryAt::Loop(head),
        };
        self.compile(codes, realm, code, at);
    }

    fn is_to_regrow(&self, code: &Code, place: Place) -> bool {
        let tier = &code.tier;
        let refused = tier.refused.borrow().iter().any(|it| it.place == place);
        tier.outgrown.get() && !refused && tier.regrown.get() < MOST_REGROWN && !self.is_busy()
    }
}
