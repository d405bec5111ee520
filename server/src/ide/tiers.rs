//! Tiers: what is known about the code of each function of a document.
//!
//! Reads the running state; inlay hints, symbols, hover and the `minilive/tiers` notification show it.
//! Invariant: what is known about other code (another fingerprint) is not shown.

use super::Live;
use crate::db::{self, LiveDb};
use crate::document::DocumentView;
use crate::recording::{FunctionReport, Tier};
use minilive_mir::ir::{UnitKey, UnitKind};
use minilive_mir::program::Fingerprint;
use minilive_syntax::TextRange;

/// A function and what is known about its code.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FunctionTier {
    /// Stable over edits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its text.
    pub range: TextRange,
    /// Its tier.
    pub tier: Tier,
    /// Whether it kept values for the editor while it ran.
    pub recording: bool,
    /// The tier as shown.
    pub label: String,
    /// How often it was entered.
    pub calls: u64,
    /// How often it was entered, its loops went round and compiled code was left, in words.
    pub counts: String,
    /// The tier and the counts in words.
    pub usage: String,
    /// Why it is not faster.
    pub reason: Option<String>,
    /// The same in a sentence; also for what was not hot enough.
    pub why: Option<String>,
    /// What compiling it cost, in a sentence.
    pub cost: Option<String>,
}

impl FunctionTier {
    /// The tier in sentences.
    pub fn explanation(&self) -> String {
        let mut text = self.usage.clone();
        for sentence in self.why.iter().chain(&self.cost) {
            text += &format!("\n\n{sentence}");
        }
        text
    }
}

/// The functions of a document that have run, in source order.
pub fn function_tiers(db: &LiveDb, document: &DocumentView, live: &Live) -> Vec<FunctionTier> {
    if live.tiers.is_empty() {
        return Vec::new();
    }
    let layout = db::file_layout(db, document.file);
    // Most functions have not run: only those that have are looked at.
    let functions = (0..).zip(layout.entries()).filter(|(_, entry)| entry.kind == UnitKind::Function);
    let known = functions.filter_map(|(index, entry)| {
        let report = report(live, entry.key, entry.fingerprint)?;
        let unit = layout.nth(index)?;
        Some(FunctionTier {
            id: format!("{:016x}", unit.key.0),
            name: unit.name.to_string(),
            range: unit.range,
            tier: report.tier,
            recording: report.recording,
            label: label(report),
            calls: report.calls,
            counts: counts(report),
            usage: usage(report),
            reason: report.reason.clone(),
            why: why(report),
            cost: cost(report),
        })
    });
    known.collect()
}

/// What is known about the code of a unit, from the evaluation that used it most.
pub fn report(live: &Live, unit: UnitKey, fingerprint: Fingerprint) -> Option<&FunctionReport> {
    let states = live.tiers.get(&unit)?.iter();
    let known = states.filter(|state| state.fingerprint == fingerprint && state.report.calls > 0);
    // Of equals the first one: what is shown must not depend on the order of runs.
    let most = known.max_by_key(|state| (state.report.calls + state.report.loops, std::cmp::Reverse(state.evaluation)));
    most.map(|state| &state.report)
}

/// A tier as hints show it.
fn label(report: &FunctionReport) -> String {
    match report.tier {
        Tier::Interpreter | Tier::Baseline if report.inlined_into.is_some() => "⚡inlined".to_owned(),
        Tier::Interpreter => "○interp".to_owned(),
        Tier::Baseline => "▲baseline".to_owned(),
        Tier::Native => "⚡native".to_owned(),
        Tier::Left => format!("↯deopt {}", report.exits),
    }
}

/// How a function ran, in a line: `compiled (native) · called 2.0K times · 34 loop rounds`.
pub fn usage(report: &FunctionReport) -> String {
    format!("{} · {}", words(report.tier, report.recording), counts(report))
}

