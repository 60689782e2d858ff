// Field settings as a panel has them: the registry that says where each setting goes, and the
// transformations that panels may name.

import {
  applyFieldOverrides,
  cacheFieldDisplayNames,
  Registry,
  standardTransformers,
  standardTransformersRegistry,
  transformDataFrame,
} from '@grafana/data';
import { lastValueFrom } from 'rxjs';

const STANDARD = [
  'color',
  'decimals',
  'displayName',
  'fieldMinMax',
  'filterable',
  'links',
  'mappings',
  'max',
  'min',
  'noValue',
  'thresholds',
  'unit',
];
const CUSTOM = [
  'align',
  'axisSoftMin',
  'barAlignment',
  'barMaxWidth',
  'barWidthFactor',
  'cellOptions',
  'drawStyle',
  'fillOpacity',
  'lineInterpolation',
  'lineWidth',
  'minWidth',
  'showPoints',
  'spanNulls',
  'stacking',
  'thresholdsStyle',
  'width',
  'filterable',
  'inspect',
];

const item = (path, isCustom) => ({
  id: isCustom ? `custom.${path}` : path,
  name: path,
  path,
  isCustom,
  process: (value) => value,
  shouldApply: () => true,
});
const registry = new Registry(() => [
  ...STANDARD.map((path) => item(path, false)),
  ...CUSTOM.map((path) => item(path, true)),
]);

// Some are listed under an older name as well.
const transformations = new Map(Object.values(standardTransformers).map((each) => [each.id, each]));
standardTransformersRegistry.setInit(() =>
  [...transformations.values()].map((transformation) => ({
    id: transformation.id,
    name: transformation.name,
    transformation,
    editor: () => null,
  }))
);

/** Says which settings of a panel the registry does not know. */
export function unknownSettings(panel) {
  const { defaults, overrides } = panel.fieldConfig;
  const named = [
    ...Object.keys(defaults).filter((key) => key !== 'custom'),
    ...Object.keys(defaults.custom ?? {}).map((key) => `custom.${key}`),
    ...overrides.flatMap((override) => override.properties.map((property) => property.id)),
  ];
  return named.filter((id) => !registry.getIfExists(id));
}

/** Transforms and decorates frames as a panel says. */
export async function prepared(frames, panel, { theme, timeZone, replace }) {
  const data = await lastValueFrom(transformDataFrame(panel.transformations ?? [], frames));
  const decorated = applyFieldOverrides({
    data,
    fieldConfig: panel.fieldConfig,
    fieldConfigRegistry: registry,
    replaceVariables: replace,
    theme,
    timeZone,
  });
  cacheFieldDisplayNames(decorated);
  return decorated;
}
