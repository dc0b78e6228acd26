import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { writeModel, type OnnxModel } from '../onnx/write.js';
import { sizeOf, type Spec, type Values } from '../tensors.js';
import { Graph } from '../tracing/graph.js';
import { createSession, type Hardware } from './onnx-session.js';

/** A session whose outputs are its inputs, elsewhere. */
interface Copier {
  readonly model: OnnxModel;
  readonly inputs: readonly string[];
  readonly session: InferenceSession;
}

/**
 * Numbers of tensors that may lie on a device. onnxruntime-node 1.30 ends the process when a tensor on a GPU is asked for
 * its data, so that a graph copies them, with outputs in the process's memory.
 */
export class DeviceReader {
  /** By the shapes that they copy: steps of one program answer the same again and again. */
  readonly #copiers = new Map<string, Copier>();

  constructor(private readonly hardware: Hardware) {}

  /** In the order of the tensors. */
  async read(tensors: readonly OrtTensor[]): Promise<Values[]> {
    const away = tensors.filter(({ location }) => location !== 'cpu');
    const copied = new Map<OrtTensor, OrtTensor>();
    if (away.length > 0) {
      const copies = await copy(await this.#copierOf(away.map(specOf)), away);
      away.forEach((tensor, index) => copied.set(tensor, copies[index]!));
    }
    return tensors.map((tensor) => (copied.get(tensor) ?? tensor).data as Values);
  }

  async #copierOf(specs: readonly Spec[]): Promise<Copier> {
    const key = JSON.stringify(specs);
    let copier = this.#copiers.get(key);
    if (!copier) {
      copier = await startCopier(this.hardware, specs, 'process');
      this.#copiers.set(key, copier);
    }
    return copier;
  }

  dispose(): void {
    for (const { session } of this.#copiers.values()) void session.release();
    this.#copiers.clear();
  }
}

/**
 * Tensors brought to the device once, in place of at each run that reads them. The session that made them must be
 * released after they were disposed of: `release`.
 */
export async function bringToDevice(
  hardware: Hardware,
  tensors: readonly OrtTensor[],
): Promise<{ readonly tensors: readonly OrtTensor[]; readonly release: () => void }> {
  const copier = await startCopier(hardware, tensors.map(specOf), 'device');
  return { tensors: await copy(copier, tensors), release: () => void copier.session.release() };
}

/** Devices have no tensors without elements. */
export const canLieOnDevice = ({ dims, location }: OrtTensor): boolean =>
  location === 'cpu' && sizeOf(dims) > 0;

async function startCopier(
  hardware: Hardware,
  specs: readonly Spec[],
  to: 'device' | 'process',
): Promise<Copier> {
  const graph = new Graph();
  const values = specs.map(({ shape, dtype }, index) => graph.input(`tensor ${index}`, shape, dtype));
  const model = writeModel('copying', values);
  const session = await createSession(hardware, model.file, to === 'device' ? model.outputs : []);
  return { model, inputs: values.map((value) => model.inputs.get(value)!), session };
}

async function copy({ model, inputs, session }: Copier, tensors: readonly OrtTensor[]): Promise<OrtTensor[]> {
  const results = await session.run(Object.fromEntries(inputs.map((name, index) => [name, tensors[index]!])));
  return model.outputs.map((output) => results[output]!);
}

const specOf = ({ dims, type }: OrtTensor): Spec => ({ shape: [...dims], dtype: type as Spec['dtype'] });
