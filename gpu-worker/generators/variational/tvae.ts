import { TvaeConfig } from '../../../schema/messages/generator-options/tvae.js';
import { variational } from './variational.js';

/** See README.md beside this file. */
export const tvae = variational<TvaeConfig>('tvae', TvaeConfig);
