//! Rename of variables at the top of files: in all files that name the same one, or a reason why not.
//!
//! Part of `rename.rs`; made of [`super::super::shared`]. Invariant: what one file of the family cannot have renamed, none has.

use super::texts::texts;
use super::{Doubt, Reason, Renamed, Why, base_name, doubts, is_file};
use crate::db::{self, File, LiveDb};
use crate::ide::Live;
use crate::ide::family::Wanted;
use crate::ide::importers::Importers;
use crate::ide::infer::{Binding, Infer, Object, binding};
use crate::ide::meetings::Meetings;
use crate::ide::names::{Found, Target, further_out, scope_target};
use crate::ide::navigation::names_of;
use crate::ide::shared::{Shared, first_given, is_import};
use crate::ide::wholes;
use crate::line_index::LineIndex;
use minilive_mir::ir::UnitKind;
use minilive_mir::names::{Access, NameUse, Place};
use minilive_syntax::{SyntaxKind, SyntaxNode, TextSize};

/// What is renamed, and how.
pub struct Asked<'a> {
    pub db: &'a LiveDb,
    pub live: &'a Live,
    /// Where somebody asked.
    pub file: File,
    /// The file whose variable it is.
    pub home: File,
    pub name: &'a str,
    pub new: &'a str,
}

/// Renames a variable of a file in all files.
pub fn rename(
    asked: &Asked<'_>,
    importers: &Importers<'_>,
    infer: &mut Infer<'_>,
    may_show_built_in: bool,
) -> Result<Renamed, Reason> {
    let (db, name) = (asked.db, asked.name);
    let wanted = if asked.new.is_empty() { Wanted::Certain } else { Wanted::Possible };
    let shared = names_of(db, importers, asked.home, (name, wanted)).family(asked.home);
    asked.is_ours(&shared)?;
    let mut files: Vec<File> = shared.found.iter().filter(|it| it.certain).map(|it| it.file).collect();
    files.sort_by_key(|it| (*it != asked.file, it.path(db)));
    files.dedup();
    for &file in &files {
        asked.in_broken_code(file)?;
        asked.certain(file, &shared.found)?;
        asked.no_import(file, shared.readers.contains(&file))?;
        asked.no_map_of_names(file, shared.readers.contains(&file))?;
        asked.is_free(file, &shared.found)?;
        if !may_show_built_in {
            asked.shows_nothing(file, &shared.found)?;
        }
    }
    if asked.new.is_empty() {
        return Ok(Renamed::of(shared.found));
    }
    if let Some(it) = names_of(db, importers, asked.home, (asked.new, Wanted::Certain)).first_in(&shared.files) {
        return Err(asked.would_change(it.file, it.range.start()));
    }
    let mut meetings = Meetings::of(db, importers, asked.live.is_unread_around);
    let doubts = asked.doubts(&files, &shared, infer, &mut meetings);
    let mut found = shared.found;
    // Who has the module itself, or all globals, may look for its members by names that are worked out.
    let is_keyed = doubts.iter().any(|it| it.why == Why::WorkedOut);
    if !shared.values.is_empty() || is_keyed {
        found.extend(texts(db, name));
    }
    found.sort_by_key(|it| (it.file.path(db), it.range.start()));
    let mut renamed = Renamed { doubts, ..Renamed::of(found) };
    renamed.leave_strangers(&mut meetings, asked.home);
    Ok(renamed)
}

