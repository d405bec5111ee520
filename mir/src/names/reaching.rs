//! Which assignments of a unit reach a place in it: what a variable, or a member of a map that a variable holds, may have been given there.
//!
//! The editor's inference asks it for one place after the other, in code that may be half-typed, so the assignments of a unit are gathered
//! once ([`Assignments`]). From a place it goes backwards, from assignment to assignment, and outwards. Invariants: no assignment of the
//! unit's own text that can reach the place is missing, what a loop assigns counts wherever its round may begin again; nested functions
//! are opaque, so who asks must know that they assign nothing.

use super::collect::{Collector, constant_name, walk};
use super::ends::never_goes_on;
use super::{Sym, Symbol};
use crate::ir::UnitKind;
use minilive_syntax::ast::{AssignStmt, AstNode, Block, CallStmt, Expr, ForStmt, IfStmt, PostfixExpr, Stmt, Suffix};
use minilive_syntax::{SyntaxKind, SyntaxNode, TextRange, TextSize};
use rowan::{GreenNodeData, NodeOrToken, WalkEvent};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

/// Statements nested deeper than this are taken for such that assign all that is in them, on some way.
const MOST_NESTING: u32 = 64;

/// More values than this at one place tell nothing.
const MOST_ARRIVALS: usize = 64;

/// What is given values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot<'a> {
    /// A variable, by its bare name.
    Variable(&'a str),
    /// The member of that name of the map that a variable holds; another map in the variable is another member.
    Member(&'a str, &'a str),
}

/// One value that may be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// What is assigned.
    pub value: Sym,
    /// Where that ends, relative to the unit; what is read in it is read before it is assigned.
    pub end: TextSize,
    /// Of a member: it is the variable itself that is given this.
    pub is_owner: bool,
}

/// What may be there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reaching {
    /// By assignments of the unit, the nearest first.
    pub arrivals: Vec<Arrival>,
    /// Some way from the start of the unit assigns nothing.
    pub from_before: bool,
}

/// The assignments of a unit to variables, and to members of what variables hold.
#[derive(Debug, Default)]
pub struct Assignments {
    /// By the name of the variable, in the order of the text.
    by_variable: FxHashMap<SmolStr, Vec<Assigned>>,
}

/// One of them; the variable of a `for` is assigned, too.
#[derive(Debug)]
struct Assigned {
    /// Where its statement starts.
    start: TextSize,
    /// Where what is assigned to ends.
    target_end: TextSize,
    /// The member that is given something; none if the variable is.
    member: Option<SmolStr>,
    value: Sym,
    /// Where the value ends.
    end: TextSize,
}

impl Assignments {
    /// Gathers those of a unit.
    pub fn of(unit: &GreenNodeData, kind: UnitKind) -> Assignments {
        let root = SyntaxNode::new_root(unit.to_owned());
        let collector = Collector::new(&root, kind, None);
        let mut all = Assignments::default();
        walk(&root, |node| {
            let assigned = match node.kind() {
                SyntaxKind::AssignStmt => AssignStmt::cast(node.clone()).and_then(|it| assigned(&collector, &it)),
                SyntaxKind::ForStmt => ForStmt::cast(node.clone()).and_then(|it| iterated(&collector, &it)),
                _ => None,
            };
            if let Some((variable, it)) = assigned {
                all.by_variable.entry(variable).or_default().push(it);
            }
        });
        all
    }

    /// What reaches a place of the unit, which stands behind what is read there; where the place is the end of what an assignment begins
    /// with, that is what it assigns. Nothing if that is too much.
    pub fn reaching(&self, unit: &GreenNodeData, slot: Slot<'_>, at: TextSize) -> Option<Reaching> {
        let root = SyntaxNode::new_root(unit.to_owned());
        let mut look = self.look(slot);
        let before = at.checked_sub(TextSize::new(1)).filter(|_| at <= root.text_range().end())?;
        let innermost = match root.covering_element(TextRange::new(before, at)) {
            NodeOrToken::Node(node) => node,
            NodeOrToken::Token(token) => token.parent()?,
        };
        let mut below: Option<SyntaxNode> = None;
        for node in innermost.ancestors() {
            // A nested function runs at another time.
            if node.kind() == SyntaxKind::FunctionExpr && node != root {
                return None;
            }
            if !look.outwards(&node, below.as_ref(), at) {
                return look.end(false);
            }
            below = Some(node);
        }
        look.end(true)
    }

    /// What a statement that is a unit leaves behind.
    pub fn left_behind(&self, unit: &GreenNodeData, slot: Slot<'_>) -> Option<Reaching> {
        let root = SyntaxNode::new_root(unit.to_owned());
        let mut look = self.look(slot);
        let passes = Stmt::cast(root).is_none_or(|it| look.statement(&it, MOST_NESTING));
        look.end(passes)
    }

