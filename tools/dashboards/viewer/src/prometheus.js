// Questions to Prometheus, and its answers as data frames in the shape that Grafana gives them.

import { createDataFrame, FieldType } from '@grafana/data';

export class Prometheus {
  constructor(url) {
    this.url = url;
  }

  async get(path, parameters) {
    const answer = await fetch(`${this.url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const body = await answer.json();
    if (body.status !== 'success') {
      throw new Error(body.error);
    }
    return body.data;
  }

  labelValues(series, label) {
    return this.get(`label/${label}/values`, { 'match[]': series });
  }

  async instant(query, time) {
    return (await this.get('query', { query, time })).result;
  }

  async range(query, { from, to, step }) {
    return (await this.get('query_range', { query, start: from, end: to, step })).result;
  }
}

/** Turns one series into a frame whose field has the name that the legend gives. */
export function seriesFrame(target, row, step) {
  const { __name__, ...labels } = row.metric;
  const displayNameFromDS =
    target.legendFormat?.replace(/\{\{(\w+)\}\}/g, (_, label) => labels[label] ?? '') || target.expr;
  const times = row.values.map(([seconds]) => seconds * 1000);
  return createDataFrame({
    refId: target.refId,
    fields: [
      { name: 'Time', type: FieldType.time, values: times, config: { interval: step * 1000 } },
      {
        name: 'Value',
        type: FieldType.number,
        values: row.values.map(([, value]) => Number(value)),
        labels,
        config: { displayNameFromDS },
      },
    ],
  });
}

/** Turns an instant answer into one table: time, labels, value. */
export function tableFrame(target, rows, many, time) {
  const labels = [...new Set(rows.flatMap((row) => Object.keys(row.metric)))].sort();
  return createDataFrame({
    refId: target.refId,
    fields: [
      { name: 'Time', type: FieldType.time, values: rows.map(() => time * 1000), config: {} },
      ...labels.map((name) => ({
        name,
        type: FieldType.string,
        values: rows.map((row) => row.metric[name] ?? ''),
        config: { filterable: true },
      })),
      {
        name: many ? `Value #${target.refId}` : 'Value',
        type: FieldType.number,
        values: rows.map((row) => Number(row.value[1])),
        config: {},
      },
    ],
  });
}
