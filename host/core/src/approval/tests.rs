use super::*;
use crate::diff::Diff;
use crate::fix::Fix;
use crate::object::ObjectRef;
use crate::policy::ApprovalRule;

fn candidate(action: &str, kind: &str, ruling: Ruling) -> Candidate {
    let parameters: &[(String, String)] = match action {
        "remove-finalizer" => &[("finalizer".into(), "x".into())],
        _ => &[],
    };
    Candidate {
        fix: Fix::parse(action, ObjectRef::new("v1", kind, "a", "b"), parameters).unwrap(),
        rationale: String::new(),
        origin: None,
        ruling,
        diff: Diff::whole("x", None, Some("1")),
        target_uid: "u".into(),
        digest: "d1".into(),
        ledger: vec![],
    }
}

fn vote(candidate: &Candidate, who: &str) -> Vote {
    Vote {
        approver: Person::named(who),
        at: 0,
        digest: candidate.digest.clone(),
    }
}

fn anyone() -> Authority {
    Authority {
        approvers: vec![],
        in_slack: vec![],
        expires_after: 60_000,
        people: People::default(),
    }
}

fn two() -> Ruling {
    Ruling::Approval(vec![ApprovalRule {
        approvers: vec![],
        count: 2,
        why: "two".into(),
    }])
}

#[test]
fn one_vote_is_authority_for_a_fix_of_low_risk() {
    let c = candidate("delete-pod", "Pod", Ruling::Approval(vec![]));
    let approval = anyone().approve(&c, &[vote(&c, "ann")], 0, 1).unwrap();
    assert!(approval.covers(&c.digest, "u"));
    assert!(!approval.covers(&c.digest, "other"));
}

#[test]
fn the_same_person_counts_once() {
    let c = candidate("delete-pod", "Pod", two());
    let twice = [vote(&c, "ann"), vote(&c, "ann")];
    let missing = "another person must approve too (two)".to_owned();
    assert_eq!(
        anyone().approve(&c, &twice, 0, 1),
        Err(ApprovalError::NotEnough { missing })
    );
    assert!(
        anyone()
            .approve(&c, &[vote(&c, "ann"), vote(&c, "bob")], 0, 1)
            .is_ok()
    );
}

#[test]
fn a_vote_for_another_diff_does_not_count() {
    let c = candidate("delete-pod", "Pod", Ruling::Approval(vec![]));
    let mut old = vote(&c, "ann");
    old.digest = "other".into();
    assert!(anyone().approve(&c, &[old], 0, 1).is_err());
}

#[test]
fn a_question_expires() {
    let c = candidate("delete-pod", "Pod", Ruling::Approval(vec![]));
    assert!(matches!(
        anyone().approve(&c, &[vote(&c, "ann")], 0, 60_001),
        Err(ApprovalError::Expired(_))
    ));
}

#[test]
fn high_risk_needs_a_named_approver() {
    let c = candidate("remove-finalizer", "ConfigMap", Ruling::Approval(vec![]));
    assert!(anyone().admit(&c, &Person::named("ann")).is_err());
    let named = Authority {
        approvers: vec!["ann".into()],
        in_slack: vec!["U0001".into()],
        expires_after: 1,
        people: People::default(),
    };
    assert!(named.admit(&c, &Person::named("ann")).is_ok());
    assert!(named.admit(&c, &Person::named("bob")).is_err());
}

#[test]
fn a_denied_fix_cannot_be_approved() {
    let c = candidate(
        "delete-pod",
        "Pod",
        Ruling::Denied(vec!["freeze: no".into()]),
    );
    assert!(anyone().approve(&c, &[vote(&c, "ann")], 0, 1).is_err());
}

#[test]
fn rules_that_name_different_people_each_need_their_own() {
    let rule = |who: &str| ApprovalRule {
        approvers: vec![who.into()],
        count: 1,
        why: format!("{who} owns it"),
    };
    let c = candidate(
        "delete-pod",
        "Pod",
        Ruling::Approval(vec![rule("ann"), rule("bob")]),
    );
    let one = anyone().approve(&c, &[vote(&c, "ann")], 0, 1).unwrap_err();
    assert!(one.to_string().contains("bob"), "{one}");
    let both = [vote(&c, "ann"), vote(&c, "bob")];
    assert!(anyone().approve(&c, &both, 0, 1).is_ok());
    assert!(anyone().admit(&c, &Person::named("eve")).is_err());
}

#[test]
fn a_rule_may_name_a_group() {
    let rule = ApprovalRule {
        approvers: vec!["%sre".into()],
        count: 1,
        why: "sre".into(),
    };
    let c = candidate("delete-pod", "Pod", Ruling::Approval(vec![rule]));
    let mut ann = Person::named("ann");
    assert!(anyone().admit(&c, &ann).is_err());
    ann.groups.push("%sre".into());
    assert!(anyone().admit(&c, &ann).is_ok());
}

