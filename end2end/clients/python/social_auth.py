"""Tests the Auth0 backends of python-social-auth, in a Django application."""

import unittest
from urllib.parse import parse_qs, urlsplit

import django
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client
from django.urls import include, path

import runner
import tenant
from tenant import ADA

CLIENT_ID, CLIENT_SECRET = tenant.WEB

settings.configure(
    SECRET_KEY="a secret of this run",
    ALLOWED_HOSTS=["localhost"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "social_django",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "social_django.middleware.SocialAuthExceptionMiddleware",
    ],
    AUTHENTICATION_BACKENDS=[
        "social_core.backends.auth0.Auth0OAuth2",
        "social_core.backends.auth0_openidconnect.Auth0OpenIdConnectAuth",
    ],
    LOGIN_REDIRECT_URL="/",
    LOGIN_ERROR_URL="/refused",
    SOCIAL_AUTH_AUTH0_DOMAIN=tenant.DOMAIN,
    SOCIAL_AUTH_AUTH0_KEY=CLIENT_ID,
    SOCIAL_AUTH_AUTH0_SECRET=CLIENT_SECRET,
    SOCIAL_AUTH_AUTH0_OPENIDCONNECT_DOMAIN=tenant.DOMAIN,
    SOCIAL_AUTH_AUTH0_OPENIDCONNECT_KEY=CLIENT_ID,
    SOCIAL_AUTH_AUTH0_OPENIDCONNECT_SECRET=CLIENT_SECRET,
)
django.setup()


def home(request):
    return HttpResponse(request.user.email if request.user.is_authenticated else "nobody")


urlpatterns = [path("", include("social_django.urls", namespace="social")), path("", home)]


class ClientTests(unittest.TestCase):
    """Each method is one test; its name is the sentence that the table of clients shows."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        call_command("migrate", verbosity=0)

    def setUp(self):
        get_user_model().objects.all().delete()
        self.setUpBrowser()

    def setUpBrowser(self):
        self.browser = Client(headers={"host": urlsplit(tenant.WEB_ORIGIN).netloc})

    def begin(self, backend):
        """Presses the button that signs in. Returns the URL of the authorization request."""
        response = self.browser.post(f"/login/{backend}/")
        self.assertEqual(response.status_code, 302)
        return response["location"]

    def end(self, callback):
        """Comes back from the tenant. Returns where the application redirects to."""
        self.assertEqual(callback.split("/complete/")[0], tenant.WEB_ORIGIN)
        return self.browser.get(callback.removeprefix(tenant.WEB_ORIGIN))["location"]

    def signs_in(self, backend):
        url = self.begin(backend)
        self.assertEqual(self.end(tenant.sign_in_at(url, ADA["email"])), "/")
        self.assertEqual(self.browser.get("/").content.decode(), ADA["email"])
        user = get_user_model().objects.get(email=ADA["email"])
        self.assertEqual([(one.provider, one.uid) for one in user.social_auth.all()], [(backend, ADA["id"])])
        return parse_qs(urlsplit(url).query)

    def it_a_signs_in_with_the_backend_Auth0OAuth2(self):
        query = self.signs_in("auth0")
        # The backend adds its state to the callback that it names, and the tenant has registered the callback without.
        self.assertIn("redirect_state=", query["redirect_uri"][0])

    def it_b_signs_in_with_the_backend_Auth0OpenIdConnectAuth(self):
        self.signs_in("auth0_openidconnect")

    def it_c_signs_in_the_same_user_again(self):
        self.signs_in("auth0")
        self.setUpBrowser()
        self.signs_in("auth0")
        self.assertEqual(get_user_model().objects.count(), 1)

    def it_d_is_told_why_a_sign_in_was_refused(self):
        url = f"{self.begin('auth0_openidconnect')}&prompt=none"
        with self.assertLogs("social"):
            self.assertEqual(self.end(tenant.redirect_of(url)), "/refused")


if __name__ == "__main__":
    runner.run(ClientTests)
