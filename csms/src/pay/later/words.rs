//! What drivers are told about open bills.

/// What a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// The bank wants the driver to confirm, or the method was refused: pay by the link.
    Asked,
    /// All debits have failed: nothing can be begun any more.
    Owing,
    /// It is still open.
    Reminder,
    /// The balance did not cover it.
    Short,
}

impl Word {
    /// In keys and in the story.
    pub fn word(self) -> &'static str {
        match self {
            Word::Asked => "asked",
            Word::Owing => "owing",
            Word::Reminder => "reminder",
            Word::Short => "short",
        }
    }
}

/// Subject and text.
pub(super) fn text(word: Word, language: &str, place: &str, amount: &str) -> (String, String) {
    if language.starts_with("zh") {
        let subject = match word {
            Word::Asked => format!("请支付充电费用 {amount}"),
            Word::Owing | Word::Short => format!("充电费用 {amount} 未支付"),
            Word::Reminder => format!("提醒：充电费用 {amount} 未支付"),
        };
        let text = match word {
            Word::Asked => format!("您在 {place} 的充电费用 {amount} 未能自动扣款。请通过以下链接支付。"),
            Word::Owing => format!(
                "您在 {place} 的充电费用 {amount} 多次扣款未成功。支付之前无法开始新的充电。请通过以下链接支付。"
            ),
            Word::Short => format!(
                "您在 {place} 的充电费用中有 {amount} 超出账户余额。支付之前无法开始新的充电。请通过以下链接支付。"
            ),
            Word::Reminder => {
                format!(
                    "您在 {place} 的充电费用 {amount} 仍未支付。支付之前无法开始新的充电。请通过以下链接支付。"
                )
            }
        };
        return (subject, text);
    }
    let subject = match word {
        Word::Asked => format!("Please pay {amount} for charging"),
        Word::Owing | Word::Short => format!("{amount} for charging is unpaid"),
        Word::Reminder => format!("Reminder: {amount} for charging is unpaid"),
    };
    let text = match word {
        Word::Asked => format!(
            "{amount} for charging at {place} could not be debited from your payment method. Please pay by this link."
        ),
        Word::Owing => format!(
            "{amount} for charging at {place} could not be debited, however often it was tried. You cannot begin to charge \
             until it is paid. Please pay by this link."
        ),
        Word::Short => format!(
            "Your balance did not cover {amount} of what charging at {place} has cost. You cannot begin to charge until it is \
             paid. Please pay by this link."
        ),
        Word::Reminder => format!(
            "{amount} for charging at {place} is still unpaid. You cannot begin to charge until it is paid. Please pay by \
             this link."
        ),
    };
    (subject, text)
}
