//! The same over real sockets: reqwest on one side, the sandbox's server on the other.

use std::sync::Arc;
use std::time::Duration;

use hubspot_bridge::clock::SystemClock;
use hubspot_bridge::config::Plan;
use hubspot_bridge::domain::Reason;
use hubspot_bridge::hubspot::http::Http;
use hubspot_bridge::hubspot::{Class, Client, Effect as Happened};
use hubspot_bridge::sandbox::portal::{BodyKind, Effect, Fault, Portal, Seed};
use hubspot_bridge::sandbox::server;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{MESSAGES, ada, answer_to, over};

/// Serves a portal while the test runs.
async fn served(test: impl AsyncFnOnce(Portal, Client)) {
    let portal = Portal::new(Seed::default(), Arc::new(SystemClock));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let transport = Arc::new(Http::new().unwrap());
    let client = over(transport, portal.seed().token, &url, Plan::Auto, Arc::new(SystemClock));
    let options = server::Options { portal: portal.clone(), console: None, assistant: None };
    tokio::select! {
        ended = server::serve(listener, options, CancellationToken::new()) => panic!("the server ended: {ended:?}"),
        () = test(portal, client) => {}
    }
}

#[tokio::test]
async fn a_conversation_from_question_to_handoff() {
    served(async |portal, client| {
        let (ai, rita) = (portal.seed().ai.actor(), portal.seed().reps[0].actor());
        let said = portal.customer_chats(&ada(), None, "Grüße! 1 < 2 & \"so on\"").unwrap();
        let theirs = client.message(&said.thread, &said.message).await.unwrap();
        assert_eq!(theirs.text, "Grüße! 1 < 2 & \"so on\"");
        let reply = answer_to(&theirs, ai, "Natürlich 👍");
        let posted = client.post_message(&said.thread, &reply).await.unwrap();
        client.post_comment(&said.thread, "to a human", None).await.unwrap();
        client.assign(&said.thread, Some(&rita)).await.unwrap();
        let recent = client.recent_messages(&said.thread, None, 50).await.unwrap();
        assert!(recent.messages.iter().any(|message| message.id == posted.id && message.text == "Natürlich 👍"));
        assert_eq!(recent.messages.len(), 4, "question, reply, comment, assignment");
        assert_eq!(client.thread(&said.thread).await.unwrap().assigned_to, Some(rita));
        client.assign(&said.thread, None).await.unwrap();
        assert_eq!(client.thread(&said.thread).await.unwrap().assigned_to, None, "204 without a body");
        assert_eq!(client.owners().await.unwrap().len(), 3);
        assert!(client.token_info().await.unwrap().app_id.is_some());
        assert!(client.budget_remaining().is_some());
    })
    .await;
}

#[tokio::test]
async fn refusals_and_broken_connections() {
    served(async |portal, client| {
        let thread = portal.customer_chats(&ada(), None, "hello").unwrap().thread;
        let status = |code, body| Effect::Status { code, body, retry_after: None, acted: false };
        let rejected = Class::Permanent { reason: Reason::RejectedByHubspot };
        let again = Class::Retry { after: None };
        let rows = [
            (status(400, BodyKind::Html), rejected, Happened::NotSent, 0),
            (
                status(401, BodyKind::ExpiredToken),
                Class::Hold { cause: "unauthorized", for_: None },
                Happened::NotSent,
                0,
            ),
            (status(502, BodyKind::Html), again.clone(), Happened::Unclear, 0),
            (Effect::CutBefore, again.clone(), Happened::Unclear, 0),
            (Effect::CutAfter, again.clone(), Happened::Unclear, 1),
        ];
        for (effect, class, happened, comments) in rows {
            let name = format!("{effect:?}");
            let before = portal.thread_view(&thread).unwrap().lines.len();
            portal.add_fault(Fault::times(1, "POST", MESSAGES, effect));
            let error = client.post_comment(&thread, "note", None).await.unwrap_err();
            assert_eq!((error.class, error.effect), (class, happened), "{name}");
            assert_eq!(portal.thread_view(&thread).unwrap().lines.len() - before, comments, "{name}");
        }
        portal.add_fault(Fault::times(1, "GET", "/conversations/**", Effect::Timeout { acted: false }));
        let error = client.within(Duration::from_millis(200)).thread(&thread).await.unwrap_err();
        assert_eq!((error.class, error.effect), (again, Happened::Unclear));
        client.thread(&thread).await.unwrap();
    })
    .await;
}
