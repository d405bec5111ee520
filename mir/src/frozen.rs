//! Changes of values that are certainly frozen, followed through statements in the order in which they run.
//!
//! Works on trees, so that the statements of a program, each a unit of its own, can be gone through one after the other with what is known
//! carried along; the editor decides which names may be followed, since only it sees who else assigns them. Invariants: a value counts
//! as frozen only if it is so on every way that leads to a place; nested functions are opaque; after a finding nothing more is said of
//! that name, since the program ends there; where the program asks whether something is frozen and the answer is not followed, nothing is
//! taken for frozen behind that.

use minilive_syntax::ast::{
    AssignStmt, AstNode, BinaryExpr, Block, CallStmt, CallSuffix, Expr, ForStmt, FunctionExpr, IfStmt, LiteralExpr,
    LiteralValue, NameExpr, PostfixExpr, RefExpr, SourceFile, Stmt, Suffix,
};
use minilive_syntax::{SyntaxKind, SyntaxNode, TextRange};
use rowan::WalkEvent;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// Functions that stop the program if what they are to change is frozen, each if that holds as many elements; others do so only where they find
/// what they look for.
const CHANGING: [(&str, u32); 7] =
    [("insert", 0), ("pop", 1), ("pull", 1), ("push", 0), ("remove", 0), ("shuffle", 0), ("sort", 2)];

/// How many elements there must be for a function to be stopped; none if it changes nothing.
fn needs(function: &str) -> Option<u32> {
    CHANGING.iter().find(|(name, _)| *name == function).map(|(_, count)| *count)
}

/// What kind of value a variable holds, as far as a literal says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// With that many elements at least.
    List(u32),
    /// A map without members of the names of [`CHANGING`], likewise.
    Map(u32),
    Unknown,
}

impl Kind {
    fn count(self) -> u32 {
        match self {
            Kind::List(count) | Kind::Map(count) => count,
            Kind::Unknown => 0,
        }
    }

    fn join(self, other: Kind) -> Kind {
        match (self, other) {
            (Kind::List(a), Kind::List(b)) => Kind::List(a.min(b)),
            (Kind::Map(a), Kind::Map(b)) => Kind::Map(a.min(b)),
            _ => Kind::Unknown,
        }
    }

    /// After others may have taken elements out.
    fn emptied(self) -> Kind {
        match self {
            Kind::List(_) => Kind::List(0),
            Kind::Map(_) => Kind::Map(0),
            Kind::Unknown => Kind::Unknown,
        }
    }
}

/// Whether a value is frozen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Frozen {
    /// Perhaps, perhaps not.
    Unknown,
    /// It is, if the caller leaves it out: the default of a parameter.
    Default,
    /// It is.
    Certain,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Holds {
    frozen: Frozen,
    kind: Kind,
}

const ANYTHING: Holds = Holds { frozen: Frozen::Unknown, kind: Kind::Unknown };

/// What is known of variables at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known(BTreeMap<SmolStr, Holds>);

impl Known {
    /// The names of which something is known.
    pub fn names(&self) -> impl Iterator<Item = &SmolStr> {
        self.0.keys()
    }

    fn get(&self, name: &str) -> Holds {
        self.0.get(name).copied().unwrap_or(ANYTHING)
    }

    fn set(&mut self, name: &str, holds: Holds) {
        if holds == ANYTHING {
            self.0.remove(name);
        } else {
            self.0.insert(name.into(), holds);
        }
    }

    /// Forgets what is frozen.
    fn thaw(&mut self) {
        self.0.retain(|_, holds| {
            holds.frozen = Frozen::Unknown;
            *holds != ANYTHING
        });
    }

    /// Keeps what is so on another way, too.
    fn join(&mut self, other: &Known) {
        self.0.retain(|name, holds| {
            let it = other.get(name);
            holds.frozen = holds.frozen.min(it.frozen);
            holds.kind = holds.kind.join(it.kind);
            *holds != ANYTHING
        });
    }
}

/// A change of something frozen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrozenChange {
    /// The variable.
    pub name: SmolStr,
    /// What is changed, or the call that changes it, relative to the root.
    pub range: TextRange,
    /// It is the default of a parameter, so only who leaves that out has it frozen.
    pub is_default: bool,
}

