//! The handlers: each converts its parameters and sends to the world before its first await; readers convert the answer, and write it
//! if it may be large.
//!
//! tower-lsp calls them in wire order up to that await. Invariant: how a request runs (retried or refused when an edit
//! overtakes it) is stated by its [`Kind`], once per handler; a refusal is an error, never an empty result.

use super::answer::Written;
use super::capabilities::{self, ClientFeatures};
use super::hierarchy::{self, Types};
use super::to_proto::ToProto;
use super::tokens::{Encoded, Part};
use super::transport::WireSender;
use super::watchers::{self, Watched};
use super::{ext, from_proto, notices, sweep, to_proto};
use crate::evaluate::{Trust, WorkerFactory};
use crate::ide;
use crate::settings::Settings;
use crate::world::{self, Command, Kind, Refused, Snapshot, WorldConfig, WorldHandle};
use minilive_syntax::TextSize;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp::lsp_types::*;
use tower_lsp::{Client, LanguageServer, async_trait};

/// What is known after `initialize`.
#[derive(Debug)]
struct Session {
    world: WorldHandle,
    features: ClientFeatures,
    /// What was last said about wrong settings, or is to be said as soon as the client listens.
    complaint: Mutex<Option<String>>,
    /// The tokens that clients have.
    tokens: super::tokens::Sent,
    /// What is known of files that are not open.
    swept: sweep::Known,
    /// Files that the client is to watch.
    watched: tokio::sync::watch::Receiver<Watched>,
}

/// One connection to one client.
pub struct Backend {
    client: Client,
    /// Taken by `initialize`.
    workers: Mutex<Option<Box<dyn WorkerFactory>>>,
    wire: WireSender,
    session: OnceLock<Session>,
    /// How the client indents, from the last time it asked for formatting.
    indent: Mutex<Option<ide::FormatOptions>>,
}

impl std::fmt::Debug for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Backend").field("session", &self.session).finish_non_exhaustive()
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        if let Some(session) = self.session.get() {
            session.world.end();
        }
    }
}

/// The request is right, but there is a reason not to do it; the message says it.
const REQUEST_FAILED: ErrorCode = ErrorCode::ServerError(-32803);

/// So often a question is asked again because files are others on disk.
const MOST_READINGS: usize = 4;

fn failed(code: ErrorCode, message: impl Into<String>) -> Error {
    Error { code, message: message.into().into(), data: None }
}

fn unwritable(error: serde_json::Error) -> Error {
    failed(ErrorCode::InternalError, error.to_string())
}

fn refused(why: Refused) -> Error {
    match why {
        Refused::Overtaken => failed(ErrorCode::ContentModified, "the document was edited in the meantime"),
        Refused::Cancelled => failed(ErrorCode::RequestCancelled, "the request was cancelled"),
        Refused::UnknownDocument => {
            failed(ErrorCode::InvalidParams, "the document is not open, and no file of the workspace")
        }
        Refused::Panicked(text) => failed(ErrorCode::InternalError, format!("the request panicked: {text}")),
        Refused::Ended => failed(ErrorCode::InternalError, "the server has ended"),
    }
}

impl Backend {
    /// A connection before `initialize`.
    pub fn new(client: Client, workers: Box<dyn WorkerFactory>, wire: WireSender) -> Backend {
        Backend { client, workers: Mutex::new(Some(workers)), wire, session: OnceLock::new(), indent: Mutex::new(None) }
    }

    fn session(&self) -> Result<&Session> {
        self.session.get().ok_or_else(|| failed(ErrorCode::ServerError(-32002), "the server is not initialized"))
    }

