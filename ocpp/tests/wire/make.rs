//! Valid payloads, made from the compact schemas.

use ocpp::Version;
use ocpp::schema::Kind;
use ocpp::schema::book::{Book, Object, Shape, Type};
use serde_json::{Map, Value, json};

/// Which optional fields a payload has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fill {
    None,
    Some,
    All,
}

/// A small generator of numbers (splitmix64): the same seed gives the same payload.
pub struct Dice(pub u64);

impl Dice {
    /// A number below `sides`.
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides.max(1)
    }
}

/// Every message of every version.
pub fn messages() -> Vec<(Version, &'static str, Kind, &'static Object)> {
    let mut all = Vec::new();
    for version in Version::ALL {
        for (name, action) in &Book::of(version).actions {
            all.push((version, *name, Kind::Request, &action.request));
            all.extend(action.response.as_ref().map(|object| (version, *name, Kind::Response, object)));
        }
    }
    all
}

/// A payload that the schema accepts.
pub fn payload(book: &Book, object: &Object, fill: Fill, dice: &mut Dice) -> Value {
    let mut out = Map::new();
    for field in &object.fields {
        let present = match fill {
            Fill::None => false,
            Fill::Some => dice.roll(2) == 0,
            Fill::All => true,
        };
        if field.required || present {
            out.insert(field.name.to_owned(), value(book, &field.shape, fill, dice));
        }
    }
    if object.open {
        out.insert("anything".to_owned(), json!({ "of": ["ours", 1, null] }));
    }
    Value::Object(out)
}

fn value(book: &Book, shape: &Shape, fill: Fill, dice: &mut Dice) -> Value {
    match shape {
        Shape::Text { max } => json!(text(dice, max.unwrap_or(60))),
        Shape::Time => json!(format!(
            "20{:02}-0{}-1{}T0{}:00:00.{}Z",
            dice.roll(99),
            1 + dice.roll(9),
            dice.roll(9),
            dice.roll(9),
            dice.roll(999)
        )),
        Shape::Uri => json!("https://example.org/firmware.bin"),
        Shape::Integer { min, max } => {
            let low = min.unwrap_or(-5);
            json!(low + dice.roll(max.unwrap_or(low + 100_000).abs_diff(low) + 1) as i64)
        }
        Shape::Number { min, max, step } => {
            let low = min.unwrap_or(max.unwrap_or(0) - 100);
            let tenths = dice.roll(max.unwrap_or(low + 10_000).abs_diff(low) * 10) as i64 + low * 10;
            let number = tenths as f64 / 10.0;
            let fine = step.is_none() && min.is_none() && max.is_none();
            match tenths % 10 {
                0 => json!(tenths / 10),
                _ if fine => json!(number * 1.000_123),
                _ => json!(number),
            }
        }
        Shape::Boolean => json!(dice.roll(2) == 0),
        Shape::Any => json!([{ "a": 1.5 }, "b", null, true]),
        Shape::Named(name) => match &book.types[name] {
            Type::Object(object) => payload(book, object, fill, dice),
            Type::Enum { words, .. } => json!(words[dice.roll(words.len() as u64) as usize]),
        },
        Shape::List { item, min, max } => {
            let low = u64::from(min.unwrap_or(0));
            let high = u64::from(max.unwrap_or(3)).min(low + 2);
            let count = if fill == Fill::None { low } else { low + dice.roll(high - low + 1) };
            Value::Array((0..count).map(|_| value(book, item, fill, dice)).collect())
        }
    }
}

/// A text of at most `max` characters, some of them of several bytes.
fn text(dice: &mut Dice, max: u32) -> String {
    let letters: Vec<char> = "abcXYZ0189-_. äß€二🔌".chars().collect();
    let length = if dice.roll(4) == 0 { u64::from(max) } else { dice.roll(u64::from(max.min(20)) + 1) };
    (0..length).map(|_| letters[dice.roll(letters.len() as u64) as usize]).collect()
}
