//! Types that follow assignments: what a variable or a member is at a place, by what reaches it.

use super::Fixture;
use crate::ide::completion::completions;
use crate::ide::hover;
use expect_test::expect;

/// The paragraph about types of the card at the cursor.
#[track_caller]
fn types(source: &str) -> String {
    let it = Fixture::new(source);
    let card = hover(&it.db, &it.document, &it.live(), it.offset).map(|card| card.plain()).unwrap_or_default();
    let line = card.lines().find_map(|it| it.strip_prefix("likely: ").or_else(|| it.strip_prefix("type: ")));
    line.unwrap_or("nothing").to_owned()
}

/// The same within a function that is given a number.
#[track_caller]
fn of(body: &str, expected: &str) {
    let source = format!("f = function(c)\n{body}\nend function\nf 1\n");
    assert_eq!(types(&source), expected, "{source}");
}

#[test]
fn each_branch_shows_what_it_has_assigned() {
    let branches = |first: &str, second: &str| {
        format!(
            "if c == 1 then\nr = []\nwhile true\nc.foo\nreturn {first}\nend while\nelse\nr = {{}}\nreturn {second}\nend if"
        )
    };
    of(&branches("r$0", "r"), "list");
    of(&branches("r", "r$0"), "map r");
    of("if c then\nr = []\nelse\nr = {}\nend if\nreturn r$0", "list or map r");
    of("r = []\nif c then\nr = \"\"\nreturn r\nend if\nreturn r$0", "list");
    of("r = []\nif c then r = \"\"\nreturn r$0", "string or list");
    of("r = []\nr$0 = \"\"\nreturn r", "string");
    of("r = []\nwhile c\nprint r$0\nr = 1\nend while", "number or list");
    of("if c then c = \"\"\nreturn c$0", "string or number");
    of("c = \"\"\nreturn c$0", "string");
    // Code that is not the function's own may assign, too.
    of("r = []\ng = function\nouter.r = 1\nend function\nr = \"\"\ng\nreturn r$0", "list or string or number");
    of("r = []\nr = \"\"\nlocals.r = 1\nreturn r$0", "list or string or number");
    of("r = []\nr = \"\"\nh locals\nreturn r$0", "list or string");
}

#[test]
fn a_sum_is_a_string_only_where_a_side_is_nothing_else() {
    let either = |sum: &str| format!("g = \"q\"\nif c then g = 1\n{sum}\nreturn g$0");
    of(&either("g = g + 1"), "string or number");
    of(&either("g = 1 + g"), "string or number");
    of(&either("g = g + g"), "string or number");
    of(&either("g = g + \"\""), "string");
    of(&either("g = \"\" + g"), "string");
    of("g = \"q\"\nif c then g = [1]\ng = g + [2]\nreturn g$0", "string or list of number");
    assert_eq!(types("g = \"q\"\nwhile rnd > 0.1\n  g = 1\nend while\ng$0 = g + 1\n"), "string or number");
}

#[test]
fn where_a_function_has_not_assigned_its_variable_the_name_means_that_of_around() {
    let body = |first: &str| format!("{first}\nprint b$0\nb = \"s\"\nreturn 1");
    let below =
        |global: &str, first: &str| types(&format!("{global}\nf = function(c)\n{}\nend function\nf 1\n", body(first)));
    assert_eq!(below("b = []", "if c == 1 then b = 5"), "number or list");
    assert_eq!(below("b = []", "if c == 1 then b = 5 else b = {}"), "number or map; likely number or map b");
    assert_eq!(below("b = []", "b = 5"), "number");
    assert_eq!(below("x = []", "if c == 1 then b = 5"), "number");
    let inner = |first: &str| format!("b = {{}}\ng = function\n{}\nend function\ng", body(first));
    of(&inner("if rnd > 0.5 then b = 5"), "number or map; likely number or map b");
    of(&inner("b = 5"), "number");
}

