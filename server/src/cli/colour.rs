//! `--color`: whether a command's output has colours, in `check` and `show`.

use clap::{Args, ColorChoice};
use std::io::IsTerminal;

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
