//! The commands, against a real listener.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use clap::{CommandFactory, Parser};
use hubspot_bridge::admin::health::{self, Health};
use hubspot_bridge::cli::{self, Cause, Cli, Exit, Programs, Running, Terminal};
use hubspot_bridge::config::Config;
use hubspot_bridge::domain::{Ending, Reason, SessionPatch};
use hubspot_bridge::store::Ledger;
use tokio::net::TcpListener;

use super::house::House;
use crate::config::desk::{Desk, LEAST};

struct Said {
    exit: Exit,
    out: String,
    err: String,
}

async fn run(words: &[&str], env: &[(&str, &str)]) -> Said {
    at(words, env, None).await
}

/// The same where a person types this, if there is one.
async fn at(words: &[&str], env: &[(&str, &str)], typed: Option<&str>) -> Said {
    let cli = Cli::try_parse_from(["hubspot-bridge"].iter().chain(words)).unwrap();
    let env: BTreeMap<String, String> =
        env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let programs = Programs { serve, sandbox, doctor, backup };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut input = typed.unwrap_or_default().as_bytes();
    let person = typed.is_some();
    let mut terminal = Terminal { out: &mut out, err: &mut err, input: &mut input, is_read: person, is_asked: person };
    let exit = cli::run(cli, &env, programs, &mut terminal).await;
    Said { exit, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
}

fn serve(_: Config) -> Running<Result<(), Cause>> {
    Box::pin(async { Ok(()) })
}

#[expect(clippy::needless_pass_by_value, reason = "the type of a program")]
fn sandbox(args: cli::sandbox::Args) -> Running<Exit> {
    Box::pin(async move { if args.tour { Exit::Fine } else { Exit::Failed } })
}

fn doctor(_: Config, _: cli::doctor::Wanted) -> Running<cli::doctor::Examined> {
    Box::pin(async { Ok(Vec::new()) })
}

fn backup(from: &Path, to: &Path) -> Result<(), Cause> {
    std::fs::copy(from, to).map(|_| ()).map_err(Into::into)
}

/// Runs a command while the house listens; the token is the house's own.
async fn ask(house: &House, words: &[&str]) -> Said {
    ask_at(house, words, None).await
}

async fn ask_at(house: &House, words: &[&str], typed: Option<&str>) -> Said {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let env = [("BRIDGE_ADMIN_URL", url.as_str()), ("BRIDGE_ADMIN_TOKEN", "canary-admin"), ("USER", "ada")];
    tokio::select! {
        ended = std::future::IntoFuture::into_future(axum::serve(listener, house.router.clone())) => panic!("{ended:?}"),
        said = at(words, &env, typed) => said,
    }
}

async fn house() -> House {
    let house = House::new("[admin]\ntoken = \"canary-admin\"\n").await;
    house.message("t1", "m1").await;
    house.turn(|ending| ending).await;
    house.message("t2", "\u{1b}[31mred").await;
    house.turn(|ending| ending.because(Reason::Stale)).await;
    house.session("t1", SessionPatch { ticket_id: Some("77".into()), ..SessionPatch::default() }).await;
    house
}

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
    for words in [
        "serve --config x.toml",
        "--config x.toml serve",
        "sandbox --tour",
        "why 123 --json --admin-url http://x --token-file y",
        "events list --state dead --limit 5",
        "events show evt_1",
        "events replay evt_1 --force --json",
        "events replay --state dead --reason agent_failed --force --yes --cursor 5",
        "events skip evt_1",
        "sessions list --ticket 5",
        "sessions show ses_1 --json",
        "config check",
        "config print",
        "healthcheck --live",
        "backup copy.db",
        "completions bash",
    ] {
        let words: Vec<&str> = ["hubspot-bridge"].into_iter().chain(words.split(' ')).collect();
        assert!(Cli::try_parse_from(&words).is_ok(), "{words:?}");
    }
    for words in [
        "",
        "serve --port 1",
        "why",
        "events",
        "events replay",
        "events replay --force",
        "events replay evt_1 --state dead",
        "events skip",
        "completions klingon",
        "sandbox tour",
    ] {
        let words: Vec<&str> = ["hubspot-bridge"].into_iter().chain(words.split_whitespace()).collect();
        assert_eq!(Cli::try_parse_from(&words).unwrap_err().exit_code(), 2, "{words:?}");
    }
}

