//! The page's files, part of the binary. There is no build step, and nothing is loaded from other hosts.

use crate::state::GatewayState;
use axum::{
    Router,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    routing::get,
};

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// Path, media type and content of each file.
const FILES: [(&str, &str, &str); 7] = [
    ("/", HTML, include_str!("../page/index.html")),
    ("/page/style.css", CSS, include_str!("../page/style.css")),
    ("/page/app.js", JS, include_str!("../page/app.js")),
    ("/page/model.js", JS, include_str!("../page/model.js")),
    ("/page/card.js", JS, include_str!("../page/card.js")),
    ("/page/connection.js", JS, include_str!("../page/connection.js")),
    ("/favicon.svg", SVG, include_str!("../page/favicon.svg")),
];

pub(crate) fn router() -> Router<GatewayState> {
    FILES.into_iter().fold(Router::new(), |router, (path, media_type, content)| {
        // After an upgrade, a browser must not use files of the old version.
        router.route(path, get(async move || ([(CONTENT_TYPE, media_type), (CACHE_CONTROL, "no-cache")], content)))
    })
}
