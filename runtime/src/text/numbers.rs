//! The text form of numbers and the reading of numbers from text (LANGUAGE 4.1, 4.3).
//!
//! Every printed number goes through [`push_number`]; every string taken as a number goes through [`parse_number`].
//! Invariant: no locale, no allocation beyond the output buffer for whole numbers, and the same digits on every platform.

/// 2^53: up to here whole numbers print all their digits.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// Appends the text of a number.
#[inline]
pub fn push_number(out: &mut String, value: f64) {
    match WholeText::of(value) {
        Some(text) => out.push_str(text.as_str()),
        None => push_unusual(out, value),
    }
}

/// A whole number in decimal, which is what programs make texts of most.
pub struct WholeText {
    bytes: [u8; WholeText::MOST],
    first: usize,
}

impl WholeText {
    /// The most digits with their sign: those of 2^64.
    const MOST: usize = 21;

    /// The text of a number that is whole and of moderate size.
    #[inline]
    pub fn of(value: f64) -> Option<WholeText> {
        let whole = value as i64;
        (whole as f64 == value && value.abs() <= MAX_EXACT).then(|| WholeText::digits(whole))
    }

    #[inline]
    fn digits(whole: i64) -> WholeText {
        let mut text = WholeText { bytes: [b'0'; WholeText::MOST], first: WholeText::MOST };
        let mut rest = whole.unsigned_abs();
        loop {
            text.push((rest % 10) as u8 + b'0');
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if whole < 0 {
            text.push(b'-');
        }
        text
    }

    #[inline(always)]
    fn push(&mut self, byte: u8) {
        self.first -= 1;
        self.bytes[self.first] = byte;
    }

    /// Its characters, each of one byte.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[self.first..]
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).expect("digits are ASCII")
    }
}

/// The text of a number.
pub fn number_text(value: f64) -> String {
    let mut out = String::new();
    push_number(&mut out, value);
    out
}

/// Everything that is not a whole number of moderate size.
fn push_unusual(out: &mut String, value: f64) {
    let size = value.abs();
    if value.is_nan() {
        out.push_str("NaN");
    } else if value.is_infinite() {
        out.push_str(if value > 0.0 { "Inf" } else { "-Inf" });
    } else if size > MAX_EXACT || !(1e-6..=1e10).contains(&size) {
        push_scientific(out, value);
    } else {
        push_fixed(out, value);
    }
}

/// Six decimals, without trailing zeros but with at least one decimal. The size is one that [`push_unusual`] gives this form.
fn push_fixed(out: &mut String, value: f64) {
    let millionths = to_millionths(value.abs());
    let mut decimals = millionths % 1_000_000;
    let mut text = *b".000000";
    for digit in text[1..].iter_mut().rev() {
        *digit += (decimals % 10) as u8;
        decimals /= 10;
    }
    let zeros = text[2..].iter().rev().take_while(|&&digit| digit == b'0').count();
    if value < 0.0 {
        out.push('-');
    }
    out.push_str(WholeText::digits((millionths / 1_000_000) as i64).as_str());
    out.push_str(std::str::from_utf8(&text[..text.len() - zeros]).expect("digits are ASCII"));
}

/// How many millionths a number from 1e-6 to 1e10 is, rounded from its exact value, half of one to an even number.
fn to_millionths(size: f64) -> u64 {
    let bits = size.to_bits();
    // The number is `mantissa / 2^shift`; the shift is 19 to 72.
    let mantissa = bits & ((1 << 52) - 1) | 1 << 52;
    let shift = 1075 - (bits >> 52) as u32;
    let exact = u128::from(mantissa) * 1_000_000;
    let whole = (exact >> shift) as u64;
    let (rest, half) = (exact & ((1 << shift) - 1), 1 << (shift - 1));
    whole + u64::from(rest > half || (rest == half && whole % 2 == 1))
}

/// The fewest correctly rounded digits that read back as the same number.
fn push_scientific(out: &mut String, value: f64) {
    let shortest = format!("{value:e}");
    let (mantissa, _) = shortest.split_once('e').expect("scientific format has an exponent");
    let fewest = mantissa.bytes().filter(u8::is_ascii_digit).count();
    // No shorter text reads back, but the shortest one need not be the correctly rounded one of its length.
    let text = (fewest..=17)
        .map(|digits| format!("{value:.*e}", digits - 1))
        .find(|text| text.parse() == Ok(value))
        .unwrap_or(shortest);
    let (mantissa, exponent) = text.split_once('e').expect("scientific format has an exponent");
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    out.push_str(mantissa);
    out.push('E');
    out.push(sign);
    if exponent.len() < 2 {
        out.push('0');
    }
    out.push_str(exponent);
}

