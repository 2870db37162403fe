// The page: a conversation, asked at one depth or two, that outlives a reload.

import {hear, show, textOf, unheard} from './answer.js';
import {Refused, get} from './client.js';
import {element} from './format.js';
import {begin, choices, depths} from './settings.js';

const PLACE = 'muninn.turns';
const of = id => document.getElementById(id);

let model = null;
let turns = [];
let asking = null;

/** The messages so far: of two answers the first goes on. */
const conversation = () => turns.flatMap(({prompt, answers}) =>
  [{role: 'user', content: prompt}, {role: 'assistant', content: textOf(answers[0])}]);

function keep() {
  try {
    sessionStorage.setItem(PLACE, JSON.stringify(turns));
  } catch {
    sessionStorage.removeItem(PLACE); // no room: a reload begins anew
  }
}

function add(turn) {
  const shown = turn.answers.map(show);
  const answers = element('div', {className: shown.length > 1 ? 'answers two' : 'answers'}, ...shown.map(one => one.article));
  of('turns').append(element('section', {className: 'turn', ariaLabel: 'Turn'},
    element('p', {className: 'asked', textContent: turn.prompt}), answers));
  of('welcome').hidden = true;
  of('fresh').hidden = false;
  return shown;
}

async function ask(prompt) {
  const path = model.chat ? '/v1/chat/completions' : '/v1/completions';
  const asked = model.chat ? {messages: [...conversation(), {role: 'user', content: prompt}]} : {prompt};
  const seed = Math.floor(Math.random() * 2 ** 31);
  const turn = {prompt, answers: depths().map(steps => unheard(path, {...asked, ...choices(), steps, seed}))};
  const shown = add(turn);
  turns.push(turn);
  scroll();
  busy(true);
  asking = new AbortController();
  const {signal} = asking;
  await Promise.all(turn.answers.map((answer, i) => hear(answer, signal, () => {
    shown[i].soon();
    requestAnimationFrame(scroll);
  })));
  shown.forEach(one => one.update());
  busy(false);
  keep();
  scroll();
}

/** Follows the end, unless the reader went up. */
function scroll() {
  const page = document.documentElement;
  if (page.scrollHeight - page.scrollTop - innerHeight < 240) page.scrollTop = page.scrollHeight;
}

function busy(now) {
  of('send').hidden = now;
  of('stop').hidden = !now;
  document.body.toggleAttribute('data-busy', now);
}

const stop = () => asking?.abort();

function grow() {
  const prompt = of('prompt');
  prompt.style.height = 'auto';
  prompt.style.height = Math.min(prompt.scrollHeight + 2, innerHeight / 3) + 'px';
}

of('ask').addEventListener('submit', event => {
  event.preventDefault();
  const prompt = of('prompt').value;
  if (!prompt.trim() || !model || document.body.hasAttribute('data-busy')) return;
  of('prompt').value = '';
  grow();
  ask(prompt);
});
of('prompt').addEventListener('input', grow);
of('prompt').addEventListener('keydown', event => {
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    of('ask').requestSubmit();
  }
});
addEventListener('keydown', event => {
  if (event.key === 'Escape' && !document.querySelector('dialog[open]')) stop();
});
of('stop').addEventListener('click', stop);
of('fresh').addEventListener('click', () => {
  stop();
  turns = [];
  keep();
  of('turns').replaceChildren();
  of('welcome').hidden = false;
  of('fresh').hidden = true;
  of('prompt').focus();
});

async function start() {
  try {
    model = await get('/muninn/model');
  } catch (failure) {
    if (!(failure instanceof Refused)) throw failure;
    of('model').textContent = failure.message;
    if (failure.passes) setTimeout(start, 2000); // it may still be loading
    return;
  }
  begin(model);
  of('model').textContent = model.chat ? model.id : model.id + ', which continues texts';
  of('prompt').placeholder = model.chat ? 'Ask…' : 'A text to be continued…';
  turns = JSON.parse(sessionStorage.getItem(PLACE) ?? '[]');
  turns.forEach(add);
  document.documentElement.scrollTop = document.documentElement.scrollHeight;
  document.body.dataset.ready = '';
}

start();
