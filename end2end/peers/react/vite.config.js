// The build takes the tenant's origin and the client's id from TENANT and CLIENT_ID in the environment.
import react from '@vitejs/plugin-react';

const { TENANT, CLIENT_ID } = process.env;

export default {
  plugins: [react()],
  define: { TENANT: JSON.stringify(TENANT), CLIENT_ID: JSON.stringify(CLIENT_ID) },
  logLevel: 'warn',
};
