//! Comments that silence codes: `// minilive: allow CODE, CODE`, and those of them that do not.
//!
//! Part of `checks`; `diagnostics` asks for what it tells itself. Invariants: behind the codes may stand why, which is no code that is
//! unknown; a comment that would be read in no other way than as one of these is told, one that merely speaks of MiniLive is not; a text
//! without that word is not looked at.

use super::{Check, Fix, Weight, change_to, nearest};
use crate::db::LiveDb;
use crate::document::DocumentView;
use crate::ide::levelled;
use memchr::memmem;
use minilive_syntax::marker::Marker;
use minilive_syntax::{SyntaxKind, SyntaxNode, TextRange, TextSize};
use rowan::{GreenNodeData, NodeOrToken};
use rustc_hash::{FxHashMap, FxHashSet};
use std::ops::Range;

/// How such a comment begins.
const HEAD: &str = "// minilive: allow";

/// Codes that comments of the form `// minilive: allow CODE, CODE` allow.
#[derive(Default)]
pub(in crate::ide) struct Allowed {
    everywhere: FxHashSet<String>,
    lines: FxHashMap<u32, Vec<String>>,
}

impl Allowed {
    /// Those of a document.
    pub(in crate::ide) fn of(document: &DocumentView, db: &LiveDb) -> Allowed {
        let mut allowed = Allowed::default();
        if memmem::find(document.text.as_bytes(), b"minilive:").is_some() {
            let mut before_code = true;
            allowed.look(&document.file.parse(db).green, TextSize::new(0), document, &mut before_code);
        }
        allowed
    }

    fn look(&mut self, node: &GreenNodeData, start: TextSize, document: &DocumentView, before_code: &mut bool) {
        let mut at = start;
        for child in node.children() {
            match child {
                NodeOrToken::Node(node) => self.look(node, at, document, before_code),
                NodeOrToken::Token(token) if token.kind() == SyntaxKind::MarkerComment.into() => {
                    let line = document.index.line_of(at);
                    for code in codes(token.text()) {
                        if *before_code {
                            self.everywhere.insert(code);
                        } else {
                            // On its own line it is about the next one.
                            self.lines.entry(line).or_default().push(code.clone());
                            self.lines.entry(line + 1).or_default().push(code);
                        }
                    }
                }
                NodeOrToken::Token(token) => {
                    let blank = [SyntaxKind::Whitespace, SyntaxKind::Comment, SyntaxKind::Newline];
                    *before_code &= blank.iter().any(|&it| token.kind() == it.into());
                }
            }
            at += child.text_len();
        }
    }

    /// Whether a code is not shown on a line.
    pub(in crate::ide) fn allows(&self, code: &str, line: u32) -> bool {
        self.everywhere.contains(code) || self.lines.get(&line).is_some_and(|codes| codes.iter().any(|it| it == code))
    }
}

/// The codes of one comment.
fn codes(comment: &str) -> Vec<String> {
    let words = list(comment).map(|list| words(comment, list)).unwrap_or_default();
    words.into_iter().map(|(_, word)| comment[word].to_owned()).collect()
}

/// What stands behind `allow` in a comment that silences codes.
fn list(comment: &str) -> Option<Range<usize>> {
    const ALLOW: &str = "allow ";
    let Some(Marker::Setting { text }) = Marker::parse(comment) else { return None };
    comment[text.clone()].starts_with(ALLOW).then(|| text.start + ALLOW.len()..text.end)
}

/// The words of a list, each with whether it is the first behind a comma, or of all.
fn words(comment: &str, list: Range<usize>) -> Vec<(bool, Range<usize>)> {
    let (mut found, mut at, mut is_first) = (Vec::new(), list.start, true);
    for word in comment[list].split_inclusive([',', ' ', '\t']) {
        let len = word.trim_end_matches([',', ' ', '\t']).len();
        if len > 0 {
            found.push((is_first, at..at + len));
            is_first = false;
        }
        is_first |= word.ends_with(',');
        at += word.len();
    }
    found
}

