/* A policy that attacks as its setting `mode` says. */
#include "k8shawk.h"
#include <stdio.h>
#include <unistd.h>

typedef exports_k8shawk_policy_policy_verdict_t verdict_t;

/* What the next allocation for the host does, and what is done when it has read the result. */
static enum { HONEST, LOOP, CALL_HOST, OUTSIDE } allocation;
static bool loops_after_result;
static volatile uint64_t turns;
static void *volatile kept;

static void loop(void) {
    for (;;) turns++;
}

static bool mode_is(const char *name) {
    /* Not of the heap: allocations of the host's are what some modes break. */
    plugin_string_t key = {(uint8_t *)"mode", 4}, mode;
    if (!k8shawk_host_settings_get(&key, &mode)) return false;
    return mode.len == strlen(name) + 2 && memcmp(mode.ptr + 1, name, strlen(name)) == 0;
}

__attribute__((constructor)) static void initialise(void) {
    if (mode_is("initialiser")) loop();
}

__attribute__((__export_name__("cabi_realloc")))
void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size) {
    (void)old_size, (void)align;
    plugin_string_t line = {(uint8_t *)"in an allocation", 16};
    switch (allocation) {
    case LOOP: loop();
    case CALL_HOST: k8shawk_host_log_write(K8SHAWK_HOST_LOG_LEVEL_INFO, &line);
    case OUTSIDE: return (void *)0xfffffff0;
    case HONEST: break;
    }
    return size ? realloc(old, size) : (void *)align;
}

__attribute__((__export_name__("cabi_post_k8shawk:policy/policy@0.1.0#judge")))
void __wasm_export_exports_k8shawk_policy_policy_judge_post_return(uint8_t *result) {
    (void)result;
    if (loops_after_result) loop();
}

static void deny(verdict_t *verdict, const void *bytes, size_t length) {
    verdict->tag = EXPORTS_K8SHAWK_POLICY_POLICY_VERDICT_DENY;
    verdict->val.deny = (plugin_string_t){(uint8_t *)bytes, length};
}

static void say(verdict_t *verdict, const char *words) {
    plugin_string_t own = text(words);
    deny(verdict, own.ptr, own.len);
}

static void nobody(verdict_t *verdict, size_t approvers, plugin_string_t each) {
    verdict->tag = EXPORTS_K8SHAWK_POLICY_POLICY_VERDICT_REQUIRE_APPROVAL;
    plugin_string_t *list = malloc(approvers * sizeof *list + 1);
    for (size_t at = 0; at < approvers; at++) list[at] = each;
    verdict->val.require_approval.approvers = (plugin_list_string_t){list, approvers};
    verdict->val.require_approval.count = approvers;
    verdict->val.require_approval.why = (plugin_string_t){(uint8_t *)"", 0};
}

static const char *refusal(bool got, k8shawk_kubectl_types_read_error_t *error) {
    static const char *names[] = {"denied", "notfound", "unavailable", "exhausted", "invalid"};
    return got ? "got" : names[error->tag];
}

static const char *get(const char *kind, const char *namespace_, const char *name) {
    plugin_string_t k = text(kind), ns = text(namespace_), n = text(name), told;
    k8shawk_kubectl_types_read_error_t error;
    return refusal(k8shawk_kubectl_get_get(&k, &ns, &n, &told, &error), &error);
}

static const char *list(const char *kind, const char *namespace_, const char *selector) {
    plugin_string_t k = text(kind), ns = text(namespace_), s = text(selector), told;
    k8shawk_kubectl_types_read_error_t error;
    return refusal(k8shawk_kubectl_get_list(&k, &ns, &s, &told, &error), &error);
}

static void outside(verdict_t *verdict) {
    static char told[256];
    snprintf(told, sizeof told, "%s %s %s %s %s %s %s %s %s", get("Secret", "kube-system", "exists"),
             get("Secret", "kube-system", "missing"), get("Pod", "kube-system", "exists"),
             get("Pod", "../../secrets", "x"), get("*", "*", "*"), get("Pod", "default/../kube-system", "x"),
             get("pods", "default", "web?watch=true"), list("Pod", "", ""), list("Secret", "default", "a=b"));
    say(verdict, told);
}

