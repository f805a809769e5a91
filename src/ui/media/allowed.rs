//! Which parts of `GStreamer` may see a file that somebody sent: the usual containers and codecs, and none that would fetch
//! something from elsewhere (a play list in place of a film), read subtitles, or speak a protocol.

use gstreamer::{self as gst, prelude::*};

/// Containers, parsers and decoders. What is missing on a computer is passed over.
const ALLOWED: [&str; 48] = [
    "aacparse",
    "amrnbdec",
    "amrparse",
    "amrwbdec",
    "apedemux",
    "av1dec",
    "av1parse",
    "avdec_aac",
    "avdec_amrnb",
    "avdec_amrwb",
    "avdec_av1",
    "avdec_flac",
    "avdec_h264",
    "avdec_h265",
    "avdec_mp3",
    "avdec_mpeg4",
    "dav1ddec",
    "faad",
    "fdkaacdec",
    "flacdec",
    "flacparse",
    "h263parse",
    "h264parse",
    "h265parse",
    "id3demux",
    "libde265dec",
    "matroskademux",
    "mpeg4videoparse",
    "mpegaudioparse",
    "mpg123audiodec",
    "oggdemux",
    "openh264dec",
    "opusdec",
    "opusparse",
    "qtdemux",
    "theoradec",
    "theoraparse",
    "vaav1dec",
    "vah264dec",
    "vah265dec",
    "vavp8dec",
    "vavp9dec",
    "vorbisdec",
    "vorbisparse",
    "vp8dec",
    "vp9dec",
    "vp9parse",
    "wavparse",
];

/// What takes files apart, by the word in its class.
const KINDS: [&str; 4] = ["Demux", "Decoder", "Parser", "Depayloader"];

/// Takes all else out of the choice, for the whole process: only what has a rank is chosen for a file's contents.
pub fn restrict() {
    for feature in gst::Registry::get().features(gst::ElementFactory::static_type()) {
        let Some(factory) = feature.downcast_ref::<gst::ElementFactory>() else { continue };
        let class = factory.metadata("klass").unwrap_or_default();
        if KINDS.iter().any(|kind| class.contains(kind)) && !ALLOWED.contains(&feature.name().as_str()) {
            feature.set_rank(gst::Rank::NONE);
        }
    }
}
