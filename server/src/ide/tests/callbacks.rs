//! Completion where a function is wanted: what is inserted for its name.

use super::Fixture;
use crate::ide::completion::completions;

/// A function that calls its first parameter, one that does not, and functions to give.
const FUNCTIONS: &str = "apply = function(f, x)\n  return f(x)\nend function\nshow = function(value)\n  print value\nend function\ndouble = function(n)\n  return n * 2\nend function\nmake = function\n  return @double\nend function\nnumber1 = 1\n";

/// What choosing a name inserts.
#[track_caller]
fn inserts(code: &str, name: &str, expected: &str) {
    let it = Fixture::new(&format!("{FUNCTIONS}{code}"));
    let found = completions(&it.db, &it.document, &it.live(), it.offset, false);
    let item = found.items.iter().find(|item| item.label == name).unwrap_or_else(|| panic!("no `{name}` in {code:?}"));
    assert_eq!(item.insert.as_ref().unwrap_or(&item.label), expected, "{code:?}");
}

#[test]
fn a_function_is_given_by_reference_where_the_callee_calls_it() {
    for code in [
        "apply(dou$0, 1)\n",
        "apply(dou$0\nprint 1\n",
        "apply($0)\n",
        "apply $0\nprint 1\n",
        "apply dou$0\n",
        "apply dou$0, 2\n",
        // The text ends behind the word.
        "apply dou$0",
        "x = apply(dou$0",
        "print apply(dou$0, 2)\n",
        "x = [apply(dou$0, 2)]\n",
        // A method, and a parameter that is not the first.
        "m = {}\nm.each = function(x, f)\n  f x\nend function\nm.each 1, dou$0\n",
        "m = {}\nm.each = function(x, f)\n  f x\nend function\nm.each(1, $0)\n",
        // A function inside of the callee calls it.
        "later = function(f)\n  return function\n    return f(1)\n  end function\nend function\nlater dou$0\n",
        "info dou$0\n",
        "info(dou$0)\n",
    ] {
        inserts(code, "double", "@double");
    }
    inserts("apply pri$0\n", "print", "@print");
}

#[test]
fn functions_come_first_where_one_is_wanted() {
    let labels = |code: &str| {
        let it = Fixture::new(&format!("{FUNCTIONS}doubt = 1\n{code}"));
        let found = completions(&it.db, &it.document, &it.live(), it.offset, false);
        found.items.into_iter().map(|item| item.label).take(2).collect::<Vec<_>>()
    };
    assert_eq!(labels("apply(dou$0, 1)\n"), ["double", "doubt"]);
    assert_eq!(labels("apply(d$0, 1)\n")[0], "double");
    assert_eq!(labels("show(doub$0)\n"), ["double", "doubt"], "elsewhere the alphabet counts");
}

#[test]
fn a_function_is_called_where_the_text_does_not_want_it_itself() {
    for code in [
        // Its value is wanted, or nobody knows.
        "show dou$0\n",
        "show(dou$0)\n",
        "print dou$0\n",
        "g = dou$0\n",
        "nobody(dou$0)\n",
        "apply(@double, dou$0)\n",
        // It is not the whole argument.
        "apply(1 + dou$0, 1)\n",
        "apply(dou$0 + 1, 1)\n",
        "apply([dou$0], 1)\n",
        "apply([1, dou$0], 1)\n",
        "apply({\"a\": dou$0}, 1)\n",
        "apply((dou$0), 1)\n",
        // It is called.
        "apply(dou$0(1), 1)\n",
        "apply(dou$0.name, 1)\n",
        // Behind `@` nothing is added.
        "apply(@dou$0, 1)\n",
        "apply @dou$0\n",
        // What the callee calls need not be what it gets.
        "own = function(f)\n  f = @print\n  f 1\nend function\nown dou$0\n",
        "own = function(f)\n  return function(f)\n    return f(1)\n  end function\nend function\nown dou$0\n",
        // One of the functions that may be called does not call it.
        "either = @apply\nif number1 then either = @show\neither dou$0\n",
    ] {
        inserts(code, "double", "double");
    }
    // What a call gives is a function as well.
    inserts("apply mak$0\n", "make", "make");
    inserts("apply num$0\n", "number1", "number1");
    inserts("apply p$0\n", "pi", "pi");
}

#[test]
fn a_function_is_stored_by_reference_under_a_name_that_is_called() {
    for code in [
        "m = {}\nm.on = dou$0\nm.on 3\n",
        "m = {\"on\": dou$0}\nm.on 3\n",
        "m = {\n  \"on\": dou$0,\n  \"off\": 1\n}\nprint m.on(3)\n",
        "Ship = {}\nShip.fire = function\n  self.on 1\nend function\ns = new Ship\ns.on = dou$0\n",
    ] {
        inserts(code, "double", "@double");
    }
    for code in [
        "m = {}\nm.on = dou$0\n",
        "m = {}\nm.on = dou$0\nprint m.on\n",
        "m = {}\nm.on = dou$0 + 1\nm.on 3\n",
        "m = {}\nm.on = dou$0(1)\nm.on 3\n",
        "m = {}\nm.on = @dou$0\nm.on 3\n",
        "m = {\"off\": dou$0}\nm.on 3\n",
        "m = {\"on\": 1 + dou$0}\nm.on 3\n",
        "on = dou$0\nm.on 3\n",
        "x = \"abc\"[1:dou$0]\nm.on 3\n",
    ] {
        inserts(code, "double", "double");
    }
}
