//! What the statements of the hot path and of everything periodic cost, in steps of SQLite's own machine: the same beside
//! a hundred waiting mailboxes as beside ten thousand.

use rusqlite::{Connection, StatementStatus, params_from_iter};

use super::{bind, claim, hold, mailbox, stats};

/// Mailboxes that are due, of two lanes and two connections, one in three with a second event.
fn backlog(size: i64) -> Connection {
    let conn = super::schema::in_memory();
    conn.execute_batch("INSERT INTO connections (id, name) VALUES (1, 'acme'), (2, 'beta'); BEGIN").unwrap();
    for n in 1..=size {
        conn.execute(
            "INSERT INTO mailboxes (id, connection_id, kind, object_id, lane, asap_at, due_at) \
             VALUES (?1, 1 + ?1 % 2, 'thread', ?1, ?1 / 2 % 2, ?1, ?1)",
            [n],
        )
        .unwrap();
        for event in [Some(2 * n), (n % 3 == 0).then_some(2 * n + 1)].into_iter().flatten() {
            conn.execute(
                "INSERT INTO events (id, connection_id, mailbox_id, kind, state, timing, due_at, dedup, seen, received_at) \
                 VALUES (?1, 1, ?2, 'conversation.newMessage', 'pending', 0, ?2, CAST(?1 AS BLOB), 1, 1)",
                [event, n],
            )
            .unwrap();
        }
    }
    conn.execute_batch("COMMIT").unwrap();
    conn
}

/// Steps of one execution.
fn steps(conn: &Connection, sql: &str, parameters: &[i64]) -> i32 {
    let mut statement = conn.prepare(sql).unwrap();
    let mut rows = statement.query(params_from_iter(parameters)).unwrap();
    while rows.next().unwrap().is_some() {}
    drop(rows);
    statement.get_status(StatementStatus::VmStep)
}

#[test]
fn nothing_hot_or_periodic_costs_more_beside_a_large_backlog() {
    let (small, large) = (backlog(100), backlog(10_000));
    let ever = i64::MAX;
    // Each with parameters that find something in both.
    let statements: [(&str, &str, &[i64]); 8] = [
        ("which mailboxes are due", claim::DUE, &[0, 1, ever, 16]),
        ("which leases ran out", claim::EXPIRED, &[ever]),
        ("when the next is due", hold::SOONEST, &[0, 1]),
        ("when the next lease runs out", hold::LEASE_ENDS, &[]),
        ("how many are leased", stats::LEASED, &[]),
        ("how many are due, to a limit", stats::FREE, &[0, 1, i64::MIN, ever, 20]),
        ("what waits in a mailbox", mailbox::WAITING, &[9]),
        ("which events a turn takes", bind::DUE, &[9, 100, 1, ever]),
    ];
    for (what, sql, parameters) in statements {
        let [few, many] = [&small, &large].map(|conn| steps(conn, sql, parameters));
        assert!(few > 0 && few == many, "{what}: {few} steps beside 100 mailboxes, {many} beside 10,000");
    }
}
