// Tests the newest `auth0`, a client that is generated from Auth0's OpenAPI document.
import { ManagementClient } from 'auth0';

import { management } from './management.js';
import { domain, machine, reader } from './tenant.js';

management({
  machine,
  reader,
  connect: (options) => new ManagementClient({ domain, maxRetries: 0, ...options }),
  describeError: ({ statusCode, body, rawResponse }) => ({
    statusCode,
    error: body.error,
    message: body.message,
    errorCode: body.errorCode,
    headers: rawResponse.headers,
  }),
  read: (client, id) => client.users.get(id),
  list: async (client, query) => (await client.users.list(query)).response,
  byEmail: (client, email) => client.users.listUsersByEmail({ email }),
  connections: async (client) => (await client.connections.list()).data,
  create: (client, user) => client.users.create(user),
  update: (client, id, changes) => client.users.update(id, changes),
  remove: (client, id) => client.users.delete(id),
  link: (client, id, body) => client.users.identities.link(id, body),
  unlink: (client, id, provider, userId) => client.users.identities.delete(id, provider, userId),
});
