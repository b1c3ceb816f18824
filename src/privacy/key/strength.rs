//! Whether bytes can be a key at all. No test can tell that bytes are random; these tell the mistakes that people make.

use super::Refusal;

/// The fewest bytes of a key: as many as its hash has.
pub(super) const LEAST: usize = 32;

/// Of 32 random bytes about 30 differ from each other; fewer than this many do once in 10^17.
const LEAST_DIFFERENT: usize = 16;

/// # Errors
/// The material is no key.
pub(super) fn judge(material: &[u8]) -> Result<(), Refusal> {
    if material.is_empty() {
        return Err(Refusal::Empty);
    }
    if material.len() < LEAST {
        return Err(Refusal::Short(material.len()));
    }
    if is_text(material) {
        return Err(Refusal::Text);
    }
    if is_monotonous(material) || is_sequence(material) || is_repeated(material) {
        return Err(Refusal::Constant);
    }
    Ok(())
}

/// Whether it is what somebody typed. Of 32 random bytes 12 are letters, digits, marks or blanks by chance; seven eighths or more
/// are once in 10^7, and all of them letters in UTF-8 once in 10^10.
fn is_text(material: &[u8]) -> bool {
    let is_typed = |byte: &&u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    let typed = material.iter().filter(is_typed).count();
    let is_utf8 = std::str::from_utf8(material)
        .is_ok_and(|text| text.chars().all(|c| !c.is_control() || c.is_ascii_whitespace()));
    is_utf8 || typed * 8 >= material.len() * 7 || is_utf16(material)
}

/// Whether every second byte is nought, as in UTF-16 of what a keyboard has.
fn is_utf16(material: &[u8]) -> bool {
    let noughts = |from: usize| material.iter().skip(from).step_by(2).all(|byte| *byte == 0);
    noughts(0) || noughts(1)
}

/// Whether there are few different bytes, or one makes up a third and more.
fn is_monotonous(material: &[u8]) -> bool {
    let mut counts = [0_usize; 256];
    for byte in material {
        counts[usize::from(*byte)] += 1;
    }
    let different = counts.iter().filter(|count| **count > 0).count();
    different < LEAST_DIFFERENT || counts.iter().any(|count| count * 3 >= material.len())
}

/// Whether each byte is the one before plus the same number.
fn is_sequence(bytes: &[u8]) -> bool {
    let mut steps = bytes.windows(2).map(|pair| pair[1].wrapping_sub(pair[0]));
    let first = steps.next();
    steps.all(|step| Some(step) == first)
}

/// Whether it is fewer bytes, again and again: what is known of such a key is only as much as they are.
fn is_repeated(bytes: &[u8]) -> bool {
    // Eight bytes that are alike by chance are so once in 10^19.
    let periods = 1..LEAST.min(bytes.len() - 8);
    periods.into_iter().any(|period| bytes.iter().zip(&bytes[period..]).all(|(a, b)| a == b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest as _, Sha256};

    #[test]
    fn what_people_take_for_keys_is_refused() {
        let counted: Vec<u8> = (0..32).collect();
        let hash = Sha256::digest(b"x");
        assert!(matches!(judge(b""), Err(Refusal::Empty)));
        assert!(matches!(judge(&hash[..31]), Err(Refusal::Short(31))));
        assert!(matches!(judge(&[7; 32]), Err(Refusal::Constant)));
        assert!(matches!(judge(&counted), Err(Refusal::Constant)));
        let twice = [&hash[..20], &hash[..20]].concat();
        assert!(matches!(judge(&twice), Err(Refusal::Constant)));
        let padded = [&hash[..20], &[0; 12]].concat();
        assert!(matches!(judge(&padded), Err(Refusal::Constant)));
        let text = "Zw\u{f6}lf Boxk\u{e4}mpfer jagen Viktor quer \u{fc}ber den Sylter Deich";
        let latin: Vec<u8> = text.chars().map(|c| c as u8).collect();
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let typed = "correct horse battery staple, said 1 user";
        let cyrillic = "\u{442}\u{44b} \u{447}\u{442}\u{43e} \u{43d}\u{435} \u{441}\u{43f}\u{438}\u{448}\u{44c} \u{43a}\u{43e}\u{433}\u{434}\u{430}";
        for text in [text.as_bytes(), &latin, &wide, typed.as_bytes(), cyrillic.as_bytes()] {
            assert!(matches!(judge(text), Err(Refusal::Text)), "{text:?}");
        }
        for seed in 0..2_000_u32 {
            assert!(judge(&Sha256::digest(seed.to_le_bytes())).is_ok(), "{seed}");
        }
    }
}
