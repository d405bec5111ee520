//! Dates as text by patterns such as `yyyy-MM-dd` and one-letter names of patterns (LANGUAGE 8.7).
//!
//! Used by `dates.rs`. Invariant: names of months and days are English, whatever the system's language is, so that a program
//! prints the same everywhere.

use jiff::civil::DateTime;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// A date as text. `seconds` gives the fraction of a second.
pub(super) fn format(at: DateTime, seconds: f64, pattern: &str) -> String {
    let whole = match pattern {
        // As C's `ctime` has it, the day in two places.
        "" if at.day() < 10 => "ddd MMM  d HH:mm:ss yyyy",
        "" => "ddd MMM d HH:mm:ss yyyy",
        "d" => "MM/dd/yy",
        "D" => "dddd, dd MMMM yyyy",
        "f" => "dddd, dd MMMM yyyy HH:mm",
        "F" | "U" => "dddd, dd MMMM yyyy HH:mm:ss",
        "g" => "MM/dd/yy H:mm tt",
        "G" => "MM/dd/yy HH:mm:ss",
        "M" | "m" => "d MMMM",
        "O" | "o" => "yyyy-MM-ddTHH:mm:ss.ffffff0",
        "R" | "r" => "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
        "s" => "yyyy-MM-ddTHH:mm:ss",
        "t" => "HH:mm",
        "T" => "HH:mm:ss",
        "u" => "yyyy-MM-dd HH:mm:ssZ",
        "Y" | "y" => "yyyy MMMM",
        // Other single letters name no pattern; `%` before one makes it a part.
        _ if pattern.chars().count() == 1 => return String::new(),
        _ => pattern.strip_prefix('%').unwrap_or(pattern),
    };
    Writer { at, seconds, out: String::new() }.write(whole)
}

struct Writer {
    at: DateTime,
    seconds: f64,
    out: String,
}

impl Writer {
    fn write(mut self, pattern: &str) -> String {
        let mut rest = pattern;
        while let Some(first) = rest.chars().next() {
            rest = match first {
                '\'' | '"' => self.quoted(rest, first),
                '\\' => self.escaped(rest),
                _ => {
                    let count = rest.chars().take_while(|c| *c == first).count();
                    let used = self.part(first, count);
                    &rest[used * first.len_utf8()..]
                }
            };
        }
        self.out
    }

    /// Text between quotes, which stands for itself.
    fn quoted<'a>(&mut self, text: &'a str, quote: char) -> &'a str {
        let inner = &text[1..];
        let mut skip = false;
        let end = inner.char_indices().find(|(_, c)| {
            let found = *c == quote && !skip;
            skip = *c == '\\' && !skip;
            found
        });
        let end = end.map_or(inner.len(), |(at, _)| at);
        self.out.push_str(&inner[..end]);
        inner.get(end + 1..).unwrap_or("")
    }

    /// A backslash and the character that stands for itself.
    fn escaped<'a>(&mut self, text: &'a str) -> &'a str {
        let mut rest = text[1..].chars();
        self.out.push(rest.next().unwrap_or('\\'));
        rest.as_str()
    }

    fn padded(&mut self, number: i16, width: usize) {
        self.out.push_str(&format!("{number:0width$}"));
    }

    /// Writes the part that `count` equal letters name, or as many of them as make one; says how many were used.
    fn part(&mut self, letter: char, count: usize) -> usize {
        let at = self.at;
        let most = match letter {
            'y' | 'M' | 'd' => 4,
            'h' | 'H' | 'm' | 's' | 't' | 'g' => 2,
            'f' | 'F' => 6,
            _ => 1,
        };
        let used = count.min(most);
        match (letter, used) {
            ('y', 4) => self.padded(at.year(), 4),
            ('y', 3) => self.padded(at.year(), 3),
            ('y', 2) => self.padded(at.year().rem_euclid(100), 2),
            ('M', 4) => self.out.push_str(month(at)),
            ('M', 3) => self.out.push_str(&month(at)[..3]),
            ('M', width) => self.padded(i16::from(at.month()), width),
            ('d', 4) => self.out.push_str(day(at)),
            ('d', 3) => self.out.push_str(&day(at)[..3]),
            ('d', width) => self.padded(i16::from(at.day()), width),
            ('h', width) => self.padded((i16::from(at.hour()) + 11) % 12 + 1, width),
            ('H', width) => self.padded(i16::from(at.hour()), width),
            ('m', width) => self.padded(i16::from(at.minute()), width),
            ('s', width) => self.padded(i16::from(at.second()), width),
            ('f', width) => self.fraction(width, false),
            ('F', width) => self.fraction(width, true),
            ('t', width) => self.out.push_str(&(if at.hour() < 12 { "AM" } else { "PM" })[..width]),
            ('g', _) => self.out.push_str(if at.year() > 0 { "A.D." } else { "B.C." }),
            _ => self.out.push(letter),
        }
        used
    }

    /// The fraction of the second, with so many digits; nothing for a zero if that is to be left out.
    fn fraction(&mut self, digits: usize, skip_zero: bool) {
        let fraction = self.seconds.abs().fract();
        let text = format!("{fraction:.digits$}");
        let shown = &text[2..];
        if !skip_zero || shown.bytes().any(|digit| digit != b'0') {
            self.out.push_str(shown);
        }
    }
}

fn month(at: DateTime) -> &'static str {
    MONTHS[usize::from(at.month().unsigned_abs()) - 1]
}

fn day(at: DateTime) -> &'static str {
    DAYS[usize::from(at.weekday().to_sunday_zero_offset().unsigned_abs())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_filled_in() {
        let at = DateTime::constant(2003, 4, 6, 15, 7, 9, 0);
        let rows = [
            ("yyyy-MM-dd HH:mm:ss", "2003-04-06 15:07:09"),
            ("yyy yy MMMM MMM M", "2003 03 April Apr 4"),
            ("dddd ddd d", "Sunday Sun 6"),
            ("hh h H m s", "03 3 15 7 9"),
            ("fff FF ffffff", "250 25 250000"),
            ("tt t gg", "PM P A.D."),
            ("'at' yyyy \\y \"x\"", "at 2003 y x"),
            ("%d", "6"),
            ("%M!", "4!"),
            ("MMMMM", "April4"),
            ("D", "Sunday, 06 April 2003"),
            ("f", "Sunday, 06 April 2003 15:07"),
            ("M", "6 April"),
            ("R", "Sun, 06 Apr 2003 15:07:09 GMT"),
            ("s", "2003-04-06T15:07:09"),
            ("u", "2003-04-06 15:07:09Z"),
            ("O", "2003-04-06T15:07:09.2500000"),
            ("Y", "2003 April"),
            ("x", ""),
            ("日: yyyy", "日: 2003"),
        ];
        for (pattern, expected) in rows {
            assert_eq!(format(at, 100.25, pattern), expected, "{pattern}");
        }
    }

    #[test]
    fn midnight_is_twelve_in_the_morning() {
        let at = DateTime::constant(2000, 1, 1, 0, 0, 0, 0);
        assert_eq!(format(at, 0.0, "h tt FF"), "12 AM ");
        assert_eq!(format(at, 0.0, ""), "Sat Jan  1 00:00:00 2000");
    }
}
