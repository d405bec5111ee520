//! The walk over a unit's tree that finds its names.
//!
//! Called by the database for each unit. Invariants: broken code is walked as far as it goes; nested functions are counted, not
//! entered; uses come out in source order.

use super::{
    ANY_KEY, Access, ENSURE_IMPORT, MAP_METHODS, NameUse, Openness, Place, Sym, Symbol, TYPE_MAPS, UnitFacts, UnitNames,
};
use crate::fold;
use crate::ir::{BinaryOp, Const, UnitKind};
use crate::operators::{assign_op, binary_op, unary_op};
use crate::scope::Scope;
use minilive_syntax::ast::{
    AssignStmt, AstNode, CallStmt, CallSuffix, CompareExpr, Expr, ForStmt, FunctionExpr, LiteralExpr, LiteralValue,
    MapExpr, PostfixExpr, ReturnStmt, Stmt, Suffix,
};
use minilive_syntax::{MiniScript, SyntaxKind, SyntaxNode, SyntaxToken, TextRange, TextSize};
use rowan::{GreenNodeData, Language as _, NodeOrToken, WalkEvent};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use std::cell::{Cell, OnceCell};
use std::sync::Arc;

/// More kinds of elements than this are not told apart.
const ELEMENTS: usize = 6;

/// No built-in function tells more arguments apart.
const ARGUMENTS: usize = 4;

/// Arguments within arguments are followed so far: each call is told for itself, too.
const NESTED: u8 = 2;

/// Collects the names of a unit; `scope` are the variables of a function.
pub fn collect(unit: &GreenNodeData, kind: UnitKind, scope: Option<Arc<Scope>>) -> (UnitNames, UnitFacts) {
    let root = SyntaxNode::new_root(unit.to_owned());
    let function = FunctionExpr::cast(root.clone()).filter(|_| kind == UnitKind::Function);
    let mut collector = Collector::new(&root, kind, scope);
    collector.unit(&root, function.as_ref());
    let Collector { mut names, mut facts, .. } = collector;
    names.shrink();
    facts.shrink();
    (names, facts)
}

/// The numbers of what is told apart by its number within the unit.
#[derive(Default)]
struct Numbers {
    maps: FxHashMap<TextSize, u32>,
    news: FxHashMap<TextSize, u32>,
    functions: Vec<TextSize>,
}

impl Numbers {
    fn of(root: &SyntaxNode) -> Numbers {
        let mut numbers = Numbers::default();
        let has_number = |kind| matches!(kind, SyntaxKind::MapExpr | SyntaxKind::NewKw | SyntaxKind::FunctionExpr);
        if !crate::units::is_below(&root.green(), has_number) {
            return numbers;
        }
        let next = |of: &FxHashMap<TextSize, u32>| crate::tables::index(of.len());
        walk(root, |node| {
            let start = node.text_range().start();
            match node.kind() {
                SyntaxKind::MapExpr => {
                    let number = next(&numbers.maps);
                    numbers.maps.insert(start, number);
                }
                SyntaxKind::UnaryExpr if is_new(node) => {
                    let number = next(&numbers.news);
                    numbers.news.insert(start, number);
                }
                SyntaxKind::FunctionExpr if node != root => numbers.functions.push(start),
                _ => {}
            }
        });
        numbers
    }
}

/// Where the map literal or the `new` of that number stands in a unit's tree.
pub fn range_of_made(root: &SyntaxNode, kind: SyntaxKind, number: u32) -> Option<TextRange> {
    let numbers = Numbers::of(root);
    let starts = if kind == SyntaxKind::MapExpr { &numbers.maps } else { &numbers.news };
    let start = starts.iter().find(|(_, it)| **it == number).map(|(start, _)| *start)?;
    let mut found = None;
    walk(root, |node| {
        if node.kind() == kind && node.text_range().start() == start && found.is_none() {
            found = Some(node.text_range());
        }
    });
    found
}

fn is_new(node: &SyntaxNode) -> bool {
    begins_with(node, SyntaxKind::NewKw)
}

