//! Where tickets go: their pipelines and stages.

use crate::hubspot::call::Call;
use crate::hubspot::client::Client;
use crate::hubspot::error::Error;
use crate::hubspot::types::Pipeline;
use crate::hubspot::wire::Page;
use crate::hubspot::wire::others::{WirePipeline, WireStage};

impl Client {
    /// Every ticket pipeline with its stages.
    pub async fn ticket_pipelines(&self) -> Result<Vec<Pipeline>, Error> {
        let call = Call::get("GET /pipelines/tickets", self.shared.paths.crm("pipelines", "/tickets"));
        let page: Page<WirePipeline> = self.fetch(call).await?;
        let stage = |stage: WireStage| (stage.id.text().unwrap_or_default(), stage.label.unwrap_or_default());
        let pipeline = |pipeline: WirePipeline| Pipeline {
            id: pipeline.id.text().unwrap_or_default(),
            label: pipeline.label.unwrap_or_default(),
            stages: pipeline.stages.into_iter().map(stage).collect(),
        };
        Ok(page.results.into_iter().map(pipeline).collect())
    }
}
