//! Scenes of the program generator about strings that are read character by character, and about methods of strings, lists and maps
//! that programs add to their type maps, replace and remove while hot code calls them.
//!
//! `scenes` picks among them. Each is a template as in `features`. Invariants: as there; type maps are put right again at the end.

use super::Generator;

/// How many scenes there are.
pub(super) const SCENES: u64 = 4;

impl Generator {
    /// One of the scenes.
    pub(super) fn text_scene(&mut self, number: u64) {
        match number {
            0 => self.scanned_text(),
            1 => self.walked(),
            2 => self.asked_values(),
            _ => self.changed_methods(),
        }
    }

    /// A text is gone through by index; in the middle it becomes another one, or something that is no text.
    fn scanned_text(&mut self) {
        let more = [
            ("$N", self.number_of(60, 500)),
            ("$A", self.number_of(20, 59)),
            ("$P", self.one_of(&["\"abc_9 =x\"", "\"aäb\"", "\"z\"", "\"qq\" + char(97)"])),
            (
                "$C",
                self.one_of(&[
                    "s = s + \"é\"",
                    "s = [\"a\", 1, null]",
                    "s = {0: \"a\", 1: \"b\"}",
                    "s = \"\"",
                    "s = s[1:]",
                    "string[1] = \"hidden\"",
                    "c = 7",
                    "s = s * 3",
                ]),
            ),
            ("$I", self.one_of(&["i", "i % 3", "-(i % 4)", "i * 0.5", "i % 3 + 1"])),
            (
                "$T",
                self.one_of(&[
                    "c >= \"a\" and c <= \"z\"",
                    "c == \"a\" or c == x",
                    "c < x",
                    "c != \"b\" and s != c",
                    "c + \"\" == \"a\"",
                    "char(97 + i % 40) == c",
                ]),
            ),
        ];
        let text = "scan$U = function(s, n, at)
  x = \"a\"
  t = 0
  for i in range(0, n)
    c = s[$I % 2]
    if i == at then $C
    if $T then t = t + 1
    if c isa string then t = t + c.code + c.len else t = t + 3
    if s isa string and i % 9 == 0 then t = t + s.indexOf(x + \"\") * 0 + s.len
    x = c
  end for
  return t
end function
for r in range(1, 4)
  $S = ($S + scan$U($P * r, $N, $A * (r % 2))) % 100003
end for
if string.hasIndex(1) then string.remove 1";
        self.template(text, &more);
        self.spend(8_000);
    }

    /// A map or a text is gone through by `for`; what the loop is given is kept, changed or dropped, and the container changes.
    fn walked(&mut self) {
        let more = [
            ("$N", self.number_of(20, 90)),
            ("$A", self.number_of(5, 80)),
            (
                "$M",
                self.one_of(&["{\"a\": 1, \"b\": 2, \"c\": 3}", "{1: 2, 3: 4}", "{}", "{\"v\": 0.5, \"w\": \"x\"}"]),
            ),
            ("$P", self.one_of(&["\"abcab\"", "\"aäb\"", "\"\"", "char(97) * 4"])),
            (
                "$C",
                self.one_of(&[
                    "m = m + {i: i}",
                    "m.remove \"a\"",
                    "m[\"a\" + i] = [i]",
                    "m = [1, {\"key\": 1, \"value\": 5}]",
                    "s = s + \"é\"",
                    "s = [\"a\", \"b\"]",
                    "s = 5",
                    "kv = 3",
                    "m.b = \"t\"",
                ]),
            ),
            (
                "$W",
                self.one_of(&[
                    "kept = kv",
                    "kv.value = i",
                    "kv.more = i",
                    "all.push kv",
                    "kv.remove \"key\"",
                    "if i == at then kept = [kv, kv.key]",
                    "x = kv.key",
                    "",
                ]),
            ),
            ("$R", self.one_of(&["kv", "kept", "ch", "t", "[kv, ch]"])),
        ];
        let text = "walk$U = function(m, s, n, at)
  t = 0
  kept = 0
  all = []
  for i in range(1, n)
    for kv in m
      if kv isa map then
        x = kv.value
        if x isa number then t = (t + x) % 100003 else t = t + 1
        if kv.hasIndex(\"key\") and @kv.key isa string then t = t + kv.key.len
        $W
      end if
    end for
    if i == at then $C
    for ch in s
      if ch == \"a\" or ch == \"ä\" then t = t + 1
      if ch isa string then t = t + ch.code
    end for
    t = t % 100003
    if all.len > 20 then all = []
  end for
  return str([t, $R, all.len])
end function
for r in range(1, 4)
  $S = $S + (walk$U($M, $P, $N, $A * (r % 2))).len
end for
print walk$U($M, $P, 7, 3)";
        self.template(text, &more);
        self.spend(12_000);
    }

    /// Values of changing kinds are asked for their type, have their bits taken, are squared, and serve as an index.
    fn asked_values(&mut self) {
        let more = [
            ("$N", self.number_of(60, 500)),
            ("$A", self.number_of(20, 59)),
            ("$X", self.one_of(&["i", "i * 0.5", "-i", "i * 4000000", "\"7\"", "i - 30"])),
            (
                "$C",
                self.one_of(&[
                    "x = \"7\"",
                    "x = -x",
                    "x = {\"__isa\": number}",
                    "x = {\"__isa\": {\"__isa\": string}}",
                    "x = [x]",
                    "x = null",
                    "x = 0.5 + i",
                    "x = 1 / 0",
                    "l = range(0, 9)",
                    "x = number",
                    "x = err(\"no\")",
                ]),
            ),
            ("$B", self.one_of(&["bitAnd", "bitOr", "bitXor"])),
            ("$I", self.one_of(&["i % 4 * 0.7", "i % 3", "t % 2.5", "-(i % 4) * 0.6", "i % 5 * 0.9", "rnd * 0.9"])),
            ("$Y", self.one_of(&["number", "string", "list", "map", "funcRef", "error"])),
            ("$E", self.one_of(&["2", "2", "0.5", "3", "k"])),
        ];
        let text = "ask$U = function(n, at)
  l = [1, 2, 3, 4]
  t = 0
  k = 2
  for i in range(0, n)
    x = $X
    if i == at then $C
    if x isa number then t = t + 1
    if x isa $Y then t = t + 2
    if not x isa map and not x isa error then
      y = $B(x, 1023)
      if y isa number then t = t + $B(y, i)
    end if
    if x isa number then
      y = (x % 1000) ^ $E
      if y == y then t = t + y % 1000
    end if
    if l[$I] isa number then t = t + l[$I]
    if i % 7 == 0 and i < at then l[$I] = i % 4 * 0.5
    t = t % 100003
  end for
  return t
end function
for r in range(1, 4)
  x = ask$U($N, $A * (r % 2))
  if x isa number then $S = ($S + x) % 100003
end for";
        self.template(text, &more);
        self.spend(9_000);
    }

    /// Lists, strings and maps are asked and changed by their methods, of which one changes.
    fn changed_methods(&mut self) {
        let more = [
            ("$N", self.number_of(60, 500)),
            ("$A", self.number_of(20, 59)),
            ("$M", self.one_of(&["push", "pop", "len", "indexOf", "hasIndex", "remove"])),
            ("$Y", self.one_of(&["list", "list", "string", "map"])),
            ("$B", self.one_of(&["return 1", "return self", "return null", "return [self]"])),
            (
                "$C",
                self.one_of(&[
                    "$Y.$M = function(x, y); $B; end function",
                    "$Y.remove \"$M\"",
                    "$Y.extra$U = function(x); return 4; end function",
                    "$Y.$M = 5",
                    "l = {\"len\": 3}",
                    "l = \"text\"",
                    "freeze l",
                    "l = range(1, 9)",
                    "m.len = 2",
                    "m = {\"__isa\": {\"hasIndex\": 1}}",
                    "m = [1, 2]",
                ]),
            ),
            ("$V", self.one_of(&["i", "0.5", "\"v\"", "[i]", "null"])),
        ];
        let text = "work$U = function(n, at)
  l = []
  m = {\"k\": 1}
  t = 0
  for i in range(1, n)
    if i == at then $C
    if l isa list and not refEquals(l, freezeable$U) then
      if list.hasIndex(\"push\") and @list.push == @intrinsics[\"push\"] then l.push i else l = l + [i]
      if i % 4 == 0 and not list.hasIndex(\"x\") then l = l + [$V]
      if i % 3 == 0 and list.hasIndex(\"pop\") and i < at then x = l.pop
    end if
    if $Y.hasIndex(\"len\") then k = l.len else k = 1
    if k isa number then t = t + k
    if i < at and m.hasIndex(\"k\") then t = t + m.len
    if i < at then t = t + \"text\".indexOf(\"x\") + \"t\".code
    if l isa list and k isa number and k > 30 then l = []
  end for
  return t % 100003
end function
freezeable$U = [1]
saved$U = [list + {}, string + {}, map + {}]
for r in range(1, 3)
  x = work$U($N, $A * r)
  if x isa number then $S = ($S + x) % 100003
  for key in saved$U[0].indexes
    list[key] = @saved$U[0][key]
  end for
  for key in saved$U[1].indexes
    string[key] = @saved$U[1][key]
  end for
  for key in saved$U[2].indexes
    map[key] = @saved$U[2][key]
  end for
end for";
        self.template(text, &more);
        self.spend(10_000);
    }
}
