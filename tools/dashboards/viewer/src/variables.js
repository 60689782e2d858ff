// The choices of a dashboard: what they list, and their place in queries and titles.

const ALL = '.*';

/** Builds the function that puts chosen values in the place of variables. */
export function replacer(chosen, builtIn = {}) {
  const values = { ...builtIn, ...chosen };
  return (text) =>
    text.replace(/\$([A-Za-z_]\w*)|\$\{(\w+)(?::\w+)?\}/g, (found, plain, braced) => {
      const value = values[plain ?? braced];
      return value === undefined ? found : value;
    });
}

/** Lists the values of each variable, one after the other, for each follows those before it. */
export async function listVariables(board, prometheus) {
  const values = {};
  const chosen = {};
  for (const { name, query } of board.templating.list.filter((each) => each.type === 'textbox')) {
    chosen[name] = query;
  }
  for (const variable of board.templating.list.filter((each) => each.type === 'query')) {
    const [, series, label] = variable.query.match(/^label_values\((.*), (\w+)\)$/);
    values[variable.name] = await prometheus.labelValues(replacer(chosen)(series), label);
    chosen[variable.name] = ALL;
  }
  return { values, chosen };
}

/** Escapes a value for a regular expression within PromQL quotes, as Grafana does. */
export function asPattern(value) {
  return value.replace(/[\\^$*+?.()|[\]{}'"]/g, '\\\\$&');
}
