// A file mapped read-only into memory, shared by every tensor that views it.
#pragma once
#include <cstddef>
#include <memory>
#include <string>

namespace orpo {

struct MappedFile {
  const std::byte* data = nullptr;
  size_t size = 0;

  /// Maps privately: a tensor written in place gets pages of its own and the file stays as it was.
  static std::shared_ptr<MappedFile> open(const std::string& path);
  MappedFile() = default;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();
};

}  // namespace orpo
