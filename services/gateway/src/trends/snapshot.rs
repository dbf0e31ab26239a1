//! The counts in `news.trends.v1`, so that a restart knows the days before its window.

use super::{Cell, HOURS, Hour, Key, Of, Row, Trends};
use crate::{position::Position, state::GatewayState};
use proto::{
    id,
    topic::Topic,
    v1::{TrendCount, TrendHour, TrendState},
    wire,
};
use std::{
    collections::{BTreeMap, HashMap},
    ops::ControlFlow,
    sync::Arc,
    time::Duration,
};
use stream::{LogError, Outgoing, Runtime, Start};

/// Time between snapshots. What is counted after the last one is counted again from the topic.
const INTERVAL: Duration = Duration::from_secs(60);
/// Most counts of a record: about half of the largest record, with long names.
const MAX_COUNTS: usize = 2_000;
/// Time for reading the topic to its end.
const DEADLINE: Duration = Duration::from_secs(60);

/// The counts of a snapshot.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Loaded {
    state: TrendState,
    hours: BTreeMap<i64, Vec<TrendHour>>,
}

/// The counts that this replica has written, else those of the replica that has counted furthest; `None` if there are none.
///
/// # Errors
/// As [`stream::scan`].
pub fn load(runtime: &Runtime) -> Result<Option<Loaded>, LogError> {
    let mut states: HashMap<String, TrendState> = HashMap::new();
    let mut hours: HashMap<(String, i64, i32), TrendHour> = HashMap::new();
    stream::scan(&*runtime.log, &runtime.names.of(Topic::Trends), Start::Beginning, DEADLINE, |record| {
        let read = match record.header("ce_type") {
            Some(kind) if kind == <TrendState as wire::Message>::TYPE => record.decode::<TrendState>().map(|state| {
                states.insert(state.replica.clone(), state);
            }),
            _ => record.decode::<TrendHour>().map(|hour| {
                hours.insert((hour.replica.clone(), hour.hour, hour.part), hour);
            }),
        };
        if let Err(error) = read
            && record.value.is_some()
        {
            tracing::warn!(offset = record.offset, %error, "counts skipped: they could not be decoded");
        }
        ControlFlow::Continue(())
    })?;
    let offsets = |state: &TrendState| state.counted.values().sum::<i64>();
    let own = states.remove(&runtime.replica);
    let Some(state) = own.or_else(|| states.into_values().max_by_key(offsets)) else { return Ok(None) };
    let mut loaded = Loaded { hours: BTreeMap::new(), state };
    for ((replica, hour, part), record) in hours {
        let parts = loaded.state.parts.get(&hour).copied().unwrap_or(0);
        if replica == loaded.state.replica && part <= parts {
            loaded.hours.entry(hour).or_default().push(record);
        }
    }
    Ok(Some(loaded))
}

impl Loaded {
    /// What the counts include of the topic.
    #[must_use]
    pub fn counted(&self) -> Position {
        let mut position = Position::default();
        for (partition, offset) in &self.state.counted {
            position.set(*partition, *offset);
        }
        position
    }
}

impl Trends {
    /// Starts with the counts of a snapshot.
    pub fn restore(&mut self, loaded: &Loaded) {
        self.counted = loaded.counted();
        for (hour, parts) in &loaded.hours {
            let mut place = Hour::default();
            for part in parts {
                place.total.live = place.total.live.saturating_add(part.live);
                place.total.backfill = place.total.backfill.saturating_add(part.backfill);
                for count in &part.counts {
                    let Some(of) = Of::parse(&count.of) else { continue };
                    let key = Key { of, key: count.key.clone(), name: count.name.clone(), kind: count.r#type.clone() };
                    let id = self.keys.find(of, &count.key).unwrap_or_else(|| self.keys.insert(key));
                    let Some(key) = self.keys.get(id).cloned() else { continue };
                    let cell = Cell { live: count.live, backfill: count.backfill };
                    if place.rows.insert(id, Row { key, cell }).is_none() {
                        self.keys.used(id);
                    }
                }
            }
            self.hours.insert(*hour, Arc::new(place));
        }
    }

    /// What changed since the last snapshot; `None` if nothing did.
    fn snapshot(&mut self, now_ms: i64) -> Option<Snapshot> {
        let first = now_ms.div_euclid(crate::HOUR_MS) - HOURS;
        let changed = std::mem::take(&mut self.changed);
        let parts = self.hours.range(first..).map(|(hour, place)| (*hour, place.parts())).collect();
        let of = |hour: i64| self.hours.get(&hour).filter(|_| hour >= first).map(|place| (hour, Arc::clone(place)));
        let hours: Vec<_> = changed.into_iter().filter_map(of).collect();
        let counted = self.counted.partitions().filter_map(|one| Some((one, self.counted.last(one)?))).collect();
        (!hours.is_empty()).then_some(Snapshot { counted, parts, hours })
    }

    /// The next snapshot has all hours: the last one was not written.
    fn not_written(&mut self) {
        self.changed.extend(self.hours.keys());
    }
}

/// What is written: the hours that changed, and what the counts include of the topic.
struct Snapshot {
    counted: HashMap<i32, i64>,
    parts: HashMap<i64, i32>,
    hours: Vec<(i64, Arc<Hour>)>,
}

impl Snapshot {
    /// As messages. They take some time to make: counting goes on meanwhile.
    fn messages(self, replica: &str) -> (TrendState, Vec<TrendHour>) {
        let hours = self.hours.iter().flat_map(|(hour, place)| place.messages(*hour, replica)).collect();
        (TrendState { replica: replica.to_owned(), counted: self.counted, parts: self.parts }, hours)
    }
}

impl Hour {
    /// Number of its records.
    fn parts(&self) -> i32 {
        i32::try_from(self.rows.len().div_ceil(MAX_COUNTS).max(1)).unwrap_or(i32::MAX)
    }

