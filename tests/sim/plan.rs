//! One simulated day as data: what people do, what goes wrong and when. Drawn from a seed, so that a seed is a day; made of
//! numbered parts, so that a failing day can be shrunk to the few that matter and played again.

use std::collections::BTreeSet;

use hubspot_bridge::sandbox::portal::{BodyKind, DeliveryFaults, Effect, Fault, Visibility};

use super::agent::Habits;
use super::draw::Draw;

/// A day.
#[derive(Clone, Debug)]
pub struct Plan {
    pub seed: u64,
    pub nature: Nature,
    /// In the order of their times.
    pub parts: Vec<Part>,
}

/// What holds all day.
#[derive(Clone, Copy, Debug)]
pub struct Nature {
    /// How long HubSpot may not show what is new.
    pub visibility_ms: u64,
    /// Reps take part.
    pub humans: bool,
    /// Portals, each a connection with an agent of its own.
    pub portals: usize,
    /// The portals belong to one app: one URL, one secret.
    pub one_app: bool,
    pub habits: Habits,
}

/// One thing that happens. Its number is its place in the plan as drawn, and stays when others are left out.
#[derive(Clone, Debug)]
pub struct Part {
    pub number: usize,
    /// After the day's beginning.
    pub at_ms: u64,
    pub what: What,
}

#[derive(Clone, Debug)]
pub enum What {
    /// Somebody does something.
    Act { portal: usize, conversation: usize, act: Act },
    /// HubSpot's API misbehaves from now on.
    Trouble { portal: usize, fault: Fault },
    /// Webhooks go astray from now on.
    Webhooks { portal: usize, faults: DeliveryFaults },
    /// The bridge's process dies after so many more steps to the outside, and stays down for a while.
    Crash { after_steps: u64, down_ms: u64 },
    /// One turn freezes at its next step to the outside, for so long; everything else goes on.
    Stall { after_steps: u64, for_ms: u64 },
    /// The bridge's clock is set.
    Jump { ms: i64 },
}

