//! Scenes of the program generator about members that loops read and write: sums in fields, positions, one map under two names, fields that
//! change their kind, come and go, and what every round relies on though the first one may not come to it.
//!
//! `scenes` picks among them. Each is a template as in `features`. Invariants: as there.

use super::Generator;

/// How many scenes there are.
pub(super) const SCENES: u64 = 5;

impl Generator {
    /// One of the scenes.
    pub(super) fn field_scene(&mut self, number: u64) {
        match number {
            0 => self.summed_fields(),
            1 => self.positions(),
            2 => self.nested_sums(),
            3 => self.sums_in_globals(),
            _ => self.relied_on(),
        }
    }

    /// What may happen to a map `a`, which `b` and `c` may be, too.
    fn change_of_fields(&mut self) -> String {
        self.one_of(&[
            "a.n = \"s\"",
            "a.n = null",
            "a.t = [1]",
            "a.k = 2147483647",
            "a.n = 0 * -1",
            "a.k = a.k * 100000",
            "a.n = a.n + 0.5",
            "a.extra = i",
            "a.remove \"k\"",
            "a.remove \"n\"",
            "b = a",
            "c = b",
            "b = {\"n\": 1, \"t\": 1, \"k\": 1}",
            "b = {\"k\": 1, \"n\": 1, \"t\": 1}",
            "a = new b",
            "a.__isa = b",
            "t = t + a.n",
        ])
    }

