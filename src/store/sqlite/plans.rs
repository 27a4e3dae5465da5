//! How SQLite goes about what people ask: by an index, in its order, and never through a whole table.

use rusqlite::Connection;

use super::newest::complete;
use super::{audit, event, find, list, list_sessions, message, series, stats, step};

/// The steps of a plan that are more than a look into an index.
fn dear(conn: &Connection, sql: &str) -> Vec<String> {
    let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let parameters = vec![1; statement.parameter_count()];
    let rows =
        statement.query_map(rusqlite::params_from_iter(parameters), |row| row.get::<_, String>("detail")).unwrap();
    let details: Vec<String> = rows.collect::<Result<_, _>>().unwrap();
    assert!(!details.is_empty(), "{sql}");
    details.into_iter().filter(|detail| detail.contains("SCAN") || detail.contains("TEMP B-TREE")).collect()
}

const EVENT: &str = " AND +connection_id = ? AND +state = ? AND +outcome = ? AND +reason = ? \
     AND +(SELECT kind || '/' || object_id FROM mailboxes WHERE id = mailbox_id) = ? AND +received_at >= ?";
const SESSION: &str =
    " AND +connection_id = ? AND +thread_id = ? AND +ticket_id = ? AND +contact_id = ? AND +state = ?";

#[test]
fn every_list_is_read_in_the_order_of_an_index() {
    let conn = super::schema::in_memory();
    let [now, quiet, _, ended] = list::OF_MAILBOX;
    let events = [list::ALL, list::ONE, list::OPEN, list::ENDED, now, quiet, ended];
    let events = events.into_iter().map(|stream| (stream, "id", EVENT));
    let sessions = [list_sessions::ALL, list_sessions::IN_STATE];
    let sessions = sessions.into_iter().map(|stream| (stream, "changed", SESSION));
    for (stream, place, conditions) in events.chain(sessions) {
        for conditions in ["", conditions] {
            let sql = complete(stream, place, conditions);
            assert_eq!(dear(&conn, &sql), [""; 0], "{sql}");
        }
    }
    let words = [list::NEXT_OUTCOME, list::NEXT_REASON];
    for sql in words.into_iter().chain([audit::ALL, audit::OF_SUBJECT, message::ENDED, find::PAST_ENDS]) {
        assert_eq!(dear(&conn, sql), [""; 0], "{sql}");
    }
}

/// What one turn, one mailbox, one ticket or one contact has is put in order by itself: it is little.
#[test]
fn what_is_sorted_is_found_by_an_index() {
    let conn = super::schema::in_memory();
    let [_, _, later, _] = list::OF_MAILBOX;
    let events = [later, list::OF_TURN].map(|stream| complete(stream, "id", EVENT));
    let sessions = [list_sessions::OF_THREAD, list_sessions::OF_TICKET, list_sessions::OF_CONTACT]
        .map(|stream| complete(stream, "changed", SESSION));
    let others = [
        list::BOXES,
        find::LINKED,
        find::MAILBOXES,
        find::RUNS,
        event::PUT_OFF,
        step::SELECT,
        message::BY_KEY,
        stats::FINISHED,
        series::SERIES,
    ];
    for sql in events.into_iter().chain(sessions).chain(others.map(str::to_owned)) {
        let scans: Vec<String> = dear(&conn, &sql).into_iter().filter(|detail| detail.contains("SCAN")).collect();
        assert_eq!(scans, [""; 0], "{sql}");
    }
}

/// Two look at more, to a bound: what is bound to turns, of which only so many run, and the newest rows.
#[test]
fn what_is_scanned_is_bounded() {
    let conn = super::schema::in_memory();
    let running = dear(&conn, &complete(list::RUNNING, "id", EVENT));
    assert_eq!(running[0], "SCAN events USING INDEX events_running");
    assert!(message::RECENT.contains("LIMIT 5000"));
    let dead = dear(&conn, list::DEAD_SINCE);
    assert!(dead.iter().all(|detail| !detail.contains("SCAN")), "{dead:?}");
}