/// What people do in a conversation, or with its ticket.
#[derive(Clone, Debug)]
pub enum Act {
    /// A customer begins it by chat.
    Chat,
    /// A customer begins it by e-mail.
    Email {
        quoted: bool,
    },
    /// The customer goes on.
    Says(String),
    Bot,
    Comment,
    /// To the AI, to a rep, to nobody.
    Assign(Owner),
    RepReplies,
    RepMails,
    Close,
    /// The portal's one hand-made ticket is linked to the conversation.
    Link,
    TicketChanges {
        value: &'static str,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    Ai,
    Rep,
    Nobody,
}

impl Plan {
    /// The day of a seed.
    pub fn draw(seed: u64) -> Self {
        let mut draw = Draw::new(seed, 0);
        let nature = nature(&mut draw);
        let mut drawn = Vec::new();
        for portal in 0..nature.portals {
            weather(&mut draw, portal, &mut drawn);
            for conversation in 0..usize::try_from(draw.between(1, 3)).expect("small") {
                let mut day = Day { draw: &mut draw, at_ms: 0, portal, conversation, drawn: &mut drawn };
                day.conversation(nature.humans);
            }
            Day { draw: &mut draw, at_ms: 0, portal, conversation: 0, drawn: &mut drawn }.tickets();
        }
        process(&mut draw, &mut drawn);
        drawn.sort_by_key(|(at_ms, _)| *at_ms);
        let parts = drawn.into_iter().enumerate().map(|(number, (at_ms, what))| Part { number, at_ms, what }).collect();
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

    pub fn visibility(&self) -> Visibility {
        let ms = self.nature.visibility_ms;
        Visibility { message_ms: ms, listing_ms: ms, vary: true, ..Visibility::default() }
    }
}

fn nature(draw: &mut Draw) -> Nature {
    Nature {
        visibility_ms: *draw.pick(&[0, 0, 1_000, 8_000]),
        humans: draw.percent(60),
        portals: *draw.pick(&[1, 1, 2]),
        one_app: draw.percent(50),
        habits: Habits {
            keeps_state: draw.percent(40),
            slow_ms: *draw.pick(&[0, 2_000, 20_000]),
            fails_percent: *draw.pick(&[0, 0, 20]),
            hands_off_percent: *draw.pick(&[0, 10, 40]),
            learns_percent: *draw.pick(&[0, 30, 80]),
        },
    }
}

/// What goes wrong outside.
fn weather(draw: &mut Draw, portal: usize, drawn: &mut Vec<(u64, What)>) {
    let chance = |draw: &mut Draw| *draw.pick(&[0.0, 0.0, 0.1, 0.3]);
    let faults = DeliveryFaults {
        duplicate: chance(draw),
        lose: *draw.pick(&[0.0, 0.0, 0.1]),
        delay: chance(draw),
        delay_max_ms: draw.between(1, 90_000),
        reorder: chance(draw),
        batch: usize::try_from(draw.below(4)).expect("small"),
        forget: chance(draw),
    };
    drawn.push((0, What::Webhooks { portal, faults }));
    let always = |effect| Fault { route: "/**".into(), method: None, times: None, probability: Some(0.12), effect };
    for _ in 0..draw.below(4) {
        let effect = draw.pick(&troubles()).clone();
        // Some come late and are over after so many calls.
        let times = draw.percent(30).then(|| u32::try_from(draw.between(1, 8)).expect("small"));
        let probability = times.map_or(Some(0.12), |_| None);
        let at_ms = times.map_or(0, |_| draw.below(200_000));
        drawn.push((at_ms, What::Trouble { portal, fault: Fault { times, probability, ..always(effect) } }));
    }
    // Time passes in every call, so that people can come in between. After the troubles: the first match strikes.
    let slow = Fault { probability: Some(0.7), ..always(Effect::Delay { ms: draw.between(5, 800) }) };
    drawn.push((0, What::Trouble { portal, fault: slow }));
}

fn troubles() -> Vec<Effect> {
    let status = |code, body, acted| Effect::Status { code, body, retry_after: None, acted };
    vec![
        status(502, BodyKind::Html, false),
        status(500, BodyKind::Standard, true),
        status(429, BodyKind::TenSecondly, false),
        status(423, BodyKind::Standard, false),
        Effect::Refuse,
        Effect::CutBefore,
        Effect::CutAfter,
        Effect::Timeout { acted: true },
        Effect::Timeout { acted: false },
    ]
}

/// What happens to the bridge's own process.
fn process(draw: &mut Draw, drawn: &mut Vec<(u64, What)>) {
    let last = drawn.iter().map(|(at_ms, _)| *at_ms).max().unwrap_or_default();
    for _ in 0..*draw.pick(&[0, 0, 1, 2, 4]) {
        let crash = What::Crash { after_steps: draw.between(0, 120), down_ms: draw.below(30_000) };
        drawn.push((draw.below(last + 1), crash));
    }
    if draw.percent(20) {
        let stall = What::Stall { after_steps: draw.between(0, 60), for_ms: draw.between(1_000, 200_000) };
        drawn.push((draw.below(last + 1), stall));
    }
    if draw.percent(20) {
        let size = i64::try_from(*draw.pick(&[300, 5_000, 90_000])).expect("small");
        let ms = if draw.percent(50) { size } else { -size };
        drawn.push((draw.below(last + 1), What::Jump { ms }));
    }
}

/// One conversation's people, being drawn.
struct Day<'a> {
    draw: &'a mut Draw,
    at_ms: u64,
    portal: usize,
    conversation: usize,
    drawn: &'a mut Vec<(u64, What)>,
}

impl Day<'_> {
    fn conversation(&mut self, humans: bool) {
        self.pause(20_000);
        let email = self.draw.percent(30);
        let quoted = self.draw.percent(30);
        self.act(if email { Act::Email { quoted } } else { Act::Chat });
        for turn in 0..self.draw.between(2, 9) {
            self.pause(40_000);
            match self.draw.below(if humans { 14 } else { 5 }) {
                0..=3 => self.burst(turn),
                4 => self.act(Act::Bot),
                5 => self.act(Act::Comment),
                6 | 7 => self.act(Act::Assign(Owner::Rep)),
                8 => self.act(Act::RepReplies),
                9 => self.act(Act::RepMails),
                10 | 11 => self.act(Act::Assign(Owner::Ai)),
                12 => self.act(Act::Assign(Owner::Nobody)),
                _ => self.act(Act::Close),
            }
        }
        // The last word is always a customer's: something is due at the end.
        self.pause(40_000);
        self.burst(99);
    }

    /// Tickets change in floods: no customer may notice.
    fn tickets(&mut self) {
        for _ in 0..self.draw.between(1, 4) {
            self.pause(40_000);
            self.act(Act::Link);
            for change in 0..self.draw.between(1, 30) {
                self.act(Act::TicketChanges { value: if change % 2 == 0 { "HIGH" } else { "LOW" } });
            }
        }
    }

    fn burst(&mut self, turn: u64) {
        for word in 0..self.draw.between(1, 3) {
            self.act(Act::Says(format!("question {turn}.{word}")));
            self.pause(2_500);
        }
    }

    fn act(&mut self, act: Act) {
        let what = What::Act { portal: self.portal, conversation: self.conversation, act };
        self.drawn.push((self.at_ms, what));
    }

    fn pause(&mut self, up_to_ms: u64) {
        self.at_ms += self.draw.below(up_to_ms);
    }
}