/// Visits the nodes of a unit in source order, nested functions without what is in them.
pub(super) fn walk(root: &SyntaxNode, mut visit: impl FnMut(&SyntaxNode)) {
    let mut walk = root.preorder();
    while let Some(event) = walk.next() {
        let WalkEvent::Enter(node) = event else { continue };
        visit(&node);
        if node.kind() == SyntaxKind::FunctionExpr && node != *root {
            walk.skip_subtree();
        }
    }
}

pub(super) struct Collector {
    is_function: bool,
    /// Absent in statements, whose names are globals, and where only symbols are wanted.
    scope: Option<Arc<Scope>>,
    /// Where the parameters stand.
    params: Option<TextRange>,
    root: SyntaxNode,
    /// Found out once something has a number: that takes a look at the whole unit.
    numbers: OnceCell<Numbers>,
    /// The variables that are taken out of `locals`; none stands for any.
    removed: Vec<Option<SmolStr>>,
    /// How many calls are around what is being put into symbols.
    nested: Cell<u8>,
    pub(super) names: UnitNames,
    facts: UnitFacts,
}

impl Collector {
    pub(super) fn new(root: &SyntaxNode, kind: UnitKind, scope: Option<Arc<Scope>>) -> Collector {
        Collector {
            is_function: kind == UnitKind::Function,
            scope,
            params: None,
            root: root.clone(),
            numbers: OnceCell::new(),
            removed: Vec::new(),
            nested: Cell::new(0),
            names: UnitNames::default(),
            facts: UnitFacts::default(),
        }
    }

    fn numbers(&self) -> &Numbers {
        self.numbers.get_or_init(|| Numbers::of(&self.root))
    }

    fn unit(&mut self, root: &SyntaxNode, function: Option<&FunctionExpr>) {
        if let Some(function) = function {
            self.facts.always_returns = super::ends::always_returns(function);
            let variables = self.scope.iter().flat_map(|scope| scope.variables.iter().map(|it| it.name.clone()));
            self.facts.variables.extend(variables);
            self.params = function.param_list().map(|it| it.range());
            for param in function.params() {
                let Some(name) = param.name_token() else { continue };
                let default = param.default().map_or_else(unknown, |it| self.symbol(&it));
                self.facts.params.push((SmolStr::new(name.text()), default));
                self.add_use(&name, Place::Param, Access::Write);
            }
        }
        walk(root, |node| self.node(node));
        self.names.uses.sort_by_key(|it| it.range.start());
        self.removals();
        if let Some(statement) = Stmt::cast(root.clone()) {
            self.statement(&statement);
        }
    }

    /// What is taken out of `locals` may not be there where it is read.
    fn removals(&mut self) {
        let removed = &self.removed;
        let may_be_gone = |name: &SmolStr| removed.iter().any(|it| it.as_ref().is_none_or(|it| it == name));
        let bare = self.names.uses.iter_mut().filter(|it| it.place == Place::Bare);
        bare.filter(|it| may_be_gone(&it.name)).for_each(|it| it.definite = false);
    }

    /// What a statement of a program does to its own names.
    fn statement(&mut self, statement: &Stmt) {
        self.facts.is_assignment = matches!(statement, Stmt::Assign(_));
        self.facts.filled = super::filled::filled(statement);
        let mut names: Vec<_> =
            self.facts.assigned.iter().map(|(name, _)| name).filter(|it| self.facts.reads.contains(*it)).collect();
        names.sort_unstable();
        names.dedup();
        let early = super::early::early(statement, names.into_iter());
        let mut reads: FxHashMap<SmolStr, Vec<TextSize>> =
            early.iter().map(|(name, ..)| (name.clone(), Vec::new())).collect();
        for it in self.names.uses.iter().filter(|it| it.place == Place::Bare && it.access != Access::Write) {
            if let Some(reads) = reads.get_mut(&it.name) {
                reads.push(it.range.start());
            }
        }
        for (name, at, kind) in early {
            let before = reads.get(&name).map_or(0, |reads| reads.partition_point(|it| *it < at));
            self.facts.early.push((name, crate::tables::index(before), kind));
        }
    }

    /// Whether a node stands among the parameters of the unit, whose defaults are constants.
    fn is_in_params(&self, node: &SyntaxNode) -> bool {
        self.params.is_some_and(|it| it.contains_range(node.text_range()))
    }

