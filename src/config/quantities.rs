//! The quantities people write in the settings: `1500ms`, `1h30m`, `1MiB`, `10/10m`. Pure.

use std::time::Duration;

use super::ReplyLimit;

/// A value that cannot be used: what is wrong with it, and what to write instead.
pub(super) type Fault = (String, String);

/// Is the host of a URL this machine?
pub(super) fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Reads `8s`, `1500ms`, `1h30m`; the units are ms, s, m, h, d.
pub(super) fn duration(text: &str) -> Result<Duration, Fault> {
    let mut rest = text.trim();
    let mut total = Duration::ZERO;
    if rest.is_empty() {
        return Err(not_a_duration(text));
    }
    while !rest.is_empty() {
        let (number, after) = split_at(rest, |byte| !byte.is_ascii_digit());
        let (unit, after) = split_at(after, |byte| byte.is_ascii_digit() || byte == b' ');
        let number: u64 = number.parse().map_err(|_| not_a_duration(text))?;
        let unit_ms = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(not_a_duration(text)),
        };
        let part = number.checked_mul(unit_ms).map(Duration::from_millis);
        total = part.and_then(|part| total.checked_add(part)).ok_or_else(|| not_a_duration(text))?;
        rest = after.trim_start();
    }
    Ok(total)
}

/// Reads `1MiB`, `512KiB`, `1MB`, `4096B`: bytes.
pub(super) fn size(text: &str) -> Result<usize, Fault> {
    let fault = || {
        (
            format!("{} is not a size", shown(text)),
            "write a number and a unit (B, KB, KiB, MB, MiB), e.g. \"1MiB\"".into(),
        )
    };
    let (number, unit) = split_at(text.trim(), |byte| !byte.is_ascii_digit());
    let unit_bytes: usize = match unit.trim() {
        "B" => 1,
        "KB" => 1_000,
        "KiB" => 1 << 10,
        "MB" => 1_000_000,
        "MiB" => 1 << 20,
        _ => return Err(fault()),
    };
    number.parse::<usize>().ok().and_then(|number| number.checked_mul(unit_bytes)).ok_or_else(fault)
}

/// Reads `10/10m`: at most ten in any ten minutes.
pub(super) fn reply_limit(text: &str) -> Result<ReplyLimit, Fault> {
    let fault = || (format!("{} is not a limit", shown(text)), "write a count and a time, e.g. \"10/10m\"".into());
    let (count, window) = text.split_once('/').ok_or_else(fault)?;
    let (count, window) = (count.trim().parse().map_err(|_| fault())?, duration(window).map_err(|_| fault())?);
    if count == 0 || count > 1_000 || window.is_zero() || window > Duration::from_hours(7 * 24) {
        let what = format!("{} is out of bounds", shown(text));
        return Err((what, "give a count from 1 to 1000 and a time up to 7d, e.g. \"10/10m\"".into()));
    }
    Ok(ReplyLimit { count, window })
}

/// A duration as people write it: `90s` is `1m30s`.
pub(super) fn in_words(duration: Duration) -> String {
    let mut ms = duration.as_millis();
    let mut words = Vec::new();
    for (unit, unit_ms) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)] {
        if ms >= unit_ms {
            words.push(format!("{}{unit}", ms / unit_ms));
            ms %= unit_ms;
        }
    }
    if words.is_empty() { "0s".to_owned() } else { words.concat() }
}

/// A wrong value quoted, unless it is long or looks like a key that landed in the wrong place.
pub(super) fn shown(text: &str) -> String {
    let secret = ["pat-", "sk-", "ocx_", "Bearer"].iter().any(|prefix| text.trim_start().starts_with(prefix));
    if secret || text.contains('@') || text.chars().count() > 30 { "the value".to_owned() } else { format!("{text:?}") }
}

fn not_a_duration(text: &str) -> Fault {
    let unitless = !text.trim().is_empty() && text.trim().bytes().all(|byte| byte.is_ascii_digit());
    let fix = if unitless {
        format!("add a unit: \"{0}s\", \"{0}ms\"", text.trim())
    } else {
        "write a number and a unit (ms, s, m, h, d), e.g. \"30s\"".to_owned()
    };
    (format!("{} is not a duration", shown(text)), fix)
}

fn split_at(text: &str, stop: impl Fn(u8) -> bool) -> (&str, &str) {
    let end = text.bytes().position(stop).unwrap_or(text.len());
    // `stop` may fire inside a multi-byte character; then nothing is cut off and the caller refuses the text.
    text.split_at_checked(end).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_and_show() {
        for (text, ms, back) in [
            ("8s", 8_000, "8s"),
            ("1500ms", 1_500, "1s500ms"),
            ("0s", 0, "0s"),
            ("30d", 2_592_000_000, "30d"),
            ("1h30m", 5_400_000, "1h30m"),
            ("1h 30m", 5_400_000, "1h30m"),
        ] {
            let duration = duration(text).unwrap();
            assert_eq!((duration.as_millis(), in_words(duration).as_str()), (ms, back), "{text}");
        }
        for text in ["", "8", "s", "8 s", "-1s", "1.5s", "8x", "99999999999999999999s", "18446744073709551615d", "8é"]
        {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_and_limits_read() {
        assert_eq!(size("1MiB").unwrap(), 1_048_576);
        assert_eq!(size("10 KB").unwrap(), 10_000);
        for text in ["", "1", "MiB", "1GiB", "-1B", "99999999999999999999MiB"] {
            assert!(size(text).is_err(), "{text}");
        }
        assert_eq!(reply_limit("10/10m").unwrap(), ReplyLimit { count: 10, window: Duration::from_mins(10) });
        for text in ["10", "0/1m", "1/0s", "x/1m", "10/10", "2000/1m"] {
            assert!(reply_limit(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_misplaced_key_is_not_quoted() {
        for text in ["pat-na1-1234", "sk-12345", "somebody@example.com", "0123456789012345678901234567890"] {
            assert_eq!(shown(text), "the value");
        }
    }
}
