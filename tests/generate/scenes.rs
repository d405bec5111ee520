//! Small scenes of the program generator, each about something that compiled code relies on and programs may change: which
//! function a name holds, what kind of value a variable has after thousands of rounds, which keys a map has, who its
//! prototype is, what a closure captured.
//!
//! `statements` puts them between its own, at top level only. Invariant: a scene costs at most some ten thousand statements
//! and leaves its variables as the printing at the program's end expects them.

use super::{Generator, Kind, closures, features, fields, texts, values};

/// Writes the scene of a number.
type Scene = fn(&mut Generator, u64);

/// How many scenes stand here.
const OWN_SCENES: u64 = 7;

impl Generator {
    /// One scene; a plain assignment where none fits.
    pub(super) fn scene(&mut self) {
        if self.in_function || !self.loops.is_empty() || self.indent > 0 {
            return self.assign_number();
        }
        let families: [(u64, Scene); 6] = [
            (OWN_SCENES, Generator::own_scene),
            (features::SCENES, Generator::feature),
            (closures::SCENES, Generator::closure_scene),
            (texts::SCENES, Generator::text_scene),
            (values::SCENES, Generator::value_scene),
            (fields::SCENES, Generator::field_scene),
        ];
        let mut number = self.rng.below(families.iter().map(|it| it.0).sum());
        for (scenes, write) in families {
            if number < scenes {
                return write(self, number);
            }
            number -= scenes;
        }
    }

    /// One of the scenes of this file.
    fn own_scene(&mut self, number: u64) {
        match number {
            0 => self.long_run(),
            1 => self.redefinition(),
            2 => self.deletion(),
            3 => self.mixed_receivers(),
            4 => self.captured_counters(),
            5 => self.text_building(),
            _ => self.list_work(),
        }
    }

    /// Begins a counted loop, in either form.
    fn begin(&mut self, passes: u64) -> (String, bool) {
        let counter = self.name("i");
        let counted = self.rng.chance(50);
        if counted {
            self.open(&format!("for {counter} in range(1, {passes})"));
        } else {
            self.line(&format!("{counter} = 0"));
            self.open(&format!("while {counter} < {passes}"));
            self.line(&format!("{counter} += 1"));
        }
        (counter, counted)
    }

    fn end(&mut self, counted: bool) {
        self.close(if counted { "end for" } else { "end while" });
    }

    /// Thousands of rounds over few variables, of which one changes its kind near the end.
    fn long_run(&mut self) {
        let (a, b) = (self.target(Kind::Number), self.name("t"));
        let text = format!("{b} = {}", self.rng.below(9));
        self.line(&text);
        let passes = 2000 + self.rng.below(4000);
        let (i, counted) = self.begin(passes);
        let step = self.rng.pick(&["1", "0.5", "i % 7", "3"]).replace('i', &i);
        self.line(&format!("{b} = {b} + {step}"));
        let flip = self.rng.pick(&["\"flip\"", "null", "[1]", "0.25", "{}", "-0", "2 ^ 53", "1/3"]);
        let text = format!("if {i} == {} then {b} = {flip}", passes - 1 - self.rng.below(200));
        self.line(&text);
        if self.rng.chance(50) {
            self.line(&format!("if {b} isa string then {b} = 2"));
        }
        let change = match self.rng.below(4) {
            0 => format!("{a} = {a} * 2 % 1009 + {i}"),
            1 => format!("if {i} % 3 == 0 then {a} = {a} - 1"),
            2 => format!("{a} = {i} - {b} * 0"),
            _ => format!("{a} = cap({a} + {b})"),
        };
        self.line(&change);
        self.end(counted);
        self.line(&format!("print cap({b})"));
        self.spend(passes * 4);
    }

