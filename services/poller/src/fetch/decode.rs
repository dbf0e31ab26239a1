//! Content codings. The first bytes decide where they can: servers name a coding that the body does not have, or send a
//! compressed file without naming it, or add bytes behind its end. Own code because reqwest trusts the header.

use super::body::{Body, Overflow};
use brotli::Decompressor;
use flate2::{
    bufread::GzDecoder,
    read::{DeflateDecoder, ZlibDecoder},
};
use std::io::{self, ErrorKind, Read};

/// The codings of a request.
pub(super) const ACCEPTED: &str = "gzip, br, deflate";
/// A file that was compressed is compressed again by the server.
const MAX_LAYERS: usize = 2;
const GZIP: &[u8] = &[0x1f, 0x8b];
/// Bytes that show whether a body is text. Among as many compressed ones there are control characters, or no UTF-8.
const HEAD: usize = 64;

/// Decodes a body as far as it was read. `coding` is the header Content-Encoding. Stops at `limit` bytes, so that a
/// decompression bomb costs no more than that.
pub(super) fn decode(body: Body, coding: &str, limit: usize, overflow: Overflow) -> Body {
    let (mut bytes, mut truncated) = match body {
        Body::Whole(bytes) => (bytes, None),
        Body::Truncated(bytes, reason) => (bytes, Some(reason)),
        Body::TooLarge => return Body::TooLarge,
    };
    let mut codings = codings_of(coding);
    for _ in 0..MAX_LAYERS {
        let coding = codings.pop().unwrap_or_default();
        let is_gzip = bytes.starts_with(GZIP);
        let decoder: Box<dyn Read + '_> = match coding.as_str() {
            _ if is_gzip => Box::new(Members(GzDecoder::new(&*bytes))),
            _ if is_text(&bytes) => break,
            _ if is_zlib(&bytes) => Box::new(ZlibDecoder::new(&*bytes)),
            "deflate" => Box::new(DeflateDecoder::new(&*bytes)),
            "br" => Box::new(Decompressor::new(&*bytes, 1 << 14)),
            _ => break,
        };
        let Ok(decoded) = read(decoder, limit, overflow) else { return Body::TooLarge };
        let (out, error) = decoded;
        // It does not have this coding.
        if error.is_some() && out.is_empty() && !is_gzip {
            break;
        }
        if out.len() == limit && overflow == Overflow::Cut {
            return Body::Whole(out);
        }
        // The reason why the connection ended comes first.
        truncated = truncated.or(error);
        bytes = out;
    }
    match truncated {
        Some(reason) => Body::Truncated(bytes, reason),
        None => Body::Whole(bytes),
    }
}

/// True if the decoded body may be larger than the body.
pub(super) fn may_grow(bytes: &[u8], coding: &str) -> bool {
    let is_named = matches!(codings_of(coding).last().map(String::as_str), Some("deflate" | "br"));
    bytes.starts_with(GZIP) || ((is_named || is_zlib(bytes)) && !is_text(bytes))
}

/// The known codings of a header Content-Encoding, in the order in which they were applied.
fn codings_of(header: &str) -> Vec<String> {
    let names = header.split(',').map(|name| name.trim().to_ascii_lowercase());
    names.filter(|name| matches!(name.as_str(), "gzip" | "x-gzip" | "deflate" | "br")).collect()
}

/// Reads the members of a gzip file (RFC 1952 section 2.2). Other bytes behind the last one are ignored.
struct Members<'b>(GzDecoder<&'b [u8]>);

impl Read for Members<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.0.read(buffer)?;
            let rest = *self.0.get_ref();
            if count > 0 || buffer.is_empty() || !rest.starts_with(GZIP) {
                return Ok(count);
            }
            self.0 = GzDecoder::new(rest);
        }
    }
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

/// True for what starts like a document, or with text.
fn is_text(bytes: &[u8]) -> bool {
    // The byte order marks of UTF-8 and UTF-16. No coding starts with them.
    let marks = [&b"\xEF\xBB\xBF"[..], b"\xFF\xFE", b"\xFE\xFF"];
    let starts = [&b"<?xml"[..], b"<rss", b"<feed", b"<rdf", b"<!", b"<html", b"{\"", b"{ ", b"{\n", b"{\r", b"[{"];
    let text = bytes.trim_ascii_start();
    marks.iter().any(|mark| bytes.starts_with(mark))
        || starts.iter().any(|start| text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start)))
        || is_utf_16(bytes)
        || is_plain(bytes)
}

