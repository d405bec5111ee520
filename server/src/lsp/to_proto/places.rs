//! Places in any file of the workspace, and edits at them.
//!
//! Part of `to_proto`. Invariant: places in a file are converted with the lines of the text that the snapshot has of it.

use super::range;
use crate::db::{File, FileSymbolKind};
use crate::ide;
use crate::line_index::LineIndex;
use crate::lsp::capabilities::ClientFeatures;
use crate::world::{DocumentView, Snapshot};
use minilive_syntax::TextRange;
use rustc_hash::FxHashMap;
use std::collections::HashMap;
use std::sync::Arc;
use tower_lsp::lsp_types::{
    AnnotatedTextEdit, ChangeAnnotation, CodeAction, CodeActionKind, DocumentChanges, DocumentHighlight,
    DocumentHighlightKind, DocumentLink, DocumentSymbol, FoldingRange, FoldingRangeKind, LinkedEditingRanges, Location,
    OneOf, OptionalVersionedTextDocumentIdentifier, Range, SelectionRange, SymbolInformation, SymbolKind,
    TextDocumentEdit, TextEdit, Url, WorkspaceEdit,
};

/// What features answer in our terms, and what clients get.
pub trait ToProto {
    /// What is sent.
    type Out: Send + 'static;
    /// Converts with the texts of a snapshot.
    fn to_proto(self, snapshot: &Snapshot, features: &ClientFeatures) -> Self::Out;
}

impl ToProto for Vec<ide::Location> {
    type Out = Vec<Location>;

    fn to_proto(self, snapshot: &Snapshot, features: &ClientFeatures) -> Vec<Location> {
        let mut files = Files::new(snapshot, features);
        snapshot.db.while_wanted(&self).filter_map(|it| files.location(it.file, it.range)).collect()
    }
}

impl ToProto for Vec<ide::Highlight> {
    type Out = Vec<DocumentHighlight>;

    fn to_proto(self, snapshot: &Snapshot, features: &ClientFeatures) -> Vec<DocumentHighlight> {
        let highlight = |it: &ide::Highlight| DocumentHighlight {
            range: range(it.range, &snapshot.document, features.encoding),
            kind: Some(match it.kind {
                ide::HighlightKind::Read => DocumentHighlightKind::READ,
                ide::HighlightKind::Write => DocumentHighlightKind::WRITE,
                ide::HighlightKind::Word => DocumentHighlightKind::TEXT,
            }),
        };
        snapshot.db.while_wanted(&self).map(highlight).collect()
    }
}

impl ToProto for Result<(TextRange, String), String> {
    type Out = Result<(Range, String), String>;

    fn to_proto(self, snapshot: &Snapshot, features: &ClientFeatures) -> Self::Out {
        self.map(|(at, name)| (range(at, &snapshot.document, features.encoding), name))
    }
}

impl ToProto for Vec<ide::Link> {
    type Out = Vec<DocumentLink>;

    fn to_proto(self, snapshot: &Snapshot, features: &ClientFeatures) -> Vec<DocumentLink> {
        let mut files = Files::new(snapshot, features);
        let mut link = |it: &ide::Link| {
            let target = files.view(it.file)?.0.clone();
            let range = range(it.range, &snapshot.document, features.encoding);
            Some(DocumentLink { range, target: Some(target), tooltip: None, data: None })
        };
        snapshot.db.while_wanted(&self).filter_map(&mut link).collect()
    }
}

impl ToProto for Vec<ide::WorkspaceSymbol> {
    type Out = Vec<SymbolInformation>;

    fn to_proto(self, snapshot: &Snapshot, features: &ClientFeatures) -> Vec<SymbolInformation> {
        let mut files = Files::new(snapshot, features);
        let mut symbol = |it: &ide::WorkspaceSymbol| {
            let kind = match it.symbol.kind {
                FileSymbolKind::Method => SymbolKind::METHOD,
                FileSymbolKind::Function => SymbolKind::FUNCTION,
                FileSymbolKind::Variable => SymbolKind::VARIABLE,
                FileSymbolKind::Class => SymbolKind::CLASS,
                FileSymbolKind::Member => SymbolKind::FIELD,
            };
            // The field is deprecated but has no default.
            #[expect(deprecated, reason = "the type has no constructor that leaves it out")]
            Some(SymbolInformation {
                name: it.symbol.name.to_string(),
                kind,
                tags: None,
                deprecated: None,
                location: files.location(it.file, it.symbol.range)?,
                container_name: it.symbol.container.as_ref().map(ToString::to_string),
            })
        };
        self.iter().filter_map(&mut symbol).collect()
    }
}

