//! What the commands print: tables for people, JSON for programs.

use chassis::terminal::{self, Escaped, line};
use serde_json::Value;
use std::io::{self, BufWriter, IsTerminal, Write};
use unicode_width::UnicodeWidthStr;

/// Most columns to which a cell is padded; the next cell of a longer one is not aligned.
const MAX_PADDING: usize = 60;

/// Flag of the commands that print an answer.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Prints JSON: one object, or for a list one object a line.
    #[arg(long)]
    pub json: bool,
}

/// Standard output of a command. Whatever publishers have written, nothing that acts on a terminal is printed but colours.
pub struct Out {
    inner: Escaped<BufWriter<Box<dyn Write>>>,
    colours: bool,
}

impl Out {
    /// Standard output, in colours if it is a terminal that wants them.
    #[must_use]
    pub fn stdout() -> Self {
        let stdout = io::stdout();
        let colours = terminal::wants_colours(stdout.is_terminal());
        Out { inner: Escaped::new(BufWriter::new(Box::new(stdout.lock()))), colours }
    }

    /// A document of JSON, on one line.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub fn json(&mut self, value: &Value) -> io::Result<()> {
        writeln!(self, "{value}")
    }

    /// One line for people, or a document of JSON.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub fn either(&mut self, output: OutputArgs, text: &str, value: &Value) -> io::Result<()> {
        if output.json { self.json(value) } else { writeln!(self, "{text}") }
    }

    fn coloured(&mut self, colour: Option<terminal::Colour>, text: &str) -> io::Result<()> {
        let Some(colour) = colour.filter(|_| self.colours) else { return self.write_all(text.as_bytes()) };
        self.inner.write_colour(colour)?;
        self.write_all(text.as_bytes())?;
        self.inner.end_colour(colour)
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// A list: a table with aligned columns, or one JSON object a line.
pub struct Table {
    columns: &'static [(&'static str, Align)],
    rows: Vec<Row>,
}

/// Where the text of a column stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// At the left: texts.
    Left,
    /// At the right: numbers.
    Right,
}

struct Row {
    cells: Vec<String>,
    value: Value,
    is_fault: bool,
    /// Lines that explain it.
    notes: Vec<String>,
}

impl Table {
    /// A table with these columns.
    #[must_use]
    pub fn new(columns: &'static [(&'static str, Align)]) -> Self {
        Table { columns, rows: Vec::new() }
    }

    /// Adds a row: its cells, and the same as JSON. Controls in cells are escaped.
    pub fn add<const N: usize>(&mut self, cells: [String; N], value: Value) {
        let cells = cells.iter().map(|cell| line(cell).into_owned()).collect();
        self.rows.push(Row { cells, value, is_fault: false, notes: Vec::new() });
    }

    /// As [`Table::add`], for a row that shows a fault.
    pub fn add_fault<const N: usize>(&mut self, cells: [String; N], value: Value) {
        self.add(cells, value);
        if let Some(row) = self.rows.last_mut() {
            row.is_fault = true;
        }
    }

    /// Adds a line under the last row, for people only. Controls in it are escaped.
    pub fn note(&mut self, text: &str) {
        if let Some(row) = self.rows.last_mut() {
            row.notes.push(line(text).into_owned());
        }
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Writes the rows as they are asked for. A table has a header, also if it has no rows.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub fn write(&self, out: &mut Out, output: OutputArgs) -> io::Result<()> {
        if output.json {
            return self.rows.iter().try_for_each(|row| out.json(&row.value));
        }
        let header: Vec<String> = self.columns.iter().map(|(name, _)| (*name).to_owned()).collect();
        let widths = self.widths(&header);
        out.coloured(Some(terminal::Colour::Heading), &self.text(&widths, &header))?;
        writeln!(out)?;
        for row in &self.rows {
            let colour = row.is_fault.then_some(terminal::Colour::Fault);
            out.coloured(colour, &self.text(&widths, &row.cells))?;
            writeln!(out)?;
            row.notes.iter().try_for_each(|note| writeln!(out, "  {note}"))?;
        }
        Ok(())
    }

    fn widths(&self, header: &[String]) -> Vec<usize> {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.cells.get(column)).chain(header.get(column));
            cells.map(|cell| cell.width()).max().unwrap_or(0).min(MAX_PADDING)
        };
        (0..self.columns.len()).map(width).collect()
    }

    /// One row, without spaces at its end.
    fn text(&self, widths: &[usize], cells: &[String]) -> String {
        let mut text = String::new();
        for ((cell, width), (_, align)) in cells.iter().zip(widths).zip(self.columns) {
            let padding = " ".repeat(width.saturating_sub(cell.width()));
            let separator = if text.is_empty() { "" } else { "  " };
            text.push_str(separator);
            match align {
                Align::Left => text.extend([cell.as_str(), &padding]),
                Align::Right => text.extend([&padding, cell.as_str()]),
            }
        }
        text.trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::sync::{Arc, Mutex};

    const COLUMNS: &[(&str, Align)] = &[("topic", Align::Left), ("ends", Align::Right), ("title", Align::Left)];

    /// What is written to it.
    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(table: &Table, json: bool, colours: bool) -> String {
        let written = Written::default();
        let mut out = Out { inner: Escaped::new(BufWriter::new(Box::new(written.clone()))), colours };
        table.write(&mut out, OutputArgs { json }).unwrap();
        out.flush().unwrap();
        String::from_utf8(written.0.lock().unwrap().clone()).unwrap()
    }

    fn table() -> Table {
        let mut table = Table::new(COLUMNS);
        table.add(["news.raw.v1".into(), "7".into(), "東京".into()], json!({ "ends": 7 }));
        table.add_fault(["東京".into(), "12345".into(), "\x1b[2J\tx".into()], json!({ "ends": 12_345 }));
        table
    }

    #[test]
    fn columns_are_aligned_by_their_width_on_a_terminal() {
        assert_eq!(
            written(&table(), false, false),
            "topic         ends  title\nnews.raw.v1      7  東京\n東京         12345  \\u001b[2J\\u0009x\n"
        );
        assert_eq!(written(&Table::new(COLUMNS), false, false), "topic  ends  title\n");
    }

    #[test]
    fn a_cell_that_is_too_long_does_not_move_the_others() {
        let mut table = Table::new(COLUMNS);
        table.add(["x".repeat(200), "1".into(), "a".into()], json!({}));
        table.add(["y".into(), "2".into(), "b".into()], json!({}));
        let text = written(&table, false, false);
        assert_eq!(text.lines().nth(2).map(str::len), Some(60 + 2 + 4 + 2 + 1), "{text}");
    }

    #[test]
    fn json_is_one_object_a_line() {
        assert_eq!(written(&table(), true, true), "{\"ends\":7}\n{\"ends\":12345}\n");
    }

    #[test]
    fn colours_are_the_only_sequences_that_reach_a_terminal() {
        let text = written(&table(), false, true);
        let sequences: Vec<&str> = text.split('\x1b').skip(1).map(|rest| rest.split('m').next().unwrap()).collect();
        assert_eq!(sequences, ["[1", "[0", "[31", "[0"]);
    }
}
