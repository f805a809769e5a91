//! What the fuzz targets in `fuzz/` call. The same functions are run over the targets' seeds and over all that was ever found
//! by every test run.
//!
//! What must hold stands with the layer that it is about; a function panics where it does not.

use std::{fs, path::Path};

pub use crate::{
    engine::{
        file::fuzzing::{clean, seeds},
        fuzzing::inbound,
        link_preview::fuzzing::page,
    },
    xmpp::{fuzzing::payload, session::fuzzing::stream},
};

/// An example out of a XEP.
#[derive(Debug)]
pub struct Example {
    /// `0280: …`
    pub title: String,
    /// Perhaps several stanzas; now and then none, or only a part of one.
    pub text: String,
}

/// The examples of the XEPs that Stonechat has to do with, out of `fuzz/examples/`.
///
/// # Panics
/// Where the checkout is not there any more.
pub fn examples() -> Vec<Example> {
    let mut files: Vec<_> = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/examples"))
        .expect("the checkout is there")
        .map(|entry| entry.expect("it can be read").path())
        .collect();
    files.sort();
    let mut examples = Vec::new();
    for path in files {
        let xep = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let all = fs::read_to_string(&path).expect("it can be read");
        let each = format!("\n{all}");
        let each = each.split("\n=== ").skip(1).map(|example| example.split_once('\n').unwrap_or((example, "")));
        examples.extend(each.map(|(title, text)| Example { title: format!("{xep}: {title}"), text: text.to_owned() }));
    }
    examples
}

/// Lays the files that the tests are about into the corpus of `clean`, where that is begun.
///
/// # Panics
/// Where they can't be written.
pub fn lay_out_files() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/clean");
    if corpus.is_dir() {
        for (number, seed) in seeds().into_iter().enumerate() {
            fs::write(corpus.join(format!("file-{number:04}")), seed).expect("it can be written");
        }
    }
}

#[cfg(test)]
mod tests;
