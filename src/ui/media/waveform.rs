//! Sound as bars. Pure.

/// How many bars a message's sound has.
pub const BARS: usize = 48;
/// So much of the full height has a bar where there is silence.
const LEAST: f32 = 0.06;
/// The loudest of a sound fills the height, unless all of it is nearly silent.
const QUIETEST_PEAK: f32 = 0.02;

/// What is not louder stands at the foot of the meter, in decibels below the loudest that there is.
const FLOOR: f64 = 50.0;

/// The loudest sample of each piece of a sound, while it comes in.
#[derive(Debug, Default)]
pub struct Peaks {
    every: usize,
    seen: usize,
    loudest: u16,
    all: Vec<f32>,
}

impl Peaks {
    /// One peak for so many samples.
    #[must_use]
    pub fn every(samples: usize) -> Self {
        Self { every: samples.max(1), ..Self::default() }
    }

    /// Takes in samples of 16 bits, little end first; half a sample at the end is dropped.
    pub fn take(&mut self, bytes: &[u8]) {
        for pair in bytes.chunks_exact(2) {
            self.loudest = self.loudest.max(i16::from_le_bytes([pair[0], pair[1]]).unsigned_abs());
            self.seen += 1;
            if self.seen == self.every {
                self.all.push(f32::from(self.loudest) / 32_768.0);
                (self.seen, self.loudest) = (0, 0);
            }
        }
    }

    /// How many samples there were.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.all.len() * self.every + self.seen
    }

    #[must_use]
    pub fn finish(mut self) -> Vec<f32> {
        if self.seen > 0 {
            self.all.push(f32::from(self.loudest) / 32_768.0);
        }
        self.all
    }
}

/// So many bars for peaks from 0 to 1, the loudest of them at full height; none for no sound.
#[must_use]
pub fn fold(peaks: &[f32], bars: usize) -> Vec<f32> {
    if peaks.is_empty() {
        return Vec::new();
    }
    let loudest = peaks.iter().copied().fold(QUIETEST_PEAK, f32::max);
    (0..bars)
        .map(|bar| {
            let from = bar * peaks.len() / bars;
            let to = ((bar + 1) * peaks.len() / bars).max(from + 1).min(peaks.len());
            let part = &peaks[from..to];
            #[expect(clippy::cast_precision_loss)]
            let mean = part.iter().sum::<f32>() / part.len() as f32;
            // Between the mean and the loudest: one crack makes no tall bar, and speech stays lively.
            let peak = part.iter().copied().fold(0.0, f32::max);
            (f32::midpoint(mean, peak) / loudest).powf(0.7).clamp(LEAST, 1.0)
        })
        .collect()
}

/// A peak from 0 to 1 of what is so loud, in decibels below the loudest that there is.
#[must_use]
#[expect(clippy::cast_possible_truncation)]
pub fn amplitude(decibels: f64) -> f32 {
    10_f64.powf(decibels / 20.0).clamp(0.0, 1.0) as f32
}

/// The same as an ear hears it: a height from 0 to 1.
#[must_use]
#[expect(clippy::cast_possible_truncation)]
pub fn height(decibels: f64) -> f32 {
    ((decibels + FLOOR) / FLOOR).clamp(0.0, 1.0) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_is_the_loudest_sample_of_its_piece() {
        let mut peaks = Peaks::every(2);
        let bytes: Vec<u8> = [0_i16, -16_384, 8_192, 0, i16::MIN].iter().flat_map(|n| n.to_le_bytes()).collect();
        peaks.take(&bytes[..4]);
        peaks.take(&bytes[4..]);
        assert_eq!(peaks.samples(), 5);
        assert_eq!(peaks.finish(), [0.5, 0.25, 1.0]);
    }

    #[test]
    fn bars_fill_the_height_and_silence_stays_visible() {
        let mut quiet = vec![0.0; 50];
        quiet.extend([0.1; 50]);
        let bars = fold(&quiet, 10);
        assert_eq!(bars.len(), 10);
        assert!(bars[..5].iter().all(|bar| (bar - LEAST).abs() < 0.001) && bars[5..].iter().all(|bar| *bar > 0.99));
        assert!(fold(&[0.0; 20], 4).iter().all(|bar| (bar - LEAST).abs() < 0.001));
        // Noise that nobody hears is not made to look loud.
        assert!(fold(&[0.000_1; 20], 4).iter().all(|bar| *bar < 0.1));
    }

    #[test]
    fn there_are_as_many_bars_however_short_the_sound_is() {
        assert_eq!(fold(&[0.5, 1.0], 7).len(), 7);
        assert!(fold(&[], 7).is_empty());
    }

    #[test]
    fn what_is_twice_as_loud_to_the_ear_is_twice_as_high() {
        for (decibels, high, strong) in
            [(f64::NEG_INFINITY, 0.0, 0.0), (-50.0, 0.0, 0.003), (-25.0, 0.5, 0.056), (3.0, 1.0, 1.0)]
        {
            assert!(
                (height(decibels) - high).abs() < 0.001 && (amplitude(decibels) - strong).abs() < 0.001,
                "{decibels}"
            );
        }
    }
}
