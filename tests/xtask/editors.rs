//! `cargo xtask editors [vscode|neovim] [--server PROGRAM] [--screenshot FILE]`: MiniLive in real editors.
//!
//! Builds the server and the extension, installs pinned editors into a cache folder, and runs the scripts of
//! `tests/editors` in each: once with the server, and once with one that answers nothing, where every single check must
//! fail. Whatever is missing on the machine is an error that names it; nothing is skipped.
//! `main.rs` calls [`run`]; start reading there.

pub(crate) mod command;
mod install;

use std::path::{Path, PathBuf};
use std::time::Instant;

use minilive_tests::files;

use self::command::{Call, find_program};
use self::install::Cache;

/// What the command line asks for.
struct Request {
    /// Run in VS Code.
    vscode: bool,
    /// Run in every Neovim.
    neovim: bool,
    /// The server to test; none: the one built here.
    server: Option<PathBuf>,
    /// Where the picture for the README goes.
    screenshot: Option<PathBuf>,
}

/// One editor with the script that drives it.
struct Editor {
    /// For the person who reads the log.
    name: String,
    /// The script and its options, without those that are the same for all.
    script: Call,
}

/// Entry point: tests the editors that `arguments` name, all of them if it names none.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let request = parse(arguments)?;
    let root = files::root();
    let programs = Programs::find(&request)?;
    let cache = Cache::open()?;
    let server = match &request.server {
        Some(path) => path.clone(),
        None => build_server(&root)?,
    };

    let mut editors = Vec::new();
    if request.neovim {
        editors.extend(neovims(&root, &programs, &cache)?);
    }
    if request.vscode {
        editors.push(vscode(&root, &programs, &cache)?);
    }

    let silent = root.join("tests/editors/silent-server.sh");
    let out = cache.path("failures");
    let mut failed = Vec::new();
    for editor in editors {
        let common = |script: &Call, server: &Path| {
            script.clone().option("--server", server).option("--examples", &root.join("examples")).option("--out", &out)
        };
        let mut test = common(&editor.script, &server);
        if let Some(file) = request.screenshot.as_ref().filter(|_| editor.name == VSCODE) {
            test = test.option("--screenshot", file);
        }
        let control = common(&editor.script, &silent).arg("--control").arg("yes");
        for (what, call) in [("with the server", test), ("control: a server that answers nothing", control)] {
            println!("{}, {what}", editor.name);
            let start = Instant::now();
            if let Err(problem) = call.run() {
                println!("  {problem}");
                failed.push(format!("{}, {what}", editor.name));
            }
            println!("  {:.1} s", start.elapsed().as_secs_f64());
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join("; "))) }
}

const VSCODE: &str = "VS Code";

fn parse(arguments: &[String]) -> Result<Request, String> {
    let mut request = Request { vscode: false, neovim: false, server: None, screenshot: None };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut file = || rest.next().map(PathBuf::from).ok_or(format!("{argument} needs a file"));
        match argument.as_str() {
            "vscode" => request.vscode = true,
            "neovim" => request.neovim = true,
            "--server" => request.server = Some(absolute(&file()?)?),
            "--screenshot" => request.screenshot = Some(absolute(&file()?)?),
            other => {
                return Err(format!(
                    "usage: cargo xtask editors [vscode|neovim] [--server PROGRAM] [--screenshot FILE], not {other}"
                ));
            }
        }
    }
    if !request.vscode && !request.neovim {
        request.vscode = true;
        request.neovim = true;
    }
    Ok(request)
}

fn absolute(path: &Path) -> Result<PathBuf, String> {
    std::path::absolute(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// The programs of the machine that the tests stand on.
struct Programs {
    node: PathBuf,
    npm: PathBuf,
    /// Only if Neovim is tested.
    nvim: Option<PathBuf>,
    /// Only if VS Code is tested.
    chromium: Option<PathBuf>,
}

impl Programs {
    /// Looks for all of them and names every one that is missing, with the Debian package that brings it.
    fn find(request: &Request) -> Result<Programs, String> {
        let mut missing = Vec::new();
        let mut find = |wanted: bool, names: &[&str], package: &str| {
            let found = names.iter().find_map(|name| find_program(name));
            if wanted && found.is_none() {
                missing.push(format!("{} (package {package})", names[0]));
            }
            found.filter(|_| wanted)
        };
        let node = find(true, &["node"], "nodejs");
        let npm = find(true, &["npm"], "npm");
        let nvim = find(request.neovim, &["nvim"], "neovim");
        find(request.neovim, &["tmux"], "tmux");
        find(request.neovim, &["patchelf"], "patchelf");
        let chromium = find(request.vscode, &["chromium", "chromium-browser", "google-chrome"], "chromium");
        for (name, package) in [("python3", "python3"), ("make", "make"), ("g++", "g++")] {
            find(request.vscode, &[name], package);
        }
        match (node, npm) {
            (Some(node), Some(npm)) if missing.is_empty() => Ok(Programs { node, npm, nvim, chromium }),
            _ => Err(format!("missing on this machine: {}", missing.join(", "))),
        }
    }
}

/// Builds the server the way a user would, into the target folder in use.
pub(crate) fn build_server(root: &Path) -> Result<PathBuf, String> {
    let cargo = std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
    Call::new(&cargo)
        .arg("build")
        .arg("--release")
        .arg("--quiet")
        .arg("--package")
        .arg("minilive")
        .within(root)
        .run()?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let server = absolute(&target)?.join("release").join(format!("minilive{}", std::env::consts::EXE_SUFFIX));
    if server.is_file() { Ok(server) } else { Err(format!("the build left no program {}", server.display())) }
}

/// The Neovim of the system, which is an old one, and a newer one beside it.
fn neovims(root: &Path, programs: &Programs, cache: &Cache) -> Result<Vec<Editor>, String> {
    let newer = cache.neovim(root, "trixie")?;
    let system = programs.nvim.clone().ok_or("no nvim was looked for")?;
    let editors = [("Neovim of the system", system), ("Neovim 0.10", newer)];
    Ok(editors
        .into_iter()
        .map(|(name, nvim)| Editor {
            name: name.to_owned(),
            script: Call::new(&programs.node)
                .path(&root.join("tests/editors/neovim.mjs"))
                .option("--nvim", &nvim)
                .option("--plugin", &root.join("editors/nvim")),
        })
        .collect())
}

/// VS Code's server and workbench in a headless browser, with the extension as it is packaged.
fn vscode(root: &Path, programs: &Programs, cache: &Cache) -> Result<Editor, String> {
    let code_server = cache.code_server(root)?;
    let tools = cache.tools(root, &programs.npm)?;
    println!("highlighting");
    Call::new(&programs.node)
        .path(&root.join("tests/editors/grammar.mjs"))
        .option("--grammar", &root.join("editors/vscode/syntaxes/miniscript.tmLanguage.json"))
        .option("--tools", &tools)
        .run()?;
    let extension = install::package_extension(root, &programs.npm)?;
    let chromium = programs.chromium.clone().ok_or("no chromium was looked for")?;
    Ok(Editor {
        name: VSCODE.to_owned(),
        script: Call::new(&programs.node)
            .path(&root.join("tests/editors/vscode.mjs"))
            .option("--vsix", &extension)
            .option("--code-server", &code_server)
            .option("--tools", &tools)
            .option("--chromium", &chromium),
    })
}
