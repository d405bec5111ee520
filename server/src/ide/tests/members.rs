//! Warnings about members that nothing in a program has, and where nothing is certain of them.

use super::checks::{check, codes, right, wrong};
use crate::settings::Checks;
use expect_test::expect;

#[test]
fn members_that_nothing_in_the_program_has_are_told() {
    check(
        "Player = {\"health\": 10, \"size\": 2}\nPlayer.hit = function(n)\n  self.helth = self.health - n\n  self.helth2 += 1\nend function\np = new Player\np.hit 3\nprint p.heatlh + p.len + p.nothing.at.all\nprint p.size(1)\nprint info(@print).name\n",
        &expect![[r#"
            |   self.helth2 += 1
            |        ^^^^^^ missing-member: nothing in this program has a member `helth2`; did you mean `helth`?
            | print p.heatlh + p.len + p.nothing.at.all
            |         ^^^^^^ missing-member: nothing in this program has a member `heatlh`; did you mean `health`?
            |                            ^^^^^^^ missing-member: nothing in this program has a member `nothing`
            | print p.size(1)
            |       ^^^^^^ not-a-function: `size` is a plain value wherever this program has one, so it cannot be called
        "#]],
    );
    let program =
        |rest: &str| format!("m = {{\"b\": 1}}\nf = function(x)\n  return x.a\nend function\nprint f(m)\n{rest}");
    wrong(&program(""), "missing-member");
    wrong(&program("l = [1]\ni = 0\nl[i] = m\nm[0] = l\n"), "missing-member");
    right(&program("m.a = 1\n"));
    right(&program("m[\"a\"] = 1\n"));
    right(&program("n = {\"a\": 2}\n"));
    right(&program("if m.hasIndex(\"a\") then print 1\n"));
    right(&program("g = function(k)\n  m[k] = 1\nend function\n"));
    right(&program("g = function(k)\n  m.push k\nend function\n"));
    right(&program("g = function(k)\n  return {k: 1}\nend function\n"));
    right(&program("g = function(m, k)\n  push m, k\nend function\n"));
    right(&program("for word in input.split\n  m[word] = 1\nend for\n"));
    right(&program("m[\"\" + \"a\"] = 1\n"));
    right(&program("g = globals\n"));
    right(&program("f locals\n"));
    right(&program("print env\n"));
    right(&program("outer.a = 1\nprint a\ng = function\n  return outer\nend function\n"));
    assert_eq!(
        codes(&format!("//- main.ms\n{}//- other.ms\nimport \"main\"\nprint main\n", program("")), &Checks::default()),
        [""; 0]
    );
    assert_eq!(codes(&program("print sprite\n"), &Checks::default()), ["missing-member", "unknown-name"], "half-typed");
    assert_eq!(codes(&program("m.x = sprite.image\n"), &Checks::default()), ["unknown-name"], "something of a host");
    assert_eq!(codes(&program("print new Sprite\n"), &Checks::default()), ["unknown-name"]);
    let host_names = ["Sprite".to_owned()].into_iter().collect();
    assert_eq!(codes(&program("print Sprite\n"), &Checks { host_names, ..Checks::default() }), [""; 0]);
}

#[test]
fn what_lacks_a_member_is_told_where_that_is_certain() {
    check(
        "l = [1]\nprint l.nothing + l.lenn\nprint \"a\".uper\n",
        &expect![[r#"
            | print l.nothing + l.lenn
            |         ^^^^^^^ missing-member: a list has no member `nothing`
            |                     ^^^^ missing-member: a list has no member `lenn`; did you mean `len`?
            | print "a".uper
            |           ^^^^ missing-member: a string has no member `uper`; did you mean `upper`?
        "#]],
    );
}

#[test]
fn maps_that_count_words_keep_their_members_to_themselves() {
    let program = |rest: &str| {
        let start = "m = {\"health\": 1}\ncounts = {}\nfor w in input.split\n  if not counts.hasIndex(w) then counts[w] = 0\n  counts[w] += 1\nend for\nprint counts\n";
        format!("{start}{rest}print m.helth\n")
    };
    wrong(&program(""), "missing-member");
    wrong(&program("for kv in counts\n  print kv.key + counts.len + counts[kv.key]\nend for\ncounts.total = 1\nprint counts.apple\n").replace("print counts.apple\n", ""), "missing-member");
    right(&program("").replace("m.helth", "counts[\"a\"]"));
    right("counts = {}\nfor w in input.split\n  counts[w] = 1\nend for\nif counts.len then print counts[input]\n");
    for rest in [
        "x = counts\n",
        "m.sub = counts\n",
        "f = function\n  return counts\nend function\n",
        "l = [counts]\n",
        "m[input] = 1\nx = m\n",
        "counts = m\n",
        "x = new counts\n",
        "x = @counts // minilive: allow useless-reference\n",
        "x = globals.counts\n",
        "str = function(x)\n  return x\nend function\nprint str(counts)\n",
        "counts[input](1)\n",
        "f = function(d)\n  d[input] = 1\nend function\nf m\n",
    ] {
        right(&program(rest));
    }
    wrong(
        "f = function(words)\n  seen = {}\n  for w in words\n    seen[w] = 1\n  end for\n  return seen.len\nend function\nprint f(\"a b\".split).size.x\n",
        "missing-member",
    );
    right(
        "f = function(words)\n  seen = {}\n  for w in words\n    seen[w] = 1\n  end for\n  return seen\nend function\nprint f(\"a b\".split).apple\n",
    );
    let world = |rest: &str| {
        format!(
            "World = {{\"all\": [], \"seen\": null}}\nWorld.init = function\n  self.seen = {{}}\nend function\nWorld.add = function(it)\n  self.all.push it\n  self.seen[it.id] = it\n  if self.seen.hasIndex(it.kind) then print self.seen[it.kind]\nend function\nWorld.add {{\"id\": input, \"kind\": 1}}\n{rest}print World.ids\n"
        )
    };
    wrong(&world(""), "missing-member");
    for rest in [
        "World.all = {}\n",
        "x = World.seen\n",
        "World.seen = World\n",
        "print World[\"seen\"]\n",
        "f = function(l, x)\n  l.push x\nend function\n",
        "World.seen.ids = World.seen.ids\n",
    ] {
        right(&world(rest));
    }
    right("h = {}\nh[input] = @print\nm = {\"size\": 1}\nprint m\nh.size 1\n");
}

/// Past its name such a map is reached through the map that holds it.
#[test]
fn maps_that_are_reached_past_their_names_may_have_any_member() {
    let holder = |rest: &str| {
        format!(
            "H = {{\"seen\": {{}}, \"own\": 1, \"all\": []}}\nfor w in input.split\n  H.seen[w] = 1\nend for\n{rest}"
        )
    };
    wrong(&holder("print H.own.apple\n"), "missing-member");
    for kept in [
        "for kv in H\n  print kv.key\nend for\n",
        "for kv in H.seen\n  print kv.value\nend for\n",
        "f = function(k)\n  H.seen[k] += 1\n  return H.seen[k]\nend function\nprint f(1)\n",
        "for i in range(3)\n  print H.all[i]\nend for\n",
        "f = function(i)\n  return H.all[i] + H.all.values.len\nend function\nprint f(1)\n",
        "print H.seen.values.len\n",
        "print \"\" + H.seen\n",
    ] {
        wrong(&holder(&format!("{kept}print H.own.apple\n")), "missing-member");
    }
    for way in [
        "for kv in H\n  print kv.value.apple\nend for\n",
        "for k in H.indexes\n  print H[k].apple\nend for\n",
        "f = function(m, k)\n  return m[k].apple\nend function\nprint f(H, \"seen\")\n",
        "f = function(m, k)\n  return @m[k]\nend function\nprint f(H, \"seen\").apple\n",
        "v = H.values\nprint v[0].apple\n",
        "v = values(H)\nprint v[0].apple\n",
        "H.shuffle\nprint H.own.apple\n",
        "print H[ \"seen\" ].apple\n",
        "x = H.seen + {}\nprint x.apple\n",
        "H.seen.all = {}\nH.seen.all[input] = 1\nprint H.seen[input].apple\n",
        "H.all = {}\nf = function(i)\n  return H.all[i].apple\nend function\nprint f(1)\n",
    ] {
        right(&holder(way));
    }
    right("counts = {}\ncounts[input] = 1\nboth = counts + {}\nprint both.apple\n");
}

#[test]
fn members_that_are_never_functions_are_not_called() {
    wrong("m = {\"size\": 3}\nprint m.size(1)\n", "not-a-function");
    wrong("m = {}\nm.size = 3\nm.size 1\n", "not-a-function");
    right("m = {\"size\": 3}\nn = {\"size\": @print}\nn.size 1\n");
    right("m = {\"size\": 3}\nm.size = function(n)\n  return n\nend function\nprint m.size(1)\n");
    right("m = {\"len\": 3}\nprint [1].remove(0)\nm.remove \"len\"\n");
    right("f = function(size)\n  m = {\"size\": size}\n  return m.size(1)\nend function\nprint f(@abs)\n");
}

#[test]
fn members_that_an_imported_module_lacks_are_told() {
    check(
        "//- main.ms\nimport \"util\"\nf = function\n  return util.tweice(2) + util.limit\nend function\nprint f + util.hidden + util.len + util.nothing.at\n//- util.ms\nimport \"deep\"\nlimit = 3\ntwice = function(n)\n  hidden = 2\n  return n * hidden + deep.x\nend function\n//- deep.ms\nx = 1\n",
        &expect![[r#"
            |   return util.tweice(2) + util.limit
            |               ^^^^^^ missing-member: the module `util` has no `tweice`; did you mean `twice`?
            | print f + util.hidden + util.len + util.nothing.at
            |                ^^^^^^ missing-member: the module `util` has no `hidden`
            |                                         ^^^^^^^ missing-member: the module `util` has no `nothing`
        "#]],
    );
    let both = |main: &str, util: &str| {
        format!("//- main.ms\nimport \"util\"\nprint util.a\n{main}//- util.ms\nb = 1\n{util}")
    };
    let found = |main: &str, util: &str| codes(&both(main, util), &Checks::default());
    assert_eq!(found("", ""), ["missing-member"]);
    assert_eq!(found("print util[\"b\"]\n", "m = {}\nm[b] = 2\n"), ["missing-member"]);
    assert_eq!(found("print util\n", ""), ["missing-member"], "nothing gives it one");
    assert_eq!(found("print util\n", "m = {}\nm[input] = 2\n"), [""; 0]);
    for (main, util) in [
        ("util.a = 1\n", ""),
        ("util[input] = 1\n", ""),
        ("util = {\"a\": 1}\n", ""),
        ("globals[\"ut\" + \"il\"] = 1\nx = globals\n", ""),
        ("", "a = 2\n"),
        ("", "return {\"a\": 1}\n"),
        ("", "locals[\"a\" + \"\"] = 1\nx = locals\n"),
        ("", "f = function\n  outer.a = 1\nend function\nf\n"),
        ("", "f = function\n  self.a = 1\nend function\n"),
        ("", "f = function(k)\n  self[k] = 1\nend function\n"),
        ("", "import \"nowhere\"\n"),
        ("", "import b + \"\"\n"),
        ("", "map.a = 1\n"),
        ("", "x = (1\n"),
    ] {
        assert!(!found(main, util).contains(&"missing-member"), "{main}{util}");
    }
    let own = "//- main.ms\nimport \"util\"\nf = function(util)\n  return util.a\nend function\nprint f({\"a\": 1}) + util.b\n//- util.ms\nb = 1\n";
    right(own);
}

/// Modules take part as if their text stood in the file.
#[test]
fn members_are_told_in_programs_of_several_files() {
    let program = |main: &str, lib: &str| {
        format!(
            "//- main.ms\nimport \"lib\"\nm = lib.make\nprint m.health + m.helth\n{main}//- lib.ms\nimport \"deep\"\nmake = function\n  return {{\"health\": deep.most}}\nend function\n{lib}//- deep.ms\nmost = 1\n"
        )
    };
    wrong(&program("", ""), "missing-member");
    wrong(&program("shared = 2\n", "f = function\n  return shared\nend function\n"), "missing-member");
    wrong(&program("counts = {}\ncounts[input] = 1\nprint counts.len\n", ""), "missing-member");
    for (main, lib) in [
        ("", "x = {\"helth\": 1}\n"),
        ("", "helth = 1\n"),
        ("", "f = function(m)\n  m.helth = 1\nend function\n"),
        ("", "f = function(m, k)\n  m[k] = 1\nend function\n"),
        ("", "k = \"helth\"\n"),
        ("", "print locals\n"),
        ("", "import most\n"),
        ("", "print env\n"),
        ("", "return host_thing\n"),
        ("", "x = = 1\n"),
        ("counts = {}\ncounts[input] = 1\n", "f = function\n  return counts\nend function\n"),
        ("m.counts = {}\nm.counts[input] = 1\n", "f = function(m)\n  return m.counts\nend function\n"),
        ("import \"nowhere\"\n", ""),
    ] {
        assert!(!codes(&program(main, lib), &Checks::default()).contains(&"missing-member"), "{main}{lib}");
    }
    let call = |lib: &str| {
        format!("//- main.ms\nimport \"lib\"\nm = {{\"size\": 1}}\nprint m.size(1) + lib.y\n//- lib.ms\ny = 1\n{lib}")
    };
    wrong(&call(""), "not-a-function");
    right(&call("m = {}\nm.size = function(n)\nend function\n"));
    right(&call("size = function(n)\nend function\n"));
}

#[test]
fn members_that_only_other_maps_have_are_told_where_the_map_is_known() {
    check(
        "C = {\"x\": 1}\nC.go = function\n  return self.x\nend function\nD = {\"g\": 1}\nc = new C\nprint c.x + c.go\nprint c.g\nprint D.g\nf = function(n)\n  p = {\"x\": 1}\n  q = {\"z\": n}\n  return p.x + q.z + p.z\nend function\nprint f(1)\n",
        &expect![[r#"
            | print c.g
            |         ^ missing-member: `c` is a map that nothing gives a member `g`
            |   return p.x + q.z + p.z
            |                        ^ missing-member: `p` is a map that nothing gives a member `z`
        "#]],
    );
    let program = |rest: &str| format!("m = {{\"a\": 1}}\nn = {{\"b\": 2}}\nprint n.b\nprint m.b\n{rest}");
    wrong(&program(""), "missing-member");
    wrong(&program("n.b = 3\nl = [m]\nprint l\n"), "missing-member");
    wrong(&program("f = function(x)\n  return x.a\nend function\nprint f(m)\nm.c = 1\n"), "missing-member");
    for rest in [
        // It may be given the member: by its name, through a parameter, an element, `self`, a key, a type, or what is behind it.
        "m.b = 1\n",
        "f = function(x)\n  x.b = 1\nend function\nf m\n",
        "l = [m]\nl[0].b = 1\n",
        "k = m\nk.b = 1\n",
        "m.go = function\n  self.b = 1\nend function\nm.go\n",
        "m[\"b\"] = 1\n",
        "m.push \"b\"\n",
        "map.b = 1\n",
        "w = map\nw.b = 1\n",
        "k = rnd\nm[str(k)] = 1\n",
        "for k in [\"x\", \"b\"]\n  m[k] = 1\nend for\n",
        "f = function(x, k)\n  x[k] = 1\nend function\nf m, \"c\"\n",
        "m[\"\" + (\"b\")] = 1\n",
        "m.__isa = n\n",
        "f = function(x)\n  x.__isa = n\nend function\nf m\n",
        // It is asked for, or something else may be in the variable.
        "if m.hasIndex(\"b\") then print 1\n",
        "m = n\n",
        "m = {\"b\": 1}\n",
        "globals.m = n\n",
        "globals[str(rnd)] = n\n",
        "m = {\"__isa\": n}\n",
        "f = function\n  return locals\nend function\nprint f\n",
        "o = {\"x\": n}\nm.push \"__isa\"\nm.replace 1, o\n",
        "import \"lib\"\n",
    ] {
        let found = codes(&program(rest), &Checks::default());
        assert!(!found.contains(&"missing-member"), "{rest}: {found:?}");
    }
    // Whatever the map is asked before, the read may never run with this one.
    let read = |by: &str| format!("m = {{\"a\": 1}}\nn = {{\"b\": 2}}\nprint n.b\n{by}\n");
    for by in [
        "if m isa n then print m.b",
        "print m isa n and m.b",
        "print not (m isa n) or m.b",
        "if m.a == 2 then print m.b",
        "while m.a == 2\n  print m.b\nend while",
        "f = function\n  if not (m isa n) then return 0\n  return m.b\nend function\nprint f",
    ] {
        let found = codes(&read(by), &Checks::default());
        assert!(!found.contains(&"missing-member"), "{by}: {found:?}");
    }
    wrong(&read("if m.b then print 1"), "missing-member");
    wrong(&read("if n.b then print m.b"), "missing-member");
    let of = |class: &str| format!("B = {{\"b\": 1}}\nC = {class}\nc = new C\nprint c.b\nprint B.b\n");
    wrong(&of("{}"), "missing-member");
    wrong(&of("new {}").replace("new {}", "{\"a\": {}}"), "missing-member");
    right(&of("new B"));
    right(&of("{\"__isa\": B}"));
    right(&format!("{}C.b = 2\n", of("{}")));
    let imported = format!("//- main.ms\n{}//- other.ms\nimport \"main\"\nmain.m.b = 1\n", program(""));
    assert!(!codes(&imported, &Checks::default()).contains(&"missing-member"));
    let local = "m = {\"z\": 1}\nf = function(c)\n  if c then m = {\"a\": 1}\n  return m.z\nend function\nprint f(0)\n";
    assert!(!codes(local, &Checks::default()).contains(&"missing-member"), "the global is meant, too");
}
