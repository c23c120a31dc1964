//! Assignments: the roles and the direct permissions of users.
//!
//! They belong to a user, not to an identity: linking deletes those of the secondary together with its account, and an
//! unlinked identity starts without any.

use model::{Scope, UserId};

use crate::error::Error;
use crate::query::query;
use crate::unit::{Reader, Unit};
use crate::users::{COLUMNS, TABLES, UserRow, users_from_rows};

/// What is assigned to a user. The configuration can have changed since: roles and permissions that it does not know any
/// more stay in the rows and have no effect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assignments {
    /// The ids of the roles, in ascending order.
    pub roles: Vec<String>,
    /// The permissions besides those of the roles, ordered by API and scope.
    pub permissions: Vec<AssignedPermission>,
}

/// A permission that is assigned to a user directly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssignedPermission {
    /// The identifier of the API.
    pub api: String,
    /// The scope.
    pub scope: Scope,
}

impl Reader {
    /// Returns the roles and the direct permissions of a user. There are none if the user does not exist.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn find_assignments(&mut self, user_id: &UserId) -> Result<Assignments, Error> {
        let rows = query("SELECT role_id FROM user_roles WHERE user_id = $1 ORDER BY role_id")
            .bind(user_id.as_str())
            .fetch_all(self.connection())
            .await?;
        let roles = rows.iter().map(|row| row.get("role_id")).collect::<Result<_, _>>()?;
        let rows =
            query("SELECT api, permission FROM user_permissions WHERE user_id = $1 ORDER BY api, permission")
                .bind(user_id.as_str())
                .fetch_all(self.connection())
                .await?;
        let mut permissions = Vec::with_capacity(rows.len());
        for row in &rows {
            let scope = Scope::new(row.get::<String>("permission")?);
            permissions.push(AssignedPermission { api: row.get("api")?, scope });
        }
        Ok(Assignments { roles, permissions })
    }

    /// Returns the first `limit` users that have the role, ordered by id: those with an id greater than `after` (`""` for
    /// the beginning), after skipping `offset`.
    ///
    /// # Errors
    /// [`Error::Database`] or [`Error::Damaged`].
    pub async fn list_users_with_role(
        &mut self,
        role_id: &str,
        after: &str,
        limit: u32,
        offset: u32,
    ) -> Result<Vec<UserRow>, Error> {
        let sql = format!(
            "{COLUMNS} {TABLES} WHERE u.user_id IN (SELECT user_id FROM user_roles WHERE role_id = $1 AND user_id > $2 \
             ORDER BY user_id LIMIT $3 OFFSET $4) ORDER BY u.user_id, i.position"
        );
        let rows = query(sql)
            .bind(role_id)
            .bind(after)
            .bind(i64::from(limit))
            .bind(i64::from(offset))
            .fetch_all(self.connection())
            .await?;
        users_from_rows(&rows)
    }

    /// Returns the number of users that have the role.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn count_users_with_role(&mut self, role_id: &str) -> Result<u64, Error> {
        let row = query("SELECT COUNT(*) AS users FROM user_roles WHERE role_id = $1")
            .bind(role_id)
            .fetch_one(self.connection())
            .await?;
        Ok(u64::try_from(row.get::<i64>("users")?).unwrap_or(0))
    }
}

impl Unit {
    /// Assigns roles to a user. Those that it has already stay.
    ///
    /// # Errors
    /// [`Error::Database`], also if the user does not exist.
    pub async fn assign_roles(&mut self, user_id: &UserId, roles: &[String]) -> Result<(), Error> {
        for role in roles {
            query("INSERT INTO user_roles (user_id, role_id) VALUES ($1, $2) ON CONFLICT DO NOTHING")
                .bind(user_id.as_str())
                .bind(role)
                .execute(self.connection())
                .await?;
        }
        Ok(())
    }

    /// Removes roles from a user. Those that it does not have are no error.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn remove_roles(&mut self, user_id: &UserId, roles: &[String]) -> Result<(), Error> {
        for role in roles {
            query("DELETE FROM user_roles WHERE user_id = $1 AND role_id = $2")
                .bind(user_id.as_str())
                .bind(role)
                .send(self.connection())
                .await?;
        }
        Ok(())
    }

    /// Assigns permissions to a user directly. Those that it has already stay.
    ///
    /// # Errors
    /// [`Error::Database`], also if the user does not exist.
    pub async fn assign_permissions(
        &mut self,
        user_id: &UserId,
        permissions: &[AssignedPermission],
    ) -> Result<(), Error> {
        for permission in permissions {
            query(
                "INSERT INTO user_permissions (user_id, api, permission) VALUES ($1, $2, $3) \
                 ON CONFLICT DO NOTHING",
            )
            .bind(user_id.as_str())
            .bind(&permission.api)
            .bind(permission.scope.as_str())
            .execute(self.connection())
            .await?;
        }
        Ok(())
    }

    /// Removes direct permissions from a user. Those that it does not have are no error.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn remove_permissions(
        &mut self,
        user_id: &UserId,
        permissions: &[AssignedPermission],
    ) -> Result<(), Error> {
        for permission in permissions {
            query("DELETE FROM user_permissions WHERE user_id = $1 AND api = $2 AND permission = $3")
                .bind(user_id.as_str())
                .bind(&permission.api)
                .bind(permission.scope.as_str())
                .send(self.connection())
                .await?;
        }
        Ok(())
    }
}
