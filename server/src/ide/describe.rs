//! How values and functions are described: types as words, signatures as code, comments as documentation.
//!
//! Completion, signatures and hover share it. Invariant: a description says "maybe" wherever inference is open.

use super::folding::RegionMark;
use super::guide;
use super::infer::{Infer, Kind, Known, Object, UnitRef};
use crate::db::{self, File, LiveDb};
use minilive_mir::ir::UnitKind;
use minilive_runtime::intrinsics::IntrinsicId;
use minilive_syntax::ast::{AstNode, Expr, FunctionExpr, LiteralValue, MapEntry, Stmt};
use minilive_syntax::marker::is_marker;
use minilive_syntax::{SyntaxNode, TextSize};

/// So many calls show what a function is given; the others are hardly of another kind.
const MOST_CALLS: usize = 100;

/// Lists of more kinds of elements are lists.
const MOST_ELEMENTS: usize = 3;

/// The type of a value in a few words; nothing if nothing is known.
pub fn type_text(infer: &mut Infer<'_>, db: &LiveDb, known: &Known) -> Option<String> {
    known_text(infer, db, known).map(|text| text + unknown_text(known))
}

/// What is said of a value besides what is known: that it may as well be what nobody knows.
pub fn unknown_text(known: &Known) -> &'static str {
    if known.vague { " or unknown" } else { "" }
}

/// The types that a value is known to be possibly; nothing if none is.
pub fn known_text(infer: &mut Infer<'_>, db: &LiveDb, known: &Known) -> Option<String> {
    let mut words: Vec<String> = Vec::new();
    for kind in &known.kinds {
        let word = kind_text(infer, db, kind);
        if !words.contains(&word) {
            words.push(word);
        }
    }
    if words.len() > 1 {
        // Whose alternatives they are is to be seen.
        words.sort_by_key(|it| it.starts_with("list of "));
        let lists = words.iter_mut().filter(|it| it.contains(" or "));
        lists.for_each(|it| *it = it.replacen("list of ", "list of (", 1) + ")");
    }
    (!words.is_empty()).then(|| words.join(" or "))
}

fn kind_text(infer: &mut Infer<'_>, db: &LiveDb, kind: &Kind) -> String {
    match kind {
        Kind::Null => "null".into(),
        Kind::Number => "number".into(),
        Kind::Text => "string".into(),
        Kind::AnyMap => "map".into(),
        Kind::Error => "error".into(),
        Kind::Unknown => "unknown".into(),
        Kind::List(kinds) => match &**kinds {
            [Kind::Unknown] => "list".into(),
            [Kind::List(inner)] => match &**inner {
                [one] if !matches!(one, Kind::List(_) | Kind::Unknown) => {
                    format!("list of lists of {}", kind_text(infer, db, one))
                }
                _ => "list of lists".into(),
            },
            [one] => format!("list of {}", kind_text(infer, db, one)),
            [_, _, ..] if kinds.iter().all(|it| !matches!(it, Kind::List(_) | Kind::Function(_))) => {
                let mut words: Vec<String> = Vec::new();
                for kind in kinds {
                    let word = kind_text(infer, db, kind);
                    if !words.contains(&word) {
                        words.push(word);
                    }
                }
                if words.len() > MOST_ELEMENTS { "list".into() } else { format!("list of {}", words.join(" or ")) }
            }
            _ => "list".into(),
        },
        Kind::Map(object) => object_text(infer, *object),
        Kind::Function(function) => format!("function{}", params_text(db, *function)),
        Kind::Intrinsic(id) => format!("function({})", guide::params(*id, false).join(", ")),
    }
}

/// A map by the name it is made under.
pub fn object_text(infer: &mut Infer<'_>, object: Object) -> String {
    match object {
        Object::Module(_) => "module".into(),
        Object::Globals(_) => "globals".into(),
        Object::Locals(_) => "locals".into(),
        Object::Host(name) => format!("map `{name}`"),
        Object::Entry(_) => "map of `key` and `value`".into(),
        Object::Sum(..) => "map".into(),
        Object::Literal(..) => match infer.name_of(object) {
            Some(name) => format!("map `{name}`"),
            None => "map".into(),
        },
        Object::New(..) | Object::Born(..) => {
            // What has the name of a class is one, and no instance of what is behind it.
            let own = infer.name_of(object).filter(|_| matches!(object, Object::New(..)));
            if let Some(name) = own.filter(|it| it.starts_with(char::is_uppercase)) {
                return format!("map `{name}`");
            }
            let base = infer.parents(object).into_iter().next().map(|base| infer.name_of(base));
            match base.flatten().or_else(|| infer.name_of(object)) {
                Some(name) => format!("map `{name}`"),
                None => "map".into(),
            }
        }
    }
}

