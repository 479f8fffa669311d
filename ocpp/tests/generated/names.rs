//! Names of the standard as names of Rust.

/// `evseId` → `evse_id`.
pub fn field(wire: &str) -> String {
    let mut text = wire.to_owned();
    // Written as one word, whatever their case.
    for (word, plain) in
        [("SoC", "Soc"), ("soC", "soc"), ("soH", "soh"), ("V2X", "V2x"), ("EMAIDs", "Emaids")]
    {
        text = text.replace(word, plain);
    }
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::new();
    for (i, c) in chars.iter().enumerate() {
        let before = i.checked_sub(1).map(|i| chars[i]);
        let starts = before.is_some_and(|b| {
            b.is_ascii_lowercase()
                || b.is_ascii_digit()
                || b.is_ascii_uppercase() && chars.get(i + 1).is_some_and(char::is_ascii_lowercase)
        });
        if c.is_ascii_uppercase() && starts {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    if matches!(out.as_str(), "type" | "final" | "match" | "ref" | "use" | "in" | "mod" | "loop") {
        out.insert_str(0, "r#");
    }
    out
}

/// What serde makes of a Rust name under `rename_all = "camelCase"`.
pub fn camel(rust: &str) -> String {
    let mut out = String::new();
    let mut upper = false;
    for c in rust.trim_start_matches("r#").chars() {
        if c == '_' {
            upper = true;
        } else {
            out.push(if upper { c.to_ascii_uppercase() } else { c });
            upper = false;
        }
    }
    out
}

/// `IdTokenType` → `IdToken`, `ReasonEnumType` → `ReasonEnum`. Enums of 1.6 such as `ResetType` keep their names.
pub fn shared(name: &str, is_object: bool) -> &str {
    match name.strip_suffix("Type") {
        Some(short) if is_object || short.ends_with("Enum") => short,
        _ => name,
    }
}

/// `Energy.Active.Import.Register` → `EnergyActiveImportRegister`, `eMAID` → `EMAID`.
pub fn variant(word: &str) -> String {
    word.split(|c: char| !c.is_ascii_alphanumeric())
        .map(|part| {
            let mut chars = part.chars();
            chars.next().map(|c| c.to_ascii_uppercase()).into_iter().chain(chars).collect::<String>()
        })
        .collect()
}

#[test]
fn names() {
    for (wire, rust) in [
        ("evseId", "evse_id"),
        ("responderURL", "responder_url"),
        ("evMaximumLevel1DCInjection", "ev_maximum_level1_dc_injection"),
        ("limitAtSoC", "limit_at_soc"),
        ("evMinV2XEnergyRequest", "ev_min_v2x_energy_request"),
        ("prioritizedEMAIDs", "prioritized_emaids"),
        ("discharge_L2", "discharge_l2"),
        ("type", "r#type"),
    ] {
        assert_eq!(field(wire), rust);
    }
    assert_eq!(camel("evse_id"), "evseId");
    assert_eq!(variant("L1-N"), "L1N");
    assert_eq!(variant("AC_single_phase"), "ACSinglePhase");
    assert_eq!((shared("ResetType", false), shared("FirmwareType", true)), ("ResetType", "Firmware"));
}
