//! Scenes of the program generator about closures and small functions: variables of the function around that come late, change
//! their kind, go and come back; functions kept in maps and called as methods; callbacks; calls that are worth inlining, whose
//! functions fail, print, recurse or are replaced.
//!
//! `scenes` picks among them. Each is a template as in `features`. Invariants: as there.

use super::Generator;

/// How many scenes there are.
pub(super) const SCENES: u64 = 17;

impl Generator {
    /// One of the scenes.
    pub(super) fn closure_scene(&mut self, number: u64) {
        match number {
            0 => self.captured_reads(),
            1 => self.captured_late(),
            2 => self.captured_methods(),
            3 => self.captured_steps(),
            4 => self.closure_a_round(),
            5 => self.callbacks(),
            6 => self.self_in_closures(),
            7 => self.removed_locals(),
            8 => self.small_calls(),
            9 => self.small_methods(),
            10 => self.small_recursion(),
            11 => self.small_failures(),
            12 => self.shapes(),
            13 => self.hidden_names(),
            14 => self.makers(),
            15 => self.scopes_as_maps(),
            _ => self.flipped_arguments(),
        }
    }

    /// A function reads variables of the one around it, which change between its calls: their value, their kind, whether they exist.
    fn captured_reads(&mut self) {
        let more = [
            ("$N", self.number_of(60, 500)),
            ("$A", self.number_of(20, 59)),
            ("$R", self.one_of(&["0.25", "3", "step", "step % 2"])),
            (
                "$C",
                self.one_of(&[
                    "base = \"b\"",
                    "base = 0.5",
                    "base = null",
                    "rate$U = [step]",
                    "rate$U = \"r\"",
                    "locals.remove \"rate$U\"",
                    "locals.base = step",
                    "get = @other",
                    "get = function(k); return base - k; end function",
                ]),
            ),
            ("$E", self.one_of(&["base * k + rate$U", "base + k + rate$U", "rate$U", "k * rate$U + base % 7"])),
        ];
        let text = "rate$U = 2
make$U = function(base, step)
  rate$U = $R
  get = function(k)
    return $E
  end function
  other = function(k)
    return k
  end function
  total = 0
  for i in range(1, $N)
    if i == $A then $C
    v = get(i % 7)
    if v isa number then total = (total + v) % 100003 else total = total + 1
  end for
  return total
end function
for r in range(1, 4)
  $S = ($S + make$U(r, r * 2)) % 100003
end for";
        self.template(text, &more);
        self.spend(8_000);
    }

