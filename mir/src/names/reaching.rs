//! Which assignments of a unit reach a place in it: what a variable, or a member of a map that a variable holds, may have been given there.
//!
//! The editor's inference asks it for one place at a time, in code that may be half-typed. It goes from the place backwards, statement by
//! statement, and outwards. Invariants: no assignment of the unit's own text that can reach the place is missing, what a loop assigns
//! counts wherever its round may begin again; nested functions are opaque, so who asks must know that they assign nothing.

use super::collect::Collector;
use super::ends::never_goes_on;
use super::{Sym, Symbol};
use crate::ir::UnitKind;
use minilive_syntax::ast::{AssignStmt, AstNode, Block, Expr, ForStmt, IfStmt, Stmt};
use minilive_syntax::{SyntaxKind, SyntaxNode, TextSize};
use rowan::{GreenNodeData, WalkEvent};
use smol_str::SmolStr;

/// Statements nested deeper than this are taken for such that assign all that is in them, on some way.
const MOST_NESTING: u32 = 64;

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

/// What reaches a place of the unit, which stands behind what is read there; where the place is the end of the name that an assignment begins
/// with, that is what it assigns.
pub fn reaching(unit: &GreenNodeData, kind: UnitKind, slot: Slot<'_>, at: TextSize) -> Option<Reaching> {
    let root = SyntaxNode::new_root(unit.to_owned());
    if at > root.text_range().end() {
        return None;
    }
    let mut look = Look { collector: Collector::new(&root, kind, None), slot, found: Reaching::default() };
    let mut below: Option<SyntaxNode> = None;
    let ancestors: Vec<_> = root.token_at_offset(at).left_biased()?.parent_ancestors().collect();
    for node in ancestors {
        // A nested function runs at another time.
        if node.kind() == SyntaxKind::FunctionExpr && node != root {
            return None;
        }
        if !look.outwards(&node, below.as_ref(), at) {
            return Some(look.found);
        }
        below = Some(node);
    }
    look.found.from_before = true;
    Some(look.found)
}

/// What a statement that is a unit leaves behind.
pub fn left_behind(unit: &GreenNodeData, kind: UnitKind, slot: Slot<'_>) -> Reaching {
    let root = SyntaxNode::new_root(unit.to_owned());
    let mut look = Look { collector: Collector::new(&root, kind, None), slot, found: Reaching::default() };
    look.found.from_before = Stmt::cast(root).is_none_or(|it| look.statement(&it, MOST_NESTING));
    look.found
}

struct Look<'a> {
    collector: Collector,
    slot: Slot<'a>,
    found: Reaching,
}

