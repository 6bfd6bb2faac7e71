/** A terminal's text as a picture: SVG whose text can be selected, read aloud and searched. Pure. */

/** The colours of the program's output by their codes (ECMA-48, SGR), for light and dark: WCAG's contrast of 4.5 to the background. */
export const palette = {
  light: { background: '#ffffff', frame: '#d0d7de', text: '#1f2328', prompt: '#57606a', 31: '#b3151b', 32: '#116329', 33: '#7d4e00' },
  dark: { background: '#0d1117', frame: '#30363d', text: '#e6edf3', prompt: '#9198a1', 31: '#ff8182', 32: '#56d364', 33: '#e3b341' },
};

const fontSize = 13;
/** The advance of a character in common monospaced fonts is 0.6 em; a little more keeps all of them inside. */
const advance = 0.61 * fontSize;
const lineHeight = 18;
const padding = 14;

/**
 * @param {string} text what a terminal got: lines, and colours by SGR 31 to 33 and 39; lines that begin with `$ ` are typed
 * @param {{title: string, desc: string}} words what the picture is called, and what it shows, for those who do not see it
 * @returns {string} an SVG document; its colours follow the reader's choice of light or dark
 * @throws {Error} if there is another control character or sequence in the text
 */
export function ansiSvg(text, { title, desc }) {
  const lines = text.trimEnd().split('\n');
  const columns = Math.max(...lines.map((line) => withoutColor(line).length));
  const width = Math.ceil(columns * advance + 2 * padding);
  const height = lines.length * lineHeight + 2 * padding;
  const rows = lines.flatMap((line, index) => {
    const y = padding + (index + 1) * lineHeight - 5;
    return line === '' ? [] : [`<text x="${padding}" y="${y}">${spans(line)}</text>`];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="t d">`,
    `<title id="t">${escaped(title)}</title>`,
    `<desc id="d">${escaped(desc)}</desc>`,
    `<style>${style()}</style>`,
    `<rect x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="6"/>`,
    ...rows,
    '</svg>',
    '',
  ].join('\n');
}

/** @param {string} text @returns {string} the same without colours */
export function withoutColor(text) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are such sequences
  return text.replace(/\u001b\[\d+m/g, '');
}

/** @param {string} line @returns {string} */
function spans(line) {
  if (line.startsWith('$ ')) return `<tspan class="p">$</tspan>${escaped(line.slice(1))}`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are such sequences
  const parts = line.split(/\u001b\[(\d+)m/);
  return parts
    .map((part, index) => {
      if (index % 2 === 1 || part === '') return '';
      const code = Number(parts[index - 1] ?? 39);
      return code in palette.light ? `<tspan class="c${code}">${escaped(part)}</tspan>` : escaped(part);
    })
    .join('');
}

/** @param {string} text @returns {string} */
function escaped(text) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 has no place for them
  if (/[\u0000-\u001f\u007f-\u009f]/.test(text)) throw new Error(`no picture of ${JSON.stringify(text)}`);
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}

/** @returns {string} */
function style() {
  const rules = ({ background, frame, text, prompt, ...codes }) =>
    [
      `rect{fill:${background};stroke:${frame}}text{fill:${text}}.p{fill:${prompt}}`,
      ...Object.entries(codes).map(([code, color]) => `.c${code}{fill:${color}}`),
    ].join('');
  const font = "text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace;white-space:pre}";
  return `${font}${rules(palette.light)}@media(prefers-color-scheme:dark){${rules(palette.dark)}}`;
}
