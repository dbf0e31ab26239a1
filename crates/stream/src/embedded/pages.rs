//! The file under the store: pages of 4 KiB, each with a checksum that every read verifies.
//!
//! Layout, in pages: two copies of the header, then groups of one page of checksums and the 1,024 pages that they are of.
//! The store replaces its first page in place at every commit. Here each sync writes it to the older of the two header
//! copies, so that a write that was cut short leaves the other one. All other pages are written before a header refers to
//! them. The file grows as pages are written, not as the store reserves them.

use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry},
    fs::File,
    io::{self, ErrorKind},
    ops::Bound,
    os::unix::fs::FileExt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Bytes of a page.
pub(super) const PAGE: usize = 4096;
const PAGE_U64: u64 = PAGE as u64;
/// First bytes of the file.
pub(super) const MAGIC: &[u8; 16] = b"newswire log 2\r\n";
/// First bytes of a file of any version with headers.
const FAMILY: &[u8] = b"newswire log ";
/// First bytes of a file that an earlier version wrote: the store without checksums.
pub(super) const EARLIER: &[u8; 4] = b"redb";
/// Copies of the header.
const HEADERS: u64 = 2;
/// Pages of a group, without the page of their checksums.
const GROUP: u64 = 1024;
/// Bytes of the store's first page that a header keeps. The store uses 320.
const FIRST: usize = 1024;
/// Where they are in a header: after magic, sequence number, length of the store and bytes of the file.
const FIRST_AT: usize = 40;
/// Where the checksum of a header is.
const SUM_AT: usize = FIRST_AT + FIRST;

type Sums = Box<[u32]>;

/// For tests: called before each write to the file with the number of its bytes, and with 0 before a sync.
#[derive(Clone)]
pub struct WriteFault(pub Arc<dyn Fn(usize) -> io::Result<()> + Send + Sync>);

impl std::fmt::Debug for WriteFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WriteFault")
    }
}

struct State {
    /// Sequence number of the newest header copy.
    sequence: u64,
    /// Length that the store sees, in bytes.
    len: u64,
    /// End of the last page that was written, in bytes of the file.
    written: u64,
    /// The store's first page, as far as it is used.
    first: Box<[u8]>,
    /// Checksums by group, as far as they were read.
    sums: HashMap<u64, Sums>,
    /// Pages that are kept in memory because the file is only read. `None`: writes go to the file.
    overlay: Option<BTreeMap<u64, Box<[u8]>>>,
    /// The first error since the file was opened: the store itself reports only that there was one.
    error: Option<(ErrorKind, String)>,
}

/// The open file. The caller holds its lock.
#[derive(Clone)]
pub(super) struct Pages {
    file: Arc<File>,
    state: Arc<Mutex<State>>,
    fault: Option<WriteFault>,
}

impl std::fmt::Debug for Pages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pages")
    }
}

/// How a file is opened.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Write,
    /// Nothing is written to the file; what the store writes stays in memory.
    Read,
}

