//! Lists with filters.

use super::{Times, process::Gateway};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// What is requested, in turn.
pub const QUERIES: &[(&str, &[&str])] = &[
    (
        "lists with two filters",
        &[
            "/v1/articles?view=brief&country=KE&q=president",
            "/v1/articles?view=brief&country=US&language=fr",
            "/v1/articles?view=brief&entity=family17&country=GB",
            "/v1/articles?view=brief&publisher_country=DE&q=the+mayor",
            "/v1/articles?view=brief&country=FR&role=focus&type=ORG",
            "/v1/articles?view=brief&entity=no+such+name&language=en",
            "/v1/articles?view=brief&country=NZ&sort=salient&language=en",
            "/v1/articles?view=brief&publisher=publisher7.example&country=CN",
        ],
    ),
    (
        "whole articles with two filters",
        &["/v1/articles?country=KE&q=president", "/v1/articles?country=US&language=fr"],
    ),
    ("counts by country with a filter", &["/v1/countries?language=fr", "/v1/countries?q=president"]),
    ("nothing (a file of the page)", &["/favicon.svg"]),
];

/// Times from when a request was due to the end of its response, at `rate` requests a second, whether or not earlier ones have
/// been answered.
pub async fn measure(gateway: &Gateway, queries: &[&str], rate: usize, seconds: usize) -> anyhow::Result<Times> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let times = Arc::new(Mutex::new(Vec::new()));
    let mut requests = tokio::task::JoinSet::new();
    let begin = Instant::now();
    let every = Duration::from_secs(1) / u32::try_from(rate.max(1))?;
    for number in 0..rate * seconds {
        let due = begin + every * u32::try_from(number)?;
        tokio::time::sleep_until(due.into()).await;
        let url = format!("http://{}{}", gateway.address, queries[number % queries.len()]);
        let (client, times) = (client.clone(), Arc::clone(&times));
        requests.spawn(async move {
            let response = client.get(url).send().await?.error_for_status()?;
            response.bytes().await?;
            let took = due.elapsed().as_secs_f64() * 1_000.0;
            times.lock().unwrap_or_else(PoisonError::into_inner).push(took);
            anyhow::Ok(())
        });
    }
    while let Some(done) = requests.join_next().await {
        done??;
    }
    let times = times.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok(Times(times))
}
