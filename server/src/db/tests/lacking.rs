//! What reads members that are not there: which units are looked at again, and that none is missed.

use super::super::lacking_members;
use super::*;

/// What is read that is not there, with the line it stands on.
fn lacking(bench: &Bench) -> Vec<String> {
    let units = units(&bench.db, bench.file);
    let all = lacking_members(&bench.db, bench.file);
    let reads = all.iter().flat_map(|(unit, reads)| reads.iter().map(|it| (units.at(*unit).start, it)));
    let line = |at: TextSize| bench.text[..usize::from(at)].matches('\n').count() + 1;
    reads.map(|(start, it)| format!("{}: {}.{}", line(it.range.start() + start), it.owner, it.name)).collect()
}

/// The functions that are looked at after an edit; the statements in which one stands are looked at together.
fn looked(bench: &mut Bench, from: &str, to: &str) -> Vec<String> {
    bench.edit(from, to);
    let ran = bench.executed_by(|it| drop(lacking(it))).into_iter();
    ran.filter_map(|it| Some(it.strip_prefix("lacking_of(")?.strip_suffix(')')?.to_owned()))
        .filter(|it| !it.starts_with('\''))
        .collect()
}

const SHAPES: &str = "\
point = {\"x\": 1, \"y\": 2}
other = {}
other.size = 3
f = function(a)
  b = a + 1
  return point.x + b
end function
g = function(a)
  return point.size + a
end function
h = function(a)
  it = {}
  k = function(c)
    return c
  end function
  return it.size + k(1)
end function
";

#[test]
fn an_edit_has_those_looked_at_again_that_may_see_something_else() {
    let mut bench = Bench::new(SHAPES);
    assert_eq!(lacking(&bench), ["9: point.size", "16: it.size"]);
    let edits: [(&str, &str, &[&str]); 8] = [
        // Another constant, another name, another place.
        ("b = a + 1", "b = a + 2", &["f"]),
        ("point.x + b", "point.size + b", &["f"]),
        ("f = function", "\n\nf = function", &[]),
        // Functions see the variables of the one around them.
        ("return c\n", "return c + a\n", &["h", "k"]),
        // Whom a function is new to, it is no map.
        ("g = function", "f2 = function\nend function\ng = function", &["f2"]),
        // A map that gets a member is a matter of all, and so is one that is not sure to be one any more.
        ("other.size = 3", "point.size = 3", &["all"]),
        ("point.size = 3", "point.width = 3", &["all"]),
        ("other = {}", "point = f", &["all"]),
    ];
    for (from, to, expected) in edits {
        let found = looked(&mut bench, from, to);
        let fresh = Bench::new(&bench.text);
        assert_eq!(lacking(&bench), lacking(&fresh), "after {to:?}");
        match expected {
            ["all"] => assert_eq!(found, ["f", "f2", "g", "h", "k"], "after {to:?}"),
            _ => assert_eq!(found, expected, "after {to:?}"),
        }
    }
    assert_eq!(lacking(&bench), ["20: it.size"]);
}

/// Each edit is in one unit, and takes away or brings what another one reads.
#[test]
fn what_another_unit_does_is_seen_by_those_who_read() {
    let check = |text: &str, (from, to): (&str, &str), before: &[&str], behind: &[&str]| {
        let mut bench = Bench::new(text);
        assert_eq!(lacking(&bench), before, "in\n{text}");
        bench.edit(from, to);
        assert_eq!(lacking(&bench), behind, "{to:?} in\n{text}");
        bench.edit(to, from);
        assert_eq!(lacking(&bench), before, "{from:?} again in\n{text}");
    };
    let gives =
        "m = {}\nf = function(a)\n  v = {}\n  v.w = 1\nend function\ng = function\n  return m.w\nend function\n";
    check(gives, ("  v.w", "  v = a\n  v.w"), &["7: m.w"], &[]);
    check("m = {}\ny = 1\nprint m.w\n", ("y = 1", "m = 1"), &["3: m.w"], &[]);
    let hidden = "y = 1\nf = function\n  z = {}\n  return z.w\nend function\n";
    check(hidden, ("y = 1", "z = 1"), &["4: z.w"], &[]);
    let around = "\
f = function
  y = 1
  g = function
    z = {}
    return z.w
  end function
  return g
end function
";
    check(around, ("y = 1", "z = 1"), &["5: z.w"], &[]);
    let inside = "\
f = function
  z = {}
  g = function
    y = 1
  end function
  return z.w
end function
";
    check(inside, ("y = 1", "outer.z = 1"), &["6: z.w"], &[]);
    let through = "m = {}\nprint 1\nprint m.w\n";
    check(through, ("print 1", "print locals.m"), &["3: m.w"], &[]);
    let behind = "k = {}\nm = new k\nx = {}\nx.w = 1\nprint m.w\n";
    check(behind, ("k = {}", "k = {\"w\": 2}"), &["5: m.w"], &[]);
    check(behind, ("x.w", "k.w"), &["5: m.w"], &[]);
    check(behind, ("new k", "new x"), &["5: m.w"], &[]);
}

#[test]
fn lines_at_random_leave_nothing_behind() {
    // A digit stands for `#`.
    const LINES: [&str; 28] = [
        "m# = {}\n",
        "m# = {\"x\": 1}\n",
        "n# = new m#\n",
        "n# = 3\n",
        "m#.x = 2\n",
        "n#.y = m#.x\n",
        "print m#.y + n#.x\n",
        "print n#.y\n",
        "print m#.x\n",
        "f# = function(a)\n",
        "g# = function\n",
        "end function\n",
        "end function\n",
        "  m# = {}\n",
        "  v# = {}\n",
        "  v# = a\n",
        "  v#.x = 1\n",
        "  print v#.x + m#.x\n",
        "  print v#.y + n#.y\n",
        "  outer.v# = 1\n",
        "  m#.__isa = v#\n",
        "v# = {}\n",
        "print locals.m#\n",
        "h# = f#(m#)\n",
        "if m# then print m#.z\n",
        "print h#\n",
        "h# = 7 + #\n",
        "  c# = a + #\n",
    ];
    let (mut random, mut kept, mut anew, mut told) = (random::numbers(7), 0, 0, 0);
    let line = |random: &mut dyn FnMut(usize) -> usize| {
        let line = LINES[random(LINES.len())];
        line.split_inclusive('#').map(|it| it.replace('#', &random(6).to_string())).collect::<String>()
    };
    let mut lines: Vec<String> = (0..40).map(|_| line(&mut random)).collect();
    let mut bench = Bench::new(&lines.concat());
    for number in 0..800 {
        let at = random(lines.len());
        match random(3) {
            0 => lines.insert(at, line(&mut random)),
            1 if lines.len() > 20 => drop(lines.remove(at)),
            _ => lines[at] = line(&mut random),
        }
        lines.truncate(50);
        let (range, to) = random::difference(&bench.text, &lines.concat());
        bench.replace(range, &to);
        let looked = bench.executed_by(|it| drop(lacking(it))).iter().filter(|it| it.starts_with("lacking_of")).count();
        let count = units(&bench.db, bench.file).len();
        *(if looked < count { &mut kept } else { &mut anew }) += 1;
        let (now, fresh) = (lacking(&bench), lacking(&Bench::new(&bench.text)));
        assert_eq!(now, fresh, "after edit {number} in\n{}", bench.text);
        told += now.len();
    }
    assert!(kept > 200 && anew > 100 && told > 200, "{kept} times some, {anew} times all; {told} reads were told");
}
