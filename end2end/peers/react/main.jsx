// The least that a React page needs to do the same work: it signs in, lists logins and unlinks them. It has no styles, no
// dialogs and no texts for failures.
import { Auth0Provider, useAuth0 } from '@auth0/auth0-react';
import { useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter, Route, Routes } from 'react-router-dom';

/* global TENANT, CLIENT_ID */
const API = `${TENANT}/api/v2/`;
const SCOPE = 'openid profile email read:current_user update:current_user_identities';

function Accounts() {
  const { user, isAuthenticated, isLoading, loginWithRedirect, logout, getAccessTokenSilently } = useAuth0();
  const [identities, setIdentities] = useState([]);
  const [failure, setFailure] = useState();
  const [busy, setBusy] = useState();

  const call = async (path, options) => {
    const token = await getAccessTokenSilently();
    const answer = await fetch(API + path, { ...options, headers: { authorization: `Bearer ${token}` } });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    return answer.json();
  };

  useEffect(() => {
    if (!isAuthenticated) return;
    call(`users/${encodeURIComponent(user.sub)}`).then(
      (found) => setIdentities(found.identities),
      (error) => setFailure(error.message),
    );
  }, [isAuthenticated]);

  const unlink = async ({ provider, user_id: id }) => {
    setBusy(id);
    try {
      const path = `users/${encodeURIComponent(user.sub)}/identities/${provider}/${encodeURIComponent(id)}`;
      setIdentities(await call(path, { method: 'DELETE' }));
    } catch (error) {
      setFailure(error.message);
    } finally {
      setBusy(undefined);
    }
  };

  if (isLoading) return <p>Loading</p>;
  if (!isAuthenticated) return <button onClick={() => loginWithRedirect()}>Log in</button>;
  return (
    <main>
      <h1>Linked accounts</h1>
      {failure && <p role="alert">{failure}</p>}
      <ul>
        {identities.map((identity, place) => (
          <li key={identity.provider + identity.user_id}>
            <b>{identity.connection}</b> {identity.profileData?.name} {identity.profileData?.email}{' '}
            {place > 0 && (
              <button disabled={busy === identity.user_id} onClick={() => unlink(identity)}>
                Unlink
              </button>
            )}
          </li>
        ))}
      </ul>
      <button onClick={() => logout({ logoutParams: { returnTo: window.location.origin } })}>Log out</button>
    </main>
  );
}

createRoot(document.getElementById('root')).render(
  <Auth0Provider
    domain={TENANT}
    clientId={CLIENT_ID}
    authorizationParams={{ redirect_uri: window.location.origin, audience: API, scope: SCOPE }}
  >
    <BrowserRouter>
      <Routes>
        <Route path="/" element={<Accounts />} />
        <Route path="*" element={<p>Not found</p>} />
      </Routes>
    </BrowserRouter>
  </Auth0Provider>,
);
