//! The scheduler: which evaluation runs when, and what becomes of its answer.
//!
//! `world` owns it and tells it of edits, plans, commands and worker events; it sends requests, keeps recordings and running
//! state, and writes notices. Invariants: one automatic run at a time, asked runs in a worker of their own; what was cut is
//! not run again until something it depends on changes; a run is cancelled only by an edit that reaches it, or by a person.

use super::budget;
use super::handle::{Budget, EventSink, Purpose, Request, RunId, Trust, WorkerEvent, WorkerFactory, WorkerHandle};
use super::needs;
use super::plan::{Plan, Planned};
use super::state::FileState;
use crate::document::LineSplice;
use crate::ide::{AskedRun, EndedRun, Live, Phase, Status, StatusState};
use crate::modules::{Lookup, Places, base_name};
use crate::recording::{End, EvaluationId, FunctionReport, ImportSeen, Outcome, Recorded, Tier};
use crate::settings::{Mode, Settings};
use crate::world::{Notice, NoticeSink, OutputKind};
use minilive_jit::engine::modules::ModuleAnswer;
use minilive_mir::ir::UnitKind;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a person wants to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunTarget {
    /// The whole file.
    File,
    /// An example: of that function and of that name or number, or the first one where nothing is said.
    Example {
        /// The function's name.
        function: Option<String>,
        /// The example's identity or name.
        example: Option<String>,
    },
}

/// The immediate answer to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandReply {
    /// One word: `started`, `stopped`, `idle`, `trusted`, `restarted`, `refused`.
    pub state: &'static str,
    /// The run that was started.
    pub run: Option<RunId>,
    /// A sentence for the person.
    pub text: String,
}

impl CommandReply {
    fn done(state: &'static str, text: impl Into<String>) -> CommandReply {
        CommandReply { state, run: None, text: text.into() }
    }

    /// Nothing was done.
    pub fn refused(text: impl Into<String>) -> CommandReply {
        CommandReply::done("refused", text)
    }
}

/// A run whose answer is awaited.
#[derive(Debug)]
struct Running {
    run: RunId,
    uri: Arc<str>,
    plan: Arc<Plan>,
    id: EvaluationId,
    profile: u64,
    started: Instant,
    /// A person stopped it: it must not start again by itself.
    stopped: bool,
    /// What its `import`s were answered.
    imports: Vec<ImportSeen>,
}

/// Owns the workers and the evaluations of all open documents.
pub struct Scheduler {
    factory: Box<dyn WorkerFactory>,
    sink: EventSink,
    notices: NoticeSink,
    workers: FxHashMap<Purpose, Box<dyn WorkerHandle>>,
    trust: Trust,
    /// The level that was given; what it comes to without trust is a setting.
    granted: Trust,
    settings: Settings,
    /// Whether the client or the person has said what the level is; else an asked run grants trust.
    trust_is_given: bool,
    /// What automatic runs may use, if it is not the usual.
    automatic: Option<Budget>,
    files: FxHashMap<Arc<str>, FileState>,
    queue: VecDeque<(Arc<str>, Arc<Plan>, EvaluationId)>,
    running: Option<Running>,
    asked: Vec<Running>,
    last_run: u64,
    restarts: u32,
    /// How the last automatic evaluation ended, if it was stopped.
    trouble: Option<(StatusState, String)>,
    told: Option<Status>,
    changed: FxHashSet<Arc<str>>,
    dirty: FxHashSet<Arc<str>>,
}

impl Scheduler {
    /// A scheduler without documents. `trust` is the level the client gave, if it did.
    pub fn new(
        factory: Box<dyn WorkerFactory>,
        sink: EventSink,
        notices: NoticeSink,
        trust: Option<Trust>,
        automatic: Option<Budget>,
    ) -> Scheduler {
        Scheduler {
            factory,
            sink,
            notices,
            workers: FxHashMap::default(),
            trust: trust.unwrap_or_default(),
            granted: trust.unwrap_or_default(),
            settings: Settings::default(),
            trust_is_given: trust.is_some(),
            automatic,
            files: FxHashMap::default(),
            queue: VecDeque::new(),
            running: None,
            asked: Vec::new(),
            last_run: 0,
            restarts: 0,
            trouble: None,
            told: None,
            changed: FxHashSet::default(),
            dirty: FxHashSet::default(),
        }
    }

