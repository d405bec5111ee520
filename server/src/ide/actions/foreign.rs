//! Fixes of what other languages write: the same in MiniScript, for all of the line at once and, with braces, for all of the block.
//!
//! Part of `ends`, asked for errors with the codes `foreign-syntax` and `foreign-end`. Works on the tokens of the line, since the tree of
//! a broken line says little. Invariant: `ends` offers what comes from here only if it leaves fewer errors.

use super::Edit;
use super::context::Context;
use super::one_line;
use minilive_syntax::SyntaxKind::{self, *};
use minilive_syntax::{SyntaxError, SyntaxNode, SyntaxToken, TextRange, TextSize};

/// What the click says, and the edits.
pub(super) fn fix(ctx: &Context<'_>, error: &SyntaxError) -> Option<(String, Vec<Edit>)> {
    let first = ctx.root.token_at_offset(error.range.start()).right_biased()?;
    let line = Line::of(ctx, &first);
    let found = ctx.text(error.range);
    let mut edits = line.words();
    let title = match found {
        "#" | "--" | "/*" | "'" if line.at(&first).is_some_and(|at| line.is_comment(at)) => {
            edits = comment(ctx, &line, error.range)?;
            "Write `//`".to_owned()
        }
        "++" | "--" => {
            let sign = if found == "++" { "+= 1" } else { "-= 1" };
            edits.extend(line.step(error.range, sign)?);
            format!("Write `{sign}`")
        }
        "?" => {
            edits.extend(line.chosen(error.range)?);
            "Write `if … then … else …`".to_owned()
        }
        "end if" => {
            let at = line.tokens.iter().position(|it| it.text_range().start() == error.range.start())?;
            let range = TextRange::new(line.end_before(at)?, error.range.end());
            edits.push(Edit { range, insert: String::new() });
            "Remove `end if`".to_owned()
        }
        _ if error.message.starts_with("parameters stand") => {
            let at = line.tokens.iter().position(|it| it.text_range().start() == error.range.start())?;
            let gap = TextRange::new(line.end_before(at)?, error.range.start());
            edits.push(Edit { range: gap, insert: "(".to_owned() });
            edits.push(Edit { range: TextRange::empty(error.range.end()), insert: ")".to_owned() });
            "Write `(…)`".to_owned()
        }
        "mod" | "MOD" | "is" | "is not" => {
            let (_, ours) = error.message.split_once("writes `")?;
            let (ours, _) = ours.split_once('`')?;
            edits.push(Edit { range: error.range, insert: ours.to_owned() });
            format!("Write `{ours}`")
        }
        "<>" | "===" | "!==" | "**" | "&&" | "||" | "!" | ":=" | "~=" | ".." | "=>" | "=<" | "::" | "->" | "**="
        | "&" => {
            let ours = edits.iter().find(|it| it.range.start() == error.range.start())?;
            format!("Write `{}`", ours.insert.trim_matches(['(', ' ']))
        }
        text if text.starts_with(['\'', '`']) && text.len() > 1 => "Write double quotes".to_owned(),
        text if text.eq_ignore_ascii_case("elseif") || matches!(text, "elif" | "elsif") => {
            edits.push(Edit { range: error.range, insert: "else if".to_owned() });
            "Write `else if`".to_owned()
        }
        "=" | "(" if line.kind(0) == ForKw => {
            edits = line.for_header(ctx)?;
            "Write `for … in`".to_owned()
        }
        text if text.starts_with('(') && line.kind(0) == ForKw => {
            edits = line.for_header(ctx)?;
            "Write `for … in`".to_owned()
        }
        "foreach" | "Foreach" | "ForEach" | "For" | "FOR" | "If" | "IF" => {
            let ours = if found.starts_with(['I']) { "if" } else { "for" };
            edits.push(Edit { range: error.range, insert: ours.to_owned() });
            edits.extend(line.end_of_header(found).map(|range| Edit { range, insert: ours.to_owned() }));
            format!("Write `{ours}`")
        }
        "do" | "then" => format!("Remove `{found}`"),
        ":" if error.message.contains("`then`") => "Write `then`".to_owned(),
        ":" => "Remove `:`".to_owned(),
        "{" => "Write the block without braces".to_owned(),
        text if text.split_whitespace().count() == 2 => {
            let name = text.split_whitespace().nth(1)?;
            let before = line.tokens.first().filter(|it| it.text() == "local");
            let start = before.map_or(error.range.start(), |it| it.text_range().start());
            let range = TextRange::new(start, error.range.end());
            edits.push(Edit { range, insert: format!("{name} = function") });
            format!("Write `{name} = function`")
        }
        word => {
            error.message.ends_with("makes the variable").then_some(())?;
            let next = line.tokens.get(1)?.text_range().start();
            edits.push(Edit { range: TextRange::new(error.range.start(), next), insert: String::new() });
            format!("Remove `{word}`")
        }
    };
    if !matches!(found, "#" | "--" | "/*" | "'") {
        edits.extend(blocks(ctx, &line, error.range)?);
    }
    edits.sort_by_key(|it| (it.range.start(), it.range.end()));
    edits.dedup_by(|next, edit| next.range.intersect(edit.range).is_some_and(|it| !it.is_empty()) || next == edit);
    (!edits.is_empty()).then_some((title, edits))
}

