//! Leases: taken, renewed, freed when their holder is gone.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rusqlite::params;

use super::core::Tx;
use super::fault::Fault;
use super::hold::{self, Admission};
use super::mailbox::{Mailbox, Mark, lane};
use super::places::Places;
use crate::domain::Timestamp;
use crate::store::{Claim, Error, Lease, Renewal};

/// A search of one index, whatever waits behind it.
pub(super) const DUE: &str = "SELECT id FROM mailboxes INDEXED BY mailboxes_due WHERE lane = ?1 AND connection_id = ?2 \
     AND lease_until IS NULL AND due_at IS NOT NULL AND due_at <= ?3 ORDER BY due_at LIMIT ?4";

pub(super) const EXPIRED: &str = "SELECT id FROM mailboxes INDEXED BY mailboxes_leased WHERE lease_until <= ?1";

/// Looked at once, at the start.
const QUEUED: &str = "SELECT count(*) FROM mailboxes INDEXED BY mailboxes_due \
     WHERE lease_until IS NULL AND due_at IS NOT NULL";

/// As many rows as there are leases.
const LEASED: &str =
    "SELECT connection_id FROM mailboxes INDEXED BY mailboxes_leased WHERE lease_until IS NOT NULL AND lane >= ?1";

/// A new start of the process: whoever held a lease is gone.
pub(super) fn start(tx: &mut Tx<'_>) -> Result<(), Fault> {
    tx.memory.epoch = tx
        .conn
        .prepare_cached("UPDATE meta SET value = value + 1 WHERE name = 'epoch' RETURNING value")?
        .query_row([], |row| row.get(0))?;
    free(tx, Timestamp(i64::MAX))?;
    // From here on it is kept in step by every mailbox that is written.
    tx.memory.tally.queued = tx.conn.query_row(QUEUED, [], |row| row.get(0))?;
    Ok(())
}

/// Leases due mailboxes of a lane, in turn across connections, beginning after the one served last.
pub(super) fn claim(tx: &mut Tx<'_>, claim: &Claim) -> Result<Vec<Lease>, Fault> {
    free(tx, tx.now)?;
    full(tx, claim).clear();
    let mut queues = Vec::new();
    let mut held = BTreeSet::new();
    for connection in in_turn(tx, claim) {
        let most = match hold::admission(tx, connection, claim.lane)? {
            Admission::All => claim.n,
            Admission::One => 1,
            Admission::Busy => 0,
            Admission::None => {
                held.insert(connection);
                continue;
            }
        };
        queues.push((connection, most, due(tx, claim, connection)?));
    }
    let mut places = places(tx, claim, &held)?;
    let mut leases = Vec::new();
    while leases.len() < claim.n && queues.iter().any(|(_, _, due)| !due.is_empty()) {
        for (connection, most, due) in &mut queues {
            if leases.len() == claim.n || due.is_empty() {
                continue;
            }
            if *most == 0 || !places.admits(*connection) {
                full(tx, claim).insert(*connection);
                due.clear();
            } else if let Some(id) = due.pop_front() {
                leases.push(lease(tx, claim, id)?);
                *most -= 1;
                places.take(*connection);
                *served(tx, claim) = *connection;
            }
        }
    }
    Ok(leases)
}

/// Conversations may use every place, tickets only those of their lane. A held connection needs none.
fn places(tx: &Tx<'_>, claim: &Claim, held: &BTreeSet<i64>) -> Result<Places, Fault> {
    if claim.sharers.len() < 2 {
        return Ok(Places::new(claim.n, 0, BTreeMap::new(), 0));
    }
    let known: Vec<i64> = claim.sharers.iter().filter_map(|name| tx.memory.names.id(name)).collect();
    let unknown = claim.sharers.len().saturating_sub(known.len());
    let mut sharing: BTreeMap<i64, usize> =
        known.into_iter().filter(|id| !held.contains(id)).map(|id| (id, 0)).collect();
    let mut used = 0;
    let mut statement = tx.conn.prepare_cached(LEASED)?;
    for connection in statement.query_map([lane(claim.lane)], |row| row.get::<_, i64>(0))? {
        used += 1;
        if let Some(taken) = sharing.get_mut(&connection?) {
            *taken += 1;
        }
    }
    Ok(Places::new(claim.n, used, sharing, unknown))
}

