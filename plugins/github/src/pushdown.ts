/**
 * What GitHub's lists can be asked for, and what must be checked after the fetch.
 *
 * `state` is pushed down exactly. `since` only narrows: GitHub has whole seconds and says "after the given time", so it is asked
 * for a second more, and the condition is checked as well.
 */
import { conjuncts, split, type Condition, type Literal } from '@appflow-wasm/connector';

import type { Kind } from './entities.js';
import { DERIVED } from './fields.js';

/** Parameters for the list, and the condition left. */
export interface Pushed {
  params: { state?: string; since?: string };
  rest: Condition | undefined;
}

/** The first moment, in milliseconds since 1970, whose year has five digits. */
const LATEST = Date.UTC(10_000, 0);

/** Divides a condition. */
export function pushDown(kind: Kind, condition: Condition | undefined): Pushed {
  const { parameters } = DERIVED[kind.name];
  const params: Pushed['params'] = {};
  const { rest } = split(condition, (one) => {
    if (!parameters.includes('state') || params.state !== undefined || one.op !== 'compare' || one.field !== 'state'
      || one.comparator !== 'equal' || one.value.type !== 'text' || !['open', 'closed'].includes(one.value.value)) {
      return false;
    }
    params.state = one.value.value;
    return true;
  });
  if (parameters.includes('since') && rest !== undefined) {
    const [latest] = conjuncts(rest).map(lowest).filter((at) => at !== undefined).sort().reverse();
    if (latest !== undefined) {
      params.since = latest;
    }
  }
  return { params, rest };
}

/** The second before the lowest time of change that meets a condition. */
function lowest(one: Condition): string | undefined {
  if (!('field' in one) || one.field !== 'updated_at') {
    return undefined;
  }
  if (one.op === 'between') {
    return secondBefore(one.low);
  }
  return one.op === 'compare' && ['greater', 'greater-or-equal', 'equal'].includes(one.comparator) ? secondBefore(one.value) : undefined;
}

function secondBefore(value: Literal): string | undefined {
  if (value.type !== 'date-time' && value.type !== 'date') {
    return undefined;
  }
  const at = Date.parse(value.type === 'date' ? `${value.value}T00:00:00Z` : value.value);
  const before = Math.floor(at / 1000 - 1) * 1000;
  // GitHub was not there before 1970, and years of five digits have another form.
  return before > 0 && before < LATEST ? `${new Date(before).toISOString().slice(0, 19)}Z` : undefined;
}
