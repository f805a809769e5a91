//! The conversations that stand in the list, in its order: pinned ones first, then the newest.

use std::{
    cell::{Cell, RefCell},
    cmp::Reverse,
    collections::HashSet,
    time::{Duration, Instant},
};

use gio::{prelude::*, subclass::prelude::*};

use super::Conversation;

/// How many conversations join at once, and how long it takes until as many more do: each costs its row, and a first look into an
/// archive finds a hundred within a second.
const PORTION: usize = 4;
const PAUSE: Duration = Duration::from_millis(16);
/// How long the pointer may rest before the list moves all the same.
const HOLD: Duration = Duration::from_secs(4);

mod imp {
    use super::{Cell, Conversation, Instant, ListModelExt, RefCell};
    use gio::subclass::prelude::*;
    use glib::prelude::*;

    #[derive(Default, glib::Properties)]
    #[properties(wrapper_type = super::ConversationList)]
    pub struct ConversationList {
        pub items: RefCell<Vec<Conversation>>,
        /// What the list would show if it were not held.
        pub next: RefCell<Option<Vec<Conversation>>>,
        /// What the list will show when all who join are in it.
        pub coming: RefCell<Option<Vec<Conversation>>>,
        /// Brings the next of them.
        pub bringing: RefCell<Option<glib::JoinHandle<()>>>,
        /// While the pointer is over the list, nothing in it moves: new ones wait at the end until it is let go.
        #[property(get, set = Self::set_is_held)]
        pub is_held: Cell<bool>,
        /// When the pointer has moved last, and who looks whether that is long ago.
        pub moved_at: Cell<Option<Instant>>,
        pub timer: RefCell<Option<glib::SourceId>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for ConversationList {
        const NAME: &'static str = "StonechatConversationListModel";
        type Type = super::ConversationList;
        type Interfaces = (gio::ListModel,);
    }

    #[glib::derived_properties]
    impl ObjectImpl for ConversationList {
        fn dispose(&self) {
            if let Some(timer) = self.timer.take() {
                timer.remove();
            }
            if let Some(bringing) = self.bringing.take() {
                bringing.abort();
            }
        }
    }

    impl ListModelImpl for ConversationList {
        fn item_type(&self) -> glib::Type {
            Conversation::static_type()
        }

        fn n_items(&self) -> u32 {
            u32::try_from(self.items.borrow().len()).unwrap_or(u32::MAX)
        }

        fn item(&self, position: u32) -> Option<glib::Object> {
            self.items.borrow().get(position as usize).map(|item| item.clone().upcast())
        }
    }

    impl ConversationList {
        fn set_is_held(&self, held: bool) {
            self.is_held.set(held);
            if !held && let Some(next) = self.next.take() {
                self.obj().show(next);
            }
        }

        /// Replaces the items; one `items_changed`, from the first to the last that differs.
        pub fn replace(&self, new: Vec<Conversation>) {
            let (position, removed, added) = {
                let old = self.items.borrow();
                let start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
                let rest = old.len().min(new.len()) - start;
                let end = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
                (start, old.len() - start - end, new.len() - start - end)
            };
            self.items.replace(new);
            if removed > 0 || added > 0 {
                let int = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
                self.obj().items_changed(int(position), int(removed), int(added));
            }
        }
    }
}

glib::wrapper! {
    /// The list's model. Selection and rows survive a change of order, because the objects stay the same.
    pub struct ConversationList(ObjectSubclass<imp::ConversationList>) @implements gio::ListModel;
}

impl Default for ConversationList {
    fn default() -> Self {
        glib::Object::new()
    }
}

impl ConversationList {
    pub fn iter(&self) -> impl Iterator<Item = Conversation> + use<> {
        self.imp().items.borrow().clone().into_iter()
    }

    /// The pointer moves over the list: it is held until the pointer leaves (`set_is_held(false)`) or has rested for a while.
    pub fn hold(&self) {
        let imp = self.imp();
        imp.moved_at.set(Some(Instant::now()));
        if !self.is_held() {
            self.set_is_held(true);
        }
        if imp.timer.borrow().is_none() {
            self.look_again_in(HOLD);
        }
    }

    fn look_again_in(&self, wait: Duration) {
        let weak = self.downgrade();
        let timer = glib::timeout_add_local_once(wait, move || {
            let Some(list) = weak.upgrade() else { return };
            list.imp().timer.take();
            let rested = list.imp().moved_at.get().map_or(HOLD, |at| at.elapsed());
            match HOLD.checked_sub(rested).filter(|left| !left.is_zero()) {
                Some(left) if list.is_held() => list.look_again_in(left),
                _ => list.set_is_held(false),
            }
        });
        self.imp().timer.replace(Some(timer));
    }

    pub fn position_of(&self, conversation: &Conversation) -> Option<u32> {
        let position = self.imp().items.borrow().iter().position(|item| item == conversation);
        position.and_then(|position| u32::try_from(position).ok())
    }

    /// Takes what is listed among all conversations and puts it in order; at once where the list is new.
    pub(super) fn arrange<'a>(&self, all: impl Iterator<Item = &'a Conversation>, is_new: bool) {
        let imp = self.imp();
        let mut listed: Vec<_> = all.filter(|conversation| conversation.is_listed()).cloned().collect();
        listed.sort_by_cached_key(|conversation| Reverse(conversation.rank()));
        if is_new {
            imp.coming.take();
            return imp.replace(listed);
        }
        if !imp.is_held.get() {
            return self.show(listed);
        }
        imp.coming.take();
        // Held: the ones that went go, the new ones wait at the end.
        let mut still: Vec<_> = imp.items.borrow().iter().cloned().collect();
        still.retain(|item| listed.contains(item));
        still.extend(listed.iter().filter(|item| !still.contains(item)).cloned().collect::<Vec<_>>());
        imp.next.replace(Some(listed));
        imp.replace(still);
    }

    /// Shows this list, but of those who join only the first few; the others follow.
    fn show(&self, listed: Vec<Conversation>) {
        let imp = self.imp();
        let known: HashSet<_> = imp.items.borrow().iter().cloned().collect();
        let mut room = PORTION;
        let mut may_join = || room.checked_sub(1).inspect(|&left| room = left).is_some();
        let now: Vec<_> = listed.iter().filter(|&item| known.contains(item) || may_join()).cloned().collect();
        let is_more = now.len() < listed.len();
        imp.replace(now);
        imp.coming.replace(is_more.then_some(listed));
        if is_more && imp.bringing.borrow().is_none() {
            let weak = self.downgrade();
            let bringing = glib::spawn_future_local(async move {
                glib::timeout_future(PAUSE).await;
                let Some(list) = weak.upgrade() else { return };
                list.imp().bringing.take();
                match list.imp().coming.take() {
                    // It has been held meanwhile: what was still to join does so when it is let go.
                    Some(listed) if list.is_held() => {
                        list.imp().next.replace(Some(listed));
                    }
                    Some(listed) => list.show(listed),
                    None => {}
                }
            });
            imp.bringing.replace(Some(bringing));
        }
    }
}
