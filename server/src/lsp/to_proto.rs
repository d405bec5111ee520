//! From our plain data to the protocol's types.
//!
//! Used by `backend` and `notices` on the way out; the only place that knows both. Invariant: places are converted with the
//! line index of the very text they belong to.

mod assist;
mod calls;
mod places;

pub use assist::{data, item_documentation};
pub use calls::{Incoming, Outgoing};
pub use places::{ToProto, action, action_kind, file_rename, flat, rename, selection};

use super::capabilities::ClientFeatures;
use super::ext;
use crate::ide::{self, HintKind, LensAction};
use crate::line_index::{Encoding, LineIndex};
use crate::world::DocumentView;
use minilive_syntax::{TextRange, TextSize};
use serde_json::json;
use tower_lsp::lsp_types::{
    CodeDescription, CodeLens, Command, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag,
    DocumentSymbol, Hover, HoverContents, InlayHint, InlayHintKind, InlayHintLabel, InlayHintTooltip, Location,
    MarkupContent, MarkupKind, NumberOrString, Position, Range, SymbolKind, Url,
};

/// A place.
pub fn position(offset: TextSize, document: &DocumentView, encoding: Encoding) -> Position {
    let at = document.index.to_client(offset, &document.text, encoding);
    Position::new(at.line, at.column)
}

/// A range.
pub fn range(range: TextRange, document: &DocumentView, encoding: Encoding) -> Range {
    Range::new(position(range.start(), document, encoding), position(range.end(), document, encoding))
}

/// A diagnostic.
pub fn diagnostic(it: &ide::Diagnostic, document: &DocumentView, features: &ClientFeatures) -> Diagnostic {
    let encoding = features.encoding;
    let related = || it.related.iter().filter_map(|it| related(it, document, encoding)).collect::<Vec<_>>();
    Diagnostic {
        range: range(it.range, document, encoding),
        severity: Some(match it.severity {
            ide::Severity::Error => DiagnosticSeverity::ERROR,
            ide::Severity::Warning => DiagnosticSeverity::WARNING,
            ide::Severity::Information => DiagnosticSeverity::INFORMATION,
            ide::Severity::Hint => DiagnosticSeverity::HINT,
        }),
        code: Some(NumberOrString::String(it.code.to_owned())),
        source: Some(it.source.to_owned()),
        message: it.message.clone(),
        code_description: features
            .page
            .and_then(|page| page.section(it.code))
            .map(|url| CodeDescription { href: url.clone() }),
        related_information: features.related_places.then(related).filter(|it| !it.is_empty()),
        tags: it.unused.then(|| vec![DiagnosticTag::UNNECESSARY]),
        ..Diagnostic::default()
    }
}

/// Another place that a diagnostic is about; none if clients have no name for its file.
fn related(it: &ide::Related, document: &DocumentView, encoding: Encoding) -> Option<DiagnosticRelatedInformation> {
    let (uri, range) = match &it.file {
        None => (Url::parse(&document.uri).ok()?, range(it.range, document, encoding)),
        Some(ide::Elsewhere { path, text }) => {
            let index = LineIndex::new(text);
            let place = |offset| {
                let at = index.to_client(offset, text, encoding);
                Position::new(at.line, at.column)
            };
            (places::url(path)?, Range::new(place(it.range.start()), place(it.range.end())))
        }
    };
    Some(DiagnosticRelatedInformation { location: Location::new(uri, range), message: it.message.clone() })
}

/// A hover.
pub fn hover(it: &ide::Hover, document: &DocumentView, encoding: Encoding, markdown: bool) -> Hover {
    let kind = if markdown { MarkupKind::Markdown } else { MarkupKind::PlainText };
    let value = if markdown { it.markdown() } else { it.plain() };
    Hover {
        contents: HoverContents::Markup(MarkupContent { kind, value }),
        range: Some(range(it.range, document, encoding)),
    }
}

/// A symbol with all that is in it.
pub fn symbol(it: &ide::Symbol, document: &DocumentView, encoding: Encoding) -> DocumentSymbol {
    // The field is deprecated but has no default.
    #[expect(deprecated, reason = "the type has no constructor that leaves it out")]
    DocumentSymbol {
        name: it.name.clone(),
        detail: it.detail.clone(),
        kind: symbol_kind(it.kind),
        tags: None,
        deprecated: None,
        range: range(it.range, document, encoding),
        selection_range: range(it.name_range, document, encoding),
        children: Some(it.children.iter().map(|child| symbol(child, document, encoding)).collect()),
    }
}

/// The kind of a symbol.
pub fn symbol_kind(kind: ide::SymbolKind) -> SymbolKind {
    match kind {
        ide::SymbolKind::Function => SymbolKind::FUNCTION,
        ide::SymbolKind::Method => SymbolKind::METHOD,
        ide::SymbolKind::Variable => SymbolKind::VARIABLE,
        ide::SymbolKind::Class => SymbolKind::CLASS,
        ide::SymbolKind::Field => SymbolKind::FIELD,
        ide::SymbolKind::Property => SymbolKind::PROPERTY,
    }
}

/// A lens with its command.
pub fn lens(it: &ide::Lens, document: &DocumentView, encoding: Encoding) -> CodeLens {
    let (uri, version) = (&*document.uri, document.version);
    let (command, arguments) = match &it.action {
        LensAction::Run => (ext::RUN, vec![json!(uri), json!(version)]),
        LensAction::RunExample { function, example } => {
            (ext::RUN_EXAMPLE, vec![json!(uri), json!(version), json!(function), json!(example)])
        }
        LensAction::Stop => (ext::STOP, vec![json!(uri)]),
    };
    let command = Command { title: it.title.clone(), command: command.to_owned(), arguments: Some(arguments) };
    CodeLens { range: range(it.range, document, encoding), command: Some(command), data: None }
}

/// An inlay hint.
pub fn inlay_hint(it: &ide::InlayHint, document: &DocumentView, encoding: Encoding) -> InlayHint {
    let tooltip = it.tooltip.as_ref().map(|value| {
        InlayHintTooltip::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value: value.clone() })
    });
    InlayHint {
        position: position(it.offset, document, encoding),
        label: InlayHintLabel::String(it.label.clone()),
        kind: None,
        text_edits: None,
        tooltip,
        padding_left: Some(true),
        padding_right: None,
        data: None,
    }
}

/// An inlay hint of the code itself.
pub fn code_hint(it: &ide::CodeHint, document: &DocumentView, encoding: Encoding) -> InlayHint {
    let is_type = it.kind == ide::CodeHintKind::Type;
    InlayHint {
        position: position(it.offset, document, encoding),
        label: InlayHintLabel::String(it.label.clone()),
        kind: Some(if is_type { InlayHintKind::TYPE } else { InlayHintKind::PARAMETER }),
        text_edits: None,
        tooltip: None,
        padding_left: None,
        padding_right: Some(!is_type),
        data: None,
    }
}

/// The state of a hint as clients that draw values themselves read it.
pub fn hint_state(kind: HintKind) -> &'static str {
    match kind {
        HintKind::Fresh | HintKind::Tier => "fresh",
        HintKind::Pending => "pending",
        HintKind::Stale => "stale",
        HintKind::Cut => "cut",
        HintKind::Error => "error",
        HintKind::Blocked => "blocked",
    }
}
