//! Text as it is shown in one line.

use crate::plain_text::one_line;

/// What somebody chose, as it is shown in one line; `None` where there is nothing to see.
#[must_use]
pub fn shown(text: Option<&str>) -> Option<String> {
    text.map(one_line).filter(|line| !line.is_empty()).map(std::borrow::Cow::into_owned)
}
