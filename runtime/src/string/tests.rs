//! Strings against `str`, with a collection at every allocation; appending is linear.

use super::*;
use crate::heap::tests::realm;
use crate::rng::Rng;

#[test]
fn the_layout_is_what_compiled_code_expects() {
    assert_eq!([STRING_LEN, STRING_HASH, STRING_CHARS, STRING_DATA], [8, 12, 16, 24]);
    assert_eq!(SHORT_BYTES, 32);
    assert_eq!(size_of::<LongString>(), 48);
}

const TEXTS: [&str; 8] = ["", "a", "abc", "日本語", "é", "a longer text of plain letters", "🙂 mixed ü text", "\0"];

fn check(realm: &mut Realm, string: StringRef, expected: &str) {
    assert_eq!(string.as_str(), expected);
    assert_eq!(string.len(), expected.chars().count());
    assert_eq!(string.is_ascii(), expected.is_ascii());
    let same = realm.new_string(expected);
    assert!(string.same_text(same));
    assert_eq!(string.hash(), same.hash());
    assert!(string.same_text(same));
}

#[test]
fn random_joins_slices_and_indexes_are_right() {
    for stress in [true, false] {
        realm(stress).enter(|realm| {
            let mut rng = Rng::new(3);
            for _ in 0..if stress { 20 } else { 200 } {
                let mut string = realm.new_string("");
                let mut model = String::new();
                for _ in 0..40 {
                    let piece = TEXTS[rng.next_index(TEXTS.len())];
                    let added = realm.new_string(piece);
                    string = realm.concat(string, added).expect("no limit");
                    model.push_str(piece);
                    let count = model.chars().count();
                    let from = rng.next_index(count + 1);
                    let to = rng.next_index(count + 1);
                    let part: String = model.chars().skip(from).take(to.saturating_sub(from)).collect();
                    let slice = string.slice(realm, from, to);
                    check(realm, slice, &part);
                    if from < count {
                        let expected = model.chars().nth(from).map(String::from).expect("in range");
                        let found = string.char_at(realm, from);
                        check(realm, found, &expected);
                    }
                }
                check(realm, string, &model);
            }
        });
    }
}

#[test]
fn appending_twice_to_the_same_string_does_not_mix() {
    realm(false).enter(|realm| {
        let start = realm.new_string(&"x".repeat(100));
        let tail = realm.new_string("y");
        let base = realm.concat(start, tail).expect("no limit");
        let (one, two) = (realm.new_string("1"), realm.new_string("2"));
        let first = realm.concat(base, one).expect("no limit");
        let second = realm.concat(base, two).expect("no limit");
        let twice = realm.concat(first, first).expect("no limit");
        assert_eq!(base.len(), 101);
        assert!(first.as_str().ends_with("y1") && second.as_str().ends_with("y2"));
        assert_eq!(twice.as_str(), format!("{0}{0}", first.as_str()));
    });
}

#[test]
fn appending_in_a_loop_is_linear() {
    let bytes_for = |count: usize| {
        realm(false).enter(|realm| {
            let mut text = realm.new_string("");
            let piece = realm.new_string("ab");
            let before = crate::heap::tests::taken(realm);
            for _ in 0..count {
                text = realm.concat(text, piece).expect("no limit");
            }
            assert_eq!(text.len(), count * 2);
            crate::heap::tests::taken(realm) - before
        })
    };
    assert!(bytes_for(100_000) < bytes_for(10_000) * 15);
}

#[test]
fn indexing_a_long_text_goes_through_its_index() {
    realm(true).enter(|realm| {
        let text = "añb日".repeat(1000);
        let permanent = realm.shared.permanent_string(&text).as_string().expect("a string");
        for string in [realm.new_string(&text), permanent] {
            for (index, expected) in text.chars().enumerate().step_by(37) {
                assert_eq!(string.char_at(realm, index).as_str(), String::from(expected));
            }
            assert_eq!(string.byte_offset(realm, 4000), text.len());
            assert_eq!(string.chars_between(0, text.len()), 4000);
            assert!(string.has_index());
        }
    });
}

