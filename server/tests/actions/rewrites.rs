//! What the shorter way to write an assignment must keep, and what the names of globals show.
//!
//! Part of the tests of code actions; each action is applied, and the program is run before and after.

use super::{OWN, VARIABLE, WRAP, check, offered, refuses};

/// Printed inside of others, lists and maps are shown by the names of globals that hold them, so what may be one gets no name at the top of
/// the file, and keeps the one that it has. The variables of functions are never shown.
#[test]
fn what_may_be_shown_by_name_keeps_its_name() {
    for source in [
        "n = {\"v\": [1, 2]}\nm = {\"data\": $0n.v$0}\nprint m\n",
        "x = [[1]]\nprint [$0x[0]$0]\n",
        "x = {\"a\": [1]}\nprint {\"q\": $0x.a$0}\n",
        "x = range(1, 3)\nprint [$0x[0:2]$0]\n",
        "x = [1]\nprint [$0x * 2$0]\n",
        "x = {\"a\": [1]}\ny = $0x.a$0.len\nprint x\n",
        "f = function(l)\n  return l\nend function\nx = [1]\nprint [$0f(x)$0]\n",
    ] {
        refuses(VARIABLE, source);
    }
    let f = |body: &str| format!("f = function(x)\n{body}end function\nf [[1]]\n");
    check(VARIABLE, &f("  print [$0x[0]$0]\n"), &f("  value = x[0]\n  print [@value]\n"));
    check(VARIABLE, "x = \"a\"\nprint [$0x[0]$0]\n", "x = \"a\"\nvalue = x[0]\nprint [value]\n");
    check(VARIABLE, "x = [1]\nprint [$0x.len$0]\n", "x = [1]\nvalue = x.len\nprint [value]\n");
    check(VARIABLE, "x = [4]\nprint $0x[0] - 1$0\n", "x = [4]\nvalue = x[0] - 1\nprint value\n");
    for source in ["x = [1]\n$0y = x * 2\nprint [y]\n", "x = range(1, 3)\n$0y = x[0:2]\nprint [y]\n"] {
        refuses("Inline `y`", source);
    }
    check("Inline `y`", &f("  $0y = x * 2\n  print [y]\n"), &f("  print [x * 2]\n"));
    check("Inline `y`", "x = 3\n$0y = x * 2\nprint [y]\n", "x = 3\nprint [x * 2]\n");
    refuses(WRAP, "$0y = [1]\nprint [y]$0\n");
    refuses(WRAP, "x = [[1]]\n$0for i in x\n  print [i]\nend for$0\n");
    let own = offered("for i in [{\"a\": [1]}]\n  i$0 = i.a\n  print [i]\nend for\n", &[]);
    assert!(own.iter().all(|(it, _)| !it.starts_with(OWN)), "{own:#?}");
}

#[test]
fn smaller_rewrites() {
    check("Write `x +=`", "x = 1\nx$0 = x + 2 * 3\nprint x\n", "x = 1\nx += 2 * 3\nprint x\n");
    refuses("Write `x -=`", "x = 1\nx$0 = x - 2 - 3\n");
    refuses("Write `x +=`", "x = 1\nx$0 = 2 + x\n");
    // An element is worked out as often either way.
    let m = "m = {\"a\": 1, \"l\": [1]}\n";
    check("Write `m.a +=`", &format!("{m}m$0.a = m.a + 1\nprint m\n"), &format!("{m}m.a += 1\nprint m\n"));
    check("Write `m.l[0] *=`", &format!("{m}m.l[0] $0= m.l[0] * 2\nprint m\n"), &format!("{m}m.l[0] *= 2\nprint m\n"));
    let f = "n = 0\nf = function(k=0)\n  globals.n += 1\n  return \"a\"\nend function\n";
    check(
        "Write `m[f] -=`",
        &format!("{f}{m}m[f] $0= m[f] - 1\nprint m\nprint n\n"),
        &format!("{f}{m}m[f] -= 1\nprint m\nprint n\n"),
    );
    refuses("Write `m.a +=`", &format!("{m}m.a $0= m.b + 1\n"));
    refuses("Write `m.a +=`", &format!("{m}m.a $0= m.a + 1 + 2\n"));
    // Joined strings may be joined in any order, others may be summed first.
    check("Write `s +=`", "s = \"a\"\ns $0= s + \"b\" + 1 + 2\nprint s\n", "s = \"a\"\ns += \"b\" + 1 + 2\nprint s\n");
    check(
        "Write `s +=`",
        &format!("{f}s = 5\ns $0= s + \"b\" + f + 2\nprint s\n"),
        &format!("{f}s = 5\ns += \"b\" + f + 2\nprint s\n"),
    );
    for (before, sum) in [
        ("s = \"a\"", "s + 1 + 2"),
        ("s = \"a\"; t = s[0:n]; t = 3", "s + t + 2"),
        ("s = \"a\"", "s + \"b\" - \"b\""),
        ("s = 1", "s + 1 + \"b\""),
        // What it holds is written before the function changes it.
        ("s = [1]; g = function; s.push 2; return 3; end function", "s + \"b\" + g"),
    ] {
        refuses("Write `s +=`", &format!("n = 2\n{before}\ns $0= {sum}\nprint s\n"));
    }
    check(
        "Give `a` a default",
        "f = function($0a)\n  print a\nend function\nf\n",
        "f = function(a=null)\n  print a\nend function\nf\n",
    );
    refuses("Give `a` a default", "f = function($0a=1)\nend function\n");
}
