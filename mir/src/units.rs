//! The units of a file: which pieces of text are lowered alone, what they are called and how they are told apart over edits.
//!
//! Takes the file's green tree; hands [`UnitSyntax`] to `lower`, to the database (one entry per unit) and to the editor's lenses.
//! Invariants: a unit's key depends on nothing behind or around its statement but equal statements before it; editing a
//! function's body changes neither its own key nor its statement's; names and lines are kept beside keys, not in them.
//!
//! Incremental: what a statement contributes is a [`StatementShape`], a pure function of its green node; a caller that keeps shapes and
//! their units by node looks into the edited statement only, and the rest is one pass over statements.

use crate::ir::{UnitKey, UnitKind};
use minilive_syntax::ast::{AssignStmt, AstNode, Stmt};
use minilive_syntax::{MiniScript, SyntaxKind, SyntaxNode, TextSize};
use rowan::{GreenNode, GreenNodeData, GreenTokenData, Language, NodeOrToken, WalkEvent};
use rustc_hash::FxHashMap;
use smol_str::{SmolStr, format_smolstr};

/// How a file's top level is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileMode<'a> {
    /// Statement by statement, its names being globals.
    Program,
    /// As one call, its names being locals of the module. The text tells it apart from the other modules of a program, whose
    /// functions may be the same.
    Module(&'a str),
}

/// One unit of a file with its text and place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitSyntax {
    /// Stable identity.
    pub key: UnitKey,
    /// What it is.
    pub kind: UnitKind,
    /// The unit around it, an index into the same list; `None` for what stands at top level.
    pub parent: Option<u32>,
    /// Its own tree: a statement, a function literal or the whole file.
    pub green: GreenNode,
    /// Where it starts in the file.
    pub start: TextSize,
    /// The line (1-based) on which it starts.
    pub base_line: u32,
    /// A function's name as its text form shows it: `f`, `m.f`, `x[0]` or `@f3`; empty for others.
    pub name: SmolStr,
}

/// What a top-level statement contributes to the units of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementShape {
    /// Hash of the statement's tokens without function literals.
    content: u64,
    /// Function literals at any depth, outer before inner, in source order.
    functions: Vec<FunctionShape>,
    /// How many line ends the statement's text has.
    line_ends: u32,
}

impl StatementShape {
    /// Hash of the statement's tokens without function literals: equal statements of a file are told apart by their number.
    pub fn content(&self) -> u64 {
        self.content
    }

    /// How many line ends the statement's text has.
    pub fn line_ends(&self) -> u32 {
        self.line_ends
    }

    /// How many function literals it holds.
    pub fn function_count(&self) -> u32 {
        crate::tables::index(self.functions.len())
    }

    /// The units of the statement, of which so many equal ones come before it and so many function literals: places and lines are
    /// relative to the statement, parents to the list.
    pub fn units(&self, statement: &GreenNodeData, equal_before: u32, functions_before: u32) -> Vec<UnitSyntax> {
        let mut collector = Collector { functions: functions_before, ..Collector::default() };
        collector.equal_statements.insert(self.content, equal_before);
        collector.statement(statement, self, None, TextSize::new(0), 0);
        collector.units
    }

    /// Whether a name in it depends on how many function literals come before.
    pub fn has_nameless(&self) -> bool {
        self.functions.iter().any(|function| function.name.is_none())
    }
}

/// A function literal inside a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
struct FunctionShape {
    /// The function literal around it, an index into the same list.
    parent: Option<u32>,
    green: GreenNode,
    /// Relative to the statement.
    start: TextSize,
    /// Relative to the statement.
    line: u32,
    /// The text of the target it is directly assigned to.
    name: Option<SmolStr>,
}

/// The units of a file in source order, outer before inner.
pub fn units(file: &GreenNodeData, mode: FileMode<'_>) -> Vec<UnitSyntax> {
    let mut collector = Collector::default();
    let module = match mode {
        FileMode::Program => None,
        FileMode::Module(name) => Some(collector.module(file, name)),
    };
    let mut start = TextSize::new(0);
    let mut line = 1;
    for child in file.children() {
        match child {
            NodeOrToken::Node(node) if is_statement(node) => {
                let shape = statement_shape(node);
                collector.statement(node, &shape, module, start, line);
                line += shape.line_ends;
            }
            between => line += line_ends_between(between),
        }
        start += child.text_len();
    }
    collector.units
}

/// A unit that is no part of a file (an expression of the editor) and the functions inside it.
pub(crate) fn functions_of(root: UnitSyntax) -> Vec<UnitSyntax> {
    let shape = statement_shape(&root.green);
    let (start, line) = (root.start, root.base_line);
    let mut collector = Collector { units: vec![root], ..Collector::default() };
    collector.functions_in(&shape, 0, start, line);
    collector.units
}

/// What a statement contributes, from its own tree alone.
pub fn statement_shape(statement: &GreenNodeData) -> StatementShape {
    plain_shape(statement).unwrap_or_else(|| shape_with_functions(statement))
}

