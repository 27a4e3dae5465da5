//! One simulated day as data: what people do, what goes wrong and when. Drawn from a seed, so that a seed is a day; made of
//! numbered parts, so that a failing day can be shrunk to the few that matter and played again.

mod nature;
mod people;
mod process;
mod troubles;

use std::collections::BTreeSet;

use hubspot_bridge::sandbox::portal::{DeliveryFaults, Fault, Visibility};

pub use self::nature::{Nature, Rules};
pub use self::people::{Act, Enrolled, Owner};
use super::agent::Illness;
use super::draw::Draw;
use super::fuse::Broken;

/// A day.
#[derive(Clone, Debug)]
pub struct Plan {
    pub seed: u64,
    pub nature: Nature,
    /// In the order of their times.
    pub parts: Vec<Part>,
}

/// One thing that happens. Its number is its place in the plan as drawn, and stays when others are left out.
#[derive(Clone, Debug)]
pub struct Part {
    pub number: usize,
    /// After the day's beginning.
    pub at_ms: u64,
    /// What ends by itself; others last, or are over at once.
    pub for_ms: Option<u64>,
    pub what: What,
}

#[derive(Clone, Debug)]
pub enum What {
    /// Somebody does something.
    Act { portal: usize, conversation: usize, act: Act },
    /// HubSpot's API misbehaves.
    Trouble { portal: usize, fault: Fault },
    /// Every call takes its time, whatever else is wrong.
    Slow { portal: usize, fault: Fault },
    /// Webhooks go astray from now on.
    Webhooks { portal: usize, faults: DeliveryFaults },
    /// A subscription of the app is switched off.
    Unsubscribed { portal: usize, kind: &'static str },
    /// The agent fails whatever it is asked.
    Ill { portal: usize, illness: Illness },
    /// The agent's side tells of a conversation of its own, so many times more than it needs to.
    Outside { portal: usize, id: String, event: &'static str, again: u32 },
    /// An operator wants something of a conversation's session.
    Operator { portal: usize, conversation: usize, wish: Wish },
    /// The disk under the store fails.
    Disk { broken: Broken },
    /// The bridge's process dies after so many more steps to the outside, and stays down for a while; `again`, it dies as
    /// many times more, each time after so many steps of its new life.
    Crash { after_steps: u64, down_ms: u64, again: u32 },
    /// It dies at this very moment, whatever it is doing.
    Dies { down_ms: u64 },
    /// It is asked to stop, drains, and is started again.
    Stops { down_ms: u64 },
    /// One turn freezes at its next step to the outside, for so long; everything else goes on.
    Stall { after_steps: u64, for_ms: u64 },
    /// The bridge's clock is set.
    Jump { ms: i64 },
}

impl What {
    /// For the summary: the kind, without its particulars.
    pub fn words(&self) -> String {
        let kind = |debug: &dyn std::fmt::Debug| {
            let text = format!("{debug:?}");
            text.split([' ', '(', '{']).next().unwrap_or_default().to_lowercase()
        };
        match self {
            Self::Act { act, .. } => format!("act {}", kind(act)),
            Self::Operator { wish, .. } => format!("operator {}", kind(wish)),
            Self::Ill { illness, .. } => format!("ill agent {}", kind(illness)),
            Self::Outside { event, .. } => format!("outside {event}"),
            Self::Disk { broken } => format!("disk {}", kind(broken)),
            other => kind(other),
        }
    }
}

/// What operators do by the admin API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    Pause,
    Resume,
    HandOff,
    /// A new value of the session key `order`.
    Order(u64),
}

impl Plan {
    /// The day of a seed.
    pub fn draw(seed: u64) -> Self {
        let mut draw = Draw::new(seed, 0);
        let nature = nature::draw(&mut draw);
        let mut script = Script { draw: &mut draw, parts: Vec::new() };
        for portal in 0..nature.portals {
            people::draw(&mut script, portal, &nature);
            troubles::draw(&mut script, portal, &nature);
        }
        process::draw(&mut script, &nature);
        let mut parts = script.parts;
        parts.sort_by_key(|part| part.at_ms);
        for (number, part) in parts.iter_mut().enumerate() {
            part.number = number;
        }
        Self { seed, nature, parts }
    }

    /// The same day with these parts only.
    pub fn only(&self, keep: &BTreeSet<usize>) -> Self {
        let parts = self.parts.iter().filter(|part| keep.contains(&part.number)).cloned().collect();
        Self { parts, ..self.clone() }
    }

    pub fn numbers(&self) -> BTreeSet<usize> {
        self.parts.iter().map(|part| part.number).collect()
    }

    /// What takes time at this portal.
    pub fn slow(&self, at: usize) -> Option<&Fault> {
        self.parts.iter().find_map(|part| match &part.what {
            What::Slow { portal, fault } if *portal == at => Some(fault),
            _ => None,
        })
    }

    pub fn visibility(&self) -> Visibility {
        let Nature { visibility_ms: ms, objects_ms, search_ms, .. } = self.nature;
        Visibility { message_ms: ms, listing_ms: ms, object_ms: objects_ms, search_ms, vary: true }
    }

    /// Does HubSpot refuse something for good, so that it can be no guarantee that it was done?
    pub fn is_refused_something(&self) -> bool {
        self.parts.iter().any(|part| matches!(&part.what, What::Trouble { fault, .. } if troubles::refuses(fault)))
    }
}

/// A day being drawn.
struct Script<'a> {
    draw: &'a mut Draw,
    parts: Vec<Part>,
}

impl Script<'_> {
    fn push(&mut self, at_ms: u64, what: What) {
        self.parts.push(Part { number: 0, at_ms, for_ms: None, what });
    }

    fn push_for(&mut self, at_ms: u64, for_ms: u64, what: What) {
        self.parts.push(Part { number: 0, at_ms, for_ms: Some(for_ms), what });
    }

    /// A moment while people are about.
    fn moment(&mut self) -> u64 {
        let last = self.parts.iter().filter(|part| matches!(part.what, What::Act { .. })).map(|part| part.at_ms).max();
        self.draw.below(last.unwrap_or_default() + 1)
    }
}
