#pragma once

#include "result.h"
#include "unique_fd.h"

#include <cstdint>
#include <string>

/// What this kernel can do, found out by trying. All on the JS thread; nothing stays behind.
namespace gadget::bpf {

/// Loads (and with `attach` attaches, for a moment) an empty program of a BTF-based kind on a named target.
Status probe_tracing(uint32_t program_type, uint32_t attach_type, const std::string &target, bool attach);
/// 1: supported, 0: not, negative: could not be found out.
int probe_program_type(uint32_t program_type);
int probe_map_type(uint32_t map_type);
/// Opens a software-clock event on the first CPU that takes one.
Status probe_perf_event();

int possible_cpus();
/// CLOCK_REALTIME minus CLOCK_BOOTTIME.
int64_t boot_time_offset_ns();
/// Mounts tracefs on its usual place.
Status mount_tracefs(const std::string &path);
/// Statistics of programs are counted while the descriptor is open.
Result<UniqueFd> enable_statistics();

} // namespace gadget::bpf
