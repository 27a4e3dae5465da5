//! Numbers and times as people read them.

use std::time::Duration;

pub(super) use crate::domain::lasting;

/// `430 ms`, `1.2 s`, `3 min 5 s`: how long a piece of work took.
pub(super) fn took(time: Duration) -> String {
    match time.as_secs() {
        0 => format!("{} ms", time.as_millis()),
        1..60 => format!("{:.1} s", time.as_secs_f64()),
        60..3_600 => format!("{} min {} s", time.as_secs() / 60, time.as_secs() % 60),
        _ => lasting(time),
    }
}

/// `1 234 567` with thin gaps.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut words = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            words.push('\u{202f}');
        }
        words.push(digit);
    }
    words
}

/// `512 B`, `3.4 MiB`.
pub(super) fn bytes(bytes: u64) -> String {
    let (mut tenths, mut unit) = (bytes.saturating_mul(10), "B");
    for larger in ["KiB", "MiB", "GiB", "TiB"] {
        if tenths < 10_240 {
            break;
        }
        (tenths, unit) = (tenths / 1_024, larger);
    }
    if unit == "B" { format!("{bytes} B") } else { format!("{}.{} {unit}", tenths / 10, tenths % 10) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_took_a_moment_is_told_to_the_millisecond() {
        for (ms, words) in [(430, "430 ms"), (1_240, "1.2 s"), (185_000, "3 min 5 s"), (7_380_000, "2 h 3 min")] {
            assert_eq!(took(Duration::from_millis(ms)), words);
        }
    }

    #[test]
    fn quantities_are_short_words() {
        let times = [0, 59, 60, 3_599, 3_600, 3_661, 86_400, 100_000];
        let words = times.map(|seconds| lasting(Duration::from_secs(seconds)));
        assert_eq!(words, ["0 s", "59 s", "1 min", "59 min", "1 h", "1 h 1 min", "1 d", "1 d 3 h"]);
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1\u{202f}000", "1\u{202f}234\u{202f}567"]);
        assert_eq!([0, 1_023, 1_024, 1 << 20, 5 << 29].map(bytes), ["0 B", "1023 B", "1.0 KiB", "1.0 MiB", "2.5 GiB"]);
    }
}
