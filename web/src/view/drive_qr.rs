//! QR codes as one path: rows of black modules, no picture file, nothing inline that the content policy forbids.

use super::drive_order::Qr;
use qrcode::{Color, EcLevel, QrCode};
use std::fmt::Write;

/// Light modules around the code (ISO/IEC 18004 §5.3.8).
const QUIET: usize = 4;

/// The code of a text; `None` where it is too long for one.
pub fn qr(text: &str) -> Option<Qr> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let colors = code.to_colors();
    let mut path = String::new();
    for (y, row) in colors.chunks(width).enumerate() {
        let mut x = 0;
        while x < row.len() {
            let run = row.iter().skip(x).take_while(|color| **color == Color::Dark).count();
            if run > 0 {
                // A String takes whatever is written to it.
                let _ = write!(path, "M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET);
            }
            x += run.max(1);
        }
    }
    Some(Qr { size: width + 2 * QUIET, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the path paints, read back.
    fn painted(qr: &Qr) -> Vec<Vec<bool>> {
        let mut grid = vec![vec![false; qr.size]; qr.size];
        for part in qr.path.split('M').skip(1) {
            let (x, rest) = part.split_once(' ').unwrap();
            let (y, rest) = rest.split_once('h').unwrap();
            let (run, _) = rest.split_once('v').unwrap();
            let (x, y, run): (usize, usize, usize) =
                (x.parse().unwrap(), y.parse().unwrap(), run.parse().unwrap());
            grid[y][x..x + run].fill(true);
        }
        grid
    }

    #[test]
    fn the_path_paints_the_code_and_its_quiet_zone() {
        let text = "https://pay.example/p/4cFq8Zk2mN7wXr5tVb9sLd";
        let drawn = qr(text).unwrap();
        let code = QrCode::with_error_correction_level(text, EcLevel::M).unwrap();
        let grid = painted(&drawn);
        for y in 0..drawn.size {
            for x in 0..drawn.size {
                let inside =
                    (QUIET..drawn.size - QUIET).contains(&x) && (QUIET..drawn.size - QUIET).contains(&y);
                let dark = inside && code[(x - QUIET, y - QUIET)] == Color::Dark;
                assert_eq!(grid[y][x], dark, "{x} {y}");
            }
        }
    }

    #[test]
    fn what_is_too_long_has_no_code() {
        assert!(qr(&"x".repeat(5_000)).is_none());
    }
}
