// One answer: heard token by token, each in the colour of its steps, with the figures of how it came.

import {Refused, events} from './client.js';
import {count, element, ramp, shown, turns} from './format.js';
import {depthShare} from './settings.js';
import {openTrace} from './trace.js';
import {drawWave, passesOf, picture, waveWords} from './wave.js';

const ENDS = {length: 'ended at the most tokens', stopped: 'stopped'};

/** An answer asked for with a body to an endpoint, before anything is heard. */
export const unheard = (path, body) => ({path, body, tokens: [], millis: 0, end: null, trouble: null});

/** What it says. */
export const textOf = answer => answer.tokens.map(token => token.text).join('');

/** Hears an answer to its end, or until it is stopped. */
export async function hear(answer, signal, heard) {
  const began = performance.now();
  try {
    const asked = {...answer.body, return_steps: true, return_token_ids: true, return_progress: true};
    for await (const event of events(answer.path, asked, signal)) {
      const choice = event.choices[0];
      if (!choice) continue;
      if (choice.token_ids?.length) {
        answer.tokens.push({
          text: choice.delta?.content ?? choice.text ?? '', id: choice.token_ids[0], steps: choice.steps[0],
          progress: event.progress,
        });
        answer.millis = performance.now() - began;
        answer.first ??= answer.millis;
      }
      answer.end = choice.finish_reason ?? answer.end;
      heard();
    }
  } catch (failure) {
    if (failure.name === 'AbortError') answer.end = 'stopped';
    else if (failure instanceof Refused) answer.trouble = failure.message;
    else throw failure;
  }
  answer.end ??= 'stopped';
  heard();
}

function figures(answer) {
  const tokens = answer.tokens, n = tokens.length;
  if (n === 0) return answer.end === 'stopped' ? 'stopped' : '';
  const said = [count(n, 'token')];
  if (n > 1) said.push(`${shown((n - 1) / Math.max(1e-3, (answer.millis - answer.first) / 1000))} tokens/s`);
  const {core_passes: passes, drafted, squashed} = tokens.at(-1).progress ?? {};
  if (passes) said.push(`${shown(passes / n)} core passes a token`);
  if (drafted) said.push(`${drafted} drafted, ${squashed} squashed`);
  said.push(`${shown(tokens.reduce((sum, token) => sum + token.steps, 0) / n)} steps a token`);
  if (ENDS[answer.end]) said.push(ENDS[answer.end]);
  return said.map(part => part.replace(/ /g, '\u00a0')).join(' · '); // breaks between figures, not within
}

function title(body) {
  const parts = [count(body.steps, 'step')];
  if (body.exit !== 'none') parts.push('exit ' + body.exit);
  if (body.speculate !== 'none') parts.push(body.speculate.replace(':', ', ').replace('=', ' '));
  if (body.temperature > 0) parts.push('temperature ' + body.temperature);
  return parts.join(', ');
}

/** Shows one of a turn's answers; the functions returned bring what is shown up to date, soon or now. */
export function show(answer, index, all) {
  const text = element('div', {className: 'text', dir: 'auto', role: 'group', ariaLabel: 'Answer, token by token', ariaBusy: 'true'});
  const wave = picture(), words = element('p', {className: 'figures-line'});
  const trouble = element('p', {className: 'trouble', role: 'alert', hidden: true});
  const article = element('article', {className: 'answer'},
    element('h3', {textContent: title(answer.body)}), text, trouble, wave, words);
  let drawn = 0, waiting = false;

  text.addEventListener('click', event => choose(event.target));
  text.addEventListener('keydown', event => {
    const to = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (event.key === 'Enter' || event.key === ' ') choose(event.target);
    else if (to) neighbour(event.target, to)?.focus();
    else return;
    event.preventDefault();
  });

  function neighbour(from, to) {
    let next = from;
    do next = to > 0 ? next.nextElementSibling : next.previousElementSibling; while (next && !next.textContent);
    return next;
  }

  function choose(target) {
    if (target.dataset?.index !== undefined) openTrace(answer, +target.dataset.index);
  }

  function token(index) {
    const {text: said, steps} = answer.tokens[index];
    const span = element('span', {
      className: 'token', textContent: said, role: 'button', tabIndex: index === 0 ? 0 : -1,
      title: count(steps, 'step') + ': see how it went',
    });
    span.dataset.index = index;
    span.dataset.steps = steps;
    span.style.setProperty('--steps', ramp(depthShare(steps)));
    if (turns(said)) span.style.unicodeBidi = 'isolate'; // else it would turn what follows as well
    return span;
  }

  /** Answers side by side have one scale. */
  const draw = () => drawWave(wave, answer.tokens, Math.max(...all.map(one => passesOf(one.tokens))));

  function update() {
    waiting = false;
    for (; drawn < answer.tokens.length; drawn++) text.append(token(drawn));
    text.ariaBusy = String(answer.end === null && answer.trouble === null);
    article.classList.toggle('busy', text.ariaBusy === 'true');
    trouble.hidden = answer.trouble === null;
    trouble.textContent = answer.trouble ?? '';
    words.textContent = figures(answer);
    draw();
    wave.setAttribute('aria-label', waveWords(answer.tokens));
    words.title = waveWords(answer.tokens);
  }

  /** Once a frame is often enough. */
  function soon() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(update);
  }

  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    for (const span of text.children) span.style.setProperty('--steps', ramp(depthShare(+span.dataset.steps)));
    draw();
  });
  update();
  return {article, soon, update};
}
