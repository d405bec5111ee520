//! Names and modules of hosts: known, shown, offered, and told of where they are misused; and what modules do to the program that imports them.

use super::Fixture;
use super::checks::{codes, right};
use crate::host_profile::{Format, Host, load, read};
use crate::ide::checks::checks;
use crate::ide::{Live, TokenKind};
use crate::settings::Checks;
use std::path::Path;
use std::sync::Arc;

#[test]
fn names_of_a_host_profile_are_known_shown_and_offered() {
    let profile = "{\"host\": \"a game\", \"names\": {\"gfx\": {\"doc\": \"The screen.\", \"members\": {\"clear\": {\"params\": [\"color=0\"], \"doc\": \"Clears it.\"}, \"at\": {\"members\": {\"dot\": {\"params\": [\"x\"], \"doc\": \"Draws it.\"}}}}}}}";
    let host = Arc::new(read(profile, Format::Json).expect("a profile"));
    let settings = Checks { host, ..Checks::default() };
    assert_eq!(codes("gfx.clear 1\nprint gff\n", &settings), ["unknown-name"]);
    let near = Fixture::new("print gff\n");
    let told = checks(&near.db, &near.document, &settings, &near.places);
    assert_eq!(told[0].message, "nothing gives `gff` a value; did you mean `gfx`?");
    assert_eq!(codes("gfx.clear 1, 2\ngfx.at.dot 1\nx = gfx.at.dot(1, 2)\n", &settings), ["too-many-arguments"; 2]);
    assert_eq!(codes("gfx = {}\ngfx.clear = @print\ngfx.clear 1, \"\"\n", &settings), [""; 0]);
    assert_eq!(codes("f = function(gfx)\n  gfx.clear 1, 2\nend function\nf {\"clear\": @slice}\n", &settings), [""; 0]);
    assert_eq!(codes("gfx.clear = @print\ngfx.clear 1, \"\"\n", &settings), [""; 0]);
    assert_eq!(codes("gfx.claer 1\nx = gfx.at.dott(1) + gfx.other\n", &settings), ["missing-member"; 2]);
    assert_eq!(codes("gfx.cleer = 5\nprint gfx.cleer\ngfx.clears\n", &settings), ["missing-member"]);
    let live = |it: &Fixture| Live { checks: Arc::new(settings.clone()), ..it.live() };
    let card = |source: &str| {
        let it = Fixture::new(source);
        crate::ide::hover(&it.db, &it.document, &live(&it), it.offset).map(|card| (card.title, card.sections.join(" ")))
    };
    assert_eq!(card("gf$0x.clear 1\n"), Some(("gfx".into(), "The screen.".into())));
    assert_eq!(card("gfx.cle$0ar 1\n"), Some(("gfx.clear(color=0)".into(), "Clears it.".into())));
    assert_eq!(card("gff.cle$0ar 1\n"), None);
    assert_eq!(card("gfx.at.d$0ot 1\n"), Some(("gfx.at.dot(x)".into(), "Draws it.".into())));
    let offered = |source: &str| {
        let it = Fixture::new(source);
        let found = crate::ide::completion::completions(&it.db, &it.document, &live(&it), it.offset, false);
        found.items.into_iter().map(|item| item.label).collect::<Vec<_>>()
    };
    assert_eq!(offered("print gf$0\n"), ["gfx"]);
    assert_eq!(offered("gfx.$0\n"), ["at", "clear"]);
    assert_eq!(offered("gfx.at.$0\n"), ["dot"]);
    let told = |source: &str| {
        let it = Fixture::new(source);
        let found = crate::ide::completion::completions(&it.db, &it.document, &live(&it), it.offset, false);
        crate::ide::completion::documentation(&it.db, &it.document, &live(&it), &found.items[0].data)
    };
    assert_eq!(told("print gf$0\n"), Some(("gfx".into(), vec!["The screen.".into()])));
    assert_eq!(told("gfx.at.$0\n"), Some(("gfx.at.dot(x)".into(), vec!["Draws it.".into()])));
    assert_eq!(told("x = new gfx\nx.cl$0\n"), Some(("gfx.clear(color=0)".into(), vec!["Clears it.".into()])));
    let signature = |source: &str| {
        let it = Fixture::new(source);
        let found = crate::ide::signatures(&it.db, &it.document, &live(&it), it.offset)?;
        Some((found.signatures[0].label.clone(), found.signatures[0].documentation.concat(), found.active))
    };
    assert_eq!(signature("gfx.at.dot $0\n"), Some(("dot(x)".into(), "Draws it.".into(), 0)));
    assert_eq!(signature("gfx.clear(1, $0\n"), Some(("clear(color=0)".into(), "Clears it.".into(), 1)));
    assert_eq!(signature("gfx = {}\ngfx.clear $0\n"), None);
    assert!(!offered("gfx = {\"own\": 1}\ngfx.$0\n").contains(&"clear".to_owned()), "the program has its own");
}

