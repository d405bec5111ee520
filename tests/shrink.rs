//! Makes a failing input smaller: pieces are dropped as long as what is left still fails.
//!
//! `differential.rs` shrinks programs with it, `fuzz.rs` inputs of any kind. Invariant: what comes back fails, unless the whole
//! did not fail to begin with.

/// Drops runs of pieces, longer ones first, until no single piece can go. `fails` gets the pieces that are left and gives
/// proof that they still fail, of which the last is returned with them.
pub fn shrink<T: Clone, P>(whole: Vec<T>, mut fails: impl FnMut(&[T]) -> Option<P>) -> Option<(Vec<T>, P)> {
    let mut proof = fails(&whole)?;
    let mut pieces = whole;
    loop {
        let before = pieces.len();
        let mut run = (pieces.len() / 2).max(1);
        loop {
            let mut at = 0;
            while at < pieces.len() {
                let end = (at + run).min(pieces.len());
                let fewer: Vec<T> = pieces[..at].iter().chain(&pieces[end..]).cloned().collect();
                match fails(&fewer) {
                    Some(found) => (proof, pieces) = (found, fewer),
                    None => at += run,
                }
            }
            if run == 1 {
                break;
            }
            run /= 2;
        }
        if pieces.len() == before {
            return Some((pieces, proof));
        }
    }
}

/// The words, numbers, runs of white space and single marks of a text, in order: joined, they are the text.
pub fn tokens(text: &str) -> Vec<&str> {
    let class = |c: char| match c {
        _ if c.is_alphanumeric() || c == '_' => 1,
        ' ' | '\t' => 2,
        _ => 0,
    };
    let mut found = Vec::new();
    let mut start = 0;
    let mut last = None;
    for (at, c) in text.char_indices() {
        let this = class(c);
        if at > start && (this == 0 || Some(this) != last) {
            found.push(&text[start..at]);
            start = at;
        }
        last = Some(this);
    }
    if start < text.len() {
        found.push(&text[start..]);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_stays() {
        let whole: Vec<u32> = (0..100).collect();
        let fails = |left: &[u32]| (left.contains(&7) && left.contains(&93)).then_some(left.len());
        assert_eq!(shrink(whole, fails), Some((vec![7, 93], 2)));
    }

    #[test]
    fn what_does_not_fail_is_not_shrunk() {
        assert_eq!(shrink(vec![1, 2, 3], |_| None::<()>), None);
    }

    #[test]
    fn tokens_make_up_the_text() {
        let text = "x1 = \"é 2\"  +y\n";
        assert_eq!(tokens(text).concat(), text);
        assert_eq!(tokens("x1  +y"), ["x1", "  ", "+", "y"]);
    }
}
