//! Inlay hints: values at line ends and tiers at function headers.
//!
//! `values` gives what fresh recordings saw, the running state what earlier ones saw. Invariants: at most one value hint a
//! line; what does not come from a fresh recording is marked `~`; a hint's kind can be told by its first character.

use super::values::{FreshRecordings, LineValue, ValueSource, line_values};
use super::{Live, function_tiers};
use crate::db::LiveDb;
use crate::document::DocumentView;
use crate::evaluate::needs_text;
use crate::recording::{End, EvaluationId};
use minilive_mir::ir::UnitKey;
use minilive_syntax::{TextRange, TextSize};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// What a hint says about its freshness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HintKind {
    /// A value of the present text.
    Fresh,
    /// A value is on its way.
    Pending,
    /// A value of an earlier text.
    Stale,
    /// The run was cut here.
    Cut,
    /// The run was refused something here.
    Blocked,
    /// The run stopped here with an error.
    Error,
    /// The tier of a function.
    Tier,
}

/// One hint.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct InlayHint {
    /// Stable while the code is.
    pub id: String,
    /// Where: the end of a line.
    pub offset: TextSize,
    /// What is shown.
    pub label: String,
    /// What kind it is.
    pub kind: HintKind,
    /// More about it, in Markdown.
    pub tooltip: Option<String>,
}

/// What is shown at one line.
#[derive(Default)]
struct Line {
    id: String,
    texts: Vec<String>,
    details: Vec<String>,
    is_watch: bool,
    is_stale: bool,
    stop: Option<(HintKind, String)>,
    is_pending: bool,
}

/// The hints of a document, or of the lines in a range of it.
pub fn inlay_hints(db: &LiveDb, document: &DocumentView, live: &Live, range: Option<TextRange>) -> Vec<InlayHint> {
    let lines = lines(db, document, live);
    let mut hints: Vec<_> = lines.into_iter().filter_map(|(number, line)| line.hint(document, number)).collect();
    for tier in function_tiers(db, document, live) {
        let line = document.index.line_of(tier.range.start());
        hints.push(InlayHint {
            id: format!("t{}", tier.id),
            offset: document.index.line_range(line, &document.text).end(),
            tooltip: Some(tier.explanation()),
            label: tier.label,
            kind: HintKind::Tier,
        });
    }
    hints.retain(|hint| range.is_none_or(|range| range.contains_inclusive(hint.offset)));
    hints.retain(|hint| if hint.kind == HintKind::Tier { live.show.tiers } else { live.show.values });
    if live.show.ascii {
        hints.iter_mut().for_each(|hint| hint.label = ascii(&hint.label));
    }
    hints.sort_by_key(|hint| (hint.offset, hint.kind));
    hints
}

/// A label in which our own signs are ASCII; what stands in a program's values is left as it is.
fn ascii(label: &str) -> String {
    let signs = [
        ("⇒", "=>"),
        ("⧗", "cut:"),
        (" ×", " x"),
        ("…", "..."),
        ("⚡", ""),
        ("▲", ""),
        ("○", ""),
        ("↯", ""),
        ("»", ">>"),
        (" · ", " - "),
    ];
    signs.iter().fold(label.to_owned(), |label, (sign, plain)| label.replace(sign, plain))
}

fn lines(db: &LiveDb, document: &DocumentView, live: &Live) -> BTreeMap<u32, Line> {
    let fresh = FreshRecordings::of(db, document);
    let mut lines = BTreeMap::<u32, Line>::new();
    let values = values(document, &fresh, live);
    let speakers = speakers(&fresh, &values);
    let speaks = |it: &Seen| match it.value.source {
        ValueSource::Function(unit, _) => speakers.get(&unit).is_some_and(|&(_, speaker)| speaker == it.evaluation),
        source => fresh.rank(it.evaluation, source).is_some(),
    };
    for seen in values.iter().filter(|it| speaks(it)) {
        lines.entry(seen.value.line).or_default().add(seen);
    }
    for recorded in fresh.iter() {
        let Some((kind, text)) = stop(&recorded.outcome.end) else { continue };
        let Some(stop) = live.stop(recorded.evaluation) else { continue };
        if let Some(line) = stop.from.filter(|_| stop.from != stop.at) {
            let place = stop.at.map(|at| format!(", line {}", at + 1)).unwrap_or_default();
            lines.entry(line).or_default().stop = Some((kind, format!("{text}{place}")));
        }
        if let Some(line) = stop.at {
            lines.entry(line).or_default().stop = Some((kind, text));
        }
    }
    for marker in fresh.markers.iter() {
        let line = lines.entry(marker.line).or_default();
        if let Some(trouble) = &marker.code.trouble {
            line.stop = Some((HintKind::Error, trouble.clone()));
        }
        line.is_pending |= live.is_pending(EvaluationId::Marker(marker.id));
    }
    lines
}

