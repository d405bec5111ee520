//! Marker comments: ordinary comments to MiniScript, inputs to MiniLive (watches, probes, examples, expectations, settings).
//!
//! The lexer asks [`is_marker`], the editor reads [`Marker::parse`] from a `MarkerComment` token. Nothing here looks into the
//! expressions: they are spans of the comment's text, for others to parse. Rulers like `//====` are plain comments.

use std::ops::Range;

/// A piece of the comment, in bytes from its start.
pub type Span = Range<usize>;

/// What a marker comment says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Marker {
    /// `//> EXPR` and `//>! EXPR`: evaluate in file scope and show the value.
    Watch {
        /// `//>!`: may have effects, so it runs only when asked to.
        effectful: bool,
        /// The expression.
        expr: Span,
        /// The value behind `//=` in the same comment.
        expected: Option<Span>,
    },
    /// `//= VALUE` behind a watch or example: what must come out.
    Expected {
        /// The value.
        value: Span,
    },
    /// `//?` probes the value of its line, `//? EXPR` an expression with the line's locals.
    Probe {
        /// The expression, if one is given.
        expr: Option<Span>,
    },
    /// `//@ example [NAME:] CALL [OPTION=VALUE …]`
    Example {
        /// The example's name.
        name: Option<Span>,
        /// The call.
        call: Span,
        /// The options `seed`, `input`, `frames`, `budget`.
        options: Vec<(Span, Span)>,
        /// The value behind `//=` in the same comment.
        expected: Option<Span>,
    },
    /// `//@ seed NAME=EXPR, …`: hypothetical values for an unfinished loop.
    Seed {
        /// The names and their values.
        bindings: Vec<(Span, Span)>,
    },
    /// `// minilive: TEXT`: a setting for the file.
    Setting {
        /// The text.
        text: Span,
    },
    /// `//@` with a word that is none of ours, or nothing behind it.
    Unknown {
        /// What stands there.
        text: Span,
    },
}

/// The prefix of file settings.
const SETTING: &str = "// minilive:";

/// The options of an example.
const OPTIONS: [&str; 4] = ["seed", "input", "frames", "budget"];

/// Whether a comment (with its slashes, without the line end) is a marker.
pub fn is_marker(comment: &str) -> bool {
    if comment.starts_with(SETTING) {
        return true;
    }
    let mut chars = comment.strip_prefix("//").unwrap_or_default().chars();
    match chars.next() {
        Some(sign @ ('>' | '@' | '=' | '?')) => chars.next() != Some(sign),
        _ => false,
    }
}

impl Marker {
    /// Reads a marker comment; `None` for a plain one.
    pub fn parse(comment: &str) -> Option<Marker> {
        if !is_marker(comment) {
            return None;
        }
        if comment.starts_with(SETTING) {
            return Some(Marker::Setting { text: trim(comment, SETTING.len()..comment.len()) });
        }
        let body = 3..comment.len();
        Some(match comment.as_bytes()[2] {
            b'>' => watch(comment),
            b'=' => Marker::Expected { value: trim(comment, body) },
            b'?' => {
                let expr = trim(comment, body);
                Marker::Probe { expr: (!expr.is_empty()).then_some(expr) }
            }
            _ => directive(comment),
        })
    }
}

fn watch(comment: &str) -> Marker {
    let effectful = comment[3..].starts_with('!');
    let (expr, expected) = split_expected(comment, 3 + usize::from(effectful)..comment.len());
    Marker::Watch { effectful, expr, expected }
}

/// `//@ WORD …`
fn directive(comment: &str) -> Marker {
    let text = trim(comment, 3..comment.len());
    let word_len = comment[text.clone()].find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    let rest = text.start + word_len..text.end;
    match &comment[text.start..rest.start] {
        "example" => example(comment, rest),
        "seed" => Marker::Seed {
            bindings: split(comment, trim(comment, rest), ',').filter_map(|it| binding(comment, it)).collect(),
        },
        _ => Marker::Unknown { text },
    }
}

fn example(comment: &str, rest: Span) -> Marker {
    let (rest, expected) = split_expected(comment, rest);
    let words: Vec<Span> = split(comment, rest.clone(), ' ').filter(|word| !word.is_empty()).collect();
    let is_option =
        |word: &Span| binding(comment, word.clone()).filter(|(key, _)| OPTIONS.contains(&&comment[key.clone()]));
    let options: Vec<_> = words.iter().map_while_rev(is_option);
    let end = words[..words.len() - options.len()].last().map_or(rest.start, |word| word.end);
    let body = trim(comment, rest.start..end);
    let colon = split(comment, body.clone(), ':').next().map_or(body.end, |name| name.end);
    let named = colon < body.end;
    let name = named.then(|| trim(comment, body.start..colon));
    let call = if named { trim(comment, colon + 1..body.end) } else { body };
    Marker::Example { name, call, options, expected }
}

/// Reads from the back as long as it works, and gives the results in order.
trait MapWhileRev<T> {
    fn map_while_rev<U>(self, read: impl FnMut(T) -> Option<U>) -> Vec<U>;
}

