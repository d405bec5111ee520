//! Scenes of the program generator about strings that are read character by character, and about methods of strings, lists and maps
//! that programs add to their type maps, replace and remove while hot code calls them.
//!
//! `scenes` picks among them. Each is a template as in `features`. Invariants: as there; type maps are put right again at the end.

use super::Generator;

/// How many scenes there are.
pub(super) const SCENES: u64 = 2;

impl Generator {
    /// One of the scenes.
    pub(super) fn text_scene(&mut self, number: u64) {
        match number {
            0 => self.scanned_text(),
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
