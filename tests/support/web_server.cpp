#include "tests/support/web_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "tests/support/free_ports.h"

namespace tbbthumbs::testing {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kStatePath = "/_/state";

// One process, so that ordinary Lua tables are shared by all requests. All paths are relative to the directory of the
// configuration. `files` there leads to what is served.
constexpr std::string_view kConfiguration = R"(
daemon off;
master_process off;
pid nginx.pid;
lock_file nginx.lock;
error_log error.log warn;
load_module @MODULES@/ndk_http_module.so;
load_module @MODULES@/ngx_http_lua_module.so;
events { worker_connections 2048; }
http {
  client_body_temp_path temporary/body;
  proxy_temp_path temporary/proxy;
  fastcgi_temp_path temporary/fastcgi;
  uwsgi_temp_path temporary/uwsgi;
  scgi_temp_path temporary/scgi;
  types {
    image/jpeg jpg jpeg;
    image/png png;
    image/gif gif;
    text/html html;
    text/plain txt;
  }
  default_type application/octet-stream;
  log_format fields escape=none '$request_method\t$request_uri\t$status\t$server_protocol\t$connection\t'
                                '$body_bytes_sent\t$msec\t$http_host\t$http_if_none_match\t$http_if_modified_since\t'
                                '$http_user_agent\t$http_accept\t$http_accept_encoding\t$http_authorization';
  access_log access.log fields;
  server_tokens off;
  absolute_redirect off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000;
  keepalive_timeout 60s;
  http2_max_concurrent_streams 256;
  ssl_protocols TLSv1.2 TLSv1.3;
  lua_check_client_abort on;
  lua_http10_buffering off;
  init_by_lua_file places.lua;
  rewrite_by_lua_block { places.count_in() }
  log_by_lua_block { places.count_out() }
  server {
    @LISTEN@
    @LISTEN_SECURE@
    ssl_certificate server.pem;
    ssl_certificate_key server.key;
    include places.conf;
  }
  server {
    @LISTEN_UNTRUSTED@
    ssl_certificate stranger.pem;
    ssl_certificate_key stranger.key;
    include places.conf;
  }
}
)";

constexpr std::string_view kPlaces = R"(
# No names of index files: finding one would count the request twice.
location / {
  root files;
  index none;
}
location = /_/state {
  access_log off;
  rewrite_by_lua_block { return }
  log_by_lua_block { return }
  content_by_lua_block { places.state() }
}
location ~ ^/_/delay/(?<count>\d+)/(?<file>.*)$ {
  access_by_lua_block { ngx.sleep(ngx.var.count / 1000) }
  alias files/$file;
}
location ~ ^/_/flaky/(?<count>\d+)/(?<code>[2-5]\d\d)/(?<key>[^/]+)/(?<file>.*)$ {
  access_by_lua_block { if places.is_early() then places.say_status() end }
  alias files/$file;
}
location ~ ^/_/reset/(?<count>\d+)/(?<key>[^/]+)/(?<file>.*)$ {
  reset_timedout_connection on;
  access_by_lua_block { if places.is_early() then ngx.exit(444) end }
  alias files/$file;
}
location ~ ^/_/hangup/(?<count>\d+)/(?<key>[^/]+)/(?<file>.*)$ {
  access_by_lua_block { if places.is_early() then ngx.exit(444) end }
  alias files/$file;
}
location ~ ^/_/redirect/(?<count>\d+)/(?<file>.*)$ {
  access_by_lua_block { places.redirect_on() }
  alias files/$file;
}
location ~ ^/_/cut/(?<count>\d+)/(?<file>.*)$ { content_by_lua_block { places.cut(0) } }
location ~ ^/_/stall/(?<count>\d+)/(?<file>.*)$ { content_by_lua_block { places.cut(60) } }
location ~ ^/_/slow/(?<count>\d+)/(?<file>.*)$ { content_by_lua_block { places.slow() } }
location ~ ^/_/chunked/(?<file>.*)$ { content_by_lua_block { places.chunked() } }
location ~ ^/_/gzip/(?<file>.*)$ {
  access_by_lua_block { ngx.req.set_header("Accept-Encoding", "gzip") }
  gzip on;
  gzip_types *;
  gzip_min_length 0;
  gzip_http_version 1.0;
  alias files/$file;
}
location ~ ^/_/etag/(?<file>.*)$ {
  add_header Last-Modified "";
  alias files/$file;
}
location ~ ^/_/date/(?<file>.*)$ {
  etag off;
  alias files/$file;
}
location ~ ^/_/noetag/(?<file>.*)$ {
  etag off;
  if_modified_since off;
  add_header Last-Modified "";
  alias files/$file;
}
location ~ ^/_/auth/(?<file>.*)$ {
  auth_basic tests;
  auth_basic_user_file users;
  alias files/$file;
}
location ~ ^/_/status/(?<code>[2-5]\d\d)(/[^/]*)?$ { content_by_lua_block { places.say_status() } }
location ~ ^/_/to(/[^/]*)?$ { content_by_lua_block { places.redirect(ngx.req.get_uri_args().url) } }
location ~ ^/_/loop(/[^/]*)?$ { content_by_lua_block { places.redirect(ngx.var.request_uri) } }
location ~ ^/_/giant/(?<count>\d+)(/[^/]*)?$ { content_by_lua_block { places.giant(false) } }
location ~ ^/_/giant_length/(?<count>\d+)(/[^/]*)?$ { content_by_lua_block { places.giant(true) } }
location = /_/html.jpg {
  content_by_lua_block {
    ngx.header.content_type = "image/jpeg"
    ngx.say("<!DOCTYPE html><html><body>No picture is here.</body></html>")
  }
}
location /_/ { return 404; }
)";

