//! Parts of calls in Wattline's own words. `None` says that not all of a part can be said.

use serde_json::{Map, Value, json};

/// The fields of an object, taken out one after the other: what is left was not understood.
pub(super) struct Fields(pub(super) Map<String, Value>);

impl Fields {
    pub(super) fn of(value: Value) -> Option<Fields> {
        if let Value::Object(fields) = value { Some(Fields(fields)) } else { None }
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        self.take(name)?.as_str().map(str::to_owned)
    }

    pub(super) fn object(&mut self, name: &str) -> Option<Fields> {
        Fields::of(self.take(name)?)
    }

    pub(super) fn list(&mut self, name: &str) -> Option<Vec<Value>> {
        if let Value::Array(items) = self.take(name)? { Some(items) } else { None }
    }

    /// Each field under our name for it, where it is there.
    pub(super) fn named(&mut self, names: &[(&str, &str)]) -> Value {
        let known = names.iter().filter_map(|(theirs, ours)| Some(((*ours).to_owned(), self.take(theirs)?)));
        Value::Object(known.collect())
    }

    /// Nothing may be left.
    pub(super) fn done<T>(self, made: T) -> Option<T> {
        self.0.is_empty().then_some(made)
    }
}

/// A command of this word with these parameters.
pub(super) fn say(word: &str, mut parameters: Value) -> Value {
    parameters["command"] = json!(word);
    parameters
}

/// Adds a parameter, if there is one.
pub(super) fn put(to: &mut Value, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        to[name] = value.into();
    }
}

/// `UpperThreshold` is `upper-threshold` with us.
pub(super) fn kebab(word: &str) -> String {
    let mut ours = String::new();
    for letter in word.chars() {
        if letter.is_ascii_uppercase() && !ours.is_empty() {
            ours.push('-');
        }
        ours.push(letter.to_ascii_lowercase());
    }
    ours
}

/// Several words, without a common end.
pub(super) fn kebabs(words: Option<Vec<Value>>, end: &str) -> Option<Value> {
    let ours = words?.into_iter().map(|word| {
        let word = word.as_str().unwrap_or_default();
        json!(kebab(word.strip_suffix(end).unwrap_or(word)))
    });
    Some(ours.collect())
}

pub(super) fn reset(mut fields: Fields) -> Option<Value> {
    let kind = match fields.text("type")?.as_str() {
        "Hard" | "Immediate" => "immediate",
        "Soft" | "OnIdle" => "idle",
        "ImmediateAndResume" => "resume",
        _ => return None,
    };
    let mut said = json!({"command": "reset", "kind": kind});
    put(&mut said, "evse", fields.take("evseId"));
    fields.done(said)
}

pub(super) fn identifier(mut fields: Fields) -> Option<Value> {
    let mut said = json!({"uid": fields.take("idToken")?, "kind": fields.take("type")?});
    if let Some(more) = fields.list("additionalInfo") {
        let info = |info: Value| {
            let mut info = Fields::of(info)?;
            let said = json!({"kind": info.take("type")?, "text": info.take("additionalIdToken")?});
            info.done(said)
        };
        let more: Option<Vec<Value>> = more.into_iter().map(info).collect();
        said["more"] = json!(more?);
    }
    fields.done(said)
}

/// The name of a variable, of whatever else stands beside it.
fn name(fields: &mut Fields) -> Option<Value> {
    let mut component = fields.object("component")?;
    let mut said = json!({"component": component.take("name")?, "name": ""});
    put(&mut said, "component_instance", component.take("instance"));
    if let Some(mut evse) = component.object("evse") {
        put(&mut said, "evse", evse.take("id"));
        put(&mut said, "connector", evse.take("connectorId"));
        evse.done(())?;
    }
    component.done(())?;
    if let Some(mut variable) = fields.object("variable") {
        put(&mut said, "name", variable.take("name"));
        put(&mut said, "instance", variable.take("instance"));
        variable.done(())?;
    }
    put(&mut said, "attribute", fields.take("attributeType"));
    Some(said)
}

pub(super) fn variable(item: Value) -> Option<Value> {
    let mut fields = Fields::of(item)?;
    let said = name(&mut fields)?;
    fields.done(said)
}

pub(super) fn setting(item: Value) -> Option<Value> {
    let mut fields = Fields::of(item)?;
    let said = json!({"variable": name(&mut fields)?, "value": fields.take("attributeValue")?});
    fields.done(said)
}

