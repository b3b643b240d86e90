#include "k8shawk.h"

void exports_k8shawk_voice_voice_script(exports_k8shawk_voice_voice_severity_t severity,
                                        exports_k8shawk_voice_voice_finding_t *finding,
                                        exports_k8shawk_voice_voice_language_t language,
                                        uint32_t limit, plugin_string_t *script) {
    (void)severity, (void)language;
    *script = copy(finding->title);
    if (script->len > limit) script->len = limit;
}
