//! Completion and signatures in the protocol's terms, and back from an item that a client sends to be resolved.
//!
//! Part of `to_proto`. Invariant: what an item carries in `data` names its document, and is read back by [`data`] alone.

use super::{ToProto, range};
use crate::ide::completion::{Completions, Data, Item, ItemKind};
use crate::ide::{self, Signature};
use crate::lsp::capabilities::ClientFeatures;
use crate::world::Snapshot;
use serde_json::{Value, json};
use tower_lsp::lsp_types::{
    CompletionItem, CompletionItemKind, CompletionList, CompletionTextEdit, Documentation, InsertTextFormat,
    MarkupContent, MarkupKind, ParameterInformation, ParameterLabel, SignatureHelp, SignatureInformation, TextEdit,
};

impl ToProto for Completions {
    type Out = CompletionList;

    fn to_proto(self, snapshot: &Snapshot, features: &ClientFeatures) -> CompletionList {
        let replace = range(self.replace, &snapshot.document, features.encoding);
        let items = self.items.iter().enumerate().map(|(at, item)| CompletionItem {
            label: item.label.clone(),
            kind: Some(kind(item.kind)),
            detail: item.detail.clone(),
            sort_text: Some(format!("{at:04}")),
            filter_text: item.insert.as_ref().map(|_| item.label.clone()),
            insert_text_format: (item.kind == ItemKind::Snippet).then_some(InsertTextFormat::SNIPPET),
            text_edit: Some(CompletionTextEdit::Edit(TextEdit {
                range: item.replace.map_or(replace, |it| range(it, &snapshot.document, features.encoding)),
                new_text: item.insert.clone().unwrap_or_else(|| item.label.clone()),
            })),
            additional_text_edits: item.also.as_ref().map(|edit| {
                let range = range(edit.range, &snapshot.document, features.encoding);
                vec![TextEdit { range, new_text: edit.insert.clone() }]
            }),
            data: data_of(item, &snapshot.document.uri),
            ..CompletionItem::default()
        });
        CompletionList { is_incomplete: self.incomplete, items: items.collect() }
    }
}

fn kind(kind: ItemKind) -> CompletionItemKind {
    match kind {
        ItemKind::Variable | ItemKind::Parameter => CompletionItemKind::VARIABLE,
        ItemKind::Function => CompletionItemKind::FUNCTION,
        ItemKind::Method => CompletionItemKind::METHOD,
        ItemKind::Field => CompletionItemKind::FIELD,
        ItemKind::Keyword => CompletionItemKind::KEYWORD,
        ItemKind::Module => CompletionItemKind::MODULE,
        ItemKind::Snippet => CompletionItemKind::SNIPPET,
    }
}

fn data_of(item: &Item, uri: &str) -> Option<Value> {
    Some(match &item.data {
        Data::Nothing => return None,
        Data::Intrinsic(name) => json!({ "uri": uri, "intrinsic": name }),
        Data::Function(unit, name) => json!({ "uri": uri, "unit": unit, "function": name }),
        Data::Variable(unit, name) => json!({ "uri": uri, "unit": unit, "variable": name }),
        Data::Elsewhere(file, unit, name) => json!({ "uri": uri, "file": file, "unit": unit, "function": name }),
        Data::Field(file, unit, name) => json!({ "uri": uri, "file": file, "unit": unit, "field": name }),
        Data::Host(path) => json!({ "uri": uri, "host": path }),
    })
}

/// The document and the data of an item, if it carries any of ours.
pub fn data(value: &Value) -> Option<(String, Data)> {
    let text = |key: &str| value[key].as_str().map(str::to_owned);
    let unit = || value["unit"].as_u64().and_then(|unit| u32::try_from(unit).ok());
    let data = if let Some(path) = value["host"].as_array() {
        Data::Host(path.iter().map(|it| it.as_str().map(str::to_owned)).collect::<Option<_>>()?)
    } else if let Some(name) = text("intrinsic") {
        Data::Intrinsic(name)
    } else if let Some(name) = text("variable") {
        Data::Variable(unit()?, name)
    } else if let Some(name) = text("field") {
        Data::Field(text("file")?, unit()?, name)
    } else {
        match (text("function")?, text("file")) {
            (name, Some(file)) => Data::Elsewhere(file, unit()?, name),
            (name, None) => Data::Function(unit()?, name),
        }
    };
    Some((text("uri")?, data))
}

/// Paragraphs as the client reads them.
fn text(paragraphs: Vec<String>, features: &ClientFeatures) -> Documentation {
    let (kind, value) = if features.markdown {
        (MarkupKind::Markdown, paragraphs.join("\n\n"))
    } else {
        let plain = |it: String| it.replace("```miniscript\n", "").replace("```\n", "").replace(['`'], "");
        (MarkupKind::PlainText, paragraphs.into_iter().map(plain).collect::<Vec<_>>().join("\n\n"))
    };
    Documentation::MarkupContent(MarkupContent { kind, value })
}

/// What is told of an item: title and paragraphs.
pub fn item_documentation((title, paragraphs): (String, Vec<String>), features: &ClientFeatures) -> Documentation {
    let title = format!("```miniscript\n{title}\n```");
    text(std::iter::once(title).chain(paragraphs).collect(), features)
}

impl ToProto for Option<ide::Signatures> {
    type Out = Option<SignatureHelp>;

    fn to_proto(self, _: &Snapshot, features: &ClientFeatures) -> Option<SignatureHelp> {
        let found = self?;
        // An index behind the last parameter, like none at all, means the first one; only a signature that has no parameters has none
        // marked. What has too few of them is shown as such.
        let fits = |it: &Signature| it.params.len() > found.active as usize;
        let best = found.signatures.iter().position(fits);
        let signature = |it: Signature| SignatureInformation {
            parameters: fits(&it).then(|| parameters(&it, features)),
            active_parameter: fits(&it).then_some(found.active),
            label: it.label,
            documentation: (!it.documentation.is_empty()).then(|| text(it.documentation, features)),
        };
        Some(SignatureHelp {
            signatures: found.signatures.into_iter().map(signature).collect(),
            active_signature: Some(best.unwrap_or(0) as u32),
            active_parameter: best.map(|_| found.active),
        })
    }
}

fn parameters(signature: &Signature, features: &ClientFeatures) -> Vec<ParameterInformation> {
    let about = signature.about.iter().cloned().chain(std::iter::repeat(None));
    let of = |(param, about): (&String, Option<String>)| ParameterInformation {
        label: ParameterLabel::Simple(param.clone()),
        documentation: about.map(|about| text(vec![about], features)),
    };
    signature.params.iter().zip(about).map(of).collect()
}