impl ToProto for Vec<ide::Fold> {
    type Out = Vec<FoldingRange>;

    fn to_proto(self, snapshot: &Snapshot, _: &ClientFeatures) -> Vec<FoldingRange> {
        let fold = |it: &ide::Fold| FoldingRange {
            start_line: it.first,
            end_line: it.last,
            kind: match it.kind {
                ide::FoldKind::Region => None,
                ide::FoldKind::Comment => Some(FoldingRangeKind::Comment),
                ide::FoldKind::Imports => Some(FoldingRangeKind::Imports),
                ide::FoldKind::Marked => Some(FoldingRangeKind::Region),
            },
            ..FoldingRange::default()
        };
        snapshot.db.while_wanted(&self).map(fold).collect()
    }
}

impl ToProto for Vec<ide::FormatEdit> {
    type Out = Vec<TextEdit>;

    fn to_proto(self, snapshot: &Snapshot, features: &ClientFeatures) -> Vec<TextEdit> {
        let edit = |it: ide::FormatEdit| TextEdit {
            range: range(it.range, &snapshot.document, features.encoding),
            new_text: it.text,
        };
        snapshot.db.while_wanted(self).map(edit).collect()
    }
}

impl ToProto for Option<[TextRange; 2]> {
    type Out = Option<LinkedEditingRanges>;

    fn to_proto(self, snapshot: &Snapshot, features: &ClientFeatures) -> Option<LinkedEditingRanges> {
        let ranges = self?.map(|it| range(it, &snapshot.document, features.encoding)).to_vec();
        Some(LinkedEditingRanges { ranges, word_pattern: Some("[a-z]*".to_owned()) })
    }
}

/// Ranges from the inside out, as the protocol links them.
pub fn selection(ranges: &[TextRange], snapshot: &Snapshot, features: &ClientFeatures) -> SelectionRange {
    let mut linked: Option<SelectionRange> = None;
    for &it in ranges.iter().rev() {
        let range = range(it, &snapshot.document, features.encoding);
        linked = Some(SelectionRange { range, parent: linked.map(Box::new) });
    }
    linked.unwrap_or(SelectionRange { range: Range::default(), parent: None })
}

/// The name that clients have for a file, by its path or such a name. A drive letter is read as a scheme.
pub fn url(path: &str) -> Option<Url> {
    let url = Url::parse(path).ok().filter(|url| url.scheme().len() > 1);
    url.or_else(|| Url::from_file_path(path).ok())
}

/// Files with their lines, each looked at once.
pub struct Files<'a> {
    snapshot: &'a Snapshot,
    features: &'a ClientFeatures,
    known: FxHashMap<File, Option<(Url, Arc<DocumentView>)>>,
}

impl<'a> Files<'a> {
    /// The files of a snapshot.
    pub fn new(snapshot: &'a Snapshot, features: &'a ClientFeatures) -> Files<'a> {
        Files { snapshot, features, known: FxHashMap::default() }
    }

    fn view(&mut self, file: File) -> Option<&(Url, Arc<DocumentView>)> {
        let snapshot = self.snapshot;
        let view = self.known.entry(file).or_insert_with(|| {
            if file == snapshot.document.file {
                return Some((Url::parse(&snapshot.document.uri).ok()?, snapshot.document.clone()));
            }
            let text = file.text(&snapshot.db);
            let url = url(file.path(&snapshot.db))?;
            let (index, uri) = (Arc::new(LineIndex::new(&text)), Arc::from(url.as_str()));
            Some((url, Arc::new(DocumentView { uri, version: 0, revision: 0, file, text, index })))
        });
        view.as_ref()
    }

    /// A place in a file; none if clients have no name for the file.
    pub fn location(&mut self, file: File, at: TextRange) -> Option<Location> {
        let encoding = self.features.encoding;
        let (url, view) = self.view(file)?;
        Some(Location::new(url.clone(), range(at, view, encoding)))
    }
}

