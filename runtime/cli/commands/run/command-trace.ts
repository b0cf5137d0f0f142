import type { Report } from '../../../base/diagnostics.ts';
import { FollowedProcesses } from '../../../engine/followed-processes.ts';
import type { Kernel } from '../../../kernel/types.ts';
import type { Predicate } from '../../../pipeline/source-pipeline.ts';
import type { DataSource } from '../../../schema/data-source.ts';
import { type CommandEnd, TracedCommand } from './traced-command.ts';

export interface CommandTraceOptions {
  readonly kernel: Kernel;
  readonly kernelBtfPath?: string;
  readonly report: Report;
}

/** A command, held back, and the knowledge which processes are its. Whoever starts it stops it. */
export class CommandTrace {
  readonly #command: TracedCommand;
  readonly #processes: FollowedProcesses;
  readonly #report: Report;
  readonly #over = new AbortController();
  #end: CommandEnd | undefined;

  private constructor(command: TracedCommand, processes: FollowedProcesses, report: Report) {
    this.#command = command;
    this.#processes = processes;
    this.#report = report;
    void command.ended.then((end) => {
      this.#end = end;
      this.#over.abort();
    });
  }

  /** Errors: those of loading and attaching the program that follows processes. */
  static async start(words: readonly string[], { kernel, report, ...options }: CommandTraceOptions): Promise<CommandTrace> {
    const processes = new FollowedProcesses(kernel, options);
    try {
      const command = await TracedCommand.start(words);
      processes.add(command.pid);
      return new CommandTrace(command, processes, report);
    } catch (error) {
      processes.close();
      throw error;
    }
  }

  /** Aborted when the command has ended. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** What is about the command or its children, and meets the other condition too. */
  narrow(dataSource: DataSource, filter: Predicate | undefined): Predicate | undefined {
    const isTheirs = this.#processes.predicate(dataSource);
    if (isTheirs === undefined) {
      this.#report({ severity: 'debug', message: `${dataSource.name} does not say which process a record is about: all are shown` });
      return filter;
    }
    return filter === undefined ? isTheirs : (batch, index) => isTheirs(batch, index) && filter(batch, index);
  }

  /** Lets the command begin. */
  release(): void {
    this.#command.release();
  }

  /** How the command ended by itself; undefined when the run was over first, which ends the command. */
  async stop(): Promise<CommandEnd | undefined> {
    const end = this.#end;
    this.#processes.close();
    await this.#command.stop();
    return end;
  }
}
