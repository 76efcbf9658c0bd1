using System.Text.Json.Serialization;
using OrleansTasks.Contract;

namespace OrleansTasks.Triggers;

/// <summary>
/// How the sender of a trigger's deliveries proves that it knows the secret. Stored by number: never renumber.
/// </summary>
[JsonConverter(typeof(JsonStringEnumConverter<SignatureKind>))]
public enum SignatureKind : byte
{
    /// <summary>GitHub, Gitea and Forgejo: HMAC-SHA256 of the body in <c>X-Hub-Signature-256</c>.</summary>
    [JsonStringEnumMemberName("github")]
    GitHub,

    /// <summary>GitLab: the secret itself in <c>X-Gitlab-Token</c>.</summary>
    [JsonStringEnumMemberName("gitlab")]
    GitLab,

    /// <summary>Slack: HMAC-SHA256 of time and body in <c>X-Slack-Signature</c>.</summary>
    [JsonStringEnumMemberName("slack")]
    Slack,

    /// <summary>HMAC-SHA256 of time, nonce and body in <c>X-Signature</c>.</summary>
    [JsonStringEnumMemberName("hmac-sha256")]
    HmacSha256,

    /// <summary>The Standard Webhooks specification, by which this service signs its own webhooks.</summary>
    [JsonStringEnumMemberName("standard-webhooks")]
    StandardWebhooks,

    /// <summary>The secret itself in a header.</summary>
    [JsonStringEnumMemberName("token")]
    Token,
}

/// <summary>The names of signature kinds in the HTTP contract.</summary>
public static class SignatureKinds
{
    /// <summary>All names, in the order of the enumeration.</summary>
    public static ImmutableArray<string> Names { get; } = [.. EnumNames.Of<SignatureKind>()];

    /// <summary>Returns the name in the HTTP contract.</summary>
    public static string Name(this SignatureKind kind) => Names[(int)kind];
}
