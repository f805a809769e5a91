//! Where messages are written: a field that grows, keeps what was not sent, and says that one is typing.
//!
//! Knows the conversation it writes to; where the message appears is not its affair.

mod draft;
mod keys;
mod link;
mod mentioning;
mod purpose;
mod sending;
mod spelling;
mod typing;
mod undoing;
mod voice;

use gettextrs::gettext;
use gtk::{glib, prelude::*, subclass::prelude::*};

use super::{
    attachment::{attach_bar::AttachBar, taking},
    completion::Completion as _,
    composer_bar::{ComposerBar, Purpose},
    emoji_completion::EmojiCompletion,
    link_preview::bar::LinkBar,
    mention_completion::MentionCompletion,
    mention_marks::MentionMarks,
    shortcuts,
    spelling::spell_check::SpellCheck,
    spoiler_bar::SpoilerBar,
    styled_input,
    voice_bar::VoiceBar,
    watch::Watch,
};
use crate::{
    engine::api::{ChatState, TextFormat},
    model::Conversation,
};

/// The smallest height at which the field begins to scroll.
const MINIMUM_GROWTH: i32 = 96;

mod imp {
    use super::{
        AttachBar, ChatState, ComposerBar, Conversation, EmojiCompletion, LinkBar, MentionCompletion, MentionMarks,
        SpellCheck, SpoilerBar, TextFormat, VoiceBar, Watch, glib, link, shortcuts, styled_input, taking, voice::Voice,
    };
    use crate::{engine::api::ConversationId, ui::media::recorder::Setup};
    use glib::subclass::Signal;
    use gtk::{CompositeTemplate, prelude::*, subclass::prelude::*};
    use std::{
        cell::{Cell, OnceCell, RefCell},
        collections::HashSet,
        sync::OnceLock,
    };

