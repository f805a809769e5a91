//! What the desktop offers beyond a window: notifications, knowing whether anybody is there, running in the background.

mod background;
mod idle_watch;
mod network_watch;
mod notifier;
mod service_thread;

pub use background::Background;
pub use idle_watch::IdleWatch;
pub use network_watch::NetworkWatch;
pub use notifier::{Notification, Notifier};
