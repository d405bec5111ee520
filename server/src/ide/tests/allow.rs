//! Comments that silence codes, and what is told of those that do not.

use super::Fixture;
use super::checks::{check, codes, right};
use super::slips::fixed;
use crate::ide::diagnostics;
use crate::settings::Checks;
use expect_test::expect;

#[test]
fn a_code_that_nobody_knows_is_told() {
    check(
        "x = 1\nprint x // minilive: allow unknown-nam\nprint x // minilive: allow nosuch, unused-local\n",
        &expect![[r#"
            | print x // minilive: allow unknown-nam
            |                            ^^^^^^^^^^^ marker: `unknown-nam` is no code of a warning; did you mean `unknown-name`?
            | print x // minilive: allow nosuch, unused-local
            |                            ^^^^^^ marker: `nosuch` is no code of a warning
        "#]],
    );
    fixed(
        "x = 1\nprint x // minilive: allow unused-local, unknown-name: the host has it\n",
        "Change to `unknown-name`",
        "x = 1\nprint x // minilive: allow unused-local, unknown-name the host has it\n",
    );
    // What keeps a program from running is never silenced.
    assert_eq!(codes("// minilive: allow unclosed-block\nprint 1\n", &Checks::default()), ["marker"]);
}

#[test]
fn a_comment_that_silences_nothing_is_told() {
    let told = |comment: &str, said: &str| {
        let it = Fixture::new(&format!("x = 1\nprint x {comment}\n"));
        let found = crate::ide::checks::checks(&it.db, &it.document, &Checks::default(), &it.places);
        let found: Vec<_> = found.iter().map(|it| (it.code, it.message.as_str())).collect();
        assert_eq!(found, [("marker", said)], "{comment}");
    };
    let written = "this silences nothing: it is written `// minilive: allow unknown-name`";
    for comment in [
        "//minilive: allow unknown-name",
        "//  minilive: allow unknown-name",
        "/// minilive: allow unknown-name",
        "// MiniLive: allow unknown-name",
        "// minilive allow unknown-name",
        "// minilive : allow unknown-name",
        "// minilive: Allow unknown-name, unused-local",
        "// minilive: allow: unknown-name",
        "// minilive: alow unknown-name",
        "// minilive: ignore unknown-name",
        "// minilive: allow(unknown-name)",
        "// MINILIVE: allow unknown-nam",
    ] {
        told(comment, written);
    }
    told("// minilive: allow", "this names no code of a warning: `// minilive: allow CODE`");
    for (before, after) in [
        ("//minilive: allow unused-local", "// minilive: allow unused-local"),
        ("// MiniLive: Allow: unused-local", "// minilive: allow unused-local"),
    ] {
        let program = |comment: &str| format!("x = 1\nprint x {comment}\n");
        fixed(&program(before), "Write `// minilive: allow`", &program(after));
    }
}

#[test]
fn what_silences_or_is_prose_is_not_told() {
    for comment in [
        "// minilive: allow unknown-name",
        "// minilive: allow unknown-name,unused-local",
        "// minilive: allow unknown-name unused-local",
        "// minilive: allow unknown-name because the host gives it, and others",
        "// minilive: allow unknown-name -- see below",
        "// minilive: allow marker, nosuch",
        "// minilive: see the manual",
        "// MiniLive allows the host to do that",
        "// minilive: allows such names",
        "// with minilive: allow unknown-name",
        "// minilive",
        "// minilive allow",
    ] {
        right(&format!("x = 1\nprint x {comment}\n"));
    }
    right("print \"// minilive: allow nosuch\"\nprint \"// MiniLive: allow unknown-name\"\n");
}

#[test]
fn it_is_told_beside_errors_and_as_a_setting_says() {
    let it = Fixture::new("x = 1\nprint x // minilive: allow nosuch\ny = = 1\n");
    let found: Vec<_> = diagnostics(&it.db, &it.document, &it.live()).iter().map(|it| it.code).collect();
    assert_eq!(found, ["marker", "expected-expression"]);
    let off = Checks { allow: vec!["marker".into()], ..Checks::default() };
    assert_eq!(codes("print 1 // minilive: allow nosuch\n", &off), [""; 0]);
}
