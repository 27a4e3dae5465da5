//! `/dead/replay`: dead events put back, some (`event=…`, several times) or all of a reason (`reason=…`): asked once more,
//! then done, at most [`AT_ONCE`] a go; the answer says what became of each, and leads on to the rest.

use axum::Extension;
use axum::extract::{self, Request};
use axum::http::Uri;
use futures_util::future::join_all;
use maud::{Markup, html};

use super::{filter, reason};
use crate::admin::console::actions::{self, Deed};
use crate::admin::console::form::Form;
use crate::admin::console::{Page, layout, parts};
use crate::admin::error::ApiError;
use crate::admin::operator::Operator;
use crate::admin::replay::{BulkReplay, Refusal, Wish};
use crate::admin::{State, events, replay};
use crate::domain::{ConnectionName, Event, EventId, Reason};
use crate::limits::REPLAY_AT_ONCE;

/// Events of one go, and of a page of the ledger.
const AT_ONCE: u32 = 200;
/// Pages of the ledger that are counted.
const PAGES: usize = 5;
/// Events named before all of a reason are replayed.
const NAMED: usize = 10;

/// All of a reason, those before `cursor`.
struct All {
    reason: Reason,
    connection: Option<ConnectionName>,
    cursor: Option<i64>,
}

impl All {
    fn read(form: &Form) -> Result<Self, ApiError> {
        let connection = Some(form.get("connection")).filter(|name| !name.is_empty()).map(ConnectionName::from);
        Ok(Self { reason: reason(form.get("reason"))?, connection, cursor: form.get("cursor").parse().ok() })
    }

    fn connection(&self) -> &str {
        self.connection.as_ref().map_or("", ConnectionName::as_str)
    }

    fn words(&self) -> String {
        let connection = self.connection.as_ref().map(|name| format!(" connection={name}")).unwrap_or_default();
        format!("state=dead reason={}{connection}", self.reason)
    }

    /// How many there are from here on, in words, and the newest of them.
    async fn count(&self, admin: &State) -> Result<(String, Vec<Event>), ApiError> {
        let (mut all, mut newest, mut cursor) = (0, Vec::new(), self.cursor);
        for _ in 0..PAGES {
            let filter = filter(self.connection.clone(), self.reason);
            let page = admin.ledger.events(filter, cursor, AT_ONCE).await?;
            all += page.items.len();
            if newest.is_empty() {
                newest = page.items;
            }
            cursor = page.next;
            if cursor.is_none() {
                return Ok((all.to_string(), newest));
            }
        }
        Ok((format!("more than {all}"), newest))
    }

    fn fields(&self, cursor: &str, so_far: usize) -> Markup {
        html! {
            input type="hidden" name="reason" value=(self.reason);
            input type="hidden" name="connection" value=(self.connection());
            input type="hidden" name="cursor" value=(cursor);
            input type="hidden" name="so_far" value=(so_far);
        }
    }
}

pub(in crate::admin::console) async fn ask(
    extract::State(admin): extract::State<State>,
    Extension(who): Extension<Operator>,
    uri: Uri,
) -> Page {
    let form = Form::of(&uri);
    if form.get("event").is_empty() && !form.get("reason").is_empty() {
        return ask_all(&admin, &who, All::read(&form)?).await;
    }
    let ids = chosen(&form)?;
    let found = join_all(ids.iter().map(|id| events::find(&admin, *id))).await;
    let found: Vec<Event> = found.into_iter().map(|one| Ok(one?.event)).collect::<Result<_, ApiError>>()?;
    let title = format!("Replay {}?", counted(ids.len()));
    let words = html! {
        (what_happens())
        (listed(&found))
    };
    let fields = html! { @for id in &ids { input type="hidden" name="event" value=(id); } };
    let button = if ids.len() == 1 { "Replay it" } else { "Replay them" };
    let deed = Deed { title: &title, words, to: "/dead/replay", fields, button, back: "/dead" };
    Ok(actions::confirm(&who, "/dead", &deed))
}

async fn ask_all(admin: &State, who: &Operator, all: All) -> Page {
    let (count, newest) = all.count(admin).await?;
    let Some(first) = newest.first().map(|event| event.id.0.saturating_add(1)) else {
        let fix = "go back to the dead letters: they may have been replayed already";
        return Err(ApiError::not_found("nothing died like that", fix));
    };
    let title = format!("Replay all that died as {}?", parts::words(all.reason.as_str()));
    let words = html! {
        p {
            "There are " strong { (count) } @if !all.connection().is_empty() { " of the connection " (all.connection()) }
            ". What dies from now on is not among them."
        }
        p { (parts::prose(all.reason.sentence())) }
        p.quiet { "Mend the cause first: " (parts::prose(all.reason.fix())) }
        (what_happens())
        p.quiet { "One go replays " (AT_ONCE) " at most, the newest first; then you are asked whether to go on." }
        (listed(newest.get(..NAMED).unwrap_or(&newest)))
        @if newest.len() > NAMED {
            p.more { a href=(parts::link("/dead", &[("reason", all.reason.as_str()), ("connection", all.connection())])) { "All of them" } }
        }
    };
    // What dies meanwhile, or dies again, is not replayed unseen.
    let fields = all.fields(&first.to_string(), 0);
    let deed = Deed { title: &title, words, to: "/dead/replay", fields, button: "Replay them", back: "/dead" };
    Ok(actions::confirm(who, "/dead", &deed))
}

