//! Folding: blocks, comments, imports, literals over several lines, and what comments mark as regions.
//!
//! Walks the tree alone. Invariant: a fold starts on the line of its first token and ends on a later one; of several that start on a
//! line the outermost is kept, since editors show one.

use crate::db::{LiveDb, Wanted};
use crate::document::DocumentView;
use minilive_syntax::{MiniScript, SyntaxKind, TextRange, TextSize};
use rowan::{GreenNodeData, Language, NodeOrToken};

/// What is folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FoldKind {
    /// Code.
    Region,
    /// Comments.
    Comment,
    /// A run of imports.
    Imports,
    /// What stands between `// #region` and `// #endregion`.
    Marked,
}

/// Whether a comment begins or ends a region that its author wants to fold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegionMark {
    /// `// #region`, with a name behind it.
    Start,
    /// `// #endregion`.
    End,
}

impl RegionMark {
    /// What a comment is, with its slashes.
    pub fn of(comment: &str) -> Option<RegionMark> {
        let text = comment.trim_start().strip_prefix("//")?.trim_start().strip_prefix('#')?;
        let word = text.split(|c: char| !c.is_alphanumeric()).next()?;
        match word {
            "region" => Some(RegionMark::Start),
            "endregion" => Some(RegionMark::End),
            _ => None,
        }
    }
}

/// One fold, in lines from zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fold {
    /// The line that stays.
    pub first: u32,
    /// The last line that goes.
    pub last: u32,
    /// What it is.
    pub kind: FoldKind,
}

/// All folds of a document in source order.
pub fn folds(db: &LiveDb, document: &DocumentView) -> Vec<Fold> {
    let parse = document.file.parse(db);
    let mut walk = Walk {
        wanted: Wanted::new(db),
        document,
        folds: Vec::new(),
        comments: None,
        imports: None,
        regions: Vec::new(),
        blank: true,
    };
    walk.node(&parse.green, TextSize::new(0));
    walk.end_comments();
    walk.end_imports();
    walk.folds.sort_by_key(|fold| (fold.first, std::cmp::Reverse(fold.last)));
    walk.folds.dedup_by_key(|fold| fold.first);
    walk.folds
}

struct Walk<'a> {
    wanted: Wanted<'a>,
    document: &'a DocumentView,
    folds: Vec<Fold>,
    /// Lines of the run of comments so far.
    comments: Option<(u32, u32)>,
    /// Lines of the run of imports so far.
    imports: Option<(u32, u32)>,
    /// Lines of regions that have not ended.
    regions: Vec<u32>,
    /// Nothing but blanks stands before on the line.
    blank: bool,
}

impl Walk<'_> {
    fn line(&self, at: TextSize) -> u32 {
        self.document.index.line_of(at)
    }

    fn add(&mut self, first: u32, last: u32, kind: FoldKind) {
        if last > first {
            self.folds.push(Fold { first, last, kind });
        }
    }

    fn node(&mut self, node: &GreenNodeData, start: TextSize) {
        let mut at = start;
        for child in node.children() {
            let range = TextRange::at(at, child.text_len());
            match child {
                NodeOrToken::Node(child) => {
                    let kind = MiniScript::kind_from_raw(child.kind());
                    self.wanted.round();
                    self.fold(kind, child, range);
                    self.node(child, range.start());
                }
                NodeOrToken::Token(token) => self.token(MiniScript::kind_from_raw(token.kind()), token.text(), range),
            }
            at = range.end();
        }
    }

    fn fold(&mut self, kind: SyntaxKind, node: &GreenNodeData, range: TextRange) {
        use SyntaxKind::{CallStmt, ElseBranch, ForStmt, FunctionExpr, IfBranch, ListExpr, MapExpr, WhileStmt};
        let (first, last) = (self.line(range.start()), self.line(range.end()));
        match kind {
            // The line of `end`, of the next branch or of the closing bracket stays in sight.
            FunctionExpr | WhileStmt | ForStmt | IfBranch | ElseBranch | ListExpr | MapExpr => {
                self.add(first, last.saturating_sub(1), FoldKind::Region);
            }
            CallStmt if is_import(node) => {
                self.imports = match self.imports {
                    Some((start, end)) if first <= end + 1 => Some((start, last)),
                    _ => {
                        self.end_imports();
                        Some((first, last))
                    }
                };
            }
            _ => {}
        }
    }

    fn token(&mut self, kind: SyntaxKind, text: &str, range: TextRange) {
        match kind {
            SyntaxKind::Newline => self.blank = true,
            SyntaxKind::Whitespace => {}
            SyntaxKind::Comment if self.blank && RegionMark::of(text).is_some() => {
                self.end_comments();
                self.region(text, range);
            }
            SyntaxKind::Comment if self.blank => {
                let line = self.line(range.start());
                match self.comments {
                    Some((first, last)) if line == last + 1 => self.comments = Some((first, line)),
                    _ => {
                        self.end_comments();
                        self.comments = Some((line, line));
                    }
                }
                self.blank = false;
            }
            _ => {
                self.blank = false;
                if kind == SyntaxKind::StringLit && text.contains('\n') {
                    let (first, last) = (self.line(range.start()), self.line(range.end()));
                    self.add(first, last, FoldKind::Region);
                }
            }
        }
    }

    fn region(&mut self, text: &str, range: TextRange) {
        let line = self.line(range.start());
        match RegionMark::of(text) {
            Some(RegionMark::Start) => self.regions.push(line),
            _ => {
                if let Some(first) = self.regions.pop() {
                    self.add(first, line, FoldKind::Marked);
                }
            }
        }
        self.blank = false;
    }

    fn end_comments(&mut self) {
        if let Some((first, last)) = self.comments.take() {
            self.add(first, last, FoldKind::Comment);
        }
    }

    fn end_imports(&mut self) {
        if let Some((first, last)) = self.imports.take() {
            self.add(first, last, FoldKind::Imports);
        }
    }
}

fn is_import(statement: &GreenNodeData) -> bool {
    let name = statement.children().find_map(NodeOrToken::into_node);
    name.is_some_and(|name| name.kind() == SyntaxKind::NameExpr.into() && name.to_string() == "import")
}
