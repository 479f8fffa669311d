// Generated from the compact schemas: `UPDATE=1 cargo test -p ocpp --test generated` writes it anew.

use crate::wire::words;

words! {
    AuthorizationStatus {
        Accepted = "Accepted"
        Blocked = "Blocked"
        Expired = "Expired"
        Invalid = "Invalid"
        ConcurrentTx = "ConcurrentTx"
    }
    AvailabilityStatus {
        Accepted = "Accepted"
        Rejected = "Rejected"
        Scheduled = "Scheduled"
    }
    AvailabilityType {
        Inoperative = "Inoperative"
        Operative = "Operative"
    }
    CancelReservationStatus {
        Accepted = "Accepted"
        Rejected = "Rejected"
    }
    CertificateSignedStatusEnum {
        Accepted = "Accepted"
        Rejected = "Rejected"
    }
    CertificateUseEnum {
        CentralSystemRootCertificate = "CentralSystemRootCertificate"
        ManufacturerRootCertificate = "ManufacturerRootCertificate"
    }
    ChargePointErrorCode {
        ConnectorLockFailure = "ConnectorLockFailure"
        EVCommunicationError = "EVCommunicationError"
        GroundFailure = "GroundFailure"
        HighTemperature = "HighTemperature"
        InternalError = "InternalError"
        LocalListConflict = "LocalListConflict"
        NoError = "NoError"
        OtherError = "OtherError"
        OverCurrentFailure = "OverCurrentFailure"
        PowerMeterFailure = "PowerMeterFailure"
        PowerSwitchFailure = "PowerSwitchFailure"
        ReaderFailure = "ReaderFailure"
        ResetFailure = "ResetFailure"
        UnderVoltage = "UnderVoltage"
        OverVoltage = "OverVoltage"
        WeakSignal = "WeakSignal"
    }
    ChargePointStatus {
        Available = "Available"
        Preparing = "Preparing"
        Charging = "Charging"
        SuspendedEVSE = "SuspendedEVSE"
        SuspendedEV = "SuspendedEV"
        Finishing = "Finishing"
        Reserved = "Reserved"
        Unavailable = "Unavailable"
        Faulted = "Faulted"
    }
    ChargingProfileKindType {
        Absolute = "Absolute"
        Recurring = "Recurring"
        Relative = "Relative"
    }
    ChargingProfilePurposeType {
        ChargePointMaxProfile = "ChargePointMaxProfile"
        TxDefaultProfile = "TxDefaultProfile"
        TxProfile = "TxProfile"
    }
    ChargingProfileStatus {
        Accepted = "Accepted"
        Rejected = "Rejected"
        NotSupported = "NotSupported"
    }
    ChargingRateUnitType {
        A = "A"
        W = "W"
    }
    ClearCacheStatus {
        Accepted = "Accepted"
        Rejected = "Rejected"
    }
    ClearChargingProfileStatus {
        Accepted = "Accepted"
        Unknown = "Unknown"
    }
    ConfigurationStatus {
        Accepted = "Accepted"
        Rejected = "Rejected"
        RebootRequired = "RebootRequired"
        NotSupported = "NotSupported"
    }
    DataTransferStatus {
        Accepted = "Accepted"
        Rejected = "Rejected"
        UnknownMessageId = "UnknownMessageId"
        UnknownVendorId = "UnknownVendorId"
    }
    DeleteCertificateStatusEnum {
        Accepted = "Accepted"
        Failed = "Failed"
        NotFound = "NotFound"
    }
    DiagnosticsStatus {
        Idle = "Idle"
        Uploaded = "Uploaded"
        UploadFailed = "UploadFailed"
        Uploading = "Uploading"
    }
    FirmwareStatus {
        Downloaded = "Downloaded"
        DownloadFailed = "DownloadFailed"
        Downloading = "Downloading"
        Idle = "Idle"
        InstallationFailed = "InstallationFailed"
        Installing = "Installing"
        Installed = "Installed"
    }
    FirmwareStatusEnum {
        Downloaded = "Downloaded"
        DownloadFailed = "DownloadFailed"
        Downloading = "Downloading"
        DownloadScheduled = "DownloadScheduled"
        DownloadPaused = "DownloadPaused"
        Idle = "Idle"
        InstallationFailed = "InstallationFailed"
        Installing = "Installing"
        Installed = "Installed"
        InstallRebooting = "InstallRebooting"
        InstallScheduled = "InstallScheduled"
        InstallVerificationFailed = "InstallVerificationFailed"
        InvalidSignature = "InvalidSignature"
        SignatureVerified = "SignatureVerified"
    }
    GenericStatusEnum {
        Accepted = "Accepted"
        Rejected = "Rejected"
    }
    GetCompositeScheduleStatus {
        Accepted = "Accepted"
        Rejected = "Rejected"
    }
    GetInstalledCertificateStatusEnum {
        Accepted = "Accepted"
        NotFound = "NotFound"
    }
    HashAlgorithmEnum {
        SHA256 = "SHA256"
        SHA384 = "SHA384"
        SHA512 = "SHA512"
    }
    InstallCertificateStatusEnum {
        Accepted = "Accepted"
        Failed = "Failed"
        Rejected = "Rejected"
    }
    Location {
        Cable = "Cable"
        EV = "EV"
        Inlet = "Inlet"
        Outlet = "Outlet"
        Body = "Body"
    }
    LogEnum {
        DiagnosticsLog = "DiagnosticsLog"
        SecurityLog = "SecurityLog"
    }
    LogStatusEnum {
        Accepted = "Accepted"
        Rejected = "Rejected"
        AcceptedCanceled = "AcceptedCanceled"
    }
    Measurand {
        EnergyActiveExportRegister = "Energy.Active.Export.Register"
        EnergyActiveImportRegister = "Energy.Active.Import.Register"
        EnergyReactiveExportRegister = "Energy.Reactive.Export.Register"
        EnergyReactiveImportRegister = "Energy.Reactive.Import.Register"
        EnergyActiveExportInterval = "Energy.Active.Export.Interval"
        EnergyActiveImportInterval = "Energy.Active.Import.Interval"
        EnergyReactiveExportInterval = "Energy.Reactive.Export.Interval"
        EnergyReactiveImportInterval = "Energy.Reactive.Import.Interval"
        PowerActiveExport = "Power.Active.Export"
        PowerActiveImport = "Power.Active.Import"
        PowerOffered = "Power.Offered"
        PowerReactiveExport = "Power.Reactive.Export"
        PowerReactiveImport = "Power.Reactive.Import"
        PowerFactor = "Power.Factor"
        CurrentImport = "Current.Import"
        CurrentExport = "Current.Export"
        CurrentOffered = "Current.Offered"
        Voltage = "Voltage"
        Frequency = "Frequency"
        Temperature = "Temperature"
        SoC = "SoC"
        RPM = "RPM"
    }
    MessageTrigger {
        BootNotification = "BootNotification"
        DiagnosticsStatusNotification = "DiagnosticsStatusNotification"
        FirmwareStatusNotification = "FirmwareStatusNotification"
        Heartbeat = "Heartbeat"
        MeterValues = "MeterValues"
        StatusNotification = "StatusNotification"
    }
    MessageTriggerEnum {
        BootNotification = "BootNotification"
        LogStatusNotification = "LogStatusNotification"
        FirmwareStatusNotification = "FirmwareStatusNotification"
        Heartbeat = "Heartbeat"
        MeterValues = "MeterValues"
        SignChargePointCertificate = "SignChargePointCertificate"
        StatusNotification = "StatusNotification"
    }
    Phase {
        L1 = "L1"
        L2 = "L2"
        L3 = "L3"
        N = "N"
        L1N = "L1-N"
        L2N = "L2-N"
        L3N = "L3-N"
        L1L2 = "L1-L2"
        L2L3 = "L2-L3"
        L3L1 = "L3-L1"
    }
    ReadingContext {
        InterruptionBegin = "Interruption.Begin"
        InterruptionEnd = "Interruption.End"
        SampleClock = "Sample.Clock"
        SamplePeriodic = "Sample.Periodic"
        TransactionBegin = "Transaction.Begin"
        TransactionEnd = "Transaction.End"
        Trigger = "Trigger"
    }
    Reason {
        EmergencyStop = "EmergencyStop"
        EVDisconnected = "EVDisconnected"
        HardReset = "HardReset"
        Local = "Local"
        PowerLoss = "PowerLoss"
        Reboot = "Reboot"
        Remote = "Remote"
        SoftReset = "SoftReset"
        UnlockCommand = "UnlockCommand"
        DeAuthorized = "DeAuthorized"
    }
    RecurrencyKindType {
        Daily = "Daily"
        Weekly = "Weekly"
    }
    RegistrationStatus {
        Accepted = "Accepted"
        Pending = "Pending"
        Rejected = "Rejected"
    }
    RemoteStartStopStatus {
        Accepted = "Accepted"
        Rejected = "Rejected"
    }
    ReservationStatus {
        Accepted = "Accepted"
        Faulted = "Faulted"
        Occupied = "Occupied"
        Rejected = "Rejected"
        Unavailable = "Unavailable"
    }
    ResetStatus {
        Accepted = "Accepted"
        Rejected = "Rejected"
    }
    ResetType {
        Hard = "Hard"
        Soft = "Soft"
    }
    TriggerMessageStatus {
        Accepted = "Accepted"
        Rejected = "Rejected"
        NotImplemented = "NotImplemented"
    }
    TriggerMessageStatusEnum {
        Accepted = "Accepted"
        Rejected = "Rejected"
        NotImplemented = "NotImplemented"
    }
    UnitOfMeasure {
        Wh = "Wh"
        KWh = "kWh"
        Varh = "varh"
        Kvarh = "kvarh"
        W = "W"
        KW = "kW"
        VA = "VA"
        KVA = "kVA"
        Var = "var"
        Kvar = "kvar"
        A = "A"
        V = "V"
        K = "K"
        Celcius = "Celcius"
        Celsius = "Celsius"
        Fahrenheit = "Fahrenheit"
        Percent = "Percent"
        Hertz = "Hertz"
    }
    UnlockStatus {
        Unlocked = "Unlocked"
        UnlockFailed = "UnlockFailed"
        NotSupported = "NotSupported"
    }
    UpdateFirmwareStatusEnum {
        Accepted = "Accepted"
        Rejected = "Rejected"
        AcceptedCanceled = "AcceptedCanceled"
        InvalidCertificate = "InvalidCertificate"
        RevokedCertificate = "RevokedCertificate"
    }
    UpdateStatus {
        Accepted = "Accepted"
        Failed = "Failed"
        NotSupported = "NotSupported"
        VersionMismatch = "VersionMismatch"
    }
    UpdateType {
        Differential = "Differential"
        Full = "Full"
    }
    UploadLogStatusEnum {
        BadMessage = "BadMessage"
        Idle = "Idle"
        NotSupportedOperation = "NotSupportedOperation"
        PermissionDenied = "PermissionDenied"
        Uploaded = "Uploaded"
        UploadFailure = "UploadFailure"
        Uploading = "Uploading"
    }
    ValueFormat {
        Raw = "Raw"
        SignedData = "SignedData"
    }
}
