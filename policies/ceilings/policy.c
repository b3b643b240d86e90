/* The policy: no fix asks for more than the operator's ceilings. */
#include "k8shawk.h"
#include "quantity.h"

/* Which parameter of which action stays below which setting; `of` narrows it to a resource of a quota. */
static const struct ceiling {
    const char *action, *parameter, *setting, *of;
} CEILINGS[] = {
    {"set-resources", "memory", "memory", NULL},
    {"set-resources", "cpu", "cpu", NULL},
    {"scale", "replicas", "replicas", NULL},
    {"scale-hpa-max", "max", "replicas", NULL},
    {"expand-pvc", "size", "storage", NULL},
    {"raise-quota", "value", "quota-memory", "memory"},
    {"raise-quota", "value", "quota-cpu", "cpu"},
};
static const size_t COUNT = sizeof CEILINGS / sizeof CEILINGS[0];

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

/* The value of a setting without the quotes of JSON; false where the operator did not set it. */
static bool setting(const char *name, plugin_string_t *value) {
    plugin_string_t key = piece(name);
    if (!k8shawk_host_settings_get(&key, value)) return false;
    if (value->len >= 2 && value->ptr[0] == '"' && value->ptr[value->len - 1] == '"') {
        value->ptr++;
        value->len -= 2;
    }
    return true;
}

static const plugin_string_t *parameter(const exports_k8shawk_policy_policy_proposal_t *proposal, const char *name) {
    for (size_t i = 0; i < proposal->parameters.len; i++)
        if (is(proposal->parameters.ptr[i].name, name)) return &proposal->parameters.ptr[i].value;
    return NULL;
}

static bool ends_with(plugin_string_t text, const char *end) {
    size_t size = strlen(end);
    return text.len >= size && memcmp(text.ptr + text.len - size, end, size) == 0;
}

/* Whether this ceiling is over what the fix changes. */
static bool concerns(const struct ceiling *ceiling, const exports_k8shawk_policy_policy_proposal_t *proposal) {
    if (!is(proposal->action, ceiling->action)) return false;
    if (!ceiling->of) return true;
    const plugin_string_t *resource = parameter(proposal, "resource");
    return resource && ends_with(*resource, ceiling->of);
}

/* Why the fix is above the ceiling; false where it is not. */
static bool exceeds(const struct ceiling *ceiling, const exports_k8shawk_policy_policy_proposal_t *proposal,
                    plugin_string_t limit, nano_t most, plugin_string_t *why) {
    const plugin_string_t *value = parameter(proposal, ceiling->parameter);
    nano_t wanted;
    if (!value) return false;
    if (!quantity(value->ptr, value->len, &wanted)) {
        *why = joined(3, (plugin_string_t[]){piece(ceiling->parameter), piece(" is not a quantity: "), *value});
        return true;
    }
    if (wanted <= most) return false;
    *why = joined(5, (plugin_string_t[]){piece(ceiling->setting), piece(" of "), *value,
                                         piece(" is above the ceiling of "), limit});
    return true;
}

void exports_k8shawk_policy_policy_judge(exports_k8shawk_policy_policy_incident_t *incident,
                                         exports_k8shawk_policy_policy_proposal_t *proposal,
                                         exports_k8shawk_policy_policy_risk_t risk,
                                         exports_k8shawk_policy_policy_verdict_t *verdict) {
    (void)incident, (void)risk;
    verdict->tag = EXPORTS_K8SHAWK_POLICY_POLICY_VERDICT_DENY;
    /* Every setting is read first: one that is wrong denies every fix, not only those under it. */
    plugin_string_t limits[sizeof CEILINGS / sizeof CEILINGS[0]];
    nano_t most[sizeof CEILINGS / sizeof CEILINGS[0]];
    bool set[sizeof CEILINGS / sizeof CEILINGS[0]];
    for (size_t i = 0; i < COUNT; i++) {
        set[i] = setting(CEILINGS[i].setting, &limits[i]);
        if (set[i] && !quantity(limits[i].ptr, limits[i].len, &most[i])) {
            verdict->val.deny = joined(4, (plugin_string_t[]){
                piece("the settings of the ceilings policy are invalid: "), piece(CEILINGS[i].setting),
                piece(" is not a quantity: "), limits[i]});
            return;
        }
    }
    for (size_t i = 0; i < COUNT; i++)
        if (set[i] && concerns(&CEILINGS[i], proposal) &&
            exceeds(&CEILINGS[i], proposal, limits[i], most[i], &verdict->val.deny))
            return;
    verdict->tag = EXPORTS_K8SHAWK_POLICY_POLICY_VERDICT_ALLOW;
}