    #[derive(Default, CompositeTemplate, glib::Properties)]
    #[properties(wrapper_type = super::Composer)]
    #[template(resource = "/im/stonechat/Stonechat/ui/composer.ui")]
    pub struct Composer {
        #[template_child]
        pub(super) bar: TemplateChild<ComposerBar>,
        #[template_child]
        pub(super) spoiler: TemplateChild<SpoilerBar>,
        #[template_child]
        pub(super) problem_revealer: TemplateChild<gtk::Revealer>,
        #[template_child]
        pub(super) problem: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) link_bar: TemplateChild<LinkBar>,
        #[template_child]
        pub(super) attach_bar: TemplateChild<AttachBar>,
        #[template_child]
        pub(super) field: TemplateChild<gtk::Box>,
        #[template_child]
        pub(super) scroller: TemplateChild<gtk::ScrolledWindow>,
        #[template_child]
        pub(super) text: TemplateChild<gtk::TextView>,
        #[template_child]
        pub(super) placeholder: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) emoji: TemplateChild<gtk::MenuButton>,
        #[template_child]
        pub(super) send: TemplateChild<gtk::Button>,
        #[template_child]
        pub(super) record: TemplateChild<gtk::Button>,
        #[template_child]
        pub(super) voice_bar: TemplateChild<VoiceBar>,
        /// Enter sends and Shift+Enter breaks the line; else Enter breaks it and Ctrl+Enter sends.
        #[property(get, set)]
        pub(super) send_on_enter: Cell<bool>,
        /// The pages behind links that one writes are asked what they are.
        #[property(get, set)]
        pub(super) asks_pages: Cell<bool>,
        /// Words that no dictionary knows are underlined.
        #[property(get, set)]
        pub(super) checks_spelling: Cell<bool>,
        pub(super) spelling: OnceCell<SpellCheck>,
        pub(super) language_watch: Watch,
        pub(super) links: link::Known,
        pub(super) conversation: RefCell<Option<Conversation>>,
        /// How what stands in the field is to be shown.
        pub(super) format: RefCell<TextFormat>,
        pub(super) chat_state: Cell<Option<ChatState>>,
        pub(super) draft_timeout: RefCell<Option<glib::SourceId>>,
        pub(super) typing_timeout: RefCell<Option<glib::SourceId>>,
        /// The text is being set by ourselves.
        pub(super) is_setting: Cell<bool>,
        pub(super) completion: OnceCell<EmojiCompletion>,
        pub(super) setup: RefCell<Setup>,
        pub(super) voice: RefCell<Voice>,
        /// Which recording it is; what an earlier one still says counts no more.
        pub(super) voice_turn: Cell<u32>,
        /// Where recordings of an earlier run have been looked for.
        pub(super) searched: RefCell<HashSet<ConversationId>>,
        pub(super) people: OnceCell<MentionCompletion>,
        pub(super) marks: OnceCell<MentionMarks>,
        pub(super) surface_handler: RefCell<Option<(gtk::gdk::Surface, glib::SignalHandlerId)>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Composer {
        const NAME: &'static str = "StonechatComposer";
        type Type = super::Composer;
        type ParentType = gtk::Widget;

        fn class_init(klass: &mut Self::Class) {
            AttachBar::ensure_type();
            ComposerBar::ensure_type();
            LinkBar::ensure_type();
            SpoilerBar::ensure_type();
            VoiceBar::ensure_type();
            klass.bind_template();
            klass.install_action("composer.send", None, |composer, _, _| composer.send());
            klass.install_action("composer.attach", None, |composer, _, _| taking::choose(&composer.attach_bar()));
            klass.install_action("composer.leave-out-link", None, |composer, _, _| composer.leave_out_link());
            klass.install_action("composer.give-up", None, |composer, _, _| composer.give_up());
            klass.install_action("composer.spoiler", None, |composer, _, _| composer.imp().spoiler.toggle());
            klass.install_action("composer.record", None, |composer, _, _| composer.toggle_recording());
            klass.install_action("composer.send-recording", None, |composer, _, _| composer.send_recording());
            klass.install_action("composer.discard-recording", None, |composer, _, _| composer.throw_recording_away());
            let name = Some(glib::VariantTy::STRING);
            klass.install_action("composer.style", name, |composer, _, name| {
                styled_input::toggle_named(&composer.imp().text.buffer(), name.and_then(glib::Variant::str));
            });
            for shortcut in shortcuts::in_composer() {
                for keys in shortcut.accelerators {
                    styled_input::add_shortcut(klass, keys, shortcut.action);
                }
            }
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    #[glib::derived_properties]
    impl ObjectImpl for Composer {
        fn signals() -> &'static [Signal] {
            static SIGNALS: OnceLock<Vec<Signal>> = OnceLock::new();
            SIGNALS.get_or_init(|| {
                vec![
                    Signal::builder("sent").build(),
                    Signal::builder("edit-last").build(),
                    Signal::builder("toast").param_types([adw::Toast::static_type()]).build(),
                ]
            })
        }

        fn constructed(&self) {
            self.parent_constructed();
            self.send_on_enter.set(true);
            self.obj().set_up();
        }

        fn dispose(&self) {
            self.obj().leave();
            self.dispose_template();
            while let Some(child) = self.obj().first_child() {
                child.unparent();
            }
        }
    }

    impl WidgetImpl for Composer {
        /// GTK would end with `grab_focus`, and Tab would never lead out of the field.
        fn focus(&self, direction: gtk::DirectionType) -> bool {
            self.obj().first_child().is_some_and(|child| child.child_focus(direction))
        }

        fn grab_focus(&self) -> bool {
            if self.obj().is_recording() { self.voice_bar.grab_focus() } else { self.text.grab_focus() }
        }

        fn unmap(&self) {
            self.obj().leave_recording();
            self.parent_unmap();
        }

        fn realize(&self) {
            self.parent_realize();
            self.obj().follow_window();
        }

        fn unrealize(&self) {
            // The window closes: what was written is kept.
            self.obj().keep_draft();
            if let Some((surface, handler)) = self.surface_handler.take() {
                surface.disconnect(handler);
            }
            self.parent_unrealize();
        }
    }
}

