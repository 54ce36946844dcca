/** The partners that whoever asks may see, as a condition of a query. */

/** `column` is one of them; a parameter that is null lets every partner through. */
export const inPartners = (column: string, parameter: string): string => `(${parameter}::text[] is null or ${column} = any(${parameter}))`;

/** What that parameter is. */
export const valueOfPartners = (partners: readonly string[] | undefined): string[] | null => (partners === undefined ? null : [...partners]);

/** What both a filter and a key's partners leave: undefined is every partner. */
export function narrowedTo(partner: string | undefined, partners: readonly string[] | undefined): readonly string[] | undefined {
  if (partner === undefined) return partners;
  return partners === undefined || partners.includes(partner) ? [partner] : [];
}
