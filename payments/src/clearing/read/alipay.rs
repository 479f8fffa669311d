//! Alipay's bills: a zip with names and texts in GBK, `#` before comments and totals, tabs behind values.

use super::cells::{Head, Row, agree, decimal, records};
use super::{FILE_BYTES_MAX, Fault, File, Format};
use crate::Amount;
use crate::clearing::{Kind, Line, Standing};
use encoding_rs::GBK;
use rust_decimal::Decimal;
use std::io::{Cursor, Read};
use tariffs::Currency;

/// Files in a zip at most: there are two, or four.
const ENTRIES_MAX: usize = 16;
const TRADES: [&str; 8] = [
    "支付宝交易号",
    "商户订单号",
    "业务类型",
    "完成时间",
    "订单金额",
    "商家实收",
    "退款批次号/请求号",
    "服务费",
];
const FUNDS: [&str; 7] =
    ["账务流水号", "业务流水号", "商户订单号", "发生时间", "收入金额", "支出金额", "业务类型"];

/// Which of the two a file is, by the names or the titles in it.
pub(super) fn which(bytes: &[u8]) -> Option<Format> {
    let looks = |text: &str| match () {
        () if text.contains("业务明细") => Some(Format::AlipayTrades),
        () if text.contains("账务明细") => Some(Format::AlipayFunds),
        () => None,
    };
    if !bytes.starts_with(b"PK") {
        let head = &bytes[..bytes.len().min(4096)];
        return looks(&GBK.decode(head).0).or_else(|| looks(&String::from_utf8_lossy(head)));
    }
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).ok()?;
    (0..zip.len().min(ENTRIES_MAX)).find_map(|at| {
        let entry = zip.by_index_raw(at).ok()?;
        looks(&entry_name(entry.name_raw()))
    })
}

fn entry_name(raw: &[u8]) -> String {
    match std::str::from_utf8(raw) {
        Ok(name) => name.to_owned(),
        Err(_) => GBK.decode(raw).0.into_owned(),
    }
}

/// The text of the detailed list, unpacked if need be.
fn text(file: &File<'_>, wanted: &str) -> Result<String, Fault> {
    let bytes = if file.bytes.starts_with(b"PK") { unpack(file, wanted)? } else { file.bytes.to_vec() };
    if let Ok(text) = std::str::from_utf8(&bytes) {
        return Ok(text.trim_start_matches('\u{feff}').to_owned());
    }
    let (text, wrong) = GBK.decode_without_bom_handling(&bytes);
    if wrong {
        return Err(file.fault("bytes that are neither GBK nor UTF-8", "a text in GBK"));
    }
    Ok(text.into_owned())
}

fn unpack(file: &File<'_>, wanted: &str) -> Result<Vec<u8>, Fault> {
    let broken = |error: zip::result::ZipError| file.fault(error, "a zip archive");
    let mut zip = zip::ZipArchive::new(Cursor::new(file.bytes)).map_err(broken)?;
    if zip.len() > ENTRIES_MAX {
        return Err(file.fault(format!("{} files in the zip", zip.len()), format!("at most {ENTRIES_MAX}")));
    }
    let mut found = None;
    for at in 0..zip.len() {
        let name = entry_name(zip.by_index_raw(at).map_err(broken)?.name_raw());
        if name.contains(wanted) && !name.contains("汇总") {
            if found.is_some() {
                return Err(file.fault("several such files in the zip", format!("one file {wanted}")));
            }
            found = Some(at);
        }
    }
    let Some(at) = found else {
        return Err(file.fault("no such file in the zip", format!("a file {wanted}.csv in it")));
    };
    let entry = zip.by_index(at).map_err(broken)?;
    let mut bytes = Vec::new();
    // What the zip says about its size is not believed.
    entry
        .take(FILE_BYTES_MAX as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| file.fault(error, "a file that can be unpacked"))?;
    if bytes.len() > FILE_BYTES_MAX {
        return Err(file.fault("more bytes when unpacked", format!("at most {FILE_BYTES_MAX}")));
    }
    Ok(bytes)
}

/// A total in a comment: `#交易合计：2笔，商家实收共10.00元，…`.
struct Total {
    row: u64,
    count: Decimal,
    sum: Decimal,
}

fn total(file: &File<'_>, text: &str, name: &str) -> Result<Option<Total>, Fault> {
    let found = text.lines().enumerate().find(|(_, line)| {
        line.strip_prefix('#').is_some_and(|rest| rest.trim_start().starts_with(&format!("{name}合计")))
    });
    let Some((at, line)) = found else { return Ok(None) };
    let row = at as u64 + 1;
    let wrong = || file.fault(line, format!("#{name}合计：N笔，…共X元")).at(row);
    let rest = line.split_once("合计").map_or("", |(_, rest)| rest).trim_start_matches(['：', ':']);
    let (count, rest) = rest.split_once('笔').ok_or_else(wrong)?;
    let (sum, _) = rest.split_once('共').and_then(|(_, rest)| rest.split_once('元')).ok_or_else(wrong)?;
    let (Some(count), Some(sum)) = (decimal(count), decimal(sum)) else { return Err(wrong()) };
    Ok(Some(Total { row, count, sum }))
}

