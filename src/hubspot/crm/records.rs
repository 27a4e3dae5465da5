//! Many records in one call.

use serde_json::{Value, json};

use super::text;
use crate::hubspot::call::Call;
use crate::hubspot::client::Client;
use crate::hubspot::error::Error;
use crate::hubspot::types::{CrmRecord, Kind};
use crate::hubspot::wire::others::{Batch, WireRecord};

/// HubSpot's bound of one batch.
const BATCH: usize = 100;

impl Client {
    /// The records with these ids (at most 100; further ones are left out); those HubSpot does not know are missing.
    pub async fn records(&self, kind: Kind, ids: &[String], properties: &[&str]) -> Result<Vec<CrmRecord>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let inputs: Vec<Value> = ids.iter().take(BATCH).map(|id| json!({ "id": id })).collect();
        let path = self.shared.paths.crm("objects", &format!("/{}/batch/read", kind.path()));
        let body = json!({ "inputs": inputs, "properties": properties });
        let batch: Batch<WireRecord> = self.fetch(Call::ask("POST /objects/{type}/batch/read", path, &body)).await?;
        Ok(batch.results.into_iter().filter_map(record).collect())
    }
}

pub(super) fn record(record: WireRecord) -> Option<CrmRecord> {
    let values = record.properties.into_iter().filter_map(|(name, value)| Some((name, text(value)?)));
    let properties = values.filter(|(_, value)| !value.is_empty()).collect();
    Some(CrmRecord { id: record.id.text()?, properties, created_at: record.created_at.map(|stamp| stamp.0) })
}
