// A React application with `@auth0/auth0-react`: a page for everybody, and one at `/account` for those who are signed in.
import { Auth0Provider, useAuth0, withAuthenticationRequired } from '@auth0/auth0-react';
import { useState } from 'react';
import { createRoot } from 'react-dom/client';

const { domain, clientId, audience } = SETTINGS;
const SCOPE = 'openid profile email read:current_user';
const { origin } = window.location;

function Home() {
  const { isLoading, isAuthenticated, error, user, loginWithRedirect, loginWithPopup, logout } = useAuth0();
  if (isLoading) {
    return <p>Loading</p>;
  }
  return (
    <>
      {error && <p role="alert">{`${error.error}: ${error.message}`}</p>}
      {isAuthenticated ? (
        <>
          <p>Hello {user.name}</p>
          <Logins />
          <button onClick={() => logout({ logoutParams: { returnTo: `${origin}/` } })}>Log out</button>
        </>
      ) : (
        <>
          <button onClick={() => loginWithRedirect()}>Log in</button>
          <button onClick={() => loginWithPopup()}>Log in with a popup</button>
          <button onClick={() => loginWithRedirect({ authorizationParams: { audience: 'https://api.example.test/' } })}>
            Log in for another API
          </button>
        </>
      )}
    </>
  );
}

/** Counts the person's logins, as the Management API has them. */
function Logins() {
  const { user, getAccessTokenSilently } = useAuth0();
  const [count, setCount] = useState();
  const read = async () => {
    const headers = { authorization: `Bearer ${await getAccessTokenSilently()}` };
    const response = await fetch(`${audience}users/${user.sub}`, { headers });
    setCount((await response.json()).identities.length);
  };
  return count ? <p>{count} logins</p> : <button onClick={read}>Count my logins</button>;
}

const Account = withAuthenticationRequired(() => <p>The account of {useAuth0().user.email}</p>);

function Application() {
  const [path, setPath] = useState(window.location.pathname);
  const onRedirectCallback = (appState) => {
    window.history.replaceState({}, '', appState?.returnTo ?? '/');
    setPath(window.location.pathname);
  };
  return (
    <Auth0Provider
      domain={domain}
      clientId={clientId}
      authorizationParams={{ redirect_uri: `${origin}/`, audience, scope: SCOPE }}
      onRedirectCallback={onRedirectCallback}
    >
      {path === '/account' ? <Account /> : <Home />}
    </Auth0Provider>
  );
}

const element = document.createElement('main');
document.body.append(element);
createRoot(element).render(<Application />);