/// What the text does not say.
pub struct Outside<'a> {
    /// Whether nobody but the statements that are followed gives a variable another value.
    pub is_own: &'a dyn Fn(&str) -> bool,
    /// Whether no other code reads a variable, so that none changes what it holds.
    pub is_alone: &'a dyn Fn(&str) -> bool,
    /// Whether a name is the built-in function of that name.
    pub is_built_in: &'a dyn Fn(&str) -> bool,
    /// Whether no program gives values of a type a method of that name.
    pub is_method: &'a dyn Fn(&str) -> bool,
    /// Whether code that is not followed may ask what is frozen, so that any condition may depend on it.
    pub asks_elsewhere: bool,
}

/// Follows a unit: the body of a function literal, or a statement of a program. Tells whether the program goes on behind it.
pub fn follow(root: &SyntaxNode, outside: &Outside<'_>, known: &mut Known, found: &mut Vec<FrozenChange>) -> bool {
    let mut follow = Follow { outside, found };
    if let Some(function) = FunctionExpr::cast(root.clone()) {
        follow.defaults(&function, known);
        return function.body().is_none_or(|body| follow.block(&body, known));
    }
    if let Some(statement) = Stmt::cast(root.clone()) {
        return follow.statement(&statement, known);
    }
    SourceFile::cast(root.clone()).is_none_or(|file| follow.statements(file.statements(), known))
}

struct Follow<'a> {
    outside: &'a Outside<'a>,
    found: &'a mut Vec<FrozenChange>,
}

