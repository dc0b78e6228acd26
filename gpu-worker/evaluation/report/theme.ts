/**
 * Colours of the report. A chart is drawn with a placeholder colour for each token, which is then replaced by its CSS
 * variable, so that one picture follows the reader's light or dark setting. Real and synthetic are the blue and the orange
 * that Okabe and Ito (2008) chose to be told apart by colour-blind readers; scales run between the same hues.
 */
interface Token {
  readonly light: string;
  readonly dark: string;
}

const INK = {
  ink: { light: '#1b2430', dark: '#e8ecf1' },
  muted: { light: '#5a6675', dark: '#9aa7b6' },
  line: { light: '#dde3ea', dark: '#323c49' },
  page: { light: '#f5f7f9', dark: '#12171d' },
  card: { light: '#ffffff', dark: '#1b222b' },
  real: { light: '#0072b2', dark: '#4fb0ea' },
  realFill: { light: '#a9cfe6', dark: '#2a6188' },
  synthetic: { light: '#d55e00', dark: '#ff9a45' },
  good: { light: '#00704d', dark: '#4cc9a0' },
  warn: { light: '#9a5b00', dark: '#f2b84b' },
  bad: { light: '#b0282d', dark: '#ff8583' },
} as const satisfies Record<string, Token>;

/** From −1 (blue) over 0 (the card) to +1 (orange). */
const DIVERGING: readonly Token[] = [
  { light: '#0b4f7d', dark: '#8fd0fa' },
  { light: '#2a7ab0', dark: '#5aaee2' },
  { light: '#6ba8d0', dark: '#3d86b5' },
  { light: '#acd0e6', dark: '#2c5f82' },
  { light: '#dcebf4', dark: '#223f54' },
  { light: '#f4f5f6', dark: '#252d37' },
  { light: '#fbe7d6', dark: '#4c3524' },
  { light: '#f5c7a0', dark: '#7c4c25' },
  { light: '#ea9a5b', dark: '#b0682c' },
  { light: '#d56c1d', dark: '#e08a3f' },
  { light: '#9c4400', dark: '#ffb878' },
];

/** From 0 (the card) to the worst (dark orange). */
const SEQUENTIAL: readonly Token[] = [
  { light: '#f4f5f6', dark: '#252d37' },
  { light: '#fdeedf', dark: '#3a2f28' },
  { light: '#fbdcbd', dark: '#55402c' },
  { light: '#f5c08c', dark: '#7c5328' },
  { light: '#ea9a5b', dark: '#a9682c' },
  { light: '#d56c1d', dark: '#d98338' },
  { light: '#9c4400', dark: '#ffb878' },
];

const TOKENS: ReadonlyMap<string, Token> = new Map([
  ...Object.entries(INK),
  ...DIVERGING.map((token, index) => [`diverging${index}`, token] as const),
  ...SEQUENTIAL.map((token, index) => [`sequential${index}`, token] as const),
]);

const placeholders = new Map([...TOKENS.keys()].map((name, index) => [name, placeholder(index)]));

/** A colour that no chart would use by itself. */
function placeholder(index: number): string {
  return `#fe01${index.toString(16).padStart(2, '0')}`;
}

/** The colour to hand to the chart library. */
export const colour = (name: keyof typeof INK): string => placeholders.get(name)!;
export const divergingColours: readonly string[] = DIVERGING.map((_, index) =>
  placeholders.get(`diverging${index}`)!,
);
export const sequentialColours: readonly string[] = SEQUENTIAL.map((_, index) =>
  placeholders.get(`sequential${index}`)!,
);

/** Puts the CSS variables in the place of the placeholder colours. */
export function themed(svg: string): string {
  let result = svg;
  for (const [name, sentinel] of placeholders) result = result.replaceAll(sentinel, `var(--${name})`);
  return result;
}

const variables = (side: keyof Token): string =>
  [...TOKENS].map(([name, token]) => `--${name}:${token[side]}`).join(';');

export const THEME_CSS = `
:root{color-scheme:light dark;${variables('light')}}
@media screen and (prefers-color-scheme:dark){:root{${variables('dark')}}}`;
