//! What expressions mean that begin with a name of the host.
//!
//! Hover, completion, signatures and warnings ask; the profiles of the host know. Invariant: a name to which the program gives a value is the
//! program's own.

use super::infer::{Binding, Infer, Object, UnitRef, binding};
use crate::db::FileFacts;
use crate::host_profile::{HostName, HostNames};
use minilive_mir::names::{Sym, Symbol};

/// What a profile says of an expression of a unit. It knows its own host better than the command line does, which has some of those names, too.
pub fn told<'h>(host: &'h HostNames, facts: &FileFacts, unit: u32, symbol: &Symbol) -> Option<&'h HostName> {
    match symbol {
        Symbol::Name(name) => {
            let it = host.get(name.as_str())?;
            matches!(binding(facts, unit, name), Binding::Unknown | Binding::Intrinsic(_)).then_some(it)
        }
        Symbol::Member(of, name) => told(host, facts, unit, of)?.members.get(name.as_str()),
        _ => None,
    }
}

/// The names in an expression of which a profile tells something.
pub fn path(symbol: &Symbol) -> Vec<String> {
    let (mut names, mut at) = (Vec::new(), symbol);
    while let Symbol::Member(of, name) = at {
        names.push(name.to_string());
        at = of;
    }
    if let Symbol::Name(name) = at {
        names.push(name.to_string());
    }
    names.reverse();
    names
}

/// What a profile says of the maps behind a value, each with its path: what `new Sprite` makes has the members of `Sprite`.
pub fn behind<'h>(
    infer: &mut Infer<'_>,
    host: &'h HostNames,
    at: UnitRef,
    symbol: &Sym,
) -> Vec<(Vec<String>, &'h HostName)> {
    if host.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    let objects: Vec<_> = infer.value(at, symbol).objects().collect();
    for object in objects {
        for (it, _) in infer.chain(object) {
            let Object::New(made, number) = it else { continue };
            let facts = infer.facts(made.file);
            let base = facts.unit(made.unit).facts.news.get(number as usize);
            found.extend(base.and_then(|base| Some((path(base), told(host, &facts, made.unit, base)?))));
        }
    }
    found
}
