//! What a browser is shown where a program is answered `{error: {code, message, fix}}`.

use axum::http::{HeaderName, StatusCode, header};
use axum::response::Response;
use maud::html;

use super::layout;
use crate::admin::error::ApiError;
use crate::admin::operator::Operator;

/// What of the answer's headers a page says too.
const KEPT: [HeaderName; 3] = [header::ALLOW, header::RETRY_AFTER, header::WWW_AUTHENTICATE];

/// The answer as it is, or the page that says the same as its JSON: status and headers stay.
pub(in crate::admin) fn for_people(who: Option<&Operator>, mut response: Response) -> Response {
    let Some(error) = response.extensions_mut().remove::<ApiError>() else { return response };
    let status = response.status();
    let (message, fix) = error.message_and_fix();
    let main = html! {
        main.narrow {
            h1 { (title(status)) }
            p { (sentence(message)) }
            p.quiet { "What to do: " (sentence(fix)) }
            @if status == StatusCode::UNAUTHORIZED { p { a.button href="/sign-in" { "Sign in" } } }
            @else if who.is_some() { p { a href="/" { "Back to the overview" } } }
        }
    };
    let mut page = match who {
        Some(who) => layout::page(who, "", title(status), &main),
        None => layout::outside(title(status), &main),
    };
    *page.status_mut() = status;
    for name in KEPT {
        if let Some(value) = response.headers_mut().remove(&name) {
            page.headers_mut().insert(name, value);
        }
    }
    page
}

fn title(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => "That cannot be understood",
        StatusCode::UNAUTHORIZED => "You are signed out",
        StatusCode::FORBIDDEN => "Not from there",
        StatusCode::NOT_FOUND => "Not found",
        StatusCode::METHOD_NOT_ALLOWED => "That cannot be done here",
        StatusCode::CONFLICT => "Not as things are",
        StatusCode::PAYLOAD_TOO_LARGE => "Too large",
        StatusCode::SERVICE_UNAVAILABLE => "Not available right now",
        _ => "That did not work",
    }
}

/// Errors are written in the middle of a sentence.
fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    let Some(first) = chars.next() else { return String::new() };
    let end = if words.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{}{}{end}", first.to_uppercase(), chars.as_str())
}
