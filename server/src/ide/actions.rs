//! Code actions: the fixes of what is wrong, and rewrites that keep what a program does.
//!
//! Reads warnings, syntax errors and the tree around the selection; each kind of action is a file of `actions/`. Invariants: what an
//! action makes of a text has no syntax error that the text had not; a rewrite is offered only where the text shows that the program
//! does the same afterwards (`actions/effects.rs` judges that by types and MIR), else there is none.

mod context;
mod effects;
mod ends;
mod extract;
mod foreign;
mod imports;
mod inline;
mod inline_call;
mod mend;
mod needless;
mod one_line;
mod others;
mod parameter;
mod qualify;
mod rewrite;
mod source;
mod unused;
mod wrap;

use super::checks::{Fix, checks};
use super::diagnostics::Diagnostic;
use super::live::Live;
use crate::db::LiveDb;
use crate::document::DocumentView;
use context::Context;
pub(super) use imports::{Unimported, importable, importable_symbols, imported_modules};
use minilive_syntax::TextRange;
pub use source::source_actions;

/// What kind of change it is; editors group and bind keys by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActionKind {
    /// Puts right what is wrong.
    Fix,
    /// Gives a part of the code a name of its own.
    Extract,
    /// Puts what a name stands for in its place.
    Inline,
    /// Says the same in another way.
    Rewrite,
    /// Does all fixes of the file that are safe.
    FixAll,
    /// Leaves out imports that are not needed, and puts the others in order.
    OrganizeImports,
}

/// One change of the text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Edit {
    /// The text that goes.
    pub range: TextRange,
    /// The text that comes.
    pub insert: String,
}

/// One action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// What the click says.
    pub title: String,
    /// What kind of change it is.
    pub kind: ActionKind,
    /// The changes of the document, none of which touches another.
    pub edits: Vec<Edit>,
    /// What it puts right.
    pub answers: Option<Diagnostic>,
    /// It is the one thing that puts it right, so an editor may do it without asking which.
    pub preferred: bool,
    /// The program may do something else then, so nobody does it without having read what it is.
    pub may_differ: bool,
}

impl Action {
    /// A rewrite. Of two edits that begin at one place clients do not agree which comes first, so they become one.
    fn rewrite(kind: ActionKind, title: impl Into<String>, mut edits: Vec<Edit>) -> Action {
        edits.sort_by_key(|it| (it.range.start(), it.range.end()));
        edits.dedup_by(|next, edit| {
            let touch = edit.range.is_empty() && edit.range.end() == next.range.start();
            if touch {
                edit.insert += &next.insert;
                edit.range = next.range;
            }
            touch
        });
        Action { title: title.into(), kind, edits, answers: None, preferred: false, may_differ: false }
    }

    /// What puts a finding right.
    fn fix(title: String, edits: Vec<Edit>, answers: Diagnostic) -> Action {
        let (kind, answers) = (ActionKind::Fix, Some(answers));
        Action { title, kind, edits, answers, preferred: false, may_differ: false }
    }

    /// The fix that came with a finding.
    fn of_fix(fix: Fix, answers: Diagnostic) -> Action {
        Action::fix(fix.title, vec![Edit { range: fix.range, insert: fix.insert }], answers)
    }
}

/// The actions for a selection.
pub fn actions(db: &LiveDb, document: &DocumentView, live: &Live, at: TextRange) -> Vec<Action> {
    let mut found = all(db, document, live, at);
    let fixes: Vec<_> = found.iter().map(|it| it.answers.as_ref().map(|it| (it.code, it.range))).collect();
    for (action, answers) in found.iter_mut().zip(&fixes) {
        let is_only = answers.is_some() && fixes.iter().filter(|it| *it == answers).count() == 1;
        action.preferred = is_only && !action.may_differ;
    }
    found
}

fn all(db: &LiveDb, document: &DocumentView, live: &Live, at: TextRange) -> Vec<Action> {
    let ctx = Context::new(db, document, live, at);
    let mut found = if ctx.is_broken() { ends::actions(&ctx) } else { Vec::new() };
    let touched =
        checks(db, document, &live.checks, &live.places).into_iter().filter(|it| it.range.intersect(at).is_some());
    for check in touched {
        let answers = Diagnostic::of_check(&check);
        if check.code == "unknown-name" {
            imports::actions(&ctx, check.range, &answers, &mut found);
        }
        found.extend(unused::action(&ctx, &check));
        found.extend(needless::action(&ctx, &check));
        found.extend(mend::action(&ctx, &check));
        found.extend(
            check.fix.clone().filter(|fix| mend::may_go(&ctx, &check, fix)).map(|fix| Action::of_fix(fix, answers)),
        );
    }
    found.extend(imports::misspelt(&ctx));
    if ctx.is_broken() {
        return found;
    }
    if !ctx.runs() {
        found.extend(qualify::actions(&ctx));
        return found;
    }
    found.extend(rewrite::shorter(&ctx));
    found.extend(rewrite::parameter_default(&ctx));
    found.extend(parameter::removal(&ctx));
    found.extend(extract::variable(&ctx));
    found.extend(extract::function(&ctx));
    found.extend(wrap::statements(&ctx));
    found.extend(inline::variable(&ctx));
    found.extend(inline_call::call(&ctx));
    found
}
