import { writeNineDigits } from '../../schema/byte-writer.ts';

const minuteMs = 60_000;
/** Length of `2025-01-02T03:04:05.`. */
const prefixBytes = 20;

/** Seconds since the epoch as the fields of a calendar, in UTC or local time. */
export interface CalendarTime {
  /** A date whose UTC getters give the wanted zone's values. */
  readonly date: Date;
  /** Minutes east of Greenwich. */
  readonly offsetMinutes: number;
}

/** The calendar time of that second. */
export function calendarTime(seconds: number, utc: boolean): CalendarTime {
  const instant = new Date(seconds * 1000);
  if (utc) return { date: instant, offsetMinutes: 0 };
  const offsetMinutes = -instant.getTimezoneOffset();
  return { date: new Date(instant.getTime() + offsetMinutes * minuteMs), offsetMinutes };
}

/** `Z`, `+02:00`, `-03:30` (RFC 3339 §4.2); `utcSuffix` stands for offset zero. */
export function zoneSuffix(offsetMinutes: number, utcSuffix = 'Z', separator = ':'): string {
  if (offsetMinutes === 0 && utcSuffix !== '') return utcSuffix;
  const minutes = Math.abs(offsetMinutes);
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  return `${offsetMinutes < 0 ? '-' : '+'}${two(minutes / 60)}${separator}${two(minutes % 60)}`;
}

/**
 * Writes times as RFC 3339 with nanoseconds, `2025-01-02T03:04:05.123456789Z`. Keeps what all times of a second share, which is
 * everything but nine digits.
 */
export class WallTimeWriter {
  readonly #utc: boolean;
  #second = Number.NaN;
  #prefix = '';
  #suffix = '';
  #prefixBytes = new Uint8Array(prefixBytes);
  #suffixBytes = new Uint8Array(0);

  constructor(utc: boolean) {
    this.#utc = utc;
  }

  text(seconds: number, nanoseconds: number): string {
    if (seconds !== this.#second) this.#enter(seconds);
    return this.#prefix + String(nanoseconds).padStart(9, '0') + this.#suffix;
  }

  write(out: Uint8Array, at: number, seconds: number, nanoseconds: number): number {
    if (seconds !== this.#second) this.#enter(seconds);
    const prefix = this.#prefixBytes;
    for (let index = 0; index < prefix.length; index++) out[at + index] = prefix[index]!;
    const digits = at + prefix.length;
    writeNineDigits(out, digits, nanoseconds);
    const suffix = this.#suffixBytes;
    for (let index = 0; index < suffix.length; index++) out[digits + 9 + index] = suffix[index]!;
    return digits + 9 + suffix.length;
  }

  #enter(seconds: number): void {
    const { date, offsetMinutes } = calendarTime(seconds, this.#utc);
    this.#second = seconds;
    this.#prefix = Number.isNaN(date.getTime()) ? 'invalid.' : `${date.toISOString().slice(0, -5)}.`;
    this.#suffix = zoneSuffix(offsetMinutes);
    this.#prefixBytes = Buffer.from(this.#prefix, 'latin1');
    this.#suffixBytes = Buffer.from(this.#suffix, 'latin1');
  }
}
