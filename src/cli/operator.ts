/** Who the audit names for what is done on the command line. */
import { hostname, userInfo } from 'node:os';

export const operatorName = (): string => `cli:${userInfo().username}@${hostname()}`;
