//! Sections of docs/diagnostics.md: read into their parts, and written with what the server says of their programs.
//!
//! Part of `pages`. Invariant: reading what was written gives the same parts.

use minilive::ide::{Action, Diagnostic, Severity};
use minilive_mir::lower::lower_file;

/// Files, the first being the one that is looked at.
pub struct Program {
    /// Their names and texts in full.
    pub files: Vec<(String, String)>,
    /// As the page shows them.
    shown: String,
}

/// What the page leaves out of texts that are too long for it.
const LEFT_OUT: [(&str, &str, usize); 3] = [("(…", "(", 600), ("…)", ")", 600), ("1, …", "1, ", 70_000)];

impl Program {
    fn add(&mut self, kind: &str, name: &str, shown: &str) {
        let text = LEFT_OUT
            .iter()
            .fold(shown.to_owned(), |text, (mark, what, times)| text.replace(mark, &what.repeat(*times)));
        let info = if name.is_empty() { kind.to_owned() } else { format!("{kind} {name}") };
        self.shown += &format!("```miniscript {info}\n{shown}```\n\n");
        self.files.push((if name.is_empty() { "main.ms".into() } else { name.into() }, text));
    }

    fn empty() -> Program {
        Program { files: Vec::new(), shown: String::new() }
    }

    fn changed(&self, main: String) -> Program {
        let mut files = self.files.clone();
        files[0].1 = main;
        Program { files, shown: String::new() }
    }

    /// The program after an action.
    pub fn with(&self, action: &Action) -> Program {
        let mut main = self.files[0].1.clone();
        for edit in action.edits.iter().rev() {
            main.replace_range(std::ops::Range::<usize>::from(edit.range), &edit.insert);
        }
        self.changed(main)
    }

    /// The program with a line above the one that something is said of.
    pub fn with_line_above(&self, said: &Diagnostic, line: &str) -> Program {
        let mut main = self.files[0].1.clone();
        let at = main[..usize::from(said.range.start())].rfind('\n').map_or(0, |at| at + 1);
        main.insert_str(at, line);
        self.changed(main)
    }
}

/// One code.
pub struct Section {
    pub code: String,
    pub prose: String,
    pub bad: Program,
    pub good: Program,
}

/// What stands before the sections, and the sections.
pub fn read(page: &str) -> Result<(String, Vec<Section>), String> {
    let mut parts = page.split("\n## `");
    let head = parts.next().unwrap_or_default().to_owned() + "\n";
    let sections = parts.map(one).collect::<Result<Vec<_>, _>>()?;
    Ok((head, sections))
}

fn one(text: &str) -> Result<Section, String> {
    let (code, rest) = text.split_once("`\n\n").ok_or_else(|| format!("no code in {text:?}"))?;
    let (prose, _) = rest.split_once("\n\n```").ok_or_else(|| format!("`{code}` has no program"))?;
    let (mut bad, mut good) = (Program::empty(), Program::empty());
    for block in rest.split("```miniscript ").skip(1) {
        let block = block.split_once("```").map(|it| it.0).ok_or_else(|| format!("`{code}`: a program has no end"))?;
        let (info, program) = block.split_once('\n').ok_or_else(|| format!("`{code}`: an empty program"))?;
        match info.split_once(' ').unwrap_or((info, "")) {
            ("bad", name) => bad.add("bad", name, program),
            ("good", name) => good.add("good", name, program),
            _ => return Err(format!("`{code}`: a program is `bad` or `good`, not `{info}`")),
        }
    }
    if bad.files.is_empty() || good.files.is_empty() || prose.len() < 20 {
        return Err(format!("`{code}` wants a sentence or two, a program that is `bad` and one that is `good`"));
    }
    Ok(Section { code: code.to_owned(), prose: prose.to_owned(), bad, good })
}

impl Section {
    /// The section with what the server says.
    pub fn written(&self, said: &Diagnostic, fix: Option<&str>, level: Severity, has_level: bool) -> String {
        let Section { code, prose, bad, good } = self;
        let at = place(&bad.files[0].1, said);
        // Folders are those of the test; where an evaluation is cut depends on the settings.
        let message = said.message.split(" in /").next().unwrap_or_default();
        let said = match message.split_once("was cut: ") {
            Some((what, _)) => format!("{what}was cut, with the limit that was reached"),
            None => format!("{at}: {message}"),
        };
        let mut out = format!("## `{code}`\n\n{prose}\n\n{}Said: {said}.\n\n", bad.shown);
        out += &fix.map_or_else(|| "Fix: none is offered.\n\n".into(), |fix| format!("Fix: *{fix}*.\n\n"));
        let (_, lowered) = lower_file(&minilive_syntax::parse(&bad.files[0].1), "main.ms");
        if let Some((text, line)) = lowered.first().and_then(|it| Some((it.reference.as_ref()?, it.reference_line))) {
            out += &format!("Reference: `Compiler Error: {text} [line {line}]`\n\n");
        }
        out += &format!("Mended:\n\n{}", good.shown);
        out + &how_to_silence(code, level, has_level)
    }
}

fn how_to_silence(code: &str, level: Severity, has_level: bool) -> String {
    let name = match level {
        Severity::Error => "`error`",
        Severity::Warning => "`warning`",
        Severity::Information => "`information`",
        Severity::Hint => "`hint`",
    };
    if !has_level {
        return format!("Level: {name}, always.\n\n");
    }
    let other = if level == Severity::Warning { "error" } else { "warning" };
    format!(
        "Level: {name}; to change it: `\"minilive.diagnostics.levels\": {{\"{code}\": \"{other}\"}}`. On a line: `// minilive: allow {code}`.\n\n"
    )
}

/// Line and columns, from 1.
fn place(text: &str, said: &Diagnostic) -> String {
    let (start, end) = (usize::from(said.range.start()), usize::from(said.range.end()));
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line = text[..start].matches('\n').count() + 1;
    let column = |at: usize| text[line_start..at.max(line_start)].chars().count() + 1;
    format!("line {line}, columns {} to {}", column(start), column(end))
}