#[tokio::test]
async fn events_are_a_table_in_which_nothing_is_obeyed() {
    let house = house().await;
    let said = ask(&house, &["events", "list", "--limit", "1"]).await;
    assert_eq!(said.exit, Exit::Fine, "{}", said.err);
    let lines: Vec<Vec<&str>> = said.out.lines().map(|line| line.split_whitespace().collect()).collect();
    let headings = ["RECEIVED", "ID", "CONNECTION", "TYPE", "OBJECT", "STATE", "OUTCOME", "REASON", "SESSION"];
    assert_eq!(lines[0], headings);
    let row =
        ["2026-11-21T09:00:00.000Z", "evt_2", "acme", "conversation.newMessage", "t2", "done", "replied", "stale", "-"];
    assert_eq!(lines[1], row);
    assert!(said.out.lines().last().unwrap().starts_with("more: --cursor "));

    let shown = ask(&house, &["events", "show", "evt_2"]).await.out;
    assert!(shown.contains("\\u{1b}[31mred") && !shown.contains('\u{1b}'), "{shown}");
    assert!(shown.contains("post_reply") && shown.contains(Reason::Stale.sentence()), "{shown}");
}

#[tokio::test]
async fn json_is_the_apis_own() {
    let house = house().await;
    for words in [["events", "list"], ["sessions", "list"]] {
        let said = ask(&house, &[words[0], words[1], "--json"]).await;
        let bearer = [("authorization", "Bearer canary-admin")];
        let direct = house.text("GET", &format!("/api/v1/{}", words[0]), &bearer).await.1;
        assert_eq!(said.out, format!("{direct}\n"));
    }
}

#[tokio::test]
async fn sessions_and_stories_are_told_to_people() {
    let house = house().await;
    let said = ask(&house, &["sessions", "list", "--ticket", "77"]).await;
    assert!(said.out.lines().nth(1).unwrap().contains("ses_1"), "{}", said.out);
    assert!(ask(&house, &["sessions", "show", "ses_1"]).await.out.contains("ticket_id         77"));
    let why = ask(&house, &["why", "m1"]).await.out;
    assert!(why.starts_with("Now:   "), "{why}");
    assert!(why.contains("2026-11-21T09:00:00.000Z  Answered in the conversation (evt_1)."), "{why}");
}

#[tokio::test]
async fn no_is_one_and_could_not_is_two() {
    let house = house().await;
    for empty in ["", " "] {
        let refused = Cli::try_parse_from(["hubspot-bridge", "why", empty]).unwrap_err().to_string();
        assert!(refused.contains("it is empty: give a thread"), "{refused}");
    }
    let missing = ask(&house, &["why", "unheard-of"]).await;
    assert_eq!((missing.exit, missing.out.as_str()), (Exit::Failed, ""));
    assert!(
        missing.err.starts_with("hubspot-bridge: nothing known has the id \"unheard-of\"; check the id"),
        "{}",
        missing.err
    );
    let refused = ask(&house, &["events", "list", "--state", "asleep"]).await;
    assert_eq!(refused.exit, Exit::Failed);

    let folder = tempfile::tempdir().unwrap();
    let wrong = folder.path().join("token");
    std::fs::write(&wrong, "canary-wrong").unwrap();
    let stranger = ask(&house, &["events", "list", "--token-file", wrong.to_str().unwrap()]).await;
    assert_eq!(stranger.exit, Exit::CouldNotRun);
    assert!(stranger.err.contains("--token-file") && !stranger.err.contains("canary"), "{}", stranger.err);

    let nobody = run(&["why", "1"], &[("BRIDGE_ADMIN_URL", "http://127.0.0.1:1")]).await;
    assert_eq!(nobody.exit, Exit::CouldNotRun);
    assert!(nobody.err.contains("is it running"), "{}", nobody.err);
}

