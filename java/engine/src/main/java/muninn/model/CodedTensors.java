package muninn.model;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import muninn.UserException;
import muninn.files.Json;
import muninn.kernels.Format.Coded;
import muninn.kernels.Format.Encoding;

/**
 * Finds the coded matrices among a checkpoint's tensors, in the names of compressed-tensors: of a
 * matrix {@code M.weight} the codes are {@code M.weight_packed} or, a byte each, {@code M.weight}
 * itself, beside {@code M.weight_scale}, {@code M.weight_zero_point} and {@code M.weight_shape}.
 */
final class CodedTensors {
  private static final String WEIGHT = ".weight";
  static final String PACKED = "_packed";
  static final String SCALE = "_scale";
  static final String ZERO = "_zero_point";
  static final String SHAPE = "_shape";
  private static final String ORDER = "_g_idx";

  // Of activations, which stay as they are.
  private static final List<String> UNUSED =
      List.of(
          ".input_scale",
          ".input_zero_point",
          ".output_scale",
          ".output_zero_point",
          ".q_scale",
          ".k_scale",
          ".v_scale",
          ".k_zero_point",
          ".v_zero_point");

  private static final String REMEDY = "; use files of one and the same checkpoint";

  private final Quantisation quantisation;
  private final Map<String, Tensor> tensors;
  private final Set<String> parts = new HashSet<>();
  private final Map<String, CodedTensor> found = new LinkedHashMap<>();

  private CodedTensors(Quantisation quantisation, Map<String, Tensor> tensors) {
    this.quantisation = quantisation;
    this.tensors = tensors;
  }

  /**
   * What they are.
   *
   * @param matrices by name
   * @param parts names of all tensors that they are made of, and of those that are not used
   */
  record Found(Map<String, CodedTensor> matrices, Set<String> parts) {
    static final Found NONE = new Found(Map.of(), Set.of());
  }

  /**
   * @throws UserException naming file and tensor where parts are missing, or do not fit together
   */
  static Found among(Quantisation quantisation, Map<String, Tensor> tensors) {
    CodedTensors coded = new CodedTensors(quantisation, tensors);
    for (Tensor tensor : tensors.values()) {
      String name = tensor.name();
      if (name.endsWith(WEIGHT + PACKED)) {
        coded.put(name.substring(0, name.length() - PACKED.length()), tensor);
      } else if (name.endsWith(WEIGHT) && tensor.type().number().isEmpty()) {
        coded.put(name, tensor);
      } else if (UNUSED.stream().anyMatch(name::endsWith)) {
        coded.parts.add(name);
      }
    }
    return new Found(coded.found, coded.parts);
  }

  private void put(String name, Tensor codes) {
    if (codes.shape().size() != 2) {
      throw wrong(codes, "has shape " + codes.shape(), "rows and columns of codes");
    }
    if (tensors.containsKey(name + ORDER)) {
      throw wrong(
          tensors.get(name + ORDER),
          "puts columns in an order of their own",
          "columns in their order, as other checkpoints of the model have them");
    }
    Tensor scales = require(name + SCALE, codes);
    if (scales.type().number().isEmpty()) {
      throw wrong(scales, "has dtype " + scales.type(), "scales in F32, BF16, F16 or F64");
    }
    int rows = Math.toIntExact(codes.shape().getFirst());
    int columns = columns(name, codes);
    Coded format = format(codes, scales, rows, columns);
    Tensor zeros = tensors.get(name + ZERO);
    if (zeros != null && saysNothing(zeros)) {
      zeros = null;
    }
    if (zeros != null) {
      requireZeros(format, zeros, rows, columns);
    }
    for (String part : List.of(PACKED, SCALE, ZERO, SHAPE)) {
      parts.add(name + part);
    }
    parts.add(codes.name());
    Tensor shape = tensors.get(name + SHAPE);
    found.put(name, new CodedTensor(name, format, rows, columns, codes, scales, zeros, shape));
  }

