//! What every provider promises, whatever its protocol. To put one through it: a `Subject` that plays the provider's
//! side of its own protocol, and a line in `contract!`.

#![allow(clippy::unwrap_used, clippy::panic)]

mod sandbox;
mod subject;
mod suite;

/// The whole suite for one subject.
macro_rules! contract {
    ($name:ident, $subject:expr) => {
        mod $name {
            use crate::suite;

            #[test]
            fn it_offers_what_it_says_and_nothing_else() {
                suite::it_offers_what_it_says_and_nothing_else(&$subject);
            }
            #[test]
            fn opening_twice_is_one_order() {
                suite::opening_twice_is_one_order(&$subject);
            }
            #[test]
            fn a_genuine_answer_is_believed() {
                suite::a_genuine_answer_is_believed(&$subject);
            }
            #[test]
            fn an_answer_that_cannot_be_verified_tells_nothing() {
                suite::an_answer_that_cannot_be_verified_tells_nothing(&$subject);
            }
            #[test]
            fn a_server_in_trouble_tells_nothing() {
                suite::a_server_in_trouble_tells_nothing(&$subject);
            }
            #[test]
            fn arbitrary_bytes_are_read_without_harm() {
                suite::arbitrary_bytes_are_read_without_harm(&$subject);
            }
            #[test]
            fn a_genuine_notice_is_believed_and_has_one_key() {
                suite::a_genuine_notice_is_believed_and_has_one_key(&$subject);
            }
            #[test]
            fn a_forged_notice_is_refused() {
                suite::a_forged_notice_is_refused(&$subject);
            }
            #[test]
            fn an_old_notice_is_refused() {
                suite::an_old_notice_is_refused(&$subject);
            }
        }
    };
}

contract!(of_the_sandbox, crate::sandbox::subject());
