//! Reading a damaged file without its trees: page by page, each page by what it holds.
//!
//! A page that is no longer in use may still hold what was deleted. Of several rows with one key the newest counts, records
//! before the start of their partition are left out, and so is what a transaction wrote that was never committed. A record
//! of a compacted topic that was deleted a short time ago may come back; the next record of its key takes its place again.

use super::{
    super::{
        body, pages,
        report::{Copied, Span},
        tables::{End, Entry, Key, PIECE_BITS, Position, Smalls, Topic, TopicRow, Written, encode_small, small_row},
    },
    copy,
    copy::NewFile,
};
use crate::{LogError, Record};
use proto::topic::Retention;
use std::{
    collections::{BTreeMap, HashMap},
    fs::File,
    ops::Range,
    os::unix::fs::FileExt,
};

/// What a damaged file still holds.
pub(super) struct Found {
    pub smalls: Smalls,
    pub copied: Copied,
}

/// Where a piece is in the file, and its bytes.
type Place = (u64, u16);

#[derive(Default)]
struct Pieces {
    /// By number.
    places: HashMap<u64, Place>,
    /// Numbers of first pieces by topic, partition and offset.
    firsts: BTreeMap<(u32, i32, i64), u64>,
    smalls: HashMap<Key, (Written, Vec<u8>)>,
}

/// Copies what is whole to `new`.
///
/// # Errors
/// If the file cannot be read, the new one cannot be written, or no topic is left.
pub(super) fn read(file: &File, new: &mut NewFile) -> Result<Found, LogError> {
    let mut pieces = Pieces::default();
    let unreadable = |error: std::io::Error| LogError::Unavailable(format!("the file cannot be read: {error}"));
    let damaged = pages::scan(file, |position, page| pieces.add(position, page)).map_err(unreadable)?;
    pieces.drop_uncommitted();
    let topics = pieces.topics();
    if topics.is_empty() {
        return Err(LogError::Corrupt("no topic is left in the file: nothing can be kept of it".to_owned()));
    }
    let mut copied =
        Copied { notes: vec![format!("{damaged} pages of the file are damaged or cut off")], ..Copied::default() };
    let mut newest = i64::MIN;
    for topic in topics.values() {
        for partition in 0..topic.partitions {
            let end = pieces.end(topic, partition);
            let (kept, age) = pieces.copy(file, topic, partition, end, new, &mut copied)?;
            newest = newest.max(age);
            let next = end.map_or(kept, |end| end.next.max(kept));
            let end = End { next, start: end.map_or(0, |end| end.start), bytes: 0 };
            let encoded = encode_small(&end)?;
            pieces.smalls.insert(Key::End(topic.id, partition), ((0, 0), encoded));
        }
        if !matches!(topic.retention, Retention::Delete(_)) {
            copied.notes.push(format!(
                "topic {} is compacted: records of it that are lost cannot be distinguished from those that were removed",
                topic.name
            ));
        }
    }
    let strangers = pieces.firsts.keys().filter(|(topic, ..)| !topics.contains_key(topic)).count();
    if strangers > 0 {
        copied.notes.push(format!("{strangers} records are of topics whose names are lost"));
    }
    let clock = encode_small(&copy::clock_of(newest))?;
    pieces.smalls.entry(Key::Clock).or_insert(((0, 0), clock));
    if !pieces.smalls.keys().any(|key| matches!(key, Key::Position(..))) {
        copied.notes.push("the positions of all groups are lost: each reads its topic from the beginning".to_owned());
    }
    let smalls = pieces.smalls.into_iter().map(|(key, (_, value))| (key, value)).collect();
    Ok(Found { smalls, copied })
}

impl Pieces {
    fn add(&mut self, position: u64, page: &[u8]) {
        if let Some(rows) = leaf(page, Some(8))
            && rows.iter().all(|(_, value)| body::is_piece(&page[value.clone()]))
        {
            for (key, value) in rows {
                let Ok(number) = page[key].try_into().map(u64::from_le_bytes) else { continue };
                let (Ok(at), Ok(length)) = (u16::try_from(value.start), u16::try_from(value.len())) else { continue };
                if let Some(head) = body::head_of(&page[value]) {
                    let known = self.firsts.entry((head.topic, head.partition, head.offset)).or_insert(number);
                    *known = number.max(*known);
                }
                self.places.insert(number, (position + u64::from(at), length));
            }
            return;
        }
        for (key, value) in leaf(page, None).unwrap_or_default() {
            let Ok(key) = postcard::from_bytes::<Key>(&page[key]) else { continue };
            let value = &page[value];
            let Ok(written) = written(value) else { continue };
            let is_newer = self
                .smalls
                .get(&key)
                .is_none_or(|(known, there)| (written.1, ordinal(&key, value)) > (known.1, ordinal(&key, there)));
            if is_newer {
                self.smalls.insert(key, (written, value.to_vec()));
            }
        }
    }

    /// Leaves out what an opening of the file wrote behind its last commit.
    fn drop_uncommitted(&mut self) {
        let committed: HashMap<u64, u64> = self
            .smalls
            .iter()
            .filter_map(|(key, (_, value))| match key {
                Key::Incarnation(number) => Some((*number, small_row::<u64>(value).ok()?.1)),
                _ => None,
            })
            .collect();
        let is_committed = |number: u64| committed.get(&(number >> PIECE_BITS)).is_none_or(|last| number <= *last);
        self.firsts.retain(|_, number| is_committed(*number));
        self.smalls.retain(|_, (written, _)| is_committed(written.0));
    }

