//! The form of VAT numbers, by country: what cannot be one is not asked for.

/// Letters and digits of a number at most, its country included.
const CHARACTERS_MAX: usize = 14;

/// Of each country the forms that its numbers have: `9` a digit, `A` a letter, `X` either, anything else itself.
/// Greece writes EL, and what is sold in Northern Ireland XI.
const FORMS: [(&str, &[&str]); 28] = [
    ("AT", &["U99999999"]),
    ("BE", &["0999999999", "1999999999"]),
    ("BG", &["999999999", "9999999999"]),
    ("CY", &["99999999A"]),
    ("CZ", &["99999999", "999999999", "9999999999"]),
    ("DE", &["999999999"]),
    ("DK", &["99999999"]),
    ("EE", &["999999999"]),
    ("EL", &["999999999"]),
    ("ES", &["A9999999X", "99999999A"]),
    ("FI", &["99999999"]),
    ("FR", &["XX999999999"]),
    ("HR", &["99999999999"]),
    ("HU", &["99999999"]),
    ("IE", &["9X99999A", "9999999AA"]),
    ("IT", &["99999999999"]),
    ("LT", &["999999999", "999999999999"]),
    ("LU", &["99999999"]),
    ("LV", &["99999999999"]),
    ("MT", &["99999999"]),
    ("NL", &["999999999B99"]),
    ("PL", &["9999999999"]),
    ("PT", &["999999999"]),
    ("RO", &["99", "999", "9999", "99999", "999999", "9999999", "99999999", "999999999", "9999999999"]),
    ("SE", &["999999999999"]),
    ("SI", &["99999999"]),
    ("SK", &["9999999999"]),
    ("XI", &["999999999", "999999999999", "GD999", "HA999"]),
];

/// A number that has the form of its country.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number(String);

impl Number {
    /// As people write it: blanks, dots and hyphens do not count, nor does case. `None`: it has no country's form.
    pub fn read(typed: &str) -> Option<Number> {
        let mut text = String::new();
        for sign in typed.chars().filter(|sign| !sign.is_whitespace() && !matches!(sign, '.' | '-' | '/')) {
            if !sign.is_ascii_alphanumeric() || text.len() >= CHARACTERS_MAX {
                return None;
            }
            text.push(sign.to_ascii_uppercase());
        }
        // People who write Greek numbers by the country's usual code mean the same.
        if let Some(rest) = text.strip_prefix("GR") {
            text = format!("EL{rest}");
        }
        let (country, rest) = (text.get(..2)?, text.get(2..)?);
        let (_, forms) = FORMS.iter().find(|(known, _)| *known == country)?;
        forms.iter().any(|form| has_form(rest, form)).then_some(Number(text))
    }

    /// Country and number, without anything between.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// As registers name the country.
    pub fn country(&self) -> &str {
        self.0.get(..2).unwrap_or_default()
    }

    /// Without the country.
    pub fn rest(&self) -> &str {
        self.0.get(2..).unwrap_or_default()
    }
}

fn has_form(rest: &str, form: &str) -> bool {
    rest.len() == form.len()
        && rest.bytes().zip(form.bytes()).all(|(sign, wanted)| match wanted {
            b'9' => sign.is_ascii_digit(),
            b'A' => sign.is_ascii_alphabetic(),
            b'X' => sign.is_ascii_alphanumeric(),
            itself => sign == itself,
        })
}

#[cfg(test)]
mod tests {
    use super::Number;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (typed, text) in [
            ("DE123456789", "DE123456789"),
            (" de 123.456.789 ", "DE123456789"),
            ("ATU12345678", "ATU12345678"),
            ("GR123456789", "EL123456789"),
            ("NL123456789B01", "NL123456789B01"),
            ("IE1A23456B", "IE1A23456B"),
            ("FR-AB 123456789", "FRAB123456789"),
            ("RO12", "RO12"),
            ("XIGD123", "XIGD123"),
            ("BE0123456789", "BE0123456789"),
        ] {
            assert_eq!(Number::read(typed).as_ref().map(Number::text), Some(text), "{typed}");
        }
    }

    #[test]
    fn what_has_no_countrys_form_is_none() {
        for typed in [
            "",
            "D",
            "DE",
            "DE12345678",
            "DE1234567890",
            "DE12345678A",
            "AT12345678",
            "US123456789",
            "GB123456789",
            "BE2123456789",
            "NL123456789X01",
            "DE12345678é",
            "é",
            "DE123456789123456789",
            "RO1",
            "DE1234_6789",
        ] {
            assert_eq!(Number::read(typed), None, "{typed}");
        }
    }

    #[test]
    fn country_and_rest_are_what_registers_ask_for() {
        let number =
            Number::read("gr123456789").map(|number| (number.country().to_owned(), number.rest().to_owned()));
        assert_eq!(number, Some(("EL".to_owned(), "123456789".to_owned())));
    }
}
