//! Writing a new file, which takes its name only when it is complete.

use super::super::{
    Options,
    fault::Fault,
    file::OpenFile,
    store::Store,
    tables::{Clock, End, Hold, Key, Now, Position, Smalls, Topic, TopicRow, small_row},
};
use crate::{LogError, Outgoing, Record};
use std::{
    fs::File,
    path::{Path, PathBuf},
};

/// Bytes of records in one transaction.
const BATCH: usize = 4 * 1024 * 1024;

/// A file that is being written.
pub(super) struct NewFile {
    store: Store,
    part: PathBuf,
    target: PathBuf,
    batch: Vec<(Topic, i64, Now, Outgoing)>,
    bytes: usize,
}

impl NewFile {
    /// Starts the file that is to be `target`, next to it.
    pub(super) fn create(target: &Path) -> Result<Self, LogError> {
        let mut name = target.as_os_str().to_owned();
        name.push(".part");
        let part = PathBuf::from(name);
        match std::fs::remove_file(&part) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(&part, &error)),
            _ => {}
        }
        let options = Options::default();
        let held = || LogError::Config(format!("{} is in use", part.display()));
        let file = OpenFile::open(&part, &options, true)?.ok_or_else(held)?;
        let store = Store::new(file, options)?;
        Ok(NewFile { store, target: target.to_owned(), part, batch: Vec::new(), bytes: 0 })
    }

    pub(super) fn target(&self) -> &Path {
        &self.target
    }

    /// Adds a record with its offset, its time and its age. Offsets of a partition grow.
    pub(super) fn add(
        &mut self,
        topic: &Topic,
        offset: i64,
        (time, age): (i64, i64),
        record: Record,
    ) -> Result<(), LogError> {
        let Record { topic: name, partition, key, value, headers, .. } = record;
        let output = Outgoing { topic: name, partition, key, value, headers };
        self.bytes += output.size();
        self.batch.push((topic.clone(), offset, Now { time, age }, output));
        if self.bytes >= BATCH { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), LogError> {
        let batch = std::mem::take(&mut self.batch);
        let (bytes, times) = (std::mem::take(&mut self.bytes), self.store.options.compaction_times());
        self.store.write(bytes as u64, move |tables| {
            for (topic, offset, at, output) in &batch {
                tables.insert(topic, *offset, *at, output, times)?;
            }
            Ok(Ok(batch.len().max(1)))
        })?;
        Ok(())
    }

    /// Writes topics, ends, positions and the clock, and gives the file its name.
    pub(super) fn finish(mut self, smalls: Smalls) -> Result<PathBuf, LogError> {
        self.flush()?;
        self.store.write(1, move |tables| {
            let mut clock = None;
            for (key, value) in &smalls {
                match key {
                    Key::End(topic, partition) => {
                        let end = small_row::<End>(value)?.1;
                        let bytes = tables.small::<End>(&Key::End(*topic, *partition))?.unwrap_or_default().bytes;
                        tables.put(key, &End { bytes, ..end })?;
                    }
                    Key::Clock => clock = Some(small_row::<Clock>(value)?.1),
                    Key::Topic(_) => tables.put(key, &small_row::<TopicRow>(value)?.1)?,
                    Key::Position(..) => tables.put(key, &small_row::<Position>(value)?.1)?,
                    Key::Hold(..) => tables.put(key, &small_row::<Hold>(value)?.1)?,
                    Key::Counts | Key::Incarnation(_) => {}
                }
            }
            if let Some(clock) = clock {
                tables.now = Now { time: clock.wall, age: clock.age };
            }
            Ok::<_, Fault>(Ok(1))
        })?;
        self.store.file.compact()?;
        drop(self.store);
        std::fs::rename(&self.part, &self.target).map_err(|error| failed(&self.target, &error))?;
        let folder = self.target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| failed(folder, &error))?;
        Ok(self.target)
    }
}

/// The clock of a file whose own is lost: it continues from its newest record.
pub(super) fn clock_of(age: i64) -> Clock {
    Clock { age, wall: (Options::default().clock)() }
}

fn failed(path: &Path, error: &std::io::Error) -> LogError {
    LogError::Unavailable(format!("{}: {error}", path.display()))
}
