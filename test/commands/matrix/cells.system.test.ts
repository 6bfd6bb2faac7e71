/** The table that the project is for, for the older generation; the other one is in cells.long.test.ts. */
import { testCells } from './cells.js';

testCells('flat');
