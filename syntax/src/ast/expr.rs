//! Views of expressions.
//!
//! Read by lowering, analysis and the editor features; see `ast.rs` for the rules all views keep. Chains are flat:
//! [`BinaryExpr`] and [`CompareExpr`] hold n+1 operands and n operators of one precedence level, [`PostfixExpr`] a base and
//! its suffixes from left to right.

use super::{AstNode, Block, ast_enum, ast_node, child, children, token, token_by, tokens, tokens_by};
use crate::kind::{SyntaxKind, SyntaxToken};
use rowan::TextRange;

ast_node! {
    /// A number or string.
    LiteralExpr
}
ast_node! {
    /// A bare name.
    NameExpr
}
ast_node! {
    /// `self`, `super`, `locals`, `outer`, `globals`.
    KeywordExpr
}
ast_node! {
    /// `( EXPR )`
    ParenExpr
}
ast_node! {
    /// `[ EXPR, … ]`
    ListExpr
}
ast_node! {
    /// `{ KEY : VALUE, … }`
    MapExpr
}
ast_node! {
    /// `KEY : VALUE`
    MapEntry
}
ast_node! {
    /// `@ EXPR`
    RefExpr
}
ast_node! {
    /// `- EXPR`, `not EXPR`, `new EXPR`
    UnaryExpr
}
ast_node! {
    /// `EXPR (OP EXPR)+` of one precedence level.
    BinaryExpr
}
ast_node! {
    /// `EXPR (COMPARISON EXPR)+`
    CompareExpr
}
ast_node! {
    /// `PRIMARY SUFFIX+`
    PostfixExpr
}
ast_node! {
    /// `. NAME`
    MemberSuffix
}
ast_node! {
    /// `[ EXPR ]`
    IndexSuffix
}
ast_node! {
    /// `[ FROM : TO ]`
    SliceSuffix
}
ast_node! {
    /// `( ARGS )`
    CallSuffix
}
ast_node! {
    /// The arguments of a call.
    ArgList
}
ast_node! {
    /// `function … end function`
    FunctionExpr
}
ast_node! {
    /// `( PARAM, … )`
    ParamList
}
ast_node! {
    /// `NAME [= DEFAULT]`
    Param
}
ast_node! {
    /// An expression that is wrong as a whole; an error was reported for it.
    ErrorExpr
}

ast_enum! {
    /// An expression.
    Expr {
        /// A number or string.
        Literal(LiteralExpr),
        /// A bare name.
        Name(NameExpr),
        /// `self`, `super`, `locals`, `outer`, `globals`.
        Keyword(KeywordExpr),
        /// In parentheses.
        Paren(ParenExpr),
        /// A list literal.
        List(ListExpr),
        /// A map literal.
        Map(MapExpr),
        /// `@`
        Ref(RefExpr),
        /// A prefix operator.
        Unary(UnaryExpr),
        /// A chain of binary operators of one level.
        Binary(BinaryExpr),
        /// A chain of comparisons.
        Compare(CompareExpr),
        /// A base with suffixes.
        Postfix(PostfixExpr),
        /// A function literal.
        Function(FunctionExpr),
        /// Something wrong.
        Error(ErrorExpr),
    }
}

ast_enum! {
    /// One step of a postfix chain.
    Suffix {
        /// `.name`
        Member(MemberSuffix),
        /// `[i]`
        Index(IndexSuffix),
        /// `[a:b]`
        Slice(SliceSuffix),
        /// `(args)`
        Call(CallSuffix),
    }
}

/// What a [`LiteralExpr`] is.
#[derive(Debug, Clone, PartialEq)]
pub enum LiteralValue {
    /// A number.
    Number(f64),
    /// A string's content: quotes gone, doubled quotes undone, CR LF and CR read as LF.
    String(String),
}

