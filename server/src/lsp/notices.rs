//! News for the client: notices of the world become messages, or nothing where the client has no use for them.
//!
//! A thread of its own takes them from a channel, in order, since the diagnostics of a large file take a while to be written. Invariants: nothing is published twice; no request to the client is waited
//! for; output reaches a client without extensions as log messages, line by line.

use super::capabilities::ClientFeatures;
use super::transport::WireSender;
use super::watchers::Watched;
use super::{ext, to_proto};
use crate::ide::{self, HintKind, StatusState};
use crate::recording::Tier;
use crate::world::{DocumentView, Notice, OutputKind, Refresh};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::watch::Sender;
use tower_lsp::Client;
use tower_lsp::lsp_types::notification::{Notification as _, PublishDiagnostics};
use tower_lsp::lsp_types::{Diagnostic, MessageType, PublishDiagnosticsParams, Url};

/// What the task remembers between notices.
struct Teller {
    client: Client,
    wire: WireSender,
    features: ClientFeatures,
    /// Takes the files that are to be watched.
    watched: Sender<Watched>,
    /// The diagnostics that were published last, with their version.
    published: HashMap<Arc<str>, (i32, Arc<[ide::Diagnostic]>)>,
    /// The values that were told last, with their version: a client drops what belongs to another one.
    values: HashMap<Arc<str>, (i32, Vec<ext::ValueItem>)>,
    tiers: HashMap<Arc<str>, ext::TiersParams>,
    sequence: u64,
    /// The unfinished last line of each run's output, for clients that take whole lines.
    partial: HashMap<u64, String>,
}

/// Tells notices until the world ends, from a thread of its own; called on the event loop.
///
/// # Errors
/// If the system gives no thread.
pub fn start(
    client: (Client, WireSender),
    features: ClientFeatures,
    notices: UnboundedReceiver<Notice>,
    watched: Sender<Watched>,
) -> std::io::Result<()> {
    let event_loop = tokio::runtime::Handle::current();
    let teller = std::thread::Builder::new().name("notices".into());
    teller.spawn(move || event_loop.block_on(tell(client, features, notices, watched)))?;
    Ok(())
}

async fn tell(
    (client, wire): (Client, WireSender),
    features: ClientFeatures,
    mut notices: UnboundedReceiver<Notice>,
    watched: Sender<Watched>,
) {
    let mut teller = Teller {
        client,
        wire,
        features,
        watched,
        published: HashMap::new(),
        values: HashMap::new(),
        tiers: HashMap::new(),
        sequence: 0,
        partial: HashMap::new(),
    };
    while let Some(notice) = notices.recv().await {
        teller.tell(notice).await;
    }
}

impl Teller {
    async fn tell(&mut self, notice: Notice) {
        match notice {
            Notice::Diagnostics { document, diagnostics } => self.diagnostics(&document, diagnostics),
            Notice::Closed { uri } => self.closed(&uri),
            Notice::Output { uri, run, kind, text, .. } => self.output(&uri, run.0, kind, text).await,
            Notice::Status(status) => self.status(status).await,
            Notice::Live { document, tiers, hints } => {
                self.values(&document, &hints).await;
                self.tiers(&document, &tiers).await;
            }
            Notice::Refresh(refresh) => self.refresh(refresh),
            Notice::Profiles(files) => self.watch(files),
            Notice::Message { show: true, text } => self.client.show_message(MessageType::WARNING, text).await,
            Notice::Message { show: false, text } => self.client.log_message(MessageType::WARNING, text).await,
        }
    }

    fn diagnostics(&mut self, document: &DocumentView, diagnostics: Arc<[ide::Diagnostic]>) {
        if self.features.pulls_diagnostics {
            return;
        }
        // Equal versions have equal texts, so equal places in bytes are equal places of the protocol.
        let is_same = |(version, told): &(i32, Arc<[ide::Diagnostic]>)| {
            *version == document.version && (Arc::ptr_eq(told, &diagnostics) || *told == diagnostics)
        };
        if self.published.get(&document.uri).is_some_and(is_same) {
            return;
        }
        if let Ok(uri) = Url::parse(&document.uri) {
            let all = diagnostics.iter().map(|it| to_proto::diagnostic(it, document, &self.features)).collect();
            self.publish(uri, all, Some(document.version));
        }
        self.published.insert(document.uri.clone(), (document.version, diagnostics));
    }

    fn closed(&mut self, uri: &Arc<str>) {
        self.values.remove(uri);
        self.tiers.remove(uri);
        if self.published.remove(uri).is_some_and(|(_, told)| !told.is_empty())
            && let Ok(uri) = Url::parse(uri)
        {
            self.publish(uri, Vec::new(), None);
        }
    }

