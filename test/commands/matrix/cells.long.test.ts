/** The table that the project is for, for the newer generation. */
import { testCells } from './cells.js';

testCells('nnt');
