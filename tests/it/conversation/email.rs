//! Replies by e-mail: form, signature, recipients; and what the agent is told of the customer.

use hubspot_bridge::agents::Decision;
use hubspot_bridge::config::Signature;
use hubspot_bridge::domain::Part;
use hubspot_bridge::hubspot::text::{AI_MARKER, text_hash};
use hubspot_bridge::sandbox::portal::people::{Customer, Email};
use hubspot_bridge::sandbox::portal::seed::HELP_DESK_ACCOUNT;
use hubspot_bridge::sandbox::portal::{BodyKind, Effect};
use serde_json::json;

use super::house::{House, acme, mail};
use super::record;

const MARKDOWN: &str =
    "Hi **Carla**,\nsee [the docs](https://x.test/a) ![](https://t.test/p.gif)\n\n- one\n- two\n\n<script>x()</script>";

#[tokio::test(start_paused = true)]
async fn a_reply_has_subject_recipient_and_both_forms_of_its_words() {
    let mut house = House::new().await;
    house.agent.says(Decision::Reply { text: MARKDOWN.to_owned() });
    let asked = house.mail("carla@elsewhere.example", "RE: My order", "Where is it?");
    house.until_quiet().await;

    assert_eq!(house.outcome(&asked.message).await, "replied");
    let posts = record::by_us(&house.portal, &asked.thread, "MESSAGE");
    assert_eq!(posts.len(), 1);
    let post = &posts[0];
    assert_eq!(post["subject"], "RE: My order");
    assert_eq!(post["text"], "Hi Carla,\nsee the docs (https://x.test/a) https://t.test/p.gif\n\n- one\n- two");
    let html = post["richText"].as_str().unwrap();
    let link = "<a href=\"https://x.test/a\" rel=\"nofollow noopener\">the docs</a>";
    assert!(html.contains("<strong>Carla</strong>,<br>") && html.contains(link), "{html}");
    assert!(html.contains("<li>one</li>") && !html.contains("<img") && !html.contains("<script"), "{html}");
    assert!(html.ends_with(AI_MARKER), "{html}");
    assert_eq!(text_hash(html), text_hash(post["text"].as_str().unwrap()));
    let recipients = post["recipients"].as_array().unwrap();
    assert_eq!(recipients.len(), 1, "{post}");
    assert_eq!(recipients[0]["deliveryIdentifier"]["value"], "carla@elsewhere.example");
}

fn signatures() -> Vec<Signature> {
    let signature = |domain: &str, html: &str| Signature { domain: domain.to_owned(), html: html.to_owned() };
    vec![signature("other.example", "Other"), signature("acme.example", "<b>Acme</b> Support<script>x()</script>")]
}

#[tokio::test(start_paused = true)]
async fn the_signature_of_the_sending_mailbox_stands_under_a_mail_and_nowhere_else() {
    let mut house = House::with(|config| acme(config).signatures = signatures()).await;
    let desk =
        Email { account: Some(HELP_DESK_ACCOUNT.to_owned()), ..mail("carla@elsewhere.example", "My order", "Where?") };
    let mailed = house.portal.customer_emails(&desk).unwrap();
    house.until_quiet().await;
    let post = &record::by_us(&house.portal, &mailed.thread, "MESSAGE")[0];
    assert_eq!(post["text"], "answer to: Where?\n\nAcme Support");
    let html = format!("<p>answer to: Where?</p><div><b>Acme</b> Support</div>{AI_MARKER}");
    assert_eq!(post["richText"], html);

    house.agent.says(Decision::Reply { text: "Soon.\n\n**Acme Support**".to_owned() });
    let signed = house.mail("carla@elsewhere.example", "Again", "When?");
    house.until_quiet().await;
    assert_eq!(house.public_posts(&signed.thread), ["Soon.\n\nAcme Support"]);

    let chat = house.chat("Hello");
    house.until_quiet().await;
    assert_eq!(house.public_posts(&chat.thread), ["answer to: Hello"]);
}

#[tokio::test(start_paused = true)]
async fn a_post_that_ended_unclearly_is_found_again_by_its_words() {
    let mut house = House::with(|config| acme(config).signatures = signatures()).await;
    house.agent.says(Decision::Reply { text: MARKDOWN.to_owned() });
    house.fault(1, "POST", record::MESSAGES, Effect::CutAfter);
    let asked = house.mail("carla@elsewhere.example", "My order", "Where is it?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "replied");
    assert_eq!(house.public_posts(&asked.thread).len(), 1);
    assert!(house.comments(&asked.thread).is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_agent_is_told_what_the_crm_knows_when_the_settings_say_so() {
    let mut house = House::with(|config| acme(config).crm.for_agent = true).await;
    let anna = Customer { name: Some("Anna Berg".to_owned()), email: Some("Anna@elsewhere.example".to_owned()) };
    house.portal.customer_chats(&anna, None, "Hello").unwrap();
    house.until_quiet().await;
    let question = house.agent.last_question();
    assert_eq!(question.contact.email.as_deref(), Some("anna@elsewhere.example"));
    let known = question.crm.unwrap();
    assert_eq!(known.contact.known().unwrap().name.as_deref(), Some("Anna Berg"));

    // A stranger's message is answered without; so is one while the CRM is ill.
    house.fault(
        100,
        "GET",
        "/crm/v3/objects/contacts/*",
        Effect::Status { code: 500, body: BodyKind::default(), retry_after: None, acted: false },
    );
    let asked = house.mail("dan@elsewhere.example", "Hi", "Hello?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "replied");
    let known = house.agent.last_question().crm.unwrap();
    assert!(matches!(known.contact, Part::Failed(_)) && matches!(known.deals, Part::Failed(_)), "{known:?}");
}

#[tokio::test(start_paused = true)]
async fn by_default_the_agent_is_told_nothing_and_the_crm_is_not_asked() {
    let mut house = House::new().await;
    house.mail("carla@elsewhere.example", "Hi", "Hello?");
    house.until_quiet().await;
    assert_eq!(house.agent.last_question().crm, None);
    let snapshot = house.portal.snapshot();
    let calls = snapshot["calls"].as_array().unwrap();
    assert_eq!(
        calls.iter().filter(|call| call["path"].as_str().unwrap().contains("/objects/contacts")).count(),
        0,
        "{}",
        json!(calls)
    );
}
