import { VaeConfig } from '../../../schema/messages/generator-options/vae.js';
import { variational } from './variational.js';

/** See README.md beside this file. */
export const vae = variational<VaeConfig>('vae', VaeConfig);