/// The tokens of a line that are no trivia.
pub(super) struct Line {
    pub(super) tokens: Vec<SyntaxToken>,
}

fn is_word(token: &SyntaxToken) -> bool {
    !token.kind().is_trivia()
}

impl Line {
    fn of(ctx: &Context<'_>, token: &SyntaxToken) -> Line {
        let number = ctx.document.index.line_of(token.text_range().start());
        let range = ctx.document.index.line_range(number, &ctx.document.text);
        let mut at = ctx.root.token_at_offset(range.start()).right_biased();
        let mut tokens = Vec::new();
        while let Some(it) = at.filter(|it| it.text_range().start() < range.end() && it.kind() != Newline) {
            at = it.next_token();
            if is_word(&it) {
                tokens.push(it);
            }
        }
        Line { tokens }
    }

    pub(super) fn kind(&self, at: usize) -> SyntaxKind {
        self.tokens.get(at).map_or(Eof, SyntaxToken::kind)
    }

    pub(super) fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", SyntaxToken::text)
    }

    fn at(&self, token: &SyntaxToken) -> Option<usize> {
        self.tokens.iter().position(|it| it == token)
    }

    /// Whether nothing stands between a token and the one behind it.
    fn touches(&self, at: usize) -> bool {
        let pair = self.tokens.get(at).zip(self.tokens.get(at + 1));
        pair.is_some_and(|(it, next)| it.text_range().end() == next.text_range().start())
    }

    /// The end of the token before one.
    fn end_before(&self, at: usize) -> Option<TextSize> {
        at.checked_sub(1).map(|it| self.tokens[it].text_range().end())
    }

    fn is_comment(&self, at: usize) -> bool {
        match self.text(at) {
            "-" => at == 0 || !matches!(self.kind(at - 1), Ident | RBracket) || !self.touches(at - 1),
            _ => true,
        }
    }

    /// Operators and strings of other languages, each replaced.
    fn words(&self) -> Vec<Edit> {
        let (mut edits, mut at) = (Vec::new(), 0);
        while at < self.tokens.len() {
            let (start, two) = (self.tokens[at].text_range().start(), self.touches(at));
            let mut replace = |len: u32, insert: &str| {
                edits.push(Edit { range: TextRange::at(start, len.into()), insert: insert.to_owned() });
            };
            at += match (self.text(at), if two { self.text(at + 1) } else { "" }) {
                ("<", ">") => (replace(2, "!="), 2).1,
                ("==", "=") => (replace(3, "=="), 2).1,
                ("!=", "=") => (replace(3, "!="), 2).1,
                ("*", "*") => (replace(2, "^"), 2).1,
                ("&", "&") => (replace(2, &self.spaced(at, 2, "and")), 2).1,
                ("|", "|") => (replace(2, &self.spaced(at, 2, "or")), 2).1,
                (":", "=") => (replace(2, "="), 2).1,
                ("~", "=") => (replace(2, "!="), 2).1,
                (".", ".") if at == 0 || self.kind(at - 1) != Number => (replace(2, "+"), 2).1,
                (":", ":") => (replace(2, "."), 2).1,
                ("-", ">") if at > 0 && self.touches(at - 1) && self.touches(at + 1) && self.kind(at + 2) == Ident => {
                    (replace(2, "."), 2).1
                }
                ("*", "*=") => (replace(3, "^="), 2).1,
                ("&", _) if self.kind(at + 1) == StringLit || at > 0 && self.kind(at - 1) == StringLit => {
                    (replace(1, "+"), 1).1
                }
                ("=", ">") if self.is_condition() => (replace(2, ">="), 2).1,
                ("=", "<") if self.is_condition() => (replace(2, "<="), 2).1,
                ("!", _) => {
                    match self.compared(at) {
                        Some(end) => {
                            replace(1, "(not ");
                            edits.push(Edit { range: TextRange::empty(end), insert: ")".to_owned() });
                        }
                        None => replace(1, if two { "not " } else { "not" }),
                    }
                    1
                }
                ("'" | "`", _) => match self.quoted(at) {
                    Some((last, edit)) => {
                        edits.push(edit);
                        last + 1 - at
                    }
                    None => 1,
                },
                ("#", _) => break,
                _ => 1,
            };
        }
        edits
    }

    fn is_condition(&self) -> bool {
        matches!(self.kind(0), IfKw | WhileKw | ElseKw)
    }

    /// A word in the place of an operator, with the spaces that it needs.
    fn spaced(&self, at: usize, len: usize, word: &str) -> String {
        let before = if at > 0 && self.touches(at - 1) { " " } else { "" };
        let behind = if self.touches(at + len - 1) { " " } else { "" };
        format!("{before}{word}{behind}")
    }

    /// Where the operand of a `!` ends, if it is compared: `not` would take the comparison.
    fn compared(&self, not: usize) -> Option<TextSize> {
        let mut depth = 0;
        for at in not + 1..self.tokens.len() {
            match self.kind(at) {
                LParen | LBracket | LBrace => depth += 1,
                RParen | RBracket | RBrace if depth > 0 => depth -= 1,
                EqEq | NotEq | Less | LessEq | Greater | GreaterEq if depth == 0 => return self.end_before(at),
                RParen | RBracket | RBrace | Comma | AndKw | OrKw | ThenKw | Unknown | Colon if depth == 0 => break,
                _ => {}
            }
        }
        None
    }

    /// `'text'` as a string, and the token in which it ends.
    fn quoted(&self, at: usize) -> Option<(usize, Edit)> {
        let is_escaped = |it: usize| self.text(it - 1) == "\\" && self.touches(it - 1);
        let quote = self.text(at).to_owned();
        let mut quotes = (at + 1..self.tokens.len()).filter(|&it| self.text(it) == quote && !is_escaped(it));
        let mut last = quotes.next()?;
        // A doubled quote is one of the string's own.
        while self.touches(last) && self.text(last + 1) == quote && last > at + 1 {
            quotes.next();
            last = quotes.next()?;
        }
        let first = &self.tokens[at];
        let range = TextRange::new(first.text_range().start(), self.tokens[last].text_range().end());
        let whole = first.parent()?.ancestors().last()?.text().slice(range).to_string();
        let inner =
            whole[1..whole.len() - 1].replace("\\'", "'").replace("''", "'").replace("\\\"", "\"").replace('"', "\"\"");
        Some((last, Edit { range, insert: format!("\"{inner}\"") }))
    }

    /// `x += 1` for `x++` or `++x`.
    fn step(&self, range: TextRange, sign: &str) -> Option<Vec<Edit>> {
        let at = self.tokens.iter().position(|it| it.text_range().start() == range.start())?;
        if at > 0 && self.touches(at - 1) {
            return Some(vec![Edit { range, insert: format!(" {sign}") }]);
        }
        let end = self.tokens.last()?.text_range().end();
        let append = Edit { range: TextRange::empty(end), insert: format!(" {sign}") };
        Some(vec![Edit { range, insert: String::new() }, append])
    }

    /// `if c then x = a else x = b` for `x = c ? a : b`.
    fn chosen(&self, sign: TextRange) -> Option<Vec<Edit>> {
        let at = self.tokens.iter().position(|it| it.text_range() == sign)?;
        let start = match (self.kind(0), self.kind(1)) {
            (Ident, Eq) => 2,
            (ReturnKw, _) => 1,
            _ => return None,
        };
        let mut depth = 0;
        let mut colon = None;
        for it in start..self.tokens.len() {
            match self.kind(it) {
                LParen | LBracket | LBrace => depth += 1,
                RParen | RBracket | RBrace => depth -= 1,
                Colon if depth == 0 && it > at => colon = colon.or(Some(it)),
                Semicolon => return None,
                _ if it != at && self.text(it) == "?" => return None,
                _ => {}
            }
        }
        let colon = colon.filter(|&it| it > at + 1 && it + 1 < self.tokens.len() && at > start)?;
        let text = |from: usize, to: usize| -> Option<String> {
            let (first, last) = (self.tokens.get(from)?, self.tokens.get(to)?);
            let root = first.parent()?.ancestors().last()?;
            Some(root.text().slice(TextRange::new(first.text_range().start(), last.text_range().end())).to_string())
        };
        let before = text(0, start - 1)?;
        let from = self.tokens[0].text_range().start();
        let edit = |range, insert: String| Edit { range, insert };
        let gap = |from: usize, to: usize| {
            TextRange::new(self.tokens[from].text_range().end(), self.tokens[to].text_range().start())
        };
        Some(vec![
            edit(TextRange::new(from, self.tokens[start].text_range().start()), "if ".to_owned()),
            edit(gap(at - 1, at + 1), format!(" then {before} ")),
            edit(gap(colon - 1, colon + 1), format!(" else {before} ")),
        ])
    }

    /// The word behind the `end` of a block whose header begins with that word.
    fn end_of_header(&self, word: &str) -> Option<TextRange> {
        let (mut depth, mut before) = (0, Newline);
        let first = self.tokens.first()?.clone();
        let mut all = std::iter::successors(Some(first), SyntaxToken::next_token).filter(is_word);
        all.find(|it| {
            if it.text() == word {
                depth += if before == EndKw { -1 } else { 1 };
            }
            before = it.kind();
            depth == 0
        })
        .filter(|it| it.text() == word)
        .map(|it| it.text_range())
    }

    /// `for x in …` for the headers of other languages.
    fn for_header(&self, ctx: &Context<'_>) -> Option<Vec<Edit>> {
        let in_error = |it: &SyntaxToken| it.kind() == LBrace && it.parent().is_some_and(|it| it.kind() == Error);
        let block = self.tokens.iter().position(in_error).filter(|_| self.text(self.tokens.len() - 1) == "}");
        let mut last = block.unwrap_or(self.tokens.len());
        while matches!(self.text(last - 1), "do" | "{" | ":" | "then") {
            last -= 1;
        }
        let (from, to) =
            if self.kind(1) == LParen && self.kind(last - 1) == RParen { (2, last - 1) } else { (1, last) };
        let inner = &self.tokens[from..to];
        let text = |tokens: &[SyntaxToken]| {
            let (first, last) = (tokens.first()?, tokens.last()?);
            Some(ctx.text(TextRange::new(first.text_range().start(), last.text_range().end())).to_owned())
        };
        let is_declared = matches!(inner.first()?.text(), "var" | "let" | "const" | "int" | "auto" | "local");
        let inner = if is_declared { &inner[1..] } else { inner };
        let name = inner.first().filter(|it| it.kind() == Ident)?.text().to_owned();
        let down = inner.iter().position(|it| it.text().eq_ignore_ascii_case("downto"));
        let header = if let Some(at) = down.filter(|&at| at > 2 && inner[1].kind() == Eq) {
            format!("{name} in range({}, {}, -1)", text(&inner[2..at])?, text(&inner[at + 1..])?)
        } else if matches!(inner.get(1)?.text(), "in" | "of" | ":") {
            format!("{name} in {}", text(&inner[2..])?)
        } else if inner.get(1)?.kind() == Eq {
            let parts: Vec<_> = split(&inner[2..]);
            let bounds = match &*parts {
                [(_, start), (Semicolon, condition), (Semicolon, step)] => {
                    c_style(&name, &text(start)?, condition, step, &text)?
                }
                [(_, start), (Comma | Ident, end)] => format!("{}, {}", text(start)?, text(end)?),
                [(_, start), (Comma | Ident, end), (Comma | Ident, step)] => {
                    format!("{}, {}, {}", text(start)?, text(end)?, text(step)?)
                }
                _ => return None,
            };
            format!("{name} in range({bounds})")
        } else {
            return None;
        };
        let range = TextRange::new(self.tokens[1].text_range().start(), self.tokens[last - 1].text_range().end());
        Some(vec![Edit { range, insert: header }])
    }
}

