//! The text form is complete: what is printed reads back as the same unit, bit for bit, for units made at random.
//!
//! The units are made of every instruction with any operands; they need not pass the verifier. Comparison goes through the binary
//! form, since a unit with a not-a-number does not equal itself.

use minilive_mir::ir::*;
use minilive_mir::{parse, print};
use smol_str::SmolStr;

/// A small generator of pseudo-random numbers (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u32) -> u32 {
        u32::try_from(self.next() % u64::from(n)).expect("a remainder fits its modulus")
    }

    fn flag(&mut self) -> bool {
        self.below(2) == 0
    }

    fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        let at = self.below(u32::try_from(all.len()).expect("test tables are short"));
        &all[at as usize]
    }

    fn reg(&mut self) -> Reg {
        Reg(self.below(30))
    }

    fn block(&mut self) -> BlockId {
        BlockId(self.below(9))
    }

    fn run(&mut self) -> RegRange {
        match self.below(5) {
            0 => RegRange::EMPTY,
            count => RegRange { first: self.reg(), count },
        }
    }

    fn text(&mut self) -> String {
        let parts = [
            "a", "B_1", "\"", "\\", "\n", "\r", "\u{0}", "é", "漢", " ", "; x", "\u{2028}", "\u{7f}", "nan", "r1",
            "..=",
        ];
        (0..self.below(4)).map(|_| *self.pick(&parts)).collect()
    }

    fn number(&mut self) -> f64 {
        match self.below(4) {
            0 => f64::from_bits(self.next()),
            1 => f64::from(self.below(100)) - 50.0,
            2 => f64::from(self.below(1000)) / 8.0,
            _ => *self.pick(&[
                -0.0,
                f64::INFINITY,
                f64::NEG_INFINITY,
                f64::NAN,
                1e15,
                1e300,
                5e-324,
                9007199254740993.0,
                -1e-7,
            ]),
        }
    }

    fn constant(&mut self, depth: u32) -> Const {
        match self.below(if depth == 0 { 3 } else { 5 }) {
            0 => Const::Null,
            1 => Const::Number(self.number()),
            2 => Const::Str(SmolStr::new(self.text())),
            3 => Const::List((0..self.below(3)).map(|_| self.constant(depth - 1)).collect()),
            _ => Const::Map((0..self.below(3)).map(|_| (self.constant(depth - 1), self.constant(depth - 1))).collect()),
        }
    }
}

const BINARY: [BinaryOp; 15] = [
    BinaryOp::Add,
    BinaryOp::Sub,
    BinaryOp::Mul,
    BinaryOp::Div,
    BinaryOp::Mod,
    BinaryOp::Pow,
    BinaryOp::Eq,
    BinaryOp::Ne,
    BinaryOp::Lt,
    BinaryOp::Le,
    BinaryOp::Gt,
    BinaryOp::Ge,
    BinaryOp::Isa,
    BinaryOp::And,
    BinaryOp::Or,
];

/// Any instruction: `which` counts through all variants.
fn inst(r: &mut Random, which: u32, unit: &Unit) -> Inst {
    let (dst, src, obj, this, key) = (r.reg(), r.reg(), r.reg(), r.reg(), r.reg());
    let name = NameId(r.below(u32::try_from(unit.names.len()).expect("few names")));
    let value = ConstId(r.below(u32::try_from(unit.consts.len()).expect("few constants")));
    let slot = EnvSlot(r.below(4));
    let deferred = r.flag();
    let args = r.run();
    let (to, other) = (r.block(), r.block());
    match which % 39 {
        0 => Inst::Const { dst, value },
        1 => Inst::Move { dst, src },
        2 => Inst::LoadLocal { dst, local: src, name, deferred },
        3 => Inst::LoadEnv { dst, slot, deferred },
        4 => Inst::StoreEnv { slot, src },
        5 => Inst::LoadFree { dst, name },
        6 => Inst::StoreGlobal { name, src },
        7 => Inst::LoadSelf { dst },
        8 => Inst::LoadSuper { dst },
        9 => Inst::LoadLocals { dst },
        10 => Inst::LoadOuter { dst },
        11 => Inst::LoadGlobals { dst },
        12 => Inst::AutoCall { dst, src },
        13 => Inst::Binary { op: *r.pick(&BINARY), dst, a: src, b: obj },
        14 => Inst::Unary { op: *r.pick(&[UnaryOp::Neg, UnaryOp::Not, UnaryOp::New]), dst, src },
        15 => Inst::GetMember { dst, obj, this, name },
        16 => Inst::GetIndex { dst, obj, key },
        17 if r.flag() => Inst::GetKey { dst, obj, name },
        17 => Inst::RefMember { dst, obj, name },
        18 => Inst::RefIndex { dst, obj, key },
        19 => Inst::SetMember { obj, name, src },
        20 => Inst::SetIndex { obj, key, src },
        21 => Inst::Slice { dst, obj, from: src, to: key },
        22 => Inst::Call { dst, callee: src, args },
        23 => Inst::CallMethod { dst, obj, this, name, args },
        24 => Inst::CallIndex { dst, obj, this, key, args },
        25 => Inst::MakeList { dst, elems: args },
        26 => Inst::AppendList { list: dst, elems: args },
        27 => Inst::MakeMap { dst, pairs: args },
        28 => Inst::MakeFunction { dst, child: ChildId(r.below(3)) },
        29 => Inst::IterInit { obj, pos: key, src },
        30 => Inst::CheckUncaught { src },
        31 => Inst::Unsupported { message: value },
        32 => Inst::Jump { to },
        33 => Inst::Branch { cond: src, then: to, els: other },
        34 => Inst::AndTest { dst, a: src, rhs: to, done: other },
        35 => Inst::OrTest { dst, a: src, rhs: to, done: other },
        36 => Inst::IterNext { obj, pos: key, dst, body: to, done: other },
        37 => Inst::Return { src },
        _ => Inst::End,
    }
}

