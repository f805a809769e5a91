//! Spell check of what one writes: words that no dictionary knows are underlined, and the menu has others for them.
//!
//! libspelling finds the dictionaries and asks them. Its adapter for text views is not used: it looks for corrections on the
//! thread that draws, each time the cursor rests in a wrong word, and is done with the last word of a text only when another one
//! follows.
//!
//! | file | duty |
//! |---|---|
//! | `words` | which words of a text are looked up |
//! | `language` | the languages there are, and which is the desktop's |
//! | `request` | what can be asked of dictionaries |
//! | `speller` | the way to the thread that has the dictionaries |
//! | `dictionaries` | what that thread does |
//! | `known` | what has been answered |
//! | `spell_check` | underlines the words of a text view |
//! | `underline` | the lines in its buffer |
//! | `aim` | the word that its context menu is about |
//! | `menu` | what that menu says of it, and the languages |

mod aim;
mod dictionaries;
mod known;
pub mod language;
mod menu;
pub mod request;
pub mod spell_check;
pub mod speller;
pub mod underline;
mod words;