#[tokio::test]
async fn the_settings_lead_to_the_admin_listener_when_nothing_else_does() {
    let house = house().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let desk = Desk::new(&format!("{LEAST}[admin]\nlisten = \"0.0.0.0:{port}\"\ntoken = \"canary-admin\"\n"));
    let file = desk.file();
    let words = ["events", "list", "--config", file.to_str().unwrap()];
    let said = tokio::select! {
        ended = std::future::IntoFuture::into_future(axum::serve(listener, house.router.clone())) => panic!("{ended:?}"),
        said = run(&words, &[]) => said,
    };
    assert_eq!(said.exit, Exit::Fine, "{}", said.err);
}

#[tokio::test]
async fn config_check_tells_every_problem_and_print_redacts() {
    let good = Desk::new(LEAST);
    let check = run(&["config", "check", "--config", good.file().to_str().unwrap()], &[]).await;
    assert_eq!(
        (check.exit, check.out.as_str()),
        (Exit::Fine, "ok       the settings can be used (1 connection, 0 warnings)\n")
    );
    let print = run(&["config", "print", "--config", good.file().to_str().unwrap()], &[]).await;
    assert!(print.out.contains("client_secret = \"[redacted]\"") && !print.out.contains("canary"), "{}", print.out);

    let bad = Desk::new("[server]\nlisten = \"x\"\nlistn = 1\n");
    let file = bad.file();
    let check = run(&["config", "check", "--config", file.to_str().unwrap()], &[]).await;
    assert_eq!((check.exit, check.out.lines().count()), (Exit::Failed, 2));
    let variable = [("BRIDGE_CONFIG", file.to_str().unwrap())];
    for words in [["serve"].as_slice(), &["config", "print"], &["healthcheck"], &["backup", "x"]] {
        let said = run(words, &variable).await;
        assert_eq!((said.exit, said.out.as_str()), (Exit::CouldNotRun, ""), "{words:?}");
        assert!(said.err.contains("server.listn: is not a setting; did you mean `listen`?"), "{}", said.err);
    }
}

#[tokio::test]
async fn healthcheck_asks_the_public_listener_on_this_machine() {
    let health = Arc::new(Health::new(house().await.store));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let desk = Desk::new(&format!("[server]\nlisten = \"0.0.0.0:{}\"\n", listener.local_addr().unwrap().port()));
    let file = desk.file();
    let check = async |words: &[&str]| run(&[words, &["--config", file.to_str().unwrap()]].concat(), &[]).await;
    let checks = async {
        let waiting = check(&["healthcheck"]).await;
        assert_eq!(waiting.exit, Exit::Failed);
        assert!(waiting.out.contains("failed workers: none has started yet"), "{}", waiting.out);
        assert_eq!(check(&["healthcheck", "--live"]).await.exit, Exit::Fine);
        let _worker = health.worker();
        assert_eq!(check(&["healthcheck"]).await.exit, Exit::Fine);
    };
    tokio::select! {
        ended = std::future::IntoFuture::into_future(axum::serve(listener, health::router(Arc::clone(&health)))) => panic!("{ended:?}"),
        () = checks => {}
    }
    assert_eq!(check(&["healthcheck"]).await.exit, Exit::Failed, "nobody listens any more");
}

#[tokio::test]
async fn programs_are_run_and_completions_printed() {
    assert_eq!(run(&["sandbox", "--tour"], &[]).await.exit, Exit::Fine);
    assert_eq!(run(&["sandbox"], &[]).await.exit, Exit::Failed);
    assert!(run(&["completions", "bash"], &[]).await.out.contains("hubspot-bridge"));

    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("bridge.db"), folder.path().join("copy.db"));
    std::fs::write(&from, "rows").unwrap();
    let url = format!("sqlite:{}", from.display());
    let said = run(&["backup", to.to_str().unwrap()], &[("BRIDGE__STORE__URL", &url)]).await;
    assert_eq!((said.exit, std::fs::read_to_string(&to).unwrap().as_str()), (Exit::Fine, "rows"));
    let memory = run(&["backup", "x"], &[("BRIDGE__STORE__URL", "sqlite::memory:")]).await;
    assert_eq!(memory.exit, Exit::CouldNotRun);
}

