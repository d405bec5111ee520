//! Signature help: which function is being called at the cursor, and which of its parameters is being written.
//!
//! Walks tokens backwards, so that calls which are not closed yet are calls too; calls without parentheses count as well. Invariant:
//! the receiver of a method is never shown as a parameter.

use super::Live;
use super::describe;
use super::guide;
use super::hosts::Hosts;
use super::infer::{Infer, Kind, UnitRef};
use super::names::units_at;
use super::narrow;
use super::seen::Seen;
use super::tokens::{self, before};
use crate::db::{self, LiveDb};
use crate::document::DocumentView;
use minilive_mir::names::{Sym, Symbol, symbol_before};
use minilive_syntax::ast::{AstNode, CallStmt, ExprStmt};
use minilive_syntax::{SyntaxKind, SyntaxNode, SyntaxToken, TextSize};

/// One function that may be the one that is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Its name and parameters, with what they and its result are likely to be.
    pub label: String,
    /// Each parameter as it stands in the label.
    pub params: Vec<String>,
    /// What is said about each parameter; shorter than the parameters where that is known of none behind.
    pub about: Vec<Option<String>>,
    /// What it is for.
    pub documentation: Vec<String>,
}

/// What is called, and where in its arguments the cursor is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signatures {
    /// The candidates.
    pub signatures: Vec<Signature>,
    /// The parameter that is being written, counted from 0.
    pub active: u32,
}

/// The callee of the call around an offset.
pub(super) struct Callee {
    /// The unit in which the call stands.
    pub at: UnitRef,
    /// What is called.
    pub symbol: Sym,
    /// Where it ends.
    pub end: TextSize,
    /// The argument that is being written, counted from 0.
    pub active: u32,
}

/// The call around an offset.
pub fn signatures(db: &LiveDb, document: &DocumentView, live: &Live, offset: TextSize) -> Option<Signatures> {
    let callee = callee_at(db, document, offset)?;
    let mut infer = Infer::with_importers(db, &live.places);
    let mut signatures: Vec<_> = of_host(&mut infer, live, callee.at, &callee.symbol).into_iter().collect();
    if signatures.is_empty() {
        signatures = of_callee(&mut infer, db, &callee);
    }
    (!signatures.is_empty()).then_some(Signatures { signatures, active: callee.active })
}

/// What is called around an offset.
pub(super) fn callee_at(db: &LiveDb, document: &DocumentView, offset: TextSize) -> Option<Callee> {
    let root = SyntaxNode::new_root(document.file.parse(db).green.clone());
    let offset = offset.min(root.text_range().end());
    let (end, active) = call_at(&root, offset)?;
    let unit = units_at(db, document.file, end).next()?;
    let placed = db::units(db, document.file).get(unit as usize)?;
    let relative = end.checked_sub(placed.start)?;
    let symbol = symbol_before(&placed.unit.green, placed.unit.kind, relative)?;
    Some(Callee { at: UnitRef { file: document.file, unit }, symbol, end, active })
}

fn of_callee(infer: &mut Infer<'_>, db: &LiveDb, callee: &Callee) -> Vec<Signature> {
    let (at, end, callee) = (callee.at, callee.end, &callee.symbol);
    let as_method = matches!(**callee, Symbol::Member(..));
    let mut known = narrow::uncalled(infer, db, at, callee, end);
    if known.kinds.is_empty() {
        // The text does not say what it is; a run may have.
        known.kinds = Seen::of(db, at.file).functions(infer, at, callee).into_iter().map(Kind::Function).collect();
    }
    // Brackets give a function itself: `m["f"]`.
    let named = if let Symbol::Ref(of) = &**callee { of } else { callee };
    let name = match &**named {
        Symbol::Name(name) | Symbol::Member(_, name) => name.to_string(),
        _ => "function".to_owned(),
    };
    let mut found: Vec<Signature> = Vec::new();
    for kind in &known.kinds {
        let (params, result, documentation) = match kind {
            Kind::Function(function) => {
                let (params, result) = describe::typed(infer, db, *function);
                (params, result, describe::documentation(db, *function).into_iter().collect())
            }
            Kind::Intrinsic(id) => (guide::params(*id, as_method), None, guide::paragraphs(*id)),
            _ => continue,
        };
        let result = result.map(|it| format!(" -> {it}")).unwrap_or_default();
        let label = format!("{name}({}){result}", params.join(", "));
        if !found.iter().any(|it| it.label == label) {
            let (about, documentation) = about_params(&params, documentation);
            found.push(Signature { label, params, about, documentation });
        }
    }
    found
}

/// A function of the host.
fn of_host(infer: &mut Infer<'_>, live: &Live, at: UnitRef, callee: &Sym) -> Option<Signature> {
    let hosts = Hosts { host: &live.checks.host, db: infer.db(), places: infer.places() };
    let it = hosts.told(&infer.facts(at.file), at.unit, callee)?.it;
    let params = it.params.clone()?;
    let (Symbol::Name(name) | Symbol::Member(_, name)) = &**callee else { return None };
    let documentation = Some(it.doc.clone()).filter(|doc| !doc.is_empty()).into_iter().collect();
    let (about, documentation) = about_params(&params, documentation);
    Some(Signature { label: it.title(name), params, about, documentation })
}

