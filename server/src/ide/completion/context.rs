//! What is wanted at the cursor, from the tokens around it.
//!
//! Part of completion. Invariant: works on tokens and on operands that end before the cursor, so a broken rest of the line does
//! not matter.

use super::super::infer::UnitRef;
use super::super::names::units_at;
use super::super::tokens::{self, before, next};
use crate::db::{self, LiveDb};
use crate::document::DocumentView;
use minilive_mir::names::{ENSURE_IMPORT, Sym, Symbol, symbol_before};
use minilive_syntax::{SyntaxKind, SyntaxNode, SyntaxToken, TextRange, TextSize};

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// A member of this.
    Member(Sym),
    /// A key of this, in a string.
    Key(Sym),
    /// The name of a module, in a string.
    Module,
    /// The word behind `end`; the one that fits, if something is open.
    EndWord(Option<SyntaxKind>),
    /// `in` behind the variable of a `for`.
    In,
    /// Any name.
    Name {
        /// Behind `@`: functions are not called.
        uncalled: bool,
    },
}

/// Where the cursor is.
#[derive(Debug)]
pub struct Context {
    pub wanted: Wanted,
    /// The unit around it.
    pub unit: UnitRef,
    /// What has been typed of the word.
    pub typed: String,
    /// The word.
    pub replace: TextRange,
    /// Nothing stands before it in its statement.
    pub starts_statement: bool,
    /// An operand stands right before it, behind which an operator may go on.
    pub follows_operand: Option<Behind>,
    /// A map is wanted that others are made of: behind `new` and `isa`.
    pub wants_class: bool,
    /// The name of a module is wanted, and no string is begun.
    pub behind_import: bool,
    /// The variable that is given what is being written, if that begins right before the word.
    pub assigned: Option<String>,
    /// `break` and `continue` have a loop to leave.
    pub in_loop: bool,
    /// `else` has an `if` to belong to.
    pub in_if: bool,
    /// A whole value begins here: behind `=`, `:` or `return`.
    pub begins_value: bool,
    /// A statement begins here in a block whose `end` is missing: the word that begins it.
    pub due_end: Option<SyntaxToken>,
}

/// What may follow an operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behind {
    /// An operator, or an argument: the operand is the statement so far.
    Callee,
    /// An operator, or `then`.
    Condition,
    /// An operator.
    Value,
}

