//! `cargo xtask release`: the release build, laid out by a profile of what the project's own programs make it do.
//!
//! Three steps, each in `target/pgo`: a build that counts how often each branch is taken (`-Cprofile-generate`), what it is trained on
//! ([`train`]), and the release build that knows those counts (`-Cprofile-use`). Only when all have gone well is the binary put
//! where `cargo build --release` puts its own; on any error nothing there is touched.
//!
//! Invariants: the flags of `.cargo/config.toml` stand there alone, Cargo adds ours to them; nothing is trained on but what is in this clone.

mod evaluations;
mod train;

use super::editors::command::Call;
use minilive_tests::files::root;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

const USAGE: &str = "usage: cargo xtask release";

/// Builds, trains, builds again, and says where the binary is.
pub fn carry_out(arguments: &[String]) -> Result<(), String> {
    if !arguments.is_empty() {
        return Err(USAGE.into());
    }
    for name in GOES_BEFORE {
        refuse(name, std::env::var_os(name))?;
    }
    let tools = Tools::find()?;
    let target = target_folder()?;
    let folders = Folders::below(&target.join("pgo"), &tools.host);
    folders.clear()?;

    let begun = Instant::now();
    let step = |what: &str| println!("== {what} ({} s since start)", begun.elapsed().as_secs());
    step("build that counts");
    let counting = build(&tools, &folders.counting, &counting_flags(&folders.raw))?;
    step("training");
    train::train(&counting, &folders.raw)?;
    merge(&tools, &folders)?;
    step("release build, which takes some minutes");
    let built = build(&tools, &folders.release, &[with_path("-Cprofile-use=", &folders.profile)])?;
    let binary = target.join("release").join(binary_name());
    put(&built, &binary)?;
    step("done");
    println!("{}", binary.display());
    Ok(())
}

/// Variables that lead elsewhere: of the first two Cargo takes the flags instead of those in `.cargo/config.toml` and of ours, and to where the
/// last one says the counts are written.
const GOES_BEFORE: [&str; 3] = ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "LLVM_PROFILE_FILE"];

fn refuse(name: &str, value: Option<OsString>) -> Result<(), String> {
    match value {
        Some(value) if !value.is_empty() => {
            Err(format!("{name} is set, which would go before what the steps of this build set: unset it"))
        }
        _ => Ok(()),
    }
}

/// What the build needs of the toolchain.
struct Tools {
    /// The triple of this machine. Named in each build, so that build scripts and procedural macros are built without our flags.
    host: String,
    /// Merges what the counting build has written.
    profdata: PathBuf,
}

impl Tools {
    fn find() -> Result<Tools, String> {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let ask = |argument: &str| {
            let output = Command::new(&rustc).args(["--print", argument]).output();
            let output = output.map_err(|error| format!("{}: {error}", rustc.display()))?;
            let [said, complaint] =
                [output.stdout, output.stderr].map(|it| String::from_utf8_lossy(&it).trim().to_string());
            if said.is_empty() { Err(format!("{} --print {argument}: {complaint}", rustc.display())) } else { Ok(said) }
        };
        Tools::of(Path::new(&ask("sysroot")?), ask("host-tuple")?)
    }

    /// The tools that a toolchain has in its folder.
    fn of(sysroot: &Path, host: String) -> Result<Tools, String> {
        let name = format!("llvm-profdata{}", std::env::consts::EXE_SUFFIX);
        let profdata = sysroot.join("lib/rustlib").join(&host).join("bin").join(name);
        if profdata.is_file() {
            Ok(Tools { host, profdata })
        } else {
            Err(format!("there is no {}: rustup component add llvm-tools", profdata.display()))
        }
    }
}

/// Where the steps leave what they make.
struct Folders {
    /// The build that counts.
    counting: PathBuf,
    /// What its processes write when they end.
    raw: PathBuf,
    /// All of that in one file.
    profile: PathBuf,
    /// The build that uses it.
    release: PathBuf,
    /// What of that has been made with the profile; the rest is build scripts and procedural macros.
    profiled: PathBuf,
}

impl Folders {
    fn below(folder: &Path, host: &str) -> Folders {
        Folders {
            profiled: folder.join("release").join(host),
            counting: folder.join("counting"),
            raw: folder.join("raw"),
            profile: folder.join("minilive.profdata"),
            release: folder.join("release"),
        }
    }

