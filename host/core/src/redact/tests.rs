use super::*;

#[test]
fn secrets_go_and_the_sense_stays() {
    for (text, secret, kept) in [
        ("password=hunter2 host=db", "hunter2", "host=db"),
        ("DB_PASSWORD: \"s3cr3t\" missing", "s3cr3t", "missing"),
        (
            "Authorization: Bearer abcdef123456",
            "abcdef123456",
            "Authorization",
        ),
        ("dial postgres://app:pa55@db:5432/x", "pa55", "db:5432"),
        (
            "key AKIAABCDEFGHIJKLMNOP leaked",
            "AKIAABCDEFGHIJKLMNOP",
            "leaked",
        ),
        ("t eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx.abc x", "eyJhbGci", "x"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n",
            "MIIE",
            "[redacted]",
        ),
    ] {
        let out = redact(text);
        assert!(!out.contains(secret) && out.contains(kept), "{out}");
    }
}

#[test]
fn secrets_of_every_shape_go() {
    for text in [
        "AIzaSyA1234567890abcdefghijklmnopqrstuv0",
        "ghp_S3CR3TS3CR3TS3CR3T github",
        "xoxb-S3CR3T-1234567890",
        "https://hooks.slack.com/services/T0/B0/S3CR3TxS3CR3T",
        "Cookie: session=S3CR3T; theme=dark",
        r#"{\"auths\":{\"r.example\":{\"auth\":\"UzNDUjNUUzNDUjNU\"}}}"#,
        r#"{"password":"my S3CR3T pass \" S3CR3T","user":"u"}"#,
        r#"log {\"db_password\":\"a S3CR3T b\"} end"#,
        "Server=db;Uid=u;Pwd=S3CR3T;Port=3306",
        "env:\n- name: DB_PASSWORD\n  value: a S3CR3T b\n- name: X\n  value: y",
        "in one line - name: DB_PASSWORD value: S3CR3T",
        r#"{"name":"API_TOKEN","value":"S3CR3T"}"#,
        "args: --db-password S3CR3T --port 80",
        "args: [--token, S3CR3T, --verbose]",
        r"note: - name: DB_PASSWORD\n  value: S3CR3T",
        r#"{"note":"password: |\n  line S3CR3T\n  more S3CR3T"}"#,
        r#"["--token","S3CR3T","x"]"#,
        "- --token\n- S3CR3T\n- x",
        "password: |\n  line S3CR3T\n  more S3CR3T\nnext: x",
        "kind: Secret\ndata:\n  any: UzNDUjNUUzNDUjNU\n  other: UzNDUjNUUzNDUjNU\nmetadata:\n  name: x",
        r#"{"kind":"Secret","stringData":{"x":"a S3CR3T b"}}"#,
        "redis://:S3CR3T@cache:6379/0",
        "LS0tLS1CRUdJTiBQUklWQVRFS3CR3T",
        "curl -s -u admin:S3CR3T https://x",
        "DefaultEndpointsProtocol=https;AccountKey=S3CR3T==;",
        "https://x.blob/y?sv=1&sig=S3CR3T%3D&se=2",
        "PASSWORD=aS3CR3T&bS3CR3T,cS3CR3T;dS3CR3T",
    ] {
        let out = redact(text);
        for gone in ["S3CR3T", "UzNDUjNU", "AIzaSy"] {
            assert!(!out.contains(gone), "{text}\n{out}");
        }
        assert_eq!(redact(&out), out, "{text}");
    }
}

#[test]
fn ordinary_messages_stay_as_they_are() {
    for text in [
        "secret \"db-credentials\" not found",
        "couldn't find key token in ConfigMap shop/app",
        "panic: runtime error: index out of range [3]",
        "volumes:\n- name: x\n  secret:\n    secretName: db-credentials",
        "automountServiceAccountToken: false",
        "imagePullSecrets: [{name: regcred}]",
        "password: $(DB_PASSWORD)",
        "PWD=/app max_tokens: 4096",
        "args: [--insecure-token, --port, 80]",
        "secretKeyRef: {key: password, name: db}",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ] {
        assert_eq!(redact(text), text);
    }
}

