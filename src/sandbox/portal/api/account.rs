//! Who the token is, and what the account is.

use http::StatusCode;
use serde_json::{Value, json};

use super::super::answer::{Answer, Refusal};
use super::super::call::Call;
use super::Result;

/// `POST /oauth/v2/private-apps/get/access-token-info`.
pub fn token_info(call: &mut Call<'_>) -> Result {
    let body = call.json()?;
    let seed = &call.state.seed;
    if body.get("tokenKey").and_then(Value::as_str) != Some(seed.token.as_str()) {
        let message = "The access token is not valid.";
        return Err(Refusal::new(StatusCode::NOT_FOUND, "OBJECT_NOT_FOUND", message));
    }
    Ok(Answer::ok(json!({
        "userId": seed.reps.first().map_or(0, |rep| rep.user_id),
        "hubId": seed.portal_id.0,
        "appId": seed.app_id.0,
        "scopes": seed.scopes,
    })))
}

/// `GET /account-info/v3/details`.
pub fn details(call: &mut Call<'_>) -> Answer {
    Answer::ok(json!({
        "portalId": call.state.seed.portal_id.0,
        "accountType": "DEVELOPER_TEST",
        "timeZone": "UTC",
        "companyCurrency": "EUR",
        "additionalCurrencies": [],
        "utcOffset": "+00:00",
        "utcOffsetMilliseconds": 0,
        "uiDomain": "app.hubspot.com",
        "dataHostingLocation": "na1",
    }))
}