glib::wrapper! {
    /// The field below the history.
    pub struct Composer(ObjectSubclass<imp::Composer>)
        @extends gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl Composer {
    /// Writes to another conversation; what stands in the field is kept as the old one's draft.
    pub fn set_conversation(&self, conversation: Option<&Conversation>) {
        let imp = self.imp();
        if imp.conversation.borrow().as_ref() == conversation {
            return;
        }
        self.leave();
        imp.bar.set_purpose(Purpose::New, "");
        self.forget_links_left_out();
        imp.conversation.replace(conversation.cloned());
        self.show_problem(None);
        imp.attach_bar.set_conversation(conversation);
        if let Some(conversation) = conversation {
            self.find_recordings(conversation);
        }
        let draft = conversation.and_then(Conversation::draft).unwrap_or_default();
        self.set_content(&draft, &conversation.map(Conversation::draft_format).unwrap_or_default());
        self.follow_language();
        self.set_sensitive(conversation.is_some());
    }

    pub fn text(&self) -> String {
        let buffer = self.imp().text.buffer();
        let (start, end) = buffer.bounds();
        buffer.text(&start, &end, false).into()
    }

    /// The text, and how it is to be shown.
    pub(in crate::ui) fn content(&self) -> (String, TextFormat) {
        let format = self.imp().format.borrow().clone();
        (self.text(), TextFormat { spoiler: self.imp().spoiler.hint(), mentions: self.mentions(), ..format })
    }

    /// Puts a text into an empty field, as a link may; one that was written is never overwritten.
    pub fn suggest(&self, text: &str) {
        if self.text().trim().is_empty() {
            self.set_content(text, &TextFormat::default());
        }
    }

    /// Called when a message was given to the engine.
    pub fn connect_sent(&self, f: impl Fn(&Self) + 'static) -> glib::SignalHandlerId {
        self.connect_local("sent", false, move |values| {
            if let Some(composer) = values.first().and_then(|value| value.get::<Self>().ok()) {
                f(&composer);
            }
            None
        })
    }

    /// The files that are to be sent.
    pub fn attach_bar(&self) -> AttachBar {
        self.imp().attach_bar.get()
    }

    /// Where keys that are typed elsewhere belong.
    pub fn text_view(&self) -> gtk::TextView {
        self.imp().text.get()
    }

    fn set_up(&self) {
        let imp = self.imp();
        styled_input::attach(&imp.text);
        self.set_up_spelling();
        self.connect_asks_pages_notify(Self::asks_pages_changed);
        let _ = imp.completion.set(EmojiCompletion::new(self, &imp.text));
        self.set_up_mentions();
        let weak = self.downgrade();
        imp.text.buffer().connect_changed(move |_| {
            if let Some(composer) = weak.upgrade() {
                composer.text_changed();
            }
        });
        let weak = self.downgrade();
        imp.spoiler.connect_changed(move || {
            if let Some(composer) = weak.upgrade().filter(|composer| !composer.imp().is_setting.get()) {
                composer.keep_draft_soon();
            }
        });
        let weak = self.downgrade();
        imp.spoiler.connect_left(move || {
            if let Some(composer) = weak.upgrade() {
                composer.grab_focus();
            }
        });
        let weak = self.downgrade();
        imp.attach_bar.connect_changed(move |_| {
            if let Some(composer) = weak.upgrade() {
                composer.show_what_can_be_done();
                composer.look_for_link(false);
                composer.imp().text.grab_focus();
            }
        });
        let weak = self.downgrade();
        imp.attach_bar.connect_recording_removed(move |conversation, waiting| {
            if let Some(composer) = weak.upgrade() {
                composer.offer_back(conversation, waiting);
            }
        });
        let weak = self.downgrade();
        imp.text.connect_paste_clipboard(move |text| {
            if weak.upgrade().is_some_and(|composer| taking::paste(&composer.attach_bar())) {
                text.stop_signal_emission_by_name("paste-clipboard");
            }
        });
        let keys = gtk::EventControllerKey::builder().propagation_phase(gtk::PropagationPhase::Capture).build();
        let weak = self.downgrade();
        keys.connect_key_pressed(move |keys, key, _, modifiers| match weak.upgrade() {
            Some(composer) => composer.key_pressed(keys, key, modifiers),
            None => glib::Propagation::Proceed,
        });
        imp.text.add_controller(keys);
        let weak = self.downgrade();
        imp.emoji.set_create_popup_func(move |button| {
            let chooser = gtk::EmojiChooser::new();
            let weak = weak.clone();
            chooser.connect_emoji_picked(move |_, emoji| {
                if let Some(composer) = weak.upgrade() {
                    composer.imp().text.buffer().insert_interactive_at_cursor(emoji, true);
                    composer.imp().text.grab_focus();
                }
            });
            button.set_popover(Some(&chooser));
        });
    }

    /// The field may take a third of the window.
    fn follow_window(&self) {
        let Some(surface) = self.native().and_then(|native| native.surface()) else { return };
        let weak = self.downgrade();
        let handler = surface.connect_layout(move |_, _, height| {
            if let Some(composer) = weak.upgrade() {
                let scroller = &composer.imp().scroller;
                let most = (height / 3).max(MINIMUM_GROWTH);
                if scroller.max_content_height() != most {
                    scroller.set_max_content_height(most);
                }
            }
        });
        self.imp().surface_handler.replace(Some((surface, handler)));
    }

    fn text_changed(&self) {
        let imp = self.imp();
        let buffer = imp.text.buffer();
        let is_empty = buffer.char_count() == 0;
        self.show_what_can_be_done();
        self.look_for_link(!imp.is_setting.get());
        if imp.is_setting.get() {
            return;
        }
        self.show_problem(None);
        self.typed(is_empty);
        if let Some(completion) = imp.completion.get() {
            completion.update();
        }
        self.update_mentions();
        self.keep_draft_soon();
    }

    fn show_what_can_be_done(&self) {
        let imp = self.imp();
        let is_empty = imp.text.buffer().char_count() == 0;
        let has_files = !imp.attach_bar.is_empty();
        imp.placeholder.set_visible(is_empty);
        imp.placeholder.set_label(&if has_files { gettext("Caption") } else { gettext("Message") });
        imp.send.set_visible(!is_empty || has_files);
        imp.record.set_visible(self.may_record());
        self.action_set_enabled("composer.send", imp.attach_bar.may_be_sent());
        self.action_set_enabled("composer.record", self.is_recording() || self.may_record());
    }

    fn set_content(&self, text: &str, format: &TextFormat) {
        let imp = self.imp();
        imp.format.replace(format.clone());
        imp.is_setting.set(true);
        imp.spoiler.set_hint(format.spoiler.as_deref());
        let buffer = imp.text.buffer();
        buffer.set_enable_undo(false);
        buffer.set_text(text);
        buffer.set_enable_undo(true);
        self.set_mentions(&format.mentions);
        imp.is_setting.set(false);
    }

    fn show_problem(&self, problem: Option<&str>) {
        let imp = self.imp();
        if let Some(problem) = problem {
            imp.problem.set_label(problem);
            imp.text.announce(problem, gtk::AccessibleAnnouncementPriority::Medium);
        }
        imp.problem_revealer.set_reveal_child(problem.is_some());
    }

    fn leave(&self) {
        self.leave_recording();
        self.stop_typing_timeout();
        self.keep_draft();
        if self.imp().chat_state.get() == Some(ChatState::Composing) {
            self.tell(ChatState::Paused);
        }
        self.imp().chat_state.set(None);
    }
}
