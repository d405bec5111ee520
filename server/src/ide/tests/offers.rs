//! Completion: what is offered beyond what the text gives a value, and what choosing it adds.

use super::Fixture;
use crate::ide::completion::{Item, completions};

fn items(source: &str) -> (Fixture, Vec<Item>) {
    let it = Fixture::new(source);
    let found = completions(&it.db, &it.document, &it.live(), it.offset, false);
    (it, found.items)
}

fn labels(source: &str) -> Vec<String> {
    items(source).1.into_iter().map(|it| it.label).collect()
}

/// The text after the choice of an item.
#[track_caller]
fn chosen(source: &str, label: &str) -> String {
    let it = Fixture::new(source);
    let found = completions(&it.db, &it.document, &it.live(), it.offset, false);
    let item = found.items.iter().find(|it| it.label == label).expect("it is offered");
    let insert = item.insert.clone().unwrap_or_else(|| label.to_owned());
    let replace = item.replace.unwrap_or(found.replace);
    let mut edits: Vec<_> =
        item.also.iter().map(|it| (it.range, it.insert.clone())).chain([(replace, insert)]).collect();
    edits.sort_by_key(|(range, _)| std::cmp::Reverse(range.start()));
    let mut text = it.document.text.to_string();
    for (range, insert) in edits {
        text.replace_range(std::ops::Range::<usize>::from(range), &insert);
    }
    text
}

#[test]
fn members_that_a_function_uses_of_a_parameter_are_offered() {
    let draw = "draw = function(opts)\n  print opts.width + opts.size.x\n  opts.show 1\n";
    let first = |line: &str| labels(&format!("{draw}  {line}\nend function\n")).into_iter().take(3).collect::<Vec<_>>();
    assert_eq!(first("print opts.$0"), ["show", "size", "width"]);
    assert_eq!(first("print opts.wi$0")[0], "width");
    assert_eq!(first("print opts.size.$0")[0], "x");
    assert_eq!(first("print opts[\"$0\"]"), ["show", "size", "width"]);
    let inner = format!("{draw}  return function\n    print opts.$0\n  end function\nend function\n");
    assert_eq!(labels(&inner)[..3], ["show", "size", "width"]);
    // What is known to have others has those first.
    let known = format!("{draw}  print opts.$0\nend function\ndraw {{\"height\": 1}}\n");
    let found = labels(&known);
    assert_eq!(found[0], "height");
    assert!(found.contains(&"width".to_owned()), "{found:?}");
    assert!(
        !labels("f = function(a)\n  print a.here\nend function\ng = function(a)\n  print a.$0\nend function\nx = {}\n")
            .iter()
            .take(1)
            .any(|it| it == "here")
    );
}

#[test]
fn the_end_that_is_due_is_offered_as_a_whole() {
    for (source, expected) in [
        ("if x then\n  print 1\ne$0", "end if"),
        ("if x then\n  print 1\nend$0", "end if"),
        ("f = function\n  for i in [1]\n    print i\n  en$0\nend function\n", "end for"),
        ("while x\n  if y then print 1\n  e$0\n", "end while"),
        ("f = function\n  print 1\ne$0\n", "end function"),
    ] {
        assert_eq!(labels(source)[0], expected, "{source}");
    }
    for source in ["e$0\n", "if x then\n  e$0\nend if\n", "x = e$0\n", "if x then e$0\n", "if x then\n  print e$0\n"] {
        assert!(!labels(source).iter().any(|it| it.starts_with("end ")), "{source}");
    }
}

#[test]
fn modules_that_are_not_imported_are_offered_with_their_import() {
    let tools = "//- tools.ms\nhammer = function(n)\nend function\nweight = 3\n";
    let after = |main: &str, label: &str| chosen(&format!("//- main.ms\n{main}{tools}"), label);
    assert_eq!(
        after("import \"other\"\nx = 1\ntoo$0\n", "tools"),
        "import \"other\"\nimport \"tools\"\nx = 1\ntools\n"
    );
    assert_eq!(after("x = 1\ny = too$0\n", "tools"), "import \"tools\"\nx = 1\ny = tools\n");
    assert_eq!(after("too$0\n", "tools"), "import \"tools\"\ntools\n");
    assert_eq!(after("x = 1\ny = tools.$0\n", "hammer"), "import \"tools\"\nx = 1\ny = tools.hammer\n");
    let offered = |main: &str| labels(&format!("//- main.ms\n{main}{tools}"));
    assert_eq!(offered("x = 1\ny = tools.w$0\n")[0], "weight");
    let (_, found) = items(&format!("//- main.ms\nimport \"tools\"\ntoo$0\n{tools}"));
    assert!(found.iter().filter(|it| it.label == "tools").all(|it| it.also.is_none() && it.insert.is_none()));
    assert!(!offered("tools = 1\nx = tools.$0\n").contains(&"hammer".to_owned()));
    assert!(!offered("x = @too$0\n").contains(&"tools".to_owned()));
}

