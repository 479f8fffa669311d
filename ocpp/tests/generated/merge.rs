//! 2.0.1 and 2.1 in one set of types: 2.1 is the base, and what 2.0.1 does not ask for becomes optional.

use ocpp::schema::book::{Action, Book, Field, Object, Shape, Type};

/// 2.1's names and shapes with whatever is needed to read 2.0.1 as well, and the names of what 2.0.1 lacks.
pub fn merge(old: &Book, new: &Book) -> Book {
    let mut merged = Book::default();
    for (name, action) in &new.actions {
        let before = old.actions.get(name);
        let both =
            |old: Option<&Object>, new: &Object| old.map_or_else(|| copy(new), |old| object(name, old, new));
        let request = both(before.map(|a| &a.request), &action.request);
        let response =
            action.response.as_ref().map(|new| both(before.and_then(|a| a.response.as_ref()), new));
        merged.actions.insert(name, Action { from: action.from, request, response });
    }
    for (name, what) in &new.types {
        let both = match (old.types.get(name), what) {
            (Some(Type::Object(old)), Type::Object(new)) => Type::Object(object(name, old, new)),
            (None, Type::Object(new)) => Type::Object(copy(new)),
            (Some(Type::Enum { words: old, .. }), Type::Enum { words, default }) => {
                let gone = old.iter().filter(|w| !words.contains(w));
                Type::Enum { words: words.iter().chain(gone).copied().collect(), default: *default }
            }
            (None, Type::Enum { words, default }) => Type::Enum { words: words.clone(), default: *default },
            _ => panic!("{name} is an object in one version and an enum in the other"),
        };
        merged.types.insert(name, both);
    }
    for name in old.actions.keys() {
        assert!(new.actions.contains_key(name), "2.1 lacks the action {name}");
    }
    merged
}

fn copy(of: &Object) -> Object {
    Object { fields: of.fields.clone(), open: of.open }
}

fn object(name: &str, old: &Object, new: &Object) -> Object {
    for field in &old.fields {
        assert!(new.field(field.name).is_some(), "2.1 lacks {name}.{}", field.name);
    }
    let field = |new: &Field| {
        let before = old.field(new.name);
        if let Some(before) = before {
            assert!(reads(&new.shape, &before.shape), "{name}.{} is of another type in 2.1", new.name);
        }
        Field { required: new.required && before.is_some_and(|f| f.required), ..new.clone() }
    };
    Object { fields: new.fields.iter().map(field).collect(), open: new.open }
}

/// Whether the Rust type of one shape reads what another shape allows.
fn reads(new: &Shape, old: &Shape) -> bool {
    match (new, old) {
        (Shape::Text { .. }, Shape::Text { .. } | Shape::Named(_))
        | (Shape::Number { .. }, Shape::Number { .. } | Shape::Integer { .. })
        | (Shape::Integer { .. }, Shape::Integer { .. }) => true,
        (Shape::List { item: new, .. }, Shape::List { item: old, .. }) => reads(new, old),
        _ => new == old,
    }
}
