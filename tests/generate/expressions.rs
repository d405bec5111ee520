//! Expressions of the program generator: mostly of the wanted kind, sometimes deliberately of another.

use super::{Generator, Kind};

/// One in this many operands is of a kind that does not fit.
const ODD_ONE_IN: u64 = 40;

impl Generator {
    pub(super) fn literal(&mut self, kind: Kind) -> String {
        match kind {
            Kind::Number => self.number(),
            Kind::Text => format!("\"{}\"", self.rng.pick(&["", "a", "xyz", "héllo", "42", "q q"])),
            Kind::List => {
                let items: Vec<String> = (0..self.rng.below(5)).map(|_| self.element()).collect();
                format!("[{}]", items.join(", "))
            }
            Kind::Map => format!("{{\"a\": {}, \"b\": {}}}", self.number(), self.element()),
        }
    }

    fn number(&mut self) -> String {
        match self.rng.below(8) {
            0 => format!("{}.5", self.rng.below(20)),
            1 => format!("-{}", self.rng.below(9) + 1),
            2 => format!("{}", self.rng.below(100_000)),
            3 => "0.1".to_string(),
            _ => format!("{}", self.rng.below(12)),
        }
    }

    fn element(&mut self) -> String {
        match self.rng.below(12) {
            0 => "\"s\"".to_string(),
            1 => "null".to_string(),
            2 => "[1, 2]".to_string(),
            _ => self.number(),
        }
    }

    fn any_kind(&mut self) -> Kind {
        [Kind::Number, Kind::Text, Kind::List, Kind::Map][self.rng.below(4) as usize]
    }

    pub(super) fn variable(&mut self, kind: Kind) -> Option<String> {
        let fitting: Vec<&str> =
            self.variables.iter().filter(|it| it.kind == kind).map(|it| it.name.as_str()).collect();
        (!fitting.is_empty()).then(|| fitting[self.rng.below(fitting.len() as u64) as usize].to_string())
    }

    pub(super) fn expression(&mut self, kind: Kind, depth: usize) -> String {
        let kind = if self.rng.below(ODD_ONE_IN) == 0 { self.any_kind() } else { kind };
        if depth == 0 || self.rng.chance(25) {
            return self.leaf(kind);
        }
        match kind {
            Kind::Number => self.number_expression(depth - 1),
            Kind::Text => self.text_expression(depth - 1),
            Kind::List => self.list_expression(depth - 1),
            Kind::Map => self.leaf(Kind::Map),
        }
    }

    fn leaf(&mut self, kind: Kind) -> String {
        if kind == Kind::Number && !self.loops.is_empty() && self.rng.chance(40) {
            return self.loops[self.rng.below(self.loops.len() as u64) as usize].clone();
        }
        if self.rng.chance(70)
            && let Some(name) = self.variable(kind)
        {
            return name;
        }
        self.literal(kind)
    }

    fn number_expression(&mut self, depth: usize) -> String {
        match self.rng.below(22) {
            0..=5 => self.arithmetic(depth),
            16 => self.chain(depth),
            17 => {
                format!("({} ^ {})", self.expression(Kind::Number, depth), self.rng.pick(&["2", "0.5", "-1", "0", "3"]))
            }
            18 => {
                let function = self.rng.pick(&["bitAnd", "bitOr", "bitXor", "atan"]);
                let (a, b) = (self.expression(Kind::Number, depth), self.expression(Kind::Number, 0));
                format!("{function}({a}, {b})")
            }
            19 => {
                let function = self.rng.pick(&["sign", "ceil", "sqrt", "cos", "val", "str"]);
                format!("{function}({})", self.expression(Kind::Number, depth))
            }
            20 => {
                let operator = self.rng.pick(&["and", "or"]);
                let (a, b) = (self.expression(Kind::Number, depth), self.expression(Kind::Number, depth));
                format!("({a} {operator} {b})")
            }
            21 => {
                let list = self.expression(Kind::List, depth);
                format!("({list}).indexOf({})", self.expression(Kind::Number, 0))
            }
            6 => self.condition(depth),
            7 => format!("abs({})", self.expression(Kind::Number, depth)),
            8 => format!("floor({})", self.expression(Kind::Number, depth)),
            9 => format!("({}).len", self.expression(Kind::Text, depth)),
            10 => self.indexed(depth),
            11 => self.call(depth),
            12 => match self.variable(Kind::Map) {
                Some(map) => format!("{map}[\"a\"]"),
                None => self.leaf(Kind::Number),
            },
            13 => format!("-({})", self.expression(Kind::Number, depth)),
            14 => format!("round({}, 2)", self.expression(Kind::Number, depth)),
            _ => format!("({}).sum", self.expression(Kind::List, depth)),
        }
    }

