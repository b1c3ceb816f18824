//! Whether bytes can be a key at all. No test can tell that bytes are random; these tell the mistakes that people make.

use std::collections::BTreeSet;

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
    let different: BTreeSet<u8> = material.iter().copied().collect();
    if different.len() < LEAST_DIFFERENT || is_sequence(material) {
        return Err(Refusal::Constant);
    }
    // Eight of 32 random bytes are letters, digits or marks by chance; all of them once in 10^13.
    if material.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace()) {
        return Err(Refusal::Text);
    }
    Ok(())
}

/// Whether each byte is the one before plus the same number.
fn is_sequence(bytes: &[u8]) -> bool {
    let mut steps = bytes.windows(2).map(|pair| pair[1].wrapping_sub(pair[0]));
    let first = steps.next();
    steps.all(|step| Some(step) == first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest as _, Sha256};

    #[test]
    fn what_people_take_for_keys_is_refused() {
        let counted: Vec<u8> = (0..32).collect();
        assert!(matches!(judge(b""), Err(Refusal::Empty)));
        assert!(matches!(judge(&Sha256::digest(b"x")[..31]), Err(Refusal::Short(31))));
        assert!(matches!(judge(&[7; 32]), Err(Refusal::Constant)));
        assert!(matches!(judge(&counted), Err(Refusal::Constant)));
        assert!(matches!(judge(b"correct horse battery staple, said 1 user"), Err(Refusal::Text)));
        assert!(judge(&Sha256::digest(b"x")).is_ok());
    }
}