/// Reads a number as C's `strtod` does, leading white space included. `trailing` says which bytes may follow it.
///
/// Returns `None` if there is no number or something else follows.
pub fn parse_number(text: &str, trailing: fn(u8) -> bool) -> Option<f64> {
    if let Some(value) = few_digits(text.as_bytes()) {
        return Some(value);
    }
    let start = text.trim_start_matches([' ', '\t', '\n', '\u{b}', '\u{c}', '\r']);
    let body = start.as_bytes();
    let end = body.len() - body.iter().rev().take_while(|&&byte| trailing(byte)).count();
    let body = start.get(..end)?;
    let (negative, magnitude) = match body.as_bytes().first()? {
        b'-' => (true, &body[1..]),
        b'+' => (false, &body[1..]),
        _ => (false, body),
    };
    let value = parse_magnitude(magnitude)?;
    Some(if negative { -value } else { value })
}

/// The value of a text that is nothing but digits, so few that a double holds all: most texts that programs read.
fn few_digits(text: &[u8]) -> Option<f64> {
    if text.is_empty() || text.len() > 15 {
        return None;
    }
    let add = |value: u64, byte: &u8| byte.is_ascii_digit().then(|| value * 10 + u64::from(byte - b'0'));
    text.iter().try_fold(0, add).map(|value| value as f64)
}

fn parse_magnitude(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    match bytes.first()? {
        b'0' if bytes.len() > 2 && bytes[1] | 0x20 == b'x' => parse_hexadecimal(&bytes[2..]),
        // Rust's reader knows `inf`, `infinity` and `nan` in any case, as C does, and takes a sign of its own, which C does not.
        b'+' | b'-' => None,
        _ => text.parse().ok(),
    }
}

/// Hexadecimal digits with an optional point and an optional binary exponent.
fn parse_hexadecimal(bytes: &[u8]) -> Option<f64> {
    let mut mantissa: u128 = 0;
    let mut exponent: i64 = 0;
    let mut digits = 0;
    let mut behind_point = false;
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        if byte == b'.' && !behind_point {
            behind_point = true;
        } else if let Some(digit) = char::from(byte).to_digit(16) {
            digits += 1;
            push_hex_digit(&mut mantissa, &mut exponent, digit, behind_point);
        } else {
            break;
        }
        at += 1;
    }
    if digits == 0 {
        return None;
    }
    exponent += parse_binary_exponent(&bytes[at..])?;
    Some(scale(mantissa, exponent))
}

/// Takes one more digit; digits that no longer fit only leave a sticky bit, so that rounding stays right.
fn push_hex_digit(mantissa: &mut u128, exponent: &mut i64, digit: u32, behind_point: bool) {
    if *mantissa >> 120 == 0 {
        *mantissa = *mantissa << 4 | u128::from(digit);
        if behind_point {
            *exponent -= 4;
        }
    } else {
        *mantissa |= u128::from(digit != 0);
        if !behind_point {
            *exponent += 4;
        }
    }
}

fn parse_binary_exponent(bytes: &[u8]) -> Option<i64> {
    match bytes {
        [] => Some(0),
        [b'p' | b'P', digits @ ..] => {
            let digits = std::str::from_utf8(digits).ok()?;
            let value: i64 = digits.parse().ok()?;
            Some(value.clamp(-100_000, 100_000))
        }
        _ => None,
    }
}

/// `mantissa * 2^exponent`, rounded once where the result is a normal number.
fn scale(mantissa: u128, exponent: i64) -> f64 {
    if mantissa == 0 {
        return 0.0;
    }
    let mut value = mantissa as f64;
    let mut left = exponent;
    while left > 0 && value.is_finite() {
        let step = left.min(1000);
        value *= 2f64.powi(step as i32);
        left -= step;
    }
    while left < 0 && value != 0.0 {
        let step = (-left).min(1000);
        value *= 2f64.powi(-(step as i32));
        left += step;
    }
    value
}

