// orpo::quantised_pack: the blocks of a GGUF matrix -> slabs, see quantised-blocks.h.
// orpo::quantised_rows: rows of such a matrix as floats, all of them or those asked for.
#include <ATen/ATen.h>
#include <torch/library.h>

#include <cstring>

#include "little-endian.h"
#include "quantised-matrix.h"
#include "rows.h"
#include "vector-math.h"

namespace orpo {

namespace {

/// The file's row that belongs at `row`. GGUF keeps the rotated rows of each head as pairs (0, 1), (2, 3), …; models here
/// pair row i with row i + K/2. `heads` 0: rows as they stand.
int64_t sourceRow(int64_t row, int64_t rows, int64_t heads) {
  if (heads == 0) return row;
  const int64_t size = rows / heads, half = size / 2;
  const int64_t head = row / size, within = row % size;
  return head * size + 2 * (within % half) + within / half;
}

/// bytes [rows * columns / 32 * bytes of a block] -> [sides, blocks, bytes of a slab].
at::Tensor quantisedPack(const at::Tensor& bytes, const std::string& kind, int64_t rows, int64_t columns,
                         int64_t pairedHeads) {
  const BlockFormat format = blockFormat(kind);
  TORCH_CHECK(rows > 0 && columns > 0 && columns % kBlock == 0, "a row of ", columns, " is no multiple of ", kBlock);
  TORCH_CHECK(bytes.is_cpu() && bytes.scalar_type() == at::kByte && bytes.is_contiguous() &&
                  bytes.numel() == rows * (columns / kBlock) * format.blockBytes(),
              bytes.numel(), " bytes do not hold ", kind, " weights [", rows, ", ", columns, "]");
  TORCH_CHECK(pairedHeads == 0 || rows % (2 * pairedHeads) == 0, rows, " rows are not those of ", pairedHeads, " heads");
  const int64_t blocks = columns / kBlock, sides = (rows + kSide - 1) / kSide;
  at::Tensor packed = at::empty({sides, blocks, format.slabBytes()}, bytes.options());
  const uint8_t* from = bytes.const_data_ptr<uint8_t>();
  uint8_t* to = packed.mutable_data_ptr<uint8_t>();
  const uint32_t flip = format.bits == 8 ? 0x80808080u : 0u;
  overRows(sides, kSide * columns, [&](int64_t side) {
    uint8_t* slabs = to + side * blocks * format.slabBytes();
    if ((side + 1) * kSide > rows) std::memset(slabs, 0, static_cast<size_t>(blocks * format.slabBytes()));
    for (int64_t lane = 0; lane < kSide && side * kSide + lane < rows; ++lane) {
      const uint8_t* source =
          from + sourceRow(side * kSide + lane, rows, pairedHeads) * blocks * format.blockBytes();
      for (int64_t block = 0; block < blocks; ++block, source += format.blockBytes()) {
        uint8_t* slab = slabs + block * format.slabBytes();
        std::memcpy(slab + 2 * lane, source, 2);
        if (format.minimums) std::memcpy(slab + 2 * kSide + 2 * lane, source + 2, 2);
        const uint8_t* codes = source + format.headBytes();
        for (int64_t j = 0; j < format.codeBytes() / 4; ++j) {
          uint32_t four;
          std::memcpy(&four, codes + 4 * j, 4);
          four ^= flip;
          std::memcpy(slab + format.codesAt() + (j * kSide + lane) * 4, &four, 4);
        }
      }
    }
  });
  return packed;
}

/// Writes one row of the matrix.
template <typename T>
void unpackRow(const SlabMatrix& matrix, int64_t row, T* out) {
  const BlockFormat& format = matrix.format;
  const int64_t side = row / kSide, lane = row % kSide;
  for (int64_t block = 0; block < matrix.blocks(); ++block) {
    const uint8_t* slab = matrix.slab(side, block);
    const float scale = halfAt(slab + 2 * lane);
    const float least = format.minimums ? halfAt(slab + 2 * kSide + 2 * lane) : 0.0f;
    const uint8_t* codes = slab + format.codesAt() + lane * 4;
    T* to = out + block * kBlock;
    for (int64_t i = 0; i < format.codeBytes(); ++i) {
      const int code = codes[(i / 4) * kSide * 4 + i % 4];
      if (format.bits == 8) {
        store(to[i], scale * static_cast<float>(code - format.offset));
      } else {
        store(to[i], scale * static_cast<float>((code & 15) - format.offset) + least);
        store(to[i + 16], scale * static_cast<float>((code >> 4) - format.offset) + least);
      }
    }
  }
}

/// packed, and the ids [N] of rows (all when there are none) -> [N, columns] float32 or bfloat16.
at::Tensor quantisedRows(const at::Tensor& packed, int64_t rows, const std::optional<at::Tensor>& ids,
                         at::ScalarType dtype) {
  const SlabMatrix matrix = slabMatrix(packed, rows);
  TORCH_CHECK(dtype == at::kFloat || dtype == at::kBFloat16, "rows come in float32 or bfloat16, not ", dtype);
  const at::Tensor wanted = ids.has_value() ? ids->contiguous() : at::Tensor();
  if (wanted.defined()) TORCH_CHECK(wanted.scalar_type() == at::kLong && wanted.is_cpu(), "ids are int64 on the CPU");
  const int64_t* chosen = wanted.defined() ? wanted.const_data_ptr<int64_t>() : nullptr;
  const int64_t count = wanted.defined() ? wanted.numel() : rows;
  for (int64_t i = 0; chosen != nullptr && i < count; ++i)
    TORCH_CHECK(chosen[i] >= 0 && chosen[i] < rows, "row ", chosen[i], " of ", rows);
  at::Tensor out = at::empty({count, matrix.columns}, packed.options().dtype(dtype));
  overFloats(dtype, [&](auto zero) {
    using T = decltype(zero);
    T* to = out.mutable_data_ptr<T>();
    overRows(count, matrix.columns, [&](int64_t i) {
      unpackRow(matrix, chosen == nullptr ? i : chosen[i], to + i * matrix.columns);
    });
  });
  return out;
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(orpo, library) {
  library.def("quantised_pack(Tensor bytes, str kind, int rows, int columns, int paired_heads=0) -> Tensor");
  library.def("quantised_rows(Tensor packed, int rows, *, Tensor? ids=None, ScalarType dtype) -> Tensor");
}

TORCH_LIBRARY_IMPL(orpo, CompositeImplicitAutograd, library) {
  library.impl("quantised_pack", &quantisedPack);
  library.impl("quantised_rows", &quantisedRows);
}

}  // namespace orpo
