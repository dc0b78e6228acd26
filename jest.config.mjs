// Two projects: `unit` needs nothing but Node; `platform` starts PostgreSQL, nats-server, a gateway and workers once
// per run (tests/platform/global-setup.ts, compiled by `npm run build`) and every file shares them.
import { existsSync } from 'node:fs';

// Debian's Chromium brings a software renderer for Vulkan, on which the WebGPU engines can be checked without a GPU.
const softwareVulkan = '/usr/lib/chromium/vk_swiftshader_icd.json';
const hasGpu = existsSync('/dev/dri') || existsSync('/dev/nvidia0');
if (!hasGpu && existsSync(softwareVulkan)) process.env.VK_ICD_FILENAMES ??= softwareVulkan;

const base = {
  testEnvironment: '<rootDir>/scripts/jest-environment.mjs',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '@swc/jest' },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
};

export default {
  // A limit for what hangs, not a measure of speed: machines are slow at times.
  testTimeout: 120_000,
  // By itself jest leaves a core free, which on two is half of them.
  maxWorkers: '100%',
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: ['<rootDir>/{src,gpu-worker,schema,client,prisma,scripts}/**/*.test.ts'],
    },
    {
      ...base,
      displayName: 'platform',
      testMatch: ['<rootDir>/tests/**/*.test.ts'],
      globalSetup: '<rootDir>/dist/tests/platform/global-setup.js',
      globalTeardown: '<rootDir>/dist/tests/platform/global-teardown.js',
    },
  ],
};
