-- What a user may do. The roles themselves and the permissions of the APIs are configuration, not data, so that
-- nothing refers to them here. The rows belong to the user: they go with it, and neither link nor unlink moves them.
CREATE TABLE user_roles (
    user_id TEXT NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    role_id TEXT NOT NULL,
    PRIMARY KEY (user_id, role_id)
);
CREATE INDEX user_roles_of_role ON user_roles (role_id, user_id);

CREATE TABLE user_permissions (
    user_id TEXT NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    api TEXT NOT NULL,
    permission TEXT NOT NULL,
    PRIMARY KEY (user_id, api, permission)
);