    /// A function gets another body, or another number of parameters, in the middle of a hot loop.
    fn redefinition(&mut self) {
        let (f, sum) = (self.name("h"), self.name("s"));
        let body = ["n + 1", "n * 2", "n % 5", "n - 0.5"];
        let first = self.rng.pick(&body);
        self.line(&format!("{f} = function(n)\n  return {first}\nend function"));
        self.line(&format!("{sum} = 0"));
        let passes = 60 + self.rng.below(300);
        let (i, counted) = self.begin(passes);
        self.line(&format!("{sum} = ({sum} + {f}({i})) % 100003"));
        self.open(&format!("if {i} == {} then", passes * 2 / 3));
        let params = self.rng.pick(&["n", "n", "n=3, m=2", "n, m=\"x\""]);
        let second = self.rng.pick(&body);
        self.line(&format!("{f} = function({params})"));
        self.line(&format!("  return {second}"));
        self.line("end function");
        self.close("end if");
        if self.rng.chance(30) {
            let text = format!("if {i} == {} then {f} = {}", passes - 2, self.rng.pick(&["7", "@floor", "\"no\""]));
            self.line(&text);
            self.line(&format!("if {i} > {} then break", passes - 3));
        }
        self.end(counted);
        self.line(&format!("print {sum}"));
        self.spend(passes * 4);
    }

    /// Variables and keys come and go.
    fn deletion(&mut self) {
        let (name, map) = (self.name("d"), self.name("m"));
        self.line(&format!("{name} = 1"));
        self.line(&format!("{map} = {{\"a\": 1, \"b\": 2, \"c\": 3}}"));
        let passes = 80 + self.rng.below(200);
        let at = passes / 2 + self.rng.below(20);
        let (i, counted) = self.begin(passes);
        self.line(&format!("if {i} == {at} then globals.remove \"{name}\""));
        self.line(&format!("if not globals.hasIndex(\"{name}\") then {name} = {i}"));
        self.line(&format!("{name} = ({name} + {i}) % 997"));
        let text = format!("if {i} % {} == 0 then {map}.remove \"b\"", 5 + self.rng.below(40));
        self.line(&text);
        self.line(&format!("if not {map}.hasIndex(\"b\") then {map}.b = {i} else {map}.b = {map}.b + 1"));
        self.line(&format!("{map}.a = ({map}.a + {map}.b) % 1009"));
        if self.rng.chance(50) {
            self.line(&format!("{map}[{i} % 3] = {map}.a"));
        }
        self.end(counted);
        self.line(&format!("print {name}"));
        self.line(&format!("print {map}"));
        self.spend(passes * 8);
    }

    /// One call site meets objects of several prototypes, some of which lose or gain members.
    fn mixed_receivers(&mut self) {
        let (base, list, sum) = (self.name("P"), self.name("o"), self.name("s"));
        self.line(&format!("{base} = {{\"w\": 2}}"));
        self.line(&format!("{base}.area = function(by=1)\n  return self.w * by\nend function"));
        self.line(&format!("{base}2 = new {base}"));
        self.line(&format!("{base}2.area = function(by=1)\n  return super.area(by) + 1\nend function"));
        self.line(&format!("{base}3 = new {base}2"));
        let kinds = self.rng.below(3) + 1;
        let objects: Vec<String> =
            (0..=kinds).map(|k| format!("new {base}{}", ["", "2", "3"][(k % 3) as usize])).collect();
        self.line(&format!("{list} = [{}]", objects.join(", ")));
        self.line(&format!("{sum} = 0"));
        let passes = 80 + self.rng.below(250);
        let (i, counted) = self.begin(passes);
        self.line(&format!("it = {list}[{i} % {list}.len]"));
        self.line(&format!("{sum} = ({sum} + it.area({i} % 4)) % 100003"));
        let at = passes * 3 / 4;
        let change = match self.rng.below(5) {
            0 => "it.w = 5".to_string(),
            1 => format!("{base}.w = 7"),
            2 => "it.extra = 1".to_string(),
            3 => format!("{base}2.area = function(by)\n    return by\n  end function"),
            _ => format!("{base}2.remove \"area\""),
        };
        self.open(&format!("if {i} == {at} then"));
        self.line(&change);
        self.close("end if");
        self.end(counted);
        self.line(&format!("print {sum}"));
        self.line(&format!("print {list}[0] isa {base}2"));
        self.spend(passes * 8);
    }

