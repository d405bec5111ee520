//! The names of one unit: which stand where, what each use does, and what is assigned to them in symbols.
//!
//! Takes a unit's own tree, as lowering does; the database keeps the two results per unit, and the editor's features resolve,
//! complete and rename with them. [`UnitNames`] has places, [`UnitFacts`] has none, so that what many units together mean is
//! not worked out again when code merely moves. Invariants: nested functions are opaque (each is a unit of its own); which
//! names are variables of the unit is what [`crate::scope`] says, plus names bound by `import` and through `locals`.

mod collect;
mod cursor;
mod early;
pub(crate) mod ends;
mod filled;
mod reaching;
mod symbols;
mod wholes;

pub use collect::{collect, range_of_made};
pub use cursor::symbol_before;
pub use reaching::{Arrival, Assignments, Reaching, Slot, keeps_to_itself};
pub use symbols::{Sym, Symbol};

use minilive_syntax::TextRange;
use rustc_hash::FxHashSet;
use smol_str::SmolStr;

/// Stands for the names of members that a type map is given under keys which do not stand in the text, or are no names.
pub const ANY_KEY: &str = "[]";

/// The built-in names of the type maps.
pub const TYPE_MAPS: [&str; 6] = ["number", "string", "list", "map", "funcRef", "error"];

/// The methods of maps, which `locals`, `outer` and `globals` have, too.
pub const MAP_METHODS: [&str; 12] =
    ["hasIndex", "indexes", "indexOf", "len", "pop", "push", "pull", "shuffle", "sum", "remove", "replace", "values"];

/// The function of the module `importUtil`, which comes with MiniScript: it imports modules, by name or a list of names, into the global
/// variables, each once.
pub const ENSURE_IMPORT: &str = "ensureImport";

/// What a use does to what it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// Reads it.
    Read,
    /// Gives it a value.
    Write,
    /// Reads it and gives it a value, as `+=` does.
    Update,
}

impl Access {
    /// Whether it gives a value.
    pub fn writes(self) -> bool {
        self != Access::Read
    }
}

/// Where a use looks for its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// A bare name: the rules of LANGUAGE 5.1.
    Bare,
    /// A parameter where it is declared.
    Param,
    /// `locals.x`
    Locals,
    /// `outer.x`
    Outer,
    /// `globals.x`
    Globals,
    /// A member of some value.
    Member(Sym),
}

/// One place at which a name stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameUse {
    /// The name.
    pub name: SmolStr,
    /// Where it stands, relative to the unit; for a string (`m["x"]`, `import "x"`) without its quotes.
    pub range: TextRange,
    /// Where it is looked for.
    pub place: Place,
    /// What is done.
    pub access: Access,
    /// A read of a variable of the unit that certainly finds it assigned; else it may mean one further out.
    pub definite: bool,
    /// The name stands in a string literal.
    pub quoted: bool,
}

/// How a statement reads a global that it has certainly given no value yet, though it gives it one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Early {
    /// In the very assignment.
    FromItself,
    /// Before the assignment.
    Further,
}

/// What makes names of a unit unknowable to a reader of its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Openness {
    /// `locals` is used as a value, asked for a method of maps, or indexed by something that is no constant.
    pub locals: bool,
    /// The same of `outer`.
    pub outer: bool,
    /// The same of `globals`.
    pub globals: bool,
    /// An `import` whose name does not stand in the text.
    pub import: bool,
}

/// All places of names in one unit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnitNames {
    /// In source order.
    pub uses: Vec<NameUse>,
    /// Where what is called by each of [`UnitFacts::calls`] stands.
    pub calls: Vec<TextRange>,
    /// Keys that do not stand in the text.
    pub keyed: Vec<KeyUse>,
    /// Values that are compared, or added to each other, as wholes.
    pub alike: Vec<Alike>,
}

/// A key of something that is worked out, as in `m[k]` and `m.hasIndex(k)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyUse {
    /// Where the key stands, relative to the unit.
    pub range: TextRange,
    /// What it is a key of.
    pub owner: Sym,
    /// The key.
    pub key: Sym,
}

/// Two values that meet as wholes: maps are equal if they have the same keys, and of a sum of maps the last that has a key gives its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alike {
    /// One.
    pub one: Sym,
    /// The other.
    pub other: Sym,
    /// They are added; else they are compared.
    pub is_sum: bool,
}

