import { autoregressive } from './autoregressive.js';
import { gan } from './gan.js';
import { mlp } from './mlp.js';
import type { BenchModel } from './model.js';
import { transformer } from './transformer.js';
import { vae } from './vae.js';
import { wassersteinGan } from './wasserstein-gan.js';

export const MODELS: readonly BenchModel[] = [
  mlp(64),
  mlp(500),
  mlp(4096),
  gan,
  wassersteinGan,
  vae,
  transformer,
  autoregressive,
];

export function modelOf(name: string): BenchModel {
  const model = MODELS.find((known) => known.name === name);
  if (!model) {
    throw new Error(
      `There is no model "${name}"; there are: ${MODELS.map((known) => known.name).join(', ')}.`,
    );
  }
  return model;
}
