//! Other programs and what this one was started with: `exec`, `env`, `shellArgs` (LANGUAGE 8.7).
//!
//! Called through the table after the host's gate. Invariants: a command sees the program's own variables; a cancelled program
//! ends its command; the command's output counts against the memory limit.

use super::{once, outside_text, put, sys, text_arg};
use crate::fault::Eval;
use crate::intrinsics::{Answer, IntrinsicCall};
use crate::map::MapRef;
use crate::realm::{Realm, Singleton};
use crate::string::MAX_STRING;
use crate::value::Value;
use std::io::Read;
use std::process::{Child, ChildStdout, Stdio};

/// How long one wait for output takes.
const NAP_MS: u32 = 5;

/// Bytes read at once.
const PIECE: usize = 1 << 16;

/// `shellArgs`
pub(crate) fn shell_args(call: &mut IntrinsicCall) -> Answer {
    let known = call.realm.singleton(Singleton::ShellArgs);
    if !known.is_null() {
        return Ok(known);
    }
    let list = call.realm.new_list(&[]);
    for argument in call.realm.host().arguments() {
        let argument = call.realm.string_value(&argument);
        list.push(call.realm, argument)?;
    }
    list.freeze();
    call.realm.set_singleton(Singleton::ShellArgs, list.value());
    Ok(list.value())
}

/// `env`
pub(crate) fn env(call: &mut IntrinsicCall) -> Answer {
    Ok(environment(call.realm).value())
}

/// The variables as the program sees and changes them.
pub(super) fn environment(realm: &mut Realm) -> MapRef {
    once(realm, Singleton::Environment, |realm, map| {
        for (name, value) in realm.host().environment() {
            let (name, value) = (realm.string_value(&name), realm.string_value(&value));
            map.put(realm, name, value);
        }
        let key = realm.string_value(super::modules::PATH_VARIABLE);
        if !map.contains(realm, key) {
            let value = realm.string_value(super::modules::DEFAULT_PATH);
            map.put(realm, key, value);
        }
    })
}

/// `exec`: runs a command to its end.
pub(crate) fn exec(call: &mut IntrinsicCall) -> Answer {
    call.pass_error(0)?;
    let text = text_arg(call, 0)?;
    call.realm.host().share_terminal();
    let mut command = sys::shell(&text);
    for (name, value) in changed_variables(call.realm) {
        command.env(name, value);
    }
    let Ok(mut child) = command.stdout(Stdio::piped()).spawn() else {
        return Err(call.error(&format!("exec: failed to start command: {text}")));
    };
    let output = read_output(call.realm, &mut child);
    if output.is_err() {
        // The program ends here; its command shall not outlive it. One that ended by itself cannot be ended again.
        let _ = child.kill();
    }
    let status = child.wait().ok().and_then(|status| status.code()).unwrap_or(-1);
    let output = output?;
    let trimmed = output.strip_suffix("\r\n").or_else(|| output.strip_suffix('\n')).unwrap_or(&output);
    let output = outside_text(call.realm, trimmed)?;
    let errors = call.realm.shared.empty_string();
    let result = call.realm.new_map();
    put(call.realm, result, "output", output);
    put(call.realm, result, "errors", errors);
    put(call.realm, result, "status", Value::number(f64::from(status)));
    Ok(result.value())
}

/// What the program has in `env`, if it ever looked at it.
fn changed_variables(realm: &mut Realm) -> Vec<(String, String)> {
    let Some(map) = realm.singleton(Singleton::Environment).as_map() else {
        return Vec::new();
    };
    let text = |value: Value| value.as_string().map(|text| text.as_str().to_owned()).unwrap_or_default();
    let pairs = map.entries(realm).into_iter().map(|(name, value)| (text(name), text(value)));
    // The system cannot take other names.
    pairs.filter(|(name, value)| !name.is_empty() && !name.contains(['=', '\0']) && !value.contains('\0')).collect()
}

fn read_output(realm: &mut Realm, child: &mut Child) -> Eval<String> {
    let Some(mut pipe) = child.stdout.take() else { return Ok(String::new()) };
    let mut bytes = Vec::new();
    while read_piece(realm, &mut pipe, &mut bytes)? {}
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Reads what a command has written; false once it has closed its output.
fn read_piece(realm: &mut Realm, pipe: &mut ChildStdout, bytes: &mut Vec<u8>) -> Eval<bool> {
    realm.check_stop()?;
    if !sys::output_ready(pipe, NAP_MS) {
        return Ok(true);
    }
    realm.reserve((bytes.len() + PIECE) as u64 * 2)?;
    let mut piece = vec![0; PIECE];
    let count = pipe.read(&mut piece).unwrap_or(0);
    // What no string can hold is read, so that the command can end, and dropped.
    if bytes.len() + count <= MAX_STRING {
        bytes.extend_from_slice(&piece[..count]);
    }
    realm.charge(1 + count as u64 / 16)?;
    Ok(count > 0)
}