/// The parts between commas, semicolons and the words `to`, `step` and `by`, each with what stands before it.
fn split(tokens: &[SyntaxToken]) -> Vec<(SyntaxKind, &[SyntaxToken])> {
    let (mut parts, mut first, mut before, mut depth) = (Vec::new(), 0, Eq, 0);
    for (at, token) in tokens.iter().enumerate() {
        match token.kind() {
            LParen | LBracket | LBrace => depth += 1,
            RParen | RBracket | RBrace => depth -= 1,
            _ => {}
        }
        let word = matches!(token.text(), "to" | "step" | "by" | "To" | "Step" | "TO" | "STEP");
        if depth == 0 && (word || matches!(token.kind(), Comma | Semicolon)) {
            parts.push((before, &tokens[first..at]));
            (first, before) = (at + 1, token.kind());
        }
    }
    parts.push((before, &tokens[first..]));
    parts
}

/// `0, 9` for `i = 0; i < 10; i++`. A step keeps the range empty where the loop would not have run.
fn c_style(
    name: &str,
    start: &str,
    condition: &[SyntaxToken],
    step: &[SyntaxToken],
    text: &dyn Fn(&[SyntaxToken]) -> Option<String>,
) -> Option<String> {
    let [it, operator, end @ ..] = condition else { return None };
    if it.text() != name {
        return None;
    }
    let step: String = step.iter().map(SyntaxToken::text).collect();
    let (plus, minus) = (step.strip_prefix(&format!("{name}+=")), step.strip_prefix(&format!("{name}-=")));
    let by = match (plus, minus) {
        _ if step == format!("{name}++") || step == format!("++{name}") => "1".to_owned(),
        _ if step == format!("{name}--") || step == format!("--{name}") => "-1".to_owned(),
        (Some(by), _) if by.bytes().all(|it| it.is_ascii_digit()) => by.to_owned(),
        (_, Some(by)) if by.bytes().all(|it| it.is_ascii_digit()) => format!("-{by}"),
        _ => return None,
    };
    let end_text = text(end)?;
    let simple = end.iter().all(|it| matches!(it.kind(), Ident | Number | Dot));
    let last = |less: i64, sign: &str| match end_text.parse::<i64>() {
        Ok(number) => Some((number + less).to_string()),
        Err(_) => simple.then(|| format!("{end_text} {sign} 1")),
    };
    let down = by.starts_with('-');
    let end_text = match (operator.kind(), down) {
        (Less, false) => last(-1, "-")?,
        (Greater, true) => last(1, "+")?,
        (LessEq, false) | (GreaterEq, true) => end_text,
        _ => return None,
    };
    let runs = start.parse::<i64>().ok().zip(end_text.parse::<i64>().ok());
    let is_plain =
        runs.is_some_and(|(first, last)| if down { by == "-1" && first > last } else { by == "1" && first < last });
    Some(if is_plain { format!("{start}, {end_text}") } else { format!("{start}, {end_text}, {by}") })
}

