//! `newswire config`: every setting, its value, and what gave it.

use crate::{
    answer::Answer,
    output::{Align, OutputArgs, Table},
    run,
};
use chassis::config::{Setting, Settings, Source};
use serde_json::{Value, json};

/// Flags of `newswire config`: those of `newswire run`, of which it prints what they mean.
#[derive(Debug, clap::Args)]
#[group(id = "settings")]
pub struct Args {
    #[command(flatten)]
    pub output: OutputArgs,
    // They are printed, and not checked: what is wrong with them is to be seen.
    #[command(flatten)]
    run: run::Args,
}

const COLUMNS: &[(&str, Align)] = &[
    ("setting", Align::Left),
    ("value", Align::Left),
    ("from", Align::Left),
    ("default", Align::Left),
    ("meaning", Align::Left),
];

/// Prints the settings. As JSON: an object a line for each.
pub fn answer(settings: Settings, output: OutputArgs) -> Answer {
    Box::new(move |out| {
        let mut table = Table::new(COLUMNS);
        for setting in settings.all.into_iter().chain([credentials()]) {
            let value = as_json(&setting);
            let Setting { key, value: text, source, default, help, .. } = setting;
            let shown = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
            table.add([key, shown(text), source.to_string(), shown(default), help], value);
        }
        for unknown in &settings.unknown {
            crate::answer::report(unknown);
        }
        Ok(table.write(out, output)?)
    })
}

/// The variable with credentials, which is neither a flag nor a key of the file.
fn credentials() -> Setting {
    let variable = poller::credentials::VARIABLE;
    let is_set = std::env::var_os(variable).is_some();
    Setting {
        key: "credentials".to_owned(),
        variable: variable.to_owned(),
        value: is_set.then(|| "***".to_owned()),
        source: if is_set { Source::Variable(variable.to_owned()) } else { Source::Default },
        help: "Credentials of feeds in the form of the file of --credentials-file. Only a variable.".to_owned(),
        ..Setting::default()
    }
}

fn as_json(setting: &Setting) -> Value {
    let from = match &setting.source {
        Source::Default => json!({ "kind": "default" }),
        Source::Flag => json!({ "kind": "flag" }),
        Source::Variable(name) => json!({ "kind": "variable", "name": name }),
        Source::File { path, line } => json!({ "kind": "file", "path": path, "line": line }),
    };
    json!({
        "setting": setting.key,
        "flag": (!setting.flag.is_empty()).then_some(&setting.flag),
        "variable": setting.variable,
        "value": setting.value,
        "from": from,
        "default": setting.default,
        "choices": setting.choices,
        "meaning": setting.help,
    })
}
