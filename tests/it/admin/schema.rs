//! Does a value have the shape that the OpenAPI document says? As much of JSON Schema as the document uses; a field that the
//! document does not know is an offence.

use serde_json::{Map, Value};

pub(crate) struct Document(pub(crate) Value);

impl Document {
    pub(crate) fn new() -> Self {
        Self(serde_json::from_str(&hubspot_bridge::admin::openapi::text().unwrap()).unwrap())
    }

    /// What is wrong with a body; nothing when it is as the operation says.
    pub(crate) fn answer(&self, path: &str, method: &str, status: u16, body: &Value) -> Vec<String> {
        let responses = &self.0["paths"][path][method]["responses"];
        let response = self.resolve(&responses[status.to_string()]);
        let Some(content) = response["content"].as_object() else {
            return vec![format!("{method} {path} says nothing of {status}")];
        };
        self.offences(&content.values().next().unwrap()["schema"], body)
    }

    pub(crate) fn offences(&self, schema: &Value, value: &Value) -> Vec<String> {
        let mut found = Vec::new();
        self.check(schema, value, "$", &mut found);
        found
    }

    pub(crate) fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(at) => self.resolve(self.0.pointer(at.trim_start_matches('#')).unwrap_or_else(|| panic!("no {at}"))),
            None => schema,
        }
    }

    fn check(&self, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
        let schema = self.resolve(schema);
        if let Some(choices) = schema["oneOf"].as_array() {
            let tried: Vec<Vec<String>> = choices.iter().map(|choice| self.offences(choice, value)).collect();
            if !tried.iter().any(Vec::is_empty) {
                found.push(format!("{at} is none of the choices: {tried:?}"));
            }
            return;
        }
        if schema["type"].is_null() && schema["allOf"].is_null() {
            return;
        }
        let whole = kind(value) == "integer" && types(schema).contains(&"number");
        if !types(schema).is_empty() && !types(schema).contains(&kind(value)) && !whole {
            found.push(format!("{at} is {} and not {:?}", kind(value), types(schema)));
        }
        if let Some(words) = schema["enum"].as_array()
            && !words.contains(value)
        {
            found.push(format!("{at} is {value}, which is not listed"));
        }
        if let Some(items) = value.as_array() {
            for (index, item) in items.iter().enumerate() {
                self.check(&schema["items"], item, &format!("{at}[{index}]"), found);
            }
        }
        if let Some(fields) = value.as_object() {
            self.check_fields(schema, fields, at, found);
        }
    }

    fn check_fields(&self, schema: &Value, fields: &Map<String, Value>, at: &str, found: &mut Vec<String>) {
        let (mut known, mut required) = (Map::new(), Vec::new());
        self.gather(schema, &mut known, &mut required);
        if known.is_empty() && schema.get("additionalProperties").is_none() {
            return;
        }
        found.extend(
            required.iter().filter(|name| !fields.contains_key(*name)).map(|name| format!("{at}.{name} lacks")),
        );
        for (name, value) in fields {
            match known.get(name).or_else(|| schema.get("additionalProperties")) {
                Some(schema) => self.check(schema, value, &format!("{at}.{name}"), found),
                None => found.push(format!("{at}.{name} is not documented")),
            }
        }
    }

    /// The properties of a schema and of all it is put together from.
    fn gather(&self, schema: &Value, known: &mut Map<String, Value>, required: &mut Vec<String>) {
        let schema = self.resolve(schema);
        known.extend(schema["properties"].as_object().cloned().unwrap_or_default());
        let names = schema["required"].as_array().into_iter().flatten();
        required.extend(names.map(|name| name.as_str().unwrap().to_owned()));
        schema["allOf"].as_array().into_iter().flatten().for_each(|part| self.gather(part, known, required));
    }
}

fn types(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
