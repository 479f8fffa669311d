//! SWIFT MT940: fields `:61:` (a movement) and `:86:` (its text), between an opening and a closing balance.

use super::plain::movement;
use super::{Fault, File};
use crate::Amount;
use crate::clearing::Line;
use chrono::NaiveDate;
use encoding_rs::WINDOWS_1252;
use tariffs::Currency;

/// A field with the lines that belong to it.
struct Field {
    tag: String,
    text: String,
    row: u64,
}

/// The statement's movements.
pub(super) fn read(file: &File<'_>) -> Result<Vec<Line>, Fault> {
    // The standard has ASCII; banks put in umlauts.
    let text = match std::str::from_utf8(file.bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => WINDOWS_1252.decode(file.bytes).0.into_owned(),
    };
    let mut lines: Vec<Line> = Vec::new();
    let mut open: Option<(Amount, i64)> = None;
    let mut statements = 0;
    let mut of_movement = false;
    for field in fields(&text) {
        let wrong = |expected: &str| file.fault(&field.text, expected).at(field.row).column(&field.tag);
        match field.tag.as_str() {
            "60F" | "60M" => {
                let balance =
                    balance(&field.text).ok_or_else(|| wrong("C or D, YYMMDD, currency, amount"))?;
                open = Some((balance, 0));
            }
            "61" => {
                let Some((balance, sum)) = &mut open else {
                    return Err(wrong("an opening balance :60F: before"));
                };
                let line = entry(&field, balance.currency).ok_or_else(|| {
                    wrong("YYMMDD[MMDD]C|D|RC|RD amount type reference, e.g. 2610011001CR12,34NTRFREF")
                })?;
                *sum = sum.saturating_add(line.amount.minor);
                file.more(&mut lines, line)?;
            }
            "86" if of_movement => {
                if let Some(line) = lines.last_mut() {
                    describe(line, &field.text);
                }
            }
            "62F" | "62M" => {
                let closing =
                    balance(&field.text).ok_or_else(|| wrong("C or D, YYMMDD, currency, amount"))?;
                let Some((opening, sum)) = open.take() else {
                    return Err(wrong("an opening balance :60F: before"));
                };
                if opening.currency != closing.currency
                    || opening.minor.checked_add(sum) != Some(closing.minor)
                {
                    let due = Amount::new(opening.minor.saturating_add(sum), opening.currency);
                    return Err(wrong(&format!("{due}: the file is not whole, or was changed")));
                }
                statements += 1;
            }
            _ => {}
        }
        of_movement = field.tag == "61";
    }
    if open.is_some() || statements == 0 {
        return Err(file.fault("no closing balance", "a statement from :60F: to :62F:"));
    }
    Ok(lines)
}

fn fields(text: &str) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let tagged = line.strip_prefix(':').and_then(|rest| rest.split_once(':'));
        let tagged = tagged
            .filter(|(tag, _)| matches!(tag.len(), 2 | 3) && tag.starts_with(|c: char| c.is_ascii_digit()));
        match (tagged, fields.last_mut()) {
            (Some((tag, text)), _) => {
                fields.push(Field { tag: tag.to_owned(), text: text.to_owned(), row: at as u64 + 1 });
            }
            // The end of a message, or its blocks.
            (None, _) if line.starts_with('-') || line.starts_with('{') || line.trim().is_empty() => {}
            (None, Some(field)) => {
                field.text.push('\n');
                field.text.push_str(line);
            }
            (None, None) => {}
        }
    }
    fields
}

/// `C261001EUR1000,00`
fn balance(text: &str) -> Option<Amount> {
    let sign = match text.chars().next()? {
        'C' => 1,
        'D' => -1,
        _ => return None,
    };
    day(text.get(1..7)?)?;
    let currency: Currency = text.get(7..10)?.parse().ok()?;
    let amount = amount(text.get(10..)?.trim(), currency)?;
    Some(Amount { minor: amount.minor * sign, ..amount })
}

fn amount(text: &str, currency: Currency) -> Option<Amount> {
    if text.is_empty() || !text.chars().all(|c| c.is_ascii_digit() || c == ',') {
        return None;
    }
    let decimal = text.replacen(',', ".", 1);
    Amount::exact(decimal.trim_end_matches('.').parse().ok()?, currency).ok()
}

fn day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(&format!("20{text}"), "%Y%m%d").ok()
}

/// `2610011001CR12,34NTRFREF//BANKREF`, and a line of supplementary text.
fn entry(field: &Field, currency: Currency) -> Option<Line> {
    let (first, extra) = field.text.split_once('\n').unwrap_or((&field.text, ""));
    let valued = day(first.get(..6)?)?;
    let mut rest = first.get(6..)?;
    if rest.get(..4).is_some_and(|booked| booked.chars().all(|c| c.is_ascii_digit())) {
        rest = rest.get(4..)?;
    }
    // Reversed: a credit that goes back, a debit that comes back.
    let (mark, sign) =
        [("RC", -1), ("RD", 1), ("C", 1), ("D", -1)].into_iter().find(|(mark, _)| rest.starts_with(mark))?;
    rest = rest.get(mark.len()..)?;
    // The third letter of the currency may stand here.
    if rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
        rest = rest.get(1..)?;
    }
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != ',')?;
    let amount = amount(rest.get(..end)?, currency)?;
    // Four characters of type, then the references.
    let references = rest.get(end + 4..)?;
    let (own, banks) = references.split_once("//").unwrap_or((references, ""));
    let reference = if own.is_empty() || own == "NONREF" { banks } else { own };
    let amount = Amount { minor: amount.minor * sign, ..amount };
    let text = format!("{own} {banks} {extra}");
    Some(movement(amount, valued, reference, &text, field.row))
}

/// The text of a movement: free, in `?20` fields, or with `/EREF/` or `EREF+` codes; a reference in it is taken.
fn describe(line: &mut Line, text: &str) {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    // `?20…?21…` are pieces of 27 characters of one text.
    while let Some((before, after)) = rest.split_once('?') {
        let code = after.get(..2).filter(|code| code.chars().all(|c| c.is_ascii_digit()));
        plain.push_str(before);
        match code {
            Some(code) => {
                // Between codes of another kind (name, bank) a space; text goes on without one.
                if !code.starts_with('2') || code == "20" {
                    plain.push(' ');
                }
                rest = &after[2..];
            }
            None => {
                plain.push('?');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    let plain = plain.replace(['\r', '\n'], "");
    if let Some(reference) = structured(&plain) {
        line.reference = reference;
    }
    let known = std::mem::take(&mut line.text);
    *line = movement(line.amount, line.day, &line.reference, &format!("{known} {plain}"), line.row);
}

fn structured(text: &str) -> Option<String> {
    let after = |code: &str| text.split_once(code).map(|(_, rest)| rest);
    let found = match (after("/EREF/"), after("EREF+")) {
        (Some(rest), _) => rest.split('/').next(),
        (None, Some(rest)) => {
            let end = ["KREF+", "MREF+", "SVWZ+", "CRED+", "ABWA+", " "]
                .iter()
                .filter_map(|code| rest.find(code))
                .min();
            rest.get(..end.unwrap_or(rest.len()))
        }
        _ => None,
    };
    found.map(str::trim).filter(|found| !found.is_empty() && *found != "NOTPROVIDED").map(str::to_owned)
}
