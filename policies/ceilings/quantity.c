#include "quantity.h"
#include <string.h>

static const nano_t LARGEST = ~(nano_t)0;
static const nano_t UNIT = 1000000000;

static nano_t times(nano_t value, nano_t factor) {
    return value != 0 && factor > LARGEST / value ? LARGEST : value * factor;
}

static bool digit(unsigned char byte) { return byte >= '0' && byte <= '9'; }

/* The factor of a suffix in billionths; 0 where there is no such suffix. */
static nano_t factor(const unsigned char *text, size_t length) {
    static const char *const binary = "KMGTPE", *const decimal = "numkMGTPE";
    if (length == 0) return UNIT;
    if (length == 2 && text[1] == 'i') {
        const char *found = strchr(binary, text[0]);
        return found && text[0] ? UNIT << (10 * (found - binary + 1)) : 0;
    }
    const char *found = length == 1 && text[0] ? strchr(decimal, text[0]) : NULL;
    if (!found) return 0;
    nano_t value = 1;
    /* From n, a billionth, each suffix is a thousand times the one before, but the unit itself stands after m. */
    for (long step = found - decimal + (found - decimal > 2); step > 0; step--) value *= 1000;
    return value;
}

bool quantity(const unsigned char *text, size_t length, nano_t *nano) {
    size_t at = 0, digits = 0;
    nano_t mantissa = 0;
    long shift = 0;
    if (at < length && text[at] == '+') at++;
    for (; at < length && digit(text[at]); at++, digits++) {
        if (mantissa > LARGEST / 10 - 1) shift++;
        else mantissa = mantissa * 10 + (text[at] - '0');
    }
    if (at < length && text[at] == '.')
        for (at++; at < length && digit(text[at]); at++, digits++) {
            if (mantissa > LARGEST / 10 - 1) continue;
            mantissa = mantissa * 10 + (text[at] - '0');
            shift--;
        }
    if (digits == 0) return false;
    nano_t unit = UNIT;
    if (length - at > 1 && (text[at] == 'e' || text[at] == 'E')) {
        bool down = text[at + 1] == '-';
        size_t first = at + 1 + (down || text[at + 1] == '+');
        long exponent = 0;
        if (first == length) return false;
        for (at = first; at < length; at++) {
            if (!digit(text[at])) return false;
            if (exponent < 1000) exponent = exponent * 10 + (text[at] - '0');
        }
        shift += down ? -exponent : exponent;
    } else {
        unit = factor(text + at, length - at);
        if (unit == 0) return false;
    }
    nano_t value = times(mantissa, unit);
    bool rest = false;
    for (; shift > 0 && value != 0 && value != LARGEST; shift--) value = times(value, 10);
    for (; shift < 0 && value != 0; shift++) {
        rest = rest || value % 10 != 0;
        value /= 10;
    }
    /* As Kubernetes does, what is finer than a billionth is rounded up. */
    *nano = value == LARGEST ? value : value + rest;
    return true;
}
