//! Signing in, staying signed in, and what the cookie is good for.

use axum::http::StatusCode;
use hubspot_bridge::store::Ledger;

use super::browser::{HTML, Page, ask, get, post};
use crate::admin::house::House;

const TOKEN: &str = "[admin]\ntoken = \"canary-token\"\n";

async fn signed_in(house: &House) -> Page {
    let form = [("token", "canary-token"), ("name", "Ada"), ("next", "/events?state=dead")];
    post(&house.router, "/sign-in", &form).await
}

async fn with(house: &House, method: &str, path: &str, cookie: &str) -> Page {
    ask(&house.router, method, path, &[HTML, ("cookie", cookie)], "").await
}

#[tokio::test]
async fn a_browser_is_led_to_the_form_and_back() {
    let house = House::new(TOKEN).await;
    let led = ask(&house.router, "GET", "/why?id=anna%40x.example", &[HTML], "").await;
    assert_eq!(led.location(), "/sign-in?next=%2Fwhy", "a customer's address stays out of address lines");
    for method in ["GET", "HEAD"] {
        let led = ask(&house.router, method, "/events?state=dead", &[HTML], "").await;
        assert_eq!(led.location(), "/sign-in?next=%2Fevents%3Fstate%3Ddead", "{method}");
    }
    let form = get(&house.router, "/sign-in?next=%2Fevents%3Fstate%3Ddead").await;
    assert_eq!(form.status, StatusCode::OK);
    form.shows(&["<h1>Sign in</h1>", "value=\"/events?state=dead\"", "type=\"password\""]);
    form.hides(&["Sign out", "canary"]);

    let entered = signed_in(&house).await;
    assert_eq!(entered.location(), "/events?state=dead");
    let page = with(&house, "GET", "/events", entered.cookie()).await;
    assert_eq!(page.status, StatusCode::OK);
    page.shows(&["Sign out", "Ada"]);
    let noted = house.store.audits(None, None, 10).await.unwrap().items.remove(0).audit;
    assert_eq!((noted.who.as_str(), noted.action.as_str()), ("Ada", "sign_in"));
}

#[tokio::test]
async fn the_cookie_is_kept_from_scripts_and_ends() {
    let house = House::new(TOKEN).await;
    let entered = signed_in(&house).await;
    let set = entered.header("set-cookie");
    for part in ["; HttpOnly", "; SameSite=Lax", "; Path=/", "; Max-Age=43200"] {
        assert!(set.contains(part), "{set}");
    }
    assert!(!set.contains("canary") && !set.contains("Domain"), "{set}");
    assert!(!set.contains("Secure"), "it would not come back over plain HTTP: {set}");
    let cookie = entered.cookie();
    house.clock.jump(12 * 3_600_000 - 1);
    assert_eq!(with(&house, "GET", "/events", cookie).await.status, StatusCode::OK);
    house.clock.jump(1);
    assert!(with(&house, "GET", "/events", cookie).await.location().starts_with("/sign-in"));

    let behind = House::new("[admin]\ntoken = \"canary-token\"\npublic_url = \"https://bridge.example.com\"\n").await;
    assert!(signed_in(&behind).await.header("set-cookie").contains("; Secure"));
}

#[tokio::test]
async fn the_cookie_opens_pages_and_nothing_else() {
    let house = House::new(TOKEN).await;
    let entered = signed_in(&house).await;
    let cookie = entered.cookie();
    for path in ["/api/v1/events", "/api/v1/stats", "/metrics", "/api/v1/nothing"] {
        let answer = with(&house, "GET", path, cookie).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
        assert!(answer.text.starts_with('{'), "{path}: {}", answer.text);
    }
    for (what, cookie) in [
        ("nothing", "bridge_console="),
        ("another name", "console=1.QQ.QQ"),
        ("nonsense", "bridge_console=9999999999999.QWRh.AAAA"),
    ] {
        assert!(with(&house, "GET", "/events", cookie).await.location().starts_with("/sign-in"), "{what}");
    }
    // A neighbouring host may set a cookie of that name, too: it must not lock anybody out.
    let both = format!("bridge_console=junk; other=1; {cookie}");
    assert_eq!(with(&house, "GET", "/events", &both).await.status, StatusCode::OK);
}

