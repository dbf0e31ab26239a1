//! The API and the OpenAPI document that describes it.

use crate::support::{Gateway, article, country};
use gateway::Config;
use std::{path::Path, process::Stdio};
use tokio::process::Command;

/// Makes a missing schemathesis a failure.
const REQUIRED: &str = "NEWSWIRE_REQUIRE_TOOLS";
/// Requests of an operation that are generated, in addition to those that cover every parameter and its limits.
const EXAMPLES: &str = "30";

/// What the paths with a variable part are asked for.
const CONFIGURATION: &str = r#"
[[operations]]
include-path-regex = "^/v1/articles/"
parameters = { "path.id" = "one" }

[[operations]]
include-path = "/v1/entities/{key}"
parameters = { "path.key" = "person:amina odhiambo" }
"#;

/// schemathesis sends requests that the document allows, and others that it does not, and compares each answer with it: status,
/// content type, headers, schema, what is refused and what is not, methods, and no answer 5xx.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_api_is_what_its_openapi_document_says() {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools/venv/bin/schemathesis");
    if !program.exists() {
        assert!(std::env::var_os(REQUIRED).is_none(), "no schemathesis, and {REQUIRED} is set");
        println!("skipped: the OpenAPI document (no schemathesis: make setup)");
        return;
    }
    let gateway = Gateway::start(Config::default()).await;
    let now = jiff::Timestamp::now().as_second();
    let mut french = article("fr", now - 60);
    french.language = "fr".into();
    french.countries = vec![country("GA", "GAB", "Gabon", false, vec![])];
    gateway.append([article("one", now - 7_200), article("two", now), french]).await;
    gateway.until("/v1/articles", |answer| answer.ids().len() == 3).await;

    let folder = tempfile::tempdir().unwrap();
    // Otherwise it asks only for articles and entities that do not exist.
    std::fs::write(folder.path().join("schemathesis.toml"), CONFIGURATION).unwrap();
    let output = Command::new(program)
        .args(["run", &format!("http://{}/v1/openapi.json", gateway.address)])
        .args(["--checks", "all", "--phases", "examples,coverage,fuzzing", "--seed", "17", "--max-examples", EXAMPLES])
        // A stream ends with its client.
        .args(["--exclude-path", "/v1/stream", "--request-timeout", "10", "--no-color"])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{report}\n{}", String::from_utf8_lossy(&output.stderr));
    gateway.stop().await;
}
