//! Content codings. The first bytes decide where they can: servers name a coding that the body does not have, or send a
//! compressed file without naming it. Own code because reqwest trusts the header.

use super::body::{Body, Overflow};
use brotli::Decompressor;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use std::io::{ErrorKind, Read};

/// The codings of a request.
pub(super) const ACCEPTED: &str = "gzip, br, deflate";
/// A file that was compressed is compressed again by the server.
const MAX_LAYERS: usize = 2;
const GZIP: &[u8] = &[0x1f, 0x8b];

/// Decodes a body as far as it was read. `coding` is the header Content-Encoding. Stops at `limit` bytes, so that a
/// decompression bomb costs no more than that.
pub(super) fn decode(body: Body, coding: &str, limit: usize, overflow: Overflow) -> Body {
    let (mut bytes, mut truncated) = match body {
        Body::Whole(bytes) => (bytes, None),
        Body::Truncated(bytes, reason) => (bytes, Some(reason)),
        Body::TooLarge => return Body::TooLarge,
    };
    let mut coding = coding.rsplit(',').next().unwrap_or_default().trim().to_ascii_lowercase();
    for _ in 0..MAX_LAYERS {
        let decoder: Box<dyn Read + '_> = match coding.as_str() {
            _ if bytes.starts_with(GZIP) => Box::new(MultiGzDecoder::new(&*bytes)),
            "deflate" if is_zlib(&bytes) => Box::new(ZlibDecoder::new(&*bytes)),
            "deflate" if !is_text(&bytes) => Box::new(DeflateDecoder::new(&*bytes)),
            "br" if !is_text(&bytes) => Box::new(Decompressor::new(&*bytes, 1 << 14)),
            _ => break,
        };
        let Ok(decoded) = read(decoder, limit, overflow) else { return Body::TooLarge };
        let (out, error) = decoded;
        if out.len() == limit && overflow == Overflow::Cut {
            return Body::Whole(out);
        }
        // The reason why the connection ended comes first.
        truncated = truncated.or(error);
        bytes = out;
        coding.clear();
    }
    match truncated {
        Some(reason) => Body::Truncated(bytes, reason),
        None => Body::Whole(bytes),
    }
}

/// True if the decoded body may be larger than the body.
pub(super) fn may_grow(bytes: &[u8], coding: &str) -> bool {
    let coding = coding.rsplit(',').next().unwrap_or_default().trim().to_ascii_lowercase();
    bytes.starts_with(GZIP) || (matches!(coding.as_str(), "deflate" | "br") && !is_text(bytes))
}

/// At most `limit` bytes, and why there are no more; an error if there are, unless the rest is to be cut.
fn read(mut decoder: Box<dyn Read + '_>, limit: usize, overflow: Overflow) -> Result<(Vec<u8>, Option<String>), ()> {
    let (mut out, mut buffer) = (Vec::new(), vec![0; 1 << 16]);
    loop {
        match decoder.read(&mut buffer) {
            Ok(0) => return Ok((out, None)),
            Ok(count) if out.len() + count > limit => {
                if overflow == Overflow::Reject {
                    return Err(());
                }
                out.extend(buffer.iter().take(limit - out.len().min(limit)));
                return Ok((out, None));
            }
            Ok(count) => out.extend(buffer.iter().take(count)),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Ok((out, Some(format!("the content coding is broken: {error}")))),
        }
    }
}

/// True for the header of RFC 1950.
fn is_zlib(bytes: &[u8]) -> bool {
    matches!(bytes, [cmf, flags, ..] if cmf & 0x0f == 8 && (u16::from(*cmf) << 8 | u16::from(*flags)).is_multiple_of(31))
}

/// True for what starts like a document.
fn is_text(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start();
    let starts = [&b"<?xml"[..], b"<rss", b"<feed", b"<rdf", b"<!", b"<html", b"{\"", b"{ ", b"{\n", b"{\r", b"[{"];
    starts.iter().any(|start| bytes.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_compressed_body_over_the_limit_is_cut_or_rejected() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&[b'#'; 200_000]).unwrap();
        let bytes = encoder.finish().unwrap();
        let decoded = |overflow| decode(Body::Whole(bytes.clone()), "gzip", 100_000, overflow);
        assert!(matches!(decoded(Overflow::Cut), Body::Whole(bytes) if bytes.len() == 100_000));
        assert!(matches!(decoded(Overflow::Reject), Body::TooLarge));
    }
}
