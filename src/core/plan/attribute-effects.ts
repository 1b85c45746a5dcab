/** Effect of a change of one attribute on an existing resource. */
export interface AttributeEffect {
  /** e.g. `in-place`, `stops-instance`, `replaces` */
  change: string;
  /** `none`, `data`, `access` or `address` */
  loses: string;
  /** One or two sentences for a person. */
  note: string;
}

/**
 * By the type of the resource, then by the name of the attribute with its block, e.g.
 * `root_block_device.tags`.
 */
export type AttributeEffects = Readonly<Record<string, Readonly<Record<string, AttributeEffect>>>>;

/**
 * @param attribute may be a member of a map that is listed as a whole, e.g. `tags.Name`
 * @returns null for an attribute that is not listed
 */
export function attributeEffect(
  effects: AttributeEffects,
  type: string,
  attribute: string,
): AttributeEffect | null {
  const known = effects[type] ?? {};
  const steps = attribute.split('.');
  for (let length = steps.length; length > 0; length--) {
    const effect = known[steps.slice(0, length).join('.')];
    if (effect !== undefined) return effect;
  }
  return null;
}
