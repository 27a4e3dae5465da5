//! Names and addresses of those who speak in a thread.

use serde::Serialize;

use super::call::{Call, encoded};
use super::client::Client;
use super::error::Error;
use super::types::Actor;
use super::wire::others::{Batch, WireActor};
use crate::domain::ActorId;

const BATCH_MAX: usize = 100;

#[derive(Debug, Serialize)]
struct Inputs<'a> {
    inputs: Vec<&'a str>,
}

impl Client {
    /// One actor.
    pub async fn actor(&self, id: &ActorId) -> Result<Actor, Error> {
        let path = self.shared.paths.conversations(&format!("/actors/{}", encoded(id.as_str())));
        let actor: WireActor = self.fetch(Call::get("GET /actors/{actorId}", path)).await?;
        Ok(actor.into_actor().unwrap_or_else(|| Actor { id: id.clone(), name: None, email: None }))
    }

    /// Several actors; those HubSpot does not know are left out.
    pub async fn actors(&self, ids: &[ActorId]) -> Result<Vec<Actor>, Error> {
        let mut actors = Vec::with_capacity(ids.len());
        for ids in ids.chunks(BATCH_MAX) {
            let inputs = Inputs { inputs: ids.iter().map(ActorId::as_str).collect() };
            let path = self.shared.paths.conversations("/actors/batch/read");
            let batch: Batch<WireActor> = self.fetch(Call::ask("POST /actors/batch/read", path, &inputs)).await?;
            actors.extend(batch.results.into_iter().filter_map(WireActor::into_actor));
        }
        Ok(actors)
    }
}

impl WireActor {
    fn into_actor(self) -> Option<Actor> {
        let email = self.email.filter(|email| !email.is_empty());
        Some(Actor { id: self.id.actor()?, name: self.name.filter(|name| !name.is_empty()), email })
    }
}