#[test]
fn a_value_of_the_host_may_be_anything() {
    let settings = Checks { host_names: vec!["host".to_owned()], ..Checks::default() };
    assert_eq!(codes("y = \"a\"\ny = host\nprint y - 1\n", &settings), [""; 0]);
    assert_eq!(
        codes("y = \"a\"\ny = host.name\nz = host(1)\nif y then z = 1\nprint y - 1 + z.foo\n", &settings),
        [""; 0]
    );
    assert_eq!(
        codes("f = function\n  y = \"a\"\n  y = host\n  return y\nend function\nprint f - 1\n", &settings),
        [""; 0]
    );
}

/// A program for Mini Micro, with a cursor.
struct MiniMicro(Fixture, Live);

impl MiniMicro {
    fn new(source: &str) -> MiniMicro {
        let host: Host = load(Path::new("mini-micro"), Path::new("")).expect("it is built in");
        let it = Fixture::new(source);
        let live = Live { checks: Arc::new(Checks { host: Arc::new(host), ..Checks::default() }), ..it.live() };
        MiniMicro(it, live)
    }

    fn card(source: &str) -> String {
        let MiniMicro(it, live) = MiniMicro::new(source);
        crate::ide::hover(&it.db, &it.document, &live, it.offset).map(|card| card.title).unwrap_or_default()
    }

    fn offers(source: &str, label: &str) -> bool {
        let MiniMicro(it, live) = MiniMicro::new(source);
        let found = crate::ide::completion::completions(&it.db, &it.document, &live, it.offset, false).items;
        let item = found.iter().find(|it| it.label == label);
        item.is_some_and(|it_is| {
            let told = crate::ide::completion::documentation(&it.db, &it.document, &live, &it_is.data);
            told.is_some_and(|(_, about)| !about.concat().is_empty())
        })
    }

    fn codes(source: &str) -> Vec<&'static str> {
        let MiniMicro(it, live) = MiniMicro::new(source);
        checks(&it.db, &it.document, &live.checks, &it.places).into_iter().map(|it| it.code).collect()
    }
}

