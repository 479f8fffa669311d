//! A document as PDF 1.7. Coordinates of PDF are floating-point numbers; no amount is ever computed with them.

use super::document::Document;
use super::layout::{HEIGHT, Mark, WIDTH, pages};
use super::text::{Run, runs};
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo};
use pdf_writer::{Content, Date, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

const LATIN: Name<'static> = Name(b"L");
const CHINESE: Name<'static> = Name(b"C");

/// The PDF. The same document gives the same bytes.
pub fn write(document: &Document) -> Vec<u8> {
    let pages = pages(document);
    let mut next = 0;
    let mut id = || {
        next += 1;
        Ref::new(next)
    };
    let (catalog, tree, info, latin, chinese, cid, descriptor) = (id(), id(), id(), id(), id(), id(), id());
    let sheets: Vec<(Ref, Ref)> = pages.iter().map(|_| (id(), id())).collect();
    let mut pdf = Pdf::new();
    let language = if document.language == "zh" { "zh-Hans" } else { "en" };
    pdf.catalog(catalog).pages(tree).lang(TextStr(language));
    pdf.pages(tree)
        .kids(sheets.iter().map(|(page, _)| *page))
        .count(i32::try_from(sheets.len()).unwrap_or(i32::MAX));
    information(&mut pdf, info, document);
    pdf.type1_font(latin).base_font(Name(b"Helvetica")).encoding_predefined(Name(b"WinAnsiEncoding"));
    chinese_font(&mut pdf, chinese, cid, descriptor);
    for ((page_id, content_id), marks) in sheets.iter().zip(&pages) {
        let mut page = pdf.page(*page_id);
        page.media_box(Rect::new(0.0, 0.0, points(WIDTH), points(HEIGHT))).parent(tree).contents(*content_id);
        let mut resources = page.resources();
        resources.fonts().pair(LATIN, latin).pair(CHINESE, chinese);
        resources.finish();
        page.finish();
        pdf.stream(*content_id, &content(marks));
    }
    pdf.finish()
}

fn information(pdf: &mut Pdf, id: Ref, document: &Document) {
    use chrono::Datelike;
    let day = document.issued_on;
    let part = |value: u32| u8::try_from(value).unwrap_or(1);
    let date =
        Date::new(u16::try_from(day.year()).unwrap_or(0)).month(part(day.month())).day(part(day.day()));
    pdf.document_info(id)
        .title(TextStr(&document.number))
        .author(TextStr(&document.seller.name))
        .producer(TextStr("Wattline"))
        .creation_date(date);
}

/// The Song type that readers bring for Chinese, by the predefined encoding of its characters.
fn chinese_font(pdf: &mut Pdf, font: Ref, cid: Ref, descriptor: Ref) {
    const NAME: Name<'static> = Name(b"STSong-Light");
    pdf.type0_font(font)
        .base_font(Name(b"STSong-Light-UniGB-UCS2-H"))
        .encoding_predefined(Name(b"UniGB-UCS2-H"))
        .descendant_font(cid);
    pdf.cid_font(cid)
        .subtype(CidFontType::Type0)
        .base_font(NAME)
        .system_info(SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"GB1"), supplement: 2 })
        .font_descriptor(descriptor)
        .default_width(1000.0);
    pdf.font_descriptor(descriptor)
        .name(NAME)
        .flags(FontFlags::SYMBOLIC | FontFlags::SERIF)
        .bbox(Rect::new(-25.0, -254.0, 1000.0, 880.0))
        .italic_angle(0.0)
        .ascent(880.0)
        .descent(-120.0)
        .cap_height(880.0)
        .stem_v(93.0);
}

fn content(marks: &[Mark]) -> Vec<u8> {
    let mut content = Content::new();
    for mark in marks {
        match mark {
            Mark::Text { x, y, size, text } => {
                content.begin_text();
                content.next_line(points(*x), points(HEIGHT - y));
                for run in runs(text) {
                    let (font, bytes) = match &run {
                        Run::Latin(bytes) => (LATIN, bytes),
                        Run::Chinese(bytes) => (CHINESE, bytes),
                    };
                    content.set_font(font, points(*size)).show(Str(bytes));
                }
                content.end_text();
            }
            Mark::Rule { y } => {
                let y = points(HEIGHT - y);
                content.set_line_width(0.5);
                content.move_to(points(5_600), y).line_to(points(WIDTH - 5_600), y).stroke();
            }
        }
    }
    content.finish().into_vec()
}

/// Hundredths of a point as points; a page has a few ten thousand of them, which a float holds exactly.
fn points(hundredths: i64) -> f32 {
    let hundredths = i32::try_from(hundredths).unwrap_or(0);
    (f64::from(hundredths) / 100.0) as f32
}
