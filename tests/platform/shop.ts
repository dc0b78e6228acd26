import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '../../client/connection.js';
import { uploadDataset } from '../../client/files.js';
import * as operations from '../../client/operations.js';
import { finish } from '../../client/synthesize.js';

/** A tenant with its owner and a project: what most tests begin with. */
export interface Shop {
  url: string;
  email: string;
  password: string;
  userId: string;
  tenantId: string;
  projectId: string;
  /** As the owner. */
  owner: Connection;
}

export async function makeShop(url: string, name = 'Shop'): Promise<Shop> {
  const { email, password, userId, token } = await makeUser(url);
  const user = new Connection(url, { token });
  const { tenant } = await user.mutate<operations.CreateTenant>(operations.CREATE_TENANT, {
    input: { name },
  });
  const owner = user.as({ token, tenantId: tenant.id });
  const { project } = await owner.mutate<operations.CreateProject>(operations.CREATE_PROJECT, {
    input: { name: `${name}'s project` },
  });
  return { url, email, password, userId, tenantId: tenant.id, projectId: project.id, owner };
}

export async function makeUser(
  url: string,
): Promise<{ email: string; password: string; userId: string; token: string }> {
  const email = `user-${randomBytes(6).toString('hex')}@example.com`;
  const password = randomBytes(12).toString('base64url');
  const { tokens, user } = await new Connection(url).mutate<operations.SignUp & { user: { id: string } }>(
    `mutation ($input: SignUpInput!) { signUp(input: $input) {
      user { id } tokens { accessToken refreshToken } userErrors { message code path }
    } }`,
    { input: { email, password, name: 'Somebody' } },
  );
  return { email, password, userId: user.id, token: tokens.accessToken };
}

/** A small table with every common kind of column, the same each time. */
export function smallTable(rows = 200): string {
  const lines = ['visits,spend,channel,weekend'];
  for (let row = 0; row < rows; row++) {
    const visits = (row * 7) % 23;
    lines.push(
      `${visits},${(visits * 1.5 + (row % 5)).toFixed(2)},${['mail', 'search', 'social'][row % 3]},${row % 2 ? 'TRUE' : 'FALSE'}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

/** Uploads text as a file and waits until it is ingested. */
export async function ingestText(
  shop: Shop,
  text: string | Buffer,
  fileName = 'table.csv',
): Promise<{ datasetVersionId: string; runId: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'synthcart-upload-'));
  try {
    const path = join(folder, fileName);
    await writeFile(path, text);
    const uploaded = await uploadDataset(shop.owner, { projectId: shop.projectId, path, name: fileName });
    await finish(shop.owner, uploaded.runId, {});
    return uploaded;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Starts a run and answers its id. */
export async function startRun(shop: Shop, input: object): Promise<string> {
  const { run } = await shop.owner.mutate<operations.StartRun>(operations.START_RUN, {
    input: { projectId: shop.projectId, ...input },
  });
  return run.id;
}

/** A log of 40 users who each walk through six of the items p0…p11, one after the other. */
export function walksLog(): string {
  const events = Array.from({ length: 240 }, (_, row) => {
    const [user, event] = [Math.floor(row / 6), row % 6];
    return `u${user},2026-01-0${1 + event} 08:00:00,p${(user + event) % 12}`;
  });
  return ['user_id,event_time,product_id', ...events].join('\n');
}

/** Trains item-knn on `walksLog`, and answers what its run made. */
export async function trainRecommender(
  shop: Shop,
): Promise<{ runId: string; artifacts: operations.Artifact[]; recommenderId: string }> {
  const { datasetVersionId } = await ingestText(shop, walksLog(), 'walks.csv');
  const runId = await startRun(shop, {
    recommend: { real: { datasetVersionId }, recommender: 'item-knn', cutoffs: [3] },
  });
  const { run } = await finish(shop.owner, runId, {});
  const artifacts = run.artifacts.nodes;
  const recommender = artifacts.find(({ kind }) => kind === 'RECOMMENDER');
  if (!recommender) throw new Error(`The run ${runId} has made no recommender.`);
  return { runId, artifacts, recommenderId: recommender.id };
}