    /// Closures over the same and over different variables, called through a list.
    fn captured_counters(&mut self) {
        let (maker, list, sum) = (self.name("mk"), self.name("c"), self.name("s"));
        self.open(&format!("{maker} = function(start, by)"));
        self.line("note = \"n\"");
        self.open("step = function(k=1)");
        self.line("outer.start = (outer.start + by * k) % 1009");
        self.line("return start");
        self.close("end function");
        self.line("return @step");
        self.close("end function");
        self.line(&format!("{list} = []"));
        let text = format!("for q in range(1, {})", 1 + self.rng.below(4));
        self.open(&text);
        let text = format!("{list}.push {maker}(q, q + {})", self.rng.below(3));
        self.line(&text);
        self.close("end for");
        self.line(&format!("{sum} = 0"));
        let passes = 60 + self.rng.below(250);
        let (i, counted) = self.begin(passes);
        self.line(&format!("f = @{list}[{i} % {list}.len]"));
        let call = self.rng.pick(&["f(2)", "f", "f(i % 3)", "f + 1"]).replace('i', &i);
        self.line(&format!("{sum} = ({sum} + {call}) % 100003"));
        if self.rng.chance(40) {
            self.line(&format!("if {i} == {} then {list}.push {maker}({i}, 0.5)", passes / 2));
        }
        self.end(counted);
        self.line(&format!("print {sum}"));
        self.spend(passes * 8);
    }

    /// Text that grows and is looked at letter by letter.
    fn text_building(&mut self) {
        let (word, count) = (self.name("w"), self.name("n"));
        self.line(&format!("{word} = \"\""));
        self.line(&format!("{count} = 0"));
        let passes = 40 + self.rng.below(200);
        let (i, counted) = self.begin(passes);
        let piece = self.rng.pick(&["char(97 + i % 26)", "i % 10", "\"é\"", "str(i)[-1]"]).replace('i', &i);
        self.line(&format!("{word} = {word} + {piece}"));
        let line = format!("if {word}.len > 60 then {word} = {word}[{}:]", 10 + self.rng.below(40));
        self.line(&line);
        self.line(&format!("if {word}[{i} % {word}.len] == {word}[0] then {count} += 1"));
        self.end(counted);
        self.open(&format!("for letter in {word}"));
        self.line(&format!("if letter > \"m\" then {count} += letter.code % 7"));
        self.close("end for");
        self.line(&format!("print {word}.upper + {count} + {word}.indexOf(\"c\")"));
        self.spend(passes * 6);
    }

    /// Lists that change their kind of elements, their length and their order while they are read.
    fn list_work(&mut self) {
        let (list, sum) = (self.name("l"), self.name("s"));
        let text = format!("{list} = range(0, {})", 8 + self.rng.below(20));
        self.line(&text);
        self.line(&format!("{sum} = 0"));
        let passes = 60 + self.rng.below(250);
        let at = passes * 2 / 3;
        let (i, counted) = self.begin(passes);
        self.line(&format!("k = {i} % {list}.len"));
        self.line(&format!("if {list}[k] isa number then {sum} = ({sum} + {list}[k]) % 100003"));
        self.line(&format!("{list}[k] = {i}"));
        let change = match self.rng.below(6) {
            0 => format!("{list}[k] = \"s\""),
            1 => format!("{list} = {list} + [0.5, null]"),
            2 => format!("{list}.sort"),
            3 => format!("{list} = [1] * {}", 5 + self.rng.below(9)),
            4 => format!("{list}.remove 0"),
            _ => format!("{list}.push [k]"),
        };
        self.line(&format!("if {i} == {at} then {change}"));
        self.end(counted);
        self.line(&format!("print {sum}"));
        self.line(&format!("print {list}.join(\" \")"));
        self.spend(passes * 6);
    }
}
