import { captureAuthorization } from '../browser/requests.ts';
import { expect, PASSWORD, test } from '../fixtures/index.ts';
import { HostedLogin } from '../pages/hosted-login.ts';
import { LinkedAccounts } from '../pages/linked-accounts.ts';

// attack: linking
test('the tenant refuses to unlink the main login, and changes nothing', async ({
  app,
  page,
  request,
  signedIn: person,
}) => {
  const authorization = await captureAuthorization(page);
  await app.expectList();
  const user = `/api/v2/users/${encodeURIComponent(person.userId)}`;
  const [provider, id] = person.primary.key.split('|');
  const response = await request.delete(`${user}/identities/${provider}/${id}`, { headers: { authorization } });
  expect(response.status()).toBe(400);
  expect(await response.json()).toMatchObject({ statusCode: 400, errorCode: 'delete_main_user_identity' });
  const { identities } = await (await request.get(user, { headers: { authorization } })).json();
  expect(
    identities.map((one: { provider: string; user_id: string | number }) => `${one.provider}|${one.user_id}`),
  ).toEqual([person.primary.key, ...person.linked.map(({ key }) => key)]);
});

// attack: linking
test("the tenant refuses to unlink somebody else's login, and changes nothing", async ({
  app,
  worker,
  otherBrowser,
  page,
  request,
  signedIn: _,
}) => {
  const authorization = await captureAuthorization(page);
  await app.expectList();
  const victim = worker.claimPerson('ordinary');
  const login = victim.linked[1]!;
  const [provider, id] = login.key.split('|');
  const response = await request.delete(
    `/api/v2/users/${encodeURIComponent(victim.userId)}/identities/${provider}/${id}`,
    { headers: { authorization } },
  );
  expect(response.status()).toBe(403);
  expect(await response.json()).toMatchObject({ statusCode: 403, errorCode: 'unowned_resource' });

  const theirs = new LinkedAccounts(await otherBrowser.newPage());
  await theirs.open();
  await theirs.signInButton.click();
  await new HostedLogin(theirs.page).signIn(victim.email, PASSWORD);
  await theirs.expectIdentities([victim.primary, ...victim.linked]);
});
