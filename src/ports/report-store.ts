import type { Report } from '../core/postgres/replication-report.ts';
import type { Page } from './page.ts';

/** Reports, stored in the form of the API. */
export type ReportRecord = Report;

export interface ReportStore {
  insert(report: Omit<ReportRecord, 'created_at'>): Promise<void>;
  latest(clusterId: string): Promise<ReportRecord | null>;
  /** Newest first; `after` is an id. */
  list(clusterId: string, page: Page): Promise<ReportRecord[]>;
  /** @throws REPORT_NOT_FOUND */
  get(id: string): Promise<ReportRecord>;
}
