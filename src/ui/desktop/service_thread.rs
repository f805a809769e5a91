//! One thread for what talks to the session bus by `zbus` (notifications, portals), begun when it is first needed, so
//! that it costs a start of the program nothing.

use std::{future::Future, pin::Pin, sync::LazyLock};

type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

static JOBS: LazyLock<async_channel::Sender<Job>> = LazyLock::new(|| {
    let (sender, receiver) = async_channel::unbounded::<Job>();
    let begun = std::thread::Builder::new().name("desktop".into()).spawn(move || {
        match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime.block_on(async {
                while let Ok(job) = receiver.recv().await {
                    tokio::spawn(job);
                }
            }),
            Err(error) => log::error!("no runtime for desktop services: {error}"),
        }
    });
    if let Err(error) = begun {
        log::error!("no thread for desktop services: {error}");
    }
    sender
});

/// Runs a task there. It ends with the process, or by itself.
pub(super) fn spawn(job: impl Future<Output = ()> + Send + 'static) {
    // Fails only where the thread could not be begun, which has been logged: then there are no desktop services.
    let _ = JOBS.try_send(Box::pin(job));
}
