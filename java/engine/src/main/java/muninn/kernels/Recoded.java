package muninn.kernels;

import java.lang.foreign.MemorySegment;

/**
 * A tensor's rows in another format than it is stored in, made while they are read, some rows at a
 * time: so a model is quantised on its way to a device, and never in memory whole. Safe for use by
 * several threads.
 */
record Recoded(Format from, Stored.Bytes source, int columns, Format to) implements Stored.Bytes {
  private static final int SOME_BYTES = 64 << 10;

  @Override
  public void read(long at, MemorySegment out) {
    long rowBytes = to.rowBytes(columns);
    long storedBytes = from.rowBytes(columns);
    if (rowBytes == 0) {
      return;
    }
    long first = at / rowBytes;
    int count = Math.toIntExact(out.byteSize() / rowBytes);
    int some = Math.clamp(SOME_BYTES / storedBytes, 1, Math.max(1, count));
    MemorySegment stored = MemorySegment.ofArray(new byte[Math.toIntExact(some * storedBytes)]);
    float[] numbers = new float[some * columns];
    for (int row = 0; row < count; row += some) {
      int now = Math.min(some, count - row);
      MemorySegment data = stored.asSlice(0, now * storedBytes);
      source.read((first + row) * storedBytes, data);
      numbers(data, now, numbers);
      write(numbers, now, out.asSlice(row * rowBytes, now * rowBytes));
    }
  }

  private void numbers(MemorySegment data, int rows, float[] numbers) {
    switch (from) {
      case Format.Plain(DType type) -> type.read(data, numbers, rows * columns);
      case Format.Coded coded -> {
        CodedRows codes = new CodedRows(coded, columns, data);
        for (int i = 0; i < rows * columns; i++) {
          numbers[i] = codes.value(i / columns, i % columns);
        }
      }
      case Format.Scaled _ -> throw new IllegalArgumentException("no weights are " + from.label());
    }
  }

  private void write(float[] numbers, int rows, MemorySegment out) {
    switch (to) {
      case Format.Plain(DType type) when type == DType.F32 ->
          MemorySegment.copy(numbers, 0, out, DType.SINGLE, 0, rows * columns);
      case Format.Plain(DType type) when type == DType.BF16 -> {
        for (int i = 0; i < rows * columns; i++) {
          out.set(DType.HALF, 2L * i, DType.bf16(numbers[i]));
        }
      }
      case Format.Plain _, Format.Scaled _ ->
          throw new IllegalArgumentException("nothing is made " + to.label() + " on its way");
      case Format.Coded coded -> {
        Quantiser quantiser = new Quantiser(coded, columns);
        CodedRows codes = new CodedRows(coded, columns, out.fill((byte) 0));
        for (int r = 0; r < rows; r++) {
          quantiser.code(numbers, r * columns, codes, r);
        }
      }
    }
  }
}
