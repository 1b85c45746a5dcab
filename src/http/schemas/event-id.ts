/** `stage.started` becomes `StageStartedEvent`: generators make a class of it. */
export function eventId(type: string): string {
  const words = type.split(/[.-]/).map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`);
  return `${words.join('')}Event`;
}
