//! JSON of any shape that uses given words, in places where a reader expects them and where it does not.

use proptest::prelude::*;
use serde_json::{Map, Value};

pub fn any_json(words: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let word = move || prop::sample::select(words);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        word().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 48, 6, move |inner| {
        let object = prop::collection::vec((word().prop_map(str::to_owned), inner.clone()), 0..6);
        prop_oneof![
            3 => object.prop_map(|pairs| Value::Object(Map::from_iter(pairs))),
            1 => prop::collection::vec(inner, 0..4).prop_map(Value::Array),
        ]
    })
}

pub fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(future)
}
