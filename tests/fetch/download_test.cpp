// One file from a server that behaves and from servers that do not.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "fetch/online/sha256.h"
#include "site.h"

namespace residual::fetch {
namespace {

using testing::HasSubstr;

const int64_t kHalf = 100'000;

// Downloads content() as "file" of `folder`, from an address of `server`.
void get(const http::Server& server, const Folder& folder, const Observer& observer = {}, Timeouts timeouts = {}) {
  download({.file = published(content(), server.address() + "/file"),
            .path = folder.path() / "file",
            .plain_http = true,
            .timeouts = timeouts},
           observer);
}

ErrorKind error_of(const http::Server& server, const Folder& folder, std::string* message = nullptr) {
  return kind_of_error([&] { get(server, folder); }, message);
}

// A server that lets the first `breaks` answers end in the middle of what is left.
std::function<http::Reply(const http::Request&)> breaking(int breaks) {
  return [breaks, count = 0](const http::Request& request) mutable {
    http::Reply reply = http::file(content(), request);
    if (count++ < breaks) {
      reply.length = static_cast<int64_t>(reply.body.size());
      reply.body.resize(reply.body.size() / 2);
    }
    return reply;
  };
}

http::Reply whole(const http::Request& request) {
  return http::file(content(), request);
}

TEST(Sha256, EqualsThePublishedExamples) {
  const auto of = [](const std::string& text) { return published(text, "https://a/b").sha256; };
  // FIPS 180-4's examples, one block, two blocks, and a million times "a".
  EXPECT_EQ(of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(of(std::string(1'000'000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Download, AFileArrivesWholeAndNothingIsLeftBesideIt) {
  const http::Server server(whole);
  const Folder folder;
  int64_t last = 0;
  get(server, folder, [&](const Progress& now) {
    EXPECT_GE(now.done, last);
    EXPECT_EQ(now.all, 200'000);
    EXPECT_FALSE(folder.has("file")) << "the name is given only when all is there";
    last = now.done;
    return true;
  });
  EXPECT_EQ(last, 200'000);
  EXPECT_EQ(folder.read("file"), content());
  EXPECT_FALSE(folder.has("file.part"));
}

TEST(Download, ASizeThatWasPublishedRoundedAndTheFirstDigitsOfAHashAreEnough) {
  const http::Server server(whole);
  const Folder folder;
  PublishedFile file = published(content(), server.address() + "/file");
  file.least_bytes -= 500;
  file.most_bytes += 500;
  file.sha256.resize(8);
  download({.file = file, .path = folder.path() / "file", .plain_http = true, .timeouts = {}}, {});
  EXPECT_EQ(folder.read("file"), content());
}

TEST(Download, WrongBytesOfTheRightLengthAreNotKept) {
  std::string other = content();
  other[77] ^= 1;
  const http::Server server([&](const http::Request& request) { return http::file(other, request); });
  const Folder folder;
  std::string message;
  EXPECT_EQ(error_of(server, folder, &message), ErrorKind::kBadFile);
  EXPECT_THAT(message, HasSubstr("SHA-256"));
  EXPECT_EQ(folder.files(), 0U);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(Download, AWholeFileThatIsTooShortIsNotKept) {
  const http::Server server([](const http::Request&) { return http::Reply{.body = "sorry"}; });
  const Folder folder;
  std::string message;
  EXPECT_EQ(error_of(server, folder, &message), ErrorKind::kBadFile);
  EXPECT_THAT(message, HasSubstr("5 bytes"));
  EXPECT_EQ(folder.files(), 0U);
}

TEST(Download, ConnectionsThatBreakAreTakenUpWhereTheyBroke) {
  const http::Server server(breaking(3));
  const Folder folder;
  get(server, folder);
  EXPECT_EQ(folder.read("file"), content());
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 4U);
  EXPECT_FALSE(requests[0].from);
  EXPECT_EQ(requests[1].from, kHalf);
  EXPECT_EQ(requests[2].from, kHalf + kHalf / 2);
}

TEST(Download, AnAnswerWithoutALengthThatEndsEarlyIsTakenUpToo) {
  const http::Server server([count = 0](const http::Request& request) mutable {
    http::Reply reply = http::file(content(), request);
    reply.tells_length = false;
    if (count++ == 0) reply.body.resize(kHalf);
    return reply;
  });
  const Folder folder;
  get(server, folder);
  EXPECT_EQ(folder.read("file"), content());
  EXPECT_EQ(server.requests().at(1).from, kHalf);
}

TEST(Download, AServerThatBreaksEveryTimeIsGivenUpAndWhatCameIsKeptForTheNextCall) {
  const Folder folder;
  {
    const http::Server server(breaking(1000));
    std::string message;
    EXPECT_EQ(error_of(server, folder, &message), ErrorKind::kOther);
    EXPECT_THAT(message, HasSubstr("broke after"));
    EXPECT_LT(server.requests().size(), 10U);
  }
  EXPECT_FALSE(folder.has("file"));
  const auto kept = static_cast<int64_t>(folder.read("file.part").size());
  EXPECT_GT(kept, kHalf);
  const http::Server server(whole);
  get(server, folder);
  EXPECT_EQ(folder.read("file"), content());
  EXPECT_EQ(server.requests().at(0).from, kept);
}

TEST(Download, WhatWasStoppedIsResumedByTheNextCall) {
  const http::Server server(whole);
  const Folder folder;
  const auto stop_early = [](const Progress& now) { return now.done < 50'000; };
  EXPECT_EQ(kind_of_error([&] { get(server, folder, stop_early); }), ErrorKind::kInterrupted);
  EXPECT_FALSE(folder.has("file"));
  const auto kept = static_cast<int64_t>(folder.read("file.part").size());
  EXPECT_GE(kept, 50'000);
  get(server, folder);
  EXPECT_EQ(folder.read("file"), content());
  EXPECT_EQ(server.requests().at(1).from, kept);
  EXPECT_FALSE(folder.has("file.part"));
}

TEST(Download, AServerThatIgnoresRangesSendsAllOfItAgain) {
  const http::Server server([](const http::Request&) { return http::Reply{.body = content()}; });
  const Folder folder;
  folder.write("file.part", content().substr(0, kHalf));
  get(server, folder);
  EXPECT_EQ(folder.read("file"), content());
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(Download, AServerThatSendsAnotherRangeThanWasAskedForIsAskedForAll) {
  const http::Server server([](const http::Request& request) {
    http::Reply reply = http::file(content(), request);
    if (request.from) reply.headers = {"Content-Range: bytes 7-199999/200000"};
    return reply;
  });
  const Folder folder;
  folder.write("file.part", content().substr(0, kHalf));
  get(server, folder);
  EXPECT_EQ(folder.read("file"), content());
}

TEST(Download, WhatIsLeftOfAnotherFileIsThrownAway) {
  const http::Server server(whole);
  for (const size_t size : {100'000, 200'000, 300'000}) {
    const Folder folder;
    folder.write("file.part", std::string(size, '?'));
    get(server, folder);
    EXPECT_EQ(folder.read("file"), content()) << size;
    EXPECT_FALSE(folder.has("file.part"));
  }
}

TEST(Download, APartThatIsWholeAlreadyNeedsNoServer) {
  const Folder folder;
  folder.write("file.part", content());
  download({.file = published(content(), http::closed_address() + "/file"),
            .path = folder.path() / "file",
            .plain_http = true,
            .timeouts = {}},
           {});
  EXPECT_EQ(folder.read("file"), content());
}

TEST(Download, ABodyWithoutEndIsCutOff) {
  const http::Server server(
      [](const http::Request&) { return http::Reply{.body = std::string(65536, 'x'), .tells_length = false, .endless = true}; });
  const Folder folder;
  std::string message;
  EXPECT_EQ(error_of(server, folder, &message), ErrorKind::kBadFile);
  EXPECT_THAT(message, HasSubstr("more than"));
  EXPECT_EQ(folder.files(), 0U);
}

TEST(Download, ALengthBeyondWhatWasPublishedIsRefusedBeforeItsFirstByte) {
  const http::Server server(
      [](const http::Request&) { return http::Reply{.body = "x", .length = int64_t{1} << 40, .silence = 20}; });
  const Folder folder;
  EXPECT_EQ(error_of(server, folder), ErrorKind::kBadFile);
  EXPECT_EQ(folder.files(), 0U);
}

TEST(Download, AMissingFileAndAServerInTroubleAreToldApartAndTheirPagesAreNotKept) {
  const Folder folder;
  std::string message;
  const http::Server missing([](const http::Request&) { return http::Reply{.status = "404 Not Found", .body = "<html>"}; });
  EXPECT_EQ(error_of(missing, folder, &message), ErrorKind::kBadFile);
  EXPECT_THAT(message, HasSubstr("404"));
  const http::Server trouble([](const http::Request&) { return http::Reply{.status = "503 Busy", .body = "<html>"}; });
  EXPECT_EQ(error_of(trouble, folder, &message), ErrorKind::kOther);
  EXPECT_THAT(message, HasSubstr("503"));
  EXPECT_EQ(folder.files(), 0U);
}

TEST(Download, AnErrorPageLeavesAnEarlierPartAsItIs) {
  const http::Server server([](const http::Request&) { return http::Reply{.status = "503 Busy", .body = "<html>"}; });
  const Folder folder;
  folder.write("file.part", content().substr(0, kHalf));
  EXPECT_EQ(error_of(server, folder), ErrorKind::kOther);
  EXPECT_EQ(folder.read("file.part"), content().substr(0, kHalf));
}

TEST(Download, RedirectsWithinThePublisherAreFollowed) {
  const http::Server server([](const http::Request& request) {
    if (request.path == "/file") return http::Reply{.status = "302 Found", .headers = {"Location: /moved/file"}};
    return http::file(content(), request);
  });
  const Folder folder;
  get(server, folder);
  EXPECT_EQ(folder.read("file"), content());
}

TEST(Download, RedirectsElsewhereAreNot) {
  const http::Server other(whole);
  const std::string port = other.address().substr(other.address().rfind(':'));
  const std::vector<std::string> targets = {"file:///etc/passwd", "http://localhost" + port + "/file", other.address() + "/file",
                                            "http://files.example.org/file", "gopher://127.0.0.1/"};
  for (const std::string& target : targets) {
    const http::Server server(
        [&](const http::Request&) { return http::Reply{.status = "301 Moved Permanently", .headers = {"Location: " + target}}; });
    const Folder folder;
    std::string message;
    EXPECT_EQ(error_of(server, folder, &message), ErrorKind::kOther) << target;
    EXPECT_THAT(message, HasSubstr("not followed")) << target;
    EXPECT_EQ(folder.files(), 0U) << target;
  }
  EXPECT_TRUE(other.requests().empty());
}

TEST(Download, RedirectsThatGoRoundInCirclesEnd) {
  const http::Server server(
      [](const http::Request&) { return http::Reply{.status = "302 Found", .headers = {"Location: /file"}}; });
  const Folder folder;
  EXPECT_EQ(error_of(server, folder), ErrorKind::kOther);
  EXPECT_LT(server.requests().size(), 10U);
}

TEST(Download, NobodyThereIsSaidAtOnce) {
  const Folder folder;
  std::string message;
  const auto start = std::chrono::steady_clock::now();
  const Download wanted{.file = published(content(), http::closed_address() + "/file"),
                        .path = folder.path() / "file",
                        .plain_http = true,
                        .timeouts = {}};
  EXPECT_EQ(kind_of_error([&] { download(wanted, {}); }, &message), ErrorKind::kOther);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  EXPECT_THAT(message, HasSubstr("cannot reach 127.0.0.1"));
  EXPECT_EQ(folder.files(), 0U);
}

TEST(Download, AServerThatFallsSilentIsGivenUp) {
  const http::Server server(
      [](const http::Request&) { return http::Reply{.body = content().substr(0, kHalf), .length = 200'000, .silence = 60}; });
  const Folder folder;
  EXPECT_EQ(kind_of_error([&] { get(server, folder, {}, {.connect = 5, .silence = 1}); }), ErrorKind::kOther);
  EXPECT_EQ(folder.read("file.part").size(), 100'000U);
}

TEST(Download, PlainHttpIsRefusedUnlessItWasAllowed) {
  const http::Server server(whole);
  const Folder folder;
  const Download wanted{.file = published(content(), server.address() + "/file"),
                        .path = folder.path() / "file",
                        .plain_http = false,
                        .timeouts = {}};
  EXPECT_EQ(kind_of_error([&] { download(wanted, {}); }), ErrorKind::kOther);
  EXPECT_TRUE(server.requests().empty());
}

TEST(Download, TwoAtOnceDownloadOneFileOnce) {
  const http::Server server(whole);
  const Folder folder;
  std::thread other([&] { get(server, folder); });
  get(server, folder);
  other.join();
  EXPECT_EQ(folder.read("file"), content());
  EXPECT_EQ(server.requests().size(), 1U);
  EXPECT_FALSE(folder.has("file.part"));
}

TEST(Download, NothingIsWrittenThroughALink) {
  const http::Server server(whole);
  const Folder folder;
  folder.write("victim", "precious");
  fs::create_symlink(folder.path() / "victim", folder.path() / "file.part");
  EXPECT_EQ(error_of(server, folder), ErrorKind::kResource);
  EXPECT_EQ(folder.read("victim"), "precious");
}

TEST(Download, FaultsOfFilesThatAreThereAreNamed) {
  const Folder folder;
  const PublishedFile file = published("abc", "https://a.org/file");
  EXPECT_THAT(fault_of(file, folder.path() / "file"), HasSubstr("cannot be opened"));
  EXPECT_THAT(fault_of(file, folder.path()), HasSubstr("not a regular file"));
  folder.write("file", "abcd");
  EXPECT_THAT(fault_of(file, folder.path() / "file"), HasSubstr("4 bytes"));
  folder.write("file", "abd");
  EXPECT_THAT(fault_of(file, folder.path() / "file"), HasSubstr("SHA-256"));
  folder.write("file", "abc");
  EXPECT_EQ(fault_of(file, folder.path() / "file"), "");
}

TEST(Transfer, TheStartOfARangeIsReadOrNothingIs) {
  EXPECT_EQ(range_start("bytes 100-199/200"), 100);
  EXPECT_EQ(range_start("bytes 0-9/*"), 0);
  for (const char* text : {"", "bytes", "bytes ", "bytes */200", "bytes -5-9/10", "bytes 5", "bytes 99999999999999999999-1/2",
                           "items 1-2/3", "bytes  1-2/3", "bytes x-2/3"}) {
    EXPECT_FALSE(range_start(text)) << text;
  }
}

TEST(Transfer, AddressesAreTakenApart) {
  EXPECT_EQ(origin_of("HTTPS://WWW.Example.org/a"), (Origin{"https", "www.example.org", "443"}));
  EXPECT_EQ(origin_of("http://127.0.0.1:8000/a"), (Origin{"http", "127.0.0.1", "8000"}));
  for (const char* text : {"", "example.org", "/a/b", "http://", "http://a b/"}) EXPECT_FALSE(origin_of(text)) << text;
}

}  // namespace
}  // namespace residual::fetch
