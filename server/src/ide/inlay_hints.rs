//! Inlay hints: values at line ends and tiers at function headers.
//!
//! `values` gives what fresh recordings saw, the running state what earlier ones saw. Invariants: at most one value hint a
//! line; what does not come from a fresh recording is marked `~`; a hint's kind can be told by its first character.

use super::values::{FreshRecordings, LineValue, ValueKind, line_values};
use super::{Live, function_tiers};
use crate::db::LiveDb;
use crate::document::DocumentView;
use crate::recording::{End, EvaluationId};
use minilive_syntax::{TextRange, TextSize};
use rustc_hash::FxHashSet;
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
    hints.sort_by_key(|hint| (hint.offset, hint.kind));
    hints
}

fn lines(db: &LiveDb, document: &DocumentView, live: &Live) -> BTreeMap<u32, Line> {
    let fresh = FreshRecordings::of(db, document);
    let mut lines = BTreeMap::<u32, Line>::new();
    let mut seen = FxHashSet::default();
    for recorded in fresh.iter() {
        let marker_line = fresh.marker(recorded.evaluation).map(|marker| marker.line);
        for value in line_values(document, &fresh.layout, &recorded.outcome, marker_line) {
            if value.is_of(recorded.evaluation) && value.place().is_none_or(|place| seen.insert(place)) {
                lines.entry(value.line).or_default().add(&value);
            }
        }
        if let Some(stop) = stop(&recorded.outcome.end)
            && let Some(&(_, line)) = live.ends.iter().find(|(evaluation, _)| *evaluation == recorded.evaluation)
        {
            lines.entry(line).or_default().stop = Some(stop);
        }
    }
    let mut stale: Vec<_> = live.stale.iter().filter(|stale| fresh.get(stale.evaluation).is_none()).collect();
    stale.sort_by_key(|stale| fresh.rank(stale.evaluation));
    for stale in stale {
        let line = lines.entry(stale.line).or_default();
        let is_free = (line.texts.is_empty() || line.is_stale) && line.stop.is_none();
        if is_free && stale.place.is_none_or(|place| seen.insert(place)) {
            line.is_stale = true;
            line.texts.push(stale.text.clone());
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

/// How a run that did not reach its end is shown.
fn stop(end: &End) -> Option<(HintKind, String)> {
    match end {
        End::Error { message, .. } => Some((HintKind::Error, message.clone())),
        End::Cut { limit, .. } => Some((HintKind::Cut, limit.clone())),
        End::Blocked { name, .. } => Some((HintKind::Blocked, format!("blocked: {name}"))),
        End::Finished(_) | End::Exit(_) | End::Cancelled => None,
    }
}

impl Line {
    fn add(&mut self, value: &LineValue) {
        if self.id.is_empty() {
            self.id = format!("v{:016x}.{}", value.unit.0, value.inst.0);
        }
        self.is_watch |= value.kind == ValueKind::Watch;
        self.texts.push(value.text.clone());
        self.details.push(value.details.clone());
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