impl LiteralExpr {
    /// The literal's token.
    pub fn token(&self) -> Option<SyntaxToken> {
        token_by(&self.0, |it| matches!(it, SyntaxKind::Number | SyntaxKind::StringLit | SyntaxKind::OpenStringLit))
    }
    /// The literal's value.
    pub fn value(&self) -> Option<LiteralValue> {
        let token = self.token()?;
        match token.kind() {
            SyntaxKind::Number => token.text().parse().ok().map(LiteralValue::Number),
            _ => Some(LiteralValue::String(unquote(token.text()))),
        }
    }
}

/// The content of a string token, closed or not.
pub(crate) fn unquote(text: &str) -> String {
    let inner = text.strip_prefix('"').unwrap_or(text);
    let inner = if text.len() >= 2 { inner.strip_suffix('"').unwrap_or(inner) } else { inner };
    let content = inner.replace("\"\"", "\"");
    if content.contains('\r') { content.replace("\r\n", "\n").replace('\r', "\n") } else { content }
}

impl NameExpr {
    /// The name's token.
    pub fn name_token(&self) -> Option<SyntaxToken> {
        token(&self.0, SyntaxKind::Ident)
    }
}

impl KeywordExpr {
    /// The keyword's token.
    pub fn token(&self) -> Option<SyntaxToken> {
        token_by(&self.0, SyntaxKind::is_keyword)
    }
    /// Which keyword it is: `SelfKw`, `SuperKw`, `LocalsKw`, `OuterKw` or `GlobalsKw`.
    pub fn keyword(&self) -> Option<SyntaxKind> {
        self.token().map(|token| token.kind())
    }
}

impl ParenExpr {
    /// What stands inside.
    pub fn inner(&self) -> Option<Expr> {
        child(&self.0)
    }
}

impl ListExpr {
    /// The elements in order.
    pub fn elements(&self) -> impl Iterator<Item = Expr> + use<> {
        children(&self.0)
    }
}

impl MapExpr {
    /// The entries in order.
    pub fn entries(&self) -> impl Iterator<Item = MapEntry> + use<> {
        children(&self.0)
    }
}

impl MapEntry {
    /// The key.
    pub fn key(&self) -> Option<Expr> {
        before(&self.0, SyntaxKind::Colon)
    }
    /// The value.
    pub fn value(&self) -> Option<Expr> {
        after(&self.0, SyntaxKind::Colon)
    }
}

impl RefExpr {
    /// What is referred to without being called.
    pub fn operand(&self) -> Option<Expr> {
        child(&self.0)
    }
}

impl UnaryExpr {
    /// The operator token.
    pub fn operator_token(&self) -> Option<SyntaxToken> {
        tokens(&self.0).find(|token| !token.kind().is_trivia())
    }
    /// The operator: `Minus` (also for a `StrongMinus`), `NotKw` or `NewKw`.
    pub fn operator(&self) -> Option<SyntaxKind> {
        self.operator_token().map(|token| plain_minus(token.kind()))
    }
    /// The operand.
    pub fn operand(&self) -> Option<Expr> {
        child(&self.0)
    }
}

impl BinaryExpr {
    /// The operands from left to right, one more than operators in a tree without errors.
    pub fn operands(&self) -> impl Iterator<Item = Expr> + use<> {
        children(&self.0)
    }
    /// The operator tokens from left to right.
    pub fn operator_tokens(&self) -> impl Iterator<Item = SyntaxToken> + use<> {
        tokens_by(&self.0, is_operator)
    }
    /// The operators from left to right: `OrKw`, `AndKw`, `IsaKw`, `Plus`, `Minus` (also for a `StrongMinus`), `Star`, `Slash`,
    /// `Percent` or `Caret`.
    pub fn operators(&self) -> impl Iterator<Item = SyntaxKind> + use<> {
        self.operator_tokens().map(|token| plain_minus(token.kind()))
    }
}

impl CompareExpr {
    /// The operands from left to right, one more than operators in a tree without errors.
    pub fn operands(&self) -> impl Iterator<Item = Expr> + use<> {
        children(&self.0)
    }
    /// The operator tokens from left to right.
    pub fn operator_tokens(&self) -> impl Iterator<Item = SyntaxToken> + use<> {
        tokens_by(&self.0, is_operator)
    }
    /// The operators from left to right: `EqEq`, `NotEq`, `Less`, `Greater`, `LessEq` or `GreaterEq`.
    pub fn operators(&self) -> impl Iterator<Item = SyntaxKind> + use<> {
        self.operator_tokens().map(|token| token.kind())
    }
}

