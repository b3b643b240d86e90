/* What the rules below need: strings of the component model have a length and no end. */
#pragma once
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "bindings/plugin.h"

static inline bool is(plugin_string_t text, const char *other) {
    return text.len == strlen(other) && memcmp(text.ptr, other, text.len) == 0;
}

static inline bool contains(plugin_string_t text, const char *part) {
    size_t size = strlen(part);
    for (size_t at = 0; at + size <= text.len; at++)
        if (memcmp(text.ptr + at, part, size) == 0) return true;
    return false;
}

/* A string that the answer owns. What the plugin got is freed after the call. */
static inline plugin_string_t copy(plugin_string_t text) {
    plugin_string_t own = {malloc(text.len), text.len};
    memcpy(own.ptr, text.ptr, text.len);
    return own;
}

static inline plugin_string_t text(const char *words) {
    plugin_string_t own;
    plugin_string_dup(&own, words);
    return own;
}

static inline k8shawk_incident_types_object_ref_t copy_of(const k8shawk_incident_types_object_ref_t *object) {
    return (k8shawk_incident_types_object_ref_t){
        copy(object->api_version), copy(object->kind), copy(object->namespace_), copy(object->name), copy(object->uid)};
}
