//! Host profiles: the names that a host adds to the language, read from JSON or TOML files.
//!
//! `world` reads the files that a setting and the workspace's folders name, and hands the names to the features with the other settings.
//! docs/host-profiles.md describes the format. Invariant: a profile is either read whole or refused with a sentence that says where it is
//! wrong; it can add names, never take any away.

mod check;
mod unique;

use rustc_hash::FxHashMap;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

/// The names of the profiles that a folder of the workspace may hold.
pub const IN_WORKSPACE: [&str; 2] = ["minilive.host.json", "minilive.host.toml"];
/// A larger file is no profile.
const LARGEST: u64 = 4 << 20;

/// Profiles that are known by their name.
const BUILT_IN: [(&str, &str); 1] = [("mini-micro", include_str!("host_profile/mini-micro.toml"))];

/// A name that a host gives.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table or object that describes a name, `{}` at least")]
pub struct HostName {
    /// The parameters of a function, each as it would be written; absent for anything else.
    pub params: Option<Vec<String>>,
    /// What it is for.
    pub doc: String,
    /// What it is, or what a call of it gives: a type of the language, or a name or kind of the host.
    pub gives: Option<String>,
    /// The members of a map.
    #[serde(deserialize_with = "unique::names")]
    pub members: BTreeMap<String, HostName>,
}

/// Names of a host with what they are.
pub type HostNames = BTreeMap<String, HostName>;

/// A module that a host brings.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table or object that describes a module, `{}` at least")]
struct Module {
    doc: String,
    #[serde(deserialize_with = "unique::names")]
    members: HostNames,
    /// What it gives the whole program.
    #[serde(deserialize_with = "unique::names")]
    globals: HostNames,
    /// What it gives all values of a type, by the name of the type map.
    #[serde(deserialize_with = "unique::names_by_type")]
    adds: BTreeMap<String, HostNames>,
}

/// What one host or several give to programs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Host {
    /// The names that programs can read.
    pub names: HostNames,
    /// Kinds of value that have no name in programs.
    types: HostNames,
    /// Modules that need not be in the workspace.
    modules: HostNames,
    /// Of names that are there only where a module is imported: the modules that give them.
    by_module: BTreeMap<String, BTreeSet<String>>,
    /// By module: what it gives to all values of a type, by the name of the type map.
    adds: BTreeMap<String, BTreeMap<String, HostNames>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table or object with `names`")]
struct Profile {
    /// Who the host is, for people who read the file.
    #[serde(rename = "host", default)]
    _host: String,
    #[serde(deserialize_with = "unique::names")]
    names: HostNames,
    #[serde(default, deserialize_with = "unique::names")]
    types: HostNames,
    #[serde(default, deserialize_with = "unique::names")]
    modules: BTreeMap<String, Module>,
}

/// A name of a host and where it is told: names from the outside in, of which the first may be a kind of value or a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told<'h> {
    /// Where it is told.
    pub path: Vec<String>,
    /// What is told.
    pub it: &'h HostName,
}

/// What stands before the name of a kind of value at the start of a path, and of a module.
const TYPE: &str = "type ";
const MODULE: &str = "module ";
/// The same for what a module gives to all values of a type: its name and that of the type follow.
const ADDED: &str = "added ";

impl HostName {
    /// How it is written where it is used.
    pub fn title(&self, name: &str) -> String {
        match &self.params {
            Some(params) => format!("{name}({})", params.join(", ")),
            None => name.to_owned(),
        }
    }
}

impl Host {
    /// Adds what another says, which holds where both say something.
    pub fn extend(&mut self, other: Host) {
        let gives = |host: &Host, name: &String| host.names.contains_key(name) && !host.by_module.contains_key(name);
        self.by_module.retain(|name, _| !gives(&other, name));
        for (name, modules) in other.by_module {
            if !gives(self, &name) {
                self.by_module.entry(name).or_default().extend(modules);
            }
        }
        self.names.extend(other.names);
        self.types.extend(other.types);
        self.modules.extend(other.modules);
        self.adds.extend(other.adds);
    }