    fn node(&mut self, node: &SyntaxNode) {
        match node.kind() {
            SyntaxKind::NameExpr if !self.is_in_params(node) => self.name(node),
            SyntaxKind::PostfixExpr => self.chain(node),
            SyntaxKind::KeywordExpr => self.keyword(node),
            SyntaxKind::AssignStmt => self.assignment(node),
            SyntaxKind::ForStmt => self.for_loop(node),
            SyntaxKind::CompareExpr | SyntaxKind::UnaryExpr | SyntaxKind::IfBranch if !is_new(node) => {
                self.asked(node);
                self.compared(node);
            }
            SyntaxKind::BinaryExpr => self.added(node),
            SyntaxKind::MapExpr => self.map(node),
            SyntaxKind::CallStmt => self.call_statement(node),
            SyntaxKind::UnaryExpr if is_new(node) => {
                let operand = node.children().find_map(Expr::cast);
                let base = operand.map_or_else(unknown, |it| self.symbol(&it));
                self.facts.news.push(base);
            }
            SyntaxKind::ReturnStmt => {
                let value = ReturnStmt::cast(node.clone()).and_then(|it| it.value());
                let value = value.map_or_else(|| Symbol::Null.into(), |it| self.symbol(&it));
                push_new(&mut self.facts.returns, value);
            }
            _ => {}
        }
    }

    fn add_use(&mut self, token: &SyntaxToken, place: Place, access: Access) {
        let definite = self.definite(token, &place);
        let (name, range) = (SmolStr::new(token.text()), token.text_range());
        self.read_through(&name, &place, access);
        self.names.uses.push(NameUse { name, range, place, access, definite, quoted: false });
    }

    fn read_through(&mut self, name: &SmolStr, place: &Place, access: Access) {
        if access != Access::Write && matches!(place, Place::Locals | Place::Outer | Place::Globals) {
            self.facts.read_through.insert(name.clone());
        }
    }

    /// A read through `locals` is as definite as its name can be: it never looks further.
    fn definite(&self, token: &SyntaxToken, place: &Place) -> bool {
        match place {
            Place::Bare => self.scope.as_ref().is_some_and(|scope| scope.read_at(token.text_range().start()).definite),
            Place::Locals => true,
            _ => false,
        }
    }

    fn add_quoted(&mut self, literal: &LiteralExpr, place: Place, access: Access) {
        if let Some((name, range)) = constant_name(literal) {
            let definite = place == Place::Locals;
            self.read_through(&name, &place, access);
            self.names.uses.push(NameUse { name, range, place, access, definite, quoted: true });
        }
    }

    fn name(&mut self, node: &SyntaxNode) {
        let token = node.first_child_or_token_by_kind(&|it| it == SyntaxKind::Ident).and_then(|it| it.into_token());
        let Some(token) = token else { return };
        let target = node
            .parent()
            .and_then(AssignStmt::cast)
            .filter(|assign| assign.target().is_some_and(|target| target.syntax() == node));
        let access = match target.and_then(|assign| assign.operator()) {
            Some(SyntaxKind::Eq) => Access::Write,
            Some(_) => Access::Update,
            None if fold::named_constant(token.text()).is_some() => return,
            None => Access::Read,
        };
        if access != Access::Write {
            self.facts.reads.insert(SmolStr::new(token.text()));
        }
        self.add_use(&token, Place::Bare, access);
    }

    /// `self`, `locals` and so on where they are used as values.
    fn keyword(&mut self, node: &SyntaxNode) {
        let parent = node.parent().and_then(PostfixExpr::cast);
        let names_something = parent.and_then(|chain| chain.suffixes().next()).is_some_and(|suffix| match suffix {
            Suffix::Member(_) => true,
            Suffix::Index(index) => matches!(index.index(), Some(Expr::Literal(_))),
            _ => false,
        });
        if names_something || is_compared(node) {
            return;
        }
        let open: &mut Openness = &mut self.facts.open;
        match node.first_token().map(|token| token.kind()) {
            Some(SyntaxKind::LocalsKw) => open.locals = true,
            Some(SyntaxKind::OuterKw) => open.outer = true,
            Some(SyntaxKind::GlobalsKw) => open.globals = true,
            _ => {}
        }
    }