/// The place of an offset; none where nothing is completed.
pub fn at(db: &LiveDb, document: &DocumentView, offset: TextSize) -> Option<Context> {
    let root = SyntaxNode::new_root(document.file.parse(db).green.clone());
    let offset = offset.min(root.text_range().end());
    let left = root.token_at_offset(offset).left_biased();
    let word = left.clone().filter(|token| is_word(token.kind()));
    let typed = word.as_ref().map(|token| token.text()[..usize::from(offset - token.text_range().start())].to_owned());
    let replace = word.as_ref().map_or(TextRange::empty(offset), SyntaxToken::text_range);
    let unit = units_at(db, document.file, offset).next().unwrap_or(0);
    let unit = UnitRef { file: document.file, unit };
    let context = |wanted, starts_statement| Context {
        wanted,
        unit,
        typed: typed.clone().unwrap_or_default(),
        replace,
        starts_statement,
        follows_operand: None,
        wants_class: false,
        behind_import: false,
        assigned: None,
        in_loop: false,
        in_if: false,
        begins_value: false,
        due_end: None,
    };
    if let Some(token) = left.clone().filter(|token| is_opaque(token, offset)) {
        return in_string(db, unit, &token, offset);
    }
    let before = match &word {
        Some(word) => before(word),
        None => left.clone().and_then(|token| if is_gap(&token) { before(&token) } else { Some(token) }),
    };
    let Some(before) = before else { return Some(context(Wanted::Name { uncalled: false }, true)) };
    match before.kind() {
        SyntaxKind::Dot => {
            let receiver = tokens::before(&before)?;
            // Behind a blank the cursor is out of what the receiver stands in.
            let end = receiver.text_range().end();
            let unit = UnitRef { unit: units_at(db, document.file, end).next()?, ..unit };
            let owner = symbol(db, unit, end)?;
            Some(Context { unit, ..context(Wanted::Member(owner), false) })
        }
        SyntaxKind::EndKw => Some(context(Wanted::EndWord(open_around(&before).map(|it| it.kind())), false)),
        // A new name is made up here, or a number is being written: `1e`.
        SyntaxKind::ForKw => None,
        SyntaxKind::Number if before.text_range().end() == replace.start() => None,
        SyntaxKind::Ident if tokens::before(&before).is_some_and(|it| it.kind() == SyntaxKind::ForKw) => {
            Some(context(Wanted::In, false))
        }
        SyntaxKind::Comma | SyntaxKind::LParen if in_params(&before) => None,
        SyntaxKind::At => Some(context(Wanted::Name { uncalled: true }, false)),
        // The name is complete, and white space behind it starts the next word; in a statement that is an argument.
        kind => {
            let follows_operand = ends_operand(kind).then(|| behind(&before));
            let wants_class = matches!(kind, SyntaxKind::NewKw | SyntaxKind::IsaKw);
            Some(Context {
                follows_operand,
                wants_class,
                behind_import: is_called_import(&before),
                in_loop: is_in_loop(&before),
                in_if: is_in_if(&before),
                due_end: word.as_ref().filter(|_| kind.is_line_end()).and_then(due_end),
                begins_value: matches!(kind, SyntaxKind::Eq | SyntaxKind::Colon | SyntaxKind::ReturnKw),
                assigned: assigned(&before),
                ..context(Wanted::Name { uncalled: false }, starts_statement(kind))
            })
        }
    }
}

/// Whether what stands behind a token is in a loop of the same function.
fn is_in_loop(before: &SyntaxToken) -> bool {
    use SyntaxKind::{ForStmt, FunctionExpr, WhileStmt};
    let around = before.parent_ancestors().find(|it| {
        // Behind its `end` nothing is in it any more.
        let is_closed = || it.last_token().as_ref() == Some(before) && is_closed(it);
        matches!(it.kind(), WhileStmt | ForStmt | FunctionExpr) && !is_closed()
    });
    around.is_some_and(|it| it.kind() != FunctionExpr)
}

/// Whether what stands behind a token is in an `if` of the same function, on whose line, where it has no `end`.
fn is_in_if(before: &SyntaxToken) -> bool {
    use SyntaxKind::{FunctionExpr, IfStmt};
    let mut around = before.parent_ancestors().filter(|it| matches!(it.kind(), IfStmt | FunctionExpr));
    let around = around.find(|it| it.last_token().as_ref() != Some(before) || !is_closed(it));
    around.is_some_and(|it| it.kind() == IfStmt)
}

/// Whether a loop or a function has its `end`.
fn is_closed(node: &SyntaxNode) -> bool {
    node.children_with_tokens().any(|it| it.kind() == SyntaxKind::EndKw)
}

/// The variable before `= new`.
fn assigned(new: &SyntaxToken) -> Option<String> {
    let equals = before(new).filter(|it| it.kind() == SyntaxKind::Eq)?;
    before(&equals).filter(|it| it.kind() == SyntaxKind::Ident).map(|it| it.text().to_owned())
}

fn starts_statement(before: SyntaxKind) -> bool {
    before.is_line_end() || matches!(before, SyntaxKind::ThenKw | SyntaxKind::ElseKw)
}

fn ends_operand(kind: SyntaxKind) -> bool {
    use SyntaxKind::{
        GlobalsKw, Ident, LocalsKw, Number, OuterKw, RBrace, RBracket, RParen, SelfKw, StringLit, SuperKw,
    };
    let closes = matches!(kind, Ident | Number | StringLit | RParen | RBracket | RBrace);
    closes || matches!(kind, SelfKw | SuperKw | LocalsKw | OuterKw | GlobalsKw)
}