/// A rename as an edit, and what is to be said of places that are left alone. Clients that ask before they edit get those places, too: each
/// is changed only if a person says so.
pub fn rename(
    renamed: &ide::Renamed,
    new: &str,
    snapshot: &Snapshot,
    features: &ClientFeatures,
) -> (WorkspaceEdit, Option<String>) {
    let mut files = Files::new(snapshot, features);
    let mut edits = Vec::new();
    for it in snapshot.db.while_wanted(&renamed.edits) {
        snapshot.touch(it.file);
        if let Some(place) = files.location(it.file, it.range) {
            add_edit(&mut edits, place, new, None);
        }
    }
    let possible: Vec<_> =
        snapshot.db.while_wanted(&renamed.possible).filter_map(|it| files.location(it.file, it.range)).collect();
    let doubtful = doubtful(&renamed.doubts, &mut files);
    if possible.is_empty() || !features.confirms_edits {
        let alone = (!possible.is_empty()).then(|| left_alone(&possible));
        let notice = alone.into_iter().chain(doubtful).reduce(|all, it| format!("{all}. {it}"));
        return (workspace_edit(edits, snapshot, features), notice);
    }
    renamed.possible.iter().for_each(|it| snapshot.touch(it.file));
    for place in possible {
        add_edit(&mut edits, place, new, Some(POSSIBLE));
    }
    let marks = ChangeAnnotation {
        label: "Perhaps the same".to_owned(),
        needs_confirmation: Some(true),
        description: Some("It is not known whether the same is meant here".to_owned()),
    };
    let mut edit = workspace_edit(edits, snapshot, features);
    edit.change_annotations = Some(HashMap::from([(POSSIBLE.to_owned(), marks)]));
    (edit, doubtful)
}

/// Names the mark of edits that are made only if a person wants them.
const POSSIBLE: &str = "possible";

/// Places that may mean what was renamed, as a sentence.
fn left_alone(possible: &[Location]) -> String {
    format!("Left alone, since it is not known whether the same is meant: {}", lines(possible))
}

/// Places at which no edit would certainly be right, as sentences.
fn doubtful(doubts: &[ide::Doubt], files: &mut Files<'_>) -> Option<String> {
    let mut of = |why: ide::Why, sentence: &str| {
        let places = doubts.iter().filter(|it| it.why == why);
        let places: Vec<_> = places.filter_map(|it| files.location(it.place.file, it.place.range)).collect();
        (!places.is_empty()).then(|| format!("{sentence}: {}", lines(&places)))
    };
    let worked_out = of(ide::Why::WorkedOut, "Look at the names that are worked out, of which one may be this");
    let either = of(ide::Why::Either, "Look at what is meant, which depends on how the program runs");
    worked_out.into_iter().chain(either).reduce(|all, it| format!("{all}. {it}"))
}

/// So many lines are named; there may be thousands.
const MOST_LINES: usize = 8;

/// The lines of places, each once.
fn lines(places: &[Location]) -> String {
    let mut lines: Vec<String> = Vec::new();
    for it in places {
        let name = it.uri.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default();
        let line = format!("{name}:{}", it.range.start.line + 1);
        if !lines.contains(&line) {
            lines.push(line);
        }
        if lines.len() > MOST_LINES {
            break;
        }
    }
    let more = if lines.len() > MOST_LINES { ", …" } else { "" };
    lines.truncate(MOST_LINES);
    format!("{}{more}", lines.join(", "))
}

/// What a renamed file does to those that import it.
pub fn file_rename(
    places: &[(ide::Location, String)],
    snapshot: &Snapshot,
    features: &ClientFeatures,
) -> WorkspaceEdit {
    let mut files = Files::new(snapshot, features);
    let mut edits = Vec::new();
    for (it, new) in snapshot.db.while_wanted(places) {
        snapshot.touch(it.file);
        if let Some(place) = files.location(it.file, it.range) {
            add_edit(&mut edits, place, new, None);
        }
    }
    workspace_edit(edits, snapshot, features)
}

