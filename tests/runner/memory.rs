//! Memory in every tier: what is dropped is freed, however it was made, and depth of data costs no native stack.
//!
//! A program that takes many times more than its limit lets it keep ends well only if the collector frees everything in between;
//! so the limit is the test. Nothing here is timed: work is counted in bytes and collections.

use minilive_jit::engine::{End, Engine, Entry, RunOutcome, RunRequest};
use minilive_runtime::limits::Limits;
use minilive_tests::modes::{Mode, evaluate, lowered};

/// The modes that differ in what runs; collecting at every allocation would take too long here.
fn modes() -> impl Iterator<Item = Mode> {
    Mode::all().iter().copied().filter(|mode| !mode.config().gc_stress)
}

fn run(text: &str, mode: Mode, memory: u64) -> (String, RunOutcome) {
    let mut engine = Engine::new(mode.config());
    let loaded = engine.load(&lowered(text, "test.ms")).expect("loads");
    let limits = Limits { memory, ..Limits::NONE };
    evaluate(&mut engine, &loaded, RunRequest { limits, ..RunRequest::new(Entry::Main) }, |_| {})
}

/// Runs a program that drops all it makes, within a limit that it passes several times over.
#[track_caller]
fn is_bounded(body: &str, rounds: u32) {
    const LIMIT: u64 = 12 << 20;
    let text = format!(
        "step = function(i)\n{body}\nend function\nfor i in range(1, {rounds})\n  step i\nend for\nprint \"end\"\n"
    );
    for mode in modes() {
        let (output, outcome) = run(&text, mode, LIMIT);
        assert!(matches!(outcome.end, End::Finished(_)), "{mode}: {:?}", outcome.end);
        assert_eq!(output.trim_end(), "end", "{mode}");
        assert!(outcome.allocated > 4 * LIMIT, "{mode}: only {} bytes taken", outcome.allocated);
        assert!(outcome.collections >= 5, "{mode}: {} collections", outcome.collections);
    }
}

#[test]
fn cycles_of_maps_and_closures_are_freed() {
    is_bounded(
        "  a = {\"name\": i}\n  b = {\"other\": a}\n  a.other = b\n  n = i\n  f = function\n    return outer.n + a.name\n  end function\n  \
         a.call = @f\n  b.list = [a, b, @f]\n  if i % 100 == 0 then a.call",
        200_000,
    );
}

#[test]
fn strings_are_freed() {
    is_bounded("  s = \"text \" + i\n  for k in range(1, 6)\n    s = s + s\n  end for\n  t = s[3:90].upper", 60_000);
}

#[test]
fn lists_are_freed() {
    is_bounded(
        "  l = [i] * 20\n  for k in range(1, 40)\n    l.push [k]\n  end for\n  while l.len > 10\n    l.pull\n  end while",
        30_000,
    );
}

#[test]
fn error_values_are_freed() {
    is_bounded("  e = err(\"number \" + i, [i])\n  d = e.err(\"derived\", e)\n  f = d.inner", 250_000);
}

#[test]
fn maps_of_ever_new_keys_are_freed_with_their_keys() {
    is_bounded(
        "  m = {}\n  for k in range(1, 30)\n    m[\"key \" + i + \" \" + k] = k\n  end for\n  m.remove \"key \" + i + \" 1\"",
        20_000,
    );
}

