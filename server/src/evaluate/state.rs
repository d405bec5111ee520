//! The evaluations of one document: plan, recordings old and new, values that no longer hold, asked runs that wait.
//!
//! The scheduler owns one [`FileState`] per open document. Invariant: anchors are lines of the document's present revision.

use super::handle::{RunId, Trust};
use super::plan::{Plan, Planned};
use crate::document::LineSplice;
use crate::ide::{EvaluationState, LineValue, Live, Phase, StaleLine, Stop, TierState, line_values};
use crate::modules::{Lookup, Places};
use crate::recording::{End, EvaluationId, FunctionReport, Recorded};
use crate::settings::Settings;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

/// How many recordings of one evaluation are kept for undo and redo.
const KEPT: usize = 8;
/// How many edits back a finished run can still be placed.
const SPLICES: usize = 512;

/// A place whose line follows edits.
#[derive(Debug, Clone)]
struct Anchors {
    values: Vec<LineValue>,
    stop: Option<Stop>,
    /// Whether an edit took a value away that a fresh look at the plan would bring back.
    lossy: bool,
}

/// All that is known about the evaluations of one document.
#[derive(Debug, Default)]
pub(super) struct FileState {
    /// What readers see.
    pub live: Arc<Live>,
    /// The newest plan, of this or an earlier revision.
    pub plan: Option<Arc<Plan>>,
    /// The document's revision.
    pub revision: u64,
    /// The revision that was opened or saved last.
    pub saved: u64,
    /// Asked runs that wait for the plan of the present revision.
    pub waiting: Vec<(RunId, super::RunTarget)>,
    /// Paths at which its modules are, or would be.
    module_paths: FxHashSet<PathBuf>,
    results: FxHashMap<EvaluationId, VecDeque<Recorded>>,
    /// The newest run of each evaluation that has been recorded.
    runs: FxHashMap<EvaluationId, RunId>,
    anchors: FxHashMap<EvaluationId, Anchors>,
    splices: VecDeque<(u64, Vec<LineSplice>)>,
}

impl FileState {
    /// A document that was just opened.
    pub fn new(trust: Trust, settings: &Settings, uri: &str, revision: u64, places: Places) -> FileState {
        let (show, checks) = (settings.show, settings.checks_of(uri).clone());
        let live = Live { trust, show, checks, places: Arc::new(places), ..Live::default() };
        FileState { live: Arc::new(live), revision, saved: revision, ..FileState::default() }
    }

    /// The plan, if it belongs to the present revision.
    pub fn current_plan(&self) -> Option<&Arc<Plan>> {
        self.plan.as_ref().filter(|plan| plan.document.revision == self.revision)
    }

    /// Notes where modules of this document are looked for.
    pub fn looks_for(&mut self, lookup: &Lookup) {
        self.module_paths.extend(lookup.iter().cloned());
    }

    /// Whether a module of this document is, or would be, at one of these paths.
    pub fn imports(&self, paths: &[PathBuf]) -> bool {
        paths.iter().any(|path| self.module_paths.contains(path))
    }

    /// Follows an edit.
    pub fn edited(&mut self, revision: u64, splices: Vec<LineSplice>) {
        self.revision = revision;
        for anchors in self.anchors.values_mut() {
            anchors.follow(&splices);
        }
        self.splices.push_back((revision, splices));
        if self.splices.len() > SPLICES {
            self.splices.pop_front();
        }
        self.show_anchors();
    }

    /// The newest recordings.
    pub fn newest(&self) -> Vec<Recorded> {
        self.results.values().filter_map(|kept| kept.front().cloned()).collect()
    }

    /// Notes that a run was recorded.
    pub fn ran(&mut self, id: EvaluationId, run: RunId) {
        let newest = self.runs.entry(id).or_insert(run);
        *newest = run.max(*newest);
    }

    /// Whether a run that began later has been recorded.
    pub fn is_overtaken(&self, id: EvaluationId, run: RunId) -> bool {
        self.runs.get(&id).is_some_and(|&newest| newest > run)
    }

    /// Keeps a recording, and where its values stand. A run of an older text that ends late does not come before one that holds
    /// for the present text.
    pub fn record(&mut self, plan: &Plan, recorded: Recorded) {
        let id = recorded.evaluation;
        let present = self.plan.clone();
        let holds = |it: &Recorded| {
            present.as_ref().is_some_and(|plan| {
                let marker = plan.find(id).and_then(|planned| planned.marker.as_ref());
                plan.holds(it, marker.map(|marker| marker.code.fingerprint))
            })
        };
        let kept = self.results.entry(id).or_default();
        if !holds(&recorded) && kept.front().is_some_and(holds) {
            kept.insert(1, recorded);
            kept.truncate(KEPT);
            return;
        }
        kept.retain(|it| it.dependencies != recorded.dependencies);
        kept.push_front(recorded.clone());
        kept.truncate(KEPT);
        self.place(plan, &recorded);
        self.show_anchors();
    }

    /// Puts a recording's values at their lines in the present text.
    fn place(&mut self, plan: &Plan, recorded: &Recorded) {
        let known_since = self.splices.front().map_or(self.revision + 1, |&(revision, _)| revision);
        let mut anchors = Anchors { values: Vec::new(), stop: None, lossy: false };
        if plan.document.revision + 1 >= known_since || plan.document.revision == self.revision {
            let marker_line = plan.find(recorded.evaluation).and_then(|it| it.marker.as_ref()).map(|it| it.line);
            let values = line_values(&plan.document, &plan.layout, &recorded.outcome, marker_line);
            let own = values.into_iter().filter(|value| value.is_of(recorded.evaluation));
            // Stale values are shown without details.
            anchors.values = own.map(|value| LineValue { details: String::new(), ..value }).collect();
            anchors.stop = stop(recorded, marker_line);
            for (_, splices) in self.splices.iter().filter(|&&(revision, _)| revision > plan.document.revision) {
                anchors.follow(splices);
            }
        }
        self.anchors.insert(recorded.evaluation, anchors);
    }