impl PostfixExpr {
    /// The primary that the chain starts with.
    pub fn base(&self) -> Option<Expr> {
        child(&self.0)
    }
    /// The suffixes from left to right, at least one.
    pub fn suffixes(&self) -> impl Iterator<Item = Suffix> + use<> {
        children(&self.0)
    }
    /// The text range of the chain up to and with `suffix`: `a.b` in `a.b(c)` for the suffix `.b`.
    pub fn range_through(&self, suffix: &Suffix) -> TextRange {
        TextRange::new(self.range().start(), suffix.range().end())
    }
}

impl MemberSuffix {
    /// The member's name.
    pub fn name_token(&self) -> Option<SyntaxToken> {
        token(&self.0, SyntaxKind::Ident)
    }
}

impl IndexSuffix {
    /// The index.
    pub fn index(&self) -> Option<Expr> {
        child(&self.0)
    }
}

impl SliceSuffix {
    /// Where the slice starts, if given.
    pub fn from(&self) -> Option<Expr> {
        before(&self.0, SyntaxKind::Colon)
    }
    /// Where the slice ends, if given.
    pub fn to(&self) -> Option<Expr> {
        after(&self.0, SyntaxKind::Colon)
    }
}

impl CallSuffix {
    /// The arguments with their parentheses.
    pub fn arg_list(&self) -> Option<ArgList> {
        child(&self.0)
    }
}

impl ArgList {
    /// The arguments in order.
    pub fn args(&self) -> impl Iterator<Item = Expr> + use<> {
        children(&self.0)
    }
}

impl FunctionExpr {
    /// The parameters; none when the parentheses are left out.
    pub fn param_list(&self) -> Option<ParamList> {
        child(&self.0)
    }
    /// The parameters in order.
    pub fn params(&self) -> impl Iterator<Item = Param> + use<> {
        self.param_list().into_iter().flat_map(|list| list.params())
    }
    /// The body.
    pub fn body(&self) -> Option<Block> {
        child(&self.0)
    }
    /// The leading `function`.
    pub fn function_token(&self) -> Option<SyntaxToken> {
        token(&self.0, SyntaxKind::FunctionKw)
    }
    /// The closing `end`.
    pub fn end_token(&self) -> Option<SyntaxToken> {
        token(&self.0, SyntaxKind::EndKw)
    }
}

impl ParamList {
    /// The parameters in order.
    pub fn params(&self) -> impl Iterator<Item = Param> + use<> {
        children(&self.0)
    }
}

impl Param {
    /// The parameter's name.
    pub fn name_token(&self) -> Option<SyntaxToken> {
        token(&self.0, SyntaxKind::Ident)
    }
    /// The default value, if given.
    pub fn default(&self) -> Option<Expr> {
        child(&self.0)
    }
}

/// The first expression before the direct token of `kind`.
fn before(node: &crate::SyntaxNode, kind: SyntaxKind) -> Option<Expr> {
    let end = token(node, kind).map_or(node.text_range().end(), |token| token.text_range().start());
    children::<Expr>(node).find(|expr| expr.range().end() <= end)
}

/// The first expression after the direct token of `kind`.
fn after(node: &crate::SyntaxNode, kind: SyntaxKind) -> Option<Expr> {
    let start = token(node, kind)?.text_range().end();
    children::<Expr>(node).find(|expr| expr.range().start() >= start)
}

/// Direct tokens of a chain that are neither trivia nor skipped line ends.
fn is_operator(kind: SyntaxKind) -> bool {
    !kind.is_trivia() && !kind.is_line_end()
}

/// The two spellings of minus mean the same once the tree is made.
fn plain_minus(kind: SyntaxKind) -> SyntaxKind {
    if kind == SyntaxKind::StrongMinus { SyntaxKind::Minus } else { kind }
}
