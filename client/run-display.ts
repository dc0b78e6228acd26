import type { RunEvents, RunMetrics } from './operations.js';

/** What a person sees of a run while it goes on: one line, redrawn in a terminal, or a line a change elsewhere. */
export class RunDisplay {
  #step = '';
  #fraction = 0;
  #eta: number | undefined;
  #loss: number | undefined;
  #lastLine = '';
  #lastShare = -1;

  constructor(
    private readonly out: NodeJS.WriteStream,
    private readonly label: string,
  ) {}

  event(event: RunEvents['runEvents']): void {
    switch (event.type) {
      case 'STATE_CHANGED':
        this.#print(stateLine(this.label, event));
        break;
      case 'STEP_STARTED':
        this.#step = event.step ?? '';
        this.#fraction = 0;
        this.#eta = undefined;
        this.#lastShare = -1;
        this.#redraw();
        break;
      case 'PROGRESS':
        this.#step = event.step ?? this.#step;
        this.#fraction = event.progress ?? this.#fraction;
        this.#eta = event.etaSeconds ?? undefined;
        this.#redraw();
        break;
      case 'STEP_FINISHED':
        this.#fraction = 1;
        this.#eta = undefined;
        this.#redraw();
        this.#end();
        break;
      default:
        break;
    }
  }

  points(points: RunMetrics['runMetrics']['points']): void {
    const loss = points.findLast((point) => point.name === 'train/loss');
    if (!loss) return;
    this.#loss = loss.value;
    if (this.#step === 'train') this.#redraw();
  }

  close(): void {
    this.#end();
  }

  #redraw(): void {
    const line = progressLine(
      this.#step,
      this.#fraction,
      this.#step === 'train' ? this.#loss : undefined,
      this.#eta,
    );
    if (this.out.isTTY) {
      this.out.write(`\r\u001b[K${line}`);
      this.#lastLine = line;
      return;
    }
    // A log file: a line a tenth is enough.
    const share = Math.floor(this.#fraction * 10);
    if (share !== this.#lastShare) this.out.write(`${line}\n`);
    this.#lastShare = share;
  }

  #print(line: string | undefined): void {
    if (!line) return;
    this.#end();
    this.out.write(`${line}\n`);
  }

  #end(): void {
    if (this.#lastLine) this.out.write('\n');
    this.#lastLine = '';
  }
}

const BAR_WIDTH = 28;

export function progressLine(
  step: string,
  fraction: number,
  loss: number | undefined,
  etaSeconds: number | undefined,
): string {
  const filled = Math.round(fraction * BAR_WIDTH);
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
  return [
    `  ${step.padEnd(9)} ${bar} ${String(Math.round(fraction * 100)).padStart(3)} %`,
    ...(loss === undefined ? [] : [`loss ${loss.toFixed(3)}`]),
    ...(etaSeconds === undefined ? [] : [`${Math.ceil(etaSeconds)} s left`]),
  ].join('   ');
}

function stateLine(label: string, event: RunEvents['runEvents']): string | undefined {
  switch (event.state) {
    case 'QUEUED':
      return `${label}: queued${event.run.queue ? ` (${event.run.queue.reason})` : ''}`;
    case 'RUNNING':
      return `${label}: running${event.run.engine ? ` on ${event.run.engine}` : ''}${event.run.device ? `, ${event.run.device}` : ''}`;
    case 'PAUSED':
    case 'CANCELLED':
    case 'SUCCEEDED':
    case 'FAILED':
      return `${label}: ${event.state.toLowerCase()}${event.message ? `: ${event.message}` : ''}`;
    default:
      return undefined;
  }
}