    /// Asks about a document.
    async fn ask<T: Send + 'static>(
        &self,
        uri: &Url,
        kind: Kind,
        reader: impl FnMut(&Snapshot, &ClientFeatures) -> T + Send + 'static,
    ) -> Result<T> {
        self.ask_for(from_proto::uri(uri), kind, reader).await
    }

    /// Asks the world and waits for its answer; dropping the future cancels the question. If a file that is not open has become another on
    /// disk, and the answer changes it or is about it, it is read and the question is asked again; so it is, once, if the answer may lie in a
    /// module that nobody has looked for.
    async fn ask_for<T: Send + 'static>(
        &self,
        uri: Arc<str>,
        kind: Kind,
        reader: impl FnMut(&Snapshot, &ClientFeatures) -> T + Send + 'static,
    ) -> Result<T> {
        let session = self.session()?;
        let features = session.features;
        let reader = Arc::new(Mutex::new(reader));
        let mut is_linked = !matches!(kind, Kind::Linked | Kind::Everywhere | Kind::Told);
        let first = session.world.messages(&uri);
        for _ in 0..MOST_READINGS {
            let reader = reader.clone();
            // What names a position means it in the text of the first time.
            let asked_at = if kind.is_whole() { session.world.messages(&uri) } else { first };
            let (answer, _cancel_on_drop) = session.world.ask_again(uri.clone(), kind, asked_at, move |snapshot| {
                let mut reader = reader.lock().unwrap_or_else(PoisonError::into_inner);
                let answer = reader(snapshot, &features);
                let unlinked = match kind {
                    _ if is_linked => Vec::new(),
                    Kind::Told => snapshot.uncertain(),
                    _ => snapshot.unlinked(),
                };
                (answer, snapshot.stale(), unlinked)
            });
            let (answer, stale, unlinked) = answer.await.unwrap_or(Err(Refused::Ended)).map_err(refused)?;
            if stale.is_empty() && unlinked.is_empty() {
                return Ok(answer);
            }
            if !unlinked.is_empty() {
                is_linked = true;
                // If the world ends, the next answer says so.
                let _ = session.world.look_for(unlinked).await;
            }
            if !stale.is_empty() {
                session.world.changed_on_disk(stale);
            }
        }
        Err(failed(REQUEST_FAILED, "files that this is about are being changed on disk; try again"))
    }

    /// Asks for what may be large: the reader writes the answer, unless nobody wants it by then. The service gets an empty result.
    async fn written<T: serde::Serialize, E>(
        &self,
        uri: Arc<str>,
        kind: Kind,
        mut reader: impl FnMut(&Snapshot, &ClientFeatures) -> T + Send + 'static,
    ) -> Result<Option<E>> {
        let written = self.ask_for(uri, kind, move |it, features| Written::of(&reader(it, features), || it.db.poll()));
        written.await?.map_err(unwritable)?.put();
        Ok(None)
    }

    /// The same about a place.
    async fn written_at<T: ToProto<Out: serde::Serialize>, E>(
        &self,
        at: TextDocumentPositionParams,
        kind: Kind,
        mut reader: impl FnMut(&Snapshot, TextSize, &ClientFeatures) -> T + Send + 'static,
    ) -> Result<Option<E>> {
        let uri = from_proto::uri(&at.text_document.uri);
        self.written(uri, kind, move |it, features| {
            let offset = from_proto::offset(at.position, &it.document, features.encoding);
            reader(it, offset, features).to_proto(it, features)
        })
        .await
    }

    /// How the client formats, which is kept: code that actions make is indented so in a text that says nothing of it.
    fn format_options(&self, options: &FormattingOptions) -> ide::FormatOptions {
        let options = from_proto::format_options(options);
        *self.indent.lock().unwrap_or_else(PoisonError::into_inner) = Some(options);
        options
    }

    /// Asks about a place; the answer is converted with the text it was found in.
    pub(super) async fn positioned<T: ToProto>(
        &self,
        at: TextDocumentPositionParams,
        kind: Kind,
        mut reader: impl FnMut(&Snapshot, TextSize, &ClientFeatures) -> T + Send + 'static,
    ) -> Result<T::Out> {
        self.ask(&at.text_document.uri, kind, move |it, features| {
            let offset = from_proto::offset(at.position, &it.document, features.encoding);
            reader(it, offset, features).to_proto(it, features)
        })
        .await
    }

    /// Asks about an item that an earlier answer gave: its file may not be open.
    pub(super) async fn about_item<T: ToProto>(
        &self,
        uri: &Url,
        place: Position,
        mut reader: impl FnMut(&Snapshot, TextSize) -> T + Send + 'static,
    ) -> Result<T::Out> {
        self.ask(uri, Kind::WholeDocument, move |it, features| {
            let offset = from_proto::offset(place, &it.document, features.encoding);
            reader(it, offset).to_proto(it, features)
        })
        .await
    }

    /// Asks for all semantic tokens of a document: what became of those that the client has, if it names them.
    async fn tokens<E>(&self, uri: Url, before: Option<String>) -> Result<Option<E>> {
        let sent = self.session()?.tokens.clone();
        let name = uri.clone();
        let found = self.ask(&uri, Kind::WholeDocument, move |it, features| {
            let tokens = ide::Tokens::new(
                &it.db,
                &it.document,
                (&it.live.checks.host, &it.live.places),
                sent.tokens(&name).as_deref(),
            );
            let now = Encoded::new(it.db.while_wanted(tokens.all(&it.db)), &it.document, features.encoding);
            let before = before.as_ref().and_then(|id| sent.get(&name, id));
            let written = Written::of(&before.map_or_else(|| now.full(), |before| now.since(&before)), || it.db.poll());
            written.map(|written| (written, Arc::new(now), Arc::new(tokens), it.is_open()))
        });
        let (written, now, tokens, is_open) = found.await?.map_err(unwritable)?;
        // Nobody would say when those of a file that is not open are needed no more.
        if is_open {
            self.session()?.tokens.put(uri, now, tokens);
        }
        written.put();
        Ok(None)
    }

    /// Takes over the section `minilive`; what is wrong with it is said once.
    async fn apply_settings(&self, section: &Value) {
        let Ok(session) = self.session() else { return };
        let (settings, complaint) = Settings::read(section);
        session.world.settings(settings);
        let before = std::mem::replace(
            &mut *session.complaint.lock().unwrap_or_else(PoisonError::into_inner),
            complaint.clone(),
        );
        if let Some(complaint) = complaint.filter(|it| before.as_ref() != Some(it)) {
            self.client.show_message(MessageType::WARNING, complaint).await;
        }
    }

    /// Asks the client for the section `minilive`.
    async fn pull_settings(&self) {
        let item = ConfigurationItem { scope_uri: None, section: Some("minilive".into()) };
        match self.client.configuration(vec![item]).await {
            Ok(sections) => {
                if let Some(section) = sections.first() {
                    self.apply_settings(section).await;
                }
            }
            Err(error) => tracing::warn!("the client does not tell its settings: {error}"),
        }
    }

    /// Client → server: the folder's level has changed.
    pub async fn did_change_trust(&self, params: ext::TrustParams) {
        match (self.session(), Trust::from_name(&params.trust)) {
            (Ok(session), Some(trust)) => drop(session.world.command(Command::Trust(trust))),
            _ => tracing::warn!("there is no level of trust `{}`", params.trust),
        }
    }
}