/// Variables, or whole components, that a report is asked for; `Some(None)`: none is named.
pub(super) fn places(fields: &mut Fields) -> Option<Option<Value>> {
    let Some(items) = fields.list("componentVariable") else { return Some(None) };
    let names: Option<Vec<Value>> = items.into_iter().map(variable).collect();
    Some(Some(json!(names?)))
}

pub(super) fn monitor(item: Value) -> Option<Value> {
    let mut fields = Fields::of(item)?;
    let mut said = json!({"variable": name(&mut fields)?, "kind": kebab(&fields.text("type")?)});
    for field in ["value", "severity", "id", "transaction"] {
        put(&mut said, field, fields.take(field));
    }
    if let Some(mut stream) = fields.object("periodicEventStream") {
        let params = stream.named(&[("interval", "interval_s"), ("values", "values")]);
        said["stream"] = stream.done(params)?;
    }
    fields.done(said)
}

/// Of 2.x, and the signed one of 1.6.
pub(super) fn firmware(mut fields: Fields) -> Option<Value> {
    let mut firmware = fields.object("firmware")?;
    let names = [
        ("location", "url"),
        ("retrieveDateTime", "retrieve_at"),
        ("installDateTime", "install_at"),
        ("signingCertificate", "signing_certificate"),
        ("signature", "signature"),
    ];
    let mut said = say("update-firmware", firmware.named(&names));
    firmware.done(())?;
    put(&mut said, "retries", fields.take("retries"));
    put(&mut said, "retry_interval_s", fields.take("retryInterval"));
    fields.done(said)
}

/// By which a certificate is told from others.
pub(super) fn certificate(mut fields: Fields) -> Option<Value> {
    let names = [
        ("hashAlgorithm", "hash_algorithm"),
        ("issuerNameHash", "issuer_name_hash"),
        ("issuerKeyHash", "issuer_key_hash"),
        ("serialNumber", "serial_number"),
    ];
    let said = fields.named(&names);
    fields.done(said)
}

pub(super) fn customer(mut fields: Fields) -> Option<Value> {
    let names = [("report", "report"), ("clear", "clear"), ("customerIdentifier", "customer_identifier")];
    let mut said = say("customer-information", fields.named(&names));
    if let Some(token) = fields.object("idToken") {
        said["token"] = identifier(token)?;
    }
    if let Some(hash) = fields.object("customerCertificate") {
        said["certificate"] = certificate(hash)?;
    }
    fields.done(said)
}

pub(super) fn network(mut fields: Fields) -> Option<Value> {
    let mut data = fields.object("connectionData")?;
    if data.text("ocppTransport")? != "JSON" {
        return None;
    }
    // Wattline says which version a profile is for.
    data.take("ocppVersion");
    let names = [
        ("ocppCsmsUrl", "url"),
        ("messageTimeout", "message_timeout_s"),
        ("securityProfile", "security_profile"),
        ("ocppInterface", "interface"),
        ("identity", "identity"),
        ("basicAuthPassword", "password"),
    ];
    let mut said = say("network-profile", data.named(&names));
    data.done(())?;
    said["slot"] = fields.take("configurationSlot")?;
    fields.done(said)
}

pub(super) fn schedule_update(mut fields: Fields) -> Option<Value> {
    let mut values = fields.object("scheduleUpdate")?;
    let names = [
        ("limit", "limit"),
        ("limit_L2", "limit_l2"),
        ("limit_L3", "limit_l3"),
        ("dischargeLimit", "discharge_limit"),
        ("dischargeLimit_L2", "discharge_limit_l2"),
        ("dischargeLimit_L3", "discharge_limit_l3"),
        ("setpoint", "setpoint"),
        ("setpoint_L2", "setpoint_l2"),
        ("setpoint_L3", "setpoint_l3"),
        ("setpointReactive", "setpoint_reactive"),
        ("setpointReactive_L2", "setpoint_reactive_l2"),
        ("setpointReactive_L3", "setpoint_reactive_l3"),
    ];
    let mut said = say("update-schedule", values.named(&names));
    values.done(())?;
    said["profile"] = fields.take("chargingProfileId")?;
    fields.done(said)
}

/// Of the kind that the cases use.
pub(super) fn der_control(mut fields: Fields) -> Option<Value> {
    let names = [("isDefault", "default"), ("controlId", "id"), ("controlType", "kind")];
    let mut said = say("set-der-control", fields.named(&names));
    let mut limit = fields.object("limitMaxDischarge")?;
    let names = [("priority", "priority"), ("pctMaxDischargePower", "pct_max_discharge_power")];
    let told = limit.named(&names);
    said["limit_max_discharge"] = limit.done(told)?;
    fields.done(said)
}
