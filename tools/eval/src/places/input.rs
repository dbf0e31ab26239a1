//! Reads annotated places: XML in the layout of LGL and TR-News (`article`, `text`, `toponym` with `start`, `end`, and `gaztag`
//! with a GeoNames id and coordinates), as milangritta/Pragmatic-Guide-to-Geoparsing-Evaluation distributes them.

use std::fs;
use std::path::Path;

use anyhow::Context as _;

/// A text with the places that it names.
#[derive(Debug, PartialEq)]
pub struct Text {
    /// The text.
    pub text: String,
    /// Its places, in the order of the file.
    pub places: Vec<Toponym>,
}

/// A place's name in a text.
#[derive(Debug, PartialEq)]
pub struct Toponym {
    /// First code point, and one past the last.
    pub span: (i32, i32),
    /// GeoNames id.
    pub id: String,
    /// Latitude and longitude in degrees.
    pub at: (f64, f64),
}

/// Reads a file.
///
/// # Errors
/// It cannot be read, or has no ids.
pub fn read(file: &Path) -> anyhow::Result<Vec<Text>> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let texts = parse(&text);
    anyhow::ensure!(
        texts.iter().any(|text| !text.places.is_empty()),
        "{}: no toponyms with GeoNames ids (JSON lines with countries are for `eval countries`)",
        file.display()
    );
    Ok(texts)
}

fn parse(xml: &str) -> Vec<Text> {
    elements(xml, "article")
        .filter_map(|article| {
            let text = unescaped(elements(article, "text").next()?);
            Some(Text { text, places: elements(article, "toponym").filter_map(toponym).collect() })
        })
        .collect()
}

/// None without a GeoNames id or coordinates, as for adjectives in LGL.
fn toponym(xml: &str) -> Option<Toponym> {
    let number = |name: &str| elements(xml, name).next().map(str::trim);
    let id = xml.split_once("geonameid=\"")?.1.split('"').next()?;
    Some(Toponym {
        span: (number("start")?.parse().ok()?, number("end")?.parse().ok()?),
        id: Some(id).filter(|id| !id.is_empty())?.to_owned(),
        at: (number("lat")?.parse().ok()?, number("lon")?.parse().ok()?),
    })
}

/// What the elements of a name contain. None contains another of its name.
fn elements<'x>(xml: &'x str, name: &str) -> impl Iterator<Item = &'x str> {
    let (open, close) = (format!("<{name}"), format!("</{name}>"));
    let mut rest = xml;
    std::iter::from_fn(move || {
        loop {
            let after = rest.get(rest.find(&open)? + open.len()..)?;
            rest = after;
            // `<article>` and `<article docid="1">`, not `<articles>`.
            if after.starts_with(['>', ' ', '\n', '\t']) {
                let inner = after.get(after.find('>')? + 1..)?;
                let end = inner.find(&close)?;
                rest = inner.get(end + close.len()..)?;
                return inner.get(..end);
            }
        }
    })
}

/// The text of an element.
fn unescaped(xml: &str) -> String {
    if let Some(text) = xml.trim().strip_prefix("<![CDATA[").and_then(|text| text.strip_suffix("]]>")) {
        return text.to_owned();
    }
    let marks = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&#13;", "\r"), ("&amp;", "&")];
    marks.iter().fold(xml.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_layouts_are_read_and_adjectives_without_an_id_are_left_out() {
        let texts = parse(concat!(
            "<articles><article docid=\"1\"><title>x</title><text><![CDATA[Oslo & co.]]></text><toponyms><toponym>\n",
            "<phrase>Oslo</phrase><start>0</start><end>4</end><gaztag geonameid=\"3143244\"><lat>59.9</lat>",
            "<lon>10.7</lon></gaztag></toponym></toponyms></article>",
            "<article><text>Rain &amp; Greek</text><toponyms><toponym><start>7</start><end>12</end>",
            "<nongaztag/></toponym></toponyms></article></articles>",
        ));
        let oslo = Toponym { span: (0, 4), id: "3143244".to_owned(), at: (59.9, 10.7) };
        assert_eq!(texts.len(), 2);
        assert_eq!((texts[0].text.as_str(), &texts[0].places), ("Oslo & co.", &vec![oslo]));
        assert_eq!((texts[1].text.as_str(), texts[1].places.len()), ("Rain & Greek", 0));
    }
}
