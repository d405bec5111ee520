//! What code gives to the members of maps, by the maps that get it.
//!
//! Part of `infer.rs`. A map that is filled by thousands of statements is asked for as often, so who gets what is found out once for all members
//! of a name. Invariant: that happens as if nobody had asked before, so it holds whoever asks; where it cannot (it needs itself, or is too
//! deep within other questions), the one map is looked for among all that is given.

use super::{File, Infer, MOST_DEPTH, Object, Progress, Sym, UnitRef};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use std::sync::Arc;

/// What is given to members of a name, in the order of the text: in which unit, which value.
pub(super) type ByMap = FxHashMap<Object, Vec<(UnitRef, Sym)>>;

impl Infer<'_> {
    /// What the code of a file, and other files through its module, give to a member of a map that the file makes.
    pub(super) fn with_given<R>(
        &mut self,
        file: File,
        name: &str,
        object: Object,
        then: impl FnOnce(&[(UnitRef, Sym)]) -> R,
    ) -> R {
        match self.by_map(file, name) {
            Some(all) => then(all.get(&object).map_or(&[], Vec::as_slice)),
            None => {
                let mut found = Vec::new();
                self.each_given(file, name, |_, objects, at, value| {
                    if objects.contains(&object) {
                        found.push((at, value.clone()));
                    }
                });
                then(&found)
            }
        }
    }

    fn by_map(&mut self, file: File, name: &str) -> Option<Arc<ByMap>> {
        let depth = self.progress.around + self.progress.active.len() as u32;
        let key = (file, SmolStr::new(name));
        match self.given.get(&key) {
            Some(Some(known)) => return Some(known.clone()),
            // What was too deep from there may be near enough from here.
            Some(None) if depth > 0 => return None,
            _ if depth > MOST_DEPTH / 2 => return None,
            _ => {}
        }
        self.given.insert(key.clone(), None);
        let (mut all, mut is_cut) = (ByMap::default(), false);
        let around = std::mem::replace(&mut self.progress, Progress::within(depth));
        self.each_given(file, name, |infer, objects, at, value| {
            is_cut |= infer.progress.is_cut;
            for object in objects {
                all.entry(*object).or_default().push((at, value.clone()));
            }
        });
        self.progress = around;
        // Of what is cut for its number more would not be known later, either.
        if is_cut && !self.is_exhausted() && depth > 0 {
            return None;
        }
        let all = Arc::new(all);
        self.given.insert(key, Some(all.clone()));
        Some(all)
    }

    /// Goes through all that members of a name are given, with the maps that get it.
    fn each_given(&mut self, file: File, name: &str, mut found: impl FnMut(&Self, &[Object], UnitRef, &Sym)) {
        let facts = self.facts(file);
        let own = facts.members(name).map(|(unit, owner, value)| (UnitRef { file, unit }, owner, value));
        let outside = self.given_outside(name);
        let outside = outside.iter().filter(|(at, ..)| at.file != file).map(|(at, owner, value)| (*at, owner, value));
        for (at, owner, value) in own.chain(outside) {
            let mut objects: Vec<Object> = Vec::new();
            // What has its class by where it was born is not of another one wherever else its maker is called.
            let is_known = |it: &Object| name == "__isa" && matches!(it, Object::Born(..));
            for object in self.value(at, owner).objects().filter(|it| !is_known(it)).map(Object::maker) {
                if !objects.contains(&object) {
                    objects.push(object);
                }
            }
            found(self, &objects, at, value);
        }
    }
}
