import type { Page } from './page.ts';

export interface ReportRecord {
  id: string;
  cluster_id: string;
  operation_id: string;
  passed: boolean;
  document: Record<string, unknown>;
  created_at: string;
}

export interface ReportStore {
  insert(report: Omit<ReportRecord, 'created_at'>): Promise<void>;
  latest(clusterId: string): Promise<ReportRecord | null>;
  /** Newest first; `after` is an id. */
  list(clusterId: string, page: Page): Promise<ReportRecord[]>;
  /** @throws REPORT_NOT_FOUND */
  get(id: string): Promise<ReportRecord>;
}
