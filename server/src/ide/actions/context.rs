//! What all actions ask about a text and a selection.
//!
//! Made once a request by `actions`. Invariant: [`Context::checked`] lets no edit through after which the program would not run.

use super::super::live::Live;
use super::super::names::units_at;
use super::Edit;
use super::others::Others;
use crate::db::{self, FileFacts, LiveDb};
use crate::document::DocumentView;
use minilive_mir::diagnostic::Severity;
use minilive_mir::ir::UnitKind;
use minilive_mir::lower::lower_unit;
use minilive_mir::units::statement_shape;
use minilive_runtime::intrinsics;
use minilive_syntax::ast::{AstNode, BinaryExpr, Expr, Stmt};
use minilive_syntax::{Parse, SyntaxKind, SyntaxNode, SyntaxToken, TextEdit, TextRange, TextSize};
use std::sync::Arc;

/// More edits than this are parsed as one: the tree follows each of a few faster than all that stands between them.
const FEW: usize = 8;

/// A text, a selection in it, and what is known about both.
pub(super) struct Context<'a> {
    pub db: &'a LiveDb,
    pub document: &'a DocumentView,
    pub live: &'a Live,
    /// The selection.
    pub at: TextRange,
    pub root: SyntaxNode,
    pub parse: Arc<Parse>,
    /// The other files that see names of this one.
    pub others: Others<'a>,
}

/// An expression, or the left part of a chain.
pub(super) struct Selected {
    /// The expression, or the chain.
    pub expr: Expr,
    pub range: TextRange,
}

impl Selected {
    /// Whether it is the left part of a chain.
    pub fn is_part(&self) -> bool {
        self.range != self.expr.range()
    }

    /// The node in which it stands.
    pub fn parent(&self) -> Option<SyntaxNode> {
        let node = self.expr.syntax();
        if self.is_part() { Some(node.clone()) } else { node.parent() }
    }
}

impl<'a> Context<'a> {
    pub fn new(db: &'a LiveDb, document: &'a DocumentView, live: &'a Live, at: TextRange) -> Context<'a> {
        let parse = document.file.parse(db);
        let root = SyntaxNode::new_root(parse.green.clone());
        let whole = root.text_range();
        let at = TextRange::new(at.start().min(whole.end()), at.end().min(whole.end()));
        let others = Others::of(db, document.file, live);
        Context { db, document, live, at, root, parse, others }
    }

    /// Whether the text has syntax errors.
    pub fn is_broken(&self) -> bool {
        !self.parse.errors.is_empty()
    }

    /// Whether the program can run at all.
    pub fn runs(&self) -> bool {
        let units = db::units(self.db, self.document.file);
        let fails = |it: db::PlacedUnit<'_>| {
            db::unit_diagnostics(self.db, it.unit).iter().any(|it| it.severity == Severity::Error)
        };
        !self.is_broken() && !units.iter().any(fails)
    }

    pub fn text(&self, range: TextRange) -> &str {
        &self.document.text[range]
    }

    pub fn facts(&self) -> Arc<FileFacts> {
        db::file_facts(self.db, self.document.file)
    }

    /// The innermost unit at a place.
    pub fn unit_at(&self, offset: TextSize) -> Option<u32> {
        units_at(self.db, self.document.file, offset).next()
    }

    /// The token of the selection's start, a name before anything else.
    pub fn token(&self) -> Option<SyntaxToken> {
        self.root.token_at_offset(self.at.start()).max_by_key(|it| it.kind() == SyntaxKind::Ident)
    }

    /// The selection without the blanks around it.
    pub fn trimmed(&self) -> TextRange {
        let text = self.text(self.at);
        let start = self.at.start() + TextSize::of(&text[..text.len() - text.trim_start().len()]);
        let len = TextSize::of(text.trim());
        TextRange::at(start, len)
    }

    /// The expression that is selected as a whole. Chains are flat in the tree, but `a + b` of `a + b + c` is an expression, too.
    pub fn selected_expr(&self) -> Option<Selected> {
        let range = self.trimmed();
        if range.is_empty() {
            return None;
        }
        let node = self.root.covering_element(range);
        let whole = node.ancestors().take_while(|it| it.text_range() == range).find_map(Expr::cast);
        let left_part = || {
            let chain = BinaryExpr::cast(node.as_node()?.clone()).filter(|it| it.range().start() == range.start())?;
            let ends = chain.operands().skip(1).any(|it| it.range().end() == range.end());
            (ends && !chain.operators().any(|it| it == SyntaxKind::IsaKw)).then_some(Expr::Binary(chain))
        };
        Some(Selected { expr: whole.or_else(left_part)?, range })
    }