#[test]
fn names_that_a_module_of_the_host_gives_need_its_import() {
    assert_eq!(MiniMicro::codes("print k\n"), ["unknown-name"]);
    assert_eq!(
        MiniMicro::codes("f = function\n  return c + e + g + m + t\nend function\nprint f\n"),
        ["unknown-name"; 5]
    );
    assert_eq!(MiniMicro::codes("import \"tc\"\nprint k\n"), [""; 0]);
    assert_eq!(MiniMicro::codes("f = function\n  import \"tc\"\n  return k\nend function\nprint f\n"), [""; 0]);
    let behind = "//- main.ms\nimport \"lib\"\nprint k + lib.x\n//- lib.ms\nimport \"tc\"\nx = 1\n";
    assert_eq!(MiniMicro::codes(behind), [""; 0]);
    assert_eq!(MiniMicro::codes("//- main.ms\nprint k\n//- lib.ms\nimport \"tc\"\n"), ["unknown-name"]);
    assert_eq!(MiniMicro::codes("name = \"t\" + \"c\"\nimport name\nprint k\n"), [""; 0]);
    assert_eq!(MiniMicro::codes("print gfx\n"), [""; 0]);
    assert!(!MiniMicro::offers("frec$0\n", "frect") && MiniMicro::offers("import \"tc\"\nfrec$0\n", "frect"));
    // Without the profile, it is advice for those who import the module.
    let told = |source: &str| {
        let it = Fixture::new(source);
        let found = checks(&it.db, &it.document, &Checks::default(), &it.places);
        found.into_iter().map(|it| it.message).collect::<Vec<_>>()
    };
    assert_eq!(told("print k\n"), ["nothing gives `k` a value"]);
    assert!(told("print gfx\n")[0].contains("it is a name of `mini-micro`"));
}

#[test]
fn names_of_a_host_have_tokens() {
    let MiniMicro(it, live) = MiniMicro::new("clear\ns = new Sprite\ngfx = 1\ntext.clear nobody\n");
    let found = crate::ide::semantic_tokens(&it.db, &it.document, &live.checks.host, &it.places);
    let shown: Vec<_> = found.iter().map(|at| (&it.document.text[at.range], at.kind, at.modifiers)).collect();
    let (of_host, global, defined) = (4 | 32, 8, 1 | 16);
    assert_eq!(
        shown,
        [
            ("clear", TokenKind::Function, of_host),
            ("s", TokenKind::Variable, global | defined),
            ("Sprite", TokenKind::Class, of_host),
            ("gfx", TokenKind::Variable, global | defined),
            ("text", TokenKind::Variable, of_host),
            ("clear", TokenKind::Property, 0),
        ]
    );
}

#[test]
fn what_names_of_a_host_give_is_followed() {
    assert_eq!(MiniMicro::card("gfx.cl$0ear\n"), "gfx.clear(color=\"#000000\", width=960, height=640)");
    assert_eq!(MiniMicro::card("d = display(4)\nd.cellS$0ize = 3\n"), "d.cellSize");
    assert!(MiniMicro::offers("d = display(4)\nd.$0\n", "cellSize"));
    assert!(MiniMicro::offers("f = function\n  img = file.loadImage(\"a.png\")\n  img.$0\nend function\n", "width"));
    assert!(MiniMicro::offers("Ship = new Sprite\ns = new Ship\ns.$0\n", "rotation"));
    // What may be something else is not followed.
    assert!(!MiniMicro::offers("d = display(4)\nd = {}\nd.$0\n", "cellSize"));
    assert_eq!(
        MiniMicro::codes("gfx.clear color.black\ntext.prin 1\ndisplay(1).mod = 3\nprint display(1).mod\n"),
        ["missing-member"]
    );
}

#[test]
fn modules_that_a_host_brings_are_known() {
    let program = "import \"mathUtil\"\nimport \"listUtil\"\nprint mathUtil.clamp(3)\nl = [1]\nprint l.contains(1)\n";
    assert_eq!(MiniMicro::codes(program), [""; 0]);
    assert_eq!(MiniMicro::card("import \"math$0Util\"\nprint mathUtil.clamp(3)\n"), "module mathUtil");
    assert_eq!(
        MiniMicro::card("import \"mathUtil\"\nprint mathUtil.cl$0amp(3)\n"),
        "mathUtil.clamp(x, minval=0, maxval=1)"
    );
    assert_eq!(MiniMicro::card("import \"listUtil\"\nl = [1]\nprint l.cont$0ains(1)\n"), "list.contains(item)");
    assert!(MiniMicro::offers("import \"mathUtil\"\nmathUtil.$0\n", "clamp"));
    assert!(MiniMicro::offers("import \"listUtil\"\nl = [1]\nl.$0\n", "contains"));
    assert!(!MiniMicro::offers("l = [1]\nl.$0\n", "contains"));
    // A file of that name is the program's own.
    let own = "//- main.ms\nimport \"mathUtil\"\nmathUtil.$0\n//- mathUtil.ms\nhalf = function(x)\n  return x / 2\nend function\n";
    assert!(!MiniMicro::offers(own, "clamp"));
}

