//! The words of each language.

use k8shawk_sdk::voice::{Finding, Language, Severity};

/// Fixed words of a language.
pub struct Words {
    severities: [&'static str; 5],
    /// With `{place}`, `{kind}`, `{name}`.
    pub inside: &'static str,
    /// The same for an object without a namespace.
    pub somewhere: &'static str,
    /// With `{kind}`, `{name}` of what is to blame.
    pub blamed: &'static str,
    /// With `{}` for the percentage.
    pub confidence: &'static str,
    /// What the listener should do.
    pub tail: &'static str,
    tamil_script: bool,
}

impl Words {
    /// The opening words.
    pub fn severity(&self, severity: Severity) -> &'static str {
        let [info, low, medium, high, critical] = self.severities;
        match severity {
            Severity::Info => info,
            Severity::Low => low,
            Severity::Medium => medium,
            Severity::High => high,
            Severity::Critical => critical,
        }
    }

    /// The spoken form of a kind.
    pub fn kind(&self, row: &Kind) -> &'static str {
        if self.tamil_script { row.2 } else { row.1 }
    }
}

/// The words of a language.
pub fn words(language: Language) -> &'static Words {
    match language {
        Language::English => &ENGLISH,
        Language::Tamil => &TAMIL,
        Language::Tanglish => &TANGLISH,
    }
}

const ENGLISH: Words = Words {
    severities: [
        "For your information.",
        "Low severity.",
        "Attention, medium severity.",
        "Alert, high severity.",
        "Critical alert.",
    ],
    inside: "In namespace {place}, {kind} {name} has a problem.",
    somewhere: "{kind} {name} has a problem.",
    blamed: "The cause is {kind} {name}.",
    confidence: "Confidence {} percent.",
    tail: "Please review it and decide.",
    tamil_script: false,
};

const TAMIL: Words = Words {
    severities: [
        "தகவலுக்காக.",
        "சிறிய எச்சரிக்கை.",
        "கவனிக்கவும், நடுத்தர எச்சரிக்கை.",
        "உயர் எச்சரிக்கை.",
        "மிக அவசர எச்சரிக்கை.",
    ],
    inside: "{place} நேம்ஸ்பேஸில் {kind} {name} பாதிக்கப்பட்டுள்ளது.",
    somewhere: "{kind} {name} பாதிக்கப்பட்டுள்ளது.",
    blamed: "இதற்குக் காரணம் {kind} {name}.",
    confidence: "உறுதி {} சதவீதம்.",
    tail: "தயவுசெய்து விவரங்களைப் பார்த்து முடிவு செய்யுங்கள்.",
    tamil_script: true,
};

const TANGLISH: Words = Words {
    severities: [
        "Oru chinna thagaval.",
        "Chinna warning dhaan.",
        "Konjam gavaninga, medium alert.",
        "High alert, udane paarunga.",
        "Romba critical, udane paarunga.",
    ],
    inside: "{place} namespace-la {kind} {name}-la problem iruku.",
    somewhere: "{kind} {name}-la problem iruku.",
    blamed: "Idhuku kaaranam {kind} {name}.",
    confidence: "{} percent confidence.",
    tail: "Details paathutu enna pannalaam-nu sollunga.",
    tamil_script: false,
};

