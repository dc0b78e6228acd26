import { z } from 'zod';
import type { Prisma } from '../platform/prisma-client/client.js';

/** Versions with their shares of the traffic, as a deployment keeps them. */
const Shares = z.array(
  z.object({ modelVersionId: z.string(), number: z.int(), share: z.number().gt(0).max(1) }),
);
export type Shares = z.infer<typeof Shares>;

export const readShares = (stored: Prisma.JsonValue): Shares => Shares.parse(stored);
