//! What the client can do, read once, and what the server says it can do.
//!
//! `backend` calls both in `initialize`. Invariant: nothing is sent to a client that it has not declared.

use super::docs::Page;
use super::ext;
use crate::evaluate::Trust;
use crate::line_index::Encoding;
use serde_json::{Value, json};
use tower_lsp::lsp_types::{
    CallHierarchyServerCapability, ClientCapabilities, CodeActionKind, CodeActionOptions, CodeActionProviderCapability,
    CodeLensOptions, CompletionOptions, DiagnosticOptions, DiagnosticServerCapabilities, DocumentLinkOptions,
    DocumentOnTypeFormattingOptions, ExecuteCommandOptions, FileOperationFilter, FileOperationPattern,
    FileOperationPatternKind, FileOperationRegistrationOptions, FoldingRangeProviderCapability,
    HoverProviderCapability, ImplementationProviderCapability, InitializeParams, LinkedEditingRangeServerCapabilities,
    OneOf, PositionEncodingKind, RenameOptions, SaveOptions, SelectionRangeProviderCapability,
    SemanticTokensServerCapabilities, ServerCapabilities, SignatureHelpOptions, TextDocumentSyncCapability,
    TextDocumentSyncKind, TextDocumentSyncOptions, TextDocumentSyncSaveOptions, TypeDefinitionProviderCapability,
    WorkDoneProgressOptions, WorkspaceFileOperationsServerCapabilities, WorkspaceFoldersServerCapabilities,
    WorkspaceServerCapabilities,
};

/// What matters of a client's capabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClientFeatures {
    /// How it counts columns.
    pub encoding: Encoding,
    /// It asks for diagnostics itself, and does so again when told to. Any other client has them pushed: run-time errors
    /// come while the text stays the same, when nobody would ask.
    pub pulls_diagnostics: bool,
    /// It can be asked to ask for hints again.
    pub refresh_hints: bool,
    /// … for lenses.
    pub refresh_lenses: bool,
    /// It can be asked for its settings.
    pub configuration: bool,
    /// It wants to be told that we want to know when they change.
    pub registers_configuration: bool,
    /// It can watch files, which may be modules.
    pub watches_files: bool,
    /// … also by a folder and a pattern below it, wherever the folder is.
    pub relative_patterns: bool,
    /// It shows the other places that a diagnostic is about.
    pub related_places: bool,
    /// It leads to what a code means, on this page.
    pub page: Option<&'static Page>,
    /// It reads Markdown in hovers.
    pub markdown: bool,
    /// It takes symbols as a tree.
    pub symbol_tree: bool,
    /// It can fill in places of inserted code.
    pub snippets: bool,
    /// It applies edits to documents of a version, not only to files.
    pub versioned_edits: bool,
    /// It asks a person before it makes edits that are marked for that.
    pub confirms_edits: bool,
    /// It draws values itself.
    pub push_values: bool,
    /// It draws tiers itself.
    pub push_tiers: bool,
    /// It has a place for output.
    pub push_output: bool,
    /// It has a status line.
    pub push_status: bool,
    /// The level it gave.
    pub trust: Option<Trust>,
}