#[test]
fn only_listed_people_may_dismiss_where_a_list_is_set() {
    let listed = Authority {
        approvers: vec!["ann".into()],
        in_slack: vec!["U0001".into()],
        expires_after: 1,
        people: People::default(),
    };
    assert!(listed.known(&Person::named("ann")).is_ok());
    assert!(listed.known(&Person::named("bob")).is_err());
    assert!(anyone().known(&Person::named("bob")).is_ok());
}

#[test]
fn each_door_has_its_own_names() {
    let both = Authority {
        approvers: vec!["ann".into()],
        in_slack: vec!["U0001".into(), "@example.com".into()],
        expires_after: 1,
        people: People::default(),
    };
    let mut bob = Person::at(Door::Slack, "U0002");
    assert!(both.known(&Person::at(Door::Slack, "U0001")).is_ok());
    assert!(both.known(&Person::named("U0001")).is_err());
    assert!(both.known(&Person::at(Door::Slack, "ann")).is_err());
    let why = both.known(&bob).unwrap_err().to_string();
    assert!(why.contains("SLACK_APPROVERS"), "{why}");
    bob.groups.push("@example.com".into());
    assert!(both.known(&bob).is_ok());
}

#[test]
fn with_nobody_named_slack_approves_no_high_risk() {
    let c = candidate("remove-finalizer", "ConfigMap", Ruling::Approval(vec![]));
    let local = Authority {
        approvers: vec!["ann".into()],
        in_slack: vec![],
        expires_after: 1,
        people: People::default(),
    };
    let member = Person::at(Door::Slack, "U0001");
    assert!(local.admit(&c, &member).is_err());
    let c = candidate("delete-pod", "Pod", Ruling::Approval(vec![]));
    assert!(local.admit(&c, &member).is_ok());
}

#[test]
fn a_yes_to_an_earlier_question_does_not_count() {
    let c = candidate("delete-pod", "Pod", Ruling::Approval(vec![]));
    let early = vote(&c, "ann");
    assert!(
        anyone()
            .approve(&c, std::slice::from_ref(&early), 1, 2)
            .is_err()
    );
    let later = Vote { at: 1, ..early };
    assert!(anyone().approve(&c, &[later], 1, 2).is_ok());
}

#[test]
fn one_person_at_two_doors_is_told_why_that_is_one() {
    let c = candidate("delete-pod", "Pod", two());
    let slack = Vote {
        approver: Person::at(Door::Slack, "U0001"),
        ..vote(&c, "")
    };
    let votes = [vote(&c, "ann"), slack];
    let fault = anyone().approve(&c, &votes, 0, 1).unwrap_err().to_string();
    assert!(fault.contains("approval.people"), "{fault}");
    let lines = ["ann user:ann", "bob slack:U0001"].map(str::to_owned);
    let told = Authority {
        people: People::parse(&lines).unwrap(),
        ..anyone()
    };
    assert!(told.approve(&c, &votes, 0, 1).is_ok());
}

#[test]
fn a_yes_is_for_what_was_shown_alone() {
    let c = candidate("delete-pod", "Pod", Ruling::Approval(vec![]));
    let shown = |digest: &str, asked_at| Question {
        digest: digest.to_owned(),
        asked_at,
    };
    assert_eq!(shown(&c.digest, 5).stands(&c, 5), Ok(()));
    assert_eq!(shown("0", 5).stands(&c, 5), Err(Superseded::Fix));
    let older = shown(&c.digest, 4);
    assert_eq!(older.stands(&c, 5), Err(Superseded::Question));
}

#[test]
fn the_operators_name_for_a_person_comes_before_the_one_in_their_profile() {
    let mut authority = anyone();
    authority.people = People::parse(&["ann slack:U0001 user:ann user:root".into()]).unwrap();
    let slack = |id: &str| Person {
        called: Some("Ann *Example*".into()),
        ..Person::at(Door::Slack, id)
    };
    let shown = |person: &Person| authority.introduce(person).to_string();
    assert_eq!(shown(&slack("U0001")), "ann (U0001)");
    assert_eq!(shown(&slack("U0002")), "Ann *Example* (U0002)");
    assert_eq!(shown(&Person::at(Door::Slack, "U0002")), "U0002");
    assert_eq!(shown(&Person::named("ann")), "ann");
    assert_eq!(shown(&Person::named("root")), "ann (root)");
    // A name decides nothing.
    let introduced = authority.introduce(&slack("U0002"));
    assert!(introduced.is(&slack("U0002")) && !introduced.is(&slack("U0001")));
}
