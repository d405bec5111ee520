//! Host profiles: the names that a host adds to the language, read from JSON or TOML files.
//!
//! `world` reads the files that a setting and the workspace's folders name, and hands the names to the features with the other settings.
//! docs/host-profiles.md describes the format. Invariant: a profile is either read whole or refused with a sentence that says where it is
//! wrong; it can add names, never take any away.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The names of the profiles that a folder of the workspace may hold.
pub const IN_WORKSPACE: [&str; 2] = ["minilive.host.json", "minilive.host.toml"];
/// A larger file is no profile.
const LARGEST: u64 = 4 << 20;

/// A name that a host gives.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HostName {
    /// The parameters of a function, each as it would be written; absent for anything else.
    pub params: Option<Vec<String>>,
    /// What it is for.
    pub doc: String,
    /// The members of a map.
    pub members: BTreeMap<String, HostName>,
}

/// The names of one host or several.
pub type HostNames = BTreeMap<String, HostName>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Profile {
    /// Who the host is, for people who read the file.
    #[serde(rename = "host")]
    _host: String,
    names: HostNames,
}

impl HostName {
    /// How it is written where it is used.
    pub fn title(&self, name: &str) -> String {
        match &self.params {
            Some(params) => format!("{name}({})", params.join(", ")),
            None => name.to_owned(),
        }
    }
}

/// How a profile is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON
    Json,
    /// TOML
    Toml,
}

impl Format {
    /// The format of a file, by its name.
    pub fn of(path: &Path) -> Format {
        let is_toml = path.extension().is_some_and(|it| it.eq_ignore_ascii_case("toml"));
        if is_toml { Format::Toml } else { Format::Json }
    }
}

/// Reads a profile.
///
/// # Errors
/// A sentence that says what is wrong, and on which line.
pub fn read(text: &str, format: Format) -> Result<HostNames, String> {
    let profile: Result<Profile, String> = match format {
        Format::Json => serde_json::from_str(text).map_err(|error| error.to_string()),
        Format::Toml => toml::from_str(text).map_err(|error| {
            // Its own text is a drawing of several lines.
            let at = error.span().map_or(text.len(), |span| span.start);
            let line = text.as_bytes()[..at].iter().filter(|&&byte| byte == b'\n').count() + 1;
            format!("{} at line {line}", error.message())
        }),
    };
    Ok(profile?.names)
}

/// Reads a profile from disk.
///
/// # Errors
/// A sentence that names the file.
pub fn read_file(path: &Path) -> Result<HostNames, String> {
    let shown = path.display();
    let about = std::fs::metadata(path).map_err(|error| format!("the host profile {shown} cannot be read: {error}"))?;
    if !about.is_file() || about.len() > LARGEST {
        return Err(format!("the host profile {shown} is no file of at most {} MiB", LARGEST >> 20));
    }
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("the host profile {shown} cannot be read: {error}"))?;
    read(&text, Format::of(path)).map_err(|error| format!("the host profile {shown} is not right: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_read_whole_or_refused() {
        let text = r#"{ "host": "a game", "names": {
            "gfx": { "doc": "The screen.", "members": { "clear": { "params": ["color=0"], "doc": "Clears it." } } },
            "beep": { "params": [] }, "score": {}
        } }"#;
        let names = read(text, Format::Json).expect("a profile");
        assert_eq!(names.keys().collect::<Vec<_>>(), ["beep", "gfx", "score"]);
        let gfx = &names["gfx"];
        assert_eq!(gfx.members["clear"].title("gfx.clear"), "gfx.clear(color=0)");
        assert_eq!((names["beep"].title("beep"), names["score"].title("score")), ("beep()".into(), "score".into()));
        for wrong in ["", "[]", r#"{"host": "x"}"#, r#"{"host": "x", "names": {"a": {"parms": []}}}"#] {
            assert!(read(wrong, Format::Json).is_err(), "{wrong}");
        }
        let Err(sentence) = read("{\n \"host\": 1 }", Format::Json) else { panic!("must fail") };
        assert!(sentence.contains("line 2"), "{sentence}");
    }

    #[test]
    fn both_formats_say_the_same() {
        let json = r#"{ "host": "a game", "names": {
            "gfx": { "doc": "The screen.", "members": { "clear": { "params": ["color=0"] } } }, "score": {}
        } }"#;
        let toml = "host = \"a game\"\n[names.score]\n[names.gfx]\ndoc = \"The screen.\"\n[names.gfx.members.clear]\nparams = [\"color=0\"]\n";
        assert_eq!(read(toml, Format::Toml), read(json, Format::Json));
        for (wrong, said) in [
            ("host = \"x\"\n[names.a]\nparms = []\n", "unknown field `parms`"),
            ("host = \"x\"\n[names.a]\nparms = []\n", "at line 3"),
            ("host = \"x\"\n", "missing field `names`"),
            ("host = \"x\"\n[names\n", "at line 2"),
        ] {
            let sentence = read(wrong, Format::Toml).expect_err("it is wrong");
            assert!(sentence.contains(said) && !sentence.contains('\n'), "{sentence}");
        }
        assert_eq!(Format::of(Path::new("a/b.TOML")), Format::Toml);
        assert_eq!(Format::of(Path::new("a/minilive.host.json")), Format::Json);
    }
}
