//! What of a host profile could stand in no program: names that nobody can write, parameters that are none, kinds that nobody describes.
//!
//! Asked once a profile is read. Invariant: an answer names the place, from the outside in, and says what may stand there.

use super::{HostName, HostNames, Profile};
use minilive_syntax::SyntaxKind::{self, *};
use minilive_syntax::ast::{AstNode, Expr, FunctionExpr};
use minilive_syntax::lexer::lex;

/// What values are called in the language.
const OF_LANGUAGE: [&str; 7] = ["number", "string", "list", "map", "function", "null", "error"];
/// The type maps, whose members all values of a type have.
const TYPE_MAPS: [&str; 5] = ["list", "string", "map", "number", "funcRef"];

/// What is said to be given is one of these.
struct Known<'p>(&'p Profile);

/// Looks through all that a profile says.
///
/// # Errors
/// A sentence about the first thing that is wrong.
pub(super) fn check(profile: &Profile) -> Result<(), String> {
    let known = Known(profile);
    known.all("names", &profile.names)?;
    known.all("types", &profile.types)?;
    for (name, module) in &profile.modules {
        let place = format!("modules.{name}");
        if name.trim().is_empty() {
            return Err(format!("`{place}` has no name for `import`"));
        }
        known.all(&format!("{place}.members"), &module.members)?;
        known.all(&format!("{place}.globals"), &module.globals)?;
        for (of, names) in &module.adds {
            let place = format!("{place}.adds.{of}");
            if !TYPE_MAPS.contains(&&**of) {
                return Err(format!("`{place}` is of no type: a module adds to {}", TYPE_MAPS.join(", ")));
            }
            known.all(&place, names)?;
        }
    }
    Ok(())
}

impl Known<'_> {
    fn all(&self, place: &str, names: &HostNames) -> Result<(), String> {
        names.iter().try_for_each(|(name, it)| self.one(&format!("{place}.{name}"), name, it))
    }

    /// One name with all that belongs to it.
    fn one(&self, place: &str, name: &str, it: &HostName) -> Result<(), String> {
        is_written(name).map_err(|why| format!("`{place}`: no program can write {why}"))?;
        check_params(it.params.as_deref().unwrap_or_default()).map_err(|why| format!("`{place}`: {why}"))?;
        if let Some(kind) = it.gives.as_deref().filter(|kind| !self.has(kind)) {
            return Err(format!(
                "`{place}` gives `{kind}`, which is no type of the language ({}), no kind of [types] and no name of [names]",
                OF_LANGUAGE.join(", ")
            ));
        }
        self.all(&format!("{place}.members"), &it.members)
    }

    /// Whether there is such a type of the language, kind of value or name.
    fn has(&self, kind: &str) -> bool {
        let Profile { names, types, modules, .. } = self.0;
        let is_global = || modules.values().any(|it| it.globals.contains_key(kind));
        OF_LANGUAGE.contains(&kind) || types.contains_key(kind) || names.contains_key(kind) || is_global()
    }
}

/// Whether programs can write a name; if not, what stands in its place.
fn is_written(name: &str) -> Result<(), String> {
    match &*lex(name) {
        [one] if one.kind == Ident => Ok(()),
        [one] if one.kind.is_keyword() => Err(format!("the keyword `{name}` as a name")),
        _ => Err(format!("`{name}` as a name, which is made of letters, digits and `_`, and begins with no digit")),
    }
}

fn check_params(params: &[String]) -> Result<(), String> {
    let mut names: Vec<&str> = Vec::new();
    for text in params {
        let name = text.split('=').next().unwrap_or_default().trim();
        let example = "write it as in a function's first line, `x` or `x=1`";
        is_written(name).map_err(|_| format!("`{text}` is no parameter; {example}"))?;
        if !is_parameter(text) {
            return Err(format!(
                "`{text}` is no parameter: its default must be a number, a string, `null`, `true`, `false`, or a list or map of such; {example}"
            ));
        }
        if names.contains(&name) {
            return Err(format!("there are two parameters `{name}`"));
        }
        names.push(name);
    }
    Ok(())
}

/// Whether a text is one parameter, whose default is a constant.
fn is_parameter(text: &str) -> bool {
    let parse = minilive_syntax::parse(&format!("f = function({text})\nend function\n"));
    let Some(function) = parse.syntax().descendants().find_map(FunctionExpr::cast) else { return false };
    let params: Vec<_> = function.params().collect();
    parse.errors.is_empty() && matches!(&*params, [one] if one.default().is_none_or(|it| is_constant(&it)))
}

fn is_constant(it: &Expr) -> bool {
    const KINDS: [SyntaxKind; 8] =
        [LiteralExpr, NameExpr, ParenExpr, ListExpr, MapExpr, MapEntry, UnaryExpr, BinaryExpr];
    let fits = |node: minilive_syntax::SyntaxNode| {
        let is_name = node.kind() == NameExpr;
        let is_constant = || ["null", "true", "false"].iter().any(|it| node.text() == *it);
        KINDS.contains(&node.kind()) && (!is_name || is_constant())
    };
    let makes = |it: rowan::NodeOrToken<_, minilive_syntax::SyntaxToken>| it.kind() == NewKw;
    it.syntax().descendants().all(fits) && !it.syntax().descendants_with_tokens().any(makes)
}
