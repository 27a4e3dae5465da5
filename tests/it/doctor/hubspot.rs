//! What is broken in HubSpot: the token, its scopes, users, channels.

use hubspot_bridge::config::{Route, Secret};
use hubspot_bridge::doctor::Status::{self, Failed, Ok as Fine, Warning};
use hubspot_bridge::domain::{ActorId, Channel, PortalId};
use hubspot_bridge::sandbox::portal::{BodyKind, Effect, Fault, seed};

use super::bench::{ASKED, Bench, CHECKLIST, expect, statuses, words};

#[tokio::test(start_paused = true)]
async fn a_healthy_connection_has_every_line_and_all_are_ok() {
    let lines = Bench::healthy().examine().await;
    let report = statuses(&lines);
    let names: Vec<&str> = lines.iter().map(|line| line.check.as_str()).collect();
    // The lines of the bridge's own health follow.
    assert_eq!(names.get(..CHECKLIST.len()), Some(&CHECKLIST[..]));
    for check in CHECKLIST {
        assert_eq!(report[check], Fine, "{lines:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_line_shows_a_secret_or_an_address() {
    let shown = format!("{:?}", Bench::healthy().examine().await);
    let seed = Bench::healthy().seed;
    for never in [&seed.token, &seed.client_secret, "@"] {
        assert!(!shown.contains(never), "{shown}");
    }
}

/// Every line that asks HubSpot something, but for these; nothing is said of routing users where no rule names one.
fn unseen_but(spared: &[&str]) -> Vec<(&'static str, Status)> {
    let asked = ASKED.into_iter().filter(|check| *check != "routing users" && !spared.contains(check));
    asked.map(|check| (check, Warning)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_revoked_token_fails_alone_and_the_rest_is_not_looked_at() {
    let revoke = |bench: &mut Bench| "pat-na1-another".clone_into(&mut bench.seed.token);
    let mut lines = unseen_but(&[]);
    lines.push(("token", Failed));
    expect(revoke, &lines).await;
    assert!(words(revoke, "token").await.contains("revoked or rotated"));
    assert!(words(revoke, "pipeline").await.contains("see the line `token`"));
    assert!(words(revoke, "crm token").await.starts_with("none of its own is set"), "nothing was asked");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_refused_for_some_calls_alone_fails_their_lines() {
    let refuse = |bench: &mut Bench| {
        bench.trouble = |portal| {
            let effect = Effect::Status { code: 401, body: BodyKind::ExpiredToken, retry_after: None, acted: false };
            let route = "/conversations/**".to_owned();
            portal.add_fault(Fault { route, method: None, times: None, probability: None, effect });
        };
    };
    let of_inboxes = ["inboxes", "channels of inbox 118801", "channels of inbox 118802", "channels without replies"];
    let lines: Vec<(&str, Status)> =
        ["ai user", "default user"].into_iter().chain(of_inboxes).map(|check| (check, Failed)).collect();
    expect(refuse, &lines).await;
    assert!(words(refuse, "inboxes").await.contains("copy the token from the app's Auth tab"));
}

#[tokio::test(start_paused = true)]
async fn a_token_of_another_portal_names_both() {
    let other = |bench: &mut Bench| bench.seed.portal_id = PortalId(99);
    let scopes: Vec<&str> = CHECKLIST.into_iter().filter(|check| check.starts_with("scope")).chain(["app"]).collect();
    let mut lines: Vec<_> = unseen_but(&scopes).into_iter().filter(|(check, _)| *check != "portal").collect();
    lines.push(("portal", Failed));
    expect(other, &lines).await;
    let said = words(other, "portal").await;
    assert!(said.contains("99") && said.contains("12345678"), "{said}");
}

#[tokio::test(start_paused = true)]
async fn an_app_that_is_not_named_is_a_warning() {
    expect(|bench| bench.nameless = true, &[("app", Warning)]).await;
}

#[tokio::test(start_paused = true)]
async fn each_missing_scope_is_named_with_what_it_breaks() {
    let reads = ["ai user", "default user", "inboxes", "channels of inbox 118801", "channels of inbox 118802"];
    let tickets = ["pipeline", "stage", "tag property", "custom data"];
    let table: [(&str, Status, Vec<&str>); 8] = [
        ("conversations.read", Failed, reads.into_iter().chain(["channels without replies"]).collect()),
        ("conversations.write", Failed, vec![]),
        ("tickets", Failed, tickets.into()),
        ("crm.objects.contacts.read", Warning, vec!["crm reads"]),
        ("crm.objects.contacts.write", Warning, vec![]),
        ("crm.objects.owners.read", Warning, vec![]),
        ("crm.objects.companies.read", Warning, vec![]),
        ("crm.objects.deals.read", Warning, vec![]),
    ];
    for (scope, status, unseen) in table {
        let check = format!("scope {scope}");
        let mut lines = vec![(check.as_str(), status)];
        lines.extend(unseen.into_iter().map(|check| (check, Warning)));
        let take = |bench: &mut Bench| assert!(bench.seed.scopes.remove(scope), "{scope}");
        expect(take, &lines).await;
        assert!(words(take, &check).await.contains("needed for"));
    }
}

#[tokio::test(start_paused = true)]
async fn the_newer_scopes_of_tickets_stand_for_the_old_one() {
    let newer = |bench: &mut Bench| {
        bench.seed.scopes.remove("tickets");
        bench.seed.scopes.extend(["crm.objects.tickets.read", "crm.objects.tickets.write"].map(str::to_owned));
    };
    assert_eq!(words(newer, "scope tickets").await, "granted; ");
}

#[tokio::test(start_paused = true)]
async fn users_must_be_there_active_and_two() {
    expect(|bench| bench.acme().ai_user_id = "A-99".into(), &[("ai user", Failed)]).await;
    let owner = |bench: &mut Bench| bench.acme().ai_user_id = "A-81000001".into();
    expect(owner, &[("ai user", Failed)]).await;
    assert!(words(owner, "ai user").await.contains("give the user's id, `A-70000001`"));
    expect(|bench| bench.seed.ai.active = false, &[("ai user", Failed)]).await;
    expect(|bench| bench.seed.reps[1].active = false, &[("default user", Failed)]).await;
    expect(|bench| bench.acme().default_user_id = Some("A-98".into()), &[("default user", Failed)]).await;
    let same = |bench: &mut Bench| bench.acme().default_user_id = Some(bench.seed.ai.actor());
    expect(same, &[("users differ", Warning)]).await;
    expect(|bench| bench.acme().default_user_id = None, &[]).await;
}

fn route(to: &ActorId) -> Route {
    Route {
        name: "all".to_owned(),
        topics: vec![],
        channels: vec![],
        languages: vec![],
        sentiments: vec![],
        custom_data: [].into(),
        hours: None,
        assign_to: to.clone(),
    }
}

#[tokio::test(start_paused = true)]
async fn users_of_routing_rules_must_be_there_too() {
    let known = |bench: &mut Bench| bench.acme().routing = vec![route(&bench.seed.reps[0].actor())];
    expect(known, &[]).await;
    let own = |bench: &mut Bench| bench.acme().routing = vec![route(&bench.seed.ai.actor())];
    expect(own, &[("routing users", Warning)]).await;
    assert!(words(own, "routing users").await.contains("handed to nobody"));
    let unknown = |bench: &mut Bench| bench.acme().routing = vec![route(&"A-97".into())];
    expect(unknown, &[("routing users", Failed)]).await;
    assert!(words(unknown, "routing users").await.contains("A-97"));
}

#[tokio::test(start_paused = true)]
async fn an_inbox_that_is_not_there_is_named_with_those_that_are() {
    let wrong = |bench: &mut Bench| bench.acme().inboxes.push("999".to_owned());
    expect(wrong, &[("inboxes", Failed)]).await;
    let said = words(wrong, "inboxes").await;
    assert!(said.contains("no inbox 999") && said.contains("118801 (Inbox)"), "{said}");
}

fn disconnect(bench: &mut Bench, id: &str) {
    let account = bench.seed.accounts.iter_mut().find(|account| account.id == id).unwrap();
    account.authorized = false;
}

#[tokio::test(start_paused = true)]
async fn each_inbox_needs_a_channel_that_can_send() {
    let desk = "channels of inbox 118802";
    expect(|bench| disconnect(bench, seed::HELP_DESK_ACCOUNT), &[(desk, Failed)]).await;
    expect(|bench| disconnect(bench, seed::EMAIL_ACCOUNT), &[("channels of inbox 118801", Warning)]).await;
    expect(|bench| bench.acme().channels = vec![Channel::Chat], &[(desk, Failed)]).await;
    let off = |bench: &mut Bench| {
        let mut accounts = bench.seed.accounts.iter_mut();
        accounts.find(|account| account.id == seed::HELP_DESK_ACCOUNT).unwrap().active = false;
    };
    expect(off, &[(desk, Failed)]).await;
    assert!(words(off, desk).await.contains("switched off"));
}

#[tokio::test(start_paused = true)]
async fn an_inbox_that_nobody_named_may_be_without_a_channel_that_can_send() {
    let desk = "channels of inbox 118802";
    let become_one_of = |bench: &mut Bench, channel: &'static str| {
        bench.acme().inboxes.clear();
        bench.acme().channels.clear();
        bench.seed.accounts.retain(|account| account.id != seed::WHATSAPP_ACCOUNT);
        let mut accounts = bench.seed.accounts.iter_mut();
        accounts.find(|account| account.id == seed::HELP_DESK_ACCOUNT).unwrap().channel_id = channel;
    };
    let form = |bench: &mut Bench| become_one_of(bench, "1003");
    expect(form, &[(desk, Warning)]).await;
    let none = |bench: &mut Bench| {
        become_one_of(bench, "1003");
        bench.seed.accounts.retain(|account| account.id != seed::HELP_DESK_ACCOUNT);
    };
    expect(none, &[(desk, Warning)]).await;
    let said = words(none, desk).await;
    assert!(said.contains("has no channel account") && !said.contains("`channels`"), "{said}");
}

#[tokio::test(start_paused = true)]
async fn a_crm_that_does_not_answer_fails_its_own_line() {
    let broken = |bench: &mut Bench| {
        bench.trouble = |portal| {
            let route = "/crm/**".to_owned();
            portal.add_fault(Fault { route, times: None, ..Fault::times(1, "GET", "", Effect::Refuse) });
        };
    };
    let differing = super::bench::differs(broken).await;
    let failed: Vec<&str> =
        differing.iter().filter(|(_, status)| **status == Some(Failed)).map(|(check, _)| check.as_str()).collect();
    assert_eq!(failed, ["crm reads"], "{differing:?}");
}

#[tokio::test(start_paused = true)]
async fn reading_tickets_is_enough_for_the_crms_own_token() {
    let poor = |bench: &mut Bench| {
        bench.acme().crm.access_token = Some(Secret::Value(bench.seed.token.clone()));
        bench.seed.scopes.remove("tickets");
        bench.seed.scopes.insert("crm.objects.tickets.read".to_owned());
    };
    assert!(words(poor, "crm scopes").await.starts_with("the token may read"));
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_the_api_cannot_send_on_is_named() {
    let all = |bench: &mut Bench| bench.acme().channels.clear();
    expect(all, &[("channels without replies", Warning)]).await;
    assert!(words(all, "channels without replies").await.contains("whatsapp"));
}

#[tokio::test(start_paused = true)]
async fn the_crms_own_token_is_looked_at_by_itself() {
    let own = |bench: &mut Bench, token: &str| bench.acme().crm.access_token = Some(Secret::Value(token.to_owned()));
    let good = Bench::healthy().seed.token;
    let panel = ["scope crm.objects.companies.read", "scope crm.objects.deals.read"];
    // What only the panel reads, the connection's own token need not.
    let spared = super::bench::differs(|bench| own(bench, &good)).await;
    assert_eq!(spared, panel.map(|scope| (scope.to_owned(), None)).into());
    let other = "pat-eu1-00000000-5a4d-b0c5-0000-00000000000f";
    let mut revoked = spared.clone();
    revoked.extend([("crm token".to_owned(), Some(Failed)), ("crm scopes".to_owned(), Some(Warning))]);
    revoked.extend([("crm reads".to_owned(), Some(Warning))]);
    assert_eq!(super::bench::differs(|bench| own(bench, other)).await, revoked);
    let mut poor = spared;
    poor.insert("crm scopes".to_owned(), Some(Warning));
    let take = |bench: &mut Bench| {
        own(bench, &good);
        bench.seed.scopes.remove("crm.objects.deals.read");
    };
    assert_eq!(super::bench::differs(take).await, poor);
}
