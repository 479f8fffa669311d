//! What `format: date-time` asks of a string.

/// Whether the text is a date and time as RFC 3339 §5.6 writes it: `2026-01-31T12:34:56.789Z`, any offset.
/// The second may be 60, as in a leap second.
pub fn is_instant(text: &str) -> bool {
    let bytes = text.as_bytes();
    let Some((head, rest)) = bytes.split_at_checked(19) else { return false };
    let punctuated = head[4] == b'-'
        && head[7] == b'-'
        && matches!(head[10], b'T' | b't')
        && head[13] == b':'
        && head[16] == b':';
    punctuated
        && is_date(head)
        && pair(head, 11).is_some_and(|hour| hour <= 23)
        && pair(head, 14).is_some_and(|minute| minute <= 59)
        && pair(head, 17).is_some_and(|second| second <= 60)
        && is_zone(after_fraction(rest))
}

fn is_date(head: &[u8]) -> bool {
    let (Some(century), Some(year), Some(month), Some(day)) =
        (pair(head, 0), pair(head, 2), pair(head, 5), pair(head, 8))
    else {
        return false;
    };
    let leap = year % 4 == 0 && (year != 0 || century % 4 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// What follows `.` and its digits; a point without digits is left in place.
fn after_fraction(rest: &[u8]) -> &[u8] {
    match rest.split_first() {
        Some((b'.', tail)) => match tail.iter().take_while(|b| b.is_ascii_digit()).count() {
            0 => rest,
            digits => &tail[digits..],
        },
        _ => rest,
    }
}

fn is_zone(zone: &[u8]) -> bool {
    match zone {
        [b'Z' | b'z'] => true,
        [b'+' | b'-', _, _, b':', _, _] => {
            pair(zone, 1).is_some_and(|hours| hours <= 23)
                && pair(zone, 4).is_some_and(|minutes| minutes <= 59)
        }
        _ => false,
    }
}

/// The two digits at an index.
fn pair(bytes: &[u8], at: usize) -> Option<u8> {
    match bytes.get(at..at + 2)? {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => Some((tens - b'0') * 10 + (ones - b'0')),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::is_instant;
    use proptest::prelude::*;

    proptest! {
        /// The strict check and the reader of times agree: what passes can be read.
        #[test]
        fn what_passes_can_be_read(text in "(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,12})?(Z|z|[+-][0-2][0-9]:[0-6][0-9])") {
            if is_instant(&text) {
                prop_assert!(crate::stamp::read(&text).is_some(), "{}", text);
            }
        }
    }

    #[test]
    fn instants() {
        for good in [
            "2026-01-31T12:34:56Z",
            "2026-01-31t12:34:56z",
            "1970-01-01T00:00:00.123456789Z",
            "2016-12-31T23:59:60+05:30",
            "2024-02-29T00:00:00Z",
            "2000-02-29T00:00:00Z",
            "2026-01-31T12:34:56.7-12:00",
        ] {
            assert!(is_instant(good), "{good}");
        }
        for bad in [
            "",
            "2026-01-31",
            "2026-01-31 12:34:56Z",
            "2026-01-31T12:34:56",
            "2026-01-31T12:34:56.Z",
            "2026-01-31T12:34:56+02",
            "2026-01-31T12:34:56+0200",
            "2026-13-31T12:34:56Z",
            "2026-01-00T12:34:56Z",
            "2026-01-31T24:00:00Z",
            "2026-01-31T12:60:00Z",
            "2026-01-31T12:34:61Z",
            "2026-01-31T12:34:56ZZ",
            "2026-1-31T12:34:56Z",
            "2026-02-29T12:34:56Z",
            "1900-02-29T12:34:56Z",
            "2026-04-31T12:34:56Z",
            "二026-01-31T12:34:56Z",
        ] {
            assert!(!is_instant(bad), "{bad}");
        }
    }
}
