import type { BrowserContext, Page } from '@playwright/test';

/** One connection in the page's settings. */
export interface OfferedConnection {
  name: string;
  strategy: string;
  pinned?: boolean;
  closed?: boolean;
}

/** The part of the page's settings that tests change. */
export interface Settings {
  connections?: OfferedConnection[];
}

/** Changes the settings that a page, or every page of a context, reads from its next load on. */
export async function overrideSettings(
  target: Page | BrowserContext,
  change: (settings: Settings) => object,
): Promise<void> {
  await target.route('**/config.json', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: change(await response.json()) });
  });
}

/** Removes from the settings which connections are pinned or closed. */
export const withoutConnectionStates = ({ connections = [], ...settings }: Settings) => ({
  ...settings,
  connections: connections.map(({ pinned: _, closed: __, ...connection }) => connection),
});

/** Marks the connections of these strategies as closed. */
export const withClosed =
  (...strategies: string[]) =>
  ({ connections = [], ...settings }: Settings) => ({
    ...settings,
    connections: connections.map((connection) =>
      strategies.includes(connection.strategy) ? { ...connection, closed: true } : connection,
    ),
  });

/** Marks the connections that sign in with a password as closed. */
export const withPasswordsClosed = ({ connections = [], ...settings }: Settings) => ({
  ...settings,
  connections: connections.map((connection) =>
    connection.strategy === 'auth0' ? { ...connection, closed: true } : connection,
  ),
});