    fn messages(&self, hour: i64, replica: &str) -> Vec<TrendHour> {
        let mut counts = self.rows.values().map(|Row { key, cell }| TrendCount {
            of: key.of.name().to_owned(),
            key: key.key.clone(),
            name: key.name.clone(),
            r#type: key.kind.clone(),
            live: cell.live,
            backfill: cell.backfill,
        });
        let message = |part: i32| {
            let total = if part == 1 { self.total } else { Cell::default() };
            TrendHour {
                replica: replica.to_owned(),
                hour,
                part,
                counts: counts.by_ref().take(MAX_COUNTS).collect(),
                live: total.live,
                backfill: total.backfill,
            }
        };
        (1..=self.parts()).map(message).collect()
    }
}

impl Of {
    /// Its name in records and requests.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Of::Country => "country",
            Of::Entity => "entity",
            Of::Publisher => "publisher",
            Of::Language => "language",
        }
    }

    fn parse(name: &str) -> Option<Of> {
        [Of::Country, Of::Entity, Of::Publisher, Of::Language].into_iter().find(|of| of.name() == name)
    }
}

/// Writes what changes every minute, and at the end, until shutdown. A failure is logged, counted and made up for by the next
/// snapshot: the counts are not lost, since the topic of articles has them.
pub async fn write_until_shutdown(state: GatewayState, runtime: Runtime) {
    loop {
        let ends = tokio::select! {
            () = runtime.shutdown.cancelled() => true,
            () = tokio::time::sleep(INTERVAL) => false,
        };
        let (writer, log) = (state.clone(), runtime.clone());
        let written = chassis::thread::run("gateway-trends", move || write(&writer, &log)).await;
        match written {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(error, "counts of trends not written; they are written again in a minute"),
            Err(error) => tracing::error!(%error, "counts of trends not written"),
        }
        if ends {
            return;
        }
    }
}

fn write(state: &GatewayState, runtime: &Runtime) -> Result<(), String> {
    let now_ms = jiff::Timestamp::now().as_millisecond();
    let Some(snapshot) = state.trends().snapshot(now_ms) else { return Ok(()) };
    let (header, hours) = snapshot.messages(&runtime.replica);
    let records = records(runtime, &header, &hours);
    let written = records.and_then(|records| runtime.log.append(records).map_err(|error| error.to_string()));
    if written.is_err() {
        state.metrics.snapshots_failed.inc();
        state.trends().not_written();
    }
    written
}

fn records(runtime: &Runtime, header: &TrendState, hours: &[TrendHour]) -> Result<Vec<Outgoing>, String> {
    let mut records = vec![outgoing(runtime, header, &[b"trends", header.replica.as_bytes()])?];
    for hour in hours {
        let (number, part) = (hour.hour.to_be_bytes(), hour.part.to_be_bytes());
        records.push(outgoing(runtime, hour, &[b"trends", hour.replica.as_bytes(), &number, &part])?);
    }
    Ok(records)
}

fn outgoing<M: wire::Message>(runtime: &Runtime, message: &M, key: &[&[u8]]) -> Result<Outgoing, String> {
    let digest = id::digest(key);
    let encoding = Topic::Trends.encoding(runtime.encoding);
    let event =
        wire::Attributes { id: &digest, event_type: M::TYPE, source: "newswire/gateway", time: jiff::Timestamp::now() };
    Ok(Outgoing {
        topic: runtime.names.of(Topic::Trends),
        partition: 0,
        key: Topic::Trends.key(&digest).map_err(|error| error.to_string())?,
        value: Some(encoding.encode(message).map_err(|error| error.to_string())?),
        headers: wire::headers(encoding, &event, None),
    })
}