/// What may follow a number in the text given to `val`.
pub fn trailing_for_val(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// What may follow a number in a string given to an intrinsic that wants a number.
pub fn trailing_for_argument(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_print_as_the_reference_prints_them() {
        let rows: &[(f64, &str)] = &[
            (0.1 + 0.2, "0.3"),
            (1e6, "1000000"),
            (1.0 / 3.0, "0.333333"),
            (MAX_EXACT, "9007199254740992"),
            (100.0 / 3.0, "33.333333"),
            (MAX_EXACT + 2.0, "9.007199254740994E+15"),
            (2.5, "2.5"),
            (1e16, "1E+16"),
            (0.9999999, "1.0"),
            (12_345_678_901_234_567_890.0, "1.2345678901234567E+19"),
            (1.9999999, "2.0"),
            (90_071_992_547_409_910.0, "9.00719925474099E+16"),
            (0.99999949, "0.999999"),
            (2f64.powi(63), "9.223372036854776E+18"),
            (1.0 / 128.0, "0.007812"),
            (1e300, "1E+300"),
            (3.0 / 128.0, "0.023438"),
            (5e-324, "5E-324"),
            (0.1234565, "0.123456"),
            (f64::INFINITY, "Inf"),
            (123_456.789_012_5, "123456.789012"),
            (f64::NEG_INFINITY, "-Inf"),
            (1_234_567_890.123_456_8, "1234567890.123457"),
            (f64::NAN, "NaN"),
            (9_999_999_999.5, "9999999999.5"),
            (1e-6, "0.000001"),
            (10_000_000_000.5, "1.00000000005E+10"),
            (1e-7, "1E-07"),
            (1e15 + 0.5, "1.0000000000000005E+15"),
            (9.99999e-7, "9.99999E-07"),
            (std::f64::consts::PI.sin(), "1.2246467991473532E-16"),
            (0.0000015, "0.000002"),
            (1000f64.ln() / 10f64.ln(), "3.0"),
            (1e-10, "1E-10"),
            (-0.0, "0"),
            (-7.0, "-7"),
            (-0.5, "-0.5"),
            (-MAX_EXACT, "-9007199254740992"),
            (-1e-300, "-1E-300"),
        ];
        for (value, text) in rows {
            assert_eq!(number_text(*value), *text, "for {value:e}");
        }
    }

    #[test]
    fn six_decimals_are_rounded_from_the_exact_value() {
        let mut bits: u64 = 0x1319_8A2E_0370_7344;
        for round in 0..200_000 {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let random = (bits >> 11) as f64 / 2f64.powi(53) * 10f64.powi((bits % 17) as i32 - 6);
            // Every other one is a multiple of 1/128, which is where halves of a millionth are.
            let value = if round % 2 == 0 { random } else { (random * 128.0).round() / 128.0 };
            if value.trunc() == value || !(1e-6..=1e10).contains(&value) {
                continue;
            }
            let printed = format!("{value:.6}");
            let (whole, decimals) = printed.split_once('.').expect("six decimals were asked for");
            let kept = decimals.trim_end_matches('0');
            let expected = format!("{whole}.{}", if kept.is_empty() { "0" } else { kept });
            assert_eq!(number_text(value), expected, "for {value:e}");
            assert_eq!(number_text(-value), format!("-{expected}"));
        }
    }

    #[test]
    fn text_reads_as_a_number_only_if_all_of_it_is_one() {
        let rows: &[(&str, Option<f64>)] = &[
            ("12", Some(12.0)),
            (" \t\n12 \t\r\n", Some(12.0)),
            (".5", Some(0.5)),
            ("5.", Some(5.0)),
            ("+5", Some(5.0)),
            ("-5", Some(-5.0)),
            ("1e3", Some(1000.0)),
            ("1E-2", Some(0.01)),
            ("1e400", Some(f64::INFINITY)),
            ("inf", Some(f64::INFINITY)),
            ("-Infinity", Some(f64::NEG_INFINITY)),
            ("007", Some(7.0)),
            ("999999999999999", Some(999_999_999_999_999.0)),
            ("12345678901234567890", Some(12_345_678_901_234_567_890.0)),
            ("0x1F", Some(31.0)),
            ("0x1.8p1", Some(3.0)),
            ("0x.8", Some(0.5)),
            ("0x", None),
            ("", None),
            ("  ", None),
            ("12abc", None),
            ("1,000", None),
            ("+-5", None),
            ("--5", None),
            ("e5", None),
            (".", None),
            ("5 5", None),
        ];
        for (text, value) in rows {
            assert_eq!(parse_number(text, trailing_for_val), *value, "for {text:?}");
        }
        assert!(parse_number("nan", trailing_for_val).is_some_and(f64::is_nan));
        assert_eq!(parse_number("5\n", trailing_for_argument), None);
        assert_eq!(parse_number("5 \t", trailing_for_argument), Some(5.0));
    }

    #[test]
    fn every_printed_number_in_scientific_form_reads_back() {
        let mut bits: u64 = 0x243F_6A88_85A3_08D3;
        for _ in 0..20_000 {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let value = f64::from_bits(bits);
            let text = number_text(value);
            if text.contains('E') {
                assert_eq!(text.parse(), Ok(value), "{text}");
            }
        }
    }
}
