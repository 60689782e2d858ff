// Draws one dashboard over its own time range. The address says which, where Prometheus is, and in which theme:
// ?dashboard=overview&prometheus=http://127.0.0.1:9090&theme=light&note=...

import { createTheme, ThemeContext } from '@grafana/data';
import { GlobalStyles, PortalContainer } from '@grafana/ui';
import React, { useEffect, useMemo, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { rectangle, repeated } from './layout.js';
import { Panel } from './Panel.jsx';
import { Prometheus } from './prometheus.js';
import { listVariables, replacer } from './variables.js';

const MARGIN = 16;
const CHOSEN = { datasource: 'Prometheus', query: 'All', textbox: '.*' };
const SECONDS = { d: 86400, h: 3600 };
const parameters = new URLSearchParams(window.location.search);
// What a driver of the browser waits for: how many panels are done, and what is wrong with them.
window.drawn = { expected: Infinity, done: 0, problems: {} };

async function load() {
  const answer = await fetch(`/grafana/dashboards/${parameters.get('dashboard')}.json`);
  const board = await answer.json();
  const prometheus = new Prometheus(parameters.get('prometheus'));
  const { values, chosen } = await listVariables(board, prometheus);
  const to = Math.floor(Date.now() / 1000);
  const from = to - SECONDS[board.time.from.at(-1)] * Number(board.time.from.match(/^now-(\d+)[dh]$/)[1]);
  const view = { prometheus, chosen, from, to };
  return { board, values, view, marks: await annotations(board, view) };
}

async function annotations(board, { prometheus, chosen, to }) {
  const questions = board.annotations.list.map((each) => prometheus.instant(replacer(chosen)(each.expr), to));
  return (await Promise.all(questions)).flat().map((row) => Number(row.value[1]));
}

function Page({ theme }) {
  const [loaded, setLoaded] = useState();
  useEffect(() => {
    load().then(setLoaded, (error) => {
      window.drawn = { expected: 0, done: 0, problems: { page: [String(error)] } };
    });
  }, []);
  return (
    <div style={{ background: theme.colors.background.canvas, color: theme.colors.text.primary, padding: MARGIN }}>
      {loaded && <Dashboard {...loaded} theme={theme} />}
    </div>
  );
}

function Dashboard({ board, values, view, marks, theme }) {
  const panels = useMemo(() => repeated(board.panels, values), []);
  const width = window.innerWidth - 2 * MARGIN;
  const bottom = Math.max(...panels.map(({ gridPos }) => gridPos.y + gridPos.h));
  const report = (title, found) => {
    window.drawn.done += 1;
    if (found.length) {
      window.drawn.problems[title] = found;
    }
  };
  useEffect(() => {
    window.drawn.expected = panels.filter((panel) => panel.type !== 'row').length;
  }, []);
  return (
    <>
      <Header board={board} theme={theme} />
      <div style={{ position: 'relative', height: rectangle({ x: 0, y: 0, w: 0, h: bottom }, width).height }}>
        {panels.map((panel) => {
          const place = rectangle(panel.gridPos, width);
          return (
            <div key={panel.id} style={{ position: 'absolute', ...place }}>
              {panel.type === 'row' ? (
                <h5 style={{ margin: '6px 0' }}>{panel.title}</h5>
              ) : (
                <Panel panel={panel} view={view} marks={marks} report={report} width={place.width} height={place.height} />
              )}
            </div>
          );
        })}
      </div>
    </>
  );
}

function Header({ board, theme }) {
  const choices = board.templating.list.map((each) => `${each.label}: ${CHOSEN[each.type]}`);
  const faint = { color: theme.colors.text.secondary, fontSize: 12 };
  return (
    <div style={{ marginBottom: 8 }}>
      <div style={{ display: 'flex', justifyContent: 'space-between', alignItems: 'baseline' }}>
        <h3 style={{ margin: 0 }}>{board.title}</h3>
        <span style={faint}>Drawn with Grafana&apos;s components, not Grafana. {parameters.get('note')}</span>
      </div>
      <div style={faint}>{choices.join('   |   ')}</div>
    </div>
  );
}

const theme = createTheme({ colors: { mode: parameters.get('theme') ?? 'light' } });
createRoot(document.getElementById('root')).render(
  <ThemeContext.Provider value={theme}>
    <GlobalStyles />
    <Page theme={theme} />
    <PortalContainer />
  </ThemeContext.Provider>
);
