//! Generates terminating MiniScript programs from a seed, for differential tests: the same program must print the same in
//! every tier, in every stress mode and in the reference.
//!
//! `runner/differential.rs` and `xtask differential` run them. Invariants: every loop is bounded and the estimated number of
//! executed statements stays below [`MOST_STEPS`]; strings and lists cannot grow without bound (`cap`); nothing depends on time,
//! unseeded chance or object identity.

mod closures;
mod expressions;
mod features;
mod fields;
mod keys;
mod scenes;
mod statements;
mod texts;
mod values;

use std::fmt::Write;

/// No generated program executes more statements than about this.
pub const MOST_STEPS: u64 = 150_000;

/// A program for this seed. Equal seeds give equal programs.
pub fn program(seed: u64) -> String {
    let mut generator = Generator::new(seed);
    generator.cap();
    let cap = std::mem::take(&mut generator.out);
    generator.prelude();
    for _ in 0..generator.rng.below(4) + 1 {
        generator.function();
    }
    if generator.rng.chance(50) {
        generator.class();
    }
    if generator.rng.chance(40) {
        generator.closure();
    }
    for _ in 0..generator.rng.below(6) + 2 {
        generator.statement(0, 1);
        if generator.rng.chance(40) {
            generator.scene();
        }
    }
    generator.epilogue();
    // The keys of texts are no members: by `v["len"]` nothing would be cut.
    cap + &keys::by_keys(generator.out, &mut generator.rng)
}

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    /// A generator of its own for each seed.
    pub fn new(seed: u64) -> Rng {
        Rng(seed ^ 0x5DEE_CE66_D123_4567)
    }

    /// The next 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.bits() % n.max(1)
    }

    /// True in `percent` of a hundred cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of the given items.
    pub fn pick<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T {
        items[self.below(items.len() as u64) as usize]
    }
}

/// What a variable is known to hold most of the time; operations on other kinds are generated too, but rarely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Text,
    List,
    Map,
}

#[derive(Debug, Clone)]
struct Variable {
    name: String,
    kind: Kind,
}

#[derive(Debug, Clone)]
struct Function {
    name: String,
    params: usize,
    /// Statements that one call executes, about.
    cost: u64,
}

struct Generator {
    rng: Rng,
    out: String,
    indent: usize,
    /// Variables that may be read and written here; inside a function its parameters and locals.
    variables: Vec<Variable>,
    functions: Vec<Function>,
    classes: Vec<String>,
    counters: Vec<String>,
    /// Statements executed so far in the unit being written, about.
    cost: u64,
    fresh: usize,
    in_function: bool,
    /// Names of the open loops' counters, innermost last; read only.
    loops: Vec<String>,
}

impl Generator {
    fn new(seed: u64) -> Generator {
        Generator {
            rng: Rng::new(seed),
            out: String::new(),
            indent: 0,
            variables: Vec::new(),
            functions: Vec::new(),
            classes: Vec::new(),
            counters: Vec::new(),
            cost: 0,
            fresh: 0,
            in_function: false,
            loops: Vec::new(),
        }
    }

    fn line(&mut self, text: &str) {
        let indent = self.indent;
        writeln!(self.out, "{:indent$}{text}", "", indent = indent * 2).expect("writing to a String cannot fail");
    }

    fn open(&mut self, text: &str) {
        self.line(text);
        self.indent += 1;
    }

    fn close(&mut self, text: &str) {
        self.indent -= 1;
        self.line(text);
    }

    fn name(&mut self, prefix: &str) -> String {
        self.fresh += 1;
        format!("{prefix}{}", self.fresh)
    }

    /// What keeps values from growing without bound.
    fn cap(&mut self) {
        self.open("cap = function(v)");
        self.line("if v isa string and v.len > 40 then return v[:12]");
        self.line("if v isa list and v.len > 12 then return v[:5]");
        self.line("if (v isa list or v isa map) and (\"\" + v).len > 500 then return 7");
        self.line("if v isa list or v isa map or v isa string then return v");
        self.line("if v isa number and (v > 1e12 or v < -1e12) then return v % 1000");
        self.line("return v");
        self.close("end function");
    }