    /// Numbers in fields that rounds add to, under some conditions.
    fn summed_fields(&mut self) {
        let more = [
            ("$N", self.number_of(60, 600)),
            ("$A", self.number_of(3, 59)),
            ("$C", self.change_of_fields()),
            ("$E", self.one_of(&["a.n + i", "(a.n + b.k) % 1009", "i", "a.n * 0.5 + a.k", "a.k"])),
            ("$K", self.one_of(&["a.k + 1", "(a.k * 3 + i) % 997", "b.n", "a.k - b.k", "7"])),
            ("$I", self.one_of(&["i % 3 == 0", "a.k > b.k", "a.n > 100", "true", "i > 40"])),
            ("$B", self.one_of(&["", "if i > 300 then break", "if a.k == 13 then continue"])),
            ("$M", self.one_of(&["a", "b", "{\"n\": 0, \"t\": 0, \"k\": 0}", "new a"])),
        ];
        let text = "work$U = function(a, b, n)
  c = $M
  t = 0
  for i in range(1, n)
    if i == $A and b.n isa number then $C
    a.n = $E
    if $I then
      a.k = $K
    end if
    $B
    b.t = b.t + a.n
    c.k = c.k + 1
    if a.hasIndex(\"n\") and a.n isa number and a.n > 1e9 then a.n = 1
  end for
  return t
end function
p$U = {\"n\": 1, \"t\": 2, \"k\": 3}
q$U = {\"n\": 4, \"t\": 5, \"k\": 6}
for r in range(1, 4)
  t = work$U(p$U, q$U, $N)
  if t isa number then $S = ($S + t) % 100003
  print [p$U, q$U].len + \" \" + p$U.n + \" \" + p$U.k + \" \" + q$U.t
end for";
        self.template(text, &more);
        self.spend(9_000);
    }

    /// A position in a field that is an index, as readers of texts and lists have it.
    fn positions(&mut self) {
        let more = [
            ("$L", self.one_of(&["\"some text of words\" * 9", "[1, 2, \"x\", 4.5, null] * 30", "range(3, 200)"])),
            ("$A", self.number_of(3, 59)),
            (
                "$C",
                self.one_of(&[
                    "self.at = self.at + 0.5",
                    "self.at = \"p\"",
                    "self.data = [1, 2]",
                    "self.more = 1",
                    "self.at = -3",
                ]),
            ),
            (
                "$T",
                self.one_of(&[
                    "self.at += 1",
                    "self.at = self.at + self.step",
                    "self.at += 1 + (c == \"e\")",
                    "self.move",
                ]),
            ),
            ("$W", self.one_of(&["self.at < self.size", "self.at < self.data.len", "true"])),
            ("$V", self.one_of(&["1", "2", "0.5", "1.5"])),
        ];
        let text = "Reader$U = {\"at\": 0, \"step\": $V, \"size\": 60, \"seen\": 0}
Reader$U.move = function
  self.at += self.step
end function
Reader$U.run = function(data)
  self.data = data
  self.at = 0
  n = 0
  while $W
    n += 1
    if n > 150 then break
    if n == $A and self.seen > 200 then $C
    if not self.at isa number or self.at >= self.data.len then break
    c = self.data[self.at]
    if c == \" \" or c == 4.5 then self.seen = self.seen + 1
    self.seen += 2
    $T
  end while
  return n
end function
r$U = new Reader$U
for r in range(1, 5)
  $S = ($S + r$U.run($L)) % 100003
  print r$U.at + \" \" + r$U.seen
end for";
        self.template(text, &more);
        self.spend(4_000);
    }

    /// Loops in loops that add to the same fields.
    fn nested_sums(&mut self) {
        let more = [
            ("$N", self.number_of(5, 40)),
            ("$A", self.number_of(3, 30)),
            ("$C", self.change_of_fields()),
            ("$O", self.one_of(&["a.n = a.n + 1", "a.n = 0", "b.n += a.n", "a.t = a.n", ""])),
            ("$J", self.one_of(&["a.n = (a.n + j) % 1009", "a.n += j * 0.25", "b.n = a.n", "a.k = a.n"])),
            (
                "$X",
                self.one_of(&[
                    "",
                    "if j == 3 then a.k += 1",
                    "if a.n > 50 then break",
                    "while a.k < i; a.k += 1; end while",
                ]),
            ),
        ];
        let text = "work$U = function(a, b, n)
  c = a
  t = 0
  for i in range(1, n)
    if i == $A then $C
    $O
    for j in range(1, i % 7)
      $J
      $X
      if not a.n isa number or a.n > 1e9 then a.n = 2
    end for
    a.t = a.n + c.k
  end for
  return t
end function
p$U = {\"n\": 1, \"t\": 2, \"k\": 3}
q$U = {\"n\": 4, \"t\": 5, \"k\": 6}
for r in range(1, 12)
  t = work$U(p$U, q$U, $N)
  if t isa number then $S = ($S + t) % 100003
  print p$U.n + \" \" + p$U.k + \" \" + q$U.n
end for";
        self.template(text, &more);
        self.spend(9_000);
    }

    /// Loops in functions that add to globals, under their own name and as members of the map of all.
    fn sums_in_globals(&mut self) {
        let more = [
            ("$N", self.number_of(30, 400)),
            ("$A", self.number_of(3, 29)),
            (
                "$C",
                self.one_of(&[
                    "globals.n$U = \"s\"",
                    "globals.n$U = null",
                    "globals.remove \"n$U\"",
                    "globals.k$U = 2147483647",
                    "globals.n$U = @work$U",
                    "globals[\"n\" + \"$U\"] = 3",
                    "n$U = 5",
                    "other$U",
                    "t = t + n$U",
                ]),
            ),
            ("$E", self.one_of(&["n$U + i", "(globals.n$U + k$U) % 1009", "n$U * 0.5", "globals.n$U + 1"])),
            ("$I", self.one_of(&["i % 3 == 0", "k$U > 50", "n$U > 100", "true"])),
            ("$K", self.one_of(&["k$U + 1", "(k$U * 3 + i) % 997", "n$U", "k$U + l$U.len"])),
            ("$L", self.one_of(&["for j in range(1, i % 4)", "for j in l$U", "while k$U < i"])),
        ];
        let text = "n$U = 0
k$U = 1
l$U = [1, 2]
other$U = function
  globals.n$U = n$U + 2
end function
work$U = function(n)
  t = 0
  for i in range(1, n)
    if i == $A and k$U > 300 then $C
    globals.n$U = $E
    if $I then globals.k$U = $K
    $L
      globals.k$U += 1
      t += k$U % 5
    end $X
    if not n$U isa number or n$U > 1e9 then globals.n$U = 1
  end for
  return t
end function
for r in range(1, 5)
  $S = ($S + work$U($N)) % 100003
  print n$U + \" \" + k$U
end for";
        let text = text.replace("$X", if more.iter().any(|it| it.1.starts_with("while")) { "while" } else { "for" });
        self.template(&text, &more);
        self.spend(9_000);
    }

    /// What each round reads and no round changes, behind a way out that the first one may take.
    fn relied_on(&mut self) {
        let more = [
            ("$N", self.number_of(30, 300)),
            ("$A", self.number_of(2, 11)),
            (
                "$P",
                self.one_of(&[
                    "null",
                    "{\"w\": \"x\"}",
                    "{\"h\": 2, \"w\": 3}",
                    "\"map\"",
                    "[4]",
                    "{\"w\": 2.5, \"l\": [1]}",
                ]),
            ),
            ("$Q", self.one_of(&["{\"w\": 2, \"l\": [3, 4]}", "{\"w\": 9, \"l\": \"abc\"}", "{\"l\": [5], \"w\": 1}"])),
            ("$E", self.one_of(&["m.w", "m.w * i", "m.l[0]", "m.l[i % 2]", "m.w + m.l.len", "abs(m.w)"])),
            ("$G", self.one_of(&["i > n", "m isa null or m isa string", "not m isa map", "m == null"])),
        ];
        let text = "use$U = function(m, n, skip)
  t = 0
  for i in range(1, n)
    if skip or $G then break
    v = $E
    if v isa number then t = (t + v) % 100003
  end for
  return t
end function
for r in range(1, 12)
  if r == $A then $S = $S + use$U($P, 0, true)
  $S = ($S + use$U($Q, $N, r % 4 == 0)) % 100003
end for
$S = $S + use$U($P, 3, true)";
        self.template(text, &more);
        self.spend(4_000);
    }
}
