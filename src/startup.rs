//! What has to be settled before anything else runs. The one module with `unsafe` in it.

use std::env;

/// Where the person has chosen to draw without OpenGL (`GSK_RENDERER=cairo`), GTK still loads the drivers, to look for a
/// visual that nobody will use: some 70 MB and a tenth of a second with a software driver. So it is told not to
/// (`GDK_DISABLE`, GTK ≥ 4.16); what the person says themselves counts more.
///
/// To be called first in `main`: it changes the environment.
#[allow(unsafe_code)]
pub fn prepare() {
    let draws_by_cairo = env::var_os("GSK_RENDERER").is_some_and(|renderer| renderer == "cairo");
    if draws_by_cairo && env::var_os("GDK_DISABLE").is_none() {
        // SAFETY: `set_var` must not run while another thread reads the environment, and there is no other thread yet.
        unsafe { env::set_var("GDK_DISABLE", "gl,vulkan") };
    }
}
