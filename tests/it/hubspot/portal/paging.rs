//! Lists whose pages come short or empty and still name a next one, as HubSpot's do: nothing is missed or doubled.

use std::time::Duration;

use hubspot_bridge::domain::{MessageId, ThreadId, Timestamp};

use super::{Desk, ada};

/// Enough draws for pages that are whole, short and empty.
const SEEDS: std::ops::Range<u64> = 0..10;

#[tokio::test(start_paused = true)]
async fn a_threads_messages() {
    let mut more_calls_than_pages = 0;
    for seed in SEEDS {
        let desk = Desk::seeded(seed);
        let thread = desk.chat("0").thread;
        let mut said: Vec<MessageId> = Vec::new();
        for n in 1..230 {
            tokio::time::advance(Duration::from_millis(1)).await;
            said.push(desk.portal.customer_chats(&ada(), Some(&thread), &n.to_string()).unwrap().message);
        }
        let before = desk.calls().len();
        let all = desk.client.recent_messages(&thread, None, 1_000).await.unwrap();
        more_calls_than_pages += usize::from(desk.calls().len() - before > 3);
        assert!(all.complete);
        let ids: Vec<&MessageId> = all.messages.iter().map(|message| &message.id).collect();
        assert_eq!(ids[1..], said.iter().collect::<Vec<_>>(), "oldest first, each once (seed {seed})");

        // Back to a known message, across whatever pages there are.
        let known = &all.messages[200];
        let newest = desk.client.recent_messages(&thread, Some(known.created_at), 1_000).await.unwrap();
        assert!(newest.complete && newest.messages.iter().any(|message| message.id == known.id), "seed {seed}");
        let few = desk.client.recent_messages(&thread, None, 20).await.unwrap();
        assert_eq!((few.messages.len(), few.complete), (20, false));
        assert_eq!(few.messages.last().unwrap().id, said[said.len() - 1]);
    }
    assert!(more_calls_than_pages > 3, "the seeds show short pages");
}

#[tokio::test(start_paused = true)]
async fn owners_and_channel_accounts() {
    let (mut owner_calls, mut account_calls) = (0, 0);
    for seed in SEEDS {
        let desk = Desk::seeded(seed);
        let mut owners: Vec<String> = desk.client.owners().await.unwrap().into_iter().map(|owner| owner.id).collect();
        owner_calls = owner_calls.max(desk.calls().len());
        owners.sort_unstable();
        assert_eq!(owners, ["81000001", "81000002", "81000003"], "seed {seed}");
        let before = desk.calls().len();
        let accounts = desk.client.channel_accounts().await.unwrap();
        account_calls = account_calls.max(desk.calls().len() - before);
        let ids: Vec<&str> = accounts.iter().map(|account| account.id.as_str()).collect();
        assert_eq!(ids, ["501000001", "501000002", "501000003", "501000004"], "seed {seed}");
    }
    assert!(owner_calls > 1 && account_calls > 1, "the seeds show short pages");
}

#[tokio::test(start_paused = true)]
async fn threads_by_their_latest_message() {
    let mut most_pages = 0;
    for seed in SEEDS {
        let desk = Desk::seeded(seed);
        let old = desk.chat("before").thread;
        tokio::time::advance(Duration::from_mins(1)).await;
        let since = desk.portal.now();
        let mut expected: Vec<ThreadId> = Vec::new();
        for n in 0..120 {
            tokio::time::advance(Duration::from_millis(5)).await;
            expected.push(desk.chat(&n.to_string()).thread);
        }
        // An old thread with something new comes last.
        tokio::time::advance(Duration::from_millis(5)).await;
        desk.portal.customer_chats(&ada(), Some(&old), "again").unwrap();
        expected.push(old);

        let (found, newest, pages) = walk(&desk, since).await;
        most_pages = most_pages.max(pages);
        assert_eq!(found, expected, "seed {seed}");
        assert_eq!(newest, Some(desk.portal.now()), "where the next walk may begin");
        let (rest, _, _) = walk(&desk, desk.portal.now()).await;
        assert_eq!(rest, [], "strictly after");
    }
    assert!(most_pages > 2);
}

/// As the sweep walks: page by page, the greatest time kept.
async fn walk(desk: &Desk, since: Timestamp) -> (Vec<ThreadId>, Option<Timestamp>, usize) {
    let (mut found, mut newest, mut cursor, mut pages) = (Vec::new(), None, None, 0);
    loop {
        let page = desk.client.threads_since(since, cursor.as_deref()).await.unwrap();
        pages += 1;
        newest = newest.max(page.newest);
        found.extend(page.threads.into_iter().map(|thread| thread.id));
        match page.next {
            Some(next) => cursor = Some(next),
            None => return (found, newest, pages),
        }
    }
}
