//! Operations of the store on a database file with a thousand users: `cargo bench -p store`.

use std::error::Error;
use std::hint::black_box;

use criterion::Criterion;
use model::{ConnectionName, Identity, IdentityId, IdentityKey, Profile, Provider, UserId};
use store::{Order, Store, UserRow};
use tokio::runtime::Runtime;

/// 2026-01-01T00:00:00Z, in milliseconds.
const NOW: i64 = 1_767_225_600_000;
const USERS: u32 = 1_000;
/// The linked identities of each user.
const LINKED: u32 = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = Runtime::new()?;
    let folder = tempfile::tempdir()?;
    let address = format!("sqlite:{}", folder.path().join("bench.db").display());
    let store = runtime.block_on(async {
        let store = Store::open(&address).await?;
        insert_users(&store).await?;
        Ok::<_, store::Error>(store)
    })?;
    let mut criterion = Criterion::default().configure_from_args();
    let id = user_id(USERS / 2);
    criterion.bench_function("find a user", |bencher| {
        bencher.iter(|| runtime.block_on(async { store.read().await?.find_user(black_box(&id)).await }));
    });
    criterion.bench_function("list fifty users", |bencher| {
        bencher.iter(|| {
            runtime.block_on(async { store.read().await?.list_users(Order::UserId, false, 50, 100).await })
        });
    });
    criterion.bench_function("unlink an identity and link it again, two commits", |bencher| {
        bencher.iter(|| runtime.block_on(unlink_and_link(&store, &id)));
    });
    criterion.final_summary();
    runtime.block_on(store.close());
    Ok(())
}

fn user_id(number: u32) -> UserId {
    UserId::new(format!("auth0|{number}"))
}

fn linked_id(number: u32, place: u32) -> IdentityId {
    IdentityId::text(format!("{number}-{place}"))
}

fn user(number: u32) -> UserRow {
    let profile = Profile::default().with("email", format!("{number}@example.com")).with("name", "Ada");
    let identity = |provider: &str, user_id, profile_data| Identity {
        profile_data,
        connection: ConnectionName::new(provider),
        provider: Provider::new(provider),
        user_id,
        is_social: provider != "auth0",
    };
    let main = identity("auth0", IdentityId::text(number.to_string()), None);
    let linked = (0..LINKED).map(|place| identity("github", linked_id(number, place), Some(profile.clone())));
    let identities = std::iter::once(main).chain(linked).collect();
    UserRow::new(user_id(number), profile.clone(), identities, NOW)
}

async fn insert_users(store: &Store) -> Result<(), store::Error> {
    store
        .write::<_, store::Error, _>(|unit| {
            Box::pin(async move {
                for number in 0..USERS {
                    unit.insert_user(&user(number)).await?;
                }
                Ok(())
            })
        })
        .await
}

async fn unlink_and_link(store: &Store, primary: &UserId) -> Result<bool, store::Error> {
    let key = IdentityKey { provider: Provider::new("github"), user_id: linked_id(USERS / 2, 0) };
    let (of_unlink, of_link, freed) = (primary.clone(), primary.clone(), key.as_user_id());
    let unlinked = store
        .write::<_, store::Error, _>(move |unit| {
            Box::pin(async move {
                let Some(user) = unit.find_user_texts(&of_unlink).await? else { return Ok(false) };
                unit.unlink_identity(&user, &key, NOW).await
            })
        })
        .await?;
    assert!(unlinked, "the identity is linked");
    store
        .write::<_, store::Error, _>(move |unit| {
            Box::pin(async move { unit.link_user(&of_link, &freed, NOW).await })
        })
        .await
}
