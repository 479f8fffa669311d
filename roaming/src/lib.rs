//! Roaming with other operators: OCPI and settlement.
