"""Tests auth0-python against the tenant, with the interpreter of the virtual environment of one version."""

import unittest
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

from auth0.authentication import Database, GetToken, Users
from auth0.authentication.token_verifier import AsymmetricSignatureVerifier, TokenVerifier

import runner
import tenant
from tenant import ADA, ALAN, DATABASE, GRACE, GRACE_AT_GOOGLE, MACHINE, READER


class Version4:
    """Adapts 4.x: calls return dictionaries, tokens are fetched explicitly."""

    def __init__(self, credentials=None, token=None):
        from auth0.management import Auth0
        from auth0.rest import RestClientOptions

        if credentials:
            token = GetToken(tenant.DOMAIN, *credentials).client_credentials(tenant.AUDIENCE)["access_token"]
        self.auth0 = Auth0(tenant.DOMAIN, token, rest_options=RestClientOptions(retries=0))

    def read(self, user_id):
        return self.auth0.users.get(user_id)

    def list(self, **query):
        return self.auth0.users.list(**query)["users"]

    def by_email(self, email):
        return self.auth0.users_by_email.search_users_by_email(email)

    def connections(self):
        return self.auth0.connections.all()

    def create(self, **user):
        return self.auth0.users.create(user)

    def update(self, user_id, **changes):
        return self.auth0.users.update(user_id, changes)

    def delete(self, user_id):
        return self.auth0.users.delete(user_id)

    def link(self, primary, **body):
        return self.auth0.users.link_user_account(primary, body)

    def unlink(self, user_id, provider, identity_id):
        return self.auth0.users.unlink_user_account(user_id, provider, identity_id)

    @staticmethod
    def describe_error(error):
        return error.status_code, error.error_code, error.message

    @staticmethod
    def reset_at(error):
        return error.reset_at


class Version5Or6:
    """Adapts 5.x and 6.x, which are generated from Auth0's OpenAPI document: calls return models."""

    NO_RETRIES = {"max_retries": 0}

    def __init__(self, credentials=None, token=None):
        from auth0.management import ManagementClient

        client_id, client_secret = credentials or (None, None)
        self.auth0 = ManagementClient(
            domain=tenant.DOMAIN, token=token, client_id=client_id, client_secret=client_secret
        )

    @staticmethod
    def to_dict(result):
        if isinstance(result, list):
            return [Version5Or6.to_dict(item) for item in result]
        # Only the fields of the response, with times as strings.
        return result.model_dump(mode="json", by_alias=True, exclude_unset=True)

    def read(self, user_id):
        return self.to_dict(self.auth0.users.get(user_id, request_options=self.NO_RETRIES))

    def list(self, **query):
        return self.to_dict(self.auth0.users.list(**query, request_options=self.NO_RETRIES).items)

    def by_email(self, email):
        return self.to_dict(self.auth0.users.list_users_by_email(email=email))

    def connections(self):
        return self.to_dict(list(self.auth0.connections.list()))

    def create(self, **user):
        return self.to_dict(self.auth0.users.create(**user, request_options=self.NO_RETRIES))

    def update(self, user_id, **changes):
        return self.to_dict(self.auth0.users.update(user_id, **changes))

    def delete(self, user_id):
        self.auth0.users.delete(user_id)

    def link(self, primary, **body):
        return self.to_dict(self.auth0.users.identities.link(primary, **body))

    def unlink(self, user_id, provider, identity_id):
        return self.to_dict(self.auth0.users.identities.delete(user_id, provider, identity_id))

    @staticmethod
    def describe_error(error):
        body = error.body if isinstance(error.body, dict) else error.body.model_dump(by_alias=True)
        # Without a code the name of the error takes its place, as in 4.x.
        return error.status_code, body.get("errorCode") or body["error"], body["message"]

    @staticmethod
    def reset_at(error):
        return int({name.lower(): value for name, value in error.headers.items()}["x-ratelimit-reset"])


VERSION = version("auth0-python")
Client = Version4 if VERSION.startswith("4.") else Version5Or6


