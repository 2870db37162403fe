package muninn.kernels;

/**
 * What a kind of device takes of its memory for work on what it keeps, counted as a {@link
 * PaperDevice} is told of things. Classes of the device itself say how much, the same that take it
 * on the device: nothing is estimated twice.
 */
public interface PaperMemory {
  /** A page of keys and values. */
  long pageBytes(Format format, int heads, int headWidth);

  /** A matrix is there. */
  void matrix(Weights weights);

  /** Lane tables of so many lanes each. */
  void lanes(int capacity);

  /** Page tables, and what else is known of sequences. */
  void sequences(int count, int positions, int slots);

  /** An operation is made ready. */
  void prepare(Op op);

  /** What the device has from the start, and for its matrices, whatever is done with them. */
  long deviceBytes();

  /** Tables and room for operations, taken before the first of them runs. */
  long workBytes();

  /** What long contexts of many lanes may want beyond that, at most; taken when they come. */
  long laterBytes();

  /** Nothing as yet, of the same kind. */
  PaperMemory fresh();

  /** Of a device that takes nothing: numbers lie as they are. */
  PaperMemory NONE =
      new PaperMemory() {
        @Override
        public long pageBytes(Format format, int heads, int headWidth) {
          return 2L * heads * format.bytes(KvCache.PAGE, headWidth);
        }

        @Override
        public void matrix(Weights weights) {}

        @Override
        public void lanes(int capacity) {}

        @Override
        public void sequences(int count, int positions, int slots) {}

        @Override
        public void prepare(Op op) {}

        @Override
        public long deviceBytes() {
          return 0;
        }

        @Override
        public long workBytes() {
          return 0;
        }

        @Override
        public long laterBytes() {
          return 0;
        }

        @Override
        public PaperMemory fresh() {
          return this;
        }
      };
}
