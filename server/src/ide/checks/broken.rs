//! What is still certain in a text with errors: the warnings of statements that have nothing to do with the broken ones.
//!
//! Part of `checks`. While somebody types, a text has an error half of the time, and what is wrong elsewhere stays wrong. But whatever a
//! broken statement may have given a value, used or imported counts as unknown: every word that stands in it. Invariant: the cost is that of
//! the broken statements and of the few units that have something to tell, not that of the file.

use super::super::names::units_at;
use super::Check;
use crate::db::{self, FileFacts, LiveDb, NameFinding, NameProblem};
use crate::document::DocumentView;
use minilive_mir::diagnostic::Severity;
use minilive_syntax::SyntaxKind::{self, Block, Error, ForKw, IfKw, SourceFile, WhileKw};
use minilive_syntax::{SyntaxError, SyntaxNode, TextRange, TextSize};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// So many units behind a warning are looked at; what rests on more of them is not told.
const MOST_UNITS: usize = 300;

/// So many errors are looked at; of a text with more nothing is told.
const MOST_ERRORS: usize = 50;

/// The same of broken parts, of which one error may leave many.
const MOST_PARTS: usize = 500;

/// The broken part of a text.
pub struct Broken {
    facts: Arc<FileFacts>,
    /// Nothing can be told apart.
    whole: bool,
    ranges: Vec<TextRange>,
    names: FxHashSet<String>,
    /// The units that have a broken part, and those around them.
    units: FxHashSet<u32>,
}

impl Broken {
    /// That of a document; none if it has no error.
    pub fn of(db: &LiveDb, document: &DocumentView) -> Option<Broken> {
        let (file, units) = (document.file, db::units(db, document.file));
        let parse = file.parse(db);
        let lowered = db::units_with_diagnostics(db, file);
        let fails = |unit: u32| {
            let all = db::unit_diagnostics(db, units.at(unit).unit);
            all.iter().any(|it| it.severity == Severity::Error)
        };
        let failing: Vec<u32> = lowered.iter().map(|(unit, ())| *unit).filter(|it| fails(*it)).collect();
        if parse.errors.is_empty() && failing.is_empty() {
            return None;
        }
        let mut broken = Broken {
            facts: db::file_facts(db, file),
            whole: parse.errors.len() > MOST_ERRORS,
            ranges: Vec::new(),
            names: FxHashSet::default(),
            units: failing.into_iter().collect(),
        };
        let root = SyntaxNode::new_root(parse.green.clone());
        for error in &parse.errors {
            if broken.whole {
                break;
            }
            broken.add(db, document, &root, error);
        }
        let opens = |word: &str| matches!(word, "locals" | "outer" | "globals" | "import" | "ensureImport" | "env");
        broken.whole |= broken.names.iter().any(|it| opens(it));
        Some(broken)
    }

    fn add(&mut self, db: &LiveDb, document: &DocumentView, root: &SyntaxNode, error: &SyntaxError) {
        let text = &document.text[error.range];
        let keyword = SyntaxKind::keyword(text.split_whitespace().next().unwrap_or_default());
        let quiet = match error.code {
            "nested-too-deeply" => return self.whole = true,
            // What stands before belongs to a function of which nothing is known.
            "stray-keyword" | "wrong-end" if text.contains("function") => return self.whole = true,
            "unterminated-string" if !error.message.ends_with("closing quote") => top(root, error.range.start()),
            "unterminated-string" if document.text[usize::from(error.range.end())..].trim().is_empty() => {
                top(root, error.range.start())
            }
            // Names that the header would give are not known in the body.
            "unclosed-parameters"
            | "expected-parameter-name"
            | "expected-end-of-line-after-parameters"
            | "expected-for-variable"
            | "expected-in" => around(root, error.range.start()),
            "stray-keyword" if text.contains("for") => match around(root, error.range.start()) {
                Some(range) => Some(range),
                None => return self.whole = true,
            },
            "unclosed-block" if !matches!(keyword, Some(WhileKw | ForKw | IfKw)) => top(root, error.range.start()),
            _ => None,
        };
        let end = root.text_range().end();
        // What is missing may be on the next line, but hardly behind a blank one.
        let behind = &document.text[usize::from(error.range.end())..];
        let gap = &behind[..behind.find(|it: char| !it.is_whitespace()).unwrap_or(behind.len())];
        let is_apart = gap.matches('\n').count() > 1 && error.message.ends_with("found the end of the line");
        let at = if is_apart { error.range.start() } else { error.at };
        let at = at.min(end);
        for place in [error.range.start(), at] {
            self.units.extend(units_at(db, document.file, place));
        }
        // The end of a file, where a block is missed, is no broken line.
        let at = if error.code == "unclosed-block" { error.range.start() } else { at };
        let index = &document.index;
        let first = index.line_of(error.range.start().min(at));
        let last = index.line_of(error.range.end().max(at).min(end));
        let lines = TextRange::new(index.line_start(first), index.line_range(last, &document.text).end());
        self.put(document, lines);
        if let Some(quiet) = quiet {
            self.put(document, quiet);
        }
        for place in [error.range.start(), at] {
            for node in statements_at(root, place) {
                self.put(document, node.text_range());
            }
        }
    }

