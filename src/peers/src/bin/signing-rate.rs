//! The rate at which the library that signs tokens makes RS256 signatures with a key of 2048 bits, on one thread and with
//! nothing around them. `signing-rate SECONDS` prints the signatures a second.

use std::error::Error;
use std::time::{Duration, Instant};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};

/// How many signatures are made between two looks at the clock.
const AT_ONCE: u32 = 50;

#[expect(clippy::disallowed_methods, reason = "measures a rate; no rule depends on it")]
fn main() -> Result<(), Box<dyn Error>> {
    let seconds = std::env::args().nth(1).ok_or("usage: signing-rate SECONDS")?.parse()?;
    let key = RsaKeyPair::generate(KeySize::Rsa2048)?;
    let random = SystemRandom::new();
    // The length of the header and the claims of a machine token.
    let message = [b'.'; 500];
    let mut signature = vec![0; key.public_modulus_len()];
    let (begin, limit) = (Instant::now(), Duration::from_secs(seconds));
    let mut signatures = 0_u32;
    while begin.elapsed() < limit {
        for _ in 0..AT_ONCE {
            key.sign(&RSA_PKCS1_SHA256, &random, &message, &mut signature)?;
        }
        signatures += AT_ONCE;
    }
    println!("{:.1}", f64::from(signatures) / begin.elapsed().as_secs_f64());
    Ok(())
}
