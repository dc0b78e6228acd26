import type { Shop } from './shop.js';

/** One mutation as the shop's owner. */
export function change<Payload>(
  shop: Pick<Shop, 'owner'>,
  name: string,
  selection: string,
  input: object,
): Promise<Payload> {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
  return shop.owner.mutate<Payload>(
    `mutation ($input: ${type}!) { ${name}(input: $input) { ${selection} userErrors { message code path } } }`,
    { input },
  );
}
