-- A version has one digest, its pin. That of the component alone was shown, and no grant can pin it.
ALTER TABLE versions DROP COLUMN digest;