/// An edit, which may be marked.
type Marked = OneOf<TextEdit, AnnotatedTextEdit>;

/// The edits of each file.
type Edits = Vec<(Url, Vec<Marked>)>;

fn add_edit(edits: &mut Edits, Location { uri, range }: Location, new: &str, mark: Option<&str>) {
    let text_edit = TextEdit { range, new_text: new.to_owned() };
    let edit = match mark {
        Some(mark) => OneOf::Right(AnnotatedTextEdit { text_edit, annotation_id: mark.to_owned() }),
        None => OneOf::Left(text_edit),
    };
    match edits.iter_mut().find(|(at, _)| *at == uri) {
        Some((_, list)) => list.push(edit),
        None => edits.push((uri, vec![edit])),
    }
}

fn workspace_edit(edits: Edits, snapshot: &Snapshot, features: &ClientFeatures) -> WorkspaceEdit {
    if !features.versioned_edits {
        let plain = |edit| match edit {
            OneOf::Left(edit) => Some(edit),
            // Such a client cannot ask.
            OneOf::Right(_) => None,
        };
        let edits = edits.into_iter().map(|(uri, edits)| (uri, edits.into_iter().filter_map(plain).collect()));
        return WorkspaceEdit::new(edits.collect::<HashMap<_, _>>());
    }
    let documents = edits.into_iter().map(|(uri, edits)| {
        // A file that nobody has open has none: what is on disk is its text.
        let version = snapshot.versions.get(uri.as_str()).copied();
        TextDocumentEdit { text_document: OptionalVersionedTextDocumentIdentifier { uri, version }, edits }
    });
    WorkspaceEdit { document_changes: Some(DocumentChanges::Edits(documents.collect())), ..WorkspaceEdit::default() }
}

/// The kind of a code action.
pub fn action_kind(kind: ide::ActionKind) -> CodeActionKind {
    match kind {
        ide::ActionKind::Fix => CodeActionKind::QUICKFIX,
        ide::ActionKind::Extract => CodeActionKind::REFACTOR_EXTRACT,
        ide::ActionKind::Inline => CodeActionKind::REFACTOR_INLINE,
        ide::ActionKind::Rewrite => CodeActionKind::REFACTOR_REWRITE,
        ide::ActionKind::FixAll => CodeActionKind::SOURCE_FIX_ALL,
        ide::ActionKind::OrganizeImports => CodeActionKind::SOURCE_ORGANIZE_IMPORTS,
    }
}

/// A code action with its edits.
pub fn action(action: &ide::Action, snapshot: &Snapshot, features: &ClientFeatures) -> CodeAction {
    let (document, encoding) = (&snapshot.document, features.encoding);
    let edit = |it: &ide::Edit| {
        OneOf::Left(TextEdit { range: range(it.range, document, encoding), new_text: it.insert.clone() })
    };
    let edits: Vec<_> = snapshot.db.while_wanted(&action.edits).map(edit).collect();
    let edits = Url::parse(&document.uri).map(|uri| vec![(uri, edits)]).unwrap_or_default();
    CodeAction {
        title: action.title.clone(),
        kind: Some(action_kind(action.kind)),
        diagnostics: action.answers.as_ref().map(|it| vec![super::diagnostic(it, document, features)]),
        edit: Some(workspace_edit(edits, snapshot, features)),
        is_preferred: action.preferred.then_some(true),
        ..CodeAction::default()
    }
}

/// Symbols for a client that takes no tree.
pub fn flat(uri: &Url, symbols: Vec<DocumentSymbol>, container: Option<&str>) -> Vec<SymbolInformation> {
    let mut all = Vec::new();
    for symbol in symbols {
        // The field is deprecated but has no default.
        #[expect(deprecated, reason = "the type has no constructor that leaves it out")]
        all.push(SymbolInformation {
            name: symbol.name.clone(),
            kind: symbol.kind,
            tags: None,
            deprecated: None,
            location: Location::new(uri.clone(), symbol.range),
            container_name: container.map(str::to_owned),
        });
        all.extend(flat(uri, symbol.children.unwrap_or_default(), Some(&symbol.name)));
    }
    all
}