/// Adds what is wrong with such comments.
pub(super) fn add(db: &LiveDb, document: &DocumentView, found: &mut Vec<Check>) {
    // As people write it; a text of thousands of lines is not made small for this.
    let names = ["inilive", "iniLive", "INILIVE"];
    let text = document.text.as_bytes();
    let mut places: Vec<_> = names.iter().flat_map(|it| memmem::find_iter(text, it)).collect();
    if places.is_empty() {
        return;
    }
    places.sort_unstable();
    let root = SyntaxNode::new_root(document.file.parse(db).green.clone());
    let mut last = None;
    for at in places {
        let Some(token) = root.token_at_offset(TextSize::new(at as u32)).right_biased() else { continue };
        let is_comment = matches!(token.kind(), SyntaxKind::Comment | SyntaxKind::MarkerComment);
        let start = token.text_range().start();
        if is_comment && last.replace(start) != Some(start) {
            look(token.text(), start, found);
        }
    }
}

/// Adds what is wrong with a comment, if it is meant to silence codes.
fn look(comment: &str, start: TextSize, found: &mut Vec<Check>) {
    let range =
        |it: Range<usize>| TextRange::new(start + TextSize::new(it.start as u32), start + TextSize::new(it.end as u32));
    if let Some(list) = list(comment) {
        let of_word = |word: Range<usize>| unknown(&comment[word.clone()], range(word));
        found.extend(unknown_words(comment, list).into_iter().map(of_word));
    } else if let Some(meant) = meant(comment) {
        let head = range(0..meant.head);
        let (message, fix) = match meant.code {
            None => (format!("this names no code of a warning: `{HEAD} CODE`"), None),
            Some(code) => {
                let title = format!("Write `{HEAD}`");
                let fix = Fix { title, range: head, insert: HEAD.to_owned() };
                (format!("this silences nothing: it is written `{HEAD} {code}`"), Some(fix))
            }
        };
        found.push(Check { range: head, code: "marker", weight: Weight::Warning, message, fix });
    }
}

/// A word that is no code.
fn unknown(word: &str, range: TextRange) -> Check {
    let meant = nearest(word, levelled());
    let end = meant.as_ref().map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
    let message = format!("`{word}` is no code of a warning{end}");
    let fix = meant.map(|meant| change_to(&meant, range));
    Check { range, code: "marker", weight: Weight::Warning, message, fix }
}

/// The words of a list that should be codes, and are none: the first behind each comma, and others that are much like one. Any other word
/// begins to say why.
fn unknown_words(comment: &str, list: Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (is_first, at) in words(comment, list.clone()) {
        let word = &comment[at.clone()];
        let is_known = levelled().any(|it| it == word);
        // A word by itself can only be meant as a code, and so can one with a hyphen or before a comma; others begin to say why.
        let is_alone =
            comment[list.start..at.start].trim_end().is_empty() && comment[at.end..list.end].trim().is_empty();
        let is_listed = is_first && (word.contains('-') || comment[at.end..].starts_with(','));
        let is_meant = is_alone || is_listed || nearest(word, levelled()).is_some();
        if !is_known && !is_meant {
            break;
        }
        found.extend((!is_known).then_some(at));
    }
    found
}

/// A comment that is meant to silence codes, and does not.
struct Meant {
    /// How long it is up to the codes.
    head: usize,
    /// The first code; none, if nothing is there.
    code: Option<String>,
}

/// What a comment is meant to silence: it names MiniLive, then says `allow`, in whatever letters and with whatever signs, then a code.
fn meant(comment: &str) -> Option<Meant> {
    let is_sign = |c: char| c.is_whitespace() || matches!(c, '/' | ':' | '=' | '-' | '(' | '@');
    let rest = comment.trim_start_matches(is_sign);
    let name = rest.get(.."minilive".len()).filter(|it| it.eq_ignore_ascii_case("minilive"))?;
    let rest = rest[name.len()..].trim_start_matches(is_sign);
    let word = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let lower = word.to_ascii_lowercase();
    if !matches!(&*lower, "allow" | "allows" | "ignore" | "disable") && nearest(&lower, ["allow"].into_iter()).is_none()
    {
        return None;
    }
    let list = &rest[word.len()..];
    let codes = list.trim_start_matches(is_sign);
    let first = codes.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap_or_default();
    let code = match nearest(&first.to_ascii_lowercase(), levelled()) {
        Some(code) => Some(code),
        None if codes.is_empty() && comment.starts_with("// minilive:") => None,
        None => return None,
    };
    // A blank before the codes stays.
    let head = comment.len() - list.len() + (list.len() - codes.len());
    Some(Meant { head: comment[..head].trim_end().len(), code })
}
