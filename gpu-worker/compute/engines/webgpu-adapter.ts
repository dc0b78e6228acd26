import { existsSync, readdirSync } from 'node:fs';

/** A GPU that Dawn (the `webgpu` package) opened. */
export interface WebGpuAdapter {
  /** Its name, for people. */
  readonly device: string;
  /** What a browser has as `navigator.gpu`. */
  readonly gpu: object;
  /** The GPU… classes that a browser has as globals. */
  readonly globals: Readonly<Record<string, unknown>>;
}

interface AdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  readonly isFallbackAdapter?: boolean;
}

/** Software renderers: correct, and slower than the wasm engine. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|warp|software|basic render/i;

const found = new Map<boolean, Promise<WebGpuAdapter | undefined>>();

/** The GPU to compute on, or undefined where there is none. Looked up once in a process. */
export function findWebGpuAdapter({
  allowSoftware,
}: {
  allowSoftware: boolean;
}): Promise<WebGpuAdapter | undefined> {
  let adapter = found.get(allowSoftware);
  if (!adapter) {
    adapter = lookUp(allowSoftware);
    found.set(allowSoftware, adapter);
  }
  return adapter;
}

async function lookUp(allowSoftware: boolean): Promise<WebGpuAdapter | undefined> {
  // Dawn complains on stderr when it finds no Vulkan; where no device node says GPU, it needn't be asked.
  if (!allowSoftware && !hasGpuDevice()) return undefined;
  try {
    const { create, globals } = await import('webgpu');
    const gpu = create([]) as { requestAdapter(options: object): Promise<{ info?: AdapterInfo } | null> };
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) return undefined;
    const info = adapter.info;
    const device = [info?.vendor, info?.description || info?.device || info?.architecture]
      .filter(Boolean)
      .join(' ');
    const software = (info?.isFallbackAdapter ?? false) || SOFTWARE.test(`${device} ${info?.architecture}`);
    if (software && !allowSoftware) return undefined;
    return { device: device || 'GPU', gpu, globals: globals as unknown as Record<string, unknown> };
  } catch {
    // No build of Dawn for this platform, or a driver that it can't open: there is no such device here.
    return undefined;
  }
}

function hasGpuDevice(): boolean {
  if (process.platform !== 'linux') return true;
  if (existsSync('/dev/nvidia0') || existsSync('/dev/dxg')) return true;
  return existsSync('/dev/dri') && readdirSync('/dev/dri').some((entry) => entry.startsWith('renderD'));
}

/** tfjs-backend-webgpu registers itself while it is imported, if `navigator.gpu` is there by then. */
export function publishAdapter({ gpu, globals }: WebGpuAdapter): void {
  Object.assign(globalThis, globals);
  // Node 20 has no navigator, later versions one without a GPU.
  const navigator = (globalThis as { navigator?: object }).navigator ?? {};
  Object.defineProperty(navigator, 'gpu', { value: gpu, configurable: true });
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
}
