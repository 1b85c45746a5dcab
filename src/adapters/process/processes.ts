import type { Processes } from '../../ports/processes.ts';
import {
  findSupervisor,
  isAlive,
  isGroupAlive,
  isOrphanedGroupAlive,
  processStarted,
  signalGroup,
} from './process-identity.ts';
import { startDetached } from './run-command.ts';

/** The processes of this machine. */
export const processes: Processes = {
  startDetached,
  findDetached: findSupervisor,
  started: processStarted,
  isAlive,
  isGroupAlive,
  isOrphanedGroupAlive,
  signalGroup,
};
