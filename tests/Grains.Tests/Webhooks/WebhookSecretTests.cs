using OrleansTasks.Grains.Tests.Dispatch;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Grains.Tests.Webhooks;

/// <summary>Signatures as the Standard Webhooks scheme has them.</summary>
public sealed class WebhookSecretTests
{
    /// <summary>The example of the scheme's own libraries.</summary>
    [Theory]
    [InlineData("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, """{"test": 2432232314}""",
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")]
    public void Sign_KnownMessage_GivesTheKnownSignature(string secret, string message, long timestamp, string body, string signature) =>
        Assert.Equal(signature, WebhookSecret.Sign(
            Convert.FromBase64String(secret), message, timestamp, System.Text.Encoding.UTF8.GetBytes(body)));

    [Fact]
    public void New_IsOf256BitsAndHasThePrefix()
    {
        var secret = WebhookSecret.New(new SeededRandomness(1));
        var text = WebhookSecret.ToText(secret);

        Assert.StartsWith("whsec_", text, StringComparison.Ordinal);
        Assert.Equal(secret.ToArray(), Convert.FromBase64String(text["whsec_".Length..]));
        Assert.Equal(32, secret.Length);
        Assert.NotEqual(secret.ToArray(), WebhookSecret.New(new SeededRandomness(2)).ToArray());
    }
}