    /// The members that a chain names, and the calls in it.
    fn chain(&mut self, node: &SyntaxNode) {
        let Some(chain) = PostfixExpr::cast(node.clone()) else { return };
        let target = node
            .parent()
            .and_then(AssignStmt::cast)
            .filter(|assign| assign.target().is_some_and(|target| target.syntax() == node));
        let mut of = chain.base().map_or_else(unknown, |base| self.symbol(&base));
        let suffixes: Vec<_> = chain.suffixes().collect();
        for (at, suffix) in suffixes.iter().enumerate() {
            let access = match &target {
                Some(assign) if at + 1 == suffixes.len() => match assign.operator() {
                    Some(SyntaxKind::Eq) => Access::Write,
                    _ => Access::Update,
                },
                _ => Access::Read,
            };
            match suffix {
                Suffix::Member(member) => {
                    if let Some(name) = member.name_token() {
                        let place = place_in(&of);
                        if access != Access::Write && MAP_METHODS.contains(&name.text()) {
                            let args = self.arguments_behind(node, &suffixes[at + 1..]);
                            self.method_of_variables(&place, name.text(), args.first());
                        }
                        if access != Access::Write && matches!(place, Place::Member(_)) {
                            self.facts.member_reads.push(SmolStr::new(name.text()));
                        }
                        self.add_use(&name, place, access);
                    }
                }
                Suffix::Index(index) => match index.index() {
                    Some(Expr::Literal(literal)) => self.add_quoted(&literal, place_in(&of), access),
                    Some(key) => self.add_keyed(&of, &key),
                    None => {}
                },
                Suffix::Call(call) => {
                    let args: Vec<Expr> = call.arg_list().into_iter().flat_map(|list| list.args()).collect();
                    let callee = TextRange::new(node.text_range().start(), call.range().start());
                    self.call(&of, callee, &args);
                    let is_statement = node.parent().is_some_and(|it| it.kind() == SyntaxKind::ExprStmt);
                    if !is_statement || at + 1 < suffixes.len() {
                        self.module_as_value(&of, &args);
                    }
                }
                Suffix::Slice(_) => {}
            }
            of = self.through(of, suffix);
        }
    }

    /// `name == null`, `not name`, `name isa …` and `if name then`.
    fn asked(&mut self, node: &SyntaxNode) {
        if node.kind() == SyntaxKind::UnaryExpr && !begins_with(node, SyntaxKind::NotKw) {
            return;
        }
        let green = node.green();
        let nodes = || green.children().filter_map(NodeOrToken::into_node);
        let name = |it: &GreenNodeData| match it.children().next() {
            Some(NodeOrToken::Token(token)) if kind_of(it) == SyntaxKind::NameExpr => Some(SmolStr::new(token.text())),
            _ => None,
        };
        let (nulls, names): (Vec<_>, Vec<_>) = nodes().filter_map(name).partition(|it| it == "null");
        if node.kind() == SyntaxKind::CompareExpr && nulls.is_empty() {
            return;
        }
        names.into_iter().for_each(|name| push_new(&mut self.facts.asked, name));
    }

    fn call_statement(&mut self, node: &SyntaxNode) {
        let Some(call) = CallStmt::cast(node.clone()) else { return };
        let Some(callee) = call.callee() else { return };
        let args: Vec<Expr> = call.arg_list().into_iter().flat_map(|list| list.args()).collect();
        let range = callee.range();
        let callee = self.symbol(&callee);
        self.call(&callee, range, &args);
    }

    fn call(&mut self, callee: &Sym, range: TextRange, args: &[Expr]) {
        self.key_of_method(callee, args);
        self.looked_for(callee, args);
        match &**callee {
            Symbol::Name(name) if name == "import" => self.import(args),
            Symbol::Name(name) if name == ENSURE_IMPORT => self.ensure_import(args),
            Symbol::Element(of) if !args.is_empty() => {
                if let Symbol::Name(name) = &**of {
                    push_new(&mut self.facts.called_inside, name.clone());
                }
            }
            _ => {}
        }
        let is_named = matches!(**callee, Symbol::Name(_) | Symbol::Member(..));
        if is_named && !args.is_empty() {
            let args = args.iter().map(|arg| self.symbol(arg)).collect();
            self.facts.calls.push((callee.clone(), args));
            self.names.calls.push(range);
        }
    }