impl Pages {
    /// Opens a file, which may be empty if it is opened for writing.
    ///
    /// # Errors
    /// `InvalidData` if it is not a log, or both headers are damaged, or the file is shorter than it was.
    pub(super) fn open(file: Arc<File>, access: Access, fault: Option<WriteFault>) -> io::Result<Self> {
        let bytes = file.metadata()?.len();
        let newest = if bytes == 0 { None } else { newest_header(&file, bytes)? };
        let overlay = (access == Access::Read).then(BTreeMap::new);
        let newest = newest.unwrap_or_else(|| Header { sequence: 0, len: 0, written: 0, first: vec![0; FIRST].into() });
        let Header { sequence, len, written, first } = newest;
        if bytes < written {
            let what = format!("is damaged: it is cut short, to {bytes} of {written} bytes");
            return Err(io::Error::new(ErrorKind::InvalidData, what));
        }
        let state = State { sequence, len, written, first, sums: HashMap::new(), overlay, error: None };
        Ok(Pages { file, state: Arc::new(Mutex::new(state)), fault })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first error of the file since it was opened.
    pub(super) fn error(&self) -> Option<(ErrorKind, String)> {
        self.lock().error.clone()
    }

    fn note<T>(&self, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result {
            self.lock().error.get_or_insert_with(|| (error.kind(), error.to_string()));
        }
        result
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        if let Some(fault) = &self.fault {
            (fault.0)(bytes.len())?;
        }
        self.file.write_all_at(bytes, at)
    }

    fn read_pages(&self, first: u64, out: &mut [u8]) -> io::Result<()> {
        let mut state = self.lock();
        for (page, out) in (first..).zip(out.chunks_mut(PAGE)) {
            if let Some(kept) = state.overlay.as_ref().and_then(|overlay| overlay.get(&page)) {
                out.copy_from_slice(&kept[..out.len()]);
                continue;
            }
            let found = read_up_to(&self.file, out, position(page))?;
            out[found..].fill(0);
            let expected = sums(&self.file, &mut state.sums, page / GROUP)?[slot(page)];
            let is_unwritten = expected == 0 && out.iter().all(|byte| *byte == 0);
            if !is_unwritten && expected != checksum(page, out) {
                let at = position(page);
                let what = if found < out.len() { "is cut off" } else { "does not match its checksum" };
                return Err(io::Error::new(ErrorKind::InvalidData, format!("the page at byte {at} {what}")));
            }
        }
        Ok(())
    }

    fn write_pages(&self, first: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.lock();
        if let Some(overlay) = &mut state.overlay {
            for (page, data) in (first..).zip(data.chunks(PAGE)) {
                overlay.insert(page, data.into());
            }
            return Ok(());
        }
        let mut page = first;
        let mut rest = data;
        while !rest.is_empty() {
            // Up to the end of the group: behind it is a page of checksums.
            let count = (GROUP - page % GROUP).min(rest.len() as u64 / PAGE_U64);
            let (run, after) = rest.split_at(usize::try_from(count).map_err(io::Error::other)? * PAGE);
            self.write_at(run, position(page))?;
            state.written = state.written.max(position(page + count - 1) + PAGE_U64);
            let group = sums(&self.file, &mut state.sums, page / GROUP)?;
            let from = slot(page);
            for (index, data) in run.chunks(PAGE).enumerate() {
                group[from + index] = checksum(page + index as u64, data);
            }
            let to = from + run.len() / PAGE;
            let bytes: Vec<u8> = group[from..to].iter().flat_map(|sum| sum.to_le_bytes()).collect();
            self.write_at(&bytes, sums_position(page / GROUP) + 4 * from as u64)?;
            (page, rest) = (page + count, after);
        }
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.lock();
        if state.overlay.is_some() {
            return Ok(());
        }
        // The store waits for all of it, so the order of header and pages does not matter.
        let sequence = state.sequence + 1;
        let header = header(sequence, &state);
        self.write_at(&header, sequence % HEADERS * PAGE_U64)?;
        if let Some(fault) = &self.fault {
            (fault.0)(0)?;
        }
        self.file.sync_data()?;
        state.sequence = sequence;
        Ok(())
    }

    fn resize(&self, len: u64) -> io::Result<()> {
        let is_shorter = {
            let mut state = self.lock();
            let is_shorter = len < state.len;
            state.len = len;
            let end = position(len.div_ceil(PAGE_U64).max(1) - 1) + PAGE_U64;
            state.written = state.written.min(end);
            is_shorter && state.overlay.is_none()
        };
        if !is_shorter {
            return Ok(());
        }
        // The shorter length first: a header that names more than the file has is damage.
        self.sync()?;
        let mut state = self.lock();
        let pages = len.div_ceil(PAGE_U64);
        if pages == 0 {
            return Ok(());
        }
        let end = position(pages - 1) + PAGE_U64;
        if self.file.metadata()?.len() > end {
            self.file.set_len(end)?;
        }
        // Pages that are written again later start as unwritten ones.
        let last = (pages - 1) / GROUP;
        state.sums.retain(|group, _| *group <= last);
        let group = sums(&self.file, &mut state.sums, last)?;
        let from = slot(pages - 1) + 1;
        if group[from..].iter().any(|sum| *sum != 0) {
            group[from..].fill(0);
            let zeros = vec![0; (group.len() - from) * 4];
            self.write_at(&zeros, sums_position(last) + 4 * from as u64)?;
        }
        Ok(())
    }
}

impl redb::StorageBackend for Pages {
    fn len(&self) -> io::Result<u64> {
        Ok(self.lock().len)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let result = if offset < PAGE_U64 {
            let state = self.lock();
            let end = offset + out.len() as u64;
            out.fill(0);
            let known = usize::try_from(offset).ok().and_then(|from| state.first.get(from..));
            let known = known.unwrap_or_default();
            let count = known.len().min(out.len());
            out[..count].copy_from_slice(&known[..count]);
            if end <= PAGE_U64 { Ok(()) } else { Err(unaligned(offset)) }
        } else if offset.is_multiple_of(PAGE_U64) {
            self.read_pages(offset / PAGE_U64, out)
        } else {
            Err(unaligned(offset))
        };
        self.note(result)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.note(self.resize(len))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.note(self.sync())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let result = if offset < PAGE_U64 {
            let from = usize::try_from(offset).map_err(io::Error::other)?;
            let mut state = self.lock();
            match state.first.get_mut(from..from + data.len()) {
                Some(there) => {
                    there.copy_from_slice(data);
                    Ok(())
                }
                None => Err(unaligned(offset)),
            }
        } else if offset.is_multiple_of(PAGE_U64) && data.len().is_multiple_of(PAGE) {
            self.write_pages(offset / PAGE_U64, data)
        } else {
            Err(unaligned(offset))
        };
        self.note(result)
    }

