//! Below a message that was not sent: why, and what can be done.

use gtk::{glib, prelude::*, subclass::prelude::*};

use super::{attachment::words, error_text};
use crate::engine::api::{AttachmentProblem, SendFailure};

mod imp {
    use super::glib;
    use gtk::{CompositeTemplate, subclass::prelude::*};

    #[derive(Debug, Default, CompositeTemplate)]
    #[template(resource = "/im/stonechat/Stonechat/ui/failure_bar.ui")]
    pub struct FailureBar {
        #[template_child]
        pub(super) reason: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) retry: TemplateChild<gtk::Button>,
        #[template_child]
        pub(super) discard: TemplateChild<gtk::Button>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for FailureBar {
        const NAME: &'static str = "StonechatFailureBar";
        type Type = super::FailureBar;
        type ParentType = gtk::Box;

        fn class_init(klass: &mut Self::Class) {
            klass.bind_template();
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    impl ObjectImpl for FailureBar {}
    impl WidgetImpl for FailureBar {}
    impl BoxImpl for FailureBar {}
}

glib::wrapper! {
    /// The reason of a failure, with "Send again" and "Delete". The actions are the row's.
    pub struct FailureBar(ObjectSubclass<imp::FailureBar>)
        @extends gtk::Box, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::Orientable;
}

impl Default for FailureBar {
    fn default() -> Self {
        glib::Object::new()
    }
}

impl FailureBar {
    /// Where it was a file that did not go, `file` says why, and nothing else does.
    pub fn set_failure(&self, failure: SendFailure, file: Option<AttachmentProblem>) {
        let reason = file.map_or_else(|| error_text::send_failure(failure), |file| words::problem(file, true));
        self.imp().reason.set_label(&reason);
        // The same would be too much again.
        let is_too_much = failure == SendFailure::TooLong || file == Some(AttachmentProblem::TooLarge);
        self.imp().retry.set_visible(!is_too_much);
    }
}