    /// Whether a program can read a name, of which some are there only where a module that gives them is imported.
    pub fn gives(&self, name: &str, imports: impl Fn(&str) -> bool) -> bool {
        let modules = self.by_module.get(name);
        self.names.contains_key(name) && modules.is_none_or(|them| them.iter().any(|it| imports(it)))
    }

    /// A name that programs can read.
    pub fn name(&self, name: &str) -> Option<Told<'_>> {
        self.names.get(name).map(|it| Told { path: vec![name.to_owned()], it })
    }

    /// A module that need not be in the workspace.
    pub fn module(&self, name: &str) -> Option<Told<'_>> {
        self.modules.get(name).map(|it| Told { path: vec![format!("{MODULE}{name}")], it })
    }

    /// The names of its modules.
    pub fn module_names(&self) -> impl Iterator<Item = &String> {
        self.modules.keys()
    }

    /// Whether there is such a module.
    pub fn has_module(&self, name: &str) -> bool {
        self.modules.contains_key(name)
    }

    /// What a module gives to all values of a type, by the name of its type map.
    pub fn added(&self, module: &str, of: &str) -> impl Iterator<Item = (&String, Told<'_>)> {
        let first = format!("{ADDED}{module} {of}");
        let names = self.adds.get(module).and_then(|adds| adds.get(of)).into_iter().flatten();
        names.map(move |(name, it)| (name, Told { path: vec![first.clone(), name.clone()], it }))
    }

    /// What a call of something gives, or what a value is, where the host has a word for it.
    pub fn given_by(&self, of: &HostName) -> Option<Told<'_>> {
        let kind = of.gives.as_deref()?;
        let told = self.types.get(kind).map(|it| Told { path: vec![format!("{TYPE}{kind}")], it });
        told.or_else(|| self.name(kind))
    }

    /// A member of something.
    pub fn member<'h>(&'h self, of: &Told<'h>, name: &str) -> Option<Told<'h>> {
        let own = |of: &Told<'h>| {
            let path = of.path.iter().cloned().chain([name.to_owned()]).collect();
            of.it.members.get(name).map(|it| Told { path, it })
        };
        own(of).or_else(|| own(&self.given_by(of.it)?))
    }

    /// All members of something.
    pub fn members<'h>(&'h self, of: &Told<'h>) -> Vec<(&'h String, Told<'h>)> {
        let mut found: Vec<(&String, Told<'h>)> = Vec::new();
        for of in [Some(of.clone()), self.given_by(of.it)].into_iter().flatten() {
            for (name, it) in &of.it.members {
                if !found.iter().any(|(known, _)| *known == name) {
                    let path = of.path.iter().cloned().chain([name.clone()]).collect();
                    found.push((name, Told { path, it }));
                }
            }
        }
        found
    }

    /// What is told at a path.
    pub fn at(&self, path: &[String]) -> Option<&HostName> {
        let (first, rest) = path.split_first()?;
        if let Some((module, of)) = first.strip_prefix(ADDED).and_then(|it| it.split_once(' ')) {
            return self.adds.get(module)?.get(of)?.get(rest.first()?);
        }
        let start = match (first.strip_prefix(TYPE), first.strip_prefix(MODULE)) {
            (Some(kind), _) => self.types.get(kind),
            (_, Some(module)) => self.modules.get(module),
            _ => self.names.get(first),
        };
        rest.iter().try_fold(start?, |it, name| it.members.get(name))
    }
}

