namespace OrleansTasks.Fuzz.Tests.Http;

/// <summary>Values that break what is careless.</summary>
internal static class Hostile
{
    /// <summary>Raw JSON in place of a value.</summary>
    public static readonly string[] Json =
    [
        "null", "true", "false", "0", "-0", "-1", "1", "1.5", "1e3", "1e999", "-1e999", "1e-999", "NaN", "Infinity",
        "-Infinity", "01", "+1", ".5", "1.",
        "9007199254740991", "9007199254740992", "9007199254740993", "9223372036854775807", "9223372036854775808",
        "-9223372036854775809",
        "2147483648", "18446744073709551616", "123456789012345678901234567890", "\"\"", "\" \"", "\"0\"", "\"null\"",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"", "\"\\u0000\"", "\"a\\u0000b\"", "\"\\uffff\"", "\"\\ufeff\"", "\"\\u202e\"", "\"é\"",
        "\"😀\"", "\"\\x\"", "\"\\", "'a'",
        "\"..\"", "\"../../x\"", "\"/nonexistent/x\"", "\"%00\"", "\"{{7*7}}\"", "\"' OR 1=1 --\"", "\"1h\"", "\"-1s\"",
        "\"99999999999999999999d\"",
        "\"1e9s\"", "\"0.0000001ms\"", "\"2026-13-45T99:99:99Z\"", "\"9999-12-31T23:59:59.9999999Z\"",
        "\"0001-01-01T00:00:00Z\"",
        "\"2026-11-05T09:30:00+99:00\"", "{}", "[]", "[[]]", "[null]", "{\"a\":1,\"a\":2}", "{\"\":\"\"}",
        "{\"\\u0000\":1}", "{\"a\":{\"a\":{}}}",
        "[1,]", "{\"a\":1,}", "{,}", "/*c*/1", "undefined", "", "\u0001", "\"\u0001\"",
    ];

    /// <summary>Names of members that are no one's.</summary>
    public static readonly string[] Names =
        ["", " ", "__proto__", "constructor", "$ref", "$type", "Name", "nam", "naem", "quue", "\\u0000", "a.b", "a[0]",
            "é", "timeout ", "retry.backoff"];

    /// <summary>Text in addresses and headers; all of it escaped where it must be.</summary>
    public static readonly string[] Address =
    [
        "", "%00", "%0a", "%0d%0a", "%", "%2", "%zz", "%ff", "%c0%af", "%ed%a0%80", "%2e%2e", "..", ".", "%2f", "%5c",
        "+", "*", "~", "'", "%22", "%3Cscript%3E",
        "0", "-1", "1", "1.5", "1e9", "NaN", "9007199254740993", "9223372036854775808", "2147483648",
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff", "019f5a2c-7d10-7c3a-8b00-0342ab12cd34",
        "019F5A2C-7D10-7C3A-8B00-0342AB12CD34", "019f5a2c7d107c3a8b000342ab12cd34",
        "{task}", "{job}", "{batch}", "{node}", "null", "true", "default", "succeeded", "failed", "a%3Db", "a=b", "=",
        "a=", "%F0%9F%98%80", "%C3%A9",
        "AZ-Q2ZKCcACAAAAAAAAAAAAAAAAA", "AAAA", "====", "30s", "1ms", "-1s", "61s", "9999999d", "2026-11-05T09:30:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z", "bytes", "stdout", "true%00", "a;b", "a,b", "a&b", "(((((", "[a-", "%25%32%65",
    ];

    /// <summary>Values of headers; no line breaks.</summary>
    public static readonly string[] Header =
    [
        "", " ", "\t", "a", "0", "-1", "*", "\"", "\"\"", "W/\"1\"", "\"1\"", ",", ",,,", ";", "=", "a=b;c=d", "\u007f",
        "\u0001", "\u00e9", "\u00ff", "%00", "../..",
        "application/json", "application/json; charset=utf-16", "application/json;charset=\"utf-8\"",
        "application/json; boundary=x", "application/xml",
        "application/x-ndjson", "multipart/form-data; boundary=x", "text/plain", "*/*", "*/*;q=0",
        "application/json;q=nan", "/", "a/", "/b", "gzip", "br", "identity",
        "gzip, identity", "deflate", "bytes=0-0", "bytes=0-", "bytes=-1", "bytes=1-0", "bytes=0-0,2-3",
        "bytes=9223372036854775808-", "bytes=-0", "bytes",
        "lines=0-1", "100-continue", "200-ok", "chunked", "close", "keep-alive, upgrade", "h2c", "websocket",
        "Bearer x", "Bearer", "Basic YTpi", "otask_session=x",
        "http://evil.example", "null", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-0000000000000000-00",
        "1-6-0", "0-0-0", "-1--1--1", "9223372036854775807-9223372036854775807-9223372036854775807", "MDAwMDAwMDA7MDsw",
        "fffffffffffffff;fffffffffffffff",
    ];
}
