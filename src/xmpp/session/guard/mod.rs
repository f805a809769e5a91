//! What stands between the network and the XML reader, whose limits are hard errors and whose time grows with the square of
//! the depth.

mod filter;
#[cfg(any(test, fuzzing))]
pub(super) mod fuzzing;
mod io;
#[cfg(test)]
mod tests;

pub use filter::GuardLimits;
pub use io::{Guard, GuardHandle};
