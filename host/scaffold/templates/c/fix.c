#include "k8shawk.h"

void exports_k8shawk_fix_fix_propose(exports_k8shawk_fix_fix_incident_t *incident,
                                     exports_k8shawk_fix_fix_finding_t *finding,
                                     exports_k8shawk_fix_fix_plan_t *plan) {
    plan->proposals.len = 0;
    if (!is(finding->class_, "license-expired") || !is(incident->owner.kind, "Deployment")) {
        plan->next_check = text("");
        return;
    }
    exports_k8shawk_fix_fix_proposal_t *proposal = calloc(1, sizeof *proposal);
    proposal->action = text("rollout-restart");
    proposal->target = copy_of(&incident->owner);
    proposal->rationale = text("The new license is read at the start.");
    plan->proposals.ptr = proposal;
    plan->proposals.len = 1;
    plan->next_check = text("renew the license in the Secret, then restart");
}