    /// A document was opened (again).
    pub fn opened(&mut self, uri: &Arc<str>, revision: u64, places: Places) {
        self.files.insert(uri.clone(), FileState::new(self.trust, &self.settings, uri, revision, places));
        self.dirty.insert(uri.clone());
    }

    /// Modules of a document may be elsewhere now.
    pub fn set_places(&mut self, uri: &str, places: Places) {
        if let Some(file) = self.files.get_mut(uri) {
            Arc::make_mut(&mut file.live).places = Arc::new(places);
        }
    }

    /// A document was closed.
    pub fn closed(&mut self, uri: &str) {
        self.stop(uri);
        self.queue.retain(|(queued, _, _)| &**queued != uri);
        self.files.remove(uri);
    }

    /// A document was edited; its plan follows.
    pub fn edited(&mut self, uri: &str, revision: u64, splices: Vec<LineSplice>) {
        if let Some(file) = self.files.get_mut(uri) {
            file.edited(revision, splices);
        }
    }

    /// The running state of a document.
    pub fn live(&self, uri: &str) -> Arc<Live> {
        self.files.get(uri).map(|file| file.live.clone()).unwrap_or_default()
    }

    /// Documents whose running state or recordings have changed since the last call.
    pub fn take_changed(&mut self) -> Vec<Arc<str>> {
        // Recordings that are not written yet will show with the write.
        let (later, now): (FxHashSet<_>, FxHashSet<_>) = self.changed.drain().partition(|uri| self.dirty.contains(uri));
        self.changed = later;
        now.into_iter().collect()
    }

    /// Whether recordings wait to be written.
    pub fn has_recordings(&self) -> bool {
        !self.dirty.is_empty()
    }

    /// The newest recordings of each document where they have changed.
    pub fn take_recordings(&mut self) -> Vec<(Arc<str>, Arc<Vec<Recorded>>)> {
        let files = &self.files;
        let newest = |uri: Arc<str>| files.get(&uri).map(|file| (uri.clone(), Arc::new(file.newest())));
        self.dirty.drain().filter_map(newest).collect()
    }

    /// Whether no automatic evaluation waits or runs.
    pub fn is_settled(&self) -> bool {
        self.queue.is_empty() && self.running.is_none() && self.files.values().all(|file| file.waiting.is_empty())
    }

    /// Compares a plan with what was recorded and runs what an edit has reached.
    pub fn planned(&mut self, plan: Arc<Plan>) {
        let uri = plan.document.uri.clone();
        self.queue.retain(|(queued, _, _)| *queued != uri);
        let Some(file) = self.files.get_mut(&uri) else { return };
        file.plan = Some(plan.clone());
        plan.lookups().for_each(|lookup| file.looks_for(lookup));
        file.retain(&plan);
        let mut kept = false;
        let mut phases = Vec::new();
        for planned in &plan.evaluations {
            let recalled = file.recall(&plan, planned, planned.profile(self.trust, &self.settings));
            let is_time = match self.settings.mode {
                Mode::Auto => true,
                Mode::OnSave => file.saved == plan.document.revision,
                Mode::Manual => false,
            };
            let may_run = plan.trouble.is_none() && self.trust != Trust::Off && is_time;
            let wanted = planned.is_automatic() && may_run && !recalled;
            let phase = if wanted { Phase::Pending } else { Phase::Settled };
            phases.push((planned.id, phase));
            if !wanted {
                continue;
            }
            let goes_on = |run: &Running| run.uri == uri && run.id == planned.id && !run.stopped;
            let same = |run: &Running| plan.runs_the_same(&run.plan, run.id, &run.imports);
            if self.running.as_ref().is_some_and(|run| goes_on(run) && same(run)) {
                kept = true;
            } else {
                self.queue.push_back((uri.clone(), plan.clone(), planned.id));
            }
        }
        file.show_phases(phases);
        file.show_anchors();
        let waiting = std::mem::take(&mut file.waiting);
        if let Some(run) = self.running.as_ref().filter(|run| run.uri == uri && !kept) {
            let run = run.run;
            self.worker(Purpose::Automatic).cancel(run);
        }
        self.changed.insert(uri.clone());
        self.dirty.insert(uri.clone());
        for (run, target) in waiting {
            self.start_asked(&uri, run, &target);
        }
        self.pump();
    }

