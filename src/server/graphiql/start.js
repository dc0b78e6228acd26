/* global URL, GraphiQL, React, ReactDOM, graphqlWs, document, fetch, location */
// The page at /graphiql: example operations as tabs, subscriptions with the credentials of the headers tab.

const http = new URL('/graphql', location.href).href;
const socket = http.replace(/^http/, 'ws');

/** One connection a subscription, so that each has the headers that its tab has now. */
const fetcher = (operation, options) =>
  GraphiQL.createFetcher({
    url: http,
    wsClient: graphqlWs.createClient({ url: socket, connectionParams: options?.headers ?? {} }),
  })(operation, options);

const examples = await (await fetch('/graphiql/examples.json')).json();
const headers = JSON.stringify({ authorization: 'Bearer …' }, null, 2);

ReactDOM.createRoot(document.getElementById('graphiql')).render(
  React.createElement(GraphiQL, {
    fetcher,
    defaultEditorToolsVisibility: 'headers',
    isHeadersEditorEnabled: true,
    shouldPersistHeaders: false,
    defaultTabs: examples.map(({ query, variables, signedIn }) => ({
      query,
      variables: variables && JSON.stringify(variables, null, 2),
      headers: signedIn ? headers : undefined,
    })),
  }),
);
