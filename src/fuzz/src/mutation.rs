//! Mutations of known inputs, with a random number generator that has a fixed seed.

/// A `SplitMix64` generator (Steele, Lea and Flood, 2014): sufficient for mutations, and the same on every
/// machine.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn from_seed(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// Returns a number less than `end`, or zero if `end` is zero.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end.max(1)).unwrap_or(1)).unwrap_or(0)
    }

    fn choose<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }

    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let (one, other) = (self.below(length + 1), self.below(length + 1));
        one.min(other)..one.max(other)
    }
}

/// The maximum length of an input.
const LONGEST: usize = 64 * 1024;

/// Returns one of the known inputs with one to eight changes.
pub(crate) fn mutate(known: &[Vec<u8>], words: &[&str], random: &mut Random) -> Vec<u8> {
    let mut input = random.choose(known).clone();
    for _ in 0..=random.below(8) {
        let place = random.below(input.len() + 1);
        match random.below(8) {
            0 if !input.is_empty() => {
                let place = random.below(input.len());
                input[place] ^= 1 << random.below(8);
            }
            1 if !input.is_empty() => {
                let place = random.below(input.len());
                input[place] = random.next().to_le_bytes()[0];
            }
            2 => {
                let range = random.range(input.len());
                input.drain(range);
            }
            3 => {
                let other = random.choose(known);
                let part = other[random.range(other.len())].to_vec();
                input.splice(place..place, part);
            }
            // Repeated up to 4096 times, for deep nesting and long inputs.
            4 => {
                let word = random.choose(words).repeat(1 << random.below(13));
                input.splice(place..place, word.into_bytes());
            }
            5 => {
                let part = input[random.range(input.len())].to_vec();
                input.splice(place..place, part);
            }
            _ => {
                input.splice(place..place, random.choose(words).bytes());
            }
        }
        input.truncate(LONGEST);
    }
    input
}