/// Takes the lines about parameters out of what is said about a function: `// name: text`, with `@param`, `-` or `*` before the name or
/// without; behind `@param` the `:` may be left out.
fn about_params(params: &[String], documentation: Vec<String>) -> (Vec<Option<String>>, Vec<String>) {
    let names: Vec<_> = params.iter().map(|it| it.split(['=', ':', ' ']).next().unwrap_or_default()).collect();
    let mut about = vec![None; params.len()];
    let mut rest = Vec::new();
    for paragraph in documentation {
        let mut kept: Vec<&str> = Vec::new();
        for line in paragraph.lines() {
            match about_param(line, &names) {
                Some((at, text)) => {
                    let known: &mut Option<String> = &mut about[at];
                    known.get_or_insert_with(|| text.to_owned());
                }
                None => kept.push(line),
            }
        }
        if kept.len() == paragraph.lines().count() {
            rest.push(paragraph);
        } else if !kept.iter().all(|line| line.trim().is_empty()) {
            rest.push(kept.join("\n").trim().to_owned());
        }
    }
    while about.last().is_some_and(Option::is_none) {
        about.pop();
    }
    (about, rest)
}

/// The parameter that a line is about, and what it says.
fn about_param<'a>(line: &'a str, names: &[&str]) -> Option<(usize, &'a str)> {
    let line = line.trim();
    let tagged = line.strip_prefix("@param").filter(|it| it.starts_with([' ', '\t']));
    let is_tagged = tagged.is_some();
    let line = tagged.unwrap_or(line.trim_start_matches(['-', '*'])).trim_start();
    let line = line.trim_start_matches('`');
    let len = line.find(|c: char| !(c == '_' || c.is_alphanumeric())).unwrap_or(line.len());
    let at = names.iter().position(|name| *name == &line[..len] && len > 0)?;
    let behind = line[len..].trim_start_matches('`');
    let text = behind.trim_start().strip_prefix(':').or_else(|| is_tagged.then_some(behind))?;
    let text = text.trim_start_matches([' ', '\t', '-', '–', '—']);
    (!text.is_empty()).then_some((at, text))
}

/// Where the callee of the innermost call around an offset ends, and how many commas stand before the offset.
fn call_at(root: &SyntaxNode, offset: TextSize) -> Option<(TextSize, u32)> {
    let left = root.token_at_offset(offset).left_biased()?;
    if matches!(left.kind(), SyntaxKind::Comment | SyntaxKind::MarkerComment) {
        return None;
    }
    in_parentheses(&left, offset).or_else(|| without_parentheses(&left, offset))
}

/// `f(a, |`
fn in_parentheses(left: &SyntaxToken, offset: TextSize) -> Option<(TextSize, u32)> {
    let (mut depth, mut commas) = (0u32, 0u32);
    // A closing bracket that ends at the offset stands before the cursor.
    let walk = std::iter::successors(Some(left.clone()), tokens::previous);
    for token in walk.filter(|token| token.text_range().start() < offset) {
        match token.kind() {
            SyntaxKind::RParen | SyntaxKind::RBracket | SyntaxKind::RBrace => depth += 1,
            SyntaxKind::LBracket | SyntaxKind::LBrace if depth == 0 => commas = 0,
            SyntaxKind::LParen if depth == 0 => {
                let callee = before(&token)?;
                let is_call = matches!(callee.kind(), SyntaxKind::Ident | SyntaxKind::RParen | SyntaxKind::RBracket);
                if is_call && token.parent().is_none_or(|node| node.kind() != SyntaxKind::ParenExpr) {
                    return Some((callee.text_range().end(), commas));
                }
                // A parenthesised expression; go on outside.
                commas = 0;
            }
            SyntaxKind::LParen | SyntaxKind::LBracket | SyntaxKind::LBrace => depth -= 1,
            SyntaxKind::Comma if depth == 0 => commas += 1,
            SyntaxKind::Semicolon | SyntaxKind::FunctionKw | SyntaxKind::EndKw | SyntaxKind::ThenKw => return None,
            SyntaxKind::Newline if before_continued(&token).is_none() => return None,
            _ => {}
        }
    }
    None
}

/// The token before the end of a line that goes on in the next one; blank lines are skipped.
fn before_continued(line_end: &SyntaxToken) -> Option<SyntaxToken> {
    let last = std::iter::successors(before(line_end), before).find(|it| it.kind() != SyntaxKind::Newline)?;
    last.kind().continues_line().then_some(last)
}

/// `print a, |`, also in the line behind, and `print |` before there is an argument.
fn without_parentheses(left: &SyntaxToken, offset: TextSize) -> Option<(TextSize, u32)> {
    let mut last = if left.kind() == SyntaxKind::Whitespace { before(left)? } else { left.clone() };
    let goes_on = last.kind() == SyntaxKind::Newline;
    if goes_on {
        last = before_continued(&last)?;
    }
    if last.kind().is_line_end() {
        return None;
    }
    for node in last.parent_ancestors() {
        if let Some(call) = CallStmt::cast(node.clone()) {
            let (callee, args) = (call.callee()?, call.arg_list()?);
            let end = callee.range().end();
            let is_before =
                |token: &SyntaxToken| token.kind() == SyntaxKind::Comma && token.text_range().end() <= offset;
            let commas = args.syntax().children_with_tokens().filter_map(|it| it.into_token()).filter(is_before);
            return (offset > end).then_some((end, commas.count() as u32));
        }
        if let Some(statement) = ExprStmt::cast(node.clone()) {
            let end = statement.expr()?.range().end();
            let blank = left.kind() == SyntaxKind::Whitespace && offset > end && !goes_on;
            return blank.then_some((end, 0));
        }
        if node.kind() == SyntaxKind::FunctionExpr || node.kind() == SyntaxKind::Block {
            return None;
        }
    }
    None
}