class ClientTests(unittest.TestCase):
    """Each method is one test; its name is the sentence that the table of clients shows."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.client = Client(MACHINE)

    def assert_refused(self, *expected):
        test = self

        class Refused:
            def __enter__(self):
                return self

            def __exit__(self, _, error, __):
                test.assertIsNotNone(error, "it was not refused")
                test.assertTrue(hasattr(error, "status_code"), repr(error))
                test.assertEqual(Client.describe_error(error), expected)
                self.error = error
                return True

        return Refused()

    def it_a_signs_in_and_verifies_the_ID_token(self):
        code, verifier = tenant.authorize(ADA["email"], scope="openid email", nonce="a nonce")
        tokens = GetToken(tenant.DOMAIN, "page").authorization_code_pkce(verifier, code, tenant.CALLBACK)
        keys = AsymmetricSignatureVerifier(f"{tenant.TENANT}/.well-known/jwks.json")
        checked = TokenVerifier(keys, issuer=f"{tenant.TENANT}/", audience="page")
        claims = checked.verify(tokens["id_token"], nonce="a nonce")
        self.assertEqual(claims["sub"], ADA["id"])
        self.assertEqual(Users(tenant.DOMAIN).userinfo(tokens["access_token"])["email"], ADA["email"])

    def it_ab_signs_up_and_asks_for_a_new_password(self):
        database, email = Database(tenant.DOMAIN, "page"), "signed-up@example.test"
        created = database.signup(email=email, password="Correct-Horse-7-Battery", connection=DATABASE)
        self.assertEqual((created["email"], created["email_verified"]), (email, False))
        message = database.change_password(email=email, connection=DATABASE)
        self.assertEqual(message, "We've just sent you an email to reset your password.")
        self.client.delete(self.client.read(f"auth0|{created['_id']}")["user_id"])

    def it_b_reads_a_user_with_a_machine_token(self):
        user = self.client.read(ADA["id"])
        self.assertEqual(user["email"], ADA["email"])
        ids = [(identity["provider"], str(identity["user_id"])) for identity in user["identities"]]
        google, github = ("google-oauth2", "115000000000000000001"), ("github", "5000001")
        self.assertEqual(ids, [("auth0", "ada"), google, github])
        self.assertEqual(user["identities"][2]["profileData"]["email"], "ada@github.example")

    def it_c_lists_users_by_page(self):
        self.assertEqual(len(self.client.list(page=1, per_page=3)), 1)

    def it_d_searches(self):
        def search(query):
            return sorted(user["email"] for user in self.client.list(q=query, search_engine="v3"))

        self.assertEqual(search(f'email:"{GRACE["email"]}" AND email_verified:true'), [GRACE["email"]])
        self.assertEqual(search('identities.connection:"github"'), ["ada@example.test", "alan@example.test"])

    def it_e_finds_by_address(self):
        self.assertEqual([user["user_id"] for user in self.client.by_email(ADA["email"])], [ADA["id"]])

    def it_f_lists_connections(self):
        names = sorted(connection["name"] for connection in self.client.connections())
        self.assertEqual(names, sorted([DATABASE, "github", "google-oauth2"]))

    def it_g_creates_then_changes_then_deletes_a_user(self):
        created = self.client.create(
            connection=DATABASE, email="new@example.test", password="a password of nobody", user_metadata={"theme": "dark"}
        )
        changed = self.client.update(created["user_id"], user_metadata={"size": "large"}, name="Somebody New")
        self.assertEqual(changed["user_metadata"], {"theme": "dark", "size": "large"})
        self.client.delete(created["user_id"])
        with self.assert_refused(404, "inexistent_user", "The user does not exist."):
            self.client.read(created["user_id"])

    def it_h_links_by_id_and_unlinks(self):
        provider, identity_id = GRACE_AT_GOOGLE
        linked = self.client.link(GRACE["id"], provider=provider, user_id=identity_id)
        self.assertEqual([identity["user_id"] for identity in linked], ["grace", identity_id])
        remaining = self.client.unlink(GRACE["id"], provider, identity_id)
        self.assertEqual([identity["user_id"] for identity in remaining], ["grace"])
        self.assertEqual(self.client.read(f"{provider}|{identity_id}")["name"], "Grace at Google")

    def it_i_links_by_the_ID_token_of_a_second_sign_in(self):
        # Whose address nobody proved links nothing by an ID token.
        other = self.client.create(
            connection=DATABASE, email="second@example.test", email_verified=True, password=tenant.PASSWORD
        )
        scope = "openid read:current_user update:current_user_identities"
        own = Client(token=tenant.sign_in(GRACE["email"], scope=scope, audience=tenant.AUDIENCE)["access_token"])
        linked = own.link(GRACE["id"], link_with=tenant.sign_in("second@example.test", scope="openid")["id_token"])
        self.assertEqual([f"auth0|{identity['user_id']}" for identity in linked], [GRACE["id"], other["user_id"]])
        self.assertEqual(len(own.unlink(GRACE["id"], "auth0", other["user_id"].removeprefix("auth0|"))), 1)
        message = "User to be acted on does not match subject in bearer token."
        with self.assert_refused(403, "unowned_resource", message):
            own.unlink(ADA["id"], "github", "5000001")
        self.client.delete(other["user_id"])

    def it_j_unlinks_two_identities_and_deletes_the_users_that_they_became(self):
        for provider, identity_id in ALAN["linked"]:
            remaining = self.client.unlink(ALAN["id"], provider, identity_id)
        self.assertEqual([identity["user_id"] for identity in remaining], ["alan"])
        for provider, identity_id in ALAN["linked"]:
            self.client.delete(self.client.read(f"{provider}|{identity_id}")["user_id"])
        left = self.client.list(q="name:alan*", search_engine="v3")
        self.assertEqual([user["user_id"] for user in left], [ALAN["id"]])

    def it_k_meets_401(self):
        token = tenant.sign_in(ADA["email"], scope="read:current_user", audience=tenant.AUDIENCE)["access_token"]
        forged = ".".join([*token.split(".")[:2], "A" * 342])
        with self.assert_refused(401, "Unauthorized", "Invalid signature received for JSON Web Token validation"):
            Client(token=forged).read(ADA["id"])

    def it_l_meets_403(self):
        message = "Insufficient scope, expected any of: delete:users,delete:current_user"
        with self.assert_refused(403, "insufficient_scope", message):
            Client(READER).delete(ADA["id"])

    def it_m_meets_404(self):
        with self.assert_refused(404, "inexistent_user", "The user does not exist."):
            self.client.update("auth0|nobody", name="Nobody")

    def it_n_meets_409(self):
        with self.assert_refused(409, "auth0_idp_error", "The user already exists."):
            self.client.create(connection=DATABASE, email=ADA["email"], password="a password of nobody")

    def it_o_meets_429(self):
        """Runs last, because it uses up the rate limit."""

        def read(_):
            try:
                self.client.read(ADA["id"])
            except Exception as error:
                return error

        with ThreadPoolExecutor(16) as pool:
            refusals = [error for error in pool.map(read, range(400)) if error]
        with self.assert_refused(429, "too_many_requests", "Global limit has been reached") as refusal:
            for error in refusals:
                raise error
        self.assertGreater(Client.reset_at(refusal.error), 1_000_000_000)


if __name__ == "__main__":
    runner.run(ClientTests)
