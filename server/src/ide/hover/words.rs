//! What the words of the language mean, for hovers.
//!
//! Part of hover. Invariants: every keyword has an entry, and so have the names that always are constants; an `end` says what it ends.

use crate::line_index::LineIndex;
use minilive_syntax::{SyntaxKind, SyntaxToken};

/// The names that mean a constant wherever they are read.
pub const CONSTANTS: [(&str, &str); 3] = [
    ("true", "The number 1. Comparisons that hold give it."),
    ("false", "The number 0. Comparisons that do not hold give it."),
    ("null", "No value: what a function without `return` gives, and arithmetic with operands that do not fit."),
];

/// What a word is for.
pub fn meaning(word: &str) -> Option<&'static str> {
    let keyword = match word {
        "and" => "Both hold: 0 and what is empty count as no. The right side is evaluated only if the left one holds.",
        "or" => "One of both holds. The right side is evaluated only if the left one does not hold.",
        "not" => "1 where its operand is 0, null or empty, else 0.",
        "while" => {
            "Repeats the statements up to `end while` as long as the condition holds; it is tested before each round."
        }
        "for" => {
            "Runs the statements up to `end for` once for each element of a list, character of a string, or entry of a map (with `key` and `value`)."
        }
        "in" => "Names what a `for` goes through.",
        "if" => {
            "Runs statements if a condition holds: to the end of the line, or up to `else` or `end if` where `then` ends the line."
        }
        "then" => "Ends the condition of an `if`. A line end behind it begins a block, a statement a one-line `if`.",
        "else" => "What happens if the condition does not hold; `else if` tests another one.",
        "break" => "Leaves the innermost loop.",
        "continue" => "Goes on with the next round of the innermost loop.",
        "function" => {
            "Makes a function of the statements up to `end function`. Names that are assigned in it are local to it."
        }
        "return" => {
            "Ends the function and gives its caller a value, or null without one. In an imported file it gives what `import` defines."
        }
        "end" => "Ends a block: `end if`, `end while`, `end for`, `end function`.",
        "new" => "Makes a map whose `__isa` is the operand: an instance of a class, or a class derived from another.",
        "isa" => "1 if the left side is of the type on the right, or a map whose chain of `__isa` leads to it.",
        "self" => "The map on which a method was called.",
        "super" => {
            "The map behind the one that has the method: its members are the overridden ones, called with the same `self`."
        }
        "locals" => "The map of the variables of this function; at the top level that of the globals.",
        "outer" => "The map of the variables of the function around this one; the globals if there is none.",
        "globals" => "The map of the global variables. In a function, `globals.x = 1` changes one.",
        _ => return CONSTANTS.iter().find(|(name, _)| *name == word).map(|(_, text)| *text),
    };
    Some(keyword)
}

/// The first line of the block that an `end`, or the word behind it, ends; `text` is the document's, with its lines.
pub fn ended(token: &SyntaxToken, text: &str, index: &LineIndex) -> Option<String> {
    use SyntaxKind::{ForStmt, FunctionExpr, IfStmt, WhileStmt};
    let is_behind_end = || {
        let before = std::iter::successors(token.prev_token(), SyntaxToken::prev_token);
        before.into_iter().find(|it| !it.kind().is_trivia()).is_some_and(|it| it.kind() == SyntaxKind::EndKw)
    };
    (token.kind() == SyntaxKind::EndKw || is_behind_end()).then_some(())?;
    let block = token.parent().filter(|it| matches!(it.kind(), ForStmt | FunctionExpr | IfStmt | WhileStmt))?;
    let line = index.line_of(block.text_range().start());
    let (number, first) = (line + 1, text[std::ops::Range::<usize>::from(index.line_range(line, text))].trim());
    Some(format!("Ends what begins on line {number}:\n\n```miniscript\n{first}\n```"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use minilive_syntax::kind::ALL;

    #[test]
    fn every_keyword_has_a_meaning() {
        const WORDS: &str = "and or not while for in if then else break continue function return end new isa self super locals outer globals true false null";
        assert!(WORDS.split(' ').all(|word| meaning(word).is_some()));
        let keywords = ALL.iter().filter(|kind| kind.is_keyword()).count();
        assert_eq!(WORDS.split(' ').count(), keywords + CONSTANTS.len());
        assert_eq!(meaning("foo"), None);
    }
}
