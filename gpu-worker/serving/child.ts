import { showSourcesInStacks } from '../source-stacks.js';
import { answer, servedModels } from './answer.js';
import type { FromServing, ToServing } from './serving-messages.js';

/** The process that holds models and ranks: started by `ServingProcess`, gone when its parent is. */
const models = servedModels(Number(process.argv[2]));

showSourcesInStacks();

// A terminal sends its signals to the whole group: when to go is for the parent to say.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.once('disconnect', () => process.exit(0));
process.on('message', ({ id, question, request }: ToServing) => {
  void answer(question, request, models).then((answered) => {
    const message: FromServing = { id, ...answered };
    if (process.connected) process.send?.(message);
  });
});