impl Follow<'_> {
    /// Lists and maps that are defaults are frozen, and shared by all calls (LANGUAGE 6.8).
    fn defaults(&self, function: &FunctionExpr, known: &mut Known) {
        for param in function.params() {
            let (Some(name), Some(default @ (Expr::List(_) | Expr::Map(_)))) = (param.name_token(), param.default())
            else {
                continue;
            };
            if (self.outside.is_own)(name.text()) {
                known.set(name.text(), Holds { frozen: Frozen::Default, ..self.value(&default, known) });
            }
        }
    }

    fn block(&mut self, block: &Block, known: &mut Known) -> bool {
        self.statements(block.statements(), known)
    }

    fn statements(&mut self, mut statements: impl Iterator<Item = Stmt>, known: &mut Known) -> bool {
        statements.all(|statement| self.statement(&statement, known))
    }

    /// Whether the next statement follows.
    fn statement(&mut self, statement: &Stmt, known: &mut Known) -> bool {
        let is_simple = !matches!(statement, Stmt::If(_) | Stmt::While(_) | Stmt::For(_));
        if is_simple && asks(statement.syntax()) && !self.is_print(statement) {
            known.thaw();
        }
        match statement {
            Stmt::Assign(assign) => self.assign(assign, known),
            Stmt::Call(call) => self.call(call, known),
            Stmt::If(branches) => return self.branches(branches, known),
            Stmt::While(it) => {
                forget_assigned(it.syntax(), known);
                let condition = it.condition();
                self.within(condition.as_ref().map(|it| it.syntax().clone()), known);
                if self.decided(condition.as_ref(), known) != Some(false) {
                    self.body(it.body(), known);
                }
            }
            Stmt::For(it) => self.for_loop(it, known),
            Stmt::Return(_) | Stmt::Break(_) | Stmt::Continue(_) => {
                self.within(Some(statement.syntax().clone()), known);
                return false;
            }
            _ => {
                self.within(Some(statement.syntax().clone()), known);
                touch(statement.syntax(), known);
            }
        }
        true
    }

    /// What is printed decides nothing.
    fn is_print(&self, statement: &Stmt) -> bool {
        let Stmt::Call(call) = statement else { return false };
        call.callee().and_then(|it| name_of(&it)).as_deref() == Some("print") && (self.outside.is_built_in)("print")
    }

    fn for_loop(&mut self, it: &ForStmt, known: &mut Known) {
        self.within(it.iterable().map(|it| it.syntax().clone()), known);
        forget_assigned(it.syntax(), known);
        if self.outside.asks_elsewhere || it.iterable().is_some_and(|it| asks(it.syntax())) {
            known.thaw();
        }
        self.body(it.body(), known);
    }

    /// A body that may run any number of times: what it learns does not hold behind it.
    fn body(&mut self, body: Option<Block>, known: &Known) {
        if let Some(body) = body {
            self.block(&body, &mut known.clone());
        }
    }

    fn branches(&mut self, it: &IfStmt, known: &mut Known) -> bool {
        let mut ends: Option<Known> = None;
        let mut add = |end: Known| match &mut ends {
            Some(ends) => ends.join(&end),
            none => *none = Some(end),
        };
        let (mut first, mut is_over) = (true, false);
        for branch in it.branches() {
            let condition = branch.condition();
            // Only the first condition is certainly asked.
            if std::mem::take(&mut first) {
                self.within(condition.as_ref().map(|it| it.syntax().clone()), known);
            }
            condition.iter().for_each(|it| touch(it.syntax(), known));
            let answer = self.decided(condition.as_ref(), known);
            if answer == Some(false) {
                continue;
            }
            let mut inside = known.clone();
            if branch.body().is_none_or(|body| self.block(&body, &mut inside)) {
                add(inside);
            }
            is_over = answer == Some(true);
            if is_over {
                break;
            }
        }
        let mut inside = known.clone();
        let otherwise = it.else_branch().and_then(|branch| branch.body()).filter(|_| !is_over);
        if !is_over && otherwise.is_none_or(|body| self.block(&body, &mut inside)) {
            add(inside);
        }
        let goes_on = ends.is_some();
        *known = ends.unwrap_or_default();
        goes_on
    }

    /// How a condition comes out that asks whether something is frozen. Where that is not known, nothing counts as frozen any more: what
    /// is asked of a variable may be meant of another one that holds the same.
    fn decided(&self, condition: Option<&Expr>, known: &mut Known) -> Option<bool> {
        let answer = condition.and_then(|it| self.answer(it, known));
        if answer.is_none() && (self.outside.asks_elsewhere || condition.is_some_and(|it| asks(it.syntax()))) {
            known.thaw();
        }
        answer
    }

    fn answer(&self, condition: &Expr, known: &Known) -> Option<bool> {
        match condition {
            Expr::Paren(paren) => self.answer(&paren.inner()?, known),
            Expr::Unary(it) if it.operator() == Some(SyntaxKind::NotKw) => Some(!self.answer(&it.operand()?, known)?),
            Expr::Binary(chain) => {
                let ends = match chain.operators().next()? {
                    SyntaxKind::AndKw => false,
                    SyntaxKind::OrKw => true,
                    _ => return None,
                };
                let answers: Vec<_> = chain.operands().map(|it| self.answer(&it, known)).collect();
                let is_other = answers.iter().all(|it| *it == Some(!ends));
                if answers.contains(&Some(ends)) { Some(ends) } else { is_other.then_some(!ends) }
            }
            Expr::Postfix(chain) if self.is_call_of(chain, "isFrozen") => {
                let Some(Suffix::Call(call)) = chain.suffixes().next() else { return None };
                let name = name_of(&call.arg_list()?.args().next()?)?;
                (known.get(&name).frozen == Frozen::Certain).then_some(true)
            }
            _ => None,
        }
    }

    fn assign(&mut self, assign: &AssignStmt, known: &mut Known) {
        let value = assign.value();
        self.within(value.as_ref().map(|it| it.syntax().clone()), known);
        touch(assign.syntax(), known);
        let Some(target) = assign.target() else { return };
        if let Some(name) = name_of(&target) {
            let plain = assign.operator().is_none_or(|it| it == SyntaxKind::Eq);
            let holds = value.filter(|_| plain).map_or(ANYTHING, |it| self.value(&it, known));
            let holds = if holds.kind.count() == 0 || (self.outside.is_alone)(&name) {
                holds
            } else {
                Holds { kind: holds.kind.emptied(), ..holds }
            };
            known.set(&name, if (self.outside.is_own)(&name) { holds } else { ANYTHING });
            return;
        }
        let Expr::Postfix(chain) = &target else { return };
        match chain.base() {
            // `locals.x = 1`
            Some(Expr::Keyword(_)) => *known = Known::default(),
            Some(base) => {
                let name = name_of(&base).filter(|_| chain.suffixes().count() == 1);
                name.into_iter().for_each(|name| self.change(&name, target.range(), known));
            }
            None => {}
        }
    }

    /// What a variable holds that is given a value.
    fn value(&self, value: &Expr, known: &Known) -> Holds {
        let plain = |kind| Holds { kind, ..ANYTHING };
        match value {
            Expr::Paren(paren) => paren.inner().map_or(ANYTHING, |it| self.value(&it, known)),
            Expr::List(list) => plain(Kind::List(list.elements().count() as u32)),
            Expr::Map(map) => {
                let hides = map.entries().filter_map(|it| it.key()).any(|key| !is_other_key(&key));
                // Two keys may be one.
                plain(if hides { Kind::Unknown } else { Kind::Map(map.entries().count().min(1) as u32) })
            }
            Expr::Name(_) => name_of(value).map_or(ANYTHING, |name| known.get(&name)),
            Expr::Postfix(chain) if self.is_call_of(chain, "frozenCopy") => {
                let Some(Suffix::Call(call)) = chain.suffixes().next() else { return ANYTHING };
                let first = call.arg_list().and_then(|it| it.args().next());
                first.map_or(ANYTHING, |it| Holds { frozen: Frozen::Certain, ..self.value(&it, known) })
            }
            Expr::Postfix(chain) => plain(self.made_by(chain, known)),
            Expr::Binary(chain) => plain(self.joined(chain, known)),
            _ => ANYTHING,
        }
    }

    /// A new list: `range(1, 3)`, `x[:]`, `"a b".split`.
    fn made_by(&self, chain: &PostfixExpr, known: &Known) -> Kind {
        let suffixes: Vec<_> = chain.suffixes().collect();
        let args = |call: &CallSuffix| call.arg_list().into_iter().flat_map(|it| it.args()).collect::<Vec<_>>();
        let Some(base) = chain.base() else { return Kind::Unknown };
        match (&*suffixes, &base) {
            // With a third argument there may be none, and what is very long cannot be made.
            ([Suffix::Call(call)], _) if self.is_call_of(chain, "range") => {
                let args = args(call);
                let are_small = args.len() < 3 && args.iter().all(|it| small_number(it).is_some());
                if are_small { Kind::List(1) } else { Kind::Unknown }
            }
            ([Suffix::Slice(_)], _) => match self.value(&base, known).kind {
                Kind::List(_) => Kind::List(0),
                _ => Kind::Unknown,
            },
            ([Suffix::Member(method), rest @ ..], Expr::Literal(text)) => {
                let is_split = method.name_token().is_some_and(|it| it.text() == "split") && is_text(text);
                let delimiter = match rest {
                    [] => Some(Vec::new()),
                    [Suffix::Call(call)] => Some(args(call)),
                    _ => None,
                };
                let are_texts = |all: Vec<Expr>| all.iter().all(|it| matches!(it, Expr::Literal(it) if is_text(it)));
                let is_list = is_split && delimiter.is_some_and(are_texts) && (self.outside.is_method)("split");
                if is_list { Kind::List(0) } else { Kind::Unknown }
            }
            _ => Kind::Unknown,
        }
    }

    /// A new list or map: `[0] * 3`, `[1] + [2]`.
    fn joined(&self, chain: &BinaryExpr, known: &Known) -> Kind {
        let mut operands = chain.operands();
        let mut kind = operands.next().map_or(Kind::Unknown, |it| self.value(&it, known).kind);
        for (operator, operand) in chain.operators().zip(operands) {
            let right = self.value(&operand, known).kind;
            kind = match (operator, kind, right) {
                (SyntaxKind::Plus, Kind::List(a), Kind::List(b)) => Kind::List(a.saturating_add(b)),
                (SyntaxKind::Plus, Kind::Map(a), Kind::Map(b)) => Kind::Map(a.max(b)),
                (SyntaxKind::Star, Kind::List(count), _) => match small_number(&operand) {
                    Some(times) => Kind::List(if times >= 1.0 { count } else { 0 }),
                    None => Kind::Unknown,
                },
                _ => Kind::Unknown,
            };
        }
        kind
    }

    /// `name(…)` and no more, of a built-in function.
    fn is_call_of(&self, chain: &PostfixExpr, name: &str) -> bool {
        let called = chain.base().and_then(|it| name_of(&it));
        let one = matches!(&*chain.suffixes().collect::<Vec<_>>(), [Suffix::Call(_)]);
        one && called.as_deref() == Some(name) && (self.outside.is_built_in)(name)
    }

    fn call(&mut self, call: &CallStmt, known: &mut Known) {
        self.within(Some(call.syntax().clone()), known);
        let Some(callee) = call.callee().and_then(|it| name_of(&it)) else { return touch(call.syntax(), known) };
        let args: Vec<_> = call.arg_list().into_iter().flat_map(|it| it.args()).collect();
        if &*callee != "freeze" {
            touch(call.syntax(), known);
        }
        match (&*callee, &*args) {
            ("freeze", [arg]) if (self.outside.is_built_in)("freeze") => {
                if let Some(name) = name_of(arg).filter(|name| (self.outside.is_own)(name)) {
                    known.set(&name, Holds { frozen: Frozen::Certain, ..known.get(&name) });
                }
            }
            // It gives names values that the text does not show.
            ("import", _) => *known = Known::default(),
            _ => {}
        }
    }

    /// The changes in an expression or a simple statement that are certainly made.
    fn within(&mut self, node: Option<SyntaxNode>, known: &mut Known) {
        if known.0.values().all(|holds| holds.frozen == Frozen::Unknown) {
            return;
        }
        let Some(node) = node else { return };
        let mut walk = node.preorder();
        while let Some(event) = walk.next() {
            let WalkEvent::Enter(node) = event else { continue };
            match node.kind() {
                // What stands right of `and` may not be asked.
                SyntaxKind::FunctionExpr | SyntaxKind::BinaryExpr if is_uncertain(&node) => walk.skip_subtree(),
                SyntaxKind::CallStmt => {
                    let call = CallStmt::cast(node.clone());
                    let args = call.as_ref().and_then(|it| it.arg_list()).and_then(|it| it.args().next());
                    let callee = call.and_then(|it| it.callee());
                    self.call_of(callee.as_ref(), args.as_ref(), node.text_range(), known);
                }
                SyntaxKind::PostfixExpr => self.chain(&node, known),
                _ => {}
            }
        }
    }

    fn chain(&mut self, node: &SyntaxNode, known: &mut Known) {
        let Some(chain) = PostfixExpr::cast(node.clone()) else { return };
        let base = chain.base();
        match chain.suffixes().next() {
            Some(Suffix::Member(member)) => {
                let name = base.as_ref().and_then(name_of);
                let method = member.name_token().map(|it| it.text().to_owned()).unwrap_or_default();
                let is_reference = node.parent().and_then(RefExpr::cast).is_some() && chain.suffixes().count() == 1;
                let Some((name, needed)) = name.zip(needs(&method)).filter(|_| !is_reference) else { return };
                // Of maps `insert` and `sort` are no methods.
                let kind = match known.get(&name).kind {
                    Kind::Map(_) if matches!(&*method, "insert" | "sort") => Kind::Unknown,
                    kind => kind,
                };
                if kind != Kind::Unknown && kind.count() >= needed && (self.outside.is_method)(&method) {
                    self.change(&name, node.text_range(), known);
                }
            }
            Some(Suffix::Call(call)) => {
                let first = call.arg_list().and_then(|it| it.args().next());
                self.call_of(base.as_ref(), first.as_ref(), node.text_range(), known);
            }
            _ => {}
        }
    }

    /// `push x, …` and its like.
    fn call_of(&mut self, callee: Option<&Expr>, first: Option<&Expr>, range: TextRange, known: &mut Known) {
        let Some(callee) = callee.and_then(name_of) else { return };
        let Some(needed) = needs(&callee).filter(|_| (self.outside.is_built_in)(&callee)) else { return };
        let is_enough = |name: &String| {
            let kind = known.get(name).kind;
            // Of a map they say something else.
            !(matches!(kind, Kind::Map(_)) && matches!(&*callee, "insert" | "sort")) && kind.count() >= needed
        };
        if let Some(name) = first.and_then(name_of).filter(is_enough) {
            self.change(&name, range, known);
        }
    }

    fn change(&mut self, name: &str, range: TextRange, known: &mut Known) {
        let frozen = known.get(name).frozen;
        if frozen != Frozen::Unknown {
            let is_default = frozen == Frozen::Default;
            self.found.push(FrozenChange { name: name.into(), range, is_default });
            known.set(name, ANYTHING);
        }
    }
}

