#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "page.hpp"

int main() {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<unsigned short>(std::atoi(std::getenv("PORT"))));
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return 1;
  listen(listener, 16);
  for (;;) {
    const int client = accept(listener, nullptr, nullptr);
    char request[4096];
    if (client < 0 || read(client, request, sizeof request) <= 0) continue;
    const std::string text = page();
    const std::string answer = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " +
                               std::to_string(text.size()) + "\r\n\r\n" + text;
    if (write(client, answer.data(), answer.size()) < 0) return 1;
    close(client);
  }
}