    fn worker(&mut self, purpose: Purpose) -> &mut dyn WorkerHandle {
        let (factory, sink) = (&self.factory, &self.sink);
        self.workers.entry(purpose).or_insert_with(|| factory.connect(purpose, sink.clone())).as_mut()
    }

    fn new_run(&mut self) -> RunId {
        self.last_run += 1;
        RunId(self.last_run)
    }

    /// Sends the next automatic run if the worker is free.
    fn pump(&mut self) {
        while self.running.is_none()
            && let Some((uri, plan, id)) = self.queue.pop_front()
        {
            let Some(planned) = plan.find(id).cloned() else {
                continue;
            };
            let run = self.new_run();
            let frames = planned.marker.as_ref().map_or(self.settings.frames, |marker| marker.options.frames);
            let usual = budget::automatic(self.trust, &self.settings, frames);
            let mut budget = self.automatic.map_or(usual, |budget| Budget { frames, ..budget });
            if let Some(wall) = planned.marker.as_ref().and_then(|marker| marker.options.budget) {
                budget.wall = budget.wall.min(wall);
            }
            let profile = planned.profile(self.trust, &self.settings);
            let request = self.request(run, &plan, &planned, budget, false);
            let (started, imports) = (Instant::now(), Vec::new());
            self.running = Some(Running { run, uri, plan, id, profile, started, stopped: false, imports });
            self.worker(Purpose::Automatic).send(request);
        }
        self.tell_status();
    }

    fn request(&self, run: RunId, plan: &Plan, planned: &Planned, budget: Budget, asked: bool) -> Request {
        let (program, entry) = plan.program(planned);
        let options = planned.marker.as_ref().map(|marker| &marker.options);
        let seed = options.and_then(|options| options.seed);
        Request {
            run,
            program: Arc::new(program),
            entry,
            budget,
            trust: self.trust,
            effects: asked && self.trust == Trust::Full,
            seed: seed.or((!asked).then_some(self.settings.seed)),
            input: options.map(|options| options.input.clone()).unwrap_or_default(),
            variables: plan.places().variables(),
        }
    }

    /// Takes what a worker tells.
    pub fn worker_event(&mut self, event: WorkerEvent) {
        match event {
            WorkerEvent::Output { run, text } => self.output(run, OutputKind::Out, text),
            WorkerEvent::Progress { run, line, functions, .. } => self.progress(run, line, &functions),
            // The world looks for modules.
            WorkerEvent::Import { .. } => {}
            WorkerEvent::Finished { run, outcome } => self.finished(run, *outcome),
            WorkerEvent::Died { reason, runs } => self.died(&reason, &runs),
        }
        self.pump();
    }

    /// The document whose run waits for a module; none if that run is over or stopped.
    pub fn document_of(&self, run: RunId) -> Option<Arc<str>> {
        let mut runs = self.running.iter().chain(&self.asked);
        runs.find(|it| it.run == run).map(|it| it.uri.clone())
    }

    /// Lets a run go on that waits for a module. What it gets is among what its values depend on.
    pub fn answer_import(&mut self, run: RunId, seen: Option<ImportSeen>, reply: ModuleAnswer) {
        let is_automatic = self.running.as_ref().is_some_and(|it| it.run == run);
        let Some(running) = self.running.iter_mut().chain(&mut self.asked).find(|it| it.run == run) else { return };
        if let Some(seen) = seen {
            if let Some(file) = self.files.get_mut(&running.uri) {
                file.looks_for(&seen.lookup);
            }
            // Modules import each other without end; what a run depends on is told once.
            if !running.imports.contains(&seen) {
                running.imports.push(seen);
            }
        }
        self.worker(if is_automatic { Purpose::Automatic } else { Purpose::Asked }).answer(run, reply);
    }