#[test]
fn what_modules_have_is_offered_with_their_import() {
    let tools = "//- tools.ms\nhammer = function(nail)\nend function\nhamper = 1\n";
    let main = |text: &str| format!("//- main.ms\n{text}{tools}");
    assert_eq!(
        chosen(&main("// What it is.\n\nx = 1\nprint ham$0\n"), "hammer"),
        "// What it is.\n\nimport \"tools\"\nx = 1\nprint tools.hammer\n"
    );
    assert_eq!(chosen(&main("ham$0\n"), "hammer"), "import \"tools\"\ntools.hammer\n");
    // It comes behind what the file has, and what the file has hides it.
    assert_eq!(labels(&main("anyHam = 1\nhamlet = 2\nprint ham$0\n")), ["hamlet", "anyHam", "hammer", "hamper"]);
    let found = labels(&main("hammer = 1\nprint ham$0\n"));
    assert_eq!(found, ["hammer", "hamper"]);
    // A program that imports this file cannot be imported by it.
    let (_, found) = items("//- main.ms\nprint ham$0\n//- circle.ms\nimport \"main\"\nhammock = 1\n");
    assert!(found.iter().all(|it| it.also.is_none()), "{found:?}");
    // Where the name of the module means a variable of the function, nothing can be read of the module.
    for text in [
        "f = function(tools)\n  x = ham$0\nend function\n",
        "f = function\n  tools = 1\n  x = ham$0\nend function\n",
        "f = function(tools)\n  g = function\n    x = ham$0\n  end function\nend function\n",
    ] {
        assert!(!labels(&main(text)).contains(&"hammer".to_owned()), "{text}");
    }
    assert!(labels(&main("f = function(tool)\n  x = ham$0\nend function\n")).contains(&"hammer".to_owned()));
    let many: String = (0..30).map(|it| format!("//- m{it}.ms\nhammer{it:02} = 1\n")).collect();
    let it = Fixture::new(&format!("//- main.ms\nprint ham$0\n{many}"));
    let found = completions(&it.db, &it.document, &it.live(), it.offset, false);
    assert!(found.incomplete && found.items.len() == 20, "{}", found.items.len());
}

#[test]
fn what_imported_modules_have_is_offered_by_their_names() {
    let tools = "//- tools.ms\nhammer = function(nail)\nend function\nhamper = 1\nglobals.hamlet = 1\n";
    let main = |text: &str| format!("//- main.ms\n{text}{tools}");
    let text = "import \"tools\"\nprint ham$0\n";
    assert_eq!(chosen(&main(text), "hammer"), "import \"tools\"\nprint tools.hammer\n");
    let (_, found) = items(&main(text));
    let shown: Vec<_> = found.iter().map(|it| (&*it.label, it.detail.as_deref(), it.also.is_some())).collect();
    assert_eq!(
        shown,
        [("hamlet", None, false), ("hammer", Some("tools.hammer"), false), ("hamper", Some("tools.hamper"), false)]
    );
    // In a function of which the module is a variable, too; elsewhere its name means nothing.
    let local = "f = function\n  import \"tools\"\n  ham$0\nend function\n";
    assert!(chosen(&main(local), "hammer").contains("  tools.hammer\n"));
    assert!(!labels(&main("f = function\n  import \"tools\"\nend function\nham$0\n")).contains(&"hammer".to_owned()));
    // What the file can name itself comes first, and hides it; what is not imported comes last.
    let other = "//- other.ms\nhammock = 1\n";
    let all = |text: &str| labels(&format!("{}{other}", main(text)));
    assert_eq!(all("import \"tools\"\nanyHam = 1\nprint ham$0\n"), ["hamlet", "anyHam", "hammer", "hamper", "hammock"]);
    assert_eq!(all("import \"tools\"\nhammer = 1\nprint ham$0\n"), ["hamlet", "hammer", "hamper", "hammock"]);
    // Where the name of the module means something else, nothing can be read of the module.
    for text in [
        "import \"tools\"\nf = function(tools)\n  x = ham$0\nend function\n",
        "import \"tools\"\ntools = 1\nprint ham$0\n",
    ] {
        assert!(!all(text).contains(&"hamper".to_owned()), "{text}");
    }
    let many: String = (0..30).map(|it| format!("hammer{it:02} = 1\n")).collect();
    let it = Fixture::new(&format!("//- main.ms\nimport \"tools\"\nprint ham$0\n//- tools.ms\n{many}"));
    let found = completions(&it.db, &it.document, &it.live(), it.offset, false);
    assert!(found.incomplete && found.items.len() == 20, "{}", found.items.len());
    assert_eq!(
        labels("//- main.ms\nimport \"tools\"\nprint $0\n//- tools.ms\nhammer = 1\n")
            .iter()
            .filter(|it| *it == "hammer")
            .count(),
        0
    );
}

