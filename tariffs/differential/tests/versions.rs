//! The same tariff and the same CDR, said in OCPI 2.2.1 and in 2.3.0, come to the same.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use tariffs::Policy;
use tariffs::ocpi::Version;
use tariffs_differential::ours;
use tariffs_differential::pair::Pair;

/// A tariff of 2.2.1 in 2.3.0: its prices are net, and limits have other names.
fn newer_tariff(tariff: &str) -> String {
    tariff
        .replacen(r#""currency":"EUR","#, r#""currency":"EUR","tax_included":"NO","#, 1)
        .replace("excl_vat", "before_taxes")
        .replace("incl_vat", "after_taxes")
}

/// A CDR of 2.2.1 in 2.3.0: its costs list their taxes.
fn newer_cdr(cdr: &str) -> String {
    cdr.replace(r#"{"excl_vat":0,"incl_vat":0}"#, r#"{"before_taxes":0,"taxes":[]}"#)
}

#[test]
fn a_pair_costs_the_same_in_both_versions() {
    let mut count = 0;
    for pair in (0..2_000).map(Pair::draw) {
        let (cdr, tariff) = (pair.cdr.to_string(), pair.tariff.to_string());
        let (newer_cdr, newer_tariff) = (newer_cdr(&cdr), newer_tariff(&tariff));
        assert!(newer_tariff != tariff && newer_cdr != cdr);
        let (tz, policy) = (pair.session.tz, Policy::default());
        let older = ours::totals(&cdr, &tariff, tz, policy);
        let newer = ours::totals_as(Version::V2_3_0, &newer_cdr, &newer_tariff, tz, policy);
        assert_eq!(older, newer, "seed {}\n{newer_tariff}\n{newer_cdr}", pair.seed);
        count += u32::from(older.is_ok());
    }
    assert!(count > 1_500, "only a few are refused");
}
