#pragma once
#include "base/result.hpp"
#include "dyno/sandbox_plan.hpp"

namespace davit::dyno {

// Certificate files that the environment names (SSL_CERT_FILE, NODE_EXTRA_CA_CERTS, …) and that the
// root does not show yet are bound read-only at the same path: builds behind a company's proxy need
// them. The variables may come from the app's owner, so a file is shown only if everybody on the
// host may read it and it holds certificates and no key; one that cannot be shown is no reason not
// to start.
void attach_certificate_files(const SandboxPlan& plan, int root, Notes& notes);

}  // namespace davit::dyno
