//! Pricing: tariffs, meter readings and bills in exact decimals; no clock, no I/O.
