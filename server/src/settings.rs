//! The settings of section `minilive`: read from what a client sends, with one sentence about everything that is wrong with it.
//!
//! `lsp` reads them (`initializationOptions`, `workspace/configuration`, `workspace/didChangeConfiguration`), `world` spreads them
//! to the scheduler and the features. docs/live.md describes each, and the extension for VS Code declares each (a test compares).
//! Invariants: what is not said or not right is the default; nothing here can raise trust, since settings may come from the folder
//! itself; no setting makes an error of the language anything less.

use crate::evaluate::Trust;
use crate::host_profile::Host;
use crate::modules::{path_of, plain};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// When code is evaluated without being asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// While a person types.
    #[default]
    Auto,
    /// When the file is saved.
    OnSave,
    /// Never.
    Manual,
}

/// All settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `live.mode`.
    pub mode: Mode,
    /// `live.budget.wall`: time of one automatic evaluation.
    pub wall: Duration,
    /// `live.budget.operations`: its steps.
    pub operations: u64,
    /// `live.budget.memory`: bytes of its heap.
    pub memory: u64,
    /// `live.budget.frames`: how many frames of virtual time the top level runs.
    pub frames: u32,
    /// What hints show.
    pub show: Show,
    /// `trust.untrusted`: what code of a folder may do that is not trusted.
    pub untrusted: Trust,
    /// What is warned about.
    pub checks: Arc<Checks>,
    /// The same in each folder of the workspace.
    pub by_folder: ByFolder,
    /// `import.paths`: folders in which modules are looked for as well.
    pub import_paths: Vec<String>,
    /// `seed`: of the random numbers of automatic evaluations.
    pub seed: u64,
}

/// How a diagnostic is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    /// As what keeps a program from running.
    Error,
    /// As a warning.
    Warning,
    /// As something to know.
    Information,
    /// As faintly as the editor can.
    Hint,
    /// Not at all.
    Off,
}

/// What is warned about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checks {
    /// `diagnostics.allow`: codes that are not shown.
    pub allow: Vec<String>,
    /// `diagnostics.levels`: how codes are shown that are shown otherwise than by default.
    pub levels: BTreeMap<String, Level>,
    /// `diagnostics.exclude`: files of which nothing is told while they are not open.
    pub exclude: Vec<String>,
    /// `host.names`: names that the host gives to programs.
    pub host_names: Vec<String>,
    /// `host.profiles`: files with more such names.
    pub profiles: Vec<String>,
    /// What stands in those files, and in those of the workspace.
    pub host: Arc<Host>,
}

impl Checks {
    /// Whether a code is not shown.
    pub fn allows(&self, code: &str) -> bool {
        self.allow.iter().any(|it| it == code) || self.levels.get(code) == Some(&Level::Off)
    }

    /// Whether the host gives a name, be it that a module must be imported for that.
    pub fn knows(&self, name: &str) -> bool {
        self.host.names.contains_key(name) || self.host_names.iter().any(|it| it == name)
    }

    /// Whether the host gives a name to a file that imports these modules.
    pub fn gives(&self, name: &str, imports: impl Fn(&str) -> bool) -> bool {
        self.host.gives(name, imports) || self.host_names.iter().any(|it| it == name)
    }
}

/// What is warned about in the files below each folder of the workspace, the inner folders first: profiles of a host that lie in one hold
/// there. No folders, where that is the same for all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ByFolder(pub Vec<(PathBuf, Arc<Checks>)>);

impl ByFolder {
    /// What is warned about in a file; `all` with the profiles of all folders if it lies in none of them.
    pub fn of<'s>(&'s self, file: Option<&Path>, all: &'s Arc<Checks>) -> &'s Arc<Checks> {
        let own = file.and_then(|file| self.0.iter().find(|(folder, _)| file.starts_with(folder)));
        own.map_or(all, |(_, checks)| checks)
    }

    /// What the host gives in each folder.
    pub fn hosts(&self) -> impl Iterator<Item = (&Path, &Host)> {
        self.0.iter().map(|(folder, checks)| (&**folder, &*checks.host))
    }
}

/// What hints show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Show {
    /// `values.show`.
    pub values: bool,
    /// `tiers.show`.
    pub tiers: bool,
    /// `values.ascii`: nothing but ASCII in labels.
    pub ascii: bool,
    /// `hints.types`: types behind variables.
    pub types: bool,
    /// `hints.parameters`: names of parameters before arguments.
    pub parameters: bool,
}

