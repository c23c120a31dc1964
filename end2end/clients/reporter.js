/** Prints one line per test, whether it passed, in the format that the clients in other languages use. */
export default async function* reporter(events) {
  for await (const { type, data } of events) {
    if (type === 'test:pass') {
      yield `ok - ${data.name}\n`;
    } else if (type === 'test:fail') {
      yield `not ok - ${data.name}\n${indent(data.details.error.cause ?? data.details.error)}\n`;
    } else if (type === 'test:stderr' || type === 'test:stdout') {
      yield data.message;
    }
  }
}

function indent(error) {
  return String(error?.stack ?? error).replace(/^/gm, '    ');
}