impl ClientFeatures {
    /// Reads what a client declares.
    pub fn of(params: &InitializeParams) -> ClientFeatures {
        let caps = &params.capabilities;
        let workspace = caps.workspace.as_ref();
        let document = caps.text_document.as_ref();
        let ours = caps.experimental.as_ref().and_then(|it| it.get("minilive"));
        let has = |name: &str| match ours {
            Some(Value::Object(ours)) => ours.get(name).and_then(Value::as_bool).unwrap_or(false),
            Some(Value::Bool(all)) => *all,
            _ => false,
        };
        let hover = document.and_then(|it| it.hover.as_ref()).and_then(|it| it.content_format.as_ref());
        let diagnostics = document.and_then(|it| it.publish_diagnostics.as_ref());
        let symbols = document.and_then(|it| it.document_symbol.as_ref());
        ClientFeatures {
            encoding: encoding(caps),
            pulls_diagnostics: document.is_some_and(|it| it.diagnostic.is_some())
                && workspace.and_then(|it| it.diagnostic.as_ref()).and_then(|it| it.refresh_support).unwrap_or(false),
            refresh_hints: workspace
                .and_then(|it| it.inlay_hint.as_ref())
                .and_then(|it| it.refresh_support)
                .unwrap_or(false),
            refresh_lenses: workspace
                .and_then(|it| it.code_lens.as_ref())
                .and_then(|it| it.refresh_support)
                .unwrap_or(false),
            configuration: workspace.and_then(|it| it.configuration).unwrap_or(false),
            registers_configuration: workspace
                .and_then(|it| it.did_change_configuration)
                .and_then(|it| it.dynamic_registration)
                .unwrap_or(false),
            watches_files: workspace
                .and_then(|it| it.did_change_watched_files.as_ref())
                .and_then(|it| it.dynamic_registration)
                .unwrap_or(false),
            relative_patterns: workspace
                .and_then(|it| it.did_change_watched_files.as_ref())
                .and_then(|it| it.relative_pattern_support)
                .unwrap_or(false),
            related_places: diagnostics.and_then(|it| it.related_information).unwrap_or(false),
            page: diagnostics
                .filter(|it| it.code_description_support == Some(true))
                .and_then(|_| super::docs::page(params.initialization_options.as_ref()?)),
            markdown: hover.is_some_and(|formats| formats.contains(&tower_lsp::lsp_types::MarkupKind::Markdown)),
            symbol_tree: symbols.and_then(|it| it.hierarchical_document_symbol_support).unwrap_or(false),
            snippets: document
                .and_then(|it| it.completion.as_ref()?.completion_item.as_ref()?.snippet_support)
                .unwrap_or(false),
            versioned_edits: workspace
                .and_then(|it| it.workspace_edit.as_ref())
                .and_then(|it| it.document_changes)
                .unwrap_or(false),
            confirms_edits: workspace
                .and_then(|it| it.workspace_edit.as_ref())
                .is_some_and(|it| it.document_changes == Some(true) && it.change_annotation_support.is_some()),
            push_values: has("values"),
            push_tiers: has("tiers"),
            push_output: has("output"),
            push_status: has("status"),
            trust: trust(params.initialization_options.as_ref()),
        }
    }
}

/// UTF-8 where the client can, else the protocol's default.
fn encoding(caps: &ClientCapabilities) -> Encoding {
    let offered = caps.general.as_ref().and_then(|general| general.position_encodings.as_ref());
    match offered {
        Some(offered) if offered.contains(&PositionEncodingKind::UTF8) => Encoding::Utf8,
        _ => Encoding::Utf16,
    }
}

/// `initializationOptions.trust`, or the same below `minilive`.
fn trust(options: Option<&Value>) -> Option<Trust> {
    let options = options?;
    let level = options.get("trust").or_else(|| options.get("minilive")?.get("trust"));
    level.and_then(Value::as_str).and_then(Trust::from_name)
}

/// What is told of folders and files.
fn workspace() -> WorkspaceServerCapabilities {
    let filter = |glob: &str, matches: FileOperationPatternKind| FileOperationFilter {
        scheme: Some("file".to_owned()),
        pattern: FileOperationPattern { glob: glob.to_owned(), matches: Some(matches), options: None },
    };
    let moved = vec![filter("**/*.ms", FileOperationPatternKind::File), filter("**", FileOperationPatternKind::Folder)];
    WorkspaceServerCapabilities {
        workspace_folders: Some(WorkspaceFoldersServerCapabilities {
            supported: Some(true),
            change_notifications: Some(OneOf::Left(true)),
        }),
        file_operations: Some(WorkspaceFileOperationsServerCapabilities {
            will_rename: Some(FileOperationRegistrationOptions { filters: moved }),
            ..WorkspaceFileOperationsServerCapabilities::default()
        }),
    }
}

