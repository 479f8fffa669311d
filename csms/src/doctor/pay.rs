//! What payments need beside a provider.

use super::Finding;
use crate::config::Config;

/// Can drivers be sent anything? Without that, no second verification can be asked for.
pub fn messages(config: &Config) -> Option<Finding> {
    if config.pay.accounts.is_empty() {
        return None;
    }
    let (smtp, hook) = (!config.messages.smtp_url.is_empty(), !config.messages.hook_url.is_empty());
    Some(match (smtp, hook) {
        (_, true) => Finding::good("messages", "go to drivers by messages.hook_url"),
        (true, false) => Finding::good("messages", "go to drivers by messages.smtp_url"),
        (false, false) => Finding::warning(
            "messages",
            "nothing can be sent to drivers: a payment that rules want a code for goes on without one, as a case",
            "set messages.smtp_url or messages.hook_url, and look at csms risk cases list until then",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::PayAccount, doctor::Grade};
    use payments::provider::{Setup, terminal};

    #[test]
    fn who_takes_payments_is_told_that_no_code_can_be_sent() {
        let mut config = Config::default();
        assert_eq!(messages(&config), None);
        let setup = Setup::Terminal(terminal::Settings::default());
        config.pay.accounts.push(PayAccount { name: "till".to_owned(), least: None, most: None, setup });
        assert_eq!(messages(&config).map(|finding| finding.grade), Some(Grade::Warning));
        config.messages.smtp_url = "smtps://mail.example".to_owned();
        assert_eq!(messages(&config).map(|finding| finding.grade), Some(Grade::Good));
    }
}
