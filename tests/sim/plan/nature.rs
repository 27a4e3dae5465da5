//! What holds all day: how HubSpot, the agent and the people are, and the bridge's settings.

use crate::agent::Habits;
use crate::draw::Draw;

/// What holds all day.
#[derive(Clone, Copy, Debug)]
pub struct Nature {
    /// How long HubSpot may not show a message that is new. Beyond `delivery.settle` (30 s), that nothing is said twice is
    /// no guarantee.
    pub visibility_ms: u64,
    /// The same of threads and records.
    pub objects_ms: u64,
    /// The same of records in search.
    pub search_ms: u64,
    /// Calls in any ten seconds, where it is less than usual.
    pub burst: Option<usize>,
    /// Reps take part.
    pub humans: bool,
    /// Customers whose mailbox answers every mail by itself.
    pub responders: bool,
    /// Portals, each a connection with an agent of its own.
    pub portals: usize,
    /// The portals belong to one app: one URL, one secret.
    pub one_app: bool,
    pub habits: Habits,
    pub rules: Rules,
}

/// The bridge's settings, where they are not the defaults.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub struct Rules {
    pub assist: bool,
    pub silent_when_unassigned: bool,
    pub never_returns: bool,
    pub on_agent_failure: &'static str,
    pub repost: bool,
    pub no_ticketing: bool,
    /// What is done with messages about refunds.
    pub refunds: Option<&'static str>,
    /// Chats go to another rep.
    pub routing: bool,
    pub at_most_once: bool,
    pub turns_in_flight: Option<u64>,
    pub max_event_age: Option<&'static str>,
    pub mirror_notes: bool,
    pub replies_per_thread: &'static str,
}

impl Nature {
    /// HubSpot shows what it accepted within the time that guarantee 4 needs.
    pub fn settles(&self) -> bool {
        self.visibility_ms.max(self.objects_ms) <= 30_000
    }
}

pub fn draw(draw: &mut Draw) -> Nature {
    let beyond = draw.percent(3);
    let visibility_ms = *draw.pick(&[0, 0, 0, 1_000, 8_000, 25_000]);
    let responders = draw.percent(12);
    Nature {
        visibility_ms: if beyond { 60_000 } else { visibility_ms },
        objects_ms: *draw.pick(&[0, 0, 0, 500, 4_000]),
        search_ms: *draw.pick(&[0, 0, 5_000, 20_000]),
        burst: draw.percent(8).then_some(30),
        humans: draw.percent(60),
        responders,
        portals: *draw.pick(&[1, 1, 1, 2, 2, 3]),
        one_app: draw.percent(50),
        habits: habits(draw),
        rules: rules(draw, responders),
    }
}

fn habits(draw: &mut Draw) -> Habits {
    let odd = draw.percent(40);
    let mut some = |among: &[u64]| if odd { *draw.pick(among) } else { 0 };
    let (drafts, silent, wordless) = (some(&[0, 0, 20]), some(&[0, 0, 20]), some(&[0, 50]));
    Habits {
        keeps_state: draw.percent(40),
        slow_ms: *draw.pick(&[0, 2_000, 20_000]),
        fails_percent: *draw.pick(&[0, 0, 20]),
        hands_off_percent: *draw.pick(&[0, 10, 40]),
        learns_percent: *draw.pick(&[0, 30, 80]),
        drafts_percent: drafts,
        silent_percent: silent,
        wordless_percent: wordless,
    }
}

/// Each differs in a few seeds, so that most days are ordinary and each setting meets ordinary days.
fn rules(draw: &mut Draw, responders: bool) -> Rules {
    Rules {
        assist: draw.percent(4),
        silent_when_unassigned: draw.percent(5),
        never_returns: draw.percent(5),
        on_agent_failure: draw.pick::<&str>(&["handoff", "handoff", "handoff", "draft", "silent"]),
        repost: draw.percent(4),
        no_ticketing: draw.percent(5),
        refunds: draw.percent(15).then(|| *draw.pick(&["ignore", "escalate", "draft"])),
        routing: draw.percent(10),
        at_most_once: draw.percent(5),
        turns_in_flight: draw.percent(15).then(|| draw.between(1, 3)),
        max_event_age: draw.percent(4).then_some("3m"),
        mirror_notes: draw.percent(20),
        replies_per_thread: if responders { "4/10m" } else { "1000/10m" },
    }
}
