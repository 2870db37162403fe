package muninn.model;

import java.util.List;
import java.util.Map;
import muninn.kernels.Format;
import muninn.kernels.Stored;

/**
 * Where a layout's tensors lie in a checkpoint's files: each as it is named, or as the codes,
 * scales and zero points of a coded matrix.
 *
 * @param tensors all that the files hold, by name, in file order
 * @param coded the matrices that some of them make up, by the layout's name
 */
record StoredWeights(Map<String, Tensor> tensors, Map<String, CodedTensor> coded) {

  /**
   * A tensor that the model needs; its presence, shape and type were checked by {@link
   * Checkpoint#open}. Names are in {@link Layout}.
   */
  Tensor tensor(String name) {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException("no tensor " + name + " in the layout of this model");
    }
    return tensor;
  }

  /** The tensors that hold one of the layout's. */
  List<Tensor> asStored(String name) {
    CodedTensor codes = coded.get(name);
    return codes == null ? List.of(tensor(name)) : codes.parts();
  }

  /** What a tensor of the layout's is stored in. */
  Format formatOf(String name) {
    CodedTensor codes = coded.get(name);
    return codes == null ? new Format.Plain(tensor(name).dtype()) : codes.format();
  }

  /** A tensor of the layout's as a matrix. */
  Stored whole(String name, int rows, int columns) {
    CodedTensor codes = coded.get(name);
    Stored.Bytes bytes = codes == null ? tensor(name) : codes;
    return new Stored(rows, columns, List.of(new Stored.Piece(formatOf(name), bytes, 0, rows, 0)));
  }

  /** What the elements of a tensor, or the codes of a matrix, are stored as. */
  String typeOf(String name) {
    CodedTensor codes = coded.get(name);
    return codes == null ? tensor(name).type().name() : codes.format().label();
  }

  /** Bytes that a weight takes in the files. */
  long bytes(Layout.Weight weight) {
    return weight.pieces().stream()
        .mapToLong(
            piece -> {
              CodedTensor codes = coded.get(piece.tensor());
              if (codes != null) {
                return codes.bytes() * piece.rows() / codes.rows();
              }
              Tensor tensor = tensor(piece.tensor());
              return tensor.bytes() / rows(weight, tensor) * piece.rows();
            })
        .sum();
  }

  /** In what a weight's pieces are counted: rows of a matrix, elements of all else. */
  private static long rows(Layout.Weight weight, Tensor tensor) {
    return weight.isMatrix() ? tensor.shape().getFirst() : tensor.elements();
  }

  /**
   * Where a weight's pieces lie.
   *
   * @param columns elements of what the pieces count
   */
  Stored of(Layout.Weight weight, int columns) {
    List<Stored.Piece> pieces =
        weight.pieces().stream()
            .map(
                piece -> {
                  CodedTensor codes = coded.get(piece.tensor());
                  if (codes != null) {
                    return new Stored.Piece(
                        codes.format(), codes, piece.from(), piece.rows(), piece.halves());
                  }
                  Tensor tensor = tensor(piece.tensor());
                  return new Stored.Piece(
                      tensor.dtype(), tensor, piece.from(), piece.rows(), piece.halves());
                })
            .toList();
    return new Stored(Math.toIntExact(weight.elements() / columns), columns, pieces);
  }
}
