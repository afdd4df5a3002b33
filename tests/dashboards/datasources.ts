/* What a provisioned data source may say: no package holds the types of a plugin's settings, so these follow the sources
 * of Grafana (packages/grafana-prometheus, packages/grafana-o11y-ds-frontend, plugins loki and tempo), closed, and narrowed to what
 * this project provisions. A property that they do not know is an error.
 */
type Source<Type extends string, Settings> = {
  name: string;
  uid: Type;
  type: Type;
  access: 'proxy';
  url: `http://${string}`;
  editable: false;
  isDefault?: true;
  jsonData: Settings;
};
type Uid = 'prometheus' | 'loki' | 'tempo';
type Shift = `-${number}${'m' | 'h'}` | `${number}${'m' | 'h'}`;
type Tag = { key: string; value: string };

type Prometheus = {
  httpMethod: 'GET' | 'POST';
  timeInterval: string;
  exemplarTraceIdDestinations?: { name: string; datasourceUid: Uid; urlDisplayLabel?: string }[];
};
type Alertmanager = { implementation: 'prometheus' | 'mimir' | 'cortex'; handleGrafanaManagedAlerts: boolean };
/** While Grafana reads the file `$` fills in a variable; one that is meant stands twice. */
type Loki = {
  maxLines: `${number}`;
  derivedFields?: {
    name: string;
    matcherType: 'label' | 'regex';
    matcherRegex: string;
    url: '$${__value.raw}';
    datasourceUid: Uid;
    urlDisplayLabel?: string;
  }[];
};
type Tempo = {
  tracesToLogsV2?: {
    datasourceUid: Uid;
    tags: Tag[];
    spanStartTimeShift: Shift;
    spanEndTimeShift: Shift;
    filterByTraceID: boolean;
    filterBySpanID: boolean;
    customQuery: true;
    query: `{$$\{__tags}}${string}$$\{__trace.traceId}${string}`;
  };
  tracesToMetrics: {
    datasourceUid: Uid;
    tags: Tag[];
    spanStartTimeShift: Shift;
    spanEndTimeShift: Shift;
    queries: { name: string; query: `${string}{$$__tags}${string}` }[];
  };
  serviceMap: { datasourceUid: Uid };
  nodeGraph: { enabled: boolean };
  search: { hide: boolean };
  traceQuery: { timeShiftEnabled: boolean; spanStartTimeShift: Shift; spanEndTimeShift: Shift };
  streamingEnabled: { search: boolean; metrics: boolean };
};

export type File = {
  apiVersion: 1;
  datasources: (
    | Source<'prometheus', Prometheus>
    | Source<'alertmanager', Alertmanager>
    | Source<'loki', Loki>
    | Source<'tempo', Tempo>
  )[];
};