impl<T, I: DoubleEndedIterator<Item = T>> MapWhileRev<T> for I {
    fn map_while_rev<U>(self, read: impl FnMut(T) -> Option<U>) -> Vec<U> {
        let mut found: Vec<U> = self.rev().map_while(read).collect();
        found.reverse();
        found
    }
}

/// `KEY=VALUE`
fn binding(comment: &str, span: Span) -> Option<(Span, Span)> {
    let equals = span.start + comment[span.clone()].find('=')?;
    let (key, value) = (trim(comment, span.start..equals), trim(comment, equals + 1..span.end));
    (!key.is_empty() && !value.is_empty()).then_some((key, value))
}

/// Splits off `//= VALUE`.
fn split_expected(comment: &str, span: Span) -> (Span, Option<Span>) {
    let found = outside(comment, span.clone()).find(|at| comment[*at..span.end].starts_with("//="));
    match found {
        Some(at) => (trim(comment, span.start..at), Some(trim(comment, at + 3..span.end))),
        None => (trim(comment, span), None),
    }
}

/// The parts between separators that stand outside of strings and brackets.
fn split(comment: &str, span: Span, separator: char) -> impl Iterator<Item = Span> {
    let mut cuts: Vec<usize> =
        outside(comment, span.clone()).filter(|at| comment[*at..].starts_with(separator)).collect();
    cuts.push(span.end);
    let mut start = span.start;
    cuts.into_iter().map(move |cut| {
        let part = trim(comment, start..cut);
        start = cut + separator.len_utf8();
        part
    })
}

/// The places outside of strings and brackets.
fn outside(comment: &str, span: Span) -> impl Iterator<Item = usize> {
    let (mut depth, mut in_string) = (0usize, false);
    comment[span.clone()].char_indices().filter_map(move |(at, c)| {
        let is_outside = depth == 0 && !in_string;
        match c {
            '"' => in_string = !in_string,
            '(' | '[' | '{' if !in_string => depth += 1,
            ')' | ']' | '}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        is_outside.then_some(span.start + at)
    })
}

/// The span without white space at its ends.
fn trim(comment: &str, span: Span) -> Span {
    let text = &comment[span.clone()];
    let start = span.start + (text.len() - text.trim_start().len());
    start..start + text.trim().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The marker with the texts of its spans.
    #[track_caller]
    fn check(comment: &str, expected: &str) {
        let marker = Marker::parse(comment).expect("a marker");
        let at = |span: &Span| format!("<{}>", &comment[span.clone()]);
        let maybe = |span: &Option<Span>| span.as_ref().map_or("-".to_owned(), at);
        let pairs = |pairs: &[(Span, Span)]| pairs.iter().map(|(key, value)| at(key) + &at(value)).collect::<String>();
        let shown = match &marker {
            Marker::Watch { effectful, expr, expected } => {
                format!("watch {effectful} {} {}", at(expr), maybe(expected))
            }
            Marker::Expected { value } => format!("expected {}", at(value)),
            Marker::Probe { expr } => format!("probe {}", maybe(expr)),
            Marker::Example { name, call, options, expected } => {
                format!("example {} {} [{}] {}", maybe(name), at(call), pairs(options), maybe(expected))
            }
            Marker::Seed { bindings } => format!("seed [{}]", pairs(bindings)),
            Marker::Setting { text } => format!("setting {}", at(text)),
            Marker::Unknown { text } => format!("unknown {}", at(text)),
        };
        assert_eq!(shown, expected, "{comment}");
    }

    #[test]
    fn each_marker_is_read() {
        check("//> f(2) + 1", "watch false <f(2) + 1> -");
        check("//>! save(1)", "watch true <save(1)> -");
        check("//> \"//=\" + f //= 4 ", "watch false <\"//=\" + f> <4>");
        check("//= [1, 2]", "expected <[1, 2]>");
        check("//?", "probe -");
        check("//? x * 2", "probe <x * 2>");
        check("//@ example f(1)", "example - <f(1)> [] -");
        check(
            "//@ example big one: f({\"a\": 1}, [2,3]) seed=7 input=[\"a\", \"b\"] frames=3 budget=50ms",
            "example <big one> <f({\"a\": 1}, [2,3])> [<seed><7><input><[\"a\", \"b\"]><frames><3><budget><50ms>] -",
        );
        check("//@ example eight: f(8) seed=1 //= 21", "example <eight> <f(8)> [<seed><1>] <21>");
        check("//@ seed i=3, total=[1, 2]", "seed [<i><3><total><[1, 2]>]");
        check("//@ seed", "seed []");
        check("//@ example", "example - <> [] -");
        check("//@", "unknown <>");
        check("//@ nonsense 1", "unknown <nonsense 1>");
        check("// minilive: off", "setting <off>");
    }

    #[test]
    fn plain_comments_and_rulers_are_none() {
        for comment in ["//", "// x", "//==========", "//>>>", "//@@", "//??", "//!", "// minilive"] {
            assert_eq!(Marker::parse(comment), None, "{comment}");
        }
    }
}
