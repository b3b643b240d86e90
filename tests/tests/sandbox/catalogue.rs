//! What the shipped fix plugin proposes, against the catalogue that the host parses it into.

use k8shawk_core::fix::{actions, documented, targets};
use k8shawk_plugin_fix::row::Target;
use k8shawk_plugin_fix::rows::ROWS;

#[test]
fn every_row_of_the_fix_plugin_is_of_the_catalogue() {
    for row in ROWS {
        assert!(actions().any(|known| known == row.action), "{row:?}");
        let kinds = match row.target {
            Target::Kind(kinds) => kinds,
            Target::Object => &[],
            Target::Named { kind, .. } => &[kind],
        };
        let may = targets(row.action);
        let fits = |kind: &&str| may.iter().any(|known| known.kind == *kind);
        assert!(kinds.iter().all(fits), "{row:?}");
        let name = format!("| `{}` |", row.action);
        let told = documented().find(|told| told.starts_with(&name)).unwrap();
        for (parameter, _) in row.parameters {
            assert!(told.contains(&format!("`{parameter}`")), "{row:?}: {told}");
        }
    }
}