    /// The arguments of what stands before these suffixes of a chain: in parentheses, or of a statement.
    fn arguments_behind(&self, chain: &SyntaxNode, suffixes: &[Suffix]) -> Vec<Expr> {
        let list = match suffixes {
            [Suffix::Call(call), ..] => call.arg_list(),
            [] => {
                let call = chain.parent().and_then(CallStmt::cast);
                let is_it = |it: &CallStmt| it.callee().is_some_and(|callee| callee.syntax() == chain);
                call.filter(is_it).and_then(|it| it.arg_list())
            }
            _ => None,
        };
        list.into_iter().flat_map(|list| list.args()).collect()
    }

    /// A method of maps, read of a map of variables, works on all of them. Whether there is one of a name is a question about that alone, and
    /// so is its end, as far as reads of it do not mean something else from then on.
    fn method_of_variables(&mut self, place: &Place, method: &str, key: Option<&Expr>) {
        let is_about_one = matches!(key, Some(Expr::Literal(it)) if constant_name(it).is_some())
            && match method {
                "hasIndex" => true,
                "remove" => *place == Place::Globals || *place == Place::Locals && !self.is_function,
                _ => false,
            };
        if *place == Place::Locals && matches!(method, "remove" | "pop" | "pull") {
            let name = match key {
                Some(Expr::Literal(it)) if method == "remove" => constant_name(it).map(|(name, _)| name),
                _ => None,
            };
            self.removed.push(name);
        }
        let open = &mut self.facts.open;
        match place {
            _ if is_about_one => {}
            Place::Locals => open.locals = true,
            Place::Outer => open.outer = true,
            Place::Globals => open.globals = true,
            Place::Bare | Place::Param | Place::Member(_) => {}
        }
    }

    /// `m.hasIndex("name")` and `m.remove("name")` name a member.
    fn key_of_method(&mut self, callee: &Sym, args: &[Expr]) {
        let Symbol::Member(owner, method) = &**callee else { return };
        match (&**method, args.first()) {
            ("hasIndex" | "remove", Some(Expr::Literal(key))) => self.add_quoted(key, place_in(owner), Access::Read),
            ("hasIndex" | "remove" | "push", Some(key)) => self.add_keyed(owner, key),
            _ => {}
        }
    }

    /// `import "name"` makes a variable of that name.
    fn import(&mut self, args: &[Expr]) {
        match args.first() {
            Some(Expr::Literal(literal)) if constant_name(literal).is_some() => {
                let Some((name, _)) = constant_name(literal) else { return };
                self.add_quoted(literal, Place::Bare, Access::Write);
                self.assign(name.clone(), Symbol::Import(name).into());
            }
            // It is an error, and gives nothing a value.
            Some(Expr::Literal(literal)) if matches!(literal.value(), Some(LiteralValue::String(it)) if it.is_empty()) =>
                {}
            Some(other) => {
                self.facts.open.import = true;
                let by = match other {
                    Expr::Name(name) => name.name_token().map_or_else(SmolStr::default, |it| it.text().into()),
                    _ => SmolStr::default(),
                };
                push_new(&mut self.facts.imported_by, by);
            }
            None => {}
        }
    }

    /// `ensureImport "name"` and `ensureImport ["name", "other"]` make globals of those names.
    fn ensure_import(&mut self, args: &[Expr]) {
        let literals: Vec<_> = match args.first() {
            Some(Expr::Literal(literal)) => vec![literal.clone()],
            Some(Expr::List(list)) => list
                .elements()
                .filter_map(|it| if let Expr::Literal(literal) = it { Some(literal) } else { None })
                .collect(),
            _ => Vec::new(),
        };
        for literal in literals {
            if let Some((name, _)) = constant_name(&literal) {
                self.add_quoted(&literal, Place::Globals, Access::Write);
                push_new(&mut self.facts.globals, (name.clone(), Symbol::Import(name).into()));
            }
        }
    }

    /// A module is also read where it is imported, if that is part of an expression.
    fn module_as_value(&mut self, callee: &Sym, args: &[Expr]) {
        if matches!(&**callee, Symbol::Name(name) if name == "import")
            && let Some(Expr::Literal(literal)) = args.first()
            && let Some((name, _)) = constant_name(literal)
        {
            self.facts.reads.insert(name);
        }
    }

