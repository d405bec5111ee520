//! Intrinsics that reach the world through the host (LANGUAGE 8.6): output, input, time, the end of the program, modules.
//!
//! Called through the table after the host's gate. Invariant: the only way to streams and clocks is [`crate::host::Host`].

use super::call::{Answer, Early, IntrinsicCall};
use crate::fault::Fault;
use crate::host::Pause;
use crate::limits::LimitKind;
use crate::ops;
use crate::realm::Singleton;
use crate::text;
use crate::value::Value;

pub(super) fn print(call: &mut IntrinsicCall) -> Answer {
    let delimiter = call.arg(1);
    let delimiter_text = delimiter.as_string();
    let ends_line = delimiter.is_null() || delimiter_text.is_some_and(|text| text.as_bytes() == b"\n");
    write_value(call, call.arg(0), ends_line)?;
    if let (Some(text), false) = (delimiter_text, ends_line) {
        call.realm.write(text.as_str(), false)?;
    }
    Ok(Value::NULL)
}

fn write_value(call: &mut IntrinsicCall, value: Value, ends_line: bool) -> Result<(), Early> {
    match value.as_string() {
        Some(text) => {
            super::strings::charge_bytes(call.realm, text.byte_len())?;
            call.realm.write(text.as_str(), ends_line)?;
        }
        None => {
            let text = text::named(call.realm, value)?;
            super::strings::charge_bytes(call.realm, text.len())?;
            call.realm.write(&text, ends_line)?;
        }
    }
    Ok(())
}

pub(super) fn input(call: &mut IntrinsicCall) -> Answer {
    if !call.arg(0).is_null() {
        let prompt = text::plain(call.realm, call.arg(0))?;
        call.realm.host().write_prompt(&prompt);
    }
    while !call.realm.host().line_waits() {
        call.realm.check_stop()?;
    }
    match call.realm.host().read_line() {
        Some(line) => Ok(call.realm.string_value(&line)),
        None => Ok(Value::NULL),
    }
}

pub(super) fn time(call: &mut IntrinsicCall) -> Answer {
    Ok(Value::number(call.realm.host().now()))
}

pub(super) fn wait(call: &mut IntrinsicCall) -> Answer {
    call.no_error(0)?;
    let mut left = call.arg(0).as_number().unwrap_or(0.0);
    while left > 0.0 {
        call.realm.check_stop()?;
        match call.realm.host().sleep(left) {
            Pause::Over => break,
            Pause::Left(rest) => left = rest,
            Pause::Stop => return Err(Early::Fault(LimitKind::Time.into())),
        }
    }
    Ok(Value::NULL)
}

pub(super) fn yield_frame(call: &mut IntrinsicCall) -> Answer {
    loop {
        call.realm.check_stop()?;
        match call.realm.host().next_frame() {
            Pause::Over => return Ok(Value::NULL),
            Pause::Left(_) => {}
            Pause::Stop => return Err(Early::Fault(LimitKind::Time.into())),
        }
    }
}

pub(super) fn exit(call: &mut IntrinsicCall) -> Answer {
    Err(Early::Fault(Box::new(Fault::Exit(ops::to_index(call.arg(0)) & 255))))
}

pub(super) fn import(call: &mut IntrinsicCall) -> Answer {
    call.pass_error(0)?;
    let name = text::plain(call.realm, call.arg(0))?;
    if name.is_empty() {
        return Err(call.error("File error: import: no library name given"));
    }
    let path = crate::shell::modules::search_path(call.realm);
    Ok(call.machine.import(call.realm, &name, &path)?)
}

pub(super) fn reset(call: &mut IntrinsicCall) -> Answer {
    call.realm.globals().clear(call.realm)?;
    for which in [Singleton::HistoryIn, Singleton::HistoryOut] {
        if !call.realm.singleton(which).is_null() {
            let list = call.realm.new_list(&[]).value();
            call.realm.set_singleton(which, list);
        }
    }
    call.realm.collect();
    Ok(Value::NULL)
}

pub(super) fn input_history(call: &mut IntrinsicCall) -> Answer {
    Ok(call.machine.history(call.realm, false))
}

pub(super) fn output_history(call: &mut IntrinsicCall) -> Answer {
    Ok(call.machine.history(call.realm, true))
}
