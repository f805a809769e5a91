//! What can be told of a page without eyes.

use std::{cell::RefCell, collections::HashSet, fs::OpenOptions, io::Write as _, path::Path};

use gtk::{pango, prelude::*};

use crate::widgets::all;

/// The least side of what is pressed (WCAG 2.2 §2.5.8), and what a finger hits with ease.
const LEAST_SIDE: f32 = 24.0;
const GOOD_SIDE: f32 = 34.0;

thread_local! {
    /// What has been reported: each thing is said once, however many pages have it.
    static SAID: RefCell<HashSet<String>> = RefCell::default();
}

/// Checks what is seen of a window; what may or may not be a fault is reported.
pub fn look_over(window: &gtk::Window, name: &str) {
    for widget in all::<gtk::Widget>(window) {
        if !is_seen(&widget) {
            continue;
        }
        let (what, bounds) = (describe(&widget), widget.compute_bounds(window).expect("it is in the window"));
        if !is_scrolled_sideways(&widget) {
            let (left, right) = (bounds.x(), bounds.x() + bounds.width());
            #[expect(clippy::cast_precision_loss)]
            let width = window.width() as f32;
            assert!(left >= -1.0 && right <= width + 1.0, "{name}: {what} stands from {left} to {right} in {width}");
        }
        if let Some(button) = widget.downcast_ref::<gtk::Button>().filter(|button| button.is_sensitive()) {
            let side = bounds.width().min(bounds.height());
            let what = format!("{what}: {:.0} × {:.0}", bounds.width(), bounds.height());
            assert!(side >= LEAST_SIDE || !button.is_focusable(), "{name}: small {what}");
            if side < GOOD_SIDE {
                report(name, &format!("small  {what}"));
            }
        }
        if let Some(label) = widget.downcast_ref::<gtk::Label>()
            && label.ellipsize() != pango::EllipsizeMode::None
            && label.layout().is_ellipsized()
        {
            report(name, &format!("cut    {}", label.text()));
        }
    }
}

/// Letters, pictures and what is pressed: boxes may have edges that nobody sees.
fn is_seen(widget: &gtk::Widget) -> bool {
    widget.is::<gtk::Label>() || widget.is::<gtk::Image>() || widget.is::<gtk::Button>() || widget.is::<gtk::Editable>()
}

/// It stands in something that is moved to the left and to the right.
fn is_scrolled_sideways(widget: &gtk::Widget) -> bool {
    let mut above = widget.parent();
    while let Some(widget) = above {
        let is_fixed = |scroller: &gtk::ScrolledWindow| scroller.hscrollbar_policy() == gtk::PolicyType::Never;
        if widget.downcast_ref::<gtk::ScrolledWindow>().is_some_and(|scroller| !is_fixed(scroller))
            || widget.is::<gtk::Text>()
            || widget.is::<adw::Carousel>()
        {
            return true;
        }
        above = widget.parent();
    }
    false
}

fn describe(widget: &gtk::Widget) -> String {
    let text = widget.downcast_ref::<gtk::Label>().map(|label| label.text().to_string());
    let button = widget.downcast_ref::<gtk::Button>();
    let button = button.and_then(|button| button.label().or_else(|| button.icon_name()).map(String::from));
    let tooltip = widget.tooltip_text().map(String::from);
    let words = text.or(tooltip).or(button).unwrap_or_default();
    format!("{} {} “{words}”", widget.type_(), widget.css_classes().join("."))
}

fn report(name: &str, what: &str) {
    let look = name.split('-').take(2).collect::<Vec<_>>().join("-");
    if !SAID.with_borrow_mut(|said| said.insert(format!("{look} {what}"))) {
        return;
    }
    let Some(dir) = std::env::var_os("STONECHAT_SHOTS") else { return };
    let file = OpenOptions::new().create(true).append(true).open(Path::new(&dir).join("report.txt"));
    writeln!(file.expect("the report can be written"), "{name}: {what}").expect("the report can be written");
}