/// A comment as MiniScript has it.
fn comment(ctx: &Context<'_>, line: &Line, begin: TextRange) -> Option<Vec<Edit>> {
    let mut edits = vec![Edit { range: begin, insert: "//".to_owned() }];
    if ctx.text(begin) != "/*" {
        return Some(edits);
    }
    let text = &ctx.document.text;
    let len = text[usize::from(begin.end())..].find("*/");
    let end = begin.end() + TextSize::new(len? as u32);
    let behind = ctx.line_after(end + TextSize::of("*/"));
    behind.trim().is_empty().then_some(())?;
    // What stands on the lines between is the comment's, too.
    let (first, last) = (ctx.document.index.line_of(begin.start()), ctx.document.index.line_of(end));
    for number in first + 1..=last {
        let start = ctx.document.index.line_start(number);
        let inside = &text[ctx.document.index.line_range(number, text)];
        let blank = inside.len() - inside.trim_start_matches([' ', '\t']).len();
        let stars = usize::from(inside[blank..].starts_with('*') && !inside[blank..].starts_with("*/"));
        let range = TextRange::at(start + TextSize::new(blank as u32), TextSize::new(stars as u32));
        edits.push(Edit { range, insert: if stars == 0 { "// " } else { "//" }.to_owned() });
    }
    let blank_before = ctx.line_before(end).len() - ctx.line_before(end).trim_end().len();
    let start = end - TextSize::new(blank_before as u32);
    let alone = last > first && ctx.line_before(end).trim().is_empty();
    if alone {
        // The line of `*/` goes.
        edits.pop();
        let before = ctx.document.index.line_range(last - 1, text).end();
        edits.push(Edit { range: TextRange::new(before, end + TextSize::of("*/")), insert: String::new() });
    } else {
        edits.push(Edit { range: TextRange::new(start, end + TextSize::of("*/")), insert: String::new() });
    }
    line.tokens.first().map(|_| edits)
}

