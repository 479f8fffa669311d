//! VIES, the European Commission's service that asks the registers of the member states (its REST interface).

use super::{Company, Found, Number, Register};
use crate::config;
use futures::future::BoxFuture;
use serde::Deserialize;
use std::time::Duration;

/// Bytes of an answer at most.
const ANSWER_MAX: usize = 64 * 1024;

/// The client.
#[derive(Debug)]
pub struct Vies {
    base: String,
    http: reqwest::Client,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    /// Of the older form of the answer: `valid`.
    #[serde(alias = "valid")]
    is_valid: Option<bool>,
    /// `VALID`, `INVALID`, or why there is no answer.
    #[serde(default)]
    user_error: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    address: String,
}

impl Vies {
    /// With the address and the time-out of the settings.
    ///
    /// # Errors
    /// There can be no client.
    pub fn new(settings: &config::Vat) -> Result<Vies, reqwest::Error> {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_millis(settings.timeout_ms.max(1)))
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Vies { base: settings.base_url.trim_end_matches('/').to_owned(), http })
    }

    async fn ask(&self, number: &Number) -> Result<Found, String> {
        let url = format!("{}/ms/{}/vat/{}", self.base, number.country(), number.rest());
        let failed = |error: reqwest::Error| error.without_url().to_string();
        let mut response =
            self.http.get(url).header("accept", "application/json").send().await.map_err(failed)?;
        if !response.status().is_success() {
            return Err(format!("it answered {}", response.status()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > ANSWER_MAX {
                return Err("its answer is too long".to_owned());
            }
            body.extend_from_slice(&chunk);
        }
        read(&body, number)
    }
}

impl Register for Vies {
    fn word(&self) -> &'static str {
        "vies"
    }

    fn look_up<'a>(&'a self, number: &'a Number) -> BoxFuture<'a, Result<Found, String>> {
        Box::pin(self.ask(number))
    }
}

/// A member state that is out of order is said with `isValid: false` as well: only an explicit word counts.
fn read(body: &[u8], number: &Number) -> Result<Found, String> {
    let told: Told =
        serde_json::from_slice(body).map_err(|why| format!("its answer cannot be read: {why}"))?;
    match (told.is_valid, told.user_error.as_str()) {
        (Some(true), "" | "VALID") => Ok(Found::Valid(company(&told.name, &told.address, number))),
        (Some(false), "" | "INVALID" | "INVALID_INPUT") => Ok(Found::Invalid),
        (_, "") => Err("its answer does not say whether the number is valid".to_owned()),
        (_, why) => Err(format!("it says {}", why.chars().take(60).collect::<String>())),
    }
}

/// Some member states say `---` instead of names. The address is free text of some lines, whose last one that is not the
/// country has postal code and city.
fn company(name: &str, address: &str, number: &Number) -> Option<Company> {
    let told = |text: &str| text.chars().any(char::is_alphanumeric);
    if !told(name) {
        return None;
    }
    let mut lines: Vec<String> = address
        .split(['\n', ','])
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|line| told(line))
        .collect();
    let place = lines.pop()?;
    let (postal_code, city) = split(&place);
    // An address of one line is street and city at once.
    let mut lines = if lines.is_empty() { vec![place] } else { lines };
    let address1 = lines.remove(0);
    Some(Company {
        name: name.split_whitespace().collect::<Vec<_>>().join(" "),
        address1,
        address2: lines.join(", "),
        city,
        postal_code,
        country: if number.country() == "EL" { "GR" } else { number.country() }.to_owned(),
    })
}

/// `10115 Berlin` → code and city; the code is what has digits at the beginning, in one word or two (`1012 AB Amsterdam`).
fn split(place: &str) -> (String, String) {
    let words: Vec<&str> = place.split(' ').collect();
    let digits = |word: &&&str| word.bytes().any(|byte| byte.is_ascii_digit());
    let mut of_code = words.iter().take_while(digits).count();
    let short = |word: &&str| word.len() == 2 && word.bytes().all(|byte| byte.is_ascii_uppercase());
    if of_code > 0 && words.get(of_code).is_some_and(short) && words.len() > of_code + 1 {
        of_code += 1;
    }
    if of_code == words.len() {
        return (String::new(), place.to_owned());
    }
    (words[..of_code].join(" "), words[of_code..].join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number() -> Number {
        Number::read("NL123456789B01").unwrap()
    }

    #[test]
    fn an_answer_is_read_with_name_and_address() {
        let body = br#"{"isValid":true,"requestDate":"2026-03-02T09:00:00.000Z","userError":"VALID",
            "name":"LADE  B.V.","address":"\nDAMRAK 00001\n1012AB AMSTERDAM\n","requestIdentifier":"",
            "vatNumber":"123456789B01","viesApproximate":{"name":"---"}}"#;
        let Found::Valid(Some(company)) = read(body, &number()).unwrap() else { unreachable!() };
        assert_eq!(
            (&*company.name, &*company.address1, &*company.address2, &*company.city, &*company.postal_code),
            ("LADE B.V.", "DAMRAK 00001", "", "AMSTERDAM", "1012AB")
        );
        assert_eq!(company.country, "NL");
    }

    #[test]
    fn a_register_that_tells_no_name_still_says_that_it_is_valid() {
        let body = br#"{"isValid":true,"userError":"VALID","name":"---","address":"---"}"#;
        assert_eq!(read(body, &number()), Ok(Found::Valid(None)));
    }

    #[test]
    fn only_an_explicit_no_is_one() {
        assert_eq!(read(br#"{"isValid":false,"userError":"INVALID"}"#, &number()), Ok(Found::Invalid));
        for body in [
            r#"{"isValid":false,"userError":"MS_UNAVAILABLE"}"#,
            r#"{"isValid":false,"userError":"MS_MAX_CONCURRENT_REQ"}"#,
            r#"{"isValid":true,"userError":"TIMEOUT"}"#,
            r#"{"actionSucceed":false,"errorWrappers":[{"error":"VOW-ERR-1"}]}"#,
            "<html>",
        ] {
            assert!(read(body.as_bytes(), &number()).is_err(), "{body}");
        }
    }

    #[test]
    fn places_are_split_where_the_code_ends() {
        for (place, code, city) in [
            ("10115 Berlin", "10115", "Berlin"),
            ("1012 AB AMSTERDAM", "1012 AB", "AMSTERDAM"),
            ("100 05 Praha 1", "100 05", "Praha 1"),
            ("Dublin 2", "", "Dublin 2"),
            ("12345", "", "12345"),
        ] {
            assert_eq!(split(place), (code.to_owned(), city.to_owned()), "{place}");
        }
    }
}
