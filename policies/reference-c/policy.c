/* The reference policy in C: what it says is in policies/README.md. */
#include "k8shawk.h"

static plugin_string_t piece(const char *words) {
    return (plugin_string_t){(uint8_t *)words, strlen(words)};
}

/* One text of several, which the answer owns. */
static plugin_string_t joined(size_t count, const plugin_string_t *pieces) {
    size_t length = 0;
    for (size_t i = 0; i < count; i++) length += pieces[i].len;
    plugin_string_t whole = {malloc(length), 0};
    for (size_t i = 0; i < count; i++) {
        memcpy(whole.ptr + whole.len, pieces[i].ptr, pieces[i].len);
        whole.len += pieces[i].len;
    }
    return whole;
}

/* One to nine digits; false where the text is something else. */
static bool number(plugin_string_t text, unsigned *value) {
    if (text.len < 1 || text.len > 9) return false;
    *value = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') return false;
        *value = *value * 10 + (text.ptr[i] - '0');
    }
    return true;
}

/* The text of a JSON string that needs no escapes and is not empty; false where it is none. */
static bool plain(plugin_string_t json, plugin_string_t *text) {
    if (json.len < 3 || json.ptr[0] != '"' || json.ptr[json.len - 1] != '"' || contains(json, "\\")) return false;
    *text = (plugin_string_t){json.ptr + 1, json.len - 2};
    return true;
}

/* False where the operator did not set it; the value is then left as it is. */
static bool setting(const char *name, plugin_string_t *value) {
    plugin_string_t key = piece(name), found;
    bool there = k8shawk_host_settings_get(&key, &found);
    if (there) *value = found;
    return there;
}

void exports_k8shawk_policy_policy_judge(exports_k8shawk_policy_policy_incident_t *incident,
                                         exports_k8shawk_policy_policy_proposal_t *proposal,
                                         exports_k8shawk_policy_policy_risk_t risk,
                                         exports_k8shawk_policy_policy_verdict_t *verdict) {
    (void)risk;
    plugin_string_t limit = piece("10"), json, approver;
    unsigned most, replicas;
    const char *wrong = NULL;
    setting("limit", &limit);
    bool asked = setting("approver", &json);
    if (!number(limit, &most)) wrong = "limit";
    else if (asked && !plain(json, &approver)) wrong = "approver";
    verdict->tag = EXPORTS_K8SHAWK_POLICY_POLICY_VERDICT_DENY;
    if (wrong) {
        verdict->val.deny = joined(2, (plugin_string_t[]){
            piece("the settings of the reference policy are invalid: "), piece(wrong)});
        return;
    }
    plugin_string_t action = proposal->action, namespace_ = proposal->target.namespace_;
    bool deploys = is(action, "set-image") || is(action, "rollout-undo");
    bool production = namespace_.len >= 5 && memcmp(namespace_.ptr, "prod-", 5) == 0;
    if (deploys && production && incident->severity < K8SHAWK_INCIDENT_TYPES_SEVERITY_HIGH) {
        verdict->val.deny = joined(4, (plugin_string_t[]){
            action, piece(" in "), namespace_, piece(" needs severity high")});
        return;
    }
    bool above = false;
    for (size_t i = 0; is(action, "scale") && i < proposal->parameters.len; i++) {
        k8shawk_incident_types_parameter_t one = proposal->parameters.ptr[i];
        above = above || (is(one.name, "replicas") && (!number(one.value, &replicas) || replicas > most));
    }
    verdict->tag = EXPORTS_K8SHAWK_POLICY_POLICY_VERDICT_ALLOW;
    if (!above) return;
    verdict->tag = EXPORTS_K8SHAWK_POLICY_POLICY_VERDICT_REQUIRE_APPROVAL;
    exports_k8shawk_policy_policy_approval_rule_t *rule = &verdict->val.require_approval;
    rule->approvers = (plugin_list_string_t){NULL, 0};
    if (asked) {
        rule->approvers = (plugin_list_string_t){malloc(sizeof(plugin_string_t)), 1};
        rule->approvers.ptr[0] = copy(approver);
    }
    rule->count = 1;
    rule->why = joined(3, (plugin_string_t[]){piece("more than "), limit, piece(" replicas")});
}
