//! Maps of a profile in which a name stands once: TOML says so itself, and of two in JSON one would be lost.

use super::{HostName, HostNames};
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::{self, Formatter};
use std::marker::PhantomData;

/// What is said of names, each once.
pub(super) fn names<'de, D: Deserializer<'de>, V: Deserialize<'de>>(from: D) -> Result<BTreeMap<String, V>, D::Error> {
    from.deserialize_map(Names(PhantomData))
}

/// The same for each type.
pub(super) fn names_by_type<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, HostNames>, D::Error> {
    #[derive(Deserialize)]
    struct OfType(#[serde(deserialize_with = "names")] BTreeMap<String, HostName>);

    let by_type: BTreeMap<String, OfType> = names(from)?;
    Ok(by_type.into_iter().map(|(of, OfType(names))| (of, names)).collect())
}

struct Names<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for Names<V> {
    type Value = BTreeMap<String, V>;

    fn expecting(&self, to: &mut Formatter<'_>) -> fmt::Result {
        to.write_str("a table or object of names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
        let mut found = BTreeMap::new();
        while let Some(name) = from.next_key::<String>()? {
            match found.entry(name) {
                Entry::Vacant(free) => {
                    free.insert(from.next_value()?);
                }
                Entry::Occupied(taken) => {
                    return Err(A::Error::custom(format_args!("`{}` is described twice", taken.key())));
                }
            }
        }
        Ok(found)
    }
}
