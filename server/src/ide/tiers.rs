//! Tiers: what is known about the code of each function of a document.
//!
//! Reads the running state; inlay hints, symbols, hover and the `minilive/tiers` notification show it.
//! Invariant: what is known about other code (another fingerprint) is not shown.

use super::Live;
use crate::db::{self, LiveDb};
use crate::document::DocumentView;
use crate::recording::{FunctionReport, Tier};
use minilive_mir::ir::UnitKey;
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
    /// How often its loops went round.
    pub loops: u64,
    /// How often compiled code was left.
    pub exits: u64,
    /// Why it is not faster.
    pub reason: Option<String>,
}

impl FunctionTier {
    /// The tier in sentences.
    pub fn explanation(&self) -> String {
        let mut text = format!("{} · entered {} times", words(self.tier, self.recording), self.calls);
        if self.loops > 0 {
            text += &format!(" · {} loop rounds", self.loops);
        }
        if self.exits > 0 {
            text += &format!(" · compiled code left {} times", self.exits);
        }
        if let Some(reason) = &self.reason {
            text += &format!("\n\n{reason}");
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
    let known = layout.functions().filter_map(|unit| {
        let report = report(live, unit.key, unit.code.fingerprint)?;
        Some(FunctionTier {
            id: format!("{:016x}", unit.key.0),
            name: unit.name.to_string(),
            range: unit.range,
            tier: report.tier,
            recording: report.recording,
            label: label(report),
            calls: report.calls,
            loops: report.loops,
            exits: report.exits,
            reason: report.reason.clone(),
        })
    });
    known.collect()
}

/// What is known about the code of a unit.
pub fn report(live: &Live, unit: UnitKey, fingerprint: Fingerprint) -> Option<&FunctionReport> {
    let state = live.tiers.get(&unit).filter(|state| state.fingerprint == fingerprint)?;
    (state.report.calls > 0).then_some(&state.report)
}

/// A tier as hints show it.
fn label(report: &FunctionReport) -> String {
    match report.tier {
        Tier::Interpreter => "○interp".to_owned(),
        Tier::Baseline => "▲baseline".to_owned(),
        Tier::Native => "⚡native".to_owned(),
        Tier::Left => format!("↯deopt {}", report.exits),
    }
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
