/**
 * What we write of Grafana's classic dashboard model, which every Grafana since 10 imports and migrates to its own.
 * A test compares it with the types that Grafana publishes.
 */
export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly tags: string[];
  readonly schemaVersion: number;
  readonly editable: boolean;
  readonly graphTooltip: 1;
  readonly timezone: 'browser';
  readonly refresh: string;
  readonly time: { readonly from: string; readonly to: string };
  readonly templating: { readonly list: Variable[] };
  readonly annotations: { readonly list: Annotation[] };
  readonly panels: Panel[];
}

export interface DatasourceRef {
  readonly type: string;
  readonly uid: string;
}

/** A query as its data source's plugin has it. */
export interface Target {
  readonly refId: string;
  readonly [name: string]: unknown;
}

export interface Variable {
  readonly name: string;
  readonly label: string;
  readonly description: string;
  readonly type: 'datasource' | 'query' | 'custom';
  readonly query: string | Record<string, unknown>;
  readonly datasource?: DatasourceRef;
  readonly current?: { readonly text: string; readonly value: string };
  readonly regex?: string;
  /** 2: when the time range changes. */
  readonly refresh?: 2;
  /** 1: by alphabet; 0: as they come. */
  readonly sort?: 0 | 1;
  readonly multi: false;
  readonly includeAll: boolean;
  readonly allValue?: string;
}

export interface Annotation {
  readonly name: string;
  readonly datasource: DatasourceRef;
  readonly enable: boolean;
  readonly hide: boolean;
  readonly iconColor: string;
  readonly builtIn?: 1;
  readonly type?: 'dashboard';
  /** A query, or of Grafana's own annotations what they are found by. */
  readonly target?: Target;
  readonly titleFormat?: string;
  readonly textFormat?: string;
}

export interface Panel {
  readonly id: number;
  readonly type: 'timeseries' | 'table' | 'text' | 'row';
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: DatasourceRef;
  readonly interval?: string;
  readonly maxDataPoints?: number;
  readonly targets?: Target[];
  readonly transformations?: { readonly id: string; readonly options: Record<string, unknown> }[];
  readonly fieldConfig?: { readonly defaults: FieldConfig; readonly overrides: Override[] };
  readonly options?: Record<string, unknown>;
}

export interface FieldConfig {
  readonly unit?: string;
  readonly decimals?: number;
  readonly min?: number;
  readonly max?: number;
  readonly noValue?: string;
  readonly color?: { readonly mode: 'palette-classic-by-name' };
  readonly custom?: Record<string, unknown>;
  readonly links?: Link[];
}

export interface Override {
  readonly matcher: { readonly id: string; readonly options: string };
  readonly properties: { readonly id: string; readonly value: unknown }[];
}

export interface Link {
  readonly title: string;
  readonly url: string;
  readonly targetBlank: boolean;
}
