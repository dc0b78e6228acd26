// The least that a process of its own takes: it starts, says so, and ends when it is told.
process.once('disconnect', () => process.exit(0));
process.send?.({ type: 'ready' });

export {};
