//! What HubSpot says about our token and about the portal. Neither needs a scope.

use std::collections::BTreeMap;

use jiff::tz::{Offset, TimeZone};

use super::call::Call;
use super::client::Client;
use super::error::Error;
use super::types::{Account, TokenInfo};
use super::wire::id::Id;
use super::wire::others::{WireAccount, WireTokenInfo};
use crate::domain::{AppId, PortalId};

impl Client {
    /// Whose token it is and what it may do.
    pub async fn token_info(&self) -> Result<TokenInfo, Error> {
        let route = "POST /oauth/v2/private-apps/get/access-token-info";
        let token = self.shared.token.reveal().map_err(|error| Error::no_token(route, &error.kind().to_string()))?;
        let path = "/oauth/v2/private-apps/get/access-token-info".to_owned();
        // In the body for every region, and as the bearer too for the European ones.
        let call = Call::ask(route, path, &BTreeMap::from([("tokenKey", token)]));
        let info: WireTokenInfo = self.fetch(call).await?;
        Ok(TokenInfo {
            portal_id: portal(route, &info.hub_id)?,
            app_id: info.app_id.and_then(|id| id.number()).map(AppId),
            user_id: info.user_id.and_then(Id::text),
            scopes: info.scopes.unwrap_or_default(),
        })
    }

    /// The portal's own settings; its time zone is remembered for the daily limit.
    pub async fn account(&self) -> Result<Account, Error> {
        let route = "GET /account-info/v3/details";
        let account: WireAccount = self.fetch(Call::get(route, "/account-info/v3/details".to_owned())).await?;
        if let Some(zone) = zone(&account) {
            self.shared.learn_zone(zone);
        }
        if let Some(domain) = &account.ui_domain {
            self.shared.learn_ui_domain(domain.clone());
        }
        let portal_id = portal(route, &account.portal_id)?;
        Ok(Account { portal_id, time_zone: account.time_zone, ui_domain: account.ui_domain })
    }
}

fn portal(route: &'static str, id: &Id) -> Result<PortalId, Error> {
    id.number().map(PortalId).ok_or_else(|| Error::unreadable(route, false, "the portal's id is no number"))
}

/// By name, or by today's offset on a machine that does not know the name.
fn zone(account: &WireAccount) -> Option<TimeZone> {
    if let Some(zone) = account.time_zone.as_deref().and_then(|name| TimeZone::get(name).ok()) {
        return Some(zone);
    }
    let seconds = i32::try_from(account.utc_offset_milliseconds? / 1000).ok()?;
    Offset::from_seconds(seconds).ok().map(TimeZone::fixed)
}
