//! The fixed texts of documents.

use super::document::Kind;
use tariffs::Language;

/// The texts in one language.
#[derive(Debug)]
pub struct Words {
    pub receipt: &'static str,
    pub invoice: &'static str,
    pub correction: &'static str,
    pub number: &'static str,
    pub date: &'static str,
    pub seller: &'static str,
    pub buyer: &'static str,
    pub tax_id: &'static str,
    pub order: &'static str,
    pub place: &'static str,
    pub period: &'static str,
    pub energy: &'static str,
    pub what: &'static str,
    pub net: &'static str,
    pub tax: &'static str,
    pub gross: &'static str,
    pub rate: &'static str,
    pub no_tax: &'static str,
    pub total: &'static str,
    pub payments: &'static str,
    pub paid: &'static str,
    pub open: &'static str,
    pub meter: &'static str,
    pub register: &'static str,
    pub signed: &'static str,
    pub tariff: &'static str,
    pub corrects: &'static str,
    pub reason: &'static str,
    pub notary: &'static str,
    pub page: &'static str,
}

impl Words {
    /// What the document is called.
    pub fn title(&self, kind: Kind) -> &'static str {
        match kind {
            Kind::Receipt => self.receipt,
            Kind::Invoice => self.invoice,
            Kind::Correction => self.correction,
        }
    }
}

/// The texts of a language.
pub fn words(language: Language) -> &'static Words {
    match language {
        Language::English => &ENGLISH,
        Language::Chinese => &CHINESE,
    }
}

static ENGLISH: Words = Words {
    receipt: "Receipt",
    invoice: "Invoice",
    correction: "Correction note",
    number: "Number",
    date: "Date",
    seller: "Seller",
    buyer: "Buyer",
    tax_id: "Tax ID",
    order: "Order",
    place: "Charging point",
    period: "Period of supply",
    energy: "Energy",
    what: "Item",
    net: "Net",
    tax: "Tax",
    gross: "Gross",
    rate: "Tax rate",
    no_tax: "no tax",
    total: "Total",
    payments: "Payments",
    paid: "Paid",
    open: "Still to be paid",
    meter: "Meter",
    register: "Register at start and stop",
    signed: "Signed meter records kept",
    tariff: "Tariff as agreed (SHA-256)",
    corrects: "Corrects",
    reason: "Reason",
    notary: "Sealed in the ledger",
    page: "Page",
};

static CHINESE: Words = Words {
    receipt: "收据",
    invoice: "账单",
    correction: "更正单",
    number: "编号",
    date: "日期",
    seller: "销售方",
    buyer: "购买方",
    tax_id: "税号",
    order: "订单",
    place: "充电点",
    period: "服务时间",
    energy: "电量",
    what: "项目",
    net: "不含税",
    tax: "税额",
    gross: "含税",
    rate: "税率",
    no_tax: "不征税",
    total: "合计",
    payments: "付款",
    paid: "已付",
    open: "未付",
    meter: "电表",
    register: "起止表底",
    signed: "已保存的签名计量记录",
    tariff: "约定价格（SHA-256）",
    corrects: "更正",
    reason: "原因",
    notary: "已存证于账本",
    page: "第",
};
