//! What server and worker say to each other: length-framed postcard messages over the worker's standard input and output.
//!
//! `client` writes [`ToWorker`] and reads [`FromWorker`]; `child` does the opposite. Invariants: a frame is a little-endian `u32`
//! length and that many bytes; nothing else is ever written to either pipe; a frame longer than [`LONGEST_FRAME`] is an error, so
//! that a broken peer cannot make the other one allocate without bound.

use super::lockdown::Report;
use crate::evaluate::handle::{Budget, EntryPoint, RunId, Trust};
use crate::recording::{FunctionReport, Outcome};
use minilive_jit::engine::modules::ModuleAnswer;
use minilive_mir::ir::UnitKey;
use minilive_mir::program::Program;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::io::{self, Read, Write};
use std::sync::Arc;

/// No message is longer: a 100 000-line program takes about 20 MB.
pub const LONGEST_FRAME: usize = 256 << 20;

/// A run as it travels; the program came before it, in [`ToWorker::Program`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WireRun {
    /// Its name.
    pub run: RunId,
    /// Number of the program.
    pub program: u64,
    /// What of it runs.
    pub entry: EntryPoint,
    /// How much it may use.
    pub budget: Budget,
    /// The folder's level.
    pub trust: Trust,
    /// Whether a person asked for it.
    pub effects: bool,
    /// The seed of `rnd`.
    pub seed: Option<u64>,
    /// The lines `input` gives.
    pub input: Vec<String>,
    /// What the program sees of its environment.
    pub variables: Vec<(String, String)>,
}

/// What a run gets for its `import`. Programs import the same modules again and again, so each travels once.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum WireModule {
    /// No module, or one that is not kept.
    Answer(ModuleAnswer),
    /// A module, and the number that it is known by from now on.
    New(u64, Arc<Program>),
    /// A module that came before.
    Known(u64),
}

/// A message from the server.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum ToWorker {
    /// A program; units the worker holds already come without their code.
    Program {
        /// Its number, named by later runs.
        id: u64,
        /// The units.
        program: Program,
    },
    /// Runs a program that was sent.
    Run(WireRun),
    /// Answers the `import` for which a run waits.
    Module {
        /// Which run.
        run: RunId,
        /// What it gets.
        reply: WireModule,
    },
    /// No run will get these modules again.
    Forget(Vec<u64>),
    /// Stops a run, or keeps a queued one from starting.
    Cancel(RunId),
}

/// A message from the worker.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum FromWorker {
    /// The worker is locked down and reads.
    Ready(Report),
    /// A program came without code that this worker does not hold; the server sends it again in full.
    Missing {
        /// Which program.
        id: u64,
        /// Which units.
        keys: Vec<UnitKey>,
    },
    /// The program of a run wrote something.
    Output {
        /// Which run.
        run: RunId,
        /// The text.
        text: String,
    },
    /// A run waits for a module.
    Import {
        /// Which run.
        run: RunId,
        /// The name that `import` was given.
        name: String,
        /// The folders to look into, in order.
        folders: Vec<String>,
    },
    /// A run goes on.
    Progress {
        /// Which run.
        run: RunId,
        /// 1-based line.
        line: Option<u32>,
        /// Operations so far.
        fuel: u64,
        /// Its code so far.
        functions: Vec<FunctionReport>,
    },
    /// A run has ended.
    Finished {
        /// Which run.
        run: RunId,
        /// How.
        outcome: Outcome,
    },
}

/// Writes one message and flushes.
///
/// # Errors
/// The pipe's, or `InvalidData` if the message is too long.
pub fn write<T: Serialize>(out: &mut impl Write, message: &T) -> io::Result<()> {
    let frame = encode(message)?;
    out.write_all(&frame)?;
    out.flush()
}

/// A message as a frame.
///
/// # Errors
/// `InvalidData` if it is too long.
pub fn encode<T: Serialize>(message: &T) -> io::Result<Vec<u8>> {
    let mut frame = vec![0; 4];
    frame = postcard::to_extend(message, frame).map_err(|error| invalid(&error.to_string()))?;
    let length = frame.len() - 4;
    if length > LONGEST_FRAME {
        return Err(invalid(&format!("a message of {length} bytes is too long")));
    }
    frame[..4].copy_from_slice(&(length as u32).to_le_bytes());
    Ok(frame)
}

/// Reads one message; `None` at a clean end of the stream.
///
/// # Errors
/// The pipe's, `UnexpectedEof` within a frame, or `InvalidData` for what is no message.
pub fn read<T: DeserializeOwned>(input: &mut impl Read) -> io::Result<Option<T>> {
    let mut length = [0; 4];
    match input.read(&mut length[..1])? {
        0 => return Ok(None),
        _ => input.read_exact(&mut length[1..])?,
    }
    let length = u32::from_le_bytes(length) as usize;
    if length > LONGEST_FRAME {
        return Err(invalid(&format!("a message of {length} bytes is too long")));
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body)?;
    postcard::from_bytes(&body).map(Some).map_err(|error| invalid(&error.to_string()))
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_travel_and_a_clean_end_is_none() {
        let mut bytes = Vec::new();
        write(&mut bytes, &ToWorker::Cancel(RunId(7))).expect("written");
        write(&mut bytes, &ToWorker::Cancel(RunId(8))).expect("written");
        let mut input = bytes.as_slice();
        for expected in [7, 8] {
            let message = read::<ToWorker>(&mut input).expect("read");
            assert!(matches!(message, Some(ToWorker::Cancel(RunId(id))) if id == expected));
        }
        assert!(read::<ToWorker>(&mut input).expect("clean end").is_none());
    }

    #[test]
    fn a_cut_frame_and_a_monstrous_length_are_errors() {
        let frame = encode(&ToWorker::Cancel(RunId(300))).expect("encoded");
        assert!(read::<ToWorker>(&mut &frame[..frame.len() - 1]).is_err());
        assert!(read::<ToWorker>(&mut &[255_u8, 255, 255, 255][..]).is_err());
    }
}
