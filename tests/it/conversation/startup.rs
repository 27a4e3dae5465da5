//! What the settings name is looked up in HubSpot at start.

use hubspot_bridge::config::Ticketing;
use hubspot_bridge::doctor::startup;

use super::house::{House, acme};

async fn problems(change: impl FnOnce(&mut Ticketing)) -> Vec<String> {
    let house = House::with(|config| change(&mut acme(config).ticketing)).await;
    startup::problems(&house.life().acme).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn settings_that_hubspot_knows_have_no_problems() {
    assert!(problems(|_| {}).await.is_empty());
    let disabled = problems(|ticketing| {
        ticketing.enabled = false;
        "no-such".clone_into(&mut ticketing.pipeline);
    });
    assert!(disabled.await.is_empty(), "nothing of it is used");
}

#[tokio::test(start_paused = true)]
async fn each_problem_names_its_setting_and_what_there_is() {
    let found = problems(|ticketing| "77".clone_into(&mut ticketing.pipeline)).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("`connections.acme.ticketing.pipeline`") && found[0].contains("\"0\""), "{found:?}");
    let found = problems(|ticketing| "99".clone_into(&mut ticketing.stage)).await;
    assert!(found[0].contains("`connections.acme.ticketing.stage`") && found[0].contains("\"1\""), "{found:?}");
    let found = problems(|ticketing| {
        "no_tags".clone_into(&mut ticketing.tag_property);
        ticketing.custom_data = [("plan".to_owned(), "no_plan".to_owned())].into();
    });
    let found = found.await;
    assert!(found[0].contains("no_tags") && found[1].contains("no_plan"), "{found:?}");
}