    /// The documents with a module at one of these paths, or one that would be there.
    pub fn importers(&self, paths: &[PathBuf]) -> Vec<Arc<str>> {
        self.files.iter().filter(|(_, file)| file.imports(paths)).map(|(uri, _)| uri.clone()).collect()
    }

    /// Where they may be beside the folders of their own search path.
    pub fn further_folders(&self, uri: &str) -> Vec<PathBuf> {
        let plan = self.files.get(uri).and_then(|file| file.plan.as_ref());
        plan.map(|plan| plan.places().also.clone()).unwrap_or_default()
    }

    /// Where modules of a document are looked for, as it was planned last.
    pub fn lookups(&self, uri: &str) -> FxHashSet<Lookup> {
        let plan = self.files.get(uri).and_then(|file| file.plan.as_ref());
        plan.into_iter().flat_map(|plan| plan.lookups().cloned()).collect()
    }

    fn output(&self, run: RunId, kind: OutputKind, text: String) {
        // What automatic runs print is captured and belongs to nobody.
        if let Some(asked) = self.asked.iter().find(|it| it.run == run) {
            (self.notices)(Notice::Output { uri: asked.uri.clone(), run, evaluation: asked.id, kind, text });
        }
    }

    fn progress(&mut self, run: RunId, line: Option<u32>, functions: &[FunctionReport]) {
        let Some(asked) = self.asked.iter().find(|it| it.run == run) else {
            return;
        };
        let Some(file) = self.files.get_mut(&asked.uri) else {
            return;
        };
        file.show_tiers(&asked.plan, asked.id, functions);
        let elapsed = asked.started.elapsed();
        if let Some(shown) = Arc::make_mut(&mut file.live).asked.as_mut().filter(|shown| shown.run == run) {
            (shown.elapsed, shown.line) = (elapsed, line);
        }
        self.changed.insert(asked.uri.clone());
    }

    fn finished(&mut self, run: RunId, mut outcome: Outcome) {
        if let Some(running) = self.running.iter().chain(&self.asked).find(|it| it.run == run) {
            let document = &running.plan.document;
            outcome.end = needs::of_host(outcome.end, self.settings.checks_of(&document.uri), document);
        }
        if let Some(running) = self.running.take_if(|running| running.run == run) {
            self.trouble = match &outcome.end {
                End::Cut { limit, .. } => Some((StatusState::Cut, limit.clone())),
                End::Blocked { name, .. } => Some((StatusState::Blocked, name.clone())),
                End::Needs { what, .. } => Some((StatusState::Cut, needs::text(what))),
                _ => None,
            };
            self.record(&running, outcome);
            if !self.queue.iter().any(|(uri, _, id)| *uri == running.uri && *id == running.id)
                && let Some(file) = self.files.get_mut(&running.uri)
            {
                file.show_phase(running.id, Phase::Settled);
            }
        } else if let Some(index) = self.asked.iter().position(|it| it.run == run) {
            self.tell_end(run, &outcome);
            let asked = self.asked.remove(index);
            self.show_ended(&asked, &outcome);
            self.record(&asked, outcome);
        }
    }

