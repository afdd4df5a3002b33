/* What a generated dashboard may say: Grafana's own types, closed where they are open.
 *
 * @grafana/schema types a panel's options as a record of anything. Here each kind of panel has the options of its
 * plugin, enumerations are the strings that JSON holds, and a property that no type knows is an error.
 */
import type * as grafana from '@grafana/schema';
import type * as bargauge from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import type * as gauge from '@grafana/schema/dist/esm/raw/composable/gauge/panelcfg/x/GaugePanelCfg_types.gen';
import type * as heatmap from '@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen';
import type * as stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type * as timeline from '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen';
import type * as text from '@grafana/schema/dist/esm/raw/composable/text/panelcfg/x/TextPanelCfg_types.gen';
import type * as timeseries from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

/** A type as JSON writes it: members of string enumerations become their strings. */
type Json<T> = 0 extends 1 & T
  ? T
  : T extends string
    ? `${T}`
    : T extends (infer E)[]
      ? Json<E>[]
      : T extends object
        ? { [K in keyof T]: Json<T[K]> }
        : T;

type Nothing = Record<string, never>;
type Datasource = { type: 'prometheus'; uid: 'prometheus' };
type Calculation = 'last' | 'lastNotNull' | 'mean' | 'min' | 'max' | 'sum';
type Link = { title: string; url: string; targetBlank?: boolean; oneClick?: boolean };

/** The query of the Prometheus plugin; its types are no part of the schema's package. */
type Query = Omit<Json<grafana.DataQuery>, 'datasource' | 'queryType'> & {
  datasource: Datasource;
  editorMode?: 'code' | 'builder';
  exemplar?: boolean;
  expr: string;
  format?: 'time_series' | 'table' | 'heatmap';
  instant?: boolean;
  interval?: string;
  legendFormat?: string;
  range?: boolean;
};

type Plain = Omit<Json<grafana.FieldConfig>, 'custom' | 'links'> & { links?: Link[] };
type Property<Custom> =
  | { [K in keyof Plain]-?: { id: K; value: NonNullable<Plain[K]> } }[keyof Plain]
  | { [K in keyof Custom & string]-?: { id: `custom.${K}`; value: NonNullable<Json<Custom[K]>> } }[keyof Custom & string];
type Fields<Custom> = {
  defaults: Plain & { custom?: Json<Custom> };
  overrides: {
    matcher: { id: 'byName' | 'byRegexp' | 'byFrameRefID' | 'byType'; options: string };
    properties: Property<Custom>[];
  }[];
};

type Transformation =
  | { id: 'merge'; options: Nothing }
  | {
      id: 'organize';
      options: {
        excludeByName?: Record<string, boolean>;
        includeByName?: Record<string, boolean>;
        indexByName?: Record<string, number>;
        renameByName?: Record<string, string>;
      };
    };

/** What every panel has, and in this project must have: a title, a description, a place. */
type Common<Kind extends string> = Omit<
  Json<grafana.Panel>,
  'type' | 'options' | 'fieldConfig' | 'targets' | 'transformations' | 'datasource'
> & { id: number; type: Kind; title: string; description: string; gridPos: Json<grafana.GridPos> };
type Visual<Kind extends string, Options, Custom = Nothing> = Common<Kind> & {
  datasource: Datasource;
  targets: Query[];
  transformations?: Transformation[];
  fieldConfig: Fields<Custom>;
  options: Counted<Json<Options>>;
};

/** Reducers by their known names, wherever options list them. */
type Counted<T> = {
  [K in keyof T]: K extends 'calcs' ? Calculation[] : T[K] extends { calcs: unknown } ? Counted<T[K]> : T[K];
};

/** The plugin `alertlist` publishes no types; these follow its source. */
type AlertList = {
  alertInstanceLabelFilter: string;
  alertName: string;
  dashboardAlerts: boolean;
  datasource: string;
  folder?: { uid: string; title: string };
  groupBy: string[];
  groupMode: 'default' | 'custom';
  maxItems: number;
  showInactiveAlerts: boolean;
  showInstances: boolean;
  sortOrder: 1 | 2 | 3 | 4 | 5;
  stateFilter: Record<'error' | 'firing' | 'noData' | 'normal' | 'pending' | 'recovering', boolean>;
  viewMode: 'list' | 'stat';
};

/** A panel by its type; one that is missing here is an error until it is added. */
export interface PanelOf {
  alertlist: Common<'alertlist'> & { options: AlertList };
  bargauge: Visual<'bargauge', bargauge.Options>;
  gauge: Visual<'gauge', gauge.Options>;
  heatmap: Visual<'heatmap', heatmap.Options, heatmap.FieldConfig>;
  row: Omit<Json<grafana.RowPanel>, 'panels' | 'gridPos' | 'title'> & {
    gridPos: Json<grafana.GridPos>;
    panels: Nothing[];
    title: string;
  };
  stat: Visual<'stat', stat.Options>;
  'state-timeline': Visual<'state-timeline', timeline.Options, timeline.FieldConfig>;
  table: Visual<'table', grafana.TableOptions, grafana.TableFieldOptions>;
  text: Common<'text'> & { options: Json<text.Options> };
  timeseries: Visual<'timeseries', timeseries.Options, grafana.GraphFieldConfig>;
}

/** Annotations of the Prometheus plugin: how an event is named stands beside the query. */
type Annotation = Omit<Json<grafana.AnnotationQuery>, 'target' | 'datasource' | 'type'> & {
  datasource: Datasource;
  tagKeys?: string;
  target: Query;
  textFormat?: string;
  titleFormat?: string;
};
type Variable = Omit<Json<grafana.VariableModel>, 'datasource' | 'query'> & {
  datasource: Datasource;
  query: { query: string; refId: string };
};
type Open = 'annotations' | 'panels' | 'templating';
type Named = 'description' | 'refresh' | 'time' | 'timezone' | 'title' | 'uid';

/** The page; its panels are checked one by one. */
export type Page = Omit<Json<grafana.Dashboard>, Open | Named> &
  Required<Pick<Json<grafana.Dashboard>, Named>> & {
    annotations: { list: Annotation[] };
    panels: PanelOf[keyof PanelOf][];
    templating: { list: Variable[] };
  };
