//! The worker process: where evaluated code runs, never in the server.
//!
//! `client` is the server's end, `child` the process's; `protocol` is what they say, `lockdown` what the process gives up,
//! `report` what of a run is worth telling. Invariant: nothing that evaluated code does (crash, hang, flood, memory bomb)
//! reaches the server as more than an event.

pub mod child;
pub mod client;
pub mod lockdown;
pub mod protocol;
mod report;