/// What may follow the operand that ends with a token.
fn behind(last: &SyntaxToken) -> Behind {
    use SyntaxKind::{LBrace, LBracket, LParen, RBrace, RBracket, RParen};
    let closes = matches!(last.kind(), RBrace | RBracket | RParen);
    for node in last.parent_ancestors() {
        let opens = node.first_token().is_some_and(|it| matches!(it.kind(), LBrace | LBracket | LParen));
        if opens && !(closes && node.last_token().as_ref() == Some(last)) {
            return Behind::Value;
        }
        match node.kind() {
            SyntaxKind::ExprStmt => return Behind::Callee,
            SyntaxKind::IfBranch => return Behind::Condition,
            SyntaxKind::CallStmt => {
                // The word that is being typed is an argument already.
                let args = node.children().find(|it| it.kind() == SyntaxKind::ArgList);
                let is_callee = args.is_none_or(|it| it.text_range().start() >= last.text_range().end());
                return if is_callee { Behind::Callee } else { Behind::Value };
            }
            SyntaxKind::AssignStmt | SyntaxKind::ReturnStmt => return Behind::Value,
            SyntaxKind::WhileStmt | SyntaxKind::ForStmt => return Behind::Value,
            _ => {}
        }
    }
    Behind::Callee
}

fn is_word(kind: SyntaxKind) -> bool {
    kind == SyntaxKind::Ident || kind.is_keyword()
}

fn is_gap(token: &SyntaxToken) -> bool {
    token.kind() == SyntaxKind::Whitespace
}

/// Inside of what holds no names: comments, numbers and strings.
fn is_opaque(token: &SyntaxToken, offset: TextSize) -> bool {
    let inside = offset < token.text_range().end() || !token.text().ends_with('"') || token.text().len() < 2;
    match token.kind() {
        SyntaxKind::Comment | SyntaxKind::MarkerComment | SyntaxKind::Number | SyntaxKind::OpenStringLit => true,
        SyntaxKind::StringLit => inside,
        _ => false,
    }
}

/// The symbol of what ends at an offset of the file.
fn symbol(db: &LiveDb, unit: UnitRef, end: TextSize) -> Option<Sym> {
    let placed = db::units(db, unit.file).get(unit.unit as usize)?;
    symbol_before(&placed.unit.green, placed.unit.kind, end.checked_sub(placed.start)?)
}

/// A string is completed as a key or as the name of a module.
fn in_string(db: &LiveDb, unit: UnitRef, token: &SyntaxToken, offset: TextSize) -> Option<Context> {
    if !matches!(token.kind(), SyntaxKind::StringLit | SyntaxKind::OpenStringLit) {
        return None;
    }
    let start = token.text_range().start() + TextSize::of('"');
    if offset < start {
        return None;
    }
    let typed = token.text()[1..usize::from(offset - token.text_range().start())].to_owned();
    if typed.contains(['\n', '"']) {
        return None;
    }
    // An open string takes the rest of the text with it, but the word ends at what cannot be part of a name.
    let rest = &token.text()[1..];
    let len = rest.find(|c: char| !(c == '_' || c.is_alphanumeric())).unwrap_or(rest.len()).max(typed.len());
    let replace = TextRange::at(start, TextSize::new(len as u32));
    let opener = before(token)?;
    let wanted = match opener.kind() {
        SyntaxKind::LBracket => Wanted::Key(symbol(db, unit, before(&opener)?.text_range().end())?),
        SyntaxKind::Ident if is_import(&opener) => Wanted::Module,
        SyntaxKind::LParen if is_import(&before(&opener)?) => Wanted::Module,
        SyntaxKind::LParen => key_of_method(db, unit, &before(&opener)?)?,
        SyntaxKind::Ident => key_of_method(db, unit, &opener)?,
        _ => return None,
    };
    let (starts_statement, follows_operand, wants_class, assigned) = (false, None, false, None);
    let (in_loop, in_if, begins_value) = (false, false, false);
    Some(Context {
        wanted,
        unit,
        typed,
        replace,
        starts_statement,
        follows_operand,
        wants_class,
        behind_import: false,
        assigned,
        in_loop,
        in_if,
        begins_value,
        due_end: None,
    })
}

