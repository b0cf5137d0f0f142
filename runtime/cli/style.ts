import type { TextStream } from './context.ts';

/** Ways to set text off on a terminal; each returns the text as it is where there are no colours. */
export interface Style {
  bold(text: string): string;
  red(text: string): string;
}

export interface StyleOptions {
  /** `--no-color`. */
  readonly color: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The style for a stream: plain when it is no terminal, or a dumb one, or when the user wants no colours (no-color.org). */
export function styleFor(stream: TextStream, { color, env }: StyleOptions): Style {
  const plain = !color || stream.isTTY !== true || Boolean(env['NO_COLOR']) || env['TERM'] === 'dumb';
  // ECMA-48, 8.3.117: select graphic rendition.
  const render = (code: number) => (text: string) => (plain ? text : `\x1b[${code}m${text}\x1b[0m`);
  return { bold: render(1), red: render(31) };
}
