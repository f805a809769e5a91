//! Stream management (XEP-0198) as two pure state machines, one for each direction.

mod inbound;
mod outbound;

pub use inbound::{Inbound, ResumePoint};
pub use outbound::{Cause, Lost, Outbound, TooHigh};
