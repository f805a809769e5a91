//! Films and sound as `GStreamer` makes them: what they say goes, and what is seen and heard is the same afterwards.

#![cfg(feature = "ui")]

use std::{fs, path::Path};

use gstreamer::{self as gst, prelude::*};
use gstreamer_app::AppSink;
use sha2::{Digest as _, Sha256};

use super::{
    clean,
    fixture::{SECRET, contains},
};

const TAGS: &str = "taginject tags=\"title=Walk,comment=SECRETPLACE,description=SECRETPLACE,geo-location-name=SECRETPLACE,\
                    geo-location-latitude=(double)48.8514,geo-location-longitude=(double)2.3525\"";
const SEEN: &str = "videotestsrc num-buffers=20 pattern=ball ! video/x-raw,width=64,height=48,framerate=10/1";
const HEARD: &str =
    "audiotestsrc num-buffers=20 samplesperbuffer=4800 ! audio/x-raw,rate=48000,channels=1 ! audioconvert";

fn launch(pipeline: &str) -> gst::Pipeline {
    gst::init().unwrap();
    let pipeline = gst::parse::launch(pipeline).unwrap().downcast::<gst::Pipeline>().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    pipeline
}

fn make(pipeline: &str, path: &Path) {
    let pipeline = launch(&format!("{pipeline} ! filesink location={}", path.display()));
    let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
    let message = pipeline.bus().unwrap().timed_pop_filtered(gst::ClockTime::from_seconds(30), &kinds).unwrap();
    assert!(matches!(message.view(), gst::MessageView::Eos(_)), "{message:?}");
    pipeline.set_state(gst::State::Null).unwrap();
}

/// All that is seen, or heard where nothing is seen.
fn decoded(path: &Path, is_film: bool) -> (usize, [u8; 32]) {
    let kind = if is_film { "videoconvert" } else { "audioconvert" };
    let pipeline =
        launch(&format!("filesrc location={} ! decodebin ! {kind} ! appsink name=out sync=false", path.display()));
    let out = pipeline.by_name("out").and_downcast::<AppSink>().unwrap();
    let (mut length, mut hash) = (0, Sha256::new());
    while let Some(sample) = out.try_pull_sample(gst::ClockTime::from_seconds(30)) {
        let map = sample.buffer().unwrap().map_readable().unwrap();
        length += map.len();
        hash.update(&map);
    }
    assert!(out.is_eos(), "{:?}", pipeline.bus().unwrap().pop_filtered(&[gst::MessageType::Error]));
    pipeline.set_state(gst::State::Null).unwrap();
    (length, hash.finalize().into())
}

#[test]
fn what_is_seen_and_heard_is_the_same_when_what_was_said_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let film = |coder: &str, mux: &str| format!("{SEEN} ! {TAGS} ! {coder} ! {mux}");
    let sound = |coder: &str, mux: &str| format!("{HEARD} ! {TAGS} ! {coder} ! {mux}");
    let both = |heard: &str, seen: &str, mux: &str| format!("{HEARD} ! {heard} ! mux. {} name=mux", film(seen, mux));
    for (n, (pipeline, is_film)) in [
        (film("jpegenc", "qtmux"), true),
        (film("jpegenc", "qtmux faststart=true"), true),
        (film("jpegenc", "qtmux fragment-duration=500"), true),
        (both("lamemp3enc", "jpegenc", "qtmux"), true),
        (both("opusenc", "vp8enc deadline=1", "webmmux"), true),
        (both("opusenc", "vp8enc deadline=1", "webmmux streamable=true"), true),
        (film("jpegenc", "matroskamux"), true),
        (film("jpegenc", "avimux"), true),
        (sound("lamemp3enc", "mp4mux"), false),
        (sound("opusenc", "oggmux"), false),
        (sound("vorbisenc", "oggmux"), false),
        (sound("flacenc", "identity"), false),
        (sound("lamemp3enc", "id3v2mux"), false),
        (sound("wavenc", "identity"), false),
    ]
    .into_iter()
    .enumerate()
    {
        let path = dir.path().join(n.to_string());
        make(&pipeline, &path);
        let (before, shown) = (fs::read(&path).unwrap(), decoded(&path, is_film));
        assert!(contains(&before, SECRET) && shown.0 > 10_000, "{pipeline}");
        clean(&path).unwrap();
        let after = fs::read(&path).unwrap();
        assert_eq!(after.len(), before.len(), "{pipeline}");
        assert!(!contains(&after, SECRET) && !contains(&after, b"48.85"), "{pipeline}");
        assert_eq!(decoded(&path, is_film), shown, "{pipeline}");
    }
}