/// What one unit says about names, without places.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnitFacts {
    /// Parameters in order, each with its default; without one, [`Symbol::Unknown`].
    pub params: Vec<(SmolStr, Sym)>,
    /// The variables of the unit: none for a statement, whose names are globals.
    pub variables: FxHashSet<SmolStr>,
    /// What is assigned to bare names (also by `for`, `import` and through `locals`).
    pub assigned: Vec<(SmolStr, Sym)>,
    /// What is assigned through `outer`.
    pub outer: Vec<(SmolStr, Sym)>,
    /// What is assigned through `globals`.
    pub globals: Vec<(SmolStr, Sym)>,
    /// What is assigned to members: owner, name, value.
    pub members: Vec<(Sym, SmolStr, Sym)>,
    /// What is assigned to elements under keys that are no names in the text: owner, value.
    pub elements: Vec<(Sym, Sym)>,
    /// Per map literal of the unit, in source order: its entries with constant names.
    pub maps: Vec<Vec<(SmolStr, Sym)>>,
    /// What is returned.
    pub returns: Vec<Sym>,
    /// Its text never reaches its end without a `return`.
    pub always_returns: bool,
    /// Calls of something that has a name: what is called, with which arguments.
    pub calls: Vec<(Sym, Vec<Sym>)>,
    /// Variables of which an element is called with arguments, as `handlers[key](x)` does, each once.
    pub called_inside: Vec<SmolStr>,
    /// The `__isa` or the operand of each `new`, in source order.
    pub news: Vec<Sym>,
    /// Bare names that are read, each once.
    pub reads: FxHashSet<SmolStr>,
    /// Names that are read through `locals`, `outer` or `globals`, each once.
    pub read_through: FxHashSet<SmolStr>,
    /// Members that are read of something by a dot, in alphabetical order.
    pub member_reads: Vec<SmolStr>,
    /// Bare names of which it is asked whether they are null or true, each once.
    pub asked: Vec<SmolStr>,
    /// What cannot be known.
    pub open: Openness,
    /// What is imported without its name in the text: names that stand for it, or nothing where it is no name.
    pub imported_by: Vec<SmolStr>,
    /// Of a statement: names that it reads before it can have given them a value, though it gives them one; with the number of that read
    /// among all reads of the name.
    pub early: Vec<(SmolStr, u32, Early)>,
    /// It is a statement that assigns, whatever happens.
    pub is_assignment: bool,
    /// Of a statement: names to which it certainly gives a value if they are null where it begins.
    pub filled: Vec<SmolStr>,
    /// It gives variables values by their names in `locals`, `outer` or `globals`.
    pub writes_through: bool,
}

impl UnitNames {
    /// Gives back memory that nobody needs: names are kept for as long as their unit is.
    fn shrink(&mut self) {
        self.uses.shrink_to_fit();
        self.calls.shrink_to_fit();
        self.keyed.shrink_to_fit();
        self.alike.shrink_to_fit();
    }
}