#[test]
fn names_that_a_module_gives_the_program_are_known() {
    right("//- main.ms\nimport \"a\"\nprint Shape.sides\n//- a.ms\nglobals.Shape = {\"sides\": 3}\n");
    right(
        "//- main.ms\nimport \"a\"\nprint Shape.sides\n//- a.ms\nimport \"b\"\n//- b.ms\nglobals.Shape = {\"sides\": 3}\n",
    );
    // Which names it gives does not stand in its text.
    let computed = "//- a.ms\nmake = function(name)\n  globals[name] = 1\nend function\nmake \"Shape\"\n";
    right(&format!("//- main.ms\nimport \"a\"\nprint Shape\n{computed}"));
    assert_eq!(
        codes(&format!("//- main.ms\nimport \"a\"\nsize = 1\nprint sizf\n{computed}"), &Checks::default()),
        ["unknown-name"]
    );
    // So with a module that nobody has found yet; that is told of by itself.
    right("//- main.ms\nimport \"nowhere\"\nprint Shape\nprint nowhere\n");
    assert_eq!(
        codes("//- main.ms\nimport \"a\"\nprint Shape + a.x\n//- a.ms\nx = 1\n", &Checks::default()),
        ["unknown-name"]
    );
}

#[test]
fn names_that_a_module_gives_lead_there() {
    let it = Fixture::new("//- main.ms\nimport \"a\"\nprint Sha$0pe.sides\n//- a.ms\nglobals.Shape = {\"sides\": 3}\n");
    let found = crate::ide::definition(&it.db, &it.document, &it.live(), it.offset);
    let shown: Vec<_> = found.iter().map(|at| (at.file.path(&it.db).to_owned(), at.range)).collect();
    assert_eq!(shown, [("file:///w/a.ms".to_owned(), minilive_syntax::TextRange::new(8.into(), 13.into()))]);
    let it = Fixture::new("//- main.ms\nimport \"a\"\nprint Shape.$0\n//- a.ms\nglobals.Shape = {\"sides\": 3}\n");
    let items = crate::ide::completion::completions(&it.db, &it.document, &it.live(), it.offset, false).items;
    assert!(items.iter().any(|it| it.label == "sides"));
}

#[test]
fn names_that_a_module_gives_are_offered_and_shown() {
    let files = "//- a.ms\nglobals.Shape = {\"sides\": 3}\nglobals.area = function(r)\n  return r * r\nend function\n";
    let it = Fixture::new(&format!("//- main.ms\nimport \"a\"\nprint Sha$0\n{files}"));
    let items = crate::ide::completion::completions(&it.db, &it.document, &it.live(), it.offset, false).items;
    assert_eq!(items.first().map(|it| &*it.label), Some("Shape"));
    // The host's own name is the program's then.
    let MiniMicro(it, live) =
        MiniMicro::new("//- main.ms\nimport \"a\"\nprint Sou$0nd.sides\n//- a.ms\nglobals.Sound = {\"sides\": 3}\n");
    let card = crate::ide::hover(&it.db, &it.document, &live, it.offset).expect("a card");
    assert_eq!(card.title, "(global) Sound");
    assert!(card.sections.concat().contains("sides"), "{:?}", card.sections);
}

