//! Scripts per language, and text that must not be spoken.

use super::*;
use rstest::rstest;

fn object(kind: &str, namespace: &str, name: &str) -> ObjectRef {
    ObjectRef {
        api_version: "v1".into(),
        kind: kind.into(),
        namespace: namespace.into(),
        name: name.into(),
        uid: "0f8fad5b-d9cb-469f-a165-70867728950e".into(),
    }
}

fn finding(class: &str) -> Finding {
    Finding {
        class: class.into(),
        title: "image registry.example.com/team/app:9 does not exist".into(),
        cause: "Container app of pod web-7d9f8c6b5-x2x4z asks for tag 9 [e1]. The registry \
                answered \"not found\" [e2]. See https://example.com/runbook?id=1 for more."
            .into(),
        confidence: 95,
        severity: Severity::Medium,
        object: object("Pod", "shop", "web-7d9f8c6b5-x2x4z"),
        owner: object("Deployment", "shop", "payment-api"),
        evidence: Vec::new(),
        unknown: Vec::new(),
        facts: Vec::new(),
        victims: Vec::new(),
        shared: None,
    }
}

const LANGUAGES: [Language; 3] = [Language::English, Language::Tamil, Language::Tanglish];

#[test]
fn speaks_english() {
    let script = script(
        Severity::Medium,
        &finding("image-not-found"),
        Language::English,
        500,
    );
    assert_eq!(
        script,
        "Attention, medium severity. In namespace shop, deployment payment api has a problem. \
         image registry.example.com team app 9 does not exist. Container app of pod web asks for \
         tag 9. The registry answered not found. See for more. Confidence 95 percent. \
         Please review it and decide."
    );
}

#[test]
fn speaks_tamil_in_tamil_script() {
    let mut finding = finding("missing-configmap");
    finding.shared = Some(object("ConfigMap", "shop", "app-config"));
    let script = script(Severity::High, &finding, Language::Tamil, 500);
    assert_eq!(
        script,
        "உயர் எச்சரிக்கை. shop நேம்ஸ்பேஸில் டிப்ளாய்மென்ட் payment api பாதிக்கப்பட்டுள்ளது. \
         தேவையான கான்ஃபிகரேஷன் கிடைக்கவில்லை. இதற்குக் காரணம் கான்ஃபிக் மேப் app config. \
         உறுதி 95 சதவீதம். தயவுசெய்து விவரங்களைப் பார்த்து முடிவு செய்யுங்கள்."
    );
}

#[test]
fn speaks_tanglish() {
    let mut finding = finding("out-of-memory");
    finding.object = finding.owner.clone();
    let script = script(Severity::Critical, &finding, Language::Tanglish, 500);
    assert_eq!(
        script,
        "Romba critical, udane paarunga. shop namespace-la deployment payment api-la problem iruku. \
         Memory pathala, container kill aagudhu. 95 percent confidence. \
         Details paathutu enna pannalaam-nu sollunga."
    );
}

#[test]
fn names_no_namespace_where_there_is_none() {
    let mut finding = finding("node-not-ready");
    finding.owner = object("Node", "", "worker-1");
    let script = script(Severity::Critical, &finding, Language::English, 500);
    assert!(
        script.starts_with("Critical alert. node worker 1 has a problem."),
        "{script}"
    );
}

#[test]
fn keeps_every_limit_in_every_language() {
    let mut finding = finding("application-error");
    finding.cause = "A very long sentence about what went wrong here. ".repeat(100);
    for language in LANGUAGES {
        for limit in (0..620).step_by(7) {
            let script = script(Severity::High, &finding, language, limit);
            let count = fit::count(&script);
            assert!(
                count <= usize::try_from(limit).unwrap().min(LONGEST),
                "{limit}: {script}"
            );
            let whole = script.is_empty()
                || script.ends_with(char::is_alphanumeric)
                || script.ends_with(['.', ',']);
            assert!(
                whole || script.chars().last().is_some_and(|c| c as u32 > 0x0B80),
                "{script}"
            );
        }
    }
    assert!(
        fit::count(&script(
            Severity::High,
            &finding,
            Language::English,
            u32::MAX
        )) <= LONGEST
    );
}

