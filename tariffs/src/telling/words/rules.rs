//! What holds beside prices, in words: steps, limits, caps, discounts, taxes, validity, energy.

use rust_decimal::Decimal;

use crate::model::adjust::{Cap, CapPeriod, Discount};
use crate::model::offer::{EnergyMix, Impact, Kind, Source};
use crate::model::tariff::{Dimension, Tariff, TaxIncluded};
use crate::model::tax::TaxSet;
use crate::telling::explain::Language;
use crate::telling::ladder::Ladder;
use crate::telling::words::amounts::{self, Amount};
use crate::telling::words::{dimension, listed, time};

pub(super) fn kind(kind: Kind, language: Language) -> String {
    let text = match kind {
        Kind::AdHocPayment => {
            language.say("For payment on the spot, without a contract", "适用于无合约的即时支付")
        }
        Kind::ProfileCheap => language.say("For drivers who prefer a low price", "适用于价格优先的充电"),
        Kind::ProfileFast => language.say("For drivers who prefer speed", "适用于速度优先的充电"),
        Kind::ProfileGreen => language.say("For drivers who prefer clean energy", "适用于绿电优先的充电"),
        Kind::Regular => language.say("For charging without a preference", "适用于普通充电"),
    };
    text.to_owned()
}

/// The steps in which a total is billed, where they are more than the unit itself.
pub(super) fn step_size(ladder: &Ladder<'_>, name: &str, language: Language) -> Option<String> {
    let dimension = ladder.subject.dimension();
    let mut sizes: Vec<u32> = ladder.live().map(|rung| rung.component.step_size).collect();
    sizes.sort_unstable();
    sizes.dedup();
    sizes.retain(|size| *size > 1);
    if sizes.is_empty() || dimension == Dimension::Flat {
        return None;
    }
    let sizes: Vec<String> = sizes
        .into_iter()
        .map(|size| match dimension {
            Dimension::Time | Dimension::ParkingTime => time::length(size, language),
            _ if size % 100 == 0 => {
                format!("{} kWh", (Decimal::from(size) / Decimal::ONE_THOUSAND).normalize())
            }
            _ => format!("{size} Wh"),
        })
        .collect();
    let sizes = sizes.join(language.say(" or ", "或"));
    Some(match language {
        Language::English => format!("{name}: billed in started steps of {sizes}"),
        Language::Chinese => format!("{name}：以{sizes}为计费单位，不足一个单位的按一个单位计"),
    })
}

pub(super) fn limits(tariff: &Tariff, language: Language) -> Vec<String> {
    let limits = [
        (tariff.min_price, language.say("A session costs at least {}", "单次最低收费 {}")),
        (tariff.max_price, language.say("A session costs at most {}", "单次最高收费 {}")),
    ];
    let texts = limits.into_iter().filter_map(|(limit, words)| {
        let amount = Amount::of_limit(limit?, tariff);
        Some(words.replace("{}", &both(tariff, amount, language)))
    });
    texts.collect()
}

/// The gross, and the net where it is another and prices are net.
fn both(tariff: &Tariff, amount: Amount, language: Language) -> String {
    let gross = amounts::money(amount.gross, tariff.currency, language);
    if amount.net == amount.gross || tariff.tax_included == TaxIncluded::Yes {
        return gross;
    }
    let net = amounts::money(amount.net, tariff.currency, language);
    match language {
        Language::English => format!("{gross} ({net} before tax)"),
        Language::Chinese => format!("{gross}（不含税 {net}）"),
    }
}

pub(super) fn cap(tariff: &Tariff, cap: &Cap, language: Language) -> String {
    let what = dimensions(tariff, &cap.dimensions, language);
    let amount = both(tariff, cap_amount(tariff, cap), language);
    let (name, per) = (brackets(&cap.name, language), cap_period(cap.per, language));
    match language {
        Language::English => format!("At most {amount} {per} for {what}{name}"),
        Language::Chinese => format!("{what}{per}最高 {amount}{name}"),
    }
}

pub(super) fn cap_period(per: CapPeriod, language: Language) -> &'static str {
    match per {
        CapPeriod::Session => language.say("per session", "每次"),
        CapPeriod::Day => language.say("per day", "每天"),
    }
}

/// A cap with and without the taxes that all it caps have.
pub(super) fn cap_amount(tariff: &Tariff, cap: &Cap) -> Amount {
    let mut charging = tariff.elements.iter().filter(|element| element.restrictions.reservation.is_none());
    let capped = charging.find_map(|element| {
        element.components.iter().find(|component| cap.dimensions.contains(&component.dimension))
    });
    let taxes = capped.map_or_else(TaxSet::none, |component| tariff.taxes_of(component));
    Amount::new(cap.amount, tariff, &taxes)
}

pub(super) fn dimensions(tariff: &Tariff, given: &[Dimension], language: Language) -> String {
    let apart = tariff.prices(Dimension::Service);
    let names = given.iter().map(|given| dimension(*given, apart, language).to_owned());
    listed(&names.collect::<Vec<_>>(), language)
}

fn brackets(name: &str, language: Language) -> String {
    match language {
        _ if name.is_empty() => String::new(),
        Language::English => format!(" ({name})"),
        Language::Chinese => format!("（{name}）"),
    }
}