impl Default for Show {
    fn default() -> Show {
        Show { values: true, tiers: true, ascii: false, types: false, parameters: false }
    }
}

const MIB: u64 = 1 << 20;

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            mode: Mode::Auto,
            wall: Duration::from_millis(100),
            operations: 20_000_000,
            memory: 256 * MIB,
            frames: 3,
            show: Show::default(),
            checks: Arc::default(),
            by_folder: ByFolder::default(),
            untrusted: Trust::InterpretOnly,
            import_paths: Vec::new(),
            seed: 1,
        }
    }
}

/// Settings that belong to the client alone.
const OF_CLIENTS: [&str; 3] = ["server.", "trace.", "trust"];

/// Takes over a value, or says what is wrong with it.
type Setter = fn(&mut Settings, &str, &Value) -> Result<(), String>;

/// All settings with what they do.
const SETTINGS: &[(&str, Setter)] = &[
    ("live.mode", |it, name, value| {
        let modes = [("auto", Mode::Auto), ("onSave", Mode::OnSave), ("manual", Mode::Manual)];
        put(&mut it.mode, one_of(name, value, &modes))
    }),
    ("live.budget.wall", |it, name, value| {
        put(&mut it.wall, number(name, value, 1, 60_000).map(Duration::from_millis))
    }),
    ("live.budget.operations", |it, name, value| {
        let most = number(name, value, 0, u64::MAX);
        put(&mut it.operations, most.map(|most| if most == 0 { u64::MAX } else { most }))
    }),
    ("live.budget.memory", |it, name, value| put(&mut it.memory, number(name, value, 1, 65_536).map(|it| it * MIB))),
    ("live.budget.frames", |it, name, value| {
        put(&mut it.frames, number(name, value, 1, 1_000_000).map(|it| it as u32))
    }),
    ("values.show", |it, name, value| put(&mut it.show.values, flag(name, value))),
    ("values.ascii", |it, name, value| put(&mut it.show.ascii, flag(name, value))),
    ("hints.types", |it, name, value| put(&mut it.show.types, flag(name, value))),
    ("hints.parameters", |it, name, value| put(&mut it.show.parameters, flag(name, value))),
    ("tiers.show", |it, name, value| put(&mut it.show.tiers, flag(name, value))),
    ("diagnostics.allow", |it, name, value| put(&mut it.checks_mut().allow, codes(name, value))),
    ("diagnostics.levels", |it, name, value| put(&mut it.checks_mut().levels, levels(name, value))),
    ("diagnostics.exclude", |it, name, value| put(&mut it.checks_mut().exclude, words(name, value))),
    ("host.profiles", |it, name, value| put(&mut it.checks_mut().profiles, words(name, value))),
    ("host.names", |it, name, value| put(&mut it.checks_mut().host_names, words(name, value))),
    ("import.paths", |it, name, value| put(&mut it.import_paths, words(name, value))),
    ("trust.untrusted", |it, name, value| {
        let levels = [("off", Trust::Off), ("interpretOnly", Trust::InterpretOnly)];
        put(&mut it.untrusted, one_of(name, value, &levels))
    }),
    ("seed", |it, name, value| put(&mut it.seed, number(name, value, 0, u64::MAX))),
];

fn put<T>(place: &mut T, value: Result<T, String>) -> Result<(), String> {
    *place = value?;
    Ok(())
}

