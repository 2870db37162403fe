package muninn.kernels.cpu;

import muninn.kernels.Lanes;

/** The lane table as plain arrays. */
final class CpuLanes implements Lanes {
  final int[] row;
  final int[] sequence;
  final int[] position;
  final int[] group;
  final int[] token;
  private int size;

  CpuLanes(int capacity) {
    row = new int[capacity];
    sequence = new int[capacity];
    position = new int[capacity];
    group = new int[capacity];
    token = new int[capacity];
  }

  static CpuLanes of(Lanes lanes) {
    return (CpuLanes) lanes;
  }

  @Override
  public void clear() {
    size = 0;
  }

  @Override
  public void add(int row, int sequence, int position, int group, int token) {
    this.row[size] = row;
    this.sequence[size] = sequence;
    this.position[size] = position;
    this.group[size] = group;
    this.token[size] = token;
    size++;
  }

  @Override
  public int size() {
    return size;
  }
}