pub(super) fn discount(tariff: &Tariff, discount: &Discount, language: Language) -> String {
    let name = &discount.name;
    let text = if let Some(percent) = discount.percent {
        let percent = percent.normalize();
        let of = dimensions(tariff, &discount.dimensions, language);
        match language {
            Language::English if of.is_empty() => format!("{percent} % off"),
            Language::English => format!("{percent} % off {of}"),
            Language::Chinese => format!("{of}优惠 {percent}%"),
        }
    } else if let Some(amount) = discount.amount {
        let amount = amounts::money(amount, tariff.currency, language);
        let net = amount_is_net(tariff);
        match language {
            Language::English => format!("{amount} off{}", if net { " before tax" } else { "" }),
            Language::Chinese => format!("{}减 {amount}", if net { "税前" } else { "立" }),
        }
    } else if let Some(kwh) = discount.free_kwh {
        let kwh = kwh.normalize();
        match language {
            Language::English => format!("the first {kwh} kWh are free"),
            Language::Chinese => format!("前 {kwh} kWh 免费"),
        }
    } else {
        let length = time::length(discount.free_seconds.unwrap_or_default(), language);
        match language {
            Language::English => format!("the first {length} of charging are free"),
            Language::Chinese => format!("前{length}充电时长免费"),
        }
    };
    format!("{name}{}{text}", language.say(": ", "："))
}

fn amount_is_net(tariff: &Tariff) -> bool {
    tariff.tax_included == TaxIncluded::No && tariff.tax_sets().iter().any(|set| set.factor() != Decimal::ONE)
}

/// What is to be said of taxes once for all prices.
pub(super) fn taxes(tariff: &Tariff, language: Language) -> Option<String> {
    let sets = tariff.tax_sets();
    let text = match (tariff.tax_included, sets.as_slice()) {
        (TaxIncluded::NotApplicable, _) => language.say("No tax is due", "无需缴税").to_owned(),
        (TaxIncluded::Yes, [one]) => {
            let tax = amounts::tax(one, language);
            match language {
                _ if tax.is_empty() => {
                    language.say("Prices include all taxes", "价格已含所有税费").to_owned()
                }
                Language::English => format!("Prices incl. {tax}"),
                Language::Chinese => format!("价格已含 {tax}"),
            }
        }
        // Prices tell their taxes themselves.
        (TaxIncluded::Yes, _) => return None,
        (TaxIncluded::No, _) => {
            let untaxed = sets.iter().any(|set| amounts::tax(set, language).is_empty());
            let words = match (untaxed, sets.len()) {
                (false, _) => return None,
                (true, 1) => language.say("No VAT applies", "不适用增值税"),
                (true, _) => {
                    language.say("No VAT applies to prices that name none", "未注明税率的价格不适用增值税")
                }
            };
            words.to_owned()
        }
    };
    Some(text)
}

pub(super) fn validity(tariff: &Tariff, language: Language) -> Option<String> {
    let from = tariff.valid_from.map(|at| time::instant(at, language));
    let to = tariff.valid_to.map(|at| time::instant(at, language));
    Some(match (from, to, language) {
        (None, None, _) => return None,
        (Some(from), Some(to), Language::English) => {
            format!("For sessions that start from {from} until before {to}")
        }
        (Some(from), None, Language::English) => format!("For sessions that start from {from}"),
        (None, Some(to), Language::English) => format!("For sessions that start before {to}"),
        (Some(from), Some(to), Language::Chinese) => format!("适用于 {from} 起、{to} 之前开始的充电"),
        (Some(from), None, Language::Chinese) => format!("适用于 {from} 起开始的充电"),
        (None, Some(to), Language::Chinese) => format!("适用于 {to} 之前开始的充电"),
    })
}

pub(super) fn energy_mix(mix: &EnergyMix, language: Language) -> String {
    let mut parts = Vec::new();
    if mix.green {
        parts.push(language.say("all from green sources", "全部为绿色能源").to_owned());
    }
    let share = |percent: Decimal, name: &str| match language {
        Language::English => format!("{} % {name}", percent.normalize()),
        Language::Chinese => format!("{name} {}%", percent.normalize()),
    };
    let sources =
        mix.sources.iter().map(|source| share(source.percent, self::source(source.source, language)));
    parts.extend(sources);
    parts.extend(mix.impacts.iter().map(|impact| {
        let name = match impact.category {
            Impact::CarbonDioxide => language.say("of CO2", "二氧化碳"),
            Impact::NuclearWaste => language.say("of nuclear waste", "核废料"),
        };
        match language {
            Language::English => format!("{} g {name} per kWh", impact.amount.normalize()),
            Language::Chinese => format!("每 kWh {name} {} g", impact.amount.normalize()),
        }
    }));
    let seller: Vec<&str> = [&mix.supplier, &mix.product]
        .into_iter()
        .map(String::as_str)
        .filter(|name| !name.is_empty())
        .collect();
    if !seller.is_empty() {
        let seller = seller.join(language.say(", ", "，"));
        parts.push(format!("{}{seller}", language.say("sold by ", "售电方 ")));
    }
    if parts.is_empty() {
        parts.push(language.say("not all from green sources", "并非全部为绿色能源").to_owned());
    }
    format!(
        "{}{}",
        language.say("Where the energy comes from: ", "电力来源："),
        parts.join(language.say(", ", "，"))
    )
}

fn source(source: Source, language: Language) -> &'static str {
    match source {
        Source::Nuclear => language.say("nuclear", "核能"),
        Source::GeneralFossil => language.say("fossil", "化石能源"),
        Source::Coal => language.say("coal", "煤炭"),
        Source::Gas => language.say("gas", "天然气"),
        Source::GeneralGreen => language.say("green", "绿色能源"),
        Source::Solar => language.say("solar", "太阳能"),
        Source::Wind => language.say("wind", "风能"),
        Source::Water => language.say("water", "水能"),
    }
}
