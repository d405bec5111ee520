//! Type hierarchy: the requests, and the word in the answer to `initialize` for which lsp-types has no member.
//!
//! `backend` hands the requests on. Invariant: they are questions to the world like all others.

use super::backend::Backend;
use crate::ide;
use crate::world::Kind;
use serde_json::{Value, json};
use tower_lsp::jsonrpc::Result;
use tower_lsp::lsp_types::{
    InitializeResult, TypeHierarchyItem, TypeHierarchyPrepareParams, TypeHierarchySubtypesParams,
    TypeHierarchySupertypesParams,
};

/// Items, as an answer.
pub type Types = Option<Vec<TypeHierarchyItem>>;

/// The answer to `initialize` with the capability for which its type has no member.
pub fn told(result: &InitializeResult) -> serde_json::Result<Value> {
    let mut told = serde_json::to_value(result)?;
    told["capabilities"]["typeHierarchyProvider"] = json!(true);
    Ok(told)
}

impl Backend {
    /// Which maps a name may be.
    pub async fn types_at(&self, params: TypeHierarchyPrepareParams) -> Result<Types> {
        let at = params.text_document_position_params;
        let found = self.positioned(at, Kind::Linked, |it, offset, _| {
            ide::type_items(&it.db, &it.document, &it.live.places, offset)
        });
        found.await.map(Some)
    }

    /// The maps behind a map.
    pub async fn types_above(&self, params: TypeHierarchySupertypesParams) -> Result<Types> {
        let item = params.item;
        let found = self.about_item(&item.uri, item.selection_range.start, |it, offset| {
            ide::supertypes(&it.db, &it.document, &it.live.places, offset)
        });
        found.await.map(Some)
    }

    /// The maps that have a map behind them.
    pub async fn types_below(&self, params: TypeHierarchySubtypesParams) -> Result<Types> {
        let item = params.item;
        let found = self.about_item(&item.uri, item.selection_range.start, |it, offset| {
            ide::subtypes(&it.db, &it.document, &it.live.places, offset)
        });
        found.await.map(Some)
    }
}
