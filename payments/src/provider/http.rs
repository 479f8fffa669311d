//! HTTP without a network: bytes as they go over the wire, because signatures are made over them.

/// How a request is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Get,
    Post,
}

impl Verb {
    /// As in a request line.
    pub fn name(self) -> &'static str {
        match self {
            Verb::Get => "GET",
            Verb::Post => "POST",
        }
    }
}

/// A request, whole and signed. Sent exactly as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub verb: Verb,
    /// Absolute, percent-encoded.
    pub url: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    /// Present the account's client certificate (WeChat v2 refunds).
    pub client_certificate: bool,
}

impl Request {
    /// A request without a body.
    pub fn get(url: String) -> Request {
        Request { verb: Verb::Get, url, headers: Vec::new(), body: Vec::new(), client_certificate: false }
    }

    /// A request with a body.
    pub fn post(url: String, content_type: &str, body: Vec<u8>) -> Request {
        let headers = vec![("content-type", content_type.to_owned())];
        Request { verb: Verb::Post, url, headers, body, client_certificate: false }
    }

    /// With one more header.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Request {
        self.headers.push((name, value.into()));
        self
    }
}

/// A response of theirs, a notification of theirs, or our answer to one: status (0 in a notification), headers, bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Response {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    /// With a status, a content type and a text.
    pub fn text(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Response {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Response { status, headers, body: body.into() }
    }

    /// The first header of that name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}