    fn topics(&self) -> BTreeMap<u32, Topic> {
        let rows = self.smalls.iter().filter_map(|(key, (_, value))| match key {
            Key::Topic(name) => Some(Topic::of_row(name.clone(), small_row::<TopicRow>(value).ok()?.1)),
            _ => None,
        });
        rows.map(|topic| (topic.id, topic)).collect()
    }

    fn end(&self, topic: &Topic, partition: i32) -> Option<End> {
        let (_, value) = self.smalls.get(&Key::End(topic.id, partition))?;
        Some(small_row::<End>(value).ok()?.1)
    }

    /// Copies the records of a partition; the offset after the last one, and the age of the newest.
    fn copy(
        &self,
        file: &File,
        topic: &Topic,
        partition: i32,
        end: Option<End>,
        new: &mut NewFile,
        copied: &mut Copied,
    ) -> Result<(i64, i64), LogError> {
        let is_compacted = !matches!(topic.retention, Retention::Delete(_));
        let start = end.map_or(0, |end| end.start);
        let mut next = if end.is_some() { start } else { i64::MIN };
        let (mut last, mut newest) = (0, i64::MIN);
        let mut lose = |first: i64, last: i64| {
            if !is_compacted && first <= last {
                copied.lost.push(Span { topic: topic.name.clone(), partition, first, last });
            }
        };
        for (&(.., offset), &number) in
            self.firsts.range((topic.id, partition, start)..=(topic.id, partition, i64::MAX))
        {
            let Some((entry, record)) = self.record(file, topic, (partition, offset), number) else { continue };
            if next > i64::MIN {
                lose(next, offset - 1);
            }
            new.add(topic, offset, (entry.1, entry.2), record)?;
            copied.records += 1;
            (next, last, newest) = (offset + 1, offset + 1, newest.max(entry.2));
        }
        if let Some(end) = end {
            lose(next, end.next - 1);
        }
        Ok((last, newest))
    }

    /// A record whose pieces are all there and match its checksum.
    fn record(
        &self,
        file: &File,
        topic: &Topic,
        (partition, offset): (i32, i64),
        first: u64,
    ) -> Option<(Entry, Record)> {
        let mut pages = Vec::new();
        for number in first..=first.saturating_add(MOST_PIECES) {
            // The next record begins where this one ends.
            let Some((position, length)) = self.places.get(&number) else { break };
            let mut piece = vec![0; usize::from(*length)];
            file.read_exact_at(&mut piece, *position).ok()?;
            let is_first = body::head_of(&piece).is_some();
            if number > first && is_first {
                break;
            }
            pages.push(piece);
        }
        let mut next = pages.iter();
        let (head, (key, value, headers)) = body::decode(|| next.next().map(Vec::as_slice)).ok()?;
        let record =
            Record { topic: topic.name.clone(), partition, offset, timestamp_ms: head.time, key, value, headers };
        ((head.topic, head.partition, head.offset) == (topic.id, partition, offset))
            .then_some(((first, head.time, head.age, 0, 0), record))
    }
}

/// Most pieces of a record: 4 MiB in pages.
const MOST_PIECES: u64 = 1_100;

fn written(value: &[u8]) -> Result<Written, ()> {
    let row = value.strip_prefix(&[super::super::tables::MARK]).ok_or(())?;
    postcard::take_from_bytes::<Written>(row).map(|(written, _)| written).map_err(drop)
}

/// What decides between two rows that one number of transactions has written: positions and ends only grow.
fn ordinal(key: &Key, value: &[u8]) -> i64 {
    match key {
        Key::Position(..) => small_row::<Position>(value).map_or(0, |row| row.1),
        Key::End(..) => small_row::<End>(value).map_or(0, |row| row.1.next),
        _ => 0,
    }
}

/// The entries of a leaf of one of redb's trees, if the page may be one: format 3, keys of `fixed` bytes or any, values of
/// any length.
fn leaf(page: &[u8], fixed: Option<usize>) -> Option<Vec<(Range<usize>, Range<usize>)>> {
    const LEAF: u8 = 1;
    let number = |at: usize| Some(u32::from_le_bytes(page.get(at..at + 4)?.try_into().ok()?) as usize);
    if *page.first()? != LEAF {
        return None;
    }
    let count = usize::from(u16::from_le_bytes(page.get(2..4)?.try_into().ok()?));
    let key_ends = 4;
    let value_ends = if fixed.is_some() { key_ends } else { key_ends + 4 * count };
    let keys = value_ends + 4 * count;
    let key_end =
        |index: usize| fixed.map_or_else(|| number(key_ends + 4 * index), |size| Some(keys + size * (index + 1)));
    let (mut key_start, mut value_start) = (keys, key_end(count.checked_sub(1)?)?);
    let mut rows = Vec::with_capacity(count);
    for index in 0..count {
        let (key, value) = (key_start..key_end(index)?, value_start..number(value_ends + 4 * index)?);
        if key.end < key.start || value.end < value.start || value.end > page.len() || key.end > page.len() {
            return None;
        }
        (key_start, value_start) = (key.end, value.end);
        rows.push((key, value));
    }
    Some(rows)
}
