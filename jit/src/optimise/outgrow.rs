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
    /// A slice of this weight ended in compiled code. Whether all of that was replaced, so that it is to be left.
    pub(super) fn outgrow(&mut self, codes: &CodeTable, realm: &mut Realm, code: &Code, weight: u64) -> bool {
        let tier = &code.tier;
        if !tier.outgrown.get() {
            tier.ran.set(tier.ran.get().saturating_add(weight));
            let bytes: usize = tier.placed.borrow().iter().filter(|it| it.outgrows).map(|it| it.bytes).sum();
            let least = self.config.work_to_outgrow;
            let enough = least.saturating_add(least.saturating_mul(bytes as u64) / BYTES_FOR_TWICE);
            tier.outgrown.set(bytes > 0 && tier.ran.get() >= enough);
            return false;
        }
        while let Some(place) = outgrown_place(code) {
            if self.is_busy() || tier.regrown.get() >= MOST_REGROWN {
                return false;
            }
            tier.regrown.set(tier.regrown.get() + 1);
            let at = match place {
                Place::Call => EntryAt::Start,
                Place::Loop(head) => EntryAt::Loop(head),
            };
            self.compile(codes, realm, code, at);
        }
        true
    }
}

/// A place whose code lacks calls.
fn outgrown_place(code: &Code) -> Option<Place> {
    code.tier.placed.borrow().iter().find(|it| it.outgrows).map(|it| it.place)
}