    /// Keeps what a run saw. A run that an edit cancelled saw nothing that counts.
    fn record(&mut self, running: &Running, mut outcome: Outcome) {
        let Some(file) = self.files.get_mut(&running.uri) else {
            return;
        };
        file.show_tiers(&running.plan, running.id, &outcome.functions);
        self.changed.insert(running.uri.clone());
        if outcome.end == End::Cancelled {
            // It may have been stopped for a newer run that has seen something meanwhile.
            if !running.stopped || file.is_overtaken(running.id, running.run) {
                return;
            }
            outcome.end = End::Cut { limit: "stopped".into(), line: None, from: None };
        }
        let Some(planned) = running.plan.find(running.id) else {
            return;
        };
        let recorded = Recorded {
            evaluation: running.id,
            dependencies: running.plan.dependencies(planned, &outcome, &running.imports),
            profile: running.profile,
            outcome: Arc::new(outcome),
        };
        file.ran(running.id, running.run);
        file.record(&running.plan, recorded);
        self.dirty.insert(running.uri.clone());
    }

    fn died(&mut self, reason: &str, runs: &[RunId]) {
        self.restarts += 1;
        (self.notices)(Notice::Message {
            show: true,
            text: format!("The worker ended and is started again: {reason}"),
        });
        for &run in runs {
            let stopped = self.running.iter().chain(&self.asked).any(|it| it.run == run && it.stopped);
            let limit = if stopped { "stopped".to_owned() } else { format!("the worker ended: {reason}") };
            let outcome = Outcome {
                end: End::Cut { limit, line: None, from: None },
                values: Vec::new(),
                functions: Vec::new(),
                executed: None,
                position_dependent: false,
                elapsed: Duration::ZERO,
                fuel: 0,
            };
            self.finished(run, outcome);
        }
    }

    /// Runs what a person asked for, now or as soon as the plan of the present text is there.
    pub fn run(&mut self, uri: &Arc<str>, target: &RunTarget) -> CommandReply {
        if self.trust != Trust::Full && !self.trust_is_given {
            self.set_trust(Trust::Full);
        }
        if self.trust == Trust::Off {
            return CommandReply::refused("evaluation is switched off");
        }
        self.stop(uri);
        let run = self.new_run();
        let Some(file) = self.files.get_mut(uri) else {
            return CommandReply::refused("the document is not open");
        };
        if file.current_plan().is_some() {
            self.start_asked(uri, run, target);
            self.tell_status();
        } else {
            file.waiting.push((run, target.clone()));
        }
        CommandReply { state: "started", run: Some(run), text: format!("running {}", base_name(uri)) }
    }

    fn start_asked(&mut self, uri: &Arc<str>, run: RunId, target: &RunTarget) {
        let Some(plan) = self.files.get(uri).and_then(|file| file.plan.clone()) else {
            return;
        };
        let planned = match target {
            RunTarget::File => plan.find(EvaluationId::TopLevel),
            RunTarget::Example { function, example } => plan.example(function.as_deref(), example.as_deref()),
        };
        let trouble = match planned {
            None => Some("there is no such example".to_owned()),
            Some(planned) => {
                plan.trouble.clone().or_else(|| planned.marker.as_ref().and_then(|it| it.code.trouble.clone()))
            }
        };
        let id = planned.map_or(EvaluationId::TopLevel, |planned| planned.id);
        let tell = |kind, text| {
            (self.notices)(Notice::Output { uri: uri.clone(), run, evaluation: id, kind, text });
        };
        tell(OutputKind::Start, format!("{}\n", plan.title(id)));
        let (Some(planned), None) = (planned.cloned(), &trouble) else {
            tell(OutputKind::Error, format!("{}\n", trouble.unwrap_or_default()));
            tell(OutputKind::End, String::new());
            return;
        };
        let request = self.request(run, &plan, &planned, budget::asked(self.trust), true);
        let profile = planned.profile(self.trust, &self.settings);
        let started = Instant::now();
        let imports = Vec::new();
        self.asked.push(Running { run, uri: uri.clone(), plan, id, profile, started, stopped: false, imports });
        if let Some(file) = self.files.get_mut(uri) {
            let shown = AskedRun { run, evaluation: id, elapsed: Duration::ZERO, line: None };
            Arc::make_mut(&mut file.live).asked = Some(shown);
        }
        self.changed.insert(uri.clone());
        self.worker(Purpose::Asked).send(request);
    }

