// SPDX-License-Identifier: Apache-2.0
// libldap behind engines/ldap/ldap.h: the only file that includes it.
#include "engines/ldap/ldap.h"

#include "base/strings.h"
#include "platform/fault/fault.h"

#include <ldap.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

namespace nephele::ldap {
namespace {

EngineFailure failure(int code, const std::string& what) {
    const bool away = code == LDAP_SERVER_DOWN || code == LDAP_CONNECT_ERROR ||
                      code == LDAP_UNAVAILABLE || code == LDAP_BUSY || code == LDAP_TIMEOUT ||
                      code == LDAP_TIMELIMIT_EXCEEDED;
    return EngineFailure(away ? EngineFailure::Kind::transient : EngineFailure::Kind::permanent,
                         format("LDAP: {}: {}", what, ldap_err2string(code)));
}

void check(int code, const std::string& what) {
    if (code != LDAP_SUCCESS) throw failure(code, what);
}

std::int64_t now_ms() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1'000'000;
}

void set(LDAP* handle, int option, const void* value, const char* what) {
    check(ldap_set_option(handle, option, value), what);
}

berval view_of(const std::string& text) {
    return {static_cast<ber_len_t>(text.size()), const_cast<char*>(text.data())};
}

int dereference_of(const std::string& name) {
    if (name == "never") return LDAP_DEREF_NEVER;
    if (name == "searching") return LDAP_DEREF_SEARCHING;
    if (name == "finding") return LDAP_DEREF_FINDING;
    return LDAP_DEREF_ALWAYS;
}

void set_tls(LDAP* handle, const Settings& settings) {
    const int require = settings.require_certificate == "never"   ? LDAP_OPT_X_TLS_NEVER
                        : settings.require_certificate == "allow" ? LDAP_OPT_X_TLS_ALLOW
                                                                  : LDAP_OPT_X_TLS_DEMAND;
    set(handle, LDAP_OPT_X_TLS_REQUIRE_CERT, &require, "tls_req_cert");
    if (!settings.ca_file.empty())
        set(handle, LDAP_OPT_X_TLS_CACERTFILE, settings.ca_file.c_str(), "tls_cacertfile");
    else if (!settings.ca_directory.empty())
        set(handle, LDAP_OPT_X_TLS_CACERTDIR, settings.ca_directory.c_str(), "tls_cacertdir");
    // These settings are of this connection and not of the process.
    const int client = 0;
    set(handle, LDAP_OPT_X_TLS_NEWCTX, &client, "TLS");
}

// The values of modifications and new entries in libldap's form, which points into them.
struct Changes {
    void add(int operation, const std::string& name, const std::vector<std::string>& values) {
        auto& kept = kept_.emplace_back(std::make_unique<Kept>());
        for (const auto& value : values) kept->bytes.push_back(view_of(value));
        for (auto& bytes : kept->bytes) kept->pointers.push_back(&bytes);
        kept->pointers.push_back(nullptr);
        kept->change.mod_op = operation | LDAP_MOD_BVALUES;
        kept->change.mod_type = const_cast<char*>(name.c_str());
        kept->change.mod_bvalues = values.empty() ? nullptr : kept->pointers.data();
    }
    LDAPMod** list() {
        list_.clear();
        for (auto& kept : kept_) list_.push_back(&kept->change);
        list_.push_back(nullptr);
        return list_.data();
    }

  private:
    struct Kept {
        std::vector<berval> bytes;
        std::vector<berval*> pointers;
        LDAPMod change{};
    };
    std::vector<std::unique_ptr<Kept>> kept_;
    std::vector<LDAPMod*> list_;
};

Entry read_entry(LDAP* handle, LDAPMessage* message) {
    Entry entry;
    if (char* dn = ldap_get_dn(handle, message)) {
        entry.dn = dn;
        ldap_memfree(dn);
    }
    BerElement* position = nullptr;
    for (char* name = ldap_first_attribute(handle, message, &position); name;
         name = ldap_next_attribute(handle, message, position)) {
        auto& values = entry.attributes[name];
        if (berval** found = ldap_get_values_len(handle, message, name)) {
            for (int i = 0; found[i]; ++i)
                values.emplace_back(found[i]->bv_val, static_cast<std::size_t>(found[i]->bv_len));
            ldap_value_free_len(found);
        }
        ldap_memfree(name);
    }
    if (position) ber_free(position, 0);
    return entry;
}

} // namespace

bool NameOrder::operator()(std::string_view a, std::string_view b) const {
    const int order = strncasecmp(a.data(), b.data(), std::min(a.size(), b.size()));
    return order != 0 ? order < 0 : a.size() < b.size();
}

std::string Entry::text(std::string_view name, std::string_view fallback) const {
    const auto found = attributes.find(name);
    return std::string(found == attributes.end() || found->second.empty()
                           ? fallback
                           : std::string_view(found->second.front()));
}

