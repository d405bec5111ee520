//! What the tests of operators and intrinsics share: a realm, an engine that knows one stack line, values from text.
//!
//! Tests write values as a program would (`[1, "a", {"k": null}]`, `err("e")`, `@len`, `NaN`) and compare texts.

use crate::fault::Eval;
use crate::function::FunctionRef;
use crate::host::{CaptureHost, Host};
use crate::intrinsics::{self, find};
use crate::machine::{FunctionFacts, Machine, StackLine};
use crate::realm::{Realm, RealmConfig};
use crate::shared::Shared;
use crate::text::{self, Names};
use crate::value::Value;
use std::sync::Arc;

/// An engine without user functions.
pub(crate) struct NoEngine;

impl Machine for NoEngine {
    fn stack(&self, _realm: &Realm) -> Vec<StackLine> {
        vec![StackLine { file: "test.ms".to_owned(), line: 7 }]
    }

    fn function_facts(&mut self, _realm: &mut Realm, _function: FunctionRef) -> FunctionFacts {
        FunctionFacts { note: None, params: Vec::new() }
    }

    fn import(&mut self, realm: &mut Realm, name: &str, _folders: &[String]) -> Eval<Value> {
        Ok(realm.string_value(&format!("module {name}")))
    }
}

/// Runs a test in a fresh realm.
pub(crate) fn in_realm<R>(action: impl FnOnce(&mut Realm) -> R) -> R {
    in_realm_with(CaptureHost::new(), action)
}

/// Runs a test in a fresh realm with a host of its own.
pub(crate) fn in_realm_with<R>(host: impl Host + 'static, action: impl FnOnce(&mut Realm) -> R) -> R {
    let mut realm = Realm::new(Arc::new(Shared::new()), RealmConfig::new(Box::new(host)));
    realm.enter(action)
}

/// Calls an intrinsic by name.
pub(crate) fn call(realm: &mut Realm, name: &str, args: &[Value]) -> Eval<Value> {
    let id = find(name).unwrap_or_else(|| panic!("no intrinsic {name}"));
    intrinsics::invoke(realm, &mut NoEngine, id, args)
}

/// Assigns a global variable.
pub(crate) fn set_global(realm: &mut Realm, name: &str, value: Value) {
    let name = realm.shared.intern(name);
    realm.globals().put_by_name(realm, name, value);
}

/// A result as the tests compare it: code of the value, or the message of the fault behind `!`.
pub(crate) fn shown(realm: &mut Realm, result: Eval<Value>) -> String {
    match result {
        Ok(value) => text::code(realm, value, 4, Names::None).expect("texts in tests are short"),
        Err(fault) => format!("! {fault}"),
    }
}

/// The value that a text means.
#[track_caller]
pub(crate) fn value(realm: &mut Realm, text: &str) -> Value {
    let mut reader = Reader { realm, rest: text };
    let value = reader.value();
    assert!(reader.rest.trim().is_empty(), "rest of {text:?}: {:?}", reader.rest);
    value
}

struct Reader<'a> {
    realm: &'a mut Realm,
    rest: &'a str,
}

impl Reader<'_> {
    fn eat(&mut self, token: &str) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn word(&mut self) -> String {
        let end = self.rest.find(|c: char| !c.is_alphanumeric() && !"._+-".contains(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word.to_owned()
    }

    fn value(&mut self) -> Value {
        if self.eat("[") {
            return self.list();
        }
        if self.eat("{") {
            return self.map();
        }
        if self.eat("\"") {
            return self.string();
        }
        if self.eat("err(") {
            let message = self.value();
            assert!(self.eat(")"));
            return call(self.realm, "err", &[message]).expect("making an error works");
        }
        if self.eat("@") {
            let id = find(&self.word()).expect("the name of an intrinsic");
            return self.realm.shared.intrinsic(id.0);
        }
        match self.word().as_str() {
            "null" => Value::NULL,
            number => Value::number(number.parse().unwrap_or_else(|_| panic!("no number: {number:?}"))),
        }
    }

    fn string(&mut self) -> Value {
        let (text, rest) = self.rest.split_once('"').expect("a closing quote");
        self.rest = rest;
        self.realm.string_value(text)
    }

    fn list(&mut self) -> Value {
        let list = self.realm.new_list(&[]);
        while !self.eat("]") {
            let element = self.value();
            list.push(self.realm, element).expect("a fresh list");
            self.eat(",");
        }
        list.value()
    }

    fn map(&mut self) -> Value {
        let map = self.realm.new_map();
        while !self.eat("}") {
            let key = self.value();
            assert!(self.eat(":"));
            let value = self.value();
            map.set(self.realm, key, value).expect("a fresh map");
            self.eat(",");
        }
        map.value()
    }
}
