//! How a name and its secret stand together in texts: the forms that the security chapter lists.

use serde_json::json;

/// Forms that any name of a secret can stand in.
pub fn behind_a_name(name: &str, value: &str) -> Vec<String> {
    let quoted = json!(value).to_string();
    let single = value.replace('\'', "''");
    let flag = name.to_lowercase().replace(['_', '.'], "-");
    let wide = name.replace('_', "\u{ff3f}");
    let mut letters = name.chars();
    let first = letters.next().map_or(0, u32::from);
    let written = format!("\\u{first:04x}{}", letters.as_str());
    let variable = name.replace(['.', '-'], "_");
    let encoded = value.replace('&', "%26");
    vec![
        format!("{name}={value}"),
        format!("started with {name}={value}"),
        format!("{name}: {value}"),
        format!("  {name}:\n    {value}\n"),
        format!("{{\"{name}\":{quoted},\"ok\":true}}"),
        format!("{{\"name\":\"{name}\",\"value\":{quoted}}}"),
        format!("- name: {name}\n  value: {value}\n- name: PORT\n  value: 80"),
        format!("run --{flag}={value} --port=80"),
        format!("level=info msg=\"login\" {name}={quoted} port=80"),
        format!("env[{name}]={value}"),
        format!("export {name}='{value}'; run"),
        format!("{name}\u{200b}=\u{1b}[31m{value}\u{1b}[0m"),
        format!("${{{name}:-{}}}", value.replace('}', "")),
        format!("<{name}>{}</{name}>", value.replace('<', "")),
        // Half of it was hidden, the other half was not.
        format!("{{'{name}': b'{single}', 'port': 80}}"),
        format!("{name}='it''s {single}'"),
        format!("run {name}=abc\\ {value}"),
        format!("run {name}=Basic {value}"),
        format!("{name} = load('{single}')"),
        // What stands between the two.
        format!("{name}=\n{value}\n"),
        format!("{name} -> {value}"),
        format!("{wide}\u{ff1a}{value}"),
        format!("{{\"{written}\":{quoted}}}"),
        format!("{name}%3D{encoded}"),
        format!("{name}:\n  - {value}\n  - {value}\n"),
        format!("(\"{name}\", {quoted})"),
        format!("ENV {name} {value}"),
        format!("export {name} {value}"),
        format!("set_{variable}({quoted})"),
        format!("{variable}_HEADER=Basic {value}"),
        format!("{variable}_CONFIG={value}"),
        format!("{name} for app: {value}"),
    ]
}

/// Forms that bring the name along.
pub fn with_its_own_name(value: &str) -> Vec<String> {
    let quoted = json!(value).to_string();
    let single = value.replace('\'', "''");
    let query = value.replace(['&', ' '], "%26");
    vec![
        format!("Authorization: Digest username=\"a\", response={quoted}"),
        format!("{{\"Authorization\":\"Digest username=\\\"a\\\", response=\\\"{value}\\\"\"}}"),
        format!("$pw = ConvertTo-SecureString '{single}' -AsPlainText"),
        format!("ALTER ROLE a PASSWORD '{single}'"),
        format!("CREATE USER a IDENTIFIED BY '{single}'"),
        format!("create user a identified with mysql_native_password by '{single}';"),
        format!("machine h login u password {value}"),
        format!("machine h\nlogin u\npassword {value}\n"),
        format!("{{'passwd': b'{single}'}}"),
        format!("setPassword({value})"),
        format!("client.withToken({quoted})"),
        format!("Password for app: {value}"),
        format!("Password for user app: {value}"),
        format!("invalid password {quoted}"),
        format!("Incorrect API key provided: {value}"),
        format!("AUTH_HEADER=Basic {value}"),
        format!("TOKEN_HEADER={value}"),
        format!("SECRET_CONFIG={value}"),
        format!("sessionid={value}"),
        format!("{{\"JSESSIONID\":{quoted}}}"),
        format!("https://x.example/cb?code={query}"),
        format!("GET /cb?state=1&code={query} HTTP/1.1"),
        format!("https://x.example/v1?key={query}&n=1"),
        format!("p\u{ff41}ssword\u{ff1d}{value}"),
    ]
}
