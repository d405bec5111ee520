//! What `?name` says: of an intrinsic its parameters and its sentence, of a variable its type and members.
//!
//! Reads the table of intrinsics and the session's variables. Invariant: a variable that hides an intrinsic is what is explained.

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
    match IntrinsicId::all().map(IntrinsicId::def).find(|def| def.full_name() == name) {
        Some(def) => format!("{}\n{}", signature(def), def.doc),
        None => format!("nothing is known of `{name}`"),
    }
}

fn variable(global: &GlobalName) -> String {
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
        let global = GlobalName { name: "len".into(), type_name: "map", members: vec!["a".into(), "b".into()] };
        assert_eq!(about("round", &[]).lines().next(), Some("round(x=0, decimalPlaces=0)"));
        assert_eq!(about("file.open", &[]).lines().next(), Some("file.open(path=\"\", mode=\"r+\")"));
        assert_eq!(about("nothing", &[]), "nothing is known of `nothing`");
        assert_eq!(about("len", &[global]), "len: a global variable, now of type map\nmembers: a, b");
    }
}