/// What the server can do for such a client.
pub fn server(client: &ClientFeatures) -> ServerCapabilities {
    ServerCapabilities {
        position_encoding: Some(match client.encoding {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
        }),
        text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::INCREMENTAL),
            save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions { include_text: Some(false) })),
            ..TextDocumentSyncOptions::default()
        })),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        completion_provider: Some(CompletionOptions {
            resolve_provider: Some(true),
            trigger_characters: Some([".", "\"", "[", "@"].map(str::to_owned).to_vec()),
            ..CompletionOptions::default()
        }),
        signature_help_provider: Some(SignatureHelpOptions {
            trigger_characters: Some(["(", ",", " "].map(str::to_owned).to_vec()),
            ..SignatureHelpOptions::default()
        }),
        definition_provider: Some(OneOf::Left(true)),
        type_definition_provider: Some(TypeDefinitionProviderCapability::Simple(true)),
        implementation_provider: Some(ImplementationProviderCapability::Simple(true)),
        call_hierarchy_provider: Some(CallHierarchyServerCapability::Simple(true)),
        workspace: Some(workspace()),
        references_provider: Some(OneOf::Left(true)),
        document_highlight_provider: Some(OneOf::Left(true)),
        rename_provider: Some(OneOf::Right(RenameOptions {
            prepare_provider: Some(true),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        })),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![
                CodeActionKind::QUICKFIX,
                CodeActionKind::REFACTOR_EXTRACT,
                CodeActionKind::REFACTOR_INLINE,
                CodeActionKind::REFACTOR_REWRITE,
                CodeActionKind::SOURCE_FIX_ALL,
                CodeActionKind::SOURCE_ORGANIZE_IMPORTS,
            ]),
            ..CodeActionOptions::default()
        })),
        workspace_symbol_provider: Some(OneOf::Left(true)),
        document_link_provider: Some(DocumentLinkOptions {
            resolve_provider: Some(false),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        }),
        folding_range_provider: Some(FoldingRangeProviderCapability::Simple(true)),
        selection_range_provider: Some(SelectionRangeProviderCapability::Simple(true)),
        linked_editing_range_provider: Some(LinkedEditingRangeServerCapabilities::Simple(true)),
        semantic_tokens_provider: Some(SemanticTokensServerCapabilities::SemanticTokensOptions(
            super::tokens::options(),
        )),
        document_formatting_provider: Some(OneOf::Left(true)),
        document_range_formatting_provider: Some(OneOf::Left(true)),
        document_on_type_formatting_provider: Some(DocumentOnTypeFormattingOptions {
            first_trigger_character: "\n".to_owned(),
            // The last letters of `end` words and of `else`.
            more_trigger_character: Some(["d", "e"].map(str::to_owned).to_vec()),
        }),
        document_symbol_provider: Some(OneOf::Left(true)),
        code_lens_provider: Some(CodeLensOptions { resolve_provider: Some(false) }),
        inlay_hint_provider: Some(OneOf::Left(true)),
        diagnostic_provider: client.pulls_diagnostics.then(|| {
            DiagnosticServerCapabilities::Options(DiagnosticOptions {
                identifier: Some("minilive".into()),
                // What a module gives, and whether anybody imports a file, is told of in other files.
                inter_file_dependencies: true,
                workspace_diagnostics: true,
                ..DiagnosticOptions::default()
            })
        }),
        execute_command_provider: Some(ExecuteCommandOptions {
            commands: ext::COMMANDS.map(str::to_owned).to_vec(),
            ..ExecuteCommandOptions::default()
        }),
        experimental: Some(json!({ "minilive": { "version": ext::VERSION, "methods": ext::METHODS } })),
        ..ServerCapabilities::default()
    }
}
