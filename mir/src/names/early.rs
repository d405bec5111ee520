//! Reads of globals at which a statement itself certainly has not given them a value yet.
//!
//! Part of `names`: `collect` asks for the statements of a program, the database for which of these globals nothing before or in a function
//! has a value. All names are followed in one walk along the ways through the statement, each as if it were alone. Invariants: a read is told
//! only if no way leads to it on which the statement has assigned the name; a read that finds nothing ends the program, so what would come
//! after it assigns nothing.

use super::Early;
use super::collect::kind_of;
use minilive_syntax::ast::{AssignStmt, AstNode, Block, Expr, ForStmt, IfStmt, Stmt, WhileStmt};
use minilive_syntax::{MiniScript, SyntaxKind, SyntaxNode};
use rowan::{GreenNodeData, Language as _, NodeOrToken, TextSize};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

/// Loops within loops are followed so far: each doubles the work.
const MAX_NESTING: u32 = 6;

/// What is so of each name at one moment, sixty-four names a word.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Moment(Vec<Word>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Word {
    /// The program may get there.
    reached: u64,
    /// Of those that get there: the name may have a value.
    assigned: u64,
}

impl Moment {
    /// Where the program never gets.
    fn never(names: usize) -> Moment {
        Moment(vec![Word::default(); names.div_ceil(64)])
    }

    /// Where no name has a value.
    fn start(names: usize) -> Moment {
        let mut words = vec![Word { reached: u64::MAX, assigned: 0 }; names.div_ceil(64)];
        if let Some(last) = words.last_mut() {
            last.reached >>= (64 - names % 64) % 64;
        }
        Moment(words)
    }

    /// Whether the program may get there, and the name certainly has no value then.
    fn is_bare(&self, name: usize) -> bool {
        let it = self.0[name / 64];
        (it.reached & !it.assigned) >> (name % 64) & 1 != 0
    }

    fn is_any_bare(&self) -> bool {
        self.0.iter().any(|it| it.reached & !it.assigned != 0)
    }

    fn assign(&mut self, name: usize) {
        let it = &mut self.0[name / 64];
        it.assigned |= it.reached & 1 << (name % 64);
    }

    fn assign_all(&mut self) {
        self.0.iter_mut().for_each(|it| it.assigned = it.reached);
    }

    /// For a name the program does not get here.
    fn end(&mut self, name: usize) {
        let it = &mut self.0[name / 64];
        it.reached &= !(1 << (name % 64));
        it.assigned &= it.reached;
    }

    fn join(&mut self, other: &Moment) {
        for (it, other) in self.0.iter_mut().zip(&other.0) {
            it.reached |= other.reached;
            it.assigned |= other.assigned;
        }
    }

    /// Takes over what another says, of the names of each word that a mask tells.
    fn take(&mut self, other: &Moment, mask: impl Fn(usize, Word) -> u64) {
        for (number, (it, other)) in self.0.iter_mut().zip(&other.0).enumerate() {
            let mask = mask(number, *other);
            it.reached = it.reached & !mask | other.reached & mask;
            it.assigned = it.assigned & !mask | other.assigned & mask;
        }
    }
}

/// The first such read of each of some names in a statement, in the order of the names.
pub fn early<'n>(statement: &Stmt, names: impl Iterator<Item = &'n SmolStr>) -> Vec<(SmolStr, TextSize, Early)> {
    let names: Vec<&SmolStr> = names.collect();
    if names.is_empty() {
        return Vec::new();
    }
    let mut found = Follow::through(statement, &names).found;
    found.sort_unstable_by_key(|it| it.0);
    found.into_iter().map(|(name, at, kind)| (names[name].clone(), at, kind)).collect()
}

/// The ways out of a loop that is being followed.
struct Loop {
    breaks: Moment,
    continues: Moment,
}

/// Of which names the reads count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    All,
    AllBut(usize),
    Only(usize),
}

struct Follow<'a> {
    numbers: FxHashMap<&'a str, usize>,
    loops: Vec<Loop>,
    /// In the order in which they were found.
    found: Vec<(usize, TextSize, Early)>,
    is_found: Vec<bool>,
    /// How many statements and names were looked at.
    #[cfg(test)]
    looked: usize,
}

