//! The kinds of tokens and nodes of a MiniScript tree, and the `rowan::Language` that ties them to the tree.
//!
//! The lexer makes the token kinds, the grammar the node kinds; everyone who reads the tree matches on them.
//! Invariant: `ALL[kind as usize] == kind`, so that raw kinds convert back without `unsafe` (tested below).

/// Declares the enum and the table of all its values from one list, so that the two cannot drift apart.
macro_rules! syntax_kinds {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// What a token or node is. Tokens come first, nodes after [`SyntaxKind::SourceFile`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        pub enum SyntaxKind {
            $($(#[doc = $doc])+ $name,)+
        }

        /// Every kind, at the index of its own number.
        pub const ALL: &[SyntaxKind] = &[$(SyntaxKind::$name,)+];
    };
}

syntax_kinds! {
    // ---- trivia -----------------------------------------------------------------------------------------------
    /// Blanks within a line (any Unicode white space but line ends), and a leading byte order mark.
    Whitespace,
    /// `// …` up to the end of the line.
    Comment,
    /// A comment that MiniLive reads: `//>`, `//>!`, `//@`, `//=`, `//?`, `// minilive:` (see [`crate::marker`]).
    MarkerComment,

    // ---- line ends --------------------------------------------------------------------------------------------
    /// LF, CR LF or a lone CR. An end of statement, or nothing at all where a line continues (LANGUAGE 1.3).
    Newline,
    /// `;`, the other end of statement.
    Semicolon,

    // ---- words and literals -----------------------------------------------------------------------------------
    /// A name that is not a keyword.
    Ident,
    /// A number literal.
    Number,
    /// A string literal with both quotes.
    StringLit,
    /// A string literal without its closing quote; it extends to the end of the text.
    OpenStringLit,
    /// A character that no token starts with.
    Unknown,

    // ---- keywords ---------------------------------------------------------------------------------------------
    /// `and`
    AndKw,
    /// `or`
    OrKw,
    /// `not`
    NotKw,
    /// `while`
    WhileKw,
    /// `for`
    ForKw,
    /// `in`
    InKw,
    /// `if`
    IfKw,
    /// `then`
    ThenKw,
    /// `else`
    ElseKw,
    /// `break`
    BreakKw,
    /// `continue`
    ContinueKw,
    /// `function`
    FunctionKw,
    /// `return`
    ReturnKw,
    /// `end`
    EndKw,
    /// `new`
    NewKw,
    /// `isa`
    IsaKw,
    /// `self`
    SelfKw,
    /// `super`
    SuperKw,
    /// `locals`
    LocalsKw,
    /// `outer`
    OuterKw,
    /// `globals`
    GlobalsKw,

    // ---- operators and punctuation ----------------------------------------------------------------------------
    /// `+`
    Plus,
    /// `-` where it is not a [`SyntaxKind::StrongMinus`].
    Minus,
    /// `-` with white space before and none behind: STRONG_NEGATE of LANGUAGE 1.5.
    StrongMinus,
    /// `*`
    Star,
    /// `/`
    Slash,
    /// `%`
    Percent,
    /// `^`
    Caret,
    /// `==`
    EqEq,
    /// `!=`
    NotEq,
    /// `<`
    Less,
    /// `>`
    Greater,
    /// `<=`
    LessEq,
    /// `>=`
    GreaterEq,
    /// `=`
    Eq,
    /// `+=`
    PlusEq,
    /// `-=`
    MinusEq,
    /// `*=`
    StarEq,
    /// `/=`
    SlashEq,
    /// `%=`
    PercentEq,
    /// `^=`
    CaretEq,
    /// `(`
    LParen,
    /// `)`
    RParen,
    /// `[`
    LBracket,
    /// `]`
    RBracket,
    /// `{`
    LBrace,
    /// `}`
    RBrace,
    /// `,`
    Comma,
    /// `:`
    Colon,
    /// `.`
    Dot,
    /// `@`
    At,
    /// The end of the text; never stands in a tree.
    Eof,

    // ---- nodes ------------------------------------------------------------------------------------------------
    /// The whole file: statements, line ends and trivia.
    SourceFile,
    /// The statements of a body, or the one statement of a single-line `if`. Reaches from behind the header's line end to
    /// before the closing `else`/`end`, trivia included.
    Block,

    /// `while COND ⏎ Block end while`
    WhileStmt,
    /// `for NAME in EXPR ⏎ Block end for`
    ForStmt,
    /// `IfBranch+ ElseBranch? [end if]`: an else-if chain is flat, whether single-line or block.
    IfStmt,
    /// `[else] if COND then Block`
    IfBranch,
    /// `else Block`
    ElseBranch,
    /// `break`
    BreakStmt,
    /// `continue`
    ContinueStmt,
    /// `return [EXPR]`
    ReturnStmt,
    /// `TARGET OP EXPR` with one of the seven assignment operators.
    AssignStmt,
    /// A call whose arguments stand without parentheses: `EXPR ArgList`.
    CallStmt,
    /// An expression as a statement.
    ExprStmt,

    /// A number or string.
    LiteralExpr,
    /// A bare name.
    NameExpr,
    /// `self`, `super`, `locals`, `outer`, `globals`.
    KeywordExpr,
    /// `( EXPR )`
    ParenExpr,
    /// `[ EXPR, … ]`
    ListExpr,
    /// `{ MapEntry, … }`
    MapExpr,
    /// `EXPR : EXPR`
    MapEntry,
    /// `@ EXPR`
    RefExpr,
    /// `- EXPR`, `not EXPR`, `new EXPR`.
    UnaryExpr,
    /// A flat chain of one precedence level: `EXPR (OP EXPR)+` for `or`, `and`, `isa`, `+ -`, `* / %`; `^` has exactly two operands.
    BinaryExpr,
    /// A flat chain of comparisons: `EXPR (OP EXPR)+`, chained as in LANGUAGE 3.9.
    CompareExpr,
    /// A flat chain `PRIMARY SUFFIX+`; `a.b(c)[d]` is one node with three suffixes.
    PostfixExpr,
    /// `. NAME`
    MemberSuffix,
    /// `[ EXPR ]`
    IndexSuffix,
    /// `[ [EXPR] : [EXPR] ]`
    SliceSuffix,
    /// A call's parenthesised `ArgList`.
    CallSuffix,
    /// `( EXPR, … )` in a `CallSuffix`, `EXPR, …` in a `CallStmt`.
    ArgList,
    /// `function [ParamList] ⏎ Block end function`
    FunctionExpr,
    /// `( Param, … )`
    ParamList,
    /// `NAME [= EXPR]`
    Param,

    /// An expression that is wrong as a whole (missing operand, assignment inside an expression).
    ErrorExpr,
    /// Tokens that belong nowhere.
    Error,
}

