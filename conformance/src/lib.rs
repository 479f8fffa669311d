//! Virtual charging stations, fleets and the load generator: the station's side of OCPP.
