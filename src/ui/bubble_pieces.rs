//! What stands above a message's last text: quotations, code, and texts between them (XEP-0393 §5.1).
//!
//! Knows what to show; made anew whenever that changes, for few messages have any.

use gtk::{glib, prelude::*, subclass::prelude::*};

use super::{bubble_text::BubbleText, code_block::CodeBlock, message_text::Piece};

mod imp {
    use super::{BubbleText, Piece, glib};
    use gtk::subclass::prelude::*;
    use std::cell::RefCell;

    #[derive(Debug, Default)]
    pub struct BubblePieces {
        pub(super) pieces: RefCell<Vec<Piece>>,
        /// Every text among them, from the top.
        pub(super) texts: RefCell<Vec<BubbleText>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for BubblePieces {
        const NAME: &'static str = "StonechatBubblePieces";
        type Type = super::BubblePieces;
        type ParentType = gtk::Box;

        fn class_init(klass: &mut Self::Class) {
            klass.set_css_name("pieces");
        }
    }

    impl ObjectImpl for BubblePieces {}
    impl WidgetImpl for BubblePieces {}
    impl BoxImpl for BubblePieces {}
}

glib::wrapper! {
    /// Pieces of a message below each other.
    pub struct BubblePieces(ObjectSubclass<imp::BubblePieces>)
        @extends gtk::Box, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::Orientable;
}

impl BubblePieces {
    /// Shows these pieces, and nothing at all where there are none.
    pub fn set_pieces(&self, pieces: &[Piece]) {
        let imp = self.imp();
        self.set_visible(!pieces.is_empty());
        if *imp.pieces.borrow() == pieces {
            return;
        }
        imp.pieces.replace(pieces.to_vec());
        while let Some(child) = self.first_child() {
            self.remove(&child);
        }
        let mut texts = Vec::new();
        fill(self.upcast_ref(), pieces, &mut texts);
        imp.texts.replace(texts);
    }

    /// What the person has selected in one of them.
    pub fn selection(&self) -> Option<String> {
        self.imp().texts.borrow().iter().find_map(BubbleText::selection)
    }

    pub fn clear_selection(&self) {
        for text in &*self.imp().texts.borrow() {
            text.clear_selection();
        }
    }

    pub fn mark_words(&self, words: &str) {
        for text in &*self.imp().texts.borrow() {
            text.mark_words(words);
        }
    }
}

fn fill(parent: &gtk::Box, pieces: &[Piece], texts: &mut Vec<BubbleText>) {
    for piece in pieces {
        match piece {
            Piece::Text(markup) => {
                let text = BubbleText::default();
                text.set_markup(markup);
                parent.append(&text);
                texts.push(text);
            }
            Piece::Code { language, text } => {
                let block = CodeBlock::new(language.as_deref(), text);
                parent.append(&block);
                texts.push(block.code());
            }
            Piece::Quote(inner) => {
                let quote = gtk::Box::builder()
                    .orientation(gtk::Orientation::Vertical)
                    .accessible_role(gtk::AccessibleRole::Presentation)
                    .css_classes(["quote"])
                    .build();
                fill(&quote, inner, texts);
                parent.append(&quote);
            }
        }
    }
}