    fn tell_end(&self, run: RunId, outcome: &Outcome) {
        let place = |line: &Option<u32>| line.map(|line| format!(" (line {line})")).unwrap_or_default();
        let trouble = match &outcome.end {
            End::Finished(value) => {
                if let Some(value) = value {
                    self.output(run, OutputKind::Out, format!("{value}\n"));
                }
                None
            }
            End::Error { message, line, .. } => Some(format!("{message}{}", place(line))),
            End::Cut { limit, line, .. } => Some(format!("{limit}{}", place(line))),
            End::Blocked { name, line, .. } => Some(format!("blocked: {name}{}", place(line))),
            End::Needs { what, line, .. } => Some(format!("{}{}", needs::text(what), place(line))),
            End::Exit(0) => None,
            End::Exit(code) => Some(format!("exit code {code}")),
            End::Cancelled => Some("stopped".to_owned()),
        };
        if let Some(trouble) = trouble {
            self.output(run, OutputKind::Error, format!("{trouble}\n"));
        }
        self.output(run, OutputKind::End, format!("{}\n", milliseconds(outcome.elapsed)));
    }

    fn show_ended(&mut self, asked: &Running, outcome: &Outcome) {
        let Some(file) = self.files.get_mut(&asked.uri) else {
            return;
        };
        let live = Arc::make_mut(&mut file.live);
        if live.asked.as_ref().is_some_and(|shown| shown.run == asked.run) {
            live.asked = None;
        }
        let trouble = match &outcome.end {
            End::Finished(_) | End::Exit(0) => None,
            End::Error { .. } => Some("error".to_owned()),
            End::Cut { limit, .. } => Some(limit.clone()),
            End::Blocked { name, .. } => Some(format!("blocked: {name}")),
            End::Needs { what, .. } => Some(needs::text(what)),
            End::Exit(code) => Some(format!("exit code {code}")),
            End::Cancelled => Some("stopped".to_owned()),
        };
        let is_function = |key| asked.plan.layout.get(key).is_some_and(|unit| unit.kind == UnitKind::Function);
        let functions = || outcome.functions.iter().filter(|it| it.calls > 0 && is_function(it.unit));
        live.ended.retain(|ended| ended.evaluation != asked.id);
        live.ended.push(EndedRun {
            evaluation: asked.id,
            trouble,
            elapsed: outcome.elapsed,
            native: functions().filter(|it| matches!(it.tier, Tier::Native | Tier::Baseline)).count(),
            functions: functions().count(),
        });
    }

    /// Stops what runs of a document.
    pub fn stop(&mut self, uri: &str) -> CommandReply {
        self.drop_waiting(|it| it == uri);
        self.stop_where(|run| &*run.uri == uri)
    }

    /// Ends asked runs that have not started yet.
    fn drop_waiting(&mut self, chosen: impl Fn(&str) -> bool) {
        for (uri, file) in self.files.iter_mut().filter(|(uri, _)| chosen(uri)) {
            for (run, _) in std::mem::take(&mut file.waiting) {
                let (uri, evaluation) = (uri.clone(), EvaluationId::TopLevel);
                let text = "stopped before it started\n".to_owned();
                (self.notices)(Notice::Output { uri, run, evaluation, kind: OutputKind::End, text });
            }
        }
    }

    /// Stops everything.
    pub fn stop_all(&mut self) -> CommandReply {
        self.queue.clear();
        self.drop_waiting(|_| true);
        self.stop_where(|_| true)
    }

    fn stop_where(&mut self, chosen: impl Fn(&Running) -> bool) -> CommandReply {
        let mut stopped = Vec::new();
        for run in self.asked.iter_mut().filter(|run| chosen(run)) {
            run.stopped = true;
            stopped.push((Purpose::Asked, run.run));
        }
        if let Some(run) = self.running.as_mut().filter(|run| chosen(run)) {
            run.stopped = true;
            stopped.push((Purpose::Automatic, run.run));
        }
        for &(purpose, run) in &stopped {
            self.worker(purpose).cancel(run);
        }
        match stopped.len() {
            0 => CommandReply::done("idle", "nothing was running"),
            n => CommandReply::done("stopped", format!("stopped {n} run{}", if n == 1 { "" } else { "s" })),
        }
    }

