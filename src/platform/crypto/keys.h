// SPDX-License-Identifier: Apache-2.0
// SSH key pairs: made, read, and named by their fingerprint.
#pragma once
#include "base/secret.h"

#include <optional>
#include <string>
#include <string_view>

namespace nephele::crypto {

enum class KeyKind { rsa, ecdsa, ed25519 };

struct KeyPair {
    std::string public_openssh; ///< one line: "ssh-ed25519 AAAA... comment"
    Secret<std::string> private_pem;
};
/// RSA of 2048 bits, ECDSA on P-256, or Ed25519. The private key is in the form ssh reads: PKCS#1,
/// SEC 1, OpenSSH's own.
KeyPair make_ssh_key_pair(KeyKind kind, std::string_view comment = "");

struct SshPublicKey {
    std::string algorithm; ///< "ssh-rsa", "ecdsa-sha2-nistp256", "ssh-ed25519" ...
    std::string blob;      ///< the decoded key
    std::string comment;
    /// "0a:6e:7f:...", MD5 over the blob, as nova shows it.
    std::string md5_fingerprint() const;
    /// "SHA256:..." as ssh-keygen shows it.
    std::string sha256_fingerprint() const;
};
/// One line in OpenSSH's format. Nothing when the algorithm is unknown, or the blob is not exactly
/// one key of that algorithm.
std::optional<SshPublicKey> parse_ssh_public_key(std::string_view line);

} // namespace nephele::crypto
