//! Semantic tokens, folds, selections, links, symbols of the workspace, and indents while typing.

use super::Fixture;
use crate::host_profile::Host;
use crate::ide::{
    FoldKind, FormatOptions, MODIFIERS, Symbol, Tokens, folds, format, format_on_type, links, selection,
    semantic_tokens, semantic_tokens_within, symbols, workspace_symbols,
};
use expect_test::{Expect, expect};
use minilive_syntax::{TextEdit, TextRange, TextSize};
use std::sync::Arc;

fn words(modifiers: u32) -> String {
    let set = MODIFIERS.iter().enumerate().filter(|(bit, _)| modifiers & (1 << bit) != 0);
    set.map(|(_, name)| format!(" {name}")).collect()
}

#[test]
fn names_are_told_apart() {
    let it = Fixture::new(
        "Animal = {}\nAnimal.speak = function(times)\n  n = times + limit\n  print self.name, n\nend function\nlimit = 3\nimport \"lib\"\nprint lib.x.len, unknown\n",
    );
    let found = semantic_tokens(&it.db, &it.document, &Arc::default(), &it.places);
    let drawn = it.draw(found.iter().map(|at| (at.range, format!("{:?}{}", at.kind, words(at.modifiers)))));
    expect![[r#"
        | Animal = {}
        | ^^^^^^ Class declaration global definition
        | Animal.speak = function(times)
        | ^^^^^^ Class global
        |        ^^^^^ Method declaration definition
        |                         ^^^^^ Parameter declaration
        |   n = times + limit
        |   ^ Variable declaration definition
        |       ^^^^^ Parameter
        |               ^^^^^ Variable global
        |   print self.name, n
        |   ^^^^^ Function defaultLibrary readonly
        |              ^^^^ Property
        |                    ^ Variable
        | limit = 3
        | ^^^^^ Variable declaration global definition
        | import "lib"
        | ^^^^^^ Function defaultLibrary readonly
        | print lib.x.len, unknown
        | ^^^^^ Function defaultLibrary readonly
        |       ^^^ Namespace global
        |           ^ Property
        |             ^^^ Method defaultLibrary
    "#]]
    .assert_eq(&drawn);
    let part = semantic_tokens_within(&it.db, &it.document, (&Host::default(), &it.places), found[2].range);
    assert_eq!(part, [found[2]], "a range has its own tokens");
}

#[test]
fn constants_and_comments_about_variables_are_told() {
    let it = Fixture::new(
        "// Of the file.\n\n// How many.\n// At most.\nMOST_X = 3\nTWICE = 1\nTWICE = 2\n// Not this.\nprint MOST_X + TWICE // nor this\nf = function\n  // nor that\n  LOCAL_X = 1\n  return LOCAL_X\nend function\n",
    );
    let found = semantic_tokens(&it.db, &it.document, &Arc::default(), &it.places);
    let drawn = it.draw(found.iter().map(|at| (at.range, format!("{:?}{}", at.kind, words(at.modifiers)))));
    expect![[r#"
        | // How many.
        | ^^^^^^^^^^^^ Comment documentation
        | // At most.
        | ^^^^^^^^^^^ Comment documentation
        | MOST_X = 3
        | ^^^^^^ Variable declaration global definition readonly
        | TWICE = 1
        | ^^^^^ Variable declaration global definition
        | TWICE = 2
        | ^^^^^ Variable modification global
        | print MOST_X + TWICE // nor this
        | ^^^^^ Function defaultLibrary readonly
        |       ^^^^^^ Variable global readonly
        |                ^^^^^ Variable global
        | f = function
        | ^ Function declaration global definition
        |   LOCAL_X = 1
        |   ^^^^^^^ Variable declaration definition
        |   return LOCAL_X
        |          ^^^^^^^ Variable
    "#]]
    .assert_eq(&drawn);
    let part = semantic_tokens_within(&it.db, &it.document, (&Host::default(), &it.places), found[0].range);
    assert_eq!(part, [found[0]]);
}

/// What hover shows of a variable are the tokens that say so.
#[test]
fn marks_of_regions_are_no_documentation() {
    let it = Fixture::new(
        "// About a.\n// #region A\na = 1\n// Of the region.\n// #region B\n// About b.\nb = 1\n// About nothing.\n// #endregion\nc = 1\n// #endregion\n// About d.\nd = 1\n",
    );
    let found = semantic_tokens(&it.db, &it.document, &Arc::default(), &it.places);
    let comments = found.iter().filter(|at| words(at.modifiers).contains("documentation"));
    let texts: Vec<_> = comments.map(|at| &it.document.text[at.range]).collect();
    assert_eq!(texts, ["// About a.", "// About b.", "// About d."]);
}

#[test]
fn members_of_modules_are_what_they_are_there() {
    let source = "//- main.ms\nimport \"lib\"\nx = new lib.Cls\nlib.f\nprint lib.n\nlib.n = 2\ng = function(lib)\n  lib.f\nend function\n//- lib.ms\nf = function\nend function\nCls = {}\nn = 1\n";
    let it = Fixture::new(source);
    let found = semantic_tokens(&it.db, &it.document, &Arc::default(), &it.places);
    let drawn = it.draw(found.iter().map(|at| (at.range, format!("{:?}{}", at.kind, words(at.modifiers)))));
    expect![[r#"
        | import "lib"
        | ^^^^^^ Function defaultLibrary readonly
        | x = new lib.Cls
        | ^ Variable declaration global definition
        |         ^^^ Namespace global
        |             ^^^ Class
        | lib.f
        | ^^^ Namespace global
        |     ^ Function
        | print lib.n
        | ^^^^^ Function defaultLibrary readonly
        |       ^^^ Namespace global
        |           ^ Property
        | lib.n = 2
        | ^^^ Namespace global
        |     ^ Property modification
        | g = function(lib)
        | ^ Function declaration global definition
        |              ^^^ Parameter declaration
        |   lib.f
        |   ^^^ Parameter
        |       ^ Property
    "#]]
    .assert_eq(&drawn);
}

/// Tokens that are made of earlier ones are what they would be without.
#[test]
fn tokens_of_units_are_taken_over_where_nothing_is_another() {
    const LINES: [&str; 20] = [
        "x = 1\n",
        "x = 12\n",
        "y = x + 2 // c\n",
        "\n",
        "// c\n",
        "f = function(a, x)\n",
        "  b = a.size + x\n",
        "  g = function\n",
        "    return b\n",
        "  end function\n",
        "  return g + y\n",
        "end function\n",
        "M = {\"size\": @f}\n",
        "M.size = 3\n",
        "M.size = function\n",
        "globals.x = @f\n",
        "print globals.x + locals.y\n",
        "outer.b = @f\n",
        "import \"y\"\n",
        "print f(x, M.size)\n",
    ];
    let mut it = Fixture::new(&LINES.concat());
    let (mut lines, host) = (LINES.map(str::to_owned).to_vec(), Arc::<Host>::default());
    let (mut before, mut state, mut taken) = (None, 11u64, 0);
    let mut random = |below: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % below
    };
    for number in 0..600 {
        let at = random(lines.len());
        match random(5) {
            0 => lines.insert(at, LINES[random(LINES.len())].to_owned()),
            1 if lines.len() > 5 => drop(lines.remove(at)),
            // White space and comments move what is behind them, and no name is another.
            2 => lines[at] = format!(" {}", lines[at]),
            3 => lines[at] = lines[at].replace('1', "10"),
            _ => lines[at] = LINES[random(LINES.len())].to_owned(),
        }
        let text = lines.concat();
        it.db.set_text(it.document.file, text.as_str().into(), Arc::new(minilive_syntax::parse(&text)));
        let now = Tokens::new(&it.db, &it.document, (&host, &it.places), before.as_ref());
        let fresh = Fixture::new(&text);
        assert_eq!(
            now.all(&it.db),
            semantic_tokens(&fresh.db, &fresh.document, &host, &fresh.places),
            "after edit {number} in\n{text}"
        );
        let due = before.and_then(|before: Tokens| before.due_for(&now));
        taken += usize::from(due.is_some_and(|due| due < crate::db::units(&it.db, it.document.file).len() / 2));
        before = Some(now);
    }
    assert!(taken > 300, "after {taken} of 600 edits, few names had to be looked at");
}

#[test]
fn blocks_comments_and_literals_fold() {
    let it = Fixture::new(
        "// one\n// two\nimport \"a\"\nimport \"b\"\nf = function\n  if x then\n    y = 1\n  else if z then\n    y = 2\n  else\n    y = 3\n  end if\n  m = {\n    \"a\": 1,\n  }\nend function\nwhile 1\n  x\nend while\nif a then b\n",
    );
    let mut out = String::new();
    for fold in folds(&it.db, &it.document) {
        out += &format!("{}-{} {:?}\n", fold.first + 1, fold.last + 1, fold.kind);
    }
    expect![[r#"
        1-2 Comment
        3-4 Imports
        5-15 Region
        6-7 Region
        8-9 Region
        10-11 Region
        13-14 Region
        17-18 Region
    "#]]
    .assert_eq(&out);
}

#[test]
fn marked_regions_fold_and_are_no_documentation() {
    let text = "// Of bosses.\n// #region stuff\nBo$0ss = {}\n  //#region inner\nx = 1\n  // #endregion\n// #endregion\ny = 2\n// #regional\n// #endregion\n";
    let it = Fixture::new(text);
    let found: Vec<_> = folds(&it.db, &it.document).iter().map(|it| (it.first, it.last, it.kind)).collect();
    assert_eq!(found, [(1, 6, FoldKind::Marked), (3, 5, FoldKind::Marked)]);
    let card = crate::ide::hover(&it.db, &it.document, &it.live(), it.offset).expect("a card").plain();
    assert!(!card.contains("region") && !card.contains("stuff") && card.contains("Of bosses."), "{card}");
    // What stands above a region that has ended is about what is in it.
    let it = Fixture::new("// #region a\n// Of x.\nx = 1\n// #endregion\ny$0 = 2\n");
    let card = crate::ide::hover(&it.db, &it.document, &it.live(), it.offset).expect("a card").plain();
    assert!(!card.contains("Of x."), "{card}");
}

#[test]
fn selections_grow_from_word_to_file() {
    let it = Fixture::new("f = function(a)\n  x = a.b$0 + 1\n  y = 2\nend function\nz = 3\n");
    let ranges = selection(&it.db, &it.document, it.offset);
    let texts: Vec<_> = ranges.iter().map(|&range| &it.document.text[range]).collect();
    expect![[r#"
        [
            "b",
            ".b",
            "a.b",
            "a.b + 1",
            "x = a.b + 1",
            "x = a.b + 1\n  y = 2",
            "  x = a.b + 1\n  y = 2\n",
            "function(a)\n  x = a.b + 1\n  y = 2\nend function",
            "f = function(a)\n  x = a.b + 1\n  y = 2\nend function",
            "f = function(a)\n  x = a.b + 1\n  y = 2\nend function\nz = 3\n",
        ]
    "#]]
    .assert_debug_eq(&texts);
    assert!(ranges.windows(2).all(|pair| pair[1].contains_range(pair[0]) && pair[0] != pair[1]));
}

#[test]
fn imports_are_links() {
    let it = Fixture::new("//- main.ms\nimport \"lib\"\nx = import(\"none\")\n//- lib.ms\nx = 1\n");
    let found = links(&it.db, &it.document, &it.places);
    let found: Vec<_> = found.iter().map(|link| (&it.document.text[link.range], it.name(link.file))).collect();
    assert_eq!(found, [("lib", "lib.ms")]);
}

#[test]
fn symbols_of_all_files_are_found_by_their_letters() {
    let it = Fixture::new(
        "//- main.ms\nspeed = 1\nDog = {}\nDog.speak = function\nend function\n//- lib.ms\nspeakLoud = function\nend function\nspeed = 2\n",
    );
    let names = |query: &str| {
        let found = workspace_symbols(&it.db, query);
        found.iter().map(|it| it.symbol.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(names("speak"), ["speak", "speakLoud"]);
    assert_eq!(names("spd"), ["speed", "speed", "speakLoud"]);
    assert_eq!(names("loud"), ["speakLoud"]);
    assert_eq!(names("xyz"), [""; 0]);
    assert_eq!(names("").len(), 5);
}

#[test]
fn symbols_of_all_files_are_those_in_blocks_maps_and_functions_too() {
    let it = Fixture::new(
        "//- main.ms\nRect = {\"init\": function(w)\nend function, \"wide\": 1}\nRect.area = function\n  part = function\n  end function\n  self.n = 1\n  local = 2\nend function\nif 1 then\n  late = function\n  end function\n  while 0\n    deep = 1\n  end while\nend if\nglobals.shown = 1\nPoint = {\"x\": 1}\n",
    );
    let all = |query: &str| {
        let found = workspace_symbols(&it.db, query).into_iter().map(|it| it.symbol);
        let whole =
            |it: &crate::db::FileSymbol| it.container.as_ref().map_or(String::new(), |owner| format!("{owner}."));
        let mut found: Vec<_> = found.map(|it| format!("{}{} {:?}", whole(&it), it.name, it.kind)).collect();
        found.sort();
        found.join("\n")
    };
    expect![[r#"
        Point Variable
        Point.x Member
        Rect Class
        Rect.area Method
        Rect.init Method
        Rect.wide Member
        area.part Function
        deep Variable
        globals.shown Member
        late Function"#]]
    .assert_eq(&all(""));
    assert_eq!(all("Rect.init"), "Rect.init Method");
    assert_eq!(all("rect.ar"), "Rect.area Method");
}

#[test]
fn members_that_a_file_gives_to_others_are_symbols_of_it() {
    let it = Fixture::new(
        "//- main.ms\nimport \"lib\"\nglobals.g2 = 5\nlib.extra = 3\nlib.extra = 4\nother.x = 1\nglobals.go = function\nend function\n//- lib.ms\nx = 1\n",
    );
    let found: Vec<_> = symbols(&it.db, &it.document, &it.live()).into_iter().map(|it| it.name).collect();
    assert_eq!(found, ["globals.g2", "lib.extra", "globals.go"]);
}

#[test]
fn lines_are_indented_while_they_are_typed() {
    let typed = |source: &str| {
        let it = Fixture::new(source);
        let edits = format_on_type(&it.db, &it.document, FormatOptions { width: 2, tabs: false }, it.offset);
        let mut text = it.document.text.to_string();
        for edit in edits.iter().rev() {
            text.replace_range(std::ops::Range::<usize>::from(edit.range), &edit.text);
        }
        text
    };
    assert_eq!(typed("f = function\n$0"), "f = function\n  ");
    assert_eq!(typed("if x then\n  y = 1\n  else$0\n"), "if x then\n  y = 1\nelse\n");
    assert_eq!(typed("f = function\n  while x\n    end$0"), "f = function\n  while x\n  end");
    assert_eq!(typed("if x then y\n$0"), "if x then y\n");
    assert_eq!(typed("x = [\n$0\n"), "x = [\n  \n");
    assert_eq!(typed("x = 1 +\n$0\n"), "x = 1 +\n  \n");
    // A letter of any other word asks for nothing.
    for same in
        ["x = 1\n  spend$0\n", "  end  end$0\n", "  send$0\n", "    x.end$0\n", "  // end$0\n", "  print \"else$0\"\n"]
    {
        assert_eq!(typed(same), same.replace("$0", ""));
    }
    assert_eq!(typed("  x = 1\n    if x then\n  y\n      else$0\n").lines().nth(3), Some("    else"));
    // A block keeps its own depth, and what is in it goes on from there.
    assert_eq!(typed("if x then\n    y = 1\n    z = 2\n$0"), "if x then\n    y = 1\n    z = 2\n    ");
    assert_eq!(typed("if x then\n    y = 1\n    while z\n$0"), "if x then\n    y = 1\n    while z\n      ");
    assert_eq!(typed("\tif x then\n\t\ty = 1\n\t\tend if\n$0"), "\tif x then\n\t\ty = 1\n\tend if\n\t");
    assert_eq!(
        typed("if x then\n    if y then\n        z = 1\n      end$0\n"),
        "if x then\n    if y then\n        z = 1\n    end\n"
    );
}

#[test]
fn broken_code_is_not_formatted_and_a_range_is_formatted_alone() {
    let options = FormatOptions { width: 2, tabs: false };
    let it = Fixture::new("x=1 y=2\n");
    assert_eq!(format(&it.db, &it.document, options, None), []);
    let it = Fixture::new("x=1\ny$0=2\nz=3\n");
    let range = TextRange::empty(it.offset);
    let edits = format(&it.db, &it.document, options, Some(range));
    let lines: Vec<_> = edits.iter().map(|edit| it.document.index.line_of(edit.range.start())).collect();
    assert_eq!(lines, [1, 1]);
}

#[test]
fn the_words_of_a_block_are_linked() {
    let check = |source: &str, expected: &Expect| {
        let it = Fixture::new(source);
        let found = crate::ide::linked(&it.db, &it.document, it.offset);
        expected.assert_eq(&it.draw(found.into_iter().flatten().map(|range| (range, String::new()))));
    };
    let function = &expect![[r#"
        | f = function(a)
        |     ^^^^^^^^
        | end  function
        |      ^^^^^^^^
    "#]];
    let body =
        |line: &str| format!("f = {line}(a)\n  if a then\n    return 1\n  else if 2 then\n    return 3\n  end if\n");
    check(&format!("{}end  function\n", body("fun$0ction")), function);
    check(&format!("{}end  function$0\n", body("function")), function);
    check(
        "if 1 then\nelse\nend i$0f\n",
        &expect![[r#"
            | if 1 then
            | ^^
            | end if
            |     ^^
        "#]],
    );
    check(
        "$0for i in x\n  while 1\n  end while\nend for\n",
        &expect![[r#"
            | for i in x
            | ^^^
            | end for
            |     ^^^
        "#]],
    );
    let none = &expect![""];
    for source in [
        "i$0f 1 then print 2\n",
        "if 1 then\nelse i$0f 2 then\nend if\n",
        "whil$0e 1\nend if\n",
        "x$0 = 1\n",
        "e$0nd if\n",
    ] {
        check(source, none);
    }
}

#[test]
fn an_outline_selects_names_and_spans_their_values() {
    fn all(found: Vec<Symbol>, out: &mut Vec<Symbol>) {
        for mut it in found {
            let children = std::mem::take(&mut it.children);
            out.push(it);
            all(children, out);
        }
    }
    let it = Fixture::new(
        "limit = 3 + 4\nDog = {\"legs\": 4}\nDog.speak = function(times)\n  inner = function\n  end function\nend function\nprint [function\nend function]\n",
    );
    let mut found = Vec::new();
    all(symbols(&it.db, &it.document, &it.live()), &mut found);
    expect![[r#"
        | limit = 3 + 4
        | ^^^^^ limit
        | Dog = {"legs": 4}
        | ^^^ Dog
        |        ^^^^^^ legs
        | Dog.speak = function(times)
        |     ^^^^^ speak
        |   inner = function
        |   ^^^^^ inner
        | print [function
        |        ^^^^^^^^ function()
    "#]]
    .assert_eq(&it.draw(found.iter().map(|it| (it.name_range, it.name.clone()))));
    let texts: Vec<_> = found.iter().map(|at| &it.document.text[at.range]).collect();
    assert_eq!(texts[0], "limit = 3 + 4");
    assert_eq!(texts[1].lines().last(), Some("end function"), "members that follow at once are part of it");
    assert!(found.iter().all(|it| it.range.contains_range(it.name_range)));
}

/// Members stand in what they are members of, as long as nothing else stands between; their kinds and parameters are told.
#[test]
fn members_stand_in_their_maps() {
    fn draw(found: &[Symbol], depth: usize, out: &mut String) {
        for it in found {
            let detail = it.detail.as_deref().unwrap_or_default();
            *out += format!("{}{} {:?} {detail}", "  ".repeat(depth), it.name, it.kind).trim_end();
            out.push('\n');
            assert!(it.children.iter().all(|child| it.range.contains_range(child.range)));
            draw(&it.children, depth + 1, out);
        }
    }
    let it = Fixture::new(
        "Dog = {\"legs\": 4, \"tail\": {\"long\": 1}}\n// Speaks.\nDog.speak = function(times, loud=0)\nend function\nDog.rate = 3\nDog.rate = 4\nDog[\"a b\"] = 1\nconfig = {\"size\": 3}\nDog.late = function\nend function\nDog.x = 1\nconfig.x = 1\nf = function(a)\nend function\nDog = 3\n",
    );
    let mut out = String::new();
    draw(&symbols(&it.db, &it.document, &it.live()), 0, &mut out);
    expect![[r#"
        Dog Class
          legs Field
          tail Field
            long Property
          speak Method (times, loud=0)
          rate Field
          a b Field
        config Variable
          size Property
        Dog.late Method ()
        f Function (a)
    "#]]
    .assert_eq(&out);
}

#[test]
fn functions_without_a_name_are_called_by_their_key_or_as_they_begin() {
    let it = Fixture::new(
        "Dog = {\"speak\": function(n)\n  return n\nend function, 5: function\nend function, key: function\nend function}\napply = function(f)\n  return function(a, b=1)\n    return f\n  end function\nend function\nprint apply(function(x)\n  return x\nend function)\nm.n = function\nend function\n",
    );
    fn all<'a>(symbols: &'a [Symbol], out: &mut Vec<&'a Symbol>) {
        for symbol in symbols {
            out.push(symbol);
            all(&symbol.children, out);
        }
    }
    let (found, mut flat) = (symbols(&it.db, &it.document, &it.live()), Vec::new());
    all(&found, &mut flat);
    let told: Vec<_> = flat.iter().map(|it| format!("{} {:?}", it.name, it.kind)).collect();
    let expected = [
        "Dog Class",
        "speak Method",
        "5 Method",
        "[key] Method",
        "apply Function",
        "function(a, b=1) Function",
        "function(x) Function",
        "m.n Method",
    ];
    assert_eq!(told, expected);
    assert!(flat.iter().all(|it| it.range.contains_range(it.name_range)));
}

/// A name in one function is looked at again, and nothing else.
#[test]
fn a_name_in_a_function_has_no_other_unit_looked_at() {
    let function = |number: u32| format!("f{number} = function(a)\n  b = a + {number}\n  return b\nend function\n");
    let mut text: String = (0..50).map(function).collect();
    let mut it = Fixture::new(&text);
    let host = Arc::<Host>::default();
    let mut parse = minilive_syntax::parse(&text);
    it.db.set_text(it.document.file, text.as_str().into(), Arc::new(parse.clone()));
    let mut before = Tokens::new(&it.db, &it.document, (&host, &it.places), None);
    for (from, name) in [("b", "bc"), ("bc", "b"), ("b", "x")] {
        let at = text.find(&format!("{from} = a + 25")).expect("it stands there");
        let range = TextRange::at(TextSize::new(at as u32), TextSize::of(from));
        let edit = TextEdit { range, insert: name.into() };
        let next = text.replace(&format!("{from} = a + 25"), &format!("{name} = a + 25"));
        parse = minilive_syntax::reparse(&parse, &text, &edit, &next);
        text = next;
        it.db.set_text(it.document.file, text.as_str().into(), Arc::new(parse.clone()));
        let now = Tokens::new(&it.db, &it.document, (&host, &it.places), Some(&before));
        assert_eq!(before.due_for(&now), Some(1), "{name}");
        // The statement around it holds its text.
        assert_eq!(now.taken, 98, "{name}");
        before = now;
    }
}
