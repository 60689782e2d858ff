// One panel: asks its questions, prepares the answers, draws them in Grafana's frame.

import { PanelChrome, useTheme2 } from '@grafana/ui';
import { dateTime, getValueFormats, LoadingState } from '@grafana/data';
import React, { useEffect, useState } from 'react';
import { prepared, unknownSettings } from './fields.js';
import { seriesFrame, tableFrame } from './prometheus.js';
import { replacer } from './variables.js';
import { Visualization } from './Visualization.jsx';

const TIME_ZONE = 'utc';
const DAY_SECONDS = 86400;

export function Panel({ panel, view, marks, width, height, report }) {
  const theme = useTheme2();
  const [frames, setFrames] = useState();
  const range = rangeOf(panel, view);
  const replace = replacer({ ...view.chosen, ...panel.chosen }, builtIn(range));
  const title = replace(panel.title).replaceAll('\\\\', '');

  useEffect(() => {
    answers(panel, view.prometheus, range, replace)
      .then((data) => prepared(data, panel, { theme, timeZone: TIME_ZONE, replace }))
      .then((data) => {
        setFrames(data);
        report(title, problems(panel, data));
      })
      .catch((error) => {
        console.error(title, error);
        setFrames([]);
        report(title, [String(error)]);
      });
  }, []);

  return (
    <PanelChrome
      title={title}
      description={replace(panel.description)}
      width={width}
      height={height}
      loadingState={frames ? LoadingState.Done : LoadingState.Loading}
    >
      {(innerWidth, innerHeight) =>
        frames?.length ? (
          <Visualization
            panel={panel}
            frames={frames}
            width={innerWidth}
            height={innerHeight}
            theme={theme}
            timeZone={TIME_ZONE}
            timeRange={timeRange(range)}
            replace={replace}
            marks={marks}
          />
        ) : (
          <div>{frames && (panel.fieldConfig.defaults.noValue ?? 'No data')}</div>
        )
      }
    </PanelChrome>
  );
}

function rangeOf(panel, { from, to }) {
  const days = panel.timeFrom && Number(panel.timeFrom.replace('d', ''));
  const start = days ? to - days * DAY_SECONDS : from;
  return { from: start, to, step: Math.max(1, Math.ceil((to - start) / 300)) };
}

function builtIn({ from, to, step }) {
  return { __interval: `${step}s`, __rate_interval: `${Math.max(15, 4 * step)}s`, __range: `${to - from}s` };
}

function timeRange({ from, to }) {
  const [start, end] = [dateTime(from * 1000), dateTime(to * 1000)];
  return { from: start, to: end, raw: { from: start, to: end } };
}

async function answers(panel, prometheus, range, replace) {
  const many = panel.targets.length > 1;
  const frames = panel.targets.map(async (target) => {
    const query = replace(target.expr);
    if (target.format === 'table') {
      return [tableFrame(target, await prometheus.instant(query, range.to), many, range.to)];
    }
    const rows = target.instant ? values(await prometheus.instant(query, range.to)) : await prometheus.range(query, range);
    return rows.map((row) => seriesFrame(target, row, range.step));
  });
  return (await Promise.all(frames)).flat();
}

/** Gives an instant answer the form of a range with one time. */
function values(rows) {
  return rows.map(({ metric, value }) => ({ metric, values: [value] }));
}

/** Lists what is wrong with a panel that was drawn. */
function problems(panel, frames) {
  const empty = frames.every((frame) => frame.length === 0) ? ['no data'] : [];
  const unknown = unknownSettings(panel).map((id) => `unknown setting ${id}`);
  const units = [...new Set(frames.flatMap((frame) => frame.fields.map((field) => field.config.unit)))];
  const strange = units.filter((unit) => unit && !isKnown(unit)).map((unit) => `unknown unit ${unit}`);
  return [...empty, ...unknown, ...strange];
}

function isKnown(unit) {
  const listed = getValueFormats().flatMap((group) => group.submenu.map((each) => each.value));
  return listed.includes(unit) || /^(currency:financial|time|suffix|prefix):/.test(unit);
}
