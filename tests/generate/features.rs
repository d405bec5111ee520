//! Scenes of the program generator about one feature of the language each: live maps of variables, iteration, slices, chains of
//! comparisons, error values, functions replaced while they run, methods in type maps, prototypes, references.
//!
//! `scenes` picks among them. Each is a template in which `$NAME` stands for what the seed decides. Invariants: as in `scenes`;
//! nothing steps on what the reference gets wrong (docs/compatibility.md lists it), since programs are compared with it, too.

use super::Generator;

/// How many scenes there are.
pub(super) const SCENES: u64 = 16;

impl Generator {
    /// One of the scenes.
    pub(super) fn feature(&mut self, number: u64) {
        match number {
            0 => self.nested_closures(),
            1 => self.map_of_locals(),
            2 => self.map_of_globals(),
            3 => self.iterated_map(),
            4 => self.ranges(),
            5 => self.slices(),
            6 => self.chains(),
            7 => self.error_values(),
            8 => self.replaced_on_the_stack(),
            9 => self.type_methods(),
            10 => self.prototypes(),
            11 => self.references(),
            12 => self.replaced_ranges(),
            13 => self.grown_maps(),
            14 => self.counted_indexes(),
            _ => self.container_work(),
        }
    }

    /// Writes a template. `$S` is a fresh variable that the template sums up in, and that is printed behind it.
    pub(super) fn template(&mut self, text: &str, more: &[(&str, String)]) {
        let sum = self.name("s");
        // Twice, since what is filled in may hold names, too.
        let twice = more.iter().chain(more);
        let filled = twice.fold(text.to_owned(), |text, (key, value)| text.replace(key, value));
        let text = filled.replace("$S", &sum).replace("$U", &sum.replace('s', "u"));
        self.line(&format!("{sum} = 0"));
        text.lines().for_each(|line| self.line(line));
        self.line(&format!("print {sum}"));
    }

    pub(super) fn number_of(&mut self, least: u64, most: u64) -> String {
        (least + self.rng.below(most - least + 1)).to_string()
    }

    pub(super) fn one_of(&mut self, texts: &[&str]) -> String {
        self.rng.pick(texts).to_owned()
    }

    /// Elements at indexes that loops count, up and down, inside their list and beyond.
    fn counted_indexes(&mut self) {
        let loops = [
            "for i in range(0, n - 1)",
            "for i in range(0, l.len - 1)",
            "for i in range(k, n)",
            "for i in range(n, k)",
            "for i in range(n, 0)",
            "for i in range(1, n, 2)",
            "for i in range(n, 0, -3)",
            "i = -1\n  while i < n - 1\n    i += 1",
            "i = n\n  while i > 0\n    i -= 1",
            "i = k\n  while i <= l.len\n    i += 2",
        ];
        let head = self.one_of(&loops);
        let end = if head.starts_with("for") { "end for" } else { "end while" };
        let index = ["i", "i", "i + 1", "i - 1", "k", "k + i", "n - i", "i * 2", "i % 3", "-1"];
        let change = [
            "if i == k * 3 then break",
            "if x == 9 and l.len < 12 then l.push 2",
            "if i == k then continue",
            "if i == 1 then l[i] = t % 7",
            "l[i] = t % 11",
            "t = t + l.len",
            "if i == 5 and l.len > 3 then l.pop",
            "seen.push x\n    l[i] = t % 13",
        ];
        let more = [
            ("$FOR", head),
            ("$X", self.one_of(&["l[$I]", "l[$I]", "get$U(l, $I)"])),
            ("$END", end.to_owned()),
            ("$I", self.one_of(&index)),
            ("$J", self.one_of(&index)),
            ("$C", self.one_of(&change)),
            ("$N", self.number_of(40, 300)),
            ("$K", self.number_of(0, 3)),
            ("$M", self.number_of(5, 60)),
            ("$A", self.one_of(&["l.len", "7", "4", "r % 10", "l.len + 1"])),
        ];
        let text = "get$U = function(l, i)
  return l[i]
end function
walk$U = function(l, n, k)
  t = 0
  seen = []
  $FOR
    x = $X
    if x isa number then t = (t * 3 + x) % 1009
    $C
    y = l[$J]
    if y isa number then t += y
  $END
  return t
end function
try$U = function(l, r)
  return walk$U(l, $A, $K)
end function
l$U = [3, 1, 4, 1, 5, 9, 2, 6]
for r in range(1, $N)
  if r % $M == 0 then l$U = range(1, r % 9)
  $S = ($S * 5 + try$U(l$U, r)) % 100003
  if r % 7 == 0 then $S += get$U(range(1, 3), 1) + info(l$U).computed
end for
print l$U";
        self.template(text, &more);
        self.spend(6_000);
    }

