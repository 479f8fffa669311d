//! The only place with SQL: one text for SQLite and PostgreSQL.

pub mod row;
