#pragma once
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.hpp"

namespace davit::test {

struct SeenRequest {
  std::string method;
  std::string target;
  std::map<std::string, std::string> fields;  // names in lower case
  std::string body;
};

struct Answer {
  int status = 200;
  std::string body = "{}";
  std::string type = "application/json";
  std::vector<std::pair<std::string, std::string>> fields{};
  bool until_close = false;  // no Content-Length: the body ends with the connection
};

// An HTTP server on 127.0.0.1, port 0: answers what the test says, and remembers what it was asked.
// A thread for each connection; the handler is called under a lock.
class ApiServer {
 public:
  using Handler = std::function<Answer(const SeenRequest&)>;
  explicit ApiServer(Handler handler);
  ~ApiServer();
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;

  std::string url() const;
  std::vector<SeenRequest> seen();
  // "PATCH /apps/blog/formation {...}" of each request.
  std::vector<std::string> lines();

 private:
  void accept_all();
  void serve(int fd);

  Handler handler_;
  UniqueFd listener_;
  int port_ = 0;
  std::mutex mutex_;
  bool stopping_ = false;
  std::vector<SeenRequest> seen_;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread accepter_;
};

}  // namespace davit::test
