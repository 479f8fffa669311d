// Generated from the compact schemas: `UPDATE=1 cargo test -p ocpp --test generated` writes it anew.

use crate::wire::words;

words! {
    APNAuthenticationEnum {
        PAP = "PAP"
        CHAP = "CHAP"
        NONE = "NONE"
        AUTO = "AUTO"
    }
    AttributeEnum {
        Actual = "Actual"
        Target = "Target"
        MinSet = "MinSet"
        MaxSet = "MaxSet"
    }
    AuthorizationStatusEnum {
        Accepted = "Accepted"
        Blocked = "Blocked"
        ConcurrentTx = "ConcurrentTx"
        Expired = "Expired"
        Invalid = "Invalid"
        NoCredit = "NoCredit"
        NotAllowedTypeEVSE = "NotAllowedTypeEVSE"
        NotAtThisLocation = "NotAtThisLocation"
        NotAtThisTime = "NotAtThisTime"
        Unknown = "Unknown"
    }
    AuthorizeCertificateStatusEnum {
        Accepted = "Accepted"
        SignatureError = "SignatureError"
        CertificateExpired = "CertificateExpired"
        CertificateRevoked = "CertificateRevoked"
        NoCertificateAvailable = "NoCertificateAvailable"
        CertChainError = "CertChainError"
        ContractCancelled = "ContractCancelled"
    }
    BatterySwapEventEnum {
        BatteryIn = "BatteryIn"
        BatteryOut = "BatteryOut"
        BatteryOutTimeout = "BatteryOutTimeout"
    }
    BootReasonEnum {
        ApplicationReset = "ApplicationReset"
        FirmwareUpdate = "FirmwareUpdate"
        LocalReset = "LocalReset"
        PowerUp = "PowerUp"
        RemoteReset = "RemoteReset"
        ScheduledReset = "ScheduledReset"
        Triggered = "Triggered"
        Unknown = "Unknown"
        Watchdog = "Watchdog"
    }
    CancelReservationStatusEnum {
        Accepted = "Accepted"
        Rejected = "Rejected"
    }
    CertificateActionEnum {
        Install = "Install"
        Update = "Update"
    }
    CertificateSignedStatusEnum {
        Accepted = "Accepted"
        Rejected = "Rejected"
    }
    CertificateSigningUseEnum {
        ChargingStationCertificate = "ChargingStationCertificate"
        V2GCertificate = "V2GCertificate"
        V2G20Certificate = "V2G20Certificate"
    }
    CertificateStatusEnum {
        Good = "Good"
        Revoked = "Revoked"
        Unknown = "Unknown"
        Failed = "Failed"
    }
    CertificateStatusSourceEnum {
        CRL = "CRL"
        OCSP = "OCSP"
    }
    ChangeAvailabilityStatusEnum {
        Accepted = "Accepted"
        Rejected = "Rejected"
        Scheduled = "Scheduled"
    }
    ChargingProfileKindEnum {
        Absolute = "Absolute"
        Recurring = "Recurring"
        Relative = "Relative"
        Dynamic = "Dynamic"
    }
    ChargingProfilePurposeEnum {
        ChargingStationExternalConstraints = "ChargingStationExternalConstraints"
        ChargingStationMaxProfile = "ChargingStationMaxProfile"
        TxDefaultProfile = "TxDefaultProfile"
        TxProfile = "TxProfile"
        PriorityCharging = "PriorityCharging"
        LocalGeneration = "LocalGeneration"
    }
    ChargingProfileStatusEnum {
        Accepted = "Accepted"
        Rejected = "Rejected"
    }
    ChargingRateUnitEnum {
        W = "W"
        A = "A"
    }
    ChargingStateEnum {
        EVConnected = "EVConnected"
        Charging = "Charging"
        SuspendedEV = "SuspendedEV"
        SuspendedEVSE = "SuspendedEVSE"
        Idle = "Idle"
    }
    ClearCacheStatusEnum {
        Accepted = "Accepted"
        Rejected = "Rejected"
    }
    ClearChargingProfileStatusEnum {
        Accepted = "Accepted"
        Unknown = "Unknown"
    }
    ClearMessageStatusEnum {
        Accepted = "Accepted"
        Unknown = "Unknown"
        Rejected = "Rejected"
    }
    ClearMonitoringStatusEnum {
        Accepted = "Accepted"
        Rejected = "Rejected"
        NotFound = "NotFound"
    }
    ComponentCriterionEnum {
        Active = "Active"
        Available = "Available"
        Enabled = "Enabled"
        Problem = "Problem"
    }
    ConnectorStatusEnum {
        Available = "Available"
        Occupied = "Occupied"
        Reserved = "Reserved"
        Unavailable = "Unavailable"
        Faulted = "Faulted"
    }
    ControlModeEnum {
        ScheduledControl = "ScheduledControl"
        DynamicControl = "DynamicControl"
    }
    CostDimensionEnum {
        Energy = "Energy"
        MaxCurrent = "MaxCurrent"
        MinCurrent = "MinCurrent"
        MaxPower = "MaxPower"
        MinPower = "MinPower"
        IdleTIme = "IdleTIme"
        IdleTime = "IdleTime"
        ChargingTime = "ChargingTime"
    }
    CostKindEnum {
        CarbonDioxideEmission = "CarbonDioxideEmission"
        RelativePricePercentage = "RelativePricePercentage"
        RenewableGenerationPercentage = "RenewableGenerationPercentage"
    }
    CustomerInformationStatusEnum {
        Accepted = "Accepted"
        Rejected = "Rejected"
        Invalid = "Invalid"
    }
    DERControlEnum {
        EnterService = "EnterService"
        FreqDroop = "FreqDroop"
        FreqWatt = "FreqWatt"
        FixedPFAbsorb = "FixedPFAbsorb"
        FixedPFInject = "FixedPFInject"
        FixedVar = "FixedVar"
        Gradients = "Gradients"
        HFMustTrip = "HFMustTrip"
        HFMayTrip = "HFMayTrip"
        HVMustTrip = "HVMustTrip"
        HVMomCess = "HVMomCess"
        HVMayTrip = "HVMayTrip"
        LimitMaxDischarge = "LimitMaxDischarge"
        LFMustTrip = "LFMustTrip"
        LVMustTrip = "LVMustTrip"
        LVMomCess = "LVMomCess"
        LVMayTrip = "LVMayTrip"
        PowerMonitoringMustTrip = "PowerMonitoringMustTrip"
        VoltVar = "VoltVar"
        VoltWatt = "VoltWatt"
        WattPF = "WattPF"
        WattVar = "WattVar"
    }
    DERControlStatusEnum {
        Accepted = "Accepted"
        Rejected = "Rejected"
        NotSupported = "NotSupported"
        NotFound = "NotFound"
    }
    DERUnitEnum {
        NotApplicable = "Not_Applicable"
        PctMaxW = "PctMaxW"
        PctMaxVar = "PctMaxVar"
        PctWAvail = "PctWAvail"
        PctVarAvail = "PctVarAvail"
        PctEffectiveV = "PctEffectiveV"
    }
    DataEnum {
        String = "string"
        Decimal = "decimal"
        Integer = "integer"
        DateTime = "dateTime"
        Boolean = "boolean"
        OptionList = "OptionList"
        SequenceList = "SequenceList"
        MemberList = "MemberList"
    }
    DataTransferStatusEnum {
        Accepted = "Accepted"
        Rejected = "Rejected"
        UnknownMessageId = "UnknownMessageId"
        UnknownVendorId = "UnknownVendorId"
    }
    DayOfWeekEnum {
        Monday = "Monday"
        Tuesday = "Tuesday"
        Wednesday = "Wednesday"
        Thursday = "Thursday"
        Friday = "Friday"
        Saturday = "Saturday"
        Sunday = "Sunday"
    }
    DeleteCertificateStatusEnum {
        Accepted = "Accepted"
        Failed = "Failed"
        NotFound = "NotFound"
    }
    DisplayMessageStatusEnum {
        Accepted = "Accepted"
        NotSupportedMessageFormat = "NotSupportedMessageFormat"
        Rejected = "Rejected"
        NotSupportedPriority = "NotSupportedPriority"
        NotSupportedState = "NotSupportedState"
        UnknownTransaction = "UnknownTransaction"
        LanguageNotSupported = "LanguageNotSupported"
    }
    EnergyTransferModeEnum {
        ACSinglePhase = "AC_single_phase"
        ACTwoPhase = "AC_two_phase"
        ACThreePhase = "AC_three_phase"
        DC = "DC"
        ACBPT = "AC_BPT"
        ACBPTDER = "AC_BPT_DER"
        ACDER = "AC_DER"
        DCBPT = "DC_BPT"
        DCACDP = "DC_ACDP"
        DCACDPBPT = "DC_ACDP_BPT"
        WPT = "WPT"
    }
    EventNotificationEnum {
        HardWiredNotification = "HardWiredNotification"
        HardWiredMonitor = "HardWiredMonitor"
        PreconfiguredMonitor = "PreconfiguredMonitor"
        CustomMonitor = "CustomMonitor"
    }
    EventTriggerEnum {
        Alerting = "Alerting"
        Delta = "Delta"
        Periodic = "Periodic"
    }
    EvseKindEnum {
        AC = "AC"
        DC = "DC"
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
    GenericDeviceModelStatusEnum {
        Accepted = "Accepted"
        Rejected = "Rejected"
        NotSupported = "NotSupported"
        EmptyResultSet = "EmptyResultSet"
    }
    GenericStatusEnum {
        Accepted = "Accepted"
        Rejected = "Rejected"
    }
    GetCertificateIdUseEnum {
        V2GRootCertificate = "V2GRootCertificate"
        MORootCertificate = "MORootCertificate"
        CSMSRootCertificate = "CSMSRootCertificate"
        V2GCertificateChain = "V2GCertificateChain"
        ManufacturerRootCertificate = "ManufacturerRootCertificate"
        OEMRootCertificate = "OEMRootCertificate"
    }
    GetCertificateStatusEnum {
        Accepted = "Accepted"
        Failed = "Failed"
    }
    GetChargingProfileStatusEnum {
        Accepted = "Accepted"
        NoProfiles = "NoProfiles"
    }
    GetDisplayMessagesStatusEnum {
        Accepted = "Accepted"
        Unknown = "Unknown"
    }
    GetInstalledCertificateStatusEnum {
        Accepted = "Accepted"
        NotFound = "NotFound"
    }
    GetVariableStatusEnum {
        Accepted = "Accepted"
        Rejected = "Rejected"
        UnknownComponent = "UnknownComponent"
        UnknownVariable = "UnknownVariable"
        NotSupportedAttributeType = "NotSupportedAttributeType"
    }
    GridEventFaultEnum {
        CurrentImbalance = "CurrentImbalance"
        LocalEmergency = "LocalEmergency"
        LowInputPower = "LowInputPower"
        OverCurrent = "OverCurrent"
        OverFrequency = "OverFrequency"
        OverVoltage = "OverVoltage"
        PhaseRotation = "PhaseRotation"
        RemoteEmergency = "RemoteEmergency"
        UnderFrequency = "UnderFrequency"
        UnderVoltage = "UnderVoltage"
        VoltageImbalance = "VoltageImbalance"
    }
    HashAlgorithmEnum {
        SHA256 = "SHA256"
        SHA384 = "SHA384"
        SHA512 = "SHA512"
    }
    InstallCertificateStatusEnum {
        Accepted = "Accepted"
        Rejected = "Rejected"
        Failed = "Failed"
    }
    InstallCertificateUseEnum {
        V2GRootCertificate = "V2GRootCertificate"
        MORootCertificate = "MORootCertificate"
        ManufacturerRootCertificate = "ManufacturerRootCertificate"
        CSMSRootCertificate = "CSMSRootCertificate"
        OEMRootCertificate = "OEMRootCertificate"
    }
    IslandingDetectionEnum {
        NoAntiIslandingSupport = "NoAntiIslandingSupport"
        RoCoF = "RoCoF"
        UVPOVP = "UVP_OVP"
        UFPOFP = "UFP_OFP"
        VoltageVectorShift = "VoltageVectorShift"
        ZeroCrossingDetection = "ZeroCrossingDetection"
        OtherPassive = "OtherPassive"
        ImpedanceMeasurement = "ImpedanceMeasurement"
        ImpedanceAtFrequency = "ImpedanceAtFrequency"
        SlipModeFrequencyShift = "SlipModeFrequencyShift"
        SandiaFrequencyShift = "SandiaFrequencyShift"
        SandiaVoltageShift = "SandiaVoltageShift"
        FrequencyJump = "FrequencyJump"
        RCLQFactor = "RCLQFactor"
        OtherActive = "OtherActive"
    }
    Iso15118EVCertificateStatusEnum {
        Accepted = "Accepted"
        Failed = "Failed"
    }
    LocationEnum {
        Body = "Body"
        Cable = "Cable"
        EV = "EV"
        Inlet = "Inlet"
        Outlet = "Outlet"
        Upstream = "Upstream"
    }
    LogEnum {
        DiagnosticsLog = "DiagnosticsLog"
        SecurityLog = "SecurityLog"
        DataCollectorLog = "DataCollectorLog"
    }
    LogStatusEnum {
        Accepted = "Accepted"
        Rejected = "Rejected"
        AcceptedCanceled = "AcceptedCanceled"
    }
    MeasurandEnum {
        CurrentExport = "Current.Export"
        CurrentExportOffered = "Current.Export.Offered"
        CurrentExportMinimum = "Current.Export.Minimum"
        CurrentImport = "Current.Import"
        CurrentImportOffered = "Current.Import.Offered"
        CurrentImportMinimum = "Current.Import.Minimum"
        CurrentOffered = "Current.Offered"
        DisplayPresentSOC = "Display.PresentSOC"
        DisplayMinimumSOC = "Display.MinimumSOC"
        DisplayTargetSOC = "Display.TargetSOC"
        DisplayMaximumSOC = "Display.MaximumSOC"
        DisplayRemainingTimeToMinimumSOC = "Display.RemainingTimeToMinimumSOC"
        DisplayRemainingTimeToTargetSOC = "Display.RemainingTimeToTargetSOC"
        DisplayRemainingTimeToMaximumSOC = "Display.RemainingTimeToMaximumSOC"
        DisplayChargingComplete = "Display.ChargingComplete"
        DisplayBatteryEnergyCapacity = "Display.BatteryEnergyCapacity"
        DisplayInletHot = "Display.InletHot"
        EnergyActiveExportInterval = "Energy.Active.Export.Interval"
        EnergyActiveExportRegister = "Energy.Active.Export.Register"
        EnergyActiveImportInterval = "Energy.Active.Import.Interval"
        EnergyActiveImportRegister = "Energy.Active.Import.Register"
        EnergyActiveImportCableLoss = "Energy.Active.Import.CableLoss"
        EnergyActiveImportLocalGenerationRegister = "Energy.Active.Import.LocalGeneration.Register"
        EnergyActiveNet = "Energy.Active.Net"
        EnergyActiveSetpointInterval = "Energy.Active.Setpoint.Interval"
        EnergyApparentExport = "Energy.Apparent.Export"
        EnergyApparentImport = "Energy.Apparent.Import"
        EnergyApparentNet = "Energy.Apparent.Net"
        EnergyReactiveExportInterval = "Energy.Reactive.Export.Interval"
        EnergyReactiveExportRegister = "Energy.Reactive.Export.Register"
        EnergyReactiveImportInterval = "Energy.Reactive.Import.Interval"
        EnergyReactiveImportRegister = "Energy.Reactive.Import.Register"
        EnergyReactiveNet = "Energy.Reactive.Net"
        EnergyRequestTarget = "EnergyRequest.Target"
        EnergyRequestMinimum = "EnergyRequest.Minimum"
        EnergyRequestMaximum = "EnergyRequest.Maximum"
        EnergyRequestMinimumV2X = "EnergyRequest.Minimum.V2X"
        EnergyRequestMaximumV2X = "EnergyRequest.Maximum.V2X"
        EnergyRequestBulk = "EnergyRequest.Bulk"
        Frequency = "Frequency"
        PowerActiveExport = "Power.Active.Export"
        PowerActiveImport = "Power.Active.Import"
        PowerActiveSetpoint = "Power.Active.Setpoint"
        PowerActiveResidual = "Power.Active.Residual"
        PowerExportMinimum = "Power.Export.Minimum"
        PowerExportOffered = "Power.Export.Offered"
        PowerFactor = "Power.Factor"
        PowerImportOffered = "Power.Import.Offered"
        PowerImportMinimum = "Power.Import.Minimum"
        PowerOffered = "Power.Offered"
        PowerReactiveExport = "Power.Reactive.Export"
        PowerReactiveImport = "Power.Reactive.Import"
        SoC = "SoC"
        Voltage = "Voltage"
        VoltageMinimum = "Voltage.Minimum"
        VoltageMaximum = "Voltage.Maximum"
    }
    MessageFormatEnum {
        ASCII = "ASCII"
        HTML = "HTML"
        URI = "URI"
        UTF8 = "UTF8"
        QRCODE = "QRCODE"
    }
    MessagePriorityEnum {
        AlwaysFront = "AlwaysFront"
        InFront = "InFront"
        NormalCycle = "NormalCycle"
    }
    MessageStateEnum {
        Charging = "Charging"
        Faulted = "Faulted"
        Idle = "Idle"
        Unavailable = "Unavailable"
        Suspended = "Suspended"
        Discharging = "Discharging"
    }
    MessageTriggerEnum {
        BootNotification = "BootNotification"
        LogStatusNotification = "LogStatusNotification"
        FirmwareStatusNotification = "FirmwareStatusNotification"
        Heartbeat = "Heartbeat"
        MeterValues = "MeterValues"
        SignChargingStationCertificate = "SignChargingStationCertificate"
        SignV2GCertificate = "SignV2GCertificate"
        SignV2G20Certificate = "SignV2G20Certificate"
        StatusNotification = "StatusNotification"
        TransactionEvent = "TransactionEvent"
        SignCombinedCertificate = "SignCombinedCertificate"
        PublishFirmwareStatusNotification = "PublishFirmwareStatusNotification"
        CustomTrigger = "CustomTrigger"
    }
    MobilityNeedsModeEnum {
        EVCC = "EVCC"
        EVCCSECC = "EVCC_SECC"
    }
    MonitorEnum {
        UpperThreshold = "UpperThreshold"
        LowerThreshold = "LowerThreshold"
        Delta = "Delta"
        Periodic = "Periodic"
        PeriodicClockAligned = "PeriodicClockAligned"
        TargetDelta = "TargetDelta"
        TargetDeltaRelative = "TargetDeltaRelative"
    }
    MonitoringBaseEnum {
        All = "All"
        FactoryDefault = "FactoryDefault"
        HardWiredOnly = "HardWiredOnly"
    }
    MonitoringCriterionEnum {
        ThresholdMonitoring = "ThresholdMonitoring"
        DeltaMonitoring = "DeltaMonitoring"
        PeriodicMonitoring = "PeriodicMonitoring"
    }
    MutabilityEnum {
        ReadOnly = "ReadOnly"
        WriteOnly = "WriteOnly"
        ReadWrite = "ReadWrite"
    }
    NotifyAllowedEnergyTransferStatusEnum {
        Accepted = "Accepted"
        Rejected = "Rejected"
    }
    NotifyEVChargingNeedsStatusEnum {
        Accepted = "Accepted"
        Rejected = "Rejected"
        Processing = "Processing"
        NoChargingProfile = "NoChargingProfile"
    }
    OCPPInterfaceEnum {
        Wired0 = "Wired0"
        Wired1 = "Wired1"
        Wired2 = "Wired2"
        Wired3 = "Wired3"
        Wireless0 = "Wireless0"
        Wireless1 = "Wireless1"
        Wireless2 = "Wireless2"
        Wireless3 = "Wireless3"
        Any = "Any"
    }
    OCPPTransportEnum {
        SOAP = "SOAP"
        JSON = "JSON"
    }
    OCPPVersionEnum {
        OCPP12 = "OCPP12"
        OCPP15 = "OCPP15"
        OCPP16 = "OCPP16"
        OCPP20 = "OCPP20"
        OCPP201 = "OCPP201"
        OCPP21 = "OCPP21"
    }
    OperationModeEnum {
        Idle = "Idle"
        ChargingOnly = "ChargingOnly"
        CentralSetpoint = "CentralSetpoint"
        ExternalSetpoint = "ExternalSetpoint"
        ExternalLimits = "ExternalLimits"
        CentralFrequency = "CentralFrequency"
        LocalFrequency = "LocalFrequency"
        LocalLoadBalancing = "LocalLoadBalancing"
    }
    OperationalStatusEnum {
        Inoperative = "Inoperative"
        Operative = "Operative"
    }
    PaymentStatusEnum {
        Settled = "Settled"
        Canceled = "Canceled"
        Rejected = "Rejected"
        Failed = "Failed"
    }
    PhaseEnum {
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
    PowerDuringCessationEnum {
        Active = "Active"
        Reactive = "Reactive"
    }
    PreconditioningStatusEnum {
        Unknown = "Unknown"
        Ready = "Ready"
        NotReady = "NotReady"
        Preconditioning = "Preconditioning"
    }
    PriorityChargingStatusEnum {
        Accepted = "Accepted"
        Rejected = "Rejected"
        NoProfile = "NoProfile"
    }
    PublishFirmwareStatusEnum {
        Idle = "Idle"
        DownloadScheduled = "DownloadScheduled"
        Downloading = "Downloading"
        Downloaded = "Downloaded"
        Published = "Published"
        DownloadFailed = "DownloadFailed"
        DownloadPaused = "DownloadPaused"
        InvalidChecksum = "InvalidChecksum"
        ChecksumVerified = "ChecksumVerified"
        PublishFailed = "PublishFailed"
    }
    ReadingContextEnum {
        InterruptionBegin = "Interruption.Begin"
        InterruptionEnd = "Interruption.End"
        SampleClock = "Sample.Clock"
        SamplePeriodic = "Sample.Periodic"
        TransactionBegin = "Transaction.Begin"
        TransactionEnd = "Transaction.End"
        Trigger = "Trigger"
    }
    ReasonEnum {
        DeAuthorized = "DeAuthorized"
        EmergencyStop = "EmergencyStop"
        EnergyLimitReached = "EnergyLimitReached"
        EVDisconnected = "EVDisconnected"
        GroundFault = "GroundFault"
        ImmediateReset = "ImmediateReset"
        MasterPass = "MasterPass"
        Local = "Local"
        LocalOutOfCredit = "LocalOutOfCredit"
        OvercurrentFault = "OvercurrentFault"
        PowerLoss = "PowerLoss"
        PowerQuality = "PowerQuality"
        Reboot = "Reboot"
        Remote = "Remote"
        SOCLimitReached = "SOCLimitReached"
        StoppedByEV = "StoppedByEV"
        TimeLimitReached = "TimeLimitReached"
        Timeout = "Timeout"
        ReqEnergyTransferRejected = "ReqEnergyTransferRejected"
    }
    RecurrencyKindEnum {
        Daily = "Daily"
        Weekly = "Weekly"
    }
    RegistrationStatusEnum {
        Accepted = "Accepted"
        Pending = "Pending"
        Rejected = "Rejected"
    }
    ReportBaseEnum {
        ConfigurationInventory = "ConfigurationInventory"
        FullInventory = "FullInventory"
        SummaryInventory = "SummaryInventory"
    }
    RequestStartStopStatusEnum {
        Accepted = "Accepted"
        Rejected = "Rejected"
    }
    ReservationUpdateStatusEnum {
        Expired = "Expired"
        Removed = "Removed"
        NoTransaction = "NoTransaction"
    }
    ReserveNowStatusEnum {
        Accepted = "Accepted"
        Faulted = "Faulted"
        Occupied = "Occupied"
        Rejected = "Rejected"
        Unavailable = "Unavailable"
    }
    ResetEnum {
        Immediate = "Immediate"
        OnIdle = "OnIdle"
        ImmediateAndResume = "ImmediateAndResume"
    }
    ResetStatusEnum {
        Accepted = "Accepted"
        Rejected = "Rejected"
        Scheduled = "Scheduled"
    }
    SendLocalListStatusEnum {
        Accepted = "Accepted"
        Failed = "Failed"
        VersionMismatch = "VersionMismatch"
    }
    SetMonitoringStatusEnum {
        Accepted = "Accepted"
        UnknownComponent = "UnknownComponent"
        UnknownVariable = "UnknownVariable"
        UnsupportedMonitorType = "UnsupportedMonitorType"
        Rejected = "Rejected"
        Duplicate = "Duplicate"
    }
    SetNetworkProfileStatusEnum {
        Accepted = "Accepted"
        Rejected = "Rejected"
        Failed = "Failed"
    }
    SetVariableStatusEnum {
        Accepted = "Accepted"
        Rejected = "Rejected"
        UnknownComponent = "UnknownComponent"
        UnknownVariable = "UnknownVariable"
        NotSupportedAttributeType = "NotSupportedAttributeType"
        RebootRequired = "RebootRequired"
    }
    TariffChangeStatusEnum {
        Accepted = "Accepted"
        Rejected = "Rejected"
        TooManyElements = "TooManyElements"
        ConditionNotSupported = "ConditionNotSupported"
        TxNotFound = "TxNotFound"
        NoCurrencyChange = "NoCurrencyChange"
    }
    TariffClearStatusEnum {
        Accepted = "Accepted"
        Rejected = "Rejected"
        NoTariff = "NoTariff"
    }
    TariffCostEnum {
        NormalCost = "NormalCost"
        MinCost = "MinCost"
        MaxCost = "MaxCost"
    }
    TariffGetStatusEnum {
        Accepted = "Accepted"
        Rejected = "Rejected"
        NoTariff = "NoTariff"
    }
    TariffKindEnum {
        DefaultTariff = "DefaultTariff"
        DriverTariff = "DriverTariff"
    }
    TariffSetStatusEnum {
        Accepted = "Accepted"
        Rejected = "Rejected"
        TooManyElements = "TooManyElements"
        ConditionNotSupported = "ConditionNotSupported"
        DuplicateTariffId = "DuplicateTariffId"
    }
    TransactionEventEnum {
        Ended = "Ended"
        Started = "Started"
        Updated = "Updated"
    }
    TriggerMessageStatusEnum {
        Accepted = "Accepted"
        Rejected = "Rejected"
        NotImplemented = "NotImplemented"
    }
    TriggerReasonEnum {
        AbnormalCondition = "AbnormalCondition"
        Authorized = "Authorized"
        CablePluggedIn = "CablePluggedIn"
        ChargingRateChanged = "ChargingRateChanged"
        ChargingStateChanged = "ChargingStateChanged"
        CostLimitReached = "CostLimitReached"
        Deauthorized = "Deauthorized"
        EnergyLimitReached = "EnergyLimitReached"
        EVCommunicationLost = "EVCommunicationLost"
        EVConnectTimeout = "EVConnectTimeout"
        EVDeparted = "EVDeparted"
        EVDetected = "EVDetected"
        LimitSet = "LimitSet"
        MeterValueClock = "MeterValueClock"
        MeterValuePeriodic = "MeterValuePeriodic"
        OperationModeChanged = "OperationModeChanged"
        RemoteStart = "RemoteStart"
        RemoteStop = "RemoteStop"
        ResetCommand = "ResetCommand"
        RunningCost = "RunningCost"
        SignedDataReceived = "SignedDataReceived"
        SoCLimitReached = "SoCLimitReached"
        StopAuthorized = "StopAuthorized"
        TariffChanged = "TariffChanged"
        TariffNotAccepted = "TariffNotAccepted"
        TimeLimitReached = "TimeLimitReached"
        Trigger = "Trigger"
        TxResumed = "TxResumed"
        UnlockCommand = "UnlockCommand"
    }
    UnlockStatusEnum {
        Unlocked = "Unlocked"
        UnlockFailed = "UnlockFailed"
        OngoingAuthorizedTransaction = "OngoingAuthorizedTransaction"
        UnknownConnector = "UnknownConnector"
    }
    UnpublishFirmwareStatusEnum {
        DownloadOngoing = "DownloadOngoing"
        NoFirmware = "NoFirmware"
        Unpublished = "Unpublished"
    }
    UpdateEnum {
        Differential = "Differential"
        Full = "Full"
    }
    UpdateFirmwareStatusEnum {
        Accepted = "Accepted"
        Rejected = "Rejected"
        AcceptedCanceled = "AcceptedCanceled"
        InvalidCertificate = "InvalidCertificate"
        RevokedCertificate = "RevokedCertificate"
    }
    UploadLogStatusEnum {
        BadMessage = "BadMessage"
        Idle = "Idle"
        NotSupportedOperation = "NotSupportedOperation"
        PermissionDenied = "PermissionDenied"
        Uploaded = "Uploaded"
        UploadFailure = "UploadFailure"
        Uploading = "Uploading"
        AcceptedCanceled = "AcceptedCanceled"
    }
    VPNEnum {
        IKEv2 = "IKEv2"
        IPSec = "IPSec"
        L2TP = "L2TP"
        PPTP = "PPTP"
    }
}
