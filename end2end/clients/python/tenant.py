"""The tenant of this run, and signing in to it as a browser does."""

import hashlib
import json
import os
import secrets
from base64 import urlsafe_b64encode
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

TENANT = os.environ["CLIENTS_TENANT"]
DOMAIN = urlsplit(TENANT).netloc
AUDIENCE = f"{TENANT}/api/v2/"
CALLBACK = f"{os.environ['CLIENTS_WEB_ORIGIN']}/"

MACHINE = ("machine", "machine-secret-that-everybody-may-read")
READER = ("reader", "reader-secret-that-everybody-may-read")

PASSWORD = "correct horse battery staple"
DATABASE = "Username-Password-Authentication"
ADA = {"id": "auth0|ada", "email": "ada@example.test"}
GRACE = {"id": "auth0|grace", "email": "grace@example.test"}
GRACE_AT_GOOGLE = ("google-oauth2", "115000000000000000002")
ALAN = {"id": "auth0|alan", "linked": [("google-oauth2", "115000000000000000003"), ("github", "5000003")]}


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def _request(path, form=None, **headers):
    data = urlencode(form).encode() if form else None
    try:
        return build_opener(_NoRedirect).open(Request(TENANT + path, data, {"Accept": "*/*", **headers}))
    except HTTPError as response:
        return response


def _redirect_parameter(response, name):
    return parse_qs(urlsplit(urljoin(TENANT, response.headers["location"])).query)[name][0]


def authorize(email, **parameters):
    """Signs in to the client `page`. Returns the authorization code and the PKCE verifier."""
    verifier = secrets.token_urlsafe(32)
    challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code",
        "client_id": "page",
        "redirect_uri": CALLBACK,
        "state": "a state",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        **parameters,
    }
    login_page = _request(f"/authorize?{urlencode(query)}")
    cookies = "; ".join(cookie.split(";")[0] for cookie in login_page.headers.get_all("set-cookie"))
    form = {"state": _redirect_parameter(login_page, "state"), "username": email, "password": PASSWORD}
    return _redirect_parameter(_request("/u/login", form, Cookie=cookies, Origin=TENANT), "code"), verifier


def sign_in(email, **parameters):
    """Signs in, and returns the token response."""
    code, verifier = authorize(email, **parameters)
    body = {
        "grant_type": "authorization_code",
        "client_id": "page",
        "redirect_uri": CALLBACK,
        "code": code,
        "code_verifier": verifier,
    }
    return json.load(_request("/oauth/token", body))
