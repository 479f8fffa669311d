//! A form with a file in it (multipart/form-data, RFC 7578), read as it comes: the bytes of its first file, and what that is
//! called. Old chargers upload so. What is held at one time is bounded, whatever comes.

/// Letters of a boundary (RFC 2046 §5.1.1).
const BOUNDARY_MAX: usize = 70;
/// Headers of a part.
const HEAD_MAX: usize = 8 * 1024;
/// Parts before the file.
const PARTS_MAX: usize = 50;

/// What a form brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// The file begins, with the name that it is given.
    File { name: String, content_type: String },
    /// Bytes of the file.
    Bytes(Vec<u8>),
    /// The file is whole.
    End,
}

/// The form cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FormError(pub &'static str);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first boundary, or in a part that is no file.
    Skipping,
    /// In the headers of a part.
    Head,
    /// In the file.
    File,
    /// After the file.
    Done,
}

/// The reader.
#[derive(Debug)]
pub struct Form {
    /// What ends a part.
    mark: Vec<u8>,
    held: Vec<u8>,
    state: State,
    parts: usize,
}

impl Form {
    /// For a body of this type. `None`: it is no form.
    ///
    /// # Errors
    /// It is one, and says no boundary.
    pub fn of(content_type: &str) -> Result<Option<Form>, FormError> {
        let mut fields = content_type.split(';');
        if !fields.next().unwrap_or_default().trim().eq_ignore_ascii_case("multipart/form-data") {
            return Ok(None);
        }
        let boundary = fields.find_map(|field| {
            let (name, value) = field.split_once('=')?;
            name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"').to_owned())
        });
        let boundary = boundary.filter(|text| !text.is_empty() && text.len() <= BOUNDARY_MAX);
        let boundary = boundary.ok_or(FormError("the form has no boundary"))?;
        let mark = format!("\r\n--{boundary}").into_bytes();
        // The first boundary may stand at the very beginning.
        Ok(Some(Form { mark, held: b"\r\n".to_vec(), state: State::Skipping, parts: 0 }))
    }

    /// Takes the next bytes; gives what they bring.
    ///
    /// # Errors
    /// They are no form.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Vec<Piece>, FormError> {
        let mut pieces = Vec::new();
        if self.state == State::Done {
            return Ok(pieces);
        }
        self.held.extend_from_slice(bytes);
        loop {
            match self.state {
                State::Done => {
                    self.held = Vec::new();
                    return Ok(pieces);
                }
                State::Skipping | State::File => {
                    let in_file = self.state == State::File;
                    let found = find(&self.held, &self.mark);
                    // A mark may have begun with the last bytes.
                    let safe = found.unwrap_or_else(|| self.held.len().saturating_sub(self.mark.len() - 1));
                    let passed: Vec<u8> = self.held.drain(..safe).collect();
                    if in_file && !passed.is_empty() {
                        pieces.push(Piece::Bytes(passed));
                    }
                    if found.is_none() {
                        return Ok(pieces);
                    }
                    self.held.drain(..self.mark.len());
                    self.state = if in_file { State::Done } else { State::Head };
                    if in_file {
                        pieces.push(Piece::End);
                    }
                }
                State::Head => {
                    if self.held.starts_with(b"--") {
                        return Err(FormError("the form has no file"));
                    }
                    let Some(end) = find(&self.held, b"\r\n\r\n") else {
                        let too_long = self.held.len() > HEAD_MAX;
                        return if too_long {
                            Err(FormError("the head of a part is too long"))
                        } else {
                            Ok(pieces)
                        };
                    };
                    self.parts += 1;
                    if end > HEAD_MAX || self.parts > PARTS_MAX {
                        return Err(FormError("the form has too much before its file"));
                    }
                    let head: Vec<u8> = self.held.drain(..end + 2).collect();
                    // The end of the headers may be the beginning of a mark: a part may be empty.
                    match file_of(&String::from_utf8_lossy(&head)) {
                        Some(file) => {
                            self.held.drain(..2);
                            pieces.push(file);
                            self.state = State::File;
                        }
                        None => self.state = State::Skipping,
                    }
                }
            }
        }
    }
}

/// The first place of a pattern.
fn find(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    bytes.windows(pattern.len()).position(|window| window == pattern)
}

/// What the headers of a part say of a file; `None`: it is none.
fn file_of(head: &str) -> Option<Piece> {
    let field = |wanted: &str| {
        head.split("\r\n").find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim())
        })
    };
    let disposition = field("content-disposition")?;
    let at = disposition.to_ascii_lowercase().find("filename=")?;
    let rest = disposition.get(at + "filename=".len()..)?;
    let name = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next().unwrap_or_default(),
        None => rest.split(';').next().unwrap_or_default().trim(),
    };
    let content_type = field("content-type").unwrap_or_default().to_owned();
    Some(Piece::File { name: name.to_owned(), content_type })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TYPE: &str = "multipart/form-data; boundary=\"xY\"";

    fn form(file: &[u8]) -> Vec<u8> {
        let before = b"--xY\r\nContent-Disposition: form-data; name=\"id\"\r\n\r\n42\r\n--xY\r\ncontent-disposition: \
                       form-data; name=\"f\"; filename=\"../log.zip\"\r\nContent-Type: application/zip\r\n\r\n";
        [before, file, b"\r\n--xY--\r\n"].concat()
    }

    fn read(body: &[u8], step: usize) -> Result<(String, Vec<u8>, bool), FormError> {
        let mut reader = Form::of(TYPE)?.unwrap();
        let (mut called, mut bytes, mut ended) = (String::new(), Vec::new(), false);
        for chunk in body.chunks(step.max(1)) {
            for piece in reader.feed(chunk)? {
                match piece {
                    Piece::File { name, .. } => called = name,
                    Piece::Bytes(more) => bytes.extend(more),
                    Piece::End => ended = true,
                }
            }
            assert!(
                reader.held.len() <= HEAD_MAX + step + reader.mark.len(),
                "it holds no more than it must"
            );
        }
        Ok((called, bytes, ended))
    }

    proptest! {
        #[test]
        fn a_file_comes_out_as_it_went_in_however_it_is_cut(
            file in proptest::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'-'), Just(b'x'), any::<u8>()], 0..300),
            step in 1_usize..400,
        ) {
            prop_assume!(find(&file, b"\r\n--xY").is_none());
            let whole = read(&form(&file), step).unwrap();
            prop_assert_eq!(whole, ("../log.zip".to_owned(), file, true));
        }

        #[test]
        fn any_bytes_are_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..300), step in 1_usize..50) {
            let _ = read(&body, step);
        }
    }

    #[test]
    fn what_is_no_form_with_a_file_is_refused() {
        assert!(Form::of("application/octet-stream").unwrap().is_none());
        assert!(Form::of("multipart/form-data").is_err());
        assert!(Form::of(&format!("multipart/form-data; boundary={}", "x".repeat(71))).is_err());
        assert!(read(b"--xY--\r\n", 100).is_err(), "no part at all");
        let endless = [b"--xY\r\nA: ".as_slice(), &vec![b'a'; 3 * HEAD_MAX]].concat();
        assert!(read(&endless, 1_000).is_err(), "a head without an end");
        let cut = &form(b"abc")[..form(b"abc").len() - 8];
        assert!(!read(cut, 7).unwrap().2, "the end does not come");
    }
}