    /// Takes away what an earlier profile has left. The counting build stays: Cargo knows which parts of it are still good. What was built
    /// with a profile is no good once the profile has changed, which Cargo does not see.
    fn clear(&self) -> Result<(), String> {
        for folder in [&self.raw, &self.profiled] {
            match std::fs::remove_dir_all(folder) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(format!("{}: {error}", folder.display()));
                }
                _ => {}
            }
        }
        std::fs::create_dir_all(&self.raw).map_err(|error| format!("{}: {error}", self.raw.display()))
    }
}

/// Flags of the build that counts. Counters are put in before linking, and functions are told apart by their crate and its codegen unit; so
/// only the last step, joining all crates, is left out, which would take minutes and change no count. What is called and copied most is
/// noted, too, in as much memory as it takes: the room that is set aside otherwise does not suffice. The last one is for [`evaluations`].
fn counting_flags(raw: &Path) -> Vec<String> {
    let more_room = "-Cllvm-args=-vp-static-alloc=false";
    let flags = ["-Clto=off", "-Clinker-plugin-lto=off", more_room, "--cfg=minilive_counts"].map(String::from);
    std::iter::once(with_path("-Cprofile-generate=", raw)).chain(flags).collect()
}

fn with_path(flag: &str, path: &Path) -> String {
    format!("{flag}{}", path.display())
}

/// A setting for Cargo's command line. Lists given there are put behind those of configuration files, so that flags add up.
fn setting(flags: &[String]) -> String {
    // A list of JSON texts is one of TOML, too.
    format!("build.rustflags={}", serde_json::Value::from(flags))
}

/// The arguments of one of the builds.
fn build_arguments(host: &str, flags: &[String]) -> Vec<String> {
    let fixed = ["build", "--release", "--locked", "--package", "minilive", "--bin", "minilive"];
    let named = ["--target", host, "--config", &setting(flags)].map(String::from);
    fixed.map(String::from).into_iter().chain(named).collect()
}

/// Builds the binary with these flags into a folder; gives its path.
fn build(tools: &Tools, folder: &Path, flags: &[String]) -> Result<PathBuf, String> {
    let cargo = std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
    let arguments = build_arguments(&tools.host, flags);
    let call = arguments.iter().fold(Call::new(&cargo), |call, argument| call.arg(argument));
    call.option("--target-dir", folder).within(&root()).run()?;
    Ok(folder.join(&tools.host).join("release").join(binary_name()))
}

/// One profile of all that was counted.
fn merge(tools: &Tools, folders: &Folders) -> Result<(), String> {
    let written = std::fs::read_dir(&folders.raw).map_err(|error| format!("{}: {error}", folders.raw.display()))?;
    if written.flatten().next().is_none() {
        return Err(format!(
            "training has left nothing in {}: does a configuration of Cargo's set target.{}.rustflags, which goes before build.rustflags?",
            folders.raw.display(),
            tools.host
        ));
    }
    Call::new(&tools.profdata).arg("merge").option("-o", &folders.profile).path(&folders.raw).run()
}

/// Copies the binary to its place in one step. The file that is there may be another name of one that Cargo keeps, so it is not written to.
fn put(built: &Path, place: &Path) -> Result<(), String> {
    let folder = place.parent().ok_or("no folder for the binary")?;
    let beside = place.with_extension("new");
    let copy = || {
        std::fs::create_dir_all(folder)?;
        std::fs::copy(built, &beside)?;
        std::fs::rename(&beside, place)
    };
    copy().map_err(|error| {
        // Half a copy is of no use; there may be none.
        drop(std::fs::remove_file(&beside));
        format!("{} cannot be put to {}: {error}", built.display(), place.display())
    })
}

fn binary_name() -> String {
    format!("minilive{}", std::env::consts::EXE_SUFFIX)
}