#[test]
fn what_a_map_is_made_of_may_stand_in_another_file() {
    let it = Fixture::new(
        "//- main.ms\nimport \"b\"\n$0x = new b.Sub\nprint x\n//- b.ms\nBase = {}\nBase.f = function(o)\nend function\nSub = new Base\n",
    );
    let card = crate::ide::hover(&it.db, &it.document, &it.live(), it.offset).expect("a card");
    assert!(card.sections.concat().contains("map `Sub`"), "{:?}", card.sections);
}

#[test]
fn members_that_the_host_reads_keep_their_names() {
    let rename = |source: &str| {
        let MiniMicro(it, live) = MiniMicro::new(source);
        crate::ide::rename(&it.db, &it.document, &live, it.offset, "other").map(|it| it.edits.len())
    };
    let refused = Err("`image` is a member of a map of the host, which looks for it by that name".to_owned());
    assert_eq!(rename("s = new Sprite\ns.im$0age = null\ndisplay(4).sprites.push s\n"), refused);
    assert_eq!(rename("Ball = new Sprite\nBall.draw = function\n  self.im$0age = null\nend function\n"), refused);
    assert_eq!(rename("Ball = new Sprite\nBall.sp$0eed = 1\nb = new Ball\nprint b.speed\n"), Ok(2));
    assert_eq!(rename("m = {\"image\": 1}\nprint m.im$0age\n"), Ok(2));
    // They are defined nowhere in the program, whatever else has members of such names.
    let leads = |source: &str| {
        let MiniMicro(it, live) = MiniMicro::new(source);
        crate::ide::definition(&it.db, &it.document, &live, it.offset).len()
    };
    let foo = "Foo = {}\nFoo.clear = function(a)\nend function\n";
    assert_eq!(leads(&format!("gfx.cl$0ear\n{foo}")), 0);
    assert_eq!(leads(&format!("Foo.cl$0ear\n{foo}")), 1);
    assert_eq!(leads("Ball = new Sprite\nBall.image = 1\nb = new Ball\nprint b.im$0age\n"), 1);
    // Each is offered once.
    let MiniMicro(it, live) = MiniMicro::new("s = new Sprite\ns.$0\n");
    let items = crate::ide::completion::completions(&it.db, &it.document, &live, it.offset, false).items;
    assert_eq!(items.iter().filter(|it| it.label == "contains").count(), 1);
}

#[test]
fn modules_that_are_imported_once_keep_their_names_and_close_no_circle() {
    let files = "//- b.ms\ng = 1\n";
    let it = Fixture::new(&format!("//- main.ms\nensureImport \"b\"\nprint $0b.g\n{files}"));
    let refused = crate::ide::rename(&it.db, &it.document, &it.live(), it.offset, "c").map(|it| it.edits.len());
    assert_eq!(refused, Err("`b` is the name of a module's file".to_owned()));
    let it = Fixture::new(&format!("//- main.ms\nensureImport \"$0b\"\nprint b.g\n{files}"));
    let found = crate::ide::definition(&it.db, &it.document, &it.live(), it.offset);
    assert_eq!(found.iter().map(|it_is| it.name(it_is.file)).collect::<Vec<_>>(), ["b.ms"]);
    let circle = |word: &str| {
        let it = Fixture::new(&format!("//- main.ms\n{word} \"b\"\nprint b\n//- b.ms\n{word} \"main\"\nprint main\n"));
        let found = crate::ide::diagnostics(&it.db, &it.document, &it.live());
        found.iter().any(|it| it.code == "import-circle")
    };
    assert!(circle("import") && !circle("ensureImport"));
}

#[test]
fn a_name_of_a_known_host_goes_before_a_guess() {
    let it = Fixture::new("txt = 1\nprint text\nprint txtt\n");
    let found = checks(&it.db, &it.document, &Checks::default(), &it.places);
    let said: Vec<_> =
        found.iter().map(|it| (it.message.contains("`mini-micro`"), it.message.contains("did you mean"))).collect();
    assert_eq!(said, [(true, false), (false, true)]);
}

