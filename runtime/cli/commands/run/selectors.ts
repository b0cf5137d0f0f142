import type { SourceOptions } from '../../../engine/run.ts';
import type { GadgetSpec } from '../../../gadget/spec.ts';
import { compileExpression } from '../../../operators/select/expression/compile.ts';
import { partFor } from '../../../operators/select/fields.ts';
import { parseFilter } from '../../../operators/select/filter.ts';
import { parseMaxEntries } from '../../../operators/select/limit.ts';
import { compilePredicate } from '../../../operators/select/predicate.ts';
import { compileArrange, parseSort } from '../../../operators/select/sort.ts';
import type { DataSource } from '../../../schema/data-source.ts';
import type { RunFlags } from './flags.ts';

/** Which records of a data source are shown, and in what order. Errors: UNKNOWN_FIELD, FILTER_SYNTAX, USAGE. */
export function selectorsFor(
  dataSource: DataSource,
  flags: RunFlags,
  names: readonly string[],
  spec: GadgetSpec,
): Pick<SourceOptions, 'filter' | 'arrange'> {
  const part = (option: string, text: string | undefined) =>
    text === undefined ? undefined : partFor(option, text, dataSource.name, names);
  const conditions = flags.filter.flatMap((text) => {
    const own = part('filter', text);
    return own === undefined ? [] : parseFilter(own, dataSource);
  });
  const expression = part('filter-expr', flags.filterExpr);
  const filter = compilePredicate(conditions, ...(expression === undefined ? [] : [compileExpression(expression, dataSource)]));
  if (dataSource.shape === 'single') {
    // A sort by default belongs to the tables among the data sources; one asked for by name is refused where it has no sense.
    if (flags.sort !== undefined && names.length === 1) parseSort(flags.sort, dataSource);
    return { filter, arrange: undefined };
  }
  const sort = part('sort', flags.sort ?? spec.metadata.paramDefaults.get('operator.sort.sort'));
  const limit = part('max-entries', flags.maxEntries ?? spec.metadata.paramDefaults.get('operator.limiter.max-entries'));
  const keys = sort === undefined ? [] : parseSort(sort, dataSource);
  return { filter, arrange: compileArrange(keys, limit === undefined ? undefined : parseMaxEntries(limit)) };
}
