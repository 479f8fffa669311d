//! Who may connect how often, hold how many connections, guess how many passwords and say how much.

use super::{cause::Cause, handshake::Refusal};
use crate::config::Limits;
use governor::{
    DefaultDirectRateLimiter, DefaultKeyedRateLimiter, NotUntil, Quota, RateLimiter,
    clock::{Clock, DefaultClock, QuantaInstant},
};
use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::{BuildHasher, Hash},
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// Keys that a limiter remembers at one time. Beyond, what is over is forgotten first; if that does not help, the
/// newcomers share one key.
const KEYS_MAX: usize = 100_000;
/// After the burst of wrong passwords for one identity from one address, one more is heard each minute.
const PAIR_PERIOD: Duration = Duration::from_secs(60);
/// For all identities from one address: ten times the burst, and one more each six seconds.
const ADDRESS_PERIOD: Duration = Duration::from_secs(6);
const ADDRESS_FACTOR: u32 = 10;

/// The limits at work. One for the whole server.
#[derive(Debug)]
pub struct Guard {
    connections_max: usize,
    connections_per_address: usize,
    connects: DefaultKeyedRateLimiter<IpAddr>,
    connects_all: DefaultDirectRateLimiter,
    messages_all: DefaultDirectRateLimiter,
    per_station: Quota,
    wrong_for_pair: DefaultKeyedRateLimiter<u64>,
    wrong_from_address: DefaultKeyedRateLimiter<IpAddr>,
    hasher: RandomState,
    back_off: Mutex<HashMap<BackOff, Instant>>,
    open_all: AtomicUsize,
    open: Mutex<HashMap<IpAddr, usize>>,
    clock: DefaultClock,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum BackOff {
    /// An identity from an address, hashed.
    Pair(u64),
    Address(IpAddr),
}

/// An open connection, counted until it is dropped.
#[derive(Debug)]
pub struct Seat {
    guard: Arc<Guard>,
    source: IpAddr,
}

/// The message allowance of one link.
#[derive(Debug)]
pub struct Pace(DefaultDirectRateLimiter);

impl Guard {
    pub fn new(limits: &Limits) -> Guard {
        let per_second =
            |rate: u32, burst: u32| Quota::per_second(at_least_1(rate)).allow_burst(at_least_1(burst));
        let slowly = |period: Duration, burst: u32| {
            Quota::with_period(period)
                .unwrap_or(Quota::per_minute(NonZeroU32::MIN))
                .allow_burst(at_least_1(burst))
        };
        let wrong = limits.auth_failures_burst;
        Guard {
            connections_max: limits.connections_max,
            connections_per_address: limits.connections_per_address,
            connects: RateLimiter::keyed(per_second(
                limits.connects_per_address_s,
                limits.connects_per_address_burst,
            )),
            connects_all: RateLimiter::direct(per_second(limits.connects_s, limits.connects_burst)),
            messages_all: RateLimiter::direct(per_second(limits.messages_s, limits.messages_s)),
            per_station: per_second(limits.messages_per_station_s, limits.messages_per_station_burst),
            wrong_for_pair: RateLimiter::keyed(slowly(PAIR_PERIOD, wrong)),
            wrong_from_address: RateLimiter::keyed(slowly(
                ADDRESS_PERIOD,
                wrong.saturating_mul(ADDRESS_FACTOR),
            )),
            hasher: RandomState::new(),
            back_off: Mutex::default(),
            open_all: AtomicUsize::new(0),
            open: Mutex::default(),
            clock: DefaultClock::default(),
        }
    }

