import type { CopyOptions, TransferState } from '../oci/copy.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { shortDigest } from '../oci/digest.ts';
import { isIndexType, isManifestType, mediaTypes } from '../oci/media-types.ts';
import { byteSizeText } from '../operators/format/byte-size.ts';
import type { CliContext, TextStream } from './context.ts';

/** Milliseconds between two drawings of the bars. */
const drawEveryMs = 100;
const barWidth = 24;
const fallbackColumns = 80;

const labels: Readonly<Record<string, string>> = {
  [mediaTypes.gadgetConfig]: 'metadata',
  [mediaTypes.ebpfProgram]: 'program',
  [mediaTypes.wasmProgram]: 'wasm',
  [mediaTypes.btfgen]: 'kernel types',
  [mediaTypes.emptyConfig]: 'config',
  'application/vnd.dev.cosign.simplesigning.v1+json': 'signature',
  'application/vnd.dev.sigstore.bundle.v0.3+json': 'signature',
};

const endings: Readonly<Record<Exclude<TransferState, 'started'>, string>> = {
  exists: 'already there',
  mounted: 'taken over from the other repository',
  done: 'done',
};

/** Options of a copy that show it on stderr: a bar for each piece on its way on a terminal, a line for each that has arrived anywhere. */
export interface TransferProgress extends Required<Pick<CopyOptions, 'onState' | 'onBytes'>> {
  /** Takes the bars away. */
  close(): void;
}

export function showTransfers(context: CliContext): TransferProgress {
  if (context.quiet) return { onState: () => {}, onBytes: () => {}, close: () => {} };
  return new TransferLines(context.stderr);
}

class TransferLines implements TransferProgress {
  readonly #stream: TextStream;
  readonly #isTerminal: boolean;
  readonly #underWay = new Map<Descriptor, number>();
  readonly #timer: NodeJS.Timeout | undefined;
  #drawn = 0;

  constructor(stream: TextStream) {
    this.#stream = stream;
    this.#isTerminal = stream.isTTY === true;
    if (this.#isTerminal) this.#timer = setInterval(() => this.#draw(), drawEveryMs).unref();
  }

  readonly onState = (descriptor: Descriptor, state: TransferState): void => {
    if (state === 'started') {
      this.#underWay.set(descriptor, 0);
      return;
    }
    this.#underWay.delete(descriptor);
    this.#clear();
    this.#stream.write(`${lineStart(descriptor)}  ${byteSizeText(descriptor.size).padStart(7)}  ${endings[state]}\n`);
    this.#draw();
  };

  readonly onBytes = (descriptor: Descriptor, bytes: number): void => {
    this.#underWay.set(descriptor, Math.max(0, (this.#underWay.get(descriptor) ?? 0) + bytes));
  };

  close(): void {
    clearInterval(this.#timer);
    this.#clear();
  }

  #clear(): void {
    // To the first column as well: a terminal shows ^C where the cursor is.
    if (this.#drawn > 0) this.#stream.write(`\r\x1b[${this.#drawn}A\x1b[J`);
    this.#drawn = 0;
  }

  /** One line for each piece that is on its way. A manifest is under way as long as its parts are: no bar for it. */
  #draw(): void {
    if (!this.#isTerminal) return;
    this.#clear();
    const columns = this.#stream.columns ?? fallbackColumns;
    const lines = [...this.#underWay]
      .filter(([{ size, mediaType }]) => size > 0 && !isManifest(mediaType))
      .map(([descriptor, bytes]) => barLine(descriptor, bytes, columns));
    if (lines.length > 0) this.#stream.write(lines.map((line) => `${line}\n`).join(''));
    this.#drawn = lines.length;
  }
}

function lineStart(descriptor: Descriptor): string {
  return `${shortDigest(descriptor.digest)}  ${labelOf(descriptor).padEnd(14)}`;
}

function isManifest(mediaType: string): boolean {
  return isIndexType(mediaType) || isManifestType(mediaType);
}

function labelOf({ mediaType, platform }: Descriptor): string {
  if (isIndexType(mediaType)) return 'index';
  if (isManifestType(mediaType))
    return platform === undefined ? 'manifest' : `manifest ${platform.architecture.replace(/\W/g, '?').slice(0, 5)}`;
  return labels[mediaType] ?? 'layer';
}

/** Never wider than the terminal, where a line that wraps could not be taken away. */
function barLine(descriptor: Descriptor, bytes: number, columns: number): string {
  const done = Math.min(bytes, descriptor.size);
  const filled = Math.floor((done / descriptor.size) * barWidth);
  const bar = `[${'='.repeat(filled)}${' '.repeat(barWidth - filled)}]`;
  return `${lineStart(descriptor)}  ${bar} ${byteSizeText(done)} of ${byteSizeText(descriptor.size)}`.slice(0, columns - 1);
}
