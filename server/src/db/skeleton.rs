//! Skeletons: a unit's tree without what does not concern it, namely bodies of nested functions and comments.
//!
//! `queries` lowers skeletons, so that an edit in a nested body or a comment changes nothing it depends on; source maps of a
//! skeleton are brought back to the text through its [`Hole`]s. Invariants: lowering a skeleton gives the MIR of the whole
//! unit, since nested functions are opaque to it (their mentions of `self` and `super` are kept); outside of holes, text
//! and line ends are the unit's own.

use minilive_syntax::{SyntaxKind, TextRange, TextSize};
use rowan::{GreenNode, GreenNodeData, GreenToken, GreenTokenData, NodeOrToken};

/// A piece of text that a skeleton lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hole {
    /// Where it is in the skeleton, and what stands in its place there.
    pub at: TextRange,
    /// Length of the text it replaces.
    pub len: TextSize,
    /// The line of the skeleton (from zero) on which it is.
    pub line: u32,
    /// Line ends of the text it replaces.
    pub line_ends: u32,
}

/// A unit's tree with holes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skeleton {
    /// The tree.
    pub green: GreenNode,
    /// The holes, in order.
    pub holes: Vec<Hole>,
}

impl Skeleton {
    /// Cuts a unit's tree.
    pub fn of(unit: &GreenNodeData) -> Skeleton {
        let mut cutter = Cutter { offset: TextSize::new(0), line: 0, holes: Vec::new() };
        let green = cutter.node(unit, true).unwrap_or_else(|| unit.to_owned());
        Skeleton { green, holes: cutter.holes }
    }
}

/// The place in the unit's text of a place in its skeleton.
pub fn real_offset(holes: &[Hole], offset: TextSize) -> TextSize {
    let before = holes.iter().take_while(|hole| hole.at.end() <= offset);
    before.fold(offset, |real, hole| real + hole.len - hole.at.len())
}

/// The range in the unit's text of a range in its skeleton.
pub fn real_range(holes: &[Hole], range: TextRange) -> TextRange {
    // A hole at the very end of a range (a trailing comment) is not part of it.
    let inside = holes.iter().take_while(|hole| hole.at.end() < range.end() || hole.at.end() <= range.start());
    let end = inside.fold(range.end(), |real, hole| real + hole.len - hole.at.len());
    let start = real_offset(holes, range.start());
    TextRange::new(start, end.max(start))
}

/// The line in the unit's text of a line in its skeleton, both from zero.
pub fn real_line(holes: &[Hole], line: u32) -> u32 {
    // A body starts behind its header's line end, so nothing stands before the hole on its line.
    line + holes.iter().take_while(|hole| hole.line <= line).map(|hole| hole.line_ends).sum::<u32>()
}

struct Cutter {
    offset: TextSize,
    line: u32,
    holes: Vec<Hole>,
}

type Child = NodeOrToken<GreenNode, GreenToken>;

impl Cutter {
    /// The node without what is to be cut; `None` if nothing is.
    fn node(&mut self, node: &GreenNodeData, is_unit: bool) -> Option<GreenNode> {
        let mut replaced: Option<Vec<Child>> = None;
        let is_nested_function = !is_unit && node.kind() == SyntaxKind::FunctionExpr.into();
        for (index, child) in node.children().enumerate() {
            let new: Option<Option<Child>> = match child {
                NodeOrToken::Node(child) if is_nested_function && child.kind() == SyntaxKind::Block.into() => {
                    Some(Some(NodeOrToken::Node(self.body(child))))
                }
                NodeOrToken::Node(child) => self.node(child, false).map(|node| Some(NodeOrToken::Node(node))),
                NodeOrToken::Token(child) => self.token(child).then_some(None),
            };
            match (new, &mut replaced) {
                (None, None) => {}
                (None, Some(children)) => children.push(child.to_owned()),
                (Some(new), Some(children)) => children.extend(new),
                (Some(new), None) => {
                    let mut children: Vec<Child> = node.children().take(index).map(|it| it.to_owned()).collect();
                    children.extend(new);
                    replaced = Some(children);
                }
            }
        }
        replaced.map(|children| GreenNode::new(node.kind(), children))
    }