    /// Admits an accepted socket, before a byte of it is read.
    pub fn accept(self: &Arc<Self>, address: IpAddr) -> Result<Seat, Refusal> {
        let source = source(address);
        if self.open_all.fetch_add(1, Ordering::Relaxed) >= self.connections_max {
            self.open_all.fetch_sub(1, Ordering::Relaxed);
            return Err(Refusal::new(503, Cause::TooManyConnections, "The server is full.")
                .retry_after(Duration::from_secs(60)));
        }
        let here = {
            let mut open = self.open();
            let here = open.entry(source).or_insert(0);
            *here += 1;
            *here
        };
        // From here on dropping the seat takes both counts back.
        let seat = Seat { guard: self.clone(), source };
        if here > self.connections_per_address {
            let body = "Too many connections are open from this address.";
            return Err(
                Refusal::new(429, Cause::TooManyConnections, body).retry_after(Duration::from_secs(60))
            );
        }
        let key = if self.connects.len() < KEYS_MAX { source } else { IpAddr::V6(Ipv6Addr::UNSPECIFIED) };
        let allowed = self.connects.check_key(&key).and_then(|()| self.connects_all.check());
        allowed.map_err(|until| {
            Refusal::new(429, Cause::RateLimited, "Too many connects in a short time.")
                .retry_after(self.wait(&until))
        })?;
        Ok(seat)
    }

    /// Must this identity from this address, or the whole address, wait after wrong passwords? Another address is
    /// never affected, so nobody can lock a station out from elsewhere.
    pub fn must_wait(&self, identity: &str, address: IpAddr) -> Option<Duration> {
        let source = source(address);
        let now = Instant::now();
        let back_off = self.back_off();
        [BackOff::Pair(self.pair(identity, source)), BackOff::Address(source)]
            .iter()
            .filter_map(|key| back_off.get(key)?.checked_duration_since(now))
            .max()
    }

    /// Counts a wrong password.
    pub fn wrong_password(&self, identity: &str, address: IpAddr) {
        let source = source(address);
        let pair = self.pair(identity, source);
        if self.wrong_for_pair.len() < KEYS_MAX
            && let Err(until) = self.wrong_for_pair.check_key(&pair)
        {
            self.hold_off(BackOff::Pair(pair), self.wait(&until));
        }
        if self.wrong_from_address.len() < KEYS_MAX
            && let Err(until) = self.wrong_from_address.check_key(&source)
        {
            self.hold_off(BackOff::Address(source), self.wait(&until));
        }
    }

    /// A fresh allowance for a new link.
    pub fn pace(&self) -> Pace {
        Pace(RateLimiter::direct(self.per_station))
    }

    /// Takes one message off the station's and the server's allowance. If there is none left: how long to wait
    /// before asking again.
    pub fn message(&self, pace: &Pace) -> Result<(), Duration> {
        pace.0.check().and_then(|()| self.messages_all.check()).map_err(|until| self.wait(&until))
    }

    /// Forgets what is over. To be called about once a minute.
    pub fn prune(&self) {
        self.connects.retain_recent();
        self.wrong_for_pair.retain_recent();
        self.wrong_from_address.retain_recent();
        self.connects.shrink_to_fit();
        self.wrong_for_pair.shrink_to_fit();
        self.wrong_from_address.shrink_to_fit();
        let now = Instant::now();
        self.back_off().retain(|_, until| *until > now);
        let mut open = self.open();
        if open.capacity() > 1024 && open.len() < open.capacity() / 4 {
            open.shrink_to_fit();
        }
    }

    /// Open connections.
    pub fn connections(&self) -> usize {
        self.open_all.load(Ordering::Relaxed)
    }

    fn hold_off(&self, key: BackOff, wait: Duration) {
        let now = Instant::now();
        let mut back_off = self.back_off();
        if back_off.len() >= KEYS_MAX {
            back_off.retain(|_, until| *until > now);
        }
        if back_off.len() < KEYS_MAX || back_off.contains_key(&key) {
            back_off.insert(key, now + wait);
        }
    }

    fn pair(&self, identity: &str, source: IpAddr) -> u64 {
        self.hasher.hash_one((identity, source))
    }

    fn wait(&self, until: &NotUntil<QuantaInstant>) -> Duration {
        until.wait_time_from(self.clock.now()).max(Duration::from_millis(1))
    }

    fn open(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn back_off(&self) -> MutexGuard<'_, HashMap<BackOff, Instant>> {
        self.back_off.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.guard.open_all.fetch_sub(1, Ordering::Relaxed);
        let mut open = self.guard.open();
        if let Some(here) = open.get_mut(&self.source) {
            *here -= 1;
            if *here == 0 {
                open.remove(&self.source);
            }
        }
    }
}

fn at_least_1(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN)
}

