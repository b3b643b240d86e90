use rstest::rstest;

use super::*;

/// Frames of MPEG-2 layer III, 64 kbit/s, 22050 Hz: 208 bytes, 26 ms each.
fn frames(n: usize) -> Vec<u8> {
    let mut all = Vec::new();
    for _ in 0..n {
        all.extend([0xff, 0xf3, 0x80, 0xc0]);
        all.extend([0; 204]);
    }
    all
}

#[test]
fn a_whole_file_has_a_length() {
    let seconds = mp3::check(&frames(100)).unwrap();
    assert!((seconds - 2.61).abs() < 0.02, "{seconds}");
    let mut tagged = b"ID3\x04\x00\x00\x00\x00\x01\x00".to_vec();
    tagged.extend([0; 128]);
    tagged.extend(frames(20));
    assert!(mp3::check(&tagged).is_ok());
}

#[test]
fn what_is_cut_empty_or_no_audio_cannot_be_played() {
    for bytes in [
        Vec::new(),
        b"<html>".to_vec(),
        frames(2),
        b"RIFF1234WAVE".to_vec(),
    ] {
        assert!(Spoken::check(bytes).is_err());
    }
    let mut cut = frames(50);
    cut.truncate(50 * 208 - 10);
    assert!(mp3::check(&cut).unwrap_err().contains("within a frame"));
}

#[rstest]
#[case((22 * 60, 7 * 60), 23 * 60, true)]
#[case((22 * 60, 7 * 60), 6 * 60 + 59, true)]
#[case((22 * 60, 7 * 60), 7 * 60, false)]
#[case((12 * 60, 13 * 60), 12 * 60 + 30, true)]
#[case((12 * 60, 13 * 60), 13 * 60, false)]
fn nothing_is_said_in_quiet_hours(
    #[case] span: (u16, u16),
    #[case] minute: i64,
    #[case] quiet: bool,
) {
    let options = Options {
        threshold: Severity::Medium,
        quiet: Some(span),
        knowledge_base: PathBuf::new(),
        keep: false,
    };
    let speech = Speech::new(Engine::Offline, options);
    let now = 1_700_006_400_000 + minute * 60_000;
    assert_eq!(speech.wants(Severity::Critical, now), !quiet);
    assert!(!speech.wants(Severity::Low, now), "below the threshold");
}

#[test]
fn a_long_script_is_cut_at_a_word() {
    let fitted = fit(&Redacted::of(&"வணக்கம் hello ".repeat(100))).into_string();
    assert!(fitted.chars().count() <= LONGEST);
    assert!(
        fitted.ends_with("hello") || fitted.ends_with("வணக்கம்"),
        "{fitted}"
    );
}

#[test]
fn a_file_name_holds_no_path() {
    let name = file_name("../../etc/x_y", 1_700_000_000_000);
    assert_eq!(name, "2023-11-14/voice_-..-etc-x-y_20231114T221320000Z.mp3");
}

#[tokio::test]
async fn espeak_and_lame_speak_a_file_that_can_be_played() {
    let place = tempfile::tempdir().unwrap();
    let options = Options {
        threshold: Severity::Info,
        quiet: None,
        knowledge_base: place.path().to_owned(),
        keep: true,
    };
    let speech = Speech::new(Engine::Offline, options);
    for (script, language) in [
        (
            "High alert; rm -rf $(x). In namespace shop, deployment web has a problem.",
            Language::English,
        ),
        ("அதிக எச்சரிக்கை. ஒரு சிக்கல் உள்ளது.", Language::Tamil),
    ] {
        let spoken = speech.speak(script, language).await.unwrap();
        assert!(mp3::check(spoken.bytes()).unwrap() > 1.0);
        let path = speech.save(&spoken, "web", 1_700_000_000_000).unwrap();
        assert!(path.ends_with("voice-messages/2023-11-14/voice_web_20231114T221320000Z.mp3"));
    }
}

/// A speech service that knows the older name of a field, and says what it was asked.
async fn service(
    axum::extract::State(asked): axum::extract::State<
        std::sync::Arc<std::sync::Mutex<Vec<String>>>,
    >,
    headers: axum::http::HeaderMap,
    body: String,
) -> (axum::http::StatusCode, String) {
    use base64::Engine as _;
    asked.lock().unwrap().push(body.clone());
    let refuse = |status, code: &str| {
        let error = serde_json::json!({"error": {"message": "no", "code": code}});
        (
            axum::http::StatusCode::from_u16(status).unwrap(),
            error.to_string(),
        )
    };
    if headers
        .get("api-subscription-key")
        .is_none_or(|k| k != "key")
    {
        return refuse(403, "invalid_api_key_error");
    }
    if !body.contains("target_language_code") {
        return refuse(422, "unprocessable_entity_error");
    }
    let audio = base64::engine::general_purpose::STANDARD.encode(frames(50));
    let answer = serde_json::json!({"request_id": "r", "audios": [audio]});
    (axum::http::StatusCode::OK, answer.to_string())
}

#[tokio::test]
async fn sarvam_is_asked_again_under_the_other_name_of_the_field() {
    let asked = std::sync::Arc::<std::sync::Mutex<Vec<String>>>::default();
    let route = axum::routing::post(service);
    let router = axum::Router::new()
        .route("/text-to-speech", route)
        .with_state(asked.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });
    let http = crate::services::http_client::for_calls(std::time::Duration::from_secs(30)).unwrap();
    let speech = |key: &str| {
        let engine = Engine::Sarvam(Box::new(Sarvam::new(http.clone(), &base, key)));
        let options = Options {
            threshold: Severity::Info,
            quiet: None,
            knowledge_base: PathBuf::new(),
            keep: false,
        };
        Speech::new(engine, options)
    };
    assert!(
        speech("key")
            .speak("vanakkam", Language::Tamil)
            .await
            .is_ok()
    );
    let said = asked.lock().unwrap().clone();
    assert_eq!(said.len(), 2);
    assert!(
        said[1].contains("ta-IN") && said[1].contains("anushka") && said[1].contains("bulbul:v2")
    );
    let refused = speech("wrong")
        .speak("hello", Language::English)
        .await
        .unwrap_err();
    assert!(
        refused.is_final() && refused.to_string().contains("403"),
        "{refused}"
    );
    serving.abort();
}
