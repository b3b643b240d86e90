//! Guests that misbehave on purpose, for the tests of the sandbox.