/// The same of a statement without function literals, which takes no walk over places; none if there is one.
fn plain_shape(statement: &GreenNodeData) -> Option<StatementShape> {
    let (mut hashed, mut line) = (Vec::new(), 0);
    let mut open = vec![statement.children()];
    while let Some(children) = open.last_mut() {
        match children.next() {
            None => drop(open.pop()),
            Some(NodeOrToken::Node(node)) if is_function(node) => return None,
            Some(NodeOrToken::Node(node)) => open.push(node.children()),
            Some(NodeOrToken::Token(token)) => {
                let kind = MiniScript::kind_from_raw(token.kind());
                if !kind.is_trivia() && !kind.is_line_end() {
                    hashed.extend_from_slice(token.text().as_bytes());
                    hashed.push(0);
                }
                line += line_ends(token.text());
            }
        }
    }
    Some(StatementShape { content: hash(&[b"content", &hashed]), functions: Vec::new(), line_ends: line })
}

fn is_function(node: &GreenNodeData) -> bool {
    MiniScript::kind_from_raw(node.kind()) == SyntaxKind::FunctionExpr
}

/// Whether something of a kind stands below a node.
pub(crate) fn is_below(node: &GreenNodeData, is_it: impl Fn(SyntaxKind) -> bool) -> bool {
    let mut open = vec![node.children()];
    while let Some(children) = open.last_mut() {
        match children.next() {
            None => drop(open.pop()),
            Some(child) if is_it(MiniScript::kind_from_raw(child.kind())) => return true,
            Some(NodeOrToken::Node(node)) => open.push(node.children()),
            Some(NodeOrToken::Token(_)) => {}
        }
    }
    false
}

fn shape_with_functions(statement: &GreenNodeData) -> StatementShape {
    let root = SyntaxNode::new_root(statement.to_owned());
    let mut hashed = Vec::new();
    let mut functions: Vec<FunctionShape> = Vec::new();
    let mut open = Vec::new();
    let mut line = 0;
    for event in root.preorder_with_tokens() {
        match event {
            WalkEvent::Enter(NodeOrToken::Node(node)) if node.kind() == SyntaxKind::FunctionExpr => {
                if open.is_empty() {
                    hashed.extend_from_slice(b"function\0");
                }
                open.push(crate::tables::index(functions.len()));
                functions.push(FunctionShape {
                    parent: open.len().checked_sub(2).map(|outer| open[outer]),
                    green: node.green().into_owned(),
                    start: node.text_range().start(),
                    line,
                    name: assigned_name(&node),
                });
            }
            WalkEvent::Leave(NodeOrToken::Node(node)) if node.kind() == SyntaxKind::FunctionExpr => {
                open.pop();
            }
            WalkEvent::Enter(NodeOrToken::Token(token)) => {
                let kind = token.kind();
                if open.is_empty() && !kind.is_trivia() && !kind.is_line_end() {
                    hashed.extend_from_slice(token.text().as_bytes());
                    hashed.push(0);
                }
                line += line_ends(token.text());
            }
            _ => {}
        }
    }
    StatementShape { content: hash(&[b"content", &hashed]), functions, line_ends: line }
}

/// Builds the list of units.
#[derive(Default)]
struct Collector {
    units: Vec<UnitSyntax>,
    /// How many statements of the same content came before.
    equal_statements: FxHashMap<u64, u32>,
    /// Ordinals of functions within their parents.
    siblings: FxHashMap<u32, Siblings>,
    /// Function literals so far: the N of `@fN`.
    functions: u32,
}

impl Collector {
    /// Adds the module as a whole.
    fn module(&mut self, file: &GreenNodeData, name: &str) -> u32 {
        self.units.push(UnitSyntax {
            key: UnitKey(hash(&[b"module", name.as_bytes()])),
            kind: UnitKind::Module,
            parent: None,
            green: file.to_owned(),
            start: TextSize::new(0),
            base_line: 1,
            name: SmolStr::default(),
        });
        0
    }

    /// Adds a statement (unless a module holds it) and its functions.
    fn statement(
        &mut self,
        node: &GreenNodeData,
        shape: &StatementShape,
        module: Option<u32>,
        start: TextSize,
        line: u32,
    ) {
        let parent = module.unwrap_or_else(|| {
            let equal = self.equal_statements.entry(shape.content).or_insert(0);
            let key = UnitKey(hash(&[b"statement", &shape.content.to_le_bytes(), &equal.to_le_bytes()]));
            *equal += 1;
            self.units.push(UnitSyntax {
                key,
                kind: UnitKind::Statement,
                parent: None,
                green: node.to_owned(),
                start,
                base_line: line,
                name: SmolStr::default(),
            });
            crate::tables::index(self.units.len() - 1)
        });
        self.functions_in(shape, parent, start, line);
    }

