//! The page: a few files, part of the binary, with no build step and nothing from elsewhere.

use crate::Shared;
use axum::{
    Router,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    routing::get,
};

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// Path, media type and text of each file.
const FILES: [(&str, &str, &str); 7] = [
    ("/", HTML, include_str!("../page/index.html")),
    ("/page/style.css", CSS, include_str!("../page/style.css")),
    ("/page/app.js", JS, include_str!("../page/app.js")),
    ("/page/model.js", JS, include_str!("../page/model.js")),
    ("/page/card.js", JS, include_str!("../page/card.js")),
    ("/page/live.js", JS, include_str!("../page/live.js")),
    ("/favicon.svg", SVG, include_str!("../page/favicon.svg")),
];

pub(crate) fn router() -> Router<Shared> {
    FILES.into_iter().fold(Router::new(), |router, (path, kind, text)| {
        // A new version of the binary must not meet a browser's old copy.
        router.route(path, get(async move || ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-cache")], text)))
    })
}
