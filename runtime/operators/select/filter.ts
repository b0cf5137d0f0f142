import { type DataSource, findField } from '../../schema/data-source.ts';
import { type Condition, conditionOf, type FilterOperator } from './condition.ts';
import { knownField } from './fields.ts';
import { filterSyntaxError } from './syntax-error.ts';

/** Field, operator, value; of operators that begin alike the longer one. */
const condition = /^([^=!<>~]+)(==|!=|>=|<=|!~|=|>|<|~)([\s\S]*)$/;

/**
 * Reads `--filter`: conditions joined by commas, all of which must hold. `\,` is a comma within a value; white space belongs to the value.
 * UNKNOWN_FIELD with a suggestion, FILTER_SYNTAX with the column.
 */
export function parseFilter(text: string, dataSource: DataSource): Condition[] {
  const conditions: Condition[] = [];
  for (const { part, offset } of splitConditions(text)) {
    if (part.trim() === '') continue;
    const match = condition.exec(part);
    if (match === null) {
      const hint = 'a condition is a field, one of == != >= <= > < ~ !~, and a value';
      throw filterSyntaxError('--filter', text, offset, `"${part}" is no condition`, hint);
    }
    const [, name, operator, value] = match;
    const field = comparedField(dataSource, name!.trim());
    conditions.push(conditionOf(field, (operator === '=' ? '==' : operator) as FilterOperator, value!));
  }
  return conditions;
}

/** The field of that name; of a struct that one column stands for, the field shown there. */
function comparedField(dataSource: DataSource, name: string) {
  const field = knownField(dataSource, name);
  const shown = field.kind === 'struct' ? field.annotations.get('columns.replace') : undefined;
  return (shown !== undefined && findField(dataSource, shown)) || field;
}

function splitConditions(text: string): { part: string; offset: number }[] {
  const parts = [{ part: '', offset: 0 }];
  for (let at = 0; at < text.length; at++) {
    const current = parts.at(-1)!;
    if (text[at] === '\\' && text[at + 1] === ',') {
      current.part += ',';
      at++;
    } else if (text[at] === ',') {
      parts.push({ part: '', offset: at + 1 });
    } else {
      current.part += text[at];
    }
  }
  return parts;
}
