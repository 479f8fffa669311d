//! ISO 20022 camt.053, any version: names without their namespace. No DTD, no entities but the predefined ones.

use super::plain::movement;
use super::{Fault, File};
use crate::Amount;
use crate::clearing::Line;
use chrono::{DateTime, NaiveDate};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use tariffs::Currency;

const DEPTH_MAX: usize = 64;
/// Of one element's text.
const TEXT_MAX: usize = 4_000;

/// One transaction of a batch, or the entry itself.
#[derive(Default)]
struct Detail {
    amount: Option<Amount>,
    debit: Option<bool>,
    /// End-to-end reference, then the bank's own.
    references: Vec<String>,
    text: String,
}

#[derive(Default)]
struct Entry {
    amount: Option<Amount>,
    debit: bool,
    reversal: bool,
    status: String,
    day: Option<NaiveDate>,
    value_day: Option<NaiveDate>,
    reference: String,
    details: Vec<Detail>,
    row: u64,
}

#[derive(Default)]
struct Balance {
    code: String,
    amount: Option<Amount>,
    debit: bool,
}

/// What a statement adds up to.
#[derive(Default)]
struct Sums {
    opening: Option<Amount>,
    closing: Option<Amount>,
    told_entries: Option<u64>,
    entries: u64,
    booked: i64,
}

struct State<'f> {
    file: &'f File<'f>,
    path: Vec<String>,
    text: String,
    currency: Option<String>,
    entry: Entry,
    balance: Balance,
    sums: Sums,
    statements: usize,
    lines: Vec<Line>,
    row: u64,
}

/// The statement's movements: one line per transaction of a batch, where the batch tells them.
pub(super) fn read(file: &File<'_>) -> Result<Vec<Line>, Fault> {
    let text = file.text()?;
    let mut reader = Reader::from_str(text);
    let mut state = State {
        file,
        path: Vec::new(),
        text: String::new(),
        currency: None,
        entry: Entry::default(),
        balance: Balance::default(),
        sums: Sums::default(),
        statements: 0,
        lines: Vec::new(),
        row: 1,
    };
    let mut counted = 0;
    loop {
        let event = reader.read_event();
        let here = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX).min(text.len());
        state.row += text.as_bytes()[counted..here].iter().filter(|byte| **byte == b'\n').count() as u64;
        counted = here;
        match event {
            Err(error) => return Err(file.fault(error, "XML").at(state.row)),
            Ok(Event::DocType(_)) => return Err(file.fault("a DTD", "XML without a DTD").at(state.row)),
            Ok(Event::Start(start)) => state.begin(&start)?,
            Ok(Event::Empty(start)) => {
                state.begin(&start)?;
                state.end()?;
            }
            Ok(Event::End(_)) => state.end()?,
            Ok(Event::Text(text)) => state.add(&text.xml10_content())?,
            Ok(Event::CData(data)) => state.add(&data.xml10_content())?,
            Ok(Event::GeneralRef(reference)) => {
                let character = reference.resolve_char_ref().ok().flatten().map(String::from);
                let named = quick_xml::escape::resolve_predefined_entity(&reference.xml10_content());
                match character.as_deref().or(named) {
                    Some(text) => state.add(text)?,
                    None => {
                        return Err(file.fault("an entity", "XML without entities of its own").at(state.row));
                    }
                }
            }
            Ok(Event::Eof) => break,
            Ok(_) => {}
        }
    }
    if !state.path.is_empty() {
        return Err(file.fault("the end of the file", format!("</{}>", state.path.join("/"))).at(state.row));
    }
    if state.statements == 0 {
        return Err(file.fault("no Stmt", "a bank statement (BkToCstmrStmt/Stmt)"));
    }
    Ok(state.lines)
}