static void no_host(verdict_t *verdict) {
    static char told[128];
    const char *file = fopen("/etc/passwd", "r") ? "got" : "refused";
    const char *write = fopen("/tmp/mine", "w") ? "got" : "refused";
    snprintf(told, sizeof told, "%s %s %s", file, write, getenv("PATH") ? "got" : "refused");
    say(verdict, told);
}

static int deeper(volatile int depth) {
    volatile char frame[64];
    frame[depth % 64] = 1;
    return deeper(depth + 1) + frame[depth % 64];
}

static char *large(size_t size) {
    char *bytes = malloc(size);
    return bytes ? memset(bytes, 'x', size) : (abort(), bytes);
}

void exports_k8shawk_policy_policy_judge(exports_k8shawk_policy_policy_incident_t *incident,
                                         exports_k8shawk_policy_policy_proposal_t *proposal,
                                         exports_k8shawk_policy_policy_risk_t risk, verdict_t *verdict) {
    (void)incident, (void)proposal, (void)risk;
    verdict->tag = EXPORTS_K8SHAWK_POLICY_POLICY_VERDICT_ALLOW;
    if (mode_is("loop")) loop();
    if (mode_is("host-call-flood")) for (;;) mode_is("");
    if (mode_is("log-flood")) for (;;) fprintf(stderr, "noise\n");
    if (mode_is("log-codes")) fprintf(stderr, "\x1b[2Jgone\a\r\xc2\x9b" "31mred\n");
    if (mode_is("log-bulk")) {
        plugin_string_t line = {(uint8_t *)large(4 << 20), 4 << 20};
        k8shawk_host_log_write(K8SHAWK_HOST_LOG_LEVEL_INFO, &line);
    }
    if (mode_is("log-not-utf8")) {
        plugin_string_t line = {(uint8_t *)"\xff\xfe", 2};
        k8shawk_host_log_write(K8SHAWK_HOST_LOG_LEVEL_INFO, &line);
    }
    if (mode_is("log-outside")) {
        plugin_string_t line = {(uint8_t *)0xfffffff0, 64};
        k8shawk_host_log_write(K8SHAWK_HOST_LOG_LEVEL_INFO, &line);
    }
    if (mode_is("memory")) for (;;) kept = large(1 << 20);
    if (mode_is("recursion")) deeper(0);
    if (mode_is("huge")) deny(verdict, large(100 << 20), 100 << 20);
    if (mode_is("bulk")) deny(verdict, large(2 << 20), 2 << 20);
    if (mode_is("amplify")) nobody(verdict, 1000, (plugin_string_t){(uint8_t *)large(1 << 20), 1 << 20});
    if (mode_is("nobody")) nobody(verdict, 0, (plugin_string_t){0});
    if (mode_is("throw")) fprintf(stderr, "my own fault\n"), abort();
    if (mode_is("throw-codes")) fprintf(stderr, "\x1b[2Jgone\nand more\n"), abort();
    if (mode_is("exit")) exit(3);
    if (mode_is("divide")) deny(verdict, "", (size_t)(7 / (int)turns));
    if (mode_is("not-utf8")) deny(verdict, "\xff\xfe\xfd", 3);
    if (mode_is("bad-pointer")) deny(verdict, (void *)0xfffffff0, 64);
    if (mode_is("bad-length")) deny(verdict, "x", 0x7fffffff);
    if (mode_is("result-loop")) loops_after_result = true;
    if (mode_is("realloc-loop")) allocation = LOOP, mode_is("");
    if (mode_is("realloc-calls")) allocation = CALL_HOST, mode_is("");
    if (mode_is("realloc-outside")) allocation = OUTSIDE, mode_is("");
    if (mode_is("sleep")) sleep(3600);
    if (mode_is("outside")) outside(verdict);
    if (mode_is("read-bulk")) {
        plugin_string_t kind = text("Pod"), namespace_ = text("default"), told;
        plugin_string_t name = {(uint8_t *)large(2 << 20), 2 << 20};
        k8shawk_kubectl_types_read_error_t error;
        say(verdict, refusal(k8shawk_kubectl_get_get(&kind, &namespace_, &name, &told, &error), &error));
    }
    if (mode_is("read-codes")) say(verdict, get("Pod", "kube-system", "\x1b[2J\r\n"));
    if (mode_is("no-host")) no_host(verdict);
}
