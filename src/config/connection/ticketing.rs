//! Reads `[connections.NAME.ticketing]`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Ticketing;
use crate::config::reader::Reader;
use crate::config::values;

impl Ticketing {
    pub(super) fn read(s: &mut Reader<'_>) -> Option<Self> {
        let enabled = s.flag("enabled");
        let pipeline = s.required("pipeline", "give the ticket pipeline's internal id, e.g. \"0\"");
        let stage = s.required("stage", "give the pipeline stage's internal id, e.g. \"1\"");
        let update_interval = s.duration("update_interval", Duration::ZERO..=Duration::from_hours(1));
        let (sync_properties, sync_exclude) = (s.list("sync_properties"), s.list("sync_exclude"));
        let tag_property = s.text("tag_property");
        let custom_data = s.section("custom_data", read_map);
        Some(Self {
            enabled: enabled?,
            pipeline: pipeline?,
            stage: stage?,
            update_interval: update_interval?,
            sync_properties: sync_properties?,
            sync_exclude: sync_exclude?,
            tag_property: tag_property?,
            custom_data: custom_data?,
        })
    }
}

/// Session keys are free; each value names a ticket property.
fn read_map(s: &mut Reader<'_>) -> Option<BTreeMap<String, String>> {
    let mut map = BTreeMap::new();
    for key in s.names() {
        let Some(property) = s.lookup(key).and_then(values::as_text).filter(|property| !property.is_empty()) else {
            s.wrong(key, "does not name a ticket property", "write the property's internal name, in quotes");
            return None;
        };
        s.record(key, property);
        map.insert(key.to_owned(), property.to_owned());
    }
    Some(map)
}
