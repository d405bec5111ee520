//! Words that open names say that these are not judged.

use super::Fixture;
use super::checks::codes;
use crate::ide::hover;
use crate::settings::Checks;

/// What the card of a word says of names that are not judged.
fn said(source: &str) -> Option<String> {
    let it = Fixture::new(source);
    let card = hover(&it.db, &it.document, &it.live(), it.offset)?;
    card.sections.into_iter().find(|it| it.contains("judged") || it.contains("not told"))
}

fn told(source: &str) -> Vec<&'static str> {
    codes(&source.replacen("$0", "", 1), &Checks::default())
}

#[test]
fn a_word_that_opens_names_says_so() {
    for (source, start) in [
        (
            "f = function(m)\n  x = 1\n  f loc$0als\n  return zzz\nend function\nf 1\n",
            "Names are not judged in this function",
        ),
        ("m = loc$0als\nprint zzz\n", "Names are not judged in this file, because `locals`"),
        ("m = glo$0bals\nprint zzz\n", "Unknown names are not told in this file, because `globals`"),
        (
            "k = \"a\" + \"b\"\nprint globals$0[k]\nprint zzz\n",
            "Unknown names are not told in this file, because `globals`",
        ),
        ("print globals$0.len\nprint zzz\n", "Unknown names are not told in this file, because `globals`"),
        (
            "f = function\n  m = ou$0ter\n  return m\nend function\nprint f + zzz\n",
            "Unknown names are not told in this file, because `outer`",
        ),
        ("k = \"a\" + \"b\"\nimp$0ort k\nprint zzz\n", "Names are not judged in this file, because this imports"),
        (
            "f = function(k)\n  imp$0ort k\n  return zzz\nend function\nf \"a\"\n",
            "Names are not judged in this function",
        ),
        ("k = \"a\"\nm = imp$0ort(k + \"b\")\nprint zzz\n", "Names are not judged in this file, because this imports"),
    ] {
        let found = said(source).unwrap_or_default();
        assert!(found.starts_with(start), "{source}: {found}");
        assert!(!told(source).contains(&"unknown-name"), "{source}: it says what is so");
    }
    let nested = "f = function\n  x = 1\n  g = function\n    m = ou$0ter\n    return m\n  end function\n  return @g\nend function\nh = f\n";
    let found = said(nested).unwrap_or_default();
    assert!(found.starts_with("Whether the variables of the function around are used is not judged"), "{found}");
    assert!(!told(nested).contains(&"unused-local"));
}

#[test]
fn a_word_that_names_one_variable_opens_nothing() {
    for source in [
        "glo$0bals.x = 1\nprint zzz\n",
        "glo$0bals[\"x\"] = 1\nprint zzz\n",
        "print glo$0bals.hasIndex(\"x\")\nprint zzz\n",
        "if loc$0als == globals then print zzz\n",
        "if locals == glo$0bals then print zzz\n",
        "f = function\n  x = 1\n  print loc$0als.x\n  return zzz\nend function\nf\n",
        "imp$0ort \"lib\"\nprint lib.x + zzz\n//- lib.ms\nx = 1\n",
    ] {
        let source = if source.contains("//- ") { format!("//- main.ms\n{source}") } else { source.to_owned() };
        assert_eq!(said(&source), None, "{source}");
        assert!(told(&source).contains(&"unknown-name"), "{source}");
    }
    // Of the words in a statement that is open, one is not what opens it.
    assert_eq!(said("x = [glo$0bals.y, globals]\n"), None);
    assert!(said("x = [globals.y, glo$0bals]\n").is_some());
}
