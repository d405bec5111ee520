//! What is loaded and how it runs.
pub mod tier;
pub mod unit;
pub mod weight;

pub use unit::{Code, CodeId};
