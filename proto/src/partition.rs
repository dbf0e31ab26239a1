//! Which partition a key belongs to. The function is Kafka's own default for keyed records (murmur2, as in
//! `org.apache.kafka.common.utils.Utils`), so that a Java producer with default settings agrees with newswire.

/// Partition of `key` among `partitions` (at least 1).
#[must_use]
pub fn of(key: &[u8], partitions: i32) -> i32 {
    let positive = i32::try_from(murmur2(key) & 0x7fff_ffff).unwrap_or(0);
    positive % partitions.max(1)
}

/// Partition of a feed: by the host of its URL, so that one poller owns all of a host's feeds and can limit the rate of its
/// requests. Hosts are compared in lower case and without a leading `www.`.
#[must_use]
pub fn of_host(host: &str, partitions: i32) -> i32 {
    let host = host.to_ascii_lowercase();
    of(host.strip_prefix("www.").unwrap_or(&host).as_bytes(), partitions)
}

fn murmur2(data: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    let mut hash = 0x9747_b28c ^ length;
    let mut chunks = data.chunks_exact(4);
    for chunk in &mut chunks {
        let mut k = chunk.iter().rev().fold(0u32, |acc, byte| (acc << 8) | u32::from(*byte));
        k = k.wrapping_mul(M);
        k ^= k >> 24;
        k = k.wrapping_mul(M);
        hash = hash.wrapping_mul(M) ^ k;
    }
    let rest = chunks.remainder();
    if !rest.is_empty() {
        hash ^= rest.iter().rev().fold(0u32, |acc, byte| (acc << 8) | u32::from(*byte));
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values from Kafka's own UtilsTest.testMurmur2.
    #[test]
    fn murmur2_agrees_with_kafka() {
        let cases: [(&[u8], i32); 5] = [
            (b"21", -973_932_308),
            (b"foobar", -790_332_482),
            (b"a-little-bit-long-string", -985_981_536),
            (b"a-little-bit-longer-string", -1_486_304_829),
            (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
        ];
        for (key, hash) in cases {
            assert_eq!(murmur2(key).cast_signed(), hash);
        }
    }

    #[test]
    fn case_and_www_do_not_change_a_hosts_partition() {
        assert_eq!(of_host("WWW.Example.org", 24), of_host("example.org", 24));
    }
}
