package muninn.kernels.cuda;

import muninn.kernels.KvCache;

/** Where keys and values lie in device memory, told once more for tests. */
final class KvPlaces {
  private static final int BLOCK = 32; // elements, of all rows of a page
  private static final int UNIT = 16; // bytes

  private KvPlaces() {}

  /**
   * Where a head's keys (0), its values (1) or what is behind them (2) begins in a page, in bytes.
   */
  static long part(CudaKvCache cache, int page, int head, int part) {
    long bytes = CudaKvCache.pageBytes(cache.format(), 1, cache.headWidth());
    return ((long) page * cache.heads() + head) * bytes
        + (long) part * KvCache.PAGE * CudaKvCache.rowBytes(cache.format(), cache.headWidth());
  }

  /**
   * Where an element of a row is behind that, in elements of so many bytes: blocks of 32 elements
   * of all rows, a row's units of 16 bytes turned.
   */
  static int element(int row, int element, int bytes) {
    int inUnit = UNIT / bytes;
    int turn =
        switch (bytes) {
          case 1 -> row / 4 % 2;
          case 2 -> row / 2 % 4;
          default -> row % 8;
        };
    int unit = element % BLOCK / inUnit ^ turn;
    return (element / BLOCK * KvCache.PAGE + row) * BLOCK + unit * inUnit + element % inUnit;
  }
}