/// A kind as Kubernetes writes it, as it is said, and in Tamil script.
pub type Kind = (&'static str, &'static str, &'static str);

/// Kinds with a spoken form; others are said as they are written.
pub const KINDS: &[Kind] = &[
    ("Pod", "pod", "பாட்"),
    ("Deployment", "deployment", "டிப்ளாய்மென்ட்"),
    ("ReplicaSet", "replica set", "ரெப்ளிகா செட்"),
    ("StatefulSet", "stateful set", "ஸ்டேட்ஃபுல் செட்"),
    ("DaemonSet", "daemon set", "டீமன் செட்"),
    ("Job", "job", "ஜாப்"),
    ("CronJob", "cron job", "கிரான் ஜாப்"),
    ("Service", "service", "சர்வீஸ்"),
    ("Ingress", "ingress", "இன்கிரெஸ்"),
    ("Node", "node", "நோட்"),
    ("Namespace", "namespace", "நேம்ஸ்பேஸ்"),
    ("PersistentVolumeClaim", "volume claim", "வால்யூம் கிளைம்"),
    ("ConfigMap", "config map", "கான்ஃபிக் மேப்"),
    ("Secret", "secret", "சீக்ரெட்"),
    ("ResourceQuota", "resource quota", "ரிசோர்ஸ் கோட்டா"),
    ("HorizontalPodAutoscaler", "autoscaler", "ஆட்டோஸ்கேலர்"),
    ("PodDisruptionBudget", "disruption budget", "டிஸ்ரப்ஷன் பட்ஜெட்"),
    ("ServiceAccount", "service account", "சர்வீஸ் அக்கவுண்ட்"),
    ("StorageClass", "storage class", "ஸ்டோரேஜ் கிளாஸ்"),
    ("Registry", "registry", "ரெஜிஸ்ட்ரி"),
    ("Webhook", "webhook", "வெப்ஹூக்"),
    ("ValidatingWebhookConfiguration", "webhook", "வெப்ஹூக்"),
    ("MutatingWebhookConfiguration", "webhook", "வெப்ஹூக்"),
];

/// What a family of classes sounds like.
pub struct Phrase {
    /// Words of which the class has one.
    words: &'static [&'static str],
    /// In Tamil script.
    pub tamil: &'static str,
    /// In Tamil and English mixed.
    pub tanglish: &'static str,
}

const fn say(
    words: &'static [&'static str],
    tamil: &'static str,
    tanglish: &'static str,
) -> Phrase {
    Phrase {
        words,
        tamil,
        tanglish,
    }
}