/// What the client is to tell beside what it always tells.
fn registrations(features: ClientFeatures) -> Vec<Registration> {
    let registration = |wanted: bool, id: &str, method: &str, options| {
        let register_options = Some(options);
        wanted.then(|| Registration { id: id.into(), method: method.into(), register_options })
    };
    let settings = json!({ "section": "minilive" });
    // Of a folder that comes or goes clients tell nothing else than that.
    let folders = json!({ "globPattern": "**", "kind": WatchKind::Create | WatchKind::Delete });
    let files = json!({
        "watchers": [{ "globPattern": "**/*.ms" }, { "globPattern": "**/minilive.host.{json,toml}" }, folders]
    });
    let settings = registration(
        features.registers_configuration,
        "minilive-configuration",
        "workspace/didChangeConfiguration",
        settings,
    );
    let files = registration(features.watches_files, "minilive-files", "workspace/didChangeWatchedFiles", files);
    settings.into_iter().chain(files).collect()
}

#[async_trait]
impl LanguageServer for Backend {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let features = ClientFeatures::of(&params);
        let workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner).take();
        let workers = workers.ok_or_else(|| failed(ErrorCode::InvalidRequest, "already initialized"))?;
        let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
        let (watch, watched) = tokio::sync::watch::channel(Watched::new());
        notices::start((self.client.clone(), self.wire.clone()), features, receiver, watch)
            .map_err(|error| failed(ErrorCode::InternalError, format!("no thread: {error}")))?;
        let config = WorldConfig {
            encoding: features.encoding,
            trust: features.trust,
            roots: from_proto::roots(&params),
            watches: !features.watches_files,
            ..WorldConfig::default()
        };
        // Nobody is left to tell when the receiver is gone.
        let sink = Arc::new(move |notice| drop(sender.send(notice)));
        let world = world::spawn(config, workers, sink)
            .map_err(|error| failed(ErrorCode::InternalError, format!("no threads: {error}")))?;
        let capabilities = capabilities::server(&features);
        let options = params.initialization_options.as_ref().and_then(|it| it.get("minilive"));
        let (settings, complaint) = Settings::read(options.unwrap_or(&Value::Null));
        world.settings(settings);
        // `workers` can be taken only once, so nothing is set yet.
        let complaint = Mutex::new(complaint);
        let _ = self.session.set(Session {
            world,
            features,
            complaint,
            tokens: Default::default(),
            swept: Default::default(),
            watched,
        });
        let server_info = ServerInfo { name: "minilive".into(), version: Some(env!("CARGO_PKG_VERSION").into()) };
        let result = InitializeResult { capabilities, server_info: Some(server_info) };
        let written = hierarchy::told(&result).and_then(|told| Written::of(&told, || {}));
        written.map_err(unwritable)?.put();
        Ok(result)
    }

    async fn shutdown(&self) -> Result<()> {
        self.session()?.world.end();
        Ok(())
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        if let Ok(session) = self.session() {
            let document = params.text_document;
            session.world.open(from_proto::uri(&document.uri), document.version, document.text);
        }
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        if let Ok(session) = self.session() {
            let changes = params.content_changes.into_iter().map(from_proto::change).collect();
            let document = params.text_document;
            session.world.change(from_proto::uri(&document.uri), document.version, changes);
        }
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        if let Ok(session) = self.session() {
            session.tokens.forget(&params.text_document.uri);
            session.world.close(from_proto::uri(&params.text_document.uri));
        }
    }

    async fn initialized(&self, _params: InitializedParams) {
        let Ok(session) = self.session() else { return };
        let complaint = session.complaint.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(complaint) = complaint {
            self.client.show_message(MessageType::WARNING, complaint).await;
        }
        let registrations = registrations(session.features);
        if !registrations.is_empty()
            && let Err(error) = self.client.register_capability(registrations).await
        {
            tracing::warn!("the client does not tell when settings or files change: {error}");
        }
        tokio::spawn(watchers::keep(self.client.clone(), session.features, session.watched.clone()));
        if session.features.configuration {
            self.pull_settings().await;
        }
    }

    async fn did_save(&self, params: DidSaveTextDocumentParams) {
        if let Ok(session) = self.session() {
            session.world.saved(from_proto::uri(&params.text_document.uri));
        }
    }

    async fn did_change_configuration(&self, params: DidChangeConfigurationParams) {
        if self.session().is_ok_and(|session| session.features.configuration) {
            self.pull_settings().await;
        } else if let Some(section) = params.settings.get("minilive") {
            self.apply_settings(section).await;
        }
    }

    async fn did_change_watched_files(&self, params: DidChangeWatchedFilesParams) {
        if let Ok(session) = self.session() {
            let paths = params.changes.iter().filter_map(|change| from_proto::path(&change.uri));
            session.world.changed_on_disk(paths.collect());
        }
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        let at = params.text_document_position_params;
        self.ask(&at.text_document.uri, Kind::Positioned, move |it, features| {
            let encoding = features.encoding;
            let offset = from_proto::offset(at.position, &it.document, encoding);
            let hover = ide::hover(&it.db, &it.document, &it.live, offset);
            hover.map(|hover| to_proto::hover(&hover, &it.document, encoding, features.markdown))
        })
        .await
    }

    async fn goto_definition(&self, params: GotoDefinitionParams) -> Result<Option<GotoDefinitionResponse>> {
        let at = params.text_document_position_params;
        let found =
            self.positioned(at, Kind::Linked, |it, offset, _| ide::definition(&it.db, &it.document, &it.live, offset));
        Ok(Some(GotoDefinitionResponse::Array(found.await?)))
    }

    async fn goto_type_definition(
        &self,
        params: request::GotoTypeDefinitionParams,
    ) -> Result<Option<request::GotoTypeDefinitionResponse>> {
        let at = params.text_document_position_params;
        let found = self.positioned(at, Kind::Linked, |it, offset, _| {
            ide::type_definition(&it.db, &it.document, &it.live.places, offset)
        });
        Ok(Some(GotoDefinitionResponse::Array(found.await?)))
    }

    async fn goto_implementation(
        &self,
        params: request::GotoImplementationParams,
    ) -> Result<Option<request::GotoImplementationResponse>> {
        let at = params.text_document_position_params;
        let found = self.positioned(at, Kind::Linked, |it, offset, _| {
            ide::implementation(&it.db, &it.document, &it.live.places, offset)
        });
        Ok(Some(GotoDefinitionResponse::Array(found.await?)))
    }

    async fn prepare_call_hierarchy(
        &self,
        params: CallHierarchyPrepareParams,
    ) -> Result<Option<Vec<CallHierarchyItem>>> {
        let at = params.text_document_position_params;
        let found = self.positioned(at, Kind::Linked, |it, offset, _| {
            ide::call_items(&it.db, &it.document, &it.live.places, offset)
        });
        found.await.map(Some)
    }

    async fn incoming_calls(
        &self,
        params: CallHierarchyIncomingCallsParams,
    ) -> Result<Option<Vec<CallHierarchyIncomingCall>>> {
        let item = params.item;
        let found = self.about_item(&item.uri, item.selection_range.start, |it, offset| {
            to_proto::Incoming(ide::incoming_calls(&it.db, &it.document, &it.live.places, offset))
        });
        found.await.map(Some)
    }

    async fn outgoing_calls(
        &self,
        params: CallHierarchyOutgoingCallsParams,
    ) -> Result<Option<Vec<CallHierarchyOutgoingCall>>> {
        let item = params.item;
        let found = self.about_item(&item.uri, item.selection_range.start, |it, offset| {
            to_proto::Outgoing(ide::outgoing_calls(&it.db, &it.document, &it.live.places, offset))
        });
        found.await.map(Some)
    }

    async fn prepare_type_hierarchy(&self, params: TypeHierarchyPrepareParams) -> Result<Types> {
        self.types_at(params).await
    }

    async fn supertypes(&self, params: TypeHierarchySupertypesParams) -> Result<Types> {
        self.types_above(params).await
    }

    async fn subtypes(&self, params: TypeHierarchySubtypesParams) -> Result<Types> {
        self.types_below(params).await
    }

    async fn will_rename_files(&self, params: RenameFilesParams) -> Result<Option<WorkspaceEdit>> {
        let pairs: Vec<_> = params.files.iter().filter_map(from_proto::renamed).collect();
        let answer = self.ask_for(world::WORKSPACE.into(), Kind::WholeDocument, move |it, features| {
            let moved = ide::rename_files(&it.db, &pairs);
            let edit = (!moved.edits.is_empty()).then(|| to_proto::file_rename(&moved.edits, it, features));
            (edit, moved.problems)
        });
        let (edit, problems) = answer.await?;
        if !problems.is_empty() {
            self.client.show_message(MessageType::WARNING, problems.join("\n")).await;
        }
        Ok(edit)
    }

    async fn did_change_workspace_folders(&self, params: DidChangeWorkspaceFoldersParams) {
        if let Ok(session) = self.session() {
            let paths =
                |folders: &[WorkspaceFolder]| folders.iter().filter_map(|it| from_proto::path(&it.uri)).collect();
            session.world.changed_folders(paths(&params.event.added), paths(&params.event.removed));
        }
    }

    async fn references(&self, params: ReferenceParams) -> Result<Option<Vec<Location>>> {
        let with_definition = params.context.include_declaration;
        self.written_at(params.text_document_position, Kind::Everywhere, move |it, offset, _| {
            ide::references(&it.db, &it.document, &it.live.places, offset, with_definition)
        })
        .await
    }

    async fn document_highlight(&self, params: DocumentHighlightParams) -> Result<Option<Vec<DocumentHighlight>>> {
        let at = params.text_document_position_params;
        self.written_at(at, Kind::Positioned, |it, offset, _| {
            ide::highlights(&it.db, &it.document, &it.live.places, offset)
        })
        .await
    }

    async fn prepare_rename(&self, params: TextDocumentPositionParams) -> Result<Option<PrepareRenameResponse>> {
        let answer = self.positioned(params, Kind::Everywhere, |it, offset, _| {
            ide::prepare_rename(&it.db, &it.document, &it.live, offset)
        });
        let (range, placeholder) = answer.await?.map_err(|reason| failed(REQUEST_FAILED, reason))?;
        Ok(Some(PrepareRenameResponse::RangeWithPlaceholder { range, placeholder }))
    }

    async fn rename(&self, params: RenameParams) -> Result<Option<WorkspaceEdit>> {
        let (at, new) = (params.text_document_position, params.new_name);
        let answer = self.ask_for(from_proto::uri(&at.text_document.uri), Kind::Everywhere, move |it, features| {
            let offset = from_proto::offset(at.position, &it.document, features.encoding);
            let renamed = ide::rename(&it.db, &it.document, &it.live, offset, &new)?;
            let (edit, notice) = to_proto::rename(&renamed, &new, it, features);
            Ok::<_, String>((Written::of(&edit, || it.db.poll()), notice))
        });
        let (written, notice) = answer.await?.map_err(|reason| failed(REQUEST_FAILED, reason))?;
        if let Some(notice) = notice {
            self.client.show_message(MessageType::INFO, notice).await;
        }
        written.map_err(unwritable)?.put();
        Ok(None)
    }

    async fn completion(&self, params: CompletionParams) -> Result<Option<CompletionResponse>> {
        self.written_at(params.text_document_position, Kind::Linked, |it, offset, features| {
            ide::completion::completions(&it.db, &it.document, &it.live, offset, features.snippets)
        })
        .await
    }

    async fn completion_resolve(&self, mut item: CompletionItem) -> Result<CompletionItem> {
        let data = item.data.as_ref().and_then(to_proto::data);
        let Some((uri, data)) = data.and_then(|(uri, data)| Some((Url::parse(&uri).ok()?, data))) else {
            return Ok(item);
        };
        let found = self.ask(&uri, Kind::WholeDocument, move |it, features| {
            let found = ide::completion::documentation(&it.db, &it.document, &it.live, &data)?;
            Some(to_proto::item_documentation(found, features))
        });
        item.documentation = found.await?;
        Ok(item)
    }

    async fn signature_help(&self, params: SignatureHelpParams) -> Result<Option<SignatureHelp>> {
        let at = params.text_document_position_params;
        self.positioned(at, Kind::Linked, |it, offset, _| ide::signatures(&it.db, &it.document, &it.live, offset)).await
    }

    async fn document_symbol(&self, params: DocumentSymbolParams) -> Result<Option<DocumentSymbolResponse>> {
        let uri = params.text_document.uri;
        let name = uri.clone();
        self.written(from_proto::uri(&uri), Kind::WholeDocument, move |it, features| {
            let symbols = ide::symbols(&it.db, &it.document, &it.live);
            let symbols =
                it.db.while_wanted(&symbols).map(|symbol| to_proto::symbol(symbol, &it.document, features.encoding));
            let symbols: Vec<_> = symbols.collect();
            if features.symbol_tree {
                DocumentSymbolResponse::Nested(symbols)
            } else {
                DocumentSymbolResponse::Flat(to_proto::flat(&name, symbols, None))
            }
        })
        .await
    }

    async fn symbol(&self, params: WorkspaceSymbolParams) -> Result<Option<Vec<SymbolInformation>>> {
        let query = params.query;
        self.written(world::WORKSPACE.into(), Kind::WholeDocument, move |it, features| {
            ide::workspace_symbols(&it.db, &query).to_proto(it, features)
        })
        .await
    }

    async fn document_link(&self, params: DocumentLinkParams) -> Result<Option<Vec<DocumentLink>>> {
        self.written(from_proto::uri(&params.text_document.uri), Kind::WholeDocument, |it, features| {
            ide::links(&it.db, &it.document, &it.live.places).to_proto(it, features)
        })
        .await
    }

    async fn folding_range(&self, params: FoldingRangeParams) -> Result<Option<Vec<FoldingRange>>> {
        self.written(from_proto::uri(&params.text_document.uri), Kind::WholeDocument, |it, features| {
            ide::folds(&it.db, &it.document).to_proto(it, features)
        })
        .await
    }

    async fn selection_range(&self, params: SelectionRangeParams) -> Result<Option<Vec<SelectionRange>>> {
        let positions = params.positions;
        let found = self.ask(&params.text_document.uri, Kind::Positioned, move |it, features| {
            let range = |&position: &Position| {
                let offset = from_proto::offset(position, &it.document, features.encoding);
                to_proto::selection(&ide::selection(&it.db, &it.document, offset), it, features)
            };
            positions.iter().map(range).collect()
        });
        found.await.map(Some)
    }

    async fn linked_editing_range(&self, params: LinkedEditingRangeParams) -> Result<Option<LinkedEditingRanges>> {
        let at = params.text_document_position_params;
        self.positioned(at, Kind::Positioned, |it, offset, _| ide::linked(&it.db, &it.document, offset)).await
    }

    async fn semantic_tokens_full(&self, params: SemanticTokensParams) -> Result<Option<SemanticTokensResult>> {
        self.tokens(params.text_document.uri, None).await
    }

    async fn semantic_tokens_full_delta(
        &self,
        params: SemanticTokensDeltaParams,
    ) -> Result<Option<SemanticTokensFullDeltaResult>> {
        self.tokens(params.text_document.uri, Some(params.previous_result_id)).await
    }

    async fn semantic_tokens_range(
        &self,
        params: SemanticTokensRangeParams,
    ) -> Result<Option<SemanticTokensRangeResult>> {
        let range = params.range;
        self.written(from_proto::uri(&params.text_document.uri), Kind::Positioned, move |it, features| {
            let within = from_proto::range(range, &it.document, features.encoding);
            let found =
                ide::semantic_tokens_within(&it.db, &it.document, (&it.live.checks.host, &it.live.places), within);
            Part(Encoded::new(found, &it.document, features.encoding))
        })
        .await
    }

    async fn formatting(&self, params: DocumentFormattingParams) -> Result<Option<Vec<TextEdit>>> {
        let options = self.format_options(&params.options);
        self.written(from_proto::uri(&params.text_document.uri), Kind::WholeDocument, move |it, features| {
            ide::format(&it.db, &it.document, options, None).to_proto(it, features)
        })
        .await
    }

    async fn range_formatting(&self, params: DocumentRangeFormattingParams) -> Result<Option<Vec<TextEdit>>> {
        let (options, range) = (self.format_options(&params.options), params.range);
        self.written(from_proto::uri(&params.text_document.uri), Kind::Positioned, move |it, features| {
            let range = from_proto::range(range, &it.document, features.encoding);
            ide::format(&it.db, &it.document, options, Some(range)).to_proto(it, features)
        })
        .await
    }

    async fn on_type_formatting(&self, params: DocumentOnTypeFormattingParams) -> Result<Option<Vec<TextEdit>>> {
        let options = self.format_options(&params.options);
        let found = self.positioned(params.text_document_position, Kind::Positioned, move |it, offset, _| {
            ide::format_on_type(&it.db, &it.document, options, offset)
        });
        found.await.map(Some)
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        let range = params.range;
        let wanted = params.context.only;
        let indent = *self.indent.lock().unwrap_or_else(PoisonError::into_inner);
        self.written(from_proto::uri(&params.text_document.uri), Kind::Positioned, move |it, features| {
            let range = from_proto::range(range, &it.document, features.encoding);
            let live = ide::Live { indent, ..(*it.live).clone() };
            // What is done to the whole file is worked out only for those who ask for that.
            let wants = |kind: &ide::ActionKind| {
                let kind = to_proto::action_kind(*kind);
                wanted.iter().flatten().any(|wanted| is_kind(Some(&kind), wanted))
            };
            let whole = [ide::ActionKind::FixAll, ide::ActionKind::OrganizeImports];
            let whole: Vec<_> = whole.into_iter().filter(wants).collect();
            let mut found = ide::source_actions(&it.db, &it.document, &live, &whole);
            found.extend(ide::actions(&it.db, &it.document, &live, range));
            let all = it.db.while_wanted(&found).map(|action| to_proto::action(action, it, features));
            let fits = |action: &CodeAction| {
                wanted.as_ref().is_none_or(|wanted| wanted.iter().any(|kind| is_kind(action.kind.as_ref(), kind)))
            };
            all.filter(fits).map(CodeActionOrCommand::CodeAction).collect::<Vec<_>>()
        })
        .await
    }

    async fn code_lens(&self, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>> {
        self.written(from_proto::uri(&params.text_document.uri), Kind::WholeDocument, |it, features| {
            let lenses = ide::lenses(&it.db, &it.document, &it.live);
            it.db
                .while_wanted(&lenses)
                .map(|lens| to_proto::lens(lens, &it.document, features.encoding))
                .collect::<Vec<_>>()
        })
        .await
    }

    async fn inlay_hint(&self, params: InlayHintParams) -> Result<Option<Vec<InlayHint>>> {
        let range = params.range;
        self.written(from_proto::uri(&params.text_document.uri), Kind::Positioned, move |it, features| {
            let encoding = features.encoding;
            let range = from_proto::range(range, &it.document, encoding);
            let hints = ide::inlay_hints(&it.db, &it.document, &it.live, Some(range));
            let code = ide::code_hints(&it.db, &it.document, &it.live, range);
            let code = it.db.while_wanted(&code).map(|hint| to_proto::code_hint(hint, &it.document, encoding));
            let hints = it.db.while_wanted(&hints).map(|hint| to_proto::inlay_hint(hint, &it.document, encoding));
            hints.chain(code).collect::<Vec<_>>()
        })
        .await
    }

    async fn diagnostic(&self, params: DocumentDiagnosticParams) -> Result<DocumentDiagnosticReportResult> {
        let before = params.previous_result_id;
        let world = self.session()?.world.clone();
        let told = self.written(from_proto::uri(&params.text_document.uri), Kind::Told, move |it, features| {
            let diagnostics = ide::diagnostics(&it.db, &it.document, &it.live);
            world.told(&it.document.uri, &diagnostics);
            let items =
                it.db.while_wanted(diagnostics.iter()).map(|item| to_proto::diagnostic(item, &it.document, features));
            report(items.collect(), before.as_deref())
        });
        // What was written takes the place of the empty report.
        Ok(told.await?.unwrap_or_else(|| report(Vec::new(), None)))
    }

    async fn workspace_diagnostic(&self, params: WorkspaceDiagnosticParams) -> Result<WorkspaceDiagnosticReportResult> {
        let session = self.session()?;
        let with = (&session.world, &self.wire, session.features);
        let report = sweep::answer(with, session.swept.clone(), params).await.map_err(refused)?;
        // It may be large, and this thread reads messages.
        let written = tokio::task::spawn_blocking(move || Written::of(&report, || {})).await;
        let written = written.map_err(|_| refused(Refused::Ended))?;
        written.map_err(unwritable)?.put();
        Ok(WorkspaceDiagnosticReportResult::Report(WorkspaceDiagnosticReport::default()))
    }

    async fn execute_command(&self, params: ExecuteCommandParams) -> Result<Option<Value>> {
        let command = from_proto::command(&params).map_err(|text| failed(ErrorCode::InvalidParams, text))?;
        let answer = self.session()?.world.command(command);
        let reply = answer.await.map_err(|_| refused(Refused::Ended))?;
        if reply.state == "refused" {
            self.client.show_message(MessageType::WARNING, &reply.text).await;
        }
        Ok(Some(json!({ "state": reply.state, "run": reply.run.map(|run| run.0), "text": reply.text })))
    }
}

/// Whether a kind is another one or one of its parts: `refactor` stands for `refactor.extract`, too.
fn is_kind(kind: Option<&CodeActionKind>, wanted: &CodeActionKind) -> bool {
    let rest = kind.and_then(|kind| kind.as_str().strip_prefix(wanted.as_str()));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// A pull report: all diagnostics, or the news that they are what the client has.
fn report(items: Vec<Diagnostic>, before: Option<&str>) -> DocumentDiagnosticReportResult {
    let result_id = sweep::result_id(&items);
    DocumentDiagnosticReportResult::Report(if before == Some(&*result_id) {
        DocumentDiagnosticReport::Unchanged(RelatedUnchangedDocumentDiagnosticReport {
            related_documents: None,
            unchanged_document_diagnostic_report: UnchangedDocumentDiagnosticReport { result_id },
        })
    } else {
        DocumentDiagnosticReport::Full(RelatedFullDocumentDiagnosticReport {
            related_documents: None,
            full_document_diagnostic_report: FullDocumentDiagnosticReport { result_id: Some(result_id), items },
        })
    })
}
