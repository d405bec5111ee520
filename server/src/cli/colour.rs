//! `--color`: whether a command's output has colours, in `check` and `show`.

use clap::builder::styling::AnsiColor;
use clap::{Args, ColorChoice};
use std::io::IsTerminal;

/// Writes a line about something that went wrong to standard error, in red where a person looks at it.
pub fn say_error(line: &str) {
    if on_stderr() {
        let red = AnsiColor::Red.on_default().bold();
        eprintln!("{red}{line}{red:#}");
    } else {
        eprintln!("{line}");
    }
}

/// Whether standard error has colours if nothing is said.
pub fn on_stderr() -> bool {
    Colour { color: ColorChoice::Auto }.is_wanted(&std::io::stderr())
}

/// When to use colours.
#[derive(Debug, Clone, Copy, Args)]
pub struct Colour {
    /// When to use colours.
    #[arg(long, value_enum, default_value_t = ColorChoice::Auto, value_name = "WHEN")]
    color: ColorChoice,
}

impl Colour {
    /// Whether to colour what goes to this stream: a terminal, unless `NO_COLOR` is set, if nothing is said.
    pub fn is_wanted(self, stream: &impl IsTerminal) -> bool {
        match self.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            }
        }
    }
}