impl Asked<'_> {
    /// Whether the program gives it a value, and nobody else.
    pub fn is_ours(&self, shared: &Shared) -> Result<(), Reason> {
        let name = self.name;
        let is_of_host = self.live.checks.knows(name);
        let is_given = shared.found.iter().any(|it| it.certain && it.access.writes());
        if !is_given {
            return Err(match is_of_host {
                true => format!("`{name}` is a name of the host"),
                false => format!("nothing in this file defines `{name}`"),
            });
        }
        if let Some(&reader) = shared.readers.first().filter(|_| is_of_host) {
            let reader = base_name(self.db, reader);
            return Err(format!("`{name}` is also a name of the host, which `{reader}` may mean"));
        }
        match shared.mixed {
            Some(it) => {
                let place = self.place(it.file, it.range.start());
                Err(format!("`{name}` {place} may also be a member of something else"))
            }
            None => Ok(()),
        }
    }

    /// Places in which names are worked out, or mean one thing or another.
    fn doubts(
        &self,
        files: &[File],
        shared: &Shared,
        infer: &mut Infer<'_>,
        meetings: &mut Meetings<'_>,
    ) -> Vec<Doubt> {
        let either = |place: &Found| Doubt { place: *place, why: Why::Either };
        let mut doubts: Vec<Doubt> = shared.either.iter().map(either).collect();
        let db = self.db;
        doubts.extend(files.iter().flat_map(|&file| doubts::of_global(db, file, self.name)));
        for &file in db.files().iter().filter(|file| !files.contains(file)) {
            db.poll();
            let opening = doubts::opening(db, file);
            if !opening.is_empty() && files.iter().any(|&own| meetings.may_meet(own, file)) {
                doubts.extend(opening);
            }
        }
        if !shared.values.is_empty() {
            let modules: Vec<Object> = shared.values.iter().map(|&file| Object::Module(file)).collect();
            let worked_out = wholes::worked_out(infer, db, &modules);
            doubts.extend(worked_out.into_iter().map(|place| Doubt { place, why: Why::WorkedOut }));
        }
        doubts
    }

    /// Where a global hides what is there anyway, no use of it may mean that.
    fn shows_nothing(&self, file: File, found: &[Found]) -> Result<(), Reason> {
        if !doubts::is_known_anyway(self.live, self.name) {
            return Ok(());
        }
        let (given, text) = (first_given(self.db, file, self.name), file.text(self.db));
        let shows = |it: &&Found| {
            let is_early = given.is_none_or(|given| db::units(self.db, file).at(it.unit).start < given);
            let taken_out = || {
                it.quoted && text[..usize::from(it.range.start())].trim_end_matches(['"', '(', ' ']).ends_with("remove")
            };
            it.certain && it.file == file && !it.access.writes() && (is_early && !is_member(self.db, it) || taken_out())
        };
        match self.db.while_wanted(found).find(shows) {
            Some(it) => {
                let place = self.place(it.file, it.range.start());
                Err(format!(
                    "`{}` {place} may be what is built in under that name, which the variable hides",
                    self.name
                ))
            }
            None => Ok(()),
        }
    }

    /// The line of a place, with its file if that is another one.
    fn place(&self, file: File, at: TextSize) -> String {
        let line = LineIndex::new(&file.text(self.db)).line_of(at) + 1;
        let of = if file == self.file { String::new() } else { format!(" of {}", base_name(self.db, file)) };
        format!("on line {line}{of}")
    }

    fn would_change(&self, file: File, at: TextSize) -> Reason {
        format!("`{}` {} would then mean something else", self.new, self.place(file, at))
    }

    /// Tokens that the parser could make nothing of are not among the uses.
    fn in_broken_code(&self, file: File) -> Result<(), Reason> {
        let parse = file.parse(self.db);
        if parse.errors.is_empty() {
            return Ok(());
        }
        let root = SyntaxNode::new_root(parse.green.clone());
        let errors = root.descendants().filter(|node| node.kind() == SyntaxKind::Error);
        let mut tokens = errors.flat_map(|node| node.descendants_with_tokens()).filter_map(|it| it.into_token());
        match tokens.find(|token| token.kind() == SyntaxKind::Ident && token.text() == self.name) {
            Some(token) => {
                let place = self.place(file, token.text_range().start());
                let place = place.strip_prefix("on ").unwrap_or(&place);
                Err(format!("{place} has a syntax error beside `{}`; repair it first", self.name))
            }
            None => Ok(()),
        }
    }

    /// Uses that mean one thing or another, depending on how the program runs, are named with both.
    fn certain(&self, file: File, found: &[Found]) -> Result<(), Reason> {
        let facts = db::file_facts(self.db, file);
        // What is no member is uncertain only where a local variable of the name may have no value yet.
        let is_local = |it: &&Found| {
            !it.certain && it.file == file && !it.quoted && facts.has_variable(it.unit, self.name) && {
                let names = &db::unit_names(self.db, db::units(self.db, file).at(it.unit).unit).uses;
                let start = it.range.start() - db::units(self.db, file).at(it.unit).start;
                names.iter().any(|of| of.range.start() == start && of.place == Place::Bare)
            }
        };
        let Some(it) = self.db.while_wanted(found).find(is_local) else { return Ok(()) };
        let first_line = |unit: u32| db::units(self.db, file).at(unit).base_line;
        let own = format!("the variable of the function on line {}", first_line(it.unit));
        let other = match further_out(&facts, it.unit, self.name) {
            Target::Variable(owner) => format!("the variable of the function on line {}", first_line(owner)),
            _ => match facts.globals(self.name).next() {
                Some((unit, _)) => format!("the global of the code that starts on line {}", first_line(unit)),
                None => "a global".to_owned(),
            },
        };
        let (name, place) = (self.name, self.place(file, it.range.start()));
        Err(format!(
            "`{name}` {place} is {own} if that has a value by then, else {other}; give it a value before, or write what is meant"
        ))
    }

    fn no_import(&self, file: File, is_reader: bool) -> Result<(), Reason> {
        let facts = db::file_facts(self.db, file);
        if is_import(&facts, self.name) {
            return Err(is_file(self.name));
        }
        let units = 0..facts.units.len() as u32;
        for unit in units.filter(|&it| facts.unit(it).kind == UnitKind::Statement) {
            let names = db::unit_names(self.db, db::units(self.db, file).at(unit).unit);
            let bound = |it: &NameUse| {
                it.quoted && it.place == Place::Bare && it.access == Access::Write && it.name == self.name
            };
            if names.uses.iter().any(bound) {
                return Err(is_file(self.name));
            }
            if !is_reader && facts.unit(unit).facts.open.import {
                return Err("a module is imported whose name does not stand in the text".to_owned());
            }
        }
        let is_named_so = |it: &&File| db::module_name(self.db, **it) == Some(self.name);
        if db::may_import_out_of_sight(self.db, file) && self.db.files().iter().any(|it| is_named_so(&it)) {
            return Err(is_file(self.name));
        }
        Ok(())
    }

    /// Where names are keys of a map, they may be worked out.
    fn no_map_of_names(&self, file: File, is_reader: bool) -> Result<(), Reason> {
        let facts = db::file_facts(self.db, file);
        for unit in 0..facts.units.len() as u32 {
            let open = facts.unit(unit).facts.open;
            let at_top = facts.unit(unit).kind == UnitKind::Statement;
            let outer = open.outer && facts.enclosing_function(unit).is_none();
            let own = [(open.globals, "globals"), (open.locals && at_top && !is_reader, "locals"), (outer, "outer")];
            if let Some((_, word)) = own.into_iter().find(|(is_open, _)| *is_open) {
                let place = self.place(file, db::units(self.db, file).at(unit).start);
                return Err(format!("the code that starts {place} uses `{word}` as a map, in which names are keys"));
            }
        }
        Ok(())
    }

    /// No variable in a file is called by the new name where the old one stands.
    fn is_free(&self, file: File, found: &[Found]) -> Result<(), Reason> {
        let facts = db::file_facts(self.db, file);
        let of = if file == self.file { String::new() } else { format!(" in {}", base_name(self.db, file)) };
        if facts.is_global(self.new) {
            return Err(format!("there is a global variable `{}`{of}", self.new));
        }
        for (unit, placed) in (0u32..).zip(db::units(self.db, file).iter()) {
            // `globals.len` is the method of maps until there is a global of that name.
            let is_method = |of: &&NameUse| {
                of.name == self.new
                    && of.place != Place::Bare
                    && matches!(scope_target(&facts, unit, of), Target::Intrinsic(_))
            };
            if let Some(of) = db::unit_names(self.db, placed.unit).uses.iter().find(is_method) {
                return Err(self.would_change(file, of.range.start() + placed.start));
            }
        }
        let own = |it: &&Found| it.certain && !it.quoted && it.file == file;
        for it in self.db.while_wanted(found).filter(own) {
            if let Binding::Variable(_) = binding(&facts, it.unit, self.new)
                && !is_member(self.db, it)
            {
                return Err(format!("{}, `{}` is a local variable", self.place(file, it.range.start()), self.new));
            }
        }
        Ok(())
    }
}

/// Whether a use stands behind the name of a module.
fn is_member(db: &LiveDb, found: &Found) -> bool {
    let placed = db::units(db, found.file).at(found.unit);
    let mut uses = db::unit_names(db, placed.unit).uses.iter();
    uses.any(|it| it.range + placed.start == found.range && matches!(it.place, Place::Member(_)))
}
