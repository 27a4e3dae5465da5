//! Namespaces of the process's own (a disk, a process table), which some machines forbid. What could not be checked for
//! that is said where nobody can overlook it.

use std::io::Write as _;
use std::process::Stdio;

use tokio::process::Command;

/// May `unshare` be called so? If not, says what was not checked. On a build machine that is a failure, unless
/// `.ci/stages` has found that it cannot be allowed there.
pub async fn allowed(flags: &str, unchecked: &str) -> bool {
    let tried = Command::new("unshare").args([flags, "true"]).stderr(Stdio::null()).status().await;
    if tried.is_ok_and(|status| status.success()) {
        return true;
    }
    // Not `eprintln!`: the test harness keeps that to itself.
    let _ = writeln!(std::io::stderr(), "NOT CHECKED: {unchecked} (`unshare {flags}` is forbidden here)");
    let set = |name: &str, value: &str| std::env::var(name).is_ok_and(|is| is == value);
    assert!(!set("CI", "true") || set("CI_NAMESPACES", "forbidden"), "not checked: {unchecked}");
    false
}
