//! An id from data is one segment of a path, whatever is in it.

use axum::http::StatusCode;
use axum::response::IntoResponse;
use hubspot_bridge::domain::{ActorId, MessageId, ThreadId, TicketId};

use super::outbound::{Peer, agents, portal};
use crate::agents::question::question;

const HOSTILE: [&str; 14] = [
    "..",
    ".",
    "%2e%2e",
    "../../oauth/v1/access-tokens",
    "..%2f..%2fcrm",
    "a/b",
    "a\\b",
    "a?limit=1",
    "a#b",
    "a;b",
    "a b",
    "a\r\nx-header: 1",
    "//evil.example.com/",
    "a@evil.example.com:80",
];

#[tokio::test]
async fn no_id_leaves_its_place_in_a_path_of_hubspot() {
    let peer = Peer::new(|_| StatusCode::NOT_FOUND.into_response()).await;
    let client = portal(&peer.url);
    for id in HOSTILE {
        let before = peer.asked().len();
        let _ = client.thread(&ThreadId::from(id)).await;
        let _ = client.message(&ThreadId::from("7"), &MessageId::from(id)).await;
        let _ = client.message(&ThreadId::from(id), &MessageId::from("m")).await;
        let _ = client.assign(&ThreadId::from(id), Some(&ActorId::from("A-1"))).await;
        let _ = client.ticket(&TicketId::from(id), &["subject".to_owned()]).await;
        let _ = client.contact_by_email(id).await;
        let asked = peer.asked().split_off(before);
        let shapes =
            ["/conversations/v3/conversations/threads/*", "/conversations/v3/conversations/threads/*/messages/*"];
        let shapes = [shapes[0], shapes[1], shapes[1], "/conversations/conversations/v3/threads/*/assignee"];
        let shapes = shapes.into_iter().chain(["/crm/v3/objects/tickets/*", "/crm/v3/objects/contacts/*"]);
        assert_eq!(asked.len(), 6, "{id:?}: {asked:?}");
        for (line, shape) in asked.iter().zip(shapes) {
            let path = line.split_once(' ').unwrap().1.split('?').next().unwrap();
            assert!(has_shape(path, shape), "{id:?}: {line} is not {shape}");
        }
    }
}

#[tokio::test]
async fn no_session_id_leaves_its_place_in_a_path_of_opencx() {
    let peer = Peer::new(|_| StatusCode::NOT_FOUND.into_response()).await;
    for id in HOSTILE {
        let before = peer.asked().len();
        let mut asked = question("Hi");
        asked.agent_session_id = Some(id.to_owned());
        let (_, opencx) = &agents(&peer.url)[1];
        let _ = opencx.ask(&asked).await;
        let asked = peer.asked().split_off(before);
        assert!(!asked.is_empty());
        for line in asked {
            let path = line.split_once(' ').unwrap().1.split('?').next().unwrap();
            let fits = ["/chat/sessions/*/send", "/chat/sessions/*/history", "/chat/sessions/*", "/chat/sessions"];
            assert!(fits.iter().any(|shape| has_shape(path, shape)), "{id:?}: {line}");
        }
    }
}

fn has_shape(path: &str, shape: &str) -> bool {
    let (path, shape): (Vec<&str>, Vec<&str>) = (path.split('/').collect(), shape.split('/').collect());
    path.len() == shape.len() && path.iter().zip(shape).all(|(given, wanted)| wanted == "*" || *given == wanted)
}