/// Why a function is not faster, in a sentence.
pub fn why(report: &FunctionReport) -> Option<String> {
    if let (Some(callers), Tier::Interpreter | Tier::Baseline) = (&report.inlined_into, report.tier) {
        return Some(format!("Calls of it were inlined: its code is part of the machine code of {callers}."));
    }
    match (&report.reason, report.tier) {
        (Some(reason), Tier::Native | Tier::Baseline) => Some(format!("Not faster yet: {reason}.")),
        (Some(reason), Tier::Interpreter) => Some(format!("Not compiled: {reason}.")),
        (Some(reason), Tier::Left) => Some(format!("Not compiled any more: {reason}.")),
        (None, Tier::Interpreter) => Some("Not compiled: it has done too little work for that to pay.".to_owned()),
        (None, Tier::Baseline) => Some("Not optimised: it has done too little work for that to pay.".to_owned()),
        (None, _) => None,
    }
}

/// What compiling a function cost, in a sentence.
pub fn cost(report: &FunctionReport) -> Option<String> {
    let times = match report.compiles {
        0 => return None,
        1 => "once".to_owned(),
        n => format!("{n} times, altogether"),
    };
    let milliseconds = report.compile_time.as_secs_f64() * 1000.0;
    // Baseline code takes a few hundredths.
    let digits = if milliseconds < 0.1 { 3 } else { 1 };
    Some(format!("Compiled {times} in {milliseconds:.digits$} ms; {} bytes of machine code.", report.bytes))
}

fn counts(report: &FunctionReport) -> String {
    let times = |n: u64| if n == 1 { "once".to_owned() } else { format!("{} times", count(n)) };
    let mut text = format!("called {}", times(report.calls));
    match report.loops {
        0 => {}
        1 => text += " · 1 loop round",
        loops => text += &format!(" · {} loop rounds", count(loops)),
    }
    if report.exits > 0 {
        text += &format!(" · compiled code left {}", times(report.exits));
    }
    text
}

/// A tier in words, with what sets the code apart from that of a plain run.
pub fn words(tier: Tier, recording: bool) -> String {
    let tier = match tier {
        Tier::Interpreter => "interpreted",
        Tier::Baseline => "compiled (baseline)",
        Tier::Native => "compiled (native)",
        Tier::Left => "compiled code was given up",
    };
    if recording { format!("{tier}, recording values") } else { tier.to_owned() }
}

/// A tier in one word.
pub fn word(tier: Tier) -> &'static str {
    match tier {
        Tier::Interpreter => "interp",
        Tier::Baseline => "baseline",
        Tier::Native => "native",
        Tier::Left => "deopt",
    }
}

/// A count as people read it: `950`, `1.2K`, `3.4M`.
pub fn count(n: u64) -> String {
    match n {
        0..1_000 => n.to_string(),
        1_000..1_000_000 => format!("{:.1}K", n as f64 / 1e3),
        _ => format!("{:.1}M", n as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn what_compiling_cost_is_told_if_there_was_any() {
        let unit = UnitKey(1);
        let compile_time = Duration::from_micros(2340);
        let (calls, loops, exits, recording, reason) = (2, 0, 0, false, None);
        let report = |compiles, bytes| FunctionReport {
            unit,
            tier: Tier::Native,
            recording,
            calls,
            loops,
            exits,
            compiles,
            compile_time,
            bytes,
            inlined_into: None,
            reason: reason.clone(),
        };
        assert_eq!(cost(&report(0, 0)), None);
        assert_eq!(cost(&report(1, 640)).as_deref(), Some("Compiled once in 2.3 ms; 640 bytes of machine code."));
        let more = "Compiled 3 times, altogether in 2.3 ms; 640 bytes of machine code.";
        assert_eq!(cost(&report(3, 640)).as_deref(), Some(more));
    }

    #[test]
    fn what_was_inlined_is_not_called_slow() {
        let report = FunctionReport {
            unit: UnitKey(1),
            tier: Tier::Interpreter,
            recording: false,
            calls: 9,
            loops: 0,
            exits: 0,
            compiles: 0,
            compile_time: Duration::ZERO,
            bytes: 0,
            inlined_into: Some("‘f’, line 4".to_owned()),
            reason: None,
        };
        assert_eq!(label(&report), "⚡inlined");
        let expected = "Calls of it were inlined: its code is part of the machine code of ‘f’, line 4.";
        assert_eq!(why(&report).as_deref(), Some(expected));
    }
}
