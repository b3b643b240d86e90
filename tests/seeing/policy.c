/* A policy that denies every fix with all that it sees of it. */
#include "k8shawk.h"

static char said[2048];
static size_t length;

static void say(plugin_string_t words) {
    if (words.len > sizeof said - length) abort();
    memcpy(said + length, words.ptr, words.len);
    length += words.len;
}

static void put(const char *words) { say((plugin_string_t){(uint8_t *)words, strlen(words)}); }

/* What stands between two items of a list. */
static void between(size_t at, const char *sign) {
    if (at > 0) put(sign);
}

static void refused(const char *what, const k8shawk_kubectl_types_read_error_t *why) {
    put(what);
    put(why->tag == K8SHAWK_KUBECTL_TYPES_READ_ERROR_DENIED        ? " denied"
          : why->tag == K8SHAWK_KUBECTL_TYPES_READ_ERROR_UNAVAILABLE ? " unavailable"
                                                                     : " refused");
}

static void number(uint8_t value) {
    if (value >= 10) number(value / 10);
    say((plugin_string_t){(uint8_t *)"0123456789" + value % 10, 1});
}

static void found(void) {
    k8shawk_policy_finding_finding_t seen;
    k8shawk_policy_finding_get(&seen);
    say(seen.class_), put(" "), number(seen.confidence), put(" "), say(seen.cause), put(" ");
    for (size_t i = 0; i < seen.evidence.len; i++) {
        between(i, "+");
        say(seen.evidence.ptr[i].id), put("="), say(seen.evidence.ptr[i].excerpt);
    }
    k8shawk_policy_finding_finding_free(&seen);
}

static void value(bool is_some, plugin_string_t some) {
    if (is_some) say(some);
    else put("none");
}

static void changed(void) {
    k8shawk_policy_diff_list_change_t changes;
    k8shawk_policy_diff_read_error_t why;
    if (!k8shawk_policy_diff_get(&changes, &why)) return refused("diff", &why);
    for (size_t i = 0; i < changes.len; i++) {
        const k8shawk_policy_diff_change_t *one = &changes.ptr[i];
        between(i, "+"), say(one->path), put(":");
        value(one->before.is_some, one->before.val), put(">"), value(one->after.is_some, one->after.val);
    }
    k8shawk_policy_diff_list_change_free(&changes);
}

static void ran(void) {
    static const k8shawk_policy_ledger_scope_t SCOPES[] = {
        K8SHAWK_POLICY_LEDGER_SCOPE_OBJECT, K8SHAWK_POLICY_LEDGER_SCOPE_NAMESPACE, K8SHAWK_POLICY_LEDGER_SCOPE_CLASS,
        K8SHAWK_POLICY_LEDGER_SCOPE_EVERY};
    k8shawk_policy_ledger_list_run_t runs;
    k8shawk_policy_ledger_read_error_t why;
    for (size_t scope = 0; scope < 4; scope++) {
        if (!k8shawk_policy_ledger_runs(SCOPES[scope], &runs, &why)) return refused("ledger", &why);
        between(scope, "/");
        for (size_t i = 0; i < runs.len; i++) between(i, "+"), say(runs.ptr[i].incident);
    }
    /* The last list is that of every fix; its newest is the first. */
    if (runs.len == 0) return;
    put(runs.ptr[0].outcome == K8SHAWK_POLICY_LEDGER_OUTCOME_WORSE ? " worse " : " another ");
    for (size_t i = 0; i < runs.ptr[0].approvers.len; i++) between(i, "+"), say(runs.ptr[0].approvers.ptr[i]);
}

static void kept(const k8shawk_policy_owners_tool_t *tool) {
    switch (tool->tag) {
    case K8SHAWK_POLICY_OWNERS_TOOL_ARGO_CD: put(" argo-cd="), say(tool->val.argo_cd); break;
    case K8SHAWK_POLICY_OWNERS_TOOL_OPERATOR: put(" operator="), say(tool->val.operator_); break;
    default: put(" another");
    }
}

static void owned(void) {
    k8shawk_policy_owners_list_owned_t chain;
    k8shawk_policy_owners_read_error_t why;
    if (!k8shawk_policy_owners_chain(&chain, &why)) return refused("owners", &why);
    for (size_t i = 0; i < chain.len; i++) {
        const k8shawk_policy_owners_owned_t *one = &chain.ptr[i];
        between(i, "+"), say(one->object.kind), put(" "), say(one->object.name);
        if (!one->readable) put(" unreadable");
        for (size_t t = 0; t < one->tools.len; t++) kept(&one->tools.ptr[t]);
        for (size_t m = 0; m < one->managers.len; m++) {
            put(" "), say(one->managers.ptr[m].name), put("@");
            for (size_t f = 0; f < one->managers.ptr[m].fields.len; f++)
                between(f, ","), say(one->managers.ptr[m].fields.ptr[f]);
        }
    }
}

void exports_k8shawk_policy_policy_judge(exports_k8shawk_policy_policy_incident_t *incident,
                                         exports_k8shawk_policy_policy_proposal_t *proposal,
                                         exports_k8shawk_policy_policy_risk_t risk,
                                         exports_k8shawk_policy_policy_verdict_t *verdict) {
    (void)incident, (void)proposal, (void)risk;
    found(), put(" | "), changed(), put(" | "), ran(), put(" | "), owned();
    verdict->tag = EXPORTS_K8SHAWK_POLICY_POLICY_VERDICT_DENY;
    verdict->val.deny = copy((plugin_string_t){(uint8_t *)said, length});
}