/// A value, the evaluation that saw it, and whether it holds for the present text.
struct Seen {
    evaluation: EvaluationId,
    value: LineValue,
    is_fresh: bool,
}

/// The values of all evaluations: of their fresh recordings, else of those that have become stale.
fn values(document: &DocumentView, fresh: &FreshRecordings, live: &Live) -> Vec<Seen> {
    let mut values = Vec::new();
    for recorded in fresh.iter() {
        let evaluation = recorded.evaluation;
        let marker_line = fresh.marker(evaluation).map(|marker| marker.line);
        let seen = line_values(document, &fresh.layout, &recorded.outcome, marker_line);
        values.extend(seen.into_iter().map(|value| Seen { evaluation, value, is_fresh: true }));
    }
    for stale in live.stale.iter().filter(|stale| fresh.get(stale.evaluation).is_none()) {
        values.push(Seen { evaluation: stale.evaluation, value: stale.value.clone(), is_fresh: false });
    }
    values
}

/// The evaluation that each function is shown as run by. One speaks for all of a function: its lines belong together. It goes on
/// speaking while its values are stale, so that an edit does not show another evaluation for a moment.
fn speakers(fresh: &FreshRecordings, values: &[Seen]) -> FxHashMap<UnitKey, ((u8, usize), EvaluationId)> {
    let mut speakers = FxHashMap::default();
    for seen in values {
        if let ValueSource::Function(unit, _) = seen.value.source
            && let Some(rank) = fresh.rank(seen.evaluation, seen.value.source)
        {
            let speaker = speakers.entry(unit).or_insert((rank, seen.evaluation));
            *speaker = (*speaker).min((rank, seen.evaluation));
        }
    }
    speakers
}

/// How a run that did not reach its end is shown.
fn stop(end: &End) -> Option<(HintKind, String)> {
    match end {
        End::Error { message, .. } => Some((HintKind::Error, message.clone())),
        End::Cut { limit, .. } => Some((HintKind::Cut, limit.clone())),
        End::Blocked { name, .. } => Some((HintKind::Blocked, format!("blocked: {name}"))),
        // Nothing is wrong: the values before it are good, and there are no more.
        End::Needs { what, .. } => Some((HintKind::Cut, needs_text(what))),
        End::Finished(_) | End::Exit(_) | End::Cancelled => None,
    }
}

impl Line {
    /// Fresh values come before stale ones, and drive them out.
    fn add(&mut self, seen: &Seen) {
        if !seen.is_fresh && !self.texts.is_empty() && !self.is_stale {
            return;
        }
        if self.id.is_empty() {
            self.id = match (seen.value.source, seen.evaluation) {
                (ValueSource::Function(unit, inst) | ValueSource::TopLevel(unit, inst), _) => {
                    format!("v{:016x}.{}", unit.0, inst.0)
                }
                (ValueSource::Marker, EvaluationId::Marker(id)) => format!("m{id:016x}"),
                (ValueSource::Marker, EvaluationId::TopLevel) => String::new(),
            };
        }
        self.is_stale |= !seen.is_fresh;
        self.is_watch |= seen.value.source == ValueSource::Marker;
        self.texts.push(seen.value.text.clone());
        self.details.push(seen.value.details.clone());
    }

    fn hint(self, document: &DocumentView, number: u32) -> Option<InlayHint> {
        let texts = self.texts.join(", ");
        let (kind, label) = match (self.stop, texts.is_empty()) {
            (Some((HintKind::Cut, text)), true) => (HintKind::Cut, format!("⧗ {text}")),
            (Some((HintKind::Cut, text)), false) => (HintKind::Cut, format!("= {texts} ⧗ {text}")),
            (Some((kind, text)), _) => (kind, format!("! {text}")),
            (None, false) if self.is_stale => (HintKind::Stale, format!("~ {texts}")),
            (None, false) if self.is_watch => (HintKind::Fresh, format!("⇒ {texts}")),
            (None, false) => (HintKind::Fresh, format!("= {texts}")),
            (None, true) if self.is_pending => (HintKind::Pending, "…".to_owned()),
            (None, true) => return None,
        };
        let details = match kind {
            HintKind::Stale => Some("from an earlier version of this file".to_owned()),
            _ => (!self.details.is_empty()).then(|| self.details.join("\n\n")),
        };
        Some(InlayHint {
            id: if self.id.is_empty() { format!("l{number}") } else { self.id },
            offset: document.index.line_range(number, &document.text).end(),
            label,
            kind,
            tooltip: details,
        })
    }
}
