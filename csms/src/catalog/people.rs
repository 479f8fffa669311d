//! Rows by the people they are for: one identifier, a group, or anyone.

use super::Asked;
use chrono::{DateTime, Utc};
use std::collections::HashMap;

/// For whom a row is: the narrowest circle first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Circle {
    Token,
    Group,
    Anyone,
}

/// When a row counts, and for which kind of identifier.
#[derive(Debug)]
pub(super) struct Bounds {
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
    /// It is for something typed at a pad, which never passes for a card with the same text.
    pub typed: bool,
}

impl Bounds {
    fn hold(&self, asked: &Asked<'_>, circle: Circle) -> bool {
        self.from.is_none_or(|from| from <= asked.at)
            && self.to.is_none_or(|to| asked.at < to)
            && (circle != Circle::Token || self.typed == (asked.token_kind == "KeyCode"))
    }
}

/// Something for an identifier, a group, or anyone.
#[derive(Debug)]
pub(super) struct People<T> {
    tokens: HashMap<Box<str>, Vec<(Bounds, T)>>,
    groups: HashMap<Box<str>, Vec<(Bounds, T)>>,
    anyone: Vec<(Bounds, T)>,
}

impl<T> Default for People<T> {
    fn default() -> People<T> {
        People { tokens: HashMap::new(), groups: HashMap::new(), anyone: Vec::new() }
    }
}

impl<T> People<T> {
    pub fn add(&mut self, token: Option<String>, group: Option<String>, bounds: Bounds, what: T) {
        let list = match (token, group) {
            (Some(token), _) => self.tokens.entry(token.into()).or_default(),
            (None, Some(group)) => self.groups.entry(group.into()).or_default(),
            (None, None) => &mut self.anyone,
        };
        list.push((bounds, what));
    }

    /// What is for who asks, and counts at that instant.
    pub fn of<'t, 'q>(&'t self, asked: &'q Asked<'q>) -> impl Iterator<Item = (Circle, &'t T)> {
        // Most have nothing of their own: an empty table is not worth hashing for.
        let own = asked.token.filter(|_| !self.tokens.is_empty()).and_then(|token| self.tokens.get(token));
        let group = asked.group.filter(|_| !self.groups.is_empty()).and_then(|group| self.groups.get(group));
        let circle = |circle: Circle, list: Option<&'t Vec<(Bounds, T)>>| {
            list.into_iter().flatten().map(move |(bounds, what)| (circle, bounds, what))
        };
        circle(Circle::Token, own)
            .chain(circle(Circle::Group, group))
            .chain(circle(Circle::Anyone, Some(&self.anyone)))
            .filter(|(circle, bounds, _)| bounds.hold(asked, *circle))
            .map(|(circle, _, what)| (circle, what))
    }
}