#[test]
fn modules_that_are_imported_once_are_globals() {
    let util = "//- importUtil.ms\nglobals.ensureImport = function(name)\n  if globals.hasIndex(name) then return\n  import name\n  globals[name] = locals[name]\nend function\n";
    let program = "import \"importUtil\"\nensureImport [\"shapes\"]\nprint shapes.area(2)\n";
    let shapes = "//- shapes.ms\narea = function(r)\n  return r * r\nend function\n";
    right(&format!("//- main.ms\n{program}{util}{shapes}"));
    let it = Fixture::new(&format!(
        "//- main.ms\nimport \"importUtil\"\nensureImport \"shapes\"\nprint shapes.ar$0ea(2)\n{util}{shapes}"
    ));
    let card = crate::ide::hover(&it.db, &it.document, &it.live(), it.offset).expect("a card");
    assert!(card.title.contains("function(r)"), "{}", card.title);
    let it = Fixture::new(&format!("//- main.ms\nensureImport \"sh$0\"\n{shapes}"));
    let found = crate::ide::completion::completions(&it.db, &it.document, &it.live(), it.offset, false).items;
    assert_eq!(found.iter().map(|it| &*it.label).collect::<Vec<_>>(), ["shapes"]);
}

#[test]
fn modules_may_be_imported_for_what_they_do() {
    for does in ["list.second = function\n  return self[1]\nend function\n", "globals.x = 1\n", "print \"hello\"\n"] {
        right(&format!("//- main.ms\nimport \"a\"\nprint 1\n//- a.ms\n{does}"));
        right(&format!("//- main.ms\nimport \"a\"\nprint 1\n//- a.ms\nimport \"b\"\n//- b.ms\n{does}"));
    }
    let tested = "f = function(x)\n  y = {}\n  y.z = x\n  return y\nend function\nm = {}\nm.f = @f\nif locals == globals then print f(1)\n";
    assert_eq!(
        codes(&format!("//- main.ms\nimport \"a\"\nprint 1\n//- a.ms\n{tested}"), &Checks::default()),
        ["unused-import"]
    );
}

#[test]
fn members_of_what_an_unknown_host_gives_are_not_told() {
    let told = |source: &str| codes(source, &Checks::default());
    assert_eq!(told("rl = raylib\nrl.InitWindow 800, 600\n"), ["unknown-name"]);
    assert_eq!(told("draw = function(on)\n  on.circle 1\nend function\ndraw canvas\n"), ["unknown-name"]);
    assert_eq!(told("m = {\"size\": 1}\nprint m.sise\n"), ["missing-member"]);
    // A word that is not written to its end takes nothing away.
    assert_eq!(told("m = {\"size\": 1}\nprint m.sise\nx = prin\n"), ["missing-member", "unknown-name"]);
}

#[test]
fn what_a_host_gives_has_the_methods_of_its_type() {
    assert_eq!(MiniMicro::card("spr = display(4)\nspr.sprites.pu$0sh 1\n"), "(intrinsic) push(self, value)");
    assert_eq!(MiniMicro::card("spr = display(4)\nspr.sprites.zz$0z 1\n"), "");
    assert!(MiniMicro::offers("spr = display(4)\nspr.sprites.$0\n", "push"));
    assert!(!MiniMicro::offers("spr = display(4)\nspr.sprites.$0\n", "upper"));
    assert!(MiniMicro::offers("x = key.get\nx.$0\n", "upper"), "it gives a string");
}

#[test]
fn names_that_a_host_has_for_itself_come_last() {
    let MiniMicro(it, live) = MiniMicro::new("print $0\n");
    let found = crate::ide::completion::completions(&it.db, &it.document, &live, it.offset, false).items;
    let is_internal: Vec<bool> = found.iter().map(|it| it.label.starts_with('_')).collect();
    let first = is_internal.iter().position(|it| *it).expect("there are some");
    assert!(is_internal[first..].iter().all(|it| *it), "{:?}", &found[first..]);
}
