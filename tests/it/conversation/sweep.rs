//! What webhooks never announced, the sweep finds.

use std::time::Duration;

use hubspot_bridge::sandbox::portal::Effect;
use hubspot_bridge::sandbox::portal::people::Posted;
use hubspot_bridge::store::types::EventFilter;
use serde_json::json;

use super::house::House;

const FOUND: &str = "bridge_sweep_found_total{connection=\"acme\"}";

impl House {
    /// Announces a message as HubSpot does, at last.
    pub async fn announce(&self, message: &Posted) {
        let thread: u64 = message.thread.as_str().parse().unwrap();
        let seed = self.portal.seed();
        self.post(json!([{"eventId": 9, "portalId": seed.portal_id.0, "appId": seed.app_id.0, "occurredAt": 1,
            "subscriptionType": "conversation.newMessage", "objectId": thread, "messageId": message.message.as_str(),
            "messageType": "MESSAGE"}]))
            .await;
    }

    pub fn subscribed(&self, on: bool) {
        assert!(self.portal.set_subscription("conversation.newMessage", on));
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_webhook_is_made_up_for_and_its_late_arrival_is_a_duplicate() {
    let mut house = House::new().await;
    house.subscribed(false);
    let asked = house.chat("Where is my parcel?");
    house.run_for(Duration::from_mins(5)).await;
    assert_eq!(house.outcome(&asked.message).await, "replied");
    assert_eq!(house.public_posts(&asked.thread).len(), 1);
    assert_eq!(house.event(&asked.message).await.kind.as_str(), "swept");
    assert_eq!(house.metric(FOUND).as_deref(), Some("1"));

    house.announce(&asked).await;
    house.until_quiet().await;
    let event = house.event(&asked.message).await;
    assert_eq!((event.seen, event.kind.as_str()), (2, "swept"));
    assert_eq!(house.public_posts(&asked.thread).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_webhooks_announced_is_not_found_again() {
    let mut house = House::new().await;
    let asked = house.chat("Where is my parcel?");
    house.run_for(Duration::from_mins(10)).await;
    assert_eq!(house.outcomes(&asked.thread).await, ["replied"]);
    assert_eq!(house.metric(FOUND).as_deref(), Some("0"));
}

#[tokio::test(start_paused = true)]
async fn downtime_is_swept_at_start() {
    let mut house = House::new().await;
    house.crash().await;
    house.subscribed(false);
    let asked = house.chat("Where is my parcel?");
    tokio::time::sleep(Duration::from_mins(10)).await;
    house.start().await;
    house.run_for(Duration::from_secs(1)).await;
    assert_eq!(house.outcome(&asked.message).await, "replied");
    assert_eq!(house.public_posts(&asked.thread).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_young_message_is_left_to_its_webhook() {
    let mut house = House::new().await;
    house.subscribed(false);
    // The sweep comes every two minutes; this is ten seconds old then, and `sweep_grace` is thirty.
    house.run_for(Duration::from_secs(110)).await;
    let asked = house.chat("Where is my parcel?");
    house.run_for(Duration::from_mins(1)).await;
    assert!(house.events(EventFilter::default()).await.is_empty());
    house.run_for(Duration::from_secs(80)).await;
    assert_eq!(house.outcome(&asked.message).await, "replied", "the next sweep takes it");
}

#[tokio::test(start_paused = true)]
async fn the_first_start_leaves_what_was_said_before_alone() {
    let mut house = House::unborn(|_| {});
    house.subscribed(false);
    house.chat("An old question");
    tokio::time::sleep(Duration::from_mins(3)).await;
    house.start().await;
    house.run_for(Duration::from_mins(10)).await;
    assert!(house.events(EventFilter::default()).await.is_empty());
    assert_eq!(house.metric(FOUND).as_deref(), Some("0"));
}

/// Our own post is not known as ours while its answer is missing. That must not look like an answer of an earlier life.
#[tokio::test(start_paused = true)]
async fn a_post_of_unclear_fate_hides_no_lost_message() {
    let mut house = House::new().await;
    house.agent.thinks_for(25);
    house.run_for(Duration::from_secs(75)).await;
    let asked = house.chat("Where is my parcel?");
    house.run_for(Duration::from_secs(2)).await;
    house.subscribed(false);
    let lost = house.chat_on(&asked.thread, "The blue one");
    house.subscribed(true);
    // The post happens and its answer is cut off; the sweep comes before anybody can look what became of it.
    house.fault(1, "POST", "/conversations/v3/conversations/threads/*/messages", Effect::CutAfter);
    house.run_for(Duration::from_mins(8)).await;
    assert_eq!(house.outcome(&lost).await, "replied");
    assert_eq!(house.public_posts(&asked.thread).len(), 2);
}
