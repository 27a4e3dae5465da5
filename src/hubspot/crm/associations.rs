//! What belongs to what.

use http::Method;

use crate::hubspot::call::{Call, encoded};
use crate::hubspot::client::Client;
use crate::hubspot::error::Error;
use crate::hubspot::types::Kind;
use crate::hubspot::wire::id::Id;
use crate::hubspot::wire::others::WireAssociation;

impl Client {
    /// The ids of one kind that belong to a record, each once, in HubSpot's order.
    pub async fn associated(&self, from: Kind, id: &str, to: Kind) -> Result<Vec<String>, Error> {
        let path =
            self.shared.paths.associations(&format!("/{}/{}/associations/{}", from.path(), encoded(id), to.path()));
        let call = |cursor: Option<&str>| {
            Call::get("GET /objects/{type}/{id}/associations/{toType}", path.clone())
                .query("limit", "500")
                .after(cursor)
        };
        let all: Vec<WireAssociation> = self.every_page(call).await?;
        let mut ids = Vec::with_capacity(all.len());
        for id in all.into_iter().filter_map(|association| Id::text(association.to_object_id)) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        Ok(ids)
    }

    /// Joins two records by HubSpot's default kind of association. Doing it twice is harmless.
    pub async fn associate(&self, from: (Kind, &str), to: (Kind, &str)) -> Result<(), Error> {
        let (from_id, to_id) = (encoded(from.1), encoded(to.1));
        let rest = format!("/{}/{from_id}/associations/default/{}/{to_id}", from.0.path(), to.0.path());
        let route = "PUT /objects/{type}/{id}/associations/default/{toType}/{toId}";
        self.send(Call::act(route, Method::PUT, self.shared.paths.associations(&rest))).await.map(drop)
    }
}
