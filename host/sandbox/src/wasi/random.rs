//! Random numbers that are the same in every call of a component.

use super::Linked;
use crate::lent::Call;

/// Bytes that a guest may ask for at once.
const AT_ONCE: u64 = 64 << 10;

/// SplitMix64: even, and a function of its seed. Nothing here is secret.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Random(seed)
    }

    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn bytes(&mut self, count: u64) -> wasmtime::Result<Vec<u8>> {
        if count > AT_ONCE {
            return Err(wasmtime::Error::msg(format!(
                "the plugin asked for {count} random bytes, and gets {AT_ONCE} at once"
            )));
        }
        let count = usize::try_from(count)?;
        let numbers = std::iter::repeat_with(|| self.number().to_le_bytes());
        Ok(numbers
            .take(count.div_ceil(8))
            .flatten()
            .take(count)
            .collect())
    }
}

/// Link a function of `random`; false where it is none that is answered here.
pub(super) fn function(linked: &mut Linked<'_>, item: &str) -> wasmtime::Result<bool> {
    match item {
        "get-random-bytes" | "get-insecure-random-bytes" => {
            linked.func_wrap(item, |mut store, (count,): (u64,)| {
                Ok((random(store.data_mut()).bytes(count)?,))
            })?;
        }
        "get-random-u64" | "get-insecure-random-u64" => linked
            .func_wrap(item, |mut store, ()| {
                Ok((random(store.data_mut()).number(),))
            })?,
        "insecure-seed" | "get-insecure-seed" => linked.func_wrap(item, |mut store, ()| {
            let random = random(store.data_mut());
            Ok(((random.number(), random.number()),))
        })?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn random(call: &mut Call) -> &mut Random {
    &mut call.wasi.random
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_from_the_seed() {
        // The first value that the reference implementation gives for the seed 0.
        assert_eq!(Random::new(0).number(), 0xe220_a839_7b1d_cdaf);
        assert_eq!(
            Random::new(7).bytes(11).unwrap(),
            Random::new(7).bytes(11).unwrap()
        );
        assert_ne!(Random::new(7).number(), Random::new(8).number());
    }

    #[test]
    fn refuses_more_bytes_than_a_guest_can_mean() {
        assert_eq!(Random::new(0).bytes(AT_ONCE).unwrap().len(), 64 << 10);
        assert!(Random::new(0).bytes(u64::MAX).is_err());
    }
}