    fn put(&mut self, document: &DocumentView, range: TextRange) {
        self.whole |= self.ranges.len() == MOST_PARTS;
        if self.whole || self.ranges.iter().any(|it| it.contains_range(range)) {
            return;
        }
        let words = document.text[range].split(|it: char| it != '_' && !it.is_alphanumeric());
        self.names.extend(words.filter(|it| !it.is_empty()).map(str::to_owned));
        self.ranges.push(range);
    }

    /// Whether a finding about a name rests on the text that is well.
    pub fn leaves(&self, finding: &NameFinding) -> bool {
        let other = match &finding.problem {
            NameProblem::StoredInstead { target } => Some(target),
            NameProblem::HeldInstead { holder } => Some(holder),
            // The order of statements is another one where a block is broken.
            NameProblem::TooEarly { .. } if self.units.contains(&finding.unit) => return false,
            NameProblem::NoMember { of } if of.iter().any(|it| self.names.contains(it.as_str())) => return false,
            _ => None,
        };
        !self.whole
            && !self.names.contains(finding.name.as_str())
            && !other.is_some_and(|it| self.names.contains(it.as_str()))
    }

    /// Takes out what is told of broken statements, and what may rest on them.
    pub fn retain(&self, db: &LiveDb, document: &DocumentView, found: &mut Vec<Check>) {
        let mut known = FxHashMap::default();
        found.retain(|it| {
            let is_inside = |broken: &TextRange| broken.intersect(it.range).is_some();
            if self.whole || self.ranges.iter().any(is_inside) {
                return false;
            }
            // What is being typed may be what uses it.
            if it.code == "unused-import" {
                return false;
            }
            // These are about a name, and were looked at as findings.
            if matches!(it.code, "unknown-name" | "unused-local" | "unused-parameter") {
                return true;
            }
            let unit = units_at(db, document.file, it.range.start()).next();
            unit.is_some_and(|unit| !self.units.contains(&unit) && self.is_clean(unit, &mut known))
        });
    }

    /// Whether nothing that a unit reads comes from a broken statement, however far away. What was found of units is `known`: what is clean
    /// has nothing but clean ones behind it, and what has one behind it that is not is none either.
    fn is_clean(&self, unit: u32, known: &mut FxHashMap<u32, bool>) -> bool {
        if let Some(&is_clean) = known.get(&unit) {
            return is_clean;
        }
        let mut seen = FxHashSet::from_iter([unit]);
        let is_clean = self.leads_nowhere(unit, &mut seen, known);
        if is_clean {
            known.extend(seen.into_iter().map(|unit| (unit, true)));
        } else {
            known.insert(unit, false);
        }
        is_clean
    }

    /// Whether no way from a unit to what it reads ends in a broken statement, and few units stand on them.
    fn leads_nowhere(&self, unit: u32, seen: &mut FxHashSet<u32>, known: &FxHashMap<u32, bool>) -> bool {
        let (mut names, mut due) = (FxHashSet::default(), vec![unit]);
        while let Some(unit) = due.pop() {
            let is_known = known.get(&unit);
            if seen.len() > MOST_UNITS || self.units.contains(&unit) || is_known == Some(&false) {
                return false;
            }
            if is_known.is_some() {
                continue;
            }
            let says = &self.facts.unit(unit).facts;
            due.extend(self.facts.children(unit).chain(self.facts.parent(unit)).filter(|it| seen.insert(*it)));
            let reads = says.reads.iter().filter(|it| !says.variables.contains(*it));
            for name in reads.chain(&says.read_through).chain(&says.member_reads) {
                if self.names.contains(name.as_str()) {
                    return false;
                }
                if names.insert(name) {
                    let globals = self.facts.globals(name).map(|(unit, _)| unit);
                    let members = self.facts.members(name).map(|(unit, ..)| unit);
                    let keys = self.facts.keys(name).map(|(unit, _)| unit);
                    due.extend(globals.chain(members).chain(keys).filter(|it| seen.insert(*it)));
                }
            }
        }
        true
    }
}

/// The innermost loop or function at a place.
fn around(root: &SyntaxNode, at: TextSize) -> Option<TextRange> {
    let token = root.token_at_offset(at).right_biased()?;
    let is_it = |it: &SyntaxNode| matches!(it.kind(), SyntaxKind::FunctionExpr | SyntaxKind::ForStmt);
    token.parent_ancestors().find(is_it).map(|it| it.text_range())
}

/// The statement directly in the file in which a place is.
fn top(root: &SyntaxNode, at: TextSize) -> Option<TextRange> {
    let node = root.child_or_token_at_range(TextRange::empty(at))?;
    Some(TextRange::new(node.text_range().start(), root.text_range().end()))
}

/// The broken parts at a place, and the innermost statement there if no others stand in it.
fn statements_at(root: &SyntaxNode, at: TextSize) -> Vec<SyntaxNode> {
    let mut found = Vec::new();
    for token in root.token_at_offset(at) {
        let is_statement = |it: &SyntaxNode| it.parent().is_some_and(|it| matches!(it.kind(), Block | SourceFile));
        let ancestors = token.parent_ancestors().filter(|it| it.kind() != SourceFile);
        let Some(node) = ancestors.into_iter().find(|it| it.kind() == Error || is_statement(it)) else { continue };
        let next = std::iter::successors(node.next_sibling(), SyntaxNode::next_sibling);
        found.extend(next.take_while(|it| it.kind() == Error).take(MOST_PARTS + 1));
        if node.kind() == Error || !node.descendants().any(|it| it.kind() == Block) {
            found.push(node);
        }
    }
    found
}
