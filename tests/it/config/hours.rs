//! Business hours: what is read, what is refused, and when a team is there, across midnight and the change of clocks.

use std::sync::LazyLock;

use hubspot_bridge::config::Hours;
use hubspot_bridge::domain::{ConnectionName, Timestamp};
use jiff::civil::{DateTime, time};
use jiff::{Span, ToSpan as _, tz::TimeZone};
use proptest::prelude::*;

use super::desk::{Desk, LEAST};

fn read(text: &str) -> Result<Hours, String> {
    let rule = format!("[[connections.acme.routing]]\nname = \"x\"\nassign_to = \"A-7\"\nhours = \"{text}\"\n");
    let loaded = Desk::new(&format!("{LEAST}{rule}")).load(&[]);
    let loaded = loaded.map_err(|problems| problems.0[0].what.clone())?;
    Ok(loaded.config.connections[&ConnectionName::from("acme")].routing[0].hours.clone().unwrap())
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

#[test]
fn days_spans_and_zones_are_read() {
    for (text, days, from, to) in [
        ("Mon-Fri 09:00-17:00 Europe/Berlin", "12345", time(9, 0, 0, 0), time(17, 0, 0, 0)),
        ("mon,WED,Saturday 9:30-12:05 UTC", "136", time(9, 30, 0, 0), time(12, 5, 0, 0)),
        ("Fri-Mon 22:00-06:00 America/New_York", "1567", time(22, 0, 0, 0), time(6, 0, 0, 0)),
        ("daily 00:00-24:00 Asia/Tokyo", "1234567", time(0, 0, 0, 0), time(0, 0, 0, 0)),
        ("  Tue   00:00-24:00   UTC ", "2", time(0, 0, 0, 0), time(0, 0, 0, 0)),
        ("Sun,Mon-Tue,Mon 01:00-02:00 UTC", "127", time(1, 0, 0, 0), time(2, 0, 0, 0)),
    ] {
        let hours = read(text).unwrap();
        let shown: String = hours.days.iter().map(|day| day.to_monday_one_offset().to_string()).collect();
        assert_eq!((shown.as_str(), hours.from, hours.to), (days, from, to), "{text}");
    }
}

#[test]
fn what_cannot_be_read_names_the_part() {
    for (text, what) in [
        ("Mon-Fri 09:00-17:00", "\"Mon-Fri 09:00-17:00\" is not three parts"),
        ("Mon - Fri 09:00-17:00 UTC", "\"Mon - Fri 09:00-17:00 UTC\" is not three parts"),
        ("Mon-Fry 09:00-17:00 UTC", "names \"Fry\", which is not a day"),
        ("Mon, 09:00-17:00 UTC", "names \"\", which is not a day"),
        ("Mon 9-17 UTC", "holds \"9-17\", which is not a time span"),
        ("Mon 09:00 UTC", "holds \"09:00\", which is not a time span"),
        ("Mon 24:00-09:00 UTC", "holds \"24:00-09:00\", which is not a time span"),
        ("Mon 09:00-25:00 UTC", "holds \"09:00-25:00\", which is not a time span"),
        ("Mon 09:00-17:60 UTC", "holds \"09:00-17:60\", which is not a time span"),
        ("Mon 09:00-17:00 Berlin", "names \"Berlin\", which is not a time zone"),
    ] {
        assert_eq!(read(text).unwrap_err(), what, "{text}");
    }
}

#[test]
fn a_team_is_there_by_the_clock_on_its_wall() {
    let week = "Mon-Fri 09:00-17:00 Europe/Berlin";
    let night = "Fri-Sat 22:00-03:00 Europe/Berlin";
    for (hours, instant, open) in [
        // 2026-11-20 is a Friday; Berlin is an hour ahead of UTC.
        (week, "2026-11-20T07:59:59.999Z", false),
        (week, "2026-11-20T08:00:00Z", true),
        (week, "2026-11-20T15:59:59.999Z", true),
        (week, "2026-11-20T16:00:00Z", false),
        (week, "2026-11-21T10:00:00Z", false),
        // In summer it is two hours.
        (week, "2026-07-20T07:00:00Z", true),
        (week, "2026-07-20T15:00:00Z", false),
        // Over midnight: Friday's night ends on Saturday, Saturday's on Sunday.
        (night, "2026-11-20T20:59:00Z", false),
        (night, "2026-11-20T21:00:00Z", true),
        (night, "2026-11-21T01:59:00Z", true),
        (night, "2026-11-21T02:00:00Z", false),
        (night, "2026-11-22T01:00:00Z", true),
        (night, "2026-11-22T21:30:00Z", false),
        (night, "2026-11-20T01:00:00Z", false),
        // Clocks go forward on Sunday 2026-03-29 (02:00 is 03:00) and back on 2026-10-25 (03:00 is 02:00).
        (night, "2026-03-29T00:59:00Z", true),
        (night, "2026-03-29T01:00:00Z", false),
        (night, "2026-10-25T00:30:00Z", true),
        (night, "2026-10-25T01:30:00Z", true),
        (night, "2026-10-25T02:00:00Z", false),
        ("Sun 02:30-02:45 Europe/Berlin", "2026-03-29T01:00:00Z", false),
        ("Mon 00:00-24:00 UTC", "2026-11-23T00:00:00Z", true),
        ("Mon 00:00-24:00 UTC", "2026-11-23T23:59:59Z", true),
        ("Mon 00:00-24:00 UTC", "2026-11-24T00:00:00Z", false),
        ("Mon 18:00-24:00 UTC", "2026-11-24T00:00:00Z", false),
    ] {
        assert_eq!(read(hours).unwrap().is_open(at(instant)), open, "{hours} at {instant}");
    }
    assert!(!read(week).unwrap().is_open(Timestamp(i64::MAX)));
}

static ZONES: LazyLock<Vec<TimeZone>> = LazyLock::new(|| {
    let names = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"];
    names.iter().map(|name| TimeZone::get(name).unwrap()).collect()
});

proptest! {
    /// Open is: the local date and time lie within the span that begins on that day, or on the day before.
    #[test]
    fn open_is_within_a_span_of_today_or_yesterdays(
        seconds in 1_700_000_000_i64..1_900_000_000,
        days in proptest::collection::vec(1_i8..=7, 1..5),
        from in 0_i8..24,
        to in 0_i8..24,
        zone in 0_usize..6,
    ) {
        let weekdays = days.iter().map(|day| jiff::civil::Weekday::from_monday_one_offset(*day).unwrap());
        let zone = ZONES[zone].clone();
        let hours = Hours {
            text: String::new(),
            days: weekdays.collect(),
            from: time(from, 0, 0, 0),
            to: time(to, 0, 0, 0),
            zone: zone.clone(),
        };
        let now: DateTime = zone.to_datetime(jiff::Timestamp::from_second(seconds).unwrap());
        let within = |back: Span| {
            let date = now.date().checked_sub(back).unwrap();
            let end = if to <= from { date.tomorrow().unwrap() } else { date };
            hours.days.contains(&date.weekday())
                && (date.to_datetime(hours.from)..end.to_datetime(hours.to)).contains(&now)
        };
        prop_assert_eq!(hours.is_open(Timestamp(seconds * 1000)), within(0.days()) || within(1.day()));
    }
}
