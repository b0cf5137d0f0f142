import { calendarTime, zoneSuffix } from './wall-time.ts';

const months = 'January February March April May June July August September October November December'.split(' ');
const days = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/** The reference time's parts as Go's `time.Layout` spells them, longest first where one begins another. */
const parts =
  /January|Jan|Monday|Mon|MST|2006|Z07:00|Z0700|Z07|-07:00|-0700|-07|[.,]0+(?!\d)|[.,]9+(?!\d)|002|__2|_2|01|02|03|04|05|06|15|PM|pm|1|2|3|4|5/g;

interface Moment {
  readonly date: Date;
  readonly nanoseconds: number;
  readonly offsetMinutes: number;
}

/** A formatter for a layout of Go's package time, such as `2006-01-02 15:04:05.000`. */
export function goTimeLayout(layout: string, utc: boolean): (seconds: number, nanoseconds: number) => string {
  return (seconds, nanoseconds) => {
    const moment = { ...calendarTime(seconds, utc), nanoseconds };
    if (Number.isNaN(moment.date.getTime())) return '';
    return layout.replace(parts, (part) => render(part, moment));
  };
}

function render(part: string, { date, nanoseconds, offsetMinutes }: Moment): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const hour12 = date.getUTCHours() % 12 || 12;
  switch (part) {
    case '2006':
      return String(date.getUTCFullYear()).padStart(4, '0');
    case '06':
      return two(date.getUTCFullYear() % 100);
    case 'January':
      return months[date.getUTCMonth()]!;
    case 'Jan':
      return months[date.getUTCMonth()]!.slice(0, 3);
    case '01':
      return two(date.getUTCMonth() + 1);
    case '1':
      return String(date.getUTCMonth() + 1);
    case 'Monday':
      return days[date.getUTCDay()]!;
    case 'Mon':
      return days[date.getUTCDay()]!.slice(0, 3);
    case '02':
      return two(date.getUTCDate());
    case '_2':
      return String(date.getUTCDate()).padStart(2);
    case '2':
      return String(date.getUTCDate());
    case '002':
      return String(dayOfYear(date)).padStart(3, '0');
    case '__2':
      return String(dayOfYear(date)).padStart(3);
    case '15':
      return two(date.getUTCHours());
    case '03':
      return two(hour12);
    case '3':
      return String(hour12);
    case '04':
      return two(date.getUTCMinutes());
    case '4':
      return String(date.getUTCMinutes());
    case '05':
      return two(date.getUTCSeconds());
    case '5':
      return String(date.getUTCSeconds());
    case 'PM':
      return date.getUTCHours() < 12 ? 'AM' : 'PM';
    case 'pm':
      return date.getUTCHours() < 12 ? 'am' : 'pm';
    case 'MST':
      return zoneSuffix(offsetMinutes, 'UTC', '');
    default:
      return part.startsWith('.') || part.startsWith(',') ? fraction(part, nanoseconds) : zone(part, offsetMinutes);
  }
}

function dayOfYear(date: Date): number {
  return (Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()) - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000 + 1;
}

/** `.000` keeps its digits, `.999` drops zeros at the end. */
function fraction(part: string, nanoseconds: number): string {
  const digits = String(nanoseconds)
    .padStart(9, '0')
    .slice(0, part.length - 1);
  const kept = part[1] === '9' ? digits.replace(/0+$/, '') : digits;
  return kept === '' ? '' : part[0] + kept;
}

function zone(part: string, offsetMinutes: number): string {
  if (part === 'Z07' || part === '-07') return zoneSuffix(offsetMinutes, part[0] === 'Z' ? 'Z' : '', '').slice(0, 3);
  return zoneSuffix(offsetMinutes, part.startsWith('Z') ? 'Z' : '', part.includes(':') ? ':' : '');
}