  /** As {@code weight_shape} says, which codes in whole words do not. */
  private int columns(String name, Tensor codes) {
    long stored = codes.shape().get(1);
    if (codes.type() != TensorType.I32) {
      return Math.toIntExact(stored);
    }
    Tensor shape = require(name + SHAPE, codes);
    boolean isShape =
        (shape.type() == TensorType.I64 || shape.type() == TensorType.I32) && shape.elements() == 2;
    long rows = isShape ? element(shape, 0) : -1;
    long columns = isShape ? element(shape, 1) : -1;
    if (rows != codes.shape().getFirst() || columns <= 0 || columns > Integer.MAX_VALUE) {
      throw wrong(
          shape,
          isShape ? "says [" + rows + ", " + columns + "]" : "has shape " + shape.shape(),
          "the rows of "
              + codes.name()
              + ", which are "
              + codes.shape().getFirst()
              + ", and columns");
    }
    return (int) columns;
  }

  private static long element(Tensor shape, int index) {
    int bytes = shape.type().bytes();
    long value = 0;
    for (int i = bytes - 1; i >= 0; i--) {
      int at = index * bytes + i;
      value = value << 8 | shape.data().get(ValueLayout.JAVA_BYTE, at) & 0xFF;
    }
    return value;
  }

  private Coded format(Tensor codes, Tensor scales, int rows, int columns) {
    Encoding encoding = encoding(codes, columns);
    long count = scales.elements();
    int groups = count == 1 || count == rows ? 1 : Math.toIntExact(count / rows);
    List<Long> wanted = List.of((long) rows, (long) groups);
    boolean oneForSome = count == 1 || scales.shape().equals(List.of((long) rows));
    if (!oneForSome && !scales.shape().equals(wanted)) {
      throw wrong(
          scales,
          "has shape " + scales.shape(),
          "a scale for each of " + rows + " rows, or for groups of their columns");
    }
    return quantisation
        .format(encoding, columns, groups)
        .orElseThrow(
            () ->
                wrong(
                    scales,
                    "has shape "
                        + scales.shape()
                        + " for "
                        + columns
                        + " columns in "
                        + encoding.label(),
                    "one that a scheme of config.json makes, which has "
                        + quantisation.described()));
  }

  private static Encoding encoding(Tensor codes, int columns) {
    long stored = codes.shape().get(1);
    return switch (codes.type()) {
      case F8_E4M3 -> Encoding.FP8;
      case I8 -> Encoding.INT8;
      case I32 -> {
        if (stored == (columns + 7L) / 8) {
          yield Encoding.INT4;
        }
        if (stored == (columns + 3L) / 4) {
          yield Encoding.INT8;
        }
        throw wrong(
            codes,
            "has shape " + codes.shape(),
            "eight codes of 4 bits or four of 8 in each, of " + columns + " columns");
      }
      default -> throw wrong(codes, "has dtype " + codes.type(), "codes in F8_E4M3, I8 or I32");
    };
  }

  /** Older writers keep zero points of symmetric codes too, each a number by itself, and zero. */
  private static boolean saysNothing(Tensor zeros) {
    if (zeros.type() == TensorType.I32) {
      return false; // of words, zero is the least
    }
    MemorySegment data = zeros.data();
    for (long at = 0; at < data.byteSize(); at++) {
      if (data.get(ValueLayout.JAVA_BYTE, at) != 0) {
        return false;
      }
    }
    return true;
  }

  private static void requireZeros(Coded format, Tensor zeros, int rows, int columns) {
    List<Long> wanted = List.of((rows + 7L) / 8, (long) format.groups(columns));
    if (!format.hasZeros()) {
      throw wrong(zeros, "is there", "no zero points beside " + format.label());
    }
    if (zeros.type() != TensorType.I32 || !zeros.shape().equals(wanted)) {
      throw wrong(
          zeros,
          "is " + zeros.type() + " of shape " + zeros.shape(),
          "I32 of shape " + wanted + ", those of eight rows in each");
    }
  }

  private Tensor require(String name, Tensor codes) {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw UserException.of(
          "%s: tensor %s is missing, wanted it beside the codes in %s%s",
          codes.file(), Json.shortened(name), Json.shortened(codes.name()), REMEDY);
    }
    return tensor;
  }

  private static UserException wrong(Tensor tensor, String found, String wanted) {
    return UserException.of(
        "%s: tensor %s %s, wanted %s%s",
        tensor.file(), Json.shortened(tensor.name()), found, wanted, REMEDY);
  }
}
