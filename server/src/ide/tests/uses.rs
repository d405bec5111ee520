//! References of a member from everywhere: whichever of its uses somebody asks from, the same ones are found.

use super::Fixture;
use crate::db::{self, File};
use crate::document::DocumentView;
use crate::ide::names::{Target, named_at};
use crate::ide::references;
use crate::line_index::LineIndex;
use minilive_mir::names::Place;
use minilive_syntax::{TextRange, TextSize};
use std::collections::BTreeSet;

/// A place: the file's path, where it begins and ends.
type At = (String, u32, u32);

/// A program whose members are asked for.
struct Program(Fixture);

impl Program {
    fn at(&self, file: File, range: TextRange) -> At {
        (file.path(&self.0.db).to_owned(), range.start().into(), range.end().into())
    }

    fn document(&self, file: File) -> DocumentView {
        let text = file.text(&self.0.db);
        let index = std::sync::Arc::new(LineIndex::new(&text));
        DocumentView { uri: file.path(&self.0.db).into(), version: 1, revision: 1, file, text, index }
    }

    fn references(&self, file: File, offset: TextSize) -> BTreeSet<At> {
        let found = references(&self.0.db, &self.document(file), &self.0.places, offset, true);
        found.iter().map(|it| self.at(it.file, it.range)).collect()
    }

    /// Whether nobody knows whose member is named there.
    fn is_anybodys(&self, file: File, offset: TextSize) -> bool {
        let mut infer = super::super::importers::Importers::of(&self.0.db, &self.0.places).infer(file);
        let named = named_at(&mut infer, &self.0.db, file, offset);
        named.is_none_or(|it| it.target == Target::Member(Vec::new()))
    }

    /// All uses of members of a file.
    fn members(&self, file: File) -> Vec<TextRange> {
        let units = db::units(&self.0.db, file);
        let mut found = Vec::new();
        for placed in units.iter() {
            let names = db::unit_names(&self.0.db, placed.unit);
            let members = names.uses.iter().filter(|it| matches!(it.place, Place::Member(_)));
            found.extend(members.map(|it| it.range + placed.start));
        }
        found
    }
}

/// Goes through all uses of members; tells how many there are, and of how many the owner is known.
fn check(source: &str) -> (usize, usize, String) {
    let program = Program(Fixture::new(source));
    let files: Vec<File> = program.0.db.files().to_vec();
    let (mut all, mut known, mut wrong) = (0, 0, String::new());
    for &file in &files {
        for range in program.members(file) {
            all += 1;
            let from = program.at(file, range);
            let found = program.references(file, range.start());
            if program.is_anybodys(file, range.start()) {
                // Then all that have the name are listed, and the references of what is known do not list it.
                let text = file.text(&program.0.db);
                let alike = program.members(file).into_iter().filter(|it| text[*it] == text[range]);
                let alike: BTreeSet<At> = alike.map(|it| program.at(file, it)).collect();
                if found != alike {
                    wrong += &format!("{from:?}, of which nobody knows whose it is, leads to {found:?}\n");
                }
                continue;
            }
            known += 1;
            if !found.contains(&from) {
                wrong += &format!("{from:?} is none of its own references\n");
            }
            for to in &found {
                let other = files.iter().copied().find(|it| it.path(&program.0.db) == to.0).expect("it is a file");
                let back = program.references(other, to.1.into());
                if back != found {
                    let text = &other.text(&program.0.db)[to.1 as usize..to.2 as usize];
                    let lacks: Vec<_> = found.difference(&back).collect();
                    let more: Vec<_> = back.difference(&found).collect();
                    wrong += &format!("`{text}` from {from:?}; from {to:?} without {lacks:?}, with {more:?}\n");
                }
            }
        }
    }
    (all, known, wrong)
}

#[test]
fn members_of_the_examples_have_the_same_references_from_everywhere() {
    for source in [
        include_str!("../../../../examples/adventure.ms"),
        include_str!("../../../../examples/heat.ms"),
        include_str!("../../../../examples/life.ms"),
        include_str!("../../../../examples/nbody.ms"),
        include_str!("../../../../examples/sorting.ms"),
        include_str!("../../../../examples/wordcount.ms"),
    ] {
        let (.., wrong) = check(source);
        assert!(wrong.is_empty(), "{wrong}");
    }
}

#[test]
fn members_of_several_maps_have_the_same_references_from_everywhere() {
    let mut all_wrong = String::new();
    for source in [
        // A use that reads one map which has the member and one for which others have it.
        "P = {}\nP.go = function\n  return self.hp\nend function\nH = new P\nH.hp = 1\nQ = {\"hp\": 2}\nfor it in [P, Q]\n  print it.hp\nend for\nprint H.hp\nH.go\n",
        // Conditions say more than the text around.
        "A = {\"hp\": 1}\nB = {\"hp\": 2}\nf = function(x)\n  if x isa A then print x.hp\n  if x isa B then\n    x.hp = 3\n  end if\n  return x.hp\nend function\nprint f(A) + f(input)\n",
        "A = {\"hp\": 1}\nf = function(x)\n  if x isa A then print x.hp\n  print x.hp\nend function\n",
        // More maps than a union holds.
        "l = [{\"n\": 1}, {\"n\": 2}, {\"n\": 3}, {\"n\": 4}, {\"n\": 5}, {\"n\": 6}, {\"n\": 7}, {\"n\": 8}, {\"n\": 9}, {\"n\": 10}]\nfor it in l\n  print it.n\nend for\nprint l[3].n\n",
        // Modules, what all lists have, and variables of functions among the owners.
        "//- main.ms\nimport \"lib\"\nm = {\"x\": 1}\nfor it in [lib, m]\n  print it.x\nend for\nprint lib.x + m.x\n//- lib.ms\nx = 3\ny = x\n",
        "f = function\n  x = 1\n  return locals\nend function\nm = {\"x\": 2}\nfor it in [f, m]\n  print it.x\nend for\nprint m.x + f.x\n",
        "list.first = function\n  return self[0]\nend function\nm = {\"first\": 1}\nfor it in [m, [1]]\n  print it.first\nend for\nprint m.first\n",
        // Sums, instances of instances, overridden members.
        "m = {\"a\": 1}\nn = m + {\"a\": 2, \"b\": 3}\nprint n.a + m.a + n.b\nn.a = 4\n",
        "A = {}\nA.go = function\n  return self.name\nend function\nB = new A\nB.go = function\n  return super.go + self.name\nend function\nb = new B\nb.name = \"b\"\na = new A\na.name = \"a\"\nprint a.go + b.go\n",
        // Members given through parameters, here and in a module.
        "//- main.ms\nimport \"tools\"\np = {}\ntools.init p\nq = {\"hp\": 3}\nprint p.hp + q.hp\nf = function(o)\n  o.hp = 2\nend function\nf q\n//- tools.ms\ninit = function(o)\n  o.hp = 1\nend function\n",
        // Names that are assigned several times.
        "x = {\"a\": 1}\nprint x.a\nx = {\"a\": 2}\nprint x.a\nf = function\n  print x.a\nend function\nf\n",
    ] {
        let (all, known, wrong) = check(source);
        assert!(known * 2 > all, "{source}");
        if !wrong.is_empty() {
            all_wrong += &format!("{source}{wrong}\n");
        }
    }
    assert!(all_wrong.is_empty(), "{all_wrong}");
}
