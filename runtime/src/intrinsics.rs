//! The built-in functions: one table, one way to call them, families of functions in `intrinsics/`.
//!
//! The engine looks names up with [`find`], makes one function object per entry and realm, and calls [`invoke`]. The host is
//! asked when a call has an effect, never before. Invariant: an intrinsic calls no user code; what must run a program goes
//! through [`Machine`].

pub mod call;
mod case;
mod containers;
mod control;
mod find;
mod kernels;
mod members;
mod numbers;
mod order;
mod search;
mod strings;
mod table;
mod values;

pub use call::{Answer, Early, IntrinsicCall};
pub use table::{Default, IntrinsicDef, IntrinsicFn, Param, TABLE};

use crate::fault::{Eval, FatalError, Fault};
use crate::host::EffectClass;
use crate::machine::Machine;
use crate::realm::{Realm, TypeMap};
use crate::value::Value;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::sync::OnceLock;

/// The most parameters an intrinsic has.
pub const MAX_PARAMS: usize = 4;

/// An intrinsic by its position in [`TABLE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IntrinsicId(pub u32);

impl IntrinsicId {
    /// Its table entry.
    #[inline]
    pub fn def(self) -> &'static IntrinsicDef {
        &TABLE[self.0 as usize]
    }

    /// All of them, in table order.
    pub fn all() -> impl Iterator<Item = IntrinsicId> {
        (0..TABLE.len() as u32).map(IntrinsicId)
    }

    /// Those that programs can read by name, in the order of the map `intrinsics`.
    pub fn globals() -> impl Iterator<Item = IntrinsicId> {
        IntrinsicId::all().filter(|id| id.def().member_of.is_none())
    }
}

/// The intrinsic that a bare name means, if nothing shadows it.
pub fn find(name: &str) -> Option<IntrinsicId> {
    static BY_NAME: OnceLock<FxHashMap<&'static str, IntrinsicId>> = OnceLock::new();
    BY_NAME.get_or_init(|| IntrinsicId::globals().map(|id| (id.def().name, id)).collect()).get(name).copied()
}

/// The member of a host map, as `gc.collect`.
pub fn find_member(owner: &str, name: &str) -> Option<IntrinsicId> {
    IntrinsicId::all().find(|id| id.def().member_of == Some(owner) && id.def().name == name)
}

/// Calls an intrinsic with the given arguments (the receiver included); missing ones take their defaults.
pub fn invoke(realm: &mut Realm, machine: &mut dyn Machine, id: IntrinsicId, given: &[Value]) -> Eval<Value> {
    let def = id.def();
    let expected = def.params.len();
    if given.len() > expected {
        return Err(FatalError::TooManyArguments { got: given.len(), expected }.into());
    }
    let mut args = [Value::NULL; MAX_PARAMS];
    args[..given.len()].copy_from_slice(given);
    invoke_in_place(realm, machine, id, &mut args, given.len())
}

/// As [`invoke`], for a caller that has the arguments where the defaults go; it knows that there are not too many.
#[inline]
pub fn invoke_in_place(
    realm: &mut Realm,
    machine: &mut dyn Machine,
    id: IntrinsicId,
    args: &mut [Value; MAX_PARAMS],
    given: usize,
) -> Eval<Value> {
    let def = id.def();
    let expected = def.params.len();
    for (arg, (_, default)) in args[given..].iter_mut().zip(&def.params[given..]) {
        *arg = default_value(realm, *default);
    }
    if def.class != EffectClass::Pure && def.gated {
        ask(realm, def)?;
    }
    let mut call = IntrinsicCall { realm, machine, args: &args[..expected], def };
    match (def.func)(&mut call) {
        Ok(value) | Err(Early::Value(value)) => Ok(value),
        Err(Early::Fault(fault)) => Err(fault),
    }
}

/// The intrinsic `hasIndex`, which engines may answer themselves.
pub static HAS_INDEX: IntrinsicId = place_of("hasIndex");

static RND: IntrinsicId = place_of("rnd");

/// What `rnd` gives without a seed, for engines that need no call for it.
pub fn random(realm: &mut Realm) -> Eval<f64> {
    ask(realm, RND.def())?;
    Ok(realm.rng().next_number())
}

/// The id of a name that stands in the table.
const fn place_of(name: &str) -> IntrinsicId {
    let mut at = 0;
    while !same_name(TABLE[at].name.as_bytes(), name.as_bytes()) {
        at += 1;
    }
    IntrinsicId(at as u32)
}

const fn same_name(a: &[u8], b: &[u8]) -> bool {
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

/// The value of a default.
#[inline]
pub fn default_value(realm: &mut Realm, default: Default) -> Value {
    match default {
        Default::Null => Value::NULL,
        Default::Number(number) => Value::number(number),
        Default::Text(text) => realm.intern(text),
    }
}

fn ask(realm: &mut Realm, def: &'static IntrinsicDef) -> Eval<()> {
    // `rnd` and `time` stand in loops: no text is made for them.
    let name = def.member_of.map_or(Cow::Borrowed(def.name), |_| Cow::Owned(def.full_name()));
    if realm.host().gate(def.class, &name) { Ok(()) } else { Err(Box::new(Fault::Blocked(name.into_owned()))) }
}

/// The methods that all values of a type have (LANGUAGE 6.4), by the name of the intrinsic that gives its type map.
pub fn type_methods(owner: &str) -> &'static [&'static str] {
    match owner {
        "string" => &[
            "hasIndex", "indexes", "indexOf", "insert", "code", "len", "lower", "val", "remove", "replace", "split",
            "upper", "values",
        ],
        "list" => &[
            "hasIndex", "indexes", "indexOf", "insert", "join", "len", "pop", "pull", "push", "shuffle", "sort", "sum",
            "remove", "replace", "values",
        ],
        "map" => &[
            "hasIndex", "indexes", "indexOf", "len", "pop", "push", "pull", "shuffle", "sum", "remove", "replace",
            "values",
        ],
        _ => &[],
    }
}

/// The methods that a type map is made with.
pub fn methods_of(kind: TypeMap) -> &'static [&'static str] {
    type_methods(match kind {
        TypeMap::String => "string",
        TypeMap::List => "list",
        TypeMap::Map => "map",
        TypeMap::Number | TypeMap::Function | TypeMap::Error => "",
    })
}

/// Whether a type map has the methods it was made with under their names.
pub(crate) fn has_its_methods(realm: &Realm, kind: TypeMap) -> bool {
    methods_of(kind).iter().all(|method| {
        let (name, original) = (realm.shared.intern(method), find(method).map(|id| realm.shared.intrinsic(id.0)));
        realm.type_map(kind).get_by_name(realm, name) == original
    })
}

/// Gives the type maps of a fresh realm their methods (LANGUAGE 6.4).
pub(crate) fn fill_type_maps(realm: &mut Realm) {
    for kind in TypeMap::ALL {
        for method in methods_of(kind) {
            let id = find(method).expect("methods of type maps are in the table");
            add_method(realm, kind, id);
        }
    }
    add_method(realm, TypeMap::Error, find_member("error", "err").expect("it is in the table"));
}

fn add_method(realm: &mut Realm, kind: TypeMap, id: IntrinsicId) {
    let function = realm.shared.intrinsic(id.0);
    let name = realm.shared.intern(id.def().name);
    realm.type_map(kind).put_by_name(realm, name, function);
}
