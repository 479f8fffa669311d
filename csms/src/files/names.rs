//! Names of files as stations say them: text for people, nothing else.

/// Letters of a name that are kept.
const NAME_MAX: usize = 200;

/// A station's name for a file as text that can be shown: its last part, without control characters, not too long.
pub fn told_name(said: &str) -> String {
    let last = said.rsplit(['/', '\\']).find(|part| !part.trim().is_empty()).unwrap_or_default();
    let plain = |letter: char| if letter.is_control() || is_bidi(letter) { '\u{fffd}' } else { letter };
    last.trim().chars().map(plain).take(NAME_MAX).collect()
}

/// Letters that turn the direction of text, so that a name seems to end otherwise than it does.
fn is_bidi(letter: char) -> bool {
    matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_are_text_and_nothing_else() {
        for (said, kept) in [
            ("security.log", "security.log"),
            ("../../etc/passwd", "passwd"),
            ("..\\..\\boot.ini", "boot.ini"),
            ("/", ""),
            ("a\0b\r\nc", "a\u{fffd}b\u{fffd}\u{fffd}c"),
            ("CON", "CON"),
            ("\u{202e}gol.exe", "\u{fffd}gol.exe"),
            ("日志.zip", "日志.zip"),
        ] {
            assert_eq!(told_name(said), kept, "{said:?}");
        }
        assert_eq!(told_name(&"x".repeat(300)).len(), NAME_MAX);
    }
}