impl From<Profile> for Host {
    fn from(profile: Profile) -> Host {
        let mut host = Host { names: HostNames::new(), types: profile.types, ..Host::default() };
        for (name, module) in profile.modules {
            for given in module.globals.keys().filter(|given| !profile.names.contains_key(*given)) {
                host.by_module.entry(given.clone()).or_default().insert(name.clone());
            }
            host.names.extend(module.globals);
            host.adds.insert(name.clone(), module.adds);
            host.modules.insert(name, HostName { doc: module.doc, members: module.members, ..HostName::default() });
        }
        // What the host itself gives holds.
        host.names.extend(profile.names);
        host
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
pub fn read(text: &str, format: Format) -> Result<Host, String> {
    // As programs may, a file may begin with the mark of its encoding.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let profile: Result<Profile, String> = match format {
        Format::Json => serde_json::from_str(text).map_err(|error| error.to_string()),
        Format::Toml => toml::from_str(text).map_err(|error| {
            // Its own text is a drawing of several lines.
            let at = error.span().map_or(text.len(), |span| span.start);
            let line = text.as_bytes()[..at].iter().filter(|&&byte| byte == b'\n').count() + 1;
            format!("{} at line {line}", error.message())
        }),
    };
    let profile = profile?;
    check::check(&profile)?;
    Ok(Host::from(profile))
}

/// The profile that has a name and is built in: its own name. A name that comes from modules counts where one of them is imported. Its names
/// alone are looked for, since to read all of it takes milliseconds, and the first unknown name of a program is asked about behind a
/// keystroke.
pub fn built_in_that_gives(name: &str, imports: impl Fn(&str) -> bool) -> Option<&'static str> {
    static NAMES: LazyLock<Vec<(&str, NamesIn<'_>)>> =
        LazyLock::new(|| BUILT_IN.iter().map(|(known, text)| (*known, names_in(text))).collect());
    let is_given =
        |names: &NamesIn<'_>| names.get(name).is_some_and(|from| from.iter().any(|module| module.is_none_or(&imports)));
    NAMES.iter().find(|(_, names)| is_given(names)).map(|(known, _)| *known)
}

/// Names with the modules that give them; none, where the host itself does.
type NamesIn<'t> = FxHashMap<&'t str, Vec<Option<&'t str>>>;

/// The names that a built-in profile gives to programs, by the headers and lines of its text.
fn names_in(text: &str) -> NamesIn<'_> {
    let mut found = NamesIn::default();
    // Under a header whose lines are names: the module of which they are.
    let mut under: Option<Option<&str>> = None;
    for line in text.lines() {
        if let Some(header) = line.strip_prefix('[') {
            let header = header.trim_end_matches(']');
            let module = header.strip_prefix("modules.").and_then(|it| it.strip_suffix(".globals"));
            under = (header == "names" || module.is_some()).then_some(module);
            if let Some(rest) = header.strip_prefix("names.") {
                found.entry(rest.split('.').next().unwrap_or(rest)).or_default().push(None);
            }
        } else if let (Some(module), Some((key, _))) = (under, line.split_once(" = ")) {
            found.entry(key.trim_matches('"')).or_default().push(module);
        }
    }
    found
}

/// Whether a profile of that name is built in: `mini-micro` is one, `./mini-micro` is a file.
pub fn is_built_in(name: &Path) -> bool {
    BUILT_IN.iter().any(|(known, _)| name == Path::new(known))
}

/// Reads a profile: one that is built in, by its name, or a file, relative to a folder.
///
/// # Errors
/// A sentence that names it.
pub fn load(name: &Path, folder: &Path) -> Result<Host, String> {
    match BUILT_IN.iter().find(|(known, _)| name == Path::new(known)) {
        Some((known, text)) => {
            read(text, Format::Toml).map_err(|error| format!("the host profile {known} is not right: {error}"))
        }
        None => read_file(&folder.join(name)),
    }
}