    /// Looks for a recording that holds under a plan and makes it the newest. Tells whether there is one.
    pub fn recall(&mut self, plan: &Plan, planned: &Planned, profile: u64) -> bool {
        let marker = planned.marker.as_ref().map(|marker| marker.code.fingerprint);
        let Some(kept) = self.results.get_mut(&planned.id) else {
            return false;
        };
        let holds = |recorded: &Recorded| {
            let stopped = matches!(recorded.outcome.end, End::Cut { .. } | End::Blocked { .. } | End::Cancelled);
            (recorded.profile == profile || !stopped) && plan.holds(recorded, marker)
        };
        let Some(found) = kept.iter().position(holds).and_then(|index| kept.remove(index)) else {
            return false;
        };
        kept.push_front(found.clone());
        if self.anchors.get(&planned.id).is_none_or(|anchors| anchors.lossy) {
            self.place(plan, &found);
        }
        true
    }

    /// Forgets all runs, so that they are made again.
    pub fn forget_all(&mut self) {
        self.results.clear();
    }

    /// Forgets runs that were cut, so that they are tried again.
    pub fn forget_cut(&mut self) {
        for kept in self.results.values_mut() {
            kept.retain(|recorded| !matches!(recorded.outcome.end, End::Cut { .. }));
        }
    }

    /// Forgets evaluations that the text no longer asks for.
    pub fn retain(&mut self, plan: &Plan) {
        self.results.retain(|&id, _| plan.find(id).is_some());
        self.runs.retain(|&id, _| plan.find(id).is_some());
        self.anchors.retain(|&id, _| plan.find(id).is_some());
        let gone = |state: &TierState| plan.find(state.evaluation).is_none();
        if self.live.tiers.values().flatten().any(gone) {
            let live = Arc::make_mut(&mut self.live);
            live.tiers.values_mut().for_each(|states| states.retain(|state| !gone(state)));
        }
    }

    /// Lets readers see where values of earlier texts stand.
    pub fn show_anchors(&mut self) {
        let mut stale = Vec::new();
        let mut stops = Vec::new();
        for (&evaluation, anchors) in &self.anchors {
            stale.extend(anchors.values.iter().map(|value| StaleLine { evaluation, value: value.clone() }));
            stops.extend(anchors.stop);
        }
        stale.sort_by_key(|it| (it.value.line, it.evaluation));
        stops.sort_unstable();
        let live = Arc::make_mut(&mut self.live);
        live.stale = stale;
        live.stops = stops;
    }

    /// Lets readers see which evaluations are under way.
    pub fn show_phases(&mut self, phases: Vec<(EvaluationId, Phase)>) {
        let states = phases.into_iter().map(|(evaluation, phase)| EvaluationState { evaluation, phase });
        Arc::make_mut(&mut self.live).evaluations = states.collect();
    }

    /// Lets readers see one evaluation's phase.
    pub fn show_phase(&mut self, evaluation: EvaluationId, phase: Phase) {
        let live = Arc::make_mut(&mut self.live);
        for state in live.evaluations.iter_mut().filter(|state| state.evaluation == evaluation) {
            state.phase = phase;
        }
    }

    /// Lets readers see what became of code in a run of an evaluation.
    pub fn show_tiers(&mut self, plan: &Plan, evaluation: EvaluationId, reports: &[FunctionReport]) {
        let live = Arc::make_mut(&mut self.live);
        for report in reports {
            // Most functions of a large file are never called, and nothing is shown of them.
            if report.calls == 0 && !live.tiers.contains_key(&report.unit) {
                continue;
            }
            if let Some(unit) = plan.layout.get(report.unit) {
                let fingerprint = unit.fingerprint;
                let states = live.tiers.entry(report.unit).or_default();
                states.retain(|state| state.evaluation != evaluation && state.fingerprint == fingerprint);
                if report.calls > 0 {
                    states.push(TierState { evaluation, fingerprint, report: report.clone() });
                }
            }
        }
        live.tiers.retain(|_, states| !states.is_empty());
    }
}

impl Anchors {
    fn follow(&mut self, splices: &[LineSplice]) {
        for splice in splices {
            let before = self.values.len();
            self.values.retain_mut(|value| splice.moved(value.line).map(|moved| value.line = moved).is_some());
            let moved = |line: Option<u32>| line.and_then(|line| splice.moved(line));
            let stop = self.stop.map(|stop| Stop { at: moved(stop.at), from: moved(stop.from), ..stop });
            let lines = |stop: Option<Stop>| stop.map(|stop| (stop.at.is_some(), stop.from.is_some()));
            self.lossy |= self.values.len() != before || lines(stop) != lines(self.stop);
            self.stop = stop;
        }
    }
}

/// Where a run stopped.
fn stop(recorded: &Recorded, marker_line: Option<u32>) -> Option<Stop> {
    let (End::Error { line, from, .. }
    | End::Cut { line, from, .. }
    | End::Blocked { line, from, .. }
    | End::Needs { line, from, .. }) = recorded.outcome.end
    else {
        return None;
    };
    let from_zero = |line: Option<u32>| line.map(|line| line.saturating_sub(1));
    let at = from_zero(line).or(marker_line);
    Some(Stop { evaluation: recorded.evaluation, at, from: marker_line.or(from_zero(from)) })
}