impl UnitFacts {
    /// The same for facts, of which some get their order here.
    fn shrink(&mut self) {
        self.variables.shrink_to_fit();
        self.reads.shrink_to_fit();
        self.read_through.shrink_to_fit();
        self.calls.shrink_to_fit();
        self.members.shrink_to_fit();
        self.elements.shrink_to_fit();
        self.returns.shrink_to_fit();
        self.member_reads.sort_unstable();
        self.member_reads.dedup();
        self.member_reads.shrink_to_fit();
        self.imported_by.shrink_to_fit();
        self.early.shrink_to_fit();
        for assigned in [&mut self.assigned, &mut self.outer, &mut self.globals] {
            assigned.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::Scope;
    use crate::units::{FileMode, UnitSyntax, units};
    use std::sync::Arc;

    /// Names and facts of all units of a program.
    fn all(text: &str) -> Vec<(UnitNames, UnitFacts)> {
        let parse = minilive_syntax::parse(text);
        let scope = |unit: &UnitSyntax| Scope::of_unit(&unit.green, unit.kind).map(Arc::new);
        units(&parse.green, FileMode::Program).iter().map(|it| collect(&it.green, it.kind, scope(it))).collect()
    }

    fn uses(text: &str, unit: usize) -> Vec<String> {
        let all = all(text);
        let show = |it: &NameUse| {
            let place = match &it.place {
                Place::Bare => String::new(),
                Place::Member(owner) => format!(" of {owner}"),
                place => format!(" in {place:?}"),
            };
            let certain = if it.definite { "!" } else { "" };
            format!("{} {:?}{certain}{place}", it.name, it.access)
        };
        all[unit].0.uses.iter().map(show).collect()
    }

    #[test]
    fn uses_say_what_they_do_and_where_they_look() {
        let text = "f = function(a, b=2)\n  c = a\n  c += b\n  outer.d = c\n  globals[\"e\"] = locals.c\n  for i in x\n  end for\n  print i\nend function\n";
        let expected = [
            "a Write in Param",
            "b Write in Param",
            "c Write",
            "a Read!",
            "c Update!",
            "b Read!",
            "d Write in Outer",
            "c Read!",
            "e Write in Globals",
            "c Read! in Locals",
            "i Write",
            "x Read",
            "print Read",
            "i Read",
        ];
        assert_eq!(uses(text, 1), expected);
        assert_eq!(uses(text, 0), ["f Write"]);
    }

    #[test]
    fn owners_are_symbols() {
        assert_eq!(
            uses("a.b(1).c[0].d = 5\n", 0),
            ["a Read", "b Read of a", "c Read of a.b(number)", "d Write of a.b(number).c[]"]
        );
        assert_eq!(uses("m = {\"k\": 1, n: 2}\nm[\"k\"] += 1\n", 0), ["m Write", "k Write of {0}", "n Read"]);
        assert_eq!(uses("m = {\"k\": 1, n: 2}\nm[\"k\"] += 1\n", 1), ["m Read", "k Update of m"]);
        assert_eq!(uses("print (a).b\n", 0), ["print Read", "a Read", "b Read of a()"]);
        assert_eq!(uses("x = \"a\".len\n", 0), ["x Write", "len Read of string"]);
    }

    #[test]
    fn what_elements_are_given_is_told_by_their_owners() {
        let facts = &all(
            "f = function(k)\n  self.list[k] = 1\n  m[k + 1][0] += k\n  m[\"k\"] = k\n  number[k] = 2\nend function\n",
        )[1]
        .1;
        let elements: Vec<_> = facts.elements.iter().map(|(of, value)| format!("{of} = {value}")).collect();
        assert_eq!(elements, ["self.list = number", "m[] = (m[][] add k)"]);
        let members: Vec<_> = facts.members.iter().map(|(of, name, _)| format!("{of} {name}")).collect();
        assert_eq!(members, ["m k", "number []"]);
    }

    #[test]
    fn an_import_binds_its_name() {
        assert_eq!(uses("import \"lib\"\nprint true\n", 0), ["import Read", "lib Write"]);
        assert_eq!(uses("import \"lib\"\nprint true\n", 1), ["print Read"]);
        let all = all("f = function\n  import \"lib\"\n  import x\nend function\n");
        assert!(all[1].1.variables.contains("lib") && all[1].1.open.import);
        assert_eq!(all[1].1.assigned[0].1.to_string(), "import lib");
    }

    #[test]
    fn facts_have_no_places() {
        let text = "f = function(a)\n  self.x = a * 2\n  return [1, a]\nend function\n";
        let facts = &all(text)[1].1;
        let moved = &all(&format!("\n\n{}", text.replace("a * 2", "a   * 2 // two")))[1].1;
        assert_eq!(facts, moved);
        assert_eq!(facts.returns[0].to_string(), "[number|a]");
        assert_eq!(facts.members[0].0.to_string(), "self");
    }

    #[test]
    fn what_is_read_through_a_map_of_names_is_told_apart() {
        let text = "f = function\n  outer.a = locals.b + globals[\"c\"]\n  outer.d += e\nend function\n";
        let facts = &all(text)[1].1;
        let mut through: Vec<_> = facts.read_through.iter().map(SmolStr::as_str).collect();
        through.sort_unstable();
        assert_eq!(through, ["b", "c", "d"]);
        assert!(facts.reads.contains("e") && facts.reads.len() == 1);
    }

    #[test]
    fn functions_that_always_return_are_known() {
        let always = |body: &str| all(&format!("f = function(k)\n{body}\nend function\n"))[1].1.always_returns;
        assert!(always("  return 1"));
        assert!(always(
            "  if k then\n    return 1\n  else if k > 1 then\n    return 2\n  else\n    return 3\n  end if"
        ));
        assert!(always("  while true\n    if k then return 1\n  end while"));
        assert!(!always("  if k then return 1"));
        assert!(!always("  if k then\n    return 1\n  else if k > 1 then\n    return 2\n  end if"));
        assert!(!always("  while true\n    if k then break\n  end while"));
        assert!(!always("  while k\n    return 1\n  end while"));
    }

    #[test]
    fn what_cannot_be_known_is_said() {
        let open = |body: &str| all(&format!("f = function(k)\n  {body}\nend function\n"))[1].1.open;
        assert_eq!(open("return locals.k"), Openness::default());
        assert_eq!(open("return locals[\"k\"]"), Openness::default());
        assert!(open("return locals[k]").locals);
        assert!(open("globals[k] = 1").globals);
        assert!(open("g outer").outer);
        assert!(open("return locals.len").locals);
        assert!(open("locals.remove k").locals && open("locals.remove \"k\"").locals);
        assert!(open("globals.push \"q\"").globals && open("f @globals.push").globals);
        assert!(open("if outer.hasIndex(k) then return 1").outer);
        assert_eq!(open("if globals.hasIndex(\"k\") then globals.remove \"k\""), Openness::default());
        assert_eq!(open("if locals.hasIndex(\"k\") then return 1"), Openness::default());
        assert_eq!(open("locals.len = k"), Openness::default());
        assert_eq!(open("if locals == globals then print k"), Openness::default());
        assert!(open("print locals == k").locals);
    }

    #[test]
    fn broken_code_has_names_too() {
        assert_eq!(uses("x = rex.\n", 0), ["x Write", "rex Read"]);
        assert_eq!(uses("foo[] = 1\n", 0)[0], "foo Read");
    }
}
