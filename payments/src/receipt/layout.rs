//! Where everything stands on the pages of a document: A4, in hundredths of a point, y from the top.

use super::document::{Document, Moved};
use super::text;
use super::words::{Words, words};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use tariffs::Language;

/// A4.
pub const WIDTH: i64 = 59_528;
pub const HEIGHT: i64 = 84_189;
const LEFT: i64 = 5_600;
const RIGHT: i64 = WIDTH - 5_600;
const TOP: i64 = 6_000;
/// Nothing but the page number stands below this.
const BOTTOM: i64 = HEIGHT - 6_500;
const SMALL: i64 = 800;
const BODY: i64 = 950;
const LARGE: i64 = 1_900;
/// Right edges of the columns of amounts.
const COLUMNS: [i64; 3] = [RIGHT - 14_000, RIGHT - 7_000, RIGHT];
/// Items and texts are no wider.
const TEXT_WIDTH: i64 = RIGHT - 21_000 - LEFT;
/// Values beside their names begin here.
const VALUES: i64 = LEFT + 15_000;

/// Something on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// `y` is the base line.
    Text {
        x: i64,
        y: i64,
        size: i64,
        text: String,
    },
    Rule {
        y: i64,
    },
}

/// The pages of a document, from the first.
pub fn pages(document: &Document) -> Vec<Vec<Mark>> {
    let mut sheet = Sheet {
        words: words(document.in_language()),
        language: document.in_language(),
        digits: document.currency.digits(),
        pages: vec![Vec::new()],
        y: TOP,
    };
    sheet.head(document);
    sheet.parties(document);
    sheet.supply(document);
    sheet.items(document);
    sheet.taxes(document);
    sheet.payments(document);
    sheet.evidence(document);
    sheet.number_pages();
    sheet.pages
}

struct Sheet {
    words: &'static Words,
    language: Language,
    digits: u32,
    pages: Vec<Vec<Mark>>,
    y: i64,
}

impl Sheet {
    fn head(&mut self, document: &Document) {
        self.text(LEFT, LARGE, self.words.title(document.kind));
        self.right(RIGHT, BODY, &document.seller.name);
        self.down(LARGE);
        self.pair(self.words.number, &document.number);
        self.pair(self.words.date, &document.issued_on.to_string());
        if let Some(corrected) = &document.corrects {
            self.pair(self.words.corrects, &format!("{} ({})", corrected.number, corrected.issued_on));
            self.pair(self.words.reason, &corrected.reason);
        }
        self.gap();
    }

    fn parties(&mut self, document: &Document) {
        let seller = &document.seller;
        let mut lines = vec![seller.name.clone()];
        lines.extend(seller.address.iter().cloned());
        lines.extend([seller.register.clone(), seller.contact.clone()]);
        self.party(self.words.seller, &lines, &seller.tax_id);
        if let Some(buyer) = &document.buyer {
            let mut lines = vec![buyer.name.clone()];
            lines.extend(buyer.address.iter().cloned());
            self.party(self.words.buyer, &lines, &buyer.tax_id);
        }
        self.gap();
    }

    fn party(&mut self, name: &str, lines: &[String], tax_id: &str) {
        let mut name = name;
        for line in lines.iter().filter(|line| !line.is_empty()) {
            self.pair(name, line);
            name = "";
        }
        if !tax_id.is_empty() {
            self.pair(self.words.tax_id, tax_id);
        }
    }

    fn supply(&mut self, document: &Document) {
        let supply = &document.supply;
        self.pair(self.words.order, &supply.order);
        let place = [&supply.site, &supply.place, &supply.evse].map(String::as_str);
        let place: Vec<&str> = place.into_iter().filter(|part| !part.is_empty()).collect();
        self.pair(self.words.place, &place.join(", "));
        let at = |at: DateTime<Utc>| at.with_timezone(&supply.zone).format("%Y-%m-%d %H:%M:%S").to_string();
        let period = format!("{} – {} ({})", at(supply.from), at(supply.to), supply.zone);
        self.pair(self.words.period, &period);
        self.pair(self.words.energy, &format!("{} kWh", supply.energy_kwh.normalize()));
        self.gap();
    }

    fn items(&mut self, document: &Document) {
        self.row(self.words.what, [self.words.net, self.words.tax, self.words.gross], SMALL);
        self.rule();
        for item in &document.items {
            let amounts = [item.net, item.tax, item.gross].map(|amount| self.amount(amount));
            self.row(&item.text, amounts.each_ref().map(String::as_str), BODY);
        }
        self.rule();
        let sums = &document.sums;
        let amounts = [sums.net, sums.tax, sums.gross].map(|amount| self.amount(amount));
        let total = format!("{} {}", self.words.total, document.currency);
        self.row(&total, amounts.each_ref().map(String::as_str), BODY + 200);
        self.gap();
    }

    fn taxes(&mut self, document: &Document) {
        for row in &document.taxes {
            let amounts = [row.net, row.tax, row.gross].map(|amount| self.amount(amount));
            let rate = match row.rate.as_str() {
                "" => self.words.no_tax.to_owned(),
                rate => format!("{} {rate}", self.words.rate),
            };
            self.row(&rate, amounts.each_ref().map(String::as_str), SMALL);
        }
        self.gap();
    }

