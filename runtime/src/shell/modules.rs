//! Where `import` looks for modules (LANGUAGE 8.8): the search path of the program's environment, cut up and expanded.
//!
//! The intrinsic `import` passes the folders on to the engine, whose loader looks into them in order. Invariant: the path is
//! read anew at each call, since programs change it.

use super::process::environment;
use crate::map::MapRef;
use crate::realm::Realm;

/// The variable that holds the path.
pub(super) const PATH_VARIABLE: &str = "MS_IMPORT_PATH";

/// The path if the variable is not set.
pub(super) const DEFAULT_PATH: &str = "$MS_SCRIPT_DIR:$MS_SCRIPT_DIR/lib:$MS_EXE_DIR/lib";

/// The folders in which a module may stand, in order.
pub(crate) fn search_path(realm: &mut Realm) -> Vec<String> {
    let variables = environment(realm);
    let path = variable(realm, variables, PATH_VARIABLE).unwrap_or_else(|| DEFAULT_PATH.to_owned());
    split(&path).into_iter().map(|entry| expand(entry, |name| variable(realm, variables, name))).collect()
}

fn variable(realm: &mut Realm, variables: MapRef, name: &str) -> Option<String> {
    let key = realm.string_value(name);
    let value = variables.get(realm, key)?;
    (!value.is_null()).then(|| value.as_string().map(|text| text.as_str().to_owned()).unwrap_or_default())
}

/// The entries of a path, divided by colons and semicolons. The colon of a drive letter divides nothing.
fn split(path: &str) -> Vec<&str> {
    let bytes = path.as_bytes();
    let mut entries = Vec::new();
    let mut start = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let is_drive = *byte == b':'
            && at == start + 1
            && bytes[start].is_ascii_alphabetic()
            && matches!(bytes.get(at + 1), Some(b'/' | b'\\'));
        if matches!(byte, b':' | b';') && !is_drive {
            entries.push(&path[start..at]);
            start = at + 1;
        }
    }
    entries.push(&path[start..]);
    entries.retain(|entry| !entry.is_empty());
    entries
}

/// Replaces `$NAME` and `${NAME}` by what the variables hold, unknown ones by nothing. What they hold is not looked into again.
fn expand(entry: &str, mut value: impl FnMut(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = entry;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let (name, behind) = match rest.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
            Some((name, behind)) => (name, behind),
            None => {
                let is_name = |c: char| c == '_' || c.is_ascii_alphanumeric();
                rest.split_at(rest.find(|c| !is_name(c)).unwrap_or(rest.len()))
            }
        };
        match name {
            "" => out.push('$'),
            name => out.push_str(&value(name).unwrap_or_default()),
        }
        rest = behind;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_divided_by_colons_and_semicolons() {
        assert_eq!(split("a:b;c"), ["a", "b", "c"]);
        assert_eq!(split("::a:;"), ["a"]);
        assert_eq!(split("C:/lib;D:\\x:e"), ["C:/lib", "D:\\x", "e"]);
        assert_eq!(split("ab:/lib"), ["ab", "/lib"]);
        assert!(split("").is_empty());
    }

    #[test]
    fn variables_are_replaced_once() {
        let value = |name: &str| match name {
            "A" => Some("x".to_owned()),
            "B_1" => Some("$A".to_owned()),
            _ => None,
        };
        let rows = [
            ("$A/lib", "x/lib"),
            ("${A}b", "xb"),
            ("$B_1/${B_1}", "$A/$A"),
            ("$NONE/lib", "/lib"),
            ("a$", "a$"),
            ("$-a", "$-a"),
            ("${A", "${A"),
            ("plain", "plain"),
        ];
        for (entry, expected) in rows {
            assert_eq!(expand(entry, value), expected, "{entry}");
        }
    }
}
