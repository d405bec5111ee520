//! Imports that nobody reads: of which modules it is certain that to load them does nothing but define.

use super::checks::codes;
use crate::settings::Checks;

fn of_module(lib: &str) -> Vec<&'static str> {
    codes(&format!("//- main.ms\nimport \"lib\"\nprint \"end\"\n//- lib.ms\n{lib}"), &Checks::default())
}

#[test]
fn modules_that_may_do_something_when_they_are_loaded() {
    let f = "f = function\n  print 1\nend function\n";
    for lib in [
        "x = 1\nif x then print \"hello\"\n",
        "if 1 then\n  if 0 then\n    x = 1\n  else\n    print 1\n  end if\nend if\n",
        "x = input(\"q\")\n",
        "x = input\n",
        "m = {\"a\": print(\"x\")}\n",
        "m = {print(\"x\"): 1}\n",
        "l = [1, [print(\"x\")]]\n",
        "m = {}\nm[print(1)] = 1\n",
        "x = 1 + print(1)\n",
        "x = not print(1)\n",
        "x = nobody\n",
        "x = \"abc\".nobody\n",
        "x = rnd(3)\n",
        "if locals == globals then x = 1 else print 1\n",
        "if locals != globals then print 1\n",
        "if rnd > 0.5 then\n  for i in [1]\n    print i\n  end for\nend if\n",
        "l = [1]\nx = l.pop\n",
    ] {
        assert_eq!(of_module(lib), [""; 0], "{lib}");
    }
    for lib in [
        "x = f\n",
        "x = f()\n",
        "x = [f]\n",
        "x = -f\n",
        "if f then x = 1\n",
        "return f\n",
        "g = @f\nx = g\n",
        "m = {\"f\": @f}\nx = m.f\n",
        "m = {\"f\": @f}\nx = m[\"f\"]\n",
        "m = {}\nm.f = @f\nx = m.f\n",
        "l = [@f]\nx = l[0]\n",
        "f = 3\nx = f\n",
        "len = @f\nx = len([1])\n",
        "x = new f\n",
    ] {
        assert_eq!(of_module(&format!("{f}{lib}")), [""; 0], "{lib}");
    }
}

#[test]
fn modules_that_only_define() {
    let f = "f = function\n  print 1\nend function\n";
    for lib in [
        "x = 1\nif x then y = 2 else y = \"a\"\n",
        "x = @f\ny = [@f, {\"f\": @f}]\n",
        "x = rnd + time\n",
        "x = 5\ny = x * 2\nz = [x, y, -y]\n",
        "x = range(1, 5)\ny = [1].len + \"a b\".split(\" \")\n",
        "M = {\"n\": 1}\nM.g = function\n  print 1\nend function\nx = M.n\ny = new M\n",
        "if locals == globals then print 1\n",
        "if (globals == locals) and f then print 1\n",
        "if locals == globals then f else x = 1\n",
        "if locals != globals then x = 1 else f\n",
        "import \"sub\"\ns = import(\"sub\")\n//- sub.ms\nx = 1\n",
        "x = \"abc\"[1:]\n",
        "g = function\n  x = f\n  if x then print x\n  return [f]\nend function\n",
        "return {\"a\": @f}\n",
    ] {
        assert!(of_module(&format!("{f}{lib}")).contains(&"unused-import"), "{lib}");
    }
}