impl Settings {
    /// The names of all settings that are read.
    pub fn names() -> impl Iterator<Item = &'static str> {
        SETTINGS.iter().map(|(name, _)| *name)
    }

    /// Reads the section `minilive`, nested or with dotted names; and says what is wrong with it, if anything is.
    pub fn read(section: &Value) -> (Settings, Option<String>) {
        let mut settings = Settings::default();
        let mut leaves = Vec::new();
        match section {
            Value::Object(_) => flatten(section, String::new(), &mut leaves),
            Value::Null => {}
            // What an empty table of Lua is in JSON.
            Value::Array(items) if items.is_empty() => {}
            other => return (settings, Some(format!("The settings of MiniLive must be an object, not {other}."))),
        }
        let wrong: Vec<_> = leaves.iter().filter_map(|(name, value)| settings.set(name, value).err()).collect();
        let complaint = (!wrong.is_empty())
            .then(|| format!("Settings of MiniLive: {}. The defaults are used in their place.", wrong.join("; ")));
        (settings, complaint)
    }

    /// What is warned about in a document.
    pub fn checks_of(&self, uri: &str) -> &Arc<Checks> {
        // Most often there is but one folder, and the name is not looked at.
        let path = if self.by_folder.0.is_empty() { None } else { path_of(uri) };
        self.by_folder.of(path.as_deref(), &self.checks)
    }

    /// The folders of `import.paths`: what is relative is below the first folder of the workspace.
    pub fn import_folders(&self, roots: &[PathBuf]) -> Vec<PathBuf> {
        let folder = |path: &String| match roots.first() {
            Some(root) => root.join(path),
            None => path.into(),
        };
        let whole = |path: PathBuf| plain(&std::path::absolute(&path).unwrap_or(path));
        self.import_paths.iter().map(|path| whole(folder(path))).collect()
    }

    fn checks_mut(&mut self) -> &mut Checks {
        Arc::make_mut(&mut self.checks)
    }

    fn set(&mut self, name: &str, value: &Value) -> Result<(), String> {
        match SETTINGS.iter().find(|(it, _)| *it == name) {
            Some((_, set)) => set(self, name, value),
            None if OF_CLIENTS.iter().any(|it| name == *it || (it.ends_with('.') && name.starts_with(it))) => Ok(()),
            None => Err(format!("there is no setting `{name}`")),
        }
    }
}

/// The values by their dotted names.
fn flatten(value: &Value, name: String, leaves: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(members) if !SETTINGS.iter().any(|(it, _)| *it == name) => {
            for (key, value) in members {
                let key = if name.is_empty() { key.strip_prefix("minilive.").unwrap_or(key) } else { key };
                let name = if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
                flatten(value, name, leaves);
            }
        }
        // What a client does not know it sends as null.
        Value::Null => {}
        value => leaves.push((name, value.clone())),
    }
}

fn words(name: &str, value: &Value) -> Result<Vec<String>, String> {
    let words = value.as_array().map(|items| items.iter().map(|item| item.as_str().map(str::to_owned)));
    let words: Option<Vec<_>> = words.and_then(|words| words.collect());
    words.ok_or_else(|| format!("`{name}` must be a list of strings, not {value}"))
}

/// Codes that can be silenced.
fn codes(name: &str, value: &Value) -> Result<Vec<String>, String> {
    let codes = words(name, value)?;
    codes.iter().try_for_each(|code| is_code(name, code))?;
    Ok(codes)
}

fn is_code(name: &str, code: &str) -> Result<(), String> {
    let is_known = crate::ide::levelled().any(|it| it == code);
    if is_known { Ok(()) } else { Err(format!("`{name}` names `{code}`, which is no code of a warning")) }
}

/// Levels by code. An error of the language has no level, since nothing runs before it is put right.
fn levels(name: &str, value: &Value) -> Result<BTreeMap<String, Level>, String> {
    let words = [
        ("error", Level::Error),
        ("warning", Level::Warning),
        ("information", Level::Information),
        ("hint", Level::Hint),
        ("off", Level::Off),
    ];
    // What an empty table of Lua is in JSON.
    if value.as_array().is_some_and(Vec::is_empty) {
        return Ok(BTreeMap::new());
    }
    let codes = value.as_object().ok_or_else(|| format!("`{name}` must be an object of codes, not {value}"))?;
    let level = |(code, level): (&String, &Value)| {
        is_code(name, code)?;
        Ok((code.clone(), one_of(&format!("{name}.{code}"), level, &words)?))
    };
    codes.iter().map(level).collect()
}

fn one_of<T: Copy>(name: &str, value: &Value, allowed: &[(&str, T)]) -> Result<T, String> {
    let found = allowed.iter().find(|(word, _)| value.as_str() == Some(word));
    let words: Vec<_> = allowed.iter().map(|(word, _)| format!("\"{word}\"")).collect();
    found.map(|&(_, it)| it).ok_or_else(|| format!("`{name}` must be {}, not {value}", words.join(" or ")))
}

