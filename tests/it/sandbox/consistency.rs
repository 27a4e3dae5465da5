//! What was written is not read at once: by id, in lists and for objects, each with its own delay.

use hubspot_bridge::sandbox::portal::Visibility;

use super::{Desk, THREADS};

#[tokio::test(start_paused = true)]
async fn a_message_becomes_visible_by_id_and_in_lists_separately() {
    let desk = Desk::new();
    let thread = desk.chat("old").thread;
    desk.portal.set_visibility(Visibility { message_ms: 500, listing_ms: 2_000, ..Visibility::default() });
    let said = desk.portal.bot_says(&thread, "new").unwrap();
    let by_id = format!("{THREADS}/{thread}/messages/{}", said.message);
    let listed = || desk.get(&format!("{THREADS}/{thread}/messages")).body["results"].as_array().unwrap().len();
    assert_eq!((desk.get(&by_id).status, listed()), (404, 1));
    desk.clock.jump(500);
    assert_eq!((desk.get(&by_id).status, listed()), (200, 1));
    desk.clock.jump(1_500);
    assert_eq!((desk.get(&by_id).status, listed()), (200, 2));
}

#[tokio::test(start_paused = true)]
async fn a_new_thread_is_not_there_yet() {
    let desk = Desk::new();
    desk.portal.set_visibility(Visibility { object_ms: 1_000, ..Visibility::default() });
    let thread = desk.chat("hello").thread;
    assert_eq!(desk.get(&format!("{THREADS}/{thread}")).status, 404);
    desk.clock.jump(1_000);
    assert_eq!(desk.get(&format!("{THREADS}/{thread}")).status, 200);
}
