import { ensureRoles, migrate } from '../prisma/migrate.js';
import { rolePassword } from './platform/secrets.js';

/** The process of `synthcart migrate`: the roles that row level security binds, then what is not applied yet. */
async function main(): Promise<void> {
  const url = process.env['DATABASE_URL'];
  const secret = process.env['SYNTHCART_SECRET'];
  if (!url || !secret) {
    throw new Error(
      'Set DATABASE_URL to the owner of the schema, and SYNTHCART_SECRET to the secret of the gateways: the passwords of ' +
        'their roles derive from it.',
    );
  }
  await ensureRoles({
    ownerUrl: url,
    appPassword: rolePassword('synthcart_app', secret),
    dispatchPassword: rolePassword('synthcart_dispatch', secret),
  });
  const { applied } = await migrate({ url });
  process.stdout.write(
    applied.length === 0 ? 'The database is up to date.\n' : `Applied ${applied.join(', ')}.\n`,
  );
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