    /// Whether all names that code of a unit can reach stand in the text: nothing reads or writes them through maps.
    pub fn is_closed(&self, unit: u32) -> bool {
        let facts = self.facts();
        let opens = |index: u32| {
            let it = facts.unit(index);
            let open = it.facts.open;
            let at_top = it.kind == UnitKind::Statement;
            let around = facts.enclosing_function(index);
            let outer = open.outer && around.is_none();
            // `globals.remove "x"`: what is no variable is a method of the map of all variables.
            let is_variable = |name: &smol_str::SmolStr| {
                facts.is_global(name)
                    || facts.has_variable(index, name)
                    || around.is_some_and(|around| facts.has_variable(around, name))
            };
            let by_method = !it.facts.read_through.iter().all(is_variable);
            open.globals || open.import || outer || by_method || at_top && open.locals
        };
        let own = facts.unit(unit).facts.open;
        let by_children = facts.children(unit).any(|it| facts.unit(it).facts.open.outer);
        !own.locals && !by_children && !(0..facts.units.len() as u32).any(opens)
    }

    /// A name that stands nowhere in the text, means nothing, and is looked for by no other file of the program.
    pub fn fresh_name(&self, wish: &str) -> String {
        let tokens = self.root.descendants_with_tokens().filter_map(|it| it.into_token());
        let taken: std::collections::HashSet<String> =
            tokens.filter(|it| it.kind() == SyntaxKind::Ident).map(|it| it.text().to_owned()).collect();
        let is_free = |name: &String| {
            let in_text = self.document.text.contains(&format!("\"{name}\""));
            let is_ours = !taken.contains(name) && !in_text && intrinsics::find(name).is_none();
            is_ours && !self.live.checks.knows(name) && !self.others.look_for(name)
        };
        let numbered = (2..).map(|number| format!("{wish}{number}"));
        std::iter::once(wish.to_owned()).chain(numbered).find(is_free).unwrap_or_default()
    }

