//! Scenes of the program generator about maps that live shortly: vectors, complex numbers, iterators, nested and carried round loops,
//! with members that are added, change their kinds, or lead to the outside now and then.
//!
//! `scenes` picks among them. What compiled code does without it has to make again wherever it is left. Invariants: as in `scenes`.

use super::Generator;

/// How many scenes there are.
pub(super) const SCENES: u64 = 4;

impl Generator {
    /// One of the scenes.
    pub(super) fn value_scene(&mut self, number: u64) {
        match number {
            0 => self.vectors(),
            1 => self.carried_maps(),
            2 => self.stepped_maps(),
            _ => self.nested_maps(),
        }
    }

    /// Something that happens in some rounds and keeps compiled code from taking everything for granted.
    fn surprise(&mut self, map: &str) -> String {
        let every = self.number_of(7, 90);
        let what = self.one_of(&[
            "$M.x = \"t\" + $M.x",
            "$M.x = $M.x + 0.5",
            "$M.more = i",
            "$M[\"y\"] = i",
            "kept.push $M",
            "$M.remove \"more\"",
            "$M.y = null",
            "same = $M; same.x = i",
            "$M = {\"y\":i, \"x\":1}",
        ]);
        let what = what.replace("$M", map);
        let lines: Vec<&str> = what.split("; ").collect();
        format!("if i % {every} == 0 then\n    {}\n  end if", lines.join("\n    "))
    }

    /// Functions that take and give small maps.
    fn vectors(&mut self) {
        let more = [
            ("$N", self.number_of(60, 400)),
            ("$A", self.one_of(&["i * 0.5", "i", "i % 3", "\"a\"", "-i"])),
            (
                "$F",
                self.one_of(&[
                    "plus$U(a, b)",
                    "plus$U(a, plus$U(b, b))",
                    "plus$U(times$U(a, 3), b)",
                    "times$U(b, a.x)",
                ]),
            ),
            ("$G", self.surprise("c")),
            ("$H", self.surprise("a")),
            ("$R", self.one_of(&["c", "a", "times$U(c, 2)", "{\"x\":c.y, \"y\":c.x}"])),
        ];
        let text = "kept = []
vec$U = function(x, y)
  return {\"x\":x, \"y\":y}
end function
plus$U = function(a, b)
  return vec$U(a.x + b.x, a.y)
end function
times$U = function(a, k)
  if k isa number and a.x isa number then return vec$U(a.x * k, a.y)
  return a
end function
f$U = function(i, kept)
  a = vec$U($A, i)
  b = vec$U(2, a)
  $H
  b.y = 1
  c = $F
  $G
  if c == a or refEquals(a, b) then return a
  if c.hasIndex(\"x\") then c.z = c.x
  return $R
end function
for i in range(1, $N)
  r = f$U(i, kept)
  $S = ($S + r.len + (str(r)).len) % 100003
end for
print kept.len + str(r)";
        self.template(text, &more);
        self.spend(8_000);
    }

    /// Maps that a loop replaces in each round.
    fn carried_maps(&mut self) {
        let more = [
            ("$N", self.number_of(8, 60)),
            ("$M", self.number_of(4, 40)),
            ("$E", self.one_of(&["p.x + 1", "p.x + i * 0.25", "p.y", "(p.x * 3 + 1) % 101", "p.x + j"])),
            ("$W", self.one_of(&["p.x = p.x + 1", "p.z = i", "q.x = p.x", "", "q = p", "p = {\"x\":p.x, \"y\":i}"])),
            ("$G", self.surprise("p")),
            ("$R", self.one_of(&["p.x", "q.x", "str(p)", "str([p, q, p])", "p"])),
        ];
        let text = "kept = []
f$U = function(j, kept)
  p = {\"x\":0, \"y\":j}
  q = p
  for i in range(1, $M)
    q = p
    if i % 2 then
      p = {\"x\":$E, \"y\":q.x}
    else
      p = {\"x\":q.y, \"y\":i}
    end if
    $W
  end for
  i = j
  $G
  return $R
end function
for j in range(1, $N)
  $S = $S + (str(f$U(j, kept))).len
end for
print str(f$U(3, kept)) + kept.len";
        self.template(text, &more);
        self.spend(12_000);
    }

    /// An iterator, whose members change in place.
    fn stepped_maps(&mut self) {
        let more = [
            ("$N", self.number_of(10, 60)),
            ("$I", self.one_of(&["{\"l\":l, \"at\":0}", "new Steps$U", "{\"at\":0, \"l\":l, \"x\":1}"])),
            (
                "$G",
                self.one_of(&[
                    "",
                    "if v == 5 then it.note = v",
                    "if v == 7 then kept.push it",
                    "if v == 4 then it.at = 0.5 + it.at + 0.5",
                ]),
            ),
        ];
        let text = "kept = []
Steps$U = {\"at\":0}
step$U = function(it)
  v = it.l[it.at]
  it.at = it.at + 1
  return v
end function
f$U = function(l, kept)
  it = $I
  it.l = l
  s = 0
  while it.at < it.l.len
    v = step$U(it)
    $G
    if v isa number then s = s + v
  end while
  if it.hasIndex(\"note\") then s = s + it.note
  return s
end function
for k in range(1, $N)
  $S = ($S + f$U([1, k, 3, 4, k * 0.5, 7, 5], kept)) % 100003
end for
$S = $S + f$U([\"a\", 2, null], kept)
print kept.len";
        self.template(text, &more);
        self.spend(9_000);
    }

    /// Maps in maps, one of them known by two names.
    fn nested_maps(&mut self) {
        let more = [
            ("$N", self.number_of(60, 400)),
            ("$A", self.one_of(&["a", "{\"x\":i}", "{\"a\":a, \"x\":2}", "i"])),
            ("$W", self.one_of(&["o.a.x = i", "a.x = a.x + 1", "o.b = a", "o.c = o.a", ""])),
            ("$G", self.surprise("a")),
            ("$H", self.surprise("o")),
            ("$R", self.one_of(&["o.a.x", "str(o)", "o.a", "[o, a, o.a]", "refEquals(o.a, a)"])),
        ];
        let text = "kept = []
f$U = function(i, kept)
  a = {\"x\":i, \"y\":2}
  o = {\"a\":a, \"b\":$A, \"x\":0}
  $W
  $G
  $H
  t = o.a
  t.x = t.x + 1
  return str($R) + o.b
end function
for i in range(1, $N)
  $S = ($S + f$U(i, kept).len) % 100003
end for
print f$U(4, kept)";
        self.template(text, &more);
        self.spend(6_000);
    }
}
