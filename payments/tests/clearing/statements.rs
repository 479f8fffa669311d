use payments::clearing::read::{Columns, File, Format, read};
use payments::clearing::{Fault, Line};
use std::fmt::Write as _;
use std::io::Write as _;

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/clearing/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn read_as(name: &str, bytes: &[u8], format: Format) -> Result<Vec<Line>, Fault> {
    let columns = Columns {
        day: "Buchungstag".into(),
        amount: "Betrag".into(),
        reference: "Referenz".into(),
        text: vec!["Verwendungszweck".into()],
        delimiter: ";".into(),
        date_format: "%d.%m.%Y".into(),
        decimal_comma: true,
        ..Columns::default()
    };
    let currency = (format == Format::BankCsv).then(|| "EUR".parse().unwrap());
    let zone = chrono_tz::Asia::Shanghai;
    read(&File { name, bytes, format, zone, currency, columns: Some(&columns) })
}

/// The lines for a person to compare: kind number reference amount fee instant-or-day standing text
fn told(name: &str, format: Format) -> String {
    let mut text = String::new();
    for line in read_as(name, &fixture(name), format).unwrap() {
        let fee = line.fee.map_or("-".to_owned(), |fee| fee.decimal().to_string());
        let at = line.at.map_or("-".to_owned(), |at| at.to_rfc3339());
        let words = [line.kind.word(), &line.number, &line.reference].join(" ");
        let day = line.day;
        writeln!(text, "{words} {} {fee} {at} {day} {} |{}", line.amount, line.standing.word(), line.text)
            .unwrap();
    }
    text
}

#[test]
fn the_bills_of_wechat_are_read() {
    insta::assert_snapshot!("wechat_v3_trades", told("wechat_v3_trades.csv", Format::WechatTrades));
    insta::assert_snapshot!("wechat_v2_trades", told("wechat_v2_trades.csv", Format::WechatTrades));
    insta::assert_snapshot!("wechat_v3_funds", told("wechat_v3_funds.csv", Format::WechatFunds));
}

#[test]
fn the_bills_of_alipay_are_read_from_a_zip_in_gbk() {
    insta::assert_snapshot!("alipay_trades", told("alipay_trades.zip", Format::AlipayTrades));
    insta::assert_snapshot!("alipay_funds", told("alipay_funds.csv", Format::AlipayFunds));
}

#[test]
fn the_balance_of_stripe_is_read() {
    insta::assert_snapshot!("stripe_csv", told("stripe.csv", Format::StripeCsv));
    insta::assert_snapshot!("stripe_json", told("stripe.json", Format::StripeJson));
}

#[test]
fn plain_files_are_read() {
    insta::assert_snapshot!("wattline", told("wattline.csv", Format::Wattline));
    insta::assert_snapshot!("bank_csv", told("bank.csv", Format::BankCsv));
}

#[test]
fn the_statements_of_banks_are_read_with_their_batches_and_reversals() {
    insta::assert_snapshot!("camt053", told("camt053.xml", Format::Camt053));
    insta::assert_snapshot!("mt940", told("mt940.sta", Format::Mt940));
}

#[test]
fn a_format_is_known_by_its_first_bytes() {
    for (name, format) in [
        ("wechat_v3_trades.csv", Format::WechatTrades),
        ("wechat_v2_trades.csv", Format::WechatTrades),
        ("wechat_v3_funds.csv", Format::WechatFunds),
        ("alipay_trades.zip", Format::AlipayTrades),
        ("alipay_funds.csv", Format::AlipayFunds),
        ("stripe.csv", Format::StripeCsv),
        ("stripe.json", Format::StripeJson),
        ("wattline.csv", Format::Wattline),
        ("camt053.xml", Format::Camt053),
        ("mt940.sta", Format::Mt940),
    ] {
        assert_eq!(Format::guess(&fixture(name)), Some(format), "{name}");
    }
    assert_eq!(Format::guess(&fixture("bank.csv")), None);
    assert_eq!(Format::guess(b""), None);
}

