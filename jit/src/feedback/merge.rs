//! What two cells saw, put together: one MIR instruction may stand at two places of the bytecode.
//!
//! `ssa` asks for it where a fused and a plain version both ran. Invariant: the result claims nothing that one of the two
//! contradicts.

use super::{Arith, Call, Global, Index, Place, Property, Variety};

impl Arith {
    /// What both saw.
    pub fn merge(self, other: Arith) -> Arith {
        Arith {
            a: self.a.union(other.a),
            b: self.b.union(other.b),
            result: self.result.union(other.result),
            samples: self.samples.saturating_add(other.samples),
        }
    }
}

impl Index {
    /// What both saw.
    pub fn merge(self, other: Index) -> Index {
        Index {
            container: self.container.union(other.container),
            key: self.key.union(other.key),
            value: self.value.union(other.value),
            out_of_range: self.out_of_range || other.out_of_range,
            computed: self.computed || other.computed,
            settled: self.settled || other.settled,
            mixed: self.mixed || other.mixed,
            samples: self.samples.saturating_add(other.samples),
        }
    }
}

impl Call {
    /// What both saw: targets that differ are too many to guess one.
    pub fn merge(self, other: Call) -> Call {
        let not_function = self.not_function || other.not_function;
        let (variety, target) = match (self.variety, other.variety) {
            (_, Variety::None) => (self.variety, self.target),
            (Variety::None, _) => (other.variety, other.target),
            (Variety::Mono, Variety::Mono) if self.target == other.target => (Variety::Mono, self.target),
            _ => (Variety::Mega, other.target),
        };
        Call { variety, target, not_function }
    }
}

impl Property {
    /// What both saw: two ways to a member are too many to guess one.
    pub fn merge(self, other: Property) -> Property {
        let value = self.value.union(other.value);
        // Each place has its own list of ways.
        let other = Property { ways: self.ways, ..other };
        match (self.variety, other.variety) {
            (_, Variety::None) => Property { value, ..self },
            (Variety::None, _) => Property { value, ..other },
            _ if Property { value, ..self } == Property { value, ..other } => Property { value, ..self },
            _ => Property { variety: Variety::Mega, value, receiver: self.receiver.union(other.receiver), ..self },
        }
    }
}

impl Global {
    /// What both saw.
    pub fn merge(self, other: Global) -> Global {
        match (self.place, other.place) {
            (_, Place::Unknown) => self,
            (Place::Unknown, _) => other,
            (mine, theirs) => Global {
                place: if mine == theirs { mine } else { Place::Mixed },
                value: self.value.union(other.value),
                target: if self.target == other.target { self.target } else { None },
                unstable: self.unstable || other.unstable || self.target != other.target,
            },
        }
    }
}
