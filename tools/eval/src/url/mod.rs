//! `eval url DIR`: canonical URLs and registrable domains by the expectations of test suites, and tracking parameters by
//! other rules as an oracle. DIR has `urltestdata.json` of web-platform-tests, `psl_tests/test_psl.txt` of the Public
//! Suffix List, and `clearurls_data.min.json` of ClearURLs.

mod domains;
mod expand;
mod tracking;
mod whatwg;

use std::path::Path;

use serde_json::{Value, json};

/// The cases of a suite that apply.
#[derive(Debug, Default)]
struct Suite {
    cases: usize,
    /// What was expected, and what was found, of those that are not as expected.
    unmet: Vec<String>,
}

impl Suite {
    /// Counts a case; `Err` says what is wrong.
    fn count(&mut self, case: &str, result: Result<(), String>) {
        self.cases += 1;
        if let Err(what) = result {
            self.unmet.push(format!("{case:?}: {what}"));
        }
    }

    fn met(&self) -> usize {
        self.cases - self.unmet.len()
    }

    fn json(&self) -> Value {
        json!({"cases": self.cases, "met": self.met(), "unmet": self.unmet})
    }
}

/// Prints a table unless `json` is set, and returns `{"whatwg": {"cases", "met", "unmet"}, "psl": {..}, "tracking":
/// {"global": {"parameters", "removed", "kept"}, "publishers": {..}, "content": {"parameters", "removed"}}}`.
///
/// # Errors
/// A file cannot be read.
#[expect(clippy::print_stdout, reason = "the table goes to standard output")]
pub fn run(data: &Path, json: bool) -> anyhow::Result<Value> {
    // DATA is a corpus, or its folder of URLs.
    let inner = data.join("url");
    let data = if inner.is_dir() { inner } else { data.to_owned() };
    let whatwg = whatwg::measure(&data.join("urltestdata.json"))?;
    let psl = domains::measure(&data.join("psl_tests/test_psl.txt"))?;
    let tracking = tracking::measure(&data.join("clearurls_data.min.json"))?;
    if !json {
        for (name, suite) in [("web-platform-tests", &whatwg), ("Public Suffix List", &psl)] {
            println!("{name:<32} {:>4} of {}", suite.met(), suite.cases);
            suite.unmet.iter().for_each(|line| println!("  {line}"));
        }
        tracking.print();
    }
    Ok(json!({"whatwg": whatwg.json(), "psl": psl.json(), "tracking": tracking.json()}))
}
