// Package export_k8shawk_voice_voice says what is spoken.
package export_k8shawk_voice_voice

import . "wit_component/k8shawk_voice_voice"

// Script is what is spoken, at most limit characters.
func Script(severity Severity, finding Finding, language Language, limit uint32) string {
	text := []rune(finding.Title + ".")
	if len(text) > int(limit) {
		text = text[:limit]
	}
	return string(text)
}
