// Numbers and colours as people read them: those of the reports.

const PLASMA = ['#0d0887', '#41049d', '#6a00a8', '#8f0da4', '#b12a90', '#cc4778', '#e16462', '#f2844b', '#fca636',
  '#fcce25', '#f0f921'];

export const css = name => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();

/** A colour for a share from 0 to 1, dark enough or light enough for the paper. */
export function ramp(share) {
  const from = +css('ramp-from'), to = +css('ramp-to');
  const place = (from + (to - from) * Math.min(1, Math.max(0, share))) * (PLASMA.length - 1);
  const i = Math.min(PLASMA.length - 2, Math.floor(place));
  const part = shift => {
    const [a, b] = [PLASMA[i], PLASMA[i + 1]].map(hex => parseInt(hex.slice(1), 16) >> shift & 255);
    return Math.round(a + (b - a) * (place - i));
  };
  return `rgb(${part(16)}, ${part(8)}, ${part(0)})`;
}

/** Three digits, whatever the size. */
export function shown(value) {
  if (value == null || !Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 1e-3) {
    const exponent = Math.floor(Math.log10(size) + 1e-9);
    const raised = String(exponent).replace(/./g, c => c === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'[c]);
    const mantissa = +(value / 10 ** exponent).toPrecision(2);
    return (mantissa === 1 ? '' : mantissa + '·') + '10' + raised;
  }
  return String(size < 999.5 ? +value.toPrecision(3) : Math.round(value));
}

export const count = (n, what) => `${n} ${what}${n === 1 ? '' : 's'}`;

/** White space and whatever else has no look of its own, or changes that of its neighbours, as something that can be seen. */
export const visible = text => text.replace(/ /g, '␣').replace(/\n/g, '⏎').replace(/\t/g, '⇥')
  .replace(/[\p{Cc}\p{Cf}\p{Cn}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu, hidden => `⟨${hidden.codePointAt(0).toString(16).toUpperCase()}⟩`);

/** Whether a text tells its token from others: not where it is empty, or a part of a character. */
export const tells = text => text !== '' && !text.includes('\ufffd');

/** Whether a text has controls of its direction that may reach beyond it. */
export const turns = text => /[\u202a-\u202e\u2066-\u2069]/.test(text);

const LONG = 40;

/** The beginning of a text that is long. */
export const short = text => {
  const characters = [...text];
  return characters.length > LONG ? characters.slice(0, LONG).join('') + '…' : text;
};

/** An element with its properties and children. */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}
