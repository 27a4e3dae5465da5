//! What people do all day: customers who keep typing, reps who take over and give back, tickets, workflows, operators,
//! and conversations that live outside HubSpot.

use super::{Nature, Script, What, Wish};

/// What people do in a conversation, or with its ticket.
#[derive(Clone, Debug)]
pub enum Act {
    /// A customer begins it by chat.
    Chat,
    /// A customer begins it by e-mail: to the help desk, which makes a ticket, or to the inbox.
    Email {
        quoted: bool,
        desk: bool,
    },
    /// A customer begins it on a channel that HubSpot's API cannot send on.
    Whatsapp,
    /// A customer begins it by e-mail, whose mailbox answers every mail at once, in a subject that says so or not.
    Responder {
        honest: bool,
        after_ms: u64,
    },
    /// The customer goes on, by the channel of the conversation.
    Says(String),
    /// The same, with our last words quoted.
    Quotes(String),
    Bot,
    Welcome,
    Comment,
    /// To the AI, to a rep, to nobody.
    Assign(Owner),
    RepReplies,
    RepMails,
    Close,
    Reopen,
    Trash {
        on: bool,
    },
    Spam,
    /// Our newest reply, accepted before, was not delivered.
    Bounces,
    /// The portal's one hand-made ticket is linked to the conversation.
    Link,
    TicketChanges {
        value: &'static str,
    },
    TicketDeleted,
    /// A rep writes from the ticket, in a new thread.
    WritesFromTicket,
    Note,
    /// A workflow runs an action.
    Workflow {
        name: &'static str,
        on: Enrolled,
    },
}

/// What a workflow runs for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enrolled {
    Conversation,
    Ticket,
    /// A contact, with the conversation in an input field.
    Contact,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    Ai,
    Rep,
    Nobody,
}

const ACTIONS: [&str; 4] = ["pause-ai", "resume-ai", "send-to-ai", "request-handoff"];

pub fn draw(script: &mut Script<'_>, portal: usize, nature: &Nature) {
    let most = if nature.portals > 2 { 2 } else { 3 };
    for conversation in 0..usize::try_from(script.draw.between(1, most)).expect("small") {
        Day { script, at_ms: 0, portal, conversation }.conversation(nature);
    }
    Day { script, at_ms: 0, portal, conversation: 0 }.tickets();
    if script.draw.percent(20) {
        Day { script, at_ms: 0, portal, conversation: 0 }.outside();
    }
}

/// One conversation's people, being drawn.
struct Day<'a, 'b> {
    script: &'a mut Script<'b>,
    at_ms: u64,
    portal: usize,
    conversation: usize,
}

impl Day<'_, '_> {
    fn conversation(&mut self, nature: &Nature) {
        self.pause(20_000);
        self.begin(nature);
        if self.percent(10) {
            self.act(Act::Welcome);
        }
        // Some conversations know workflows and operators, the odder ones all that reps can do.
        let steered = nature.humans && self.percent(30);
        let odd = nature.humans && self.percent(30);
        for turn in 0..self.script.draw.between(2, 9) {
            self.pause(40_000);
            match self.script.draw.below(if nature.humans { 14 } else { 5 }) {
                _ if steered && self.percent(30) => self.steered(),
                _ if odd && self.percent(25) => self.odd(),
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

    fn begin(&mut self, nature: &Nature) {
        let responder = nature.responders && self.percent(70);
        let quoted = self.percent(30);
        let begun = match self.script.draw.below(100) {
            _ if responder => Act::Responder { honest: self.percent(40), after_ms: self.script.draw.below(5_000) },
            0..=24 => Act::Email { quoted, desk: false },
            25..=34 => Act::Email { quoted, desk: true },
            35..=38 => Act::Whatsapp,
            _ => Act::Chat,
        };
        self.act(begun);
    }

    /// Workflows, which HubSpot runs for whatever is enrolled, and operators.
    fn steered(&mut self) {
        if self.percent(40) {
            let order = Wish::Order(self.script.draw.below(1_000));
            let wish = *self.script.draw.pick(&[Wish::Pause, Wish::Resume, Wish::Resume, Wish::HandOff, order]);
            let what = What::Operator { portal: self.portal, conversation: self.conversation, wish };
            self.script.push(self.at_ms, what);
        } else {
            let on = *self.script.draw.pick(&[Enrolled::Conversation, Enrolled::Ticket, Enrolled::Contact]);
            let name = self.script.draw.pick(&ACTIONS);
            self.act(Act::Workflow { name, on });
        }
    }

    fn odd(&mut self) {
        match self.script.draw.below(8) {
            0 => self.act(Act::Reopen),
            1 => self.act(Act::Trash { on: true }),
            2 => self.act(Act::Trash { on: false }),
            3 => self.act(Act::Bounces),
            4 => self.act(Act::WritesFromTicket),
            5 => self.act(Act::Note),
            6 if self.percent(30) => self.act(Act::Spam),
            7 if self.percent(50) => self.act(Act::TicketDeleted),
            _ => self.act(Act::Assign(Owner::Ai)),
        }
    }

    /// Tickets change in floods: no customer may notice.
    fn tickets(&mut self) {
        for _ in 0..self.script.draw.between(1, 4) {
            self.pause(40_000);
            self.act(Act::Link);
            for change in 0..self.script.draw.between(1, 30) {
                self.act(Act::TicketChanges { value: if change % 2 == 0 { "HIGH" } else { "LOW" } });
            }
        }
    }

    /// The agent's side hands conversations of its own over, closes them, and says so more often than needed.
    fn outside(&mut self) {
        for number in 0..self.script.draw.between(1, 3) {
            self.pause(120_000);
            // Some of them are HubSpot's own: the agent's session of a thread.
            let id = if self.percent(25) { "s1".to_owned() } else { format!("outside-{}-{number}", self.portal) };
            for _ in 0..self.script.draw.between(1, 2) {
                let event = *self.script.draw.pick(&[
                    "conversation.handoff_to_human",
                    "conversation.handoff_to_human",
                    "conversation.closed",
                ]);
                let again = u32::try_from(self.script.draw.below(3)).expect("small");
                let what = What::Outside { portal: self.portal, id: id.clone(), event, again };
                self.script.push(self.at_ms, what);
                self.pause(30_000);
            }
        }
    }

    fn burst(&mut self, turn: u64) {
        for word in 0..self.script.draw.between(1, 3) {
            let about = if self.percent(15) { "refund" } else { "question" };
            let text = format!("{about} {turn}.{word}");
            let act = if self.percent(10) { Act::Quotes(text) } else { Act::Says(text) };
            self.act(act);
            self.pause(2_500);
        }
    }

    fn act(&mut self, act: Act) {
        let what = What::Act { portal: self.portal, conversation: self.conversation, act };
        self.script.push(self.at_ms, what);
    }

    fn percent(&mut self, percent: u64) -> bool {
        self.script.draw.percent(percent)
    }

    fn pause(&mut self, up_to_ms: u64) {
        self.at_ms += self.script.draw.below(up_to_ms);
    }
}
