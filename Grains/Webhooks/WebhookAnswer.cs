using System.Text;
using OrleansTasks.Storage;

namespace OrleansTasks.Webhooks;

/// <summary>
/// The result of a try. The status is null if the target sent none; the text is the start of the body (at most 1 KiB)
/// or the error.
/// </summary>
public sealed record WebhookAnswer(int? Status, string? Text)
{
    /// <summary>Limit on the text, in bytes of UTF-8.</summary>
    public const int MostBytes = 1_024;

    /// <summary>How long the target asks to be left alone (<c>Retry-After</c>); null if it does not.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether the target says that it is gone for good.</summary>
    public bool IsGone => Status == 410;

    /// <summary>Whether the target accepted the event.</summary>
    public bool IsAccepted => Status is >= 200 and < 300;

    /// <summary>
    /// Returns the same answer with a text that can be stored (<see cref="StorableText"/>), as much of it as
    /// <see cref="MostBytes"/> allow, in whole characters.
    /// </summary>
    public WebhookAnswer Storable() => (Text is null ? this : this with { Text = StorableText.Of(Text) }).Cut();

    private WebhookAnswer Cut()
    {
        if (Text is not { Length: > MostBytes / 3 } text || Encoding.UTF8.GetByteCount(text) <= MostBytes)
            return this;
        Encoding.UTF8.GetEncoder().Convert(text, new byte[MostBytes], flush: true, out var kept, out _, out _);
        return this with { Text = text[..kept] };
    }
}
