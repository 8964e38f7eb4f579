/** A record that may be claimed: of somebody who is of age, or whose birthday nobody knows. */
interface Claimable {
  id: number;
  date_of_birth: string | null;
}

/**
 * Which of the records with one phone is whose who says this birthday. Where several fit, as of twins, it is nobody's: the
 * desk has to tell them apart. A record without a birthday is only claimed where no other has that phone.
 * @param born what they say, if they say it
 * @param last the last birthday of those who are of age
 */
export function claimed<Record extends Claimable>(
  records: readonly Record[],
  born: string | undefined,
  last: string,
): Record | undefined {
  const fitting = records.filter(({ date_of_birth }) => date_of_birth !== null && date_of_birth === born);
  if (fitting.length > 0) return fitting.length === 1 ? fitting[0] : undefined;
  const [only, ...others] = records;
  const isChild = born !== undefined && born > last;
  return only?.date_of_birth === null && others.length === 0 && !isChild ? only : undefined;
}