    fn arithmetic(&mut self, depth: usize) -> String {
        let operator = self.rng.pick(&["+", "+", "-", "*", "*", "/", "%", "+", "-"]);
        let (a, b) = (self.expression(Kind::Number, depth), self.expression(Kind::Number, depth));
        format!("({a} {operator} {b})")
    }

    /// Three or four operands that are all compared with their neighbours.
    fn chain(&mut self, depth: usize) -> String {
        let mut text = self.expression(Kind::Number, depth);
        for _ in 0..2 + self.rng.below(2) {
            let operator = self.rng.pick(&["<", "<=", ">", ">=", "==", "!="]);
            let operand = self.expression(Kind::Number, 0);
            text = format!("{text} {operator} {operand}");
        }
        format!("({text})")
    }

    pub(super) fn condition(&mut self, depth: usize) -> String {
        let operator = self.rng.pick(&["<", "<=", ">", ">=", "==", "!="]);
        let kind = if self.rng.chance(85) { Kind::Number } else { self.any_kind() };
        let (a, b) = (self.expression(kind, depth), self.expression(kind, depth));
        match self.rng.below(8) {
            0 => format!("({a} {operator} {b} and {})", self.expression(Kind::Number, 0)),
            1 => format!("({a} {operator} {b} or {})", self.expression(Kind::Number, 0)),
            2 => format!("(not {a} {operator} {b})"),
            3 => format!("({a} isa {})", self.rng.pick(&["number", "string", "list", "map"])),
            _ => format!("({a} {operator} {b})"),
        }
    }

    fn indexed(&mut self, depth: usize) -> String {
        let Some(list) = self.variable(Kind::List) else {
            return self.leaf(Kind::Number);
        };
        format!("{list}[{}]", self.expression(Kind::Number, depth))
    }

    /// A call of an earlier function, if its cost fits here.
    fn call(&mut self, depth: usize) -> String {
        let callable: Vec<_> = self.functions.iter().filter(|it| self.affordable(it.cost)).cloned().collect();
        if callable.is_empty() {
            return self.leaf(Kind::Number);
        }
        let callee = callable[self.rng.below(callable.len() as u64) as usize].clone();
        self.spend(callee.cost);
        let count = if self.rng.chance(90) { callee.params } else { self.rng.below(callee.params as u64 + 1) as usize };
        let arguments: Vec<String> = (0..count).map(|_| self.expression(Kind::Number, depth.min(1))).collect();
        format!("{}({})", callee.name, arguments.join(", "))
    }

    fn text_expression(&mut self, depth: usize) -> String {
        let text = self.expression(Kind::Text, depth);
        match self.rng.below(11) {
            8 => format!("({text})[-{}:]", self.rng.below(4)),
            9 => format!("({text})[:-{}]", self.rng.below(4)),
            10 => format!("({text}).replace(\"a\", \"{}\")", self.rng.pick(&["", "bb", "é"])),
            0 | 1 => {
                let kind = self.any_kind();
                format!("({text} + {})", self.expression(kind, depth))
            }
            2 => format!("({text})[{}]", self.expression(Kind::Number, 0)),
            3 => format!("({text})[{}:{}]", self.rng.below(3), self.rng.below(6)),
            4 => format!("({text} * {})", self.rng.below(3)),
            5 => format!("({text}).upper"),
            6 => format!("str({})", self.expression(Kind::Number, depth)),
            _ => format!("({text} - \"a\")"),
        }
    }

    fn list_expression(&mut self, depth: usize) -> String {
        let list = self.expression(Kind::List, depth);
        match self.rng.below(8) {
            6 => format!("({list})[-{}:{}]", self.rng.below(4), self.rng.pick(&["", "-1", "2", "null"])),
            7 => format!("({list} + {})", self.expression(Kind::List, 0)),
            0 => format!("({list} + [{}])", self.expression(Kind::Number, depth)),
            1 => format!("({list})[{}:]", self.rng.below(3)),
            2 => format!("({list} * {})", self.rng.below(3)),
            3 => format!("range({}, {})", self.rng.below(5), self.rng.below(9)),
            4 => format!("({}).split(\"l\")", self.expression(Kind::Text, depth)),
            _ => format!("[{}, {}]", self.expression(Kind::Number, depth), self.expression(Kind::Text, 0)),
        }
    }
}