#[test]
fn statements_at_the_top_go_by_their_branches() {
    let branches = "if rnd > 0.5 then\n  r = {\"a\": 1}\n  print FIRST\nelse\n  r = {\"b\": 1}\n  print SECOND\nend if\nprint LAST\n";
    let at = |place: &str| {
        types(&branches.replace(place, "r$0").replace("FIRST", "r").replace("SECOND", "r").replace("LAST", "r"))
    };
    assert_eq!(at("FIRST"), "map; likely map r with a");
    assert_eq!(at("SECOND"), "map; likely map r with b");
    assert_eq!(at("LAST"), "map; likely map r");
    assert_eq!(types("r = []\nif rnd > 0.5 then\n  print r$0\n  r = {}\nend if\n"), "list");
}

#[test]
fn completion_offers_what_the_branch_has() {
    let members = |source: &str| {
        let it = Fixture::new(source);
        let items = completions(&it.db, &it.document, &it.live(), it.offset, false).items;
        let own = items.into_iter().map(|it| it.label).filter(|it| it.starts_with("only"));
        own.collect::<Vec<_>>().join(" ")
    };
    let code = "f = function(c)\n  if c then\n    r = {\"onlyHere\": 1}\n    print r.A\n  else\n    r = {\"onlyThere\": 1}\n    print r.B\n  end if\nend function\n";
    assert_eq!(members(&code.replace(".A", ".$0").replace(".B", ".x")), "onlyHere");
    assert_eq!(members(&code.replace(".B", ".$0").replace(".A", ".x")), "onlyThere");
}

#[test]
fn members_of_a_map_of_ones_own_follow_their_stores() {
    let code = "k = {\"n\": null}\nk.n = 5\n";
    let both = "null or number";
    for (rest, expected) in [
        ("v$0 = k.n\n", "number"),
        ("print k.n$0\n", "number"),
        ("v = k.n\nprint v$0\n", "number"),
        ("if rnd > 0.5 then k.n = \"a\"\nprint k.n$0\n", "string or number"),
        ("g = function\n  return 1\nend function\ng\nprint k.n$0\n", "number"),
        ("k = {\"n\": \"\"}\nprint k.n$0\n", "string"),
        // Somebody else may have the map, or put something under any of its keys.
        ("j = k\nprint k.n$0\n", both),
        ("print k\nprint k.n$0\n", both),
        ("k[rnd] = \"\"\nprint k.n$0\n", both),
        ("k.push 1\nprint k.n$0\n", both),
        ("g = function\n  k.n = \"\"\nend function\ng\nprint k.n$0\n", "null or number or string"),
        ("g = function\n  globals.k.n = \"\"\nend function\ng\nprint k.n$0\n", "null or number or string"),
        ("k.g = function\n  self.n = \"\"\nend function\nk.g\nprint k.n$0\n", "null or number or string"),
        ("h globals\nprint k.n$0\n", both),
    ] {
        let source = format!("{code}{rest}");
        assert_eq!(types(&source), expected, "{source}");
        if !rest.contains("g = function") && !rest.contains("globals") {
            of(&source, expected);
        }
    }
    of("k = {\"n\": null}\nfor i in range(3)\nprint k.n$0\nk.n = i\nend for", "number or null");
    of(
        "k = {\"n\": null}\nk.n = 5\ng = function\nouter.k.n = \"\"\nend function\ng\nprint k.n$0",
        "null or number or string",
    );
    of(
        "k = {\"n\": null}\nk.n = 5\ng = function\nk.n = \"\"\nend function\ng\nprint k.n$0",
        "null or number or string",
    );
    of("k = {\"n\": null}\nk.n = 5\nh locals\nprint k.n$0", both);
}

#[test]
fn modules_that_know_a_map_may_give_it_members() {
    let main = "//- main.ms\nimport \"lib\"\nk = {\"n\": null}\nk.n = 5\nlib.go\nprint k.n$0\n";
    assert_eq!(types(&format!("{main}//- lib.ms\ngo = function\n  return 1\nend function\n")), "number");
    let alters = types(&format!("{main}//- lib.ms\ngo = function\n  globals.k.n = \"\"\nend function\n"));
    assert_ne!(alters, "number");
    assert!(alters.starts_with("null or number"), "{alters}");
}

#[test]
fn members_of_one_of_several_values_stand_behind_it() {
    expect!["map r with a or list of number"]
        .assert_eq(&types("f = function(c)\n  r = {\"a\": 1}\n  if c then r = [1]\n  return r$0\nend function\n"));
}
