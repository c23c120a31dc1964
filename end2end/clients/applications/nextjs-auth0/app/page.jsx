import { auth0 } from '../lib/auth0';
import { Profile } from './profile';

/** Shows what the server knows of the session, and below it what the browser does. */
export default async function Home() {
  const session = await auth0.getSession();
  return session ? (
    <>
      <p>Hello {session.user.name}</p>
      <Profile />
      <a href="/auth/logout">Log out</a>
    </>
  ) : (
    <a href="/auth/login">Log in</a>
  );
}
