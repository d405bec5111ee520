//! From the protocol's types to ours.
//!
//! Used by `backend` on the way in. Invariant: total; what makes no sense is moved to the nearest sense or refused by name.

use super::ext;
use crate::evaluate::{RunTarget, Trust};
use crate::ide::FormatOptions;
use crate::line_index::{Encoding, LineColumn};
use crate::world::{Change, Command, DocumentView};
use minilive_syntax::{TextRange, TextSize};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;
use tower_lsp::lsp_types::{
    ExecuteCommandParams, FileRename, FormattingOptions, InitializeParams, Position, Range,
    TextDocumentContentChangeEvent, Url,
};

/// Gives a client capability the name by which lsp-types reads it: `workspace.diagnostics` is `diagnostic` there.
pub fn initialize(params: &mut Value) {
    if let Some(workspace) = params.pointer_mut("/capabilities/workspace").and_then(Value::as_object_mut)
        && let Some(diagnostics) = workspace.get("diagnostics").cloned()
    {
        workspace.entry("diagnostic").or_insert(diagnostics);
    }
}

/// The folders of the workspace.
pub fn roots(params: &InitializeParams) -> Vec<PathBuf> {
    let folders = params.workspace_folders.iter().flatten().filter_map(|folder| path(&folder.uri));
    let folders: Vec<_> = folders.collect();
    let root = params.root_uri.as_ref();
    if folders.is_empty() { root.and_then(path).into_iter().collect() } else { folders }
}

/// The file of that name, if it is one.
pub fn path(uri: &Url) -> Option<PathBuf> {
    crate::modules::path_of(uri.as_str())
}

/// The old and the new path of a file.
pub fn renamed(files: &FileRename) -> Option<(PathBuf, PathBuf)> {
    Some((path(&Url::parse(&files.old_uri).ok()?)?, path(&Url::parse(&files.new_uri).ok()?)?))
}

/// A document's name.
pub fn uri(uri: &Url) -> Arc<str> {
    Arc::from(uri.as_str())
}

fn line_column(position: Position) -> LineColumn {
    LineColumn { line: position.line, column: position.character }
}

/// A place in a document.
pub fn offset(position: Position, document: &DocumentView, encoding: Encoding) -> TextSize {
    document.index.from_client(line_column(position), &document.text, encoding)
}

/// A range in a document.
pub fn range(range: Range, document: &DocumentView, encoding: Encoding) -> TextRange {
    let a = offset(range.start, document, encoding);
    let b = offset(range.end, document, encoding);
    TextRange::new(a.min(b), a.max(b))
}

/// How a client wants lines to be indented.
pub fn format_options(options: &FormattingOptions) -> FormatOptions {
    FormatOptions { width: options.tab_size.clamp(1, 16), tabs: !options.insert_spaces }
}

/// One change of a document.
pub fn change(change: TextDocumentContentChangeEvent) -> Change {
    let range = change.range.map(|range| (line_column(range.start), line_column(range.end)));
    Change { range, text: change.text }
}

/// A command and its arguments; what is wrong with them, where something is.
pub fn command(params: &ExecuteCommandParams) -> Result<Command, String> {
    let text = |index: usize| params.arguments.get(index).and_then(Value::as_str).map(str::to_owned);
    let document = || match params.arguments.first() {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(uri)) => Ok(Some(Arc::from(uri.as_str()))),
        Some(_) => Err(format!("{} takes a document's URI", params.command)),
    };
    Ok(match &*params.command {
        ext::RUN => Command::Run { uri: document()?, target: RunTarget::File },
        ext::RUN_EXAMPLE => {
            Command::Run { uri: document()?, target: RunTarget::Example { function: text(2), example: text(3) } }
        }
        ext::STOP => Command::Stop { uri: document()? },
        ext::STOP_ALL => Command::StopAll,
        ext::TRUST => Command::Trust(match text(1) {
            None => Trust::Full,
            Some(level) => Trust::from_name(&level).ok_or_else(|| format!("there is no level of trust `{level}`"))?,
        }),
        ext::RESTART_WORKER => Command::RestartWorker,
        other => return Err(format!("there is no command `{other}`")),
    })
}