pub(in crate::admin::console) async fn perform(
    extract::State(admin): extract::State<State>,
    Extension(who): Extension<Operator>,
    request: Request,
) -> Page {
    let form = Form::read(request).await?;
    if form.get("event").is_empty() && !form.get("reason").is_empty() {
        return some_of_all(&admin, &who, All::read(&form)?, form.get("so_far").parse().unwrap_or(0)).await;
    }
    let mut done = BulkReplay::default();
    // Those of a chunk share a commit.
    for ids in chosen(&form)?.chunks(REPLAY_AT_ONCE) {
        let results = join_all(ids.iter().map(async |id| (*id, replay::replay(&admin, &who, *id, false).await))).await;
        for (id, result) in results {
            match result {
                Ok(_) => done.replayed.push(id.to_string()),
                Err(error) => {
                    let (code, message) = (error.code().to_owned(), error.words());
                    done.refused.push(Refusal { id: id.to_string(), code, message });
                }
            }
        }
    }
    Ok(told(&who, &done, done.replayed.len(), &html! {}))
}

async fn some_of_all(admin: &State, who: &Operator, all: All, before: usize) -> Page {
    let filter = filter(all.connection.clone(), all.reason);
    let wish = Wish { filter, cursor: all.cursor, limit: AT_ONCE, force: false, words: all.words() };
    let done = replay::replay_many(admin, who, wish).await?;
    let so_far = before.saturating_add(done.replayed.len());
    let Some(next) = done.next.clone() else { return Ok(told(who, &done, so_far, &html! {})) };
    let rest = All { cursor: next.parse().ok(), ..all };
    let (left, _) = rest.count(admin).await?;
    let go_on = html! {
        p { strong { (left) } " are left." }
        form.stack method="post" action="/dead/replay" {
            (rest.fields(&next, so_far))
            div.deeds { button { "Go on" } a.button.plain href="/dead" { "Stop here" } }
        }
    };
    Ok(told(who, &done, so_far, &go_on))
}

/// What became of a go; `so_far` counts the goes before it, too.
fn told(who: &Operator, done: &BulkReplay, so_far: usize, go_on: &Markup) -> axum::response::Response {
    let title = format!("{so_far} replayed");
    let main = html! {
        main.narrow.confirm {
            p.back { a href="/dead" { "Dead letters" } }
            h1 { (title) }
            @if so_far == 0 { p { "Nothing was put back." } }
            @else { p { "They wait again, and are worked on when their turn comes. " a href="/events?state=pending" { "What waits now" } } }
            @if !done.refused.is_empty() {
                h2 { "Refused: " (done.refused.len()) }
                p.quiet { "These stay dead letters." }
                ul.links { @for refusal in &done.refused { li { a href=(format!("/events/{}", refusal.id)) { (refusal.id) } ": " (refusal.message) } } }
            }
            (go_on)
        }
    };
    layout::page(who, "/dead", &title, &main)
}

/// The events ticked, each once.
fn chosen(form: &Form) -> Result<Vec<EventId>, ApiError> {
    let mut ids: Vec<EventId> = form.all("event").map(events::named).collect::<Result<_, _>>()?;
    ids.sort_by_key(|id| std::cmp::Reverse(id.0));
    ids.dedup();
    if ids.is_empty() {
        return Err(ApiError::bad_request("no event was chosen", "go back and tick those to replay"));
    }
    if u32::try_from(ids.len()).is_ok_and(|chosen| chosen <= AT_ONCE) {
        return Ok(ids);
    }
    let message = format!("more than {AT_ONCE} events were chosen");
    Err(ApiError::bad_request(message, "replay all of their reason, or fewer at once"))
}

fn counted(events: usize) -> String {
    if events == 1 { "1 event".to_owned() } else { format!("{events} events") }
}

fn what_happens() -> Markup {
    html! {
        p { "Each is worked on once more. One whose customer was answered meanwhile is refused and stays as it is; what is too old for an answer goes to a person." }
    }
}

fn listed(events: &[Event]) -> Markup {
    html! {
        ul.links {
            @for event in events {
                li { a href=(format!("/events/{}", event.id)) { (event.id) } " " (parts::kind(event)) ", " (parts::object(event)) " " (parts::pill(event)) }
            }
        }
    }
}
