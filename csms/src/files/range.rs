//! Which part of a file is wanted (RFC 9110 §14): one range of bytes, or all of it.

/// A part of a file: from `start` up to and without `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    pub start: u64,
    pub end: u64,
}

impl Part {
    pub fn len(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What a request wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    All,
    Part(Part),
    /// A part that the file does not have.
    Nothing,
}

/// Reads `Range` for a file of this size. What cannot be read, and several ranges at once, mean all of it.
pub fn wanted(header: Option<&str>, size: u64) -> Wanted {
    let Some(spec) = header.and_then(|header| header.trim().strip_prefix("bytes=")) else {
        return Wanted::All;
    };
    let Some((from, to)) = spec.trim().split_once('-') else { return Wanted::All };
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse::<u64>().unwrap_or(u64::MAX))
    };
    let part = match (from.trim(), to.trim()) {
        ("", last) => match number(last) {
            Some(0) => return Wanted::Nothing,
            Some(last) => Part { start: size.saturating_sub(last), end: size },
            None => return Wanted::All,
        },
        (from, "") => match number(from) {
            Some(start) => Part { start, end: size },
            None => return Wanted::All,
        },
        (from, to) => match (number(from), number(to)) {
            (Some(start), Some(last)) if start <= last => {
                Part { start, end: last.saturating_add(1).min(size) }
            }
            _ => return Wanted::All,
        },
    };
    if part.start >= size { Wanted::Nothing } else { Wanted::Part(part) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_served_and_whatever_else_means_all() {
        let part = |start, end| Wanted::Part(Part { start, end });
        for (header, want) in [
            (None, Wanted::All),
            (Some("bytes=0-"), part(0, 100)),
            (Some("bytes=40-"), part(40, 100)),
            (Some("bytes=40-49"), part(40, 50)),
            (Some("bytes=40-999"), part(40, 100)),
            (Some("bytes=-10"), part(90, 100)),
            (Some("bytes=-1000"), part(0, 100)),
            (Some("bytes=100-"), Wanted::Nothing),
            (Some("bytes=-0"), Wanted::Nothing),
            (Some("bytes=99999999999999999999999-"), Wanted::Nothing),
            (Some("bytes=5-4"), Wanted::All),
            (Some("bytes=0-1,4-5"), Wanted::All),
            (Some("bytes=a-b"), Wanted::All),
            (Some("bytes=+1-2"), Wanted::All),
            (Some("items=0-1"), Wanted::All),
        ] {
            assert_eq!(wanted(header, 100), want, "{header:?}");
        }
        assert_eq!(wanted(Some("bytes=0-"), 0), Wanted::Nothing);
    }
}