    /// Adds the functions of a statement or expression.
    fn functions_in(&mut self, shape: &StatementShape, parent: u32, start: TextSize, line: u32) {
        let first = crate::tables::index(self.units.len());
        for function in &shape.functions {
            self.functions += 1;
            let parent = function.parent.map_or(parent, |outer| first + outer);
            let ordinals = self.siblings.entry(parent).or_default();
            let key = ordinals.key(self.units[parent as usize].key, function.name.as_deref());
            let number = self.functions;
            self.units.push(UnitSyntax {
                key,
                kind: UnitKind::Function,
                parent: Some(parent),
                green: function.green.clone(),
                start: start + function.start,
                base_line: line + function.line,
                name: function.name.clone().unwrap_or_else(|| format_smolstr!("@f{number}")),
            });
        }
    }
}

/// Hands out keys to the functions directly inside one unit, in source order.
#[derive(Debug, Default)]
struct Siblings(FxHashMap<SmolStr, u32>);

impl Siblings {
    /// The key of the next function with this name (or without one).
    fn key(&mut self, parent: UnitKey, name: Option<&str>) -> UnitKey {
        let name = name.unwrap_or("");
        let ordinal = self.0.entry(SmolStr::new(name)).or_insert(0);
        let key = hash(&[b"function", &parent.0.to_le_bytes(), name.as_bytes(), &ordinal.to_le_bytes()]);
        *ordinal += 1;
        UnitKey(key)
    }
}

/// The function literals directly inside a unit, in source order: where each starts and its key.
pub(crate) fn direct_functions(unit: &SyntaxNode, key: UnitKey) -> Vec<(TextSize, UnitKey)> {
    let mut siblings = Siblings::default();
    let mut found = Vec::new();
    if !is_below(&unit.green(), |kind| kind == SyntaxKind::FunctionExpr) {
        return found;
    }
    let mut walk = unit.preorder();
    walk.next(); // the unit's own node, which may be a function literal
    while let Some(event) = walk.next() {
        let WalkEvent::Enter(node) = event else { continue };
        if unit.kind() == SyntaxKind::SourceFile && !Stmt::can_cast(node.kind()) && node.parent().as_ref() == Some(unit)
        {
            // What the parser could not make a statement of is no part of any unit.
            walk.skip_subtree();
        } else if node.kind() == SyntaxKind::FunctionExpr {
            let name = assigned_name(&node);
            found.push((node.text_range().start(), siblings.key(key, name.as_deref())));
            walk.skip_subtree();
        }
    }
    found
}

/// The text of the target that a function literal is directly assigned to.
fn assigned_name(function: &SyntaxNode) -> Option<SmolStr> {
    let value = function.ancestors().skip(1).find(|node| node.kind() != SyntaxKind::ParenExpr)?;
    let assign = AssignStmt::cast(value)?;
    if assign.operator() != Some(SyntaxKind::Eq) {
        return None;
    }
    let target = assign.target()?;
    let is_value = function.text_range().start() >= target.range().end();
    let plain = target.syntax().descendants().all(|node| node.kind() != SyntaxKind::FunctionExpr);
    (is_value && plain).then(|| compact(target.syntax()))
}

/// The text of a node without white space, comments and line ends, but with a space between words.
fn compact(node: &SyntaxNode) -> SmolStr {
    let mut text = String::new();
    let is_word = |c: char| c == '_' || c.is_alphanumeric();
    for token in node.descendants_with_tokens().filter_map(NodeOrToken::into_token) {
        if token.kind().is_trivia() || token.kind().is_line_end() {
            continue;
        }
        if text.ends_with(is_word) && token.text().starts_with(is_word) {
            text.push(' ');
        }
        text.push_str(token.text());
    }
    SmolStr::new(text)
}

/// Line ends in the text of what stands between statements.
pub fn line_ends_between(child: NodeOrToken<&GreenNodeData, &GreenTokenData>) -> u32 {
    match child {
        NodeOrToken::Node(node) => line_ends_below(node),
        NodeOrToken::Token(token) => line_ends(token.text()),
    }
}

/// Whether a child of a file is a statement.
pub fn is_statement(node: &GreenNodeData) -> bool {
    Stmt::can_cast(MiniScript::kind_from_raw(node.kind()))
}

/// Line ends in the text of a node that is no statement.
fn line_ends_below(node: &GreenNodeData) -> u32 {
    // A broken file may be one such node, and it is counted at each edit: green nodes cost a fraction of a walk over places.
    let (mut open, mut count) = (vec![node.children()], 0);
    while let Some(children) = open.last_mut() {
        match children.next() {
            None => drop(open.pop()),
            Some(NodeOrToken::Node(node)) => open.push(node.children()),
            Some(NodeOrToken::Token(token)) => count += line_ends(token.text()),
        }
    }
    count
}

/// Line ends in a token's text: LF, CR LF or a lone CR, none of which the lexer ever splits.
fn line_ends(text: &str) -> u32 {
    let bytes = text.as_bytes();
    let ends = bytes
        .iter()
        .enumerate()
        .filter(|&(at, &byte)| byte == b'\n' || byte == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
    crate::tables::index(ends.count())
}

/// The first eight bytes of a hash over parts, each with its length.
fn hash(parts: &[&[u8]]) -> u64 {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let hash = hasher.finalize();
    let (head, _) = hash.as_bytes().split_first_chunk::<8>().expect("a BLAKE3 hash has 32 bytes");
    u64::from_le_bytes(*head)
}