fn number(name: &str, value: &Value, least: u64, most: u64) -> Result<u64, String> {
    // Some clients have no whole numbers.
    let whole =
        value.as_u64().or_else(|| value.as_f64().filter(|it| it.fract() == 0.0 && *it >= 0.0).map(|it| it as u64));
    whole.filter(|it| (least..=most).contains(it)).ok_or_else(|| match most {
        u64::MAX => format!("`{name}` must be a whole number from {least} on, not {value}"),
        _ => format!("`{name}` must be a whole number from {least} to {most}, not {value}"),
    })
}

fn flag(name: &str, value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| format!("`{name}` must be true or false, not {value}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_may_be_nested_or_dotted() {
        let expected = Settings {
            mode: Mode::OnSave,
            wall: Duration::from_millis(50),
            show: Show { ascii: true, ..Show::default() },
            untrusted: Trust::Off,
            ..Settings::default()
        };
        assert_eq!(Settings::read(&json!([])), (Settings::default(), None));
        let nested = json!({
            "live": { "mode": "onSave", "budget": { "wall": 50.0 } },
            "values": { "ascii": true }, "trust": { "untrusted": "off" }, "seed": null
        });
        let dotted = json!({
            "minilive.live.mode": "onSave", "live.budget.wall": 50, "values.ascii": true, "trust.untrusted": "off",
            "server.path": "/bin/minilive", "trace": { "server": "off" }
        });
        assert_eq!(Settings::read(&nested), (expected.clone(), None));
        assert_eq!(Settings::read(&dotted), (expected, None));
        assert_eq!(Settings::read(&Value::Null), (Settings::default(), None));
    }

    #[test]
    fn all_that_is_wrong_is_said_in_one_sentence_and_the_rest_holds() {
        let (settings, complaint) = Settings::read(&json!({
            "live": { "mode": "fast", "budget": { "wall": 0 } }, "heat": { "show": 1 },
            "values": { "show": "yes" }, "trust": { "untrusted": "full" }, "seed": 7
        }));
        assert_eq!(settings, Settings { seed: 7, ..Settings::default() });
        let complaint = complaint.expect("a complaint");
        for part in [
            "`live.mode` must be \"auto\" or \"onSave\" or \"manual\", not \"fast\"",
            "`live.budget.wall` must be a whole number from 1 to 60000, not 0",
            "there is no setting `heat.show`",
            "`values.show` must be true or false, not \"yes\"",
            "`trust.untrusted` must be \"off\" or \"interpretOnly\", not \"full\"",
        ] {
            assert!(complaint.contains(part), "{part:?} is missing: {complaint}");
        }
        assert!(Settings::read(&json!(3)).1.is_some());
    }

    #[test]
    fn levels_are_for_codes_of_warnings() {
        let (settings, complaint) = Settings::read(&json!({
            "diagnostics": { "levels": { "unused-local": "off", "unknown-name": "error" } }
        }));
        assert_eq!(complaint, None);
        assert!(settings.checks.allows("unused-local") && !settings.checks.allows("unknown-name"));
        assert_eq!(settings.checks.levels["unknown-name"], Level::Error);
        for (levels, said) in [
            (json!({ "unclosed-block": "off" }), "`unclosed-block`, which is no code of a warning"),
            (json!({ "unused-local": "loud" }), "`diagnostics.levels.unused-local` must be \"error\" or"),
            (json!(["unused-local"]), "must be an object of codes"),
        ] {
            let (settings, complaint) = Settings::read(&json!({ "diagnostics": { "levels": levels } }));
            assert_eq!(settings, Settings::default());
            assert!(complaint.as_ref().is_some_and(|it| it.contains(said)), "{complaint:?}");
        }
        assert_eq!(Settings::read(&json!({ "diagnostics.levels": [] })), (Settings::default(), None));
    }

    #[test]
    fn codes_that_are_allowed_are_codes_of_warnings() {
        let (settings, complaint) = Settings::read(&json!({ "diagnostics": { "allow": ["unused-local", "marker"] } }));
        assert!(complaint.is_none() && settings.checks.allows("marker"));
        for code in ["nosuch", "unclosed-block"] {
            let (settings, complaint) = Settings::read(&json!({ "diagnostics.allow": ["unused-local", code] }));
            assert_eq!(settings, Settings::default());
            let said = format!("`diagnostics.allow` names `{code}`, which is no code of a warning");
            assert!(complaint.as_ref().is_some_and(|it| it.contains(&said)), "{complaint:?}");
        }
    }
}