    /// Sets the folder's level; documents must be planned again.
    pub fn set_trust(&mut self, trust: Trust) -> CommandReply {
        (self.granted, self.trust_is_given) = (trust, true);
        self.adapt();
        CommandReply::done("trusted", format!("trust is now {}", self.trust.name()))
    }

    /// Takes over settings; documents must be planned again.
    pub fn set_settings(&mut self, settings: Settings) {
        let of_host = |it: &Settings| (it.checks.host.clone(), it.checks.host_names.clone());
        let is_same_host = of_host(&settings) == of_host(&self.settings)
            && settings.by_folder.hosts().eq(self.settings.by_folder.hosts());
        if settings.seed != self.settings.seed || !is_same_host {
            self.files.values_mut().for_each(FileState::forget_all);
        }
        self.settings = settings;
        self.adapt();
    }

    /// The settings, with what stands in the profiles of the host.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Does what follows from another level or other settings.
    fn adapt(&mut self) {
        self.trust = match self.granted {
            Trust::Full => Trust::Full,
            less => less.min(self.settings.untrusted),
        };
        if self.trust == Trust::Off {
            self.stop_all();
        }
        for (uri, file) in &mut self.files {
            let live = Arc::make_mut(&mut file.live);
            (live.trust, live.show) = (self.trust, self.settings.show);
            live.checks = self.settings.checks_of(uri).clone();
            self.changed.insert(uri.clone());
        }
        let plans: Vec<_> = self.files.values().filter_map(|file| file.current_plan().cloned()).collect();
        for plan in plans {
            self.planned(plan);
        }
        self.tell_status();
    }

    /// A document was saved.
    pub fn saved(&mut self, uri: &str) {
        let Some(file) = self.files.get_mut(uri) else { return };
        file.saved = file.revision;
        if let (Mode::OnSave, Some(plan)) = (self.settings.mode, file.current_plan().cloned()) {
            self.planned(plan);
        }
    }

    /// Starts the workers anew and tries again what was cut.
    pub fn restart_workers(&mut self) -> CommandReply {
        for worker in self.workers.values_mut() {
            worker.restart();
        }
        let mut plans = Vec::new();
        for file in self.files.values_mut() {
            file.forget_cut();
            plans.extend(file.current_plan().cloned());
        }
        for plan in plans {
            self.planned(plan);
        }
        CommandReply::done("restarted", "the worker is started anew")
    }

    fn tell_status(&mut self) {
        let (state, text) = if let Some(asked) = self.asked.last() {
            let live = self.live(&asked.uri);
            let shown = live.asked.as_ref();
            let line = shown.and_then(|shown| shown.line).map(|line| format!(", line {line}")).unwrap_or_default();
            let seconds = shown.map_or(0.0, |shown| shown.elapsed.as_secs_f64());
            (StatusState::Running, format!("running {seconds:.1} s{line}"))
        } else if self.running.is_some() || !self.queue.is_empty() {
            let count = self.queue.len() + usize::from(self.running.is_some());
            (StatusState::Evaluating, format!("evaluating {count}"))
        } else if self.trust == Trust::Off {
            (StatusState::Off, "evaluation is off".to_owned())
        } else if let Some((state, text)) = &self.trouble {
            (*state, text.clone())
        } else {
            (StatusState::Idle, "idle".to_owned())
        };
        let status = Status { state, text, trust: self.trust, worker_restarts: self.restarts };
        if self.told.as_ref() != Some(&status) {
            self.told = Some(status.clone());
            (self.notices)(Notice::Status(status));
        }
    }
}

/// A time as lenses and trailers show it.
pub fn milliseconds(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1000.0;
    match ms {
        ms if ms >= 10_000.0 => format!("{:.1} s", ms / 1000.0),
        ms if ms >= 10.0 => format!("{ms:.0} ms"),
        ms => format!("{ms:.1} ms"),
    }
}
