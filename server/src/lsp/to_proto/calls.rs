//! Call and type hierarchies in the protocol's terms.
//!
//! Part of `to_proto`. Invariant: an item carries nothing but its places, so it can be sent back whole.

use super::places::{Files, ToProto};
use crate::ide;
use crate::lsp::capabilities::ClientFeatures;
use crate::world::Snapshot;
use tower_lsp::lsp_types::{
    CallHierarchyIncomingCall, CallHierarchyItem, CallHierarchyOutgoingCall, Range, SymbolKind, TypeHierarchyItem,
};

fn item(it: &ide::CallItem, files: &mut Files<'_>) -> Option<CallHierarchyItem> {
    let whole = files.location(it.file, it.range)?;
    let name = files.location(it.file, it.name_range)?;
    Some(CallHierarchyItem {
        name: it.name.clone(),
        kind: if it.is_file { SymbolKind::FILE } else { SymbolKind::FUNCTION },
        tags: None,
        detail: None,
        uri: whole.uri,
        range: whole.range,
        selection_range: name.range,
        data: None,
    })
}

impl ToProto for Vec<ide::CallItem> {
    type Out = Vec<CallHierarchyItem>;

    fn to_proto(self, snapshot: &Snapshot, features: &ClientFeatures) -> Self::Out {
        let mut files = Files::new(snapshot, features);
        self.iter().filter_map(|it| item(it, &mut files)).collect()
    }
}

/// Who calls a function.
#[derive(Debug)]
pub struct Incoming(pub Vec<ide::Call>);

/// What a function calls; the places stand in the document that was asked about.
#[derive(Debug)]
pub struct Outgoing(pub Vec<ide::Call>);

impl ToProto for Incoming {
    type Out = Vec<CallHierarchyIncomingCall>;

    fn to_proto(self, snapshot: &Snapshot, features: &ClientFeatures) -> Self::Out {
        let mut files = Files::new(snapshot, features);
        let mut call = |it: &ide::Call| {
            let ranges = it.ranges.iter().filter_map(|&at| Some(files.location(it.item.file, at)?.range));
            let from_ranges: Vec<Range> = ranges.collect();
            Some(CallHierarchyIncomingCall { from: item(&it.item, &mut files)?, from_ranges })
        };
        self.0.iter().filter_map(&mut call).collect()
    }
}

impl ToProto for Outgoing {
    type Out = Vec<CallHierarchyOutgoingCall>;

    fn to_proto(self, snapshot: &Snapshot, features: &ClientFeatures) -> Self::Out {
        let mut files = Files::new(snapshot, features);
        let mut call = |it: &ide::Call| {
            let ranges = it.ranges.iter().filter_map(|&at| Some(files.location(snapshot.document.file, at)?.range));
            let from_ranges: Vec<Range> = ranges.collect();
            Some(CallHierarchyOutgoingCall { to: item(&it.item, &mut files)?, from_ranges })
        };
        self.0.iter().filter_map(&mut call).collect()
    }
}

impl ToProto for Vec<ide::TypeItem> {
    type Out = Vec<TypeHierarchyItem>;

    fn to_proto(self, snapshot: &Snapshot, features: &ClientFeatures) -> Self::Out {
        let mut files = Files::new(snapshot, features);
        let item = |it: &ide::TypeItem| {
            let whole = files.location(it.file, it.range)?;
            Some(TypeHierarchyItem {
                name: it.name.clone(),
                kind: if it.is_class { SymbolKind::CLASS } else { SymbolKind::OBJECT },
                tags: None,
                detail: None,
                uri: whole.uri,
                range: whole.range,
                selection_range: files.location(it.file, it.name_range)?.range,
                data: None,
            })
        };
        self.iter().filter_map(item).collect()
    }
}
