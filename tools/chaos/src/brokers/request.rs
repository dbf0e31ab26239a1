//! Requests of Kafka's protocol that no library of ours has: reassigning replicas and electing leaders. Fields as in the
//! message definitions `AlterPartitionReassignmentsRequest.json` (version 0) and `ElectLeadersRequest.json` (version 2).

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    time::Duration,
};

/// Limit for each answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A partition and the order of its replicas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Topic.
    pub topic: String,
    /// Partition.
    pub partition: i32,
    /// Brokers; the first is the preferred leader.
    pub replicas: Vec<i32>,
}

/// Gives partitions their replicas in another order, and makes the first of each its leader. The set of replicas must be the
/// present one, so that nothing is copied.
///
/// # Errors
/// If the broker does not answer or reports an error.
pub fn move_leaders(broker: &str, assignments: &[Assignment]) -> io::Result<()> {
    let timeout_ms = 10_000_i32.to_be_bytes();
    let mut reassign = timeout_ms.to_vec();
    array(&mut reassign, assignments, |body, one| {
        text(body, &one.topic);
        array(body, &[one], |body, one| {
            body.extend(one.partition.to_be_bytes());
            array(body, &one.replicas, |body, replica| body.extend(replica.to_be_bytes()));
            body.push(0);
        });
        body.push(0);
    });
    reassign.push(0);
    call(broker, 45, 0, &reassign)?;
    // Preferred leaders.
    let mut elect = vec![0];
    array(&mut elect, assignments, |body, one| {
        text(body, &one.topic);
        array(body, &[one.partition], |body, partition| body.extend(partition.to_be_bytes()));
        body.push(0);
    });
    elect.extend(timeout_ms);
    elect.push(0);
    call(broker, 43, 2, &elect)
}

/// A compact array: its length and one as an unsigned varint, then its elements.
fn array<T>(body: &mut Vec<u8>, items: &[T], mut write: impl FnMut(&mut Vec<u8>, &T)) {
    varint(body, items.len() + 1);
    for item in items {
        write(body, item);
    }
}

/// A compact string.
fn text(body: &mut Vec<u8>, text: &str) {
    varint(body, text.len() + 1);
    body.extend(text.as_bytes());
}

fn varint(body: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        body.push(u8::try_from(value & 0x7f).unwrap_or(0) | 0x80);
        value >>= 7;
    }
    body.push(u8::try_from(value).unwrap_or(0));
}

/// Sends a request, and checks the error code of its response. Header version 2 of the request: key, version, correlation
/// id, client id, no tagged fields. Header version 1 of the response: correlation id, no tagged fields. Both responses begin
/// with the throttle time and the error code.
fn call(broker: &str, key: i16, version: i16, body: &[u8]) -> io::Result<()> {
    let mut connection = TcpStream::connect(broker)?;
    connection.set_read_timeout(Some(TIMEOUT))?;
    connection.set_write_timeout(Some(TIMEOUT))?;
    let mut request = Vec::new();
    request.extend(key.to_be_bytes());
    request.extend(version.to_be_bytes());
    request.extend(1_i32.to_be_bytes());
    // No client id, no tagged fields.
    request.extend((-1_i16).to_be_bytes());
    request.push(0);
    request.extend(body);
    let length = u32::try_from(request.len()).map_err(io::Error::other)?;
    connection.write_all(&length.to_be_bytes())?;
    connection.write_all(&request)?;
    let mut head = [0; 4 + 4 + 1 + 4 + 2];
    connection.read_exact(&mut head)?;
    let code = head.last_chunk().map_or(0, |code| i16::from_be_bytes(*code));
    if code == 0 { Ok(()) } else { Err(io::Error::other(format!("request {key}: error {code}"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_varints_of_one_more() {
        let mut body = Vec::new();
        text(&mut body, "ab");
        array(&mut body, &[7_u8; 200], |body, item| body.push(*item));
        assert_eq!(&body[..6], &[3, b'a', b'b', 0xc9, 0x01, 7]);
    }
}
