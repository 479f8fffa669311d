//! WeChat's bills: UTF-8 with a byte order mark, every value behind a backtick, so that commas in names are no harm.
//! The last line but one is the head of the totals, the last one the totals.

use super::cells::{Head, Row, agree};
use super::{Fault, File};
use crate::Amount;
use crate::clearing::{Kind, Line, Standing};
use rust_decimal::Decimal;
use tariffs::Currency;

/// Columns that a trade bill must have, whatever its edition.
const TRADES: [&str; 9] = [
    "交易时间",
    "微信订单号",
    "商户订单号",
    "交易状态",
    "货币种类",
    "微信退款单号",
    "商户退款单号",
    "退款金额",
    "手续费",
];
/// What the order was about, the newest edition's column first; older ones have one amount only.
const ORDER_AMOUNT: [&str; 3] = ["订单金额", "应结订单金额", "总金额"];
const REFUND_AMOUNT: [&str; 2] = ["申请退款金额", "退款金额"];
const FUNDS: [&str; 7] =
    ["记账时间", "微信支付业务单号", "资金流水单号", "业务类型", "收支类型", "收支金额", "业务凭证号"];

/// The cells of a line: names are joined by commas, values by a comma and a backtick.
fn cells(line: &str) -> Vec<String> {
    match line.strip_prefix('`') {
        Some(values) => values.split(",`").map(|value| value.trim().to_owned()).collect(),
        None => line.split(',').map(|name| name.trim().to_owned()).collect(),
    }
}

/// A bill in its three parts.
struct Bill<'a> {
    head: Head,
    /// Lines of values with their places.
    body: Vec<(u64, &'a str)>,
    totals: (Head, u64, Vec<String>),
}

fn parts<'a>(file: &File<'_>, text: &'a str, demanded: &[&str]) -> Result<Bill<'a>, Fault> {
    let mut lines: Vec<(u64, &str)> = text
        .lines()
        .enumerate()
        .map(|(at, line)| (at as u64 + 1, line.trim_end()))
        .filter(|(_, line)| !line.is_empty())
        .collect();
    if lines.len() < 3 {
        return Err(file.fault(format!("{} lines", lines.len()), "a head, and the totals with their head"));
    }
    let (first, name) = lines.remove(0);
    let head = Head::new(file, &cells(name), first)?;
    head.demand(file, demanded, first)?;
    let totals = lines.split_off(lines.len() - 2);
    let (Some((head_at, names)), Some((at, values))) = (totals.first(), totals.get(1)) else {
        return Err(file.fault("no totals", "two lines of totals at the end"));
    };
    if names.starts_with('`') || !values.starts_with('`') {
        let expected = "the names of the totals, and then the totals: the file was cut off";
        return Err(file.fault(names, expected).at(*head_at));
    }
    let totals = (Head::new(file, &cells(names), *head_at)?, *at, cells(values));
    if let Some((row, line)) = lines.iter().find(|(_, line)| !line.starts_with('`')) {
        return Err(file.fault(line, "values, each behind a backtick").at(*row));
    }
    Ok(Bill { head, body: lines, totals })
}