    /// How lines of this text end.
    pub fn line_end(&self) -> &'static str {
        if self.document.text.contains("\r\n") { "\r\n" } else { "\n" }
    }

    /// One level of indentation as this text has it, else as the client does it.
    pub fn indent(&self) -> String {
        let blank = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
        let indented = self.document.text.lines().find(|line| blank(line) > 0 && !line.trim().is_empty());
        let of_client = || self.live.indent.map_or_else(|| "    ".to_owned(), |it| it.indent(1));
        indented.map_or_else(of_client, |line| line[..blank(line)].to_owned())
    }

    /// The text of a place's line before the place.
    pub fn line_before(&self, offset: TextSize) -> &str {
        let text = &self.document.text[..usize::from(offset)];
        &text[text.rfind(['\n', '\r']).map_or(0, |at| at + 1)..]
    }

    /// The text of a place's line from the place on.
    pub fn line_after(&self, offset: TextSize) -> &str {
        let text = &self.document.text[usize::from(offset)..];
        &text[..text.find(['\n', '\r']).unwrap_or(text.len())]
    }

    /// The lines of a range with the last one's end, if nothing else stands on them.
    pub fn whole_lines(&self, range: TextRange) -> Option<TextRange> {
        let (before, after) = (self.line_before(range.start()), self.line_after(range.end()));
        let behind = range.end() + TextSize::of(after);
        let rest = &self.document.text[usize::from(behind)..];
        let line_end = if rest.starts_with("\r\n") { 2 } else { u32::from(!rest.is_empty()) };
        let alone = before.trim().is_empty() && after.trim().is_empty();
        alone.then(|| TextRange::new(range.start() - TextSize::of(before), behind + TextSize::new(line_end)))
    }

    /// The blanks before a statement, if nothing else stands on its line before it.
    pub fn indent_of(&self, statement: &SyntaxNode) -> Option<&str> {
        let before = self.line_before(statement.text_range().start());
        before.trim().is_empty().then_some(before)
    }

    /// The statement directly in the file that a node stands in.
    pub fn top_statement(&self, node: &SyntaxNode) -> Option<SyntaxNode> {
        node.ancestors().filter(|it| Stmt::can_cast(it.kind())).last()
    }

    /// The tree after edits, which do not overlap.
    pub fn parsed(&self, edits: &[Edit]) -> (Arc<Parse>, String) {
        let mut order: Vec<_> = edits.iter().collect();
        order.sort_by_key(|it| (it.range.start(), it.range.end()));
        if order.len() > FEW {
            return self.parsed_at_once(&order);
        }
        let (mut parse, mut text) = (self.parse.clone(), self.document.text.to_string());
        // From the end on, so that no edit moves another.
        for edit in order.into_iter().rev() {
            let mut new = text.clone();
            new.replace_range(std::ops::Range::<usize>::from(edit.range), &edit.insert);
            let change = TextEdit { range: edit.range, insert: edit.insert.clone() };
            parse = Arc::new(minilive_syntax::reparse(&parse, &text, &change, &new));
            text = new;
        }
        (parse, text)
    }

    /// The same with all edits as one, from the first to the last: the text is copied and parsed once, however many there are.
    fn parsed_at_once(&self, order: &[&Edit]) -> (Arc<Parse>, String) {
        let text = &*self.document.text;
        let (Some(first), Some(last)) = (order.first(), order.last()) else {
            return (self.parse.clone(), text.to_owned());
        };
        let range = TextRange::new(first.range.start(), last.range.end());
        let (mut insert, mut at) = (String::new(), range.start());
        for edit in order {
            insert.push_str(&text[TextRange::new(at, edit.range.start())]);
            insert.push_str(&edit.insert);
            at = edit.range.end();
        }
        let mut new = text.to_owned();
        new.replace_range(std::ops::Range::<usize>::from(range), &insert);
        let parse = minilive_syntax::reparse(&self.parse, text, &TextEdit { range, insert }, &new);
        (Arc::new(parse), new)
    }

    /// The edits, if they leave a program that can run in which the text of each edit of these numbers is an expression whose parent
    /// is of this kind; parentheses around it do not count.
    pub fn checked(&self, edits: Vec<Edit>, numbers: &[(usize, SyntaxKind)]) -> Option<Vec<Edit>> {
        let (parse, _) = self.parsed(&edits);
        if !parse.errors.is_empty() {
            return None;
        }
        let root = SyntaxNode::new_root(parse.green.clone());
        let places = self.places_of(&edits);
        if !self.compiles(&root, &places) {
            return None;
        }
        let is_right = |&(number, parent): &(usize, SyntaxKind)| {
            let place = places[number];
            let element = root.covering_element(place);
            let own = element.ancestors().filter(|it| it.text_range() == place && Expr::can_cast(it.kind())).last();
            !place.is_empty() && own.and_then(|it| it.parent()).is_some_and(|it| it.kind() == parent)
        };
        let right = numbers.iter().all(|it| {
            self.db.poll();
            is_right(it)
        });
        right.then_some(edits)
    }

    /// Whether the statements of a file at these places, which edits have changed, can run.
    fn compiles(&self, root: &SyntaxNode, places: &[TextRange]) -> bool {
        let mut places = places.to_vec();
        places.sort_by_key(|it| (it.start(), it.end()));
        let is_changed = |statement: &SyntaxNode| {
            let range = statement.text_range();
            let next = places.partition_point(|it| it.end() < range.start());
            Stmt::can_cast(statement.kind()) && places.get(next).is_some_and(|it| it.start() <= range.end())
        };
        root.children().filter(is_changed).all(|statement| {
            self.db.poll();
            let green = statement.green();
            let units = statement_shape(&green).units(&green, 0, 0);
            let mut found = units.iter().flat_map(|it| lower_unit(&it.green, it.kind, it.key).diagnostics);
            found.all(|it| it.severity != Severity::Error)
        })
    }

    /// Where the text of each edit is when all of them are made.
    fn places_of(&self, edits: &[Edit]) -> Vec<TextRange> {
        let mut order: Vec<_> = (0..edits.len()).collect();
        order.sort_by_key(|&it| (edits[it].range.start(), edits[it].range.end()));
        let mut places = vec![TextRange::default(); edits.len()];
        // What comes first may be shorter than what it replaces, never so much that a place would be before the text.
        let (mut more, mut less) = (TextSize::new(0), TextSize::new(0));
        for number in order {
            let Edit { range, insert } = &edits[number];
            places[number] = TextRange::at(range.start() + more - less, TextSize::of(insert));
            more += TextSize::of(insert);
            less += range.len();
        }
        places
    }

    /// The edits, if they leave a program that can run.
    pub fn running(&self, edits: Vec<Edit>) -> Option<Vec<Edit>> {
        let (parse, _) = self.parsed(&edits);
        let root = || SyntaxNode::new_root(parse.green.clone());
        (parse.errors.is_empty() && self.compiles(&root(), &self.places_of(&edits))).then_some(edits)
    }

    /// The edits, if they leave a text without syntax errors.
    pub fn parsing(&self, edits: Vec<Edit>) -> Option<Vec<Edit>> {
        self.parsed(&edits).0.errors.is_empty().then_some(edits)
    }
}

/// Whether a statement is nothing but a value: as the first one of a function it may be what is said about the function.
pub(super) fn is_only_a_value(statement: &Stmt) -> bool {
    let Stmt::Expr(it) = statement else { return false };
    !matches!(it.expr(), Some(Expr::Postfix(_) | Expr::Name(_)))
}

/// The statement around a node.
pub(super) fn statement_of(node: &SyntaxNode) -> Option<Stmt> {
    node.ancestors().find_map(Stmt::cast)
}
