import type { StoredOf, TensorsOf, ValuesOf } from './tensors.js';

/** In the order in which they are tried; `engine.ts` says which are used only when they are forced. */
export const ENGINE_NAMES = [
  'tensorflow',
  'onnx-cuda',
  'onnx-webgpu',
  'tfjs-webgpu',
  'onnx-cpu',
  'tfjs-wasm',
  'tfjs-cpu',
] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

/** What computes tensors in this process. */
export interface Engine {
  readonly name: EngineName;
  /** What it runs on, for people: `NVIDIA H100 (CUDA)`, `AMD EPYC (2 threads)`. */
  readonly device: string;
  /** Of the package that implements it. */
  readonly version: string;

  /** Tensors that live on the engine's device from one step to the next. */
  hold<State extends object>(state: StoredOf<State>): Variables<State>;

  /**
   * Makes a program of a pure function in plain tfjs. The function is called while compiling (on engines that trace)
   * or at each run (on the others), so it must depend on nothing but its arguments: no randomness, no values read
   * back, no numbers that change from run to run. `name` is for error messages.
   *
   * Throws TraceError naming the operation and the line for what can't be compiled.
   */
  compile<State extends object, Inputs extends object, Outputs extends object>(
    name: string,
    definition: {
      readonly state: Variables<State>;
      readonly inputs: Inputs;
      readonly step: Step<State, Inputs, Outputs>;
    },
  ): Promise<Program<Inputs, Outputs>>;
}

/** `state` in an answer replaces the held state; left out, the state stays as it is. */
export type Step<State extends object, Inputs extends object, Outputs extends object> = (
  state: State,
  inputs: TensorsOf<Inputs>,
) => { readonly state?: State; readonly outputs: Outputs };

/** Held state: the model's parameters, its optimizer's moments. Programs of one engine may share it. */
export interface Variables<State extends object> {
  /** Never there: tells a program's step what it will be given. */
  readonly form?: State;
  /** A copy of the numbers as they are between two runs. */
  read(): Promise<StoredOf<State>>;
  dispose(): void;
}

/** A compiled step. */
export interface Program<Inputs extends object, Outputs extends object> {
  /**
   * One run: replaces the state, and answers the outputs. Inputs must have the lengths and types that were compiled
   * for; throws RangeError otherwise. Runs of programs that share state must not overlap.
   */
  run(inputs: ValuesOf<Inputs>): Promise<ValuesOf<Outputs>>;
  /**
   * Runs one after the other, with the same results as so many calls of `run`. Where state can't stay in the runtime
   * between calls, many at a time are faster; nothing else happens in the process until all are done.
   */
  runAll(inputs: readonly ValuesOf<Inputs>[]): Promise<ValuesOf<Outputs>[]>;
  dispose(): void;
}
