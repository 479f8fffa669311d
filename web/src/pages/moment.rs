//! Times that people write in forms: in their own zone.

use chrono::{DateTime, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;

/// As a field of the kind `datetime-local` sends it; `None`: it is empty.
///
/// # Errors
/// It is no date and time, or none that there is in that zone.
pub(super) fn read(text: &str, zone: Tz) -> Result<Option<DateTime<Utc>>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let local = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
        .into_iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .ok_or_else(|| format!("{text:?} is no date and time"))?;
    // An hour that there is twice is the first one; one that clocks leave out there is not.
    let at = zone.from_local_datetime(&local).earliest();
    let at = at.ok_or_else(|| format!("{text:?} is no time of day in {zone}"))?;
    Ok(Some(at.with_timezone(&Utc)))
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::view::zone_of;

    #[test]
    fn a_time_is_that_of_the_reader() {
        let berlin = zone_of("Europe/Berlin");
        let at = |text: &str| read(text, berlin).map(|at| at.map(|at| at.to_rfc3339()));
        assert_eq!(at("2026-07-01T14:30"), Ok(Some("2026-07-01T12:30:00+00:00".to_owned())));
        assert_eq!(at("2026-10-25T02:30"), Ok(Some("2026-10-25T00:30:00+00:00".to_owned())), "the first one");
        assert_eq!(at(" "), Ok(None));
        assert_eq!(
            at("2026-03-29T02:30"),
            Err("\"2026-03-29T02:30\" is no time of day in Europe/Berlin".into())
        );
        assert!(at("tomorrow").is_err() && at("2026-02-30T10:00").is_err());
    }
}
