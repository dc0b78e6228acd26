/* global URL, sessionStorage, GraphiQL, React, ReactDOM, graphqlWs, document, fetch, location */
// The page at /graphiql: example operations as tabs, subscriptions with the credentials of the headers tab.

const http = new URL('/graphql', location.href).href;
const socket = http.replace(/^http/, 'ws');

const REMEMBERED = 'synthcart:headers';
const PLACEHOLDER = 'Bearer …';

/**
 * The headers to send for those of a tab. Credentials need to be pasted into one tab only: those that were sent last are
 * used wherever none are written, until the browser's tab is closed.
 */
function credentialsFor(written = {}) {
  const given = Object.fromEntries(Object.entries(written).filter(([, value]) => value !== PLACEHOLDER));
  if (Object.keys(given).some((name) => name.toLowerCase() === 'authorization')) {
    sessionStorage.setItem(REMEMBERED, JSON.stringify(given));
    return given;
  }
  return { ...JSON.parse(sessionStorage.getItem(REMEMBERED) ?? '{}'), ...given };
}

/** One connection a subscription, so that each has the credentials that its tab has now. */
const fetcher = (operation, options) => {
  const headers = credentialsFor(options?.headers);
  const wsClient = graphqlWs.createClient({ url: socket, connectionParams: headers });
  return GraphiQL.createFetcher({ url: http, wsClient })(operation, { ...options, headers });
};

const examples = await (await fetch('/graphiql/examples.json')).json();
const headers = JSON.stringify({ authorization: PLACEHOLDER }, null, 2);

ReactDOM.createRoot(document.getElementById('graphiql')).render(
  React.createElement(GraphiQL, {
    fetcher,
    defaultEditorToolsVisibility: 'headers',
    isHeadersEditorEnabled: true,
    shouldPersistHeaders: false,
    defaultHeaders: headers,
    defaultTabs: examples.map(({ query, variables, signedIn }) => ({
      query,
      variables: variables && JSON.stringify(variables, null, 2),
      headers: signedIn ? headers : undefined,
    })),
  }),
);
