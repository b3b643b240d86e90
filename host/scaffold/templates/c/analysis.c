#include "k8shawk.h"

void exports_k8shawk_analysis_analysis_analyse(exports_k8shawk_analysis_analysis_incident_t *incident,
                                               exports_k8shawk_analysis_analysis_conclusion_t *conclusion) {
    conclusion->tag = EXPORTS_K8SHAWK_ANALYSIS_ANALYSIS_CONCLUSION_FINDINGS;
    conclusion->val.findings.len = 0;
    for (size_t i = 0; i < incident->signals.len; i++) {
        if (!contains(incident->signals.ptr[i].message, "license has expired")) continue;
        exports_k8shawk_analysis_analysis_finding_t *finding = calloc(1, sizeof *finding);
        finding->class_ = text("license-expired");
        finding->title = text("the license has expired");
        finding->cause = text("The application stops because its license has expired [e1].");
        finding->confidence = 90;
        finding->severity = incident->severity;
        finding->object = copy_of(&incident->object);
        finding->owner = copy_of(&incident->owner);
        finding->evidence.ptr = malloc(sizeof *finding->evidence.ptr);
        finding->evidence.len = 1;
        finding->evidence.ptr[0].id = text("e1");
        finding->evidence.ptr[0].source = copy(incident->signals.ptr[i].reason);
        finding->evidence.ptr[0].excerpt = copy(incident->signals.ptr[i].message);
        conclusion->val.findings.ptr = finding;
        conclusion->val.findings.len = 1;
        return;
    }
}
