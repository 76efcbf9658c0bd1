namespace OrleansTasks.Trust;

/// <summary>A join token as it is shown, once.</summary>
/// <param name="Text">What the worker is given. Only a hash of it is kept.</param>
/// <param name="ExpiresAt">When it ends, in Unix milliseconds.</param>
[GenerateSerializer, Immutable, Alias("ot.IssuedToken")]
public sealed record IssuedToken([property: Id(0)] string Text, [property: Id(1)] long ExpiresAt)
{
    /// <summary>Returns nothing of the token, which must not get into a log.</summary>
    public override string ToString() => nameof(IssuedToken);
}