/// True for ASCII in UTF-16 without a byte order mark.
fn is_utf_16(bytes: &[u8]) -> bool {
    matches!(bytes, [first, 0, second, 0, ..] | [0, first, 0, second, ..] if is_plain(&[*first, *second]))
}

/// True if the first bytes are UTF-8 without control characters.
fn is_plain(bytes: &[u8]) -> bool {
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    // The last character may be cut.
    let is_utf_8 = std::str::from_utf8(head).err().is_none_or(|error| error.error_len().is_none());
    is_utf_8 && !head.iter().any(|byte| byte.is_ascii_control() && !byte.is_ascii_whitespace())
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

    const TEXT: &[u8] = b"<rss><channel><title>News of the day</title></channel></rss>";

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn deflate(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn brotli(mut bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        brotli::BrotliCompress(&mut bytes, &mut out, &Default::default()).unwrap();
        out
    }

    /// What becomes of a body; `None` if it does not count as whole.
    fn decoded(bytes: &[u8], coding: &str) -> Option<Vec<u8>> {
        if !may_grow(bytes, coding) {
            return Some(bytes.to_vec());
        }
        match decode(Body::Whole(bytes.to_vec()), coding, 100_000, Overflow::Reject) {
            Body::Whole(bytes) => Some(bytes),
            Body::Truncated(..) | Body::TooLarge => None,
        }
    }

    #[test]
    fn zlib_is_decoded_whatever_it_is_called() {
        for coding in ["gzip", "", "deflate", "br"] {
            assert_eq!(decoded(&zlib(TEXT), coding).as_deref(), Some(TEXT), "{coding:?}");
        }
    }

    #[test]
    fn text_is_not_decoded_although_a_coding_is_declared() {
        let utf_16: Vec<u8> = "<?xml version='1.0'?><rss/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let with_mark = [&b"\xFF\xFE"[..], &utf_16].concat();
        let json = b"{\t\"version\": \"https://jsonfeed.org/version/1.1\"}".to_vec();
        for text in [utf_16, with_mark, json, b"<channel><title>A</title></channel>".to_vec(), b"<opml/>".to_vec()] {
            for coding in ["deflate", "br"] {
                assert_eq!(decoded(&text, coding).as_ref(), Some(&text), "{coding}");
            }
        }
    }

    #[test]
    fn a_body_that_does_not_have_its_coding_stays_as_it_is() {
        // Not UTF-8, and as deflate a block of no known type.
        let bytes = &b"\xF6l <rss/>"[..];
        assert_eq!(decoded(bytes, "deflate").as_deref(), Some(bytes));
    }

    #[test]
    fn two_codings_are_undone_in_reverse_order() {
        for (bytes, coding) in [
            (gzip(&brotli(TEXT)), "br, gzip"),
            (gzip(&deflate(TEXT)), "deflate, gzip"),
            (brotli(&gzip(TEXT)), "gzip, br"),
            (gzip(&gzip(TEXT)), "gzip"),
        ] {
            assert_eq!(decoded(&bytes, coding).as_deref(), Some(TEXT), "{coding}");
        }
    }

    #[test]
    fn bytes_behind_a_gzip_file_are_ignored() {
        for behind in [&[0_u8; 512][..], b"\n", b"<!-- 0.1 s -->"] {
            assert_eq!(decoded(&[&*gzip(TEXT), behind].concat(), "gzip").as_deref(), Some(TEXT), "{behind:?}");
        }
    }

    #[test]
    fn a_gzip_file_may_have_several_members() {
        let (start, end) = TEXT.split_at(20);
        assert_eq!(decoded(&[gzip(start), gzip(b""), gzip(end)].concat(), "gzip").as_deref(), Some(TEXT));
    }

    #[test]
    fn a_gzip_file_that_ends_early_is_not_whole() {
        let bytes = gzip(TEXT);
        assert_eq!(decoded(&bytes[..bytes.len() - 4], "gzip"), None);
    }
}