fn check(file: &File<'_>, text: &str, name: &str, count: u64, sum: Decimal) -> Result<(), Fault> {
    match total(file, text, name)? {
        Some(total) => {
            agree(file, total.row, &format!("{name}合计 笔数"), total.count, count.into())?;
            agree(file, total.row, &format!("{name}合计"), total.sum.abs().normalize(), sum.abs().normalize())
        }
        None => Err(file.fault("no such total", format!("a line #{name}合计: the file was cut off"))),
    }
}

/// Goes through the rows behind the head.
fn rows(
    file: &File<'_>,
    text: &str,
    demanded: &[&str],
    mut each: impl FnMut(&Row<'_>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut head: Option<Head> = None;
    records(file, text, b',', |row, cells| {
        let Some(head) = &head else {
            let names = Head::new(file, &cells, row)?;
            names.demand(file, demanded, row)?;
            head = Some(names);
            return Ok(());
        };
        each(&Row { file, head, cells: &cells, row }.checked()?)
    })?;
    match head {
        Some(_) => Ok(()),
        None => Err(file.fault("no head", format!("a line with the columns {}", demanded.join(", ")))),
    }
}

fn yuan(file: &File<'_>) -> Result<Currency, Fault> {
    file.currency.map_or_else(|| "CNY".parse().map_err(|_| file.fault("CNY", "a currency")), Ok)
}

/// The bill of trades.
pub(super) fn trades(file: &File<'_>) -> Result<Vec<Line>, Fault> {
    let (text, currency) = (text(file, "业务明细")?, yuan(file)?);
    let mut lines = Vec::new();
    let (mut paid, mut returned) = ((0, Decimal::ZERO), (0, Decimal::ZERO));
    rows(file, &text, &TRADES, |row| {
        let kind = match row.text("业务类型") {
            "交易" => Kind::Payment,
            "退款" => Kind::Refund,
            _ => return Err(row.fault("业务类型", "交易 or 退款")),
        };
        let sums = if kind == Kind::Payment { &mut paid } else { &mut returned };
        *sums = (sums.0 + 1, sums.1 + row.decimal("商家实收")?);
        let (at, day) = row.local("完成时间")?;
        let amount = row.amount("订单金额", currency)?;
        let fee = row.amount("服务费", currency)?.minor.abs();
        let number = if kind == Kind::Payment { "商户订单号" } else { "退款批次号/请求号" };
        file.more(
            &mut lines,
            Line {
                kind,
                number: row.text(number).to_owned(),
                reference: row.text("支付宝交易号").to_owned(),
                amount: Amount { minor: amount.minor.abs(), ..amount },
                // Kept of a payment, given back with a refund, whatever its sign here.
                fee: Some(Amount::new(if kind == Kind::Payment { fee } else { -fee }, currency)),
                at: Some(at),
                day,
                standing: Standing::Done,
                text: String::new(),
                row: row.row,
            },
        )
    })?;
    check(file, &text, "交易", paid.0, paid.1)?;
    check(file, &text, "退款", returned.0, returned.1)?;
    Ok(lines)
}

/// The bill of the account's movements.
pub(super) fn funds(file: &File<'_>) -> Result<Vec<Line>, Fault> {
    let (text, currency) = (text(file, "账务明细")?, yuan(file)?);
    let mut lines = Vec::new();
    let (mut come, mut gone) = ((0, Decimal::ZERO), (0, Decimal::ZERO));
    rows(file, &text, &FUNDS, |row| {
        let of = |column: &str| match row.text(column) {
            "" => Ok(Amount::zero(currency)),
            _ => row.amount(column, currency),
        };
        let (income, expense) = (of("收入金额")?, of("支出金额")?);
        let gain = income.minor.saturating_sub(expense.minor.abs());
        for (sums, amount) in [(&mut come, income), (&mut gone, expense)] {
            if !amount.is_zero() {
                *sums = (sums.0 + 1, sums.1 + amount.decimal().abs());
            }
        }
        let kind = match row.text("业务类型") {
            "在线支付" | "交易" => Kind::Payment,
            "交易退款" | "退款" | "退款（交易退款）" => Kind::Refund,
            "收费" | "服务费" => Kind::Fee,
            "提现" => Kind::Payout,
            _ => Kind::Other,
        };
        let (at, day) = row.local("发生时间")?;
        let minor = if matches!(kind, Kind::Payment | Kind::Other) { gain } else { -gain };
        file.more(
            &mut lines,
            Line {
                kind,
                number: row.text("商户订单号").to_owned(),
                reference: row.text("账务流水号").to_owned(),
                amount: Amount::new(minor, currency),
                fee: None,
                at: Some(at),
                day,
                standing: Standing::Done,
                text: row.text("备注").to_owned(),
                row: row.row,
            },
        )
    })?;
    check(file, &text, "收入", come.0, come.1)?;
    check(file, &text, "支出", gone.0, gone.1)?;
    Ok(lines)
}
