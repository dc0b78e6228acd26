import { UserFailure } from '../failure.js';
import { ctgan } from './adversarial/ctgan.js';
import { gan } from './adversarial/gan.js';
import { autoregressive } from './autoregressive/autoregressive.js';
import { copula } from './copula/copula.js';
import type { Generator } from './generator.js';
import { mst } from './mst/mst.js';
import { normal } from './normal/normal.js';
import { sessions } from './sessions/sessions.js';
import { tvae } from './variational/tvae.js';
import { vae } from './variational/vae.js';

/** Every generator, in the order in which users are shown them. */
export const GENERATORS: readonly Generator[] = [
  autoregressive,
  tvae,
  ctgan,
  vae,
  gan,
  copula,
  normal,
  mst,
  sessions,
];

/** The generator of that name; throws UserFailure INVALID_CONFIG naming those that exist. */
export function generatorOf(name: string): Generator {
  const generator = GENERATORS.find((candidate) => candidate.name === name);
  if (generator) return generator;
  throw new UserFailure(
    'INVALID_CONFIG',
    `There is no generator "${name}". Choose one of: ${GENERATORS.map((known) => known.name).join(', ')}.`,
    { field: 'generator' },
  );
}