    fn look<'a>(&'a self, slot: Slot<'a>) -> Look<'a> {
        let (Slot::Variable(variable) | Slot::Member(variable, _)) = slot;
        let is_it = |it: &&Assigned| match (slot, &it.member) {
            (Slot::Variable(_), member) => member.is_none(),
            (Slot::Member(_, name), member) => member.as_ref().is_none_or(|it| it == name),
        };
        let all: Vec<_> = self.by_variable.get(variable).into_iter().flatten().filter(is_it).collect();
        Look { is_found: vec![false; all.len()], all, slot, arrivals: Vec::new() }
    }
}

fn assigned(collector: &Collector, assign: &AssignStmt) -> Option<(SmolStr, Assigned)> {
    let target = assign.target()?;
    let (variable, member) = match &target {
        Expr::Name(name) => (SmolStr::new(name.name_token()?.text()), None),
        Expr::Postfix(_) => {
            let symbol = collector.symbol(&target);
            let symbol = if let Symbol::Ref(of) = &*symbol { of.clone() } else { symbol };
            let Symbol::Member(of, member) = &*symbol else { return None };
            let Symbol::Name(variable) = &**of else { return None };
            (variable.clone(), Some(member.clone()))
        }
        _ => return None,
    };
    let range = assign.syntax().text_range();
    let end = assign.value().map_or(range.end(), |it| it.range().end());
    let value = collector.assigned(assign);
    Some((variable, Assigned { start: range.start(), target_end: target.range().end(), member, value, end }))
}

fn iterated(collector: &Collector, statement: &ForStmt) -> Option<(SmolStr, Assigned)> {
    let variable = statement.variable()?;
    let range = statement.syntax().text_range();
    let of = statement.iterable().map_or_else(|| Symbol::Unknown.into(), |it| collector.symbol(&it));
    let end = statement.iterable().map_or(range.end(), |it| it.range().end());
    let target_end = variable.text_range().end();
    let value = Symbol::Iterated(of).into();
    Some((SmolStr::new(variable.text()), Assigned { start: range.start(), target_end, member: None, value, end }))
}

struct Look<'a> {
    /// The assignments that are looked for, in the order of the text.
    all: Vec<&'a Assigned>,
    is_found: Vec<bool>,
    slot: Slot<'a>,
    arrivals: Vec<Arrival>,
}

impl Look<'_> {
    fn end(self, from_before: bool) -> Option<Reaching> {
        (self.arrivals.len() <= MOST_ARRIVALS).then_some(Reaching { arrivals: self.arrivals, from_before })
    }

    /// What reaches the start of what stands below a node, from inside of that node; whether something further out may reach it, too.
    fn outwards(&mut self, node: &SyntaxNode, below: Option<&SyntaxNode>, at: TextSize) -> bool {
        match node.kind() {
            SyntaxKind::AssignStmt => match self.of(node) {
                Some(it) if self.all[it].target_end == at => self.add(it),
                _ => true,
            },
            SyntaxKind::ForStmt | SyntaxKind::WhileStmt => {
                let in_body = below.is_some_and(|it| it.kind() == SyntaxKind::Block);
                if let Some(it) = self.of(node).filter(|&it| in_body || self.all[it].target_end == at) {
                    return self.add(it);
                }
                // What a `for` goes through is worked out once, what a `while` asks each time.
                if in_body || node.kind() == SyntaxKind::WhileStmt {
                    self.all_in(node.text_range());
                }
                true
            }
            SyntaxKind::Block => below.is_none_or(|it| self.backwards(node, it.text_range().start(), MOST_NESTING)),
            _ => true,
        }
    }

    /// What the statements of a block before a place assign on their ways there; whether some way assigns nothing.
    fn backwards(&mut self, block: &SyntaxNode, mut end: TextSize, nesting: u32) -> bool {
        let start = block.text_range().start();
        // Only of statements that assign there is something to tell.
        while let Some(it) = self.last_within(TextRange::new(start, end.max(start))) {
            let at = self.all[it].start;
            let statement = block.child_or_token_at_range(TextRange::at(at, TextSize::new(1)));
            let statement = statement.and_then(NodeOrToken::into_node).and_then(Stmt::cast);
            end = statement.as_ref().map_or(at, |it| it.syntax().text_range().start());
            if statement.is_some_and(|it| !self.statement(&it, nesting)) {
                return false;
            }
        }
        true
    }

    /// What a statement assigns on its ways to the next one; whether some of them assign nothing.
    fn statement(&mut self, statement: &Stmt, nesting: u32) -> bool {
        match statement {
            Stmt::Assign(assign) => self.of(assign.syntax()).is_none_or(|it| self.add(it)),
            Stmt::If(it) if nesting > 0 => self.branches(it, nesting - 1),
            Stmt::For(_) | Stmt::While(_) | Stmt::If(_) => {
                self.all_in(statement.syntax().text_range());
                true
            }
            _ => true,
        }
    }

    fn branches(&mut self, statement: &IfStmt, nesting: u32) -> bool {
        let mut passes = statement.else_branch().is_none();
        let bodies = statement.branches().map(|it| it.body());
        for body in bodies.chain(statement.else_branch().map(|it| it.body())) {
            passes |= body.is_none_or(|body| self.block(&body, nesting));
        }
        passes
    }

    fn block(&mut self, body: &Block, nesting: u32) -> bool {
        // Who leaves on the way does not come to what stands behind.
        !body.statements().any(|it| never_goes_on(&it))
            && self.backwards(body.syntax(), body.syntax().text_range().end(), nesting)
    }

    /// The assignment that a statement is.
    fn of(&self, statement: &SyntaxNode) -> Option<usize> {
        let start = statement.text_range().start();
        let at = self.all.partition_point(|it| it.start < start);
        self.all.get(at).filter(|it| it.start == start).map(|_| at)
    }

    fn last_within(&self, range: TextRange) -> Option<usize> {
        let before = self.all.partition_point(|it| it.start < range.end());
        before.checked_sub(1).filter(|&it| self.all[it].start >= range.start())
    }

    /// All that is assigned in a statement.
    fn all_in(&mut self, range: TextRange) {
        let first = self.all.partition_point(|it| it.start < range.start());
        let end = self.all.partition_point(|it| it.start < range.end());
        (first..end).for_each(|it| _ = self.add(it));
    }

    /// Adds an assignment, behind which nothing that stands before it is left.
    fn add(&mut self, it: usize) -> bool {
        if !std::mem::replace(&mut self.is_found[it], true) && self.arrivals.len() <= MOST_ARRIVALS {
            let is_owner = matches!(self.slot, Slot::Member(..)) && self.all[it].member.is_none();
            let (value, end) = (self.all[it].value.clone(), self.all[it].end);
            self.arrivals.push(Arrival { value, end, is_owner });
        }
        false
    }
}