    fn prelude(&mut self) {
        for kind in [Kind::Number, Kind::Number, Kind::Number, Kind::Text, Kind::List, Kind::Map] {
            let name = self.name("g");
            let value = self.literal(kind);
            self.line(&format!("{name} = {value}"));
            self.variables.push(Variable { name, kind });
        }
    }

    fn epilogue(&mut self) {
        for variable in self.variables.clone() {
            self.line(&format!("print \"{0}: \" + {0}", variable.name));
        }
        for class in self.classes.clone() {
            self.line(&format!("print (new {class}).grow(3)"));
        }
        for counter in self.counters.clone() {
            self.line(&format!("print {counter}"));
        }
    }

    /// A function of a few statements over its parameters; bodies never call themselves, except through [`Self::recursion`].
    fn function(&mut self) {
        if self.rng.chance(20) {
            return self.recursion();
        }
        let name = self.name("f");
        let params = self.rng.below(3) as usize + 1;
        let outer = std::mem::take(&mut self.variables);
        let (cost, loops) = (std::mem::replace(&mut self.cost, 1), std::mem::take(&mut self.loops));
        self.in_function = true;
        let names: Vec<String> = (0..params).map(|i| format!("p{i}")).collect();
        self.open(&format!("{name} = function({})", names.join(", ")));
        for name in names {
            self.variables.push(Variable { name, kind: Kind::Number });
        }
        self.line("acc = 0");
        self.variables.push(Variable { name: "acc".into(), kind: Kind::Number });
        for _ in 0..self.rng.below(3) + 1 {
            self.statement(0, 1);
        }
        let result = self.expression(Kind::Number, 2);
        self.line(&format!("return {result}"));
        self.close("end function");
        self.functions.push(Function { name, params, cost: self.cost + 2 });
        self.in_function = false;
        self.variables = outer;
        (self.cost, self.loops) = (cost, loops);
    }

    fn recursion(&mut self) {
        let name = self.name("r");
        self.open(&format!("{name} = function(n, a=1)"));
        let base = self.rng.below(4);
        self.line(&format!("if not n isa number or n < 1 or n > 12 then return a + {base}"));
        let step = self.rng.pick(&["a + n", "a * 2 % 97", "n", "a - n * 0.5"]);
        let text = format!("return {name}(n - 1, {step}) + {}", self.rng.below(5));
        self.line(&text);
        self.close("end function");
        self.functions.push(Function { name, params: 2, cost: 30 });
    }

    /// A prototype with fields, a method that changes them, and a derived prototype that calls `super`.
    fn class(&mut self) {
        let (base, derived) = (self.name("K"), self.name("K"));
        let text = format!("{base} = {{\"size\": {}, \"tag\": \"{base}\"}}", self.rng.below(9));
        self.line(&text);
        self.open(&format!("{base}.grow = function(by)"));
        self.line("self.size = self.size + by");
        self.line("return self.size");
        self.close("end function");
        self.line(&format!("{derived} = new {base}"));
        self.open(&format!("{derived}.grow = function(by)"));
        let text = format!("if by > {} then return super.grow(by) * 2", self.rng.below(5));
        self.line(&text);
        self.line("return super.grow(1) + by");
        self.close("end function");
        self.classes.extend([base, derived]);
    }

    fn closure(&mut self) {
        let (maker, counter) = (self.name("make"), self.name("count"));
        self.open(&format!("{maker} = function(start)"));
        self.open("return function");
        let text = format!("outer.start = (start + {}) % 1009", self.rng.below(50) + 1);
        self.line(&text);
        self.line("return start");
        self.close("end function");
        self.close("end function");
        let text = format!("{counter} = {maker}({})", self.rng.below(20));
        self.line(&text);
        self.counters.push(counter);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_seeds_give_equal_programs() {
        assert_eq!(program(7), program(7));
        assert_ne!(program(7), program(8));
    }
}