#[test]
fn the_end_of_a_block_stands_under_its_beginning() {
    for (source, expected) in [
        ("if a then\n  print 1\n  en$0\n", "if a then\n  print 1\nend if\n"),
        (
            "f = function\n\tfor i in [1]\n\t\tprint i\n\t\ten$0\nend function\n",
            "f = function\n\tfor i in [1]\n\t\tprint i\n\tend for\nend function\n",
        ),
        // Where it stands right, or who knows where, nothing but the word goes.
        ("while a\n  print 1\nen$0\n", "while a\n  print 1\nend while\n"),
        ("  while a\n\tprint 1\n\ten$0\n", "  while a\n\tprint 1\n\tend while\n"),
    ] {
        let label = expected.lines().find_map(|it| it.trim().strip_prefix("end ")).expect("there is one");
        let label = if source.contains("for i") { "for" } else { label };
        assert_eq!(chosen(source, &format!("end {label}")), expected);
    }
}

#[test]
fn a_local_has_its_own_members_whatever_a_global_of_its_name_has() {
    const GLOBAL: &str = "config = {\"width\": 1}\nmake = function\n  return {\"depth\": 1}\nend function\n";
    for body in [
        "  config = {\"depth\": 1}\n  print config.$0\n",
        "  config = {\"depth\": 1}\n  config.$0\n  config.depth = 3\n",
        "  config = {}\n  config.depth = 1\n  config.$0\n",
        "  config = {}\n  config[\"depth\"] = 1\n  if config.$0\n",
        "  config = make\n  x = [config.$0]\n",
        "  locals.config = {\"depth\": 1}\n  config.$0\n",
        "  if a then config = {\"depth\": 1}\n  config.$0\n",
        "  for config in [{\"depth\": 1}]\n    config.$0\n  end for\n",
        "  config = {\"depth\": 1}\n  g = function\n    config.$0\n  end function\n",
        "  config = {\"depth\": 1}\n  print config[\"$0\"]\n",
    ] {
        for behind in ["end function\nf 1\n", "", "end function\nconfig.height = 1\n"] {
            let found = labels(&format!("{GLOBAL}f = function(a)\n{body}{behind}"));
            assert_eq!(found[0], "depth", "{body}{behind}");
            let others = ["width", "height"].map(str::to_owned);
            assert!(!others.iter().any(|it| found.contains(it)), "{body}{behind}: {found:?}");
        }
    }
    assert_eq!(labels(&format!("{GLOBAL}f = function(a)\n  globals.config.$0\nend function\n"))[0], "width");
}

#[test]
fn modules_are_offered_with_quotes_where_a_string_is_not_begun() {
    let lib = "\n//- lib.ms\nx = 1\n//- live.ms\nx = 1\n";
    assert_eq!(labels(&format!("//- main.ms\nimport $0{lib}")), ["lib", "live"]);
    for (code, expected) in [
        ("import $0", "import \"lib\""),
        ("import li$0", "import \"lib\""),
        ("import(li$0)", "import(\"lib\")"),
        ("ensureImport $0", "ensureImport \"lib\""),
    ] {
        assert_eq!(chosen(&format!("//- main.ms\n{code}{lib}"), "lib").lines().next(), Some(expected), "{code}");
    }
    // A variable may hold the name.
    assert!(labels(&format!("//- main.ms\nlibrary = \"lib\"\nimport li$0{lib}")).contains(&"library".to_owned()));
    assert!(!chosen(&format!("//- main.ms\nm.import li$0{lib}"), "lib").contains("import \"lib\"\nm.import \"lib\""));
}

#[test]
fn else_is_offered_where_an_if_is_around() {
    let offers = |source: &str| labels(source).iter().any(|it| it == "else");
    for code in [
        "if a then x = 1 $0\n",
        "if a then\n  x = 1\n$0\nend if\n",
        "if a then\n  x = 1\ne$0\n",
        "if a then\n  x = 1\nelse if b then\n  x = 2\nel$0\nend if\n",
        "if a then\n  while b\n    $0\n  end while\nend if\n",
        "if a then\n  if b then\n    x = 1\n  end if\n  $0\nend if\n",
    ] {
        assert!(offers(code), "{code}");
    }
    for code in [
        "x = 1 $0\n",
        "e$0\n",
        "if a then x = 1\n$0\n",
        "if a then x = 1\ne$0\n",
        "if a then\n  x = 1\nend if\ne$0\n",
        "if a then\n  f = function\n    e$0\n  end function\nend if\n",
    ] {
        assert!(!offers(code), "{code}");
    }
}