    fn assign(&mut self, name: SmolStr, value: Sym) {
        if self.is_function {
            self.facts.variables.insert(name.clone());
        }
        push_new(&mut self.facts.assigned, (name, value));
    }

    fn assignment(&mut self, node: &SyntaxNode) {
        let Some(assign) = AssignStmt::cast(node.clone()) else { return };
        let Some(target) = assign.target() else { return };
        let value = self.assigned(&assign);
        self.added_to(&assign, &target);
        match &target {
            Expr::Name(name) => {
                if let Some(name) = name.name_token() {
                    self.assign(SmolStr::new(name.text()), value);
                }
            }
            Expr::Postfix(chain) => self.member_assignment(chain, value),
            _ => {}
        }
    }

    /// What an assignment gives its target.
    pub(super) fn assigned(&self, assign: &AssignStmt) -> Sym {
        let value = assign.value().map_or_else(unknown, |value| self.symbol(&value));
        match (assign.operator(), assign.target()) {
            (Some(SyntaxKind::Eq), _) => value,
            (Some(operator), Some(target)) => match assign_op(operator) {
                Some(op) => binary(op, self.symbol(&target), value),
                None => unknown(),
            },
            _ => unknown(),
        }
    }

    fn member_assignment(&mut self, chain: &PostfixExpr, value: Sym) {
        let suffixes: Vec<_> = chain.suffixes().collect();
        let Some((last, before)) = suffixes.split_last() else { return };
        let name = match last {
            Suffix::Member(member) => member.name_token().map(|name| SmolStr::new(name.text())),
            Suffix::Index(index) => index.index().and_then(|key| key_name(&key)),
            _ => None,
        };
        let mut of = chain.base().map_or_else(unknown, |base| self.symbol(&base));
        for suffix in before {
            of = self.through(of, suffix);
        }
        let Some(name) = name else {
            if matches!(&*of, Symbol::Name(it) if TYPE_MAPS.contains(&&**it)) {
                push_new(&mut self.facts.members, (of, ANY_KEY.into(), value));
            } else if matches!(last, Suffix::Index(_)) {
                push_new(&mut self.facts.elements, (of, value));
            }
            return;
        };
        self.facts.writes_through |= matches!(*of, Symbol::Locals | Symbol::Outer | Symbol::Globals);
        match &*of {
            Symbol::Locals => self.assign(name, value),
            Symbol::Outer => push_new(&mut self.facts.outer, (name, value)),
            Symbol::Globals => push_new(&mut self.facts.globals, (name, value)),
            _ => push_new(&mut self.facts.members, (of, name, value)),
        }
    }

    fn for_loop(&mut self, node: &SyntaxNode) {
        let Some(statement) = ForStmt::cast(node.clone()) else { return };
        let Some(name) = statement.variable() else { return };
        self.add_use(&name, Place::Bare, Access::Write);
        let over = statement.iterable().map_or_else(unknown, |it| self.symbol(&it));
        self.assign(SmolStr::new(name.text()), Symbol::Iterated(over).into());
    }

    fn map(&mut self, node: &SyntaxNode) {
        let Some(map) = MapExpr::cast(node.clone()) else { return };
        let Some(&number) = self.numbers().maps.get(&node.text_range().start()) else { return };
        let owner: Sym = Symbol::Map(number).into();
        let mut entries = Vec::new();
        for entry in map.entries() {
            let Some(key) = entry.key() else { continue };
            let Some(name) = key_name(&key) else { continue };
            if let Expr::Literal(key) = &key {
                self.add_quoted(key, Place::Member(owner.clone()), Access::Write);
            }
            entries.push((name, entry.value().map_or_else(unknown, |value| self.symbol(&value))));
        }
        self.facts.maps.push(entries);
    }