/// What is written around a block elsewhere: `do`, `:` and braces of the header in this line, and the braces of all that ends with it.
fn blocks(ctx: &Context<'_>, line: &Line, error: TextRange) -> Option<Vec<Edit>> {
    let open_here =
        line.tokens.iter().filter(|it| it.kind() == LBrace).any(|it| it.text_range().start() >= error.start());
    if let Some(edits) = one_line::edits(ctx, line).filter(|_| open_here || line.kind(0) == ForKw) {
        return Some(edits);
    }
    let mut edits = Vec::new();
    let is_header = line.tokens.iter().any(|it| matches!(it.kind(), WhileKw | ForKw | IfKw | ElseKw | FunctionKw))
        || matches!(line.text(0), "def" | "func" | "fn" | "fun" | "sub" | "proc")
        || line.text(0).eq_ignore_ascii_case("elseif")
        || matches!(line.text(0), "elif" | "elsif");
    let last = line.tokens.len() - 1;
    let open = line.tokens.iter().rfind(|it| it.kind() == LBrace && it.parent().is_some_and(|it| it.kind() == Error));
    if !is_header || last == 0 {
        if let Some(node) = open.and_then(block_of) {
            edits.extend(braces(ctx, &node)?);
        }
        return Some(edits);
    }
    let is_condition =
        line.tokens.iter().any(|it| it.kind() == IfKw) || line.text(0).starts_with("el") && line.kind(0) == Ident;
    let before = line.end_before(last)?;
    let without = |insert: &str| Edit {
        range: TextRange::new(before, line.tokens[last].text_range().end()),
        insert: insert.to_owned(),
    };
    let colon = line.tokens.iter().position(|it| it.text_range() == error && it.kind() == Colon);
    match line.text(last) {
        ":" => {
            let has_then = line.tokens.iter().any(|it| it.kind() == ThenKw);
            edits.push(without(if is_condition && !has_then { " then" } else { "" }));
        }
        "do" => edits.push(without("")),
        "then" if matches!(line.kind(0), WhileKw | ForKw) => edits.push(without("")),
        _ => {
            if let Some(at) = colon.filter(|_| is_condition) {
                let range = TextRange::new(line.end_before(at)?, error.end());
                edits.push(Edit { range, insert: " then".to_owned() });
            }
        }
    }
    if let Some(node) = open.and_then(block_of) {
        edits.extend(braces(ctx, &node)?);
    }
    Some(edits)
}

