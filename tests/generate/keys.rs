//! Members written as keys: `o["x"]` for `o.x`, in some places of some programs.
//!
//! `generate` hands over whole programs when nothing else is added. Such places mean something else (they call nothing), but the same in
//! every tier. Invariant: calls with arguments, numbers, texts and comments stay what they are.

use super::Rng;

/// A program in which some members are keys, or the program itself.
pub(super) fn by_keys(program: String, rng: &mut Rng) -> String {
    if !rng.chance(35) {
        return program;
    }
    // A condition that calls nothing any more may hold for ever.
    let ends = |line: &str| !line.trim_start().starts_with("while");
    let keyed = program.lines().map(|line| if ends(line) { in_line(line, rng) } else { line.to_owned() });
    keyed.map(|line| line + "\n").collect()
}

fn in_line(line: &str, rng: &mut Rng) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut out = String::new();
    let mut rest = line;
    let mut quoted = false;
    while let Some(c) = rest.chars().next() {
        quoted ^= c == '"';
        if !quoted && rest.starts_with("//") {
            break;
        }
        let (_, after) = rest.split_at(c.len_utf8());
        let name = &after[..after.find(|c| !is_part(c)).unwrap_or(after.len())];
        let behind = &after[name.len()..];
        let owner = out.rsplit(|c| !is_part(c)).next().unwrap_or_default();
        let has_owner = owner.starts_with(|c: char| c.is_ascii_alphabetic()) || out.ends_with([')', ']']);
        let is_member = c == '.' && !quoted && has_owner && name.starts_with(|c: char| c.is_ascii_alphabetic());
        if is_member && is_no_call(behind) && rng.chance(12) {
            out += &format!("[\"{name}\"]");
            rest = behind;
        } else {
            out.push(c);
            rest = after;
        }
    }
    out + rest
}

/// Whether what stands behind a member takes its value: an operator, an end, another suffix.
fn is_no_call(behind: &str) -> bool {
    let operator = |text: &str| ["=", "+", "*", "/", "%", "^", "<", ">", "!="].iter().any(|it| text.starts_with(it));
    behind.is_empty()
        || behind.starts_with([')', ']', ',', '.', '[', '}', ':'])
        || behind.strip_prefix(' ').is_some_and(|it| operator(it) || it.starts_with("- "))
}
