//! Roles and direct permissions of users.

use model::{ConnectionName, Identity, Profile, Scope, UserId};
use store::{AssignedPermission, Assignments, Error, Store, Unit, UserRow, Work};
use test_database::TestDatabase;

use crate::rows::unlink;

const NOW: i64 = 1_700_000_000_000;

async fn open(ids: &[&str]) -> (Store, TestDatabase) {
    let database = TestDatabase::new();
    let store = Store::open(database.address()).await.unwrap();
    for id in ids {
        let key = UserId::new(*id).as_identity_key().unwrap();
        let identity = Identity {
            profile_data: None,
            connection: ConnectionName::new(key.provider.as_str()),
            is_social: false,
            user_id: key.user_id,
            provider: key.provider,
        };
        let row = UserRow::new(UserId::new(*id), Profile::default(), vec![identity], NOW);
        write(&store, move |unit| Box::pin(async move { unit.insert_user(&row).await })).await.unwrap();
    }
    (store, database)
}

async fn write<T, F>(store: &Store, work: F) -> Result<T, Error>
where
    F: for<'u> FnOnce(&'u mut Unit) -> Work<'u, T, Error> + Clone + Send + 'static,
    T: Send + 'static,
{
    store.write(work).await
}

async fn assignments(store: &Store, id: &str) -> Assignments {
    store.read().await.unwrap().find_assignments(&UserId::new(id)).await.unwrap()
}

fn permission(scope: &str) -> AssignedPermission {
    AssignedPermission { api: "https://orders.test/".to_owned(), scope: Scope::new(scope.to_owned()) }
}

/// Assigns two roles and a permission.
async fn assign(store: &Store, id: &str) -> Result<(), Error> {
    let id = UserId::new(id);
    write(store, move |unit| {
        Box::pin(async move {
            unit.assign_roles(&id, &["rol_b".to_owned(), "rol_a".to_owned(), "rol_a".to_owned()]).await?;
            unit.assign_permissions(&id, &[permission("read:orders"), permission("read:orders")]).await
        })
    })
    .await
}

async fn with_role(store: &Store, role: &str, after: &str, limit: u32, offset: u32) -> Vec<String> {
    let rows = store.read().await.unwrap().list_users_with_role(role, after, limit, offset).await.unwrap();
    rows.iter().map(|row| row.user_id.to_string()).collect()
}

#[tokio::test]
async fn assignments_are_a_set_that_is_added_to_and_removed_from() {
    let (store, _folder) = open(&["auth0|1", "auth0|2"]).await;
    for _ in 0..2 {
        assign(&store, "auth0|1").await.unwrap();
    }
    assert_eq!(
        assignments(&store, "auth0|1").await,
        Assignments {
            roles: vec!["rol_a".to_owned(), "rol_b".to_owned()],
            permissions: vec![permission("read:orders")],
        }
    );
    assert_eq!(assignments(&store, "auth0|2").await, Assignments::default());
    let id = UserId::new("auth0|1");
    write(&store, move |unit| {
        Box::pin(async move {
            unit.remove_roles(&id, &["rol_a".to_owned(), "rol_unknown".to_owned()]).await?;
            unit.remove_permissions(&id, &[permission("read:orders"), permission("unknown")]).await
        })
    })
    .await
    .unwrap();
    assert_eq!(
        assignments(&store, "auth0|1").await,
        Assignments { roles: vec!["rol_b".to_owned()], permissions: Vec::new() }
    );
}

#[tokio::test]
async fn nothing_can_be_assigned_to_a_user_who_does_not_exist() {
    let (store, _folder) = open(&["auth0|1"]).await;
    assert!(matches!(assign(&store, "auth0|9").await, Err(Error::Database(_))));
    assert_eq!(assignments(&store, "auth0|9").await, Assignments::default());
    assert_eq!(store.read().await.unwrap().count_users_with_role("rol_a").await.unwrap(), 0);
}

#[tokio::test]
async fn assignments_belong_to_the_user_and_neither_link_nor_unlink_moves_them() {
    let (store, _folder) = open(&["auth0|1", "github|42"]).await;
    assign(&store, "auth0|1").await.unwrap();
    assign(&store, "github|42").await.unwrap();
    let (primary, secondary) = (UserId::new("auth0|1"), UserId::new("github|42"));
    write(&store, move |unit| Box::pin(async move { unit.link_user(&primary, &secondary, NOW).await }))
        .await
        .unwrap();
    assert_eq!(assignments(&store, "github|42").await, Assignments::default());
    let kept = assignments(&store, "auth0|1").await;
    assert_eq!(kept.roles.len(), 2);
    assert!(unlink(&store, "auth0|1", "github|42").await);
    assert_eq!(assignments(&store, "github|42").await, Assignments::default());
    assert_eq!(assignments(&store, "auth0|1").await, kept);
    let primary = UserId::new("auth0|1");
    write(&store, move |unit| Box::pin(async move { unit.delete_user(&primary).await })).await.unwrap();
    assert_eq!(assignments(&store, "auth0|1").await, Assignments::default());
}

#[tokio::test]
async fn the_users_of_a_role_are_listed_by_page_and_after_an_id() {
    let (store, _folder) = open(&["auth0|1", "auth0|2", "auth0|3"]).await;
    for id in ["auth0|3", "auth0|1", "auth0|2"] {
        assign(&store, id).await.unwrap();
    }
    assert_eq!(store.read().await.unwrap().count_users_with_role("rol_a").await.unwrap(), 3);
    assert_eq!(with_role(&store, "rol_a", "", 2, 0).await, ["auth0|1", "auth0|2"]);
    assert_eq!(with_role(&store, "rol_a", "", 2, 2).await, ["auth0|3"]);
    assert_eq!(with_role(&store, "rol_a", "auth0|1", 9, 0).await, ["auth0|2", "auth0|3"]);
    assert_eq!(with_role(&store, "rol_unknown", "", 9, 0).await, [""; 0]);
}
