//! Statements of the program generator, and the estimate of their cost that keeps programs short.

use super::{Generator, Kind, MOST_STEPS, Variable};

impl Generator {
    /// How often the innermost open loop's body runs, about, is kept in `self.cost` by multiplication at the loop's end; so
    /// while a body is written only the cost of one pass counts.
    pub(super) fn affordable(&self, cost: u64) -> bool {
        let passes = 120_u64.pow(self.loops.len().min(3) as u32);
        cost.saturating_mul(passes) < MOST_STEPS / 4
    }

    pub(super) fn spend(&mut self, cost: u64) {
        self.cost = self.cost.saturating_add(cost);
    }

    pub(super) fn statement(&mut self, depth: usize, share: u64) {
        self.spend(1);
        match self.rng.below(20) {
            0..=5 => self.assign_number(),
            6 => self.assign_text(),
            7 => self.assign_list(),
            8 => self.change_list(),
            9 => self.change_map(),
            10 | 11 => self.conditional(depth, share),
            12..=15 if depth < 2 => self.bounded_loop(depth, share),
            16 if depth < 2 => self.each_loop(depth, share),
            17 => self.object(),
            18 if depth == 0 => self.show(),
            _ => self.assign_number(),
        }
    }

    pub(super) fn target(&mut self, kind: Kind) -> String {
        if let Some(name) = self.variable(kind) {
            return name;
        }
        let name = self.name("v");
        let value = self.literal(kind);
        self.line(&format!("{name} = {value}"));
        if self.loops.is_empty() && self.indent <= 1 {
            self.variables.push(Variable { name: name.clone(), kind });
        }
        name
    }

    pub(super) fn assign_number(&mut self) {
        let name = self.target(Kind::Number);
        let value = self.expression(Kind::Number, 3);
        match self.rng.below(6) {
            0 => {
                let step = self.loops.last().cloned().unwrap_or_else(|| "1".into());
                self.line(&format!("{name} += {step}"));
            }
            1 => self.line(&format!("{name} = ({name} * 3 + {value}) % 1009")),
            _ => self.line(&format!("{name} = cap({value})")),
        }
    }

    fn assign_text(&mut self) {
        let name = self.target(Kind::Text);
        let value = self.expression(Kind::Text, 2);
        self.line(&format!("{name} = cap({value})"));
    }

    fn assign_list(&mut self) {
        let name = self.target(Kind::List);
        let value = self.expression(Kind::List, 2);
        self.line(&format!("{name} = cap({value})"));
    }

    fn change_list(&mut self) {
        let name = self.target(Kind::List);
        let value = self.expression(Kind::Number, 1);
        self.open(&format!("if {name} isa list then"));
        let index = self.rng.below(6);
        let change = match self.rng.below(6) {
            0 => format!("if {name}.len < 12 then {name}.push {value}"),
            1 => format!("{name}[{index}] = {value}"),
            2 => format!("{name}.pop"),
            3 => format!("if {name}.len < 12 then {name}.insert {index}, {value}"),
            4 => format!("{name}.remove {index}"),
            _ => format!("{name}[-1] = {value}"),
        };
        self.line(&change);
        self.close("end if");
    }

    fn change_map(&mut self) {
        let name = self.target(Kind::Map);
        let value = self.expression(Kind::Number, 1);
        self.open(&format!("if {name} isa map then"));
        let key = self.rng.pick(&["a", "b", "c", "d"]);
        match self.rng.below(5) {
            0 => self.line(&format!("{name}.{key} = {value}")),
            1 => self.line(&format!("{name}[\"{key}\"] = {value}")),
            2 => self.line(&format!("if {name}.hasIndex(\"{key}\") then {name}.{key} += 1")),
            3 => {
                self.line(&format!("{name}.remove \"{key}\""));
                self.line(&format!("{name}.a = 1"));
            }
            _ => {
                let change = format!("{name}[{}] = {value}", self.rng.below(4));
                self.line(&change);
            }
        }
        self.close("end if");
    }

    fn conditional(&mut self, depth: usize, share: u64) {
        let condition = self.condition(2);
        self.open(&format!("if {condition} then"));
        self.statement(depth + 1, share);
        if self.rng.chance(50) {
            self.indent -= 1;
            self.open("else");
            self.statement(depth + 1, share);
        }
        self.close("end if");
    }

    /// A counted loop; now and then something changes its type after many iterations.
    fn bounded_loop(&mut self, depth: usize, share: u64) {
        let most = if self.loops.is_empty() { 400 } else { 20 };
        let passes = self.rng.below(most / share.max(1)) + 2;
        let counter = self.name("i");
        let before = std::mem::replace(&mut self.cost, 2);
        let counted = self.rng.chance(50);
        if counted {
            self.open(&format!("for {counter} in range(1, {passes})"));
        } else {
            self.line(&format!("{counter} = 0"));
            self.open(&format!("while {counter} < {passes}"));
            self.line(&format!("{counter} += 1"));
        }
        self.loops.push(counter.clone());
        if self.rng.chance(15) {
            self.type_flip(&counter, passes);
        }
        for _ in 0..self.rng.below(3) + 1 {
            self.statement(depth + 1, share * 2);
        }
        if self.rng.chance(15) {
            let leave = self.rng.pick(&["break", "continue"]);
            self.line(&format!("if {counter} == {} then {leave}", passes / 2));
        }
        self.loops.pop();
        self.close(if counted { "end for" } else { "end while" });
        self.cost = before.saturating_add(self.cost.saturating_mul(passes));
    }

    fn type_flip(&mut self, counter: &str, passes: u64) {
        let name = self.target(Kind::Number);
        let value = self.rng.pick(&["\"flip\"", "null", "[1]", "0.5", "1/0"]);
        self.line(&format!("if {counter} == {} then {name} = {value}", passes * 3 / 4));
        self.line(&format!("if {counter} == {} then {name} = 1", passes * 3 / 4 + 2));
    }

    fn each_loop(&mut self, depth: usize, share: u64) {
        let item = self.name("e");
        let subject = match (self.rng.below(4), self.variable(Kind::Text), self.variable(Kind::Map)) {
            (0, Some(text), _) => format!("cap({text} + [])[:6]"),
            (1, _, Some(map)) => map,
            (2, ..) => format!("range({}, {})", self.rng.below(9), self.rng.below(9)),
            _ => "[1, \"two\", 3.5, null]".to_string(),
        };
        let before = std::mem::replace(&mut self.cost, 2);
        self.open(&format!("for {item} in {subject}"));
        self.loops.push(item);
        self.statement(depth + 1, share * 2);
        self.loops.pop();
        self.close("end for");
        self.cost = before.saturating_add(self.cost.saturating_mul(12));
    }

    fn object(&mut self) {
        if self.classes.is_empty() || self.in_function {
            return self.assign_number();
        }
        let class = self.classes[self.rng.below(self.classes.len() as u64) as usize].clone();
        let name = self.target(Kind::Number);
        let by = self.rng.below(9);
        self.line(&format!("{name} = cap((new {class}).grow({by}))"));
        if let Some(counter) = self.counters.first().cloned() {
            self.line(&format!("{name} = cap({name}) + {counter}"));
        }
    }

    fn show(&mut self) {
        let kind = [Kind::Number, Kind::Text, Kind::List][self.rng.below(3) as usize];
        let value = self.expression(kind, 2);
        self.line(&format!("print {value}"));
    }
}