/// The tree of a function literal.
pub fn function_tree(db: &LiveDb, function: UnitRef) -> Option<FunctionExpr> {
    let placed = db::units(db, function.file).get(function.unit as usize)?;
    (placed.unit.kind == UnitKind::Function).then_some(())?;
    FunctionExpr::cast(SyntaxNode::new_root(placed.unit.green.clone()))
}

/// The parameters of a function, each as it is written, without blanks around its `=`.
pub fn params(db: &LiveDb, function: UnitRef) -> Vec<String> {
    let params = function_tree(db, function).into_iter().flat_map(|it| it.params());
    let written = params.map(|param| param.syntax().text().to_string());
    let tidy = |it: String| match it.split_once('=') {
        Some((name, default)) => format!("{}={}", name.trim(), default.trim()),
        None => it.trim().to_owned(),
    };
    written.map(tidy).collect()
}

/// The parameters of a function in parentheses.
pub fn params_text(db: &LiveDb, function: UnitRef) -> String {
    format!("({})", params(db, function).join(", "))
}

/// A parameter as code, with what it is likely to be: `b: number = 2`.
fn typed_param(infer: &mut Infer<'_>, db: &LiveDb, function: UnitRef, at: usize, written: &str) -> String {
    let known = infer.parameter(function, at, MOST_CALLS);
    let types = type_text(infer, db, &known).map(|it| it.replace('`', ""));
    match (types, written.split_once('=')) {
        (None, _) => written.to_owned(),
        (Some(types), None) => format!("{written}: {types}"),
        (Some(types), Some((name, default))) => format!("{}: {types} = {}", name.trim(), default.trim()),
    }
}

/// The parameters of a function, each with what it is likely to be, and what calling it is likely to give, as far as that is soon found out.
pub fn typed(infer: &Infer<'_>, db: &LiveDb, function: UnitRef) -> (Vec<String>, Option<String>) {
    let (written, mut infer) = (params(db, function), infer.brief());
    let params = (0..).zip(&written).map(|(at, written)| typed_param(&mut infer, db, function, at, written)).collect();
    let result = result_text(&mut infer, db, function);
    if infer.is_exhausted() { (written, None) } else { (params, result) }
}

/// What calling a function is likely to give, if it gives something.
fn result_text(infer: &mut Infer<'_>, db: &LiveDb, function: UnitRef) -> Option<String> {
    let facts = infer.facts(function.file).unit(function.unit).facts.clone();
    (!facts.returns.is_empty()).then_some(())?;
    let mut known = infer.result(function, None);
    if !facts.always_returns && !known.kinds.is_empty() {
        known.join(Known::new(vec![Kind::Null], false));
    }
    type_text(infer, db, &known).map(|it| it.replace('`', ""))
}

/// The types of a function's parameters and of what it gives, as a paragraph; none if nothing is known of them.
pub fn types_of_function(infer: &Infer<'_>, db: &LiveDb, function: UnitRef) -> Option<String> {
    let (params, result) = typed(infer, db, function);
    let is_known = result.is_some() || params != self::params(db, function);
    let result = result.map(|it| format!(" -> {it}")).unwrap_or_default();
    let name = db::units(db, function.file).get(function.unit as usize).map(|it| it.name.clone()).unwrap_or_default();
    let name = if name.starts_with('@') { "function" } else { &name };
    is_known.then(|| format!("likely: `{name}({}){result}`", params.join(", ")))
}

/// What a function is for: its docstring, or the comment right above the statement that defines it.
pub fn documentation(db: &LiveDb, function: UnitRef) -> Option<String> {
    let first = function_tree(db, function)?.body().and_then(|body| body.statements().next());
    if let Some(Stmt::Expr(first)) = first
        && let Some(Expr::Literal(literal)) = first.expr()
        && let Some(LiteralValue::String(text)) = literal.value()
    {
        return Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    }
    let start = db::units(db, function.file).get(function.unit as usize)?.start;
    comment_above(db, function.file, start)
}

/// The comment lines right above the line of a place.
pub fn comment_above(db: &LiveDb, file: File, at: TextSize) -> Option<String> {
    let text = file.text(db);
    let before = &text[..usize::from(at)];
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    let mut lines = Vec::new();
    if line_start > 0 && is_header(&text, line_start) {
        return None;
    }
    for line in before[..line_start].lines().rev() {
        let line = line.trim();
        // What stands above a region that begins right here is about the same.
        if lines.is_empty() && RegionMark::of(line) == Some(RegionMark::Start) {
            continue;
        }
        match line.strip_prefix("//").filter(|_| !is_marker(line) && RegionMark::of(line).is_none()) {
            Some(comment) => lines.extend(without_ruler(comment)),
            None => break,
        }
    }
    lines.reverse();
    let comment = lines.join("\n").trim().to_owned();
    (!comment.is_empty()).then_some(comment)
}

