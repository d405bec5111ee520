//! `--stats`: how a program's functions ran, told when it has ended.
//!
//! `run` hands over the outcome. The figures of functions are the fold of the events that `--trace-tiers` tells one by one.

use minilive_jit::engine::RunOutcome;
use minilive_jit::stats::FunctionStats;
use std::time::Duration;

/// Prints all of it on standard error.
pub fn print(outcome: &RunOutcome) {
    eprintln!(
        "{:.1} ms, {} steps, {} collections, {} bytes of heap at most",
        milliseconds(outcome.elapsed),
        outcome.fuel,
        outcome.collections,
        outcome.heap
    );
    eprintln!("{}", memory_line(outcome));
    eprintln!("{}", compiler_line(outcome));
    eprintln!("{}", baseline_line(outcome));
    outcome.functions.iter().for_each(|function| eprintln!("{}", function_line(function)));
    for failure in &outcome.compiler_failures {
        eprintln!("a bug of the compiler, please report it: {failure}");
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// What compiling cost.
fn compiler_line(outcome: &RunOutcome) -> String {
    let compiles: u32 = outcome.functions.iter().map(|it| it.compiles).sum();
    let time: Duration = outcome.functions.iter().map(|it| it.compile_time).sum();
    let bytes: usize = outcome.functions.iter().map(|it| it.bytes).sum();
    let share = 100.0 * time.as_secs_f64() / outcome.elapsed.as_secs_f64().max(1e-9);
    format!(
        "{compiles} compilations in {:.2} ms, {share:.1} % of the time; {bytes} bytes of machine code at the end",
        milliseconds(time)
    )
}

/// What baseline code cost.
fn baseline_line(outcome: &RunOutcome) -> String {
    let with = || outcome.functions.iter().filter(|it| it.baseline_bytes > 0);
    let time: Duration = with().map(|it| it.baseline_time).sum();
    let bytes: usize = with().map(|it| it.baseline_bytes).sum();
    format!(
        "baseline code of {} functions and statements in {:.3} ms, {bytes} bytes",
        with().count(),
        milliseconds(time)
    )
}

fn function_line(function: &FunctionStats) -> String {
    let name = if function.name.is_empty() { "(top level)" } else { &function.name };
    let (tier, at) = (function.tier.to_string(), function.line);
    let mut line = format!("{tier:>12}  {name}, line {at}: {} calls, {} steps", function.calls, function.work);
    if function.compiles > 0 {
        let (compiles, time) = (function.compiles, milliseconds(function.compile_time));
        line +=
            &format!("; compiled {compiles} times in {time:.2} ms, {} bytes", function.bytes - function.baseline_bytes);
    }
    if function.baseline_bytes > 0 {
        let (time, bytes) = (milliseconds(function.baseline_time), function.baseline_bytes);
        line += &format!("; baseline in {time:.3} ms, {bytes} bytes");
    }
    if !function.inlined_into.is_empty() {
        let callers: Vec<String> = function.inlined_into.iter().map(named).collect();
        line += &format!("; part of the code of {}", callers.join(" and "));
    }
    if let Some(refusal) = function.refusal {
        line += &format!("; not compiled: {refusal}");
    }
    if let Some(dropped) = function.invalidation {
        line += &format!("; dropped: {dropped}");
    }
    for exit in &function.exits {
        line += &format!("; left {} times at line {}: {}", exit.count, exit.line, exit.reason);
    }
    line
}

/// A function by its name and line.
fn named((name, line): &(String, u32)) -> String {
    let name = if name.is_empty() { "(top level)" } else { name };
    format!("{name}, line {line}")
}

/// What the collector cost.
fn memory_line(outcome: &RunOutcome) -> String {
    let pauses = &outcome.pauses;
    let share = 100.0 * (1.0 - pauses.total.as_secs_f64() / outcome.elapsed.as_secs_f64().max(1e-9));
    format!(
        "{} bytes of heap taken, {} pauses for the collector: half up to {:.2} ms, 99 of 100 up to {:.2} ms, longest {:.2} ms; \
         {share:.1} % of the time was the program's",
        outcome.allocated,
        pauses.count,
        milliseconds(pauses.median),
        milliseconds(pauses.p99),
        milliseconds(pauses.longest),
    )
}
