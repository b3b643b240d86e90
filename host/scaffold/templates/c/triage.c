#include "k8shawk.h"

void exports_k8shawk_triage_triage_judge(exports_k8shawk_triage_triage_signal_t *signal,
                                         exports_k8shawk_triage_triage_object_summary_t *summary,
                                         exports_k8shawk_triage_triage_judgement_t *judgement) {
    (void)summary;
    if (is(signal->object.namespace_, "sandbox")) {
        judgement->tag = EXPORTS_K8SHAWK_TRIAGE_TRIAGE_JUDGEMENT_DROP;
        judgement->val.drop = text("sandbox is a playground");
        return;
    }
    judgement->tag = EXPORTS_K8SHAWK_TRIAGE_TRIAGE_JUDGEMENT_PASS;
}