/// Extends a lease and takes the interrupt mark.
pub(super) fn renew(tx: &mut Tx<'_>, lease: &Lease) -> Result<Renewal, Fault> {
    let mut mailbox = match Mailbox::leased(tx, lease) {
        Err(Fault::Store(Error::LeaseLost { .. })) => return Ok(Renewal::Lost),
        other => other?,
    };
    let until = tx.now.after(lease.ttl);
    mailbox.lease_until = Some(until);
    let interrupted = mailbox.mark != Mark::None;
    mailbox.mark = Mark::None;
    mailbox.save(tx)?;
    Ok(if interrupted { Renewal::Interrupted(until) } else { Renewal::Extended(until) })
}

/// Frees the leases that ended at or before `at`. Their turns stay open and are resumed.
fn free(tx: &mut Tx<'_>, at: Timestamp) -> Result<(), Fault> {
    let ids: Vec<i64> = {
        let mut statement = tx.conn.prepare_cached(EXPIRED)?;
        statement.query_map([at.0], |row| row.get(0))?.collect::<Result<_, _>>()?
    };
    for id in ids {
        let Some(mut mailbox) = Mailbox::load(tx, id)? else { continue };
        if let Some(turn) = mailbox.turn {
            let crashed = tx
                .conn
                .prepare_cached(
                    "UPDATE runs SET note = 'crashed' WHERE turn_id = ?1 AND ended_at IS NULL AND note IS NULL",
                )?
                .execute([turn])?;
            mailbox.attempts = mailbox.attempts.saturating_add(u32::from(crashed > 0));
        }
        mailbox.release(tx)?;
    }
    Ok(())
}

fn in_turn(tx: &mut Tx<'_>, claim: &Claim) -> Vec<i64> {
    let last = *served(tx, claim);
    let mut connections = tx.memory.names.ids();
    let next = connections.iter().position(|id| *id > last).unwrap_or(0);
    connections.rotate_left(next);
    connections
}

fn served<'a>(tx: &'a mut Tx<'_>, claim: &Claim) -> &'a mut i64 {
    let [conversations, tickets] = &mut tx.memory.served;
    if lane(claim.lane) == 0 { conversations } else { tickets }
}

fn full<'a>(tx: &'a mut Tx<'_>, claim: &Claim) -> &'a mut BTreeSet<i64> {
    let [conversations, tickets] = &mut tx.memory.full;
    if lane(claim.lane) == 0 { conversations } else { tickets }
}

fn due(tx: &Tx<'_>, claim: &Claim, connection: i64) -> Result<VecDeque<i64>, Fault> {
    let limit = i64::try_from(claim.n).unwrap_or(i64::MAX);
    let mut statement = tx.conn.prepare_cached(DUE)?;
    let rows = statement.query_map(params![lane(claim.lane), connection, tx.now.0, limit], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn lease(tx: &mut Tx<'_>, claim: &Claim, id: i64) -> Result<Lease, Fault> {
    let mut mailbox = Mailbox::load(tx, id)?.ok_or_else(|| Error::NotFound { what: format!("mailbox {id}") })?;
    let until = tx.now.after(claim.ttl);
    mailbox.token += 1;
    mailbox.lease_until = Some(until);
    mailbox.save(tx)?;
    Ok(Lease {
        mailbox: id,
        key: mailbox.key(tx)?,
        token: mailbox.token,
        ttl: claim.ttl,
        until,
        attempts: mailbox.attempts,
        due_at: mailbox.due_at.unwrap_or(tx.now),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(sql: &str) -> Vec<String> {
        let conn = super::super::schema::in_memory();
        let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let params = vec![1_i64; statement.parameter_count()];
        let rows = statement.query_map(rusqlite::params_from_iter(params), |row| row.get(3)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn claiming_searches_one_index_and_never_scans_or_sorts() {
        assert_eq!(
            plan(DUE),
            [
                "SEARCH mailboxes USING COVERING INDEX mailboxes_due (lane=? AND connection_id=? AND due_at>? AND due_at<?)"
            ]
        );
        assert_eq!(plan(EXPIRED), ["SEARCH mailboxes USING COVERING INDEX mailboxes_leased (lease_until<?)"]);
    }
}