    // The caller holds a lock on the whole file.
    fn try_lock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<bool, redb::BackendError> {
        Ok(true)
    }

    fn unlock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<(), redb::BackendError> {
        Ok(())
    }

    fn query_lock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<bool, redb::BackendError> {
        Ok(false)
    }
}

fn unaligned(offset: u64) -> io::Error {
    io::Error::new(
        ErrorKind::InvalidInput,
        format!("an access at byte {offset} of the store that is not of whole pages"),
    )
}

/// Where a page of the store is in the file.
fn position(page: u64) -> u64 {
    (HEADERS + page / GROUP * (GROUP + 1) + 1 + page % GROUP) * PAGE_U64
}

fn sums_position(group: u64) -> u64 {
    (HEADERS + group * (GROUP + 1)) * PAGE_U64
}

fn slot(page: u64) -> usize {
    usize::try_from(page % GROUP).unwrap_or(0)
}

/// Never 0, which stands for a page that was never written.
fn checksum(page: u64, data: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&page.to_le_bytes());
    hasher.update(data);
    hasher.finalize().max(1)
}

/// The checksums of a group.
fn sums<'a>(file: &File, known: &'a mut HashMap<u64, Sums>, group: u64) -> io::Result<&'a mut Sums> {
    match known.entry(group) {
        Entry::Occupied(there) => Ok(there.into_mut()),
        Entry::Vacant(free) => {
            let mut bytes = vec![0; PAGE];
            read_up_to(file, &mut bytes, sums_position(group))?;
            let read = |four: &[u8]| four.try_into().map_or(0, u32::from_le_bytes);
            Ok(free.insert(bytes.chunks(4).map(read).collect()))
        }
    }
}