impl State<'_> {
    fn begin(&mut self, start: &BytesStart<'_>) -> Result<(), Fault> {
        if self.path.len() >= DEPTH_MAX {
            return Err(self.fault("deeper elements", format!("at most {DEPTH_MAX} levels")));
        }
        let name = start.local_name().as_ref().to_owned();
        if name == "Amt" || name == "TtlNetNtryAmt" {
            let currency = start.attributes().flatten().find(|attribute| attribute.key.as_ref() == "Ccy");
            self.currency = currency.map(|attribute| attribute.value.to_string());
        }
        match name.as_str() {
            "Stmt" => self.sums = Sums::default(),
            "Ntry" => self.entry = Entry { row: self.row, ..Entry::default() },
            "TxDtls" => self.entry.details.push(Detail::default()),
            "Bal" => self.balance = Balance::default(),
            _ => {}
        }
        self.path.push(name);
        self.text.clear();
        Ok(())
    }

    fn add(&mut self, text: &str) -> Result<(), Fault> {
        if self.text.len() + text.len() > TEXT_MAX {
            return Err(self.fault("a longer text", format!("at most {TEXT_MAX} bytes in an element")));
        }
        self.text.push_str(text);
        Ok(())
    }

    fn fault(&self, found: impl std::fmt::Display, expected: impl std::fmt::Display) -> Fault {
        let column = self.path.last().map_or("", String::as_str);
        self.file.fault(found, expected).at(self.row).column(column)
    }

    fn end(&mut self) -> Result<(), Fault> {
        let text = std::mem::take(&mut self.text).trim().to_owned();
        let begun = self.path.iter().position(|name| name == "Stmt");
        let inside = begun.map_or(&[][..], |at| &self.path[at..]).to_vec();
        let inside: Vec<&str> = inside.iter().map(String::as_str).collect();
        match inside.as_slice() {
            ["Stmt"] => self.end_statement()?,
            ["Stmt", "Bal"] => self.end_balance(),
            ["Stmt", "Bal", "Tp", "CdOrPrtry", "Cd"] => self.balance.code = text,
            ["Stmt", "Bal", "Amt"] => self.balance.amount = Some(self.amount(&text)?),
            ["Stmt", "Bal", "CdtDbtInd"] => self.balance.debit = self.debit(&text)?,
            ["Stmt", "TxsSummry", "TtlNtries", "NbOfNtries"] => {
                let told = text.parse().map_err(|_| self.fault(&text, "a number"))?;
                self.sums.told_entries = Some(told);
            }
            ["Stmt", "Ntry"] => self.end_entry()?,
            ["Stmt", "Ntry", "NtryDtls", "TxDtls", rest @ ..] => self.detail(rest, text)?,
            ["Stmt", "Ntry", rest @ ..] => self.of_entry(rest, text)?,
            _ => {}
        }
        self.path.pop();
        Ok(())
    }

    fn amount(&self, text: &str) -> Result<Amount, Fault> {
        let code = self.currency.clone().unwrap_or_default();
        let currency: Currency =
            code.parse().map_err(|_| self.fault(&code, "a currency in the attribute Ccy"))?;
        super::cells::decimal(text)
            .filter(|amount| !amount.is_sign_negative())
            .and_then(|amount| Amount::exact(amount, currency).ok())
            .ok_or_else(|| self.fault(text, format!("an amount of {currency} that is not negative")))
    }

    fn debit(&self, text: &str) -> Result<bool, Fault> {
        match text {
            "CRDT" => Ok(false),
            "DBIT" => Ok(true),
            _ => Err(self.fault(text, "CRDT or DBIT")),
        }
    }

    fn day(&self, text: &str) -> Result<NaiveDate, Fault> {
        let day = text.get(..10).and_then(|day| day.parse().ok());
        let whole = DateTime::parse_from_rfc3339(text).ok().map(|at| at.date_naive());
        whole.or(day).ok_or_else(|| self.fault(text, "a day, e.g. 2026-10-01"))
    }

    fn of_entry(&mut self, path: &[&str], text: String) -> Result<(), Fault> {
        match path {
            ["Amt"] => self.entry.amount = Some(self.amount(&text)?),
            ["CdtDbtInd"] => self.entry.debit = self.debit(&text)?,
            ["RvslInd"] => self.entry.reversal = text == "true" || text == "1",
            // Version 2 has the code as the text, later ones as an element.
            ["Sts"] if !text.is_empty() => self.entry.status = text,
            ["Sts", "Cd"] => self.entry.status = text,
            ["BookgDt", "Dt" | "DtTm"] => self.entry.day = Some(self.day(&text)?),
            ["ValDt", "Dt" | "DtTm"] => self.entry.value_day = Some(self.day(&text)?),
            ["AcctSvcrRef"] => self.entry.reference = text,
            _ => {}
        }
        Ok(())
    }

    fn detail(&mut self, path: &[&str], text: String) -> Result<(), Fault> {
        let (mut amount, mut debit) = (None, None);
        match path {
            ["Amt"] | ["AmtDtls", "TxAmt", "Amt"] => amount = Some(self.amount(&text)?),
            ["CdtDbtInd"] => debit = Some(self.debit(&text)?),
            _ => {}
        }
        let Some(detail) = self.entry.details.last_mut() else { return Ok(()) };
        detail.amount = detail.amount.or(amount);
        detail.debit = detail.debit.or(debit);
        match path {
            ["Refs", "EndToEndId" | "TxId" | "AcctSvcrRef"] if text != "NOTPROVIDED" => {
                detail.references.push(text);
            }
            ["RmtInf", "Ustrd"] | ["RmtInf", "Strd", "CdtrRefInf", "Ref"] | ["AddtlTxInf"] => {
                if !detail.text.is_empty() {
                    detail.text.push(' ');
                }
                detail.text.push_str(&text);
            }
            _ => {}
        }
        Ok(())
    }

    fn end_balance(&mut self) {
        let Balance { code, amount, debit } = std::mem::take(&mut self.balance);
        let amount = amount.map(|amount| if debit { negative(amount) } else { amount });
        match code.as_str() {
            "OPBD" | "PRCD" => self.sums.opening = amount,
            "CLBD" => self.sums.closing = amount,
            _ => {}
        }
    }

    fn end_entry(&mut self) -> Result<(), Fault> {
        self.sums.entries += 1;
        let entry = std::mem::take(&mut self.entry);
        let wrong =
            |found: &str, expected: &str| self.file.fault(found, expected).at(entry.row).column("Ntry");
        match entry.status.as_str() {
            "BOOK" => {}
            // Announced, not booked: it comes again when it is.
            "PDNG" | "INFO" | "FUTR" => return Ok(()),
            other => return Err(wrong(other, "Sts BOOK, PDNG, INFO or FUTR")),
        }
        let amount = entry.amount.ok_or_else(|| wrong("no Amt", "an amount"))?;
        let day = entry.day.or(entry.value_day).ok_or_else(|| wrong("no BookgDt", "the day of booking"))?;
        // A reversal's direction is its own: a reversed credit is a debit already.
        let signed = if entry.debit { negative(amount) } else { amount };
        self.sums.booked = self.sums.booked.saturating_add(signed.minor);
        let told: Vec<&Detail> = entry.details.iter().filter(|detail| detail.amount.is_some()).collect();
        let mut lines = Vec::new();
        if told.len() > 1 && told.len() == entry.details.len() {
            let mut sum = 0_i64;
            for detail in told {
                let part = detail.amount.unwrap_or(amount);
                let part = if detail.debit.unwrap_or(entry.debit) { negative(part) } else { part };
                if part.currency != amount.currency {
                    return Err(wrong(part.currency.code(), "the currency of the entry in its batch"));
                }
                sum = sum.saturating_add(part.minor);
                lines.push(movement(part, day, &reference(&entry, Some(detail)), &words(detail), entry.row));
            }
            if sum != signed.minor {
                let found = format!("{} in the batch", Amount::new(sum, amount.currency));
                return Err(wrong(&found, &format!("{signed}, the entry's amount")));
            }
        } else {
            let detail = entry.details.first();
            let text: Vec<String> = entry.details.iter().map(words).collect();
            lines.push(movement(signed, day, &reference(&entry, detail), &text.join(" "), entry.row));
        }
        for line in lines {
            self.file.more(&mut self.lines, line)?;
        }
        Ok(())
    }

    fn end_statement(&mut self) -> Result<(), Fault> {
        self.statements += 1;
        let sums = std::mem::take(&mut self.sums);
        if let Some(told) = sums.told_entries.filter(|told| *told != sums.entries) {
            return Err(
                self.fault(told, format!("NbOfNtries {}, the entries of the statement", sums.entries))
            );
        }
        if let (Some(opening), Some(closing)) = (sums.opening, sums.closing)
            && opening.minor.checked_add(sums.booked) != Some(closing.minor)
        {
            let expected = Amount::new(opening.minor.saturating_add(sums.booked), closing.currency);
            let expected = format!("a closing balance of {expected}: the file is not whole, or was changed");
            return Err(self.fault(closing, expected));
        }
        Ok(())
    }
}

fn negative(amount: Amount) -> Amount {
    Amount { minor: amount.minor.saturating_neg(), ..amount }
}

fn reference(entry: &Entry, detail: Option<&Detail>) -> String {
    let own = detail.and_then(|detail| detail.references.first());
    own.unwrap_or(&entry.reference).clone()
}

/// Everything that may name the payout.
fn words(detail: &Detail) -> String {
    format!("{} {}", detail.references.join(" "), detail.text).trim().to_owned()
}
