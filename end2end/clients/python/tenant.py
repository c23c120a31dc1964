"""The tenant that this run has started, and signing in to it as a browser would."""

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


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def _asked(path, form=None, **headers):
    data = urlencode(form).encode() if form else None
    try:
        return build_opener(_Stay).open(Request(TENANT + path, data, {"Accept": "text/html", **headers}))
    except HTTPError as answer:
        return answer


def _parameter(answer, name):
    return parse_qs(urlsplit(urljoin(TENANT, answer.headers["location"])).query)[name][0]


def authorize(email, **asked):
    """Signs in to the page's client and answers with the code and the verifier for it."""
    verifier = secrets.token_urlsafe(32)
    challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code",
        "client_id": "page",
        "redirect_uri": CALLBACK,
        "state": "a state",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        **asked,
    }
    form = _asked(f"/authorize?{urlencode(query)}")
    cookies = "; ".join(cookie.split(";")[0] for cookie in form.headers.get_all("set-cookie"))
    typed = {"state": _parameter(form, "state"), "username": email, "password": PASSWORD}
    return _parameter(_asked("/u/login", typed, Cookie=cookies, Origin=TENANT), "code"), verifier


def sign_in(email, **asked):
    """Signs in and answers with the tokens."""
    code, verifier = authorize(email, **asked)
    trade = {
        "grant_type": "authorization_code",
        "client_id": "page",
        "redirect_uri": CALLBACK,
        "code": code,
        "code_verifier": verifier,
    }
    return json.load(_asked("/oauth/token", trade))
