/** Says of each test in a line whether it passed, as the clients in other languages do. */
export default async function* reporter(events) {
  for await (const { type, data } of events) {
    if (type === 'test:pass') {
      yield `ok - ${data.name}\n`;
    } else if (type === 'test:fail') {
      yield `not ok - ${data.name}\n${indented(data.details.error.cause ?? data.details.error)}\n`;
    } else if (type === 'test:stderr' || type === 'test:stdout') {
      yield data.message;
    }
  }
}

function indented(error) {
  return String(error?.stack ?? error).replace(/^/gm, '    ');
}
