//! How far the history has come that a new device, or one that was away for long, fetches from the server.

use adw::{prelude::*, subclass::prelude::*};
use gettextrs::{gettext, ngettext};
use gtk::glib;

use crate::{
    engine::api::HistoryProgress,
    model::{Account, Messenger},
};

mod imp {
    use super::{Account, Messenger, glib};
    use adw::subclass::prelude::*;
    use gtk::{CompositeTemplate, prelude::*};
    use std::cell::{OnceCell, RefCell};

    #[derive(Debug, Default, CompositeTemplate)]
    #[template(resource = "/im/stonechat/Stonechat/ui/fetching_bar.ui")]
    pub struct FetchingBar {
        #[template_child]
        pub(super) revealer: TemplateChild<gtk::Revealer>,
        #[template_child]
        pub(super) label: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) bar: TemplateChild<gtk::ProgressBar>,
        pub(super) messenger: OnceCell<Messenger>,
        /// The accounts that are watched.
        pub(super) watched: RefCell<Vec<(Account, glib::SignalHandlerId)>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for FetchingBar {
        const NAME: &'static str = "StonechatFetchingBar";
        type Type = super::FetchingBar;
        type ParentType = gtk::Box;

        fn class_init(klass: &mut Self::Class) {
            klass.bind_template();
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    impl ObjectImpl for FetchingBar {
        fn dispose(&self) {
            for (account, handler) in self.watched.take() {
                account.disconnect(handler);
            }
            self.dispose_template();
        }
    }

    impl WidgetImpl for FetchingBar {}
    impl BoxImpl for FetchingBar {}
}

glib::wrapper! {
    /// A line with a bar below it, there while history is fetched.
    pub struct FetchingBar(ObjectSubclass<imp::FetchingBar>)
        @extends gtk::Box, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::Orientable;
}

impl FetchingBar {
    pub fn set_messenger(&self, messenger: &Messenger) {
        if self.imp().messenger.set(messenger.clone()).is_err() {
            return;
        }
        let weak = self.downgrade();
        messenger.accounts().connect_items_changed(move |_, _, _, _| {
            if let Some(bar) = weak.upgrade() {
                bar.watch();
            }
        });
        self.watch();
    }

    /// Follows each account that there is now.
    fn watch(&self) {
        let Some(messenger) = self.imp().messenger.get() else { return };
        for (account, handler) in self.imp().watched.take() {
            account.disconnect(handler);
        }
        let watched = messenger.each_account().map(|account| {
            let weak = self.downgrade();
            let handler = account.connect_history_notify(move |_| {
                if let Some(bar) = weak.upgrade() {
                    bar.update();
                }
            });
            (account, handler)
        });
        self.imp().watched.replace(watched.collect());
        self.update();
    }

    fn update(&self) {
        let imp = self.imp();
        let all = imp.watched.borrow().iter().filter_map(|(account, _)| account.history()).map(|p| p.0).reduce(sum);
        imp.revealer.set_reveal_child(all.is_some());
        let Some(progress) = all else { return };
        let fetched = progress.fetched.to_string();
        let total = progress.total.filter(|total| *total > 0);
        // A bar that runs to and fro would have the whole window drawn sixty times a second for as long as it is there.
        imp.bar.set_visible(total.is_some());
        if let Some(total) = total {
            let text = gettext("Fetching messages: {n} of {total}");
            imp.label.set_label(&text.replace("{n}", &fetched).replace("{total}", &total.to_string()));
            imp.bar.set_fraction(f64::from(progress.fetched) / f64::from(total));
        } else {
            let text = ngettext("Fetching messages: {n} so far", "Fetching messages: {n} so far", progress.fetched);
            imp.label.set_label(&text.replace("{n}", &fetched));
        }
    }
}

/// Two accounts together.
fn sum(a: HistoryProgress, b: HistoryProgress) -> HistoryProgress {
    HistoryProgress {
        fetched: a.fetched.saturating_add(b.fetched),
        total: a.total.zip(b.total).map(|(a, b)| a.saturating_add(b)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_accounts_are_counted_together_and_only_where_both_are_known() {
        let progress = |fetched, total| HistoryProgress { fetched, total };
        assert_eq!(sum(progress(1, Some(10)), progress(2, Some(20))), progress(3, Some(30)));
        assert_eq!(sum(progress(1, Some(10)), progress(2, None)), progress(3, None));
    }
}
