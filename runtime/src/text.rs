//! The text form of values (LANGUAGE 4): what `print` shows, what `+` concatenates, what messages quote.
//!
//! [`value_string`] and [`named`] know short names of globals, [`plain`] does not; `describe` is for the editor. Invariants: output
//! is cut at depth 3, so cyclic values end; nothing here changes a value or calls user code; long texts poll the budget.

mod code;
mod describe;
mod growing;
mod numbers;
#[cfg(test)]
mod tests;

pub use describe::{Bounds, describe};
pub use numbers::{WholeText, number_text, parse_number, push_number, trailing_for_argument, trailing_for_val};

use crate::error_value::ErrorRef;
use crate::fault::Eval;
use crate::function::FunctionRef;
use crate::realm::Realm;
use crate::string::StringRef;
use crate::value::{Unpacked, Value};
use code::CodeWriter;
pub(crate) use growing::Growing;

/// Whether nested lists and maps show as the name of a global variable that holds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// Yes: `print`, `str`, `+`, messages of `err`, string `insert`.
    Short,
    /// No: everywhere else.
    None,
}

/// How many levels a text shows.
const DEPTH: u32 = 3;

/// Appends the text of a value.
pub fn push_text(realm: &mut Realm, out: &mut String, value: Value, names: Names) -> Eval<()> {
    match value.unpack() {
        Unpacked::String(text) => out.push_str(text.as_str()),
        Unpacked::Number(number) => push_number(out, number),
        _ => CodeWriter::new(realm, out, names).push(value, DEPTH)?,
    }
    Ok(())
}

/// The text with short names.
pub fn named(realm: &mut Realm, value: Value) -> Eval<String> {
    let mut out = String::new();
    push_text(realm, &mut out, value, Names::Short)?;
    Ok(out)
}

/// The text without short names.
pub fn plain(realm: &mut Realm, value: Value) -> Eval<String> {
    let mut out = String::new();
    push_text(realm, &mut out, value, Names::None)?;
    Ok(out)
}

/// The text with short names, as a string value.
pub fn value_string(realm: &mut Realm, value: Value) -> Eval<StringRef> {
    if let Some(text) = value.as_string() {
        return Ok(text);
    }
    let mut text = realm.take_scratch();
    push_text(realm, &mut text, value, Names::Short)?;
    realm.reserve_text(text.len())?;
    Ok(realm.string_from_scratch(text))
}

/// The form that a program would write: strings in quotes. `depth` levels, short names if wanted.
pub fn code(realm: &mut Realm, value: Value, depth: u32, names: Names) -> Eval<String> {
    let mut out = String::new();
    CodeWriter::new(realm, &mut out, names).push(value, depth)?;
    Ok(out)
}

/// The message of an error value.
pub fn error_message(error: ErrorRef) -> String {
    error.message().as_string().map_or_else(String::new, |text| text.as_str().to_owned())
}

/// Appends a string as code: in quotes, with inner ones doubled.
pub fn push_quoted(out: &mut String, text: &str) {
    out.push('"');
    for (index, part) in text.split('"').enumerate() {
        if index > 0 {
            out.push_str("\"\"");
        }
        out.push_str(part);
    }
    out.push('"');
}

/// Appends `FuncRef(…)`.
fn push_function(realm: &Realm, out: &mut String, function: FunctionRef) {
    out.push_str("FuncRef(");
    match function.intrinsic() {
        Some(index) => out.push_str(crate::intrinsics::IntrinsicId(index).def().name),
        None => {
            out.push_str(&realm.function_name(function));
            out.push_str(", closure");
        }
    }
    out.push(')');
}