struct Connection::Impl {
    LDAP* handle = nullptr;
    timeval timeout{};
    int page_size = 0;
    ~Impl() {
        if (handle) ldap_unbind_ext_s(handle, nullptr, nullptr);
    }
    // One page; the cookie is empty after the last one. False: the base is not there.
    bool page(const std::string& base, int depth, const std::string& filter, char** wanted,
              std::string& cookie, std::vector<Entry>& into);
    void next_cookie(LDAPMessage* answer, std::string& cookie) const;
};

Connection::Connection(const Settings& settings) : impl_(std::make_unique<Impl>()) {
    const std::string url = replace_all(settings.url, ",", " ");
    check(ldap_initialize(&impl_->handle, url.c_str()), url);
    LDAP* handle = impl_->handle;
    const int version = LDAP_VERSION3;
    set(handle, LDAP_OPT_PROTOCOL_VERSION, &version, "version");
    impl_->timeout.tv_sec = settings.timeout_seconds > 0 ? settings.timeout_seconds : 30;
    set(handle, LDAP_OPT_NETWORK_TIMEOUT, &impl_->timeout, "timeout");
    set(handle, LDAP_OPT_TIMEOUT, &impl_->timeout, "timeout");
    if (settings.chase_referrals)
        set(handle, LDAP_OPT_REFERRALS, *settings.chase_referrals ? LDAP_OPT_ON : LDAP_OPT_OFF,
            "chase_referrals");
    if (settings.dereference != "default") {
        const int mode = dereference_of(settings.dereference);
        set(handle, LDAP_OPT_DEREF, &mode, "alias_dereferencing");
    }
    impl_->page_size = settings.page_size;
    if (settings.use_tls || settings.url.starts_with("ldaps://")) set_tls(handle, settings);
    if (settings.use_tls) check(ldap_start_tls_s(handle, nullptr, nullptr), "StartTLS with " + url);
}

Connection::~Connection() = default;

bool Connection::bind(const std::string& dn, const Secret<std::string>& password) {
    if (password.reveal().empty()) return false;
    berval secret = view_of(password.reveal());
    const int code = ldap_sasl_bind_s(impl_->handle, dn.c_str(), LDAP_SASL_SIMPLE, &secret, nullptr,
                                      nullptr, nullptr);
    if (code == LDAP_INVALID_CREDENTIALS || code == LDAP_NO_SUCH_OBJECT ||
        code == LDAP_INAPPROPRIATE_AUTH || code == LDAP_INVALID_DN_SYNTAX ||
        code == LDAP_UNWILLING_TO_PERFORM || code == LDAP_CONSTRAINT_VIOLATION)
        return false;
    check(code, "bind");
    return true;
}

void Connection::Impl::next_cookie(LDAPMessage* answer, std::string& cookie) const {
    cookie.clear();
    LDAPControl** controls = nullptr;
    int code = LDAP_SUCCESS;
    ldap_parse_result(handle, answer, &code, nullptr, nullptr, nullptr, &controls, 0);
    if (!controls) return;
    berval found{};
    ber_int_t estimate = 0;
    if (LDAPControl* control = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, controls, nullptr);
        control &&
        ldap_parse_pageresponse_control(handle, control, &estimate, &found) == LDAP_SUCCESS) {
        cookie.assign(found.bv_val ? found.bv_val : "", found.bv_len);
        ber_memfree(found.bv_val);
    }
    ldap_controls_free(controls);
}

bool Connection::Impl::page(const std::string& base, int depth, const std::string& filter,
                            char** wanted, std::string& cookie, std::vector<Entry>& into) {
    LDAPControl* control = nullptr;
    berval place = view_of(cookie);
    if (page_size > 0)
        check(ldap_create_page_control(handle, page_size, cookie.empty() ? nullptr : &place, 0,
                                       &control),
              "page");
    LDAPControl* controls[] = {control, nullptr};
    LDAPMessage* answer = nullptr;
    const int code =
        ldap_search_ext_s(handle, base.c_str(), depth, filter.c_str(), wanted, 0,
                          control ? controls : nullptr, nullptr, &timeout, LDAP_NO_LIMIT, &answer);
    if (control) ldap_control_free(control);
    const std::unique_ptr<LDAPMessage, int (*)(LDAPMessage*)> owned(answer, ldap_msgfree);
    if (code == LDAP_NO_SUCH_OBJECT) return false;
    check(code, "search in " + base);
    for (LDAPMessage* message = ldap_first_entry(handle, answer); message;
         message = ldap_next_entry(handle, message))
        into.push_back(read_entry(handle, message));
    next_cookie(answer, cookie);
    return true;
}

std::vector<Entry> Connection::search(const std::string& base, Depth depth,
                                      const std::string& filter,
                                      const std::vector<std::string>& attributes) {
    std::vector<char*> wanted;
    for (const auto& name : attributes) wanted.push_back(const_cast<char*>(name.c_str()));
    wanted.push_back(nullptr);
    const int scope = depth == Depth::base  ? LDAP_SCOPE_BASE
                      : depth == Depth::one ? LDAP_SCOPE_ONELEVEL
                                            : LDAP_SCOPE_SUBTREE;
    std::vector<Entry> entries;
    std::string cookie;
    do {
        if (!impl_->page(base, scope, filter, attributes.empty() ? nullptr : wanted.data(), cookie,
                         entries))
            break;
    } while (!cookie.empty());
    return entries;
}

