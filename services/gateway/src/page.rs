//! The page: its files are part of the binary.

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
const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

/// Path, media type and content of each file; those of the folder `page` are at `/page`.
macro_rules! files {
    ($($path:literal: $media_type:ident),* $(,)?) => {
        [
            ("/", HTML, include_str!("../page/index.html")),
            ("/favicon.svg", SVG, include_str!("../page/favicon.svg")),
            $((concat!("/page/", $path), $media_type, include_str!(concat!("../page/", $path)))),*
        ]
    };
}

const FILES: &[(&str, &str, &str)] = &files! {
    "theme.js": JS,
    "app.js": JS,
    "lib/api.js": JS,
    "lib/dom.js": JS,
    "lib/events.js": JS,
    "lib/format.js": JS,
    "lib/live.js": JS,
    "lib/url.js": JS,
    "parts/card.js": JS,
    "parts/charts.js": JS,
    "parts/evidence.js": JS,
    "parts/filters.js": JS,
    "parts/hours.js": JS,
    "parts/list.js": JS,
    "parts/marks.js": JS,
    "parts/matrix.js": JS,
    "parts/notices.js": JS,
    "parts/rankings.js": JS,
    "parts/worldmap.js": JS,
    "views/coverage.js": JS,
    "views/entity.js": JS,
    "views/feeds.js": JS,
    "views/map.js": JS,
    "views/rising.js": JS,
    "views/wire.js": JS,
    "style/base.css": CSS,
    "style/charts.css": CSS,
    "style/frame.css": CSS,
    "style/views.css": CSS,
    "style/wire.css": CSS,
    "vendor/geo.js": JS,
    "vendor/licences.txt": TEXT,
    "vendor/world.json": JSON,
};

pub(crate) fn router() -> Router<GatewayState> {
    FILES.iter().fold(Router::new(), |router, &(path, media_type, content)| {
        // After an upgrade, a browser must not use files of the old version.
        router.route(path, get(async move || ([(CONTENT_TYPE, media_type), (CACHE_CONTROL, "no-cache")], content)))
    })
}
