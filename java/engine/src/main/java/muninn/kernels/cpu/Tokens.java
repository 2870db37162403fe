package muninn.kernels.cpu;

import java.util.Arrays;
import muninn.kernels.Op;
import muninn.kernels.SequenceParameters;

/** What opens a position, and what moves rows. */
final class Tokens {
  private Tokens() {}

  static Step prepare(Op.Embed op) {
    CpuWeights table = CpuWeights.of(op.table());
    CpuSequences sequences = CpuSequences.of(op.sequences());
    CpuBuffer out = CpuBuffer.of(op.out());
    int[] drawn = CpuSampled.of(op.sampled()).tokens();
    float scale = op.scale();
    return lanes -> {
      for (int m = 0; m < lanes.size(); m++) {
        int token = lanes.token[m] >= 0 ? lanes.token[m] : drawn[~lanes.token[m]];
        sequences.begin(lanes.sequence[m], lanes.position[m], token);
        int to = out.row(lanes, m);
        for (int i = 0; i < table.columns(); i++) {
          out.data()[to + i] = table.at(token, i) * scale;
        }
      }
    };
  }

  static Step prepare(Op.InitialState op) {
    CpuSequences sequences = CpuSequences.of(op.sequences());
    CpuBuffer out = CpuBuffer.of(op.out());
    return lanes -> {
      for (int m = 0; m < lanes.size(); m++) {
        SequenceParameters p = sequences.parameters[lanes.sequence[m]];
        int at = out.row(lanes, m);
        float deviation = op.deviation() * p.initScale();
        for (int i = 0; i < out.columns(); i++) {
          out.data()[at + i] =
              deviation == 0
                  ? 0
                  : Philox.truncatedNormal(p.seed(), lanes.position[m], i) * deviation * op.scale();
        }
      }
    };
  }

  static Step prepare(Op.Move op) {
    CpuBuffer from = CpuBuffer.of(op.from());
    CpuBuffer to = CpuBuffer.of(op.to());
    return lanes -> move(lanes, from, to);
  }

  static void move(CpuLanes lanes, CpuBuffer from, CpuBuffer to) {
    for (int m = 0; m < lanes.size(); m++) {
      System.arraycopy(from.data(), from.row(lanes, m), to.data(), to.row(lanes, m), to.columns());
    }
  }

  static Step prepare(Op.Clear op) {
    CpuBuffer to = CpuBuffer.of(op.to());
    return lanes -> {
      for (int m = 0; m < lanes.size(); m++) {
        int at = to.row(lanes, m);
        Arrays.fill(to.data(), at, at + to.columns(), 0);
      }
    };
  }
}
