//! Probabilities of the languages of a script, by a linear model of letter sequences. `tools/language-model` trains the
//! models and describes the file.

use super::{
    features::features,
    script::{Script, script},
};
use std::sync::LazyLock;

static LATIN: LazyLock<Option<Model>> = LazyLock::new(|| Model::read(include_bytes!("model/latin.bin")));
static CYRILLIC: LazyLock<Option<Model>> = LazyLock::new(|| Model::read(include_bytes!("model/cyrillic.bin")));
static ARABIC: LazyLock<Option<Model>> = LazyLock::new(|| Model::read(include_bytes!("model/arabic.bin")));
static DEVANAGARI: LazyLock<Option<Model>> = LazyLock::new(|| Model::read(include_bytes!("model/devanagari.bin")));

/// Most features of a text that are used: about 100 letters. Twice as many cost twice the time and do not change the result.
const MOST: usize = 500;
/// What a weight of 0 is stored as.
const ZERO: f32 = 128.0;

/// A model of the languages of one script.
pub(super) struct Model {
    script: Script,
    bits: u32,
    /// Primary language subtags.
    pub languages: Vec<&'static str>,
    bias: Vec<f32>,
    scale: f32,
    rows: &'static [u8],
}

/// The model of a script; `None` if there is none.
pub(super) fn of(script: Script) -> Option<&'static Model> {
    match script {
        Script::Latin => LATIN.as_ref(),
        Script::Cyrillic => CYRILLIC.as_ref(),
        Script::Arabic => ARABIC.as_ref(),
        Script::Devanagari => DEVANAGARI.as_ref(),
        _ => None,
    }
}

impl Model {
    fn read(file: &'static [u8]) -> Option<Self> {
        let mut rest = file.strip_prefix(b"NLM1")?;
        let [script, bits, count] = take(&mut rest, 3)?.try_into().ok()?;
        let script = *[Script::Latin, Script::Cyrillic, Script::Arabic, Script::Devanagari].get(usize::from(script))?;
        let mut languages = Vec::new();
        for _ in 0..count {
            let length = *take(&mut rest, 1)?.first()?;
            languages.push(std::str::from_utf8(take(&mut rest, usize::from(length))?).ok()?);
        }
        let mut number = || Some(f32::from_le_bytes(take(&mut rest, 4)?.try_into().ok()?));
        let scale = number()?;
        let bias = (0..count).map(|_| number()).collect::<Option<Vec<f32>>>()?;
        let size = usize::from(count).checked_shl(u32::from(bits))?;
        (rest.len() == size).then_some(Self { script, bits: u32::from(bits), languages, bias, scale, rows: rest })
    }

    /// The logarithm of each language's probability, but for a constant.
    pub fn scores(&self, text: &str) -> Vec<f32> {
        let width = self.languages.len();
        let mut sums = vec![0_u32; width];
        let mask = (1_u32 << self.bits) - 1;
        let is_letter = |c| script(c) == Some(self.script);
        let count = features(text, MOST, is_letter, |hash| {
            let start = usize::try_from(hash & mask).unwrap_or(0) * width;
            let row = self.rows.get(start..start + width).unwrap_or_default();
            for (sum, weight) in sums.iter_mut().zip(row) {
                *sum += u32::from(*weight);
            }
        });
        let count = u16::try_from(count).map_or(f32::from(u16::MAX), f32::from).max(1.0);
        let scale = self.scale / count.sqrt();
        sums.iter().zip(&self.bias).map(|(sum, bias)| (as_f32(*sum) - ZERO * count) * scale + bias).collect()
    }
}

fn take(rest: &mut &'static [u8], length: usize) -> Option<&'static [u8]> {
    let (taken, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(taken)
}

#[expect(clippy::cast_precision_loss, reason = "a sum of at most 700 weights of 8 bits")]
fn as_f32(sum: u32) -> f32 {
    sum as f32
}
