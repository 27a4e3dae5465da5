//! Custom data in the answers of a team's own agent.

use std::collections::BTreeMap;
use std::sync::Arc;

use hubspot_bridge::agents::{Answer, Class, Decision, Effect, Error};
use serde_json::{Map, Value, json};

use super::fake::{Fake, heard, ok};

async fn answered(action: &str, custom_data: &Value) -> Result<Answer, Error> {
    let body = json!({"action": action, "text": "Hi", "custom_data": custom_data});
    heard(|fake: Arc<Fake>| super::http::agent(fake), ok(&body)).await
}

#[tokio::test(start_paused = true)]
async fn flat_values_become_text_and_null_is_no_value() {
    let given = json!({"plan": "gold", "seats": 3, "ratio": 1.5, "trial": false, "empty": "", "gone": null});
    let expect: BTreeMap<String, String> =
        [("plan", "gold"), ("seats", "3"), ("ratio", "1.5"), ("trial", "false"), ("empty", "")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into();
    for action in ["reply", "draft", "handoff", "nothing"] {
        assert_eq!(answered(action, &given).await.unwrap().custom_data, expect, "{action}");
    }
    for none in [Value::Null, json!({}), json!({"gone": null})] {
        assert_eq!(answered("nothing", &none).await, Ok(Answer::new(Decision::Nothing)), "{none}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_bounds_themselves_are_allowed() {
    let mut most: Map<String, Value> = (0..50).map(|n| (format!("k{n}"), "é".repeat(1_000).into())).collect();
    most.extend((0..50).map(|n| (format!("gone{n}"), Value::Null)));
    assert_eq!(answered("nothing", &most.into()).await.unwrap().custom_data.len(), 50);
    assert!(answered("nothing", &json!({"k".repeat(100): "x"})).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_is_not_flat_or_too_much_is_an_error_in_words() {
    let many: Map<String, Value> = (0..51).map(|n| (format!("k{n}"), "x".into())).collect();
    for (given, words) in [
        (json!({"address": {"city": "canary-text"}}), "nested value"),
        (json!({"tags": ["canary-text"]}), "nested value"),
        (json!(["canary-text"]), "not an object"),
        (json!("canary-text"), "not an object"),
        (Value::Object(many), "more than 50"),
        (json!({"note": "é".repeat(1_001)}), "1,000 characters"),
        (json!({" ": "x"}), "a name"),
        (json!({"k".repeat(101): "x"}), "a name"),
    ] {
        let error = answered("reply", &given).await.unwrap_err();
        assert_eq!((error.effect, error.class), (Effect::NotSent, Class::Retry { after: None }), "{words}");
        assert!(error.detail.contains("`custom_data`") && error.detail.contains(words), "{error}");
        assert!(!error.to_string().contains("canary"), "{error}");
    }
}
