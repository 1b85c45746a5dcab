/** `stage.started` becomes `StageStartedEvent`, which generators use as the name of a class. */
export function eventId(type: string): string {
  const words = type.split(/[.-]/).map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`);
  return `${words.join('')}Event`;
}