impl<'a> Follow<'a> {
    fn through(statement: &Stmt, names: &[&'a SmolStr]) -> Follow<'a> {
        let numbers = names.iter().enumerate().map(|(number, name)| (name.as_str(), number)).collect();
        let is_found = vec![false; names.len()];
        let mut follow = Follow {
            numbers,
            loops: Vec::new(),
            found: Vec::new(),
            is_found,
            #[cfg(test)]
            looked: 0,
        };
        follow.statement(statement, Moment::start(names.len()));
        follow
    }

    fn never(&self) -> Moment {
        Moment::never(self.is_found.len())
    }

    fn block(&mut self, block: Option<Block>, at: Moment) -> Moment {
        let statements = block.into_iter().flat_map(|it| it.statements());
        statements.fold(at, |at, statement| self.statement(&statement, at))
    }

    /// What is so behind a statement.
    fn statement(&mut self, statement: &Stmt, at: Moment) -> Moment {
        if !self.loops.is_empty() {
            return self.carry_out(statement, at);
        }
        if !at.is_any_bare() {
            return at;
        }
        let before = at.clone();
        let mut behind = self.carry_out(statement, at);
        // Of names that may have a value nothing that follows can be told or matters.
        behind.take(&before, |_, it| !(it.reached & !it.assigned));
        behind
    }

    fn carry_out(&mut self, statement: &Stmt, at: Moment) -> Moment {
        self.count();
        match statement {
            Stmt::If(it) => self.branches(it, at),
            Stmt::While(it) => self.while_loop(it, at),
            Stmt::For(it) => self.for_loop(it, at),
            Stmt::Assign(it) => self.assign(it, at),
            Stmt::Break(_) => {
                if let Some(around) = self.loops.last_mut() {
                    around.breaks.join(&at);
                }
                self.never()
            }
            Stmt::Continue(_) => {
                if let Some(around) = self.loops.last_mut() {
                    around.continues.join(&at);
                }
                self.never()
            }
            Stmt::Return(it) => {
                self.within(it.syntax(), at, Early::Further, Whose::All);
                self.never()
            }
            other => self.within(other.syntax(), at, Early::Further, Whose::All),
        }
    }

    fn branches(&mut self, it: &IfStmt, mut at: Moment) -> Moment {
        let mut end = self.never();
        for branch in it.branches() {
            at = self.expression(branch.condition(), at);
            end.join(&self.block(branch.body(), at.clone()));
        }
        let otherwise = it.else_branch().and_then(|it| it.body());
        end.join(&self.block(otherwise, at));
        end
    }

    fn while_loop(&mut self, it: &WhileStmt, at: Moment) -> Moment {
        self.rounds(at, |this, at| {
            let at = this.expression(it.condition(), at);
            (at.clone(), this.block(it.body(), at))
        })
    }

    fn for_loop(&mut self, it: &ForStmt, at: Moment) -> Moment {
        let at = self.expression(it.iterable(), at);
        let variable = it.variable().and_then(|it| self.numbers.get(it.text()).copied());
        self.rounds(at, |this, at| {
            let mut inside = at.clone();
            variable.into_iter().for_each(|name| inside.assign(name));
            (at, this.block(it.body(), inside))
        })
    }

    /// What is so behind a loop; a round tells what is so where it may end, and behind its body.
    fn rounds(&mut self, mut at: Moment, mut round: impl FnMut(&mut Self, Moment) -> (Moment, Moment)) -> Moment {
        if self.loops.len() as u32 >= MAX_NESTING {
            at.assign_all();
            return at;
        }
        let mut start = at;
        loop {
            let before = self.found.len();
            self.loops.push(Loop { breaks: self.never(), continues: self.never() });
            let (mut end, behind) = round(self, start.clone());
            let Some(around) = self.loops.pop() else { return end };
            let mut again = start.clone();
            again.join(&behind);
            again.join(&around.continues);
            if again == start {
                end.join(&around.breaks);
                return end;
            }
            // Another round knows more: what was found in this one may have a value then.
            self.forget(before, |name| {
                let (was, is) = (start.0[name / 64], again.0[name / 64]);
                (was.reached ^ is.reached | was.assigned ^ is.assigned) >> (name % 64) & 1 != 0
            });
            start = again;
        }
    }

    /// Takes back what was found since there were so many, of some names.
    fn forget(&mut self, since: usize, is_it: impl Fn(usize) -> bool) {
        let late = self.found.split_off(since);
        for it in late {
            if is_it(it.0) {
                self.is_found[it.0] = false;
            } else {
                self.found.push(it);
            }
        }
    }

    fn assign(&mut self, it: &AssignStmt, at: Moment) -> Moment {
        let target = it.target();
        let own = target.as_ref().and_then(name_of).and_then(|name| self.numbers.get(&*name).copied());
        let mut behind = match own {
            Some(own) => {
                let plain = it.operator().is_none_or(|it| it == SyntaxKind::Eq);
                let read = if plain { it.value().map(|it| it.syntax().clone()) } else { Some(it.syntax().clone()) };
                let mut of_own = at.clone();
                if let Some(read) = read {
                    of_own = self.within(&read, of_own, Early::FromItself, Whose::Only(own));
                }
                let mut behind = self.within(it.syntax(), at, Early::Further, Whose::AllBut(own));
                behind.take(&of_own, |word, _| if word == own / 64 { 1 << (own % 64) } else { 0 });
                behind.assign(own);
                behind
            }
            None => self.within(it.syntax(), at, Early::Further, Whose::All),
        };
        // `locals.x = 1`
        if let Some(Expr::Postfix(chain)) = target
            && matches!(chain.base(), Some(Expr::Keyword(_)))
        {
            behind.assign_all();
        }
        behind
    }

    fn expression(&mut self, it: Option<Expr>, at: Moment) -> Moment {
        match it {
            Some(it) => self.within(it.syntax(), at, Early::Further, Whose::All),
            None => at,
        }
    }

    /// The reads in an expression or a simple statement.
    fn within(&mut self, node: &SyntaxNode, at: Moment, kind: Early, whose: Whose) -> Moment {
        self.below(&node.green(), node.text_range().start(), at, (kind, whose))
    }

    /// The same of what stands at a place. Goes over green nodes: statements are followed several times, and a walk over places costs more than
    /// all that is found out here.
    fn below(&mut self, node: &GreenNodeData, start: TextSize, mut at: Moment, how: (Early, Whose)) -> Moment {
        match kind_of(node) {
            SyntaxKind::FunctionExpr => {}
            SyntaxKind::NameExpr => {
                if let Some(NodeOrToken::Token(token)) = node.children().next() {
                    self.name(token.text(), start, &mut at, how);
                }
            }
            SyntaxKind::BinaryExpr if is_logical(node) => {
                // What stands right of `and` may not be asked.
                let mut operands = nodes(node, start).filter(|(it, _)| Expr::can_cast(kind_of(it)));
                if let Some((it, start)) = operands.next() {
                    at = self.below(it, start, at, how);
                }
                let mut inside = at.clone();
                for (operand, start) in operands {
                    inside = self.below(operand, start, inside, how);
                    at.join(&inside);
                }
            }
            _ => {
                for (child, start) in nodes(node, start) {
                    at = self.below(child, start, at, how);
                }
            }
        }
        at
    }

    fn name(&mut self, text: &str, start: TextSize, at: &mut Moment, (kind, whose): (Early, Whose)) {
        self.count();
        if matches!(text, "import" | super::ENSURE_IMPORT) {
            // It gives names values that the text does not show here.
            at.assign_all();
        } else if let Some(&name) = self.numbers.get(text) {
            self.read(name, at, (start, kind), whose);
        }
    }

    fn read(&mut self, name: usize, at: &mut Moment, (place, kind): (TextSize, Early), whose: Whose) {
        let counts = match whose {
            Whose::All => true,
            Whose::AllBut(other) => name != other,
            Whose::Only(own) => name == own,
        };
        if counts && at.is_bare(name) {
            if !std::mem::replace(&mut self.is_found[name], true) {
                self.found.push((name, place, kind));
            }
            at.end(name);
        }
    }

    fn count(&mut self) {
        #[cfg(test)]
        {
            self.looked += 1;
        }
    }
}

fn is_logical(it: &GreenNodeData) -> bool {
    let mut kinds = it.children().map(|it| MiniScript::kind_from_raw(it.kind()));
    kinds.any(|it| matches!(it, SyntaxKind::AndKw | SyntaxKind::OrKw))
}

/// The nodes right below one that stands at a place, with theirs.
fn nodes(node: &GreenNodeData, start: TextSize) -> impl Iterator<Item = (&GreenNodeData, TextSize)> {
    let mut at = start;
    node.children().filter_map(move |child| {
        let start = at;
        at += child.text_len();
        child.into_node().map(|it| (it, start))
    })
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

    #[test]
    fn names_are_followed_as_if_each_were_alone() {
        let parts =
            ["x += y", "if y then x = 1", "y = x", "if z and x then break", "for x in y\n  y = z\n  end for", "z += 1"];
        let names = ["x", "y", "z", "a"].map(SmolStr::new);
        for number in 0..parts.len().pow(3) {
            let part = |place: u32| parts[number / parts.len().pow(place) % parts.len()];
            let lines = format!("  {}\n  {}\n  {}\n", part(0), part(1), part(2));
            let text = format!("if a then\n{lines}else\n  while z\n{lines}  end while\nend if\n");
            let file = SourceFile::cast(minilive_syntax::parse(&text).syntax()).expect("a file");
            let statement = file.statements().next().expect("a statement");
            let alone: Vec<_> = names.iter().flat_map(|name| early(&statement, [name].into_iter())).collect();
            assert_eq!(early(&statement, names.iter()), alone, "{text}");
        }
    }

    #[test]
    fn ten_times_the_names_are_at_most_twelve_times_the_work() {
        let work = |count: usize| {
            let lines: String = (0..count).map(|k| format!("  if a{k} == null then a{k} = {k}\n")).collect();
            let file = SourceFile::cast(minilive_syntax::parse(&format!("while b\n{lines}end while\n")).syntax());
            let statement = file.and_then(|it| it.statements().next()).expect("a statement");
            let names: Vec<_> = (0..count).map(|k| SmolStr::new(format!("a{k}"))).collect();
            let follow = Follow::through(&statement, &names.iter().collect::<Vec<_>>());
            assert_eq!(follow.found.len(), count);
            follow.looked
        };
        let (few, many) = (work(20), work(200));
        assert!(many <= 12 * few, "{few} for 20, {many} for 200");
    }
}
