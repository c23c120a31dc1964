// `auth0` 4, which most servers still use.
import { ManagementClient } from 'auth0-4';

import { management } from './management.js';
import { domain, machine, reader } from './tenant.js';

const data = async (answer) => (await answer).data;

management({
  machine,
  reader,
  connect: (options) => new ManagementClient({ domain, retry: { enabled: false }, ...options }),
  refusal: ({ statusCode, error, errorCode, message, msg, headers }) => ({
    statusCode,
    error,
    message: msg ?? message,
    errorCode,
    headers,
  }),
  read: (client, id) => data(client.users.get({ id })),
  list: (client, query) => data(client.users.getAll(query)),
  byEmail: (client, email) => data(client.usersByEmail.getByEmail({ email })),
  connections: (client) => data(client.connections.getAll()),
  create: (client, user) => data(client.users.create(user)),
  update: (client, id, changes) => data(client.users.update({ id }, changes)),
  remove: (client, id) => data(client.users.delete({ id })),
  link: (client, id, body) => data(client.users.link({ id }, body)),
  unlink: (client, id, provider, user_id) => data(client.users.unlink({ id, provider, user_id })),
});