/// With much alive the heap is collected in steps: these must keep up with the program.
#[test]
fn what_is_dropped_beside_much_that_lives_is_freed() {
    let text = "
live = []
for i in range(1, 150000)
  live.push {\"x\": i, \"next\": null}
end for
for i in range(1, 600000)
  k = i % 150000
  m = {\"x\": i, \"next\": live[k]}
  if i % 7 == 0 then live[k] = {\"x\": k + 1, \"next\": null}
  if i % 11 == 0 then live[k].next = [i]
end for
sum = 0
for m in live
  sum += m.x
end for
print sum
";
    let mut sums = Vec::new();
    for mode in modes() {
        let (output, outcome) = run(text, mode, 64 << 20);
        assert!(matches!(outcome.end, End::Finished(_)), "{mode}: {:?}", outcome.end);
        assert!(outcome.pauses.count > 4 * outcome.collections, "{mode}: not in steps: {:?}", outcome.pauses);
        sums.push(output);
    }
    assert!(sums.iter().all(|sum| sum.trim_end() == "11250075000"), "{sums:?}");
}

#[test]
fn data_nested_a_million_deep_needs_no_native_stack() {
    let text = "
a = null
b = null
for i in range(1, 1000000)
  a = {\"next\": a}
  b = {\"next\": b}
end for
print a == b
print str(a).len < 100
print refEquals(a, b)
l = []
for i in range(1, 1000000)
  l = [l]
end for
print str(l).len < 100
freeze l
print isFrozen(l)
m = {}
m[l] = 1
print m[l]
";
    for mode in modes() {
        let (output, outcome) = run(text, mode, 1 << 30);
        assert!(matches!(outcome.end, End::Finished(_)), "{mode}: {:?}", outcome.end);
        assert_eq!(output.split_whitespace().collect::<Vec<_>>(), ["1", "1", "0", "1", "1", "1"], "{mode}");
    }
}

#[test]
fn a_list_of_ten_million_elements_and_a_text_of_a_hundred_megabytes_are_handled() {
    let text = "
r = range(1, 10000000)
print r.len + r[5]
r.push 1
print r[-1] + r.len
s = \"a\" * 100000000
print (s + \"b\").len
print s[99999999]
for i in range(1, 1000000000)
  if i > 2 then break
end for
";
    for mode in modes() {
        let (output, outcome) = run(text, mode, 1 << 30);
        assert!(matches!(outcome.end, End::Finished(_)), "{mode}: {:?}", outcome.end);
        assert_eq!(output.split_whitespace().collect::<Vec<_>>(), ["10000006", "10000002", "100000001", "a"], "{mode}");
    }
}

/// Maps whose keys come in ever new orders get no shapes of their own beyond a limit, in one run and over all runs of an engine:
/// keys that no program text names, keys that it does name in all orders, and methods added one by one.
#[test]
fn ever_new_maps_leave_a_bounded_table_of_shapes() {
    const A_REALM: u32 = 8192 + 64;
    const ALL: u32 = (1 << 16) + 64;
    let names: Vec<String> = (0..40).map(|i| format!("name{i}")).collect();
    let text = format!(
        "names = \"{}\".split(\",\")\nseen = {{{}}}\nfor i in range(1, COUNT)\n  m = {{}}\n  for k in range(1, 5)\n    \
         m[names[rnd * names.len]] = k\n    m[\"random \" + rnd] = k\n    m.remove \"random\"\n  end for\nend for\n\
         for i in range(1, COUNT)\n  m = {{}}\n  for k in range(1, 6)\n    m[names[rnd * names.len]] = k\n  end for\nend for\n",
        names.join(","),
        names.iter().map(|name| format!("\"{name}\": 1")).collect::<Vec<_>>().join(", ")
    );
    for mode in modes().filter(|mode| *mode != Mode::GuardsFail) {
        let mut engine = Engine::new(mode.config());
        let run = |engine: &mut Engine, count: &str| {
            let loaded = engine.load(&lowered(&text.replace("COUNT", count), "test.ms")).expect("loads");
            let limits = Limits { memory: 64 << 20, ..Limits::NONE };
            let (_, outcome) = evaluate(engine, &loaded, RunRequest { limits, ..RunRequest::new(Entry::Main) }, |_| {});
            assert!(matches!(outcome.end, End::Finished(_)), "{mode}: {:?}", outcome.end);
            engine.codes().shared().shapes.len()
        };
        let first = run(&mut engine, "60000");
        assert!(first > 1000, "{mode}: only {first} shapes, so this tests nothing");
        assert!(first <= A_REALM, "{mode}: {first} shapes in one run");
        let last = (0..12).map(|_| run(&mut engine, "20000")).last().expect("ran");
        assert!(last <= ALL, "{mode}: {last} shapes after many runs");
    }
}

/// Bytes that a program takes, for comparing sizes.
fn taken(text: &str, mode: Mode) -> u64 {
    run(text, mode, 1 << 30).1.allocated
}

/// Twice the text costs twice the bytes, wherever the text is kept meanwhile.
#[test]
fn building_a_text_piece_by_piece_is_linear() {
    let ways = [
        "s = \"\"\nfor i in range(1, COUNT)\n  s += \"piece\"\nend for",
        "f = function(n)\n  s = \"\"\n  for i in range(1, n)\n    s = s + \"p\" + i\n  end for\n  return s\nend function\nf COUNT",
        "m = {\"s\": \"\"}\nfor i in range(1, COUNT)\n  m.s = m.s + \"piece\"\nend for",
        "l = [\"\"]\nfor i in range(1, COUNT)\n  l[0] += \"piece\"\nend for",
    ];
    for mode in modes().filter(|mode| *mode != Mode::GuardsFail) {
        for way in ways {
            let [small, large] = ["20000", "80000"].map(|count| taken(&way.replace("COUNT", count), mode));
            assert!(large < small * 6, "{mode}: {small} bytes, then {large} for four times as much: {way}");
        }
    }
}
