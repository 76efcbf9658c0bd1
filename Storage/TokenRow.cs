using OrleansTasks.Trust;

namespace OrleansTasks.Storage;

/// <summary>A join token as stored.</summary>
/// <param name="Terms">The node names that it is for, and the labels that it gives.</param>
/// <param name="ExpiresAt">When it expires, in Unix milliseconds.</param>
/// <param name="Holder">The worker that has used it; null if it is unused.</param>
internal sealed record TokenRow(TokenTerms Terms, long ExpiresAt, TokenHolder? Holder)
{
    /// <summary>
    /// Decides the outcome of using a token. A token used by another holder counts as spent even after its expiry.
    /// </summary>
    internal static TokenVerdict Judge(TokenRow? token, TokenHolder asking, long at)
    {
        if (token is null)
            return new(TokenUse.Unknown, TokenTerms.Any);
        if (token.Holder is { } holder && !holder.Is(asking))
            return new(TokenUse.Spent, token.Terms);
        if (token.ExpiresAt <= at)
            return new(TokenUse.Expired, token.Terms);
        return new(NamePattern.Matches(token.Terms.Node, asking.Node) ? TokenUse.Used : TokenUse.WrongName, token.Terms);
    }
}
