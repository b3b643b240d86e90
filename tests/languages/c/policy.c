/* Scaling needs alice above the setting `limit`; a fix of a model needs two people; in prod-* an
   image is changed at high severity alone; the rest is allowed. */
#include <stdlib.h>
#include <string.h>
#include "plugin.h"

static bool is(plugin_string_t s, const char *text) {
    return s.len == strlen(text) && memcmp(s.ptr, text, s.len) == 0;
}

/* Strings of the component model have a length and no end. */
static unsigned number(plugin_string_t s, unsigned otherwise) {
    unsigned value = 0;
    if (s.len == 0 || s.len > 6) return otherwise;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9') return otherwise;
        value = 10 * value + (s.ptr[i] - '0');
    }
    return value;
}

static unsigned limit(void) {
    plugin_string_t name, value;
    plugin_string_set(&name, "limit");
    return k8shawk_host_settings_get(&name, &value) ? number(value, 10) : 10;
}

static unsigned replicas(const exports_k8shawk_policy_policy_proposal_t *proposal) {
    for (size_t i = 0; i < proposal->parameters.len; i++)
        if (is(proposal->parameters.ptr[i].name, "replicas"))
            return number(proposal->parameters.ptr[i].value, 999999);
    return 999999;
}

static void ask(exports_k8shawk_policy_policy_verdict_t *ret, unsigned count, const char *who, const char *why) {
    exports_k8shawk_policy_policy_approval_rule_t *rule = &ret->val.require_approval;
    ret->tag = EXPORTS_K8SHAWK_POLICY_POLICY_VERDICT_REQUIRE_APPROVAL;
    rule->approvers.ptr = NULL;
    rule->approvers.len = 0;
    if (who) {
        rule->approvers.ptr = malloc(sizeof *rule->approvers.ptr);
        rule->approvers.len = 1;
        plugin_string_dup(&rule->approvers.ptr[0], who);
    }
    rule->count = count;
    plugin_string_dup(&rule->why, why);
}

void exports_k8shawk_policy_policy_judge(exports_k8shawk_policy_policy_incident_t *incident,
                                         exports_k8shawk_policy_policy_proposal_t *proposal,
                                         exports_k8shawk_policy_policy_risk_t risk,
                                         exports_k8shawk_policy_policy_verdict_t *ret) {
    (void)risk;
    plugin_string_t space = proposal->target.namespace_;
    bool prod = space.len >= 5 && memcmp(space.ptr, "prod-", 5) == 0;
    if (prod && is(proposal->action, "set-image") &&
        incident->severity < K8SHAWK_INCIDENT_TYPES_SEVERITY_HIGH) {
        ret->tag = EXPORTS_K8SHAWK_POLICY_POLICY_VERDICT_DENY;
        plugin_string_dup(&ret->val.deny, "in production only at high severity");
        return;
    }
    k8shawk_policy_origin_source_t source;
    k8shawk_policy_origin_get(&source);
    if (source.tag == K8SHAWK_POLICY_ORIGIN_SOURCE_MODEL) {
        ask(ret, 2, NULL, "a model proposes it");
        return;
    }
    if (is(proposal->action, "scale") && replicas(proposal) > limit()) {
        ask(ret, 1, "alice", "more replicas than the limit");
        return;
    }
    ret->tag = EXPORTS_K8SHAWK_POLICY_POLICY_VERDICT_ALLOW;
}
