import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { fileURLToPath } from 'node:url';

/** A frame that ends in a place of a compiled file: `train (file:///…/dist/gpu-worker/steps/train.js:30:9)`. */
const PLACE = /(file:\/\/[^()]+\.js):(\d+):(\d+)(\)?)$/;

const maps = new Map<string, SourceMap | undefined>();

/**
 * From now on stacks name files and lines of our TypeScript. Node's own `--enable-source-maps` would read the maps of
 * every package at each start, and call tfjs's files by names under which they aren't there; this reads ours alone, and
 * only when somebody looks at a stack.
 */
export function showSourcesInStacks(): void {
  Error.prepareStackTrace = (error, frames: readonly { toString(): string }[]) => {
    const lines = frames.map((frame) => `    at ${inSource(frame.toString())}`);
    return [Error.prototype.toString.call(error), ...lines].join('\n');
  };
}

function inSource(frame: string): string {
  return frame.replace(PLACE, (place, url: string, line: string, column: string, end: string) => {
    const origin = mapOf(url)?.findOrigin(Number(line), Number(column));
    if (!origin || !('fileName' in origin)) return place;
    const file = fileURLToPath(new URL(origin.fileName, url));
    return `${file}:${origin.lineNumber}:${origin.columnNumber}${end}`;
  });
}

/** What the build wrote beside a compiled file; undefined for a file that isn't ours. */
function mapOf(url: string): SourceMap | undefined {
  if (!maps.has(url)) maps.set(url, url.includes('/node_modules/') ? undefined : readMap(fileURLToPath(url)));
  return maps.get(url);
}

function readMap(path: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${path}.map`, 'utf8')) as SourceMapPayload);
  } catch {
    return undefined;
  }
}
