//! What a few typed messages look like on the wire.

use ocpp::schema::{Kind, check};
use ocpp::{Call, Version, v2, v16};
use rust_decimal::Decimal;
use serde_json::Value;

/// Encodes a request that the strict check accepts.
fn sent<T: Call>(version: Version, request: &T) -> Value {
    let payload = serde_json::to_value(request).unwrap();
    assert_eq!(check(version, T::ACTION, Kind::Request, &payload), Ok(()));
    payload
}

#[test]
fn stop_transaction() {
    let request = v16::StopTransactionRequest {
        id_tag: Some("04A2B3C4".to_owned()),
        meter_stop: 15_321,
        timestamp: "2026-01-31T12:34:56Z".into(),
        transaction_id: 4711,
        reason: Some("Other".into()),
        transaction_data: Some(vec![v16::MeterValue {
            timestamp: "2026-01-31T12:34:56Z".into(),
            sampled_value: vec![v16::SampledValue {
                value: "15321".to_owned(),
                context: Some(v16::ReadingContext::TransactionEnd),
                measurand: Some(v16::Measurand::EnergyActiveImportRegister),
                phase: Some(v16::Phase::L1N),
                unit: Some(v16::UnitOfMeasure::Wh),
                ..Default::default()
            }],
        }]),
    };
    assert_eq!(request.reason, Some(v16::Reason::Other("Other".to_owned())));
    insta::assert_json_snapshot!(sent(Version::V16, &request));
}

#[test]
fn charging_profile_with_tenths() {
    let period =
        |start_period, limit| v16::ChargingSchedulePeriod { start_period, limit, number_phases: None };
    let request = v16::SetChargingProfileRequest {
        connector_id: 0,
        cs_charging_profiles: v16::ChargingProfile {
            charging_profile_id: 1,
            stack_level: 0,
            charging_profile_purpose: v16::ChargingProfilePurposeType::ChargePointMaxProfile,
            charging_profile_kind: v16::ChargingProfileKindType::Absolute,
            charging_schedule: v16::ChargingSchedule {
                charging_rate_unit: v16::ChargingRateUnitType::A,
                charging_schedule_period: vec![
                    period(0, Decimal::new(160, 1)),
                    period(60, Decimal::new(63, 1)),
                ],
                ..Default::default()
            },
            ..Default::default()
        },
    };
    insta::assert_json_snapshot!(sent(Version::V16, &request));
}

#[test]
fn transaction_event() {
    let request = v2::TransactionEventRequest {
        event_type: v2::TransactionEventEnum::Updated,
        timestamp: "2026-01-31T12:34:56.789Z".into(),
        trigger_reason: v2::TriggerReasonEnum::MeterValuePeriodic,
        seq_no: 3,
        transaction_info: v2::Transaction {
            transaction_id: "4fd3c1c2-3c10-4a2b-9d6c-6f0a2c8f5e11".to_owned(),
            charging_state: Some(v2::ChargingStateEnum::Charging),
            ..Default::default()
        },
        evse: Some(v2::EVSE { id: 1, connector_id: Some(2), custom_data: None }),
        id_token: Some(v2::IdToken {
            id_token: "DE-ABC-C12345678-X".to_owned(),
            r#type: "eMAID".to_owned(),
            ..Default::default()
        }),
        meter_value: Some(vec![v2::MeterValue {
            timestamp: "2026-01-31T12:34:56.789Z".into(),
            sampled_value: vec![v2::SampledValue {
                value: Decimal::new(1_234_567_891, 3),
                measurand: Some(v2::MeasurandEnum::EnergyActiveImportRegister),
                unit_of_measure: Some(v2::UnitOfMeasure {
                    unit: Some("kWh".to_owned()),
                    ..Default::default()
                }),
                ..Default::default()
            }],
            custom_data: None,
        }]),
        custom_data: Some(serde_json::json!({ "vendorId": "org.example", "note": [1, null] })),
        ..Default::default()
    };
    let payload = sent(Version::V201, &request);
    assert_eq!(payload, sent(Version::V21, &request));
    assert_eq!(serde_json::from_value::<v2::TransactionEventRequest>(payload.clone()).unwrap(), request);
    insta::assert_json_snapshot!(payload);
}

#[test]
fn a_blank_form_is_refused() {
    let blank = serde_json::to_value(v16::StatusNotificationRequest::default()).unwrap();
    let violation = check(Version::V16, "StatusNotification", Kind::Request, &blank).unwrap_err();
    assert_eq!(violation.keyword, "enum");
}

#[test]
fn requests_know_their_answers() {
    fn answer<T: Call>() -> &'static str {
        std::any::type_name::<T::Answer>()
    }
    assert!(answer::<v2::GetVariablesRequest>().ends_with("GetVariablesResponse"));
    assert_eq!(
        <v2::NotifyPeriodicEventStreamRequest as ocpp::Unanswered>::ACTION,
        "NotifyPeriodicEventStream"
    );
}