/// Families in the order in which they are tried.
pub const PHRASES: &[Phrase] = &[
    say(
        &["unauthori", "pull-secret"],
        "இமேஜ் ரெஜிஸ்ட்ரி அனுமதி மறுக்கிறது.",
        "Image registry permission kudukala.",
    ),
    say(
        &["registry", "rate-limit"],
        "இமேஜ் ரெஜிஸ்ட்ரியைத் தொடர்பு கொள்ள முடியவில்லை.",
        "Image registry-a reach panna mudiyala.",
    ),
    say(
        &["image"],
        "கண்டெய்னர் இமேஜைப் பெற முடியவில்லை.",
        "Container image-a pull panna mudiyala.",
    ),
    say(
        &["evict", "pressure", "node-out"],
        "நோடில் வளங்கள் தீர்ந்துவிட்டன.",
        "Node-la resource theendhu pochu.",
    ),
    say(
        &["memory", "oom", "heap"],
        "நினைவகம் போதாததால் கண்டெய்னர் நிறுத்தப்படுகிறது.",
        "Memory pathala, container kill aagudhu.",
    ),
    say(
        &["cpu", "throttl"],
        "சிபியூ திறன் போதவில்லை.",
        "CPU pathala, romba slow-a iruku.",
    ),
    say(
        &[
            "webhook",
            "admission",
            "security",
            "limit-range",
            "quota-requires",
        ],
        "பாட் உருவாக்கம் மறுக்கப்படுகிறது.",
        "Pod create panna allow pannala.",
    ),
    say(
        &["quota"],
        "நேம்ஸ்பேஸின் கோட்டா தீர்ந்துவிட்டது.",
        "Namespace quota theendhu pochu.",
    ),
    say(
        &["rbac", "service-account"],
        "தேவையான அனுமதி அல்லது கணக்கு இல்லை.",
        "Thevaiyana permission illa account illa.",
    ),
    say(
        &["network-policy"],
        "நெட்வொர்க் பாலிசி தொடர்பைத் தடுக்கிறது.",
        "Network policy connection-a block pannudhu.",
    ),
    say(
        &["dns"],
        "டிஎன்எஸ் பெயர் தேடல் வேலை செய்யவில்லை.",
        "DNS velai seiyala.",
    ),
    say(
        &["dependency"],
        "அது சார்ந்திருக்கும் சேவை பதிலளிக்கவில்லை.",
        "Adhu depend panra service badhil sollala.",
    ),
    say(
        &["certificate", "x509"],
        "சான்றிதழ் காலாவதியாகிவிட்டது.",
        "Certificate expire aagiduchu.",
    ),
    say(
        &["config", "secret"],
        "தேவையான கான்ஃபிகரேஷன் கிடைக்கவில்லை.",
        "Thevaiyana config kidaikala.",
    ),
    say(
        &["command", "executable", "working-dir", "container-start"],
        "கண்டெய்னரின் தொடக்கக் கட்டளை இயங்கவில்லை.",
        "Container start command run aagala.",
    ),
    say(
        &["probe", "readiness", "liveness"],
        "ஹெல்த் செக் தோல்வியடைகிறது.",
        "Health check fail aagudhu.",
    ),
    say(
        &[
            "unschedulable",
            "scheduling",
            "insufficient",
            "affinity",
            "taint",
            "cordon",
        ],
        "பாடுக்கு ஏற்ற நோட் கிடைக்கவில்லை.",
        "Pod-ku yetha node kidaikala.",
    ),
    say(
        &["node"],
        "நோட் சரியாக இயங்கவில்லை.",
        "Node sariya velai seiyala.",
    ),
    say(
        &["volume", "pvc", "claim", "storage", "mount", "provision"],
        "சேமிப்பக வால்யூம் கிடைக்கவில்லை.",
        "Storage volume kidaikala.",
    ),
    say(
        &["cronjob", "schedule"],
        "திட்டமிட்ட வேலை இயங்கவில்லை.",
        "Schedule panna job run aagala.",
    ),
    say(
        &["job", "backoff", "deadline"],
        "ஜாப் தோல்வியடைந்தது.",
        "Job fail aagiduchu.",
    ),
    say(
        &["ingress", "route", "gateway", "backend"],
        "வெளியிலிருந்து வரும் வழி உடைந்துள்ளது.",
        "Ingress route odanjiruku.",
    ),
    say(
        &["service", "endpoints", "selector", "target-port"],
        "சர்வீஸுக்குப் பின்னால் இயங்கும் பாட் இல்லை.",
        "Service-ku pinnaadi odra pod illa.",
    ),
    say(
        &["hpa", "autoscal"],
        "ஆட்டோஸ்கேலர் வேலை செய்யவில்லை.",
        "Autoscaler velai seiyala.",
    ),
    say(
        &["disruption", "pdb"],
        "டிஸ்ரப்ஷன் பட்ஜெட் வெளியேற்றத்தைத் தடுக்கிறது.",
        "Disruption budget drain-a block pannudhu.",
    ),
    say(
        &["deletion", "finalizer", "terminating", "namespace-stuck"],
        "நீக்கம் முடியாமல் நிற்கிறது.",
        "Delete mudiyaama nikkudhu.",
    ),
    say(
        &["application", "crash", "exit", "panic"],
        "அப்ளிகேஷன் மீண்டும் மீண்டும் செயலிழக்கிறது.",
        "Application thirumba thirumba crash aagudhu.",
    ),
    say(
        &["rollout", "progress"],
        "புதிய பதிப்பின் வெளியீடு நின்றுவிட்டது.",
        "Pudhu version rollout ninnu pochu.",
    ),
];

const OTHERWISE: Phrase = say(
    &[],
    "ஒரு கோளாறு கண்டறியப்பட்டுள்ளது.",
    "Oru problem kandupidichirukom.",
);

/// The phrase for a finding's class.
pub fn of(finding: &Finding) -> &'static Phrase {
    let fits = |phrase: &&Phrase| phrase.words.iter().any(|word| finding.class.contains(word));
    PHRASES.iter().find(fits).unwrap_or(&OTHERWISE)
}
