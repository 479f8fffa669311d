//! Which root certificates a station says that it has.

use serde_json::Value;

/// Reads them off the record of a command's calls: certificateHashData of each, as the station names it. `None`: it does not say.
pub fn certificates(record: &[Value]) -> Option<Vec<Value>> {
    let mut all = Vec::new();
    for entry in record.iter().filter(|entry| entry["action"] == "GetInstalledCertificateIds") {
        let answer = &entry["answer"];
        let list = |field: &str| answer[field].as_array().into_iter().flatten();
        match answer["status"].as_str()? {
            "Accepted" => {
                // 1.6 has them plain, 2.x with those that they have signed.
                all.extend(list("certificateHashData").cloned());
                all.extend(
                    list("certificateHashDataChain").map(|chain| chain["certificateHashData"].clone()),
                );
            }
            "NotFound" => {}
            _ => return None,
        }
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn both_versions_name_what_they_have() {
        let entry =
            |answer: Value| json!({"action": "GetInstalledCertificateIds", "payload": {}, "answer": answer});
        let old = entry(json!({"status": "Accepted", "certificateHashData": [{"serialNumber": "1"}]}));
        let none = entry(json!({"status": "NotFound"}));
        let chain =
            json!([{"certificateType": "CSMSRootCertificate", "certificateHashData": {"serialNumber": "2"}}]);
        let new = entry(json!({"status": "Accepted", "certificateHashDataChain": chain}));
        let serials = |record: &[Value]| {
            certificates(record)
                .map(|all| all.iter().map(|data| data["serialNumber"].clone()).collect::<Vec<_>>())
        };
        assert_eq!(serials(&[old, none.clone()]), Some(vec![json!("1")]));
        assert_eq!(serials(&[new]), Some(vec![json!("2")]));
        assert_eq!(serials(&[none]), Some(Vec::new()));
        let failed = json!({"action": "GetInstalledCertificateIds", "error": {"code": "NotImplemented"}});
        assert_eq!(serials(&[failed]), None);
    }
}
