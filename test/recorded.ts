/** A recorded output without what differs from run to run, and from machine to machine. */
export const normalised = (text: string) =>
  text
    .replace(/\b(\d+ min )?\d+(\.\d+)? s\b/g, 'N s')
    .replace(/\d{4}-\d\d-\d\d( \d\d:\d\d UTC)?/g, 'DATE')
    .replace(/(?<= )\/(tmp|root|home)\/\S+/g, 'PATH')
    .replace(/ +/g, ' ');