/// Three dead events, and one that waits.
async fn house_of_the_dead() -> House {
    let house = House::new("[admin]\ntoken = \"canary-admin\"\n").await;
    for n in 1..=3 {
        house.message(&format!("t{n}"), &format!("m{n}")).await;
        house.turn(|ending| Ending::dead(ending.event, Reason::PayloadUnreadable)).await;
    }
    house.message("t4", "m4").await;
    house
}

#[tokio::test]
async fn one_event_is_replayed_and_skipped_by_name() {
    let house = house().await;
    house.message("t3", "m3").await;
    let skipped = ask(&house, &["events", "skip", "evt_3"]).await;
    assert_eq!((skipped.exit, skipped.out.as_str()), (Exit::Fine, "evt_3 is skipped\n"), "{}", skipped.err);
    let replayed = ask(&house, &["events", "replay", "evt_3"]).await;
    assert_eq!((replayed.exit, replayed.out.as_str()), (Exit::Fine, "evt_3 is replayed, it is pending\n"));
    let again = ask(&house, &["events", "replay", "evt_3", "--force"]).await;
    assert_eq!((again.exit, again.out.as_str()), (Exit::Failed, ""));
    assert!(again.err.contains("evt_3 waits already"), "{}", again.err);
    let audits = house.store.audits(None, None, 10).await.unwrap().items;
    assert!(audits.len() == 4 && audits.iter().all(|record| record.audit.who == "ada"), "{audits:?}");
}

#[tokio::test]
async fn many_are_replayed_once_somebody_means_it() {
    let house = house_of_the_dead().await;
    let words = ["events", "replay", "--state", "dead"];
    let nobody = ask(&house, &words).await;
    assert_eq!((nobody.exit, nobody.out.as_str()), (Exit::CouldNotRun, ""));
    assert!(nobody.err.contains("replays 3 ended events with state dead"), "{}", nobody.err);
    assert!(nobody.err.contains("--yes"), "{}", nobody.err);
    for no in ["\n", "n\n", ""] {
        let said = ask_at(&house, &words, Some(no)).await;
        assert_eq!((said.exit, said.out.as_str()), (Exit::Fine, ""));
        assert!(said.err.ends_with("Go on? [y/N] nothing was replayed\n"), "{}", said.err);
    }
    assert!(house.store.audits(None, None, 10).await.unwrap().items.is_empty());
    let yes = ask_at(&house, &words, Some("y\n")).await;
    assert_eq!(yes.exit, Exit::Failed, "their replies stand in the thread");
    assert!(yes.err.contains("\r0 replayed, 3 refused"), "{}", yes.err);
    let lines: Vec<&str> = yes.out.lines().collect();
    assert_eq!(lines.len(), 2, "the same reason once: {}", yes.out);
    assert!(lines[1].trim_start().starts_with("3  its message was answered, or may have been"), "{}", yes.out);
    let forced = ask(&house, &["events", "replay", "--state", "dead", "--force", "--yes"]).await;
    assert_eq!((forced.exit, forced.out.as_str()), (Exit::Fine, "3 replayed, 0 refused\n"));
    let none = ask(&house, &["events", "replay", "--state", "dead", "--yes", "--json"]).await;
    assert_eq!((none.exit, none.out.as_str()), (Exit::Fine, "{\"replayed\":[],\"refused\":[],\"next\":null}\n"));
    let wrong = ask(&house, &["events", "replay", "--state", "asleep", "--yes"]).await;
    assert_eq!((wrong.exit, wrong.out.as_str()), (Exit::Failed, ""));
}
