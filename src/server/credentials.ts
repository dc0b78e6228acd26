import type { IncomingHttpHeaders } from 'node:http';
import type { Credentials } from '../access/authentication.js';

/** Says which of a user's tenants a request is about. */
export const TENANT_HEADER = 'synthcart-tenant';

export function credentialsOf(headers: IncomingHttpHeaders): Credentials {
  const tenant = headers[TENANT_HEADER];
  return {
    authorization: headers.authorization,
    tenant: typeof tenant === 'string' && tenant !== '' ? tenant : undefined,
  };
}