impl Look<'_> {
    /// What reaches the start of what stands below a node, from inside of that node; whether something further out may reach it, too.
    fn outwards(&mut self, node: &SyntaxNode, below: Option<&SyntaxNode>, at: TextSize) -> bool {
        match node.kind() {
            SyntaxKind::AssignStmt => {
                let Some(assign) = AssignStmt::cast(node.clone()) else { return true };
                let is_there = assign.target().is_some_and(|it| it.range().end() == at);
                !is_there || self.assign(&assign)
            }
            SyntaxKind::ForStmt | SyntaxKind::WhileStmt => {
                let in_body = below.is_some_and(|it| it.kind() == SyntaxKind::Block);
                let variable = ForStmt::cast(node.clone()).filter(|it| self.is_variable(it));
                let is_there =
                    variable.as_ref().and_then(ForStmt::variable).is_some_and(|it| it.text_range().end() == at);
                if let Some(statement) = variable.filter(|_| in_body || is_there) {
                    self.iterated(&statement);
                    return false;
                }
                // What a `for` goes through is worked out once, what a `while` asks each time.
                if in_body || node.kind() == SyntaxKind::WhileStmt {
                    self.all_in(node);
                }
                true
            }
            SyntaxKind::Block => {
                let before =
                    below.into_iter().flat_map(|it| std::iter::successors(it.prev_sibling(), SyntaxNode::prev_sibling));
                before.filter_map(Stmt::cast).all(|it| self.statement(&it, MOST_NESTING))
            }
            _ => true,
        }
    }

    /// What a statement assigns on its ways to the next one; whether some of them assign nothing.
    fn statement(&mut self, statement: &Stmt, nesting: u32) -> bool {
        match statement {
            Stmt::Assign(assign) => self.assign(assign),
            Stmt::For(_) | Stmt::While(_) => {
                self.all_in(statement.syntax());
                true
            }
            Stmt::If(it) if nesting > 0 => self.branches(it, nesting - 1),
            Stmt::If(_) => {
                self.all_in(statement.syntax());
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
        let statements: Vec<_> = body.statements().collect();
        // Who leaves on the way does not come to what stands behind.
        if statements.iter().any(never_goes_on) {
            return false;
        }
        statements.iter().rev().all(|it| self.statement(it, nesting))
    }

    fn assign(&mut self, assign: &AssignStmt) -> bool {
        let Some(is_owner) = self.is_given(assign) else { return true };
        let end = assign.value().map_or(assign.syntax().text_range().end(), |it| it.range().end());
        self.add(Arrival { value: self.collector.assigned(assign), end, is_owner });
        false
    }

    /// Whether an assignment gives what is wanted a value: none if not, else whether it gives the variable one whose member that is.
    fn is_given(&self, assign: &AssignStmt) -> Option<bool> {
        let target = assign.target()?;
        match (self.slot, &target) {
            (Slot::Variable(name) | Slot::Member(name, _), Expr::Name(it)) => {
                let is_it = it.name_token().is_some_and(|it| it.text() == name);
                is_it.then_some(matches!(self.slot, Slot::Member(..)))
            }
            (Slot::Member(owner, name), Expr::Postfix(_)) => {
                let symbol = self.collector.symbol(&target);
                let symbol = if let Symbol::Ref(of) = &*symbol { of.clone() } else { symbol };
                let Symbol::Member(of, it) = &*symbol else { return None };
                (it == name && matches!(&**of, Symbol::Name(of) if of == owner)).then_some(false)
            }
            _ => None,
        }
    }

    fn is_variable(&self, statement: &ForStmt) -> bool {
        let (Slot::Variable(name) | Slot::Member(name, _)) = self.slot;
        statement.variable().is_some_and(|it| it.text() == name)
    }

    fn iterated(&mut self, statement: &ForStmt) {
        let of = statement.iterable().map_or_else(|| Symbol::Unknown.into(), |it| self.collector.symbol(&it));
        let end = statement.iterable().map_or(statement.syntax().text_range().end(), |it| it.range().end());
        let is_owner = matches!(self.slot, Slot::Member(..));
        self.add(Arrival { value: Symbol::Iterated(of).into(), end, is_owner });
    }

    /// All that is assigned in a statement.
    fn all_in(&mut self, node: &SyntaxNode) {
        let mut walk = node.preorder();
        while let Some(event) = walk.next() {
            let WalkEvent::Enter(node) = event else { continue };
            if node.kind() == SyntaxKind::FunctionExpr {
                walk.skip_subtree();
            } else if let Some(assign) = AssignStmt::cast(node.clone()) {
                self.assign(&assign);
            } else if let Some(statement) = ForStmt::cast(node).filter(|it| self.is_variable(it)) {
                self.iterated(&statement);
            }
        }
    }

    fn add(&mut self, arrival: Arrival) {
        if !self.found.arrivals.contains(&arrival) {
            self.found.arrivals.push(arrival);
        }
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
    use minilive_syntax::ast::{CallStmt, PostfixExpr, Suffix};
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
            Some(Expr::Literal(key)) => super::collect::constant_name(&key).map(|(name, _)| name),
            _ => None,
        },
        _ => None,
    };
    let (Some(member), next) = (member, suffixes.next()) else { return false };
    let around = chain.syntax().parent();
    let is_called = next.is_none()
        && around.as_ref().is_some_and(|it| CallStmt::can_cast(it.kind()))
        && around
            .clone()
            .and_then(CallStmt::cast)
            .and_then(|it| it.callee())
            .is_some_and(|it| it.syntax() == chain.syntax());
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
        let found = reaching(&unit.green, unit.kind, slot, at).expect("the cursor is in the unit");
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
