// The wave of an answer's lanes over its core passes. A block a token: as wide as the passes since the token before, as
// high as the lanes that were thinking when it was said, in the colour of its steps. What hangs below was squashed. The
// first block is grey: until then the prompt was thought about, all of it at once.

import {ramp} from './format.js';
import {depthShare} from './settings.js';

const SVG = 'http://www.w3.org/2000/svg';
const LANE = 5, MOST = 12; // pixels a lane, and lanes that have room

function block(x, y, width, height, kind) {
  const rect = document.createElementNS(SVG, 'rect');
  Object.entries({x, y, width, height}).forEach(([key, value]) => rect.setAttribute(key, value));
  rect.setAttribute('class', kind);
  return rect;
}

/** Lanes at once, but for those of the prompt. */
const mostLanes = known => Math.max(1, ...known.slice(1).map(token => token.progress.lanes));

/** Core passes that tokens took. */
export const passesOf = tokens => tokens.at(-1)?.progress?.core_passes ?? 0;

/** Draws it into a picture as wide as so many passes; tokens know what the answer had taken with them. */
export function drawWave(picture, tokens, passes) {
  const known = tokens.filter(token => token.progress);
  picture.replaceChildren();
  if (passesOf(tokens) === 0) return;
  const lanes = Math.min(MOST, mostLanes(known));
  let before = {core_passes: 0, squashed: 0}, lost = 0;
  for (const token of known) {
    const {core_passes: at, lanes: now, squashed} = token.progress;
    const from = before.core_passes, width = Math.max(at - from, passes / 400);
    const gap = Math.min(width / 4, passes / 500);
    for (let lane = 0; lane < Math.min(lanes, now); lane++) {
      const part = block(from, (lanes - lane - 1) * LANE, width - gap, LANE - 1, 'lane');
      if (from > 0) part.style.fill = ramp(depthShare(token.steps));
      part.style.opacity = 1 - 0.6 * lane / lanes;
      picture.append(part);
    }
    const fell = Math.min(MOST, squashed - before.squashed);
    lost = Math.max(lost, fell);
    for (let lane = 0; lane < fell; lane++) {
      picture.append(block(from, (lanes + lane) * LANE + 3, width - gap, LANE - 1, 'squashed'));
    }
    before = token.progress;
  }
  const height = lanes * LANE + (lost ? lost * LANE + 3 : 0);
  picture.setAttribute('viewBox', `0 0 ${passes} ${height}`);
  picture.style.height = height + 'px';
}

/** What it shows, in words. */
export function waveWords(tokens) {
  const known = tokens.filter(token => token.progress), last = known.at(-1)?.progress;
  if (!last) return '';
  const most = mostLanes(known);
  const guesses = last.drafted ? `, ${last.drafted} opened on a guess, ${last.squashed} squashed` : '';
  return `${last.core_passes} core passes, at most ${most} ${most === 1 ? 'lane' : 'lanes'} at once${guesses}`;
}

export const picture = () => {
  const made = document.createElementNS(SVG, 'svg');
  made.setAttribute('class', 'wave');
  made.setAttribute('preserveAspectRatio', 'none');
  made.setAttribute('role', 'img');
  return made;
};
