//! What an operator does with the file: `newswire log`.
//!
//! `check` and `backup` also run while a process has the log open, in that process; the others need the file for themselves.

mod copy;
mod earlier;
mod salvage;
mod walk;

use super::{
    FILE, Options, SOCKET,
    file::{self, OpenFile},
    pages::{self, Access},
    remote::Remote,
    store::Store,
    tables::{Key, Position, Reader, Smalls, Topic},
};
use crate::LogError;
use copy::NewFile;
use std::{
    collections::HashMap,
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
};

pub use super::report::{Copied, Damage, Group, Report, Span};

/// Verifies every record and table of the log in `folder`. Writes nothing.
///
/// # Errors
/// [`LogError::Config`] if there is no log; [`LogError::Corrupt`] if it cannot be opened at all.
pub fn check(folder: &Path) -> Result<Report, LogError> {
    match lock(folder)? {
        Locked::Here(path, file) => check_file(&OpenFile::on(&path, file, &Options::default(), Access::Read)?),
        Locked::Elsewhere(remote) => remote.check(),
    }
}

pub(super) fn check_file(file: &OpenFile) -> Result<Report, LogError> {
    let mut report = Report::default();
    let mut sums: HashMap<(u32, i32), u64> = HashMap::new();
    let walk = walk::walk(file, &mut |topic, _, entry, record| {
        report.records += 1;
        report.bytes += u64::from(entry.4);
        *sums.entry((topic.id, record.partition)).or_default() += u64::from(entry.4);
        Ok(())
    });
    let walk = walk?;
    report.topics = walk.topics.len() as u64;
    report.damage = walk.damage;
    if report.damage.is_empty() {
        report.damage.extend(walk::tables(file, &sums)?);
    }
    Ok(report)
}

/// Writes a consistent copy of the log in `folder` to a new file.
///
/// # Errors
/// [`LogError::Config`] if there is no log, or the file exists; [`LogError::Corrupt`] if the log is damaged.
pub fn backup(folder: &Path, to: &Path) -> Result<Copied, LogError> {
    match lock(folder)? {
        Locked::Here(path, file) => backup_file(&OpenFile::on(&path, file, &Options::default(), Access::Read)?, to),
        Locked::Elsewhere(remote) => remote.backup(to),
    }
}

pub(super) fn backup_file(file: &OpenFile, to: &Path) -> Result<Copied, LogError> {
    if to.exists() {
        return Err(LogError::Config(format!("{} exists", to.display())));
    }
    let mut new = NewFile::create(to)?;
    let (walk, records) = walk::copy(file, &mut new)?;
    if let Some(first) = walk.damage.first() {
        return Err(LogError::Corrupt(file::corrupt(&file.path, &first.to_string())));
    }
    let to = new.finish(walk.smalls)?;
    Ok(Copied { to, records, ..Copied::default() })
}

/// Writes a new file with everything that is whole in a damaged one, and puts it in its place. The damaged file is kept.
/// `None` if nothing is damaged.
///
/// # Errors
/// [`LogError::Config`] if there is no log, or a process has it open; [`LogError::Unavailable`] if the new file cannot be
/// written.
pub fn repair(folder: &Path) -> Result<Option<Copied>, LogError> {
    let (path, file) = alone(folder)?;
    if earlier::is_earlier(&file)? {
        return Err(LogError::Corrupt(file::corrupt(&path, "was written by an earlier version of newswire")));
    }
    if pages::is_newer(&file).map_err(|error| LogError::Unavailable(error.to_string()))? {
        return Err(LogError::Corrupt(file::corrupt(&path, pages::NEWER)));
    }
    let opened = OpenFile::on(&path, file.clone(), &Options::default(), Access::Read);
    if let Ok(opened) = &opened
        && check_file(opened).is_ok_and(|report| report.damage.is_empty())
    {
        return Ok(None);
    }
    let mut new = NewFile::create(&path)?;
    if let Ok(opened) = &opened {
        match walk::copy(opened, &mut new) {
            Ok((walk, records)) if walk.is_complete => {
                let lost = walk.damage.iter().filter_map(|damage| damage.records.clone()).collect();
                return Ok(Some(replace(new, walk.smalls, Copied { records, lost, ..Copied::default() }, "damaged")?));
            }
            // The index cannot be read as a whole.
            Ok(_) | Err(LogError::Corrupt(_)) => new = NewFile::create(&path)?,
            Err(error) => return Err(error),
        }
    }
    let found = salvage::read(&file, &mut new)?;
    Ok(Some(replace(new, found.smalls, found.copied, "damaged")?))
}

/// Converts the file of an earlier version. The old file is kept.
///
/// # Errors
/// As [`repair`]; [`LogError::Corrupt`] if it cannot be read.
pub fn upgrade(folder: &Path) -> Result<Option<Copied>, LogError> {
    let (path, file) = alone(folder)?;
    if !earlier::is_earlier(&file)? {
        return Ok(None);
    }
    let mut new = NewFile::create(&path)?;
    let (smalls, records) = earlier::copy(&path, &file, &mut new)?;
    Ok(Some(replace(new, smalls, Copied { records, ..Copied::default() }, "earlier")?))
}