/// Whether the comment with which a file begins, and which ends right before the statement at this place, is about the file.
///
/// Nothing but habit tells it from the comment of that statement. It is a title, no sentence; and either the comments above the other
/// definitions of the file are sentences, or no definition has one, and there are several.
fn is_header(text: &str, statement: usize) -> bool {
    const SEVERAL: usize = 3;
    let is_comment =
        |line: &str| line.starts_with("//") && !is_marker(line.trim()) && RegionMark::of(line.trim()).is_none();
    let is_sentence = |line: &str| line.trim().ends_with(['.', '!', '?']);
    let mut lines = text.split_inclusive('\n').peekable();
    let (mut end, mut has_sentence) = (0, false);
    end += lines.next_if(|line| line.starts_with("#!")).map_or(0, str::len);
    while let Some(line) = lines.next_if(|line| is_comment(line)) {
        end += line.len();
        has_sentence |= is_sentence(line);
    }
    if end != statement || has_sentence {
        return false;
    }
    // Of the comment above a line: whether it has a sentence.
    let (mut bare, mut above) = (0, None);
    for line in lines.skip(1) {
        match above.filter(|_| defines(line)) {
            Some(has_sentence) => return has_sentence,
            None => bare += usize::from(defines(line)),
        }
        above = is_comment(line).then(|| above.unwrap_or(false) || is_sentence(line));
    }
    bare >= SEVERAL
}

/// Whether a line begins the definition of a function or a map, or of a member, outside of everything.
fn defines(line: &str) -> bool {
    let behind = line.trim_start_matches(|c: char| c == '_' || c == '.' || c.is_alphanumeric());
    let value = behind.trim_start().strip_prefix('=').filter(|_| behind.len() < line.len()).map(str::trim_start);
    value.is_some_and(|it| ["function", "{", "new "].iter().any(|start| it.starts_with(start)))
}

/// The text of a line of a comment, if it is more than a line drawn between parts of a file.
fn without_ruler(comment: &str) -> Option<String> {
    let text = comment.trim_start_matches('/').trim();
    let is_ruler = text.len() > 2 && text.chars().all(|c| matches!(c, '-' | '=' | '*' | '#' | '_' | '~' | '+' | '/'));
    (!is_ruler).then(|| text.to_owned())
}

/// The comment above a line, if it is about what stands at this place: what the line begins with, not each key of a literal in it.
pub fn comment_about(db: &LiveDb, file: File, at: TextSize) -> Option<String> {
    let text = file.text(db);
    let before = &text[..usize::from(at)];
    let before = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
    let begins = before.trim_start().chars().all(|c| matches!(c, '.' | '_' | '"') || c.is_alphanumeric());
    begins.then(|| comment_above(db, file, at)).flatten()
}

/// The comment with which a file begins, unless it stands directly above a variable, which it is about then.
pub fn comment_at_start(db: &LiveDb, file: File) -> Option<String> {
    let text = file.text(db);
    let (mut lines, mut end) = (text.split_inclusive('\n').peekable(), 0);
    let mut comment = Vec::new();
    while let Some(line) = lines.next_if(|line| line.trim().starts_with("//") && !is_marker(line.trim())) {
        end += line.len();
        let line = line.trim();
        if RegionMark::of(line).is_some() {
            continue;
        }
        comment.extend(line.strip_prefix("//").and_then(without_ruler));
    }
    let is_about_variable = lines.next().map(str::trim).is_some_and(|line| {
        let name = line.trim_start_matches(|c: char| c == '_' || c == '.' || c.is_alphanumeric());
        name.len() < line.len() && name.trim_start().starts_with('=')
    });
    let comment = comment.join("\n").trim().to_owned();
    let is_about_file = !is_about_variable || is_header(&text, end);
    (!comment.is_empty() && is_about_file).then_some(comment)
}

/// The title of a function as code.
pub fn function_title(db: &LiveDb, function: UnitRef) -> String {
    let of_unit = || db::units(db, function.file).get(function.unit as usize).map(|it| it.name.to_string());
    let name = entry_name(db, function).or_else(of_unit).unwrap_or_default();
    format!("{name} = function{}", params_text(db, function))
}

/// The key under which a function stands in a map literal, by which people know it: it has no other name.
fn entry_name(db: &LiveDb, function: UnitRef) -> Option<String> {
    let placed = db::units(db, function.file).get(function.unit as usize)?;
    (placed.unit.kind == UnitKind::Function).then_some(())?;
    let root = SyntaxNode::new_root(function.file.parse(db).green.clone());
    let node = root.covering_element(placed.range()).into_node().filter(|it| it.text_range() == placed.range())?;
    let tree = node.ancestors().find_map(FunctionExpr::cast)?;
    let entry = tree.syntax().parent().and_then(MapEntry::cast)?;
    let Expr::Literal(key) = entry.key()? else { return None };
    match key.value()? {
        LiteralValue::String(name) => Some(name),
        LiteralValue::Number(_) => None,
    }
}

/// The title of an intrinsic with its first sentence.
pub fn intrinsic_detail(id: IntrinsicId, as_method: bool) -> String {
    format!("({})", guide::params(id, as_method).join(", "))
}