#[test]
fn single_ascii_characters_are_shared() {
    realm(false).enter(|realm| {
        let text = realm.new_string("hello there");
        assert_eq!(text.char_at(realm, 1), realm.new_string("e"));
        assert!(realm.new_string("e").name().is_some());
        let shared = realm.new_string("e");
        let (first, twice) = (text.slice(realm, 1, 2), realm.repeat(shared, 1));
        assert_eq!((first, twice), (shared, Ok(shared)));
        let wide = realm.new_string("ée");
        assert_eq!(wide.slice(realm, 1, 2), shared);
        assert_eq!(wide.char_at(realm, 1), shared);
        let nothing = realm.new_string("");
        assert_eq!((realm.concat(nothing, shared), realm.concat(shared, nothing)), (Ok(shared), Ok(shared)));
        assert_eq!((realm.repeat(shared, 0), text.slice(realm, 3, 3)), (Ok(nothing), nothing));
        assert_eq!(realm.intern("e"), shared.value());
    });
}

#[test]
fn permanent_texts_of_any_length_are_whole() {
    realm(true).enter(|realm| {
        for text in [String::new(), "short".into(), "é".repeat(100), "long ".repeat(5000)] {
            let value = realm.shared.permanent_string(&text);
            let string = value.as_string().expect("a string");
            check(realm, string, &text);
            let count = text.chars().count();
            if count > 0 {
                let last = text.chars().next_back().map(String::from);
                assert_eq!(Some(string.char_at(realm, count - 1).as_str().to_owned()), last);
            }
            let more = realm.new_string("!");
            let joined = realm.concat(string, more).expect("no limit");
            check(realm, joined, &format!("{text}!"));
        }
    });
}

#[test]
fn a_slice_of_a_slice_keeps_at_most_four_times_its_own_size() {
    realm(false).enter(|realm| {
        let mut text = realm.new_string(&"0123456789".repeat(100_000));
        let mut shared = 0;
        while text.len() > 200 {
            let before = text.buffer();
            let half = text.len() / 2;
            text = text.slice(realm, 1, half);
            shared += usize::from(text.buffer() == before);
            // SAFETY: string invariant 5: the buffer of a long string that is alive.
            let capacity = unsafe { (*text.buffer()).capacity } as usize;
            assert!(capacity <= text.byte_len() * 4 + 4, "{} bytes keep {capacity}", text.byte_len());
        }
        assert!(shared > 3, "large slices share");
    });
}

#[test]
fn what_is_appended_in_place_shares_the_index() {
    realm(true).enter(|realm| {
        let parts = ["é", "ab", "→→", "x".repeat(70).leak(), "🙂"];
        let mut text = realm.new_string(&"é".repeat(40));
        let mut model: Vec<char> = text.as_str().chars().collect();
        let mut made = 0;
        for round in 0..1000 {
            let before = (text.buffer(), text.index());
            let part = realm.new_string(parts[round * 7 % 5 * usize::from(round % 3 != 0)]);
            text = realm.concat(text, part).expect("no limit");
            model.extend(part.as_str().chars());
            for index in [0, model.len() / 2, model.len() - 2, model.len() - 1] {
                assert_eq!(text.char_at(realm, index).as_str(), model[index].to_string());
            }
            made += usize::from(before != (text.buffer(), text.index()));
            if round % 250 == 0 {
                // Continued twice: the second continuation is a copy, and goes its own way.
                let ends = ["→b".repeat(90), "cé".repeat(90)];
                let branches = ends.each_ref().map(|end| {
                    let end = realm.new_string(end);
                    realm.concat(text, end).expect("no limit")
                });
                for (branch, end) in branches.into_iter().zip(&ends) {
                    for (index, expected) in model.iter().copied().chain(end.chars()).enumerate() {
                        assert_eq!(branch.char_at(realm, index).as_str(), expected.to_string());
                    }
                }
            }
        }
        assert!(made < 40, "{made} indexes for 1000 texts");
    });
}