bool Connection::add(const std::string& dn, const Attributes& attributes) {
    Changes changes;
    for (const auto& [name, values] : attributes)
        if (!values.empty()) changes.add(LDAP_MOD_ADD, name, values);
    const int code = ldap_add_ext_s(impl_->handle, dn.c_str(), changes.list(), nullptr, nullptr);
    if (code == LDAP_ALREADY_EXISTS) return false;
    check(code, "add " + dn);
    return true;
}

bool Connection::modify(const std::string& dn, const std::vector<Modification>& modifications) {
    Changes changes;
    for (const auto& one : modifications)
        changes.add(one.kind == Modification::Kind::add      ? LDAP_MOD_ADD
                    : one.kind == Modification::Kind::remove ? LDAP_MOD_DELETE
                                                             : LDAP_MOD_REPLACE,
                    one.attribute, one.values);
    const int code = ldap_modify_ext_s(impl_->handle, dn.c_str(), changes.list(), nullptr, nullptr);
    if (code == LDAP_NO_SUCH_OBJECT || code == LDAP_NO_SUCH_ATTRIBUTE) return false;
    // A member that is there already is what was wanted.
    if (code == LDAP_TYPE_OR_VALUE_EXISTS) return true;
    check(code, "change " + dn);
    return true;
}

bool Connection::remove(const std::string& dn) {
    const int code = ldap_delete_ext_s(impl_->handle, dn.c_str(), nullptr, nullptr);
    if (code == LDAP_NO_SUCH_OBJECT) return false;
    check(code, "remove " + dn);
    return true;
}

bool Connection::set_password(const std::string& dn, const Secret<std::string>& password) {
    berval user = view_of(dn), wanted = view_of(password.reveal()), made{};
    const int code = ldap_passwd_s(impl_->handle, &user, nullptr, &wanted, &made, nullptr, nullptr);
    if (made.bv_val) ber_memfree(made.bv_val);
    if (code == LDAP_NO_SUCH_OBJECT) return false;
    check(code, "password of " + dn);
    return true;
}

Pool::Pool(Settings settings, std::size_t size, int lifetime_seconds, int retries)
    : settings_(std::move(settings)), size_(size), lifetime_ms_(lifetime_seconds * 1000LL),
      retries_(retries) {}

std::unique_ptr<Connection> Pool::make() const {
    auto connection = std::make_unique<Connection>(settings_);
    if (!settings_.user.empty() && !connection->bind(settings_.user, settings_.password))
        throw EngineFailure(
            EngineFailure::Kind::permanent,
            format("LDAP: {} refuses the configured user {}", settings_.url, settings_.user));
    return connection;
}

void Pool::with(const std::function<void(Connection&)>& work) {
    for (int attempt = 0;; ++attempt) {
        Idle used{nullptr, now_ms()};
        {
            std::lock_guard lock(mutex_);
            // A connection that failed may mean that all old ones are dead.
            if (attempt > 0) idle_.clear();
            while (!idle_.empty() && !used.connection) {
                used = std::move(idle_.back());
                idle_.pop_back();
                if (now_ms() - used.made_at_ms > lifetime_ms_) used.connection.reset();
            }
        }
        try {
            if (!used.connection) used = {make(), now_ms()};
            work(*used.connection);
        } catch (const EngineFailure& error) {
            if (error.kind != EngineFailure::Kind::transient || attempt >= retries_) throw;
            continue;
        }
        std::lock_guard lock(mutex_);
        if (idle_.size() < size_) idle_.push_back(std::move(used));
        return;
    }
}

std::string escape_filter(std::string_view value) {
    std::string out;
    for (const char c : value) {
        if (c == '*' || c == '(' || c == ')' || c == '\\' || c == '\0')
            out += "\\" + hex_encode(std::string_view(&c, 1));
        else
            out += c;
    }
    return out;
}

std::string escape_dn(std::string_view value) {
    std::string out;
    for (std::size_t at = 0; at < value.size(); ++at) {
        const char c = value[at];
        const bool edge_blank = c == ' ' && (at == 0 || at + 1 == value.size());
        if (c == '\0')
            out += "\\00";
        else if (edge_blank || (c == '#' && at == 0) ||
                 std::string_view(",+\"\\<>;=").find(c) != std::string_view::npos)
            (out += '\\') += c;
        else
            out += c;
    }
    return out;
}

std::string first_value(const std::string& dn) {
    LDAPDN parts = nullptr;
    if (ldap_str2dn(dn.c_str(), &parts, LDAP_DN_FORMAT_LDAPV3) != LDAP_SUCCESS || !parts) return "";
    std::string value;
    if (parts[0] && parts[0][0])
        value.assign(parts[0][0]->la_value.bv_val, parts[0][0]->la_value.bv_len);
    ldap_dnfree(parts);
    return value;
}

} // namespace nephele::ldap
