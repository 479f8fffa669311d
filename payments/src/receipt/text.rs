//! Text for PDF: which font a character is written in, how wide it is, which bytes it becomes.
//!
//! Latin text is written in Helvetica, one of the fourteen fonts that every reader has; everything else in the Song type
//! that readers have for Chinese. Neither is embedded, so a receipt has a few kilobytes.

/// In thousandths of the size: Helvetica's advance widths of ASCII 0x20 to 0x7e.
const WIDTHS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556,
    556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278,
    500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469,
    556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500,
    278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];
/// Of the other characters of Windows-1252 that are used: letters with accents are about as wide as a digit.
const OTHER: u16 = 556;
/// Of a Chinese character.
const FULL: u16 = 1000;

/// A piece of text in one font.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Run {
    /// Windows-1252.
    Latin(Vec<u8>),
    /// UCS-2, most significant byte first.
    Chinese(Vec<u8>),
}

/// The text, cut where the font changes. What neither font has becomes a question mark.
pub fn runs(text: &str) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for c in text.chars() {
        match (latin(c), runs.last_mut()) {
            (Some(byte), Some(Run::Latin(bytes))) => bytes.push(byte),
            (Some(byte), _) => runs.push(Run::Latin(vec![byte])),
            (None, last) => {
                let code = u16::try_from(u32::from(c)).unwrap_or(u16::from(b'?')).to_be_bytes();
                match last {
                    Some(Run::Chinese(bytes)) => bytes.extend(code),
                    _ => runs.push(Run::Chinese(code.to_vec())),
                }
            }
        }
    }
    runs
}

/// In thousandths of the font's size.
pub fn width(text: &str) -> u64 {
    text.chars().map(|c| u64::from(advance(c))).sum()
}

/// The text in lines that are no wider than `max` (thousandths of the size), cut between words, and anywhere between
/// Chinese characters.
pub fn wrap(text: &str, max: u64) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in words(text) {
        let full = width(&line) + width(word.trim_end()) > max;
        if full && !line.trim().is_empty() {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
        }
        // A single word that is wider than the line is cut where it must be.
        for c in word.chars() {
            if width(&line) + u64::from(advance(c)) > max && !line.is_empty() {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
            }
            line.push(c);
        }
    }
    if !line.trim().is_empty() || lines.is_empty() {
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// Words with the space after them; a Chinese character is a word.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut from = 0;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        if c == ' ' || latin(c).is_none() {
            words.push(&text[from..end]);
            from = end;
        }
    }
    if from < text.len() {
        words.push(&text[from..]);
    }
    words
}

fn advance(c: char) -> u16 {
    match c {
        ' '..='~' => WIDTHS[usize::from(c as u8 - b' ')],
        _ if latin(c).is_some() => OTHER,
        _ => FULL,
    }
}

/// The byte of Windows-1252.
fn latin(c: char) -> Option<u8> {
    match c {
        ' '..='~' => Some(c as u8),
        '\u{a0}'..='\u{ff}' => u8::try_from(u32::from(c)).ok(),
        '€' => Some(0x80),
        '…' => Some(0x85),
        '‘' => Some(0x91),
        '’' => Some(0x92),
        '“' => Some(0x93),
        '”' => Some(0x94),
        '•' => Some(0x95),
        '–' => Some(0x96),
        '—' => Some(0x97),
        '−' => Some(b'-'),
        '\u{202f}' | '\u{2009}' => Some(b' '),
        c if c.is_control() => Some(b' '),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fonts_change_where_the_script_does() {
        let found = runs("Wattline 充电 1.50 €");
        let expected = [
            Run::Latin(b"Wattline ".to_vec()),
            Run::Chinese(vec![0x51, 0x45, 0x75, 0x35]),
            Run::Latin(b" 1.50 \x80".to_vec()),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn lines_are_cut_between_words_and_long_words_where_they_must_be() {
        assert_eq!(wrap("aaa bbb ccc", 4_000), ["aaa bbb", "ccc"]);
        assert_eq!(wrap("充电服务费", 2_000), ["充电", "服务", "费"]);
        assert_eq!(wrap("iiiiiiii", 1_000), ["iiii", "iiii"]);
        assert_eq!(wrap("", 1_000), [""]);
    }

    #[test]
    fn a_character_beyond_both_fonts_is_a_question_mark() {
        assert_eq!(runs("⚡😀"), [Run::Chinese(vec![0x26, 0xa1, 0, b'?'])]);
    }
}
