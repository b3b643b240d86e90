use rstest::rstest;

use super::*;

fn people(lines: &[&str]) -> People {
    let lines: Vec<String> = lines.iter().map(|l| (*l).to_owned()).collect();
    People::parse(&lines).unwrap().sharing(&["root", "k8shawk"])
}

fn person(text: &str) -> Person {
    match text.strip_prefix("slack:") {
        Some(id) => Person::at(Door::Slack, id),
        None => Person::named(text),
    }
}

const ANN: &str = "ann slack:U0001 user:ann user:root";
const BOB: &str = "bob slack:U0002 user:bob";
const EVE: &str = "eve user:eve";

/// Ways for one person to vote twice; each is one person, for certain no more.
#[rstest]
#[case::the_same_user_again(&[], &["ann", "ann"])]
#[case::the_same_slack_id_again(&[], &["slack:U0001", "slack:U0001"])]
#[case::socket_then_slack(&[], &["ann", "slack:U0001"])]
#[case::slack_then_socket(&[], &["slack:U0001", "ann"])]
#[case::root_then_the_hosts_user(&[], &["root", "k8shawk"])]
#[case::the_hosts_user_then_root(&[], &["k8shawk", "root"])]
#[case::root_then_their_own_user(&[], &["root", "ann"])]
#[case::their_own_user_then_the_hosts(&[], &["ann", "k8shawk"])]
#[case::root_then_slack(&[], &["root", "slack:U0001"])]
#[case::the_hosts_user_then_slack(&[], &["k8shawk", "slack:U0001"])]
#[case::root_the_hosts_user_and_slack(&[], &["root", "k8shawk", "slack:U0001"])]
#[case::mapped_socket_then_slack(&[ANN, BOB], &["ann", "slack:U0001"])]
#[case::mapped_root_then_slack(&[ANN, BOB], &["root", "slack:U0001"])]
#[case::mapped_root_then_their_own_user(&[ANN, BOB], &["root", "ann"])]
#[case::mapped_three_times(&[ANN, BOB], &["ann", "root", "slack:U0001", "ann"])]
#[case::mapped_then_the_hosts_user(&[ANN, BOB], &["slack:U0001", "k8shawk"])]
#[case::without_slack_then_a_slack_id_that_is_nobodys(&[EVE], &["eve", "slack:U0009"])]
#[case::a_slack_id_that_is_nobodys_then_without_slack(&[EVE], &["slack:U0009", "eve"])]
#[case::an_unmapped_user_and_an_unmapped_slack_id(&[ANN, BOB], &["carl", "slack:U0009"])]
#[case::without_a_user_then_a_user_that_is_nobodys(&["dan slack:U0004"], &["slack:U0004", "carl"])]
fn one_person_counts_once(#[case] map: &[&str], #[case] votes: &[&str]) {
    let voters: Vec<Person> = votes.iter().map(|v| person(v)).collect();
    let all: Vec<&Person> = voters.iter().collect();
    assert_eq!(people(map).count(&all), 1);
}

#[rstest]
#[case::nobody(&[], &[], 0)]
#[case::two_users(&[], &["ann", "bob"], 2)]
#[case::two_slack_ids(&[], &["slack:U0001", "slack:U0002"], 2)]
#[case::two_slack_ids_and_a_user(&[], &["ann", "slack:U0001", "slack:U0002"], 2)]
#[case::mapped_across_doors(&[ANN, BOB], &["ann", "slack:U0002"], 2)]
#[case::root_who_is_ann_and_bob(&[ANN, BOB], &["root", "bob"], 2)]
#[case::mapped_and_a_slack_id_beside_theirs(&[ANN], &["ann", "slack:U0009"], 2)]
#[case::three(&[ANN, BOB, EVE], &["slack:U0001", "bob", "eve"], 3)]
fn different_people_count_each(#[case] map: &[&str], #[case] votes: &[&str], #[case] count: usize) {
    let voters: Vec<Person> = votes.iter().map(|v| person(v)).collect();
    let all: Vec<&Person> = voters.iter().collect();
    assert_eq!(people(map).count(&all), count);
}

#[rstest]
#[case(&["ann"], "such as")]
#[case(&["ann U0001"], "such as")]
#[case(&["ann cluster:ann"], "such as")]
#[case(&["ann slack:ann"], "such as")]
#[case(&["ann user:"], "such as")]
#[case(&["slack:U0001 user:ann"], "such as")]
#[case(&["ann user:ann", "ann user:bob"], "listed twice")]
#[case(&["ann user:x", "bob user:x"], "cannot be both ann and bob")]
fn says_what_is_wrong(#[case] lines: &[&str], #[case] why: &str) {
    let lines: Vec<String> = lines.iter().map(|l| (*l).to_owned()).collect();
    let fault = People::parse(&lines).unwrap_err().to_string();
    assert!(fault.contains(why), "{fault}");
}

#[test]
fn a_user_without_a_name_can_be_somebody() {
    let voters = [person("uid:1000"), person("slack:U0001")];
    let all: Vec<&Person> = voters.iter().collect();
    assert_eq!(people(&["ann user:uid:1000 slack:U0001"]).count(&all), 1);
}
