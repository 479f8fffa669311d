//! Style sheet, script and icon: part of the program, under names that change with their content.

use axum::{
    Router,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::IntoResponse,
    routing::get,
};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// A file that browsers may keep for ever, since another content has another path.
pub struct Asset {
    /// E.g. `/assets/1f0c…/console.css`.
    pub path: String,
    kind: &'static str,
    /// The content.
    pub body: &'static str,
}

impl Asset {
    fn new(name: &str, kind: &'static str, body: &'static str) -> Asset {
        let digest = Sha256::digest(body);
        let tag: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        Asset { path: format!("/assets/{tag}/{name}"), kind, body }
    }
}

/// The style sheet.
pub static CSS: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("console.css", "text/css; charset=utf-8", include_str!("../assets/console.css"))
});
/// The script.
pub static JS: LazyLock<Asset> = LazyLock::new(|| {
    let body = concat!(include_str!("../assets/morph.js"), include_str!("../assets/console.js"));
    Asset::new("console.js", "text/javascript; charset=utf-8", body)
});
/// The style sheet of drivers' pages.
pub static DRIVE_CSS: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("drive.css", "text/css; charset=utf-8", include_str!("../assets/drive.css")));
/// The script of drivers' pages.
pub static DRIVE_JS: LazyLock<Asset> = LazyLock::new(|| {
    let body = concat!(include_str!("../assets/morph.js"), include_str!("../assets/drive.js"));
    Asset::new("drive.js", "text/javascript; charset=utf-8", body)
});
/// The style sheet of the sandbox's pages.
pub static SANDBOX: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("sandbox.css", "text/css; charset=utf-8", include_str!("../assets/sandbox.css"))
});
/// The icon of the browser's tab.
pub static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("icon.svg", "image/svg+xml", include_str!("../assets/icon.svg")));

/// Serves the assets.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    [&CSS, &JS, &DRIVE_CSS, &DRIVE_JS, &SANDBOX, &ICON].into_iter().fold(Router::new(), |router, asset| {
        router.route(
            &asset.path,
            get(|| async {
                let headers =
                    [(CONTENT_TYPE, asset.kind), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
                (headers, asset.body).into_response()
            }),
        )
    })
}
