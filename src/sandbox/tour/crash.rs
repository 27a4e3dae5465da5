//! Pulled plugs: SIGKILL between the intent to post a reply and its result, and SIGTERM in the middle of a turn.

use std::time::Duration;

use reqwest::StatusCode;
use tokio::time::{Instant, sleep, timeout};

use super::stage::{MESSAGE, MESSAGES, Missed, Stage, quoted};
use crate::sandbox::portal::{Effect, Fault};

/// HubSpot takes the reply (or never gets it) and does not answer; in that moment the process is killed.
pub async fn killed(stage: &mut Stage<'_>, acted: bool) -> Result<String, Missed> {
    stage.portal.add_fault(Fault::times(1, "POST", MESSAGES, Effect::Timeout { acted }));
    let (name, text) = if acted {
        ("Jonas Berg", "Where can I find my invoice?")
    } else {
        ("Kemi Adeyemi", "Can I pay by credit card?")
    };
    let asked = stage.asks(name, text)?;
    let path = format!("/conversations/v3/conversations/threads/{}/messages", asked.thread);
    stage.called("POST", &path, 0).await?;
    let pid = stage.bridge.pid().unwrap_or_default();
    stage.bridge.kill().await;
    let left = stage.answers(&asked.thread).len();
    if left != usize::from(acted) {
        return Err(Missed::new(format!("{} answers right after the kill", usize::from(acted)), left.to_string()));
    }
    let down = Instant::now();
    stage.bridge.start().await.map_err(|error| Missed::new("the bridge to start again", error.to_string()))?;
    stage.until("its event to end as replied", |ledger| ledger.ended_as(&asked.message, "replied").map(drop)).await?;
    let answered = down.elapsed();
    let answer = stage.one_answer(&asked.thread).await?;
    let how = if acted {
        "found its reply in the thread and left it at that"
    } else {
        "looked, found nothing, and posted it"
    };
    Ok(format!(
        "Process {pid} was killed while it posted. Started again, the bridge {how} ({:.1} s).\nAI:  {} (once)",
        answered.as_secs_f64(),
        quoted(&answer)
    ))
}

/// SIGTERM while HubSpot is slow to show a message.
pub async fn drained(stage: &mut Stage<'_>) -> Result<String, Missed> {
    stage.slow_down("GET", MESSAGE, Duration::from_secs(1));
    let asked = stage.asks("Lena Petrova", "Can I cancel my order?")?;
    let reading = format!("/conversations/v3/conversations/threads/{}/messages/{}", asked.thread, asked.message);
    stage.called("GET", &reading, 0).await?;
    stage.bridge.terminate();
    let not_ready = async {
        while stage.bridge.readiness().await != Some(StatusCode::SERVICE_UNAVAILABLE) {
            sleep(Duration::from_millis(10)).await;
        }
    };
    if timeout(Duration::from_secs(5), not_ready).await.is_err() {
        return Err(Missed::new("/readyz to answer 503 while the bridge drains", "it did not"));
    }
    let status = timeout(Duration::from_secs(10), stage.bridge.ended()).await;
    let Ok(Some(status)) = status else {
        return Err(Missed::new("the process to end by itself", "it still runs"));
    };
    let answer = stage.answer_at(&asked.thread, 1)?;
    if !status.success() {
        return Err(Missed::new("exit code 0", status.to_string()));
    }
    stage.bridge.start().await.map_err(|error| Missed::new("the bridge to start again", error.to_string()))?;
    stage.until("its event to end as replied", |ledger| ledger.ended_as(&asked.message, "replied").map(drop)).await?;
    stage.one_answer(&asked.thread).await?;
    Ok(format!(
        "Not ready at once, its turn finished, exit code 0; the answer was out before it ended.\nAI:  {}",
        quoted(&answer)
    ))
}
