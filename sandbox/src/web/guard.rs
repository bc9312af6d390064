//! Who may ask: the page itself, in a browser on this machine. Any other site the browser shows may send requests to
//! this address too, and a name of its own may lead here.

use axum::extract::{Request, State};
use axum::http::header::{
    CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::SocketAddr;

/// Nothing but what comes from here: no other address, no script within the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(super) async fn guard(
    State(addr): State<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    if !is_ours(&request, addr) {
        let why = "This page is for the browser that opened it.\n";
        return (StatusCode::FORBIDDEN, why).into_response();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn is_ours(request: &Request, addr: SocketAddr) -> bool {
    let header = |name: header::HeaderName| request.headers().get(name)?.to_str().ok();
    // Another name that resolves to this machine is somebody's trick.
    let names = [addr.to_string(), format!("localhost:{}", addr.port())];
    let Some(host) = header(HOST).filter(|host| names.iter().any(|name| name == host)) else {
        return false;
    };
    if request.method() == Method::GET {
        return true; // changes nothing, and what it answers no other site can read
    }
    header(ORIGIN).is_some_and(|origin| origin == format!("http://{host}"))
}
