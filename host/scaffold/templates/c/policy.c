#include "k8shawk.h"

void exports_k8shawk_policy_policy_judge(exports_k8shawk_policy_policy_incident_t *incident,
                                         exports_k8shawk_policy_policy_proposal_t *proposal,
                                         exports_k8shawk_policy_policy_risk_t risk,
                                         exports_k8shawk_policy_policy_verdict_t *verdict) {
    (void)incident, (void)risk;
    /* Settings are JSON: a string has its quotes. */
    plugin_string_t key = text("frozen"), frozen;
    if (!k8shawk_host_settings_get(&key, &frozen)) frozen = text("\"kube-system\"");
    plugin_string_t namespace_ = proposal->target.namespace_;
    bool same = frozen.len == namespace_.len + 2 && memcmp(frozen.ptr + 1, namespace_.ptr, namespace_.len) == 0;
    if (same) {
        verdict->tag = EXPORTS_K8SHAWK_POLICY_POLICY_VERDICT_DENY;
        verdict->val.deny = text("this namespace is changed by hand");
        return;
    }
    verdict->tag = EXPORTS_K8SHAWK_POLICY_POLICY_VERDICT_ALLOW;
}
