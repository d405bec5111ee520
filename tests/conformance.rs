//! Reads the official MiniScript test suite: blocks between lines of `====`, program and output divided by `----`.
//!
//! `xtask conformance` runs what this returns. Invariant: the line number of each block is kept, since the suite has no names.

/// One block of the suite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Line on which the program starts.
    pub line: usize,
    /// The program.
    pub program: String,
    /// What it must print, without the final line end.
    pub output: String,
}

/// All blocks, in order; comment lines are left out.
pub fn read(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut current: Vec<(usize, &str)> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.starts_with("====") {
            blocks.extend(block(&current));
            current.clear();
        } else {
            current.push((number + 1, line));
        }
    }
    blocks.extend(block(&current));
    blocks
}

fn block(lines: &[(usize, &str)]) -> Option<Block> {
    let (line, _) = *lines.first()?;
    let split = lines.iter().position(|(_, it)| it.starts_with("----")).unwrap_or(lines.len());
    let join = |part: &[(usize, &str)]| part.iter().map(|(_, it)| *it).collect::<Vec<_>>().join("\n");
    let output = lines.get(split + 1..).map(join).unwrap_or_default();
    Some(Block { line, program: join(&lines[..split]), output })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_split_into_program_and_output() {
        let blocks = read("==== intro\n====\nprint 1\n----\n1\n==== a comment\nprint 2\nprint 3\n-----\n2\n3\n====\n");
        assert_eq!(blocks.len(), 2);
        assert_eq!(blocks[1], Block { line: 7, program: "print 2\nprint 3".into(), output: "2\n3".into() });
    }
}
