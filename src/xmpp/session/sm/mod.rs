//! Stream management (XEP-0198) as two pure state machines, one for each direction, and what they tell of a stanza that
//! makes a server end the stream.

mod culprit;
mod inbound;
mod outbound;
mod trial;

pub use culprit::{Culprit, Evidence, Line};
pub use inbound::{Inbound, ResumePoint};
pub use outbound::{Cause, Lost, Outbound, TooHigh};
pub use trial::Trial;
