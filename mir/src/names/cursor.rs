//! The symbol of what stands before a place, in code that may be half-typed.
//!
//! Completion and signatures ask it with the unit's whole tree. Invariant: numbers of maps and functions are those that
//! [`super::collect`] gives, since nested functions are opaque to both.

use super::collect::Collector;
use super::{Sym, Symbol};
use crate::ir::UnitKind;
use minilive_syntax::ast::{AstNode, Expr, PostfixExpr, Suffix};
use minilive_syntax::{SyntaxKind, SyntaxNode, TextSize};
use rowan::GreenNodeData;

/// The symbol of the operand or chain that ends exactly at a place of the unit.
pub fn symbol_before(unit: &GreenNodeData, kind: UnitKind, end: TextSize) -> Option<Sym> {
    let root = SyntaxNode::new_root(unit.to_owned());
    if end > root.text_range().end() {
        return None;
    }
    let token = root.token_at_offset(end).left_biased().filter(|token| token.text_range().end() == end)?;
    let collector = Collector::new(&root, kind, None);
    let mut best = None;
    for node in token.parent_ancestors().take_while(|node| node.text_range().end() == end) {
        if let Some(chain) = node.parent().and_then(PostfixExpr::cast).filter(|_| is_suffix(node.kind())) {
            let base = chain.base().map_or_else(|| Symbol::Unknown.into(), |base| collector.symbol(&base));
            let before = chain.suffixes().take_while(|suffix| suffix.range().end() <= end);
            return Some(before.fold(base, |of, suffix| collector.through(of, &suffix)));
        }
        match node.kind() {
            SyntaxKind::BinaryExpr | SyntaxKind::CompareExpr | SyntaxKind::UnaryExpr | SyntaxKind::RefExpr => break,
            // `)` is the list's, which is the call's.
            SyntaxKind::ArgList => {}
            kind if Expr::can_cast(kind) => best = Expr::cast(node),
            _ => break,
        }
    }
    best.map(|it| collector.symbol(&it))
}

fn is_suffix(kind: SyntaxKind) -> bool {
    Suffix::can_cast(kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{FileMode, units};

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let end = TextSize::new(text.find('|').expect("a cursor") as u32);
        let text = text.replacen('|', "", 1);
        let units = units(&minilive_syntax::parse(&text).green, FileMode::Program);
        let symbol = symbol_before(&units[0].green, units[0].kind, end);
        assert_eq!(symbol.map(|it| it.to_string()).as_deref(), expected);
    }

    #[test]
    fn chains_end_where_the_cursor_is() {
        check("rex|.", Some("rex"));
        check("rex|.wag.tail", Some("rex"));
        check("rex.wag|.tail", Some("rex.wag"));
        check("print 1 + a.b(2)[c]|.", Some("a.b(number)[]"));
        check("x = (1 + y)|.", Some("(number add y)"));
        check("x = {}|.", Some("{0}"));
        check("x = \"a\"|.", Some("string"));
        check("f|(1, ", Some("f"));
        check("a.f|(1, ", Some("a.f"));
        check("x = -y|.", Some("y"));
        check("print f(1)|.", Some("f(number)"));
        check("x = a.f(g(1))|.", Some("a.f(g(number))"));
        check("x = 1 +|", None);
    }
}