    /// Three functions deep; each sees the variables of the one around it and no further.
    fn nested_closures(&mut self) {
        let more = [
            ("$N", self.number_of(60, 400)),
            ("$K", self.number_of(1, 9)),
            ("$D", self.one_of(&["j + k", "j * 2 + k", "k - j * 0.5", "(j + k) % 3"])),
            ("$W", self.one_of(&["outer.total = (total + k) % 997", "outer.total = outer.total * 2 % 1009 + k"])),
        ];
        let text = "make$U = function(total)
  return function(k=2)
    $W
    deep = function(j)
      return $D
    end function
    return deep(total % 5)
  end function
end function
c$U = make$U($K)
for i$U in range(1, $N)
  $S = ($S + c$U(i$U % 7)) % 100003
end for
print c$U";
        self.template(text, &more);
        self.spend(4_000);
    }

    /// A function whose variables come and go through the map of them, also in another function.
    fn map_of_locals(&mut self) {
        let more = [
            ("$N", self.number_of(40, 300)),
            ("$A", self.number_of(2, 30)),
            ("$B", self.number_of(2, 30)),
            ("$V", self.one_of(&["n * 2", "\"t\"", "null", "[n]", "0.5"])),
        ];
        let text = "given$U = 7
add$U = function(m, v)
  m.added = v
end function
f$U = function(n)
  x = n
  locals[\"y\"] = $V
  l = locals
  l.z = x + 1
  if n % $A == 0 then l.remove \"x\"
  if not l.hasIndex(\"x\") then locals.x = 100
  if n % $B == 0 then add$U l, n
  if l.hasIndex(\"added\") then x = x + added
  if n % 5 == 0 then given$U = n
  return x + z + given$U + l.hasIndex(\"y\")
end function
for i$U in range(1, $N)
  $S = ($S + f$U(i$U)) % 100003
end for";
        self.template(text, &more);
        self.spend(6_000);
    }

    /// Globals that are made, read, counted and removed through their map.
    fn map_of_globals(&mut self) {
        let more = [
            ("$N", self.number_of(30, 120)),
            ("$A", self.number_of(2, 20)),
            ("$B", self.number_of(2, 20)),
            ("$V", self.one_of(&["i$U", "i$U * 0.5", "\"v\"", "[i$U]", "null"])),
        ];
        let text = "for i$U in range(1, $N)
  globals[\"gv$U_\" + (i$U % 3)] = i$U
  if i$U % $A == 0 then globals.remove \"gv$U_1\"
  if i$U % $B == 0 then globals.gv$U_2 = $V
  if globals.hasIndex(\"gv$U_1\") then $S = $S + gv$U_1 else $S = $S - 1
  if globals.hasIndex(\"gv$U_2\") and gv$U_2 isa number then $S = $S + gv$U_2
end for
for kv$U in globals
  if kv$U.key[:2] == \"gv\" and kv$U[\"value\"] isa number then $S = $S + kv$U.value
end for
print globals.hasIndex(\"gv$U_0\") + globals.hasIndex(\"gv$U_1\")";
        self.template(text, &more);
        self.spend(4_000);
    }

    /// Loops over a map that changes meanwhile.
    fn iterated_map(&mut self) {
        let more = [
            ("$N", self.number_of(20, 90)),
            ("$A", self.number_of(2, 12)),
            ("$B", self.number_of(0, 6)),
            (
                "$C",
                self.one_of(&[
                    "m$U.remove kv.key",
                    "m$U[\"more\"] = i$U",
                    "m$U[kv.key] = -1",
                    "kv.value = 1",
                    "m$U.b = null",
                    "break",
                    "continue",
                ]),
            ),
        ];
        let text = "m$U = {\"a\": 1, 2: \"two\", \"c\": [3], 0.5: null}
for i$U in range(1, $N)
  m$U[i$U % 7] = i$U
  if i$U % $A == 0 then m$U.remove i$U % 5
  for kv in m$U
    if kv.key == $B and i$U % $A == 1 then $C
    if kv.value isa number then $S = ($S * 3 + kv.value) % 100003
    if kv.key isa string then $S = $S + kv.key.len
  end for
end for
print m$U.len + \" \" + m$U.indexes + \" \" + m$U.values.len";
        self.template(text, &more);
        self.spend(9_000);
    }

    /// Loops over ranges of every direction and step, with the loop variable used behind them.
    fn ranges(&mut self) {
        let step = |it: &mut Generator| it.one_of(&["", ", 2", ", -1", ", 0.5", ", -0.25", ", 3", ", 7", ", null"]);
        let more = [
            ("$A", self.one_of(&["0", "1", "-3", "2.5", "20"])),
            ("$B", self.one_of(&["9", "0", "-4", "30.5", "200", "1"])),
            ("$T", step(self)),
            ("$R", step(self)),
            ("$L", self.number_of(1, 40)),
            ("$X", self.one_of(&["x * 2", "\"s\"", "null", "x + 0.25", "x"])),
        ];
        let text = "x = -1
for x in range($A, $B$T)
  $S = ($S + x * 3) % 100003
  for y in range(x, x + 4$R)
    if y > $L then break
    if y == 2 then continue
    $S = $S + y
  end for
  if x > $L then x = $X
end for
print x
for z in range(1, $L) + [\"end\"]
  if z isa string then $S = $S + z.len else $S = $S + z
end for";
        self.template(text, &more);
        self.spend(6_000);
    }

    /// Slices with every kind of bound, of texts and lists.
    fn slices(&mut self) {
        let more = [
            ("$T", self.one_of(&["\"hello world\"", "\"héllo wörld €\"", "\"\"", "\"𝄞x\""])),
            ("$L", self.one_of(&["[1, \"b\", null, [2], 3.5]", "range(3, 12)", "[0] * 9", "[]"])),
            ("$A", self.one_of(&["i + 2", "-1", "null", "4.7", "i * -1", "100"])),
            ("$N", self.number_of(4, 12)),
        ];
        let text = "t$U = $T
l$U = $L
for i in range(-$N, $N)
  $S = $S + t$U[i:].len * 3 + t$U[:i].len + t$U[i:$A].len
  $S = $S + l$U[i:].len * 7 + l$U[:i].len + l$U[i:$A].len
  if t$U[i:$A] > \"l\" then $S = $S + 1
  if l$U[i:$A] == l$U[$A:] then $S = $S + 1000
  if i % 4 == 0 then print t$U[i:$A] + \"|\" + l$U[i:$A]
end for";
        self.template(text, &more);
        self.spend(1_000);
    }

    /// Chains of comparisons, fuzzy logic and equality over values of every kind.
    fn chains(&mut self) {
        let compare = |it: &mut Generator| it.one_of(&["<", "<=", ">", ">=", "==", "!="]);
        let more = [
            ("$P", compare(self)),
            ("$Q", compare(self)),
            ("$R", compare(self)),
            ("$G", self.one_of(&["and", "or"])),
            ("$H", self.one_of(&["and", "or", "and not"])),
            ("$A", self.number_of(0, 10)),
            ("$B", self.number_of(2, 6)),
        ];
        let text = "vals$U = [null, 0, 1, -0.5, 0.25, \"a\", \"b\", \"\", [], [1], [1, [2]], {}, {\"k\": 1}, 3, @print]
for i in range(0, vals$U.len - 1)
  a = vals$U[i]
  for j in range(0, vals$U.len - 1)
    b = vals$U[j]
    c = vals$U[(i * $B + j + $A) % vals$U.len]
    $S = ($S * 3 + (@a $P @b $Q @c) * 2 + (@a $R @b)) % 100003
    $S = $S + (@a $G @b) + (@a $H @c) + (not @a)
    if @a $P @b $Q @c $R @a then $S = $S + 1
  end for
end for";
        self.template(text, &more);
        self.spend(3_000);
    }

    /// Errors as values: made, passed through operators, caught, and now and then left lying.
    fn error_values(&mut self) {
        let left = if self.rng.chance(12) { "risky$U(0)" } else { "" };
        let more = [
            ("$N", self.number_of(60, 2500)),
            ("$K", self.number_of(2, 900)),
            (
                "$E",
                self.one_of(&[
                    "err(\"bad \" + n)",
                    "err(\"bad\", n)",
                    "range(0, 1, 0)",
                    "abs(\"no\")",
                    "[1].join.len + err",
                ]),
            ),
            ("$O", self.one_of(&["(r + 1)", "-r", "(r * 2 - 1)", "(r < 3)", "(2 ^ r % 7)", "not r", "(r and 1)"])),
        ];
        let text = "risky$U = function(n)
  if n % $K == 0 then return $E
  return n
end function
for i in range(1, $N)
  r = risky$U(i % 1000)
  if r isa error then $S = $S + r.message.len else $S = ($S + r) % 100003
  t = $O
  if t isa error then $S = $S + 1 else $S = $S + t
  u = r or 0.5
  if u isa number then $S = $S + u
  if [r] == [r] then $S = $S + 1
end for
print r
$LEFT";
        self.template(&text.replace("$LEFT", left), &more);
        self.spend(15_000);
    }

    /// Functions that replace themselves, or one that is further down the stack, while they run.
    fn replaced_on_the_stack(&mut self) {
        let more = [
            ("$N", self.number_of(40, 250)),
            ("$K", self.number_of(0, 9)),
            ("$B", self.one_of(&["-n", "n * 2", "\"new\"", "n", "null"])),
            ("$P", self.one_of(&["n", "n, m=1", "n=2"])),
            ("$W", self.one_of(&["down", "up"])),
        ];
        let text = "down$U = function(n)
  if n == $K and now$U == at$U then
    globals.$W$U = function($P)
      return $B
    end function
  end if
  if n < 1 then return 0
  return up$U(n - 1) + 1
end function
up$U = function(n)
  if n < 1 then return 1
  x = down$U(n - 1)
  if x isa number then return x * 2 % 101
  return 3
end function
at$U = floor($N * 0.75)
for now$U in range(1, $N)
  r = down$U(now$U % 12)
  if r isa number then $S = ($S + r) % 100003 else $S = $S + 1
end for";
        self.template(text, &more);
        self.spend(12_000);
    }

    /// Thousands of maps are made by literals and by `new` and get the same members, until one is another kind of map.
    fn grown_maps(&mut self) {
        let more = [
            ("$N", self.number_of(60, 600)),
            ("$A", self.number_of(20, 59)),
            ("$L", self.one_of(&["{}", "{\"x\": i}", "{\"x\": i, \"y\": [i]}", "{\"y\": i, k: 2}", "new base$U"])),
            (
                "$C",
                self.one_of(&[
                    "m = {\"b\": 1, \"a\": 2}",
                    "freeze m",
                    "m = {1: 2}",
                    "m = new {\"a\": 4}",
                    "base$U.a = 7",
                    "m.c = 1",
                    "k = \"a\"",
                    "m = locals",
                    "m = [m]",
                    "m = globals",
                ]),
            ),
            ("$V", self.one_of(&["i", "0.5", "\"v\"", "m", "[i]", "k"])),
        ];
        let text = "base$U = {\"x\": 1}
grow$U = function(n, at)
  k = \"kk\"
  t = 0
  held = null
  for i in range(1, n)
    m = $L
    if i == at then $C
    if m isa map and not (i >= at and i < at + 2 and at > 0) then
      m.a = $V
      m.b = i
      if m.hasIndex(\"x\") and m.x isa number then t = t + m.x
      m.c = held
      m.d = 2
      m.e = m.b + m.d
    end if
    if m isa map and m.hasIndex(\"e\") and m.e isa number then t = t + m.e
    if i == at and m isa map then m.a = 5
    if i % 7 == 0 then held = i
  end for
  return t % 100003
end function
for r in range(1, 3)
  $S = ($S + grow$U($N, $A * (r % 2))) % 100003
end for
globals.remove \"a\"";
        self.template(text, &more);
        self.spend(8_000);
    }

    /// Methods in the type maps, changed and removed in the middle of hot loops, then gone.
    fn type_methods(&mut self) {
        let more = [
            ("$N", self.number_of(60, 400)),
            ("$K", self.number_of(30, 60)),
            (
                "$C",
                self.one_of(&[
                    "number.dbl = 5",
                    "number.dbl = function(by=3); return self * by; end function",
                    "string.remove \"dbl\"",
                    "string.dbl = @string.upper",
                    "list.len = 3",
                    "list.dbl = function; return self[0]; end function",
                    "map.dbl = @map.indexes",
                    "list[1] = 7",
                    "list[0] = 40",
                    "string[0] = 4",
                    "map[9] = 1",
                ]),
            ),
            ("$V", self.one_of(&["i", "i * 0.5", "\"s\" + i % 3", "[i, 2]", "{\"v\": i}"])),
        ];
        let text = "number.dbl = function; return self * 2; end function
string.dbl = function; return self + self; end function
list.dbl = function; return self + self; end function
map.dbl = function; return self.len; end function
vs$U = [1, \"ab\", [1, 2], {\"a\": 1}]
pair$U = function(n)
  l = [n, n + 1, 5]
  t = 0
  for k in range(0, 5)
    t = t + l[k % 3]
  end for
  return t
end function
for i in range(1, $N)
  v = $V
  if i % 4 == 0 then v = vs$U[i % 16 / 4]
  if i == $K then $C
  if not (v isa string) or string.hasIndex(\"dbl\") then r = v.dbl else r = 1
  if r isa number then $S = ($S + r) % 100003 else $S = $S + len(r)
  if i % 3 == 0 then $S = $S + [i, v].len + [2, 3][i % 2]
  $S = ($S + pair$U(i)) % 100003
end for
list.remove 1
list.remove 0
string.remove 0
map.remove 9
number.remove \"dbl\"
string.remove \"dbl\"
list.remove \"dbl\"
map.remove \"dbl\"
if list[\"len\"] == 3 then list.len = @len";
        self.template(text, &more);
        self.spend(6_000);
    }

    /// A `range` of the program's own in the middle, whose lists are kept and changed while loops go over them.
    fn replaced_ranges(&mut self) {
        let more = [
            ("$N", self.number_of(60, 900)),
            ("$K", self.number_of(3, 40)),
            ("$C", self.one_of(&["kept$U.pop", "kept$U.push k", "kept$U[k] = 2", "kept$U.remove 0", "kept$U.pull"])),
            ("$B", self.one_of(&["globals.remove \"range\"", "k += 1", "globals.kept$U = null"])),
        ];
        let text = "kept$U = null
plain$U = @range
count$U = function(n)
  k = 0
  t = 0
  for i in range(1, n)
    k += 1
    if i isa number then t = (t + i) % 10007
    if kept$U != null and k < n then $C
    if k == $K then $B
    if k > n * 2 then break
  end for
  return t + k
end function
for r$U in [1, 2, 3, 4]
  $S = ($S + count$U($N)) % 100003
end for
for r$U in [1, 2, 3]
  globals.range = function(from, to)
    globals.kept$U = plain$U(from, to)
    return kept$U
  end function
  $S = ($S + count$U($N)) % 100003
  globals.remove \"range\"
  kept$U = null
  $S = ($S + count$U($N)) % 100003
end for";
        self.template(text, &more);
        self.spend(30_000);
    }

    /// Three levels of prototypes with `super` through all of them, and objects that change their kind.
    fn prototypes(&mut self) {
        let more = [
            ("$N", self.number_of(60, 400)),
            ("$K", self.number_of(20, 60)),
            (
                "$C",
                self.one_of(&[
                    "o.__isa = A$U",
                    "o.__isa = {\"f\": 4}",
                    "B$U.__isa = {\"f\": @other$U, \"v\": 9}",
                    "C$U.remove \"f\"",
                    "o.v = \"text\"",
                    "A$U.v = 0.5",
                    "A$U.f = @other$U",
                    "o.f = @other$U",
                    "o = new C$U",
                ]),
            ),
            ("$I", self.one_of(&["A", "B", "C"])),
        ];
        let text = "A$U = {\"v\": 1}
A$U.f = function(n=1)
  return self.v + n
end function
B$U = new A$U
B$U.f = function(n=2)
  self.count = self.hasIndex(\"count\") and self.count or 0
  return super.f(n) * 2
end function
C$U = new B$U
C$U.f = function(n)
  return super.f(n) + 1
end function
other$U = function(n)
  return 7
end function
o = new C$U
p = new B$U
p.v = 3
for i in range(1, $N)
  if i == $K then $C
  r = o.f(i % 5)
  if r isa number then $S = ($S + r) % 100003 else $S = $S + 1
  $S = $S + p.f + (o isa $I$U) + (p isa map)
end for
print o isa $I$U";
        self.template(text, &more);
        self.spend(9_000);
    }

    /// Functions as values: in lists and maps, compared, passed on, called with too few arguments.
    fn references(&mut self) {
        let more = [
            ("$N", self.number_of(60, 400)),
            ("$K", self.number_of(20, 60)),
            (
                "$C",
                self.one_of(&[
                    "fs$U[1] = @abs",
                    "fs$U.push @g$U",
                    "m$U.g = @f$U",
                    "g$U = @f$U",
                    "m$U[\"g\"] = function(a, b=9); return b; end function",
                    "f$U = 5",
                ]),
            ),
        ];
        let text = "f$U = function(a=1, b=2)
  return a * 3 + b
end function
g$U = function(a=4)
  return a - 0.5
end function
apply$U = function(h, x)
  return h(x)
end function
fs$U = [@f$U, @g$U, @floor]
m$U = {\"g\": @g$U, \"n\": 4}
for i in range(1, $N)
  if i == $K then $C
  h = fs$U[i % fs$U.len]
  $S = ($S + h(i % 9) + m$U.g + m$U[\"g\"](i % 5)) % 100003
  $S = $S + apply$U(@g$U, i % 4) + (fs$U[0] == @f$U) + (@h isa funcRef)
end for
print fs$U.len + \" \" + m$U.g(1)";
        self.template(text, &more);
        self.spend(8_000);
    }

    /// The intrinsics of lists, maps and texts in turn.
    fn container_work(&mut self) {
        let more = [
            ("$N", self.number_of(20, 80)),
            (
                "$A",
                self.one_of(&[
                    "l.sort",
                    "l.sort null, 0",
                    "l.insert 1, i",
                    "l.insert -1, \"x\"",
                    "l.remove 0",
                    "l.push l.len",
                ]),
            ),
            (
                "$B",
                self.one_of(&["l.pull", "l.pop", "l.replace i, 0", "l.replace 0, i, 1", "l.indexOf(i - 1)", "l.sum"]),
            ),
            (
                "$C",
                self.one_of(&[
                    "w.replace(\"a\", \"bc\")",
                    "w.split(\"b\").join(\"-\")",
                    "w.upper.lower",
                    "w.insert(1, \"z\")",
                    "w.remove(\"c\")",
                    "str(w.values)",
                    "char(w.len + 60) + w",
                    "w[1:] + w[0]",
                ]),
            ),
            (
                "$D",
                self.one_of(&[
                    "val(w)",
                    "w.indexOf(\"c\")",
                    "w.code",
                    "w.indexOf(\"b\", 1)",
                    "hash(w) % 97",
                    "w.hasIndex(3)",
                ]),
            ),
            (
                "$E",
                self.one_of(&[
                    "bitXor(i, 21)",
                    "sign(i - 9)",
                    "round(i / 7, 2)",
                    "sqrt(i)",
                    "i ^ 2 % 13",
                    "-i % 4",
                    "rnd(i)",
                ]),
            ),
        ];
        let text = "l = [3, 1, 2]
w = \"abcab\"
m$U = {}
for i in range(1, $N)
  $A
  $B
  if l.len < 3 or l.len > 14 then l = [i, 2, i % 3]
  w = cap($C)
  if w.len < 2 then w = \"cab\"
  e = $E
  m$U[w] = e
  if m$U.len > 9 then m$U.pop
  d = $D
  if d isa number then $S = ($S + d + e) % 100003
  if l == [i, 2, i % 3] then $S = $S + 1
  if m$U.indexOf(e) == w then $S = $S + 1
end for
print l.join(\",\") + \" \" + w + \" \" + m$U.len + \" \" + m$U.hasIndex(w)";
        self.template(text, &more);
        self.spend(4_000);
    }
}