/// What is changed in a file (its text, whatever it is encoded in), and what the fault says.
const DAMAGE: [(&str, Format, &str, &str, &str); 17] = [
    (
        "wechat_v3_trades.csv",
        Format::WechatTrades,
        "`80.00,`25.00",
        "`80.01,`25.00",
        "line 7, 应结订单总金额",
    ),
    (
        "wechat_v3_trades.csv",
        Format::WechatTrades,
        "`0.33000",
        "`0.34000",
        "手续费总金额: found \"0.34\", expected 0.33",
    ),
    ("wechat_v3_trades.csv", Format::WechatTrades, "`4,`80", "`5,`80", "line 7, 总交易单数"),
    ("wechat_v3_trades.csv", Format::WechatTrades, "商户退款单号", "退款单", "line 1, 商户退款单号"),
    (
        "wechat_v3_trades.csv",
        Format::WechatTrades,
        "2026-10-01 09:10:00",
        "yesterday",
        "line 4, 交易时间: found \"yesterday\"",
    ),
    ("wechat_v3_trades.csv", Format::WechatTrades, "`PROCESSING", "`MAYBE", "line 5, 退款状态"),
    (
        "wechat_v3_trades.csv",
        Format::WechatTrades,
        "`1900000001,`0,",
        "`1900000001,",
        "line 2: found \"26 cells\", expected 27",
    ),
    ("wechat_v3_funds.csv", Format::WechatFunds, "`2,`40.30", "`2,`40.31", "line 6, 支出金额"),
    (
        "stripe.csv",
        Format::StripeCsv,
        "24.40",
        "24.41",
        "line 2, net: found \"24.41\", expected amount − fee",
    ),
    (
        "stripe.csv",
        Format::StripeCsv,
        "eur,2026-10-01 09:00",
        "xxx,2026-10-01 09:00",
        "line 3, currency: found \"xxx\"",
    ),
    ("stripe.json", Format::StripeJson, "\"has_more\":false", "\"has_more\":true", "has_more"),
    ("stripe.json", Format::StripeJson, "\"net\":475", "\"net\":474", "line 2, net"),
    (
        "wattline.csv",
        Format::Wattline,
        "#total,3,10.00",
        "#total,3,10.01",
        "line 5, payments: found \"10.01\", expected 10",
    ),
    ("camt053.xml", Format::Camt053, "\"EUR\">139.40", "\"EUR\">139.41", "139.41 EUR"),
    (
        "camt053.xml",
        Format::Camt053,
        "\"EUR\">30.00",
        "\"EUR\">30.01",
        "line 7, Ntry: found \"49.41 EUR in the batch\"",
    ),
    ("camt053.xml", Format::Camt053, "<Document ", "<!DOCTYPE x [<!ENTITY a 'b'>]><Document ", "a DTD"),
    ("mt940.sta", Format::Mt940, "C261002EUR102,40", "C261002EUR102,41", "line 11, 62F"),
];

#[test]
fn a_damaged_file_is_refused_with_its_place() {
    for (name, format, was, is, expected) in DAMAGE {
        let text = String::from_utf8(fixture(name)).unwrap();
        assert!(text.contains(was), "{name} has {was}");
        let fault = read_as(name, text.replacen(was, is, 1).as_bytes(), format).unwrap_err().to_string();
        assert!(fault.starts_with(name) && fault.contains(expected), "{was} → {is}: {fault}");
    }
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    for (name, format) in [
        ("wechat_v3_trades.csv", Format::WechatTrades),
        ("alipay_trades.zip", Format::AlipayTrades),
        ("alipay_funds.csv", Format::AlipayFunds),
        ("stripe.json", Format::StripeJson),
        ("camt053.xml", Format::Camt053),
        ("mt940.sta", Format::Mt940),
    ] {
        let whole = fixture(name);
        let lines = read_as(name, &whole, format).unwrap();
        for end in 0..whole.len().saturating_sub(1) {
            // The last bytes may be comments and line ends: then the lines are all there.
            if let Ok(fewer) = read_as(name, &whole[..end], format) {
                assert_eq!(fewer.len(), lines.len(), "{name} cut at {end}");
            }
        }
    }
}

#[test]
fn the_totals_of_alipay_are_checked() {
    let name = "alipay_funds.csv";
    let text = fixture(name);
    let at = text.windows(6).rposition(|bytes| bytes == b"100.00").unwrap();
    let mut changed = text.clone();
    changed[at] = b'2';
    let fault = read_as(name, &changed, Format::AlipayFunds).unwrap_err().to_string();
    assert!(fault.contains("line 10, 收入合计"), "{fault}");
}

#[test]
fn a_zip_that_grows_without_end_is_refused() {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("x_业务明细.csv", zip::write::SimpleFileOptions::default()).unwrap();
    let zeros = vec![b'#'; 1 << 20];
    for _ in 0..257 {
        zip.write_all(&zeros).unwrap();
    }
    let bomb = zip.finish().unwrap().into_inner();
    assert!(bomb.len() < 2 << 20, "{} bytes", bomb.len());
    let fault = read_as("bomb.zip", &bomb, Format::AlipayTrades).unwrap_err().to_string();
    assert!(fault.contains("more bytes when unpacked"), "{fault}");
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_a_reader_fall(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
        for format in Format::ALL {
            let _ = read_as("noise", &bytes, format);
        }
        let _ = Format::guess(&bytes);
    }

    #[test]
    fn no_change_of_one_byte_makes_a_reader_fall(at in 0_usize..4000, byte in proptest::prelude::any::<u8>()) {
        for (name, format) in [
            ("wechat_v3_trades.csv", Format::WechatTrades), ("alipay_trades.zip", Format::AlipayTrades),
            ("stripe.json", Format::StripeJson), ("camt053.xml", Format::Camt053), ("mt940.sta", Format::Mt940),
        ] {
            let mut bytes = fixture(name);
            let at = at % bytes.len();
            bytes[at] = byte;
            let _ = read_as(name, &bytes, format);
        }
    }
}
