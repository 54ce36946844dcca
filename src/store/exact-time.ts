/** Times as whole microseconds since 1970, as PostgreSQL keeps them: exact in a JavaScript number until the year 2255. */

export const microsOf = (column: string): string => `(extract(epoch from ${column}) * 1000000)::bigint`;

export const instantOf = (parameter: string): string => `(timestamptz 'epoch' + ${parameter}::bigint * interval '1 microsecond')`;