    /// All of them go one way, so that they arrive in order.
    fn publish(&self, uri: Url, diagnostics: Vec<Diagnostic>, version: Option<i32>) {
        let params = PublishDiagnosticsParams { uri, diagnostics, version };
        self.wire.notify(PublishDiagnostics::METHOD, &params);
    }

    async fn output(&mut self, uri: &str, run: u64, kind: OutputKind, text: String) {
        if self.features.push_output {
            let kind = match kind {
                OutputKind::Start => "start",
                OutputKind::Out => "out",
                OutputKind::Error => "error",
                OutputKind::End => "end",
            };
            let params = ext::OutputParams { uri: uri.to_owned(), run, kind: kind.to_owned(), text };
            self.client.send_notification::<ext::Output>(params).await;
            return;
        }
        let partial = self.partial.entry(run).or_default();
        partial.push_str(&text);
        let whole = if kind == OutputKind::End {
            std::mem::take(partial)
        } else {
            let behind = partial.rfind('\n').map_or(0, |at| at + 1);
            partial.drain(..behind).collect()
        };
        if kind == OutputKind::End {
            self.partial.remove(&run);
        }
        let level = if kind == OutputKind::Error { MessageType::ERROR } else { MessageType::LOG };
        if !whole.trim().is_empty() {
            self.client.log_message(level, whole.trim_end_matches('\n')).await;
        }
    }

    async fn status(&self, status: ide::Status) {
        if !self.features.push_status {
            return;
        }
        let state = match status.state {
            StatusState::Idle => "idle",
            StatusState::Evaluating => "evaluating",
            StatusState::Running => "running",
            StatusState::Cut => "cut",
            StatusState::Blocked => "blocked",
            StatusState::Off => "off",
        };
        let params = ext::StatusParams {
            state: state.to_owned(),
            text: status.text,
            trust: status.trust.name().to_owned(),
            worker_restarts: status.worker_restarts,
        };
        self.client.send_notification::<ext::StatusChanged>(params).await;
    }

    async fn values(&mut self, document: &DocumentView, hints: &[ide::InlayHint]) {
        if !self.features.push_values {
            return;
        }
        let encoding = self.features.encoding;
        let items: Vec<_> = hints
            .iter()
            .filter(|hint| hint.kind != HintKind::Tier)
            .map(|hint| ext::ValueItem {
                id: hint.id.clone(),
                range: to_proto::range(minilive_syntax::TextRange::empty(hint.offset), document, encoding),
                text: hint.label.clone(),
                state: to_proto::hint_state(hint.kind).to_owned(),
                tooltip: hint.tooltip.clone(),
            })
            .collect();
        let now = (document.version, items);
        if self.values.get(&document.uri) == Some(&now) {
            return;
        }
        self.sequence += 1;
        let params = ext::ValuesParams {
            uri: document.uri.to_string(),
            version: document.version,
            sequence: self.sequence,
            full: true,
            items: now.1.clone(),
            removed: Vec::new(),
        };
        self.values.insert(document.uri.clone(), now);
        self.client.send_notification::<ext::Values>(params).await;
    }

    async fn tiers(&mut self, document: &DocumentView, tiers: &[ide::FunctionTier]) {
        if !self.features.push_tiers {
            return;
        }
        let encoding = self.features.encoding;
        let functions = tiers.iter().map(|it| ext::TierItem {
            id: it.id.clone(),
            name: it.name.clone(),
            range: to_proto::range(it.range, document, encoding),
            tier: tier_name(it.tier).to_owned(),
            text: it.label.clone(),
            recording: it.recording,
            calls: it.calls,
            reason: it.reason.clone(),
        });
        let params = ext::TiersParams {
            uri: document.uri.to_string(),
            version: document.version,
            functions: functions.collect(),
        };
        if self.tiers.insert(document.uri.clone(), params.clone()) != Some(params.clone()) {
            self.client.send_notification::<ext::Tiers>(params).await;
        }
    }

    /// Has files watched instead of those before.
    fn watch(&self, files: Watched) {
        self.watched.send_if_modified(|before| {
            let differs = *before != files;
            *before = files;
            differs
        });
    }

    /// Asks the client to ask again, without waiting for its answer.
    fn refresh(&self, refresh: Refresh) {
        let (client, features) = (self.client.clone(), self.features);
        tokio::spawn(async move {
            // A client that refuses has said so before or does not care.
            let _ = match refresh {
                Refresh::Hints if features.refresh_hints => client.inlay_hint_refresh().await,
                Refresh::Lenses if features.refresh_lenses => client.code_lens_refresh().await,
                Refresh::Diagnostics if features.pulls_diagnostics => client.workspace_diagnostic_refresh().await,
                _ => Ok(()),
            };
        });
    }
}

fn tier_name(tier: Tier) -> &'static str {
    match tier {
        Tier::Interpreter => "interp",
        Tier::Baseline => "baseline",
        Tier::Native => "native",
        Tier::Left => "deopt",
    }
}
