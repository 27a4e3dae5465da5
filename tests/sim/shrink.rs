//! Makes a failing day small: leaves out parts, ever fewer at a time, as long as it still fails.

use std::collections::BTreeSet;

use super::plan::Plan;

/// Days played again at most.
const TRIES: usize = 400;

/// The smallest failing day found; `fails` plays one.
pub fn shrink(plan: &Plan, fails: impl Fn(&Plan) -> bool) -> Plan {
    let mut small = plan.clone();
    let mut tries = 0;
    let mut chunk = (small.parts.len() / 2).max(1);
    loop {
        let mut from = 0;
        let mut shrunk = false;
        while from < small.parts.len() && tries < TRIES {
            let out: BTreeSet<usize> = small.parts.iter().skip(from).take(chunk).map(|part| part.number).collect();
            let fewer = small.only(&small.numbers().difference(&out).copied().collect());
            tries += 1;
            if fails(&fewer) {
                small = fewer;
                shrunk = true;
            } else {
                from += chunk;
            }
        }
        if tries >= TRIES || (chunk == 1 && !shrunk) {
            return small;
        }
        chunk = (chunk / 2).max(1);
    }
}