    fn payments(&mut self, document: &Document) {
        if document.moved.is_empty() {
            return;
        }
        self.row(self.words.payments, ["", "", ""], SMALL);
        self.rule();
        for moved in &document.moved {
            let text = self.moved(moved, document);
            let amount = self.amount(moved.amount.decimal());
            self.row(&text, ["", "", &amount], BODY);
        }
        let paid = self.amount(document.paid().decimal());
        self.row(self.words.paid, ["", "", &paid], BODY);
        if let Some(open) = document.open {
            let open = self.amount(open.decimal());
            self.row(self.words.open, ["", "", &open], BODY);
        }
        self.gap();
    }

    fn moved(&self, moved: &Moved, document: &Document) -> String {
        let at = moved.at.with_timezone(&document.supply.zone).format("%Y-%m-%d %H:%M");
        let gap = if moved.reference.is_empty() { "" } else { " " };
        format!("{at} {}{gap}{}", moved.with, moved.reference)
    }

    fn evidence(&mut self, document: &Document) {
        let evidence = &document.evidence;
        let registers = format!("{} – {} kWh", evidence.start_kwh, evidence.stop_kwh);
        let signed = format!("{} ({})", evidence.signed_records, evidence.signed_digest);
        let told = [
            (self.words.meter, &evidence.meter, !evidence.meter.is_empty()),
            (self.words.register, &registers, !evidence.start_kwh.is_empty()),
            (self.words.signed, &signed, evidence.signed_records > 0),
            (self.words.tariff, &evidence.tariff, !evidence.tariff.is_empty()),
        ];
        for (name, value, _) in told.into_iter().filter(|(.., is_told)| *is_told) {
            self.small_pair(name, value);
        }
        if let Some(notary) = &document.notary {
            let sealed = format!("{} / {} {} {}", notary.leaf, notary.size, notary.root, notary.url);
            self.small_pair(self.words.notary, &sealed);
        }
    }

    fn number_pages(&mut self) {
        let of = self.pages.len();
        for (n, page) in self.pages.iter_mut().enumerate() {
            let text = match self.language {
                Language::English => format!("{} {} / {of}", self.words.page, n + 1),
                Language::Chinese => format!("{} {} / {of} 页", self.words.page, n + 1),
            };
            page.push(Mark::Text { x: LEFT, y: HEIGHT - 4_000, size: SMALL, text });
        }
    }

    fn amount(&self, amount: Decimal) -> String {
        let mut amount = amount;
        amount.rescale(self.digits);
        amount.to_string()
    }

    /// A name and its value.
    fn pair(&mut self, name: &str, value: &str) {
        self.pair_of(BODY, name, value);
    }

    fn small_pair(&mut self, name: &str, value: &str) {
        self.pair_of(SMALL, name, value);
    }

    fn pair_of(&mut self, size: i64, name: &str, value: &str) {
        let mut name = name;
        for line in wrapped(value, RIGHT - VALUES, size) {
            self.room(size);
            self.text(LEFT, size, name);
            self.text(VALUES, size, &line);
            self.down(size);
            name = "";
        }
    }

    /// A text and three amounts, the text in as many lines as it needs.
    fn row(&mut self, text: &str, amounts: [&str; 3], size: i64) {
        for (n, line) in wrapped(text, TEXT_WIDTH, size).into_iter().enumerate() {
            self.room(size);
            self.text(LEFT, size, &line);
            if n == 0 {
                for (at, amount) in COLUMNS.into_iter().zip(amounts) {
                    self.right(at, size, amount);
                }
            }
            self.down(size);
        }
    }

    fn text(&mut self, x: i64, size: i64, text: &str) {
        if text.is_empty() {
            return;
        }
        let mark = Mark::Text { x, y: self.y, size, text: text.to_owned() };
        self.page().push(mark);
    }

    fn right(&mut self, edge: i64, size: i64, text: &str) {
        let width = i64::try_from(text::width(text)).unwrap_or(0) * size / 1_000;
        self.text(edge - width, size, text);
    }

    fn rule(&mut self) {
        let y = self.y - BODY;
        self.page().push(Mark::Rule { y: y + 300 });
        self.y += 400;
    }

    fn down(&mut self, size: i64) {
        self.y += size * 3 / 2;
    }

    fn gap(&mut self) {
        self.y += BODY;
    }

    fn room(&mut self, size: i64) {
        if self.y + size > BOTTOM {
            self.pages.push(Vec::new());
            self.y = TOP;
        }
    }

    fn page(&mut self) -> &mut Vec<Mark> {
        if self.pages.is_empty() {
            self.pages.push(Vec::new());
        }
        let last = self.pages.len() - 1;
        &mut self.pages[last]
    }
}

fn wrapped(text: &str, width: i64, size: i64) -> Vec<String> {
    text::wrap(text, u64::try_from(width * 1_000 / size).unwrap_or(1))
}
