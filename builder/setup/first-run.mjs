import { spawn } from 'node:child_process';

/** Milliseconds after which events should be flowing, and between two commands. */
const startMs = 500;
const intervalMs = 400;
const commands = [['uname', '-r'], ['id', '-u'], ['date', '+%T'], ['ls', '/'], ['true']];

const tips = `
New processes of this machine appear below; Ctrl-C ends it. On an idle machine there are few, so a few harmless commands
are started now: ${commands.map((words) => words.join(' ')).join(', ')}.
Try next:
  npm start -- run trace_open --timeout 5 -o json    files that processes open
  npm start -- run top_process                       who uses the processors
  npm start -- run snapshot_socket                   every socket, once
  npm start -- run trace_exec --help                 what can be set
  npm start -- image list                            the gadgets at hand
`;

/** Says what the first run shows, and makes sure there is something to see. Returns what stops it. */
export function showHarmlessCommands() {
  process.stderr.write(`${tips.trim()}\n\n`);
  const timers = commands.map((words, index) =>
    setTimeout(
      () => {
        spawn(words[0], words.slice(1), { stdio: 'ignore' }).on('error', () => {}); // a command that is missing here shows nothing
      },
      startMs + index * intervalMs,
    ),
  );
  return () => {
    for (const timer of timers) clearTimeout(timer);
  };
}
