//! The symbols of a file for those who look through many files: its variables, members and functions.
//!
//! `outline` makes them of the tree alone, since a search goes through files that nobody has opened. Invariant: statements are looked at and
//! the literals that they assign, never other expressions, so the cost is small beside that of the parse; of each name in each map the first
//! place counts.

use minilive_syntax::ast::{AssignStmt, AstNode, Expr, LiteralValue, MapExpr, PostfixExpr, Stmt, Suffix};
use minilive_syntax::{SyntaxNode, TextRange};
use rustc_hash::FxHashSet;
use smol_str::SmolStr;

/// Tables of data have more entries than anybody looks for by name.
const MOST_ENTRIES: usize = 200;

/// What a symbol is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileSymbolKind {
    /// A function that is no member.
    Function,
    /// One that is.
    Method,
    /// A variable of the file.
    Variable,
    /// One that holds a map with methods.
    Class,
    /// A member that is no function.
    Member,
}

/// A symbol of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSymbol {
    /// Its name.
    pub name: SmolStr,
    /// The map whose member it is, or the function in which it is defined.
    pub container: Option<SmolStr>,
    /// Where its name stands.
    pub range: TextRange,
    /// What it is.
    pub kind: FileSymbolKind,
}

/// The symbols of the statements at the top of a file, in the order of their places.
pub fn symbols(statements: impl Iterator<Item = Stmt>) -> Vec<FileSymbol> {
    let mut walk = Walk { found: Vec::new(), seen: FxHashSet::default() };
    statements.for_each(|it| walk.statement(&it, None));
    let classes: FxHashSet<SmolStr> = walk
        .found
        .iter()
        .filter(|it| it.kind == FileSymbolKind::Method)
        .filter_map(|it| it.container.clone())
        .collect();
    for it in &mut walk.found {
        if it.kind == FileSymbolKind::Variable && it.container.is_none() && classes.contains(&it.name) {
            it.kind = FileSymbolKind::Class;
        }
    }
    walk.found
}

struct Walk {
    found: Vec<FileSymbol>,
    seen: FxHashSet<(Option<SmolStr>, SmolStr)>,
}

impl Walk {
    /// A statement at the top of the file, or in a function of that name.
    fn statement(&mut self, statement: &Stmt, function: Option<&SmolStr>) {
        if let Stmt::Assign(assign) = statement {
            return self.assignment(assign, function);
        }
        // Blocks are of the file or function in which they stand.
        let blocks = statement.syntax().descendants().skip(1).filter(|it| Stmt::can_cast(it.kind()));
        let is_inside = |it: &SyntaxNode| {
            let around = it.ancestors().skip(1).find(|it| Stmt::can_cast(it.kind()));
            around.as_ref() == Some(statement.syntax())
        };
        let has_blocks = matches!(statement, Stmt::If(_) | Stmt::While(_) | Stmt::For(_));
        let direct: Vec<_> = blocks.filter(|_| has_blocks).filter(is_inside).filter_map(Stmt::cast).collect();
        direct.iter().for_each(|it| self.statement(it, function));
    }

    fn assignment(&mut self, assign: &AssignStmt, function: Option<&SmolStr>) {
        let (Some(target), value) = (assign.target(), assign.value()) else { return };
        let Some((name, owner, range)) = named(&target) else { return };
        let is_function = matches!(value, Some(Expr::Function(_)));
        let kind = match (is_function, &owner) {
            (true, Some(_)) => FileSymbolKind::Method,
            (true, None) => FileSymbolKind::Function,
            (false, Some(_)) => FileSymbolKind::Member,
            (false, None) => FileSymbolKind::Variable,
        };
        // Variables of functions are found by nobody who looks for names of files; `self.x` belongs to what nobody knows here.
        let is_local = function.is_some() && owner.is_none() && !is_function;
        let is_of_self = owner.as_deref() == Some("self");
        if !is_local && !is_of_self {
            let container = owner.clone().or_else(|| function.cloned());
            self.add(FileSymbol { name: name.clone(), container, range, kind });
        }
        match value {
            Some(Expr::Function(literal)) => {
                literal
                    .body()
                    .into_iter()
                    .flat_map(|it| it.statements())
                    .for_each(|it| self.statement(&it, Some(&name)));
            }
            Some(Expr::Map(map)) if function.is_none() && owner.is_none() => self.entries(&map, &name),
            _ => {}
        }
    }

    /// The entries of a map that a variable holds.
    fn entries(&mut self, map: &MapExpr, owner: &SmolStr) {
        for entry in map.entries().take(MOST_ENTRIES) {
            let Some(Expr::Literal(key)) = entry.key() else { continue };
            let Some(LiteralValue::String(name)) = key.value() else { continue };
            let kind = match entry.value() {
                Some(Expr::Function(_)) => FileSymbolKind::Method,
                _ => FileSymbolKind::Member,
            };
            let range = key.syntax().text_range();
            self.add(FileSymbol { name: name.into(), container: Some(owner.clone()), range, kind });
        }
    }

    fn add(&mut self, symbol: FileSymbol) {
        if self.seen.insert((symbol.container.clone(), symbol.name.clone())) {
            self.found.push(symbol);
        }
    }
}

/// The name that an assignment gives a value, the map whose member it is, and where it stands.
fn named(target: &Expr) -> Option<(SmolStr, Option<SmolStr>, TextRange)> {
    match target {
        Expr::Name(name) => {
            let token = name.name_token()?;
            Some((token.text().into(), None, token.text_range()))
        }
        Expr::Postfix(chain) => {
            let Suffix::Member(member) = chain.suffixes().last()? else { return None };
            let token = member.name_token()?;
            Some((
                token.text().into(),
                Some(owner(chain, member.range().start() - chain.range().start())?),
                token.text_range(),
            ))
        }
        _ => None,
    }
}

/// What stands before a member.
fn owner(chain: &PostfixExpr, dot: minilive_syntax::TextSize) -> Option<SmolStr> {
    let text = chain.syntax().text().to_string();
    text.get(..usize::from(dot)).map(|owner| owner.trim().into())
}
