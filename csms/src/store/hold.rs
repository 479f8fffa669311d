//! A row that is read to be changed. On PostgreSQL two transactions may read the same row, and the later one would write back
//! what the earlier has changed; on SQLite only one transaction writes at a time.

use super::db::Tx;
use super::error::StoreError;
use super::migrations::Engine;
use super::query::value;

/// What is to be changed.
#[derive(Debug, Clone, Copy)]
pub enum Row<'a> {
    Station(&'a str),
    Site(i64),
    Token(i64),
    Webhook(i64),
    Template(&'a str),
}

/// Nobody else changes the row from here to the end of the transaction. One that is not there is held by nobody.
pub async fn hold(tx: &mut Tx, row: Row<'_>) -> Result<(), StoreError> {
    if tx.engine() == Engine::Sqlite {
        return Ok(());
    }
    let _there: Option<i32> = match row {
        Row::Station(id) => value!(tx, "SELECT 1 FROM station WHERE id = $1 FOR UPDATE", &*super::clean(id))?,
        Row::Site(id) => value!(tx, "SELECT 1 FROM site WHERE id = $1 FOR UPDATE", id)?,
        Row::Token(id) => value!(tx, "SELECT 1 FROM token WHERE id = $1 FOR UPDATE", id)?,
        Row::Webhook(id) => value!(tx, "SELECT 1 FROM webhook WHERE id = $1 FOR UPDATE", id)?,
        Row::Template(id) => {
            value!(tx, "SELECT 1 FROM template WHERE id = $1 FOR UPDATE", &*super::clean(id))?
        }
    };
    Ok(())
}
