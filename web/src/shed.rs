//! Refuses the lesser payment traffic while there is more than can be served: providers' word and the buttons of
//! sessions that run come through.

use crate::WebState;
use axum::{
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header::RETRY_AFTER},
    middleware::Next,
    response::{IntoResponse, Response},
};
use csms::shed::Class;

/// Lets a request pass, or tells it to come again. What is no payment traffic is neither counted nor refused.
pub async fn admit(State(state): State<WebState>, request: Request, next: Next) -> Response {
    let Some(class) = class(request.method(), request.uri().path()) else { return next.run(request).await };
    match state.app.shed.admit(&state.app, class) {
        Ok(()) => next.run(request).await,
        Err(after_s) => {
            let text = "Too many people are here right now. Please try again in a moment.\n现在人太多了，请稍后再试。\n";
            let mut response = (StatusCode::TOO_MANY_REQUESTS, text).into_response();
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(after_s));
            response
        }
    }
}

/// What a request is; `None`: no payment traffic.
fn class(method: &Method, path: &str) -> Option<Class> {
    let mut parts = path.trim_start_matches('/').split('/');
    Some(match (parts.next()?, parts.next(), parts.next()) {
        ("pay", Some("notify"), _) => Class::Vital,
        ("o", Some(_), Some("live" | "stop")) => Class::Vital,
        // The page of a session that runs has its button; nobody knows here whether it runs.
        ("o", Some(_), None | Some("")) if method != Method::POST => Class::Vital,
        ("o", Some(_), Some("receipt.pdf")) => Class::Rest,
        ("o", Some(_), _) => Class::Paying,
        ("p", Some(_), None) if method == Method::POST => Class::Paying,
        ("p" | "t", Some(_), _) => Class::Landing,
        ("me", ..) => Class::Rest,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_that_run_and_providers_come_first() {
        let get = |path| class(&Method::GET, path);
        assert_eq!(class(&Method::POST, "/pay/notify/wx-main"), Some(Class::Vital));
        assert_eq!(get("/o/A1/live"), Some(Class::Vital));
        assert_eq!(class(&Method::POST, "/o/A1/stop"), Some(Class::Vital));
        assert_eq!((get("/o/A1"), class(&Method::HEAD, "/o/A1")), (Some(Class::Vital), Some(Class::Vital)));
        assert_eq!(class(&Method::POST, "/o/A1/pay"), Some(Class::Paying));
        assert_eq!(class(&Method::POST, "/p/abc"), Some(Class::Paying));
        assert_eq!(get("/p/abc"), Some(Class::Landing));
        assert_eq!(get("/t/CS1/1/abc/v1"), Some(Class::Landing));
        assert_eq!(get("/me"), Some(Class::Rest));
        assert_eq!(get("/stations"), None);
        assert_eq!(get("/"), None);
    }
}
