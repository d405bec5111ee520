//! Reads of globals at which a statement itself certainly has not given them a value yet.
//!
//! Part of `names`: `collect` asks for the statements of a program, the database for which of these globals nothing before or in a function
//! has a value. Each name is followed by itself along the ways through the statement. Invariants: a read is told only if no way leads to it on
//! which the statement has assigned the name; a read that finds nothing ends the program, so what would come after it assigns nothing.

use super::Early;
use minilive_syntax::ast::{AssignStmt, AstNode, BinaryExpr, Block, Expr, ForStmt, IfStmt, Stmt, WhileStmt};
use minilive_syntax::{SyntaxKind, SyntaxNode};
use rowan::{TextSize, WalkEvent};
use smol_str::SmolStr;

/// Loops within loops are followed so far: each doubles the work.
const MAX_NESTING: u32 = 6;

/// Whether the name may have a value at one moment; none if the program never gets there.
type Moment = Option<bool>;

fn join(one: Moment, other: Moment) -> Moment {
    match (one, other) {
        (Some(one), Some(other)) => Some(one || other),
        (one, other) => one.or(other),
    }
}

/// The first such read of each of some names in a statement.
pub fn early<'n>(statement: &Stmt, names: impl Iterator<Item = &'n SmolStr>) -> Vec<(SmolStr, TextSize, Early)> {
    let find = |name: &SmolStr| {
        let mut follow = Follow { name, loops: Vec::new(), found: None };
        follow.statement(statement, Some(false));
        let (at, kind) = follow.found?;
        Some((name.clone(), at, kind))
    };
    names.filter_map(find).collect()
}

/// The ways out of a loop that is being followed.
#[derive(Default)]
struct Loop {
    breaks: Moment,
    continues: Moment,
}

struct Follow<'a> {
    name: &'a str,
    loops: Vec<Loop>,
    found: Option<(TextSize, Early)>,
}

impl Follow<'_> {
    fn block(&mut self, block: Option<Block>, at: Moment) -> Moment {
        let statements = block.into_iter().flat_map(|it| it.statements());
        statements.fold(at, |at, statement| self.statement(&statement, at))
    }

    /// What is so behind a statement.
    fn statement(&mut self, statement: &Stmt, at: Moment) -> Moment {
        // Nothing that follows can be told or matters.
        if at != Some(false) && self.loops.is_empty() {
            return at;
        }
        match statement {
            Stmt::If(it) => self.branches(it, at),
            Stmt::While(it) => self.while_loop(it, at),
            Stmt::For(it) => self.for_loop(it, at),
            Stmt::Assign(it) => self.assign(it, at),
            Stmt::Break(_) => {
                if let Some(around) = self.loops.last_mut() {
                    around.breaks = join(around.breaks, at);
                }
                None
            }
            Stmt::Continue(_) => {
                if let Some(around) = self.loops.last_mut() {
                    around.continues = join(around.continues, at);
                }
                None
            }
            Stmt::Return(it) => {
                self.within(it.syntax(), at, Early::Further);
                None
            }
            other => self.within(other.syntax(), at, Early::Further),
        }
    }

    fn branches(&mut self, it: &IfStmt, mut at: Moment) -> Moment {
        let mut end = None;
        for branch in it.branches() {
            at = self.expression(branch.condition(), at);
            let inside = self.block(branch.body(), at);
            end = join(end, inside);
        }
        let otherwise = it.else_branch().and_then(|it| it.body());
        let otherwise = self.block(otherwise, at);
        join(end, otherwise)
    }

    fn while_loop(&mut self, it: &WhileStmt, at: Moment) -> Moment {
        self.rounds(at, |this, at| {
            let at = this.expression(it.condition(), at);
            (at, this.block(it.body(), at))
        })
    }

    fn for_loop(&mut self, it: &ForStmt, at: Moment) -> Moment {
        let at = self.expression(it.iterable(), at);
        let is_variable = it.variable().is_some_and(|it| it.text() == self.name);
        self.rounds(at, |this, at| {
            let inside = if is_variable { at.map(|_| true) } else { at };
            (at, this.block(it.body(), inside))
        })
    }

    /// What is so behind a loop; a round tells what is so where it may end, and behind its body.
    fn rounds(&mut self, at: Moment, mut round: impl FnMut(&mut Self, Moment) -> (Moment, Moment)) -> Moment {
        if self.loops.len() as u32 >= MAX_NESTING {
            return at.map(|_| true);
        }
        let mut start = at;
        loop {
            let before = self.found;
            self.loops.push(Loop::default());
            let (end, behind) = round(self, start);
            let around = self.loops.pop().unwrap_or_default();
            let again = join(start, join(behind, around.continues));
            if again == start {
                return join(end, around.breaks);
            }
            // Another round knows more: what was found in this one may have a value then.
            (start, self.found) = (again, before);
        }
    }

    fn assign(&mut self, it: &AssignStmt, at: Moment) -> Moment {
        let is_it = |name: &Expr| name_of(name).as_deref() == Some(self.name);
        let target = it.target();
        let is_target = target.as_ref().is_some_and(is_it);
        let plain = it.operator().is_none_or(|it| it == SyntaxKind::Eq);
        let read =
            if is_target && plain { it.value().map(|it| it.syntax().clone()) } else { Some(it.syntax().clone()) };
        let kind = if is_target { Early::FromItself } else { Early::Further };
        let at = read.map_or(at, |read| self.within(&read, at, kind));
        // `locals.x = 1`
        let through_keyword = match target {
            Some(Expr::Postfix(chain)) => matches!(chain.base(), Some(Expr::Keyword(_))),
            _ => false,
        };
        if is_target || through_keyword { at.map(|_| true) } else { at }
    }

    fn expression(&mut self, it: Option<Expr>, at: Moment) -> Moment {
        it.map_or(at, |it| self.within(it.syntax(), at, Early::Further))
    }

    /// The reads in an expression or a simple statement.
    fn within(&mut self, node: &SyntaxNode, mut at: Moment, kind: Early) -> Moment {
        let mut walk = node.preorder();
        while let Some(event) = walk.next() {
            let WalkEvent::Enter(node) = event else { continue };
            match node.kind() {
                SyntaxKind::FunctionExpr => walk.skip_subtree(),
                SyntaxKind::BinaryExpr => {
                    let Some(chain) = BinaryExpr::cast(node).filter(is_logical) else { continue };
                    // What stands right of `and` may not be asked.
                    let mut operands = chain.operands();
                    at = operands.next().map_or(at, |it| self.within(it.syntax(), at, kind));
                    let mut inside = at;
                    for operand in operands {
                        inside = self.within(operand.syntax(), inside, kind);
                        at = join(at, inside);
                    }
                    walk.skip_subtree();
                }
                SyntaxKind::NameExpr => {
                    let Some(token) = node.first_token() else { continue };
                    if matches!(token.text(), "import" | super::ENSURE_IMPORT) {
                        // It gives names values that the text does not show here.
                        at = at.map(|_| true);
                    } else if token.text() == self.name && at == Some(false) {
                        self.found.get_or_insert((token.text_range().start(), kind));
                        at = None;
                    }
                }
                _ => {}
            }
        }
        at
    }
}