    /// Variables that exist only after the function that reads them has run many times; until then its name means a global.
    fn captured_late(&mut self) {
        let more = [
            ("$N", self.number_of(40, 400)),
            ("$A", self.number_of(10, 60)),
            ("$V", self.one_of(&["i", "i * 0.5", "\"late\"", "[i]", "null"])),
            ("$G", self.one_of(&["globals.late$U = i", "t = t + 1", "globals.remove \"late$U\""])),
        ];
        let text = "late$U = 5
make$U = function(n, wanted)
  f = function
    return late$U
  end function
  t = 0
  for i in range(1, n)
    if wanted and i == $A then late$U = $V
    if i == $A + 3 then $G
    if not globals.hasIndex(\"late$U\") then globals.late$U = 4
    v = f
    if v isa number then t = (t + v) % 100003 else t = t + 2
  end for
  return t
end function
for r in range(1, 5)
  $S = ($S + make$U($N, r % 2)) % 100003
end for";
        self.template(text, &more);
        self.spend(8_000);
    }

    /// Names that a hot function looks up outside until somebody adds a variable of that name to its own ones, or to those around it.
    fn hidden_names(&mut self) {
        let more = [
            ("$N", self.number_of(60, 500)),
            ("$A", self.number_of(20, 59)),
            ("$H", self.one_of(&["locals", "outer2"])),
            ("$K", self.one_of(&["far$U", "near$U", "floor", "inner", "i"])),
            ("$V", self.one_of(&["3", "0.5", "null", "@ceil", "\"h\""])),
            ("$B", self.number_of(1, 40)),
            (
                "$E",
                self.one_of(&["far$U + near$U", "floor(far$U * i / 3)", "inner(i) + near$U", "near$U - floor(far$U)"]),
            ),
        ];
        let text = "far$U = 5
hide$U = function(n, at)
  near$U = 2
  run = function(m, at)
    inner = function(k)
      return k + near$U + far$U
    end function
    outer2 = @outer
    total = 0
    for i in range(1, m)
      if i == at then $H[\"$K\"] = $V
      if i == at + $B then $H.remove \"$K\"
      if not locals.hasIndex(\"inner\") then inner = @floor
      if not outer.hasIndex(\"near$U\") then outer.near$U = 3
      v = $E
      if v isa number then total = (total + v) % 100003 else total = total + 1
    end for
    return total
  end function
  t = 0
  for r in range(1, 3)
    t = t + run(n, (r - 1) * at)
  end for
  return t
end function
for r in range(1, 3)
  x = hide$U($N, $A * (r % 2))
  if x isa number then $S = cap($S + x)
end for";
        self.template(text, &more);
        self.spend(8_000);
    }

    /// Functions that are made and called thousands of times, by functions that are called, inlined and recurse themselves.
    fn makers(&mut self) {
        let more = [
            ("$N", self.number_of(60, 900)),
            ("$A", self.number_of(20, 59)),
            ("$D", self.one_of(&["by=1", "by", "by=\"d\"", "by=null"])),
            ("$B", self.one_of(&["count + by", "x * 2 + count", "count", "by", "x - by * 0.5"])),
            ("$W", self.one_of(&["outer.count = count + 1", "outer.count += x % 3", "outer.more = x", "x = x + 1"])),
            ("$C", self.one_of(&["made = [f]", "make$U = @other$U", "f = null", "f = make$U(0.5)", "held.push @f"])),
        ];
        let text = "make$U = function(count, $D)
  deeper = null
  if count isa number and count > 3 and count < 6 then deeper = make$U(count - 1)
  return function(x)
    $W
    if @deeper isa funcRef and x isa number and x > 2 then return deeper(x - 1)
    return $B
  end function
end function
other$U = function(count, by)
  return @floor
end function
held = []
for i in range(1, $N)
  f = make$U(i % 7)
  if i % 5 == 0 then held.push @f
  if i == $A then $C
  v = i
  if @f isa funcRef then v = f(i % 4)
  if held.len > 0 and @held[-1] isa funcRef then v = [v, held[-1](i % 3)]
  if v isa list and v[1] isa number and v[0] isa number then $S = ($S + v[0] + v[1]) % 100003
end for";
        self.template(text, &more);
        self.spend(10_000);
    }

    /// Calls hand out their variables as a map, which is changed, kept and read by others while the call runs and behind it.
    fn scopes_as_maps(&mut self) {
        let more = [
            ("$N", self.number_of(60, 500)),
            ("$A", self.number_of(20, 59)),
            (
                "$C",
                self.one_of(&[
                    "scope.n = \"s\"",
                    "scope.extra = 1",
                    "scope.remove \"n\"",
                    "scope.n = 0.25",
                    "freeze scope",
                    "scope[1] = 2",
                    "kept$U.push scope",
                ]),
            ),
        ];
        let text = "kept$U = []
own$U = function(n, k=2)
  scope = locals
  n = n + k
  if n == $A then $C
  if not locals.hasIndex(\"n\") then n = 4
  if n isa number then n = n * 2
  total = 0
  for key in scope.indexes
    if @scope[key] isa number then total = total + scope[key]
  end for
  return total % 1009
end function
for i in range(1, $N)
  $S = ($S + own$U(i)) % 100003
end for
print kept$U.len";
        self.template(text, &more);
        self.spend(10_000);
    }

    /// Functions that share the variables of the call that made them, kept in maps and called as methods.
    fn captured_methods(&mut self) {
        let more = [
            ("$N", self.number_of(60, 500)),
            ("$K", self.number_of(1, 9)),
            ("$A", self.number_of(20, 59)),
            (
                "$C",
                self.one_of(&[
                    "a$U.set 0.5",
                    "a$U.set [1]",
                    "b$U.add = @a$U.add",
                    "b$U = object$U(3, 4)",
                    "a$U.n = \"n\"",
                    "a$U.get = function; return 1; end function",
                    "b$U.get = 5",
                    "a$U = new b$U",
                ]),
            ),
        ];
        let text = "object$U = function(n, by)
  o = {\"n\": 0}
  o.add = function(k=1)
    if not n isa number then outer.n = 1
    outer.n += by * k
    if self.n isa number then self.n += 1
    return n % 1009
  end function
  o.get = function
    return n
  end function
  o.set = function(v)
    outer.n = v
  end function
  return o
end function
a$U = object$U(1, 2)
b$U = object$U(10, $K)
for i$U in range(1, $N)
  if i$U == $A then $C
  r = a$U.add(i$U % 3) + b$U.add
  if r isa number then $S = ($S + r) % 100003
  if a$U.get isa number then $S = ($S + a$U.get) % 100003
  if i$U % 50 == 0 then b$U.set i$U
end for
print a$U.n + \" \" + b$U.n";
        self.template(text, &more);
        self.spend(10_000);
    }

    /// Counters that two functions share, one of which now and then takes the variable away.
    fn captured_steps(&mut self) {
        let more = [
            ("$N", self.number_of(60, 600)),
            ("$A", self.number_of(2, 90)),
            (
                "$W",
                self.one_of(&[
                    "outer.remove \"n\"",
                    "outer.n = k * 0.5",
                    "outer.more = k",
                    "n = k",
                    "outer[\"n\"] = -1",
                    "locals.n = k",
                ]),
            ),
            ("$I", self.one_of(&["", "n = 7", "m = n"])),
        ];
        let text = "counter$U = function
  n = 0
  bump = function
    if not outer.hasIndex(\"n\") then outer.n = 0
    outer.n += 1
    $I
    return n
  end function
  back = function(k)
    outer.n -= 1
    $W
    return k
  end function
  return [@bump, @back]
end function
p$U = counter$U
bump$U = @p$U[0]
for i$U in range(1, $N)
  $S = ($S + bump$U) % 100003
  if i$U % $A == 0 then $S = $S + p$U[1](i$U)
end for
print bump$U";
        self.template(text, &more);
        self.spend(6_000);
    }

    /// A loop that makes a function in each round, so that the same code is called through ever other values.
    fn closure_a_round(&mut self) {
        let more = [
            ("$N", self.number_of(40, 300)),
            ("$K", self.number_of(0, 5)),
            ("$A", self.number_of(2, 40)),
            ("$E", self.one_of(&["k + i * $K", "k - i", "i", "k + t % 5"])),
            ("$C", self.one_of(&["add = @abs", "add = @kept[0]", "i = i + 0.5", "t = t + kept[0](1)"])),
        ];
        let text = "sum$U = function(n)
  t = 0
  kept = []
  for i in range(1, n)
    add = function(k)
      return $E
    end function
    if i % 30 == 1 then kept.push @add
    if i % $A == 0 then $C
    t = (t + add(i)) % 100003
  end for
  for f in kept
    t = t + f(2)
  end for
  return t
end function
for r in range(1, 4)
  $S = ($S + sum$U($N)) % 100003
end for";
        self.template(text, &more);
        self.spend(9_000);
    }

    /// Functions handed to functions that go over lists and maps, and collect into variables around them.
    fn callbacks(&mut self) {
        let more = [
            ("$N", self.number_of(20, 120)),
            ("$L", self.one_of(&["range(1, 9)", "[1, 2.5, -3, 4]", "[1, \"two\", 3]", "[[1], [2, 3]]", "\"text\""])),
            ("$M", self.one_of(&["x * 2", "x + 1", "[x]", "n", "len(x)"])),
            ("$P", self.one_of(&["x > 2", "x isa number", "i % 2", "true"])),
        ];
        let text = "each$U = function(l, f)
  for x in l
    f x
  end for
end function
where$U = function(l, f, g)
  out = []
  for x in l
    if f(x) then out.push g(x)
  end for
  return out
end function
use$U = function(i, n)
  sum = 0
  seen = {}
  each$U($L, function(x)
    if x isa number then outer.sum += x else outer.sum += 1
    seen[outer.sum % 5] = x
  end function)
  l = where$U($L, function(x); return $P; end function, function(x); return $M; end function)
  return sum + l.len * 3 + seen.len
end function
for i$U in range(1, $N)
  $S = ($S + use$U(i$U, $N)) % 100003
end for";
        self.template(text, &more);
        self.spend(15_000);
    }

    /// Functions inside a method see its `self`, unless they are called as methods of something else.
    fn self_in_closures(&mut self) {
        let more = [
            ("$N", self.number_of(40, 300)),
            ("$A", self.number_of(10, 39)),
            ("$C", self.one_of(&["self.v = \"s\"", "self.v = 0.5", "other$U.add = @add", "self.w = 1", "outer.v = 3"])),
            ("$D", self.one_of(&["add(i % 9)", "other$U.add(i % 9)"])),
        ];
        let text = "other$U = {\"v\": 100}
K$U = {\"v\": 2}
K$U.run = function(n)
  add = function(k)
    if not self.v isa number then self.v = 0
    self.v = (self.v + k) % 1009
    return self.v
  end function
  other$U.add = @add
  t = 0
  for i in range(1, n)
    if i == $A then $C
    t = (t + add(1) + $D) % 100003
  end for
  return t + other$U.v
end function
k$U = new K$U
for r in range(1, 4)
  $S = ($S + k$U.run($N) + K$U.run(9)) % 100003
end for
print k$U.v + \" \" + K$U.v";
        self.template(text, &more);
        self.spend(9_000);
    }

    /// Variables that are taken away in the middle of a hot loop, so that the name means a global until they are back.
    fn removed_locals(&mut self) {
        let more = [
            ("$N", self.number_of(60, 400)),
            ("$A", self.number_of(2, 50)),
            ("$B", self.number_of(2, 50)),
            ("$V", self.one_of(&["i", "\"s\"", "0.5", "[i]", "i + 1"])),
            ("$G", self.one_of(&["4", "\"g\"", "0.25"])),
            ("$M", self.one_of(&["locals", "l"])),
        ];
        let text = "x$U = $G
f$U = function(n)
  t = 0
  x$U = 1
  l = locals
  for i in range(1, n)
    if i % $A == 0 and l.hasIndex(\"x$U\") then $M.remove \"x$U\"
    if i % $B == 0 then locals.x$U = $V
    if x$U isa number then t = (t + x$U) % 100003 else t = t + 1
  end for
  return t
end function
for r in range(1, 4)
  $S = ($S + f$U($N)) % 100003
end for";
        self.template(text, &more);
        self.spend(8_000);
    }

    /// Small functions that call small functions, in a loop; one of them is replaced, prints, or looks at where it stands.
    fn small_calls(&mut self) {
        let more = [
            ("$N", self.number_of(60, 900)),
            ("$A", self.number_of(20, 59)),
            (
                "$C",
                self.one_of(&[
                    "globals.add$U = function(a, b=5); return a - b; end function",
                    "globals.add$U = function(a, b=\"s\"); return a; end function",
                    "globals.twice$U = @add$U",
                    "globals.add$U = @abs",
                    "print pick$U(i % 2, i) + \" \" + add$U",
                    "t = \"text\"",
                    "globals.limit$U = 0.5",
                    "globals.remove \"limit$U\"",
                ]),
            ),
            ("$W", self.one_of(&["", "if x == $A then print stackTrace", "if x == $A then print x"])),
        ];
        let text = "limit$U = 40
add$U = function(a=3, b=2)
  return a + b
end function
twice$U = function(x, y=null)
  $W
  return add$U(x, x) + add$U(x)
end function
pick$U = function(c, x)
  if c then return x
  if globals.hasIndex(\"limit$U\") and x > limit$U then return add$U(x, limit$U)
  return twice$U(x)
end function
run$U = function(n, q)
  t = 0
  for i in range(1, n)
    if i == $A and q == 2 then $C
    if t isa string then t = t.len
    t = (t + pick$U(i % 3 == 0, i) + add$U(i)) % 100003
  end for
  return t
end function
for q$U in range(1, 4)
  $S = ($S + run$U($N, q$U)) % 100003
end for";
        self.template(text, &more);
        self.spend(20_000);
    }

    /// Methods that get and set members, called in a loop on objects of one or of several classes.
    fn small_methods(&mut self) {
        let more = [
            ("$N", self.number_of(60, 700)),
            ("$A", self.number_of(20, 59)),
            ("$O", self.one_of(&["p$U", "os$U[i % 2]", "os$U[i % 3]", "os$U[i % 5]"])),
            (
                "$C",
                self.one_of(&[
                    "o.x = \"s\"",
                    "o.x = null",
                    "V$U.getX = function; return 1; end function",
                    "o.getX = function; return 2; end function",
                    "V$U.remove \"scale\"",
                    "o.__isa = W$U",
                    "o.remove \"x\"",
                    "o.extra = i",
                    "V$U.x = 0.5",
                    "o.getX = 9",
                ]),
            ),
        ];
        let text = "V$U = {\"x\": 0, \"y\": 1}
V$U.getX = function
  return self.x
end function
V$U.setX = function(v)
  self.x = v
  return self
end function
V$U.scale = function(by=2)
  if not self.x isa number then return self.setX(1)
  return self.setX(self.getX * by % 1009)
end function
W$U = new V$U
W$U.getX = function
  return self.y + 1
end function
p$U = new V$U
q$U = new V$U
q$U.y = 3
os$U = [p$U, q$U, new W$U, {\"x\": 1, \"__isa\": V$U}, {\"y\": 0, \"x\": 4, \"__isa\": V$U}]
for i in range(1, $N)
  o = $O
  if i == $A then $C
  if o.hasIndex(\"scale\") or V$U.hasIndex(\"scale\") then o = o.scale(i % 4)
  r = o.getX
  if r isa number then $S = ($S + r) % 100003 else $S = $S + 1
end for
print p$U.x + \" \" + q$U.x";
        self.template(text, &more);
        self.spend(14_000);
    }

    /// Small functions that call themselves or each other, with a leaf that is worth inlining.
    fn small_recursion(&mut self) {
        let more = [
            ("$N", self.number_of(20, 120)),
            ("$D", self.number_of(3, 11)),
            ("$A", self.number_of(5, 19)),
            (
                "$C",
                self.one_of(&[
                    "globals.leaf$U = function(n); return n * 2; end function",
                    "globals.leaf$U = function(n, m=1); return \"x\"; end function",
                    "globals.odd$U = function(n); return n; end function",
                    "globals.leaf$U = @sqrt",
                    "print depth$U",
                ]),
            ),
        ];
        let text = "depth$U = 0
leaf$U = function(n)
  if n < 1 then return 1
  return n % 5
end function
fact$U = function(n)
  if n < 2 then return leaf$U(n)
  return n * fact$U(n - 1) % 1009
end function
even$U = function(n)
  globals.depth$U = depth$U + 1
  if n < 1 then return leaf$U(n)
  return odd$U(n - 1)
end function
odd$U = function(n)
  if n < 1 then return leaf$U(depth$U)
  return even$U(n - 1)
end function
for i in range(1, $N)
  if i == $A then $C
  r = even$U(i % $D)
  if r isa number then $S = ($S + r) % 100003 else $S = $S + 1
  r = leaf$U(i)
  if r isa number then $S = ($S + fact$U(i % $D)) % 100003
end for
print depth$U";
        self.template(text, &more);
        self.spend(12_000);
    }

    /// Small functions that make, pass on and mend error values, and now and then end the program from inside.
    fn small_failures(&mut self) {
        let fatal = if self.rng.chance(15) { "at$U(l, 99)" } else { "0" };
        let more = [
            ("$N", self.number_of(60, 600)),
            ("$A", self.number_of(20, 59)),
            (
                "$C",
                self.one_of(&[
                    "v = check$U(\"s\")",
                    "v = check$U(-1)",
                    "l = [\"a\", \"b\"]",
                    "v = half$U([])",
                    "l = \"text\"",
                    "v = half$U(null)",
                ]),
            ),
            ("$F", fatal.to_owned()),
        ];
        let text = "check$U = function(n)
  if not n isa number then return err(\"no number\")
  if n < 0 then return err(\"negative\", n)
  return n
end function
half$U = function(n)
  n = check$U(n)
  if n isa error then return n
  return n / 2
end function
at$U = function(l, k)
  return l[k]
end function
run$U = function(n)
  l = [1, 2, 3]
  t = 0
  for i in range(1, n)
    v = half$U(i)
    if i == $A then $C
    if v isa error then t = t + v.message.len else t = (t + v) % 100003
    e = at$U(l, i % l.len)
    if e isa number then t = t + e else t = t + 7
    if i == n - 1 then t = t + $F
  end for
  return t
end function
for r in range(1, 4)
  $S = ($S + run$U($N)) % 100003
end for";
        self.template(text, &more);
        self.spend(14_000);
    }

    /// One place meets maps with the same members in many orders, some of which grow, shrink or become tables.
    fn shapes(&mut self) {
        let more = [
            ("$N", self.number_of(80, 600)),
            ("$M", self.number_of(0, 14)),
            ("$A", self.number_of(20, 79)),
            ("$V", self.one_of(&["k", "0.5", "k * 2", "\"y\""])),
            (
                "$C",
                self.one_of(&[
                    "o.remove \"a\"",
                    "o.x = \"s\"",
                    "o.y = null",
                    "o.z = i",
                    "os$U.push {\"y\": 1, \"x\": 2}",
                    "o.x = [i]",
                    "again$U o",
                    "grow$U o",
                    "os$U[0] = new o",
                    "os$U = [o]",
                ]),
            ),
        ];
        let text = "make$U = function(k)
  o = {}
  if k % 3 == 0 then o.a = 1
  if k % 4 == 3 then o.y = 0
  o.x = k
  if k % 5 == 1 then o.b = k
  if k % 7 == 2 then o[k] = 1
  o.y = $V
  return o
end function
get$U = function(o)
  return o.x + o.y
end function
again$U = function(o)
  o.remove \"y\"
  o.y = 1
end function
grow$U = function(o)
  for n in range(0, 40)
    o[\"k\" + n] = n
  end for
end function
os$U = []
for i in range(0, $M)
  os$U.push make$U(i)
end for
for i in range(1, $N)
  o = os$U[i % os$U.len]
  if i == $A then $C
  r = get$U(o)
  if r isa number then $S = ($S + r) % 100003 else $S = $S + 1
  if o.x isa number then o.x = (o.x + 1) % 997
  if i % 40 == 0 then o.late = i
  if o.hasIndex(\"late\") then $S = $S + o.late
end for
print get$U(os$U[0])";
        self.template(text, &more);
        self.spend(10_000);
    }

    /// A function is called with numbers, then with a text or a list, then with numbers again.
    fn flipped_arguments(&mut self) {
        let more = [
            ("$N", self.number_of(60, 900)),
            ("$A", self.number_of(20, 59)),
            ("$B", self.number_of(1, 30)),
            ("$V", self.one_of(&["\"s\"", "[1]", "null", "0.5", "2 ^ 40", "-0", "{\"k\": 1}"])),
            ("$E", self.one_of(&["v + v", "v + 1", "w + v", "[v, w]", "v == w"])),
            ("$K", self.one_of(&["m.k", "l[1]", "v"])),
        ];
        let text = "f$U = function(v, w=1)
  return $E
end function
go$U = function(n)
  m = {\"k\": 1}
  l = [1, 2, 3]
  v = 1
  t = 0
  for i in range(1, n)
    if i == $A then $K = $V
    if i == $A + $B then $K = i
    r = f$U($K, i)
    if r isa number then t = (t + r) % 100003 else t = t + 1
    r = f$U($K)
    if r isa string then t = t + r.len
  end for
  return t
end function
for r in range(1, 4)
  $S = ($S + go$U($N)) % 100003
end for";
        self.template(text, &more);
        self.spend(12_000);
    }
}