    /// What an expression stands for.
    pub(super) fn symbol(&self, it: &Expr) -> Sym {
        let start = it.range().start();
        match it {
            Expr::Paren(paren) => {
                let inner = paren.inner().map_or_else(unknown, |inner| self.symbol(&inner));
                return match *inner {
                    // What is read in parentheses has been called before anything else is done with it.
                    Symbol::Name(_) | Symbol::Member(..) => Symbol::Call(inner, Vec::new()).into(),
                    _ => inner,
                };
            }
            Expr::Literal(literal) => match literal.value() {
                Some(LiteralValue::Number(_)) => Symbol::Number,
                Some(LiteralValue::String(_)) => Symbol::Text,
                None => Symbol::Unknown,
            },
            Expr::Name(name) => match name.name_token() {
                Some(token) => self.named(&token),
                None => Symbol::Unknown,
            },
            Expr::Keyword(keyword) => match keyword.keyword() {
                Some(SyntaxKind::SelfKw) => Symbol::SelfValue,
                Some(SyntaxKind::SuperKw) => Symbol::Super,
                Some(SyntaxKind::LocalsKw) => Symbol::Locals,
                Some(SyntaxKind::OuterKw) => Symbol::Outer,
                Some(SyntaxKind::GlobalsKw) => Symbol::Globals,
                _ => Symbol::Unknown,
            },
            Expr::List(list) => {
                let mut kinds = Vec::new();
                for element in list.elements().take(64) {
                    push_new(&mut kinds, self.symbol(&element));
                    if kinds.len() == ELEMENTS {
                        break;
                    }
                }
                Symbol::List(kinds)
            }
            Expr::Map(_) => self.numbers().maps.get(&start).map_or(Symbol::Unknown, |&n| Symbol::Map(n)),
            Expr::Function(_) => match self.numbers().functions.binary_search(&start) {
                Ok(number) => Symbol::Function(crate::tables::index(number)),
                Err(_) => Symbol::Unknown,
            },
            Expr::Ref(reference) => match reference.operand() {
                Some(operand) => Symbol::Ref(self.symbol(&operand)),
                None => Symbol::Unknown,
            },
            Expr::Unary(unary) => match unary.operator() {
                Some(SyntaxKind::NewKw) => self.numbers().news.get(&start).map_or(Symbol::Unknown, |&n| Symbol::New(n)),
                operator => {
                    let operand = unary.operand().map_or_else(unknown, |it| self.symbol(&it));
                    match operator.and_then(unary_op) {
                        Some(_) if *operand == Symbol::Number => Symbol::Number,
                        Some(op) => Symbol::Unary(op, operand),
                        None => Symbol::Unknown,
                    }
                }
            },
            Expr::Binary(chain) => return self.chain_of(chain.operands(), chain.operators()),
            Expr::Compare(chain) => return self.comparison(chain),
            Expr::Postfix(chain) => {
                let base = chain.base().map_or_else(unknown, |base| self.symbol(&base));
                return chain.suffixes().fold(base, |of, suffix| self.through(of, &suffix));
            }
            Expr::Error(_) => Symbol::Unknown,
        }
        .into()
    }

    fn named(&self, token: &SyntaxToken) -> Symbol {
        match token.text() {
            "true" | "false" => Symbol::Number,
            "null" => Symbol::Null,
            name => Symbol::Name(SmolStr::new(name)),
        }
    }

    /// One step of a chain.
    pub(super) fn through(&self, of: Sym, suffix: &Suffix) -> Sym {
        match suffix {
            Suffix::Member(member) => match member.name_token() {
                Some(name) => Symbol::Member(of, SmolStr::new(name.text())),
                None => Symbol::Unknown,
            },
            Suffix::Index(index) => match index.index().and_then(|key| key_name(&key)) {
                // Brackets give a function itself.
                Some(name) => Symbol::Ref(Symbol::Member(of, name).into()),
                None => Symbol::Element(of),
            },
            Suffix::Slice(_) => Symbol::Slice(of),
            Suffix::Call(call) => {
                let argument = call.arg_list().and_then(|list| list.args().next());
                match (&*of, argument) {
                    (Symbol::Name(name), Some(Expr::Literal(literal))) if name == "import" => {
                        constant_name(&literal).map_or(Symbol::Unknown, |(name, _)| Symbol::Import(name))
                    }
                    _ => Symbol::Call(of, self.arguments(call)),
                }
            }
        }
        .into()
    }

