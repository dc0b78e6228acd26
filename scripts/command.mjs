import { spawn } from 'node:child_process';

/**
 * Runs a program to its end, without a shell and without input.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, show?: boolean }} [options] show: output goes to the terminal
 * @returns {Promise<string>} what it printed, empty with `show`
 * @throws {Error} with its exit code and what it printed
 */
export function command(program, args, { cwd, env = process.env, show = false } = {}) {
  return new Promise((done, failed) => {
    const stream = show ? 'inherit' : 'pipe';
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', stream, stream] });
    let output = '';
    for (const pipe of [child.stdout, child.stderr]) pipe?.on('data', (chunk) => (output += chunk));
    child.once('error', failed);
    child.once('close', (code, signal) => {
      if (code === 0) done(output);
      else
        failed(
          new Error(`"${program} ${args.join(' ')}" ended with ${signal ?? `code ${code}`}.\n${output}`),
        );
    });
  });
}
