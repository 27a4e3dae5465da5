//! Proxies of the environment: they carry https as what they cannot read, and see nothing of plain http.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread::JoinHandle;

use super::desk::{Desk, PROGRAM, TOKEN, printed};

/// Takes one connection, remembers what came first, refuses.
fn proxy() -> (String, JoinHandle<Option<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let listening = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut heard = vec![0; 4096];
        let length = socket.read(&mut heard).ok()?;
        // Whoever asked may be gone.
        let _ = socket.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
        (length > 0).then(|| String::from_utf8_lossy(&heard[..length]).into_owned())
    });
    (url, listening)
}

async fn ask(arguments: &[&str], proxy: &str) -> std::process::Output {
    let mut command = std::process::Command::new(PROGRAM);
    command.args(arguments).env("BRIDGE_ADMIN_TOKEN", TOKEN).env_remove("NO_PROXY").env_remove("no_proxy");
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        command.env(name, proxy);
    }
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

#[tokio::test]
async fn plain_http_goes_by_no_proxy() {
    let desk = Desk::open().await;
    let admin = format!("http://{}", desk.bridge.at.admin);
    let output = ask(&["events", "list", "--admin-url", &admin], "http://127.0.0.1:9").await;
    assert_eq!(output.status.code(), Some(0), "{}", printed(&output));
}

#[tokio::test]
async fn a_proxy_learns_the_name_of_an_https_host_and_no_more() {
    let (url, listening) = proxy();
    let output = ask(&["events", "list", "--admin-url", "https://bridge.example.com"], &url).await;
    assert_ne!(output.status.code(), Some(0));
    let heard = listening.join().unwrap().unwrap();
    assert!(heard.starts_with("CONNECT bridge.example.com:443 "), "{heard}");
    assert!(!heard.contains(TOKEN), "{heard}");
}

#[tokio::test]
async fn a_proxy_that_is_none_is_named_without_its_password() {
    let output = ask(&["events", "list", "--admin-url", "https://bridge.example.com"], "http://ann:canary@:x").await;
    let said = printed(&output);
    assert!(said.contains("HTTPS_PROXY") && !said.contains("canary"), "{said}");
}
