//! Pages come short, even empty, and still name a next one: only an absent cursor ends a list.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Desk, THREADS};

/// All ids of a list, following cursors, and the size of each page.
fn read(desk: &Desk, path: &str) -> (Vec<String>, Vec<usize>) {
    let (mut ids, mut sizes, mut after) = (Vec::new(), Vec::new(), String::new());
    loop {
        let page = desk.get(&format!("{path}{after}")).body;
        let results = page["results"].as_array().unwrap();
        ids.extend(results.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        sizes.push(results.len());
        match page.pointer("/paging/next/after").and_then(Value::as_str) {
            Some(cursor) => after = format!("&after={cursor}"),
            None => return (ids, sizes),
        }
        assert!(sizes.len() < 200, "the list must end");
    }
}

#[tokio::test(start_paused = true)]
async fn short_pages_lose_and_repeat_nothing() {
    for seed in 0..20 {
        let desk = Desk::seeded(seed);
        let thread = desk.chat("0").thread;
        for n in 1..40 {
            desk.portal.bot_says(&thread, &n.to_string()).unwrap();
        }
        desk.portal.set_short_pages(true);
        desk.portal.set_limits(hubspot_bridge::sandbox::portal::Limits { burst: 10_000, ..Default::default() });
        let path = format!("{THREADS}/{thread}/messages?limit=5");
        let (newest_first, _) = read(&desk, &path);
        let (mut oldest_first, _) = read(&desk, &format!("{path}&sort=createdAt"));
        oldest_first.reverse();
        assert_eq!(newest_first, oldest_first, "seed {seed}");
        assert_eq!(newest_first.iter().collect::<BTreeSet<_>>().len(), 40, "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn empty_pages_with_a_cursor_occur() {
    let empties = (0..20).filter(|seed| {
        let desk = Desk::seeded(*seed);
        for n in 0..20 {
            desk.chat(&n.to_string());
        }
        desk.portal.set_short_pages(true);
        let (ids, sizes) = read(&desk, &format!("{THREADS}?limit=3"));
        assert_eq!(ids.len(), 20, "seed {seed}");
        sizes.contains(&0)
    });
    assert!(empties.count() > 0, "the trap must be met for tests to mean anything");
}

#[tokio::test(start_paused = true)]
async fn a_new_message_at_the_head_moves_nobodys_cursor() {
    let desk = Desk::new();
    let thread = desk.chat("0").thread;
    for n in 1..6 {
        desk.portal.bot_says(&thread, &n.to_string()).unwrap();
    }
    let path = format!("{THREADS}/{thread}/messages?limit=3");
    let first = desk.get(&path).body;
    desk.portal.bot_says(&thread, "late").unwrap();
    let after = first["paging"]["next"]["after"].as_str().unwrap();
    let second = desk.get(&format!("{path}&after={after}")).body;
    let texts: Vec<_> =
        second["results"].as_array().unwrap().iter().map(|item| item["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["2", "1", "0"]);
}

#[tokio::test(start_paused = true)]
async fn the_sweep_finds_threads_with_newer_messages_in_order_of_time() {
    let desk = Desk::new();
    let (old, new) = (desk.chat("old").thread, desk.chat("new").thread);
    desk.clock.jump(60_000);
    let since = desk.portal.now();
    desk.clock.jump(1_000);
    desk.portal.bot_says(&new, "a").unwrap();
    desk.clock.jump(1_000);
    desk.portal.bot_says(&old, "b").unwrap();
    let path = |since| format!("{THREADS}?sort=latestMessageTimestamp&latestMessageTimestampAfter={since}");
    let (ids, _) = read(&desk, &path(since));
    assert_eq!(ids, [new.0, old.0.clone()]);
    let later = hubspot_bridge::domain::Timestamp(since.0 + 1_000);
    assert_eq!(read(&desk, &path(later)).0, [old.0]);
}
