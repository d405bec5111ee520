//! Fixes of unknown names by what other files of the workspace define: an `import`, or the module's name before it.
//!
//! Part of `actions`. Invariants: an `import` is added only if it leads to the very file that defines the name; names of files that no
//! program can write are passed over; there are few offers, the nearest first.

use super::super::checks::Fix;
use super::super::diagnostics::{Diagnostic, import_diagnostics, meant_module, silenced};
use super::super::live::Live;
use super::context::Context;
use super::{Action, Edit};
use crate::db::{self, File, FileFacts, FileSymbol, LiveDb};
use crate::document::DocumentView;
use crate::modules::base_name;
use minilive_syntax::lexer::lex;
use minilive_syntax::{SyntaxKind, TextRange, TextSize};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// So many offers are made.
const MOST: usize = 5;

/// Adds what can be done about an unknown name.
pub(super) fn actions(ctx: &Context<'_>, name: TextRange, answers: &Diagnostic, found: &mut Vec<Action>) {
    let text = ctx.text(name).to_owned();
    let mut offer = |title: String, edits: Vec<Edit>| {
        if let Some(edits) = ctx.parsing(edits) {
            found.push(Action::fix(title, edits, answers.clone()));
        }
    };
    for module in imported(ctx) {
        if let Some(meant) = nearest(ctx, module.file, &text) {
            let written = format!("{}.{meant}", module.name);
            offer(format!("Change to `{written}`"), vec![Edit { range: name, insert: written }]);
        }
    }
    let mut offers = 0;
    for module in others(ctx, |_| true) {
        let is_module = module.name == text;
        if !is_module && !defines(ctx, module.file, &text) {
            continue;
        }
        let mut edits = vec![import_line(ctx, &module.name)];
        if !is_module {
            edits.push(Edit { range: name, insert: format!("{}.{text}", module.name) });
        }
        let use_it = if is_module { String::new() } else { format!(" and write `{}.{text}`", module.name) };
        offer(format!("Import `{}`{use_it}", module.name), edits);
        offers += 1;
        if offers == MOST {
            break;
        }
    }
}

/// What puts right the name of a module that is not there, where one is much like it.
pub(super) fn misspelt(ctx: &Context<'_>) -> Vec<Action> {
    let (db, document, live) = (ctx.db, ctx.document, ctx.live);
    let imports = db::module_imports(db, document.file);
    let touched: Vec<_> = imports.iter().filter(|it| it.range.intersect(ctx.at).is_some()).collect();
    if touched.is_empty() || live.is_unread_around {
        return Vec::new();
    }
    let is_silent = silenced(db, document, &live.checks);
    let told = import_diagnostics(db, document, &live.checks, &live.places);
    let told = told.into_iter().filter(|it| it.code == "import-not-found" && !is_silent(it.code, it.range));
    let fix = |answers: Diagnostic| {
        let import = touched.iter().find(|it| it.range == answers.range)?;
        let meant = meant_module(db, document, &live.checks, &live.places, &import.name)?;
        let fix = Fix { title: format!("Change to `{meant}`"), range: import.range, insert: format!("\"{meant}\"") };
        Some(Action::of_fix(fix, answers))
    };
    told.filter_map(fix).collect()
}

/// A module by the name that an `import` gives it.
struct Module {
    name: String,
    file: File,
}

/// The modules that the file imports already.
fn imported(ctx: &Context<'_>) -> Vec<Module> {
    let imports = db::module_imports(ctx.db, ctx.document.file);
    let module = |it: &crate::modules::ConstantImport| {
        let file = db::likely_module(ctx.db, &ctx.live.places.lookup(&it.name))?;
        let name = it.name.rsplit('/').next()?.to_owned();
        Some(Module { name, file })
    };
    imports.iter().filter_map(module).collect()
}

/// The modules that a document imports already: name, file.
pub fn imported_modules(db: &LiveDb, document: &DocumentView, live: &Live) -> Vec<(String, File)> {
    let ctx = Context::new(db, document, live, TextRange::default());
    imported(&ctx).into_iter().map(|it| (it.name, it.file)).collect()
}

/// The modules that a document does not import yet, of those whose names are wanted: name, file, and what adds the `import`.
pub fn importable(
    db: &LiveDb,
    document: &DocumentView,
    live: &Live,
    wanted: impl Fn(&str) -> bool,
) -> Vec<(String, File, Edit)> {
    let ctx = Context::new(db, document, live, TextRange::default());
    let with_line = |it: Module| {
        let line = import_line(&ctx, &it.name);
        (it.name, it.file, line)
    };
    others(&ctx, wanted).into_iter().map(with_line).collect()
}

/// A variable of a module that is not imported yet.
pub struct Unimported {
    /// The module.
    pub module: String,
    /// Its file.
    pub file: File,
    /// The variable.
    pub symbol: FileSymbol,
    /// What adds the `import`.
    pub import: Edit,
}

