//! The admin routes: `/metrics`, `/healthz` and `/readyz`.

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

/// Readiness of a process: it is ready while all conditions that its services added are met.
#[derive(Debug, Clone, Default)]
pub struct Readiness {
    conditions: Arc<Mutex<Vec<ConditionState>>>,
}

/// The state of a condition, as `/readyz` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConditionState {
    /// Its name: `gateway-caught-up`.
    pub name: String,
    /// Whether it is met.
    pub met: bool,
    /// Why it is not met; empty if it is.
    pub detail: String,
}

/// A service's handle to its condition.
#[derive(Debug, Clone)]
pub struct Condition {
    readiness: Readiness,
    index: usize,
}

impl Readiness {
    /// Adds a condition. It is not met until the service calls [`Condition::met`].
    #[must_use]
    pub fn add(&self, name: &str) -> Condition {
        let mut conditions = self.lock();
        conditions.push(ConditionState { name: name.to_owned(), met: false, detail: "starting".to_owned() });
        Condition { readiness: self.clone(), index: conditions.len() - 1 }
    }

    /// True while every condition is met.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.lock().iter().all(|condition| condition.met)
    }

    /// All conditions, in the order in which they were added.
    #[must_use]
    pub fn conditions(&self) -> Vec<ConditionState> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<ConditionState>> {
        // Each change is one assignment, so a panic cannot leave the list inconsistent.
        self.conditions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Condition {
    /// Marks the condition as met.
    pub fn met(&self) {
        self.set(true, String::new());
    }

    /// Marks the condition as not met, because of `detail`.
    pub fn not_met(&self, detail: impl Into<String>) {
        self.set(false, detail.into());
    }

    fn set(&self, met: bool, detail: String) {
        if let Some(state) = self.readiness.lock().get_mut(self.index) {
            state.met = met;
            state.detail = detail;
        }
    }
}

#[derive(Clone)]
struct AdminState {
    registry: Registry,
    readiness: Readiness,
}

/// A router with the three routes, to merge into a service's own or to serve with [`crate::http::serve`].
pub fn router(registry: Registry, readiness: Readiness) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .with_state(AdminState { registry, readiness })
}

/// Prometheus text exposition format 0.0.4.
async fn metrics(State(admin): State<AdminState>) -> Response {
    let encoder = TextEncoder::new();
    let mut text = Vec::new();
    match encoder.encode(&admin.registry.gather(), &mut text) {
        Ok(()) => ([(header::CONTENT_TYPE, encoder.format_type().to_owned())], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the metrics could not be encoded");
            (StatusCode::INTERNAL_SERVER_ERROR, "the metrics could not be encoded\n").into_response()
        }
    }
}

/// The body of `/readyz`.
#[derive(Serialize)]
struct Ready {
    ready: bool,
    conditions: Vec<ConditionState>,
}

async fn ready(State(admin): State<AdminState>) -> Response {
    let conditions = admin.readiness.conditions();
    let ready = conditions.iter().all(|condition| condition.met);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Ready { ready, conditions })).into_response()
}
