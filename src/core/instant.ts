import { z } from 'zod';

/** A time in a document. */
export const instantSchema = z.string().describe('ISO 8601, UTC.');
