#include "mapped-file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "errors.h"

namespace orpo {

std::shared_ptr<MappedFile> MappedFile::open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw Misuse("cannot open " + path + ": " + std::strerror(errno));
  struct stat status {};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(descriptor);
    throw Misuse(path + " is not a regular file");
  }
  auto file = std::make_shared<MappedFile>();
  file->size = static_cast<size_t>(status.st_size);
  if (file->size > 0) {
    void* address = ::mmap(nullptr, file->size, PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor, 0);
    if (address == MAP_FAILED) {
      ::close(descriptor);
      throw Misuse("cannot map " + path + ": " + std::strerror(errno));
    }
    file->data = static_cast<const std::byte*>(address);
  }
  ::close(descriptor);
  return file;
}

MappedFile::~MappedFile() {
  if (data != nullptr) ::munmap(const_cast<std::byte*>(data), size);
}

}  // namespace orpo
