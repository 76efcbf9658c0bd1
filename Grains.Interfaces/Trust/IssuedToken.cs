namespace OrleansTasks.Trust;

/// <summary>A new join token. It is shown only once.</summary>
/// <param name="Text">The secret for the worker. The service keeps only a hash of it.</param>
/// <param name="ExpiresAt">When the token expires, in Unix milliseconds.</param>
[GenerateSerializer, Immutable, Alias("ot.IssuedToken")]
public sealed record IssuedToken([property: Id(0)] string Text, [property: Id(1)] long ExpiresAt)
{
    /// <summary>Returns nothing of the token, which must not get into a log.</summary>
    public override string ToString() => nameof(IssuedToken);
}