/// Who is counted as one: an IPv4 address, or the /64 network that one IPv6 customer has.
fn source(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(change: impl FnOnce(&mut Limits)) -> Arc<Guard> {
        let mut limits = Limits::default();
        change(&mut limits);
        Arc::new(Guard::new(&limits))
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn refused(outcome: Result<Seat, Refusal>) -> (u16, Cause) {
        let refusal = outcome.unwrap_err();
        assert!(refusal.retry_after_s.is_some_and(|seconds| seconds > 0));
        (refusal.status, refusal.cause)
    }

    #[test]
    fn seats_are_counted_and_given_back() {
        let guard = guard(|limits| {
            limits.connections_max = 3;
            limits.connections_per_address = 2;
        });
        let first = guard.accept(address("10.0.0.1")).unwrap();
        let _second = guard.accept(address("::ffff:10.0.0.1")).unwrap();
        assert_eq!(refused(guard.accept(address("10.0.0.1"))), (429, Cause::TooManyConnections));
        let _third = guard.accept(address("10.0.0.2")).unwrap();
        assert_eq!(refused(guard.accept(address("10.0.0.3"))), (503, Cause::TooManyConnections));
        drop(first);
        assert_eq!(guard.connections(), 2);
        assert!(guard.accept(address("10.0.0.1")).is_ok());
    }

    #[test]
    fn connects_are_limited_by_source_and_in_all() {
        let guard = guard(|limits| {
            limits.connects_per_address_burst = 2;
            limits.connects_per_address_s = 1;
            limits.connects_burst = 4;
            limits.connects_s = 1;
        });
        for _ in 0..2 {
            drop(guard.accept(address("2001:db8::1")).unwrap());
        }
        let neighbour = address("2001:db8::2");
        assert_eq!(refused(guard.accept(neighbour)), (429, Cause::RateLimited), "the same /64");
        for last in 1..=2 {
            drop(guard.accept(IpAddr::from([10, 0, 0, last])).unwrap());
        }
        assert_eq!(refused(guard.accept(address("10.0.0.9"))), (429, Cause::RateLimited), "in all");
        assert_eq!(guard.connections(), 0, "the refused hold no seat");
    }

    #[test]
    fn guessing_is_slowed_down_where_it_happens_and_nowhere_else() {
        let guard = guard(|limits| limits.auth_failures_burst = 3);
        let (attacker, elsewhere) = (address("10.0.0.1"), address("10.0.0.2"));
        for _ in 0..3 {
            guard.wrong_password("CP1", attacker);
            assert_eq!(guard.must_wait("CP1", attacker), None);
        }
        guard.wrong_password("CP1", attacker);
        let wait = guard.must_wait("CP1", attacker).unwrap();
        assert!(wait > Duration::from_secs(50) && wait <= PAIR_PERIOD);
        assert_eq!(guard.must_wait("CP1", elsewhere), None, "the real station is not locked out");
        assert_eq!(guard.must_wait("CP2", attacker), None);
        for n in 0..30 {
            guard.wrong_password(&format!("X{n}"), attacker);
        }
        assert!(guard.must_wait("CP2", attacker).is_some(), "many identities from one address");
        assert_eq!(guard.must_wait("CP2", elsewhere), None);
    }

    #[test]
    fn messages_beyond_the_allowance_have_to_wait() {
        let guard = guard(|limits| {
            limits.messages_per_station_burst = 2;
            limits.messages_per_station_s = 1;
        });
        let pace = guard.pace();
        assert_eq!((guard.message(&pace), guard.message(&pace)), (Ok(()), Ok(())));
        let wait = guard.message(&pace).unwrap_err();
        assert!(wait > Duration::from_millis(500) && wait <= Duration::from_secs(1));
        assert_eq!(guard.message(&guard.pace()), Ok(()), "another station");
    }

    #[test]
    fn pruning_forgets_what_is_over() {
        let guard = guard(|limits| limits.connects_per_address_s = 1_000_000);
        for n in 0..1000_u32 {
            drop(guard.accept(IpAddr::from(n.to_be_bytes())));
        }
        assert!(!guard.connects.is_empty());
        while !guard.connects.is_empty() {
            guard.prune();
        }
        assert!(guard.open().is_empty());
    }
}
