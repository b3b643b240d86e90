//! Known formats of secrets: keys of services, private keys, headers, logins on a command line.
//!
//! Prefixes and lengths are those of the rule sets that scanners of leaked secrets maintain; a
//! length is a lower bound, so that a key of a newer and longer form is known too.

/// One format.
pub(super) struct Format {
    /// What it is.
    pub name: &'static str,
    /// Text without one of these (in any case) holds no such secret.
    pub words: &'static [&'static str],
    /// What it looks like. Group 1, where there is one, stays in front of the secret; group 2
    /// stays behind it.
    pub pattern: &'static str,
    /// A made-up one, and the part of it that must be gone.
    #[cfg_attr(not(test), allow(dead_code, reason = "the examples are for the tests"))]
    pub example: (&'static str, &'static str),
}

macro_rules! formats {
    ($($name:literal, [$($word:literal),+], $pattern:literal, $example:expr;)+) => {
        &[$(Format { name: $name, words: &[$($word),+], pattern: $pattern, example: $example }),+]
    };
}

const fn whole(example: &'static str) -> (&'static str, &'static str) {
    (example, example)
}

/// The table. What spans lines comes first.
pub(super) const FORMATS: &[Format] = formats![
    "private key", ["private key"],
        r"(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\z)",
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIExample\n-----END RSA PRIVATE KEY-----", "MIIExample");
    "certificate", ["certificate-----"],
        r"(?s)-----BEGIN (?:TRUSTED )?CERTIFICATE-----.*?(?:-----END (?:TRUSTED )?CERTIFICATE-----|\z)",
        ("-----BEGIN CERTIFICATE-----\nMIICert\n-----END CERTIFICATE-----", "MIICert");
    "PEM in base64", ["ls0tls1crudj"],
        r"LS0tLS1CRUdJTi[A-Za-z0-9+/=]+", whole("LS0tLS1CRUdJTiBQUklWQVRFabc");
    "parameters of an authorization header", ["authorization"],
        r#"(?i)(authorization["'\\]*\s*[:=]\s*\\*["']?[a-z][a-z0-9-]*\s+)[a-z0-9_-]+\s*=\s*(?:\\*"[^"\n]*"|[^\s,"'\\]+)(?:\s*,\s*[a-z0-9_-]+\s*=\s*(?:\\*"[^"\n]*"|[^\s,"'\\]+))*"#,
        ("Authorization: Digest username=\"a\", response=\"0a1b2c3d\"", "0a1b2c3d");
    "authorization header", ["authorization", "api-key", "auth-token", "x-vault-token"],
        r#"(?i)((?:authorization|proxy-authorization|x-api-key|api-key|x-auth-token|x-vault-token)["'\\]*\s*[:=]\s*\\*["']?(?:(?:bearer|basic|token|digest|negotiate|apikey|aws4-hmac-sha256)\s+)?)[^\s,;"'\\]+"#,
        ("Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz");
    "cookie", ["cookie"],
        r"(?i)(\b(?:set-)?cookie\s*:\s*)[^\r\n]+", ("Cookie: sid=abcdef; theme=dark", "sid=abcdef");
    "bearer token", ["bearer"],
        r"(?i)(\bbearer\s+)[a-z0-9._~+/=-]{8,}", ("bearer abcdef123456", "abcdef123456");
    "JSON web token", ["eyj"],
        r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*",
        whole("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx.c2ln");
    "JSON in base64", ["eyj"], r"\beyJ[A-Za-z0-9+/_-]{20,}={0,2}", whole("eyJrIjoiT0wxMjM0NTY3ODkwYWJj");
    "JSON web token in base64", ["zxlk"], r"\bZXlK[A-Za-z0-9+/_-]{20,}={0,2}", whole("ZXlKaGJHY2lPaUpJVXpJMU5pSjk");
    "login of a registry", ["auth"],
        r#"(?i)(\\*["']_?auth\\*["']\s*:\s*\\*["'])[a-z0-9+/=_-]{8,}"#,
        (r#"{"auth":"dXNlcjpwYXNz"}"#, "dXNlcjpwYXNz");
    "login of npm", ["_auth"], r"(?i)(\b_auth(?:token)?\s*=\s*)[^\s]+", ("_auth=dXNlcjpwYXNz", "dXNlcjpwYXNz");
    "signed URL", ["sig=", "signature=", "credential=", "accountkey=", "sharedaccesskey="],
        r#"(?i)((?:[?&;]|\b)(?:sig|x-amz-signature|x-amz-credential|x-goog-signature|accountkey|sharedaccesskey)=)[^\s&;"']+"#,
        ("https://x.blob/y?sv=1&sig=abcDEF%3D", "abcDEF");
    "curl login", ["curl"],
        r#"(\bcurl\b[^\n|;]*?[\s"',](?:-u|--user|--proxy-user|-U)[ =,"']+)[^\s"',]+"#,
        ("curl -s -u admin:pa55 https://x", "admin:pa55");
    "mysql login", ["mysql", "mariadb"],
        r#"(\b(?:mysql|mariadb)[a-z-]*\b[^\n|;]*?[\s"',]-p)[^\s"',]+"#,
        ("mysqldump -uroot -phunter2 shop", "hunter2");
    "redis login", ["redis-cli"],
        r#"(\bredis-cli\b[^\n|;]*?[\s"',](?:-a|--pass)[ =,"']+)[^\s"',]+"#,
        ("redis-cli -h cache -a hunter2 ping", "hunter2");
    "login on a command line", ["sshpass", "docker", "podman", "helm", "skopeo", "oras", "crane", "mongo", "az login"],
        r#"(\b(?:sshpass|(?:docker|podman|helm registry|skopeo|oras|crane(?: auth)?|az) login|mongo[a-z]*)\b[^\n|;]*?[\s"',]-p[ ,"']*)[^\s"',]+"#,
        ("docker login -u ci -p hunter2 r.example", "hunter2");
    "openssl password", ["pass:"], r"(-pass(?:in|out)?[ =]pass:)[^\s]+", ("openssl rsa -passin pass:hunter2", "hunter2");
    "htpasswd line", ["$apr1$", "$2y$", "$2a$", "$2b$", "$6$", "$5$", "$argon2"],
        r"\$(?:apr1|2[aby]|5|6|argon2id?)\$[A-Za-z0-9./$=,+-]{16,}", whole("$apr1$abcdefgh$0123456789abcdefghij0.");
    "AWS key id", ["akia", "asia", "aroa", "aida", "abia", "acca", "a3t"],
        r"\b(?:AKIA|ASIA|AROA|AIDA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16}\b", whole("AKIAABCDEFGHIJKLMNOP");
    "AWS Bedrock key", ["absk"], r"\bABSK[A-Za-z0-9+/]{60,}={0,2}",
        whole("ABSKQmVkcm9ja0FQSUtleS0123456789abcdefghijABCDEFGHIJ0123456789abcdefghij");
    "Google API key", ["aiza"], r"\bAIza[A-Za-z0-9_-]{30,}", whole("AIzaSyA1234567890abcdefghijklmnopqrstuv0");
    "Google OAuth token", ["ya29."], r"\bya29\.[A-Za-z0-9._-]{10,}", whole("ya29.a0AbCdEf0123456789");
    "Google OAuth client secret", ["gocspx-"], r"\bGOCSPX-[A-Za-z0-9_-]{20,}", whole("GOCSPX-0123456789abcdefghijABCDEFGH");
    "Azure client secret", ["q~"], r"[A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{20,}", whole("abC8Q~0123456789abcdefghijABCDEFGHIJ01");
    "GitHub token", ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
        r"\b(?:gh[opsur]|github_pat)_[A-Za-z0-9_]{10,}", whole("ghp_0123456789abcdefghijABCDEFGHIJ012345");
    "GitLab token", ["glpat-", "gldt-", "glrt-", "glcbt-", "glffct-", "glft-", "glimt-", "glagent-", "gloas-", "glptt-", "glsoat-", "glrtr-"],
        r"\bgl(?:pat|dt|rt|rtr|cbt|ffct|ft|imt|agent|oas|ptt|soat)[-_][A-Za-z0-9_.-]{10,}", whole("glrt-0123456789abcdefghij");
    "GitLab runner registration", ["gr1348941"], r"\bGR1348941[A-Za-z0-9_-]{16,}", whole("GR13489410123456789abcdefghij");
    "Docker Hub token", ["dckr_pat_", "dckr_oat_"], r"\bdckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}", whole("dckr_pat_0123456789abcdefghijABCDEFG");
    "Slack token", ["xox", "xapp"], r"\b(?:xox[abeoprsc]|xapp)[-.][A-Za-z0-9_.-]{10,}", whole("xoxb-0123456789-abcdefghij");
    "Slack webhook", ["hooks.slack.com"],
        r"(\bhooks\.slack\.com/(?:services|workflows|triggers)/)[A-Za-z0-9/_-]+",
        ("https://hooks.slack.com/services/T0/B0/abcdef0123", "T0/B0/abcdef0123");
    "Teams webhook", ["webhook.office.com"],
        r"(\bwebhook\.office\.com/webhookb2/)[A-Za-z0-9@/-]+",
        ("https://x.webhook.office.com/webhookb2/0a1b-2c3d@4e5f/IncomingWebhook/6a7b", "0a1b-2c3d");
    "Discord webhook", ["/api/webhooks/"], r"(/api/webhooks/)[0-9]+/[A-Za-z0-9_-]{20,}",
        ("https://discord.com/api/webhooks/123456/abcdefghij0123456789abcd", "abcdefghij0123456789");
    "OpenAI, Anthropic or Stripe key", ["sk-", "sk_", "rk_", "pk_"],
        r"\b(?:sk-[A-Za-z0-9_-]{16,}|(?:sk|pk|rk)_(?:live|test|prod)_[A-Za-z0-9]{10,})", whole("sk-proj-0123456789abcdefghij");
    "Groq key", ["gsk_"], r"\bgsk_[A-Za-z0-9]{10,}", whole("gsk_0123456789abcdefghij");
    "Hugging Face token", ["hf_", "api_org_"], r"\b(?:hf|api_org)_[A-Za-z0-9]{10,}", whole("hf_abcdefghijklmnopqrst");
    "Perplexity key", ["pplx-"], r"\bpplx-[A-Za-z0-9]{20,}", whole("pplx-0123456789abcdefghij");
    "npm token", ["npm_"], r"\bnpm_[A-Za-z0-9]{20,}", whole("npm_0123456789abcdefghijABCDEFGHIJ012345");
    "PyPI token", ["pypi-age"], r"\bpypi-AgE[A-Za-z0-9_-]{10,}", whole("pypi-AgEIcHlwaS5vcmcabcdef");
    "RubyGems key", ["rubygems_"], r"\brubygems_[a-f0-9]{20,}", whole("rubygems_0123456789abcdef0123456789abcdef");
    "Webhook secret", ["whsec_"], r"\bwhsec_[A-Za-z0-9+/=]{10,}", whole("whsec_0123456789abcdef");
    "DigitalOcean token", ["dop_v1_", "doo_v1_", "dor_v1_"], r"\bdo[opr]_v1_[a-f0-9]{10,}", whole("dop_v1_0123456789abcdef0123456789abcdef");
    "Vault token", ["hvs.", "hvb.", "hvr."], r"\bhv[sbr]\.[A-Za-z0-9_-]{10,}", whole("hvs.CAESIJ0123456789abcdef");
    "Terraform token", [".atlasv1."], r"\b[A-Za-z0-9]{10,}\.atlasv1\.[A-Za-z0-9_=-]{20,}", whole("0123456789abcd.atlasv1.0123456789abcdefghijABCDEFGHIJ");
    "SendGrid key", ["sg."], r"\bSG\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}", whole("SG.0123456789abcdef.0123456789abcdef");
    "Brevo key", ["xkeysib-", "xsmtpsib-"], r"\bx(?:key|smtp)sib-[a-f0-9]{20,}[A-Za-z0-9-]*", whole("xkeysib-0123456789abcdef0123456789abcdef-abcdefghij");
    "Mailchimp key", ["-us"], r"\b[0-9a-f]{32}-us[0-9]{1,2}\b", whole("0123456789abcdef0123456789abcdef-us12");
    "Mailgun key", ["key-"], r"\bkey-[0-9a-f]{32}\b", whole("key-0123456789abcdef0123456789abcdef");
    "Twilio key", ["sk"], r"\bSK[0-9a-f]{32}\b", whole("SK0123456789abcdef0123456789abcdef");
    "age key", ["age-secret-key-1"], r"\bAGE-SECRET-KEY-1[A-Z0-9]{20,}", whole("AGE-SECRET-KEY-1QPZRY9X8GF2TVDW0S3JN54KHCE6");
    "Grafana token", ["glsa_", "glc_"], r"\bgl(?:sa|c)_[A-Za-z0-9+/_=]{20,}", whole("glsa_0123456789abcdefghijABCDEFGHIJ01_0a1b2c3d");
    "Atlassian token", ["atatt", "atctt", "atbb"], r"\bAT(?:ATT|CTT|BB)[A-Za-z0-9_=-]{20,}", whole("ATATT3xFfGF00123456789abcdefghij");
    "Shopify token", ["shpat_", "shpca_", "shppa_", "shpss_"], r"\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{20,}", whole("shpat_0123456789abcdef0123456789abcdef");
    "Databricks token", ["dapi"], r"\bdapi[a-f0-9]{32}(?:-[0-9])?", whole("dapi0123456789abcdef0123456789abcdef");
    "New Relic key", ["nrak-", "nrii-", "nrjs-", "nraa-", "nral"], r"\bNR(?:AK|II|JS|AA)-[A-Za-z0-9_-]{16,}|\b[a-f0-9]{36}NRAL\b", whole("NRAK-0123456789ABCDEFGHIJKLMNOPQ");
    "Sentry token", ["sntrys_", "sntryu_"], r"\bsntry[su]_[A-Za-z0-9+/=_]{20,}", whole("sntryu_0123456789abcdef0123456789abcdef");
    "Linear key", ["lin_api_"], r"\blin_api_[A-Za-z0-9]{20,}", whole("lin_api_0123456789abcdefghijABCDEFGHIJ");
    "Notion token", ["ntn_"], r"\bntn_[A-Za-z0-9]{20,}", whole("ntn_0123456789abcdefghijABCDEFGHIJ");
    "Postman key", ["pmak-"], r"\bPMAK-[a-fA-F0-9]{20,}(?:-[a-fA-F0-9]+)?", whole("PMAK-0123456789abcdef01234567-0123456789abcdef");
    "PlanetScale token", ["pscale_"], r"\bpscale_(?:tkn|oauth|pw)_[A-Za-z0-9_=.-]{20,}", whole("pscale_tkn_0123456789abcdefghijABCDEFGHIJ01");
    "Pulumi token", ["pul-"], r"\bpul-[a-f0-9]{40}\b", whole("pul-0123456789abcdef0123456789abcdef01234567");
    "Prefect token", ["pnu_"], r"\bpnu_[A-Za-z0-9]{20,}", whole("pnu_0123456789abcdefghijABCDEFGHIJ012345");
    "Doppler token", ["dp.pt.", "dp.st.", "dp.ct."], r"\bdp\.(?:pt|st|ct)\.[A-Za-z0-9._-]{20,}", whole("dp.pt.0123456789abcdefghijABCDEFGHIJ0123456789abc");
    "Dynatrace token", ["dt0c01.", "dt0s01."], r"\bdt0[cs]01\.[A-Za-z0-9]{20,}\.[A-Za-z0-9]{20,}", whole("dt0c01.ABCDEFGHIJKLMNOPQRSTUVWX.0123456789abcdefghijABCDEFGHIJ0123456789");
    "Heroku key", ["hrku-"], r"\bHRKU-[A-Za-z0-9_-]{20,}", whole("HRKU-AA0123456789abcdefghijABCDEFGHIJ");
    "Fly.io token", ["fo1_", "fm1", "fm2_"], r"\b(?:fo1|fm1[ar]|fm2)_[A-Za-z0-9+/_=-]{20,}", whole("fo1_0123456789abcdefghijABCDEFGHIJ0123456789abc");
    "1Password token", ["ops_eyj", "a3-"], r"\bops_eyJ[A-Za-z0-9+/=]{20,}|\bA3-[A-Z0-9]{6}-[A-Z0-9-]{20,}", whole("A3-ABCDEF-GHIJKLMNOPQ-RSTUV-WXYZ0-12345");
    "Alibaba key id", ["ltai"], r"\bLTAI[A-Za-z0-9]{12,}\b", whole("LTAI0123456789abcdefghij");
    "Artifactory key", ["akcp", "cmvmd"], r"\bAKCp[A-Za-z0-9]{20,}|\bcmVmd[A-Za-z0-9]{40,}", whole("AKCp0123456789abcdefghijABCDEFGHIJ");
    "password of a database user", ["identified"],
        r#"(?i)(\bidentified\s+(?:with\s+\S+\s+)?(?:by|as)\s+(?:password\s+)?)(?:'(?:[^'\n]|'')*'|"[^"\n]*"|[^\s;]+)"#,
        ("CREATE USER a IDENTIFIED BY 'hunter2'", "hunter2");
    "login in a netrc", ["machine", "default login"],
        r"(?i)(\b(?:machine\s+\S+\s|default\slogin\s+\S+\s)\s*(?:(?:login|user|account)\s+\S+\s+)*(?:password|passwd)\s+)\S+",
        ("machine db.example login app password hunter2", "hunter2");
    "secure string of PowerShell", ["convertto-securestring"],
        r#"(?i)(\bconvertto-securestring\s+(?:-\w+\s+)*)(?:'(?:[^'\n]|'')*'|"[^"\n]*"|[^\s;|]+)"#,
        ("ConvertTo-SecureString 'hunter2' -AsPlainText", "hunter2");
    "MySQL data source", ["@tcp(", "@unix("], r#"([A-Za-z0-9_.-]+:)[^\s"'@]+(@(?:tcp|unix)\()"#,
        ("app:hunter2@tcp(db:3306)/shop", "hunter2");
    "Oracle data source", ["oracle:thin:"], r"(oracle:thin:[^/\s]+/)[^@\s]+(@)",
        ("jdbc:oracle:thin:scott/tiger@db:1521/x", "tiger");
    "OpenShift token", ["sha256~"], r"\bsha256~[A-Za-z0-9_-]{20,}", whole("sha256~0123456789abcdefghijABCDEFGHIJ0123456789abc");
    "Square token", ["sq0atp-", "sq0csp-"], r"\bsq0(?:atp|csp)-[A-Za-z0-9_-]{20,}", whole("sq0atp-0123456789abcdefghij");
    "Okta token", ["ssws"], r"(?i)(\bssws\s+)[A-Za-z0-9_-]{20,}", ("SSWS 00abcdefghij0123456789abcdef", "00abcdefghij0123456789abcdef");
    "Telegram bot token", [":aa"], r"\b[0-9]{8,10}:AA[A-Za-z0-9_-]{30,}", whole("123456789:AAabcdefghij0123456789abcdefghij012");
    "Sourcegraph token", ["sgp_"], r"\bsgp_[A-Za-z0-9_]{20,}", whole("sgp_0123456789abcdef_0123456789abcdef0123456789abcdef01234567");
    "Kubernetes bootstrap token", ["bootstrap", "kubeadm", "token"], r"(?i)((?:bootstrap|kubeadm|token)[^\n]{0,40}?\b[a-z0-9]{6}\.)[a-z0-9]{16}\b", ("kubeadm join --token abcdef.0123456789abcdef", "0123456789abcdef");
];
