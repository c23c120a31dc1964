import { shiftDate } from '../browser/clock.ts';
import { isManagementUrl } from '../browser/requests.ts';
import { expect, PASSWORD, test } from '../fixtures/index.ts';
import { linkNewIdentity, uniqueEmail } from '../pages/linking.ts';

for (const [what, seconds] of [
  ['ten minutes slow', -600],
  ['ten minutes fast', 600],
  ['a year fast', 31_536_000],
] as const) {
  test(
    `a device whose date is ${what} signs in, links, unlinks and renews`,
    { tag: '@anywhere' },
    async ({ app, context, hosted, page, person }) => {
      await shiftDate(context, seconds);
      await app.open();
      await app.signInButton.click();
      await hosted.signIn(person.email, PASSWORD);
      await app.expectIdentities([person.primary, ...person.linked]);
      // It takes a sign-in that is fresh by the tenant's clock.
      const email = uniqueEmail(person, 'off');
      await linkNewIdentity(app, page, email);
      await expect(app.status).toContainText(`LinkedIn (${email}) is linked to this account now.`);
      await app.unlink(person.linked[0]!);
      await expect(app.row(person.linked[0]!)).toHaveCount(0);
      await page.reload();
      await expect(app.linkedList).toContainText(email);
    },
  );
}

for (const { what, headers, timer } of [
  {
    what: 'the seconds that the tenant names, and not any date',
    headers: (now: number) => ({ 'retry-after': '20', 'x-ratelimit-reset': `${now + 2000}` }),
    timer: /in (20|19) seconds/,
  },
  {
    what: "the tenant's time by the date of its answer",
    headers: (now: number) => ({
      'x-ratelimit-reset': `${now + 4020}`,
      date: new Date((now + 4000) * 1000).toUTCString(),
    }),
    timer: /in (20|19) seconds/,
  },
  {
    what: "the tenant's time by its tokens",
    headers: (now: number) => ({ 'x-ratelimit-reset': `${now + 40}` }),
    timer: /in (4[01]|3[789]) seconds/,
  },
]) {
  test(`on a device that is 55 seconds fast, a pause goes by ${what}`, async ({
    app,
    context,
    hosted,
    page,
    person,
    consoleGuard,
  }) => {
    consoleGuard.expectStatus(429);
    await shiftDate(context, 55);
    await app.open();
    await app.signInButton.click();
    await hosted.signIn(person.email, PASSWORD);
    await app.expectList();
    await page.route(isManagementUrl, (route) =>
      route.fulfill({ status: 429, headers: headers(Math.floor(Date.now() / 1000)), json: { statusCode: 429 } }),
    );
    await app.unlink(person.linked[0]!);
    await expect(app.row(person.linked[0]!).getByRole('timer')).toHaveText(timer);
    await app.row(person.linked[0]!).getByRole('button', { name: 'Stop' }).click();
  });
}
