'use client';

import { getAccessToken, useUser } from '@auth0/nextjs-auth0';
import { useState } from 'react';

export function Profile() {
  const { user, isLoading } = useUser();
  const [token, setToken] = useState();
  return (
    <>
      {!isLoading && <p>Your address is {user?.email}</p>}
      <button onClick={async () => setToken(await getAccessToken())}>Get a token</button>
      {token && <p>The token has {token.split('.').length} parts</p>}
    </>
  );
}
