//! What `?name` says: of an intrinsic its parameters and its sentence, of a variable its type and members.
//!
//! Reads the table of intrinsics and the session's variables. Invariant: a variable that hides an intrinsic is what is explained.

use super::editor::KEYWORDS;
use minilive_jit::engine::session::GlobalName;
use minilive_runtime::intrinsics::{Default, IntrinsicDef, IntrinsicId};

/// Members that are listed.
const SHOWN_MEMBERS: usize = 12;

/// A few lines about a name.
pub fn about(name: &str, globals: &[GlobalName]) -> String {
    if name.is_empty() {
        return "`?name` explains a name, `?owner.member` a member such as `?file.open`.\n\
                `_` is the last value, `_in` and `_out` what was entered and what came of it."
            .to_owned();
    }
    if let Some(global) = globals.iter().find(|it| it.name == name) {
        return variable(global);
    }
    if let Some(def) = IntrinsicId::all().map(IntrinsicId::def).find(|def| def.full_name() == name) {
        return format!("{}\n{}", signature(def), def.doc);
    }
    match method(name) {
        Some(def) => format!("{name}, as a method of {}\n{}", signature(def), def.doc),
        None if KEYWORDS.contains(&name) => format!("`{name}` is a word of the language itself"),
        None => format!("nothing is known of `{name}`"),
    }
}

/// The intrinsic that is a method of a type, such as `list.push`.
fn method(name: &str) -> Option<&'static IntrinsicDef> {
    let (owner, member) = name.split_once('.')?;
    let is_type = ["list", "string", "map", "number"].contains(&owner);
    let def = IntrinsicId::globals().map(IntrinsicId::def).find(|def| def.name == member)?;
    (is_type && def.takes_self).then_some(def)
}

fn variable(global: &GlobalName) -> String {
    if let Some(function) = &global.function {
        let call = format!("{}({})", global.name, function.params.join(", "));
        return function.note.iter().fold(call, |text, note| text + "\n" + note);
    }
    let mut text = format!("{}: a global variable, now of type {}", global.name, global.type_name);
    if !global.members.is_empty() {
        let shown: Vec<&str> = global.members.iter().take(SHOWN_MEMBERS).map(String::as_str).collect();
        let more = if global.members.len() > SHOWN_MEMBERS { ", …" } else { "" };
        text += &format!("\nmembers: {}{more}", shown.join(", "));
    }
    text
}

/// The call as a program would write it, with defaults.
fn signature(def: &IntrinsicDef) -> String {
    let params = def.params.iter().map(|(name, default)| match default {
        Default::Null => (*name).to_owned(),
        Default::Number(number) => format!("{name}={number}"),
        Default::Text(text) => format!("{name}={text:?}"),
    });
    format!("{}({})", def.full_name(), params.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_explained() {
        let members = vec!["a".into(), "b".into()];
        let global = GlobalName { name: "len".into(), type_name: "map", members, function: None };
        assert_eq!(about("round", &[]).lines().next(), Some("round(x=0, decimalPlaces=0)"));
        assert_eq!(about("file.open", &[]).lines().next(), Some("file.open(path=\"\", mode=\"r+\")"));
        assert_eq!(about("list.push", &[]).lines().next(), Some("list.push, as a method of push(self, value)"));
        assert_eq!(about("while", &[]), "`while` is a word of the language itself");
        assert_eq!(about("nothing", &[]), "nothing is known of `nothing`");
        assert_eq!(about("len", &[global]), "len: a global variable, now of type map\nmembers: a, b");
    }
}