#[tokio::test]
async fn nobody_is_led_to_another_site() {
    let house = House::new(TOKEN).await;
    for next in [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "/\r/evil.example",
        "\t//evil.example",
        "javascript:alert(1)",
        "",
        "evil.example",
        "/ /evil.example",
    ] {
        let form = [("token", "canary-token"), ("next", next)];
        assert_eq!(post(&house.router, "/sign-in", &form).await.location(), "/", "{next:?}");
    }
    let ours = [("token", "canary-token"), ("next", "/why?id=anna%40x.example")];
    assert_eq!(post(&house.router, "/sign-in", &ours).await.location(), "/why?id=anna%40x.example");
}

#[tokio::test]
async fn a_wrong_token_is_told_and_the_name_stays() {
    let house = House::new(TOKEN).await;
    let form = [("token", "canary-wrong"), ("name", "<b>Ada"), ("next", "/events")];
    let page = post(&house.router, "/sign-in", &form).await;
    assert_eq!((page.status, page.header("set-cookie")), (StatusCode::UNAUTHORIZED, ""));
    page.shows(&[
        "That is not the token in force.",
        "aria-invalid=\"true\"",
        "aria-describedby=\"token-problem token-help\"",
        "id=\"token-problem\"",
        "value=\"&lt;b&gt;Ada\"",
        "value=\"/events\"",
    ]);
    page.hides(&["canary"]);
}

#[tokio::test]
async fn a_token_cannot_be_guessed_quickly() {
    let house = House::new(TOKEN).await;
    let guess = async |token: &str| post(&house.router, "/sign-in", &[("token", token)]).await;
    for _ in 0..10 {
        assert_eq!(guess("wrong").await.status, StatusCode::UNAUTHORIZED);
        house.clock.jump(1_000);
    }
    let refused = guess("wrong").await;
    assert_eq!((refused.status, refused.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "50"));
    refused.shows(&["Too many wrong tokens", "<form"]);
    assert_eq!(house.get("/api/v1/stats").await.0, StatusCode::UNAUTHORIZED);
    let bearer = [("authorization", "Bearer canary-token")];
    assert_eq!(house.ask("GET", "/api/v1/stats", &bearer).await.0, StatusCode::OK, "programs notice nothing");
    // Whoever guesses does not lock out those who know.
    assert_eq!(guess("canary-token").await.location(), "/");
    house.clock.jump(50_000);
    assert_eq!(guess("wrong").await.status, StatusCode::UNAUTHORIZED);
    // Right ones are no tries.
    for _ in 0..20 {
        assert_eq!(guess("canary-token").await.location(), "/");
    }
    // A clock set back does not lock anybody out for longer.
    for _ in 0..10 {
        guess("wrong").await;
    }
    house.clock.jump(-3_600_000);
    assert_eq!(guess("wrong").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn signing_out_takes_the_cookie_and_a_new_token_signs_everybody_out() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "canary-token\n").unwrap();
    let house = House::new(&format!("[admin]\ntoken_file = {file:?}\n")).await;
    let entered = signed_in(&house).await;
    let left = with(&house, "POST", "/sign-out", entered.cookie()).await;
    assert_eq!(left.location(), "/sign-in");
    assert!(
        left.header("set-cookie").starts_with("bridge_console=; ") && left.header("set-cookie").contains("Max-Age=0")
    );
    assert_eq!(with(&house, "POST", "/sign-out", "").await.location(), "/sign-in", "whoever is out may leave again");

    assert_eq!(with(&house, "GET", "/events", entered.cookie()).await.status, StatusCode::OK);
    std::fs::write(&file, "another\n").unwrap();
    assert!(with(&house, "GET", "/events", entered.cookie()).await.location().starts_with("/sign-in"));
    std::fs::write(&file, "").unwrap();
    let locked = with(&house, "GET", "/events", entered.cookie()).await;
    assert_eq!(locked.status, StatusCode::SERVICE_UNAVAILABLE);
    locked.shows(&["<h1>Not available right now</h1>", "admin.token_file"]);
}

#[tokio::test]
async fn a_form_sent_after_the_end_is_a_page_not_json() {
    let house = House::new(TOKEN).await;
    let page = post(&house.router, "/events/evt_1/replay", &[]).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    page.shows(&["<h1>You are signed out</h1>", "href=\"/sign-in\""]);
    page.hides(&["<nav", "Sign out"]);
}

#[tokio::test]
async fn without_a_token_there_is_nothing_to_sign_in_to() {
    let house = House::new("").await;
    assert_eq!(get(&house.router, "/sign-in?next=/events").await.location(), "/events");
    assert_eq!(get(&house.router, "/sign-in?next=//evil.example").await.location(), "/");
    let page = get(&house.router, "/events").await;
    assert_eq!(page.status, StatusCode::OK);
    page.hides(&["Sign out"]);
}
