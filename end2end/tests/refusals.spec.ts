import { bearer, expect, PASSWORD, test } from '../fixtures/index.ts';
import { HostedLogin } from '../pages/hosted-login.ts';
import { LinkedAccounts } from '../pages/linked-accounts.ts';

test('the tenant refuses to unlink the main login, and changes nothing', async ({
  app,
  page,
  request,
  signedIn: person,
}) => {
  const authorization = await bearer(page);
  await app.showsTheList();
  const user = `/api/v2/users/${encodeURIComponent(person.userId)}`;
  const [provider, id] = person.main.key.split('|');
  const answer = await request.delete(`${user}/identities/${provider}/${id}`, { headers: { authorization } });
  expect(answer.status()).toBe(400);
  expect(await answer.json()).toMatchObject({ statusCode: 400, errorCode: 'delete_main_user_identity' });
  const { identities } = await (await request.get(user, { headers: { authorization } })).json();
  expect(identities.map((one: { provider: string; user_id: unknown }) => `${one.provider}|${one.user_id}`)).toEqual([
    person.main.key,
    ...person.linked.map(({ key }) => key),
  ]);
});

test("the tenant refuses to unlink somebody else's login, and changes nothing", async ({
  app,
  house,
  otherBrowser,
  page,
  request,
  signedIn: _,
}) => {
  const authorization = await bearer(page);
  await app.showsTheList();
  const victim = house.claim('ordinary');
  const login = victim.linked[1]!;
  const [provider, id] = login.key.split('|');
  const answer = await request.delete(
    `/api/v2/users/${encodeURIComponent(victim.userId)}/identities/${provider}/${id}`,
    { headers: { authorization } },
  );
  expect(answer.status()).toBe(403);
  expect(await answer.json()).toMatchObject({ statusCode: 403, errorCode: 'unowned_resource' });

  const theirs = new LinkedAccounts(await otherBrowser.newPage());
  await theirs.open();
  await theirs.signIn.click();
  await new HostedLogin(theirs.page).signInAs(victim.email, PASSWORD);
  await theirs.shows([victim.main, ...victim.linked]);
});
