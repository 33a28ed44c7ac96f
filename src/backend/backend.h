// The interface of a backend: patterns that match subgraphs, and packers that convert between layouts, on one device.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backend/device.h"
#include "backend/pattern.h"

namespace residual {

/// Kernels from one layout to another: one input, one output. A backend has packers for its own layouts, packed weights included.
class Packer {
 public:
  virtual ~Packer() = default;
  /// None for layouts that this packer does not support.
  virtual std::optional<Implementation> pack(const TensorType& type, const Layout& from, const Layout& to) const = 0;
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string_view name() const = 0;
  virtual std::string description() const = 0;  ///< the processor's name, for display
  virtual std::string identity() const = 0;     ///< what tuning results depend on: processor, instruction sets, library versions
  virtual std::vector<std::string> libraries() const { return {}; }  ///< that it runs on: "oneDNN 2.6.3"
  virtual const std::shared_ptr<const Device>& device() const { return host_device(); }
  virtual std::span<const std::unique_ptr<Pattern>> patterns() const = 0;  ///< in order of preference
  virtual std::span<const std::unique_ptr<Packer>> packers() const = 0;
};

/// The conversion by the first of the backend's packers that supports it; its label begins with the backend's name.
std::optional<Implementation> reorder(const Backend& backend, const TensorType& type, const Layout& from, const Layout& to);

/// Backends in order of preference; the last covers every op.
using BackendList = std::vector<std::shared_ptr<const Backend>>;

}  // namespace residual
