//! `/metrics`, `/healthz` and `/readyz`.

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use prometheus::{Encoder, Registry, TextEncoder};
use serde::Serialize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Whether a process can do its work: all conditions that its services named are met.
#[derive(Debug, Clone, Default)]
pub struct Readiness {
    conditions: Arc<Mutex<Vec<Named>>>,
}

/// A condition as `/readyz` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Named {
    /// Its name: `gateway-caught-up`.
    pub name: String,
    /// Whether it is met.
    pub met: bool,
    /// Why not; empty where it is met.
    pub detail: String,
}

/// A service's hold on its condition.
#[derive(Debug, Clone)]
pub struct Condition {
    all: Readiness,
    at: usize,
}

impl Readiness {
    /// Adds a condition. It is not met until the service says so.
    #[must_use]
    pub fn add(&self, name: &str) -> Condition {
        let mut conditions = self.lock();
        conditions.push(Named { name: name.to_owned(), met: false, detail: "not yet".to_owned() });
        Condition { all: self.clone(), at: conditions.len() - 1 }
    }

    /// True while every condition is met.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.lock().iter().all(|condition| condition.met)
    }

    /// All conditions, in the order in which they were added.
    #[must_use]
    pub fn conditions(&self) -> Vec<Named> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Named>> {
        // Each change is one assignment: a holder that panicked left nothing half done.
        self.conditions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Condition {
    /// The condition is met.
    pub fn met(&self) {
        self.set(true, String::new());
    }

    /// The condition is not met, because of `detail`.
    pub fn not_met(&self, detail: impl Into<String>) {
        self.set(false, detail.into());
    }

    fn set(&self, met: bool, detail: String) {
        if let Some(named) = self.all.lock().get_mut(self.at) {
            named.met = met;
            named.detail = detail;
        }
    }
}

/// What the routes show.
#[derive(Clone)]
struct Shown {
    registry: Registry,
    readiness: Readiness,
}

/// The three routes. Merge them into a service's own router, or serve them alone with [`crate::http::serve`].
pub fn router(registry: Registry, readiness: Readiness) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .with_state(Shown { registry, readiness })
}

/// Prometheus text exposition format 0.0.4.
async fn metrics(State(shown): State<Shown>) -> Response {
    let encoder = TextEncoder::new();
    let mut text = Vec::new();
    match encoder.encode(&shown.registry.gather(), &mut text) {
        Ok(()) => ([(header::CONTENT_TYPE, encoder.format_type().to_owned())], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the metrics cannot be written");
            (StatusCode::INTERNAL_SERVER_ERROR, "the metrics cannot be written\n").into_response()
        }
    }
}

#[derive(Serialize)]
struct Ready {
    ready: bool,
    conditions: Vec<Named>,
}

async fn ready(State(shown): State<Shown>) -> Response {
    let conditions = shown.readiness.conditions();
    let ready = conditions.iter().all(|condition| condition.met);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Ready { ready, conditions })).into_response()
}