constexpr std::string_view kLua = R"(
places = {}
local count, most = 0, 0
local calls = {}

function places.count_in()
  ngx.ctx.counted = true
  count = count + 1
  most = math.max(most, count)
end

-- Some requests fail before they are counted.
function places.count_out()
  if ngx.ctx.counted then count = count - 1 end
end

function places.state()
  ngx.print(ngx.worker.pid(), " ", most, "\n")
end

-- Whether this request of its key is one of the first so many.
function places.is_early()
  local key = ngx.var.key
  calls[key] = (calls[key] or 0) + 1
  return calls[key] <= tonumber(ngx.var.count)
end

function places.say_status()
  local retry_after = ngx.req.get_uri_args().retry_after
  if retry_after then ngx.header["Retry-After"] = retry_after end
  ngx.header.content_type = "text/plain"
  ngx.status = tonumber(ngx.var.code)
  if ngx.status ~= 204 and ngx.status ~= 304 then ngx.say("status ", ngx.var.code) end
  ngx.exit(ngx.HTTP_OK)
end

function places.redirect(where)
  ngx.status = tonumber(ngx.req.get_uri_args().status or 302)
  ngx.header.location = where
  ngx.say("elsewhere")
  ngx.exit(ngx.HTTP_OK)
end

function places.redirect_on()
  local left = tonumber(ngx.var.count)
  if left == 0 then return end
  places.redirect((ngx.var.request_uri:gsub("^/_/redirect/%d+", "/_/redirect/" .. left - 1)))
end

-- What is to be sent, after the headers that tell of it.
local function file(with_length)
  local stream = io.open(ngx.config.prefix() .. "files/" .. ngx.var.file, "rb")
  local text = stream and stream:read("*a")
  if stream then stream:close() end
  if not text then ngx.exit(404) end
  ngx.header.content_type = ngx.var.file:match("%.jpe?g$") and "image/jpeg" or "application/octet-stream"
  if with_length then ngx.header.content_length = #text end
  return text
end

local function send(text)
  if not ngx.print(text) or not ngx.flush(true) then ngx.exit(444) end
end

function places.cut(wait)
  local text = file(true)
  ngx.send_headers()
  local part = text:sub(1, tonumber(ngx.var.count))
  if #part > 0 then send(part) else ngx.flush(true) end
  if wait > 0 then ngx.sleep(wait) end
  ngx.exit(444)
end

-- 20 pieces a second, or single bytes.
function places.slow()
  local text = file(true)
  local rate = math.max(tonumber(ngx.var.count), 1)
  local size = math.max(math.floor(rate / 20), 1)
  for at = 1, #text, size do
    send(text:sub(at, at + size - 1))
    ngx.sleep(size / rate)
  end
end

function places.chunked()
  local text = file(false)
  local size = 16384
  for at = 1, #text, size do send(text:sub(at, at + size - 1)) end
end

function places.giant(with_length)
  local start = "\255\216\255\224\0\16JFIF\0\1\1\0\0\1\0\1\0\0"
  local zeros = string.rep("\0", 65536)
  local left = tonumber(ngx.var.count)
  ngx.header.content_type = "image/jpeg"
  if with_length then ngx.header.content_length = ngx.var.count end
  send(start:sub(1, left))
  left = left - #start
  while left > 0 do
    send(left >= #zeros and zeros or zeros:sub(1, left))
    left = left - #zeros
  end
end
)";

