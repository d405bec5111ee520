//! Looks for whether a reader's answer is still wanted, in loops that ask no queries.
//!
//! Queries look by themselves, and so does who asks a unit for what follows from its text (`units`); all other loops over what grows with a
//! file go through [`while_wanted`]. Invariant: between two looks there is far less than a millisecond's work, however long the file is, so
//! neither an edit nor who cancels waits for a reader. The test to read first is `ide/tests/wanted.rs`.

use super::{Db, LiveDb};
#[cfg(test)]
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// So many items are gone through between two looks.
const EVERY: u32 = 64;

/// Looks now and then.
pub struct Wanted<'a> {
    db: &'a dyn Db,
    left: u32,
}

impl<'a> Wanted<'a> {
    /// To be told of each round of a loop.
    pub fn new(db: &'a dyn Db) -> Wanted<'a> {
        Wanted { db, left: EVERY }
    }

    /// Another round: the reader ends here if nobody wants its answer any more, and it has not looked for a while.
    pub fn round(&mut self) {
        self.left -= 1;
        if self.left == 0 {
            self.left = EVERY;
            self.db.unwind_if_revision_cancelled();
        }
    }
}

/// The same items. The reader ends among them if nobody wants its answer any more.
pub fn while_wanted<'a, I: IntoIterator>(db: &'a dyn Db, items: I) -> impl Iterator<Item = I::Item> + use<'a, I> {
    let mut wanted = Wanted::new(db);
    items.into_iter().inspect(move |_| wanted.round())
}

impl LiveDb {
    /// The same items. The reader ends among them if nobody wants its answer any more.
    pub fn while_wanted<'a, I: IntoIterator>(&'a self, items: I) -> impl Iterator<Item = I::Item> + use<'a, I> {
        while_wanted(self, items)
    }
}

#[cfg(test)]
impl LiveDb {
    /// An empty database that counts how often its readers look.
    pub fn counting(looks: Arc<AtomicUsize>) -> LiveDb {
        let count = move |event: salsa::Event| {
            if let salsa::EventKind::WillCheckCancellation = event.kind {
                looks.fetch_add(1, Ordering::Relaxed);
            }
        };
        LiveDb::observed(None, Some(Box::new(count)))
    }
}
