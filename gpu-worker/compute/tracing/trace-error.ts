/** A step that can't be compiled: names the operation, and the line of the step where it stands. */
export class TraceError extends Error {
  override readonly name = 'TraceError';

  constructor(program: string, problem: string, cause: Error) {
    const line = lineOf(cause.stack ?? '');
    super(
      `The step "${program}" can't be compiled: ${problem.replace(/\.$/, '')}${line ? `, at ${line}` : ''}.`,
      { cause },
    );
  }
}

/** Frames of tfjs, of Node and of the tracing itself say nothing about the step. */
const MACHINERY =
  /node_modules|node:internal|\/tfjs-[\w-]+\/src\/|\/compute\/(tracing\/|engines\/|gradients\/|optimizers\/|without-randomness)(?!.*\.test\.)/;

/** The innermost frame of a stack that belongs to the step's own code, as `file:line:column`. */
function lineOf(stack: string): string | undefined {
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  const frame = frames.find((line) => !MACHINERY.test(line));
  return frame && /\(?((?:file:\/\/)?[^\s()]+:\d+:\d+)\)?$/.exec(frame)?.[1]?.replace(/^file:\/\//, '');
}
