import { auth0 } from '../../lib/auth0';

/** A page for those who are signed in. */
export default auth0.withPageAuthRequired(
  async function Account() {
    const { user } = await auth0.getSession();
    return <p>The account of {user.email}</p>;
  },
  { returnTo: '/account' },
);
