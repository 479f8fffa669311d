//! The API, for people: the OpenAPI document as a page.

use super::Page;
use serde::Serialize;

/// All of it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ApiDocsPage {
    pub version: String,
    /// Paragraphs.
    pub about: Vec<String>,
    pub groups: Vec<DocGroup>,
    pub schemas: Vec<DocSchema>,
}

/// Operations that belong together.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DocGroup {
    pub name: String,
    pub operations: Vec<DocOperation>,
}

/// An operation.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DocOperation {
    pub id: String,
    /// In upper case.
    pub verb: String,
    pub path: String,
    pub summary: String,
    pub says: String,
    pub scope: String,
    pub parameters: Vec<DocField>,
    /// Kind of the body.
    pub body: Option<DocKind>,
    pub answers: Vec<DocAnswer>,
    /// To be pasted into a shell.
    pub curl: String,
}

/// What comes back.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DocAnswer {
    pub status: String,
    pub says: String,
    pub kind: Option<DocKind>,
}

/// What a value is, and the schema that says more.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DocKind {
    pub text: String,
    /// Name of a schema on this page.
    pub schema: Option<String>,
}

/// A field of an object, or a parameter.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DocField {
    pub name: String,
    /// Of parameters: `path`, `query` or `header`.
    pub place: String,
    pub kind: DocKind,
    pub required: bool,
    pub says: String,
}

/// A schema: its fields, or the forms it can have.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DocSchema {
    pub name: String,
    pub says: String,
    pub fields: Vec<DocField>,
    pub forms: Vec<DocSchema>,
}

impl Page for ApiDocsPage {
    const TEMPLATE: &'static str = "api_docs.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        vec![ApiDocsPage::default(), crate::api::docs_page()]
    }
}