    /// Whether to cut a token. Probes stay: they are part of what is lowered.
    fn token(&mut self, token: &GreenTokenData) -> bool {
        let kind = token.kind();
        let is_marker = kind == SyntaxKind::MarkerComment.into() && !token.text().starts_with("//?");
        if kind == SyntaxKind::Comment.into() || is_marker {
            self.hole(TextSize::new(0), token.text_len(), 0);
            return true;
        }
        self.offset += token.text_len();
        self.line += line_ends(token.text());
        false
    }

    /// What stands for the body of a nested function.
    fn body(&mut self, body: &GreenNodeData) -> GreenNode {
        let mut found = Body::default();
        found.look(body);
        let words = [(found.self_, SyntaxKind::SelfKw, "self"), (found.super_, SyntaxKind::SuperKw, "super")];
        let tokens = words.iter().filter(|(mentioned, _, _)| *mentioned);
        let tokens: Vec<Child> =
            tokens.map(|&(_, kind, text)| NodeOrToken::Token(GreenToken::new(kind.into(), text))).collect();
        let stub = GreenNode::new(SyntaxKind::Block.into(), tokens);
        self.hole(stub.text_len(), body.text_len(), found.line_ends);
        stub
    }

    fn hole(&mut self, in_skeleton: TextSize, len: TextSize, line_ends: u32) {
        let at = TextRange::at(self.offset, in_skeleton);
        self.holes.push(Hole { at, len, line: self.line, line_ends });
        self.offset += in_skeleton;
    }
}

/// What is kept of a nested body.
#[derive(Default)]
struct Body {
    self_: bool,
    super_: bool,
    line_ends: u32,
}

impl Body {
    fn look(&mut self, node: &GreenNodeData) {
        for child in node.children() {
            match child {
                NodeOrToken::Node(child) => self.look(child),
                NodeOrToken::Token(token) => {
                    self.self_ |= token.kind() == SyntaxKind::SelfKw.into();
                    self.super_ |= token.kind() == SyntaxKind::SuperKw.into();
                    self.line_ends += line_ends(token.text());
                }
            }
        }
    }
}

/// Line ends in a token: LF, CR LF or a lone CR, none of which the lexer splits.
fn line_ends(text: &str) -> u32 {
    let bytes = text.as_bytes();
    let is_end = |at: usize| bytes[at] == b'\n' || (bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
    (0..bytes.len()).filter(|&at| is_end(at)).count() as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use minilive_syntax::{SyntaxNode, parse};

    /// The skeleton of the first statement.
    fn skeleton(text: &str) -> (SyntaxNode, Skeleton) {
        let statement = parse(text).syntax().first_child().expect("a statement");
        let skeleton = Skeleton::of(&statement.green());
        (statement, skeleton)
    }

    #[test]
    fn bodies_and_comments_go_and_self_stays() {
        let text = "f = function(a) // one\n  // two\n  return self.x + a\nend function // three\n";
        let (_, skeleton) = skeleton(text);
        assert_eq!(skeleton.green.to_string(), "f = function(a) \nselfend function");
    }

    #[test]
    fn places_and_lines_come_back() {
        let text = "if 1 then\n f = function\n  a = 1\n end function // c\n y = 2\nend if\n";
        let (statement, skeleton) = skeleton(text);
        let cut = skeleton.green.to_string();
        let at = cut.find("y = 2").expect("is kept");
        let range = TextRange::at(TextSize::new(at as u32), TextSize::of("y = 2"));
        let real = real_range(&skeleton.holes, range);
        assert_eq!(&statement.text().to_string()[real], "y = 2");
        let line = cut[..at].matches('\n').count() as u32;
        assert_eq!(real_line(&skeleton.holes, line), 4);
        let f = TextRange::at(TextSize::new(cut.find("f =").expect("is kept") as u32), TextSize::of("f = function"));
        assert_eq!(&statement.text().to_string()[real_range(&skeleton.holes, f)], "f = function");
    }

    #[test]
    fn edits_in_bodies_and_comments_keep_the_skeleton() {
        let (_, one) = skeleton("f = function\n return 1 // a\nend function");
        let (_, two) = skeleton("f = function\n x = 2\n return x // b\nend function");
        assert_eq!(one.green, two.green);
        let (_, three) = skeleton("f = function\n return super.x\nend function");
        assert_ne!(one.green, three.green);
    }
}