fn is_logical(it: &BinaryExpr) -> bool {
    it.operators().any(|it| matches!(it, SyntaxKind::AndKw | SyntaxKind::OrKw))
}

fn name_of(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Name(name) => Some(name.name_token()?.text().to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use minilive_syntax::ast::SourceFile;

    /// What is found of `x` in a statement: the line of the read, and whether its own assignment needs it.
    #[track_caller]
    fn found(text: &str, expected: Option<(usize, Early)>) {
        let file = SourceFile::cast(minilive_syntax::parse(text).syntax()).expect("a file");
        let statement = file.statements().next().expect("a statement");
        let found = early(&statement, [SmolStr::new("x")].iter());
        let found = found.first().map(|(_, at, kind)| (text[..usize::from(*at)].lines().count().max(1), *kind));
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_first_value_is_not_made_from_itself() {
        for text in ["x = x + 1", "x += 1", "x = x.len", "x = [f(x)]", "x = 1 + (y and x)"] {
            found(text, Some((1, Early::FromItself)));
        }
        for text in ["x = 1", "x = function\n  return x\nend function", "y = 1", "m.x = 1", "x = import(\"a\").b + x"] {
            found(text, None);
        }
    }

    #[test]
    fn loops_that_count_begin_somewhere() {
        found("while x < 3\n  x = x + 1\nend while\n", Some((1, Early::Further)));
        found("for i in a\n  x = x + 1\nend for\n", Some((2, Early::FromItself)));
        found("for i in a\n  for j in i\n    x += j\n  end for\nend for\n", Some((3, Early::FromItself)));
        found("for i in a\n  if i then continue\n  print x\n  x = 1\nend for\n", Some((3, Early::Further)));
        found("while true\n  if a then break\n  x = x + 1\nend while\n", Some((3, Early::FromItself)));
    }

    #[test]
    fn what_an_earlier_round_may_have_assigned_has_perhaps_a_value() {
        found("for i in a\n  if i then print x\n  x = i\nend for\n", None);
        found("for i in a\n  if i and x then print 1\n  x = i\nend for\n", None);
        found("for i in a\n  if i > 1 then\n    x = x + 1\n  else\n    x = 0\n  end if\nend for\n", None);
        found("for x in a\n  print x\nend for\n", None);
        found("while a\n  while b\n    if c then print x\n    break\n  end while\n  x = 1\nend while\n", None);
        found("for i in a\n  if i then\n    x = 1\n    continue\n  end if\n  print x\nend for\n", None);
        found("for i in a\n  locals.x = 1\n  print x\nend for\n", None);
    }

    #[test]
    fn branches_stand_for_themselves() {
        found("if a then\n  x = 1\nelse\n  print x\nend if\n", Some((4, Early::Further)));
        found("if a then\n  x = 1\nelse\n  y = 1\nend if\n", None);
        found("if x then\n  x = 1\nend if\n", Some((1, Early::Further)));
        found("if a then\n  if b then x = 1\n  print x\nend if\n", None);
        found("for x in x\nend for\n", Some((1, Early::Further)));
    }
}
