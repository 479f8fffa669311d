// Generated from the compact schemas: `UPDATE=1 cargo test -p ocpp --test generated` writes it anew.

use ocpp::schema::Kind::{Request, Response};

use super::*;

pub fn recode(version: Version, action: &str, kind: Kind, payload: &Value) -> serde_json::Result<Value> {
    match (version, action, kind) {
        (Version::V16, "Authorize", Request) => again::<v16::AuthorizeRequest>(payload),
        (Version::V16, "Authorize", Response) => again::<v16::AuthorizeResponse>(payload),
        (Version::V16, "BootNotification", Request) => again::<v16::BootNotificationRequest>(payload),
        (Version::V16, "BootNotification", Response) => again::<v16::BootNotificationResponse>(payload),
        (Version::V16, "CancelReservation", Request) => again::<v16::CancelReservationRequest>(payload),
        (Version::V16, "CancelReservation", Response) => again::<v16::CancelReservationResponse>(payload),
        (Version::V16, "CertificateSigned", Request) => again::<v16::CertificateSignedRequest>(payload),
        (Version::V16, "CertificateSigned", Response) => again::<v16::CertificateSignedResponse>(payload),
        (Version::V16, "ChangeAvailability", Request) => again::<v16::ChangeAvailabilityRequest>(payload),
        (Version::V16, "ChangeAvailability", Response) => again::<v16::ChangeAvailabilityResponse>(payload),
        (Version::V16, "ChangeConfiguration", Request) => again::<v16::ChangeConfigurationRequest>(payload),
        (Version::V16, "ChangeConfiguration", Response) => again::<v16::ChangeConfigurationResponse>(payload),
        (Version::V16, "ClearCache", Request) => again::<v16::ClearCacheRequest>(payload),
        (Version::V16, "ClearCache", Response) => again::<v16::ClearCacheResponse>(payload),
        (Version::V16, "ClearChargingProfile", Request) => again::<v16::ClearChargingProfileRequest>(payload),
        (Version::V16, "ClearChargingProfile", Response) => {
            again::<v16::ClearChargingProfileResponse>(payload)
        }
        (Version::V16, "DataTransfer", Request) => again::<v16::DataTransferRequest>(payload),
        (Version::V16, "DataTransfer", Response) => again::<v16::DataTransferResponse>(payload),
        (Version::V16, "DeleteCertificate", Request) => again::<v16::DeleteCertificateRequest>(payload),
        (Version::V16, "DeleteCertificate", Response) => again::<v16::DeleteCertificateResponse>(payload),
        (Version::V16, "DiagnosticsStatusNotification", Request) => {
            again::<v16::DiagnosticsStatusNotificationRequest>(payload)
        }
        (Version::V16, "DiagnosticsStatusNotification", Response) => {
            again::<v16::DiagnosticsStatusNotificationResponse>(payload)
        }
        (Version::V16, "ExtendedTriggerMessage", Request) => {
            again::<v16::ExtendedTriggerMessageRequest>(payload)
        }
        (Version::V16, "ExtendedTriggerMessage", Response) => {
            again::<v16::ExtendedTriggerMessageResponse>(payload)
        }
        (Version::V16, "FirmwareStatusNotification", Request) => {
            again::<v16::FirmwareStatusNotificationRequest>(payload)
        }
        (Version::V16, "FirmwareStatusNotification", Response) => {
            again::<v16::FirmwareStatusNotificationResponse>(payload)
        }
        (Version::V16, "GetCompositeSchedule", Request) => again::<v16::GetCompositeScheduleRequest>(payload),
        (Version::V16, "GetCompositeSchedule", Response) => {
            again::<v16::GetCompositeScheduleResponse>(payload)
        }
        (Version::V16, "GetConfiguration", Request) => again::<v16::GetConfigurationRequest>(payload),
        (Version::V16, "GetConfiguration", Response) => again::<v16::GetConfigurationResponse>(payload),
        (Version::V16, "GetDiagnostics", Request) => again::<v16::GetDiagnosticsRequest>(payload),
        (Version::V16, "GetDiagnostics", Response) => again::<v16::GetDiagnosticsResponse>(payload),
        (Version::V16, "GetInstalledCertificateIds", Request) => {
            again::<v16::GetInstalledCertificateIdsRequest>(payload)
        }
        (Version::V16, "GetInstalledCertificateIds", Response) => {
            again::<v16::GetInstalledCertificateIdsResponse>(payload)
        }
        (Version::V16, "GetLocalListVersion", Request) => again::<v16::GetLocalListVersionRequest>(payload),
        (Version::V16, "GetLocalListVersion", Response) => again::<v16::GetLocalListVersionResponse>(payload),
        (Version::V16, "GetLog", Request) => again::<v16::GetLogRequest>(payload),
        (Version::V16, "GetLog", Response) => again::<v16::GetLogResponse>(payload),
        (Version::V16, "Heartbeat", Request) => again::<v16::HeartbeatRequest>(payload),
        (Version::V16, "Heartbeat", Response) => again::<v16::HeartbeatResponse>(payload),
        (Version::V16, "InstallCertificate", Request) => again::<v16::InstallCertificateRequest>(payload),
        (Version::V16, "InstallCertificate", Response) => again::<v16::InstallCertificateResponse>(payload),
        (Version::V16, "LogStatusNotification", Request) => {
            again::<v16::LogStatusNotificationRequest>(payload)
        }
        (Version::V16, "LogStatusNotification", Response) => {
            again::<v16::LogStatusNotificationResponse>(payload)
        }
        (Version::V16, "MeterValues", Request) => again::<v16::MeterValuesRequest>(payload),
        (Version::V16, "MeterValues", Response) => again::<v16::MeterValuesResponse>(payload),
        (Version::V16, "RemoteStartTransaction", Request) => {
            again::<v16::RemoteStartTransactionRequest>(payload)
        }
        (Version::V16, "RemoteStartTransaction", Response) => {
            again::<v16::RemoteStartTransactionResponse>(payload)
        }
        (Version::V16, "RemoteStopTransaction", Request) => {
            again::<v16::RemoteStopTransactionRequest>(payload)
        }
        (Version::V16, "RemoteStopTransaction", Response) => {
            again::<v16::RemoteStopTransactionResponse>(payload)
        }
        (Version::V16, "ReserveNow", Request) => again::<v16::ReserveNowRequest>(payload),
        (Version::V16, "ReserveNow", Response) => again::<v16::ReserveNowResponse>(payload),
        (Version::V16, "Reset", Request) => again::<v16::ResetRequest>(payload),
        (Version::V16, "Reset", Response) => again::<v16::ResetResponse>(payload),
        (Version::V16, "SecurityEventNotification", Request) => {
            again::<v16::SecurityEventNotificationRequest>(payload)
        }
        (Version::V16, "SecurityEventNotification", Response) => {
            again::<v16::SecurityEventNotificationResponse>(payload)
        }
        (Version::V16, "SendLocalList", Request) => again::<v16::SendLocalListRequest>(payload),
        (Version::V16, "SendLocalList", Response) => again::<v16::SendLocalListResponse>(payload),
        (Version::V16, "SetChargingProfile", Request) => again::<v16::SetChargingProfileRequest>(payload),
        (Version::V16, "SetChargingProfile", Response) => again::<v16::SetChargingProfileResponse>(payload),
        (Version::V16, "SignCertificate", Request) => again::<v16::SignCertificateRequest>(payload),
        (Version::V16, "SignCertificate", Response) => again::<v16::SignCertificateResponse>(payload),
        (Version::V16, "SignedFirmwareStatusNotification", Request) => {
            again::<v16::SignedFirmwareStatusNotificationRequest>(payload)
        }
        (Version::V16, "SignedFirmwareStatusNotification", Response) => {
            again::<v16::SignedFirmwareStatusNotificationResponse>(payload)
        }
        (Version::V16, "SignedUpdateFirmware", Request) => again::<v16::SignedUpdateFirmwareRequest>(payload),
        (Version::V16, "SignedUpdateFirmware", Response) => {
            again::<v16::SignedUpdateFirmwareResponse>(payload)
        }
        (Version::V16, "StartTransaction", Request) => again::<v16::StartTransactionRequest>(payload),
        (Version::V16, "StartTransaction", Response) => again::<v16::StartTransactionResponse>(payload),
        (Version::V16, "StatusNotification", Request) => again::<v16::StatusNotificationRequest>(payload),
        (Version::V16, "StatusNotification", Response) => again::<v16::StatusNotificationResponse>(payload),
        (Version::V16, "StopTransaction", Request) => again::<v16::StopTransactionRequest>(payload),
        (Version::V16, "StopTransaction", Response) => again::<v16::StopTransactionResponse>(payload),
        (Version::V16, "TriggerMessage", Request) => again::<v16::TriggerMessageRequest>(payload),
        (Version::V16, "TriggerMessage", Response) => again::<v16::TriggerMessageResponse>(payload),
        (Version::V16, "UnlockConnector", Request) => again::<v16::UnlockConnectorRequest>(payload),
        (Version::V16, "UnlockConnector", Response) => again::<v16::UnlockConnectorResponse>(payload),
        (Version::V16, "UpdateFirmware", Request) => again::<v16::UpdateFirmwareRequest>(payload),
        (Version::V16, "UpdateFirmware", Response) => again::<v16::UpdateFirmwareResponse>(payload),
        (Version::V201 | Version::V21, "AFRRSignal", Request) => again::<v2::AFRRSignalRequest>(payload),
        (Version::V201 | Version::V21, "AFRRSignal", Response) => again::<v2::AFRRSignalResponse>(payload),
        (Version::V201 | Version::V21, "AdjustPeriodicEventStream", Request) => {
            again::<v2::AdjustPeriodicEventStreamRequest>(payload)
        }
        (Version::V201 | Version::V21, "AdjustPeriodicEventStream", Response) => {
            again::<v2::AdjustPeriodicEventStreamResponse>(payload)
        }
        (Version::V201 | Version::V21, "Authorize", Request) => again::<v2::AuthorizeRequest>(payload),
        (Version::V201 | Version::V21, "Authorize", Response) => again::<v2::AuthorizeResponse>(payload),
        (Version::V201 | Version::V21, "BatterySwap", Request) => again::<v2::BatterySwapRequest>(payload),
        (Version::V201 | Version::V21, "BatterySwap", Response) => again::<v2::BatterySwapResponse>(payload),
        (Version::V201 | Version::V21, "BootNotification", Request) => {
            again::<v2::BootNotificationRequest>(payload)
        }
        (Version::V201 | Version::V21, "BootNotification", Response) => {
            again::<v2::BootNotificationResponse>(payload)
        }
        (Version::V201 | Version::V21, "CancelReservation", Request) => {
            again::<v2::CancelReservationRequest>(payload)
        }
        (Version::V201 | Version::V21, "CancelReservation", Response) => {
            again::<v2::CancelReservationResponse>(payload)
        }
        (Version::V201 | Version::V21, "CertificateSigned", Request) => {
            again::<v2::CertificateSignedRequest>(payload)
        }
        (Version::V201 | Version::V21, "CertificateSigned", Response) => {
            again::<v2::CertificateSignedResponse>(payload)
        }
        (Version::V201 | Version::V21, "ChangeAvailability", Request) => {
            again::<v2::ChangeAvailabilityRequest>(payload)
        }
        (Version::V201 | Version::V21, "ChangeAvailability", Response) => {
            again::<v2::ChangeAvailabilityResponse>(payload)
        }
        (Version::V201 | Version::V21, "ChangeTransactionTariff", Request) => {
            again::<v2::ChangeTransactionTariffRequest>(payload)
        }
        (Version::V201 | Version::V21, "ChangeTransactionTariff", Response) => {
            again::<v2::ChangeTransactionTariffResponse>(payload)
        }
        (Version::V201 | Version::V21, "ClearCache", Request) => again::<v2::ClearCacheRequest>(payload),
        (Version::V201 | Version::V21, "ClearCache", Response) => again::<v2::ClearCacheResponse>(payload),
        (Version::V201 | Version::V21, "ClearChargingProfile", Request) => {
            again::<v2::ClearChargingProfileRequest>(payload)
        }
        (Version::V201 | Version::V21, "ClearChargingProfile", Response) => {
            again::<v2::ClearChargingProfileResponse>(payload)
        }
        (Version::V201 | Version::V21, "ClearDERControl", Request) => {
            again::<v2::ClearDERControlRequest>(payload)
        }
        (Version::V201 | Version::V21, "ClearDERControl", Response) => {
            again::<v2::ClearDERControlResponse>(payload)
        }
        (Version::V201 | Version::V21, "ClearDisplayMessage", Request) => {
            again::<v2::ClearDisplayMessageRequest>(payload)
        }
        (Version::V201 | Version::V21, "ClearDisplayMessage", Response) => {
            again::<v2::ClearDisplayMessageResponse>(payload)
        }
        (Version::V201 | Version::V21, "ClearTariffs", Request) => again::<v2::ClearTariffsRequest>(payload),
        (Version::V201 | Version::V21, "ClearTariffs", Response) => {
            again::<v2::ClearTariffsResponse>(payload)
        }
        (Version::V201 | Version::V21, "ClearVariableMonitoring", Request) => {
            again::<v2::ClearVariableMonitoringRequest>(payload)
        }
        (Version::V201 | Version::V21, "ClearVariableMonitoring", Response) => {
            again::<v2::ClearVariableMonitoringResponse>(payload)
        }
        (Version::V201 | Version::V21, "ClearedChargingLimit", Request) => {
            again::<v2::ClearedChargingLimitRequest>(payload)
        }
        (Version::V201 | Version::V21, "ClearedChargingLimit", Response) => {
            again::<v2::ClearedChargingLimitResponse>(payload)
        }
        (Version::V201 | Version::V21, "ClosePeriodicEventStream", Request) => {
            again::<v2::ClosePeriodicEventStreamRequest>(payload)
        }
        (Version::V201 | Version::V21, "ClosePeriodicEventStream", Response) => {
            again::<v2::ClosePeriodicEventStreamResponse>(payload)
        }
        (Version::V201 | Version::V21, "CostUpdated", Request) => again::<v2::CostUpdatedRequest>(payload),
        (Version::V201 | Version::V21, "CostUpdated", Response) => again::<v2::CostUpdatedResponse>(payload),
        (Version::V201 | Version::V21, "CustomerInformation", Request) => {
            again::<v2::CustomerInformationRequest>(payload)
        }
        (Version::V201 | Version::V21, "CustomerInformation", Response) => {
            again::<v2::CustomerInformationResponse>(payload)
        }
        (Version::V201 | Version::V21, "DataTransfer", Request) => again::<v2::DataTransferRequest>(payload),
        (Version::V201 | Version::V21, "DataTransfer", Response) => {
            again::<v2::DataTransferResponse>(payload)
        }
        (Version::V201 | Version::V21, "DeleteCertificate", Request) => {
            again::<v2::DeleteCertificateRequest>(payload)
        }
        (Version::V201 | Version::V21, "DeleteCertificate", Response) => {
            again::<v2::DeleteCertificateResponse>(payload)
        }
        (Version::V201 | Version::V21, "FirmwareStatusNotification", Request) => {
            again::<v2::FirmwareStatusNotificationRequest>(payload)
        }
        (Version::V201 | Version::V21, "FirmwareStatusNotification", Response) => {
            again::<v2::FirmwareStatusNotificationResponse>(payload)
        }
        (Version::V201 | Version::V21, "Get15118EVCertificate", Request) => {
            again::<v2::Get15118EVCertificateRequest>(payload)
        }
        (Version::V201 | Version::V21, "Get15118EVCertificate", Response) => {
            again::<v2::Get15118EVCertificateResponse>(payload)
        }
        (Version::V201 | Version::V21, "GetBaseReport", Request) => {
            again::<v2::GetBaseReportRequest>(payload)
        }
        (Version::V201 | Version::V21, "GetBaseReport", Response) => {
            again::<v2::GetBaseReportResponse>(payload)
        }
        (Version::V201 | Version::V21, "GetCertificateChainStatus", Request) => {
            again::<v2::GetCertificateChainStatusRequest>(payload)
        }
        (Version::V201 | Version::V21, "GetCertificateChainStatus", Response) => {
            again::<v2::GetCertificateChainStatusResponse>(payload)
        }
        (Version::V201 | Version::V21, "GetCertificateStatus", Request) => {
            again::<v2::GetCertificateStatusRequest>(payload)
        }
        (Version::V201 | Version::V21, "GetCertificateStatus", Response) => {
            again::<v2::GetCertificateStatusResponse>(payload)
        }
        (Version::V201 | Version::V21, "GetChargingProfiles", Request) => {
            again::<v2::GetChargingProfilesRequest>(payload)
        }
        (Version::V201 | Version::V21, "GetChargingProfiles", Response) => {
            again::<v2::GetChargingProfilesResponse>(payload)
        }
        (Version::V201 | Version::V21, "GetCompositeSchedule", Request) => {
            again::<v2::GetCompositeScheduleRequest>(payload)
        }
        (Version::V201 | Version::V21, "GetCompositeSchedule", Response) => {
            again::<v2::GetCompositeScheduleResponse>(payload)
        }
        (Version::V201 | Version::V21, "GetDERControl", Request) => {
            again::<v2::GetDERControlRequest>(payload)
        }
        (Version::V201 | Version::V21, "GetDERControl", Response) => {
            again::<v2::GetDERControlResponse>(payload)
        }
        (Version::V201 | Version::V21, "GetDisplayMessages", Request) => {
            again::<v2::GetDisplayMessagesRequest>(payload)
        }
        (Version::V201 | Version::V21, "GetDisplayMessages", Response) => {
            again::<v2::GetDisplayMessagesResponse>(payload)
        }
        (Version::V201 | Version::V21, "GetInstalledCertificateIds", Request) => {
            again::<v2::GetInstalledCertificateIdsRequest>(payload)
        }
        (Version::V201 | Version::V21, "GetInstalledCertificateIds", Response) => {
            again::<v2::GetInstalledCertificateIdsResponse>(payload)
        }
        (Version::V201 | Version::V21, "GetLocalListVersion", Request) => {
            again::<v2::GetLocalListVersionRequest>(payload)
        }
        (Version::V201 | Version::V21, "GetLocalListVersion", Response) => {
            again::<v2::GetLocalListVersionResponse>(payload)
        }
        (Version::V201 | Version::V21, "GetLog", Request) => again::<v2::GetLogRequest>(payload),
        (Version::V201 | Version::V21, "GetLog", Response) => again::<v2::GetLogResponse>(payload),
        (Version::V201 | Version::V21, "GetMonitoringReport", Request) => {
            again::<v2::GetMonitoringReportRequest>(payload)
        }
        (Version::V201 | Version::V21, "GetMonitoringReport", Response) => {
            again::<v2::GetMonitoringReportResponse>(payload)
        }
        (Version::V201 | Version::V21, "GetPeriodicEventStream", Request) => {
            again::<v2::GetPeriodicEventStreamRequest>(payload)
        }
        (Version::V201 | Version::V21, "GetPeriodicEventStream", Response) => {
            again::<v2::GetPeriodicEventStreamResponse>(payload)
        }
        (Version::V201 | Version::V21, "GetReport", Request) => again::<v2::GetReportRequest>(payload),
        (Version::V201 | Version::V21, "GetReport", Response) => again::<v2::GetReportResponse>(payload),
        (Version::V201 | Version::V21, "GetTariffs", Request) => again::<v2::GetTariffsRequest>(payload),
        (Version::V201 | Version::V21, "GetTariffs", Response) => again::<v2::GetTariffsResponse>(payload),
        (Version::V201 | Version::V21, "GetTransactionStatus", Request) => {
            again::<v2::GetTransactionStatusRequest>(payload)
        }
        (Version::V201 | Version::V21, "GetTransactionStatus", Response) => {
            again::<v2::GetTransactionStatusResponse>(payload)
        }
        (Version::V201 | Version::V21, "GetVariables", Request) => again::<v2::GetVariablesRequest>(payload),
        (Version::V201 | Version::V21, "GetVariables", Response) => {
            again::<v2::GetVariablesResponse>(payload)
        }
        (Version::V201 | Version::V21, "Heartbeat", Request) => again::<v2::HeartbeatRequest>(payload),
        (Version::V201 | Version::V21, "Heartbeat", Response) => again::<v2::HeartbeatResponse>(payload),
        (Version::V201 | Version::V21, "InstallCertificate", Request) => {
            again::<v2::InstallCertificateRequest>(payload)
        }
        (Version::V201 | Version::V21, "InstallCertificate", Response) => {
            again::<v2::InstallCertificateResponse>(payload)
        }
        (Version::V201 | Version::V21, "LogStatusNotification", Request) => {
            again::<v2::LogStatusNotificationRequest>(payload)
        }
        (Version::V201 | Version::V21, "LogStatusNotification", Response) => {
            again::<v2::LogStatusNotificationResponse>(payload)
        }
        (Version::V201 | Version::V21, "MeterValues", Request) => again::<v2::MeterValuesRequest>(payload),
        (Version::V201 | Version::V21, "MeterValues", Response) => again::<v2::MeterValuesResponse>(payload),
        (Version::V201 | Version::V21, "NotifyAllowedEnergyTransfer", Request) => {
            again::<v2::NotifyAllowedEnergyTransferRequest>(payload)
        }
        (Version::V201 | Version::V21, "NotifyAllowedEnergyTransfer", Response) => {
            again::<v2::NotifyAllowedEnergyTransferResponse>(payload)
        }
        (Version::V201 | Version::V21, "NotifyChargingLimit", Request) => {
            again::<v2::NotifyChargingLimitRequest>(payload)
        }
        (Version::V201 | Version::V21, "NotifyChargingLimit", Response) => {
            again::<v2::NotifyChargingLimitResponse>(payload)
        }
        (Version::V201 | Version::V21, "NotifyCustomerInformation", Request) => {
            again::<v2::NotifyCustomerInformationRequest>(payload)
        }
        (Version::V201 | Version::V21, "NotifyCustomerInformation", Response) => {
            again::<v2::NotifyCustomerInformationResponse>(payload)
        }
        (Version::V201 | Version::V21, "NotifyDERAlarm", Request) => {
            again::<v2::NotifyDERAlarmRequest>(payload)
        }
        (Version::V201 | Version::V21, "NotifyDERAlarm", Response) => {
            again::<v2::NotifyDERAlarmResponse>(payload)
        }
        (Version::V201 | Version::V21, "NotifyDERStartStop", Request) => {
            again::<v2::NotifyDERStartStopRequest>(payload)
        }
        (Version::V201 | Version::V21, "NotifyDERStartStop", Response) => {
            again::<v2::NotifyDERStartStopResponse>(payload)
        }
        (Version::V201 | Version::V21, "NotifyDisplayMessages", Request) => {
            again::<v2::NotifyDisplayMessagesRequest>(payload)
        }
        (Version::V201 | Version::V21, "NotifyDisplayMessages", Response) => {
            again::<v2::NotifyDisplayMessagesResponse>(payload)
        }
        (Version::V201 | Version::V21, "NotifyEVChargingNeeds", Request) => {
            again::<v2::NotifyEVChargingNeedsRequest>(payload)
        }
        (Version::V201 | Version::V21, "NotifyEVChargingNeeds", Response) => {
            again::<v2::NotifyEVChargingNeedsResponse>(payload)
        }
        (Version::V201 | Version::V21, "NotifyEVChargingSchedule", Request) => {
            again::<v2::NotifyEVChargingScheduleRequest>(payload)
        }
        (Version::V201 | Version::V21, "NotifyEVChargingSchedule", Response) => {
            again::<v2::NotifyEVChargingScheduleResponse>(payload)
        }
        (Version::V201 | Version::V21, "NotifyEvent", Request) => again::<v2::NotifyEventRequest>(payload),
        (Version::V201 | Version::V21, "NotifyEvent", Response) => again::<v2::NotifyEventResponse>(payload),
        (Version::V201 | Version::V21, "NotifyMonitoringReport", Request) => {
            again::<v2::NotifyMonitoringReportRequest>(payload)
        }
        (Version::V201 | Version::V21, "NotifyMonitoringReport", Response) => {
            again::<v2::NotifyMonitoringReportResponse>(payload)
        }
        (Version::V201 | Version::V21, "NotifyPeriodicEventStream", Request) => {
            again::<v2::NotifyPeriodicEventStreamRequest>(payload)
        }
        (Version::V201 | Version::V21, "NotifyPriorityCharging", Request) => {
            again::<v2::NotifyPriorityChargingRequest>(payload)
        }
        (Version::V201 | Version::V21, "NotifyPriorityCharging", Response) => {
            again::<v2::NotifyPriorityChargingResponse>(payload)
        }
        (Version::V201 | Version::V21, "NotifyReport", Request) => again::<v2::NotifyReportRequest>(payload),
        (Version::V201 | Version::V21, "NotifyReport", Response) => {
            again::<v2::NotifyReportResponse>(payload)
        }
        (Version::V201 | Version::V21, "NotifySettlement", Request) => {
            again::<v2::NotifySettlementRequest>(payload)
        }
        (Version::V201 | Version::V21, "NotifySettlement", Response) => {
            again::<v2::NotifySettlementResponse>(payload)
        }
        (Version::V201 | Version::V21, "NotifyWebPaymentStarted", Request) => {
            again::<v2::NotifyWebPaymentStartedRequest>(payload)
        }
        (Version::V201 | Version::V21, "NotifyWebPaymentStarted", Response) => {
            again::<v2::NotifyWebPaymentStartedResponse>(payload)
        }
        (Version::V201 | Version::V21, "OpenPeriodicEventStream", Request) => {
            again::<v2::OpenPeriodicEventStreamRequest>(payload)
        }
        (Version::V201 | Version::V21, "OpenPeriodicEventStream", Response) => {
            again::<v2::OpenPeriodicEventStreamResponse>(payload)
        }
        (Version::V201 | Version::V21, "PublishFirmware", Request) => {
            again::<v2::PublishFirmwareRequest>(payload)
        }
        (Version::V201 | Version::V21, "PublishFirmware", Response) => {
            again::<v2::PublishFirmwareResponse>(payload)
        }
        (Version::V201 | Version::V21, "PublishFirmwareStatusNotification", Request) => {
            again::<v2::PublishFirmwareStatusNotificationRequest>(payload)
        }
        (Version::V201 | Version::V21, "PublishFirmwareStatusNotification", Response) => {
            again::<v2::PublishFirmwareStatusNotificationResponse>(payload)
        }
        (Version::V201 | Version::V21, "PullDynamicScheduleUpdate", Request) => {
            again::<v2::PullDynamicScheduleUpdateRequest>(payload)
        }
        (Version::V201 | Version::V21, "PullDynamicScheduleUpdate", Response) => {
            again::<v2::PullDynamicScheduleUpdateResponse>(payload)
        }
        (Version::V201 | Version::V21, "ReportChargingProfiles", Request) => {
            again::<v2::ReportChargingProfilesRequest>(payload)
        }
        (Version::V201 | Version::V21, "ReportChargingProfiles", Response) => {
            again::<v2::ReportChargingProfilesResponse>(payload)
        }
        (Version::V201 | Version::V21, "ReportDERControl", Request) => {
            again::<v2::ReportDERControlRequest>(payload)
        }
        (Version::V201 | Version::V21, "ReportDERControl", Response) => {
            again::<v2::ReportDERControlResponse>(payload)
        }
        (Version::V201 | Version::V21, "RequestBatterySwap", Request) => {
            again::<v2::RequestBatterySwapRequest>(payload)
        }
        (Version::V201 | Version::V21, "RequestBatterySwap", Response) => {
            again::<v2::RequestBatterySwapResponse>(payload)
        }
        (Version::V201 | Version::V21, "RequestStartTransaction", Request) => {
            again::<v2::RequestStartTransactionRequest>(payload)
        }
        (Version::V201 | Version::V21, "RequestStartTransaction", Response) => {
            again::<v2::RequestStartTransactionResponse>(payload)
        }
        (Version::V201 | Version::V21, "RequestStopTransaction", Request) => {
            again::<v2::RequestStopTransactionRequest>(payload)
        }
        (Version::V201 | Version::V21, "RequestStopTransaction", Response) => {
            again::<v2::RequestStopTransactionResponse>(payload)
        }
        (Version::V201 | Version::V21, "ReservationStatusUpdate", Request) => {
            again::<v2::ReservationStatusUpdateRequest>(payload)
        }
        (Version::V201 | Version::V21, "ReservationStatusUpdate", Response) => {
            again::<v2::ReservationStatusUpdateResponse>(payload)
        }
        (Version::V201 | Version::V21, "ReserveNow", Request) => again::<v2::ReserveNowRequest>(payload),
        (Version::V201 | Version::V21, "ReserveNow", Response) => again::<v2::ReserveNowResponse>(payload),
        (Version::V201 | Version::V21, "Reset", Request) => again::<v2::ResetRequest>(payload),
        (Version::V201 | Version::V21, "Reset", Response) => again::<v2::ResetResponse>(payload),
        (Version::V201 | Version::V21, "SecurityEventNotification", Request) => {
            again::<v2::SecurityEventNotificationRequest>(payload)
        }
        (Version::V201 | Version::V21, "SecurityEventNotification", Response) => {
            again::<v2::SecurityEventNotificationResponse>(payload)
        }
        (Version::V201 | Version::V21, "SendLocalList", Request) => {
            again::<v2::SendLocalListRequest>(payload)
        }
        (Version::V201 | Version::V21, "SendLocalList", Response) => {
            again::<v2::SendLocalListResponse>(payload)
        }
        (Version::V201 | Version::V21, "SetChargingProfile", Request) => {
            again::<v2::SetChargingProfileRequest>(payload)
        }
        (Version::V201 | Version::V21, "SetChargingProfile", Response) => {
            again::<v2::SetChargingProfileResponse>(payload)
        }
        (Version::V201 | Version::V21, "SetDERControl", Request) => {
            again::<v2::SetDERControlRequest>(payload)
        }
        (Version::V201 | Version::V21, "SetDERControl", Response) => {
            again::<v2::SetDERControlResponse>(payload)
        }
        (Version::V201 | Version::V21, "SetDefaultTariff", Request) => {
            again::<v2::SetDefaultTariffRequest>(payload)
        }
        (Version::V201 | Version::V21, "SetDefaultTariff", Response) => {
            again::<v2::SetDefaultTariffResponse>(payload)
        }
        (Version::V201 | Version::V21, "SetDisplayMessage", Request) => {
            again::<v2::SetDisplayMessageRequest>(payload)
        }
        (Version::V201 | Version::V21, "SetDisplayMessage", Response) => {
            again::<v2::SetDisplayMessageResponse>(payload)
        }
        (Version::V201 | Version::V21, "SetMonitoringBase", Request) => {
            again::<v2::SetMonitoringBaseRequest>(payload)
        }
        (Version::V201 | Version::V21, "SetMonitoringBase", Response) => {
            again::<v2::SetMonitoringBaseResponse>(payload)
        }
        (Version::V201 | Version::V21, "SetMonitoringLevel", Request) => {
            again::<v2::SetMonitoringLevelRequest>(payload)
        }
        (Version::V201 | Version::V21, "SetMonitoringLevel", Response) => {
            again::<v2::SetMonitoringLevelResponse>(payload)
        }
        (Version::V201 | Version::V21, "SetNetworkProfile", Request) => {
            again::<v2::SetNetworkProfileRequest>(payload)
        }
        (Version::V201 | Version::V21, "SetNetworkProfile", Response) => {
            again::<v2::SetNetworkProfileResponse>(payload)
        }
        (Version::V201 | Version::V21, "SetVariableMonitoring", Request) => {
            again::<v2::SetVariableMonitoringRequest>(payload)
        }
        (Version::V201 | Version::V21, "SetVariableMonitoring", Response) => {
            again::<v2::SetVariableMonitoringResponse>(payload)
        }
        (Version::V201 | Version::V21, "SetVariables", Request) => again::<v2::SetVariablesRequest>(payload),
        (Version::V201 | Version::V21, "SetVariables", Response) => {
            again::<v2::SetVariablesResponse>(payload)
        }
        (Version::V201 | Version::V21, "SignCertificate", Request) => {
            again::<v2::SignCertificateRequest>(payload)
        }
        (Version::V201 | Version::V21, "SignCertificate", Response) => {
            again::<v2::SignCertificateResponse>(payload)
        }
        (Version::V201 | Version::V21, "StatusNotification", Request) => {
            again::<v2::StatusNotificationRequest>(payload)
        }
        (Version::V201 | Version::V21, "StatusNotification", Response) => {
            again::<v2::StatusNotificationResponse>(payload)
        }
        (Version::V201 | Version::V21, "TransactionEvent", Request) => {
            again::<v2::TransactionEventRequest>(payload)
        }
        (Version::V201 | Version::V21, "TransactionEvent", Response) => {
            again::<v2::TransactionEventResponse>(payload)
        }
        (Version::V201 | Version::V21, "TriggerMessage", Request) => {
            again::<v2::TriggerMessageRequest>(payload)
        }
        (Version::V201 | Version::V21, "TriggerMessage", Response) => {
            again::<v2::TriggerMessageResponse>(payload)
        }
        (Version::V201 | Version::V21, "UnlockConnector", Request) => {
            again::<v2::UnlockConnectorRequest>(payload)
        }
        (Version::V201 | Version::V21, "UnlockConnector", Response) => {
            again::<v2::UnlockConnectorResponse>(payload)
        }
        (Version::V201 | Version::V21, "UnpublishFirmware", Request) => {
            again::<v2::UnpublishFirmwareRequest>(payload)
        }
        (Version::V201 | Version::V21, "UnpublishFirmware", Response) => {
            again::<v2::UnpublishFirmwareResponse>(payload)
        }
        (Version::V201 | Version::V21, "UpdateDynamicSchedule", Request) => {
            again::<v2::UpdateDynamicScheduleRequest>(payload)
        }
        (Version::V201 | Version::V21, "UpdateDynamicSchedule", Response) => {
            again::<v2::UpdateDynamicScheduleResponse>(payload)
        }
        (Version::V201 | Version::V21, "UpdateFirmware", Request) => {
            again::<v2::UpdateFirmwareRequest>(payload)
        }
        (Version::V201 | Version::V21, "UpdateFirmware", Response) => {
            again::<v2::UpdateFirmwareResponse>(payload)
        }
        (Version::V201 | Version::V21, "UsePriorityCharging", Request) => {
            again::<v2::UsePriorityChargingRequest>(payload)
        }
        (Version::V201 | Version::V21, "UsePriorityCharging", Response) => {
            again::<v2::UsePriorityChargingResponse>(payload)
        }
        (Version::V201 | Version::V21, "VatNumberValidation", Request) => {
            again::<v2::VatNumberValidationRequest>(payload)
        }
        (Version::V201 | Version::V21, "VatNumberValidation", Response) => {
            again::<v2::VatNumberValidationResponse>(payload)
        }
        _ => panic!("no such message"),
    }
}