/// Reads a profile from disk.
///
/// # Errors
/// A sentence that names the file.
pub fn read_file(path: &Path) -> Result<Host, String> {
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
        let names = read(text, Format::Json).expect("a profile").names;
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
    fn profiles_that_are_built_in_are_right() {
        for (name, text) in BUILT_IN {
            assert!(is_built_in(Path::new(name)) && !is_built_in(&Path::new("x").join(name)));
            let host = load(Path::new(name), Path::new("")).expect("a profile");
            let names = names_in(text);
            let all: BTreeSet<_> = names.keys().copied().collect();
            assert_eq!(all, host.names.keys().map(String::as_str).collect());
            for (given, from) in &names {
                let of_modules: BTreeSet<_> = from.iter().flatten().map(|it| (*it).to_owned()).collect();
                let is_own = from.contains(&None);
                assert_eq!(host.by_module.get(*given), Some(&of_modules).filter(|_| !is_own), "{given}");
            }
            for name in host.names.keys().chain(host.types.keys()) {
                assert!(!name.contains(' '), "{name}: paths tell names by their having no space");
            }
        }
        assert_eq!(built_in_that_gives("gfx", |_| false), Some("mini-micro"));
        assert_eq!(built_in_that_gives("k", |_| false), None);
        assert_eq!(built_in_that_gives("k", |module| module == "tc"), Some("mini-micro"));
        assert_eq!(built_in_that_gives("nobody", |_| true), None);
        assert!(load(Path::new("mini-macro"), Path::new("")).is_err_and(|it| it.contains("mini-macro")));
    }

    #[test]
    fn what_is_given_is_followed() {
        let text = r#"
            host = "a game"
            [names]
            screen = { params = ["n=0"], gives = "Screen" }
            gfx = { gives = "Screen", members = { clear = { doc = "its own" } } }
            [types.Screen.members]
            clear = { doc = "of all" }
            color = { gives = "string" }
            [modules.tools]
            doc = "Tools."
            members = { cut = { params = ["x"] } }
            globals = { ensure = { params = [] }, gfx = { doc = "not this" } }
            adds = { list = { first = { params = [], doc = "The first." } } }
        "#;
        let host = read(text, Format::Toml).expect("a profile");
        let gfx = host.name("gfx").expect("a name");
        let member = |of: &Told<'_>, name: &str| host.member(of, name).map(|it| (it.path.join("."), it.it.doc.clone()));
        assert_eq!(member(&gfx, "clear"), Some(("gfx.clear".into(), "its own".into())));
        assert_eq!(member(&gfx, "color"), Some(("type Screen.color".into(), String::new())));
        assert_eq!(host.members(&gfx).len(), 2);
        let screen = host.given_by(host.name("screen").expect("a name").it).expect("a kind");
        assert_eq!(member(&screen, "clear"), Some(("type Screen.clear".into(), "of all".into())));
        assert!(host.names.contains_key("ensure") && host.names["gfx"].doc.is_empty());
        let (none, tools) = (|_: &str| false, |module: &str| module == "tools");
        assert!(!host.gives("ensure", none) && host.gives("ensure", tools) && !host.gives("nobody", tools));
        assert!(host.gives("gfx", none), "the host itself gives it");
        let both = |first: &Host, second: &Host| {
            let mut both = first.clone();
            both.extend(second.clone());
            both.gives("ensure", none)
        };
        let plain = read("[names]\nensure = {}\n", Format::Toml).expect("a profile");
        assert!(both(&host, &plain) && both(&plain, &host) && !both(&host, &host));
        let added: Vec<_> = host.added("tools", "list").collect();
        assert_eq!(host.at(&added[0].1.path).map(|it| &*it.doc), Some("The first."));
        let tools = host.module("tools").expect("a module");
        assert_eq!(
            host.at(&host.member(&tools, "cut").expect("a member").path).map(|it| it.params.is_some()),
            Some(true)
        );
        assert!(
            host.at(&[]).is_none() && host.at(&["added x".into()]).is_none() && host.at(&["nobody".into()]).is_none()
        );
        let wrong = "host = \"x\"\n[names.a]\ngives = \"Screne\"\n";
        assert!(read(wrong, Format::Toml).is_err_and(|it| it.starts_with("`names.a` gives `Screne`")));
    }

    #[test]
    fn what_no_program_can_write_is_refused() {
        let wrong = |toml: &str, said: &str| {
            let sentence = read(toml, Format::Toml).expect_err(toml);
            assert!(sentence.contains(said), "{toml}: {sentence}");
        };
        wrong("[names]\n\"a b\" = {}\n", "`names.a b`: no program can write `a b` as a name, which is made of letters");
        wrong("[names]\nif = {}\n", "`names.if`: no program can write the keyword `if` as a name");
        wrong("[names]\n\"\" = {}\n", "`names.`: no program");
        wrong("[names.m.members]\n1x = {}\n", "`names.m.members.1x`");
        wrong("[names]\n[types.\"T t\"]\n", "`types.T t`");
        wrong("[names]\n[modules.\" \"]\n", "`modules. ` has no name for `import`");
        wrong("[names]\n[modules.m.globals]\nend = {}\n", "`modules.m.globals.end`");
        wrong(
            "[names]\n[modules.m.adds.lists]\n",
            "`modules.m.adds.lists` is of no type: a module adds to list, string",
        );
        wrong("[names]\n[modules.m.adds.list]\n\"a-b\" = {}\n", "`modules.m.adds.list.a-b`");
        for (params, said) in [
            (r#"["1x"]"#, "`names.f`: `1x` is no parameter; write it as in a function's first line, `x` or `x=1`"),
            (r#"["a b"]"#, "`a b` is no parameter"),
            (r#"["a, b"]"#, "`a, b` is no parameter"),
            (r#"[""]"#, "`` is no parameter"),
            (r#"["self", "a"]"#, "`self` is no parameter"),
            (r#"["a", "b", "a=1"]"#, "`names.f`: there are two parameters `a`"),
            (r#"["a=foo(1)"]"#, "its default must be a number, a string, `null`"),
            (r#"["a=foo"]"#, "its default must be"),
            (r#"["a=new null"]"#, "its default must be"),
            (r#"["a="]"#, "its default must be"),
            (r#"["a=1)"]"#, "its default must be"),
            (r#"["a=1, b"]"#, "its default must be"),
        ] {
            wrong(&format!("[names]\nf = {{ params = {params} }}\n"), said);
        }
        let right = "[names]\nf = { params = ['a', 'b = \"x=y\"', 'c=-1', 'd=[1, {\"k\": null}]', 'e=1+2', 'x2=true'] }\n\"Ä_1\" = {}\n";
        assert_eq!(read(right, Format::Toml).expect("a profile").names["f"].params.as_ref().map(Vec::len), Some(6));
    }

    #[test]
    fn a_name_is_described_once() {
        for (twice, said) in [
            (r#"{"names": {"foo": {"doc": "x"},\n "foo": {}}}"#, "`foo` is described twice at line 2"),
            (r#"{"names": {"m": {"members": {"a": {}, "a": {}}}}}"#, "`a` is described twice"),
            (r#"{"names": {}, "types": {"T": {}, "T": {}}}"#, "`T` is described twice"),
            (r#"{"names": {}, "modules": {"m": {}, "m": {}}}"#, "`m` is described twice"),
            (r#"{"names": {}, "modules": {"m": {"adds": {"list": {"x": {}, "x": {}}}}}}"#, "`x` is described twice"),
        ] {
            let sentence = read(&twice.replace("\\n", "\n"), Format::Json).expect_err(twice);
            assert!(sentence.starts_with(said), "{twice}: {sentence}");
        }
    }

    #[test]
    fn what_stands_in_the_wrong_place_is_told_in_plain_words() {
        let said = |text: &str, format| read(text, format).expect_err(text);
        let of_name = "expected a table or object that describes a name, `{}` at least";
        assert!(said("[names]\nfoo = 3\n", Format::Toml).contains(of_name));
        assert!(said(r#"{"names": {"foo": 3}}"#, Format::Json).contains(of_name));
        assert!(said(r#"{"names": 3}"#, Format::Json).contains("expected a table or object of names at line 1"));
        assert!(said(r#"{"names": {}, "modules": {"m": 3}}"#, Format::Json).contains("that describes a module"));
        assert!(said("[]", Format::Json).contains("a table or object with `names`"));
        assert!(said("3", Format::Json).contains("a table or object with `names`"));
        // Who the host is need not be said, and a file may begin with the mark of its encoding.
        let plain = r#"{"names": {"foo": {}}}"#;
        let marked = format!("\u{feff}{plain}");
        assert_eq!(read(&marked, Format::Json), read(plain, Format::Json));
        assert!(read(plain, Format::Json).is_ok() && read("\u{feff}[names]\n", Format::Toml).is_ok());
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
