//! `cargo xtask`: what cannot be a plain test, since it needs more than the clone and Rust.
//!
//! Each task fails when its material is missing; none is skipped in silence.
#![forbid(unsafe_code)]

fn main() {
    eprintln!("usage: cargo xtask conformance FILE");
    std::process::exit(2);
}
