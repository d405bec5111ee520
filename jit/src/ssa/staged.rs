//! A function that changes in named stages.
//!
//! `improve` runs every pass by way of [`Staged::step`], `optimise` notes what stood there behind each where
//! [`crate::engine::EngineConfig::dump_stages`] asks. Invariant: nothing but a stage changes the function, since nothing else hands it out to
//! be changed.

use super::Func;
use crate::stage::Stage;

/// Who looks at a function behind each stage, if anybody does.
pub type Observer<'a> = Option<&'a dyn Fn(Stage, &Func)>;

/// A function that changes stage by stage.
pub struct Staged<'a> {
    func: &'a mut Func,
    observer: Observer<'a>,
}

impl<'a> Staged<'a> {
    /// A function as it was built.
    pub fn new(func: &'a mut Func, observer: Observer<'a>) -> Staged<'a> {
        let mut it = Staged { func, observer };
        it.step(Stage::Build, |_| ());
        it
    }

    /// How it stands.
    pub fn func(&self) -> &Func {
        self.func
    }

    /// Runs a pass; gives what it tells.
    pub fn step<T>(&mut self, stage: Stage, pass: impl FnOnce(&mut Func) -> T) -> T {
        let told = pass(self.func);
        if let Some(observer) = self.observer {
            observer(stage, self.func);
        }
        told
    }
}
