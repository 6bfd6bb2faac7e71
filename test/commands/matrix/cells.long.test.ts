/** The table that the project is for: every kernel that CI tests, both generations, the vendor's package and ours. */
import { testCells } from './cells.js';

testCells('flat');
testCells('nnt');
