//! The rules of the house, checked over the source text: layers, file headers, sizes, where unsafe code may stand, and that
//! paths named in documents exist. It reads files and nothing else; a rule that cannot be checked here is no rule.

use minilive_tests::files::{below, relative, root};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// What each crate may depend on, of ours.
const LAYERS: &[(&str, &[&str])] = &[
    ("syntax", &[]),
    ("runtime", &[]),
    ("mir", &["syntax"]),
    ("jit", &["mir", "runtime"]),
    ("server", &["syntax", "mir", "runtime", "jit"]),
];

/// A word and the only folders (or files) whose source may use it.
const WORDS: &[(&str, &[&str])] = &[
    ("salsa::", &["server/src/db"]),
    ("tower_lsp", &["server/src/lsp"]),
    ("lsp_types", &["server/src/lsp"]),
    ("notify::", &["server/src/world/watcher.rs"]),
    ("cranelift_", &["jit/src"]),
    ("iced_x86", &["jit/src/disassemble.rs"]),
    ("object::", &["jit/src/debugger.rs"]),
    ("serde_json", &["server/src", "server/tests", "tests"]),
];

/// The only files in which unsafe code may stand.
const UNSAFE_ALLOWED: &[&str] = &[
    "runtime/src/value.rs",
    "runtime/src/heap.rs",
    "runtime/src/heap/",
    "runtime/src/shape.rs",
    "runtime/src/string.rs",
    "runtime/src/string/",
    "runtime/src/list.rs",
    "runtime/src/list/",
    "runtime/src/map.rs",
    "runtime/src/map/",
    "jit/src/interp/frame.rs",
    "jit/src/interp/step.rs",
    "jit/src/helpers.rs",
    "jit/src/helpers/",
    "jit/src/code.rs",
    "jit/src/sys.rs",
];

/// A file longer than this has more than one job.
const MOST_LINES: usize = 800;

fn sources() -> Vec<(String, String)> {
    let read = |path: PathBuf| (relative(&path), fs::read_to_string(&path).expect("source files are UTF-8"));
    below(&root(), "rs").into_iter().map(read).collect()
}

fn report(what: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{what}:\n  {}", broken.join("\n  "));
}

/// The dependencies a crate's manifest names, development ones apart.
fn dependencies(name: &str) -> Vec<String> {
    let manifest = fs::read_to_string(root().join(name).join("Cargo.toml")).expect("every crate has a manifest");
    let mut inside = false;
    let mut found = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line == "[dependencies]" || (line.starts_with("[target.") && line.ends_with(".dependencies]"));
        } else if inside && !line.trim().is_empty() && !line.starts_with('#') {
            let name = line.split(['.', '=', ' ']).next().unwrap_or_default();
            found.push(name.to_string());
        }
    }
    found
}

#[test]
fn crates_depend_one_way() {
    let mut broken = Vec::new();
    for (name, allowed) in LAYERS {
        for dependency in dependencies(name) {
            let ours = dependency.strip_prefix("minilive-").filter(|it| LAYERS.iter().any(|(layer, _)| layer == it));
            if let Some(ours) = ours.filter(|it| !allowed.contains(it)) {
                broken.push(format!("{name} depends on {ours}"));
            }
        }
    }
    report("layers point one way (docs/architecture.md)", &broken);
}

#[test]
fn foreign_libraries_stay_in_their_layer() {
    let mut broken = Vec::new();
    for (path, text) in sources() {
        for (word, folders) in WORDS {
            let used = text.lines().any(|line| !line.trim_start().starts_with("//") && line.contains(word));
            if used && path != "tests/runner/tidy.rs" && !folders.iter().any(|folder| path.starts_with(folder)) {
                broken.push(format!("{path} uses {word}, which belongs to {}", folders.join(", ")));
            }
        }
    }
    report("a library is seen only where the design puts it", &broken);
}

#[test]
fn inside_the_server_layers_point_down() {
    let upper: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("server/src/db", &["crate::ide", "crate::world", "crate::lsp"][..]),
        ("server/src/ide", &["crate::world", "crate::lsp"][..]),
        ("server/src/world", &["crate::lsp"][..]),
    ]);
    let mut broken = Vec::new();
    for (path, text) in sources() {
        for (folder, forbidden) in &upper {
            if path.starts_with(folder) {
                broken.extend(forbidden.iter().filter(|it| text.contains(**it)).map(|it| format!("{path} uses {it}")));
            }
        }
    }
    report("lsp → world → ide → db", &broken);
}

#[test]
fn every_file_says_what_it_is() {
    let headless = |(path, text): &(String, String)| (!text.starts_with("//!")).then(|| path.clone());
    let broken: Vec<String> = sources().iter().filter_map(headless).collect();
    report("a file opens with `//!`", &broken);
}

#[test]
fn no_file_has_two_jobs() {
    let long = |(path, text): &(String, String)| {
        let lines = text.lines().count();
        (lines > MOST_LINES).then(|| format!("{path}: {lines} lines"))
    };
    let broken: Vec<String> = sources().iter().filter_map(long).collect();
    report("split files before 800 lines", &broken);
}

#[test]
fn unsafe_stands_where_the_readme_says() {
    let mut broken = Vec::new();
    for (path, text) in sources() {
        let code = |line: &&str| !line.trim_start().starts_with("//");
        let uses = |line: &str| {
            ["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern", "unsafe("].iter().any(|it| line.contains(it))
        };
        let allowed = UNSAFE_ALLOWED.iter().any(|it| path.starts_with(it)) || path == "tests/runner/tidy.rs";
        if !allowed && text.lines().filter(code).any(uses) {
            broken.push(path);
        }
    }
    report("unsafe code outside its files", &broken);
}

#[test]
fn paths_named_in_documents_exist() {
    let mut broken = Vec::new();
    for document in below(&root(), "md") {
        let text = fs::read_to_string(&document).expect("documents are UTF-8");
        for word in text.split('`').skip(1).step_by(2) {
            let looks_like_path =
                ["syntax/", "mir/", "runtime/", "jit/", "server/", "tests/", "editors/", "docs/", "examples/"]
                    .iter()
                    .any(|folder| word.starts_with(folder));
            let plain = !word.contains(['*', '{', ' ', '<', '…', '\n']) && !word.ends_with("NAME.ms");
            if looks_like_path && plain && !root().join(word).exists() {
                broken.push(format!("{} names {word}", relative(&document)));
            }
        }
    }
    report("documents name only what exists", &broken);
}

#[test]
fn every_intrinsic_has_a_proof() {
    let page = fs::read_to_string(root().join("docs/compatibility.md")).expect("the page exists");
    let missing = |name: &String| !page.contains(&format!("`{name}`"));
    let names = minilive_runtime::intrinsics::IntrinsicId::all().map(|id| id.def().full_name());
    report("docs/compatibility.md names every intrinsic", &names.filter(missing).collect::<Vec<_>>());
}
