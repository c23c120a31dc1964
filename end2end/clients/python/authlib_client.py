"""Tests Authlib: a Flask application that signs people in, and its clients for servers."""

import unittest
from urllib.parse import parse_qs, urlsplit

from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from authlib.integrations.requests_client import OAuth2Session
from flask import Flask, jsonify, redirect, request, session, url_for

import runner
import tenant
from tenant import ADA

CLIENT_ID, CLIENT_SECRET = tenant.WEB
DISCOVERY = f"{tenant.TENANT}/.well-known/openid-configuration"
TOKEN_URL = f"{tenant.TENANT}/oauth/token"
CALLBACK = f"{tenant.WEB_ORIGIN}/callback"


def application():
    """The application of Auth0's quickstart for Flask, with PKCE."""
    app = Flask(__name__)
    app.secret_key = "a secret of this run"
    app.config["SERVER_NAME"] = urlsplit(tenant.WEB_ORIGIN).netloc
    oauth = OAuth(app)
    oauth.register(
        "auth0",
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256"},
        server_metadata_url=DISCOVERY,
    )

    @app.get("/login")
    def login():
        return oauth.auth0.authorize_redirect(redirect_uri=CALLBACK, **request.args)

    @app.get("/callback")
    def callback():
        try:
            token = oauth.auth0.authorize_access_token()
        except OAuthError as error:
            return jsonify(error=error.error), 401
        session["user"] = {"claims": token["userinfo"], "info": oauth.auth0.userinfo(token=token)}
        return redirect(url_for("home"))

    @app.get("/")
    def home():
        return jsonify(session.get("user"))

    return app


class ClientTests(unittest.TestCase):
    """Each method is one test; its name is the sentence that the table of clients shows."""

    maxDiff = None

    def setUp(self):
        self.browser = application().test_client()

    def it_a_signs_in_with_PKCE_and_verifies_the_ID_token(self):
        url = self.browser.get("/login").location
        self.assertEqual(parse_qs(urlsplit(url).query)["code_challenge_method"], ["S256"])
        callback = tenant.sign_in_at(url, ADA["email"])
        self.assertEqual(self.browser.get(callback).location, "/")
        user = self.browser.get("/").json
        self.assertEqual((user["claims"]["sub"], user["claims"]["email"]), (ADA["id"], ADA["email"]))
        self.assertEqual(user["claims"]["iss"], f"{tenant.TENANT}/")
        self.assertEqual((user["info"]["sub"], user["info"]["name"]), (ADA["id"], "Ada Example"))

    def it_b_is_told_why_a_sign_in_was_refused(self):
        url = self.browser.get("/login?prompt=none").location
        refused = self.browser.get(tenant.redirect_of(url))
        self.assertEqual((refused.status_code, refused.json), (401, {"error": "login_required"}))

    def it_c_renews_and_revokes(self):
        updates = []
        with OAuth2Session(
            CLIENT_ID,
            CLIENT_SECRET,
            scope="openid offline_access",
            redirect_uri=CALLBACK,
            code_challenge_method="S256",
            token_endpoint=TOKEN_URL,
            update_token=lambda token, **_: updates.append(token),
        ) as own:
            verifier = generate_token(48)
            url, state = own.create_authorization_url(f"{tenant.TENANT}/authorize", code_verifier=verifier)
            callback = tenant.sign_in_at(url, ADA["email"])
            first = own.fetch_token(
                TOKEN_URL, authorization_response=callback, state=state, code_verifier=verifier
            )
            # A token that has expired is renewed by the call that needs it.
            own.token = {**first, "expires_at": 1}
            self.assertEqual(own.get(f"{tenant.TENANT}/userinfo").json(), {"sub": ADA["id"]})
            self.assertEqual(len(updates), 1)
            own.revoke_token(f"{tenant.TENANT}/oauth/revoke", own.token["refresh_token"]).raise_for_status()
            with self.assertRaises(OAuthError) as refusal:
                own.refresh_token(TOKEN_URL, own.token["refresh_token"])
            self.assertEqual(refusal.exception.error, "invalid_grant")

    def it_d_gets_a_machine_token_and_reads_the_user(self):
        client_id, client_secret = tenant.MACHINE
        with OAuth2Session(client_id, client_secret, token_endpoint_auth_method="client_secret_post") as own:
            own.fetch_token(TOKEN_URL, grant_type="client_credentials", audience=tenant.AUDIENCE)
            user = own.get(f"{tenant.AUDIENCE}users/{ADA['id']}").json()
        self.assertEqual((user["email"], len(user["identities"])), (ADA["email"], 3))

    def it_e_meets_a_wrong_secret(self):
        with OAuth2Session(tenant.MACHINE[0], "a wrong secret") as own:
            with self.assertRaises(OAuthError) as refusal:
                own.fetch_token(TOKEN_URL, grant_type="client_credentials", audience=tenant.AUDIENCE)
        self.assertEqual(refusal.exception.error, "access_denied")


if __name__ == "__main__":
    runner.run(ClientTests)
