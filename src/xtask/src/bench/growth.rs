//! How the time of a request grows with the number of users, and with the number of logins of one user.

use anyhow::Result;

use super::context::Context;
use super::load::{Load, float};
use super::measurement::{Outcome, Plot, Row, Summary, Target};
use super::population::Population;
use super::results::number;
use super::tenant::{Tenant, USER};

/// The numbers of users, and of linked logins of one user, from the least to the most.
const USERS: [u64; 4] = [1_000, 10_000, 100_000, 1_000_000];
const LINKED: [u64; 5] = [1, 10, 100, 1_000, 10_000];
/// The linked logins of all users together, where one has that many.
const ALL_LINKED: u64 = 10_000;
/// The most that the time may grow from the least size to the most.
const FLAT: f64 = 1.3;

/// A user without the logins, and a user found by the address.
const PROFILE: &str = "/api/v2/users/auth0%7Cu{}?fields=user_id%2Cemail";
const BY_ADDRESS: &str = "/api/v2/users-by-email?email=u{}%40example.com";

/// A request whose time is measured.
#[derive(Clone, Copy)]
enum Request {
    Read(&'static str),
    Unlink,
}

/// Measures both kinds of growth.
///
/// # Errors
/// When the server does not start or answers something else.
pub(super) fn by_size(context: &Context) -> Result<Outcome> {
    let mut tenants = start(context, &USERS, Population::with_people)?;
    let mut measure = |what: &str, request| Line::measure(context, &mut tenants, what, request);
    let users = [
        measure("GET user", Request::Read(USER))?,
        measure("GET users-by-email", Request::Read(BY_ADDRESS))?,
        measure("unlink", Request::Unlink)?,
    ];
    drop(tenants);
    let of = |linked: u64| Population::of(ALL_LINKED.div_ceil(linked), linked);
    let mut tenants = start(context, &LINKED, of)?;
    let profile = Line::measure(context, &mut tenants, "GET user without logins", Request::Read(PROFILE))?;
    let whole = Line::measure(context, &mut tenants, "GET user", Request::Read(USER))?;
    let each = whole.of_each_login();
    let rows = users.iter().map(|line| line.row("users"));
    let rows = rows.chain([profile.row("logins of one user"), each.tail().row("logins of one user")]);
    Ok(Outcome {
        rows: rows.collect(),
        plots: vec![
            plot("Time of a request by the number of users", "users", &users),
            plot("Time of a request by the number of logins", "logins of one user", &[profile, whole, each.clone()]),
        ],
        notes: vec![
            "A thousand people with 60 linked logins each are read and unlinked among all users. The time is that of the whole \
             server for one request: the inverse of the rate. The answer with all logins of a user grows with them; what must \
             stay is the time of each login in it."
                .to_owned(),
        ],
    })
}

/// A tenant of one size.
struct Sized {
    size: u64,
    population: Population,
    tenant: Tenant,
    /// The place of the next login to unlink.
    place: u64,
}

fn start(context: &Context, sizes: &[u64], population: impl Fn(u64) -> Population) -> Result<Vec<Sized>> {
    let start = |size: &u64| {
        let population = population(*size);
        let tenant =
            context.databases.start(population, &context.folder.join(format!("runs/growth-{size}")))?;
        Ok(Sized { size: *size, population, tenant, place: 0 })
    };
    sizes.iter().map(start).collect()
}

/// The milliseconds of a request at each size, run by run.
#[derive(Clone)]
struct Line {
    what: String,
    sizes: Vec<u64>,
    times: Vec<Vec<f64>>,
}

impl Line {
    /// Measures a request at each size in turn.
    fn measure(context: &Context, tenants: &mut [Sized], what: &str, request: Request) -> Result<Self> {
        // A second is enough, and leaves logins to unlink.
        let load = Load { seconds: 1, ..context.load() };
        let mut times = vec![Vec::new(); tenants.len()];
        for _ in 0..context.runs(3) {
            for (Sized { population, tenant, place, .. }, times) in tenants.iter_mut().zip(&mut times) {
                let answered = match request {
                    Request::Read(path) => tenant.read(load, *population, path)?,
                    Request::Unlink => tenant.unlink(load, *population, place)?,
                };
                times.push(1e3 / answered.rate);
            }
        }
        let line = Self { what: what.to_owned(), sizes: tenants.iter().map(|one| one.size).collect(), times };
        println!("    {what}: {:?}", line.points());
        Ok(line)
    }

    /// The times divided by the number of logins in the answer.
    fn of_each_login(&self) -> Self {
        let of_each =
            |(size, times): (&u64, &Vec<f64>)| times.iter().map(|time| time / float(size + 1)).collect();
        let times = self.sizes.iter().zip(&self.times).map(of_each).collect();
        Self { what: format!("{}, each login in its answer", self.what), sizes: self.sizes.clone(), times }
    }

    /// The sizes from a hundred on: below, the time of a login is that of the request.
    fn tail(&self) -> Self {
        let first = self.sizes.iter().position(|size| *size >= 100).unwrap_or_default();
        Self {
            what: self.what.clone(),
            sizes: self.sizes[first..].to_vec(),
            times: self.times[first..].to_vec(),
        }
    }

    fn points(&self) -> Vec<(f64, f64)> {
        let medians = self.times.iter().map(|times| Summary::of(times).median);
        self.sizes.iter().map(|size| float(*size)).zip(medians).collect()
    }

    /// The most against the least.
    fn row(&self, of: &str) -> Row {
        let end = |place: usize| {
            (self.sizes.get(place).copied().unwrap_or_default(), self.times.get(place).cloned())
        };
        let ((least, theirs), (most, ours)) = (end(0), end(self.sizes.len().saturating_sub(1)));
        Row {
            what: format!("time of {}, {} {of}", self.what, number(float(most))),
            unit: "ms".to_owned(),
            ours: ours.unwrap_or_default(),
            against: format!("the same with {}", number(float(least))),
            theirs: theirs.unwrap_or_default(),
            target: Some(Target::RatioAtMost(FLAT)),
        }
    }
}

fn plot(title: &str, size: &str, lines: &[Line]) -> Plot {
    Plot {
        title: title.to_owned(),
        size: size.to_owned(),
        value: "ms".to_owned(),
        lines: lines.iter().map(|line| (line.what.clone(), line.points())).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_is_compared_with_the_least_and_the_time_of_a_login_from_a_hundred_on() {
        let line = Line {
            what: "GET user".to_owned(),
            sizes: vec![1, 100, 10_000],
            times: vec![vec![0.1, 0.1], vec![1.01, 1.01], vec![100.01, 200.02]],
        };
        let row = line.row("logins");
        assert_eq!(row.what, "time of GET user, 10,000 logins");
        assert_eq!(row.against, "the same with 1");
        assert_eq!(row.is_met(), Some(false));
        let each = line.of_each_login().tail();
        assert_eq!(each.sizes, [100, 10_000]);
        assert_eq!(each.row("logins").judged().first().map(|ratio| ratio.round()), Some(1.0));
    }
}
