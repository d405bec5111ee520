//! Calls with too many arguments of functions that variables and members have by reference.
//!
//! Part of `checks`; the database finds the calls. Invariants: what another file or a host may put in the place of a name on the way to the
//! function is not told, nor are members of maps that are not all made where it can be seen.

use super::members::Told;
use super::{Behind, Check, extra, is_replaced};
use crate::db::{self, File, LiveDb, ReferredCall};
use crate::settings::Checks;
use minilive_runtime::intrinsics;

/// Adds the warnings of a file.
pub(super) fn add(
    db: &LiveDb,
    file: File,
    (settings, behind, members): (&Checks, &Behind<'_>, &mut Told<'_>),
    found: &mut Vec<Check>,
) {
    let facts = db::file_facts(db, file);
    let may_be_other = |name: &str| {
        settings.host.names.contains_key(name) && intrinsics::find(name).is_some()
            || is_replaced(db, file, behind, name)
    };
    for ReferredCall { unit, call, name, owner, through, got, expected } in db::calls_by_reference(&facts) {
        let is_certain = match &owner {
            // What `replace` finds may be any member's value.
            Some(owner) => {
                facts.calls("replace").next().is_none()
                    && members.is_own(&name)
                    && !members.may_have_more(&facts, unit, owner)
                    && !members.has_missing(&facts, owner)
            }
            None => true,
        };
        if !is_certain || through.iter().any(|it| may_be_other(it)) {
            continue;
        }
        let Some(placed) = db::units(db, file).get(unit as usize) else { continue };
        if let Some(range) = db::unit_names(db, placed.unit).calls.get(call as usize) {
            found.push(extra::too_many(db, file, *range + placed.start, (&name, expected, got)));
        }
    }
}
