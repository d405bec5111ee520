//! `--trace-tiers`, `--perf-map` and `--gdb`: what happens to code, told to people, profilers and debuggers as it happens.
//!
//! `run` opens it before the program starts; the engine tells it of code. Invariants: each event is one plain line on standard error;
//! the map is complete at any moment, so that a program that is killed can be profiled, too.

use super::Failure;
use clap::Args;
use minilive_jit::events::{CodeEvent, CodeWatcher, Happened};
use std::fs::{File, OpenOptions, remove_file};
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::time::Instant;

/// What to tell of code.
#[derive(Debug, Default, Args)]
pub struct Watch {
    /// Say on standard error, as it happens, what is compiled, refused, left and dropped, and why.
    #[arg(long)]
    trace_tiers: bool,
    /// Write /tmp/perf-PID.map, by which `perf` names compiled code (Linux).
    #[arg(long)]
    perf_map: bool,
    /// Name compiled code to debuggers: for `gdb --args minilive run --gdb FILE` (Linux).
    #[arg(long)]
    gdb: bool,
}

impl Watch {
    /// What the engine tells events to, if anything was asked for.
    ///
    /// # Errors
    /// If the map cannot be written.
    pub fn open(&self) -> Result<Option<CodeWatcher>, Failure> {
        let mut map = if self.perf_map { Some(PerfMap::create()?) } else { None };
        let mut debuggers = if self.gdb { Some(Debuggers::open()?) } else { None };
        let (trace, started) = (self.trace_tiers, Instant::now());
        if !trace && map.is_none() && debuggers.is_none() {
            return Ok(None);
        }
        Ok(Some(Box::new(move |event| {
            if let Some(map) = &mut map {
                map.note(&event);
            }
            if let Some(debuggers) = &mut debuggers {
                debuggers.note(&event);
            }
            let line = match &event {
                CodeEvent::Tier(event) => event.to_string(),
                CodeEvent::Freed(freed) => freed.to_string(),
                CodeEvent::Shared(_) => return,
            };
            if trace {
                eprintln!("tiers: {:9.2} ms  {line}", started.elapsed().as_secs_f64() * 1000.0);
            }
        })))
    }
}

/// The file from which `perf` learns what machine code at which address is called: start and size in hexadecimal, then the name.
struct PerfMap {
    path: PathBuf,
    /// Gone after the first failure.
    file: Option<File>,
}

impl PerfMap {
    fn create() -> Result<PerfMap, Failure> {
        if !cfg!(target_os = "linux") {
            return Err(Failure("--perf-map is for Linux, where perf reads such maps".to_string()));
        }
        let path = PathBuf::from(format!("/tmp/perf-{}.map", std::process::id()));
        let failed = |error: std::io::Error| Failure(format!("cannot write {}: {error}", path.display()));
        // One may be left of another process that had this number. What stands there is never followed or added to.
        remove_file(&path)
            .or_else(|error| if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(failed(error)) })?;
        let file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(failed)?;
        Ok(PerfMap { path, file: Some(file) })
    }

    fn note(&mut self, event: &CodeEvent) {
        let line = match event {
            CodeEvent::Shared(piece) => format!("{:x} {:x} minilive: {}\n", piece.address, piece.bytes, piece.name),
            CodeEvent::Tier(event) => match event.what {
                Happened::Compiled { entry, address, bytes, .. } => {
                    format!("{address:x} {bytes:x} {}\n", event.symbol(entry))
                }
                _ => return,
            },
            // The map only grows: what is told later of an address is what stands there.
            CodeEvent::Freed(_) => return,
        };
        let Some(file) = &mut self.file else { return };
        if let Err(error) = file.write_all(line.as_bytes()) {
            eprintln!("minilive: {} is not complete: {error}", self.path.display());
            self.file = None;
        }
    }
}

/// Tells debuggers of compiled code.
struct Debuggers {
    #[cfg(all(target_os = "linux", not(minilive_portable)))]
    told: minilive_jit::debugger::Debugger,
}

impl Debuggers {
    #[cfg(all(target_os = "linux", not(minilive_portable)))]
    fn open() -> Result<Debuggers, Failure> {
        Ok(Debuggers { told: Default::default() })
    }

    #[cfg(not(all(target_os = "linux", not(minilive_portable))))]
    fn open() -> Result<Debuggers, Failure> {
        Err(Failure("--gdb is for Linux and builds with compiled code".to_string()))
    }

    #[cfg(all(target_os = "linux", not(minilive_portable)))]
    fn note(&mut self, event: &CodeEvent) {
        if let Err(error) = self.told.note(event) {
            eprintln!("minilive: debuggers are not told of some code: {error}");
        }
    }

    #[cfg(not(all(target_os = "linux", not(minilive_portable))))]
    fn note(&mut self, _event: &CodeEvent) {}
}