/// A number in the text that no list is too long for.
fn small_number(expr: &Expr) -> Option<f64> {
    match expr {
        Expr::Literal(literal) => match literal.value() {
            Some(LiteralValue::Number(number)) => Some(number).filter(|it| it.abs() < 1e6),
            _ => None,
        },
        _ => None,
    }
}

fn is_text(literal: &LiteralExpr) -> bool {
    matches!(literal.value(), Some(LiteralValue::String(_)))
}

fn is_uncertain(node: &SyntaxNode) -> bool {
    let logical = |kind| matches!(kind, SyntaxKind::AndKw | SyntaxKind::OrKw);
    node.kind() == SyntaxKind::FunctionExpr
        || node.children_with_tokens().filter_map(|it| it.into_token()).any(|token| logical(token.kind()))
}

/// A key that is certainly none of the methods.
fn is_other_key(key: &Expr) -> bool {
    match key {
        Expr::Literal(literal) => match literal.value() {
            Some(LiteralValue::String(text)) => needs(&text).is_none() && text != "__isa",
            _ => true,
        },
        _ => false,
    }
}

fn name_of(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Name(name) => Some(name.name_token()?.text().to_owned()),
        _ => None,
    }
}

/// What somebody has a look at may have fewer elements then, unless it is frozen.
fn touch(node: &SyntaxNode, known: &mut Known) {
    let is_open = |it: &Holds| it.frozen != Frozen::Certain && it.kind.count() > 0;
    if !known.0.values().any(is_open) {
        return;
    }
    for name in node.descendants().filter_map(Expr::cast).filter_map(|it| name_of(&it)) {
        if let Some(holds) = known.0.get_mut(&*name).filter(|it| is_open(it)) {
            holds.kind = holds.kind.emptied();
        }
    }
}