/// Reads until `out` is full or the file ends; the number of bytes read.
fn read_up_to(file: &File, out: &mut [u8], at: u64) -> io::Result<usize> {
    let mut found = 0;
    while found < out.len() {
        match file.read_at(&mut out[found..], at + found as u64) {
            Ok(0) => break,
            Ok(count) => found += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

fn header(sequence: u64, state: &State) -> Vec<u8> {
    let mut page = vec![0; PAGE];
    page[..16].copy_from_slice(MAGIC);
    page[16..24].copy_from_slice(&sequence.to_le_bytes());
    page[24..32].copy_from_slice(&state.len.to_le_bytes());
    page[32..40].copy_from_slice(&state.written.to_le_bytes());
    page[FIRST_AT..SUM_AT].copy_from_slice(&state.first);
    let sum = crc32fast::hash(&page[..SUM_AT]);
    page[SUM_AT..SUM_AT + 4].copy_from_slice(&sum.to_le_bytes());
    page
}

struct Header {
    sequence: u64,
    len: u64,
    written: u64,
    first: Box<[u8]>,
}

/// The newer of the two headers that are whole; `None` if the file was created and never synced.
fn newest_header(file: &File, bytes: u64) -> io::Result<Option<Header>> {
    let mut pages = vec![0; 2 * PAGE];
    read_up_to(file, &mut pages, 0)?;
    let newest = pages.chunks(PAGE).filter_map(parse_header).max_by_key(|header| header.sequence);
    if newest.is_some() {
        return Ok(newest);
    }
    if pages.iter().all(|byte| *byte == 0) && bytes <= 64 * PAGE_U64 {
        return Ok(None);
    }
    let what = if pages.starts_with(EARLIER) {
        "was written by an earlier version of newswire"
    } else if pages.chunks(PAGE).any(|page| page.starts_with(MAGIC)) {
        "is damaged: neither of its two headers is whole"
    } else if is_of_newer(&pages) {
        NEWER
    } else {
        "is not a log of newswire"
    };
    Err(io::Error::new(ErrorKind::InvalidData, what))
}

/// What is wrong with a file of a newer version.
pub(super) const NEWER: &str = "was written by a newer version of newswire";

/// True if a newer version wrote the file.
pub(super) fn is_newer(file: &File) -> io::Result<bool> {
    let mut pages = vec![0; 2 * PAGE];
    read_up_to(file, &mut pages, 0)?;
    Ok(is_of_newer(&pages))
}

fn is_of_newer(headers: &[u8]) -> bool {
    let any = |first: &[u8]| headers.chunks(PAGE).any(|page| page.starts_with(first));
    any(FAMILY) && !any(MAGIC)
}

fn parse_header(page: &[u8]) -> Option<Header> {
    let number = |from: usize| Some(u64::from_le_bytes(page.get(from..from + 8)?.try_into().ok()?));
    let sum = u32::from_le_bytes(page.get(SUM_AT..SUM_AT + 4)?.try_into().ok()?);
    let is_whole = page.starts_with(MAGIC) && crc32fast::hash(&page[..SUM_AT]) == sum;
    if !is_whole {
        return None;
    }
    let first = page.get(FIRST_AT..SUM_AT)?.into();
    Some(Header { sequence: number(16)?, len: number(24)?, written: number(32)?, first })
}

/// Visits the pages of a file that are whole, each with its position in the file, and counts those that are not. A page that
/// was never written is neither.
///
/// # Errors
/// Those of reading.
pub(super) fn scan(file: &File, mut visit: impl FnMut(u64, &[u8])) -> io::Result<u64> {
    let end = file.metadata()?.len();
    let (mut damaged, mut known) = (0, HashMap::new());
    let mut data = vec![0; PAGE];
    for page in 0.. {
        if position(page) >= end {
            break;
        }
        let found = read_up_to(file, &mut data, position(page))?;
        let expected = sums(file, &mut known, page / GROUP)?[slot(page)];
        known.retain(|group, _| *group == page / GROUP);
        if found == PAGE && expected == checksum(page, &data) {
            visit(position(page), &data);
        } else if expected != 0 || data.iter().any(|byte| *byte != 0) {
            damaged += 1;
        }
    }
    Ok(damaged)
}