std::string Replaced(std::string_view text, std::string_view mark, std::string_view with) {
  std::string result(text);
  for (size_t at = 0; (at = result.find(mark, at)) != std::string::npos; at += with.size()) {
    result.replace(at, mark.size(), with);
  }
  return result;
}

// As nginx was built; empty: it can't say.
fs::path ModuleDirectory() {
  const std::optional<fs::path> nginx = FindProgram("nginx");
  if (!nginx) return {};
  constexpr std::string_view kOption = "--modules-path=";
  const std::string text = RunProcess(*nginx, {"-V"}).err;
  const size_t at = text.find(kOption);
  if (at == std::string::npos) return {};
  return text.substr(at + kOption.size(), text.find_first_of(" \n", at) - at - kOption.size());
}

std::string PathOf(const std::string& path) { return path.starts_with('/') ? path : "/" + path; }

// The whole answer of a server, or what came of it.
std::string Ask(int port, std::string_view path) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return "";
  const timeval timeout{5, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const std::string request = "GET " + std::string(path) + " HTTP/1.0\r\n\r\n";
  std::string answer;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::send(fd, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size())) {
    char buffer[4096];
    for (ssize_t count; (count = recv(fd, buffer, sizeof buffer, 0)) > 0;) {
      answer.append(buffer, static_cast<size_t>(count));
    }
  }
  close(fd);
  return answer;
}

WebRequest ParseRequest(const std::string& line) {
  std::istringstream fields(line);
  const auto next = [&] {
    std::string field;
    std::getline(fields, field, '\t');
    return field;
  };
  WebRequest request;
  request.method = next();
  request.uri = next();
  request.status = std::atoi(next().c_str());
  request.protocol = next();
  request.connection = std::atoll(next().c_str());
  request.body_bytes = std::strtoull(next().c_str(), nullptr, 10);
  request.ended_s = std::strtod(next().c_str(), nullptr);
  request.host = next();
  request.if_none_match = next();
  request.if_modified_since = next();
  request.user_agent = next();
  request.accept = next();
  request.accept_encoding = next();
  request.authorization = next();
  return request;
}

}  // namespace

bool WebServer::Available(std::string* why) {
  for (const char* program : {"nginx", "openssl", "setpriv"}) {
    if (FindProgram(program)) continue;
    *why = std::string(program) + " is not installed (Debian: nginx, openssl, util-linux)";
    return false;
  }
  const fs::path modules = ModuleDirectory();
  for (const char* module : {"ndk_http_module.so", "ngx_http_lua_module.so"}) {
    if (!modules.empty() && fs::exists(modules / module)) continue;
    *why = "nginx has no " + std::string(module) + " (Debian: libnginx-mod-http-lua)";
    return false;
  }
  return true;
}

WebServer::WebServer(const fs::path& root, const WebServerOptions& options) : options_(options) {
  fs::create_directory_symlink(fs::absolute(root), tree_.root() / "files");
  fs::create_directory(tree_.root() / "temporary");
  tree_.Write("places.conf", kPlaces);
  tree_.Write("places.lua", kLua);
  tree_.Write("users", "user:{PLAIN}secret\n");
  MakeCertificates();
  // Somebody may take a port between its choice and its use.
  constexpr int kTries = 3;
  for (int i = 1; !Start(); ++i) {
    if (i == kTries) Fail("nginx does not start");
  }
}

WebServer::~WebServer() { Stop(); }

void WebServer::MakeCertificates() const {
  tree_.Write("openssl.conf", "[req]\ndistinguished_name = name\n[name]\n");
  const auto make = [&](const std::string& name, const std::string& subject, std::vector<std::string> more) {
    std::vector<std::string> arguments{
        "req",   "-config", "openssl.conf", "-x509",   "-newkey",    "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
        "-days", "2",       "-nodes",       "-keyout", name + ".key"};
    for (const std::string& word : {std::string("-out"), name + ".pem", std::string("-subj"), "/CN=" + subject}) {
      arguments.push_back(word);
    }
    arguments.insert(arguments.end(), more.begin(), more.end());
    ProcessOptions options;
    options.directory = tree_.root();
    const ProcessResult result = RunProcess(*FindProgram("openssl"), arguments, options);
    if (result.exit_code != 0) Fail("openssl: " + result.err);
  };
  const std::vector<std::string> of_server{"-addext", "basicConstraints=critical,CA:FALSE", "-addext",
                                           "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1"};
  std::vector<std::string> of_signed = of_server;
  of_signed.insert(of_signed.end(), {"-CA", "authority.pem", "-CAkey", "authority.key"});
  make("authority", "authority of tests",
       {"-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"});
  make("server", "localhost", of_signed);
  make("stranger", "localhost", of_server);
}

