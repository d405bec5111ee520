//! Upper and lower case, one code point for one code point, for `upper` and `lower` (LANGUAGE 8.3).
//!
//! Called by `intrinsics/strings.rs`. Invariant: the number of code points never changes; letters whose other case needs
//! several code points, and scripts outside the ranges below, stay as they are.

/// Latin, Greek, Cyrillic and Armenian, letter-like and circled forms, full-width Latin.
fn is_mapped(c: char) -> bool {
    matches!(c, '\0'..='\u{58f}' | '\u{1e00}'..='\u{1fff}' | '\u{2100}'..='\u{218f}' | '\u{24b6}'..='\u{24e9}' | '\u{ff21}'..='\u{ff5a}')
}

fn only(mut mapped: impl Iterator<Item = char>) -> Option<char> {
    let first = mapped.next()?;
    mapped.next().is_none().then_some(first)
}

/// The title-case letters of extended Greek: their full upper case is two letters, their simple one a single letter.
fn greek_with_iota(c: char) -> Option<char> {
    let offset = match c {
        '\u{1f80}'..='\u{1faf}' if u32::from(c) & 8 == 0 => 8,
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => 9,
        _ => return None,
    };
    char::from_u32(u32::from(c) + offset)
}

/// The upper-case form of one code point.
pub fn upper(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_uppercase();
    }
    if !is_mapped(c) {
        return c;
    }
    greek_with_iota(c).or_else(|| only(c.to_uppercase())).unwrap_or(c)
}

/// The lower-case form of one code point.
pub fn lower(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    if !is_mapped(c) {
        return c;
    }
    only(c.to_lowercase()).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_point_maps_to_one() {
        let upper_text: String = "straße ǆ é ω ж ա ⓐ ａ ﬁ 𐐨 ᾀ".chars().map(upper).collect();
        assert_eq!(upper_text, "STRAßE Ǆ É Ω Ж Ա Ⓐ Ａ ﬁ 𐐨 ᾈ");
        let lower_text: String = "İÉΩЖԱⒶＡ𐐀".chars().map(lower).collect();
        assert_eq!(lower_text, "İéωжաⓐａ𐐀");
    }
}
