//! From the engine's outcome to what the server keeps of it.
//!
//! `child` calls this after each run. Invariant: everything a person will read is made here, in the worker, where the code objects
//! with their lines and reasons still are.

use crate::recording::{End, FunctionReport, Outcome, Tier, Value};
use minilive_jit::engine::{self, Location, RunOutcome};
use minilive_jit::feedback::Kinds;
use minilive_jit::record::{Others, RecordedPoint, Recording};
use minilive_jit::stats::FunctionStats;
use smol_str::SmolStr;
use std::time::Duration;

/// The outcome of a program that the engine did not take.
pub fn refused(message: String) -> Outcome {
    ended(End::Error { message, line: None, from: None, lacks: None })
}

/// The outcome of a program of which nothing has run.
pub fn ended(end: End) -> Outcome {
    Outcome {
        end,
        values: Vec::new(),
        functions: Vec::new(),
        executed: None,
        position_dependent: true,
        elapsed: Duration::ZERO,
        fuel: 0,
    }
}

/// The outcome of a run of a file's program.
pub fn outcome(outcome: RunOutcome, file: &str) -> Outcome {
    Outcome {
        executed: Some(outcome.functions.iter().filter(|it| it.work > 0).map(|it| it.key).collect()),
        position_dependent: outcome.position_dependent,
        end: end(outcome.end, file),
        values: values(outcome.recording),
        functions: functions(&outcome.functions),
        elapsed: outcome.elapsed,
        fuel: outcome.fuel,
    }
}

fn end(end: engine::End, file: &str) -> End {
    match end {
        engine::End::Finished(text) => End::Finished((!text.is_empty()).then_some(text)),
        engine::End::Error(error) => {
            let (line, from) = lines(&error.stack, file);
            End::Error { message: error.message, line, from, lacks: error.lacks }
        }
        engine::End::Cut { limit, stack, .. } => {
            let (line, from) = lines(&stack, file);
            End::Cut { limit: limit.to_string(), line, from }
        }
        engine::End::Blocked { name, stack, .. } => {
            let (line, from) = lines(&stack, file);
            End::Blocked { name, line, from }
        }
        engine::End::Exit(code) => End::Exit(code),
        engine::End::Cancelled => End::Cancelled,
    }
}

/// The innermost place in the file and the outermost; a module's lines are none of the document's.
fn lines(stack: &[Location], file: &str) -> (Option<u32>, Option<u32>) {
    let mut own = stack.iter().filter(|at| at.file == file).map(|at| at.line);
    let line = own.next();
    (line, own.next_back().or(line))
}

fn values(recording: Recording) -> Vec<Value> {
    recording.points.into_iter().map(value).collect()
}

fn value(mut point: RecordedPoint) -> Value {
    let text = point.last.pop().unwrap_or_else(|| point.first.clone());
    let kinds = Kinds(point.kinds);
    Value {
        unit: point.key,
        inst: point.inst,
        text: text.into(),
        type_name: type_name(kinds, point.others),
        count: point.count,
        trail: point.last.into_iter().map(SmolStr::from).collect(),
        kind: point.kind,
        name: point.name,
        held: point.held,
    }
}

/// The kinds that were seen, in words.
fn type_name(kinds: Kinds, others: Others) -> SmolStr {
    let of_kinds = [
        (Kinds::NUMBER, "number"),
        (Kinds::STRING, "string"),
        (Kinds::LIST, "list"),
        (Kinds::MAP, "map"),
        (Kinds::FUNCTION, "function"),
    ];
    let of_others = [(others.null, "null"), (others.error, "error"), (others.handle, "handle")];
    let seen = of_kinds.map(|(kind, name)| (kinds.meets(kind), name)).into_iter().chain(of_others);
    let seen: Vec<&str> = seen.filter(|(was_seen, _)| *was_seen).map(|(_, name)| name).collect();
    seen.join(" or ").into()
}

/// What became of the code of all units that ran.
pub fn functions(stats: &[FunctionStats]) -> Vec<FunctionReport> {
    stats.iter().map(function).collect()
}

fn function(stats: &FunctionStats) -> FunctionReport {
    let exits = stats.exits.iter().map(|exit| exit.count).sum();
    FunctionReport {
        unit: stats.key,
        tier: tier(stats),
        recording: stats.recording,
        calls: stats.calls,
        loops: stats.rounds,
        exits,
        compiles: stats.compiles + u32::from(stats.baseline_bytes > 0),
        compile_time: stats.compile_time + stats.baseline_time,
        bytes: stats.bytes,
        inlined_into: inlined_into(stats),
        reason: reason(stats),
    }
}

/// Whose code it became part of; of many, the first few.
fn inlined_into(stats: &FunctionStats) -> Option<String> {
    const MOST: usize = 3;
    let named = |(name, line): &(String, u32)| match name.as_str() {
        "" => format!("the statement in line {line}"),
        name => format!("‘{name}’, line {line}"),
    };
    let mut callers: Vec<String> = stats.inlined_into.iter().take(MOST).map(named).collect();
    if stats.inlined_into.len() > MOST {
        callers.push(format!("{} more", stats.inlined_into.len() - MOST));
    }
    (!callers.is_empty()).then(|| callers.join("; "))
}

fn tier(stats: &FunctionStats) -> Tier {
    match stats.tier {
        engine::tier::Tier::Interpreter if stats.invalidation.is_some() => Tier::Left,
        engine::tier::Tier::Interpreter => Tier::Interpreter,
        engine::tier::Tier::Baseline => Tier::Baseline,
        engine::tier::Tier::Optimised => Tier::Native,
    }
}

/// Why it is not faster: what keeps it from being compiled, what drove it out of compiled code, or the guard that fails most.
fn reason(stats: &FunctionStats) -> Option<String> {
    if let Some(refusal) = stats.refusal {
        // Each loop is compiled on its own, and so is the function from its start.
        return Some(if tier(stats) == Tier::Native {
            format!("a part of it is not compiled: {refusal}")
        } else {
            refusal.to_string()
        });
    }
    if let Some(invalidation) = stats.invalidation.filter(|_| matches!(tier(stats), Tier::Left | Tier::Baseline)) {
        return Some(invalidation.to_string());
    }
    stats.exits.first().map(|exit| format!("{}, line {}, ×{}", exit.reason, exit.line, exit.count))
}