/// What the lines add up to, for each of the totals.
#[derive(Default)]
struct Sums(Vec<(&'static str, Decimal)>);

impl Sums {
    fn add(&mut self, total: &'static str, amount: Decimal) {
        match self.0.iter_mut().find(|(known, _)| *known == total) {
            Some((_, sum)) => *sum += amount,
            None => self.0.push((total, amount)),
        }
    }

    /// Held against the file's own totals.
    fn check(&self, file: &File<'_>, bill: &Bill<'_>) -> Result<(), Fault> {
        let (head, row, cells) = &bill.totals;
        let totals = Row { file, head, cells, row: *row }.checked()?;
        for (total, sum) in &self.0 {
            if head.has(total) {
                agree(file, *row, total, totals.decimal(total)?.normalize(), sum.normalize())?;
            }
        }
        Ok(())
    }
}

/// The trade bill.
pub(super) fn trades(file: &File<'_>) -> Result<Vec<Line>, Fault> {
    let bill = parts(file, file.text()?, &TRADES)?;
    let (order, refund) = (bill.head.first(&ORDER_AMOUNT), bill.head.first(&REFUND_AMOUNT));
    let (Some(order), Some(refund)) = (order, refund) else {
        return Err(file.fault("no such column", "a column 订单金额, 应结订单金额 or 总金额").at(1));
    };
    let mut sums = Sums::default();
    // Each is checked where the file has it, an empty bill's too.
    for (total, amount) in [("总交易单数", bill.body.len() as i64), ("手续费总金额", 0), ("退款总金额", 0)]
    {
        sums.add(total, amount.into());
    }
    let mut lines = Vec::new();
    for (at, text) in &bill.body {
        let cells = cells(text);
        let row = Row { file, head: &bill.head, cells: &cells, row: *at }.checked()?;
        for (column, total) in [
            ("应结订单金额", "应结订单总金额"),
            ("总金额", "总交易额"),
            ("退款金额", "退款总金额"),
            ("手续费", "手续费总金额"),
            ("订单金额", "订单总金额"),
            ("申请退款金额", "申请退款总金额"),
        ] {
            if bill.head.has(column) {
                sums.add(total, row.decimal(column)?);
            }
        }
        file.more(&mut lines, trade(&row, order, refund)?)?;
    }
    sums.check(file, &bill)?;
    Ok(lines)
}

fn trade(row: &Row<'_>, order: &str, refund: &str) -> Result<Line, Fault> {
    let currency = row.currency("货币种类")?;
    let (at, day) = row.local("交易时间")?;
    let (kind, standing) = match (row.text("交易状态"), row.text("退款状态")) {
        ("SUCCESS", _) => (Kind::Payment, Standing::Done),
        // Reversed by the merchant, which gives all back.
        ("REVOKED", _) => (Kind::Refund, Standing::Done),
        ("REFUND", "SUCCESS") => (Kind::Refund, Standing::Done),
        ("REFUND", "PROCESSING") => (Kind::Refund, Standing::Open),
        ("REFUND", "FAIL" | "CHANGE" | "ABNORMAL" | "CLOSED") => (Kind::Refund, Standing::Failed),
        ("REFUND", _) => return Err(row.fault("退款状态", "SUCCESS, PROCESSING, FAIL, CHANGE or CLOSED")),
        _ => return Err(row.fault("交易状态", "SUCCESS, REFUND or REVOKED")),
    };
    let (number, reference, column) = match kind {
        Kind::Refund => ("商户退款单号", "微信退款单号", refund),
        _ => ("商户订单号", "微信订单号", order),
    };
    let fee = row.amount("手续费", currency)?;
    Ok(Line {
        kind,
        number: row.text(number).to_owned(),
        reference: row.text(reference).to_owned(),
        amount: positive(row, column, currency)?,
        fee: Some(fee),
        at: Some(at),
        day,
        standing,
        text: String::new(),
        row: row.row,
    })
}

fn positive(row: &Row<'_>, column: &str, currency: Currency) -> Result<Amount, Fault> {
    let amount = row.amount(column, currency)?;
    if amount.minor < 0 {
        return Err(row.fault(column, "an amount that is not negative"));
    }
    Ok(amount)
}

/// The bill of the account's movements. It is all in yuan.
pub(super) fn funds(file: &File<'_>) -> Result<Vec<Line>, Fault> {
    let bill = parts(file, file.text()?, &FUNDS)?;
    let currency = file.currency.map_or_else(|| "CNY".parse(), Ok);
    let currency: Currency = currency.map_err(|_| file.fault("CNY", "a currency"))?;
    let mut sums = Sums::default();
    for total in ["收入笔数", "收入金额", "支出笔数", "支出金额"] {
        sums.add(total, Decimal::ZERO);
    }
    sums.add("资金流水总笔数", bill.body.len().into());
    let mut lines = Vec::new();
    for (at, text) in &bill.body {
        let cells = cells(text);
        let row = Row { file, head: &bill.head, cells: &cells, row: *at }.checked()?;
        let amount = positive(&row, "收支金额", currency)?;
        let comes = match row.text("收支类型") {
            "收入" => true,
            "支出" => false,
            _ => return Err(row.fault("收支类型", "收入 or 支出")),
        };
        let (count, sum) =
            if comes { ("收入笔数", "收入金额") } else { ("支出笔数", "支出金额") };
        sums.add(count, Decimal::ONE);
        sums.add(sum, amount.decimal());
        let kind = match row.text("业务类型") {
            "交易" => Kind::Payment,
            "退款" => Kind::Refund,
            "提现" => Kind::Payout,
            "扣除交易手续费" => Kind::Fee,
            _ => Kind::Other,
        };
        // A movement against its kind's direction (a fee that comes back) is told by its sign.
        let usual = matches!(kind, Kind::Payment | Kind::Other) == comes;
        let (at, day) = row.local("记账时间")?;
        let line = Line {
            kind,
            number: row.text("业务凭证号").to_owned(),
            reference: row.text("资金流水单号").to_owned(),
            amount: if usual { amount } else { Amount { minor: -amount.minor, ..amount } },
            fee: None,
            at: Some(at),
            day,
            standing: Standing::Done,
            text: row.text("业务名称").to_owned(),
            row: row.row,
        };
        file.more(&mut lines, line)?;
    }
    sums.check(file, &bill)?;
    Ok(lines)
}
