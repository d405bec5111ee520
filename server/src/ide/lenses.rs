//! Code lenses: run the file, run an example, stop.
//!
//! Reads syntax and running state. Invariant: which lenses there are and where depends on the text alone; what happens
//! changes titles only, so that lines do not jump.

use super::{AskedRun, EndedRun, Live};
use crate::db::{self, LiveDb, MarkerUse};
use crate::document::DocumentView;
use crate::evaluate::{Trust, milliseconds};
use crate::recording::EvaluationId;
use minilive_syntax::TextRange;

/// What a click does.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LensAction {
    /// Runs the file.
    Run,
    /// Runs an example.
    RunExample {
        /// The function's name.
        function: String,
        /// The example's identity.
        example: String,
    },
    /// Stops what runs of the document.
    Stop,
}

/// One lens.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Lens {
    /// The text it stands over.
    pub range: TextRange,
    /// What is shown.
    pub title: String,
    /// What a click does.
    pub action: LensAction,
}

/// The lenses of a document, in order.
pub fn lenses(db: &LiveDb, document: &DocumentView, live: &Live) -> Vec<Lens> {
    let layout = db::file_layout(db, document.file);
    let mut lenses = Vec::new();
    if let Some(first) = layout.main().next() {
        let range = line_of(document, first.range);
        lenses.push(lens(live, EvaluationId::TopLevel, range, "Run".to_owned(), LensAction::Run));
    }
    for marker in db::marker_items(db, document.file).iter().filter(|marker| marker.usage == MarkerUse::Example) {
        let function = marker.function.and_then(|key| layout.get(key));
        let range = line_of(document, function.map_or(marker.range, |unit| unit.range));
        let title = match &marker.name {
            Some(name) => format!("Run example {name}"),
            None => "Run example".to_owned(),
        };
        let function = marker.function_name.clone().unwrap_or_default();
        let action = LensAction::RunExample { function, example: marker.id_text() };
        lenses.push(lens(live, EvaluationId::Marker(marker.id), range, title, action));
    }
    lenses.sort_by_key(|lens| lens.range.start());
    lenses
}

/// The line on which a text starts.
fn line_of(document: &DocumentView, range: TextRange) -> TextRange {
    document.index.line_range(document.index.line_of(range.start()), &document.text)
}

fn lens(live: &Live, evaluation: EvaluationId, range: TextRange, name: String, action: LensAction) -> Lens {
    if let Some(run) = live.asked.as_ref().filter(|run| run.evaluation == evaluation) {
        return Lens { range, title: stop_title(run), action: LensAction::Stop };
    }
    let title = match live.ended.iter().find(|ended| ended.evaluation == evaluation) {
        Some(ended) => ended_title(&name, ended),
        None => match live.trust {
            Trust::Full => name,
            Trust::InterpretOnly => format!("{name} · interpreter only: folder not trusted"),
            Trust::Off => format!("{name} · evaluation is off"),
        },
    };
    Lens { range, title, action }
}

fn stop_title(run: &AskedRun) -> String {
    let seconds = run.elapsed.as_secs_f64();
    match run.line {
        Some(line) => format!("Stop ({seconds:.1} s, line {line})"),
        None => format!("Stop ({seconds:.1} s)"),
    }
}

fn ended_title(name: &str, ended: &EndedRun) -> String {
    let mut title = format!("{name} again · {}", milliseconds(ended.elapsed));
    if let Some(trouble) = &ended.trouble {
        title += &format!(" · {trouble}");
    }
    if ended.functions > 0 {
        title += &format!(" · native {}/{} functions", ended.native, ended.functions);
    }
    title
}
