// What a token thought: the position that said it is asked for again, watched, as its answer was asked for.

import {Refused, post} from './client.js';
import {convergence, path} from './charts.js';
import {count, element, ramp, short, shown, tells, visible} from './format.js';
import {depthShare} from './settings.js';

const dialog = document.getElementById('trace');
let asked = null;
let drawn = [];
let again = () => {};

function wipe() {
  drawn.forEach(chart => chart.dispose());
  drawn = [];
  document.getElementById('trace-figures').replaceChildren();
}

function clear() {
  asked?.abort();
  again = () => {};
  wipe();
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => again());

dialog.addEventListener('close', () => {
  if (!dialog.open) clear(); // it may be open again by the time that this is heard
});
dialog.addEventListener('click', event => {
  if (event.target === dialog || 'close' in event.target.dataset) dialog.close(); // the backdrop is the dialog's own
});

/** Opens the trace of the position that said a token. */
export async function openTrace(answer, index) {
  clear();
  const note = document.getElementById('trace-note'), token = answer.tokens[index];
  document.getElementById('trace-title').textContent = `How “${named({text: token.text, token: token.id}).trim()}” was thought`;
  note.textContent = 'Thinking it again, watched…';
  dialog.removeAttribute('data-ready');
  if (!dialog.open) dialog.showModal();
  asked = new AbortController();
  const {messages, prompt, steps, seed, exit, speculate} = answer.body;
  const body = {steps, seed, exit, speculate, answer: answer.tokens.slice(0, index).map(one => one.id)};
  Object.assign(body, messages ? {messages} : {prompt});
  try {
    const trace = await post('/muninn/trace', body, asked.signal);
    again = () => draw(trace, token);
    await again();
    dialog.dataset.ready = '';
  } catch (failure) {
    if (failure instanceof Refused) note.textContent = failure.message;
    else if (failure.name !== 'AbortError') throw failure;
  }
}

function sentence(trace, token) {
  const said = named(trace.said.at(-1)).trim();
  const motion = trace.motion === 'too short' ? '' : ` Its latent ends as ${article(trace.motion)}${
    trace.period ? `, period ${trace.period}` : ''}.`;
  const left = trace.steps < trace.budget ? ` There it left, of ${count(trace.budget, 'step')} that it might have taken.`
    : token.steps < trace.steps ? ` The answer has what it said after ${count(token.steps, 'step')}.` : '';
  return `Position ${trace.position} says “${said}” from step ${trace.decided_at} on, with probability ${
    shown(trace.said.at(-1).probability)} at step ${trace.steps}.${motion}${left}`;
}

/** What a token says, with its number where its text does not tell it from others. */
const named = said => (said.text === undefined || !tells(said.text) ? '#' + said.token + ' ' : '') + short(visible(said.text ?? ''));

const article = words => ({settling: 'settling', unsettled: 'unsettled'}[words] ?? (/^[aeio]/.test(words) ? 'an ' : 'a ') + words);

function figure(title, note, content) {
  return element('figure', {}, element('h3', {textContent: title}), content,
    element('figcaption', {textContent: note}));
}

async function draw(trace, token) {
  wipe();
  document.getElementById('trace-note').textContent = sentence(trace, token);
  const way = element('div', {className: 'chart', role: 'img', ariaLabel: 'Path of the latent by step'});
  const fall = element('div', {className: 'chart', role: 'img', ariaLabel: 'Convergence by step'});
  document.getElementById('trace-figures').append(
    figure('What it would have said', 'The most probable token after each step; the bar is its probability.',
      saidBySteps(trace, token)),
    figure('Its way through latent space',
      'In the two directions in which its own latents differ most. From dark to light: first step to last.', way),
    figure('How it settled', 'How far a step moves the latent, how far it is from the deepest, and what stopping there would'
      + ' cost the prediction (KL in nats).', fall));
  drawn = [await path(way, trace, token.steps), await convergence(fall, trace, token.steps)];
}

function saidBySteps(trace, token) {
  const last = trace.said.at(-1).token;
  const rows = trace.said.map((said, j) => {
    const bar = element('span', {className: 'bar'});
    bar.style.width = 100 * said.probability + '%';
    bar.style.background = ramp(depthShare(j + 1));
    const row = element('li', {className: said.token === last ? 'same' : ''},
      element('span', {className: 'step', textContent: j + 1}),
      element('span', {className: 'said', textContent: named(said), title: visible(said.text ?? '')}),
      element('span', {className: 'track'}, bar),
      element('span', {className: 'probability', textContent: shown(said.probability)}));
    if (j + 1 === token.steps && token.steps < trace.steps) row.classList.add('left');
    return row;
  });
  return element('ol', {className: 'said-by-steps', tabIndex: 0, ariaLabel: 'What it would have said, by step'}, ...rows);
}
