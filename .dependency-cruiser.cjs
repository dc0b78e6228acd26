// Which folder may know which. The reasons are in docs/architecture.md, "Folders".
module.exports = {
  forbidden: [
    {
      name: 'gateway-and-worker-are-apart',
      comment: 'They run on different machines; what they share is schema/.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^gpu-worker/' },
    },
    {
      name: 'worker-and-gateway-are-apart',
      severity: 'error',
      from: { path: '^gpu-worker/' },
      to: { path: '^(src|prisma)/' },
    },
    {
      name: 'schema-knows-nobody',
      severity: 'error',
      from: { path: '^schema/' },
      to: { path: '^(src|gpu-worker|client|prisma)/' },
    },
    {
      name: 'client-knows-the-contract-only',
      comment: 'The CLI is a client like any other.',
      severity: 'error',
      from: { path: '^client/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(src|gpu-worker|prisma)/' },
    },
    {
      name: 'prisma-nats-and-storage-stay-in-platform',
      comment: 'Types of the generated client may go anywhere; connections are made in platform/ alone.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/platform/|\\.test\\.ts$' },
      to: { path: 'node_modules/(@prisma/adapter-pg|pg|nats)/' },
    },
    {
      name: 'nats-in-one-file-of-the-worker',
      severity: 'error',
      from: { path: '^gpu-worker/', pathNot: '^gpu-worker/(testing/|bus\\.ts$)|\\.test\\.ts$' },
      to: { path: 'node_modules/nats/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'src/platform/prisma-client' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