bool WebServer::Start() {
  const std::vector<int> ports = FreePorts(3, options_.ipv6);
  port_ = ports[0];
  secure_port_ = ports[1];
  untrusted_port_ = ports[2];
  const auto listen = [&](int port, const std::string& how) {
    const std::string end = ":" + std::to_string(port) + how + ";";
    return "listen 127.0.0.1" + end + (options_.ipv6 ? " listen [::1]" + end : "");
  };
  const std::string secure = options_.http2 ? " ssl http2" : " ssl";
  std::string text = Replaced(kConfiguration, "@MODULES@", ModuleDirectory().string());
  text = Replaced(text, "@LISTEN@", listen(port_, ""));
  text = Replaced(text, "@LISTEN_SECURE@", listen(secure_port_, secure));
  text = Replaced(text, "@LISTEN_UNTRUSTED@", listen(untrusted_port_, secure));
  tree_.Write("nginx.conf", text);
  ProcessOptions options;
  options.directory = tree_.root();
  // setpriv ends it when this process is killed.
  process_ = std::make_unique<Process>(
      "/bin/sh",
      std::vector<std::string>{"-c", "ulimit -S -n $(ulimit -H -n); exec setpriv --pdeathsig KILL \"$@\" >>\"$0\" 2>&1",
                               "error.log", *FindProgram("nginx"), "-p", tree_.root(), "-e", "error.log", "-c",
                               "nginx.conf"},
      options);
  const Clock::time_point deadline = Clock::now() + seconds(20);
  // Another server may answer at a port that was taken.
  const std::string own = std::to_string(pid()) + " ";
  while (!AskState().starts_with(own)) {
    if (process_->HasEnded()) return false;
    if (Clock::now() > deadline) Fail("nginx does not answer");
    std::this_thread::sleep_for(milliseconds(5));
  }
  return true;
}

void WebServer::Stop() {
  process_->Signal(SIGTERM);
  const Clock::time_point deadline = Clock::now() + milliseconds(500);
  while (!process_->HasEnded() && Clock::now() < deadline) std::this_thread::sleep_for(milliseconds(2));
  // Removing it kills it if it didn't end.
  process_.reset();
}

std::string WebServer::Url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + PathOf(path);
}

std::string WebServer::Ipv6Url(const std::string& path) const {
  return "http://[::1]:" + std::to_string(port_) + PathOf(path);
}

std::string WebServer::SecureUrl(const std::string& path) const {
  return "https://localhost:" + std::to_string(secure_port_) + PathOf(path);
}

std::string WebServer::UntrustedUrl(const std::string& path) const {
  return "https://localhost:" + std::to_string(untrusted_port_) + PathOf(path);
}

fs::path WebServer::certificate_authority() const { return tree_.root() / "authority.pem"; }

std::string WebServer::AskState() const {
  const std::string answer = Ask(port_, kStatePath);
  const size_t body = answer.find("\r\n\r\n");
  return body == std::string::npos ? "" : answer.substr(body + 4);
}

std::string WebServer::State() const {
  const std::string state = AskState();
  if (state.empty()) Fail("nginx does not answer");
  return state;
}

std::vector<WebRequest> WebServer::Log() const {
  // It answers after it has logged what it has ended before.
  State();
  std::vector<WebRequest> requests;
  std::istringstream lines(tree_.Read("access.log"));
  for (std::string line; std::getline(lines, line);) requests.push_back(ParseRequest(line));
  return requests;
}

size_t WebServer::Requests(const std::string& path) const {
  const std::vector<WebRequest> requests = Log();
  return static_cast<size_t>(std::count_if(requests.begin(), requests.end(),
                                           [&](const WebRequest& request) { return request.uri == PathOf(path); }));
}

size_t WebServer::MostAtOnce() const {
  const std::string state = State();
  return std::strtoull(state.c_str() + std::min(state.find(' '), state.size()), nullptr, 10);
}

void WebServer::Fail(const std::string& what) const {
  constexpr size_t kLogEnd = 2000;
  const std::string log = tree_.Read("error.log");
  throw std::runtime_error(what + "\nerror.log: ..." + log.substr(log.size() - std::min(log.size(), kLogEnd)));
}

}  // namespace tbbthumbs::testing
