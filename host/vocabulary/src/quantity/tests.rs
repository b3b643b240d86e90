use rstest::rstest;

use super::*;

#[rstest]
#[case::plain("1", 1_000)]
#[case::milli("250m", 250)]
#[case::fraction("1.5", 1_500)]
#[case::no_whole(".5", 500)]
#[case::no_fraction("5.", 5_000)]
#[case::nano("1500000n", 1)]
#[case::micro("2500u", 2)]
#[case::kibi("1Ki", 1_024_000)]
#[case::mebi("64Mi", 64 * 1024 * 1024 * 1000)]
#[case::half_gibi("0.5Gi", 512 * 1024 * 1024 * 1000)]
#[case::tebi("1Ti", 1_000 << 40)]
#[case::pebi("1Pi", 1_000 << 50)]
#[case::exbi("1Ei", 1_000 << 60)]
#[case::kilo("3k", 3_000_000)]
#[case::mega("5M", 5_000_000_000)]
#[case::giga("2G", 2_000_000_000_000)]
#[case::tera("1T", 1_000_000_000_000_000)]
#[case::peta("1P", 1_000_000_000_000_000_000)]
#[case::exa("1E", 1_000_000_000_000_000_000_000)]
#[case::exponent("1e3", 1_000_000)]
#[case::capital_exponent("1E3", 1_000_000)]
#[case::signed_exponent("12e+2", 1_200_000)]
#[case::small_exponent("5e-3", 5)]
#[case::negative("-1", -1_000)]
#[case::positive("+1", 1_000)]
#[case::finer_than_a_billionth("1e-40", 0)]
fn every_form_is_read(#[case] text: &str, #[case] thousandths: i128) {
    assert_eq!(milli(text), Some(thousandths));
}

#[rstest]
#[case::empty("")]
#[case::word("lots")]
#[case::suffix_alone("Mi")]
#[case::dot(".")]
#[case::space(" 1")]
#[case::two_suffixes("1Mim")]
#[case::exponent_and_suffix("1e3Mi")]
#[case::two_dots("1.2.3")]
#[case::infinite("inf")]
#[case::not_a_number("NaN")]
#[case::beyond_measure("999999999999999999999999T")]
#[case::beyond_all_measure("1e400")]
fn what_is_no_quantity_is_refused(#[case] text: &str) {
    assert_eq!(nano(text), None);
    assert_eq!(Quantity::parse(text), None);
}

#[rstest]
#[case("0")]
#[case("-5Mi")]
#[case("0e9")]
fn nothing_can_be_set_to_less_than_something(#[case] text: &str) {
    assert_eq!(Quantity::parse(text), None);
}

#[test]
fn sizes_compare_exactly_whatever_their_suffix() {
    let size = |text: &str| Quantity::parse(text).unwrap().nano();
    assert_eq!(size("1Gi"), size("1073741824"));
    assert!(size("1E") < size("1Ei"));
    assert!(size("1000000001n") > size("1"));
    assert_eq!(size("0.5"), size("500m"));
}

#[test]
fn a_quantity_stays_as_it_was_written() {
    let quantity: Quantity = String::from("1.50Gi").try_into().unwrap();
    assert_eq!(quantity.to_string(), "1.50Gi");
    assert_eq!(String::from(quantity), "1.50Gi");
}

#[test]
fn amounts_are_written_as_people_write_them() {
    assert_eq!(bytes(512 * MIB), "512Mi");
    assert_eq!(bytes(2 * GIB), "2Gi");
    assert_eq!(bytes(4 * TIB), "4Ti");
    assert_eq!(cores(1500), "1500m");
    assert_eq!(show("requests.memory", i128::from(GIB) * 1000), "1Gi");
    assert_eq!(show("pods", 3_000), "3");
    assert_eq!(units("1.5Ki"), Some(1536));
    assert_eq!(units("-1"), None);
}
