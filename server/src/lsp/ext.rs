//! Our own additions to the protocol: accelerators that a client may declare, described in `docs/lsp-extensions.md`.
//!
//! `notices` sends the notifications, `backend` takes [`DID_CHANGE_TRUST`] and the commands. Invariant: everything that these
//! carry can also be had with standard methods; a payload names the version of the document it belongs to.

use serde::{Deserialize, Serialize};
use tower_lsp::lsp_types::Range;
use tower_lsp::lsp_types::notification::Notification;

/// The version of these extensions, told in `experimental.minilive.version`.
pub const VERSION: u32 = 1;

/// Client → server: the folder's level has changed.
pub const DID_CHANGE_TRUST: &str = "minilive/didChangeTrust";

/// All custom methods, as told in the server's capabilities.
pub const METHODS: [&str; 5] = [DID_CHANGE_TRUST, Output::METHOD, StatusChanged::METHOD, Values::METHOD, Tiers::METHOD];

/// The commands of `workspace/executeCommand`.
pub const COMMANDS: [&str; 6] = [RUN, RUN_EXAMPLE, STOP, STOP_ALL, TRUST, RESTART_WORKER];

/// `[uri?, version?]`: runs the file; without a document, the one that was opened, edited or asked about last.
pub const RUN: &str = "minilive.run";
/// `[uri?, version?, function?, example?]`: runs an example.
pub const RUN_EXAMPLE: &str = "minilive.runExample";
/// `[uri?]`: stops what runs of a document.
pub const STOP: &str = "minilive.stop";
/// `[]`: stops everything.
pub const STOP_ALL: &str = "minilive.stopAll";
/// `[uri?, level?]`: trusts the folder, fully where no level is named.
pub const TRUST: &str = "minilive.trust";
/// `[]`: starts the worker processes anew.
pub const RESTART_WORKER: &str = "minilive.restartWorker";

/// What [`DID_CHANGE_TRUST`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustParams {
    /// `off`, `interpretOnly` or `full`.
    pub trust: String,
}

/// Server → client: output of a run that a person asked for.
#[derive(Debug)]
pub enum Output {}

/// What [`Output`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputParams {
    /// The document.
    pub uri: String,
    /// The run.
    pub run: u64,
    /// `start`, `out`, `error` or `end`.
    pub kind: String,
    /// The text with its own line ends.
    pub text: String,
}

impl Notification for Output {
    type Params = OutputParams;
    const METHOD: &'static str = "minilive/output";
}

/// Server → client: what the server does as a whole.
#[derive(Debug)]
pub enum StatusChanged {}

/// What [`StatusChanged`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusParams {
    /// `idle`, `evaluating`, `running`, `cut`, `blocked` or `off`.
    pub state: String,
    /// A few words, ready to show.
    pub text: String,
    /// `off`, `interpretOnly` or `full`.
    pub trust: String,
    /// How often a worker had to be started anew.
    pub worker_restarts: u32,
}

impl Notification for StatusChanged {
    type Params = StatusParams;
    const METHOD: &'static str = "minilive/status";
}

/// Server → client: values of a document, as its inlay hints show them.
#[derive(Debug)]
pub enum Values {}

/// What [`Values`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValuesParams {
    /// The document.
    pub uri: String,
    /// Its version.
    pub version: i32,
    /// Counts the notifications of this kind.
    pub sequence: u64,
    /// Whether everything told earlier is to be forgotten.
    pub full: bool,
    /// New and changed items.
    pub items: Vec<ValueItem>,
    /// Items that are gone.
    pub removed: Vec<String>,
}

/// One value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueItem {
    /// Stable while the text around it is.
    pub id: String,
    /// Where it is shown; its end is the end of the line.
    pub range: Range,
    /// As in the hint: `= 21`.
    pub text: String,
    /// `fresh`, `pending`, `stale`, `cut`, `error` or `blocked`.
    pub state: String,
    /// More about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tooltip: Option<String>,
}

impl Notification for Values {
    type Params = ValuesParams;
    const METHOD: &'static str = "minilive/values";
}

/// Server → client: the functions of a document and what their code is.
#[derive(Debug)]
pub enum Tiers {}

/// What [`Tiers`] carries: always the full list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TiersParams {
    /// The document.
    pub uri: String,
    /// Its version.
    pub version: i32,
    /// In source order.
    pub functions: Vec<TierItem>,
}

/// One function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierItem {
    /// Stable over edits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its text, from the header on.
    pub range: Range,
    /// `native`, `baseline`, `interp` or `deopt`.
    pub tier: String,
    /// As in the hint: `⚡native`.
    pub text: String,
    /// Whether it is the code that keeps values, which is slower than that of a plain run.
    pub recording: bool,
    /// How often it was entered.
    pub calls: u64,
    /// Why it is not faster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Notification for Tiers {
    type Params = TiersParams;
    const METHOD: &'static str = "minilive/tiers";
}
