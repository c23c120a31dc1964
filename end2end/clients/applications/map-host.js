// Preloaded into a Node.js process: connects to `MAPPED_PORT` of this machine instead of the host `MAPPED_HOST`, as an
// entry of the system's hosts file and a server on the usual port would. Certificates are verified for that host.
import tls from 'node:tls';

const { MAPPED_HOST, MAPPED_PORT } = process.env;
const { connect } = tls;

tls.connect = (options, ...rest) =>
  options?.host === MAPPED_HOST
    ? connect({ ...options, servername: MAPPED_HOST, host: '127.0.0.1', port: Number(MAPPED_PORT) }, ...rest)
    : connect(options, ...rest);
