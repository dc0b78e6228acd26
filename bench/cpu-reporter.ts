// Loaded into a process before its own code: tells how much processor time it has used, when it is asked over IPC.
process.on('message', (message: { type?: string }) => {
  if (message.type !== 'cpu') return;
  const { user, system } = process.cpuUsage();
  process.send?.({ type: 'cpu', seconds: (user + system) / 1e6 });
});
// A listener alone must not keep the process alive.
process.channel?.unref();

export {};
