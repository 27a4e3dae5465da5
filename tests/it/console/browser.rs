//! A browser without a screen: it asks for pages and keeps cookies.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use tower::ServiceExt;

/// What browsers say they take.
pub(crate) const HTML: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");

#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Page {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// Where it leads.
    pub(crate) fn location(&self) -> &str {
        assert!(self.status.is_redirection(), "{}: {}", self.status, self.text);
        self.header("location")
    }

    /// The `name=value` of the cookie it sets.
    pub(crate) fn cookie(&self) -> &str {
        self.header("set-cookie").split(';').next().unwrap()
    }

    #[track_caller]
    pub(crate) fn shows(&self, wanted: &[&str]) {
        for part in wanted {
            assert!(self.text.contains(part), "no {part:?} in {}", self.text);
        }
    }

    #[track_caller]
    pub(crate) fn hides(&self, unwanted: &[&str]) {
        for part in unwanted {
            assert!(!self.text.contains(part), "{part:?} in {}", self.text);
        }
    }
}

pub(crate) async fn get(router: &Router, path: &str) -> Page {
    ask(router, "GET", path, &[HTML], "").await
}

/// Sends a form.
pub(crate) async fn post(router: &Router, path: &str, form: &[(&str, &str)]) -> Page {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    ask(router, "POST", path, &[HTML, ("content-type", "application/x-www-form-urlencoded")], &body).await
}

pub(crate) async fn ask(router: &Router, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Page {
    let mut request = Request::builder().method(method).uri(path).header("host", "127.0.0.1:8081");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, 4 << 20).await.unwrap();
    Page { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
}
