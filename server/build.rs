//! Links the binary with archives of the C library where this computer has them: loading three shared libraries takes a fifth of what a
//! short program takes in all.
//!
//! Cargo runs it before the server is compiled and hands what it prints to the linker. Which libraries are linked is the compiler's choice, by
//! name; a folder that is searched first has files of these names that send the linker to the archives. Invariants: a way of linking is taken
//! only if a small program that is linked in it runs; where none does, the binary is linked as ever. So are tests.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs, io};

/// What the compiler asks for beside the unwinder: all of them are parts of the C library.
const LIBRARY: [&str; 6] = ["util", "rt", "pthread", "m", "dl", "c"];

/// A program with what may be missing where archives are incomplete: threads, unwinding, functions that are chosen by the processor.
const PROBE: &str = r#"
fn main() {
    let panics = || std::panic::catch_unwind(|| std::panic::resume_unwind(Box::new(1))).is_err();
    let unwound = std::thread::spawn(panics).join();
    let one = std::hint::black_box(1.0_f64);
    let calculated = one.sin().hypot(one.cos());
    let copied = format!("{:?}", std::env::args_os().collect::<Vec<_>>()).repeat(99);
    assert!(matches!(unwound, Ok(true)) && (calculated - one).abs() < 1e-9 && !copied.is_empty());
}
"#;

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    let here = text("HOST") == text("TARGET") && text("CARGO_CFG_TARGET_OS") == "linux";
    let chosen = text("CARGO_CFG_TARGET_FEATURE").split(',').any(|it| it == "crt-static");
    // A build that counts what runs keeps functions that nobody calls, and some of them ask for what archives do not have.
    let counts = text("CARGO_ENCODED_RUSTFLAGS").contains("profile-generate");
    if !here || chosen || counts || text("CARGO_CFG_TARGET_ENV") != "gnu" {
        return Ok(());
    }
    let Some(unwinder) = archives(&["gcc_eh", "gcc"]) else { return Ok(()) };
    let whole = archives(&LIBRARY).map(|library| [library, unwinder.clone()].concat());
    let ways =
        [("whole", whole, &["-static-pie", "-Wl,-z,pack-relative-relocs"][..]), ("unwinder", Some(unwinder), &[])];
    for (name, archives, arguments) in ways {
        let Some(archives) = archives else { continue };
        let folder = PathBuf::from(text("OUT_DIR")).join(name);
        fs::create_dir_all(&folder)?;
        // Where all are taken, each library is sent to all: they need each other.
        let libraries = if name == "whole" { &LIBRARY[..] } else { &[] };
        libraries.iter().chain(&["gcc_s"]).try_for_each(|library| send(&folder, library, &archives))?;
        let search = format!("-L{}", folder.display());
        let arguments: Vec<&str> = arguments.iter().copied().chain([&*search]).collect();
        if runs(&folder, &arguments)? {
            arguments.iter().for_each(|argument| println!("cargo:rustc-link-arg-bins={argument}"));
            break;
        }
    }
    Ok(())
}

/// A variable that Cargo sets, or nothing.
fn text(name: &str) -> String {
    env::var(name).unwrap_or_default()
}

/// Where the linker's driver finds archives.
fn archives(names: &[&str]) -> Option<Vec<PathBuf>> {
    names.iter().map(|name| file(&format!("lib{name}.a"))).collect()
}

fn file(name: &str) -> Option<PathBuf> {
    let linker = env::var("RUSTC_LINKER").unwrap_or_else(|_| "cc".to_string());
    let answer = Command::new(linker).arg(format!("-print-file-name={name}")).output().ok()?;
    let path = PathBuf::from(String::from_utf8(answer.stdout).ok()?.trim());
    (path.is_absolute() && path.is_file()).then_some(path)
}

/// Has the linker take archives for a library.
fn send(folder: &Path, library: &str, archives: &[PathBuf]) -> io::Result<()> {
    let paths: Vec<String> = archives.iter().map(|it| format!("\"{}\"", it.display())).collect();
    fs::write(folder.join(format!("lib{library}.so")), format!("GROUP ( {} )\n", paths.join(" ")))
}

/// Whether a program that is linked with these arguments runs.
fn runs(folder: &Path, arguments: &[&str]) -> io::Result<bool> {
    let (source, program) = (folder.join("probe.rs"), folder.join("probe"));
    fs::write(&source, PROBE)?;
    let mut compiler = Command::new(text("RUSTC"));
    // As Cargo compiles the binary itself.
    compiler.args(text("CARGO_ENCODED_RUSTFLAGS").split('\x1f').filter(|it| !it.is_empty()));
    if let Ok(linker) = env::var("RUSTC_LINKER") {
        compiler.arg(format!("-Clinker={linker}"));
    }
    compiler.args(arguments.iter().map(|argument| format!("-Clink-arg={argument}")));
    compiler.arg("--edition=2024").arg("-o").arg(&program).arg(&source);
    let done = |command: &mut Command| {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|it| it.success())
    };
    // Where programs are built to measure themselves, this one has nothing to tell.
    Ok(done(&mut compiler) && done(Command::new(&program).env("LLVM_PROFILE_FILE", "/dev/null")))
}
