import { z } from 'zod';

/** What evidence for an item counts in; how it is comparable between histories is the recommender's to say. */
export const EvidenceUnit = z.enum(['LOG_PROBABILITY', 'LOGIT', 'SIMILARITY', 'COUNT']);
export type EvidenceUnit = z.infer<typeof EvidenceUnit>;