/// Whether code asks what is frozen.
fn asks(node: &SyntaxNode) -> bool {
    let is_it = |it: NameExpr| it.name_token().is_some_and(|it| it.text() == "isFrozen");
    node.descendants().filter_map(NameExpr::cast).any(is_it)
}

/// Forgets what a loop gives other values, and how much there is of what it looks at.
fn forget_assigned(node: &SyntaxNode, known: &mut Known) {
    touch(node, known);
    let mut walk = node.preorder();
    while let Some(event) = walk.next() {
        let WalkEvent::Enter(node) = event else { continue };
        match node.kind() {
            SyntaxKind::FunctionExpr => walk.skip_subtree(),
            SyntaxKind::AssignStmt => match AssignStmt::cast(node).and_then(|it| it.target()) {
                Some(Expr::Name(name)) => {
                    name.name_token().into_iter().for_each(|token| known.set(token.text(), ANYTHING));
                }
                Some(Expr::Postfix(chain)) if matches!(chain.base(), Some(Expr::Keyword(_))) => {
                    *known = Known::default();
                }
                _ => {}
            },
            SyntaxKind::ForStmt => {
                let variable = ForStmt::cast(node).and_then(|it| it.variable());
                variable.into_iter().for_each(|token| known.set(token.text(), ANYTHING));
            }
            SyntaxKind::CallStmt
                if CallStmt::cast(node.clone()).and_then(|it| name_of(&it.callee()?)).as_deref() == Some("import") =>
            {
                *known = Known::default();
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found in a program of which `shared` is given values elsewhere.
    #[track_caller]
    fn found(text: &str, expected: &[&str]) {
        let root = SyntaxNode::new_root(minilive_syntax::parse(text).green);
        let outside = Outside {
            is_own: &|name| name != "shared",
            is_alone: &|name| name != "seen",
            is_built_in: &|_| true,
            is_method: &|name| name != "insert",
            asks_elsewhere: false,
        };
        let mut found = Vec::new();
        follow(&root, &outside, &mut Known::default(), &mut found);
        assert_eq!(found.iter().map(|it| &text[it.range]).collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn what_is_frozen_is_not_changed() {
        found("freeze x\nprint x\nx.a = 1\nx.b = 1\n", &["x.a"]);
        found("freeze x\nf 1\nx[0] += 1\n", &["x[0]"]);
        found("freeze x\nx = [1]\nx[0] = 1\n", &[]);
        found("freeze x\nx += [1]\nx[0] = 1\n", &[]);
        found("freeze x\nx.a.b = 1\nx.a = 1\n", &["x.a"]);
        found("freeze shared\nshared.a = 1\n", &[]);
        found("x.a = 1\nfreeze x\nlocals.x = {}\nx.a = 1\n", &[]);
    }

    #[test]
    fn other_names_and_copies_of_it_are_frozen_too() {
        found("freeze x\ny = x\nx = 1\ny.a = 1\n", &["y.a"]);
        found("y = frozenCopy(x)\nx.a = 1\ny.a = 1\n", &["y.a"]);
        found("y = x\nfreeze x\nz = y + [1]\nz[0] = 1\n", &[]);
        found("x = frozenCopy([1])[:]\nx[0] = 1\n", &[]);
    }

    #[test]
    fn methods_and_functions_that_change_are_told() {
        found("x = [1]\nfreeze x\nx.push 2\n", &["x.push"]);
        found("x = [1]\nfreeze x\ny = 1 + x.push(2).len\n", &["x.push(2).len"]);
        found("x = {1: 2}\nfreeze x\nif x.remove(1) then print 1\n", &["x.remove(1)"]);
        found("freeze x\npush x, 1\n", &["push x, 1"]);
        found("freeze x\nprint remove(x, 1)\n", &["remove(x, 1)"]);
        // Nobody knows what `x` is; it has such a member; the program has such a method; nothing is called; perhaps nothing is asked.
        found("freeze x\nx.push 2\n", &[]);
        found("x = {\"push\": 1}\nfreeze x\nx.push 2\n", &[]);
        found("x = [1]\nfreeze x\nx.insert 0, 1\n", &[]);
        found("x = [1]\nfreeze x\ny = @x.push\n", &[]);
        found("x = [1]\nfreeze x\nif y and x.push(1) then print 1\n", &[]);
    }

    #[test]
    fn lists_that_operators_and_functions_make_are_known() {
        for made in ["range(3)", "range(1, 5)", "[0] * 3", "[1] + [2]", "\"a b\".split", "\"a\".split(\",\")"] {
            found(&format!("x = {made}\nfreeze x\nx.push 1\n"), &["x.push"]);
        }
        found("y = [1]\nx = y[:]\nfreeze x\ny.push 1\nx.push 1\n", &["x.push"]);
        found("x = {1: 2} + {3: 4}\nfreeze x\nx.remove 1\n", &["x.remove"]);
        found("x = [0] * 3\nfreeze x\nx.pop\n", &["x.pop"]);
        for made in
            ["range(3, 1, 1)", "range(n)", "[0] * n", "range(0, 1e10)", "n + [1]", "\"a\".split(n)", "n[:]", "n.split"]
        {
            found(&format!("x = {made}\nfreeze x\nx.push 1\n"), &[]);
        }
        found("x = [1] * 0\nfreeze x\nx.pop\n", &[]);
    }

    #[test]
    fn some_functions_change_only_what_holds_something() {
        found("x = [1]\nfreeze x\nx.pop\n", &["x.pop"]);
        found("x = [2, 1]\nfreeze x\nx.sort \"a\"\n", &["x.sort"]);
        found("x = [1]\nfreeze x\nx.sort\n", &[]);
        found("x = []\nfreeze x\nx.pop\nx.pull\n", &[]);
        found("x = []\nfreeze x\nx.shuffle\n", &["x.shuffle"]);
        found("x = {1: 2}\nfreeze x\nprint pop(x)\n", &["pop(x)"]);
        found("x = {1: 2}\nfreeze x\nx.sort\nsort x\n", &[]);
        found("y = frozenCopy([1])\ny.pull\n", &["y.pull"]);
        // Somebody may have taken it out, through the variable or another name.
        found("x = [1]\nx.pop\nfreeze x\nx.pop\n", &[]);
        found("x = [1]\ny = x\ny.pop\nfreeze x\nx.pop\n", &[]);
        found("x = [1]\nif a then f x\nfreeze x\nx.pop\n", &[]);
        found("x = [1]\nwhile x\n  x.pop\nend while\nfreeze x\nx.pop\n", &[]);
        found("seen = [1]\nf\nfreeze seen\nseen.pop\n", &[]);
        // What is frozen already stays what it is.
        found("x = [1]\nfreeze x\ny = x\nprint x\ny.pop\n", &["y.pop"]);
    }

    #[test]
    fn it_is_frozen_on_every_way_or_not_at_all() {
        found("if a then freeze x\nx.a = 1\n", &[]);
        found("if a then\n  freeze x\nelse\n  freeze x\nend if\nx.a = 1\n", &["x.a"]);
        found("freeze x\nif a then x = {}\nx.a = 1\n", &[]);
        found("freeze x\nif a then\n  x = {}\n  return\nend if\nx.a = 1\n", &["x.a"]);
        found("freeze x\nif a then\n  x.a = 1\nelse if b then\n  x.b = 1\nend if\n", &["x.a", "x.b"]);
    }

    #[test]
    fn loops_keep_what_they_do_not_change() {
        found("freeze x\nwhile a\n  x.a = 1\nend while\n", &["x.a"]);
        found("freeze x\nfor i in a\n  x[i] = 1\n  x = {}\nend for\nx.a = 1\n", &[]);
        found("for i in a\n  freeze x\nend for\nx.a = 1\n", &[]);
        found("for i in a\n  freeze x\n  x.a = 1\nend for\n", &["x.a"]);
        found("freeze i\nfor i in a\n  i.a = 1\nend for\n", &[]);
        found("freeze x\nwhile a\n  x.a = 1\n  for x in a\n  end for\nend while\n", &[]);
    }

    #[test]
    fn who_asks_whether_it_is_frozen_keeps_from_changing_it() {
        found("freeze x\nif not isFrozen(x) then x.a = 1\nx.b = 1\n", &["x.b"]);
        found("freeze x\nif isFrozen(x) then return\nx.a = 1\n", &[]);
        found("freeze x\nif y then\n  if not (isFrozen(x)) then x.a = 1\nend if\n", &[]);
        found("freeze x\nif isFrozen(x) then x = {} else x.a = 1\nx.b = 1\n", &[]);
        found("freeze x\nif isFrozen(x) then\n  y = 1\nelse if y then\n  x.a = 1\nend if\nx.b = 1\n", &["x.b"]);
        found("freeze x\nif y and not isFrozen(x) then x.a = 1\n", &[]);
        found("freeze x\nif isFrozen(x) or y then return\nx.a = 1\n", &[]);
        found("freeze x\nwhile not isFrozen(x)\n  x.a = 1\nend while\nx.b = 1\n", &["x.b"]);
        found("freeze x\nprint isFrozen(x)\nx.a = 1\n", &["x.a"]);
        // The answer is kept, is about another name, or is not followed.
        found("freeze x\nok = not isFrozen(x)\nif ok then x.a = 1\n", &[]);
        found("y = x\nfreeze x\nif not isFrozen(y) then x.a = 1\n", &[]);
        found("freeze x\nif isFrozen(x) == 0 then x.a = 1\n", &[]);
        found("freeze x\nif y or not isFrozen(x) then x.a = 1\n", &[]);
        found("freeze x\nfor i in range(isFrozen(x), 0)\n  x.a = 1\nend for\n", &[]);
        assert_eq!(in_function("f = function(l=[])\n  if isFrozen(l) then l = l[:]\n  l.push 2\nend function\n"), []);
    }

    #[test]
    fn functions_stand_for_themselves() {
        found("freeze x\nf = function\n  x.a = 1\nend function\nx.b = 1\n", &["x.b"]);
        assert_eq!(in_function("f = function(m)\n  freeze m\n  m.a = 1\nend function\n"), [("m.a".into(), false)]);
    }

    #[test]
    fn defaults_are_frozen_for_who_leaves_them_out() {
        let found = |body: &str| in_function(&format!("f = function(l=[1], m={{}}, n=null)\n{body}\nend function\n"));
        assert_eq!(
            found("  l.push 2\n  l.push 3\n  push m, 1\n  n.a = 1"),
            [("l.push".into(), true), ("push m, 1".into(), true)]
        );
        assert_eq!(found("  if n then freeze l\n  l[0] = 1"), [("l[0]".into(), true)]);
        assert_eq!(found("  freeze l\n  l[0] = 1"), [("l[0]".into(), false)]);
        assert_eq!(found("  l = l[:]\n  l.push 2\n  m = {}\n  m.a = 1"), []);
        assert_eq!(found("  if n then l = []\n  l.push 2"), []);
    }

    /// What is found in the only function of a program, and whether it is about a default.
    fn in_function(text: &str) -> Vec<(String, bool)> {
        let root = SyntaxNode::new_root(minilive_syntax::parse(text).green);
        let function = root.descendants().find(|it| it.kind() == SyntaxKind::FunctionExpr).expect("one");
        let yes = |_: &str| true;
        let outside =
            Outside { is_own: &yes, is_alone: &yes, is_built_in: &yes, is_method: &yes, asks_elsewhere: false };
        let mut found = Vec::new();
        follow(&function, &outside, &mut Known::default(), &mut found);
        found.into_iter().map(|it| (text[it.range].to_owned(), it.is_default)).collect()
    }
}
