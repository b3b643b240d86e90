//! Can it be played? The headers of an MP3 file's frames, from its first to its last.

use k8shawk_core::count;

/// Seconds below which there is nothing to hear.
const SHORTEST: f64 = 0.2;

/// Kilobits a second, by index: MPEG-1 layer III, then MPEG-2 and 2.5.
const RATES: [[u32; 15]; 2] = [
    [
        0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320,
    ],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];

/// One frame: its length in bytes and its duration in seconds.
fn frame(header: [u8; 4]) -> Option<(usize, f64)> {
    let [a, b, c, _] = header;
    // Eleven bits of sync, then version, layer III.
    if a != 0xff || b & 0xe0 != 0xe0 || (b >> 1) & 3 != 1 {
        return None;
    }
    let (row, base, samples, per_bit) = match (b >> 3) & 3 {
        3 => (0, [44_100, 48_000, 32_000], 1152, 144_000),
        2 => (1, [22_050, 24_000, 16_000], 576, 72_000),
        0 => (1, [11_025, 12_000, 8_000], 576, 72_000),
        _ => return None,
    };
    let rate = RATES
        .get(row)?
        .get(usize::from(c >> 4))
        .copied()
        .filter(|r| *r > 0)?;
    let hertz: u32 = base.get(usize::from((c >> 2) & 3)).copied()?;
    let padding = u32::from((c >> 1) & 1);
    let length = usize::try_from(per_bit * rate / hertz + padding).ok()?;
    Some((length, f64::from(samples) / f64::from(hertz)))
}

/// Bytes of an ID3 tag in front.
fn tag(bytes: &[u8]) -> usize {
    match bytes {
        [b'I', b'D', b'3', _, _, _, a, b, c, d, ..] => {
            let part = |v: &u8| usize::from(v & 0x7f);
            10 + (part(a) << 21 | part(b) << 14 | part(c) << 7 | part(d))
        }
        _ => 0,
    }
}

/// Its length in seconds.
///
/// # Errors
/// Why it cannot be played.
pub fn check(bytes: &[u8]) -> Result<f64, String> {
    let mut at = tag(bytes);
    let mut seconds = 0.0;
    let mut frames = 0_u32;
    while let Some(header) = bytes
        .get(at..at + 4)
        .and_then(|h| <[u8; 4]>::try_from(h).ok())
    {
        // An ID3v1 tag ends a file.
        if header.starts_with(b"TAG") {
            break;
        }
        let Some((length, duration)) = frame(header) else {
            return Err(format!(
                "no frame of MP3 at byte {at}, after {}",
                count(frames, "frame")
            ));
        };
        if at + length > bytes.len() {
            return Err(format!(
                "it ends within a frame, after {}",
                count(frames, "frame")
            ));
        }
        at += length;
        seconds += duration;
        frames += 1;
    }
    if seconds < SHORTEST {
        return Err(format!("it is {seconds:.1} s long"));
    }
    Ok(seconds)
}
