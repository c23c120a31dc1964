//! Looks at a set-up from outside - a tenant, a client of it, and the host of the page - and says what is wrong and how to
//! repair it.
//!
//! [`probe`](probe::probe) sends requests and collects what comes back as data, [`Observations`](observations::Observations).
//! [`Report::of`](report::Report::of) decides from that data alone. [`text`](text::text) writes the report for people; as JSON it
//! is what [`Report`](report::Report) serializes to.

pub mod answer;
pub mod authorization;
mod checks;
mod content_policy;
pub mod finding;
pub mod http_client;
pub mod observations;
pub mod probe;
pub mod report;
pub mod target;
pub mod text;
