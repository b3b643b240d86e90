use kube::core::Status;
use rstest::rstest;

use super::*;

#[rstest]
#[case(400, Concerned::ThisKind)]
#[case(401, Concerned::EveryKind)]
#[case(403, Concerned::ThisKind)]
#[case(404, Concerned::ThisKind)]
#[case(410, Concerned::ThisKind)]
#[case(429, Concerned::EveryKind)]
#[case(500, Concerned::EveryKind)]
#[case(503, Concerned::EveryKind)]
#[case(504, Concerned::EveryKind)]
fn an_outage_is_told_from_a_refusal(#[case] code: u16, #[case] expected: Concerned) {
    let status = Status::failure("no", "").with_code(code);
    let error = ClusterError::answered("watch pods".into(), "https://api".into(), &status);
    assert_eq!(concerned(&error).0, expected);
    assert_eq!(must_list(&error), code == 410);
}

#[test]
fn an_object_that_is_no_json_concerns_its_kind_only() {
    let error = ClusterError::Answer {
        attempt: "watch pods".to_owned(),
        why: "expected value".to_owned(),
    };
    let (whom, why) = concerned(&error);
    assert!(whom == Concerned::ThisKind && why.contains("cannot be parsed"));
    assert!(must_list(&error));
}
