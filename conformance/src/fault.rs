//! Faults on request: what real stations and networks do wrong.

use std::time::Duration;

use crate::clock::TimeText;

/// A fault to inject with [`crate::Station::inject`].
///
/// *Once* faults happen at the next opportunity and are over; *lasting* faults stay until [`crate::Station::mend`].
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// Once: the next call is sent and the connection is cut before its answer is read.
    DropMidCall,
    /// Once: the next call is sent, answered, and sent again with the same message id. The second answer is the one
    /// that [`crate::Station::call`] returns.
    DuplicateSameId,
    /// Once: as [`Fault::DuplicateSameId`], but the repetition has a new message id.
    DuplicateNewId,
    /// Once: the next call is ready (and has its timestamp) but leaves only after this time.
    Delay(Duration),
    /// Once: the next call of the CSMS is answered with a CALLRESULT that breaks the schema.
    InvalidCallResult,
    /// Once: the next call of the CSMS is never answered.
    Silence,
    /// Once: the offline queue is delivered in reverse order.
    Reorder,
    /// Once, at once: all registers show zero again, even in the middle of a session.
    MeterReset,
    /// Lasting: the station does not know the time and counts from 1970.
    LoseClock,
    /// Lasting: timestamps with nine fractional digits.
    NineDigits,
    /// Lasting: message ids are 1, 2, 3, … and start again at 1 with every connection.
    IdsFromOne,
    /// Lasting: every 2.x transaction has this id.
    TransactionId(String),
    /// Lasting: every 2.x seqNo is 0.
    SeqNoZero,
    /// Lasting: 1.6 connectorId or 2.x evse.id is 0 in messages about transactions.
    PlaceZero,
    /// Lasting: NotifyReport parts are about 32 kB.
    HugeReport,
    /// Lasting: what happens without a connection is never told.
    Forgetful,
    /// Lasting: 2.x messages from without a connection do not say so.
    OfflineUnmarked,
    /// Lasting: a station that lives by itself waits for nothing: no interval of a boot, no back-off.
    Impatient,
    /// Lasting: a station that lives by itself talks before it has booted.
    Talkative,
    /// Lasting: a station that lives by itself goes on charging when the CSMS refuses the token.
    Unmoved,
    /// Lasting: what was taken out of service is in service after a restart.
    BackInService,
    /// Lasting: the energy registers run backwards.
    MeterFalls,
    /// Lasting: calls that follow a request of the CSMS do not wait for each other's answers.
    Overlaps,
    /// Lasting: the costs that a 2.1 station counts are a whole unit of the currency too high.
    WrongCosts,
}

/// The faults that a station has now.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults {
    /// At most one fault for the next call.
    pub(crate) next_call: Option<Fault>,
    /// At most one fault for the next answer.
    pub(crate) next_answer: Option<Fault>,
    pub(crate) reorder: bool,
    pub(crate) ids_from_one: bool,
    pub(crate) transaction_id: Option<String>,
    pub(crate) seq_zero: bool,
    pub(crate) place_zero: bool,
    pub(crate) huge_report: bool,
    pub(crate) wrong_costs: bool,
    pub(crate) forgetful: bool,
    pub(crate) offline_unmarked: bool,
    pub(crate) impatient: bool,
    pub(crate) talkative: bool,
    pub(crate) unmoved: bool,
    pub(crate) back_in_service: bool,
    /// How far the registers have fallen, Wh.
    pub(crate) meter_falls: Option<i64>,
    pub(crate) overlaps: bool,
}

impl Faults {
    /// Takes a fault in. Returns what has to be done to the clock or the registers, which do not live here.
    pub(crate) fn add(&mut self, fault: Fault) -> Option<Elsewhere> {
        match fault {
            Fault::DropMidCall | Fault::DuplicateSameId | Fault::DuplicateNewId | Fault::Delay(_) => {
                self.next_call = Some(fault);
            }
            Fault::InvalidCallResult | Fault::Silence => self.next_answer = Some(fault),
            Fault::Reorder => self.reorder = true,
            Fault::IdsFromOne => self.ids_from_one = true,
            Fault::TransactionId(id) => self.transaction_id = Some(id),
            Fault::SeqNoZero => self.seq_zero = true,
            Fault::PlaceZero => self.place_zero = true,
            Fault::HugeReport => self.huge_report = true,
            Fault::WrongCosts => self.wrong_costs = true,
            Fault::Forgetful => self.forgetful = true,
            Fault::OfflineUnmarked => self.offline_unmarked = true,
            Fault::Impatient => self.impatient = true,
            Fault::Talkative => self.talkative = true,
            Fault::Unmoved => self.unmoved = true,
            Fault::BackInService => self.back_in_service = true,
            Fault::MeterFalls => self.meter_falls = Some(0),
            Fault::Overlaps => self.overlaps = true,
            Fault::MeterReset => return Some(Elsewhere::Registers),
            Fault::LoseClock => return Some(Elsewhere::LoseClock),
            Fault::NineDigits => return Some(Elsewhere::TimeText(TimeText::NineDigits)),
        }
        None
    }
}

/// A fault of the clock or of the registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Elsewhere {
    Registers,
    LoseClock,
    TimeText(TimeText),
}
