import { z } from 'zod';
import { variationalOptions } from './variational.js';

/** Options of the `vae` generator; gpu-worker/generators/variational/README.md says how they work. */
export const VaeConfig = z.strictObject(variationalOptions);
export type VaeConfig = z.infer<typeof VaeConfig>;