fn unit(seed: u64) -> Unit {
    let r = &mut Random(seed);
    let mut unit = Unit {
        kind: *r.pick(&[UnitKind::Statement, UnitKind::Function, UnitKind::Module, UnitKind::Expression]),
        params: Vec::new(),
        self_reg: r.flag().then(|| r.reg()),
        super_reg: r.flag().then(|| r.reg()),
        locals: Vec::new(),
        env: None,
        n_regs: r.below(40),
        insts: Vec::new(),
        types: Vec::new(),
        blocks: Vec::new(),
        names: vec![SmolStr::new("x")],
        consts: vec![Const::Null],
        children: (0..r.below(4)).map(|_| UnitKey(r.next())).collect(),
        records: Vec::new(),
        note: None,
    };
    for _ in 0..r.below(6) {
        let name = SmolStr::new(r.text());
        if !unit.names.contains(&name) {
            unit.names.push(name);
        }
        let value = r.constant(2);
        // The table has no duplicates; their texts tell constants apart.
        if unit.consts.iter().all(|known| known.to_string() != value.to_string()) {
            unit.consts.push(value);
        }
    }
    let name = |r: &mut Random, unit: &Unit| NameId(r.below(u32::try_from(unit.names.len()).expect("few names")));
    for _ in 0..r.below(4) {
        let param = Param {
            name: name(r, &unit),
            default: ConstId(r.below(u32::try_from(unit.consts.len()).expect("few constants"))),
        };
        unit.params.push(param);
        let local = Local { name: name(r, &unit), reg: r.reg() };
        unit.locals.push(local);
    }
    if r.flag() {
        unit.env = Some((0..r.below(4)).map(|_| name(r, &unit)).collect());
    }
    unit.note = r.flag().then_some(ConstId(0));
    let start = r.below(39);
    for which in start..start + 20 {
        let at = u32::try_from(unit.insts.len()).expect("few instructions");
        if unit.blocks.is_empty() || r.below(4) == 0 {
            unit.blocks.push(Block { first: at, end: at, loop_head: r.flag() });
        }
        let made = inst(r, which, &unit);
        unit.insts.push(made);
        let types = [Ty::Any, Ty::Null, Ty::Number, Ty::String, Ty::List, Ty::Map, Ty::Function];
        unit.types.push(*r.pick(&types));
        for _ in 0..r.below(3) {
            use RecordKind::*;
            let record = RecordPoint {
                inst: InstId(at),
                value: r.reg(),
                kind: *r.pick(&[Assign, ForVariable, Return, Statement, Expression, Probe]),
            };
            unit.records.push(record);
        }
        unit.blocks.last_mut().expect("there is a block by now").end = at + 1;
    }
    unit
}

fn bytes(unit: &Unit) -> Vec<u8> {
    postcard::to_stdvec(unit).expect("units serialise")
}

#[test]
fn random_units_read_back() {
    for seed in 0..3000 {
        let unit = unit(seed);
        let text = print::print(&unit);
        let read = parse::parse_unit(&text).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{text}"));
        assert_eq!(bytes(&read), bytes(&unit), "seed {seed}:\n{text}");
        assert_eq!(print::print(&read), text, "seed {seed}");
    }
}

#[test]
fn several_units_read_back_with_their_keys() {
    let units: Vec<_> = (0..20).map(|seed| (UnitKey(seed * 0x0123_4567_89ab_cdef), unit(seed))).collect();
    let text = print::print_units(units.iter().map(|(key, unit)| (*key, unit)));
    let read = parse::parse_units(&text).expect("printed text reads back");
    assert_eq!(read.len(), units.len());
    for ((key, unit), (read_key, read)) in units.iter().zip(&read) {
        assert_eq!((key, bytes(unit)), (read_key, bytes(read)));
    }
}

/// Whatever stands in a text, reading it ends with units or a sentence.
#[test]
fn broken_texts_are_refused_with_a_line() {
    let good = print::print(&unit(7));
    let r = &mut Random(99);
    for _ in 0..3000 {
        let mut text = good.clone().into_bytes();
        let at = r.below(u32::try_from(text.len()).expect("a short text")) as usize;
        text[at] = *r.pick(b"r=,.:[]{}()!$\"\\ \n0b;");
        if let Ok(text) = String::from_utf8(text)
            && let Err(error) = parse::parse_unit(&text)
        {
            assert!(error.line >= 1 && !error.message.is_empty());
        }
    }
    let deep = format!("function\n  consts {}\n", "[".repeat(100_000));
    let error = parse::parse_unit(&deep).expect_err("no program has such a constant");
    assert_eq!(error.to_string(), "line 2: a constant that is nested too deeply");
    let error = parse::parse_unit("function\n  regs 1\nb0:\n  r0 = frobnicate r1\n").expect_err("no such instruction");
    assert_eq!(error.to_string(), "line 4: expected an instruction with a result, found `frobnicate`");
}
