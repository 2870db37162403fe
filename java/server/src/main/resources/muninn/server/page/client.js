// Speaks with the server: JSON asked and answered, and answers that come token by token.

import {askForKey, headers} from './key.js';

/** A sentence for the reader; what passes may be asked again. */
export class Refused extends Error {
  constructor(reason, passes = false) {
    super(reason);
    this.passes = passes;
  }
}

async function send(path, options) {
  for (;;) {
    let response;
    try {
      response = await fetch(path, {...options, headers: {...options.headers, ...headers()}});
    } catch (failure) {
      if (failure.name === 'AbortError') throw failure;
      throw new Refused('The server does not answer. Is it still there?', true);
    }
    if (response.ok) return response;
    const body = await response.json().catch(() => null);
    const reason = body?.error?.message ?? `The server answered ${response.status}.`;
    if (response.status !== 401 || !await askForKey(reason)) {
      throw new Refused(reason, response.status === 503);
    }
  }
}

export const get = async path => (await send(path, {})).json();

const posted = (path, body, signal) =>
  send(path, {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body), signal});

export const post = async (path, body, signal) => (await posted(path, body, signal)).json();

/** The events of an answer, until it is whole; one that breaks off is an error. */
export async function* events(path, body, signal) {
  const response = await posted(path, {...body, stream: true}, signal);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const {value, done} = await reader.read().catch(failure => {
      if (failure.name === 'AbortError') throw failure;
      throw new Refused('The answer broke off: the server went away, or could not go on.');
    });
    if (done) throw new Refused('The answer broke off: the server went away, or could not go on.');
    const parts = (rest + value).split('\n\n');
    rest = parts.pop();
    for (const part of parts) {
      const data = part.replace(/^data: /, '');
      if (data === '[DONE]') return;
      yield JSON.parse(data);
    }
  }
}
