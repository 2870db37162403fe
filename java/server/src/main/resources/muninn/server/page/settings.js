// What the reader chose: depth, exit, speculation. It outlives a reload.

import {count, ramp} from './format.js';

const PLACE = 'muninn.settings';
const VALUES = ['steps', 'steps2', 'exit', 'speculate', 'tokens', 'temperature'];
const of = id => document.getElementById(id);

let deepest = 64;

/** Where a depth lies between one step and the most that can be chosen, from 0 to 1; each doubling is as wide. */
export const depthShare = steps => deepest > 1 ? Math.log(Math.min(steps, deepest)) / Math.log(deepest) : 1;

/** The depths asked for: one, or two to be compared. */
export const depths = () => of('compare').checked ? [+of('steps').value, +of('steps2').value] : [+of('steps').value];

/** The fields of a request, but for its depth. */
export const choices = () => ({
  exit: of('exit').value,
  speculate: of('speculate').value,
  max_tokens: Math.max(1, Math.floor(+of('tokens').value) || 1),
  temperature: Math.max(0, +of('temperature').value || 0),
});

function show() {
  for (const id of ['steps', 'steps2']) {
    of(id + '-shown').textContent = count(+of(id).value, 'step');
    // the track is the key to the colours of tokens
    const stops = Array.from({length: 9}, (_, i) => ramp(depthShare(1 + (deepest - 1) * i / 8)));
    of(id).style.setProperty('--track', `linear-gradient(to right, ${stops.join(', ')})`);
    of(id).style.setProperty('--here', ramp(depthShare(+of(id).value)));
  }
  of('steps2').disabled = !of('compare').checked;
}

function keep() {
  show();
  const chosen = Object.fromEntries(VALUES.map(id => [id, of(id).value]));
  sessionStorage.setItem(PLACE, JSON.stringify({...chosen, compare: of('compare').checked}));
}

/** Begins with what a model does by itself, and what was chosen before. */
export function begin(model) {
  deepest = Math.min(128, Math.max(8, 4 * model.steps));
  for (const id of ['steps', 'steps2']) of(id).max = deepest;
  of('steps').value = model.steps;
  of('steps2').value = Math.max(1, Math.round(model.steps / 4));
  of('tokens').value = Math.min(model.max_tokens, model.max_model_len);
  const before = JSON.parse(sessionStorage.getItem(PLACE) ?? 'null');
  if (before) {
    for (const id of VALUES) if (before[id] !== undefined) of(id).value = before[id];
    of('compare').checked = before.compare === true;
  }
  for (const id of [...VALUES, 'compare']) of(id).addEventListener('input', keep);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', show);
  show();
}
