// Each kind of panel, drawn by the component that Grafana's own panel of that kind uses.

import { getDisplayValueAlignmentFactors, getFieldDisplayValues, VizOrientation } from '@grafana/data';
import { BarGauge, BigValue, TimeSeries, VizRepeater } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import React from 'react';

export function Visualization(props) {
  const Kind = { bargauge: Bars, stat: Figures, table: Grid, timeseries: Lines }[props.panel.type];
  return <Kind {...props} />;
}

function Figures({ panel, frames, width, height, theme, timeZone, replace }) {
  const { options, fieldConfig } = panel;
  const getValues = () =>
    getFieldDisplayValues({
      fieldConfig,
      reduceOptions: options.reduceOptions,
      replaceVariables: replace,
      theme,
      data: frames,
      timeZone,
      sparkline: options.graphMode !== 'none',
    });
  const renderValue = ({ value, width, height, count }) => (
    <BigValue
      {...options}
      value={value.display}
      sparkline={value.sparkline}
      count={count}
      width={width}
      height={height}
      theme={theme}
      disableWideLayout={!options.wideLayout}
    />
  );
  return (
    <VizRepeater
      getValues={getValues}
      renderValue={renderValue}
      width={width}
      height={height}
      source={frames}
      renderCounter={0}
      itemSpacing={3}
      orientation={options.orientation ?? VizOrientation.Auto}
      autoGrid
    />
  );
}

function Bars({ panel, frames, width, height, theme, timeZone, replace }) {
  const { options, fieldConfig } = panel;
  const getValues = () =>
    getFieldDisplayValues({
      fieldConfig,
      reduceOptions: options.reduceOptions,
      replaceVariables: replace,
      theme,
      data: frames,
      timeZone,
    });
  const renderValue = ({ value, alignmentFactors, width, height, orientation }) => (
    <BarGauge
      {...options}
      value={value.display}
      field={value.field}
      display={value.view?.getFieldDisplayProcessor(value.colIndex)}
      alignmentFactors={alignmentFactors}
      width={width}
      height={height}
      orientation={orientation}
      theme={theme}
      itemSpacing={8}
      lcdCellWidth={12}
      valueDisplayMode={options.valueMode}
    />
  );
  return (
    <VizRepeater
      getValues={getValues}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      renderValue={renderValue}
      width={width}
      height={height}
      source={frames}
      renderCounter={0}
      itemSpacing={8}
      minVizHeight={options.minVizHeight}
      maxVizHeight={options.maxVizHeight}
      orientation={options.orientation}
    />
  );
}

function Grid({ panel, frames, width, height }) {
  return (
    <TableNG
      data={frames[0]}
      width={width}
      height={height}
      initialSortBy={panel.options.sortBy}
      cellHeight={panel.options.cellHeight}
      noHeader={!panel.options.showHeader}
      fieldConfig={panel.fieldConfig}
      structureRev={1}
      enableSharedCrosshair={false}
    />
  );
}

function Lines({ panel, frames, width, height, timeZone, timeRange, marks }) {
  return (
    <TimeSeries
      frames={frames}
      structureRev={1}
      timeRange={timeRange}
      timeZone={timeZone}
      width={width}
      height={height}
      legend={panel.options.legend}
      options={panel.options}
    >
      {(config) => <Marks config={config} times={marks} />}
    </TimeSeries>
  );
}

/** Draws a dashed line at each time, as annotations stand in Grafana. */
function Marks({ config, times }) {
  config.addHook('draw', (plot) => {
    plot.ctx.save();
    plot.ctx.strokeStyle = '#3274d9';
    plot.ctx.setLineDash([4, 4]);
    for (const time of times.filter((each) => each > plot.scales.x.min && each < plot.scales.x.max)) {
      const x = plot.valToPos(time, 'x', true);
      plot.ctx.beginPath();
      plot.ctx.moveTo(x, plot.bbox.top);
      plot.ctx.lineTo(x, plot.bbox.top + plot.bbox.height);
      plot.ctx.stroke();
    }
    plot.ctx.restore();
  });
  return null;
}
