using System.Security.Cryptography;
using System.Text;
using OrleansTasks.Triggers;

namespace OrleansTasks.Client.Tests.Triggers;

/// <summary>The signatures of deliveries, by the examples that their senders publish.</summary>
public sealed class DeliverySignatureTests
{
    private const long SlackTime = 1_531_420_618;

    // https://docs.slack.dev/authentication/verifying-requests-from-slack
    private const string SlackSecret = "8f742231b10e8888abcd99yyyzzz85a5";
    private const string SlackSignature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
    private const string SlackBody =
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA"
        + "&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F"
        + "96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";

    // https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
    private const string GitHubSecret = "It's a Secret to Everybody";
    private const string GitHubSignature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    [Theory]
    [InlineData(GitHubSignature, "Hello, World!", true)]
    [InlineData("sha256=757107EA0EB2509FC211221CCE984B8A37570B6D7586C22C46F4379C8B043E17", "Hello, World!", true)]
    [InlineData(GitHubSignature, "Hello, World", false)]
    [InlineData("sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e18", "Hello, World!", false)]
    [InlineData("757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17", "Hello, World!", false)]
    [InlineData("sha1=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17", "Hello, World!", false)]
    [InlineData("sha256=757107ea", "Hello, World!", false)]
    [InlineData("sha256=", "Hello, World!", false)]
    [InlineData("", "Hello, World!", false)]
    [InlineData(null, "Hello, World!", false)]
    [InlineData("sha256=zz7107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17", "Hello, World!", false)]
    public void GitHub_ThePublishedExample_AloneIsValid(string? signature, string body, bool isValid) =>
        Assert.Equal(isValid, IsValid(SignatureKind.GitHub, GitHubSecret, body, 0, ("X-Hub-Signature-256", signature)));

    [Theory]
    [InlineData(SlackSignature, "1531420618", 0, true)]
    [InlineData(SlackSignature, "1531420618", 300, true)]
    [InlineData(SlackSignature, "1531420618", -300, true)]
    [InlineData(SlackSignature, "1531420618", 301, false)]
    [InlineData(SlackSignature, "1531420618", -301, false)]
    [InlineData(SlackSignature, "1531420619", 0, false)]
    [InlineData(SlackSignature, "+1531420618", 0, false)]
    [InlineData(SlackSignature, "9223372036854775807", 0, false)]
    [InlineData(SlackSignature, "", 0, false)]
    [InlineData(SlackSignature, null, 0, false)]
    [InlineData(null, "1531420618", 0, false)]
    [InlineData("v1=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503", "1531420618", 0, false)]
    public void Slack_ThePublishedExample_AloneIsValidForFiveMinutes(
        string? signature, string? sent, long late, bool isValid) => Assert.Equal(
        isValid,
        IsValid(
            SignatureKind.Slack, SlackSecret, SlackBody, (SlackTime + late) * 1_000, ("X-Slack-Signature", signature),
            ("X-Slack-Request-Timestamp", sent)));

    [Theory]
    [InlineData("a secret of GitLab", true)]
    [InlineData("a secret of GitLa", false)]
    [InlineData("a secret of GitLab ", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void GitLab_TheToken_MustBeTheSecret(string? token, bool isValid) =>
        Assert.Equal(isValid, IsValid(SignatureKind.GitLab, "a secret of GitLab", "{}", 0, ("X-Gitlab-Token", token)));

    [Theory]
    [InlineData("1000", "n-1", "1000.n-1.{}", true)]
    [InlineData("1000", "n-2", "1000.n-1.{}", false)]
    [InlineData("1001", "n-1", "1000.n-1.{}", false)]
    [InlineData("1000", "", "1000..{}", false)]
    [InlineData("1000", null, "1000..{}", false)]
    [InlineData("699", "n-1", "699.n-1.{}", false)]
    [InlineData("700", "n-1", "700.n-1.{}", true)]
    [InlineData("700", "n.1", "700.n.1.{}", false)]
    public void HmacSha256_TimeNonceAndBody_AreSigned(string time, string? nonce, string signed, bool isValid)
    {
        var signature = Convert.ToHexStringLower(
            HMACSHA256.HashData("a long secret"u8, Encoding.UTF8.GetBytes(signed)));
        Assert.Equal(isValid, IsValid(
            SignatureKind.HmacSha256, "a long secret", "{}", 1_000_000, ("X-Signature", signature),
            ("X-Timestamp", time), ("X-Nonce", nonce)));
    }

    // https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    [Theory]
    [InlineData("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", true)]
    [InlineData("v1a,x v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", true)]
    [InlineData("v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", false)]
    [InlineData("g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", false)]
    public void StandardWebhooks_ThePublishedExample_AloneIsValid(string signature, bool isValid) => Assert.Equal(
        isValid,
        IsValid(
            SignatureKind.StandardWebhooks, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", """{"test": 2432232314}""",
            1_614_265_330_000,
            ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"), ("webhook-timestamp", "1614265330"),
            ("webhook-signature", signature)));

    private static bool IsValid(
        SignatureKind kind, string secret, string body, long now, params (string Name, string? Value)[] headers) =>
        DeliverySignature.IsValid(
            new TriggerSpec("d", kind), secret, name => headers.FirstOrDefault(one => one.Name == name).Value,
            Encoding.UTF8.GetBytes(body), now);
}