/// The first few variables of the modules that a document does not import yet, of those whose names are wanted, by name.
pub fn importable_symbols(
    db: &LiveDb,
    document: &DocumentView,
    live: &Live,
    most: usize,
    wanted: impl Fn(&str) -> bool,
) -> Vec<Unimported> {
    let ctx = Context::new(db, document, live, TextRange::default());
    let (facts, here) = (ctx.facts(), imported(&ctx));
    // Modules that import this file would go round in a circle.
    let importers = db::all_importers(db, document.file);
    let mut found: BTreeMap<(SmolStr, &str), (Module, usize)> = BTreeMap::new();
    for &file in db.files().iter().filter(|&&file| file != document.file && !importers.contains(&file)) {
        let symbols = db::file_symbols(db, file);
        let own = symbols.iter().enumerate().filter(|(_, it)| it.container.is_none() && wanted(&it.name));
        // Of thousands only the first are wanted.
        let is_late =
            |name: &SmolStr| found.len() >= most && found.last_key_value().is_some_and(|((last, _), _)| last < name);
        if own.clone().all(|(_, it)| is_late(&it.name)) {
            continue;
        }
        let Some(name) = base_name(file.path(db)).strip_suffix(".ms") else { continue };
        let Some(module) = other(&ctx, &facts, &here, (name, file)) else { continue };
        for (number, it) in own.filter(|(_, it)| !facts.is_global(&it.name)) {
            let module = Module { name: module.name.clone(), file };
            found.insert((it.name.clone(), file.path(db)), (module, number));
        }
        while found.len() > most {
            found.pop_last();
        }
    }
    let with_import = |(_, (Module { name: module, file }, number)): (_, (Module, usize))| {
        let symbol = db::file_symbols(db, file).get(number)?.clone();
        Some(Unimported { import: import_line(&ctx, &module), module, file, symbol })
    };
    found.into_iter().filter_map(with_import).collect()
}

/// The other files that an `import` would lead to, of those whose names are wanted, by name.
fn others(ctx: &Context<'_>, wanted: impl Fn(&str) -> bool) -> Vec<Module> {
    let (facts, here) = (ctx.facts(), imported(ctx));
    let module = |&file: &File| {
        let name = base_name(file.path(ctx.db)).strip_suffix(".ms").filter(|it| wanted(it))?;
        other(ctx, &facts, &here, (name, file))
    };
    let mut found: Vec<_> = ctx.db.files().iter().filter_map(module).collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// A file as a module, if an `import` of its name would lead to it and the name is free.
fn other(ctx: &Context<'_>, facts: &FileFacts, here: &[Module], (name, file): (&str, File)) -> Option<Module> {
    let is_name = matches!(&*lex(name), [token] if token.kind == SyntaxKind::Ident);
    let is_free = !facts.is_global(name) && here.iter().all(|it| it.name != name);
    let leads = || db::likely_module(ctx.db, &ctx.live.places.lookup(name)) == Some(file);
    (file != ctx.document.file && is_name && is_free && leads()).then(|| Module { name: name.to_owned(), file })
}

fn defines(ctx: &Context<'_>, file: File, name: &str) -> bool {
    db::file_symbols(ctx.db, file).iter().any(|it| it.container.is_none() && it.name == name)
}

/// The global of a module that is most like a name.
fn nearest(ctx: &Context<'_>, file: File, name: &str) -> Option<String> {
    let symbols = db::file_symbols(ctx.db, file);
    let globals = symbols.iter().filter(|it| it.container.is_none()).map(|it| it.name.as_str());
    super::super::checks::nearest(name, globals)
}

/// An `import` behind those that the file begins with, or before its first statement and what is said about that.
fn import_line(ctx: &Context<'_>, module: &str) -> Edit {
    let line_end = ctx.line_end();
    let imports = db::module_imports(ctx.db, ctx.document.file);
    let at_top = |it: &&crate::modules::ConstantImport| ctx.line_before(it.range.start()).starts_with("import");
    let (at, insert) = match imports.iter().rfind(at_top) {
        Some(last) => {
            let behind = last.range.end() + TextSize::of(ctx.line_after(last.range.end()));
            (behind, format!("{line_end}import \"{module}\""))
        }
        None => (first_code(ctx), format!("import \"{module}\"{line_end}")),
    };
    Edit { range: TextRange::empty(at), insert }
}

/// The start of the first statement's line, or of the comment right above it, unless the file begins with that comment.
fn first_code(ctx: &Context<'_>) -> TextSize {
    let Some(first) = ctx.root.first_child() else { return TextSize::new(0) };
    let index = &ctx.document.index;
    let line = index.line_of(first.text_range().start());
    let is_comment = |line: u32| {
        let text = &ctx.document.text[index.line_range(line, &ctx.document.text)];
        text.trim_start().starts_with("//")
    };
    let mut above = line;
    while above > 0 && is_comment(above - 1) {
        above -= 1;
    }
    index.line_start(if above == 0 { line } else { above })
}