/// The construct whose block a brace in an error opens.
fn block_of(brace: &SyntaxToken) -> Option<SyntaxNode> {
    let outside = |it: &SyntaxNode| !matches!(it.kind(), Error | IfBranch | ElseBranch);
    let is_end = |it: &SyntaxNode| it.kind() == Error && it.children().any(|it| it.kind() == Block);
    let error = brace.parent()?;
    let foreign = error.next_sibling().filter(is_end);
    // A function whose header is an error has its body in the next one.
    foreign.or_else(|| error.ancestors().find(outside))
}

/// The braces of a construct as words.
fn braces(ctx: &Context<'_>, node: &SyntaxNode) -> Option<Vec<Edit>> {
    let word = match node.kind() {
        IfStmt => "if",
        WhileStmt => "while",
        ForStmt => "for",
        FunctionExpr | Error => "function",
        _ => return None,
    };
    let mut edits = Vec::new();
    let own = |it: &SyntaxNode| {
        let parent = it.parent();
        let in_branch =
            parent.as_ref().filter(|it| matches!(it.kind(), IfBranch | ElseBranch)).and_then(SyntaxNode::parent);
        it.kind() == Error && (parent.as_ref() == Some(node) || in_branch.as_ref() == Some(node))
    };
    let before = if node.kind() == Error { node.prev_sibling().filter(|it| it.kind() == Error) } else { None };
    for error in before.into_iter().chain(node.descendants().filter(own)) {
        let (first, last) = (error.first_token()?, error.last_token()?);
        let in_condition = error.parent().is_some_and(|it| it.kind() == IfBranch);
        let blank = |token: &SyntaxToken| token.prev_token().filter(|it| it.kind() == Whitespace);
        let open = if last.kind() == LBrace { Some(&last) } else { Some(&first).filter(|it| it.kind() == LBrace) };
        if open.is_some() && last.kind() == RBrace {
            edits.extend(one_line::edits(ctx, &Line::of(ctx, &first))?);
            continue;
        }
        if let Some(open) = open {
            let start = blank(open).map_or(open.text_range().start(), |it| it.text_range().start());
            // On a line of its own it goes with that.
            let line_end = ctx.root.token_at_offset(start).left_biased().filter(|it| it.kind() == Newline);
            let start = line_end.map_or(start, |it| it.text_range().start());
            let has_then = || error.siblings_with_tokens(rowan::Direction::Prev).any(|it| it.kind() == ThenKw);
            let insert = if in_condition && !has_then() { " then" } else { "" };
            edits.push(Edit { range: TextRange::new(start, open.text_range().end()), insert: insert.to_owned() });
        }
        if last.kind() != RBrace {
            continue;
        }
        let mut next = std::iter::successors(last.next_token(), SyntaxToken::next_token);
        let behind = next.find(|it| !matches!(it.kind(), Whitespace | Newline));
        let is_comment = behind.as_ref().is_some_and(|it| it.kind().is_trivia());
        let behind = behind.filter(|_| !is_comment).or_else(|| next.find(|it| is_word(it) && it.kind() != Newline));
        let inner = behind.filter(|it| it.kind() == ElseKw && it.parent_ancestors().nth(1).as_ref() == Some(node));
        match inner {
            // What is said about it stays.
            Some(_) if is_comment => edits.push(Edit { range: last.text_range(), insert: String::new() }),
            Some(it) => edits.push(Edit {
                range: TextRange::new(last.text_range().start(), it.text_range().start()),
                insert: String::new(),
            }),
            None if !ctx.line_before(last.text_range().start()).trim().is_empty() => {
                let start = blank(&last).map_or(last.text_range().start(), |it| it.text_range().start());
                let opener = ctx.line_before(node.text_range().start());
                let indent = &opener[..opener.len() - opener.trim_start_matches([' ', '\t']).len()];
                let insert = format!("{}{indent}end {word}", ctx.line_end());
                edits.push(Edit { range: TextRange::new(start, last.text_range().end()), insert });
            }
            None => edits.push(Edit { range: last.text_range(), insert: format!("end {word}") }),
        }
    }
    for line in node.children().filter(|it| it.kind() == IfBranch).filter_map(|it| it.first_token()) {
        edits.extend(Line::of(ctx, &line).words());
    }
    Some(edits)
}
