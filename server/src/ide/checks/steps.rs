//! `x--` at the end of a line, which goes on with the line behind: MiniScript subtracts the negative of what stands there.
//!
//! Part of `checks`, after `types`. Invariant: only what certainly gives null or cannot be called is told in other words, never something new.

use super::{Check, Fix};
use minilive_syntax::{TextRange, TextSize};

/// Puts one warning that says what is meant in the place of those that types foretell.
pub fn tell(text: &str, found: &mut Vec<Check>) {
    let steps: Vec<_> = found.iter().filter(|it| is_about_value(it)).filter_map(|it| step(text, it.range)).collect();
    for sign in steps {
        let is_of_it =
            |it: &Check| is_about_value(it) && (step(text, it.range) == Some(sign) || sign.contains(it.range.start()));
        let Some(at) = found.iter().position(|it| step(text, it.range) == Some(sign) && is_about_value(it)) else {
            continue;
        };
        let mut told = found[at].clone();
        found.retain(|it| !is_of_it(it));
        let target = &text[TextRange::new(told.range.start(), sign.start())];
        told.code = "no-result";
        told.message = format!(
            "`{target}--` goes on with the next line, whose negative it takes away; a statement `{target} -= 1` takes one away"
        );
        told.fix = Some(Fix { title: format!("Write `{target} -= 1`"), range: sign, insert: " -= 1".to_owned() });
        told.range = TextRange::new(told.range.start(), sign.end());
        found.push(told);
    }
}

fn is_about_value(it: &Check) -> bool {
    matches!(it.code, "no-result" | "not-a-function")
}

/// The `--` that ends the first line of what is not on one line alone, behind something that can be assigned to.
fn step(text: &str, range: TextRange) -> Option<TextRange> {
    let (line, rest) = text.get(std::ops::Range::<usize>::from(range))?.split_once('\n')?;
    let target = line.trim_end().strip_suffix("--")?;
    let is_target = target.ends_with(|c: char| c == ']' || c == '_' || c.is_alphanumeric());
    let is_one = target.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '[' | ']' | '"' | ' '));
    let starts = target.starts_with(|c: char| c == '_' || c.is_alphabetic());
    let sign = range.start() + TextSize::of(target);
    (is_target && is_one && starts && !rest.trim().is_empty()).then(|| TextRange::at(sign, TextSize::of("--")))
}