/// Whether the unit does nothing with what a variable holds but read and give members of it by their names, and name none of them where a call
/// follows: so nobody else can get hold of it. `read` are the names of the members that it reads.
pub fn keeps_to_itself(unit: &GreenNodeData, variable: &str, read: &mut Vec<SmolStr>) -> bool {
    let root = SyntaxNode::new_root(unit.to_owned());
    let mut walk = root.preorder();
    while let Some(event) = walk.next() {
        let WalkEvent::Enter(node) = event else { continue };
        if node.kind() == SyntaxKind::FunctionExpr && node != root {
            walk.skip_subtree();
        } else if node.kind() == SyntaxKind::NameExpr && node.text() == variable && !is_apart(&node, read) {
            return false;
        }
    }
    true
}

/// Whether a name stands where it is given a value, or where a member of it is read or given one.
fn is_apart(name: &SyntaxNode, read: &mut Vec<SmolStr>) -> bool {
    let Some(parent) = name.parent() else { return false };
    let is_target = |of: &SyntaxNode, it: &SyntaxNode| {
        AssignStmt::cast(of.clone()).and_then(|it| it.target()).is_some_and(|target| target.syntax() == it)
    };
    if is_target(&parent, name) {
        return AssignStmt::cast(parent).and_then(|it| it.operator()) == Some(SyntaxKind::Eq);
    }
    let Some(chain) = PostfixExpr::cast(parent).filter(|it| it.base().is_some_and(|base| base.syntax() == name)) else {
        return false;
    };
    let mut suffixes = chain.suffixes();
    let member = match suffixes.next() {
        Some(Suffix::Member(member)) => member.name_token().map(|it| SmolStr::new(it.text())),
        Some(Suffix::Index(index)) => match index.index() {
            Some(Expr::Literal(key)) => constant_name(&key).map(|(name, _)| name),
            _ => None,
        },
        _ => None,
    };
    let (Some(member), next) = (member, suffixes.next()) else { return false };
    let around = chain.syntax().parent();
    let callee = around.clone().and_then(CallStmt::cast).and_then(|it| it.callee());
    let is_called = next.is_none() && callee.is_some_and(|it| it.syntax() == chain.syntax());
    if is_called || matches!(next, Some(Suffix::Call(_))) {
        return false;
    }
    let given = next.is_none() && around.as_ref().is_some_and(|it| is_target(it, chain.syntax()));
    let is_only_given = given && around.and_then(AssignStmt::cast).and_then(|it| it.operator()) == Some(SyntaxKind::Eq);
    if !is_only_given && !read.contains(&member) {
        read.push(member);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{FileMode, units};

    /// What reaches the cursor in the first function of a program, or in its first statement.
    #[track_caller]
    fn check(slot: Slot<'_>, text: &str, expected: &str) {
        let at = TextSize::new(text.find('|').expect("a cursor") as u32);
        let text = text.replacen('|', "", 1);
        let units = units(&minilive_syntax::parse(&text).green, FileMode::Program);
        let unit = units.iter().find(|it| it.kind == UnitKind::Function).unwrap_or(&units[0]);
        let at = at - unit.start;
        let all = Assignments::of(&unit.green, unit.kind);
        let found = all.reaching(&unit.green, slot, at).expect("the cursor is in the unit");
        let mut words: Vec<_> = found.arrivals.iter().map(|it| it.value.to_string()).collect();
        words.extend(found.from_before.then(|| "before".to_owned()));
        assert_eq!(words.join(", "), expected, "{text}");
    }

    fn function(slot: Slot<'_>, body: &str, expected: &str) {
        check(slot, &format!("f = function(c)\n{body}\nend function\n"), expected);
    }

    #[test]
    fn each_branch_has_its_own() {
        let x = Slot::Variable("x");
        function(x, "if c then\nx = 1\nreturn x|\nelse\nx = \"\"\nreturn x\nend if", "number");
        function(x, "if c then\nx = 1\nreturn x\nelse\nx = \"\"\nreturn x|\nend if", "string");
        function(x, "if c then\nx = 1\nelse\nx = \"\"\nend if\nreturn x|", "number, string");
        function(x, "if c then x = 1\nreturn x|", "number, before");
        function(x, "x = []\nif c then\nx = 1\nreturn x\nend if\nreturn x|", "[]");
        function(x, "x = []\nif c then x = 1 else x = \"\"\nx|", "number, string");
        function(x, "x = []\nif x| then x = 1", "[]");
    }

    #[test]
    fn loops_begin_again() {
        let x = Slot::Variable("x");
        function(x, "x = []\nwhile c\nprint x|\nx = 1\nend while", "number, []");
        function(x, "x = []\nwhile x|\nx = 1\nend while", "number, []");
        function(x, "x = []\nwhile c\nx = 1\nend while\nx|", "number, []");
        function(x, "x = []\nwhile c\nx = 1\nprint x|\nend while", "number");
        function(x, "x = []\nwhile c\nif c then\nx = 1\ncontinue\nend if\nend while\nx|", "number, []");
        function(x, "x = []\nfor x in c\nprint x|\nend for", "in c");
        function(x, "x = []\nfor x in x|\nprint x\nend for", "[]");
        function(x, "x = []\nfor x in c\nend for\nx|", "in c, []");
        function(x, "for x| in c\nend for", "in c");
    }

    #[test]
    fn a_target_is_what_it_is_given() {
        let x = Slot::Variable("x");
        function(x, "x = []\nx| = 1", "number");
        function(x, "x = []\nx = x| + 1", "[]");
        function(x, "x = []\nx += 1\nx|", "(x add number)");
        function(x, "x = []\ng = function\nx = 1\nend function\nx|", "[]");
    }

    #[test]
    fn members_go_with_their_map() {
        let n = Slot::Member("k", "n");
        function(n, "k = {\"n\": null}\nk.n = 5\nprint k.n|", "number");
        function(n, "k.n = 5\nk = {\"n\": null}\nprint k.n|", "{0}");
        function(n, "k[\"n\"] = 5\nprint k.n|", "number");
        function(n, "k.m = 5\nk.m.n = 6\nj.n = 7\nprint k.n|", "before");
        function(n, "k = {}\nif c then k.n = \"\"\nprint k.n|", "string, {0}");
    }

    #[test]
    fn who_names_a_map_whole_gives_it_away() {
        let keeps = |body: &str| {
            let units = units(&minilive_syntax::parse(body).green, FileMode::Program);
            let mut read = Vec::new();
            let keeps = units.iter().all(|it| keeps_to_itself(&it.green, "k", &mut read));
            keeps.then(|| read.join(" "))
        };
        let of = |body: &str| keeps(body).unwrap_or_else(|| "no".to_owned());
        assert_eq!(of("k = {}\nk.n = 5\nprint k.m\nk.o += 1\nk[\"p\"].q = 1\n"), "m o p");
        for gives in ["print k", "j = k", "k.f 1", "k.f(1)", "k[x] = 1", "k += {}", "j.k = [k]", "for i in k\nend for"]
        {
            assert_eq!(of(&format!("k = {{}}\n{gives}\n")), "no", "{gives}");
        }
        assert_eq!(of("j.k = 1\nprint j.k\nprint k.n(1).m\n"), "no");
    }
}