/// Whether what is called takes the name of a module.
fn is_import(callee: &SyntaxToken) -> bool {
    matches!(callee.text(), "import" | ENSURE_IMPORT)
}

/// Whether a token is the `import` of a statement, or the parenthesis behind it.
fn is_called_import(token: &SyntaxToken) -> bool {
    let callee = if token.kind() == SyntaxKind::LParen { before(token) } else { Some(token.clone()) };
    callee.is_some_and(|it| {
        let is_member = before(&it).is_some_and(|it| it.kind() == SyntaxKind::Dot);
        it.kind() == SyntaxKind::Ident && is_import(&it) && !is_member
    })
}

/// What a method takes that is called with a key: one of its receiver, or one of the maps in it.
fn key_of_method(db: &LiveDb, unit: UnitRef, method: &SyntaxToken) -> Option<Wanted> {
    let dot = before(method).filter(|it| it.kind() == SyntaxKind::Dot)?;
    let receiver = symbol(db, unit, before(&dot)?.text_range().end())?;
    match method.text() {
        "hasIndex" | "remove" => Some(Wanted::Key(receiver)),
        "sort" => Some(Wanted::Key(Symbol::Element(receiver).into())),
        _ => None,
    }
}

/// Whether a comma or parenthesis stands in the parameters of a function literal.
fn in_params(token: &SyntaxToken) -> bool {
    token.parent_ancestors().any(|node| node.kind() == SyntaxKind::ParamList)
}

/// The word that begins the block whose `end` is due where a word begins a statement: some block around has none but what is being typed.
fn due_end(word: &SyntaxToken) -> Option<SyntaxToken> {
    use SyntaxKind::{ForStmt, FunctionExpr, IfStmt, WhileStmt};
    let has_end = |node: &SyntaxNode| {
        let mut tokens = node.children_with_tokens().filter_map(|it| it.into_token());
        tokens.any(|it| it.kind() == SyntaxKind::EndKw && it != *word)
    };
    let is_open = |it: &SyntaxNode| matches!(it.kind(), IfStmt | WhileStmt | ForStmt | FunctionExpr) && !has_end(it);
    word.parent_ancestors().any(|it| is_open(&it)).then(|| open_around(word))?
}

/// The word that begins the innermost block that is open before an `end`.
fn open_around(end: &SyntaxToken) -> Option<SyntaxToken> {
    let mut depth = 0;
    let mut walk = std::iter::successors(before(end), before).peekable();
    while let Some(token) = walk.next() {
        let kind = token.kind();
        let behind = walk.peek().map(SyntaxToken::kind);
        let opens = match kind {
            SyntaxKind::WhileKw | SyntaxKind::ForKw | SyntaxKind::FunctionKw => true,
            // `else if` continues a block, and an `if` with its statement on the line of `then` has none.
            SyntaxKind::IfKw => {
                behind == Some(SyntaxKind::EndKw) || behind != Some(SyntaxKind::ElseKw) && is_block_if(&token)
            }
            _ => false,
        };
        if !opens {
            continue;
        }
        if behind == Some(SyntaxKind::EndKw) {
            depth += 1;
        } else if depth == 0 {
            return Some(token);
        } else {
            depth -= 1;
        }
    }
    None
}

fn is_block_if(token: &SyntaxToken) -> bool {
    let mut rest = std::iter::successors(next(token), next).filter(|token| !token.kind().is_trivia());
    let then =
        rest.by_ref().take_while(|token| !token.kind().is_line_end()).any(|token| token.kind() == SyntaxKind::ThenKw);
    then && rest.next().is_none_or(|token| token.kind().is_line_end())
}