/// Puts the new file in the place of the old one, which gets another name first.
fn replace(new: NewFile, smalls: Smalls, copied: Copied, why: &str) -> Result<Copied, LogError> {
    let path = new.target().to_owned();
    let kept = free_name(&path, why);
    let failed = |error: std::io::Error| LogError::Unavailable(format!("{}: {error}", kept.display()));
    std::fs::hard_link(&path, &kept).map_err(failed)?;
    let to = new.finish(smalls)?;
    Ok(Copied { to, kept: Some(kept), ..copied })
}

/// A name next to `path` that is not taken: `newswire.redb.damaged`, `newswire.redb.damaged.2`.
fn free_name(path: &Path, why: &str) -> PathBuf {
    let first = path.with_extension(format!("redb.{why}"));
    let numbered = (2..).map(|number: u32| path.with_extension(format!("redb.{why}.{number}")));
    std::iter::once(first.clone()).chain(numbered).find(|name| !name.exists()).unwrap_or(first)
}

/// The groups that retention waits for.
///
/// # Errors
/// [`LogError::Config`] if there is no log; as a read of it.
pub fn groups(folder: &Path) -> Result<Vec<Group>, LogError> {
    match lock(folder)? {
        Locked::Here(path, file) => {
            let file = OpenFile::on(&path, file, &Options::default(), Access::Read)?;
            file.read(|reader| groups_of(reader, &|_| false))
        }
        Locked::Elsewhere(remote) => remote.groups(),
    }
}

pub(super) fn groups_in(store: &Store) -> Result<Vec<Group>, LogError> {
    store.read(|reader| groups_of(reader, &|group| store.is_running(group)))
}

fn groups_of(reader: &mut Reader<'_>, is_running: &dyn Fn(&str) -> bool) -> Result<Vec<Group>, super::fault::Fault> {
    let topics: HashMap<u32, Topic> = reader.topics()?.into_values().map(|topic| (topic.id, topic)).collect();
    let mut groups = Vec::new();
    for (key, _) in reader.smalls()? {
        let Key::Hold(group, topic) = key else { continue };
        let Some(topic) = topics.get(&topic) else { continue };
        let mut unread = 0;
        for partition in 0..topic.partitions {
            let end = reader.end(topic, partition)?;
            let position: Option<Position> = reader.small(&Key::Position(group.clone(), topic.id, partition))?;
            unread += (end.next - position.unwrap_or(0).max(end.start)).max(0);
        }
        groups.push(Group { is_running: is_running(&group), topic: topic.name.clone(), group, unread });
    }
    groups.sort_by(|a, b| (&a.group, &a.topic).cmp(&(&b.group, &b.topic)));
    Ok(groups)
}

/// Lets retention delete what `group` has not read; the number of topics that it waited for. A group that joins again counts
/// again.
///
/// # Errors
/// [`LogError::Config`] if there is no log, no such group, or a member of it runs.
pub fn release(folder: &Path, group: &str) -> Result<u64, LogError> {
    match lock(folder)? {
        Locked::Here(path, file) => {
            let file = OpenFile::on(&path, file, &Options::default(), Access::Write)?;
            release_in(&Store::new(file, Options::default())?, group)
        }
        Locked::Elsewhere(remote) => remote.release(group),
    }
}

pub(super) fn release_in(store: &Store, group: &str) -> Result<u64, LogError> {
    if store.is_running(group) {
        return Err(LogError::Config(format!("a member of group {group} runs: stop it first")));
    }
    let name = group.to_owned();
    let released = store.write(1, move |tables| {
        let is_held = |key: &Key| matches!(key, Key::Hold(group, _) if *group == name);
        let held: Vec<Key> = tables.smalls()?.into_iter().map(|(key, _)| key).filter(is_held).collect();
        for key in &held {
            tables.delete(key)?;
        }
        Ok(Ok(held.len()))
    })?;
    if released == 0 {
        return Err(LogError::Config(format!("no group {group}: `newswire log groups` lists them")));
    }
    Ok(released as u64)
}

/// The file, locked by this command, or the process that holds it.
enum Locked {
    Here(PathBuf, Arc<File>),
    Elsewhere(Remote),
}

fn lock(folder: &Path) -> Result<Locked, LogError> {
    let path = folder.join(FILE);
    let file = File::options().read(true).write(true).open(&path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => file::missing(&path),
        _ => LogError::Config(format!("{} cannot be opened: {error}", path.display())),
    })?;
    if file::lock_file(&path, &file)? {
        return Ok(Locked::Here(path, Arc::new(file)));
    }
    Remote::connect(&folder.join(SOCKET)).map(Locked::Elsewhere)
}

/// The file, which no other process may have open.
fn alone(folder: &Path) -> Result<(PathBuf, Arc<File>), LogError> {
    match lock(folder)? {
        Locked::Here(path, file) => Ok((path, file)),
        Locked::Elsewhere(remote) => {
            let holder = remote.holder();
            Err(LogError::Config(format!("process {holder} has this log open: stop newswire first")))
        }
    }
}
