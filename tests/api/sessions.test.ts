import { Connection } from '../../client/connection.js';
import { sharedServices } from '../platform/services.js';

test('the gateway answers', async () => {
  const api = new Connection(sharedServices().gatewayUrl);
  expect(await api.request('{ serverInfo { version } }')).toMatchObject({ serverInfo: {} });
});