fn target_folder() -> Result<PathBuf, String> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    std::path::absolute(&target).map_err(|error| format!("{}: {error}", target.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of one test, which goes with it.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Scratch {
            let folder = std::env::temp_dir().join(format!("minilive-release-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&folder).expect("a folder in the temporary one");
            Scratch(folder)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            drop(std::fs::remove_dir_all(&self.0));
        }
    }

    #[test]
    fn flags_are_added_to_those_of_the_configuration_and_spaces_stay_within() {
        let arguments =
            build_arguments("x86_64-unknown-linux-gnu", &[with_path("-Cprofile-use=", Path::new("/a b/c.profdata"))]);
        let line = arguments.join("|");
        assert!(line.contains("|--target|x86_64-unknown-linux-gnu|"), "{line}");
        assert!(line.ends_with(r#"|--config|build.rustflags=["-Cprofile-use=/a b/c.profdata"]"#), "{line}");
    }

    #[test]
    fn a_missing_tool_is_named_with_what_brings_it() {
        let scratch = Scratch::new("no-tools");
        let missing = Tools::of(&scratch.0, "some-host".into()).err().unwrap_or_default();
        assert!(missing.contains("llvm-profdata"), "{missing}");
        assert!(missing.ends_with("rustup component add llvm-tools"), "{missing}");
        let bin = scratch.0.join("lib/rustlib/some-host/bin");
        std::fs::create_dir_all(&bin).expect("folders");
        std::fs::write(bin.join(format!("llvm-profdata{}", std::env::consts::EXE_SUFFIX)), "").expect("a file");
        assert!(Tools::of(&scratch.0, "some-host".into()).is_ok());
    }

    #[test]
    fn variables_that_would_go_before_our_flags_are_refused() {
        let refused = refuse("RUSTFLAGS", Some("--cfg minilive_portable".into()));
        assert!(refused.is_err_and(|it| it.starts_with("RUSTFLAGS is set")));
        assert_eq!(refuse("RUSTFLAGS", Some("".into())), Ok(()));
        assert_eq!(refuse("RUSTFLAGS", None), Ok(()));
    }

    #[test]
    fn a_training_that_left_nothing_is_an_error() {
        let scratch = Scratch::new("untrained");
        let folders = Folders::below(&scratch.0, "some-host");
        folders.clear().expect("folders");
        let tools = Tools { host: "some-host".into(), profdata: "no-such-tool".into() };
        let error = merge(&tools, &folders).expect_err("nothing to merge");
        assert!(error.contains("target.some-host.rustflags"), "{error}");
        std::fs::write(folders.raw.join("default.profraw"), "").expect("a file");
        let error = merge(&tools, &folders).expect_err("no tool");
        assert!(error.starts_with("no-such-tool cannot be started"), "{error}");
    }

    #[test]
    fn what_an_older_profile_made_is_cleared_and_the_counting_build_stays() {
        let scratch = Scratch::new("clear");
        let folders = Folders::below(&scratch.0, "some-host");
        for it in [&folders.raw, &folders.profiled, &folders.counting] {
            std::fs::create_dir_all(it).expect("a folder");
            std::fs::write(it.join("old"), "").expect("a file");
        }
        std::fs::write(folders.release.join("macros"), "").expect("a file");
        folders.clear().expect("cleared");
        assert!(folders.raw.is_dir() && !folders.raw.join("old").exists());
        assert!(!folders.profiled.exists() && folders.release.join("macros").exists());
        assert!(folders.counting.join("old").exists());
    }

    #[test]
    fn the_binary_is_put_in_place_of_the_old_one_whose_other_names_keep_it() {
        let scratch = Scratch::new("put");
        let folder = &scratch.0;
        let [built, place, kept] = ["built", "release/minilive", "kept"].map(|it| folder.join(it));
        std::fs::write(&built, "new").expect("a file");
        std::fs::create_dir_all(folder.join("release")).expect("a folder");
        std::fs::write(&kept, "old").expect("a file");
        std::fs::hard_link(&kept, &place).expect("a second name");
        put(&built, &place).expect("put");
        let text = |path: &Path| std::fs::read_to_string(path).expect("readable");
        assert_eq!((text(&place).as_str(), text(&kept).as_str()), ("new", "old"));
        let error = put(&folder.join("none"), &place).expect_err("nothing to put");
        assert!(error.contains("none") && error.contains("release"), "{error}");
        assert_eq!(text(&place), "new");
        assert_eq!(std::fs::read_dir(folder.join("release")).expect("a folder").count(), 1);
    }
}
