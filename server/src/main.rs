//! The binary `minilive`: [`minilive::cli::main`] and nothing else.
#![forbid(unsafe_code)]
#![cfg_attr(all(target_os = "linux", target_env = "gnu", not(minilive_portable), not(test)), no_main)]

minilive_jit::entry_point!(minilive::cli::main);
