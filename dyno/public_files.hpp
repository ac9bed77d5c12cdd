#pragma once
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "dyno/sandbox_plan.hpp"

namespace davit::dyno {

struct CertificateFile {
  std::string variable;
  std::string path;
  UniqueFd fd;
};

// Certificate files that the environment names (SSL_CERT_FILE, NODE_EXTRA_CA_CERTS, …) and that the
// root does not show anyway: builds behind a company's proxy need them. The variables may come from
// the app's owner, so a file counts only if everybody on the host may read it and it holds
// certificates and no key.
std::vector<CertificateFile> certificate_files(const Spec& spec);

// Binds them read-only at the same path; one that cannot be shown is no reason not to start.
void attach_certificate_files(const SandboxPlan& plan, int root, Notes& notes);

}  // namespace davit::dyno
