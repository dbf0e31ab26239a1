//! The model file: lexicon and weights, versioned.
//!
//! `NWTG`, format (1 byte), bits of the table (1 byte), number of the [`Scheme`] (1 byte), and by how many bits weights
//! are shifted (1 byte); transitions (i16); clusters' levels; words and phrases sorted by
//! hash; the table's non-zero rows by slot: a varint from the last slot, a mask of labels, a zigzag varint per label; then
//! 0, or 1 and the dense net: its vectors' hash, and its tables as zigzag varints. All numbers are little-endian.

use crate::decode::Transitions;
use crate::dense::input::{PLACES, SPREADS, SUFFIXES};
use crate::dense::{HIDDEN, Net, ROWS};
use crate::encoding::{ModelError, read_varint, read_weight, take, write_varint, write_weight};
use crate::features::Scheme;
use crate::label::{LABELS, SCORED};
use crate::lexicon::{Lexicon, Word};

/// A row of the table: a weight for each label except O.
pub type Row = [i16; SCORED];

/// Lexicon and weights.
#[derive(Debug, PartialEq, Eq)]
pub struct Model {
    /// Base-2 logarithm of the table's size, 4 to 24.
    pub bits: u32,
    /// Which features it has.
    pub scheme: Scheme,
    /// Weights of the rows are multiples of 2 to this power, 0 to 8: the file is smaller.
    pub shift: u32,
    /// Scores of label pairs, before [`legal`](crate::training::legal).
    pub transitions: Transitions,
    /// Word and phrase properties.
    pub lexicon: Lexicon,
    /// `1 << bits` rows.
    pub rows: Vec<Row>,
    /// The dense net, if the model has one.
    pub net: Option<Net>,
}

const MAGIC: &[u8; 4] = b"NWTG";
const FORMAT: u8 = 3;

