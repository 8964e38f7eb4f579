/** Where the files of photos are kept. A file is never changed: it comes whole, and goes. */
export interface PhotoStore {
  /** Once it resolves the file is there, whole, whatever happens next. */
  put(file: string, bytes: Buffer): Promise<void>;
  /** @returns undefined where there is no such file */
  get(file: string): Promise<Buffer | undefined>;
  /** Removes a file, if it is there. */
  remove(file: string): Promise<void>;
  /** Every file that is there, half-written ones too, with the time of its last change. */
  list(): AsyncIterable<StoredFile>;
}

interface StoredFile {
  file: string;
  changed_at: Date;
}
