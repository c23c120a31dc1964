//! New inputs out of known ones, the same in every run: a small fuzzer's mutations over a generator with a fixed seed.

/// `SplitMix64` (Steele, Lea and Flood, 2014): good enough to choose by, and the same everywhere.
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

    /// A number below `end`; zero when there is none.
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

/// How long an input may grow.
const LONGEST: usize = 64 * 1024;

/// One of the known inputs after one to eight changes.
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
            // Many times over: what is nested too deeply, or too long, is made so.
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