#[test]
fn secrets_behind_whatever_begins_or_hides_them_go() {
    for text in [
        "pass=S3CR3T",
        "DB_PASS: S3CR3T",
        "password=trueS3CR3T",
        "password: null-S3CR3T",
        "token={S3CR3T}",
        "token=[S3CR3T]",
        "token: [S3CR3T",
        "password=--S3CR3T",
        "password: $(echo S3CR3T)",
        "DB_PASSWORD:\n  S3CR3T\n",
        "\"password\":\n    \"S3CR3T\"",
        "spec:\n  password:\n    S3CR3T\n  x: y",
        "postgres://app:ab/S3CR3T@db:5432/x",
        "https://S3CR3TTOKEN@git.example/x",
        "mysql -h db -pS3CR3T shop",
        "mysql -h db -u root --password=S3CR3T",
        "[mysqldump, -uroot, -pS3CR3T]",
        "<password>S3CR3T</password>",
        "<db:password type=\"x\">S3CR3T</db:password>",
        "<add key=\"Password\" value=\"S3CR3T\"/>",
        "pass\u{200b}word=S3CR3T",
        "pass\u{1b}[1mword\u{1b}[0m=S3CR3T",
        "\u{1b}[32mtoken\u{1b}[0m: S3CR3T",
        "{\"m\":\"\\u001b[32mpassword\\u001b[0m=S3CR3T\"}",
        "p\u{202e}assword: S3CR3T",
        "${DB_PASSWORD:-S3CR3T}",
        "EnvVar{Name:DB_PASSWORD,Value:S3CR3T,ValueFrom:nil,}",
        "{Name:DB_PASSWORD Value:S3CR3T ValueFrom:nil}",
        "env[DB_PASSWORD]=S3CR3T",
        "config['password'] = 'S3CR3T'",
        "JWT_SECRET=S3CR3T MYSQL_PWD=S3CR3T SIGNING_KEY=S3CR3T REDIS_AUTH=S3CR3T",
        "-Ddb.password=S3CR3T",
        "password => S3CR3T",
        "app:S3CR3T@tcp(db:3306)/shop",
        "export PGPASSWORD=S3CR3T; psql",
        "Set-Cookie: sid=S3CR3T",
        "kind: Secret\\ndata:\\n  any: S3CR3T\\n  more: S3CR3T",
        "v1\\nkind: Secret\\nstringData:\\n  any: S3CR3T",
        "x\\nname: DB_PASS\\n  value: S3CR3T",
        "- name: A_PASS\n  value: S3CR3T: bad \"- name: B_PASS\\n  value: S3CR3T\\n\"",
        "-l - name: DB_PASSWORD\n  value: S3CR3T: bad \"- name: DB_PASSWORD\\n  value: S3CR3T\\n\"",
    ] {
        let out = redact(text);
        assert!(!out.contains("S3CR3T"), "{text}\n{out}");
        assert_eq!(redact(&out), out, "{text}");
    }
}

#[test]
fn what_is_no_secret_is_quoted_whole() {
    for text in [
        "open /var/run/secrets/kubernetes.io/serviceaccount/token: no such file or directory",
        "stat /etc/tls/password: permission denied",
        "invalid token: signature is invalid",
        "token: expired at 2026-01-01",
        "FATAL: password authentication failed for user \"app\"",
        "password: authentication failed",
        "PAYMENT_KEY: must be set",
        "sh: PAYMENT_KEY: parameter not set",
        "${PAYMENT_KEY:?must be set}",
        "KeyError: 'DATABASE_URL'",
        "unexpected token: }",
        "MountVolume.SetUp failed for volume \"token\" : secret \"x\" not found",
        "{\"secret\":{\"secretName\":\"db\",\"defaultMode\":420}}",
        "serviceAccountToken: {audience: x, expirationSeconds: 3607, path: token}",
        "- secret:\n    secretName: db",
        "tokens: []",
        "unable to parse key: no key found",
        "http://host:8080/a@b",
        "registry:5000/app@sha256:0a1b",
        "couldn't find key password in Secret shop/db",
        "Error: secret key: not found in Secret",
        "auth: connection refused",
        "<token/> and a < b",
        "vault://secret/data",
        "secret://team/db",
        "automountServiceAccountToken: true -> false",
        "metadata.labels.auth: enabled -> disabled",
        "spec.template.spec.containers[token-proxy].image: app:1 -> app:2",
        "spec.template.spec.volumes[credentials].hostPath.path: /a -> /b",
    ] {
        assert_eq!(redact(text), text);
    }
}

#[test]
fn all_patterns_are_ready() {
    assert_eq!(ready(), Ok(()));
}
