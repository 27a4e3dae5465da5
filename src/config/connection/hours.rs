//! Business hours: `Mon-Fri 09:00-17:00 Europe/Berlin`. Pure, but for the time zones the machine knows.

use jiff::civil::Time;
use jiff::tz::TimeZone;

use crate::config::quantities::{Fault, shown};
use crate::domain::Timestamp;

const EXAMPLE: &str = "e.g. \"Mon-Fri 09:00-17:00 Europe/Berlin\"";

const DAYS: [(&str, &str, Weekday); 7] = [
    ("mon", "monday", Weekday::Monday),
    ("tue", "tuesday", Weekday::Tuesday),
    ("wed", "wednesday", Weekday::Wednesday),
    ("thu", "thursday", Weekday::Thursday),
    ("fri", "friday", Weekday::Friday),
    ("sat", "saturday", Weekday::Saturday),
    ("sun", "sunday", Weekday::Sunday),
];

/// A day of the week.
pub type Weekday = jiff::civil::Weekday;

/// When a team is there: days, a span of each, and the clock they are read on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours {
    /// As written.
    pub text: String,
    /// On these days, from Monday on, each once.
    pub days: Vec<Weekday>,
    /// From this time of day.
    pub from: Time,
    /// Until before this time of day; at or before `from`: until then of the next day.
    pub to: Time,
    /// Of this place.
    pub zone: TimeZone,
}

impl Hours {
    /// Reads the setting.
    pub(in crate::config) fn parse(text: &str) -> Result<Self, Fault> {
        let parts: Vec<&str> = text.split_whitespace().collect();
        let [days, span, zone] = parts.as_slice() else {
            let fix = format!("write days, a time span and a time zone with spaces between, {EXAMPLE}");
            return Err((format!("{} is not three parts", shown(text)), fix));
        };
        let days = read_days(days)?;
        let (from, to) = read_span(span)?;
        Ok(Self { text: text.to_owned(), days, from, to, zone: read_zone(zone)? })
    }

    /// Is somebody there at this moment? What counts is the clock on the wall: 09:00 is 09:00 in summer and in winter.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        let Ok(instant) = jiff::Timestamp::from_millisecond(now.0) else { return false };
        let local = self.zone.to_datetime(instant);
        let (time, today) = (local.time(), local.weekday());
        let overnight = self.to <= self.from;
        let since_today = self.days.contains(&today) && time >= self.from && (overnight || time < self.to);
        let since_yesterday = overnight && self.days.contains(&today.previous()) && time < self.to;
        since_today || since_yesterday
    }
}

fn read_days(text: &str) -> Result<Vec<Weekday>, Fault> {
    if text.eq_ignore_ascii_case("daily") {
        return Ok(DAYS.map(|(_, _, day)| day).to_vec());
    }
    let mut named = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (mut day, last) = (read_day(first)?, read_day(last)?);
        named.push(day);
        // `Fri-Mon` goes over the weekend.
        while day != last {
            day = day.next();
            named.push(day);
        }
    }
    Ok(DAYS.map(|(_, _, day)| day).into_iter().filter(|day| named.contains(day)).collect())
}

fn read_day(text: &str) -> Result<Weekday, Fault> {
    let word = text.to_lowercase();
    let found = DAYS.iter().find(|(short, long, _)| word == *short || word == *long);
    found.map(|(_, _, day)| *day).ok_or_else(|| {
        let fix = "write Mon, Tue, Wed, Thu, Fri, Sat or Sun, a range (Mon-Fri), a list (Mon,Wed) or daily";
        (format!("names {}, which is not a day", shown(text)), fix.to_owned())
    })
}

fn read_span(text: &str) -> Result<(Time, Time), Fault> {
    let fault = |text: &str| {
        let fix = format!("write from and to as HH:MM-HH:MM, {EXAMPLE}; the end may be 24:00");
        (format!("holds {}, which is not a time span", shown(text)), fix)
    };
    let (from, to) = text.split_once('-').ok_or_else(|| fault(text))?;
    let to_midnight = to == "24:00";
    let from = read_time(from).ok_or_else(|| fault(text))?;
    // The end of a day is the beginning of the next one.
    let to = if to_midnight { Some(Time::midnight()) } else { read_time(to) };
    Ok((from, to.ok_or_else(|| fault(text))?))
}

fn read_time(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(hour) || !digits(minute) || hour.len() > 2 || minute.len() != 2 {
        return None;
    }
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

fn read_zone(text: &str) -> Result<TimeZone, Fault> {
    TimeZone::get(text).map_err(|_| {
        let fix = "write an IANA name, e.g. \"Europe/Berlin\", \"America/New_York\" or \"UTC\"";
        (format!("names {}, which is not a time zone", shown(text)), fix.to_owned())
    })
}