impl SyntaxKind {
    /// White space and comments.
    pub fn is_trivia(self) -> bool {
        matches!(self, SyntaxKind::Whitespace | SyntaxKind::Comment | SyntaxKind::MarkerComment)
    }

    /// LF or `;`: the token EOL of LANGUAGE 1.2.
    pub fn is_line_end(self) -> bool {
        matches!(self, SyntaxKind::Newline | SyntaxKind::Semicolon)
    }

    /// Reserved words.
    pub fn is_keyword(self) -> bool {
        (SyntaxKind::AndKw..=SyntaxKind::GlobalsKw).contains(&self)
    }

    /// `=`, `+=`, … `^=`.
    pub fn is_assign_op(self) -> bool {
        (SyntaxKind::Eq..=SyntaxKind::CaretEq).contains(&self)
    }

    /// Whether a line that ends behind this token goes on in the next one (LANGUAGE 1.3).
    pub fn continues_line(self) -> bool {
        use SyntaxKind::*;
        self.is_assign_op()
            || matches!(
                self,
                Comma
                    | LParen
                    | LBracket
                    | LBrace
                    | Colon
                    | Plus
                    | Minus
                    | Star
                    | Slash
                    | Percent
                    | Caret
                    | EqEq
                    | NotEq
                    | Less
                    | Greater
                    | LessEq
                    | GreaterEq
                    | AndKw
                    | OrKw
                    | IsaKw
            )
    }

    /// A token kind (not a node).
    pub fn is_token(self) -> bool {
        self <= SyntaxKind::Eof
    }

    /// The keyword that `text` is, if it is one.
    pub fn keyword(text: &str) -> Option<SyntaxKind> {
        use SyntaxKind::*;
        Some(match text {
            "and" => AndKw,
            "or" => OrKw,
            "not" => NotKw,
            "while" => WhileKw,
            "for" => ForKw,
            "in" => InKw,
            "if" => IfKw,
            "then" => ThenKw,
            "else" => ElseKw,
            "break" => BreakKw,
            "continue" => ContinueKw,
            "function" => FunctionKw,
            "return" => ReturnKw,
            "end" => EndKw,
            "new" => NewKw,
            "isa" => IsaKw,
            "self" => SelfKw,
            "super" => SuperKw,
            "locals" => LocalsKw,
            "outer" => OuterKw,
            "globals" => GlobalsKw,
            _ => return None,
        })
    }
}

/// MiniScript as a language of `rowan` trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MiniScript {}

impl rowan::Language for MiniScript {
    type Kind = SyntaxKind;

    fn kind_from_raw(raw: rowan::SyntaxKind) -> SyntaxKind {
        ALL[usize::from(raw.0)]
    }

    fn kind_to_raw(kind: SyntaxKind) -> rowan::SyntaxKind {
        rowan::SyntaxKind(kind as u16)
    }
}

impl From<SyntaxKind> for rowan::SyntaxKind {
    fn from(kind: SyntaxKind) -> rowan::SyntaxKind {
        rowan::SyntaxKind(kind as u16)
    }
}

/// A node with its place in the file. Made from green on the thread that needs it; neither `Send` nor `Sync`.
pub type SyntaxNode = rowan::SyntaxNode<MiniScript>;
/// A token with its place in the file.
pub type SyntaxToken = rowan::SyntaxToken<MiniScript>;
/// A node or a token.
pub type SyntaxElement = rowan::SyntaxElement<MiniScript>;

#[cfg(test)]
mod tests {
    use super::*;
    use rowan::Language;

    #[test]
    fn raw_kinds_convert_back() {
        for &kind in ALL {
            assert_eq!(MiniScript::kind_from_raw(kind.into()), kind);
        }
    }

    #[test]
    fn keywords_are_the_range_of_keywords() {
        let words = "and or not while for in if then else break continue function return end new isa self super locals outer globals";
        let found: Vec<_> = words.split(' ').filter_map(SyntaxKind::keyword).collect();
        let listed: Vec<_> = ALL.iter().copied().filter(|kind| kind.is_keyword()).collect();
        assert_eq!(found, listed);
        assert_eq!(SyntaxKind::keyword("repeat"), None);
    }
}
