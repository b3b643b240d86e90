/* Quantities of Kubernetes, such as 64Mi, 250m or 1e3. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* In billionths of the unit, the finest that a quantity can tell; beyond all measure it stays at the largest. */
typedef unsigned __int128 nano_t;

/* False where the text is no quantity; a negative one is none here. */
bool quantity(const unsigned char *text, size_t length, nano_t *nano);
