"""The tenant of this run, and signing in to it as a browser does."""

import hashlib
import json
import os
import secrets
from base64 import urlsafe_b64encode
from urllib.error import HTTPError
from urllib.parse import parse_qs, quote, urlencode, urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

TENANT = os.environ["CLIENTS_TENANT"]
DOMAIN = urlsplit(TENANT).netloc
AUDIENCE = f"{TENANT}/api/v2/"
WEB_ORIGIN = os.environ["CLIENTS_WEB_ORIGIN"]
CALLBACK = f"{WEB_ORIGIN}/"

MACHINE = ("machine", "machine-secret-that-everybody-may-read")
WEB = ("web", "web-secret-that-everybody-may-read")
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


def redirect_of(url):
    """Opens a URL of the tenant as a browser does. Returns where it redirects to."""
    return _request(quote(url.removeprefix(TENANT), safe="/?&=%:+~")).headers["location"]


def sign_in_at(url, email):
    """Opens the URL of an authorization request as a browser does, and signs in. Returns the URL that the tenant
    redirects to."""
    login_page = _request(quote(url.removeprefix(TENANT), safe="/?&=%:+~"))
    cookies = "; ".join(cookie.split(";")[0] for cookie in login_page.headers.get_all("set-cookie"))
    form = {"state": _redirect_parameter(login_page, "state"), "username": email, "password": PASSWORD}
    return _request("/u/login", form, Cookie=cookies, Origin=TENANT).headers["location"]


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
    callback = sign_in_at(f"{TENANT}/authorize?{urlencode(query)}", email)
    return parse_qs(urlsplit(callback).query)["code"][0], verifier


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