#[test]
fn cuts_the_cause_and_keeps_what_to_do() {
    let mut finding = finding("application-error");
    finding.cause = "word ".repeat(400);
    let script = script(Severity::High, &finding, Language::English, 300);
    assert!(
        script.ends_with("word. Please review it and decide."),
        "{script}"
    );
}

#[rstest]
#[case("plain words", "plain words")]
#[case("one [e1], two [e1, e2].", "one, two.")]
#[case("index [0] stays", "index 0 stays")]
#[case("see https://example.com/a and www.example.com.", "see and.")]
#[case("pod web-7d9f8c6b5-x2x4z died", "pod web died")]
#[case("uid 0f8fad5b-d9cb-469f-a165-70867728950e gone", "uid gone")]
#[case("app@sha256:0123456789abcdef0123456789abcdef", "app")]
#[case("line\nbreak\tand \u{7}bell\u{202e}", "line break and bell")]
#[case("<speak>ha</speak> `code` \"quoted\"", "speak ha speak code quoted")]
#[case("a memory limit of 128Mi", "a memory limit of 128Mi")]
#[case("exit code 137 (OOMKilled)", "exit code 137 OOMKilled")]
fn makes_text_speakable(#[case] written: &str, #[case] said: &str) {
    assert_eq!(plain::text(written), said);
}

#[rstest]
#[case("payment-api", "payment api")]
#[case("web-7d9f8c6b5-x2x4z", "web")]
#[case("web-0", "web 0")]
#[case("node-exporter-k2x9d", "node exporter")]
#[case("nightly-29384756-x2x4z", "nightly")]
#[case("web-7d9f8c6b5", "web")]
#[case("my-fifth-thing", "my fifth thing")]
#[case("", "")]
fn says_names_as_people_do(#[case] written: &str, #[case] said: &str) {
    assert_eq!(plain::name(written), said);
}

#[test]
fn no_script_has_ids_marks_or_links() {
    for class in [
        "image-not-found",
        "node-not-ready",
        "quota-exceeded",
        "never-heard-of",
    ] {
        let finding = finding(class);
        for language in LANGUAGES {
            let script = script(Severity::Low, &finding, language, 500);
            for bad in ["[e", "://", "x2x4z", "0f8fad5b", "{", "}"] {
                assert!(!script.contains(bad), "{bad}: {script}");
            }
        }
    }
}

#[test]
fn tamil_phrases_are_in_tamil_and_tanglish_ones_are_not() {
    let tamil = |c: char| ('\u{0B80}'..='\u{0BFF}').contains(&c);
    for phrase in phrases::PHRASES {
        let latin = phrase.tamil.chars().any(|c| c.is_ascii_alphabetic());
        assert!(
            phrase.tamil.chars().any(tamil) && !latin,
            "{}",
            phrase.tamil
        );
        assert!(phrase.tanglish.is_ascii(), "{}", phrase.tanglish);
    }
}

#[rstest]
#[case("image-not-found", "image")]
#[case("registry-unreachable", "registry")]
#[case("webhook-down", "allow")]
#[case("node-not-ready", "Node")]
#[case("quota-exceeded", "quota")]
#[case("cronjob-silent", "Schedule")]
#[case("never-heard-of", "kandupidichirukom")]
fn the_phrase_fits_its_class(#[case] class: &str, #[case] word: &str) {
    assert!(phrases::of(&finding(class)).tanglish.contains(word));
}

#[test]
fn does_not_part_a_tamil_letter_from_its_vowel() {
    let word = "கிடைக்கவில்லை";
    for limit in 0..=fit::count(word) {
        let cut = fit::cut(word, limit);
        let rest = &word[cut.len()..];
        let sign = |c: char| matches!(c, '\u{0BBE}'..='\u{0BCD}');
        assert!(
            fit::count(cut) <= limit && !rest.starts_with(sign),
            "{limit}: {cut}"
        );
    }
}