impl Model {
    /// The file's bytes; equal models give equal bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend_from_slice(MAGIC);
        bytes.push(FORMAT);
        bytes.push(self.bits as u8);
        bytes.push(self.scheme as u8);
        bytes.push(self.shift as u8);
        for score in self.transitions.iter().flatten() {
            bytes.extend_from_slice(&(*score as i16).to_le_bytes());
        }
        write_varint(&mut bytes, self.lexicon.levels().len() as u32);
        for level in self.lexicon.levels() {
            level.iter().for_each(|cluster| write_varint(&mut bytes, u32::from(*cluster)));
        }
        write_varint(&mut bytes, self.lexicon.words().count() as u32);
        let mut last = 0;
        for (hash, word) in self.lexicon.words() {
            write_varint(&mut bytes, hash - last);
            // A flag or a cluster is often absent.
            write_varint(&mut bytes, u32::from(word.cluster) << 1 | u32::from(word.flags != 0));
            if word.flags != 0 {
                write_varint(&mut bytes, u32::from(word.flags));
            }
            last = hash;
        }
        write_varint(&mut bytes, self.lexicon.phrases().count() as u32);
        last = 0;
        for (hash, bits) in self.lexicon.phrases() {
            write_varint(&mut bytes, hash - last);
            bytes.push(bits);
            last = hash;
        }
        let full = |row: &&Row| row.iter().any(|weight| *weight != 0);
        write_varint(&mut bytes, self.rows.iter().filter(full).count() as u32);
        last = 0;
        for (slot, row) in self.rows.iter().enumerate().filter(|(_, row)| full(row)) {
            write_varint(&mut bytes, slot as u32 - last);
            last = slot as u32;
            let mask = row.iter().enumerate().fold(0_u8, |mask, (at, weight)| mask | u8::from(*weight != 0) << at);
            bytes.push(mask);
            for weight in row.iter().filter(|weight| **weight != 0) {
                write_weight(&mut bytes, *weight >> self.shift);
            }
        }
        bytes.push(u8::from(self.net.is_some()));
        if let Some(net) = &self.net {
            write_net(&mut bytes, net);
        }
        bytes
    }

    /// Reads a model.
    ///
    /// # Errors
    /// [`ModelError`] if the bytes are not a model, are truncated, or hold values out of range.
    pub fn from_bytes(bytes: &[u8]) -> Result<Model, ModelError> {
        let mut bytes = bytes;
        let head = take(&mut bytes, 8)?;
        if &head[..4] != MAGIC || head[4] != FORMAT {
            return Err(ModelError::Format);
        }
        let bits = u32::from(head[5]);
        if !(4..=24).contains(&bits) {
            return Err(ModelError::Corrupt("table size"));
        }
        let shift = u32::from(head[7]);
        if shift > 8 {
            return Err(ModelError::Corrupt("shift"));
        }
        let scheme = Scheme::from_number(head[6]).ok_or(ModelError::Corrupt("scheme"))?;
        let mut transitions = Transitions::default();
        for score in transitions.iter_mut().flatten() {
            let two = take(&mut bytes, 2)?;
            *score = i32::from(i16::from_le_bytes([two[0], two[1]]));
        }
        let mut levels = Vec::new();
        for _ in 0..read_varint(&mut bytes)? {
            let mut level = [0; 3];
            for cluster in &mut level {
                *cluster = u16::try_from(read_varint(&mut bytes)?).map_err(|_| ModelError::Corrupt("cluster"))?;
            }
            levels.push(level);
        }
        let mut words = Vec::new();
        let mut last = 0_u32;
        for _ in 0..read_varint(&mut bytes)? {
            last = last.checked_add(read_varint(&mut bytes)?).ok_or(ModelError::Corrupt("word"))?;
            let value = read_varint(&mut bytes)?;
            let cluster = u16::try_from(value >> 1).map_err(|_| ModelError::Corrupt("cluster"))?;
            let flags = if value & 1 == 1 { read_varint(&mut bytes)? } else { 0 };
            let flags = u16::try_from(flags).map_err(|_| ModelError::Corrupt("flags"))?;
            words.push((last, Word { cluster, flags }));
        }
        let mut phrases = Vec::new();
        last = 0;
        for _ in 0..read_varint(&mut bytes)? {
            last = last.checked_add(read_varint(&mut bytes)?).ok_or(ModelError::Corrupt("phrase"))?;
            phrases.push((last, take(&mut bytes, 1)?[0]));
        }
        let mut rows = vec![[0; SCORED]; 1 << bits];
        let mut slot = 0_usize;
        for _ in 0..read_varint(&mut bytes)? {
            slot += read_varint(&mut bytes)? as usize;
            let row = rows.get_mut(slot).ok_or(ModelError::Corrupt("slot"))?;
            let mask = take(&mut bytes, 1)?[0];
            for (label, weight) in row.iter_mut().enumerate() {
                if mask >> label & 1 == 1 {
                    *weight = read_weight(&mut bytes)?.saturating_mul(1 << shift);
                }
            }
        }
        let lexicon = Lexicon::new(words, phrases, levels);
        let net = match take(&mut bytes, 1)? {
            [0] => None,
            _ => Some(read_net(&mut bytes)?),
        };
        Ok(Model { bits, scheme, shift, transitions, lexicon, rows, net })
    }

    /// Adds the rows of `slots` into a token's scores.
    #[inline]
    pub fn score(&self, slots: &[u32]) -> [i32; LABELS] {
        let mut sum = [0_i16; SCORED];
        for slot in slots {
            if let Some(row) = self.rows.get(*slot as usize) {
                for (total, weight) in sum.iter_mut().zip(row) {
                    *total = total.saturating_add(*weight);
                }
            }
        }
        let mut scores = [0; LABELS];
        for (score, total) in scores[1..].iter_mut().zip(sum) {
            *score = i32::from(total);
        }
        scores
    }
}

fn write_net(bytes: &mut Vec<u8>, net: &Net) {
    bytes.extend_from_slice(&net.vectors.to_le_bytes());
    let rows = net.spreads.iter().chain(&net.suffixes).chain(&net.rows).chain(&net.out);
    for weight in rows.flatten().chain(&net.bias) {
        write_weight(bytes, *weight);
    }
}

fn read_net(bytes: &mut &[u8]) -> Result<Net, ModelError> {
    let vectors = take(bytes, 8)?.iter().rev().fold(0, |hash, byte| hash << 8 | u64::from(*byte));
    let spreads = read_rows(bytes, SPREADS)?;
    let suffixes = read_rows(bytes, SUFFIXES)?;
    let rows = read_rows(bytes, PLACES * ROWS)?;
    let mut out = [[0; HIDDEN]; SCORED];
    let mut bias = [0; SCORED];
    for weight in out.iter_mut().flatten().chain(&mut bias) {
        *weight = read_weight(bytes)?;
    }
    Ok(Net { vectors, spreads, suffixes, rows, out, bias })
}

fn read_rows(bytes: &mut &[u8], count: usize) -> Result<Vec<[i16; HIDDEN]>, ModelError> {
    let mut rows = vec![[0; HIDDEN]; count];
    for weight in rows.iter_mut().flatten() {
        *weight = read_weight(bytes)?;
    }
    Ok(rows)
}
