//! What the desktop offers beyond a window: notifications, knowing whether anybody is there, running in the background.

mod activity;
mod background;
mod idle_watch;
mod network_watch;
mod notifier;
mod service_thread;
mod services;

use activity::Activity;
use background::Background;
use idle_watch::IdleWatch;
use network_watch::NetworkWatch;
use notifier::{Notification, Notifier};

pub use services::Services;