    fn arguments(&self, call: &CallSuffix) -> Vec<Sym> {
        let args = call.arg_list().into_iter().flat_map(|list| list.args()).take(ARGUMENTS);
        let nested = self.nested.get();
        self.nested.set(nested + 1);
        let args = args.map(|arg| if nested < NESTED { self.symbol(&arg) } else { unknown() }).collect();
        self.nested.set(nested);
        args
    }

    /// Operands that are joined from left to right.
    fn chain_of(&self, mut operands: impl Iterator<Item = Expr>, operators: impl Iterator<Item = SyntaxKind>) -> Sym {
        let first = operands.next().map_or_else(unknown, |it| self.symbol(&it));
        operators.zip(operands).fold(first, |left, (operator, right)| match binary_op(operator) {
            Some(op) => binary(op, left, self.symbol(&right)),
            None => unknown(),
        })
    }

    /// The results of a chain of comparisons are multiplied, so of several it is enough to know that each is a number.
    fn comparison(&self, chain: &CompareExpr) -> Sym {
        let equality = |it: SyntaxKind| matches!(it, SyntaxKind::EqEq | SyntaxKind::NotEq);
        if chain.operators().all(equality) {
            return Symbol::Number.into();
        }
        if chain.operators().count() == 1 {
            return self.chain_of(chain.operands(), chain.operators());
        }
        let numbers = chain.operands().all(|it| *self.symbol(&it) == Symbol::Number);
        if numbers { Symbol::Number.into() } else { unknown() }
    }
}

/// What is known without asking anybody is worked out at once.
fn binary(op: BinaryOp, left: Sym, right: Sym) -> Sym {
    match (op, &*left, &*right) {
        (_, Symbol::Number, Symbol::Number) => left,
        (BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Isa, ..) => Symbol::Number.into(),
        _ => Symbol::Binary(op, left, right).into(),
    }
}

/// Whether two maps of names are only compared: `if locals == globals` asks whether a file is imported, and names nothing.
fn is_compared(node: &SyntaxNode) -> bool {
    let chain = node.parent().and_then(CompareExpr::cast);
    chain.is_some_and(|it| {
        it.operators().all(|it| matches!(it, SyntaxKind::EqEq | SyntaxKind::NotEq))
            && it.operands().all(|it| matches!(it, Expr::Keyword(_)))
    })
}

fn unknown() -> Sym {
    Symbol::Unknown.into()
}

/// The kind of a node that has no place.
pub(super) fn kind_of(node: &GreenNodeData) -> SyntaxKind {
    MiniScript::kind_from_raw(node.kind())
}

/// Whether the first token of a node, which is right below it, is of a kind.
fn begins_with(node: &SyntaxNode, kind: SyntaxKind) -> bool {
    node.green().children().next().is_some_and(|it| MiniScript::kind_from_raw(it.kind()) == kind)
}

/// The place where a member of this is looked for.
fn place_in(owner: &Sym) -> Place {
    match &**owner {
        Symbol::Locals => Place::Locals,
        Symbol::Outer => Place::Outer,
        Symbol::Globals => Place::Globals,
        _ => Place::Member(owner.clone()),
    }
}

/// The name in a string literal and where it stands, if it is written as it is.
pub(super) fn constant_name(literal: &LiteralExpr) -> Option<(SmolStr, TextRange)> {
    let token = literal.token().filter(|token| token.kind() == SyntaxKind::StringLit)?;
    let text = token.text();
    let inner = text.get(1..text.len().checked_sub(1)?)?;
    let range = token.text_range();
    let one = TextSize::of('"');
    let written = !inner.is_empty() && !inner.contains(['"', '\n', '\r']);
    written.then(|| (SmolStr::new(inner), TextRange::new(range.start() + one, range.end() - one)))
}

/// The name that a key is: one in quotes, or one that literals make together, which has no place of its own.
fn key_name(key: &Expr) -> Option<SmolStr> {
    match key {
        Expr::Literal(literal) => constant_name(literal).map(|(name, _)| name),
        other => match fold::fold(other)? {
            Const::Str(name) if !name.is_empty() => Some(SmolStr::new(&*name)),
            _ => None,
        },
    }
}

/// Adds what is not there yet; lists here are short.
fn push_new<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.iter().rev().take(16).any(|it| *it == item) {
        list.push(item);
    }
}
